"""What is said of a document as a whole, such as a choice or a category, to fields of its article record."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ...core.model import CorpusError, Record
from ...core.schema import Schema
from ...core.text import visible
from ..documents import LeftOut
from ..known import drop

_FIXED = ("doc_id", "text_sha256", "length")


@dataclass(frozen=True, slots=True)
class DocumentRule:
    """The field of the article record that a value fills, and what each value becomes; others stay as they are."""

    name: str
    many: bool
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DocumentFields:
    """The rule of each control or key that speaks of a whole document: a table of a map, such as `[document]`."""

    table: str
    rules: Mapping[str, DocumentRule]

    @classmethod
    def of(cls, written: Mapping[str, Any], name_of_table: str, schema: Schema) -> DocumentFields:
        """Return the rules in a table of a map file. Raises CorpusError, which names the key, if a value is invalid."""
        table = written.get(name_of_table, {})
        if not isinstance(table, dict):
            raise CorpusError(f"map: [{name_of_table}] must be a table, such as topic = 'topics'")
        fields = {one.name: one for one in schema.article_fields if one.name not in _FIXED}
        rules = {}
        for name, rule in table.items():
            held = {"field": rule} if isinstance(rule, str) else rule
            if not isinstance(held, dict) or not held.keys() <= {"field", "values"} or held.get("field") not in fields:
                known = ", ".join(fields)
                raise CorpusError(f"map: {name_of_table}.{name} must be a field of article records: {known}")
            values = held.get("values", {})
            if not isinstance(values, dict):
                raise CorpusError(f"map: {name_of_table}.{name}.values must be a table")
            rules[name] = DocumentRule(held["field"], fields[held["field"]].many, values)
        return cls(name_of_table, rules)

    def fill(self, record: Record, said: Iterable[tuple[str, Any]], left: LeftOut) -> None:
        """Fill the record from (name, value); count what has no rule, and what contradicts a value before it."""
        for name, value in said:
            rule = self.rules.get(name)
            if rule is None:
                drop(left, "values of", self._shown(name), f"the map has no such rule: add it to [{self.table}]")
                continue
            one = rule.values.get(value, value) if isinstance(value, str) else value
            if rule.many:
                kept = record.setdefault(rule.name, [])
                kept += [more for more in (one if isinstance(one, list) else [one]) if more not in kept]
            elif record.setdefault(rule.name, one) != one:
                drop(left, "values of", self._shown(name), f"{rule.name} has another value already")

    def _shown(self, name: str) -> str:
        return name if self.table == "document" else f"{self.table}.{name}"


def document_lines(said: Mapping[str, Counter[str]], most: int = 12) -> list[str]:
    """Return commented lines of a map to edit, for values of whole documents and how often each was found."""
    lines = []
    for name, values in said.items():
        shown = ", ".join(f"{value[:40]} {count:,}" for value, count in values.most_common(most))
        lines.append(visible(f'# document.{json.dumps(name, ensure_ascii=False)} = "topics"   # values: {shown}'))
    return lines
