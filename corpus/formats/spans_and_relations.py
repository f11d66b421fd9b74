"""Annotations as labelled spans and relations between them, which is all that Prodigy and doccano can hold.

    mentions: m1, of an entity of the type PER    a span labelled PER
    another mention of the entity                 a relation Coref from its first mention
    quotes: q1                                    a span labelled quotes, on the first piece of `content`
      content, further pieces                     spans labelled quotes.content, and a relation content to each
      cue                                         a span labelled quotes.cue, and a relation cue to it
      source, parent                              a relation to the span of that record
      speaker                                     a relation to the first mention of the entity

`line_map` is the map that reads it again. Labels other than types, and values, have no place.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from ..core.model import Document, Record
from ..core.schema import Field, Layer, Schema
from .documents import LeftOut, Outgoing, hold_together, in_order, layers_left_out, renamed, spans_of
from .mapping.rules import CHAIN, Map, RelationRule, default_map, is_role, place_of, placed_layers

CARRIED = ("entities", "mentions", "quotes", "nonquotes")
_GONE = "the target was dropped"
Reasons = tuple[tuple[str, str], ...]


def leaves_out(tool: str) -> Reasons:
    """Return what a tool with spans and relations drops, and why."""
    return (
        ("article records", f"{tool} stores the text only, and its lines the name"),
        ("ids", f"{tool} numbers annotations itself"),
        ("provenance", f"{tool} has no such field"),
        ("fields_done", f"{tool} has no such field; entities get a name on import"),
        ("empty layers", f"{tool} cannot record that a layer was annotated"),
        ("stances", f"{tool} has spans and relations only, and a stance is neither"),
        ("labels and values", f"{tool} has spans and relations only: of labels, the type of an entity is kept"),
        ("entities", "no mention: an entity is stored through its mentions"),
        ("names of entities", "the name becomes the first mention"),
        ("references", _GONE),
    )


class Span(NamedTuple):
    """A labelled span of an export."""

    label: str
    start: int
    end: int


@dataclass(slots=True)
class Encoded:
    """The spans of a document, in order, and its relations: (label, index of the span from, index of the span to)."""

    spans: list[Span] = field(default_factory=list)
    relations: list[tuple[str, int, int]] = field(default_factory=list)
    _shared: dict[Span, int] = field(default_factory=dict)

    def add(self, label: str, place: Record, shared: bool = False) -> int:
        """Add a span; return its index. With `shared`, an equal span is used again."""
        span = Span(label, place["start"], place["end"])
        if shared and span in self._shared:
            return self._shared[span]
        self.spans.append(span)
        if shared:
            self._shared[span] = len(self.spans) - 1
        return len(self.spans) - 1


def line_map(schema: Schema, of: str) -> Map:
    """Return the map that reads what `encode` wrote; `of` is the role of the record in a relation."""
    names = {one.name for layer in placed_layers(schema) for one in (*_fields(layer), _place(layer))}
    return replace(default_map(schema), links={name: RelationRule(of, name) for name in sorted(names)})


def carry(document: Document, schema: Schema, left: LeftOut, reasons: Reasons, distinct: bool = False) -> Record:
    """Return the layers of an annotation that spans and relations can hold; count what is dropped in `left`.

    With `distinct`, no two records have the same words and the same label.
    """
    assert document.text is not None
    why = dict(reasons)
    layers = in_order(document.value, schema)
    placed = {layer.name: layer for layer in placed_layers(schema)}
    has_entities = "mentions" in placed and "entities" in schema.layers
    kept = placed.keys() | ({"entities"} if has_entities else set())
    layers_left_out(layers, set(kept), left, why, why["stances"])
    held: dict[str, list[Record]] = {name: [] for name in layers if name in kept}
    for name in held:
        for record in layers[name]:
            one = _held(record, schema.layers[name], document.text)
            lost = sum(value not in (None, [], False) for key, value in record.items() if key not in one)
            left["labels and values", why["labels and values"]] += lost
            held[name].append(one)
        if name in placed:
            place = place_of(placed[name])
            held[name] = [one for one in held[name] if one.get(place)]
            held[name].sort(key=lambda one: (one[place][0]["start"], -one[place][0]["end"]))
    held = hold_together(held, schema, left, why["references"])
    if distinct:
        held = _distinct(held, schema, left, why)
    if has_entities and "entities" in held:
        held = hold_together(_entities(held, left, why), schema, left, why["references"])
    left["ids", why["ids"]] += sum(map(len, held.values()))
    whole = renamed({name: records for name, records in held.items() if records}, schema)
    return {name: [_without_empty(one) for one in records] for name, records in whole.items()}


def encode(one: Outgoing, schema: Schema) -> Encoded:
    """Return the spans and relations of an annotation that was carried."""
    made = Encoded()
    at: dict[tuple[str, str], int] = {}
    types = {entity["id"]: entity.get("type", "") for entity in one.annotation.get("entities", ())}
    placed = placed_layers(schema)
    for layer in placed:
        place = place_of(layer)
        for record in one.annotation.get(layer.name, ()):
            at[layer.name, record["id"]] = made.add(_label(record, layer, types), record[place][0])
    first: dict[str, int] = {}
    for mention in one.annotation.get("mentions", ()):
        index, entity = at["mentions", mention["id"]], mention.get("entity")
        if entity is not None and first.setdefault(entity, index) != index:
            made.relations.append((CHAIN, first[entity], index))
    for layer in placed:
        for record in one.annotation.get(layer.name, ()):
            _relate(made, at[layer.name, record["id"]], record, layer, at, first)
    return made


def marks(one: Outgoing) -> Record:
    """Return the keys by which `read` finds the document, the annotator and the checksum of the text."""
    return {"doc_id": one.doc_id, "annotator": one.annotator, "text_sha256": sha256(one.text.encode()).hexdigest()}


def write_lines(path: Path, lines: Iterable[Record]) -> None:
    """Write a JSONL file of a new directory."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def _relate(
    made: Encoded, index: int, record: Record, layer: Layer, at: dict[tuple[str, str], int], first: dict[str, int]
) -> None:
    """Add the other spans of a record, and the relations to these and to other records."""
    place = _place(layer)
    for of in (place, *_fields(layer)):
        value = record.get(of.name)
        if of.kind == "spans":
            for piece in (value or ())[1 if of is place else 0 :]:
                made.relations.append((of.name, index, made.add(f"{layer.name}.{of.name}", piece, shared=True)))
            continue
        for name in value if isinstance(value, list) else [value]:
            if name is None:
                continue
            to = first.get(name) if of.refers_to == "entities" else at.get((of.refers_to, name))
            if to is not None:
                made.relations.append((of.name, index, to))


