"""Annotations with features, as UIMA, WebAnno and INCEpTION have them, to records of layers by a map.

The parser of a format returns each file as `Found`; here its `Marked` annotations get the neutral form that all maps
read. The type of an annotation, relation or chain is looked up in the map as `TYPE.FEATURE=VALUE`, then as `TYPE`,
first by its full name and then by the part after the last dot.

Offsets of these formats are UTF-16 code units, as Java counts.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from ..core.schema import Schema
from .documents import LeftOut, Options
from .known import drop
from .mapping.annotations import Annotations, Chain, Event, Property, Relation, SpanAnnotation
from .mapping.file_names import pattern
from .mapping.records import NOT_MAPPED
from .mapping.rules import CHAIN, Map, TypeRule, default_map, place_of, read_map

NAMED, LINK = "NamedEntity", "CoreferenceLink"
"""The types of named entities and coreference links in DKPro Core, which INCEpTION uses too."""
RELATION_OF_LINKS = "referenceRelation"
"""The feature of a link of a chain with its relation to the next link."""
NO_FEATURES = "a relation becomes a field, which has no features"
NO_WORDS = "a span must not be empty"
LEAVES_OUT = (
    ("types, features, roles and relations", "the map has no such rule"),
    ("features of relations", NO_FEATURES),
    ("annotations of empty spans", NO_WORDS),
)
PROJECT = ("annotation/{doc}/{annotator}", "curation/{doc}/{annotator}")
"""Where a project of INCEpTION has the annotations of annotators and curators."""
FILES = (*PROJECT, "{annotator}/{doc}", "{doc}")
_WIKIDATA = re.compile(r"https?://www\.wikidata\.org/entity/(Q\d{1,12})")
EMPTY = "empty_fields"
"""The feature of a CAS that this package wrote with the fields that are empty, such as `parent null`."""
_ENTITY_FEATURE, _ENTITY_NOTE = "entities_", "entities-"
"""How the features of an entity are named in a CAS that this package wrote, and how notes name them."""


@dataclass(slots=True)
class Marked:
    """An annotation: its type, (start, end) in code points, features, and (feature, role, id) of each target."""

    id: str
    type: str
    start: int
    end: int
    line: int
    features: dict[str, list[str]] = field(default_factory=dict)
    leads: list[tuple[str, str, str]] = field(default_factory=list)


class Linked(NamedTuple):
    """A relation: its type, (role, id) of each end, its line and its features."""

    type: str
    ends: list[tuple[str, str]]
    line: int
    features: dict[str, list[str]]


@dataclass(slots=True)
class Found:
    """The content of a file: its text, annotations, chains and relations.

    `broken` are ids of annotations that could not be read and have a Problem already. `segments` are sentences and
    tokens, (start, end) by id: no record becomes of them, but a relation may lead to one. `undeclared` are the types
    and features that the type system lacks. `note` goes to the provenance of the annotation.
    """

    text: str = ""
    marked: list[Marked] = field(default_factory=list)
    chains: list[Chain] = field(default_factory=list)
    relations: list[Linked] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    segments: dict[str, tuple[int, int]] = field(default_factory=dict)
    undeclared: Counter[str] = field(default_factory=Counter)
    note: str = ""


class Offsets:
    """Convert UTF-16 code units of a text to code points, and back."""

    def __init__(self, text: str) -> None:
        wide = [i for i, char in enumerate(text) if char > "\uffff"]
        self._wide = wide
        self._second = [i + n + 1 for n, i in enumerate(wide)]
        """The position of the second unit of each code point that has two."""
        self.length = len(text) + len(wide)
        """The length of the text in code units."""

    def __call__(self, unit: int) -> int | None:
        """Return the code point at a code unit; None outside of the text and within a code point."""
        before = bisect_left(self._second, unit)
        inside = before < len(self._second) and self._second[before] == unit
        return None if inside or not 0 <= unit <= self.length else unit - before

    def unit(self, point: int) -> int:
        """Return the code unit at a code point."""
        return point + bisect_left(self._wide, point)


def uima_map(options: Options, schema: Schema, ending: str) -> Map:
    """Return the map of an import: that of the map file, or else that of DKPro and of the files that we write."""
    return read_map(options.map, schema, _own_map(schema, ending), "gold", "view")


def _own_map(schema: Schema, ending: str) -> Map:
    """Return the map of DKPro's named entities and coreference links, and of the layers that `uima_encode` writes."""
    files = tuple(pattern(f"{name}{ending}") for name in FILES)
    types = layer_rules(schema)
    layer = schema.layers.get("mentions")
    if layer is not None and place_of(layer) and "entities" in schema.layers:
        names = {label.name for label in schema.labels("mentions", "form")}
        fixed = {"form": "NAM"} if "NAM" in names else {}
        types[LINK] = TypeRule("mentions", place_of(layer))
        for label in schema.labels("entities", "type"):
            types[f"{NAMED}.value={label.name}"] = TypeRule("mentions", place_of(layer), label.name, fixed=fixed)
    return Map(files, types, frozenset({LINK, CHAIN}), {})


