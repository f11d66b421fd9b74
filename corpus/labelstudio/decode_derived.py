"""Derive the fields that annotators left blank, by the rules of the schema (`ifBlank`), and note each value."""

from __future__ import annotations

from ..core.labelling import derive, is_derivable
from ..core.model import Record
from ..core.schema import Field
from .config_controls import derives_with, when_empty
from .decode_regions import Region, Regions


class Blanks:
    """The blank fields of records, to be derived when all records are there."""

    def __init__(self, regions: Regions, layers: dict[str, list[Record]]) -> None:
        self._regions, self._layers = regions, layers
        self._blank: list[tuple[Region, Field, Record]] = []
        with_records = {region.mark.layer.name for region in regions.found.values() if region.mark.field is None}
        self._done = with_records | set(regions.done or ())
        self._can: dict[tuple[str, str], bool] = {}

    def can(self, region: Region, field: Field) -> bool:
        """True if a field has rules, and all that they read was annotated: else "none" could mean "not annotated"."""
        layer = region.mark.layer
        key = layer.name, field.name
        if key not in self._can:
            layers, absent = self._regions.schema.layers, self._regions.absent
            self._can[key] = self._regions.derives and is_derivable(layers, layer, field, self._done, absent)
        return self._can[key] and derives_with(region.mark, self._regions.table)

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
