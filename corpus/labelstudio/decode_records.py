"""The last steps of decoding: relations link regions, and regions become records."""

from __future__ import annotations

from difflib import get_close_matches
from itertools import pairwise
from typing import Any

from ..core.model import Record
from ..core.schema import Field, Layer
from .config_controls import when_empty
from .decode_regions import Region, Regions

# An arrow may be drawn or turned either way; its direction says which end refers. "bi" names neither end.
_ENDS = {"right": ("from_id", "to_id"), "left": ("to_id", "from_id"), "bi": ("from_id", "to_id")}


def join_relations(regions: Regions) -> None:
    """Give further spans to the records they belong to, and references to the records that refer."""
    found = regions.found
    for index, item in regions.relations:
        direction, labels = item.get("direction", "right"), item.get("labels") or []
        ends = _ENDS.get(direction) if isinstance(direction, str) else None
        if ends is None or not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
            regions.fault("L201", f"a relation of direction {direction!r}, labelled {labels!r}"[:100], index)
            continue
        ids = item.get(ends[0]), item.get(ends[1])
        one, other = (found.get(id_) if isinstance(id_, str) else None for id_ in ids)
        if one is None or other is None:
            regions.fault("L401", f"{ids[0]!r} to {ids[1]!r}"[:200], index)
        elif (one.mark.field is None) != (other.mark.field is None):
            _join_piece(regions, index, one, other, labels)
        elif direction == "bi":
            hint = "click its arrow until it points at the record that is referred to"
            regions.fault("L404", f"{one.named} and {other.named}", index, hint)
        else:
            _join_records(regions, index, one, other, labels)
    for region in regions.found.values():
        if region.mark.field is not None and not region.record:
            hint = f"draw a relation to it from a region labelled {region.mark.layer.name!r}"
            regions.faults.append(region.fault("L409", region.mark.name, hint))


def _join_piece(regions: Regions, index: int, one: Region, other: Region, labels: list[str]) -> None:
    """Link a further span to its record. Only one of the two is a record, so either direction is clear."""
    owner, piece = (one, other) if one.mark.field is None else (other, one)
    field = piece.mark.field
    if field is None or owner.mark.layer is not piece.mark.layer or labels not in ([], [field.name]):
        detail = f"{one.mark.name} to {other.mark.name}" + (f", labelled {labels}" if labels else "")
        regions.fault("L402", detail, index)
    elif piece in owner.values.setdefault(field.name, []):
        regions.fault("L411", f"{owner.named}, {field.name}: {piece.id!r}", index)
    else:
        owner.values[field.name].append(piece)
        piece.record = owner.record


def _join_records(regions: Regions, index: int, one: Region, other: Region, labels: list[str]) -> None:
    fields = regions.table.drawn.get((one.mark.layer.name, other.mark.layer.name), ())
    chosen = [field for field in fields if field.name in labels] if labels else fields
    if one.mark.field or not chosen or (labels and len(chosen) < len(labels)):
        shown = f"{one.mark.name} to {other.mark.name}" + (f", labelled {labels}" if labels else "")
        back = regions.table.drawn.get((other.mark.layer.name, one.mark.layer.name), ())
        regions.fault("L402", shown, index, "reverse its direction" if back and not fields else "")
    elif not labels and len(chosen) > 1:
        regions.fault(
            "L403",
            f"{one.named} to {other.named}",
            index,
            f"label the relation with one of {', '.join(field.name for field in fields)}",
        )
    else:
        for field in chosen:
            ids = one.values.setdefault(field.name, [])
            if other.record in ids:
                regions.fault("L411", f"{one.named}, {field.name}: {other.record!r}", index)
            elif ids and not field.many:
                regions.fault("L406", f"{one.named}, {field.name}: {ids[0]!r} and {other.record!r}", index)
            ids.append(other.record)


def build_records(regions: Regions, quoted: bool) -> dict[str, list[Record]]:
    """Return the records of each layer, fields in schema order; with `quoted`, spans repeat their words."""
    layers: dict[str, list[Record]] = {name: [] for name in regions.table.layers}
    for region in regions.found.values():
        if region.mark.field is None:
            layers[region.mark.layer.name].append(_record(regions, region, quoted))
    for layer in regions.table.layers.values():
        _find_cycles(regions, layer, layers[layer.name])
    return layers


def _record(regions: Regions, region: Region, quoted: bool) -> Record:
    values = region.values
    record: Record = {"id": region.record}
    layer = region.mark.layer.name
    for name, way, field in regions.table.plans[layer]:
        value = values.get(name)
        if (layer, name) in regions.absent:
            if value is not None:
                regions.faults.append(region.fault("L308", f"{region.named}, {name}", "clear the field"))
            continue
        if way == "anchor":
            value = _spans(regions, region, field, [region, *(value or ())], quoted)
        elif value is None:
            _leave_empty(regions, region, field, record)
            continue
        elif way == "typed":
            value = _looked_up(regions, region, field, value)
        elif way == "spans":
            value = _spans(regions, region, field, value, quoted)
        elif way == "drawn" and not field.many:
            value = value[0]
        record[name] = value
    return record


def _leave_empty(regions: Regions, region: Region, field: Field, record: Record) -> None:
    if not field.required and field.name in region.values.get("", ()):
        return
    empty = when_empty(field)
    if empty:
        record[field.name] = empty[0]
    elif field.required:
        regions.faults.append(region.fault("L304", f"{region.named}, {field.name}"))


def _spans(regions: Regions, region: Region, field: Field, pieces: list[Region], quoted: bool) -> list[Record]:
    if len(pieces) > 1:
        pieces = sorted(pieces, key=lambda piece: (piece.start, piece.end))
        for one, other in pairwise(pieces):
            if other.start < one.end:
                regions.faults.append(other.fault("L410", f"{region.named}, {field.name}"))
    text = regions.text
    if quoted:
        return [{"start": p.start, "end": p.end, "text": text[p.start : p.end]} for p in pieces]
    return [{"start": p.start, "end": p.end} for p in pieces]


def _looked_up(regions: Regions, region: Region, field: Field, typed: Any) -> Any:
    """Return the ids of the records or targets that the annotator typed or chose."""
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
        up = {record["id"]: record.get(field.name) for record in found}
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
