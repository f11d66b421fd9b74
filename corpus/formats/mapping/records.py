"""Map the annotations of another tool to records of layers, by the types, roles and attributes of a map."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ...core.model import Record
from ...core.schema import Field, Schema
from ...files import parse_json
from ..documents import Groups, LeftOut, renamed, spans_of
from ..known import drop
from .annotations import Annotations, Defect, Property
from .rules import Map, TypeRule, place_of, table

NOT_MAPPED = "the map has no such rule"
_ONE = "the field holds one value, and it has one already"
_RESTS = "the target was dropped or is invalid"
_ENTITY_NOTE = "the schema's entities have no such field"
ENTITY = "entities-"
"""The prefix of a note that belongs to the entity of a mention, and not to the mention."""


@dataclass(slots=True)
class Mapped:
    """The records that annotations became: layers, the line of each record by its id, and what was wrong."""

    layers: dict[str, list[Record]]
    lines: dict[str, int]
    defects: list[Defect]


def map_annotations(annotations: Annotations, text: str, of: Map, schema: Schema, left: LeftOut) -> Mapped:
    """Return the records that the map makes of the annotations of a text; count what it drops in `left`."""
    return _Mapper(annotations, text, of, schema, left).mapped()


class _Mapper:
    """Maps the annotations of one document.

    The order of the steps matters. A record exists before anything refers to it, since a role may lead to an
    annotation further down in the file. Entities come after the roles, since a role can make a mention of a span
    that has no rule of its own. Ids are given last, in the order of the text.
    """

    def __init__(self, annotations: Annotations, text: str, of: Map, schema: Schema, left: LeftOut) -> None:
        self._in, self._text, self._map, self._schema, self._left = annotations, text, of, schema, left
        self._made: dict[str, tuple[str, TypeRule, Record, int]] = {}
        """By the id of its annotation: the layer of a record, its rule, the record, and the line."""
        self._used: set[str] = set()
        self._defects: list[Defect] = []

    def mapped(self) -> Mapped:
        """Run the steps in their order."""
        self._see_names()
        self._make_records()
        self._fill_roles()
        self._fill_relations()
        self._count_unused_spans()
        self._fill_attributes()
        self._fill_notes()
        entities = self._entities()
        self._fill_defaults()
        return self._in_order_of_the_text(entities)

    def _see_names(self) -> None:
        """Tell the map which types, roles, attributes and relations there are."""
        use = self._map.use
        types = self._in.types()
        for kind in types.values():
            use.saw("types", kind)
        for event in self._in.events.values():
            for role, _ in event.roles:
                use.saw(f"types.{event.type}.roles", role)
                use.saw(f"types.{event.type}.roles", role.rstrip("0123456789"))
        for part, properties in (("attributes", self._in.attributes), ("notes", self._in.notes)):
            for one in properties:
                if one.target in types:
                    use.saw(f"types.{types[one.target]}.{part}", one.type)
        for kind, *_ in (*self._in.relations, *self._in.chains):
            use.saw("relations", kind)
            use.saw("chains", kind)

    def _drop(self, what: str, name: str, remedy: str, count: int = 1) -> None:
        """Count what the map has no rule for; `remedy` is the key of the map that would give it one."""
        drop(self._left, what, name, f"{NOT_MAPPED}: add {remedy}", count)

    def _make_records(self) -> None:
        """Make a record of each event, and of each span annotation that is not a trigger, if the map has a rule."""
        events = {name: one for name, one in self._in.events.items() if one.type in self._map.types}
        triggers = {one.trigger for one in events.values()}
        for name, bound in self._in.spans.items():
            if bound.type in self._map.types and name not in triggers:
                self._make(name, name, self._map.types[bound.type], bound.line)
        for name, event in self._in.events.items():
            if name not in events:
                self._drop("events of type", event.type, table("types", event.type))
            elif event.trigger in self._in.spans:
                self._used.add(event.trigger)
                self._make(name, event.trigger, self._map.types[event.type], event.line)
            else:
                self._missing(event.trigger, event.line)

    def _make(self, name: str, bound: str, rule: TypeRule, line: int) -> None:
        spans = spans_of(self._text, self._in.spans[bound].pieces)
        self._made[name] = (rule.layer, rule, {"id": name, **rule.fixed, rule.words: spans}, line)

    def _missing(self, name: str, line: int) -> None:
        """Report a reference to an annotation that does not exist; only count one to an invalid annotation."""
        if name in self._in.broken:
            self._left["references", _RESTS] += 1
        else:
            self._defects.append(Defect("IMP5", line, name))

    def _fill_roles(self) -> None:
        """Put the targets of roles into the fields that the map names for them."""
        for name, event in self._in.events.items():
            if name not in self._made:
                continue
            layer, rule, record, _ = self._made[name]
            for role, target in event.roles:
                field = rule.roles.get(role) or rule.roles.get(role.rstrip("0123456789"))
                if field is None:
                    self._drop(f"roles {role} of", event.type, f"it to {table('types', event.type, 'roles')}")
                else:
                    self._lead(layer, record, self._field(layer, field), target, event.line)

    def _fill_relations(self) -> None:
        """Put one argument of each relation into a field of the other, as the map says."""
        for kind, arguments, line in self._in.relations:
            link, said = self._map.links.get(kind), dict(arguments)
            if link is None:
                if kind not in self._map.chains:
                    self._drop("relations", kind, f"{table('relations', kind)}, or it to chains")
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

    def _count_unused_spans(self) -> None:
        for name, bound in self._in.spans.items():
            if name not in self._made and name not in self._used:
                self._drop("annotations of type", bound.type, table("types", bound.type))

    def _field(self, layer: str, name: str) -> Field:
        return next(one for one in self._schema.layers[layer].fields if one.name == name)

    def _lead(self, layer: str, record: Record, field: Field, target: str, line: int) -> None:
        """Put the annotation with the id `target`, as spans or as a reference, into a field of a record."""
        bound = self._in.spans.get(target)
        if target not in self._made and bound is None and target not in self._in.events:
            self._missing(target, line)
            return
        if field.kind == "spans":
            event = self._in.events.get(target)
            words = bound or (self._in.spans.get(event.trigger) if event else None)
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
            self._make(target, target, TypeRule("mentions", place_of(self._schema.layers["mentions"])), bound.line)
        if target not in self._made or self._made[target][0] != wanted:
            self._left[f"references in {layer}.{field.name}", f"the target is not a record of {wanted}"] += 1
        elif field.many:
            record.setdefault(field.name, [])
            record[field.name] += [target] if target not in record[field.name] else []
        elif field.name in record:
            self._left[f"values of {layer}.{field.name}", _ONE] += 1
        else:
            record[field.name] = target

    def _fill_attributes(self) -> None:
        """Put the values of attributes into the fields that the map names for them."""
        for one in self._in.attributes:
            made = self._made.get(one.target)
            if made is None:
                self._not_made(one, f"attributes {one.type}")
                continue
            layer, rule, record, _ = made
            attribute = rule.attributes.get(one.type)
            if attribute is None:
                self._drop("attributes", one.type, f"it to {table('types', self._type(one), 'attributes')}")
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
                self._defects.append(Defect("IMP2", one.line, f"{str(one.value)[:60]!r} is not a value of {one.type}"))
            elif field.many:
                record.setdefault(field.name, []).append(value)
            elif record.setdefault(field.name, value) != value:
                self._left[f"values of {layer}.{field.name}", _ONE] += 1

    def _fill_notes(self) -> None:
        """Put the text of notes into the fields that the map names for them."""
        for one in self._in.notes:
            if one.type.startswith(ENTITY):
                continue
            made = self._made.get(one.target)
            if made is None:
                self._not_made(one, f"notes {one.type}")
            elif one.type not in made[1].notes:
                self._drop("notes", one.type, f"it to {table('types', self._type(one), 'notes')}")
            else:
                field = self._field(made[0], made[1].notes[one.type])
                made[2].setdefault(field.name, _value(one.value or "", field))

    def _type(self, one: Property) -> str:
        """Return the type of the annotation that a property belongs to."""
        target = self._in.events.get(one.target) or self._in.spans.get(one.target)
        return target.type if target else ""

    def _not_made(self, one: Property, what: str) -> None:
        if one.target in self._in.spans or one.target in self._in.events or one.target in self._in.broken:
            self._left[what, _RESTS] += 1
        elif one.target in self._in.others:
            self._left[what, "it belongs to a relation or attribute, which becomes a field"] += 1
        else:
            self._defects.append(Defect("IMP5", one.line, one.target))

    def _entities(self) -> list[Record]:
        """Make one entity for each chain and each other mention with an entity type; link the mentions to them."""
        mentions = {name: made[2] for name, made in self._made.items() if made[0] == "mentions"}
        if "entities" not in self._schema.layers:
            return []
        group = Groups(mentions)
        chained: set[str] = set()
        for kind, names, line in self._chains():
            there = [name for name in names if name in mentions]
            for name in names:
                if name not in mentions and name not in self._in.spans:
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
                self._left["types of mentions", "an entity has the type of its first mention"] += 1
        for name, mention in mentions.items():
            if group.head(name) in found:
                mention["entity"] = found[group.head(name)]["id"]
        for head, entity in found.items():
            own = [one for one in mentions.values() if one.get("entity") == entity["id"]]
            entity |= said.get(head, {})
            for key, value in self._made[head][1].of_entity.items():
                if key != "kb_date" or entity.get("kb") is not None:
                    entity.setdefault(key, value)
            entity.setdefault("name", _name(own, "spans"))
            if not any(one.name == "name" for one in self._schema.layers["entities"].fields):
                del entity["name"]
        for name, (layer, _, record, _) in self._made.items():
            for field in self._schema.layers[layer].of_kind("reference"):
                if field.refers_to == "entities" and name not in mentions and field.name in record:
                    self._to_entities(layer, record, field, mentions)
        return list(found.values())

    def _chains(self) -> Iterator[tuple[str, list[str], int]]:
        for kind, names, line in self._in.chains:
            if kind in self._map.chains:
                yield kind, names, line
            else:
                self._drop("chains", kind, "it to chains")
        for kind, arguments, line in self._in.relations:
            if kind in self._map.chains and kind not in self._map.links:
                yield kind, [target for _, target in arguments], line

    def _said_of_entities(self, mentions: dict[str, Record], group: Groups[str]) -> dict[str, Record]:
        """Return the fields of the entity of each group of mentions, from notes and knowledge-base ids."""
        fields = {one.name: one for one in self._schema.layers["entities"].fields}
        said: dict[str, Record] = {}
        for one in (*self._in.notes, *self._in.kb_links):
            note = one.type.removeprefix(ENTITY) if one.type.startswith(ENTITY) else ""
            if one in self._in.notes and not note:
                continue
            if one.target not in mentions:
                self._not_made(one, f"notes {one.type}" if note else "knowledge-base ids")
                continue
            if note:
                values = {note: _value(one.value or "", fields[note])} if note in fields and note != "id" else {}
            else:
                base, _, key = one.type.partition(":")
                values = {"kb": f"{base.lower()}:{key}"} if "kb" in fields else {}
                values |= {"name": one.value} if one.value and "name" in fields else {}
            if not values:
                self._left[f"notes {one.type}" if note else "knowledge-base ids", _ENTITY_NOTE] += 1
            record = said.setdefault(group.head(one.target), {})
            for key, value in values.items():
                if record.setdefault(key, value) != value:
                    self._left[f"values of entities.{key}", _ONE] += 1
        return said

    def _to_entities(self, layer: str, record: Record, field: Field, mentions: dict[str, Record]) -> None:
        """Replace references to mentions by references to their entities."""
        names = record[field.name] if field.many else [record[field.name]]
        found = [mentions[name].get("entity") for name in names if name in mentions]
        self._left[f"references in {layer}.{field.name}", "the mention has no entity"] += found.count(None)
        there = list(dict.fromkeys(one for one in found if one))
        record[field.name] = there if field.many else (there[0] if there else None)
        if not field.many and not there and not field.nullable:
            del record[field.name]

    def _fill_defaults(self) -> None:
        """Fill required fields that a map names and the file leaves empty: [], null or false.

        Without a map, a field that is not there is unknown: nothing is invented.
        """
        for layer, rule, record, _ in self._made.values():
            if not rule.is_complete:
                continue
            mapped = {*rule.roles.values(), *(one.name for one in rule.attributes.values()), *rule.notes.values()}
            for field in self._schema.layers[layer].fields:
                if field.required and field.name in mapped and field.name not in record:
                    if field.many:
                        record[field.name] = []
                    elif field.nullable:
                        record[field.name] = None
                    elif field.json_type == "boolean" and field.kind == "scalar":
                        record[field.name] = False

    def _in_order_of_the_text(self, entities: list[Record]) -> Mapped:
        """Sort the records by their position in the text and number them; drop a record without a position."""
        for name, (layer, _, record, line) in list(self._made.items()):
            place = place_of(self._schema.layers[layer])
            if place and not record.get(place):
                self._defects.append(Defect("IMP2", line, f"this record of {layer} has no {place}"))
                del self._made[name]
        layers: dict[str, list[Record]] = {"entities": entities} if entities else {}
        lines: dict[str, list[int]] = {"entities": [1] * len(entities)}
        for name in self._schema.layers:
            own = [made for made in self._made.values() if made[0] == name]
            own.sort(key=lambda made: _place(made[2], made[1].words))
            if own:
                layers[name], lines[name] = [made[2] for made in own], [made[3] for made in own]
        layers = renamed(layers, self._schema)
        line_of = {
            record["id"]: line
            for name, records in layers.items()
            for record, line in zip(records, lines[name], strict=True)
        }
        return Mapped(layers, line_of, self._defects)


def _place(record: Record, words: str) -> tuple[int, int]:
    spans = record[words]
    return spans[0]["start"], -spans[0]["end"]


def _name(mentions: list[Record], words: str) -> str:
    """Return the name of an entity that the file does not name: its first name in the text, or first mention."""
    mentions = sorted(mentions, key=lambda one: (one.get("form") != "NAM", _place(one, words)))
    return " ".join(" ".join(span["text"] for span in mentions[0][words]).split()) or "?"


def _value(written: str, field: Field) -> Any:
    """Return the value of a field from a string: as it is, or parsed as JSON."""
    if written == "null" and field.nullable:
        return None
    if not field.many and field.kind != "scalar":
        return written
    if field.many or field.json_type != "string" or written.startswith('"'):
        value, faults = parse_json(written.encode())
        return written if faults else value
    return written
