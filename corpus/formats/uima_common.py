"""Annotations of typed layers with features, as UIMA, WebAnno and INCEpTION have them → records of layers, by a map.

A reader of such a format hands in each file as `Marked` annotations; here they become the lines that a brat file
would have of them, and are read by the same map. An annotation's type is looked for in the map as
`TYPE.FEATURE=VALUE`, then as `TYPE`, by its whole name and by what is behind its last dot.

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
from ..core.text import visible
from ..files.read import parse_text
from .documents import Incoming, LeftOut, Options
from .mapping.annotations import About, Event, Lines, TextBound
from .mapping.file_names import by_document, named, pattern
from .mapping.records import Records
from .mapping.rules import CHAIN, Map, Rule, place_of
from .sources import annotators, doc_ids, files_below, not_read, problem, read_source

NAMED, LINK = "NamedEntity", "CoreferenceLink"
"""The layers of named entities and coreference in DKPro Core, by which INCEpTION has them too."""
NO_FEATURES = "a relation is a field, which has none"
NO_WORDS = "a span here has words"
LEAVES_OUT = (
    ("types, features, roles and relations", "those that the map does not name"),
    ("features of relations", NO_FEATURES),
    ("annotations on no words", NO_WORDS),
)
FILES = ("annotation/{doc}/{annotator}", "curation/{doc}/{annotator}", "{annotator}/{doc}", "{doc}")
CURATED = "CURATION_USER"
"""Whose the curated annotation is in an export of INCEpTION; here it is gold."""
_WIKIDATA = re.compile(r"https?://www\.wikidata\.org/entity/(Q\d{1,12})")


@dataclass(slots=True)
class Marked:
    """An annotation: its type, (start, end) in code points, features, and (feature, role, id) of what it leads to."""

    id: str
    type: str
    start: int
    end: int
    line: int
    features: dict[str, str] = field(default_factory=dict)
    leads: list[tuple[str, str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Found:
    """What a file holds: text, annotations, chains as (type, ids, line), and relations as (type, ends, line)."""

    text: str = ""
    marked: list[Marked] = field(default_factory=list)
    chains: list[tuple[str, list[str], int]] = field(default_factory=list)
    relations: list[tuple[str, list[tuple[str, str]], int]] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    """Ids of annotations that could not be read, which was said."""


Parse = Callable[[Path, Source, LeftOut], Iterator[Problem | Found]]
"""Yields the Problems of a file and, when its text is whole, what it holds."""


class Offsets:
    """UTF-16 code units of a text → code points."""

    def __init__(self, text: str) -> None:
        wide = [i for i, char in enumerate(text) if char > "\uffff"]
        self._second = [i + n + 1 for n, i in enumerate(wide)]
        """Where the second units of code points are that have two."""
        self.length = len(text) + len(wide)
        """The length of the text in code units."""

    def __call__(self, unit: int) -> int | None:
        """The code point at a code unit; None outside of the text and inside of a code point."""
        before = bisect_left(self._second, unit)
        inside = before < len(self._second) and self._second[before] == unit
        return None if inside or not 0 <= unit <= self.length else unit - before


def default_map(schema: Schema, ending: str) -> Map:
    """The map of named entities and coreference links, for files with this ending."""
    files = tuple(pattern(f"{name}{ending}") for name in FILES)
    types: dict[str, Rule] = {}
    layer = schema.layers.get("mentions")
    if layer is not None and place_of(layer) and "entities" in schema.layers:
        names = {label.name for label in schema.labels("mentions", "form")}
        fixed = {"form": "NAM"} if "NAM" in names else {}
        types[LINK] = Rule("mentions", place_of(layer))
        for label in schema.labels("entities", "type"):
            types[f"{NAMED}.value={label.name}"] = Rule("mentions", place_of(layer), label.name, fixed=fixed)
    return Map(files, types, frozenset({LINK, CHAIN}), {})


def documents(
    source: Path, ending: str, parse: Parse, of: Map, schema: Schema, options: Options
) -> Iterator[Incoming | Problem]:
    """The documents of a collection, with the Problems of its files; a file is what one annotator says of a text."""
    parts = by_document(named(files_below(source, (ending,)), source, of.files, options.left_out))
    ids, names = doc_ids(), annotators()
    for doc, of_doc in sorted(parts.items()):
        one: Incoming | None = None
        for annotator, split, path in sorted(of_doc):
            file = read_source(path, "annotation")
            yield from not_read(file)
            for found in parse(path, file, options.left_out) if not file.faults else ():
                if isinstance(found, Problem):
                    yield found
                    continue
                wrong = [
                    fault.name for fault in parse_text(found.text.encode())[1] if fault.name != "control-character"
                ]
                if wrong or not found.text:
                    yield problem("IMP1", file, f"its text: {wrong[0] if wrong else 'there is none'}")
                    continue
                if one is None:
                    one = Incoming(ids(doc), file.path, found.text, {"split": split} if split else {})
                elif one.text != found.text:
                    yield problem("IMP3", file, f"its text is not that of {one.path}")
                    continue
                name = names(annotator) if annotator and annotator != CURATED else GOLD
                if name in one.layers:
                    yield problem("IMP4", file, f"{visible(name)} has another annotation of {one.doc_id}")
                    continue
                records = Records(_lines(found, of), one.text, of, schema, options.left_out)
                for code, line, detail in records.faults:
                    yield problem(code, file, detail, place=(line, 1))
                one.layers[name] = records.layers
                one.places |= {(name, record): (file.path, line) for record, line in records.places.items()}
        if one is not None:
            yield one


def _lines(found: Found, of: Map) -> Lines:
    """What a file holds, as the lines of a brat file."""
    lines = Lines(broken=found.broken)
    named: dict[tuple[int, int], str] = {}
    same: dict[str, str] = {}
    resolved = {one.id: _resolve(one, of.types) for one in found.marked}
    links = {name for _, names, _ in found.chains for name in names}
    for one in found.marked:
        rule = of.types.get(resolved[one.id][0])
        if rule is not None and rule.layer == "mentions" and rule.entity and one.id not in links:
            named.setdefault((one.start, one.end), one.id)
    for one in found.marked:
        kind, used = resolved[one.id]
        rule = of.types.get(kind)
        if one.id in links and rule is not None and rule.layer == "mentions" and (one.start, one.end) in named:
            same[one.id] = named[one.start, one.end]
            continue
        bound = one.id
        if one.leads and rule is not None:
            bound = f"{one.id} "
            roles = [(role if role in rule.roles else name, to) for name, role, to in one.leads]
            lines.events[one.id] = Event(kind, bound, roles, one.line)
        lines.bound[bound] = TextBound(kind, [(one.start, one.end)], one.line)
        if rule is not None:
            _features(one, used, rule, lines)
    for event in lines.events.values():
        event.roles[:] = [(role, same.get(to, to)) for role, to in event.roles]
    for kind, names, line in found.chains:
        lines.equivalences.append((_short(kind, of.chains), [same.get(name, name) for name in names], line))
    for kind, ends, line in found.relations:
        name = _short(kind, {*of.links, *of.chains})
        lines.relations.append((name, [(role, same.get(to, to)) for role, to in ends], line))
    return lines


def _resolve(one: Marked, types: Mapping[str, Rule]) -> tuple[str, str]:
    """The name of an annotation's type in the map, and the feature that the name says the value of."""
    for name in (one.type, one.type.rpartition(".")[2]):
        for feature, value in one.features.items():
            if f"{name}.{feature}={value}" in types:
                return f"{name}.{feature}={value}", feature
        if name in types:
            return name, ""
    return one.type, ""


def _features(one: Marked, used: str, rule: Rule, lines: Lines) -> None:
    for name, value in one.features.items():
        wikidata = _WIKIDATA.fullmatch(value)
        if name == used:
            continue
        if name == "identifier" and wikidata and rule.layer == "mentions" and name not in rule.notes:
            lines.normalizations.append(About(f"wikidata:{wikidata[1]}", one.id, None, one.line))
        elif name in rule.notes:
            lines.notes.append(About(name, one.id, value, one.line))
        else:
            lines.attributes.append(About(name, one.id, value, one.line))


def _short(kind: str, known: frozenset[str] | set[str]) -> str:
    """The name of a type as the map has it: whole, or what is behind its last dot."""
    return kind if kind in known else kind.rpartition(".")[2]
