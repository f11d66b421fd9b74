"""Level 2: checks against the schema. All violations are reported at once, each at its location."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from difflib import get_close_matches

from ..core.done import done_fields, layer_done
from ..core.json_positions import join_pointer
from ..core.model import Document, Edit, Fix, Problem, Record
from ..core.schema import Field, Label, Schema, Violation
from ..core.schema_parts import examples, part_at
from .derived import derived
from .one_cause import THERE_ARE_MORE
from .rule import CheckFunction, found

_DO = {
    "uniqueItems": "name each of them once;",
    "minItems": "add what is missing, or delete the record;",
}
"""What to do where a keyword of JSON Schema is not met."""


def wrong_type(document: Document, schema: Schema) -> Iterator[Problem]:
    """S201: A value has the wrong type.

    What: a string where the schema requires a number, an object where it requires a list, and so on.
    Why: a column has one type.
    Bad: `"start": "12"`
    Good: `"start": 12`
    Do: write a value of the type that the schema requires.
    """
    for violation in _violations(document, schema, "type"):
        value = violation.value
        hint = f"write {value} without quotation marks" if isinstance(value, str) and _number(value) else ""
        hint = hint or _description(schema, document, violation)
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
        missing = replace(violation, keyword="", parts=(*violation.parts, str(violation.limit)))
        hint = _description(schema, document, missing)
        yield _at(missing_field, document, schema, violation, str(violation.limit), suggestion=hint)


def unknown_field(document: Document, schema: Schema) -> Iterator[Problem]:
    """S203: A field is not in the schema.

    What: the schema does not define the key.
    Why: most often it is a misspelling, and the value would be lost. A new field is one edit in `schema/`.
    Bad: `{"id": "m1", "sapns": [...]}`
    Good: `{"id": "m1", "spans": [...]}`
    Do: correct the name of the field, or delete it.
    """
    for violation in _violations(document, schema, "additionalProperties"):
        names = violation.limit if isinstance(violation.limit, list) else []
        known = _known_fields(schema, document, violation)
        for name in names:
            detail, hint = _shown(name) + _more(document, schema, violation), _near(str(name), known)
            pointer = join_pointer(*violation.parts, name)
            yield found(unknown_field, document, detail, pointer, suggestion=hint)


def unknown_label(document: Document, schema: Schema) -> Iterator[Problem]:
    """S204: A label is not in the schema.

    What: the value is not one of the field's labels.
    Why: an undefined label cannot be counted, learnt or compared. A new label is one edit in `schema/`.
    Bad: `"form": "Name"`
    Good: `"form": "NAM"`
    Do: write one of these, or add the label to `schema/`.
    """
    for violation in _violations(document, schema, "oneOf"):
        labels = _labels(schema, document, violation)
        names = {word.lower(): label.name for label in labels for word in (label.title, label.name)}
        near = get_close_matches(str(violation.value).lower(), names, 1)
        allowed = ", ".join(label.name for label in labels)
        detail = f"{_shown(violation.value)} is not one of {allowed}" if labels else violation.message[:300]
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
    violations = list(_violations(document, schema))
    # A version that does not exist is not also the wrong one for a newer key.
    unknown = {violation.parts for violation in violations if violation.keyword == "enum"}
    for violation in violations:
        if violation.keyword == "const" and violation.parts in unknown:
            continue
        if violation.keyword not in ("type", "required", "additionalProperties", "oneOf"):
            detail = violation.message[:300]
            if violation.keyword == "anyOf":
                detail = f"{_shown(violation.value)} matches none of the permitted forms"
            elif violation.keyword == "const":
                detail = f"{_shown(violation.value)} is not {_shown(violation.limit)}"
            hint = _description(schema, document, violation)
            yield _at(bad_value, document, schema, violation, detail, hint, _newer_version(schema, violation))


def number_not_whole(document: Document, schema: Schema) -> Iterator[Problem]:
    """S206: A whole number is written with a decimal point.

    What: `12.0` where `12` belongs. JSON Schema accepts it, Python slices do not.
    Why: such offsets come from tools that count in floating point, and may be rounded.
    Bad: `"start": 12.0`
    Good: `"start": 12`
    """
    if derived(document, schema).valid and document.annotation is not None:
        spans = derived(document, schema).spans
        layers = schema.layers.values()
        whole = [(layer.name, f.name) for layer in layers for f in layer.fields if f.json_type == "integer"]
        numbers = [record.get(field) for layer, field in whole for record in document.layer(layer)]
        edges = [value for _, value in _edges_of_alternatives(document)]
        if float not in {*map(type, spans.starts), *map(type, spans.ends), *map(type, numbers), *map(type, edges)}:
            return
    for where, value in _numbers(document, schema):
        if type(value) is float and value.is_integer():
            pointer = join_pointer(*where)
            fix = Fix(True, f"write {int(value)}", (Edit(pointer, int(value)),))
            yield found(number_not_whole, document, str(value), pointer, fix=fix)


def layer_not_done(document: Document, schema: Schema) -> Iterator[Problem]:
    """S207: A layer has records and is not listed in layers_done.

    What: `layers_done` does not list a layer that has records.
    Why: `layers_done` separates "annotated, none found" from "not annotated"; a layer with records was annotated.
    Bad: `"layers_done": ["entities"]` and a list of quotes.
    Good: `"layers_done": ["entities", "quotes"]`
    Do: list the layer in `layers_done`.
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
    Do: correct the name of the layer.
    """
    for i, name in enumerate(_done(document)):
        if name not in schema.layers:
            pointer, hint = join_pointer("layers_done", i), _near(name, schema.layers)
            yield found(unknown_layer, document, repr(name), pointer, suggestion=hint)


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


def field_not_done(document: Document, schema: Schema) -> Iterator[Problem]:
    """S210: A record has a field that is not listed in fields_done.

    What: `fields_done` lists fields of a layer, and a record of the layer has another one. One finding for each field.
    Why: a field that is not in `fields_done` was not annotated, so it is null in the build and no check reads it.
    Bad: `"fields_done": {"quotes": ["content"]}` and a quote with `"type": "direct"`.
    Good: `"fields_done": {"quotes": ["content", "type"]}`
    Do: list the field in `fields_done`, or delete it from the records.
    """
    for layer in schema.layers.values() if schema.has_fields_done else ():
        names = done_fields(document.value, layer.name)
        if names is None:
            continue
        for field in layer.fields:
            if field.always or field.name in names:
                continue
            holding = [i for i, one in enumerate(_records(document, layer.name)) if field.name in one]
            if holding:
                detail = f"{layer.name}.{field.name}, in {len(holding)} record{'s' * (len(holding) != 1)}"
                yield found(field_not_done, document, detail, join_pointer(layer.name, holding[0], field.name))


def unknown_done_field(document: Document, schema: Schema) -> Iterator[Problem]:
    """S211: A name in fields_done is not in the schema.

    What: `fields_done` has a key that is not a layer, or lists a name that is not a field of its layer.
    Why: most often it is a misspelling, and an annotated field would count as not annotated.
    Bad: `"fields_done": {"quotes": ["content", "sources"]}`
    Good: `"fields_done": {"quotes": ["content", "source"]}`
    Do: correct the name.
    """
    for name, names in _by_layer(document, schema).items():
        layer = schema.layers.get(name)
        if layer is None:
            pointer, hint = join_pointer("fields_done", name), _near(name, schema.layers)
            yield found(unknown_done_field, document, _shown(name), pointer, suggestion=hint)
            continue
        known = [field.name for field in layer.fields]
        for i, field in enumerate(names if isinstance(names, list) else ()):
            if isinstance(field, str) and field not in known:
                pointer, hint = join_pointer("fields_done", name, i), _near(field, known)
                yield found(unknown_done_field, document, f"{name}.{field}"[:100], pointer, suggestion=hint)


def fields_of_layer_not_done(document: Document, schema: Schema) -> Iterator[Problem]:
    """S212: A layer in fields_done is not listed in layers_done.

    What: `fields_done` has a key for a layer that `layers_done` does not list.
    Why: a layer that is not in `layers_done` was not annotated, and so were its fields.
    Bad: `"layers_done": ["mentions"]` and `"fields_done": {"quotes": ["content"]}`
    Good: `"layers_done": ["mentions", "quotes"]` and `"fields_done": {"quotes": ["content"]}`
    Do: list the layer in `layers_done`, or delete its key from `fields_done`.
    """
    for name in _by_layer(document, schema):
        if name in schema.layers and not layer_done(document.value, name):
            yield found(fields_of_layer_not_done, document, name, join_pointer("fields_done", name))


def _by_layer(document: Document, schema: Schema) -> Record:
    by_layer = document.value.get("fields_done") if schema.has_fields_done else None
    return by_layer if isinstance(by_layer, dict) else {}


def _records(document: Document, layer: str) -> list[Record]:
    """Return the records of a layer of a document that need not satisfy the schema: items that are not are empty."""
    records = document.value.get(layer)
    return [one if isinstance(one, dict) else {} for one in records] if isinstance(records, list) else []


def _near(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, known, 1)
    return f"did you mean {near[0]!r}?" if near else ""


def _numbers(document: Document, schema: Schema) -> Iterator[tuple[tuple[str | int, ...], object]]:
    """Yield location and value of the offsets and whole numbers of all records, or of an article's record.

    The document need not satisfy the schema; what is not of the form of a record or a span is passed over.
    """
    if document.annotation is None:
        for field in schema.article_fields:
            if field.json_type == "integer":
                yield (field.name,), document.value.get(field.name)
    for layer in schema.layers.values():
        numbers = [field.name for field in layer.fields if field.json_type == "integer"]
        spans = [field.name for field in layer.of_kind("spans")]
        for i, record in enumerate(_records(document, layer.name)):
            for name in numbers:
                yield (layer.name, i, name), record.get(name)
            for name in spans:
                yield from _edges(record.get(name), (layer.name, i, name))
    yield from _edges_of_alternatives(document)


def _edges_of_alternatives(document: Document) -> Iterator[tuple[tuple[str | int, ...], object]]:
    provenance = document.value.get("provenance")
    written = provenance.get("alternatives") if isinstance(provenance, dict) else None
    for i, one in enumerate(written if isinstance(written, list) else ()):
        if isinstance(one, dict):
            yield from _edges(one.get("spans"), ("provenance", "alternatives", i, "spans"))


def _edges(spans: object, where: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], object]]:
    for j, span in enumerate(spans if isinstance(spans, list) else ()):
        for edge in ("start", "end") if isinstance(span, dict) else ():
            yield (*where, j, edge), span.get(edge)


def _done(document: Document) -> list[str]:
    done = document.value.get("layers_done")
    return [name for name in done if isinstance(name, str)] if isinstance(done, list) else []


def _violations(document: Document, schema: Schema, keyword: str = "") -> list[Violation]:
    """The violations of one keyword, or of all, in the order of the file."""
    listed = derived(document, schema).violations.listed
    return [violation for violation in listed if keyword in ("", violation.keyword)]


def _at(
    ask: CheckFunction,
    document: Document,
    schema: Schema,
    violation: Violation,
    detail: str,
    suggestion: str = "",
    fix: Fix | None = None,
) -> Problem:
    detail += _more(document, schema, violation)
    return found(ask, document, detail, join_pointer(*violation.parts), suggestion=suggestion, fix=fix)


def _newer_version(schema: Schema, violation: Violation) -> Fix | None:
    """Return the fix for a file of an older schema version that uses what only a newer one has."""
    if violation.parts != ("schema_version",) or violation.value not in schema.versions:
        return None
    pointer = join_pointer(*violation.parts)
    return Fix(True, f'write "{schema.version}"', (Edit(pointer, schema.version),))


def _more(document: Document, schema: Schema, violation: Violation) -> str:
    """What the finding of the last violation says when there are more than are listed."""
    listed, truncated = derived(document, schema).violations
    return THERE_ARE_MORE if truncated and violation is listed[-1] else ""


def _labels(schema: Schema, document: Document, violation: Violation) -> tuple[Label, ...]:
    field = _field(schema, document, violation)
    return field.labels if field else ()


def _description(schema: Schema, document: Document, violation: Violation) -> str:
    """Return what the schema says about a field, with its labels or with values that it gives as examples."""
    written = schema.article if document.annotation is None else schema.annotation
    part, shown = part_at(written, violation.parts), [_DO[violation.keyword]] if violation.keyword in _DO else []
    name = next((part for part in reversed(violation.parts) if isinstance(part, str)), "")
    if part.get("description"):
        shown.append(f"{name}: {part['description']}")
    if labels := ", ".join(one["const"] for one in part.get("oneOf", ()) if "const" in one):
        shown.append(f"One of {labels}" if shown else f"write one of {labels}")
    elif fitting := examples(part):
        shown.append(f"For example {fitting}" if shown else f"write, for example, {fitting}")
    return " ".join(shown)


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
