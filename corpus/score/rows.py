"""Make annotations of flat rows, a row for each record, as the configs `quotes` and `stances` have them.

    {"doc_id": "vote", "content": [{"start": 5, "end": 40}], "type": "direct", "speaker": "e2"}

A row's references point into gold's layers, which it does not predict itself: `speaker` is the id of one of gold's
entities, `source` lists ids of gold's mentions, or the spans of mentions. So a system that is given gold's entities can
be scored on quotes alone. What the columns do not name was not predicted, and is not scored.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import deepcopy
from typing import Any

from ..core.model import CorpusError, Record
from ..core.schema import IF_DONE, TARGETS, Field, Layer, Schema
from ..matching import KEYS, place_fields
from .gold import GoldDocument
from .predictions import Item, check_references, check_spans

_SPAN = {"start", "end"}


def relaxed(schema: Schema) -> Schema:
    """Return the schema with only ids, places and keys required, since rows have the fields that their columns name.

    Up to version 1.0, a schema requires all fields of a record, so that none of them can be said not to be predicted.
    """
    annotation = deepcopy(schema.annotation)
    for name, layer in schema.layers.items():
        items = annotation["properties"][name]["items"]
        kept = {"id", *_needed(layer)}
        items[IF_DONE] = [*items.get(IF_DONE, ()), *(one for one in items.get("required", ()) if one not in kept)]
        items["required"] = [one for one in items.get("required", ()) if one in kept]
    return Schema(annotation, schema.article, schema.registry)


def _needed(layer: Layer) -> set[str]:
    """Return the columns without which rows are not of a layer: its place, or the fields that match its records."""
    place = {field.name for field in place_fields(layer)}
    return place or {name for name in KEYS.get(layer.name, ()) if any(field.name == name for field in layer.fields)}


def layer_of(schema: Schema, columns: Iterable[str], wanted: Sequence[str]) -> Layer:
    """Return the layer whose records the rows are: the one with the most fields among the columns.

    `wanted` are the layers that the user names. Raises CorpusError if no layer fits, or several equally well.
    """
    names = set(columns)
    fitting, lacking = [], []
    for layer in schema.layers.values():
        fields = {field.name for field in layer.fields} - {"id"}
        needed = _needed(layer) or {field.name for field in layer.fields if field.always} - {"id"}
        if wanted and layer.name not in wanted:
            continue
        if needed <= names and fields & names:
            fitting.append((len(fields & names), layer))
        elif needed - names and (wanted or fields & names):
            lacking.append(
                (len(fields & names), layer, [one.name for one in layer.fields if one.name in needed - names])
            )
    if not fitting:
        raise CorpusError(_fit_no_layer(names, lacking))
    most = max(count for count, _ in fitting)
    best = [layer for count, layer in fitting if count == most]
    if len(best) > 1:
        raise CorpusError(f"the rows fit the layers {', '.join(layer.name for layer in best)}; name one with `--layer`")
    return best[0]


def _fit_no_layer(names: Iterable[str], lacking: Sequence[tuple[int, Layer, list[str]]]) -> str:
    """Return why rows fit no layer; `lacking` has the fields that each layer shares with them, and those they miss."""
    said = f"the rows fit no layer: they have the columns {', '.join(sorted(names))}; "
    if not lacking:
        return f"{said}rows have the columns of a config, such as doc_id, content and type of quotes"
    _, layer, missing = max(lacking, key=lambda one: (one[0], -len(one[2])))
    return f"{said}rows of {layer.name} need {' and '.join(filter(None, (', '.join(missing[:-1]), missing[-1])))} too"


def annotation_of(
    schema: Schema, layer: Layer, columns: frozenset[str], items: Sequence[Item], gold: GoldDocument
) -> Record:
    """Return the annotation that the rows of one document make, with the layers of gold that they refer to.

    A row with the label of things without a record, as `none` of stances, makes no record. Raises CorpusError for a
    value that the schema refuses, a span outside of the text, a reference to nothing, or two rows of one pair.
    """
    fields = [field for field in layer.fields if field.name in columns and field.name != "id"]
    for item in items:
        _check_values(fields, item)
    _check_pairs(layer, items, gold.doc_id)
    where = items[0].where if items else gold.doc_id
    value: Record = {name: gold.value[name] for name in _given(schema, layer) if name in gold.value}
    spans_of: dict[tuple[tuple[int, int], ...], str] = {}
    records = [
        _record(field_values, item, f"{layer.name}-{i}")
        for i, (field_values, item) in enumerate(_values(fields, items))
    ]
    for field in fields:
        if field.kind == "reference" and field.many and field.refers_to != TARGETS:
            _spans_as_references(schema, field, records, value, spans_of)
    value[layer.name] = records
    value |= {name: gold.value[name] for name in ("doc_id", "schema_version", "text_sha256", "annotator")}
    value["layers_done"] = [name for name in schema.layers if name in value]
    value["fields_done"] = {layer.name: [field.name for field in fields]}
    check_spans(schema, {layer.name: records}, gold.length, where)
    # A row without a record must still name a target and a holder that exist.
    check_references(schema, value, where)
    value[layer.name] = [one for one, item in zip(records, items, strict=True) if not _is_absent(fields, item)]
    return value


def _given(schema: Schema, layer: Layer) -> list[str]:
    """Return the layers that a layer's records refer to, directly or through others."""
    found: list[str] = []
    waiting = [layer]
    while waiting:
        for field in waiting.pop().of_kind("reference"):
            if field.refers_to != TARGETS and field.refers_to not in (*found, layer.name):
                found.append(field.refers_to)
                waiting.append(schema.layers[field.refers_to])
    # What places the records of a layer without a place of its own is needed to match them.
    owned = [other.name for other in schema.layers.values() if place_fields(other) and _refers(other, found)]
    return [*found, *(name for name in owned if name not in (*found, layer.name))]


