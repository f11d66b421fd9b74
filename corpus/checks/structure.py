"""Level 2: checks against the schema. All violations are reported at once, each at its location."""

from __future__ import annotations

import json
from collections.abc import Iterator
from difflib import get_close_matches

from ..core.json_positions import join_pointer
from ..core.model import Document, Edit, Fix, Problem
from ..core.schema import Field, Label, Schema, Violation
from .derived import derived
from .rule import CheckFunction, found


def wrong_type(document: Document, schema: Schema) -> Iterator[Problem]:
    """S201: A value has the wrong type.

    What: a string where the schema requires a number, an object where it requires a list, and so on.
    Why: a column has one type.
    Bad: `"start": "12"`
    Good: `"start": 12`
    """
    for violation in _violations(document, schema, "type"):
        value = violation.value
        hint = f"write {value} without quotation marks" if isinstance(value, str) and _number(value) else ""
        wanted = violation.limit if isinstance(violation.limit, list) else [violation.limit]
        detail = f"{_shown(value)} is not of type {' or '.join(map(str, wanted))}"
        yield _at(wrong_type, document, schema, violation, detail, suggestion=hint)


def missing_field(document: Document, schema: Schema) -> Iterator[Problem]:
    """S202: A required field is missing.

    What: the schema requires the field in every record.
    Why: a missing field and an empty field mean different things.
    Bad: `{"id": "m1", "spans": [...], "entity": "e1"}`
    Good: `{"id": "m1", "spans": [...], "form": "NAM", "entity": "e1"}`
    """
    for violation in _violations(document, schema, "required"):
        yield _at(missing_field, document, schema, violation, str(violation.limit))


def unknown_field(document: Document, schema: Schema) -> Iterator[Problem]:
    """S203: A field is not in the schema.

    What: the schema does not define the key.
    Why: most often it is a misspelling, and the value would be lost. A new field is one edit in `schema/`.
    Bad: `{"id": "m1", "sapns": [...]}`
    Good: `{"id": "m1", "spans": [...]}`
    """
    for violation in _violations(document, schema, "additionalProperties"):
        names = violation.limit if isinstance(violation.limit, list) else []
        known = _known_fields(schema, document, violation)
        for name in names:
            near = get_close_matches(str(name), known, 1)
            yield found(
                unknown_field,
                document,
                _shown(name) + _more(document, schema, violation),
                join_pointer(*violation.parts, name),
                suggestion=f"did you mean {near[0]!r}?" if near else "",
            )


def unknown_label(document: Document, schema: Schema) -> Iterator[Problem]:
    """S204: A label is not in the schema.

    What: the value is not one of the field's labels.
    Why: an undefined label cannot be counted, learnt or compared. A new label is one edit in `schema/`.
    Bad: `"form": "Name"`
    Good: `"form": "NAM"`
    """
    for violation in _violations(document, schema, "oneOf"):
        labels = _labels(schema, document, violation)
        names = {word.lower(): label.name for label in labels for word in (label.title, label.name)}
        near = get_close_matches(str(violation.value).lower(), names, 1)
        detail = f"{_shown(violation.value)} is not one of {', '.join(label.name for label in labels)}"
        hint = f"did you mean {names[near[0]]!r}?" if near else ""
        yield _at(unknown_label, document, schema, violation, detail, suggestion=hint)


def bad_value(document: Document, schema: Schema) -> Iterator[Problem]:
    """S205: A value is not allowed by the schema.

    What: a number out of range, a string that does not match its pattern, a date that does not exist,
    a list with too few items or with a repeated item.
    Why: later checks and the compiler rely on the schema.
    Bad: `"intensity": 7`, `"kb_date": "2026-02-30"`
    Good: `"intensity": 3`, `"kb_date": "2026-02-28"`
    """
    for violation in _violations(document, schema):
        if violation.keyword not in ("type", "required", "additionalProperties", "oneOf"):
            detail = violation.message[:300]
            if violation.keyword == "anyOf":
                detail = f"{_shown(violation.value)} matches none of the permitted forms"
            elif violation.keyword == "const":
                detail = f"{_shown(violation.value)} is not {_shown(violation.limit)}"
            hint = _description(schema, document, violation)
            yield _at(bad_value, document, schema, violation, detail, suggestion=hint)


def number_not_whole(document: Document, schema: Schema) -> Iterator[Problem]:
    """S206: A whole number is written with a decimal point.

    What: `12.0` where `12` belongs. JSON Schema accepts it, Python slices do not.
    Why: such offsets come from tools that count in floating point, and may be rounded.
    Bad: `"start": 12.0`
    Good: `"start": 12`
    """
    if not derived(document, schema).valid:
        return
    if document.annotation is not None:
        spans = derived(document, schema).spans
        layers = schema.layers.values()
        whole = [(layer.name, f.name) for layer in layers for f in layer.fields if f.json_type == "integer"]
        numbers = [record.get(field) for layer, field in whole for record in document.layer(layer)]
        if float not in {*map(type, spans.starts), *map(type, spans.ends), *map(type, numbers)}:
            return
    for where, value in _numbers(document, schema):
        if type(value) is float:
            pointer = join_pointer(*where)
            fix = Fix(True, f"write {int(value)}", (Edit(pointer, int(value)),))
            yield found(number_not_whole, document, str(value), pointer, fix=fix)


