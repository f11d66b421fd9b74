"""Link regions: relations first, then the order in which the regions were drawn.

    q1 ── content ──▶ q1·content·1      a further span belongs to the record that a relation links it to
    q1, cue                             else to the record of its layer that was drawn last before it
    q1 ── source ──▶ m10                a reference is a relation to the record,
    q1, source on the words of m10      or a region on the very words of the record
    q1 ─────────────▶ e8                a relation to an entity is the speaker, and the source on the same words

Order is trusted only where it cannot be wrong without being seen: a second cue by order, or one in another
paragraph, is a fault.
"""

from __future__ import annotations

from ..core.schema import Field
from .config_controls import Mark
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
    if one.mark.field is None and other.mark.field is None and _join_typed(regions, index, one, other, labels):
        return
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


def _join_typed(regions: Regions, index: int, one: Region, other: Region, labels: list[str]) -> bool:
    """Take a relation to a record whose id could be typed; False if it is not one.

    A person sees the words, not the records on them: an arrow to an entity means the field that is derived from a
    mention, and the mention on these words. A label of the relation chooses one of the two.
    """
    fields = regions.table.typed(one.mark.layer.name, other.mark.layer.name)
    through = {field.name: first for field in fields if (first := _through(one.mark.layer.fields, field))}
    if not fields:
        return False
    named = [field for field in fields if field.name in labels]
    first = next((first for first in through.values() if first.name in labels), None)
    if labels and len(named) + (first is not None) < len(labels):
        return False
    if not labels:
        named = [field for field in fields if field.name in through] if len(fields) > 1 else fields
        if len(named) != 1:
            hint = f"label the relation with one of {', '.join(field.name for field in fields)}"
            regions.fault("L403", f"{one.named} to {other.named}", index, hint)
            return True
    for field in named:
        _choose(regions, index, one, field, other)
    pointing = first or (through.get(named[0].name) if not labels else None)
    if pointing:
        _point_through(regions, index, one, pointing, other, must=first is not None)
    return True


def _through(fields: tuple[Field, ...], field: Field) -> Field | None:
    """Return the reference that a field is derived through: `source` for the speaker, which is `source.entity`."""
    names = [rule.source[0] for rule in field.labelling.if_blank if len(rule.source) == 2]
    return next((one for one in fields if one.name in names and one.kind == "reference"), None)


def _choose(regions: Regions, index: int, one: Region, field: Field, other: Region) -> None:
    """Store the record that a relation leads to in a field whose value may have been chosen in the form, too."""
    known = regions.known[field.refers_to]
    held = one.values.get(field.name)
    if field.many:
        one.values.setdefault(field.name, []).append(other.record)
    elif held is None:
        one.values[field.name] = other.record
    elif known.get(held, held) != other.record:
        regions.fault("L406", f"{one.named}, {field.name}: {held!r} and {other.record!r}", index)


def _point_through(regions: Regions, index: int, one: Region, field: Field, other: Region, must: bool) -> None:
    """Add the record on the words of `other` that refers to it, such as the mention of an entity, to a reference."""
    table = regions.table
    names = [each.name for each in table.typed(field.refers_to, other.mark.layer.name)]
    known = regions.known[other.mark.layer.name]
    found = [
        region.record
        for region in regions.anchors
        if region.mark.layer.name == field.refers_to
        and (region.start, region.end) == (other.start, other.end)
        and any(known.get(str(region.values.get(name))) == other.record for name in names)
    ]
    ids = one.values.setdefault(field.name, [])
    if len(found) == 1 and found[0] not in ids:
        if ids and not field.many:
            regions.fault("L406", f"{one.named}, {field.name}: {ids[0]!r} and {found[0]!r}", index)
        ids.append(found[0])
    elif len(found) > 1 or (must and not found):
        hint = f"draw the relation to the region labelled {field.refers_to!r} that is meant"
        regions.fault("L412", f"{one.named} to {other.named}: {len(found)} fit", index, hint)
    if not ids:
        del one.values[field.name]


