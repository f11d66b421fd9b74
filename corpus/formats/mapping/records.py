"""The lines of a brat file → records of layers, as a map says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...core.model import Record
from ...core.schema import Field, Schema
from ...files import parse_json
from ..documents import Groups, LeftOut, renamed, spans_of
from .annotations import About, Lines
from .rules import Map, Rule, place_of

Fault = tuple[str, int, str]
"""What is wrong with a line: the code of its Problem, its number, and what it is."""
_NOT_MAPPED = "the map does not say what they are"
_ONE = "the field holds one value"
_RESTS = "what it is about is left out or could not be read"
ENTITY = "entities-"
"""How a note begins that is about the entity of a mention."""


class Records:
    """The records that the lines of a document are; make it, then take `faults`, `layers` and `places`."""

    def __init__(self, lines: Lines, text: str, of: Map, schema: Schema, left: LeftOut) -> None:
        self._lines, self._text, self._map, self._schema, self._left = lines, text, of, schema, left
        self._made: dict[str, tuple[str, Rule, Record, int]] = {}
        """By the id of its line: the layer of a record, its rule, the record, and the line."""
        self._used: set[str] = set()
        self.faults: list[Fault] = []
        self._begin()
        self._fill()
        self._say()
        entities = self._entities()
        self._complete()
        self._finish(entities)

    def _begin(self) -> None:
        """A record for each event and each text-bound annotation that has a rule and is no trigger of one."""
        events = {name: one for name, one in self._lines.events.items() if one.type in self._map.types}
        triggers = {one.trigger for one in events.values()}
        for name, bound in self._lines.bound.items():
            if bound.type in self._map.types and name not in triggers:
                self._make(name, name, self._map.types[bound.type], bound.line)
        for name, event in self._lines.events.items():
            if name not in events:
                self._left[f"events of type {event.type}", _NOT_MAPPED] += 1
            elif event.trigger in self._lines.bound:
                self._used.add(event.trigger)
                self._make(name, event.trigger, self._map.types[event.type], event.line)
            else:
                self._missing(event.trigger, event.line)

    def _make(self, name: str, bound: str, rule: Rule, line: int) -> None:
        spans = spans_of(self._text, self._lines.bound[bound].pieces)
        self._made[name] = (rule.layer, rule, {"id": name, **rule.fixed, rule.words: spans}, line)

    def _missing(self, name: str, line: int) -> None:
        """A line that is referred to is not there, or is broken, which was said already."""
        if name in self._lines.broken:
            self._left["references", _RESTS] += 1
        else:
            self.faults.append(("IMP5", line, name))

    def _fill(self) -> None:
        """What roles and relations lead to, into the fields they are."""
        for name, event in self._lines.events.items():
            if name not in self._made:
                continue
            layer, rule, record, _ = self._made[name]
            for role, target in event.roles:
                field = rule.roles.get(role) or rule.roles.get(role.rstrip("0123456789"))
                if field is None:
                    self._left[f"roles {role} of {event.type}", _NOT_MAPPED] += 1
                else:
                    self._lead(layer, record, self._field(layer, field), target, event.line)
        for kind, arguments, line in self._lines.relations:
            link, said = self._map.links.get(kind), dict(arguments)
            if link is None:
                if kind not in self._map.chains:
                    self._left[f"relations {kind}", _NOT_MAPPED] += 1
                continue
            other = next((to for role, to in arguments if role != link.of), "")
            if link.of not in said or said[link.of] not in self._made:
                self._left[f"relations {kind}", _RESTS] += 1
                continue
            layer, _, record, _ = self._made[said[link.of]]
            if any(one.name == link.name for one in self._schema.layers[layer].fields):
                self._lead(layer, record, self._field(layer, link.name), other, line)
            else:
                self._left[f"relations {kind}", f"{layer} has no field {link.name}"] += 1
        for name, bound in self._lines.bound.items():
            if name not in self._made and name not in self._used:
                self._left[f"text-bound annotations of type {bound.type}", _NOT_MAPPED] += 1

    def _field(self, layer: str, name: str) -> Field:
        return next(one for one in self._schema.layers[layer].fields if one.name == name)

    def _lead(self, layer: str, record: Record, field: Field, target: str, line: int) -> None:
        """Put what a line with the id `target` is into a field of a record."""
        bound = self._lines.bound.get(target)
        if target not in self._made and bound is None and target not in self._lines.events:
            self._missing(target, line)
            return
        if field.kind == "spans":
            event = self._lines.events.get(target)
            words = bound or (self._lines.bound.get(event.trigger) if event else None)
            if words is None:
                self._missing(target, line)
                return
            self._used.add(target)
            spans = [*record.get(field.name, ()), *spans_of(self._text, words.pieces)]
            record[field.name] = sorted(spans, key=lambda one: one["start"]) if record.get(field.name) else spans
            return
        wanted = "mentions" if field.refers_to == "entities" else field.refers_to
        if (
            wanted == "mentions"
            and bound is not None
            and target not in self._made
            and "mentions" in self._schema.layers
        ):
            self._used.add(target)
            self._make(target, target, Rule("mentions", place_of(self._schema.layers["mentions"])), bound.line)
        if target not in self._made or self._made[target][0] != wanted:
            self._left[f"references in {layer}.{field.name}", f"they lead to no record of {wanted}"] += 1
        elif field.many:
            record.setdefault(field.name, [])
            record[field.name] += [target] if target not in record[field.name] else []
        elif field.name in record:
            self._left[f"values of {layer}.{field.name}", _ONE] += 1
        else:
            record[field.name] = target

    def _say(self) -> None:
        """What attributes and notes say, into the fields they are."""
        for one in self._lines.attributes:
            made = self._made.get(one.target)
            if made is None:
                self._not_made(one, f"attributes {one.type}")
                continue
            layer, rule, record, _ = made
            attribute = rule.attributes.get(one.type)
            if attribute is None:
                self._left[f"attributes {one.type}", _NOT_MAPPED] += 1
                continue
            field = self._field(layer, attribute.name)
            value: Any = one.value
            if field.kind == "label":
                value = attribute.values.get(one.value or "", one.value)
                wrong = value not in {label.name for label in field.labels}
            else:
                wrong = value not in (None, "true", "false")
                value = value != "false"
            if wrong:
                self.faults.append(("IMP2", one.line, f"{one.type} has no value {str(one.value)[:60]!r}"))
            elif field.many:
                record.setdefault(field.name, []).append(value)
            elif record.setdefault(field.name, value) != value:
                self._left[f"values of {layer}.{field.name}", _ONE] += 1
        for one in self._lines.notes:
            if one.type.startswith(ENTITY):
                continue
            made = self._made.get(one.target)
            if made is None:
                self._not_made(one, f"notes {one.type}")
            elif one.type not in made[1].notes:
                self._left[f"notes {one.type}", _NOT_MAPPED] += 1
            else:
                field = self._field(made[0], made[1].notes[one.type])
                made[2].setdefault(field.name, _value(one.value or "", field))

    def _not_made(self, one: About, what: str) -> None:
        known = one.target in self._lines.bound or one.target in self._lines.events
        if known or one.target in self._lines.broken:
            self._left[what, _RESTS] += 1
        else:
            self.faults.append(("IMP5", one.line, one.target))

    def _entities(self) -> list[Record]:
        """The entities of the mentions, which get to know theirs: a chain is one, and a mention on its own."""
        mentions = {name: made[2] for name, made in self._made.items() if made[0] == "mentions"}
        if "entities" not in self._schema.layers:
            return []
        group = Groups(mentions)
        chained: set[str] = set()
        for kind, names, line in self._chains():
            there = [name for name in names if name in mentions]
            for name in names:
                if name not in mentions and name not in self._lines.bound:
                    self._missing(name, line)
                elif name not in mentions:
                    self._left[f"members of {kind}", _RESTS] += 1
            chained.update(there)
            for name in there[1:]:
                group.join(there[0], name)
        said = self._said_of_entities(mentions, group)
        found: dict[str, Record] = {}
        for name in sorted(mentions, key=lambda one: _place(mentions[one], self._made[one][1].words)):
            head, kind = group.head(name), self._made[name][1].entity
            if not kind and name not in chained and head not in said:
                continue
            entity = found.setdefault(head, {"id": f"e{len(found)}"})
            if kind and entity.setdefault("type", kind) != kind:
                self._left["types of mentions", "the first of the chain is that of the entity"] += 1
        for name, mention in mentions.items():
            if group.head(name) in found:
                mention["entity"] = found[group.head(name)]["id"]
        for head, entity in found.items():
            own = [one for one in mentions.values() if one.get("entity") == entity["id"]]
            entity |= said.get(head, {})
            entity.setdefault("name", _name(own, "spans"))
            if not any(one.name == "name" for one in self._schema.layers["entities"].fields):
                del entity["name"]
        for name, (layer, _, record, _) in self._made.items():
            for field in self._schema.layers[layer].of_kind("reference"):
                if field.refers_to == "entities" and name not in mentions and field.name in record:
                    self._to_entities(layer, record, field, mentions)
        return list(found.values())

    def _chains(self) -> Iterator[tuple[str, list[str], int]]:
        for kind, names, line in self._lines.equivalences:
            if kind in self._map.chains:
                yield kind, names, line
            else:
                self._left[f"equivalences {kind}", _NOT_MAPPED] += 1
        for kind, arguments, line in self._lines.relations:
            if kind in self._map.chains and kind not in self._map.links:
                yield kind, [target for _, target in arguments], line

    def _said_of_entities(self, mentions: dict[str, Record], group: Groups[str]) -> dict[str, Record]:
        """What notes and normalizations say of the entity of each group of mentions."""
        fields = {one.name: one for one in self._schema.layers["entities"].fields}
        said: dict[str, Record] = {}
        for one in (*self._lines.notes, *self._lines.normalizations):
            note = one.type.removeprefix(ENTITY) if one.type.startswith(ENTITY) else ""
            if one in self._lines.notes and not note:
                continue
            if one.target not in mentions:
                self._not_made(one, f"notes {one.type}" if note else "normalizations")
                continue
            if note:
                values = {note: _value(one.value or "", fields[note])} if note in fields and note != "id" else {}
            else:
                base, _, key = one.type.partition(":")
                values = {"kb": f"{base.lower()}:{key}"} if "kb" in fields else {}
                values |= {"name": one.value} if one.value and "name" in fields else {}
            if not values:
                self._left[f"notes {one.type}" if note else "normalizations", _NOT_MAPPED] += 1
            record = said.setdefault(group.head(one.target), {})
            for key, value in values.items():
                if record.setdefault(key, value) != value:
                    self._left[f"values of entities.{key}", _ONE] += 1
        return said

    def _to_entities(self, layer: str, record: Record, field: Field, mentions: dict[str, Record]) -> None:
        """Make a field that leads to mentions lead to their entities."""
        names = record[field.name] if field.many else [record[field.name]]
        found = [mentions[name].get("entity") for name in names if name in mentions]
        self._left[f"references in {layer}.{field.name}", "the mention is of no entity"] += found.count(None)
        there = list(dict.fromkeys(one for one in found if one))
        record[field.name] = there if field.many else (there[0] if there else None)
        if not field.many and not there and not field.nullable:
            del record[field.name]

    def _complete(self) -> None:
        """What it means that nothing is said, in the fields that the map speaks of and the schema asks for."""
        for layer, rule, record, _ in self._made.values():
            mapped = {*rule.roles.values(), *(one.name for one in rule.attributes.values()), *rule.notes.values()}
            for field in self._schema.layers[layer].fields:
                if field.required and field.name in mapped and field.name not in record:
                    if field.many:
                        record[field.name] = []
                    elif field.nullable:
                        record[field.name] = None
                    elif field.json_type == "boolean" and field.kind == "scalar":
                        record[field.name] = False

    def _finish(self, entities: list[Record]) -> None:
        """Sort the records by their places, with ids of their order; one that says no place is none."""
        for name, (layer, _, record, line) in list(self._made.items()):
            place = place_of(self._schema.layers[layer])
            if place and not record.get(place):
                self.faults.append(("IMP2", line, f"nothing says the {place} of this {layer}"))
                del self._made[name]
        layers: dict[str, list[Record]] = {"entities": entities} if entities else {}
        lines: dict[str, list[int]] = {"entities": [1] * len(entities)}
        for name in self._schema.layers:
            own = [made for made in self._made.values() if made[0] == name]
            own.sort(key=lambda made: _place(made[2], made[1].words))
            if own:
                layers[name], lines[name] = [made[2] for made in own], [made[3] for made in own]
        self.layers = renamed(layers, self._schema)
        self.places = {
            record["id"]: line
            for name, records in self.layers.items()
            for record, line in zip(records, lines[name], strict=True)
        }


def _place(record: Record, words: str) -> tuple[int, int]:
    spans = record[words]
    return spans[0]["start"], -spans[0]["end"]


def _name(mentions: list[Record], words: str) -> str:
    """What an entity is called that nobody named: by its first name in the text, or else its first mention."""
    mentions = sorted(mentions, key=lambda one: (one.get("form") != "NAM", _place(one, words)))
    return " ".join(" ".join(span["text"] for span in mentions[0][words]).split()) or "?"


def _value(written: str, field: Field) -> Any:
    """The value of a field that stands in a line: as it is, or as JSON."""
    if not field.many and field.kind != "scalar":
        return written
    if field.many or field.json_type != "string" or written.startswith('"'):
        value, faults = parse_json(written.encode())
        return written if faults else value
    return written
