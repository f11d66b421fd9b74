"""Break a paragraph into lines of pieces, each with its place: the layout of a picture.

"Mayor ⟦Åsa Lindqvist⟧ spoke" → pieces between blanks and edges of marks → lines → x of each piece
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from .metrics import direction, visual, width

_EDGE = 3.0
"""The room that a badge without a label takes."""
_WIDE = r"\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uff60"
_WORD = re.compile(rf"\s+|[{_WIDE}]|[^\s{_WIDE}]{{1,40}}")
"""White space, or characters without a place to break a line among them: scripts without blanks break anywhere."""


@dataclass(slots=True)
class Piece:
    """Characters of the text from `start` to `end` that are drawn in one style, or a badge at `start`.

    A badge, which has no characters, has a `label`, and is drawn before others or, if `after`, raised after them.
    """

    start: int
    end: int
    text: str
    width: float
    bold: bool = False
    label: str = ""
    after: bool = False
    css: str = ""
    x: float = 0


@dataclass(frozen=True, slots=True)
class Badge:
    """A number or letter at an offset, before the character there or after the one before it; "" for mere room."""

    label: str
    css: str
    after: bool


def lines(
    text: str,
    start: int,
    end: int,
    cuts: Collection[int],
    bold: Mapping[int, int],
    badges: Mapping[int, list[Badge]],
    size: float,
    room: float,
) -> list[list[Piece]]:
    """Return the lines of a paragraph, the pieces of each from left to right with their places.

    `cuts` are the edges of marks, `bold` has the start and the end of each bold stretch, `room` is the width of a line.
    """
    found: list[list[Piece]] = []
    line: list[Piece] = []
    used = 0.0
    for word in _words(text, start, end, cuts, bold, badges, size):
        length = sum(one.width for one in word)
        if line and used + length > room and not word[-1].text.isspace():
            found.append(line)
            line, used = [], 0.0
        line += word
        used += length
    found.append(line)
    base = direction(text[start:end]) or "L"
    return [_placed(one, base, room) for one in found if one]


def _words(
    text: str,
    start: int,
    end: int,
    cuts: Collection[int],
    bold: Mapping[int, int],
    badges: Mapping[int, list[Badge]],
    size: float,
) -> Iterator[list[Piece]]:
    """Yield the pieces of each word, or of each white space, with the badges at its edges."""
    edges = sorted({*cuts, *bold, *bold.values(), *badges})
    bolds = sorted(bold)
    for match in _WORD.finditer(text, start, end):
        left, right = match.span()
        at = [left, *edges[bisect_right(edges, left) : bisect_right(edges, right - 1)], right]
        word = []
        for first, last in pairwise(at):
            number = bisect_right(bolds, first) - 1
            is_bold = number >= 0 and first < bold[bolds[number]]
            word += [_badge(first, one, size) for one in badges.get(first, ()) if not one.after]
            part = text[first:last].replace("\t", " ")
            word.append(Piece(first, last, part, width(part, size, is_bold), is_bold))
            word += [_badge(last, one, size) for one in badges.get(last, ()) if one.after]
        yield word


def _badge(at: int, one: Badge, size: float) -> Piece:
    wide = width(one.label, size * (0.55 if one.after else 0.62), True) + (2 if one.after else 12)
    return Piece(at, at, "", wide if one.label else _EDGE, label=one.label, after=one.after, css=one.css)


def _placed(line: list[Piece], base: str, room: float) -> list[Piece]:
    while len(line) > 1 and line[-1].text.isspace():
        line.pop()
    order = visual([direction(one.text) for one in line], base)
    x = 0.0 if base == "L" else room - sum(one.width for one in line)
    found = []
    for number in order:
        line[number].x = x
        x += line[number].width
        found.append(line[number])
    return found
