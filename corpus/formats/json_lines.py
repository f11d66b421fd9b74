"""The lines of JSONL files, as Prodigy and doccano write them, and the spans of a line.

A file that is one JSON value, an array or a single object over several lines, is read as well: doccano exports both.
A text is at most as large as any file of a corpus, and so is a line. `line_documents.py` makes documents of lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from ..core.model import Fault
from ..core.regular_file import open_file
from ..files import parse_json
from ..files.index import MAX_BYTES
from .documents import LeftOut
from .mapping.annotations import Annotations, SpanAnnotation
from .offset_readings import TextReading
from .sources import json_source, not_the_words, outside

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


class Lines:
    """The lines of a file. Iterating yields (number, place, value), with a Fault for an unreadable one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._items = self._whole()

    def __iter__(self) -> Iterator[tuple[int, int, Any]]:
        if self._items is not None:
            yield from ((1, place, value) for place, value in enumerate(self._items))
            return
        if self._path.is_symlink() or not self._path.is_file():
            yield 1, 0, Fault("symlink" if self._path.is_symlink() else "unreadable")
            return
        with open_file(self._path) as file:
            number = place = 0
            while data := file.readline(MAX_BYTES + 1):
                number += 1
                if len(data) > MAX_BYTES:
                    yield number, place, Fault("too-large", "a line")
                    return
                if data.strip():
                    value, faults = parse_json(data, number)
                    yield number, place, faults[0] if faults else value
                place += len(data)

    def at(self, place: int) -> Any:
        """Return the value of the line at a place that iterating gave."""
        if self._items is not None:
            return self._items[place]
        with open_file(self._path) as file:
            file.seek(place)
            return parse_json(file.readline(MAX_BYTES + 1))[0]

    def _whole(self) -> list[Any] | None:
        """Return the items of a file that is one JSON value; None for one that has a value on each line."""
        if self._path.is_symlink() or not self._path.is_file():
            return None
        with open_file(self._path) as file:
            first = file.readline(MAX_BYTES + 1).strip()
        if not first.startswith(b"[") and first != b"{":
            return None
        source = json_source(self._path)
        if source.faults:
            return None
        return source.value if isinstance(source.value, list) else [source.value]


def json_lines(path: Path) -> Iterator[tuple[int, Any]]:
    """Yield the number and the value of each line, or a Fault; a line is at most as large as a file."""
    for number, _, value in Lines(path):
        yield number, value


def objects(value: Fields, key: str) -> list[dict[str, Any]]:
    """Return the items of a list, with {} for each that is not an object, so that the indexes stay."""
    written = value.get(key)
    return [one if isinstance(one, dict) else {} for one in written] if isinstance(written, list) else []


def not_lists(value: Fields, *keys: str) -> Iterator[Wrong]:
    for key in keys:
        if value.get(key) is not None and not isinstance(value[key], list):
            yield "IMP2", f"{key} is not a list"
