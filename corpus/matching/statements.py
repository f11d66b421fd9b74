"""Reduce each record of an annotation to what it says, without ids: equal statements say the same of the same text."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from ..core.done import layer_done
from ..core.model import Record
from ..core.schema import TARGETS, Field, Schema
from ..core.source_tokens import layers_to_annotate
from .assign import Piece
from .places import places_of
from .values import comparable, referred

Statement = Hashable
"""The place of a record and its values: spans as offsets, references as the places of the records that they name."""


def statements(schema: Schema, annotation: Record) -> dict[str, list[Statement]]:
    """Return the statement of each record, in the order of the records, for each layer that was annotated."""
    layers = [name for name in layers_to_annotate(schema) if layer_done(annotation, name)]
    place_of: dict[str, dict[str, tuple[Piece, ...]]] = {}
    for name in layers:
        places = places_of(schema, name, annotation)
        records = annotation.get(name) or []
        place_of[name] = {record["id"]: tuple(place) for record, place in zip(records, places, strict=True)}
    found: dict[str, list[Statement]] = {}
    for name in layers:
        fields = [field for field in schema.layers[name].fields if field.name != "id"]
        found[name] = [
            (place_of[name][record["id"]], *[_said(field, record.get(field.name), place_of) for field in fields])
            for record in annotation.get(name) or ()
        ]
    return found


def _said(field: Field, value: Any, place_of: dict[str, dict[str, tuple[Piece, ...]]]) -> Hashable:
    if value is None or (not isinstance(value, list) and field.kind != "reference"):
        said: Hashable = value
        return said
    if field.kind == "reference" and field.refers_to != TARGETS:
        places = place_of.get(field.refers_to, {})
        return tuple(sorted(places.get(one, ((-1, -1),)) for one in referred(value)))
    one = comparable(field, value)
    return tuple(one) if isinstance(one, list) else str(one)
