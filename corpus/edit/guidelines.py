"""Write the tables of labels in the guidelines from the schema, between pairs of markers:

<!-- generated:labels:quotes.type -->  …the table of the labels of quotes.type…  <!-- end -->
"""

from __future__ import annotations

import re

from ..core.schema import Label, Schema

GUIDELINES = "schema/GUIDELINES.md"
_TABLE = re.compile(r"(<!-- generated:labels:(\w+)\.(\w+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def with_labels(text: str, schema: Schema) -> str:
    """Return the guidelines `text` with every table of labels rewritten from the schema."""
    return _TABLE.sub(lambda match: f"{match[1]}\n{_table(schema.labels(match[2], match[3]))}\n{match[5]}", text)


def without_table(text: str, schema: Schema) -> list[str]:
    """Return the label fields (`layer.field`) that have no table in the guidelines `text`."""
    there = {f"{match[2]}.{match[3]}" for match in _TABLE.finditer(text)}
    fields = (f"{layer.name}.{field.name}" for layer in schema.layers.values() for field in layer.of_kind("label"))
    return [field for field in fields if field not in there]


def _table(labels: tuple[Label, ...]) -> str:
    rows = [(f"`{label.name}`", label.title, label.description) for label in labels]
    cells = [("label", "title", "how to know it"), ("---", "---", "---"), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |\n" for row in cells)
