"""Find what gold says in each sentence, so that the same sentence elsewhere can be compared.

    “The line … ends in a sentence.”  →  hash of its words, hash of the records within it

A record belongs to the sentence that holds it, or else to the line that does; a record that goes further depends on
more than these words. Sentences are cut by a simple pattern: a cut after an abbreviation is the same in every document.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ..core.done import absent_fields, layer_done
from ..core.json_positions import join_pointer
from ..core.model import Annotation, Record
from ..core.schema import Layer, Schema
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


class _Line(NamedTuple):
    """A line and its sentences, of which short ones are None; the line itself is compared if it has several."""

    extent: Extent
    starts: list[int]
    sentences: list[Extent | None]


def passages(gold: Annotation, text: str | None, schema: Schema) -> list[Passage]:
    """Return the passages of an adjudicated annotation in the order of the text, none if the text is withheld."""
    if text is None:
        return []
    layers = [
        layer
        for layer in layers_to_annotate(schema).values()
        if place_fields(layer) and layer_done(gold.value, layer.name)
    ]
    lines = list(_lines(text))
    starts = [line.extent[0] for line in lines]
    held: dict[Extent, list[tuple[Layer, int, Record]]] = {}
    for layer in layers:
        for i, record in enumerate(gold.layer(layer.name)):
            extent = _holding(lines, starts, layer, record)
            if extent is not None:
                held.setdefault(extent, []).append((layer, i, record))
    annotated = repr([(layer.name, sorted(absent_fields(gold.value, layer))) for layer in layers])
    return [_passage(text, extent, held.get(extent, []), annotated) for line in lines for extent in _compared(line)]


def passage_rows(gold: Annotation, text: str | None, schema: Schema) -> bytes:
    """Return the hashes of the passages, as an array of `TALLIED`."""
    return np.array([(one.key, one.value) for one in passages(gold, text, schema)], TALLIED).tobytes()


def _passage(text: str, extent: Extent, held: list[tuple[Layer, int, Record]], annotated: str) -> Passage:
    start, end = extent
    words = " ".join(text[start:end].split())
    said: dict[str, list[str]] = {}
    for layer, _, record in held:
        said.setdefault(layer.name, []).append(_statement(layer, record, extent))
    for of_layer in said.values():
        of_layer.sort()
    first = {layer.name: (join_pointer(layer.name, i), record["id"]) for layer, i, record in reversed(held)}
    value = hash64(repr(sorted(said.items()))) >> 32
    # White space within a sentence would shift the offsets of what follows it.
    return Passage(words, hash64(f"{annotated}\n{text[start:end]}"), value, said, first)


def _statement(layer: Layer, record: Record, extent: Extent) -> str:
    """Return the labels of a record and its spans within a passage, counted from the start of the passage.

    A field that a record may lack, such as one that was added to the schema later, is left out.
    """
    start, end = extent
    parts = []
    for field in (one for one in layer.fields if one.required):
        if field.kind == "spans":
            spans = [(span["start"], span["end"]) for span in record.get(field.name) or ()]
            inside = sorted((one - start, other - start) for one, other in spans if start <= one and other <= end)
            parts.append((field.name, repr(inside)))
        elif field.kind == "label" or field.json_type == "boolean":
            parts.append((field.name, label_of(record, field) or ""))
    return repr(parts)


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


def _holding(lines: list[_Line], starts: list[int], layer: Layer, record: Record) -> Extent | None:
    """Return the part that holds the place of a record: its sentence, or else its line; None if neither does."""
    spans = [span for field in place_fields(layer) for span in record.get(field.name, ())]
    if not spans:
        return None
    start, end = min(span["start"] for span in spans), max(span["end"] for span in spans)
    i = bisect_right(starts, start) - 1
    if i < 0 or end > lines[i].extent[1]:
        return None
    line = lines[i]
    sentence = line.sentences[bisect_right(line.starts, start) - 1]
    if sentence is not None and end <= sentence[1]:
        return sentence
    return line.extent if len(line.sentences) > 1 else None