def join_in_order(regions: Regions) -> None:
    """Give each further span without a relation to the record drawn last before it, or report it."""
    if all(region.record for region in regions.pieces):
        return
    last: dict[str, Region] = {}
    by_order: list[tuple[Region, Region]] = []
    for region in regions.found.values():
        mark = region.mark
        if mark.field is None:
            last[mark.layer.name] = region
        elif region.record:
            continue
        elif reason := _why_not(regions, region, owner := last.get(mark.layer.name)):
            regions.faults.append(region.fault("L409", f"{mark.name}{reason[0]}", reason[1]))
        elif owner:
            by_order.append((owner, region))
            owner.values.setdefault(mark.field.name, []).append(region)
            region.record = owner.record
    for owner, region in by_order:
        field = region.mark.field
        if field and field != regions.table.places[owner.mark.layer.name] and len(owner.values[field.name]) > 1:
            detail = f"{region.mark.name}: by its order it would be another {field.name} of {owner.named}"
            hint = f"select its record, press Alt+R and click it; or delete what {owner.named} should not have"
            regions.faults.append(region.fault("L413", detail, hint))


def _why_not(regions: Regions, region: Region, owner: Region | None) -> tuple[str, str] | None:
    """Return what to add to the finding and its suggestion if order does not say which record a span belongs to."""
    mark, relate = region.mark, "select the record, press Alt+R and click the span"
    if mark.layer.name not in regions.table.in_order:
        return "", f"draw a relation to it from a region labelled {mark.layer.name!r}"
    if owner is None:
        return ": no record was marked before it", relate
    if not owner.mark.carries or not owner.by_hand:
        return f": {owner.named}, the last record before it, was not marked just before", relate
    low, high = min(owner.end, region.end), max(owner.start, region.start)
    if "\n" in regions.text[low:high]:
        return f": {owner.named}, which was marked last before it, is in another paragraph", relate
    return None


def point(regions: Regions) -> None:
    """Replace each region on the words of a record, in a reference, by the id of the record."""
    fields = regions.table.pointing
    pointing = [
        (region, field)
        for region in regions.anchors
        for field in fields[region.mark.layer.name]
        if region.values.get(field.name)
    ]
    at: dict[tuple[str, int, int], list[str]] = {}
    for region in regions.anchors if pointing else ():
        at.setdefault((region.mark.layer.name, region.start, region.end), []).append(region.record)
    for region, mark_field in pointing:
        ids: list[str] = []
        for one in region.values[mark_field.name]:
            found = at.get((mark_field.refers_to, one.start, one.end), []) if isinstance(one, Region) else [one]
            if len(found) != 1:
                hint = f"mark exactly the words of one of the regions labelled {mark_field.refers_to!r}"
                regions.faults.append(one.fault("L412", f"{one.mark.name}: {len(found)} fit", hint))
            ids += [id_ for id_ in found if id_ not in ids]
        if len(ids) > 1 and not mark_field.many:
            regions.faults.append(region.fault("L406", f"{region.named}, {mark_field.name}: {', '.join(ids)}"))
        region.values[mark_field.name] = ids


def spread_labels(regions: Regions) -> None:
    """Give each record the value that the labels of its further spans say, such as the medium of a cue."""
    layers = {piece.mark.layer.name for piece in regions.pieces if piece.mark.carries}
    for region in [one for one in regions.anchors if one.mark.layer.name in layers] if layers else ():
        for name, said in _said(region.values):
            if (region.mark.layer.name, name) in regions.absent:
                continue
            held = region.values.get(name)
            values = sorted({*said, *([held] if held is not None else [])})
            if len(values) > 1:
                where = "the form and the labels of its spans" if held is not None else "the labels of its spans"
                hint = "clear the field in the form, or relabel the span"
                regions.faults.append(
                    region.fault("L214", f"{region.named}, {name}: {where} say {' and '.join(values)}", hint)
                )
            region.values[name] = values[0]


def _said(values: dict[str, object]) -> list[tuple[str, list[str]]]:
    found: dict[str, list[str]] = {}
    for held in list(values.values()):
        for one in held if isinstance(held, list) else ():
            mark: Mark | None = one.mark if isinstance(one, Region) else None
            if mark and mark.carries:
                found.setdefault(mark.carries, []).append(mark.value)
    return list(found.items())
