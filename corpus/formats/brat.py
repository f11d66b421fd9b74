"""brat stand-off ↔ annotations: a .txt and a .ann a document, in a folder for each annotator.

    T1  PER 0 12           Åsa Lindqvist      a mention; its type is that of its entity
    A1  form T1 NAM                           a label of the mention
    N1  Reference T1 wikidata:Q1  Åsa L.      kb and name of the entity
    *   Coref T1 T4                           mentions of one entity
    T2  quotes 20 34;40 44 …                  the words of a record of the layer `quotes`, its field `content`
    T3  quotes-cue 35 39   said               the words of another field of spans
    E1  quotes:T2 cue:T3 source:T4 speaker:T1 the record: its words, and what its fields lead to
    A2  type E1 direct                        a label of the record
    #1  note E1            …                  any other field

That is what the writer writes, made from the schema, and what is read without a map; an entity stands for
itself by its first mention. With a map (see `brat_map`), types and roles of any collection are read so.
Offsets are code points. brat holds no line break in a span: the span is cut there, and read as one again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ..core.model import GOLD, Document, Problem, Record
from ..core.schema import Field, Layer, Schema
from ..core.text import visible
from .brat_parser import parse
from .documents import (
    NOTHING_SAID,
    Incoming,
    LeftOut,
    Options,
    Outgoing,
    hold_together,
    in_order,
    layers_left_out,
    pairs_of,
    renamed,
    spans_of,
)
from .importing import build_corpus, schema_of, write_file
from .mapping.annotations import Lines, cut, joined
from .mapping.file_names import by_document, named
from .mapping.records import ENTITY, Records
from .mapping.rules import CHAIN, Map, is_attribute, is_role, own_map, place_of, placed_layers, read_map
from .sources import annotators, doc_ids, files_below, not_read, problem, read_source, text_source

LAYERS = ("entities", "mentions", "quotes", "nonquotes")
NO_WORDS = "brat has no place for what stands on no words of its own"
NO_PLACE = "brat has no place for it"
BREAKS = "brat holds no line break in a span"
PARTED = f"{BREAKS}: they are read as one"
LEAVES_OUT = (
    ("the record of an article", "brat has a text and its name"),
    ("ids", "brat counts its own"),
    ("provenance", NO_PLACE),
    ("layers in which nothing was found", "brat cannot say that somebody looked"),
    ("stances", f"{NO_WORDS}: label, holder and target"),
    ("entities", "brat has an entity only by its mentions, and this one has none"),
    ("references in quotes.speaker", "what they lead to is left out"),
    ("line breaks at the edge of a span", BREAKS),
    ("spans of a record that a line break alone parts", PARTED),
    ("mentions", "they are line breaks alone"),
)


def carry(document: Document, schema: Schema, left: LeftOut) -> Record:
    """The layers of an annotation as brat can hold them; what it cannot is counted."""
    assert document.text is not None
    why = dict(LEAVES_OUT)
    layers = in_order(document.value, schema)
    placed = {layer.name: layer for layer in placed_layers(schema)}
    has_entities = "mentions" in placed and "entities" in schema.layers
    kept = placed.keys() | ({"entities"} if has_entities else set())
    layers_left_out(layers, set(kept), left, why, NO_WORDS)
    held: dict[str, list[Record]] = {name: [] for name in layers if name in kept}
    for name in held:
        place = place_of(schema.layers[name])
        for record in layers[name]:
            one = {
                key: _cut(document.text, value, left) if _is_spans(schema.layers[name], key) else value
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
        first: dict[str, int] = {}
        for i, mention in enumerate(held.get("mentions", ())):
            first.setdefault(mention.get("entity") or "", i)
        without = [one for one in held["entities"] if one["id"] not in first]
        left["entities", why["entities"]] += len(without)
        held["entities"] = sorted((e for e in held["entities"] if e["id"] in first), key=lambda e: first[e["id"]])
        held = hold_together(held, schema, left, why["references in quotes.speaker"])
    left["ids", why["ids"]] += sum(map(len, held.values()))
    return renamed({name: records for name, records in held.items() if records}, schema)


def write(documents: Iterable[Outgoing], schema: Schema, out: Path) -> None:
    """Write a .txt and a .ann for each document, in a folder for each annotator, and brat's configuration."""
    own_map(schema)
    for one in documents:
        write_file(out / one.annotator / f"{one.doc_id}.txt", one.text.encode())
        write_file(out / one.annotator / f"{one.doc_id}.ann", _Writer(one, schema).data())
    write_file(out / "annotation.conf", _configuration(schema).encode())


