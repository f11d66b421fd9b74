"""Prodigy's and doccano's JSONL → annotations: a document a line, whose labels are what a map says.

    Prodigy  {"text": "Ada said so.", "answer": "accept", "meta": {"id": "a-1"},
              "spans": [{"start": 0, "end": 3, "label": "PER"}, …],
              "relations": [{"head": 0, "child": 1, "label": "CUE", "head_span": {…}, "child_span": {…}}]}
    doccano  {"id": 7, "text": "Ada said so.", "label": [[0, 3, "PER"], …]}
             {"id": 7, "text": "Ada said so.",
              "entities": [{"id": 1, "label": "PER", "start_offset": 0, "end_offset": 3}, …],
              "relations": [{"id": 1, "from_id": 1, "to_id": 2, "type": "CUE"}]}

A label is a text-bound annotation of `brat_map`, and a relation a relation, whose arguments are called `head`
and `child`, or `from` and `to`. Offsets are code points, half-open (prodi.gy/docs/api-interfaces;
doccano/backend/data_export). Of Prodigy's lines those count that somebody accepted. A document is called by
its `meta.doc_id`, `meta.id` or `id`, or else by its file and line.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from ..core.model import GOLD, CorpusError, Fault, Problem
from ..core.schema import Schema
from ..files import parse_json
from ..files.index import MAX_BYTES
from .documents import NOTHING_SAID, Incoming, LeftOut, Options
from .importing import build_corpus, schema_of
from .mapping.annotations import Lines, TextBound
from .mapping.file_names import named, read_files
from .mapping.records import Records
from .mapping.rules import Map, own_map, read_map
from .sources import Together, annotators, doc_ids, files_below, problem, text_problem

Fields = Mapping[str, Any]
Wrong = tuple[str, str]
"""The code of a Problem, and what is wrong."""


class Say(Protocol):
    """Takes in what a line says of its text: `lines` gets its spans and relations. Yields what is wrong."""

    def __call__(self, value: Fields, lines: Lines, left: LeftOut) -> Iterator[Wrong]: ...


def prodigy(source: Path, into: Path, options: Options = NOTHING_SAID) -> Iterator[Problem]:
    """Import the .jsonl file `source`, or those below it, as `prodigy db-out` writes them, into the corpus `into`.

    Yields a Problem for each line and span that cannot be read; the rest is. Raises CorpusError when there is
    nothing to import, or the map or the record make no sense.
    """
    yield from _read(source, into, options, _say_prodigy)


def doccano(source: Path, into: Path, options: Options = NOTHING_SAID) -> Iterator[Problem]:
    """Import the .jsonl file `source`, or those below it, as doccano exports them, into the corpus `into`.

    Yields and raises what `prodigy` does.
    """
    yield from _read(source, into, options, _say_doccano)


def _read(source: Path, into: Path, options: Options, say: Say) -> Iterator[Problem]:
    schema = schema_of(options)
    written = {key: value for key, value in options.map.items() if key not in ("files", "annotator")}
    of = read_map(written, schema, own_map(schema))
    by = options.map.get("annotator", "")
    if not isinstance(by, str):
        raise CorpusError("annotator of the map must be the name of what a line has the annotator in")
    yield from build_corpus(into, _documents(source, of, by, schema, options, say), options)


def _documents(
    source: Path, of: Map, by: str, schema: Schema, options: Options, say: Say
) -> Iterator[Incoming | Problem]:
    """The documents of all files, with the Problems of their lines."""
    patterns = read_files(options.map, (), part="")
    ids, names, together = doc_ids(), annotators(), Together()
    for path, said in named(files_below(source, (".jsonl",)), source, patterns, options.left_out):
        shown = os.fsencode(path).decode("utf-8", "replace")
        for number, value in _lines(path):
            wrong = partial(problem, file=shown, place=(number, 1))
            if isinstance(value, Fault):
                yield wrong("IMP1", detail=f"{value.name}, {value.detail}".removesuffix(", "))
                continue
            if not isinstance(value, dict) or not isinstance(value.get("text"), str) or not value["text"]:
                yield wrong("IMP2", detail="the line is no object with a text")
                continue
            if say is _say_prodigy and value.get("answer") != "accept":
                answer = value.get("answer") if value.get("answer") in ("reject", "ignore") else "none"
                options.left_out["documents", f"the answer is {answer}, not accept"] += 1
                continue
            annotator = said.get("annotator") or (str(value[by]) if value.get(by) else "")
            called = _called(value) or f"{path.stem}-{number}"
            one = Incoming(ids(called), shown, value["text"])
            if said.get("split"):
                one.record["split"] = said["split"]
            annotator = names(annotator) if annotator else GOLD
            fault = text_problem(one.text, shown, called, number) or together(one, annotator, called, number)
            if fault is not None:
                yield fault
                continue
            lines = Lines()
            for code, detail in say(value, lines, options.left_out):
                yield wrong(code, detail=f"{called}: {detail}")
            for bound in lines.bound.values():
                bound.line = number
            records = Records(lines, one.text, of, schema, options.left_out)
            for code, _, detail in records.faults:
                yield wrong(code, detail=f"{called}: {detail}")
            one.layers[annotator] = records.layers
            one.places = {(annotator, record): (shown, number) for record in records.places}
            yield one


def _lines(path: Path) -> Iterator[tuple[int, Any]]:
    """The number and the value of each line, or a Fault; a line is at most as large as a file."""
    if path.is_symlink() or not path.is_file():
        yield 1, Fault("symlink" if path.is_symlink() else "unreadable")
        return
    with path.open("rb") as file:
        number = 0
        while data := file.readline(MAX_BYTES + 1):
            number += 1
            if len(data) > MAX_BYTES:
                yield number, Fault("too-large", "a line")
                return
            if data.strip():
                value, faults = parse_json(data, number)
                yield number, faults[0] if faults else value


def _called(value: Fields) -> str:
    """What a line calls its document, "" when it does not."""
    meta = value.get("meta")
    said = [meta.get("doc_id"), meta.get("id")] if isinstance(meta, dict) else []
    return next((str(one) for one in (*said, value.get("id")) if type(one) in (int, str) and one != ""), "")


def _say_prodigy(value: Fields, lines: Lines, left: LeftOut) -> Iterator[Wrong]:
    places: dict[tuple[Any, Any], str] = {}
    tokens: dict[int, str] = {}
    for i, span in enumerate(_objects(value, "spans")):
        name = f"spans/{i}"
        wrong = _span(span, ("start", "end", "label"), name, value["text"], lines)
        if wrong:
            yield wrong
            continue
        places.setdefault((span["start"], span["end"]), name)
        if type(span.get("token_end")) is int:
            tokens.setdefault(span["token_end"], name)
    for i, relation in enumerate(_objects(value, "relations")):
        if not isinstance(relation.get("label"), str):
            yield "IMP2", f"relations/{i} is no object with a label"
            continue
        found = []
        for part in ("head", "child"):
            at, token = relation.get(f"{part}_span"), relation.get(part)
            name = places.get((at.get("start"), at.get("end")), "") if isinstance(at, dict) and _is_flat(at) else ""
            found.append((part, name or (tokens.get(token, "") if type(token) is int else "")))
        if all(name for _, name in found):
            lines.relations.append((relation["label"], found, 1))
        else:
            left[f"relations {relation['label']}", "they lead to a token, not to a span that was read"] += 1
    yield from _not_lists(value, "spans", "relations")


def _say_doccano(value: Fields, lines: Lines, left: LeftOut) -> Iterator[Wrong]:
    for key in ("label", "labels"):
        for i, label in enumerate(value[key] if isinstance(value.get(key), list) else ()):
            if isinstance(label, str):
                left["labels of whole documents", "there is no field for it"] += 1
            elif not isinstance(label, list) or len(label) != 3:
                yield "IMP2", f"{key}/{i} is not [start, end, label]"
            elif wrong := _span(dict(enumerate(label)), (0, 1, 2), f"{key}/{i}", value["text"], lines):
                yield wrong
    for i, entity in enumerate(_objects(value, "entities")):
        name = str(entity["id"]) if type(entity.get("id")) in (int, str) else f"entities/{i}"
        if name in lines.bound or name in lines.broken:
            yield "IMP4", f"entities/{i}: {name}"
        elif wrong := _span(entity, ("start_offset", "end_offset", "label"), name, value["text"], lines):
            yield wrong
    for i, relation in enumerate(_objects(value, "relations")):
        ends = [relation.get("from_id"), relation.get("to_id")]
        if not isinstance(relation.get("type"), str) or not all(type(end) in (int, str) for end in ends):
            yield "IMP2", f"relations/{i} is no object with type, from_id and to_id"
        else:
            lines.relations.append((relation["type"], [("from", str(ends[0])), ("to", str(ends[1]))], 1))
    if comments := value.get("Comments"):
        left["comments", "there is no field for it"] += len(comments) if isinstance(comments, list) else 1
    yield from _not_lists(value, "label", "labels", "entities", "relations")


def _objects(value: Fields, key: str) -> list[dict[str, Any]]:
    """The objects of a list; what is none of them stands as an object without anything, which says nothing."""
    written = value.get(key)
    return [one if isinstance(one, dict) else {} for one in written] if isinstance(written, list) else []


def _not_lists(value: Fields, *keys: str) -> Iterator[Wrong]:
    for key in keys:
        if value.get(key) is not None and not isinstance(value[key], list):
            yield "IMP2", f"{key} is no list"


def _is_flat(span: Fields) -> bool:
    return type(span.get("start")) is int and type(span.get("end")) is int


def _span(span: Mapping[Any, Any], keys: tuple[Any, Any, Any], name: str, text: str, lines: Lines) -> Wrong | None:
    """Take in a span under a name; what is wrong with it, None when nothing is."""
    start, end, label = (span.get(key) for key in keys)
    lines.broken.add(name)
    if type(start) is not int or type(end) is not int or not isinstance(label, str):
        return "IMP2", f"{name} has no start, end and label"
    if not 0 <= start < end <= len(text):
        return "IMP3", f"{start} to {end} in a text of {len(text)}"
    words = span.get("text", text[start:end])
    if words != text[start:end]:
        return "IMP3", f"{text[start:end][:60]!r} is there, not {str(words)[:60]!r}"
    lines.broken.remove(name)
    lines.bound[name] = TextBound(label, [(start, end)], 1)
    return None
