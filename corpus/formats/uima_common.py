"""Annotations with features, as UIMA, WebAnno and INCEpTION have them, to records of layers by a map.

The parser of a format returns each file as `Found`; here its `Marked` annotations get the neutral form that all maps
read. The type of an annotation is looked up in the map as `TYPE.FEATURE=VALUE`, then as `TYPE`, first by its full
name and then by the part after the last dot.

Offsets of these formats are UTF-16 code units, as Java counts.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..core.model import GOLD, Problem, Source
from ..core.schema import Schema
from ..files.read import parse_text
from .documents import Incoming, LeftOut, Options
from .mapping.add import add_annotations, duplicate
from .mapping.annotations import Annotations, Chain, Event, Property, Relation, SpanAnnotation
from .mapping.file_names import files_by_document, named, pattern
from .mapping.rules import CHAIN, Map, TypeRule, place_of
from .sources import files_below, not_read, problem, read_source

NAMED, LINK = "NamedEntity", "CoreferenceLink"
"""The types of named entities and coreference links in DKPro Core, which INCEpTION uses too."""
NO_FEATURES = "a relation becomes a field, which has no features"
NO_WORDS = "a span must not be empty"
LEAVES_OUT = (
    ("types, features, roles and relations", "the map has no such rule"),
    ("features of relations", NO_FEATURES),
    ("annotations of empty spans", NO_WORDS),
)
FILES = ("annotation/{doc}/{annotator}", "curation/{doc}/{annotator}", "{annotator}/{doc}", "{doc}")
CURATED = "CURATION_USER"
"""The annotator name of curated annotations in an INCEpTION export; they become gold."""
_WIKIDATA = re.compile(r"https?://www\.wikidata\.org/entity/(Q\d{1,12})")


@dataclass(slots=True)
class Marked:
    """An annotation: its type, (start, end) in code points, features, and (feature, role, id) of each target."""

    id: str
    type: str
    start: int
    end: int
    line: int
    features: dict[str, str] = field(default_factory=dict)
    leads: list[tuple[str, str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Found:
    """The content of a file: its text, annotations, chains and relations."""

    text: str = ""
    marked: list[Marked] = field(default_factory=list)
    chains: list[Chain] = field(default_factory=list)
    relations: list[Relation] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    """Ids of annotations that could not be read and have a Problem already."""


Parse = Callable[[Path, Source, LeftOut], Iterator[Problem | Found]]
"""Yields the Problems of a file and, if its text is complete, its content."""


class Offsets:
    """Convert UTF-16 code units of a text to code points."""

    def __init__(self, text: str) -> None:
        wide = [i for i, char in enumerate(text) if char > "\uffff"]
        self._second = [i + n + 1 for n, i in enumerate(wide)]
        """The position of the second unit of each code point that has two."""
        self.length = len(text) + len(wide)
        """The length of the text in code units."""

    def __call__(self, unit: int) -> int | None:
        """Return the code point at a code unit; None outside of the text and within a code point."""
        before = bisect_left(self._second, unit)
        inside = before < len(self._second) and self._second[before] == unit
        return None if inside or not 0 <= unit <= self.length else unit - before


def dkpro_map(schema: Schema, ending: str) -> Map:
    """Return the map of DKPro's named entities and coreference links, for files with this ending."""
    files = tuple(pattern(f"{name}{ending}") for name in FILES)
    types: dict[str, TypeRule] = {}
    layer = schema.layers.get("mentions")
    if layer is not None and place_of(layer) and "entities" in schema.layers:
        names = {label.name for label in schema.labels("mentions", "form")}
        fixed = {"form": "NAM"} if "NAM" in names else {}
        types[LINK] = TypeRule("mentions", place_of(layer))
        for label in schema.labels("entities", "type"):
            types[f"{NAMED}.value={label.name}"] = TypeRule("mentions", place_of(layer), label.name, fixed=fixed)
    return Map(files, types, frozenset({LINK, CHAIN}), {})


