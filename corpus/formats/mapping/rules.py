"""What the types, roles and attributes of a brat collection are here: the map file, and the map of our own writer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...core.model import CorpusError, Record
from ...core.schema import TARGETS, Field, Layer, Schema
from .file_names import Patterns, read_files

CHAIN = "Coref"
"""The relation, and the equivalence, between mentions of one entity."""
_FILES = ("{annotator}/{doc}.ann", "{doc}.ann")


@dataclass(frozen=True, slots=True)
class Attribute:
    """The field that an attribute fills, and what its values are here (none: they are the same)."""

    name: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rule:
    """What an annotation of a type is: a record of `layer`, whose own words are its field `words`.

    `entity` is the type of the entity that a mention is of; `roles`, `attributes` and `notes` say which field
    each fills; `fixed` are values that every such record gets.
    """

    layer: str
    words: str = "spans"
    entity: str = ""
    roles: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    fixed: Record = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Link:
    """A relation that fills the field `name` of the record at its argument `of` with its other argument."""

    of: str
    name: str


@dataclass(frozen=True, slots=True)
class Map:
    """How a collection is read: patterns of its files, rules of its types, relations that are chains or fields."""

    files: Patterns
    types: Mapping[str, Rule]
    chains: frozenset[str]
    links: Mapping[str, Link]


def own_map(schema: Schema) -> Map:
    """The map of what our own writer writes. Raises CorpusError when brat cannot hold the names of the schema."""
    types: dict[str, Rule] = {}
    for layer in placed_layers(schema):
        others = [one for one in layer.fields if one.name not in ("id", place_of(layer))]
        if layer.name == "mentions":
            others = [one for one in others if one.name != "entity"]
        types[layer.name] = Rule(
            layer.name,
            place_of(layer),
            roles={one.name: one.name for one in others if is_role(one)},
            attributes={one.name: Attribute(one.name) for one in others if is_attribute(one)},
            notes={one.name: one.name for one in others if not is_role(one) and not is_attribute(one)},
        )
    if "mentions" in types:
        of_mentions = types["mentions"]
        for label in schema.labels("entities", "type"):
            if label.name in types:
                raise CorpusError(f"brat has one name for a type: {label.name} is a layer and a type of entities")
            types[label.name] = Rule(
                "mentions",
                of_mentions.words,
                label.name,
                of_mentions.roles,
                of_mentions.attributes,
                of_mentions.notes,
            )
    labels = [one.name for layer in schema.layers.values() for f in layer.of_kind("label") for one in f.labels]
    for name in (*types, *labels):
        if not re.fullmatch(r"[^\s:]+", name) or not name.isprintable():
            raise CorpusError(f"brat cannot hold the label {name!r}: it is cut at blanks and colons")
    return Map(read_files({}, _FILES), types, frozenset({CHAIN, "Equiv"}), {})


def placed_layers(schema: Schema) -> list[Layer]:
    """The layers whose records stand on words of their own."""
    return [layer for layer in schema.layers.values() if place_of(layer)]


def place_of(layer: Layer) -> str:
    """The field that a record of the layer cannot be without and that says where it stands, "" for none."""
    return next((one.name for one in layer.of_kind("spans") if one.least), "")


def is_role(one: Field) -> bool:
    """Whether a field leads to other annotations."""
    return one.kind == "spans" or (one.kind == "reference" and one.refers_to != TARGETS)


def is_attribute(one: Field) -> bool:
    """Whether a field is a choice, or yes or no."""
    return one.kind == "label" or (one.json_type == "boolean" and not one.many)


def read_map(written: Mapping[str, Any], schema: Schema, own: Map) -> Map:
    """The map that a map file says; `own` where it says nothing. Raises CorpusError for what makes no sense."""
    known = {"files", "types", "chains", "relations", "record", "records"}
    if unknown := written.keys() - known:
        raise CorpusError(f"the map has no {', '.join(sorted(unknown))}; it has {', '.join(sorted(known))}")
    types = own.types
    if "types" in written:
        types = {name: _rule(f"types.{name}", one, schema) for name, one in _table("types", written["types"]).items()}
    links = {
        name: Link(*(_strings(f"relations.{name}", one, ("of", "field"))[key] for key in ("of", "field")))
        for name, one in _table("relations", written.get("relations", {})).items()
    }
    chains = written.get("chains", sorted(own.chains))
    if not isinstance(chains, list) or not all(isinstance(one, str) for one in chains):
        raise CorpusError("chains of the map must be a list of names of relations")
    files = read_files(written, _FILES) if "files" in written else own.files
    return Map(files, types, frozenset(chains), links)


def _table(name: str, written: Any) -> dict[str, Any]:
    if not isinstance(written, dict):
        raise CorpusError(f"{name} of the map must be a table, not {written!r}")
    return written


def _texts(name: str, written: Any) -> dict[str, str]:
    """A table of strings, which are names of fields and labels."""
    table = _table(name, written)
    wrong = next((key for key, value in table.items() if not isinstance(value, str)), None)
    if wrong is not None:
        raise CorpusError(f"{name}.{wrong} of the map must be a name, not {table[wrong]!r}")
    return table


def _values(name: str, written: Any) -> dict[str, Any]:
    """A table of labels, or of true and false."""
    table = _table(name, written)
    wrong = next((key for key, value in table.items() if not isinstance(value, str | bool)), None)
    if wrong is not None:
        raise CorpusError(f"{name}.{wrong} of the map must be a label, true or false, not {table[wrong]!r}")
    return table


def _strings(name: str, written: Any, keys: tuple[str, ...]) -> dict[str, str]:
    table = _table(name, written)
    if table.keys() != set(keys) or not all(isinstance(value, str) for value in table.values()):
        raise CorpusError(f"{name} of the map must say {' and '.join(keys)}")
    return table


def _rule(name: str, written: Any, schema: Schema) -> Rule:
    table = dict(_table(name, written))
    layer = schema.layers.get(str(table.pop("layer", "")))
    if layer is None:
        raise CorpusError(f"{name} of the map must say a layer: {', '.join(schema.layers)}")
    fields = {one.name: one for one in layer.fields}
    one = _texts(name, {key: table.pop(key) for key in ("entity", "words") if key in table})
    entity, words = one.get("entity", ""), one.get("words", place_of(layer))
    rule = Rule(
        layer.name,
        words,
        entity,
        roles=_texts(f"{name}.roles", table.pop("roles", {})),
        attributes={
            key: _attribute(f"{name}.attributes.{key}", one)
            for key, one in _table(f"{name}.attributes", table.pop("attributes", {})).items()
        },
        notes=_texts(f"{name}.notes", table.pop("notes", {})),
        fixed=_table(f"{name}.set", table.pop("set", {})),
    )
    if table:
        raise CorpusError(f"{name} of the map has no {', '.join(table)}")
    attributes = {key: one.name for key, one in rule.attributes.items()}
    for part in (rule.roles, attributes, rule.notes, {one: one for one in rule.fixed}, {"words": words}):
        for key, value in part.items():
            if value not in fields or value == "id":
                raise CorpusError(f"{name}: {key}: {layer.name} has no field {value}; it has {', '.join(fields)}")
    if fields[words].kind != "spans" or not all(is_role(fields[one]) for one in rule.roles.values()):
        raise CorpusError(f"{name}: words must be a field of spans, and each role one of spans or references")
    if entity and entity not in {label.name for label in schema.labels("entities", "type")}:
        raise CorpusError(f"{name}: there is no type {entity} of entities")
    for key, attribute in rule.attributes.items():
        labels = {label.name for label in fields[attribute.name].labels}
        if not is_attribute(fields[attribute.name]) or (labels and not labels.issuperset(attribute.values.values())):
            raise CorpusError(f"{name}: {key}: the labels of {attribute.name} are {', '.join(sorted(labels))}")
    return rule


def _attribute(name: str, written: Any) -> Attribute:
    if isinstance(written, str):
        return Attribute(written)
    table = _table(name, written)
    if not table.keys() <= {"field", "values"} or not isinstance(table.get("field"), str):
        raise CorpusError(f"{name} of the map must be the name of a field, or say field and values")
    return Attribute(table["field"], _values(f"{name}.values", table.get("values", {})))
