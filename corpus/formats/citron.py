"""Citron JSON to and from quotes and coreference chains: a file for each document, a directory for each annotator.

    {"text": "Mayor Åsa Lindqvist spoke. “The bridge is safe,” she said.",
     "quotes": [{"id": "q1", "cue": {"start": 54, "end": 58, "text": "said"},
                 "sources": [{"start": 50, "end": 53, "text": "she"}],
                 "contents": [{"start": 28, "end": 47, "text": "The bridge is safe,"}]}],
     "coreference_groups": [[{"start": 0, "end": 19, "text": "Mayor Åsa Lindqvist"},
                             {"start": 50, "end": 53, "text": "she"}]]}

This is the format that BBC R&D's Citron is trained and scored on (github.com/bbc/citron, docs/data_format.md).
Offsets are code points, half-open. A span in sources or in a group is a mention. A group is an entity, named by its
first mention. The speaker is the entity of the sources, if they have only one. A file without the key `quotes` was
not annotated for quotes, and one without `coreference_groups` not for chains; the `coreferences` of a quote with one
source then make the chains.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.done import field_done, layer_done
from ..core.model import GOLD, CorpusError, Document, Problem, Record, Source
from ..core.schema import Schema
from .documents import (
    NOTHING_SAID,
    Direction,
    Groups,
    Incoming,
    LeftOut,
    Options,
    Outgoing,
    in_order,
    layers_left_out,
    pairs_of,
    renamed,
    spans_of,
)
from .importing import build_corpus, schema_of
from .known import Known
from .mapping.file_names import named, read_files
from .mapping.rules import COMMON, unknown_keys
from .sources import (
    Together,
    files_below,
    json_source,
    not_read,
    not_the_words,
    outside,
    problem,
    text_problem,
)
from .writing import json_bytes, write_file

LAYERS = ("entities", "mentions", "quotes")
NO_FIELD = "Citron has no such field"
_NOT_DONE = "quotes whose cue or source was not annotated"
LEAVES_OUT = (
    ("article records", "Citron stores the text and its name only"),
    ("ids", "renumbered on import"),
    ("provenance", "Citron has no such field"),
    ("fields_done", "Citron has no such field; a quote gets a speaker and an entity a name on import"),
    ("annotations", "neither quotes nor entities and mentions were annotated"),
    ("nonquotes", NO_FIELD),
    ("stances", NO_FIELD),
    ("other empty layers", "Citron cannot record that a layer was annotated"),
    (_NOT_DONE, "Citron would read them as quotes without a source"),
    ("quotes", "no cue, which Citron requires"),
    ("pieces of discontinuous cues", "a cue is one span: the first piece is kept"),
    ("other fields of quotes", "a quote has cue, sources and contents only"),
    ("speakers of quotes", "the speaker becomes the one entity of the sources"),
    ("pieces of discontinuous mentions", "a mention is one span: each piece becomes a mention"),
    ("mentions with the span of another", "a span is in one group"),
    ("mentions", "neither a source nor in a group"),
    ("other fields of mentions", "a mention has a span only"),
    ("entities", "no mention: a group consists of mentions"),
    ("names of entities", "the name becomes the first mention"),
    ("other fields of entities", "a group consists of mentions only"),
)
READS = Direction(
    "quotes, their sources and cues, coreference groups",
    "other keys",
    "files written by hand after Citron's documentation",
)
WRITES = Direction(
    "quotes with a cue, their sources, coreference groups",
    "see below",
    "our own import",
)
_WHY = dict(LEAVES_OUT)
_KEYS = Known("values of", ("text", "quotes", "coreference_groups"), "Citron's files have no such key")
_OF_QUOTES = Known(
    "values of quotes'", ("id", "cue", "contents", "sources", "coreferences"), "Citron's quotes have no such key"
)
_FILES = ("{annotator}/{doc}.json", "{doc}.json")

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Quote:
    """A quote in Citron's terms; offsets are code points."""

    cue: Pair
    sources: list[Pair]
    contents: list[Pair]


