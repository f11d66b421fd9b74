"""The last step of decoding: regions become records, and fields that were left blank are derived."""

from __future__ import annotations

from difflib import get_close_matches
from itertools import pairwise
from typing import Any

from ..core.model import Record
from ..core.schema import Field, Layer
from .config_controls import NONE, Way
from .decode_derived import Blanks, Empties
from .decode_regions import Region, Regions


def build_records(regions: Regions, quoted: bool) -> dict[str, list[Record]]:
    """Return the records of each layer, fields in schema order; with `quoted`, spans repeat their words."""
    layers: dict[str, list[Record]] = {name: [] for name in regions.table.layers}
    blanks = Blanks(regions, layers)
    absent = {layer: {name for of, name in regions.absent if of == layer} for layer in layers}
    plans = {
        mark.name: (regions.table.plans[mark.layer.name], absent[mark.layer.name], blanks.empties(mark))
        for mark in {region.mark.name: region.mark for region in regions.anchors}.values()
    }
    for region in regions.anchors:
        layers[region.mark.layer.name].append(_record(regions, region, quoted, blanks, *plans[region.mark.name]))
    blanks.fill()
    for of in regions.table.layers.values():
        _find_cycles(regions, of, layers[of.name])
    return layers


def _record(
    regions: Regions,
    region: Region,
    quoted: bool,
    blanks: Blanks,
    plan: tuple[tuple[str, Way, Field], ...],
    absent: set[str],
    empties: Empties,
) -> Record:
    values = region.values
    record: Record = {"id": region.record}
    for name, way, field in plan:
        value = values.get(name)
        if name in absent:
            if value is not None:
                regions.faults.append(region.fault("L308", f"{region.named}, {name}", "clear the field"))
            continue
        if way == "anchor":
            value = _spans(regions, region, field, [region, *(value or ())], quoted)
        elif value is None:
            _leave_empty(regions, region, field, record, blanks, *empties[name])
            continue
        elif way == "typed":
            value = _looked_up(regions, region, field, value)
        elif way == "spans":
            value = _spans(regions, region, field, value, quoted)
        elif way == "drawn" and not field.many:
            value = value[0]
        record[name] = value
    return record


def _leave_empty(
    regions: Regions,
    region: Region,
    field: Field,
    record: Record,
    blanks: Blanks,
    empty: tuple[object, ...],
    derivable: bool,
) -> None:
    if not field.required and field.name in region.values.get("", ()):
        return
    if derivable:
        record[field.name] = empty[0] if empty else None
        blanks.add(region, field, record)
    elif empty:
        record[field.name] = empty[0]
    elif field.required:
        regions.faults.append(region.fault("L304", f"{region.named}, {field.name}"))


def _spans(regions: Regions, region: Region, field: Field, pieces: list[Region], quoted: bool) -> list[Record]:
    text = regions.text
    if len(pieces) > 1:
        pieces = sorted(pieces, key=lambda piece: (piece.start, piece.end))
        for one, other in pairwise(pieces):
            if other.start < one.end:
                regions.faults.append(other.fault("L410", f"{region.named}, {field.name}"))
    if quoted:
        return [{"start": p.start, "end": p.end, "text": text[p.start : p.end]} for p in pieces]
    return [{"start": p.start, "end": p.end} for p in pieces]


def _looked_up(regions: Regions, region: Region, field: Field, typed: Any) -> Any:
    """Return the ids of the records or targets that the annotator typed or chose."""
    if typed == NONE and field.nullable:
        return None
    known = regions.known[field.refers_to]
    if not field.many and typed in known:
        return known[typed]
    ids = typed if field.many else [typed.strip()]
    for id_ in ids:
        if id_ not in known:
            near = get_close_matches(id_, known, 1)
            hint = f"did you mean {near[0]!r}?" if near else ""
            regions.faults.append(region.fault("L405", f"{region.named}, {field.name}: {id_!r}", hint))
    found = [known.get(id_, id_) for id_ in ids]
    return found if field.many else found[0]


def _find_cycles(regions: Regions, layer: Layer, found: list[Record]) -> None:
    for field in layer.of_kind("reference"):
        if field.refers_to != layer.name or field.many:
            continue
        up = {record["id"]: above for record in found if (above := record.get(field.name)) is not None}
        done: set[str] = set()
        for id_ in up:
            trail: dict[str, None] = {}
            here = id_
            while here in up and here not in done and here not in trail:
                trail[here] = None
                here = up[here]
            if here in trail:
                region = next(one for one in regions.found.values() if one.record == here)
                path = list(trail)
                circle = " → ".join([*path[path.index(here) :], here])
                regions.faults.append(region.fault("L407", f"{field.name}: {circle}"))
            done.update(trail)