def layer_rules(schema: Schema) -> dict[str, TypeRule]:
    """Return a rule for each layer whose records have words: its type and features have the names of the schema.

    Further pieces of a discontinuous span are targets of a feature with the name of the field.
    """
    rules: dict[str, TypeRule] = {}
    for name, rule in default_map(schema).types.items():
        if name in schema.layers:
            chain = "entity" if name == "mentions" else ""
            rules[name] = TypeRule(
                rule.layer,
                rule.words,
                "",
                {**rule.roles, rule.words: rule.words},
                rule.attributes,
                rule.notes,
                chain=chain,
            )
    return rules


def neutral(found: Found, of: Map, left: LeftOut) -> Annotations:
    """Return the annotations of a file in the neutral form, their types resolved to those of the map."""
    annotations = Annotations(broken=found.broken)
    resolved = {one.id: _resolve(one.type, one.features, of.types) for one in found.marked}
    same = _same_mentions(found, resolved, of)
    for one in found.marked:
        if one.id not in same:
            _add(one, *resolved[one.id], of, annotations)
    for event in annotations.events.values():
        event.roles[:] = [(role, same.get(to, to)) for role, to in event.roles]
    _add_chains(found, same, of, annotations, left)
    for relation in found.relations:
        known = {*of.links, *of.chains}
        kind, used = _resolve(relation.type, relation.features, known)
        ends = [(role, same.get(to, to)) for role, to in relation.ends]
        annotations.relations.append(Relation(kind, ends, relation.line))
        for name, values in relation.features.items():
            if name != used and kind in known:
                drop(left, f"features {name} of", relation.type, NO_FEATURES, len(values))
    for name in {to for _, ends, _ in annotations.relations for _, to in ends} & found.segments.keys():
        annotations.broken.add(name)
    return annotations


def _same_mentions(found: Found, resolved: dict[str, tuple[str, str]], of: Map) -> dict[str, str]:
    """Return the named entity on exactly the words of each link of a chain: both are the same mention."""
    links = {name: chain for chain, (_, names, _) in enumerate(found.chains) for name in names}
    rules = {one.id: of.types.get(resolved[one.id][0]) for one in found.marked}
    mentions = [one for one in found.marked if (rule := rules[one.id]) is not None and rule.layer == "mentions"]
    named: dict[tuple[int, int], str] = {}
    for one in mentions:
        rule = rules[one.id]
        if rule is not None and rule.entity and one.id not in links:
            named.setdefault((one.start, one.end), one.id)
    same: dict[str, str] = {}
    taken: dict[str, int] = {}
    for one in mentions:
        there = named.get((one.start, one.end))
        # Words that are in two chains are two mentions: one entity each.
        if there and one.id in links and taken.setdefault(there, links[one.id]) == links[one.id]:
            same[one.id] = there
    return same