def carry(document: Document, schema: Schema, left: LeftOut) -> Record | None:
    """Return the quotes and chains that Citron can hold; count what it drops in `left`."""
    assert document.annotation is not None
    assert document.text is not None
    if not {"mentions", "quotes"} <= schema.layers.keys():
        raise CorpusError("Citron stores quotes and mentions only, and the schema lacks one of them")
    value, quote_layer = document.value, schema.layers["quotes"]
    done = {name for name in LAYERS if layer_done(value, name)}
    if "quotes" in done and not all(field_done(value, quote_layer, name) for name in ("cue", "source")):
        left[_NOT_DONE, _WHY[_NOT_DONE]] += len(document.layer("quotes"))
        done.remove("quotes")
    has_chains = {"entities", "mentions"} <= done and field_done(value, schema.layers["mentions"], "entity")
    if "quotes" not in done and not has_chains:
        left["annotations", _WHY["annotations"]] += 1
        return None
    layers = in_order(document.value, schema)
    layers_left_out(layers, set(LAYERS), left, _WHY, NO_FIELD)
    empty = [name for name in layers if name not in LAYERS and not layers[name]]
    left["other empty layers", _WHY["other empty layers"]] += len(empty)

    def leave(what: str, number: int = 1) -> None:
        left[what, _WHY[what]] += number

    entity_of: dict[Pair, str | None] = {}
    pieces: dict[str, list[Pair]] = {}
    for mention in layers.get("mentions", ()):
        pieces[mention["id"]] = pairs_of(mention["spans"])
        leave("pieces of discontinuous mentions", len(mention["spans"]) - 1)
        leave("mentions with the span of another", sum(pair in entity_of for pair in pieces[mention["id"]]))
        leave("other fields of mentions", _others(mention, "spans", "entity"))
        for pair in pieces[mention["id"]]:
            entity_of.setdefault(pair, mention.get("entity"))
    quotes = None
    if "quotes" in done:
        quotes = []
        for quote in layers.get("quotes", ()):
            cue = pairs_of(quote.get("cue") or [])
            if not cue:
                leave("quotes")
                continue
            leave("pieces of discontinuous cues", len(cue) - 1)
            leave("other fields of quotes", _others(quote, "content", "cue", "source", "speaker"))
            sources = [pair for name in quote.get("source", ()) for pair in pieces.get(name, ())]
            quotes.append(_Quote(cue[0], list(dict.fromkeys(sources)), pairs_of(quote["content"])))
            speaker = _one(entity_of.get(pair) for pair in sources) if has_chains else None
            leave("speakers of quotes", quote.get("speaker", speaker) != speaker)
    groups = None
    if has_chains:
        of_entity: dict[str, list[Pair]] = {}
        for pair, name in sorted(entity_of.items(), key=lambda item: _place(item[0])):
            of_entity.setdefault(name or "", []).append(pair)
        groups = [of_entity.get(entity["id"], []) for entity in layers["entities"]]
        leave("entities", groups.count([]))
        for entity, group in zip(layers["entities"], groups, strict=True):
            if group:
                leave("names of entities", entity.get("name") != _words(document.text, group[0]))
                leave("other fields of entities", _others(entity, "name"))
        groups = sorted((group for group in groups if group), key=lambda group: _place(group[0]))
    else:
        left["entities", NO_FIELD] += len(layers.get("entities", ()))
    made = _layers(document.text, quotes, groups, schema)
    kept = {tuple(pairs_of(one["spans"])[0]) for one in made.get("mentions", ())}
    leave("mentions", sum(pair not in kept for pair in entity_of))
    leave("ids", sum(map(len, made.values())))
    return made


def _others(record: Record, *known: str) -> int:
    """Return how many fields of a record have a value, except `id` and the known ones."""
    return sum(value not in (None, []) for name, value in record.items() if name not in ("id", *known))


def _one(names: Iterable[str | None]) -> str | None:
    """Return the only name, or None if there is none or more than one."""
    found = set(names) - {None}
    return found.pop() if len(found) == 1 else None


def _place(pair: Pair) -> Pair:
    return pair[0], -pair[1]


def _words(text: str, pair: Pair) -> str:
    return " ".join(text[slice(*pair)].split()) or "?"


