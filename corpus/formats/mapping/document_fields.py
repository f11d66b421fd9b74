"""What is said of a document as a whole, such as a choice, a category or its headline, to fields of its record.

[fields]
title = "headline"                                           the name of the field = that in the files
topics = ["label", "cats"]                                   several
source = { from = "paper", values = { echo = "The Echo" } }  what each value becomes
"""

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
class FieldRule:
    """The field of the article record that a value fills, and what each value becomes; others stay as they are."""

    name: str
    many: bool
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DocumentFields:
    """The table `[fields]` of a map: the rule for each name of a control, list or key in the files."""

    rules: Mapping[str, FieldRule]

    @classmethod
    def of(cls, written: Mapping[str, Any], schema: Schema) -> DocumentFields:
        """Return the rules of a map file. Raises CorpusError, which names the key, if a value is invalid."""
        table = written.get("fields", {})
        if not isinstance(table, dict):
            raise CorpusError("map: [fields] must be a table, such as title = 'headline'")
        fields = {one.name: one for one in schema.article_fields if one.name not in _FIXED}
        rules: dict[str, FieldRule] = {}
        for field, said in table.items():
            if field not in fields:
                raise CorpusError(f"map: [fields] has {field}; the fields of article records are {', '.join(fields)}")
            held = said if isinstance(said, dict) else {"from": said}
            names, values = held.get("from"), held.get("values", {})
            names = [names] if isinstance(names, str) else names
            if (
                not held.keys() <= {"from", "values"}
                or not isinstance(names, list)
                or not all(isinstance(name, str) for name in names)
                or not isinstance(values, dict)
            ):
                raise CorpusError(f"map: fields.{field} must be a name, a list of names, or a table with `from`")
            rules |= {name: FieldRule(field, fields[field].many, values) for name in names}
        return cls(rules)

    def fill(self, record: Record, said: Iterable[tuple[str, Any]], left: LeftOut) -> None:
        """Fill the record from (name, value); count what has no rule, and what contradicts a value before it."""
        for name, value in said:
            rule = self.rules.get(name)
            if rule is None:
                drop(left, "values of", name, "the map has no such rule: add it to [fields]")
                continue
            one = rule.values.get(value, value) if isinstance(value, str) else value
            items = one if isinstance(one, list) else [one]
            if rule.many and all(isinstance(item, str) for item in items):
                record[rule.name] = list(dict.fromkeys([*record.get(rule.name, ()), *items]))
            elif record.setdefault(rule.name, one) != one:
                drop(left, "values of", name, f"{rule.name} has another value already")


def field_lines(said: Mapping[str, Counter[str]], most: int = 12) -> list[str]:
    """Return commented lines of a map to edit, for values of whole documents and how often each was found."""
    lines = []
    for name, values in said.items():
        shown = ", ".join(f"{value[:40]} {count:,}" for value, count in values.most_common(most))
        lines.append(visible(f"# fields.topics = {json.dumps(name, ensure_ascii=False)}   # values: {shown}"))
    return lines