def _add(one: Marked, kind: str, used: str, of: Map, annotations: Annotations) -> None:
    """Add an annotation: a span, or an event if it leads to others, and its features."""
    rule = of.types.get(kind)
    bound = one.id
    if one.leads and rule is not None:
        bound = f"{one.id} "
        roles = [(role if role in rule.roles else name, to) for name, role, to in one.leads]
        annotations.events[one.id] = Event(kind, bound, roles, one.line)
    annotations.spans[bound] = SpanAnnotation(kind, [(one.start, one.end)], one.line)
    if rule is not None:
        _features(one, used, rule, annotations)


def _features(one: Marked, used: str, rule: TypeRule, annotations: Annotations) -> None:
    for name, value in ((name, value) for name, values in one.features.items() if name != used for value in values):
        wikidata = _WIKIDATA.fullmatch(value)
        if name == "identifier" and wikidata and rule.layer == "mentions" and name not in rule.notes:
            annotations.kb_links.append(Property(f"wikidata:{wikidata[1]}", one.id, None, one.line))
        elif name == EMPTY and not rule.is_complete:
            field, _, empty = value.partition(" ")
            annotations.notes.append(Property(field, one.id, empty, one.line))
        elif rule.chain and name.startswith(_ENTITY_FEATURE):
            note = _ENTITY_NOTE + name.removeprefix(_ENTITY_FEATURE)
            annotations.notes.append(Property(note, one.id, value, one.line))
        elif name in rule.notes:
            annotations.notes.append(Property(name, one.id, value, one.line))
        else:
            annotations.attributes.append(Property(name, one.id, value, one.line))


def _add_chains(found: Found, same: dict[str, str], of: Map, annotations: Annotations, left: LeftOut) -> None:
    """Add the chains. A map may select relations of links by `TYPE.FEATURE=VALUE`; the others part a chain there."""
    features = {one.id: one.features for one in found.marked}
    for kind, names, line in found.chains:
        name = _short(kind, of.chains)
        if name in of.chains or not any(_is_about(one, kind) for one in of.chains):
            annotations.chains.append(Chain(name, [same.get(one, one) for one in names], line))
            continue
        # The relation of a link is that to the next one.
        parts = [[names[0]]]
        for one, following in pairwise(names):
            selected, used = _resolve(kind, features.get(one, {}), of.chains)
            if used:
                of.use.saw("chains", selected)
                parts[-1].append(following)
            else:
                value = next(iter(features.get(one, {}).get(RELATION_OF_LINKS, ())), "")
                said = f"{kind}.{RELATION_OF_LINKS}={value}" if value else kind
                drop(left, "relations", said, f"{NOT_MAPPED}: add it to chains")
                parts.append([following])
        chain = next(one for one in of.chains if _is_about(one, kind))
        annotations.chains += [Chain(chain, [same.get(one, one) for one in part], line) for part in parts]


def merged_relations(found: Found, of: Map) -> set[str]:
    """Return the different relations between links that the map reads as one, such as coreference and bridging."""
    features = {one.id: one.features for one in found.marked}
    return {
        f"{kind.rpartition('.')[2]}.{RELATION_OF_LINKS}={value}"
        for kind, names, _ in found.chains
        if _short(kind, of.chains) in of.chains
        for name in names[:-1]
        for value in features.get(name, {}).get(RELATION_OF_LINKS, ())
    }


def _is_about(selector: str, kind: str) -> bool:
    """Return whether a name of the map is `TYPE.FEATURE=VALUE` of a type."""
    return selector.startswith((f"{kind}.", f"{kind.rpartition('.')[2]}.")) and "=" in selector


def _resolve(kind: str, features: dict[str, list[str]], known: Collection[str]) -> tuple[str, str]:
    """Return a type as the map names it, and the feature whose value is part of that name."""
    for name in (kind, kind.rpartition(".")[2]):
        for feature, values in features.items():
            for value in values:
                if f"{name}.{feature}={value}" in known:
                    return f"{name}.{feature}={value}", feature
        if name in known:
            return name, ""
    return kind, ""


def _short(kind: str, known: Collection[str]) -> str:
    """Return a type as the map names it: in full, or the part after the last dot."""
    return kind if kind in known else kind.rpartition(".")[2]
