"""Find what gold says in each sentence, so that the same sentence elsewhere can be compared.

    “The line … ends in a sentence.”  →  hash of its words, hash of the records within it

A record belongs to the sentence that holds it, or else to the line that does; a record that goes further depends on
more than these words. Sentences are cut by a simple pattern: a cut after an abbreviation is the same in every document.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..columns.documents import Columns
from ..columns.parse import Numbers
from ..columns.records import Records
from ..columns.texts import Hashes, Texts
from ..core.done import absent_fields, layer_done
from ..core.json_positions import join_pointer
from ..core.model import Annotation, Record
from ..core.schema import Field, Layer, Schema
from ..core.source_tokens import layers_to_annotate
from ..matching import label_of, place_fields
from .done_columns import by_done
from .passage_parts import Held, HeldSpans, Parts, holders, keys, parts, values
from .tallied import TALLIED, hash64

Extent = tuple[int, int]
"""(start, end) in code points."""


class Passage(NamedTuple):
    """A sentence or line: its words, the hashes of its words and of what is said in it, and that by layer."""

    words: str
    key: int
    value: int
    said: dict[str, list[str]]
    first: dict[str, tuple[str, str]]
    """layer → JSON pointer and id of the first record in it."""


class _Layer(NamedTuple):
    """A layer whose records have a place, the names of the fields with it, and the fields that are compared.

    A field that a record may lack, such as one that was added to the schema later, is not compared.
    """

    layer: Layer
    places: tuple[str, ...]
    fields: tuple[Field, ...]


class _Said(NamedTuple):
    """The parts of texts, the records in them, and the part of each record, -1 if it is in none."""

    found: Parts
    holder: Numbers
    keys: Hashes
    values: Hashes


def passages(gold: Annotation, text: str | None, schema: Schema) -> list[Passage]:
    """Return the passages of an adjudicated annotation in the order of the text, none if the text is withheld."""
    if text is None:
        return []
    records = _records(gold, schema)
    said = _said_in(Texts([text]), *_held(records), _hashed([_annotated(gold.value, schema)]))
    held: dict[int, list[tuple[_Layer, int, Record]]] = {}
    for record, part in zip(records, said.holder.tolist(), strict=True):
        held.setdefault(part, []).append(record)
    rows = zip(*(one.tolist() for one in (said.found.start, said.found.end, said.keys, said.values)), strict=True)
    return [_passage(text, (start, end), held.get(n, []), key, one) for n, (start, end, key, one) in enumerate(rows)]


def passage_rows(gold: Annotation, text: str | None, schema: Schema) -> bytes:
    """Return the hashes of the passages, as an array of `TALLIED`."""
    if text is None:
        return b""
    held, spans = _held(_records(gold, schema))
    said = _said_in(Texts([text]), held, spans, _hashed([_annotated(gold.value, schema)]))
    return _tallied(said).tobytes()


def passage_rows_of(columns: Columns) -> list[bytes]:
    """Return the hashes of the passages of the adjudicated annotation of each document, b"" where there is none."""
    texts = columns.texts
    with_gold = columns.flag(columns.document[columns.gold]) & texts.known
    annotated = _annotated_in(columns)
    said = _said_in(texts, *_held_in(columns), annotated)
    rows, document = _tallied(said), texts.document(said.found.start)
    cuts = np.searchsorted(document, np.arange(len(columns) + 1)).tolist()
    data, size = rows.tobytes(), TALLIED.itemsize
    return [data[cuts[i] * size : cuts[i + 1] * size] if has else b"" for i, has in enumerate(with_gold.tolist())]


def _said_in(texts: Texts, held: Held, spans: HeldSpans, annotated: Hashes) -> _Said:
    found, sentences = parts(texts)
    holder = holders(found, sentences, held)
    return _Said(found, holder, keys(texts, found, annotated), values(found, holder, held, spans))


def _tallied(said: _Said) -> npt.NDArray[np.void]:
    rows = np.zeros(len(said.keys), TALLIED)
    rows["key"], rows["value"] = said.keys, said.values
    return rows


def _records(gold: Annotation, schema: Schema) -> list[tuple[_Layer, int, Record]]:
    """Return the records that have a place, each with its layer and index."""
    layers = [one for one in _compared_layers(schema) if layer_done(gold.value, one.layer.name)]
    every = ((one, i, record) for one in layers for i, record in enumerate(gold.layer(one.layer.name)))
    return [(one, i, record) for one, i, record in every if any(record.get(name) for name in one.places)]


def _held(records: list[tuple[_Layer, int, Record]]) -> tuple[Held, HeldSpans]:
    places, said, rows, fields = [], [], [], []
    for number, (one, _, record) in enumerate(records):
        spans = [span for name in one.places for span in record.get(name, ())]
        places.append((min(span["start"] for span in spans), max(span["end"] for span in spans)))
        labels = [(field.name, label_of(record, field) or "") for field in one.fields if field.kind != "spans"]
        said.append(_said_hash(one.layer.name, labels))
        for field in one.fields:
            for span in (record.get(field.name) or ()) if field.kind == "spans" else ():
                rows.append((number, span["start"], span["end"]))
                fields.append(hash64(field.name))
    place, row = np.array(places, np.int64).reshape(-1, 2), np.array(rows, np.int64).reshape(-1, 3)
    held = Held(place[:, 0], place[:, 1], np.array(said, np.uint64))
    return held, HeldSpans(row[:, 0], row[:, 1], row[:, 2], np.array(fields, np.uint64))


def _said_hash(layer: str, labels: list[tuple[str, str]]) -> int:
    """Return a hash of a layer and its labels: a sum, as `_held_in` makes it of whole columns."""
    return (hash64(layer) + sum(_label_hash(name, label) for name, label in labels)) % 2**64


@lru_cache(maxsize=65536)
def _label_hash(field: str, label: str) -> int:
    return hash64(f"{field} {label}")


def _held_in(columns: Columns) -> tuple[Held, HeldSpans]:
    none = np.zeros(0, np.int64)
    held, spans = [Held(none, none, none.astype(np.uint64))], [HeldSpans(none, none, none, none.astype(np.uint64))]
    before = 0
    for one in _compared_layers(columns.schema):
        records = columns.layer(one.layer.name)
        begins = columns.texts.begins[records.document]
        own = columns.gold[records.annotation] & columns.texts.known[records.document]
        start, end = np.full(len(records), np.iinfo(np.int64).max), np.full(len(records), -1)
        for name in one.places:
            place = records.spans(name)
            np.minimum.at(start, place.record, place.start)
            np.maximum.at(end, place.record, place.end)
        own &= end >= 0
        number = np.cumsum(own) - 1 + before
        said = np.full(len(records), hash64(one.layer.name), np.uint64)
        for field in one.fields:
            if field.kind == "spans":
                of_field = records.spans(field.name)
                chosen = own[of_field.record]
                base = begins[of_field.record[chosen]]
                spans.append(
                    HeldSpans(
                        number[of_field.record[chosen]],
                        of_field.start[chosen] + base,
                        of_field.end[chosen] + base,
                        np.full(int(chosen.sum()), hash64(field.name), np.uint64),
                    )
                )
            else:
                said += _label_hashes(records, field)
        held.append(Held((start + begins)[own], (end + begins)[own], said[own]))
        before += int(own.sum())
    return Held(*map(np.concatenate, zip(*held, strict=True))), HeldSpans(
        *map(np.concatenate, zip(*spans, strict=True))
    )


def _label_hashes(records: Records, field: Field) -> Hashes:
    """Return a hash of the label of each record in a field."""
    if field.many:
        values = records.values(field.name).to_pylist()
        return np.array(
            [_label_hash(field.name, label_of({field.name: value}, field) or "") for value in values], np.uint64
        )
    codes, distinct = records.coded(field.name)
    labels = [label_of({field.name: value}, field) or "" for value in (*distinct, None)]
    return np.array([_label_hash(field.name, label) for label in labels], np.uint64).take(codes)


def _annotated(value: Record, schema: Schema) -> str:
    """Return what was annotated: the layers that are compared, and the fields that are absent in each."""
    layers = [one.layer for one in _compared_layers(schema) if layer_done(value, one.layer.name)]
    return repr([(layer.name, sorted(absent_fields(value, layer))) for layer in layers])


def _annotated_in(columns: Columns) -> Hashes:
    said = by_done(columns, lambda value: hash64(_annotated(value, columns.schema)))
    found = np.zeros(len(columns), np.uint64)
    found[columns.document[columns.gold]] = np.array(said, np.uint64)[columns.gold]
    return found


def _hashed(words: list[str]) -> Hashes:
    return np.array([hash64(one) for one in words], np.uint64)


def _passage(text: str, extent: Extent, held: list[tuple[_Layer, int, Record]], key: int, value: int) -> Passage:
    said: dict[str, list[str]] = {}
    for layer, _, record in held:
        said.setdefault(layer.layer.name, []).append(_statement(layer, record, extent))
    for of_layer in said.values():
        of_layer.sort()
    words = " ".join(text[slice(*extent)].split())
    first = {one.layer.name: (join_pointer(one.layer.name, i), record["id"]) for one, i, record in reversed(held)}
    return Passage(words, key, value, said, first)


def _statement(layer: _Layer, record: Record, extent: Extent) -> str:
    """Return the labels of a record and its spans within a passage, counted from the start of the passage."""
    start, end = extent
    found: list[object] = []
    for field in layer.fields:
        if field.kind == "spans":
            spans = [(span["start"], span["end"]) for span in record.get(field.name) or ()]
            found.append(sorted((one - start, other - start) for one, other in spans if start <= one and other <= end))
        else:
            found.append(label_of(record, field) or "")
    return repr(found)


@lru_cache(maxsize=8)
def _compared_layers(schema: Schema) -> list[_Layer]:
    return [
        _Layer(
            layer,
            tuple(field.name for field in place_fields(layer)),
            tuple(
                field
                for field in layer.fields
                if field.required and (field.kind in ("spans", "label") or field.json_type == "boolean")
            ),
        )
        for layer in layers_to_annotate(schema).values()
        if place_fields(layer)
    ]
