"""The readings that an adjudicator found as good as the annotated ones (`provenance.alternatives`), in words."""

from __future__ import annotations

from ..core.alternatives import alternatives
from ..core.model import Document, Record
from ..core.schema import Schema
from .marks import Describer

AsGood = dict[tuple[str, str], list[str]]
"""(layer, id of the record, "" for a record that could as well be there) → the other readings, in words."""


def as_good(document: Document, schema: Schema, describer: Describer) -> AsGood:
    """Return the readings of an annotation that are as good as its records; {} without an annotation."""
    found: AsGood = {}
    for one in alternatives(document.annotation.value) if document.annotation else ():
        if one["layer"] in schema.layers:
            words = _words(one, schema, describer)
            note = f" ({one['note']})" if one.get("note") else ""
            found.setdefault((one["layer"], one.get("record") or ""), []).append(words + note)
    return found


def _words(one: Record, schema: Schema, describer: Describer) -> str:
    """Return a reading in words. In a row of a release, keys that it does not have are null, and lists are joined."""
    if one.get("record") is None:
        return ", ".join(describer.words(span) for span in one.get("spans") or ())
    if one.get("field") is None:
        return "left out"
    value = one.get("value") if one.get("spans") is None else one["spans"]
    many = any(field.name == one["field"] and field.many for field in schema.layers[one["layer"]].fields)
    value = value.split("+") if many and isinstance(value, str) else value
    said = {field.name: words for field, words in describer.values(one["layer"], {one["field"]: value})}
    return f"{one['field']} {said.get(one['field'], 'none')}"
