"""Documents between a corpus and another format, imported and exported, and the count of what was dropped."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

from ..core.model import Problem, Record
from ..core.schema import TARGETS, Schema
from ..core.text import visible
from ..files.write import ordered
from .names import ValidNames, annotators, doc_ids

T = TypeVar("T", bound=Hashable)

LeftOut = Counter[tuple[str, str]]
"""The number of dropped items for each (what, why)."""


@dataclass(frozen=True, slots=True)
class Options:
    """The options of an import.

    `map` is the content of the map file, `record` the fields that every article record gets, `layers` the layers
    that were annotated even where they are empty, `schema` the directory of the schema for the new corpus (None:
    the schema of this package). `kb_date` is the date of knowledge-base ids that have none. With
    `replace_controls`, control characters of texts are replaced; with `bulk`, the corpus has bulk files. `map_path` is
    the name of the map file.

    Readers count what they drop in `left_out` and what they convert in `notes`, and make ids with `doc_ids` and
    `annotators`.
    """

    map: Mapping[str, Any] = field(default_factory=dict)
    map_path: str = "map"
    record: Mapping[str, Any] = field(default_factory=dict)
    layers: tuple[str, ...] = ()
    schema: Path | None = None
    kb_date: str = ""
    replace_controls: bool = False
    bulk: bool = False
    left_out: LeftOut = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    doc_ids: ValidNames = field(default_factory=doc_ids)
    annotators: ValidNames = field(default_factory=annotators)


NOTHING_SAID = Options()


@dataclass(frozen=True, slots=True)
class Direction:
    """What the import or export of a format carries and drops, and with which tool's real files it was verified."""

    carried: str
    dropped: str
    verified: str


class Faults:
    """The Problems of one annotation. Only the first are kept: a hostile file could have millions."""

    MOST = 100

    def __init__(self) -> None:
        self._kept: list[Problem] = []
        self.count = 0

    def add(self, problem: Problem) -> None:
        """Add a Problem."""
        self.count += 1
        if len(self._kept) < self.MOST:
            self._kept.append(problem)

    def __iter__(self) -> Iterator[Problem]:
        """Yield the first Problems; the last of them says how many follow."""
        yield from self._kept[:-1]
        more = self.count - len(self._kept)
        last = self._kept[-1]
        yield replace(last, message=f"{last.message} (and {more:,} more in this annotation)") if more else last