def documents(
    source: Path, ending: str, parse: Parse, of: Map, schema: Schema, options: Options
) -> Iterator[Incoming | Problem]:
    """Yield each document with the annotations of all annotators: find files, parse, check the text, map, add."""
    ids, names, left = options.doc_ids, options.annotators, options.left_out
    parts = files_by_document(named(files_below(source, (ending,), left, (".xml",)), source, of.files, left))
    for doc, of_doc in sorted(parts.items()):
        one: Incoming | None = None
        for annotator, split, path in sorted(of_doc):
            file = read_source(path, "annotation")
            yield from not_read(file)
            faults: list[Problem] = []
            for found in parse(path, file, left) if not file.faults else ():
                if isinstance(found, Problem):
                    faults.append(found)
                    continue
                # Each annotator's file repeats the text. Offsets are only comparable if all copies are the same.
                wrong = _text_problem(found.text, file, one)
                if wrong is not None:
                    yield wrong
                    continue
                if one is None:
                    one = Incoming(ids(doc), file.path, found.text, {"split": split} if split else {})
                name = names(annotator) if annotator and annotator != CURATED else GOLD
                wrong = duplicate(one, name, file)
                if wrong is not None:
                    yield wrong
                    continue
                one.set_aside(name, faults)
                faults = []
                add_annotations(one, name, _annotations(found, of), file, of, schema, left)
            yield from faults
        if one is not None:
            yield one


def _text_problem(text: str, file: Source, one: Incoming | None) -> Problem | None:
    """Return a Problem if a text is invalid, or differs from that of the document so far; else None."""
    if not text:
        return problem("IMP1", file, "it has no text")
    for fault in parse_text(text.encode())[1]:
        if fault.name != "control-character":
            return problem("IMP1", file, f"its text: {fault.name}")
    if one is not None and one.text != text:
        return problem("IMP3", file, f"its text differs from that of {one.path}")
    return None


def _annotations(found: Found, of: Map) -> Annotations:
    """Return the annotations of a file in the neutral form, their types resolved to those of the map."""
    annotations = Annotations(broken=found.broken)
    named: dict[tuple[int, int], str] = {}
    same: dict[str, str] = {}
    resolved = {one.id: _resolve(one, of.types) for one in found.marked}
    links = {name: chain for chain, (_, names, _) in enumerate(found.chains) for name in names}
    taken: dict[str, int] = {}
    for one in found.marked:
        rule = of.types.get(resolved[one.id][0])
        if rule is not None and rule.layer == "mentions" and rule.entity and one.id not in links:
            named.setdefault((one.start, one.end), one.id)
    for one in found.marked:
        kind, used = resolved[one.id]
        rule = of.types.get(kind)
        there = named.get((one.start, one.end)) if rule is not None and rule.layer == "mentions" else None
        # Words that are in two chains are two mentions: one entity each.
        if there and one.id in links and taken.setdefault(there, links[one.id]) == links[one.id]:
            same[one.id] = there
            continue
        bound = one.id
        if one.leads and rule is not None:
            bound = f"{one.id} "
            roles = [(role if role in rule.roles else name, to) for name, role, to in one.leads]
            annotations.events[one.id] = Event(kind, bound, roles, one.line)
        annotations.spans[bound] = SpanAnnotation(kind, [(one.start, one.end)], one.line)
        if rule is not None:
            _features(one, used, rule, annotations)
    for event in annotations.events.values():
        event.roles[:] = [(role, same.get(to, to)) for role, to in event.roles]
    for kind, names, line in found.chains:
        annotations.chains.append(Chain(_short(kind, of.chains), [same.get(name, name) for name in names], line))
    for kind, ends, line in found.relations:
        name = _short(kind, {*of.links, *of.chains})
        annotations.relations.append(Relation(name, [(role, same.get(to, to)) for role, to in ends], line))
    return annotations


def _resolve(one: Marked, types: Mapping[str, TypeRule]) -> tuple[str, str]:
    """Return the type of an annotation as the map names it, and the feature whose value is part of that name."""
    for name in (one.type, one.type.rpartition(".")[2]):
        for feature, value in one.features.items():
            if f"{name}.{feature}={value}" in types:
                return f"{name}.{feature}={value}", feature
        if name in types:
            return name, ""
    return one.type, ""


def _features(one: Marked, used: str, rule: TypeRule, annotations: Annotations) -> None:
    for name, value in one.features.items():
        wikidata = _WIKIDATA.fullmatch(value)
        if name == used:
            continue
        if name == "identifier" and wikidata and rule.layer == "mentions" and name not in rule.notes:
            annotations.kb_links.append(Property(f"wikidata:{wikidata[1]}", one.id, None, one.line))
        elif name in rule.notes:
            annotations.notes.append(Property(name, one.id, value, one.line))
        else:
            annotations.attributes.append(Property(name, one.id, value, one.line))


def _short(kind: str, known: frozenset[str] | set[str]) -> str:
    """Return a type as the map names it: in full, or the part after the last dot."""
    return kind if kind in known else kind.rpartition(".")[2]