class _Writer:
    """Collects the lines of a document."""

    def __init__(self, one: Outgoing, schema: Schema) -> None:
        self._text, self._layers, self._schema = one.text, one.annotation, schema
        self._lines: list[str] = []
        self._number = dict.fromkeys("TEAN#", 0)
        self._ids: dict[tuple[str, str], str] = {}

    def data(self) -> bytes:
        """The bytes of the .ann file."""
        placed = [layer for layer in placed_layers(self._schema) if self._layers.get(layer.name)]
        types = {one["id"]: one.get("type") for one in self._layers.get("entities", ())}
        own: dict[tuple[str, str], str] = {}
        for layer in placed:
            for record in self._layers[layer.name]:
                kind = types.get(record.get("entity")) if layer.name == "mentions" else None
                own[layer.name, record["id"]] = self._bound(kind or layer.name, record[place_of(layer)])
                self._ids[layer.name, record["id"]] = own[layer.name, record["id"]]
        for entity in self._layers.get("entities", ()):
            self._entity(entity)
        events = [layer for layer in placed if layer.name != "mentions"]
        for layer in events:
            for record in self._layers[layer.name]:
                self._ids[layer.name, record["id"]] = self._next("E")
        for layer in placed:
            for record in self._layers[layer.name]:
                self._record(layer, record, own[layer.name, record["id"]])
        return "".join(f"{line}\n" for line in self._lines).encode()

    def _next(self, kind: str) -> str:
        self._number[kind] += 1
        return f"{kind}{self._number[kind]}"

    def _line(self, kind: str, said: str, tail: str | None = None) -> None:
        self._lines.append("\t".join((self._next(kind), said) if tail is None else (self._next(kind), said, tail)))

    def _bound(self, kind: str, spans: list[Record]) -> str:
        pieces = cut(self._text, pairs_of(spans))
        offsets = ";".join(f"{start} {end}" for start, end in pieces)
        self._line("T", f"{kind} {offsets}", " ".join(self._text[start:end] for start, end in pieces))
        return f"T{self._number['T']}"

    def _entity(self, entity: Record) -> None:
        mentions = [one for one in self._layers["mentions"] if one.get("entity") == entity["id"]]
        bound = [self._ids["mentions", one["id"]] for one in mentions]
        self._ids["entities", entity["id"]] = bound[0]
        if len(bound) > 1 or not entity.get("type"):
            self._lines.append(f"*\t{CHAIN} {' '.join(bound)}")
        rest = {key: value for key, value in entity.items() if key not in ("id", "type")}
        kb = rest.get("kb")
        if isinstance(kb, str) and ":" in kb and kb.isprintable():
            name = str(rest.get("name", ""))
            self._line("N", f"Reference {bound[0]} {rest.pop('kb')}", name if _is_plain(name) else "")
            if _is_plain(name):
                rest.pop("name", None)
        for key, value in rest.items():
            if value is not None:
                self._line("#", f"{ENTITY}{key} {bound[0]}", _written(value))

    def _record(self, layer: Layer, record: Record, own: str) -> None:
        at, roles = self._ids[layer.name, record["id"]], [f"{layer.name}:{own}"]
        fields = [one for one in layer.fields if one.name not in ("id", place_of(layer))]
        for one in fields:
            if layer.name != "mentions" and is_role(one) and record.get(one.name):
                value = record[one.name]
                if one.kind == "spans":
                    targets = [self._bound(f"{layer.name}-{one.name}", value)]
                else:
                    targets = [self._ids[one.refers_to, to] for to in (value if one.many else [value])]
                roles += [f"{one.name}{i if i > 1 else ''}:{target}" for i, target in enumerate(targets, 1)]
        if layer.name != "mentions":
            self._lines.append(f"{at}\t{' '.join(roles)}")
        for one in fields:
            if one.name not in record or is_role(one):
                continue
            value = record[one.name]
            if value is None:
                continue
            if not is_attribute(one):
                self._line("#", f"{one.name} {at}", _written(value))
            elif one.kind == "label":
                for label in value if one.many else [value]:
                    self._line("A", f"{one.name} {at} {label}")
            elif value or not one.required:
                self._line("A", f"{one.name} {at}" + ("" if value else " false"))


def _cut(text: str, spans: list[Record], left: LeftOut) -> list[Record]:
    """The spans as they come back from brat."""
    pairs = pairs_of(spans)
    bare = [pair for one in pairs for pair in joined(text, cut(text, [one]))]
    made = joined(text, cut(text, pairs))
    left["line breaks at the edge of a span", BREAKS] += sum(e - s for s, e in pairs) - sum(e - s for s, e in bare)
    left["spans of a record that a line break alone parts", PARTED] += len(bare) - len(made)
    return spans_of(text, made)


def _is_spans(layer: Layer, name: str) -> bool:
    return any(one.name == name for one in layer.of_kind("spans"))


def _is_plain(text: str) -> bool:
    """Whether a text can stand in a line as it is."""
    return bool(text) and text.isprintable() and text == text.strip() and text[0] != '"'