@dataclass(slots=True)
class Incoming:
    """An imported document: its text, the fields of its record that the file has, and the layers of each annotator.

    An empty layer was annotated; a missing one was not. `places` has the file and line of each record, by annotator
    and id. An annotation with Problems in `faulty` is quarantined. `provenance` has the one of each annotator's
    annotation, and `notes` are added to it. `fields_done` has that of an annotation if the source says it; otherwise it
    follows from the fields that the records have.
    """

    doc_id: str
    path: str
    text: str
    record: Record = field(default_factory=dict)
    layers: dict[str, dict[str, list[Record]]] = field(default_factory=dict)
    places: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)
    faulty: dict[str, Faults] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)
    provenance: dict[str, Record] = field(default_factory=dict)
    fields_done: dict[str, dict[str, list[str]]] = field(default_factory=dict)

    def set_aside(self, annotator: str, problems: Iterable[Problem]) -> None:
        """Quarantine the annotation by `annotator` if there is a Problem: a part of it could not be read."""
        for one in problems:
            self.faulty.setdefault(annotator, Faults()).add(one)

    def note(self, annotator: str, text: str) -> None:
        """Put a note into the provenance of the annotation by `annotator`."""
        notes = self.notes.setdefault(annotator, [])
        if text not in notes:
            notes.append(text)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A document to export, as one annotator sees it; the format can hold all of `annotation`.

    `text` is empty if it must not be redistributed; a format with texts gets no such document.
    """

    doc_id: str
    annotator: str
    text: str
    record: Record
    annotation: Record


class Groups(Generic[T]):
    """Disjoint groups that are merged two at a time (union-find)."""

    def __init__(self, things: Iterable[T]) -> None:
        self._up = {one: one for one in things}

    def head(self, one: T) -> T:
        """Return the representative of the group of a thing."""
        while self._up[one] != one:
            self._up[one] = self._up[self._up[one]]
            one = self._up[one]
        return one

    def join(self, one: T, other: T) -> None:
        """Merge two groups."""
        self._up[self.head(other)] = self.head(one)


def spans_of(text: str, pairs: list[tuple[int, int]]) -> list[Record]:
    """Return spans with their words, from (start, end) in code points."""
    return [{"start": start, "end": end, "text": text[start:end]} for start, end in pairs]


def pairs_of(spans: list[Record]) -> list[tuple[int, int]]:
    """Return (start, end) of each span."""
    return [(span["start"], span["end"]) for span in spans]


def in_order(annotation: Record, schema: Schema) -> dict[str, list[Record]]:
    """Return the layers of an annotation, their records in canonical order."""
    value = ordered(annotation, "annotation", schema)
    return {name: value[name] for name in schema.layers if name in value}


def renamed(layers: Mapping[str, list[Record]], schema: Schema) -> dict[str, list[Record]]:
    """Return the records with ids numbered in order, m1, m2, …, and references to match.

    The letter is the first of the layer's name; layers with the same letter share one count. A reference to a
    missing record is removed, and so is an optional field that is null or an empty list: absence means the same.
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
                given = one[ref.name]
                if not ref.many and isinstance(given, str):
                    one[ref.name] = names.get((ref.refers_to, given))
                elif ref.many and isinstance(given, list) and all(isinstance(name, str) for name in given):
                    found = (names.get((ref.refers_to, name)) for name in given)
                    one[ref.name] = list(dict.fromkeys(name for name in found if name))
                # Anything else is kept, and the schema refuses it.
            made[layer].append(_valued(one, schema, layer))
    return made


def hold_together(layers: dict[str, list[Record]], schema: Schema, left: LeftOut, why: str) -> dict[str, list[Record]]:
    """Remove references to records that are not in the layers, and records that require such a reference."""
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
                            left[f"{name} that require such a reference", why] += 1
                            records[i] = {}
            if not all(records):
                layers[name] = [record for record in records if record]
                changed = True
    return layers


def layers_left_out(layers: Record, carried: set[str], left: LeftOut, why: Mapping[str, str], general: str) -> None:
    """Count the records of layers that are not carried, each with the reason in `why` or else `general`."""
    for name, records in layers.items():
        if name not in carried and records:
            left[name, why.get(name, general)] += len(records)


def dropped_lines(left: LeftOut, most: int = 30) -> Iterator[str]:
    """Yield a line for each kind of dropped item, the most frequent first, and a summary after `most` lines.

    The bound is there because a hostile file could name millions of types.
    """
    kinds = sorted((+left).items(), key=lambda item: (-item[1], item[0]))
    for (what, why), count in kinds[:most]:
        yield visible(f"dropped {count:,} {_singular(what) if count == 1 else what}: {why}")
    if len(kinds) > most:
        rest = sum(count for _, count in kinds[most:])
        yield f"dropped {rest:,} more of {len(kinds) - most:,} other kinds"


def _singular(what: str) -> str:
    """Return a noun phrase with its first plural in the singular; the name of a field, as in entities.kb, stays."""
    return re.sub(r"\b(\w+?)(ies|s)\b(?!\.)", lambda found: found[1] + "y" * (found[2] == "ies"), what, count=1)


def _valued(record: Record, schema: Schema, layer: str) -> Record:
    """Return the record without optional fields that are null or an empty list: absence means the same."""
    needed = {one.name for one in schema.layers[layer].fields if one.required}
    return {name: value for name, value in record.items() if name in needed or value not in (None, [])}
