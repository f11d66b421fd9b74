"""Find the place of each record: the code points by which records of two annotations are compared.

The place of a record is its required spans; without any, the places of the records that must refer to it (for an
entity, its mentions); else all of its spans.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..core.model import Record
from ..core.schema import TARGETS, Field, Layer, Schema
from .assign import Piece, union


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
            of_other = place_fields(other)
            for record in annotation.get(other.name) or ():
                if record.get(field.name) in at:
                    pieces[at[record[field.name]]] += _pieces(record, of_other)
        if not owned:
            pieces = [_pieces(record, layer.of_kind("spans")) for record in records]
    return [of_record if len(of_record) < 2 else union(of_record) for of_record in pieces]


def _pieces(record: Record, fields: Iterable[Field]) -> list[Piece]:
    return [(span["start"], span["end"]) for field in fields for span in record.get(field.name) or ()]
