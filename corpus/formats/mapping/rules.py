"""The map: which layer, field and label each type, role, relation and attribute of another tool becomes.

A map is read from the file that `--map` names (`read_map`), or made from the schema (`default_map`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...core.model import CorpusError, Record
from ...core.schema import TARGETS, Field, Layer, Schema
from ..known import did_you_mean
from .file_names import Patterns, read_files
from .use import MapUse

COMMON = frozenset({"record", "records", "kb_date"})
"""The keys that a map of any format may have: `importing` reads them."""
CHAIN = "Coref"
"""The name of the relation or chain that links mentions of one entity."""
_FILES = ("{annotator}/{doc}.ann", "{doc}.ann")


@dataclass(frozen=True, slots=True)
class AttributeRule:
    """The field that an attribute fills, and the label for each of its values; other values stay as they are."""

    name: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TypeRule:
    """What an annotation of a type becomes: a record of `layer`, whose own spans are its field `words`.

    `entity` is the entity type of a mention; `roles`, `attributes` and `notes` give the field that each fills;
    `fixed` are values that every such record gets, and `of_entity` those that the entity of such a mention gets. With
    `is_complete`, a field that the rule names and the file leaves empty is empty, not unknown.
    """

    layer: str
    words: str = "spans"
    entity: str = ""
    roles: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, AttributeRule] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    fixed: Record = field(default_factory=dict)
    of_entity: Record = field(default_factory=dict)
    is_complete: bool = False


@dataclass(frozen=True, slots=True)
class RelationRule:
    """A relation fills the field `name` of the record that is its argument `of` with its other argument."""

    of: str
    name: str


@dataclass(frozen=True, slots=True)
class Map:
    """Patterns of file names, a rule for each type, and the relations that are chains or fill fields.

    `use` has the names that the map file gives, and collects those that the source files have.
    """

    files: Patterns
    types: Mapping[str, TypeRule]
    chains: frozenset[str]
    links: Mapping[str, RelationRule]
    use: MapUse = field(default_factory=MapUse, compare=False)


def default_map(schema: Schema) -> Map:
    """Return the map that keeps every name of the schema: types are layers and entity types, roles are fields.

    brat files that we wrote need no other. Raises CorpusError when a name of the schema cannot be a type.
    """
    types: dict[str, TypeRule] = {}
    for layer in placed_layers(schema):
        others = [one for one in layer.fields if one.name not in ("id", place_of(layer))]
        if layer.name == "mentions":
            others = [one for one in others if one.name != "entity"]
        types[layer.name] = TypeRule(
            layer.name,
            place_of(layer),
            roles={one.name: one.name for one in others if is_role(one)},
            attributes={one.name: AttributeRule(one.name) for one in others if is_attribute(one)},
            notes={one.name: one.name for one in others},
        )
    if "mentions" in types:
        of_mentions = types["mentions"]
        for label in schema.labels("entities", "type"):
            if label.name in types:
                raise CorpusError(f"{label.name} is both a layer and an entity type, and a type has one meaning")
            types[label.name] = TypeRule(
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
            raise CorpusError(f"the label {name!r} has a blank or a colon, which cannot be in a type or value")
    return Map(read_files({}, _FILES), types, frozenset({CHAIN, "Equiv"}), {})


def unknown_keys(unknown: Iterable[str], known: Iterable[str]) -> str:
    """Return the message for keys that a map cannot have."""
    unknown, known = sorted(unknown), sorted(known)
    hints = [hint for one in unknown if (hint := did_you_mean(one, known))]
    return f"map: unknown {', '.join(unknown)}; {'; '.join([*hints, 'known are ' + ', '.join(known)])}"


def table(*keys: str) -> str:
    """Return the head of a TOML table, such as [types."a b"]."""
    return f"[{'.'.join(key if re.fullmatch('[A-Za-z0-9_-]+', key) else json.dumps(key[:60]) for key in keys)}]"


def placed_layers(schema: Schema) -> list[Layer]:
    """Return the layers whose records have spans of their own."""
    return [layer for layer in schema.layers.values() if place_of(layer)]


def place_of(layer: Layer) -> str:
    """Return the required field of spans that gives the position of a record of the layer, "" if it has none."""
    return next((one.name for one in layer.of_kind("spans") if one.least), "")


def is_role(one: Field) -> bool:
    """Return whether a field holds spans or references to other records."""
    return one.kind == "spans" or (one.kind == "reference" and one.refers_to != TARGETS)


def is_attribute(one: Field) -> bool:
    """Return whether a field holds labels or a boolean."""
    return one.kind == "label" or (one.json_type == "boolean" and not one.many)


def read_map(written: Mapping[str, Any], schema: Schema, own: Map) -> Map:
    """Return the map that a map file holds, with the parts of `own` that it leaves out.

    Raises CorpusError, which names the key, if a value is invalid.
    """
    known = {"files", "types", "chains", "relations", *COMMON}
    if unknown := written.keys() - known:
        raise CorpusError(unknown_keys(unknown, known))
    types = own.types
    if "types" in written:
        types = {name: _rule(f"types.{name}", one, schema) for name, one in _table("types", written["types"]).items()}
    links = {
        name: RelationRule(*(_strings(f"relations.{name}", one, ("of", "field"))[key] for key in ("of", "field")))
        for name, one in _table("relations", written.get("relations", {})).items()
    }
    chains = written.get("chains", sorted(own.chains))
    if not isinstance(chains, list) or not all(isinstance(one, str) for one in chains):
        raise CorpusError("map: chains must be a list of relation types")
    files = read_files(written, _FILES) if "files" in written else own.files
    return Map(files, types, frozenset(chains), links, _use(written))


def _use(written: Mapping[str, Any]) -> MapUse:
    """Return the names of types, roles, attributes and relations that a map file gives."""
    use = MapUse()
    for table in ("types", "relations"):
        use.wrote(table, written.get(table, ()))
    use.wrote("chains", written.get("chains", ()))
    for name, rule in written.get("types", {}).items():
        for part in ("roles", "attributes", "notes"):
            use.wrote(f"types.{name}.{part}", rule.get(part, ()))
    return use


def _table(name: str, written: Any) -> dict[str, Any]:
    if not isinstance(written, dict):
        raise CorpusError(f"map: {name} must be a table, not {written!r}")
    return written


def _texts(name: str, written: Any) -> dict[str, str]:
    """Return a table whose values are names of fields or labels."""
    table = _table(name, written)
    wrong = next((key for key, value in table.items() if not isinstance(value, str)), None)
    if wrong is not None:
        raise CorpusError(f"map: {name}.{wrong} must be a name, not {table[wrong]!r}")
    return table


def _values(name: str, written: Any) -> dict[str, Any]:
    """Return a table whose values are labels, true or false."""
    table = _table(name, written)
    wrong = next((key for key, value in table.items() if not isinstance(value, str | bool)), None)
    if wrong is not None:
        raise CorpusError(f"map: {name}.{wrong} must be a label, true or false, not {table[wrong]!r}")
    return table


def _strings(name: str, written: Any, keys: tuple[str, ...]) -> dict[str, str]:
    table = _table(name, written)
    if table.keys() != set(keys) or not all(isinstance(value, str) for value in table.values()):
        raise CorpusError(f"map: {name} must have the keys {' and '.join(keys)}, both strings")
    return table


def _rule(name: str, written: Any, schema: Schema) -> TypeRule:
    table = dict(_table(name, written))
    layer = schema.layers.get(str(table.pop("layer", "")))
    if layer is None:
        raise CorpusError(f"map: {name} must have a layer, one of {', '.join(schema.layers)}")
    fields = {one.name: one for one in layer.fields}
    one = _texts(name, {key: table.pop(key) for key in ("entity", "words") if key in table})
    entity, words = one.get("entity", ""), one.get("words", place_of(layer))
    fixed = dict(_table(f"{name}.set", table.pop("set", {})))
    own = {one.name for one in schema.layers["entities"].fields} if entity and "entities" in schema.layers else set()
    of_entity = {key: fixed.pop(key) for key in own & fixed.keys() - fields.keys()}
    rule = TypeRule(
        layer.name,
        words,
        entity,
        roles=_texts(f"{name}.roles", table.pop("roles", {})),
        attributes={
            key: _attribute(f"{name}.attributes.{key}", one)
            for key, one in _table(f"{name}.attributes", table.pop("attributes", {})).items()
        },
        notes=_texts(f"{name}.notes", table.pop("notes", {})),
        fixed=fixed,
        of_entity=of_entity,
        is_complete=True,
    )
    if table:
        raise CorpusError(f"map: {name} cannot have {', '.join(table)}")
    attributes = {key: one.name for key, one in rule.attributes.items()}
    for part in (rule.roles, attributes, rule.notes, {one: one for one in rule.fixed}, {"words": words}):
        for key, value in part.items():
            if value not in fields or value == "id":
                raise CorpusError(f"map: {name}: {key}: {layer.name} has no field {value}; it has {', '.join(fields)}")
    if fields[words].kind != "spans" or not all(is_role(fields[one]) for one in rule.roles.values()):
        raise CorpusError(f"map: {name}: words must be a field of spans, and each role a field of spans or references")
    if entity and entity not in {label.name for label in schema.labels("entities", "type")}:
        raise CorpusError(f"map: {name}: entities have no type {entity}")
    for key, attribute in rule.attributes.items():
        labels = {label.name for label in fields[attribute.name].labels}
        if not is_attribute(fields[attribute.name]) or (labels and not labels.issuperset(attribute.values.values())):
            raise CorpusError(f"map: {name}: {key}: the labels of {attribute.name} are {', '.join(sorted(labels))}")
    return rule


def _attribute(name: str, written: Any) -> AttributeRule:
    if isinstance(written, str):
        return AttributeRule(written)
    table = _table(name, written)
    if not table.keys() <= {"field", "values"} or not isinstance(table.get("field"), str):
        raise CorpusError(f"map: {name} must be the name of a field, or a table with field and values")
    return AttributeRule(table["field"], _values(f"{name}.values", table.get("values", {})))
