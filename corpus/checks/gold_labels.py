"""Find gold labels that no annotator chose. Records are matched by their offsets.

    gold      q4  content 10–40  type mixed     ┐
    ann-a     q2  content 10–40  type direct    ├ → mixed, where ann-a has direct, ann-b has indirect
    ann-b     q7  content 10–40  type indirect  ┘

A record without spans of its own, such as an entity, is located by the records that refer to it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache

from ..core.json_positions import join_pointer
from ..core.model import Annotation, Record
from ..core.schema import Layer, Schema

Extent = tuple[tuple[int, int], ...]
"""The spans of a record, (start, end)."""


def unchosen(gold: Annotation, others: Sequence[Annotation], schema: Schema) -> Iterator[tuple[str, str, str]]:
    """Yield JSON pointer, id and labels of each gold record with a label that no annotator chose.

    Only records that at least two annotators have too are compared.
    """
    for layer in schema.layers.values():
        labels = [one for one in layer.of_kind("label") if not one.many]
        did = [one for one in others if layer.name in (one.value.get("layers_done") or ())]
        if not labels or len(did) < 2 or not gold.layer(layer.name):
            continue
        by_place = [(one.annotator, _by_place(one, layer, schema)) for one in did]
        for i, places in enumerate(_places(gold, layer, schema)):
            record = gold.layer(layer.name)[i]
            matched = [
                (name, found) for name, known in by_place if (found := [r for p in places for r in known.get(p, ())])
            ]
            said = [_said(record, one.name, matched) for one in labels] if len(matched) > 1 else []
            if any(said):
                yield join_pointer(layer.name, i), record["id"], "; ".join(filter(None, said))


def _said(record: Record, field: str, matched: list[tuple[str, list[Record]]]) -> str:
    """Return what the annotators chose, or "" if one of them chose the record's label or none."""
    label = record.get(field)
    chosen = {name: {str(match[field]) for match in found if match.get(field) is not None} for name, found in matched}
    if label is None or not all(chosen.values()) or any(label in each for each in chosen.values()):
        return ""
    others = (f"{' or '.join(sorted(each))} ({name})" for name, each in chosen.items())
    return f"{field} {label}, not {', '.join(others)}"


def _by_place(annotation: Annotation, layer: Layer, schema: Schema) -> dict[Extent, list[Record]]:
    """Return the records at each place. A quote and its parent may have the same place."""
    found: dict[Extent, list[Record]] = defaultdict(list)
    for record, places in zip(annotation.layer(layer.name), _places(annotation, layer, schema), strict=True):
        for place in places:
            found[place].append(record)
    return found


def _places(annotation: Annotation, layer: Layer, schema: Schema) -> list[list[Extent]]:
    """Return the places of each record, from its own spans or from those of records that refer to it."""
    own, referring = _located_by(layer, schema)
    records = annotation.layer(layer.name)
    if own:
        return [[_spans(record, own)] for record in records]
    found: dict[str, list[Extent]] = defaultdict(list)
    for other, spans, reference in referring:
        for record in annotation.layer(other):
            if record.get(reference) is not None:
                found[record[reference]].append(_spans(record, spans))
    return [found[record["id"]] for record in records]


@lru_cache(maxsize=64)
def _located_by(layer: Layer, schema: Schema) -> tuple[str, tuple[tuple[str, str, str], ...]]:
    """Return the field of the layer's own spans, and the layers that refer to it with their span fields."""
    own = _own_spans(layer)
    referring = [
        (other.name, spans, one.name)
        for other in schema.layers.values()
        if (spans := _own_spans(other)) and other.name != layer.name
        for one in other.of_kind("reference")
        if one.refers_to == layer.name and one.required and not one.many and not one.nullable
    ]
    return own, tuple(referring)


def _own_spans(layer: Layer) -> str:
    return next((one.name for one in layer.of_kind("spans") if one.required and one.least), "")


def _spans(record: Record, name: str) -> Extent:
    return tuple((span["start"], span["end"]) for span in record[name])
