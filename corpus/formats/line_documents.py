"""Documents from JSONL: a document on each line, or on several; its labels are read by a map.

The formats differ in how a line holds spans, annotators and values of the whole document: `prodigy.py` and
`doccano.py` say that in a `Dialect`. The document id is `doc_id` or `id` of the line or of its `meta`, or else the name
of the file and the line number. Each file is read twice: all its spans decide how its offsets are counted, and lines
that belong to one document are found.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from ..core.model import GOLD, CorpusError, Fault, Problem
from ..core.schema import Schema
from ..core.text import visible
from .documents import Incoming, LeftOut, Options
from .importing import build_corpus, schema_of
from .json_lines import Decode, Fields, Line, Lines
from .known import Known
from .mapping.add import add_annotations
from .mapping.annotations import Annotations, Relation
from .mapping.document_fields import DocumentFields, field_lines
from .mapping.file_names import named, read_files
from .mapping.rules import Map, read_map
from .offset_readings import AS_IT_IS, OffsetReadings, Reading, TextReading
from .people import People
from .sources import Together, files_below, problem, text_problem
from .survey import Survey

MARKS = ("doc_id", "annotator", "text_sha256")
"""What a line of this program says besides the text, in the line or in its `meta`."""
ENDS = (".jsonl", ".json")
_OWN_KEYS = frozenset({"files", "annotator", "annotators", "text", "doc", "fields"})
_PARTIAL = "binary answers cover a part of the document, so no layer counts as annotated; binary = true reads them"


def _nothing(value: Fields) -> tuple[()]:
    return ()


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the lines of a format are read.

    `keys` are those the reader knows. `texts` are the keys that can hold the text. `group` returns what the lines of
    one document share, "" for a line of its own; `stamp` what tells the work of one annotator on it apart. `parts`
    returns (person, what that person annotated). `said` returns (name, value) of the whole document. `is_partial` is
    true if a line covers a part of the document only. `unnamed` returns labels that the map must name. `map_keys` are
    keys of the map that the format adds.
    """

    decode: Decode
    keys: Known
    is_wanted: Callable[[Fields, LeftOut], bool] = lambda value, left: True
    texts: tuple[str, ...] = ("text",)
    group: Callable[[Fields], str] = lambda value: ""
    stamp: Callable[[Fields], str] = lambda value: ""
    parts: Callable[[Fields], list[tuple[Any, Fields]]] = lambda value: [(None, value)]
    said: Callable[[Fields], Iterable[tuple[str, str]]] = _nothing
    is_partial: Callable[[Fields], bool] = lambda value: False
    unnamed: Callable[[Fields], Iterable[str]] = _nothing
    map_keys: frozenset[str] = frozenset()


def read_documents(source: Path, into: Path, options: Options, dialect: Dialect, own: Map) -> Iterator[Problem]:
    """Import the .jsonl and .json files at `source` into the new corpus `into`; yield a Problem for each fault.

    `own` is the map for files that this program wrote. Raises CorpusError if the map is invalid.
    """
    schema = schema_of(options)
    mine = _OWN_KEYS | dialect.map_keys
    of = read_map({key: value for key, value in options.map.items() if key not in mine}, schema, own)
    for key in ("annotator", "text", "doc"):
        if not isinstance(options.map.get(key, ""), str):
            raise CorpusError(f"map: {key} must be the name of a key of the lines")
    people = People(options, into)
    reader = _Reader(source, of, schema, options, dialect, people)
    yield from build_corpus(into, reader.documents(), options, of.use)
    people.save()


@dataclass(frozen=True, slots=True)
class _File:
    """A file: its path, what its name says, and how its offsets are counted."""

    path: Path
    said: Mapping[str, str]
    reading: Reading

    def wrong(self, code: str, detail: str, number: int, suggestion: str = "") -> Problem:
        """Return a Problem of a line."""
        return problem(code, self.shown, detail, place=(number, 1), suggestion=suggestion)

    @property
    def shown(self) -> str:
        """The path, for messages."""
        return os.fsencode(self.path).decode("utf-8", "replace")