def layer_not_done(document: Document, schema: Schema) -> Iterator[Problem]:
    """S207: A layer has records and is not listed in layers_done.

    What: `layers_done` does not list a layer that has records.
    Why: `layers_done` separates "annotated, none found" from "not annotated"; a layer with records was annotated.
    Bad: `"layers_done": ["entities"]` and a list of quotes.
    Good: `"layers_done": ["entities", "quotes"]`
    """
    done = document.value.get("layers_done")
    if document.annotation is None or not isinstance(done, list):
        return
    for name in schema.layers:
        if document.value.get(name) and name not in done:
            yield found(layer_not_done, document, name, join_pointer(name))


def unknown_layer(document: Document, schema: Schema) -> Iterator[Problem]:
    """S208: A layer in layers_done is not in the schema.

    What: `layers_done` lists a name that is not a layer.
    Why: most often it is a misspelling, and an annotated layer would count as not annotated.
    Bad: `"layers_done": ["quote"]`
    Good: `"layers_done": ["quotes"]`
    """
    for i, name in enumerate(_done(document)):
        if name not in schema.layers:
            near = get_close_matches(name, schema.layers, 1)
            hint = f"did you mean {near[0]!r}?" if near else ""
            yield found(unknown_layer, document, repr(name), join_pointer("layers_done", i), suggestion=hint)


def done_layer_missing(document: Document, schema: Schema) -> Iterator[Problem]:
    """S209: A layer in layers_done is missing from the file.

    What: `layers_done` lists a layer, and the file has no key for it.
    Why: "annotated, none found" is written as an empty list, so that a lost layer is noticed.
    Bad: `"layers_done": ["nonquotes"]` and no `nonquotes`.
    Good: `"layers_done": ["nonquotes"], "nonquotes": []`
    """
    for i, name in enumerate(_done(document)):
        if name in schema.layers and name not in document.value:
            fix = Fix(False, f"write an empty list if none was found: {name}: []", (Edit(f"/{name}", []),))
            yield found(done_layer_missing, document, name, join_pointer("layers_done", i), fix=fix)


def _numbers(document: Document, schema: Schema) -> Iterator[tuple[tuple[str | int, ...], object]]:
    """Yield location and value of the offsets and whole numbers of all records, or of an article's record."""
    if document.annotation is None:
        for field in schema.article_fields:
            if field.json_type == "integer":
                yield (field.name,), document.value.get(field.name)
    for layer in schema.layers.values():
        numbers = [field.name for field in layer.fields if field.json_type == "integer"]
        spans = [field.name for field in layer.of_kind("spans")]
        for i, record in enumerate(document.layer(layer.name)):
            for name in numbers:
                yield (layer.name, i, name), record.get(name)
            for name in spans:
                for j, span in enumerate(record.get(name) or ()):
                    yield (layer.name, i, name, j, "start"), span["start"]
                    yield (layer.name, i, name, j, "end"), span["end"]


def _done(document: Document) -> list[str]:
    done = document.value.get("layers_done")
    return [name for name in done if isinstance(name, str)] if isinstance(done, list) else []


def _violations(document: Document, schema: Schema, keyword: str = "") -> list[Violation]:
    """The violations of one keyword, or of all, in the order of the file."""
    listed = derived(document, schema).violations.listed
    return [violation for violation in listed if keyword in ("", violation.keyword)]


def _at(
    ask: CheckFunction, document: Document, schema: Schema, violation: Violation, detail: str, suggestion: str = ""
) -> Problem:
    detail += _more(document, schema, violation)
    return found(ask, document, detail, join_pointer(*violation.parts), suggestion=suggestion)


def _more(document: Document, schema: Schema, violation: Violation) -> str:
    """What the finding of the last violation says when there are more than are listed."""
    listed, truncated = derived(document, schema).violations
    return "; there are more" if truncated and violation is listed[-1] else ""


def _labels(schema: Schema, document: Document, violation: Violation) -> tuple[Label, ...]:
    field = _field(schema, document, violation)
    return field.labels if field else ()


def _description(schema: Schema, document: Document, violation: Violation) -> str:
    field = _field(schema, document, violation)
    return f"{field.name}: {field.description}" if field and field.description else ""


def _field(schema: Schema, document: Document, violation: Violation) -> Field | None:
    """The field that a violation is about, None for one within a span or outside of the layers."""
    parts = [part for part in violation.parts if isinstance(part, str)]
    if document.annotation is None:
        fields = schema.article_fields
    else:
        fields = schema.layers[parts[0]].fields if len(parts) == 2 and parts[0] in schema.layers else ()
    return next((field for field in fields if parts and field.name == parts[-1]), None)


def _known_fields(schema: Schema, document: Document, violation: Violation) -> list[str]:
    parts = [part for part in violation.parts if isinstance(part, str)]
    if document.annotation is None:
        return [field.name for field in schema.article_fields]
    if len(parts) > 1:
        return ["start", "end", "text"]
    if parts and parts[0] in schema.layers:
        return [field.name for field in schema.layers[parts[0]].fields]
    return list(schema.annotation["properties"])


def _shown(value: object) -> str:
    shown = json.dumps(value, ensure_ascii=False)
    return shown if len(shown) <= 80 else shown[:77] + "…"


def _number(value: str) -> bool:
    return value.strip().lstrip("-").isdecimal()
