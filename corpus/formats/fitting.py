"""Make an imported document fit the schema: values that it allows, dates of ids, no control characters."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from ..core.model import Problem, Record
from ..core.schema import Schema
from .documents import Incoming, LeftOut
from .known import drop
from .sources import problem

NOT_READ = "the import could not read {:,} part(s) of this annotation, so it is quarantined"
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def without_controls(text: str) -> tuple[str, list[str]]:
    """Return the text with each control character replaced by one character, and a list of what was replaced.

    White space, such as a form feed, becomes a blank, and others U+FFFD. No offset changes.
    """
    replaced = [f"{found.start()} U+{ord(found[0]):04X}" for found in _CONTROL.finditer(text)]
    return _CONTROL.sub(lambda found: " " if found[0].isspace() else "\ufffd", text) if replaced else text, replaced


def dated(annotation: Record, schema: Schema, kb_date: str, left: LeftOut) -> None:
    """Give each knowledge-base id without a date the one that the user gave; drop the id if that is ""."""
    fields = {one.name for layer in schema.layers.values() if layer.name == "entities" for one in layer.fields}
    if not {"kb", "kb_date"} <= fields:
        return
    for entity in annotation.get("entities", ()):
        if entity.get("kb") is not None and entity.get("kb_date") is None:
            if kb_date:
                entity["kb_date"] = kb_date
            else:
                why = 'an id needs the date of its look-up: add --kb-date YYYY-MM-DD, or kb_date = "…" to the map'
                system = str(entity.pop("kb")).partition(":")[0]
                entity.pop("kb_date", None)
                drop(left, "knowledge-base ids of", system, why)


def fitted(annotation: Record, one: Incoming, schema: Schema) -> Iterator[Problem]:
    """Remove values that the schema does not allow, and yield a Problem for each."""
    wrong: dict[tuple[str, int, str], str] = {}
    for found in schema.violations("annotation", annotation):
        if len(found.parts) >= 3:
            wrong.setdefault((str(found.parts[0]), int(found.parts[1]), str(found.parts[2])), found.message)
    for (layer, i, name), message in wrong.items():
        record = annotation[layer][i]
        path, line = one.places.get((annotation["annotator"], record["id"]), (one.path, 1))
        yield problem("IMP2", path, f"{layer}.{name}: {message[:200]}", place=(line, 1))
        record.pop(name, None)
    for layer in {layer for layer, _, _ in wrong}:
        # A record without an id or without its words has no place in the file.
        needed = {"id", *(one.name for one in schema.layers[layer].of_kind("spans") if one.least)}
        annotation[layer] = [record for record in annotation[layer] if needed <= record.keys()]


def fields_done(annotation: Record, schema: Schema, lacking: Counter[tuple[str, str]]) -> dict[str, list[str]]:
    """Return the fields that each layer has, for layers without a required one; count those that only some lack."""
    found: dict[str, list[str]] = {}
    for layer in annotation["layers_done"]:
        records, fields = annotation[layer], schema.layers[layer].fields
        there = {field.name: sum(field.name in record for record in records) for field in fields}
        absent = {one.name for one in fields if one.required and not one.always and not there[one.name]}
        if records and absent and schema.has_fields_done:
            found[layer] = [name for name, count in there.items() if count and name != "id"]
        for field in fields:
            if field.required and (field.name not in absent or not schema.has_fields_done):
                lacking[layer, field.name] += len(records) - there[field.name]
    return found


def with_words(annotation: Record, text: str, schema: Schema) -> None:
    """Make each span quote the text."""
    for span in _spans(annotation, schema):
        span["text"] = text[span["start"] : span["end"]]


def without_words(annotation: Record, schema: Schema) -> None:
    """Remove the words from each span."""
    for span in _spans(annotation, schema):
        span.pop("text", None)


def _spans(annotation: Record, schema: Schema) -> Iterator[Record]:
    for name in annotation["layers_done"]:
        for field in schema.layers[name].of_kind("spans"):
            for record in annotation[name]:
                yield from record.get(field.name, ())