@dataclass(slots=True)
class _Work:
    """What one annotator did in a document: the annotations of all lines, and the Problems."""

    number: int
    annotations: Annotations = field(default_factory=Annotations)
    faults: list[Problem] = field(default_factory=list)
    stamps: set[str] = field(default_factory=set)
    there: dict[Any, str] = field(default_factory=dict)
    """The names of the spans of `annotations`, by their type and pieces."""
    answers: int = 0
    """The number of spans in lines that cover a part of the document; they are in no annotation."""
    is_whole: bool = False
    converted: str = ""


class _Reader:
    """Reads the documents of all files."""

    def __init__(
        self, source: Path, of: Map, schema: Schema, options: Options, dialect: Dialect, people: People
    ) -> None:
        self._source, self._of, self._schema, self._options = source, of, schema, options
        self._dialect, self._people = dialect, people
        self._by, self._text, self._doc_id = (options.map.get(key, "") for key in ("annotator", "text", "doc"))
        self._fields = DocumentFields.of(options.map, schema)
        self._together = Together()

    def documents(self) -> Iterator[Incoming | Problem]:
        """Yield the documents of all files, with the Problems of their lines."""
        patterns, left = read_files(self._options.map, (), part=""), self._options.left_out
        for path, said in named(files_below(self._source, ENDS, left), self._source, patterns, left):
            lines = Lines(path)
            reading, groups, unnamed = self._scan(lines)
            file = _File(path, said, reading)
            if unnamed:
                yield self._unnamed(file, unnamed)
            for number, place, value in lines:
                key = self._dialect.group(value) if isinstance(value, dict) else ""
                if not isinstance(value, dict):
                    yield self._no_object(file, number, value)
                elif key not in groups:
                    yield from self._document(file, [(number, value)])
                elif groups[key][0] == (number, place):
                    yield from self._document(file, [(other, lines.at(there)) for other, there in groups[key]])

    def _scan(self, lines: Lines) -> tuple[Reading, dict[str, list[tuple[int, int]]], Counter[str]]:
        """Return how a file counts its offsets, the lines of each document with several, and labels without a name."""
        readings, nothing = OffsetReadings(), LeftOut()
        groups: dict[str, list[tuple[int, int]]] = {}
        unnamed: Counter[str] = Counter()
        for number, place, value in lines:
            text = text_of(value, self._dialect, self._text)
            if text is None:
                continue
            if key := self._dialect.group(value):
                groups.setdefault(key, []).append((number, place))
            if not self._dialect.is_wanted(value, nothing):
                continue
            unnamed.update(self._dialect.unnamed(value))
            line = Line(value, number, text, TextReading())
            for _ in self._dialect.decode(line, Annotations(), nothing):
                pass
            if not is_untouched(value):
                readings.add(text, line.pairs)
        return readings.decide(), {key: places for key, places in groups.items() if len(places) > 1}, unnamed

    def _unnamed(self, file: _File, unnamed: Counter[str]) -> Problem:
        names = sorted(unnamed)
        count = sum(unnamed.values())
        detail = f"labels are numbers ({', '.join(names)}); annotations that are not read: {count:,}"
        labels = ", ".join(f'{name} = "…"' for name in names)
        return file.wrong("IMP2", detail, 1, f"name them in the map: labels = {{ {labels} }}")

    def _no_object(self, file: _File, number: int, value: Any) -> Problem:
        if isinstance(value, Fault):
            return file.wrong("IMP1", f"{value.name}, {value.detail}".removesuffix(", "), number)
        return file.wrong("IMP2", "expected an object with a text that is not empty", number)

    def _document(self, file: _File, items: list[tuple[int, Fields]]) -> Iterator[Incoming | Problem]:
        """Yield the document of one or several lines, or what is wrong with them."""
        dialect, left = self._dialect, self._options.left_out
        one: Incoming | None = None
        works: dict[str, _Work] = {}
        called = ""
        for number, value in items:
            text = text_of(value, dialect, self._text)
            if text is None:
                keys = ", ".join(list(value)[:9])
                hint = "" if self._text else 'name the key of the text in the map: text = "…"'
                yield file.wrong("IMP2", f"expected a text that is not empty; the line has {keys}", number, hint)
                continue
            if not dialect.is_wanted(value, left):
                continue
            if one is None:
                called = self._called(value) or f"{file.path.stem}-{number}"
                one = Incoming(self._options.doc_ids(called), file.shown, text)
                one.record |= {"split": file.said["split"]} if file.said.get("split") else {}
            if (fault := self._text_fault(file, one, text, value, called, number)) is not None:
                yield fault
                if len(items) == 1:
                    return
                continue
            self._fill_record(one, value)
            for annotator, part in self._annotators(file, value):
                self._add(file, one, works.setdefault(annotator, _Work(number)), part, number, called)
        if one is None:
            return
        for annotator, work in works.items():
            wrong = self._together(one, annotator, called, work.number)
            if wrong is not None:
                yield wrong
            else:
                self._finish(file, one, annotator, work, called)
        yield one

    def _text_fault(
        self, file: _File, one: Incoming, text: str, value: Fields, called: str, number: int
    ) -> Problem | None:
        """Return a Problem if the text of a line is not that of its document, else None."""
        if text != one.text:
            return file.wrong("IMP3", f"{called} has another text on an earlier line", number)
        marks = own_marks(value)
        if marks and sha256(text.encode("utf-8", "replace")).hexdigest() != marks["text_sha256"]:
            return file.wrong("IMP3", f"{called}: the text has another checksum than when it was exported", number)
        return text_problem(text, file.shown, called, number)

    def _fill_record(self, one: Incoming, value: Fields) -> None:
        """Fill the record from the values of a line for the whole document; count keys that are not known."""
        left, rules = self._options.left_out, self._fields.rules
        said = list(self._dialect.said(value))
        said += [(key, held) for key, held in flat(value).items() if key in rules and key not in dict(said)]
        self._fields.fill(one.record, said, left)
        used = {self._by, self._text, self._doc_id, *rules, *(MARKS if own_marks(value) else ())}
        self._dialect.keys.drop_others({key: held for key, held in value.items() if key not in used}, left)

    def _called(self, value: Fields) -> str:
        """Return the document id of a line, "" if it has none."""
        held = flat(value)
        names = [self._doc_id] if self._doc_id else ["doc_id", "id"]
        meta = value.get("meta") if isinstance(value.get("meta"), dict) else {}
        said = (
            [*(meta.get(name) for name in names), *(held.get(name) for name in names)]
            if meta
            else [held.get(name) for name in names]
        )
        return next((str(name) for name in said if type(name) in (int, str) and name != ""), "")

    def _annotators(self, file: _File, value: Fields) -> Iterator[tuple[str, Fields]]:
        """Yield each annotator of a line with what that one annotated."""
        marks = own_marks(value)
        if file.said.get("annotator"):
            yield self._people.named(file.said["annotator"]), value
        elif self._by:
            by = value.get(self._by)
            yield self._people.named(str(by)) if by not in (None, "") else GOLD, value
        elif marks:
            yield self._options.annotators(marks["annotator"]), value
        else:
            yield from ((self._people.of(person) or GOLD, part) for person, part in self._dialect.parts(value))

    def _add(self, file: _File, one: Incoming, work: _Work, part: Fields, number: int, called: str) -> None:
        """Add what one annotator did on a line."""
        dialect, left = self._dialect, self._options.left_out
        reading = Reading(AS_IT_IS) if is_untouched(part) else file.reading
        more, line = Annotations(), Line(part, number, one.text, reading.of(one.text))
        for code, detail in dialect.decode(line, more, left):
            work.faults.append(file.wrong(code, f"{called}: {detail}", number))
        if dialect.is_partial(part):
            work.answers += len(more.spans)
            for span in more.spans.values():
                self._of.use.saw("types", span.type)
            return
        stamp = dialect.stamp(part)
        if work.is_whole and (not stamp or stamp in work.stamps):
            work.faults.append(file.wrong("IMP4", f"{called} has another annotation by this annotator", number))
            return
        work.is_whole = True
        work.stamps.add(stamp)
        if any(True for _ in dialect.unnamed(part)):
            work.answers = -1
        if reading.unclear and more.spans:
            detail = f"{called}: {reading.unclear}, which cannot be told apart"
            work.faults.append(file.wrong("IMP3", detail, number))
        elif line.offsets.reason and line.pairs:
            work.converted = f"{line.offsets.reason} and were converted"
            self._options.notes[f"{file.path.name}: {line.offsets.reason}; converted spans"] += len(line.pairs)
        merge(work.annotations, more, f"{number}:" if work.there else "", work.there)

    def _finish(self, file: _File, one: Incoming, annotator: str, work: _Work, called: str) -> None:
        """Hand the work of an annotator on to the document."""
        left = self._options.left_out
        one.set_aside(annotator, work.faults)
        if work.converted:
            one.note(annotator, work.converted)
        if work.answers > 0:
            left["spans of binary answers", _PARTIAL] += work.answers
        if work.is_whole and work.answers >= 0:
            add_annotations(one, annotator, work.annotations, file.shown, self._of, self._schema, left, f"{called}: ")
        elif work.is_whole:
            left["annotations", "their labels are numbers without a name"] += 1
        else:
            one.layers[annotator] = {}
            one.note(annotator, _PARTIAL)


