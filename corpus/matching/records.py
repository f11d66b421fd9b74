"""Match the records of two annotations of one document one to one.

Records are matched by place (`places`, `assign`). A stance has no place: two stances match if scope, target and holder
are equal, after translation of ids.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from ..core.done import field_done, layer_done
from ..core.model import Record
from ..core.schema import TARGETS, Field, Layer, Schema
from .assign import best_first
from .places import owned_layers, place_fields, places_of
from .values import referred

Pairs = list[tuple[Record, Record]]
"""(record of the first annotation, record of the second)."""
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
        first, second = (referred(record.get(field.name)) for record in (one, other))
        if field.refers_to == TARGETS:
            return first == second
        return all(name in names for name in first) and {names[name] for name in first} == second

    def _match(self, layer: str) -> Pairs:
        first, second = self.records(layer)
        if not self.is_matchable(layer):
            return []
        if _has_keys(self._schema.layers[layer]):
            return self._match_by_keys(self._schema.layers[layer], self.keys(layer), first, second)
        places = [places_of(self._schema, layer, value) for value in self._both]
        return [(first[i], second[j]) for i, j in best_first(*places)]

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
