"""Derive the fields that annotators left blank, by the rules of the schema (`ifBlank`), and note each value."""

from __future__ import annotations

from functools import lru_cache

from ..core.labelling import derive, is_derivable
from ..core.model import Record
from ..core.schema import Field, Schema
from .config_controls import Mark, controls, derives_with, when_empty
from .decode_regions import Region, Regions

Empties = dict[str, tuple[tuple[object, ...], bool]]
"""By field what it holds when it is empty (see `when_empty`), and whether it is derived then."""


@lru_cache(maxsize=1024)
def _empties(
    name: str, schema: Schema, done: frozenset[str], absent: frozenset[tuple[str, str]], derives: bool
) -> Empties:
    """Return the empty fields of records with a label. `done` are the annotated layers.

    A field is derived if it has rules, and all that they read was annotated: else "none" could mean "not annotated".
    """
    table = controls(schema)
    mark = table.marks[name]
    can = derives and derives_with(mark, table)
    layer = mark.layer
    return {
        one.name: (when_empty(one), can and is_derivable(schema.layers, layer, one, done, absent))
        for one in layer.fields
    }


class Blanks:
    """The blank fields of records, to be derived when all records are there."""

    def __init__(self, regions: Regions, layers: dict[str, list[Record]]) -> None:
        self._regions, self._layers = regions, layers
        self._blank: list[tuple[Region, Field, Record]] = []
        with_records = {region.mark.layer.name for region in regions.anchors}
        done = with_records | set(regions.done or ())
        self._known = regions.schema, frozenset(done), frozenset(regions.absent), regions.derives

    def empties(self, mark: Mark) -> Empties:
        """Return what the fields of a record with this label hold when they are empty."""
        return _empties(mark.name, *self._known)

    def add(self, region: Region, field: Field, record: Record) -> None:
        """Note that a field of a record is blank."""
        self._blank.append((region, field, record))

    def fill(self) -> None:
        """Derive the blank fields, in the order of the schema, and report those that must not stay blank."""
        regions, schema = self._regions, self._regions.schema
        by_id = {(name, record["id"]): record for name, records in self._layers.items() for record in records}
        for region, field, record in self._blank:
            layer = region.mark.layer
            value = derive(schema.layers, layer, field, record, lambda name, id_: by_id.get((name, id_)), regions.text)
            if value is not None:
                record[field.name] = value
                regions.derived.setdefault(layer.name, {}).setdefault(field.name, []).append(region.record)
            elif not when_empty(field):
                del record[field.name]
                if field.required:
                    hint = "choose it in the form of the record"
                    regions.faults.append(region.fault("L304", f"{region.named}, {field.name}", hint))