def survey_documents(source: Path, options: Options, dialect: Dialect) -> Survey:
    """Return the names of the types, relations and values in the .jsonl and .json files at `source`."""
    found, key = Survey(), options.map.get("text", "")
    said: dict[str, Counter[str]] = {}
    unnamed: set[str] = set()
    for path in files_below(source, ENDS, LeftOut()):
        found.files.append(path.name)
        for number, _, value in Lines(path):
            text = text_of(value, dialect, key)
            if text is None:
                if not found.head and isinstance(value, dict):
                    found.head.append(visible(f'# text = "…"   # a line has the keys {", ".join(list(value)[:9])}'))
                continue
            annotations = Annotations()
            for _ in dialect.decode(Line(value, number, text, TextReading()), annotations, LeftOut()):
                pass
            found.add(annotations)
            unnamed.update(dialect.unnamed(value))
            for name, one in dialect.said(value):
                if name == "options":
                    continue
                said.setdefault(name, Counter())[one] += 1
    if unnamed:
        names = ", ".join(f'{name} = "…"' for name in sorted(unnamed))
        found.head.append(f"labels = {{ {names} }}")
    found.head += field_lines(said)
    return found


def text_of(value: Any, dialect: Dialect, key: str = "") -> str | None:
    """Return the text of a line, None if it has none."""
    for name in [key] if key else dialect.texts:
        if isinstance(value, dict) and isinstance(value.get(name), str) and value[name]:
            text: str = value[name]
            return text
    return None