def _refers(layer: Layer, names: Sequence[str]) -> bool:
    return any(field.refers_to in names and field.always for field in layer.of_kind("reference"))


def _values(fields: Sequence[Field], items: Sequence[Item]) -> Iterable[tuple[Record, Item]]:
    for item in items:
        yield {field.name: item.value[field.name] for field in fields if item.value.get(field.name) is not None}, item


def _record(values: Record, item: Item, otherwise: str) -> Record:
    return {"id": str(item.value.get("id") or otherwise), **values}


def _spans_as_references(
    schema: Schema, field: Field, records: list[Record], value: Record, known: dict[tuple[tuple[int, int], ...], str]
) -> None:
    """Replace spans in a reference to records with a place by the ids of those records, made where gold has none."""
    target = schema.layers[field.refers_to]
    place = place_fields(target)
    if not place:
        return
    there = list(value.get(target.name) or ())
    for record in there:
        spans = tuple((span["start"], span["end"]) for one in place for span in record[one.name])
        known.setdefault(spans, record["id"])
    for record in records:
        given = record.get(field.name)
        if isinstance(given, list) and any(isinstance(one, dict) for one in given):
            record[field.name] = [_reference(one, known, there, target, place[0]) for one in given]
    value[target.name] = there


def _reference(
    one: Any, known: dict[tuple[tuple[int, int], ...], str], there: list[Record], target: Layer, place: Field
) -> Any:
    if not isinstance(one, dict) or not one.keys() >= _SPAN:
        return one
    spans = ((one["start"], one["end"]),)
    if spans not in known:
        known[spans] = f"predicted-{len(there)}"
        there.append({"id": known[spans], place.name: [{"start": one["start"], "end": one["end"]}]})
    return known[spans]


def _check_values(fields: Sequence[Field], item: Item) -> None:
    for field in fields:
        given = item.value.get(field.name)
        if field.kind == "spans":
            spans = given if isinstance(given, list) else []
            if given is not None and not (isinstance(given, list) and all(map(_is_span, spans))):
                raise CorpusError(f"{item.where}: {field.name} is a list of spans, each with start and end as integers")
        elif field.kind == "label":
            allowed = {label.name for label in (*field.labels, *([field.absent] if field.absent else []))}
            for one in given if isinstance(given, list) else [given] if given is not None else []:
                if one not in allowed:
                    number = "; numbers of labels differ between versions, so labels are strings" * isinstance(one, int)
                    raise CorpusError(
                        f"{item.where}: {field.name} is one of {', '.join(sorted(allowed))}, not {one!r}{number}"
                    )


def _check_pairs(layer: Layer, items: Sequence[Item], doc_id: str) -> None:
    """Raise CorpusError for two rows of one document with the same values of the fields that match records."""
    names = [one.name for one in layer.fields if one.name in KEYS.get(layer.name, ())]
    first: dict[str, Item] = {}
    for item in items if names else ():
        pair = {name: item.value[name] for name in names if item.value.get(name) is not None}
        other = first.setdefault(repr(pair), item)
        if other is not item:
            said = ", ".join(f"{name} {value}" for name, value in pair.items())
            raise CorpusError(
                f"{item.where}: a second row of {layer.name} for one pair of {doc_id} ({said}), after the one at "
                f"{other.where}; keep one of them"
            )


def _is_absent(fields: Sequence[Field], item: Item) -> bool:
    return any(field.absent is not None and item.value.get(field.name) == field.absent.name for field in fields)


def _is_span(value: object) -> bool:
    return isinstance(value, dict) and all(type(value.get(name)) is int for name in _SPAN)
