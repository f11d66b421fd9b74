"""What passes between a corpus and another format: documents on their way in and out, and what is left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from ..core.model import Record
from ..core.schema import TARGETS, Schema
from ..files.write import ordered

T = TypeVar("T", bound=Hashable)

LeftOut = Counter[tuple[str, str]]
"""(what, why) → how many of it were left out."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a user says about an import beside where it lies.

    `map` is the content of the map file, `record` the fields that every article's record gets, `layers` the
    layers that were looked at though nothing may be in them, `schema` the folder of the new corpus's schema
    (None: this project's own). What a reader leaves out it counts in `left_out`.
    """

    map: Mapping[str, Any] = field(default_factory=dict)
    record: Mapping[str, Any] = field(default_factory=dict)
    layers: tuple[str, ...] = ()
    schema: Path | None = None
    left_out: LeftOut = field(default_factory=Counter)


NOTHING_SAID = Options()


@dataclass(slots=True)
class Incoming:
    """A document on its way in: its text, what the file says of its record, and the layers of each annotator.

    A layer that is there and empty was looked at. `places` has the file and line where an annotator's record was
    read, by annotator and id.
    """

    doc_id: str
    path: str
    text: str
    record: Record = field(default_factory=dict)
    layers: dict[str, dict[str, list[Record]]] = field(default_factory=dict)
    places: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A document on its way out, as one annotator sees it: `annotation` holds nothing that the format cannot.

    `text` is empty where it may not be passed on; a format that holds the text gets no such document.
    """

    doc_id: str
    annotator: str
    text: str
    record: Record
    annotation: Record


class Groups(Generic[T]):
    """Things that are put together, two at a time."""

    def __init__(self, things: Iterable[T]) -> None:
        self._up = {one: one for one in things}

    def head(self, one: T) -> T:
        """The one that stands for the group of a thing."""
        while self._up[one] != one:
            self._up[one] = self._up[self._up[one]]
            one = self._up[one]
        return one

    def join(self, one: T, other: T) -> None:
        """Put two groups together."""
        self._up[self.head(other)] = self.head(one)


def spans_of(text: str, pairs: list[tuple[int, int]]) -> list[Record]:
    """Spans with the words of the text, from (start, end) in code points."""
    return [{"start": start, "end": end, "text": text[start:end]} for start, end in pairs]


def pairs_of(spans: list[Record]) -> list[tuple[int, int]]:
    """(start, end) of each span."""
    return [(span["start"], span["end"]) for span in spans]


def in_order(annotation: Record, schema: Schema) -> dict[str, list[Record]]:
    """The layers of an annotation, their records in canonical order."""
    value = ordered(annotation, "annotation", schema)
    return {name: value[name] for name in schema.layers if name in value}


def renamed(layers: Mapping[str, list[Record]], schema: Schema) -> dict[str, list[Record]]:
    """The records with ids of their order, m1, m2, …, and the references with them.

    The letter is the first of the layer; layers with the same one count on. A reference to nothing goes, and an
    optional field that is null or an empty list, which says what its absence does.
    """
    numbers: Counter[str] = Counter()
    names: dict[tuple[str, str], str] = {}
    for layer in schema.layers:
        for record in layers.get(layer, ()):
            numbers[layer[0].lower()] += 1
            names[layer, record["id"]] = f"{layer[0].lower()}{numbers[layer[0].lower()]}"
    made: dict[str, list[Record]] = {}
    for layer in (name for name in schema.layers if name in layers):
        made[layer] = []
        for record in layers[layer]:
            one = record | {"id": names[layer, record["id"]]}
            for ref in schema.layers[layer].of_kind("reference"):
                if ref.refers_to == TARGETS or ref.name not in one:
                    continue
                if ref.many:
                    found = (names.get((ref.refers_to, name)) for name in one[ref.name])
                    one[ref.name] = list(dict.fromkeys(name for name in found if name))
                else:
                    one[ref.name] = names.get((ref.refers_to, one[ref.name]))
            made[layer].append(_valued(one, schema, layer))
    return made


def hold_together(layers: dict[str, list[Record]], schema: Schema, left: LeftOut, why: str) -> dict[str, list[Record]]:
    """The layers without references to records that are not in them, and without records that need such a one."""
    layers = {name: list(records) for name, records in layers.items()}
    changed = True
    while changed:
        changed = False
        ids = {name: {record["id"] for record in records} for name, records in layers.items()}
        for name, records in layers.items():
            for ref in schema.layers[name].of_kind("reference"):
                if ref.refers_to == TARGETS:
                    continue
                there = ids.get(ref.refers_to, set())
                for i, record in enumerate(records):
                    value = record.get(ref.name)
                    if ref.many and value and not there.issuperset(value):
                        kept = [one for one in value if one in there]
                        left[f"references in {name}.{ref.name}", why] += len(value) - len(kept)
                        records[i] = record | {ref.name: kept}
                    elif not ref.many and value is not None and value not in there:
                        left[f"references in {name}.{ref.name}", why] += 1
                        records[i] = record | {ref.name: None}
                        if ref.required and not ref.nullable:
                            left[f"{name} that rest on such a reference", why] += 1
                            records[i] = {}
            if not all(records):
                layers[name] = [record for record in records if record]
                changed = True
    return layers


def layers_left_out(layers: Record, carried: set[str], left: LeftOut, why: Mapping[str, str], general: str) -> None:
    """Count the records of layers that are not carried; `why` says the reason for a layer, `general` for others."""
    for name, records in layers.items():
        if name not in carried and records:
            left[name, why.get(name, general)] += len(records)


def _valued(record: Record, schema: Schema, layer: str) -> Record:
    """The record without optional fields that are null or an empty list, which say what their absence does."""
    needed = {one.name for one in schema.layers[layer].fields if one.required}
    return {name: value for name, value in record.items() if name in needed or value not in (None, [])}