def _place(layer: Layer) -> Field:
    return next(one for one in layer.fields if one.name == place_of(layer))


def _fields(layer: Layer) -> list[Field]:
    """Return the fields that a relation can hold, without the one that places a record and the entity of a mention."""
    own = (place_of(layer), "entity" if layer.name == "mentions" else "")
    return [one for one in layer.fields if is_role(one) and one.name not in own]


def _label(record: Record, layer: Layer, types: dict[str, str]) -> str:
    return (types.get(record.get("entity") or "", "") if layer.name == "mentions" else "") or layer.name


def _held(record: Record, layer: Layer, text: str) -> Record:
    """Return the fields of a record that spans and relations can hold."""
    names = {"type", "name"} if layer.name == "entities" else {"entity"} if layer.name == "mentions" else set()
    made: Record = {"id": record["id"]}
    for one in layer.fields:
        if one.kind == "spans" and record.get(one.name):
            pairs = sorted((span["start"], span["end"]) for span in record[one.name])
            made[one.name] = spans_of(text, pairs)
        elif one.name in record and (one.name in names or (is_role(one) and one.kind != "spans")):
            made[one.name] = record[one.name]
    return made


def _entities(held: dict[str, list[Record]], left: LeftOut, why: dict[str, str]) -> dict[str, list[Record]]:
    """Keep entities with a mention, in the order of their first ones, with the name that `read` will give them."""
    mentions: dict[str, list[Record]] = {}
    for mention in held.get("mentions", ()):
        mentions.setdefault(mention.get("entity") or "", []).append(mention)
    kept: dict[str, Record] = {}
    for entity in held["entities"]:
        own = mentions.get(entity["id"], [])
        if not own or ("type" not in entity and len(own) < 2):
            left["entities", why["entities"]] += 1
            continue
        name = " ".join(" ".join(span["text"] for span in own[0]["spans"]).split()) or "?"
        left["names of entities", why["names of entities"]] += entity.get("name") != name
        kept[entity["id"]] = {**entity, "name": name}
    return {**held, "entities": [kept[one] for one in mentions if one in kept]}


def _distinct(
    held: dict[str, list[Record]], schema: Schema, left: LeftOut, why: dict[str, str]
) -> dict[str, list[Record]]:
    types = {entity["id"]: entity.get("type", "") for entity in held.get("entities", ())}
    seen: set[Any] = set()
    made = dict(held)
    for layer in placed_layers(schema):
        kept = []
        for record in held.get(layer.name, ()):
            start = record[place_of(layer)][0]
            key = _label(record, layer, types), start["start"], start["end"]
            if key in seen:
                left["records", why["records"]] += 1
            else:
                kept.append(record)
            seen.add(key)
        if layer.name in made:
            made[layer.name] = kept
    return hold_together(made, schema, left, why["references"])


def _without_empty(record: Record) -> Record:
    return {name: value for name, value in record.items() if value not in (None, [])}