def _layers(text: str, quotes: list[_Quote] | None, groups: list[list[Pair]] | None, schema: Schema) -> Record:
    """Return the layers that quotes and groups become. Groups are in text order, and no span is in two groups."""
    entity_of = {pair: f"{i}" for i, group in enumerate(groups or ()) for pair in group}
    sources = {pair for quote in quotes or () for pair in quote.sources}
    made: dict[str, list[Record]] = {}
    if groups is not None:
        made["entities"] = [{"id": f"{i}", "name": _words(text, group[0])} for i, group in enumerate(groups)]
    if groups is not None or sources:
        made["mentions"] = [
            {"id": f"{pair}", "spans": spans_of(text, [pair]), "entity": entity_of.get(pair)}
            for pair in sorted(entity_of.keys() | sources, key=_place)
        ]
        for mention in made["mentions"]:
            if mention["entity"] is None:
                del mention["entity"]
    if quotes is not None:
        made["quotes"] = [
            {
                "id": f"{i}",
                "content": spans_of(text, quote.contents),
                "cue": spans_of(text, [quote.cue]),
                "source": [f"{pair}" for pair in quote.sources],
                "speaker": _one(entity_of.get(pair) for pair in quote.sources),
            }
            for i, quote in enumerate(quotes)
        ]
        for one in made["quotes"]:
            if one["speaker"] is None:  # the sources belong to no entity, or to several: it is not known
                del one["speaker"]
    fields = {name: {one.name for one in schema.layers[name].fields} for name in made if name in schema.layers}
    known = {
        name: [{key: value for key, value in record.items() if key in fields[name]} for record in made[name]]
        for name in fields
    }
    return renamed(known, schema)


def write(documents: Iterable[Outgoing], schema: Schema, out: Path) -> None:
    """Write `<annotator>/<doc_id>.json` for each document."""
    for one in documents:
        layers = one.annotation
        value: Record = {"text": one.text}
        mentions = {mention["id"]: mention for mention in layers.get("mentions", ())}
        if "quotes" in layers:
            value["quotes"] = [
                {
                    "id": quote["id"],
                    "cue": quote["cue"][0],
                    "sources": [mentions[name]["spans"][0] for name in quote["source"]],
                    "contents": quote["content"],
                }
                for quote in layers["quotes"]
            ]
        if "entities" in layers:
            value["coreference_groups"] = [
                [mention["spans"][0] for mention in mentions.values() if mention.get("entity") == entity["id"]]
                for entity in layers["entities"]
            ]
        write_file(out / one.annotator / f"{one.doc_id}.json", json_bytes(value))


def read(source: Path, into: Path, options: Options = NOTHING_SAID) -> Iterator[Problem]:
    """Import the file `source`, or the files below it, into the new corpus `into`.

    Yields a Problem for each file, quote and span that cannot be read, and imports the rest. Raises CorpusError
    when there is nothing to import, or the map or a record field is invalid.
    """
    known = {"files", *COMMON}
    if unknown := options.map.keys() - known:
        raise CorpusError(unknown_keys(unknown, known))
    yield from build_corpus(into, _documents(source, options), options)


def _documents(source: Path, options: Options) -> Iterator[Incoming | Problem]:
    schema, patterns = schema_of(options), read_files(options.map, _FILES)
    ids, names, together = options.doc_ids, options.annotators, Together()
    for path, said in named(files_below(source, (".json",), options.left_out), source, patterns, options.left_out):
        file = json_source(path)
        yield from not_read(file)
        if file.faults:
            continue
        if not isinstance(file.value, dict) or not isinstance(file.value.get("text"), str) or not file.value["text"]:
            yield problem("IMP2", file, "expected an object with a text that is not empty")
            continue
        annotator = names(said["annotator"]) if said.get("annotator") else GOLD
        one = Incoming(ids(said["doc"]), file.path, file.value["text"])
        if said.get("split"):
            one.record["split"] = said["split"]
        wrong = text_problem(one.text, file.path, said["doc"]) or together(one, annotator, said["doc"])
        if wrong is not None:
            yield wrong
            continue
        _KEYS.drop_others(file.value, options.left_out)
        reader = _Reader(file, one.text, options.left_out)
        quotes, groups = reader.quotes(), reader.groups()
        one.set_aside(annotator, reader.problems)
        one.layers[annotator] = _layers(one.text, quotes, groups, schema)
        yield one


