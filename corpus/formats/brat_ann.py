"""The .ann files of brat: parse one, serialize one, and the annotation.conf that brat needs.

`parse` and `serialize` are inverses. brat cannot hold a line break within a span: `cut` cuts the span there, and
`joined` joins the pieces again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from ..core.model import Problem, Record, Source
from ..core.schema import Field, Layer, Schema
from .documents import Outgoing, pairs_of
from .mapping.annotations import Annotations, Chain, Event, Property, Relation, SpanAnnotation
from .mapping.records import ENTITY
from .mapping.rules import CHAIN, default_map, is_attribute, is_role, place_of, placed_layers
from .sources import not_the_words, outside, problem

_TEXT_BOUND = re.compile(r"(\S+) (\d{1,9} \d{1,9}(?:;\d{1,9} \d{1,9})*)")
_ID = re.compile(r"(?:[TERAMN#]\S{1,40}|\*|#)")
_BREAK = re.compile("[\r\n]")


def parse(file: Source, text: str, annotations: Annotations) -> Iterator[Problem]:
    """Add the annotations of a file to `annotations`; yield a Problem for each line that cannot be parsed."""
    seen: set[str] = set()
    for number, data in enumerate(file.data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        data = data.removesuffix(b"\r")
        if not data.strip():
            continue
        try:
            line = data.decode()
        except UnicodeDecodeError as error:
            yield problem("IMP2", file, f"byte {data[error.start]:#04x} is not UTF-8", place=(number, 1))
            continue
        name, _, rest = line.partition("\t")
        if not _ID.fullmatch(name):
            yield problem("IMP2", file, "expected an id and a tab at the start of the line", place=(number, 1))
            continue
        if name in seen and name not in "*#":
            yield problem("IMP4", file, f"{name} is the id of an earlier line", place=(number, 1))
            continue
        seen.add(name)
        wrong = _parse_line(name, rest, number, text, annotations)
        if wrong:
            annotations.broken.add(name)
            yield problem(wrong[0], file, f"{name}: {wrong[1]}", place=(number, 1))
        elif name[0] not in "TE*":
            annotations.others.add(name)


def _parse_line(name: str, rest: str, number: int, text: str, annotations: Annotations) -> tuple[str, str] | None:
    """Add the annotation of a line. Return the code and message of an error, or None."""
    said, tab, tail = rest.partition("\t")
    words = said.split(" ")
    arguments = [(role, target) for role, colon, target in (word.partition(":") for word in words if word)]
    whole = all(role and target for role, target in arguments)
    match name[0]:
        case "T":
            return _parse_span(name, said, tail if tab else None, number, text, annotations)
        case "E":
            if not arguments or not whole:
                return "IMP2", "expected an event: TYPE:TRIGGER ROLE:ID …"
            (kind, trigger), *roles = arguments
            annotations.events[name] = Event(kind, trigger, roles, number)
        case "R":
            if len(arguments) != 3 or not all(role and target for role, target in arguments[1:]):
                return "IMP2", "expected a relation: TYPE ARG:ID ARG:ID"
            annotations.relations.append(Relation(words[0], arguments[1:], number))
        case "*":
            if len(words) < 2 or not all(words):
                return "IMP2", "expected an equivalence: TYPE ID ID …"
            annotations.chains.append(Chain(words[0], words[1:], number))
        case "A" | "M":
            kind, _, more = said.partition(" ")
            target, blank, value = more.partition(" ")
            if not kind or not target:
                return "IMP2", "expected an attribute: TYPE ID VALUE"
            annotations.attributes.append(Property(kind, target, value if blank else None, number))
        case "N":
            if len(words) != 3 or not re.fullmatch(r"[^:]+:.+", words[2]):
                return "IMP2", "expected a normalization: TYPE ID DATABASE:ID"
            annotations.kb_links.append(Property(words[2], words[1], tail if tab else None, number))
        case _:
            if len(words) != 2 or not all(words):
                return "IMP2", "expected a note: TYPE ID, a tab and its text"
            annotations.notes.append(Property(words[0], words[1], tail if tab else None, number))
    return None


def _parse_span(
    name: str, said: str, words: str | None, number: int, text: str, annotations: Annotations
) -> tuple[str, str] | None:
    found = _TEXT_BOUND.fullmatch(said)
    if not found or words is None:
        return "IMP2", "expected a text-bound annotation: TYPE START END, a tab and its text"
    pieces = [(int(start), int(end)) for start, end in (piece.split(" ") for piece in found[2].split(";"))]
    for start, end in pieces:
        if not start < end <= len(text):
            return "IMP3", outside(start, end, len(text))
    there = " ".join(text[start:end] for start, end in pieces)
    loose = len(pieces) > 1 or _BREAK.search(there)
    if there != words and not (loose and "".join(there.split()) == "".join(words.split())):
        return "IMP3", not_the_words(there, words)
    annotations.spans[name] = SpanAnnotation(found[1], joined(text, pieces), number)
    return None


def joined(text: str, pieces: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join pieces that only line breaks separate."""
    made: list[tuple[int, int]] = []
    for start, end in pieces:
        if made and made[-1][1] < start and not text[made[-1][1] : start].strip("\r\n"):
            made[-1] = (made[-1][0], end)
        else:
            made.append((start, end))
    return made


def cut(text: str, pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Cut spans at line breaks."""
    return [
        (start + found.start(), start + found.end())
        for start, end in pairs
        for found in re.finditer("[^\r\n]+", text[start:end])
    ]


def serialize(one: Outgoing, schema: Schema) -> bytes:
    """Return the bytes of the .ann file of a document."""
    return _Writer(one, schema).data()


class _Writer:
    """Collects the lines of a document; ids are numbered by the first letter, T1, T2, E1, …."""

    def __init__(self, one: Outgoing, schema: Schema) -> None:
        self._text, self._layers, self._schema = one.text, one.annotation, schema
        self._lines: list[str] = []
        self._number = dict.fromkeys("TEAN#", 0)
        self._ids: dict[tuple[str, str], str] = {}

    def data(self) -> bytes:
        """Return the bytes of the .ann file."""
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
            if one.name in record:
                self._value(one, at, record[one.name], is_mention=layer.name == "mentions")

    def _value(self, one: Field, at: str, value: Any, *, is_mention: bool) -> None:
        """Write a field that is not a role. A required field that is empty is written too: absence means unknown."""
        if value is None or value == []:
            if one.required and not (is_mention and one.name == "entity"):
                self._line("#", f"{one.name} {at}", json.dumps(value))
        elif is_role(one):
            return
        elif not is_attribute(one):
            self._line("#", f"{one.name} {at}", _written(value))
        elif one.kind == "label":
            for label in value if one.many else [value]:
                self._line("A", f"{one.name} {at} {label}")
        else:
            self._line("A", f"{one.name} {at}" + ("" if value else " false"))


def _is_plain(text: str) -> bool:
    """Return whether a text fits in a line as it is, without JSON quotes."""
    return bool(text) and text.isprintable() and text == text.strip() and text[0] != '"' and text != "null"


def _written(value: Any) -> str:
    return value if isinstance(value, str) and _is_plain(value) else json.dumps(value)


def configuration(schema: Schema) -> str:
    """Return the annotation.conf of a schema."""
    own, placed = default_map(schema), placed_layers(schema)
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
