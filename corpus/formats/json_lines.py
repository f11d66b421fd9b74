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
from ..core.regular_file import open_file
from ..core.schema import Schema
from ..files import parse_json
from ..files.index import MAX_BYTES
from .documents import Incoming, LeftOut, Options
from .importing import build_corpus, schema_of
from .mapping.add import add_annotations
from .mapping.annotations import Annotations, SpanAnnotation
from .mapping.file_names import named, read_files
from .mapping.rules import Map, default_map, read_map
from .sources import Together, annotators, doc_ids, files_below, not_the_words, outside, problem, text_problem

Fields = Mapping[str, Any]
Wrong = tuple[str, str]
"""The code and the message of a Problem."""


class Decode(Protocol):
    """Decode the object of one line: add its spans and relations to `annotations`; yield what is wrong with it."""

    def __call__(self, value: Fields, line: int, annotations: Annotations, left: LeftOut) -> Iterator[Wrong]: ...


IsWanted = Callable[[Fields, LeftOut], bool]
"""Return whether a line is to be imported; count it in the second argument if it is not."""


def read_lines(
    source: Path, into: Path, options: Options, decode: Decode, is_wanted: IsWanted = lambda value, left: True
) -> Iterator[Problem]:
    """Import the .jsonl files at `source` into the new corpus `into`; yield a Problem for each unreadable part."""
    schema = schema_of(options)
    written = {key: value for key, value in options.map.items() if key not in ("files", "annotator")}
    of = read_map(written, schema, default_map(schema))
    by = options.map.get("annotator", "")
    if not isinstance(by, str):
        raise CorpusError("map: annotator must be the name of the key that holds the annotator of a line")
    yield from build_corpus(into, _documents(source, of, by, schema, options, decode, is_wanted), options)


def _documents(
    source: Path, of: Map, by: str, schema: Schema, options: Options, decode: Decode, is_wanted: IsWanted
) -> Iterator[Incoming | Problem]:
    """Yield the documents of all files, with the Problems of their lines."""
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
                yield wrong("IMP2", detail="expected an object with a text that is not empty")
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
            annotations = Annotations()
            for code, detail in decode(value, number, annotations, options.left_out):
                yield wrong(code, detail=f"{called}: {detail}")
            yield from add_annotations(one, annotator, annotations, shown, of, schema, options.left_out, f"{called}: ")
            yield one


def _lines(path: Path) -> Iterator[tuple[int, Any]]:
    """Yield the number and the value of each line, or a Fault; a line is at most as large as a file."""
    if path.is_symlink() or not path.is_file():
        yield 1, Fault("symlink" if path.is_symlink() else "unreadable")
        return
    with open_file(path) as file:
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
    """Return the document id of a line, "" if it has none."""
    meta = value.get("meta")
    said = [meta.get("doc_id"), meta.get("id")] if isinstance(meta, dict) else []
    return next((str(one) for one in (*said, value.get("id")) if type(one) in (int, str) and one != ""), "")


def objects(value: Fields, key: str) -> list[dict[str, Any]]:
    """Return the items of a list, with {} for each that is not an object, so that the indexes stay."""
    written = value.get(key)
    return [one if isinstance(one, dict) else {} for one in written] if isinstance(written, list) else []


def not_lists(value: Fields, *keys: str) -> Iterator[Wrong]:
    for key in keys:
        if value.get(key) is not None and not isinstance(value[key], list):
            yield "IMP2", f"{key} is not a list"


def span_of(
    span: Mapping[Any, Any], keys: tuple[Any, Any, Any], name: str, text: str, line: int, annotations: Annotations
) -> Wrong | None:
    """Add a named span. Return the code and message of an error, or None."""
    start, end, label = (span.get(key) for key in keys)
    annotations.broken.add(name)
    if type(start) is not int or type(end) is not int or not isinstance(label, str):
        return "IMP2", f"{name} must have integers start and end, and a label"
    if not 0 <= start < end <= len(text):
        return "IMP3", outside(start, end, len(text))
    words = span.get("text", text[start:end])
    if words != text[start:end]:
        return "IMP3", not_the_words(text[start:end], str(words))
    annotations.broken.remove(name)
    annotations.spans[name] = SpanAnnotation(label, [(start, end)], line)
    return None
