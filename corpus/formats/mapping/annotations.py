"""Annotations of other tools in one neutral form, which a map turns into records."""

from __future__ import annotations

import re
from dataclasses import dataclass, field


@dataclass(slots=True)
class TextBound:
    """A T line: its type and its fragments, (start, end) in code points."""

    type: str
    pieces: list[tuple[int, int]]
    line: int


@dataclass(slots=True)
class Event:
    """An E line: its type, the T that is its trigger, and (role, id) of its arguments in their order."""

    type: str
    trigger: str
    roles: list[tuple[str, str]]
    line: int


@dataclass(slots=True)
class About:
    """An A, M, N or # line: what it is called, the id that it is about, and what it says (None: nothing)."""

    type: str
    target: str
    value: str | None
    line: int


@dataclass(slots=True)
class Lines:
    """What the lines of a file say, each kind in its order. `broken` are ids of lines that were not understood."""

    bound: dict[str, TextBound] = field(default_factory=dict)
    events: dict[str, Event] = field(default_factory=dict)
    relations: list[tuple[str, list[tuple[str, str]], int]] = field(default_factory=list)
    equivalences: list[tuple[str, list[str], int]] = field(default_factory=list)
    attributes: list[About] = field(default_factory=list)
    normalizations: list[About] = field(default_factory=list)
    notes: list[About] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)


def joined(text: str, pieces: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The pieces, those made one that line breaks alone part, as brat cuts a span at line breaks."""
    made: list[tuple[int, int]] = []
    for start, end in pieces:
        if made and made[-1][1] < start and not text[made[-1][1] : start].strip("\r\n"):
            made[-1] = (made[-1][0], end)
        else:
            made.append((start, end))
    return made


def cut(text: str, pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The pieces of spans that hold no line break."""
    return [
        (start + found.start(), start + found.end())
        for start, end in pairs
        for found in re.finditer("[^\r\n]+", text[start:end])
    ]
