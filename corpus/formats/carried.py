"""What a format carries that stores records by their words, and entities by their mentions: brat and UIMA."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..core.model import Document, Record
from ..core.schema import Layer, Schema
from .documents import LeftOut, hold_together, in_order, layers_left_out, renamed
from .mapping.rules import place_of, placed_layers

Cut = Callable[[str, list[Record], LeftOut], list[Record]]
"""Returns spans as the format gives them back, and counts what it drops."""


def carry_placed_layers(
    document: Document, schema: Schema, left: LeftOut, why: Mapping[str, str], no_words: str, cut: Cut | None = None
) -> Record:
    """Return the layers of an annotation whose records have words; count the dropped records in `left`, with reasons.

    An entity is kept with its mentions. Records are in the order of the text and numbered, as a reader makes them.
    """
    assert document.text is not None
    layers = in_order(document.value, schema)
    placed = {layer.name: layer for layer in placed_layers(schema)}
    has_entities = "mentions" in placed and "entities" in schema.layers
    kept = placed.keys() | ({"entities"} if has_entities else set())
    layers_left_out(layers, set(kept), left, why, no_words)
    held: dict[str, list[Record]] = {name: [] for name in layers if name in kept}
    for name in held:
        place = place_of(schema.layers[name])
        for record in layers[name]:
            one = {
                key: cut(document.text, value, left) if cut and _is_spans(schema.layers[name], key) else value
                for key, value in record.items()
            }
            if place and not one[place]:
                left[name, why["mentions"]] += 1
            else:
                held[name].append(one)
        if place:
            held[name].sort(key=lambda one: (one[place][0]["start"], -one[place][0]["end"]))
    held = hold_together(held, schema, left, why["references in quotes.speaker"])
    if has_entities and "entities" in held:
        held["entities"] = _mentioned(held, left, why["entities"])
        held = hold_together(held, schema, left, why["references in quotes.speaker"])
    left["ids", why["ids"]] += sum(map(len, held.values()))
    return renamed({name: records for name, records in held.items() if records}, schema)


def _mentioned(held: Mapping[str, list[Record]], left: LeftOut, why: str) -> list[Record]:
    """Return the entities that have a mention, in the order of their first mentions."""
    first: dict[str, int] = {}
    for i, mention in enumerate(held.get("mentions", ())):
        first.setdefault(mention.get("entity") or "", i)
    without = [one for one in held["entities"] if one["id"] not in first]
    left["entities", why] += len(without)
    return sorted((one for one in held["entities"] if one["id"] in first), key=lambda one: first[one["id"]])


def _is_spans(layer: Layer, name: str) -> bool:
    return any(one.name == name for one in layer.of_kind("spans"))