def _written(value: Any) -> str:
    return value if isinstance(value, str) and _is_plain(value) else json.dumps(value)


def _configuration(schema: Schema) -> str:
    """The annotation.conf that brat asks for."""
    own, placed = own_map(schema), placed_layers(schema)
    mentions = [name for name, rule in own.types.items() if rule.layer == "mentions"]
    events = [layer for layer in placed if layer.name != "mentions"]
    bound = [f"{layer.name}-{one.name}" for layer in events for one in layer.of_kind("spans")]
    lines = ["[entities]", *mentions, *(one for one in bound if one not in {f"{x.name}-{place_of(x)}" for x in events})]
    lines += ["", "[relations]", f"{CHAIN} Arg1:<ENTITY>, Arg2:<ENTITY>, <REL-TYPE>:symmetric-transitive"]
    lines += ["<OVERLAP> Arg1:<ANY>, Arg2:<ANY>, <OVL-TYPE>:<ANY>", "", "[events]"]
    for layer in events:
        roles = [one for one in layer.fields if is_role(one) and one.name != place_of(layer)]
        said = ", ".join(f"{one.name}{'*' if one.many else '?'}:{_goes_to(layer, one)}" for one in roles)
        lines.append(f"{layer.name}\t{said}".rstrip())
    lines += ["", "[attributes]"]
    values: dict[str, tuple[list[str], list[str]]] = {}
    for layer in placed:
        for one in (one for one in layer.fields if is_attribute(one)):
            targets, labels = values.setdefault(one.name, ([], []))
            targets += ["<ENTITY>"] if layer.name == "mentions" else [layer.name]
            labels += [label.name for label in one.labels if label.name not in labels]
    for name, (targets, labels) in values.items():
        lines.append(f"{name}\tArg:{'|'.join(targets)}" + (f", Value:{'|'.join(labels)}" if labels else ""))
    return "\n".join(lines) + "\n"


def _goes_to(layer: Layer, one: Field) -> str:
    if one.kind == "spans":
        return f"{layer.name}-{one.name}"
    return "<ENTITY>" if one.refers_to in ("entities", "mentions") else one.refers_to


def read(source: Path, into: Path, options: Options = NOTHING_SAID) -> Iterator[Problem]:
    """Import the collection in the folder `source` into the new corpus `into`.

    Yields a Problem for each line and file that cannot be read; the rest is. Raises CorpusError when there is
    nothing to import, or the map or the record make no sense.
    """
    schema = schema_of(options)
    yield from build_corpus(
        into, _documents(source, read_map(options.map, schema, own_map(schema)), schema, options), options
    )


def _documents(source: Path, of: Map, schema: Schema, options: Options) -> Iterator[Incoming | Problem]:
    """The documents of a collection, with the Problems of its files."""
    root = source if source.is_dir() else source.parent
    found = files_below(source, (".ann", ".txt"))
    annotated = (path for path in found if path.suffix == ".ann")
    parts = by_document(named(annotated, source, of.files, options.left_out))
    with_annotations = set(parts)
    for path in (path for path in found if path.suffix == ".txt" and path.stem not in with_annotations):
        parts.setdefault(path.stem, []).append(("", "", path))
    ids, names = doc_ids(), annotators()
    for doc, of_doc in sorted(parts.items()):
        one: Incoming | None = None
        for annotator, split, path in sorted(of_doc):
            text = text_source(_text_of(path, doc, root))
            yield from not_read(text)
            if text.value is None or text.faults:
                continue
            if one is None:
                one = Incoming(ids(doc), text.path, text.value)
                if split:
                    one.record["split"] = split
            elif one.text != text.value:
                yield problem("IMP3", str(path), f"its text is not that of {one.path}")
                continue
            if path.suffix == ".ann":
                yield from _annotate(one, names(annotator) if annotator else GOLD, path, of, schema, options)
        if one is not None:
            yield one


def _text_of(path: Path, doc: str, root: Path) -> Path:
    """Where the text of a .ann file lies: beside it, or at the top."""
    beside = path.with_name(f"{doc}.txt")
    return beside if beside.exists() or beside.is_symlink() else root / f"{doc}.txt"


def _annotate(
    one: Incoming, annotator: str, path: Path, of: Map, schema: Schema, options: Options
) -> Iterator[Problem]:
    file = read_source(path, "annotation")
    yield from not_read(file)
    if file.faults:
        return
    if annotator in one.layers:
        yield problem("IMP4", file, f"{visible(annotator)} has another annotation of {one.doc_id}")
        return
    lines = Lines()
    yield from parse(file, one.text, lines)
    records = Records(lines, one.text, of, schema, options.left_out)
    for code, line, detail in records.faults:
        yield problem(code, file, detail, place=(line, 1))
    one.layers[annotator] = records.layers
    one.places |= {(annotator, name): (file.path, line) for name, line in records.places.items()}
