"""Explain why a span misses its words: offsets counted in other units, or on a slightly different text.

    text     N a \\u0308 h e 😀 s a g t        code points   0 1 2 3 4 5 6 …
    UTF-16   N a \\u0308 h e 😀😀 s a g t                    0 1 2 3 4 5   7 …

For each way of counting there is a table from its offsets to code points; a table explains a span
if it leads from the span's offsets to the quoted words. A span of the annotation that is right as it is, and that
the table would lead to other words, contradicts it.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import eq
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import regex

from ..core.arrays import begins_of
from ..core.model import Span
from .relocate import relocated

Codes = npt.NDArray[np.uint32]
Widths = npt.NDArray[np.int64]


class Explanation(NamedTuple):
    """Why a span misses its words."""

    reason: str
    mended: Span | None
    """The span corrected, None if its words are nowhere."""
    safe: bool
    """True if the correction is safe."""
    cause: str = ""
    """What it has in common with other spans of the document, "" if it is a slip of its own."""


MOVED, ABSENT = "moved", "absent"
"""Causes: the words occur elsewhere, or nowhere. `MOVED` is followed by how far, in code points."""


CLUSTER = regex.compile(r"\X")
"""A grapheme cluster, which a reader sees as one character (Unicode Standard Annex 29)."""

_LINE_END = regex.compile(r"\r*\n")


def _utf16(codes: Codes) -> Widths:
    return 1 + (codes > 0xFFFF).astype(np.int64)


def _utf8(codes: Codes) -> Widths:
    return _utf16(codes) + (codes > 0x7F) + (codes > 0x7FF)


def _one_unit(codes: Codes) -> Widths:
    return np.ones(len(codes), np.int64)


_UNITS: dict[str, Callable[[Codes], Widths]] = {
    "the offsets count UTF-16 units": _utf16,
    "the offsets count UTF-8 bytes": _utf8,
}
"""The width of each code point in other units."""
_LF, _CRLF = "were made on a text with LF line endings", "were made on a text with CRLF line endings"


def explain(text: str, spans: list[Span], right: Sequence[Span] = ()) -> Iterator[Explanation]:
    """Yield an explanation and a correction for each of `spans`, which do not quote `text[start:end]`.

    `right` are the spans of the same annotation that do. No way of counting that they contradict is an explanation.
    Words that occur elsewhere are an unsafe fix: at the one place, else as far away as those of the spans beside it,
    else at the nearest place.
    """
    if not spans:
        return
    tables: dict[str, OffsetTable] = {}
    likely: dict[str, OffsetTable] = {}  # Those that explain more spans than are right by chance: a safe fix.
    for reason, table in offset_tables(text).items():
        by_chance = _right_by_chance(text, table, right)
        if by_chance is not None:
            tables[reason] = table
            if by_chance < len(spans):
                likely[reason] = table
    # The table that leads to the quoted words themselves goes before one that leads to words with other line ends.
    for same in (eq, _is_same):
        for reason, table in likely.items():
            mended = [_through(text, table, span, same) for span in spans]
            moved = any(m and (m.start, m.end) != (span.start, span.end) for m, span in zip(mended, spans, strict=True))
            if moved and all(mended):
                yield from (Explanation(reason, span, True, reason) for span in mended)
                return
    local = [_one(text, span, tables) for span in spans]
    elsewhere = relocated(text, [span for span, one in zip(spans, local, strict=True) if one is None])
    move = _common_move([span for span, one in zip(spans, local, strict=True) if one is None], elsewhere, len(spans))
    if move:
        # What most spans miss their words by explains the others better than a chance hit of a table.
        local = [None if _is_at(text, span, move) else one for span, one in zip(spans, local, strict=True)]
        elsewhere = relocated(text, [span for span, one in zip(spans, local, strict=True) if one is None])
    places = iter(elsewhere)
    for span, one in zip(spans, local, strict=True):
        if one is None:
            reason, there = next(places)
            if move and _is_at(text, span, move):
                there = Span(span.start + move, span.start + move + len(span.text or ""), span.text)
            cause = ABSENT if there is None else f"{MOVED} {there.start - span.start:+}"
            one = Explanation(reason, there, False, cause)
        yield one


def _right_by_chance(text: str, table: OffsetTable, right: Sequence[Span]) -> int | None:
    """Return how many spans that are right as they are quote the words that the table leads to, too.

    None if a span does not: it contradicts the table. Spans that the table does not move are not counted.
    """
    count = 0
    for span in right:
        if (table.get(span.start), table.get(span.end)) != (span.start, span.end):
            if _through(text, table, span) is None:
                return None
            count += 1
    return count


def _common_move(spans: list[Span], there: list[tuple[str, Span | None]], total: int) -> int:
    """Return how far at least half of all spans are from their words, 0 if there is no such distance."""
    moves = Counter(one.start - span.start for span, (_, one) in zip(spans, there, strict=True) if one)
    ((move, count),) = moves.most_common(1) or ((0, 0),)
    return move if 2 * count >= total > 1 else 0


def _is_at(text: str, span: Span, move: int) -> bool:
    """Return True if the words of a span stand so many code points away from it."""
    return span.start + move >= 0 and bool(span.text) and text.startswith(span.text or "", span.start + move)


def _one(text: str, span: Span, tables: Mapping[str, OffsetTable]) -> Explanation | None:
    words, here = span.text or "", text[span.start : span.end]
    mended = Span(span.start, span.start + len(here), here)
    if words and words == here:
        return Explanation("the span ends after the text, its words do not", mended, True)
    if words.split() and words.split() == here.split():
        return Explanation("only white space differs", mended, True)
    if here and unicodedata.normalize("NFC", words) == unicodedata.normalize("NFC", here):
        return Explanation("only the Unicode normal form differs", mended, True)
    for reason, table in tables.items():
        shifted = _through(text, table, span)
        if shifted:
            return Explanation(reason, shifted, False, reason)
    return None


def _is_same(here: str, words: str) -> bool:
    return here == words or _plain(here) == _plain(words)


def _through(text: str, table: OffsetTable, span: Span, same: Callable[[str, str], bool] = _is_same) -> Span | None:
    start, end = table.get(span.start), table.get(span.end)
    if start is None or end is None:
        return None
    here = text[start:end]
    return Span(start, end, here) if same(here, span.text or "") else None


def _plain(words: str) -> str:
    return unicodedata.normalize("NFC", _LINE_END.sub("\n", words))


class OffsetTable:
    """The offsets of a text in other units, and the code points that they stand for."""

    def __init__(self, widths: Widths) -> None:
        # A list is searched in a tenth of the time of an array.
        self._begins: list[int] = begins_of(widths).tolist()

    def get(self, offset: int) -> int | None:
        """Return an offset in code points, None if it is outside of the text or within a code point."""
        found = bisect_right(self._begins, offset) - 1
        return found if found >= 0 and self._begins[found] == offset else None


def offset_tables(text: str) -> dict[str, OffsetTable]:
    """Return a table for each other way to count the offsets of a text, by the reason; none where it counts the same.

    A table leads from offsets in other units to code points.
    """
    tables: dict[str, OffsetTable] = {}
    codes: Codes = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    if not text.isascii():
        tables |= {reason: OffsetTable(unit(codes)) for reason, unit in _UNITS.items()}
    for lines, differ in ((_LF, "\r\n" in text), (_CRLF, "\n" in text and "\r" not in text)):
        if differ:
            tables[f"the offsets {lines}"] = OffsetTable(_widths(codes, _one_unit, lines))
            for reason, unit in _UNITS.items() if not text.isascii() else ():
                tables[f"{reason} and {lines}"] = OffsetTable(_widths(codes, unit, lines))
    if not unicodedata.is_normalized("NFC", text):
        widths = np.fromiter(_composed(text), np.int64, len(text))
        tables["the offsets were made on the text in normal form NFC"] = OffsetTable(widths)
    return tables


def _widths(codes: Codes, unit: Callable[[Codes], Widths], lines: str) -> Widths:
    """Return the width of each code point in `unit`, in a text with other line endings."""
    widths, feeds = unit(codes), codes == ord("\n")
    if lines == _LF:
        widths[1:][feeds[1:] & (codes[:-1] == ord("\r"))] = 0
    else:
        widths[feeds] = 2
    return widths


def _composed(text: str) -> Iterator[int]:
    """Yield how many code points each code point contributes to the NFC text."""
    for match in CLUSTER.finditer(text):
        cluster = match[0]
        if unicodedata.is_normalized("NFC", cluster):
            yield from (1 for _ in cluster)
        else:
            yield len(unicodedata.normalize("NFC", cluster))
            yield from (0 for _ in cluster[1:])
