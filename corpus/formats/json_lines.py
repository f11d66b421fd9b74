"""Documents from JSONL, as Prodigy and doccano write it: one document on each line, its labels read by a map.

The formats differ in how a line holds spans and relations; `prodigy.py` and `doccano.py` decode that. The rest is
here. The document id is `meta.doc_id`, `meta.id` or `id` of the line, or else the name of the file and the line
number. A text is at most as large as any file of a corpus, and so is a line.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
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
from .known import Known
from .mapping.add import add_annotations
from .mapping.annotations import Annotations, SpanAnnotation
from .mapping.file_names import named, read_files
from .mapping.rules import Map, default_map, read_map
from .offset_readings import OffsetReadings, Reading, TextReading
from .sources import Together, files_below, not_the_words, outside, problem, text_problem
from .survey import Survey

Fields = Mapping[str, Any]
Wrong = tuple[str, str]
"""The code and the message of a Problem."""


@dataclass(slots=True)
class Line:
    """A line of a file: its object, number and text, and how its offsets are read."""

    value: Fields
    number: int
    text: str
    offsets: TextReading
    pairs: list[tuple[int, int]] = field(default_factory=list)
    """The spans as the file has them, which decide how its offsets are read."""

    def add_span(
        self, span: Mapping[Any, Any], keys: tuple[Any, Any, Any], name: str, annotations: Annotations
    ) -> Wrong | None:
        """Add a span, whose start, end and label have these keys. Return the code and message of an error, or None."""
        start, end, label = (span.get(key) for key in keys)
        annotations.broken.add(name)
        if type(start) is not int or type(end) is not int or not isinstance(label, str):
            return "IMP2", f"{name} must have integers start and end, and a label"
        self.pairs.append((start, end))
        pair = self.offsets.pair(start, end)
        if pair is None or not 0 <= pair[0] < pair[1] <= len(self.text):
            return "IMP3", outside(start, end, len(self.text))
        there = self.text[slice(*pair)]
        words = span.get("text", there)
        if words != there:
            return "IMP3", not_the_words(there, str(words))
        annotations.broken.remove(name)
        annotations.spans[name] = SpanAnnotation(label, [pair], self.number)
        return None


class Decode(Protocol):
    """Decode the object of one line: add its spans and relations to `annotations`; yield what is wrong with it."""

    def __call__(self, line: Line, annotations: Annotations, left: LeftOut) -> Iterator[Wrong]: ...


IsWanted = Callable[[Fields, LeftOut], bool]
"""Return whether a line is to be imported; count it in the second argument if it is not."""


def read_lines(
    source: Path,
    into: Path,
    options: Options,
    decode: Decode,
    is_wanted: IsWanted = lambda value, left: True,
    keys: Known | None = None,
) -> Iterator[Problem]:
    """Import the .jsonl files at `source` into the new corpus `into`; yield a Problem for each unreadable part.

    `keys` are those of a line that the format's reader knows; others are counted as dropped.
    """
    schema = schema_of(options)
    written = {key: value for key, value in options.map.items() if key not in ("files", "annotator")}
    of = read_map(written, schema, default_map(schema))
    by = options.map.get("annotator", "")
    if not isinstance(by, str):
        raise CorpusError("map: annotator must be the name of the key that holds the annotator of a line")
    reader = _Reader(source, of, by, schema, options, decode, is_wanted, keys)
    yield from build_corpus(into, reader.documents(), options, of.use)


def survey_lines(source: Path, options: Options, decode: Decode) -> Survey:
    """Return the names of the types and relations in the .jsonl files at `source`."""
    found = Survey()
    for path in files_below(source, (".jsonl",), LeftOut()):
        found.files.append(path.name)
        for number, value in json_lines(path):
            if _has_text(value):
                annotations = Annotations()
                for _ in decode(Line(value, number, value["text"], TextReading()), annotations, LeftOut()):
                    pass
                found.add(annotations)
    return found


@dataclass(frozen=True, slots=True)
class _Reader:
    source: Path
    of: Map
    by: str
    schema: Schema
    options: Options
    decode: Decode
    is_wanted: IsWanted
    keys: Known | None

    def documents(self) -> Iterator[Incoming | Problem]:
        """Yield the documents of all files, with the Problems of their lines."""
        patterns = read_files(self.options.map, (), part="")
        together = Together()
        files = files_below(self.source, (".jsonl",), self.options.left_out)
        for path, said in named(files, self.source, patterns, self.options.left_out):
            reading = self._reading(path)
            for number, value in json_lines(path):
                yield from self._document(path, said, number, value, reading, together)

    def _reading(self, path: Path) -> Reading:
        """Return the reading of the offsets of a file, which all its spans decide together."""
        readings, nothing = OffsetReadings(), LeftOut()
        for number, value in json_lines(path):
            if _has_text(value) and self.is_wanted(value, nothing):
                line = Line(value, number, value["text"], TextReading())
                for _ in self.decode(line, Annotations(), nothing):
                    pass
                readings.add(line.text, line.pairs)
        return readings.decide()

    def _document(
        self, path: Path, said: Mapping[str, str], number: int, value: Any, reading: Reading, together: Together
    ) -> Iterator[Incoming | Problem]:
        shown, options = os.fsencode(path).decode("utf-8", "replace"), self.options
        wrong = partial(problem, file=shown, place=(number, 1))
        if isinstance(value, Fault):
            yield wrong("IMP1", detail=f"{value.name}, {value.detail}".removesuffix(", "))
            return
        if not _has_text(value):
            yield wrong("IMP2", detail="expected an object with a text that is not empty")
            return
        if not self.is_wanted(value, options.left_out):
            return
        if self.keys is not None:
            self.keys.drop_others({key: one for key, one in value.items() if key != self.by}, options.left_out)
        annotator = said.get("annotator") or (str(value[self.by]) if value.get(self.by) else "")
        called = _called(value) or f"{path.stem}-{number}"
        one = Incoming(options.doc_ids(called), shown, value["text"])
        if said.get("split"):
            one.record["split"] = said["split"]
        annotator = options.annotators(annotator) if annotator else GOLD
        fault = text_problem(one.text, shown, called, number) or together(one, annotator, called, number)
        if fault is not None:
            yield fault
            return
        annotations, line = Annotations(), Line(value, number, one.text, reading.of(one.text))
        for code, detail in self.decode(line, annotations, options.left_out):
            one.set_aside(annotator, [wrong(code, detail=f"{called}: {detail}")])
        if reading.unclear and annotations.spans:
            one.set_aside(annotator, [wrong("IMP3", detail=f"{called}: {reading.unclear}, which cannot be told apart")])
        elif line.offsets.reason and line.pairs:
            one.note(annotator, f"{line.offsets.reason} and were converted")
            options.notes[f"{path.name}: {line.offsets.reason}; converted spans"] += len(line.pairs)
        add_annotations(one, annotator, annotations, shown, self.of, self.schema, options.left_out, f"{called}: ")
        yield one


def _has_text(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("text"), str) and bool(value["text"])


def json_lines(path: Path) -> Iterator[tuple[int, Any]]:
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
