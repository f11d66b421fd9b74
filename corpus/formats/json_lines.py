"""Documents from JSONL, as Prodigy and doccano write it: one document on each line, its labels read by a map.

The formats differ in how a line holds spans and relations; `prodigy.py` and `doccano.py` decode that. The rest is
here. The document id is `meta.doc_id`, `meta.id` or `id` of the line, or else the name of the file and the line
number. A text is at most as large as any file of a corpus, and so is a line.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from ..core.model import GOLD, CorpusError, Fault, Problem
from ..core.schema import Schema
from ..files import parse_json
from ..files.index import MAX_BYTES
from .documents import Incoming, LeftOut, Options
from .importing import build_corpus, schema_of
from .mapping.annotations import Lines, TextBound
from .mapping.file_names import named, read_files
from .mapping.records import Records
from .mapping.rules import Map, own_map, read_map
from .sources import Together, annotators, doc_ids, files_below, problem, text_problem

Fields = Mapping[str, Any]
Wrong = tuple[str, str]
"""The code of a Problem, and what is wrong."""


class Decode(Protocol):
    """Decode the object of one line: add its spans and relations to `lines`; yield what is wrong with it."""

    def __call__(self, value: Fields, lines: Lines, left: LeftOut) -> Iterator[Wrong]: ...


IsWanted = Callable[[Fields, LeftOut], bool]
"""Return whether a line is to be imported; count it in the second argument if it is not."""


def read_lines(
    source: Path, into: Path, options: Options, decode: Decode, is_wanted: IsWanted = lambda value, left: True
) -> Iterator[Problem]:
    """Import the .jsonl files at `source` into the new corpus `into`; yield a Problem for each unreadable part."""
    schema = schema_of(options)
    written = {key: value for key, value in options.map.items() if key not in ("files", "annotator")}
    of = read_map(written, schema, own_map(schema))
    by = options.map.get("annotator", "")
    if not isinstance(by, str):
        raise CorpusError("annotator of the map must be the name of what a line has the annotator in")
    yield from build_corpus(into, _documents(source, of, by, schema, options, decode, is_wanted), options)


def _documents(
    source: Path, of: Map, by: str, schema: Schema, options: Options, decode: Decode, is_wanted: IsWanted
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
            if not is_wanted(value, options.left_out):
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
            for code, detail in decode(value, lines, options.left_out):
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


def objects(value: Fields, key: str) -> list[dict[str, Any]]:
    """The objects of a list; what is none of them stands as an object without anything, which says nothing."""
    written = value.get(key)
    return [one if isinstance(one, dict) else {} for one in written] if isinstance(written, list) else []


def not_lists(value: Fields, *keys: str) -> Iterator[Wrong]:
    for key in keys:
        if value.get(key) is not None and not isinstance(value[key], list):
            yield "IMP2", f"{key} is no list"


def span_of(span: Mapping[Any, Any], keys: tuple[Any, Any, Any], name: str, text: str, lines: Lines) -> Wrong | None:
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