def flat(value: Fields) -> dict[str, Any]:
    """Return the keys of a line and of its `meta`, those of the line first."""
    meta = value.get("meta")
    return {**meta, **value} if isinstance(meta, dict) else dict(value)


def own_marks(value: Fields) -> dict[str, str]:
    """Return the marks of a line that this program wrote, {} for another line."""
    held = flat(value)
    marks = {name: held[name] for name in MARKS if isinstance(held.get(name), str)}
    return marks if len(marks) == len(MARKS) else {}


def is_untouched(value: Fields) -> bool:
    """Return whether a line is as this program wrote it: both tools add an id of their own when they import it."""
    return bool(own_marks(value)) and not {"id", "_input_hash"} & value.keys()


def merge(into: Annotations, more: Annotations, prefix: str, there: dict[Any, str]) -> None:
    """Add the annotations of another line; a span of an earlier line, in `there`, is not added again."""
    names: dict[str, str] = {}
    for name, span in more.spans.items():
        names[name] = there.get((span.type, tuple(span.pieces)), prefix + name) if prefix else name
        into.spans.setdefault(names[name], span)
    for name, span in more.spans.items():
        there.setdefault((span.type, tuple(span.pieces)), names[name])
    into.broken |= {prefix + name for name in more.broken}
    for kind, arguments, line in more.relations:
        ends = [(role, names.get(name, prefix + name)) for role, name in arguments]
        into.relations.append(Relation(kind, ends, line))
