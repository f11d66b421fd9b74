"""Match the records of two annotations one to one, by the text they share, best first.

    a   ⟦the Orvanian coastguard⟧ … ⟦it⟧
    b   ⟦the Orvanian coastguard⟧ … ⟦it⟧ … ⟦its⟧        Dice 2·26 / (26 + 29)

The place of a record is its required spans; without any, the places of the records that must refer to it (for an
entity, its mentions); else all of its spans. A stance has no place: two stances match if scope, target and holder
are equal, after translation of ids.

Greedy matching by Dice is deterministic and explainable to annotators; it can miss the assignment with the largest
total overlap, which differs only where several records compete for one place.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from ..core.done import field_done, layer_done
from ..core.model import Record
from ..core.schema import TARGETS, Field, Layer, Schema

Piece = tuple[int, int]
"""(start, end) in code points, half-open."""
Pairs = list[tuple[Record, Record]]
KEYS = {"stances": ("scope", "target", "holder")}
"""layer → fields by whose values its records are matched, instead of by place."""


class Matching:
    """Matches the records of two annotations of one document, each layer on first use."""

    def __init__(self, schema: Schema, first: Record, second: Record):
        self._schema, self._both = schema, (first, second)
        self._pairs: dict[str, Pairs] = {}

    def is_done(self, layer: str) -> bool:
        """Return whether both annotated the layer."""
        return all(layer_done(value, layer) for value in self._both)

    def is_field_done(self, layer: Layer, *names: str) -> bool:
        """Return whether both annotated the fields of a layer."""
        return all(field_done(value, layer, name) for value in self._both for name in names)

    def is_matchable(self, name: str) -> bool:
        """Return whether both annotated what the records of a layer are matched by."""
        layer = self._schema.layers[name]
        if not self.is_done(name):
            return False
        if _has_keys(layer):
            return bool(self._keys(layer))
        if place_fields(layer):
            return True
        owned = owned_layers(self._schema, name)
        if owned:
            return all(self.is_field_done(other, field.name) for other, field in owned)
        spans = layer.of_kind("spans")
        return not spans or any(self.is_field_done(layer, one.name) for one in spans)

    def records(self, layer: str) -> tuple[list[Record], list[Record]]:
        """Return the records of a layer in both annotations."""
        first, second = (value.get(layer) or [] for value in self._both)
        return first, second

    def pairs(self, layer: str) -> Pairs:
        """Return the matched records, in the order of the first annotation."""
        if layer not in self._pairs:
            self._pairs[layer] = self._match(layer)
        return self._pairs[layer]

    def names(self, layer: str) -> dict[str, str]:
        """Return id in the first annotation → id in the second, for the matched records of a layer."""
        return {one["id"]: other["id"] for one, other in self.pairs(layer)}

    def same_reference(self, field: Field, one: Record, other: Record) -> bool:
        """Return whether two records refer to the same target, or to matched records."""
        names = {} if field.refers_to == TARGETS else self.names(field.refers_to)
        first, second = (_referred(record.get(field.name)) for record in (one, other))
        if field.refers_to == TARGETS:
            return first == second
        return all(name in names for name in first) and {names[name] for name in first} == second

    def _match(self, layer: str) -> Pairs:
        first, second = self.records(layer)
        if not self.is_matchable(layer):
            return []
        if _has_keys(self._schema.layers[layer]):
            of_layer = self._schema.layers[layer]
            return self._match_by_keys(of_layer, self._keys(of_layer), first, second)
        places = [places_of(self._schema, layer, value) for value in self._both]
        return [(first[i], second[j]) for i, j in best_first(*places)]

    def _keys(self, layer: Layer) -> list[str]:
        """Return the fields by whose values records are matched, of those that both annotated."""
        fields = [one for one in layer.fields if one.name in KEYS[layer.name] and self.is_field_done(layer, one.name)]
        return [
            one.name
            for one in fields
            if one.kind != "reference" or one.refers_to == TARGETS or self.is_matchable(one.refers_to)
        ]

    def _match_by_keys(self, layer: Layer, keys: Iterable[str], first: list[Record], second: list[Record]) -> Pairs:
        fields = [field for field in layer.fields if field.name in keys]
        waiting: dict[tuple[object, ...], list[Record]] = defaultdict(list)
        for record in second:
            waiting[tuple(record.get(field.name) for field in fields)].append(record)
        found = []
        for record in first:
            key = tuple(self._translated(field, record) for field in fields)
            if waiting[key]:
                found.append((record, waiting[key].pop(0)))
        return found

    def _translated(self, field: Field, record: Record) -> object:
        value = record.get(field.name)
        if value is None or field.kind != "reference" or field.refers_to == TARGETS:
            return value
        return self.names(field.refers_to).get(value, (value, "is not matched"))


def _has_keys(layer: Layer) -> bool:
    keys = KEYS.get(layer.name, ())
    return bool(keys) and {field.name for field in layer.fields}.issuperset(keys)


def owned_layers(schema: Schema, name: str) -> list[tuple[Layer, Field]]:
    """Return the layers with a place whose records must refer to one of the layer `name`, with the field that does."""
    members = [(other, owner_field(other)) for other in schema.layers.values() if place_fields(other)]
    return [(other, field) for other, field in members if field is not None and field.refers_to == name]


def owner_field(layer: Layer) -> Field | None:
    """Return the required reference by which a record names its owner, as a mention its entity; None without one."""
    for field in layer.of_kind("reference"):
        if field.required and not field.nullable and not field.many and field.refers_to != TARGETS:
            return field
    return None


def place_fields(layer: Layer) -> list[Field]:
    """Return the required spans fields of a layer."""
    return [field for field in layer.of_kind("spans") if field.least]


def places_of(schema: Schema, name: str, annotation: Record) -> list[list[Piece]]:
    """Return the place of each record of a layer: sorted pieces without overlaps; [] for no place."""
    layer = schema.layers[name]
    records = annotation.get(name) or []
    fields = place_fields(layer)
    pieces: list[list[Piece]] = [_pieces(record, fields) for record in records]
    if not fields:
        at = {record["id"]: i for i, record in enumerate(records)}
        owned = owned_layers(schema, name)
        for other, field in owned:
            for record in annotation.get(other.name) or ():
                if record.get(field.name) in at:
                    pieces[at[record[field.name]]] += _pieces(record, place_fields(other))
        if not owned:
            pieces = [_pieces(record, layer.of_kind("spans")) for record in records]
    return [_union(of_record) for of_record in pieces]


def best_first(first: list[list[Piece]], second: list[list[Piece]]) -> list[tuple[int, int]]:
    """Return pairs (i, j) of records that share text, one to one, in the order of i.

    Pairs are taken by descending Dice coefficient of code points; ties go to the first records.
    """
    shared = _shared(first, second)
    lengths = [[sum(end - start for start, end in pieces) for pieces in side] for side in (first, second)]
    ranked = sorted(shared, key=lambda ij: (-2 * shared[ij] / (lengths[0][ij[0]] + lengths[1][ij[1]]), ij))
    taken: tuple[set[int], set[int]] = set(), set()
    found = []
    for i, j in ranked:
        if i not in taken[0] and j not in taken[1]:
            taken[0].add(i)
            taken[1].add(j)
            found.append((i, j))
    return sorted(found)


def _shared(first: list[list[Piece]], second: list[list[Piece]]) -> Mapping[tuple[int, int], int]:
    """Return (i, j) → the number of shared code points, if positive, by one sweep over the text."""
    pieces = [
        (start, end, side, number)
        for side, records in enumerate((first, second))
        for number, of_record in enumerate(records)
        for start, end in of_record
    ]
    shared: dict[tuple[int, int], int] = defaultdict(int)
    open_: tuple[list[tuple[int, int]], list[tuple[int, int]]] = [], []
    for start, end, side, number in sorted(pieces):
        others = open_[1 - side]
        others[:] = [one for one in others if one[0] > start]
        for other_end, other in others:
            shared[(number, other) if side == 0 else (other, number)] += min(end, other_end) - start
        open_[side].append((end, number))
    return shared


def _pieces(record: Record, fields: Iterable[Field]) -> list[Piece]:
    return [(span["start"], span["end"]) for field in fields for span in record.get(field.name, ())]


def _union(pieces: list[Piece]) -> list[Piece]:
    found: list[Piece] = []
    for start, end in sorted(pieces):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


def _referred(value: object) -> set[str]:
    if isinstance(value, list):
        return set(value)
    return {value} if isinstance(value, str) else set()
