"""Write the tables of labels and rules in the guidelines from the schema, between pairs of markers:

<!-- generated:labels:quotes.type -->  …the table of the labels of quotes.type…    <!-- end -->
<!-- generated:conditions:quotes -->   …the table of the conditions of quotes…     <!-- end -->
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..core.schema import Layer, Schema

GUIDELINES = "schema/GUIDELINES.md"
_TABLE = re.compile(r"(<!-- generated:(labels:\w+\.\w+|conditions:\w+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
_EDITION = re.compile(r"^Edition (\d+(?:\.\d+)*)\b", re.MULTILINE)
_CHANGELOG = "## Changelog\n"
_BEGUN = f"""{_CHANGELOG}
The tables of labels and rules follow the schema; `corpus guidelines` rewrites them.

- Edition {{edition}} of the guidelines of On the Record, unchanged. Raise the edition when you change a rule, and
  write here which rule.
"""


def with_tables(text: str, schema: Schema) -> str:
    """Return the guidelines `text` with every table rewritten from the schema."""
    rows = {name: rows for layer in schema.layers.values() for name, rows in _tables(layer)}
    return _TABLE.sub(lambda match: f"{match[1]}\n{_table(rows.get(match[2], []))}\n{match[4]}", text)


def without_tables(text: str) -> str:
    """Return the guidelines `text` with its tables empty: what people wrote."""
    return _TABLE.sub(lambda match: f"{match[1]}{match[4]}", text)


def without_table(text: str, schema: Schema) -> list[str]:
    """Return the tables that the guidelines `text` lacks: `labels:LAYER.FIELD` and `conditions:LAYER`."""
    there = {match[2] for match in _TABLE.finditer(text)}
    return [name for layer in schema.layers.values() for name, _ in _tables(layer) if name not in there]


def edition(text: str) -> str:
    """Return the edition that the guidelines `text` names itself, such as "1.2"; "" if it names none."""
    match = _EDITION.search(text)
    return match[1] if match else ""


def own_book(text: str) -> str:
    """Return this project's guidelines for another corpus: all rules, and a changelog that begins with the edition."""
    return text[: text.index(_CHANGELOG)] + _BEGUN.format(edition=edition(text))


def _tables(layer: Layer) -> Iterator[tuple[str, list[tuple[str, ...]]]]:
    """Yield the name and the rows of each table of a layer."""
    for field in layer.of_kind("label"):
        rows = [(f"`{label.name}`", label.title, label.description) for label in field.labels]
        yield f"labels:{layer.name}.{field.name}", [("label", "title", "how to know it"), *rows]
    if layer.conditions:
        rows = [(one.title, one.words, one.reason) for one in layer.conditions]
        yield f"conditions:{layer.name}", [("rule", "in the fields", "why"), *rows]


def _table(rows: list[tuple[str, ...]]) -> str:
    cells = [*rows[:1], ("---",) * 3, *rows[1:]] if rows else []
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |\n" for row in cells)
