"""Find what gold says in each sentence, so that the same sentence elsewhere can be compared.

    “The line … ends in a sentence.”  →  hash of its words, hash of the records within it

A record belongs to the sentence that holds it, or else to the line that does; a record that goes further depends on
more than these words. Sentences are cut by a simple pattern: a cut after an abbreviation is the same in every document.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ..core.done import absent_fields, layer_done
from ..core.json_positions import join_pointer
from ..core.model import Annotation, Record
from ..core.schema import Field, Layer, Schema
from ..core.source_tokens import layers_to_annotate
from ..matching import label_of, place_fields
from .tallied import TALLIED, hash64

_END = re.compile(r"[.!?…]+[”’»“\"')\]]*\s+|[。！？]+[”’」』）]*\s*")
"""What ends a sentence within a line."""
_CODE_POINTS, _WORDS = 30, 5
"""Shorter sentences are not compared: the annotation of “No,” she said. depends on the sentences around it."""

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


_Held = tuple[_Layer, int, Record]
"""The layer, index and value of a record."""
_NOTHING = hash64(repr([])) >> 32
"""The value of a passage without records."""


class _Line(NamedTuple):
    """A line and its sentences, of which short ones are None; the line itself is compared if it has several."""

    extent: Extent
    starts: list[int]
    sentences: list[Extent | None]


def passages(gold: Annotation, text: str | None, schema: Schema) -> list[Passage]:
    """Return the passages of an adjudicated annotation in the order of the text, none if the text is withheld."""
    return [] if text is None else [_passage(text, *part) for part in _parts(gold, text, schema)]


def passage_rows(gold: Annotation, text: str | None, schema: Schema) -> bytes:
    """Return the hashes of the passages, as an array of `TALLIED`."""
    if text is None:
        return b""
    parts = _parts(gold, text, schema)
    rows = [(_key(text, extent, annotated), _value(_said(extent, held))) for extent, held, annotated in parts]
    return np.array(rows, TALLIED).tobytes()


def _parts(gold: Annotation, text: str, schema: Schema) -> Iterator[tuple[Extent, list[_Held], str]]:
    """Yield each part of the text that is compared, the records in it, and what was annotated in the document."""
    layers = [one for one in _compared_layers(schema) if layer_done(gold.value, one.layer.name)]
    lines = list(_lines(text))
    starts = [line.extent[0] for line in lines]
    held: dict[Extent, list[_Held]] = {}
    for layer in layers:
        for i, record in enumerate(gold.layer(layer.layer.name)):
            extent = _holding(lines, starts, layer, record)
            if extent is not None:
                held.setdefault(extent, []).append((layer, i, record))
    annotated = repr([(one.layer.name, sorted(absent_fields(gold.value, one.layer))) for one in layers])
    for line in lines:
        for extent in _compared(line):
            yield extent, held.get(extent, []), annotated


def _passage(text: str, extent: Extent, held: list[_Held], annotated: str) -> Passage:
    said = _said(extent, held)
    words = " ".join(text[slice(*extent)].split())
    first = {one.layer.name: (join_pointer(one.layer.name, i), record["id"]) for one, i, record in reversed(held)}
    return Passage(words, _key(text, extent, annotated), _value(said), said, first)


def _key(text: str, extent: Extent, annotated: str) -> int:
    """Return a hash of the words; white space within them counts, since it shifts the offsets of what follows."""
    return hash64(f"{annotated}\n{text[slice(*extent)]}")


def _value(said: dict[str, list[str]]) -> int:
    return hash64(repr(sorted(said.items()))) >> 32 if said else _NOTHING


def _said(extent: Extent, held: list[_Held]) -> dict[str, list[str]]:
    said: dict[str, list[str]] = {}
    for layer, _, record in held:
        said.setdefault(layer.layer.name, []).append(_statement(layer, record, extent))
    for of_layer in said.values():
        of_layer.sort()
    return said


def _statement(layer: _Layer, record: Record, extent: Extent) -> str:
    """Return the labels of a record and its spans within a passage, counted from the start of the passage."""
    start, end = extent
    parts: list[object] = []
    for field in layer.fields:
        if field.kind == "spans":
            spans = [(span["start"], span["end"]) for span in record.get(field.name) or ()]
            parts.append(sorted((one - start, other - start) for one, other in spans if start <= one and other <= end))
        else:
            parts.append(label_of(record, field) or "")
    return repr(parts)


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


def _lines(text: str) -> Iterator[_Line]:
    at = 0
    for line in text.splitlines(keepends=True):
        found = list(_sentences(text, at, at + len(line)))
        if found:
            long = [one if _is_long(text, one) else None for one in found]
            yield _Line((found[0][0], found[-1][1]), [start for start, _ in found], long)
        at += len(line)


def _sentences(text: str, start: int, end: int) -> Iterator[Extent]:
    """Yield the sentences of a line, without white space around them."""
    cuts = [*(match.end() for match in _END.finditer(text, start, end)), end]
    for cut in cuts:
        words = text[start:cut]
        if words.strip():
            yield start + len(words) - len(words.lstrip()), start + len(words.rstrip())
        start = cut


def _is_long(text: str, extent: Extent) -> bool:
    words = text[slice(*extent)]
    return len(words) >= _CODE_POINTS and (len(words.split()) >= _WORDS or not words.isascii())


def _compared(line: _Line) -> list[Extent]:
    """Return the parts of a line that are compared: its long sentences, and the line if it has several sentences."""
    whole = [line.extent] if len(line.sentences) > 1 else []
    return [*whole, *(one for one in line.sentences if one is not None)]


def _holding(lines: list[_Line], starts: list[int], layer: _Layer, record: Record) -> Extent | None:
    """Return the part that holds the place of a record: its sentence, or else its line; None if neither does."""
    spans = [span for name in layer.places for span in record.get(name, ())]
    if not spans:
        return None
    start, end = spans[0]["start"], spans[0]["end"]
    for span in spans[1:]:
        start, end = min(start, span["start"]), max(end, span["end"])
    i = bisect_right(starts, start) - 1
    if i < 0 or end > lines[i].extent[1]:
        return None
    line = lines[i]
    sentence = line.sentences[bisect_right(line.starts, start) - 1]
    if sentence is not None and end <= sentence[1]:
        return sentence
    return line.extent if len(line.sentences) > 1 else None
