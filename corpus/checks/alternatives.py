"""Level 4: the check on the readings that an adjudicator found as good as the annotated ones."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from ..core.alternatives import alternatives, as_label, has_alternatives
from ..core.json_positions import join_pointer
from ..core.model import Document, Edit, Fix, Problem, Record, Span
from ..core.schema import TARGETS, Field, Schema
from .derived import derived
from .offset_shifts import explain
from .rule import found

_TYPES: dict[str, tuple[type, ...]] = {"string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,)}


def unfit_alternative(document: Document, schema: Schema) -> Iterator[Problem]:
    """R406: An alternative reading does not fit the annotation.

    What: an object of `provenance.alternatives` names a layer, record, field or label that does not exist, has a value
    of another kind than its field, repeats the annotated value, or has spans that are not in the text.
    Why: the config `disagreement` offers alternatives beside the gold label; one that fits nothing would be lost there.
    Bad: `{"layer": "quotes", "record": "q3", "field": "medium", "value": "spoken"}`
    Good: `{"layer": "quotes", "record": "q3", "field": "medium", "value": "speech"}`
    Do: correct the record, field or value, or delete the alternative.
    """
    if not has_alternatives(schema.annotation):
        return
    for i, one in enumerate(alternatives(document.value)):
        if fault := fault_of_alternative(document, schema, one):
            name, detail = fault
            pointer = join_pointer("provenance", "alternatives", i, *([name] if name in one else []))
            fix = _moved(document, one, pointer) if name == "spans" else None
            yield found(unfit_alternative, document, detail, pointer, fix=fix)


def fault_of_alternative(document: Document, schema: Schema, one: Record) -> tuple[str, str] | None:
    """Return the faulty key of an alternative and its fault, None if it fits the annotation of the document."""
    layer = schema.layers.get(one["layer"])
    if layer is None:
        return "layer", f"{one['layer']!r} is not a layer"
    if spans := _span_fault(document, one.get("spans") or ()):
        return None if _follows(document, schema) else ("spans", spans)
    if "field" not in one and "value" in one:
        return "value", "a value needs a field"
    if "record" not in one:
        if "field" in one:
            return "field", "a field needs the record that has it"
        return None if one.get("spans") else ("layer", "name a record, or the spans that could as well be one")
    record = next((record for record in document.layer(layer.name) if record["id"] == one["record"]), None)
    if record is None:
        return "record", f"no record of {layer.name} has the id {one['record']!r}"
    if "field" not in one:
        return ("spans", "spans of a record need the field") if "spans" in one else None
    field = next((field for field in layer.fields if field.name == one["field"] != "id"), None)
    if field is None:
        return "field", f"{layer.name} has no field {one['field']!r} that could have another value"
    if f"{layer.name}.{field.name}" in derived(document, schema).absent:
        return "field", f"{field.name} of {layer.name} was not annotated (`fields_done`)"
    return _value_fault(document, schema, field, record, one)


def _value_fault(
    document: Document, schema: Schema, field: Field, record: Record, one: Record
) -> tuple[str, str] | None:
    wanted, other = ("spans", "value") if field.kind == "spans" else ("value", "spans")
    if wanted not in one or other in one:
        return (other if other in one else "field"), f"the alternative of {field.name} is given as `{wanted}`"
    value = one[wanted]
    if value is None and not field.nullable and field.required:
        return "value", f"{field.name} is never null"
    if field.kind == "spans":
        if len(value) < field.least:
            return "spans", f"{field.name} has {field.least} span at least"
        same = _places(value) == _places(record.get(field.name) or ())
        return ("spans", f"these are the annotated spans of {record['id']}") if same else None
    values = value if isinstance(value, list) else [] if value is None else [value]
    if isinstance(value, list) != field.many and value is not None:
        return "value", f"{field.name} is {'a list' if field.many else 'one value'}"
    if unfit := [item for item in values if not _is_value(document, schema, field, item)]:
        return "value", f"{field.name} cannot be {unfit[0]!r}"
    if as_label(value) == as_label(record.get(field.name)):
        return "value", f"{field.name} of {record['id']} is {value!r} already"
    return None


def _is_value(document: Document, schema: Schema, field: Field, value: Any) -> bool:
    if field.kind == "label":
        return value in {label.name for label in field.labels}
    if field.kind == "reference":
        known = schema.targets if field.refers_to == TARGETS else derived(document, schema).ids[field.refers_to]
        return value in known
    return isinstance(value, _TYPES[field.json_type]) and isinstance(value, bool) == (field.json_type == "boolean")


def _places(spans: Any) -> list[tuple[int, int]]:
    return sorted((span["start"], span["end"]) for span in spans)


def _follows(document: Document, schema: Schema) -> bool:
    """Return True if faults of spans follow from another finding: an invalid record, another text, moved offsets."""
    text = document.text
    if text is not None and sha256(text.encode()).hexdigest() != document.value["text_sha256"]:
        return True
    return bool(derived(document, schema).misquoted) or not schema.is_valid("record", document.article.record)


def _moved(document: Document, one: Record, pointer: str) -> Fix | None:
    """Return the fix for spans that miss their words by a known cause, such as offsets made on another text."""
    text = document.text
    if text is None or not all(isinstance(span.get("text"), str) for span in one["spans"]):
        return None
    spans = [Span(span["start"], span["end"], span["text"]) for span in one["spans"]]
    wrong = [(i, span) for i, span in enumerate(spans) if text[span.start : span.end] != span.text]
    right = [span for span in spans if text[span.start : span.end] == span.text]
    said = list(explain(text, [span for _, span in wrong], right))
    moved = [better for better in (each.mended for each in said) if better is not None]
    if not wrong or len(moved) < len(wrong):
        return None
    edits = [
        Edit(f"{pointer}/{i}/{name}", getattr(better, name))
        for (i, span), better in zip(wrong, moved, strict=True)
        for name in ("start", "end", "text")
        if getattr(better, name) != getattr(span, name)
    ]
    places = ", ".join(f"{better.start}–{better.end}" for better in moved)
    return Fix(all(each.safe for each in said), places, tuple(edits))


def _span_fault(document: Document, spans: Any) -> str:
    """Return the fault of spans, "" for none."""
    length = len(document.text) if document.text is not None else document.article.record.get("length")
    for span in spans:
        start, end = span["start"], span["end"]
        if not 0 <= start < end or (isinstance(length, int) and end > length):
            return f"{start}–{end} is not a span of a text of {length} code points"
        if "text" in span and not document.article.redistributable:
            return f"{start}–{end} quotes a text that may not be redistributed"
        if document.text is not None and span.get("text", document.text[start:end]) != document.text[start:end]:
            return f"{start}–{end} is {document.text[start:end]!r}, not {span['text']!r}"
    return ""