class _Reader:
    """Reads the quotes, then the groups of a file, and collects Problems."""

    def __init__(self, file: Source, text: str, left: LeftOut) -> None:
        self._file, self._text, self._left = file, text, left
        self._own: list[list[Pair]] = []
        """Groups from the `coreferences` of single quotes."""
        self.problems: list[Problem] = []

    def quotes(self) -> list[_Quote] | None:
        """Return the quotes in text order, or None if the file has no key `quotes`: they were not annotated."""
        found = []
        for i, quote in enumerate(self._list(self._file.value, "quotes")):
            at = ("quotes", i)
            if not isinstance(quote, dict):
                self._wrong("IMP2", "a quote must be an object", *at)
                continue
            cue = self._span(quote.get("cue"), *at, "cue")
            contents = self._spans(quote, "contents", *at)
            sources = self._spans(quote, "sources", *at)
            if contents == [] and not quote.get("contents"):
                self._wrong("IMP2", "a quote must have contents", *at)
            if cue is None or not contents or len(contents) < len(quote["contents"]):
                continue
            found.append(_Quote(cue, list(dict.fromkeys(sources)), contents))
            others = self._spans(quote, "coreferences", *at)
            if len(found[-1].sources) == 1:
                self._own.append([*sources, *others] if others else [])
            elif others:
                self._left[
                    "coreferences of a quote with several sources", "it is ambiguous which source they belong to"
                ] += 1
            _OF_QUOTES.drop_others(quote, self._left)
        found.sort(key=lambda quote: _place(quote.contents[0]))
        return None if self._file.value.get("quotes") is None else found

    def groups(self) -> list[list[Pair]] | None:
        """Return the groups in text order, merged where they share a span; None if chains were not annotated."""
        written: list[list[Pair]] = []
        for i, group in enumerate(self._list(self._file.value, "coreference_groups")):
            if isinstance(group, list):
                found = (self._span(span, "coreference_groups", i, j) for j, span in enumerate(group))
                written.append([pair for pair in found if pair is not None])
            else:
                self._wrong("IMP2", "a group must be a list of spans", "coreference_groups", i)
        if self._file.value.get("coreference_groups") is None and not any(self._own):
            return None
        pairs = sorted({pair for spans in (*written, *self._own) for pair in spans}, key=_place)
        joined = Groups(pairs)
        for spans in (*written, *self._own):
            for pair in spans[1:]:
                joined.join(spans[0], pair)
        groups: dict[Pair, list[Pair]] = {}
        for pair in pairs:
            groups.setdefault(joined.head(pair), []).append(pair)
        return list(groups.values())

    def _list(self, value: Mapping[str, Any], name: str, *parts: str | int) -> list[Any]:
        written = value.get(name)
        if written is None or isinstance(written, list):
            return written or []
        self._wrong("IMP2", f"{name} must be a list", *parts, name)
        return []

    def _spans(self, value: Mapping[str, Any], name: str, *parts: str | int) -> list[Pair]:
        written = self._list(value, name, *parts)
        spans = (self._span(span, *parts, name, i) for i, span in enumerate(written))
        return [pair for pair in spans if pair is not None]

    def _span(self, span: Any, *parts: str | int) -> Pair | None:
        """Return a span that matches the text, else None and add a Problem."""
        if not isinstance(span, dict) or not all(type(span.get(name)) is int for name in ("start", "end")):
            self._wrong("IMP2", "a span must be an object with integers start and end", *parts)
            return None
        start, end = span["start"], span["end"]
        if not 0 <= start < end <= len(self._text):
            self._wrong("IMP3", outside(start, end, len(self._text)), *parts)
        elif span.get("text", self._text[start:end]) != self._text[start:end]:
            self._wrong("IMP3", not_the_words(self._text[start:end], str(span["text"])), *parts)
        else:
            return start, end
        return None

    def _wrong(self, code: str, detail: str, *parts: str | int) -> None:
        self.problems.append(problem(code, self._file, detail, *parts))
