"""Match the records of two annotations of one document one to one.

Records are matched by place (`places`, `assign`). A stance has no place: two stances match if scope, target and holder
are equal, after translation of ids.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from ..core.done import derived_fields, field_done, layer_done
from ..core.model import Record
from ..core.schema import TARGETS, Field, Layer, Schema
from .assign import Piece, best_first
from .places import owned_layers, place_fields, places_of
from .values import comparable, referred

Pairs = list[tuple[Record, Record]]
"""(record of the first annotation, record of the second)."""
Known = dict[str, list[list[Piece]]]
"""layer → the places of its records in one annotation."""
KEYS = {"stances": ("scope", "target", "holder")}
"""layer → fields by whose values its records are matched, instead of by place."""


class Matching:
    """Matches the records of two annotations of one document, each layer on first use.

    `known` are the places of each annotation's layers as far as they are known; it is filled, so that several matchings
    of one annotation can share it.
    """

    def __init__(self, schema: Schema, first: Record, second: Record, known: tuple[Known, Known] | None = None):
        self._schema, self._both = schema, (first, second)
        self._known = known or ({}, {})
        self._pairs: dict[str, Pairs] = {}
        self._names: dict[str, dict[str, str]] = {}
        self._matchable: dict[str, bool] = {}
        self._derived: dict[str, list[dict[str, frozenset[str]]]] = {}

    def is_done(self, layer: str) -> bool:
        """Return whether both annotated the layer."""
        return all(layer_done(value, layer) for value in self._both)

    def is_field_done(self, layer: Layer, *names: str) -> bool:
        """Return whether both annotated the fields of a layer."""
        return all(field_done(value, layer, name) for value in self._both for name in names)

    def is_matchable(self, name: str) -> bool:
        """Return whether both annotated what the records of a layer are matched by."""
        if name not in self._matchable:
            self._matchable[name] = self._is_matchable(name)
        return self._matchable[name]

    def _is_matchable(self, name: str) -> bool:
        layer = self._schema.layers[name]
        if not self.is_done(name):
            return False
        if _has_keys(layer):
            return bool(self.keys(name))
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

    def places(self, layer: str) -> tuple[list[list[Piece]], list[list[Piece]]]:
        """Return the places of the records of a layer in both annotations, in the order of the records."""
        for value, known in zip(self._both, self._known, strict=True):
            if layer not in known:
                known[layer] = places_of(self._schema, layer, value)
        return self._known[0][layer], self._known[1][layer]

    def pairs(self, layer: str) -> Pairs:
        """Return the matched records, in the order of the first annotation."""
        if layer not in self._pairs:
            self._pairs[layer] = self._match(layer)
        return self._pairs[layer]

    def names(self, layer: str) -> dict[str, str]:
        """Return id in the first annotation → id in the second, for the matched records of a layer."""
        if layer not in self._names:
            self._names[layer] = {one["id"]: other["id"] for one, other in self.pairs(layer)}
        return self._names[layer]

    def is_comparable(self, layer: Layer, field: Field) -> bool:
        """Return whether both annotated a field, and the records that it refers to can be matched."""
        reachable = field.kind != "reference" or field.refers_to == TARGETS or self.is_matchable(field.refers_to)
        return field.name != "id" and reachable and self.is_field_done(layer, field.name)

    def is_chosen(self, layer: str, field: str, one: Record, other: Record) -> bool:
        """Return whether both annotators chose the field of their record, and no program derived it."""
        if layer not in self._derived:
            self._derived[layer] = [derived_fields(value, layer) for value in self._both]
        derived = self._derived[layer]
        return not any(field in of.get(record["id"], ()) for of, record in zip(derived, (one, other), strict=True))

    def same(self, field: Field, one: Record, other: Record) -> bool:
        """Return whether two records say the same in a field: equal values, or references to matched records."""
        values = one.get(field.name), other.get(field.name)
        if field.kind == "reference":
            return not any(values) or self.same_reference(field, one, other)
        return bool(values[0] == values[1] or comparable(field, values[0]) == comparable(field, values[1]))

    def same_reference(self, field: Field, one: Record, other: Record) -> bool:
        """Return whether two records refer to the same target, or to matched records."""
        first, second = (referred(record.get(field.name)) for record in (one, other))
        if field.refers_to == TARGETS:
            return first == second
        names = self.names(field.refers_to)
        return all(name in names for name in first) and {names[name] for name in first} == second

    def _match(self, layer: str) -> Pairs:
        first, second = self.records(layer)
        if not self.is_matchable(layer):
            return []
        if _has_keys(self._schema.layers[layer]):
            return self._match_by_keys(self._schema.layers[layer], self.keys(layer), first, second)
        return [(first[i], second[j]) for i, j in best_first(*self.places(layer))]

    def keys(self, name: str) -> list[str]:
        """Return the fields that match a layer's records, of those that both annotated; [] if a place does."""
        layer = self._schema.layers[name]
        if not _has_keys(layer):
            return []
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
