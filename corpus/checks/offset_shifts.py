"""Explain why a span misses its words: offsets counted in other units, or on a slightly different text.

    text     N a \\u0308 h e 😀 s a g t        code points   0 1 2 3 4 5 6 …
    UTF-16   N a \\u0308 h e 😀😀 s a g t                    0 1 2 3 4 5   7 …

For each way of counting there is a table from its offsets to code points; a table explains a span
if it leads from the span's offsets to the quoted words.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from itertools import accumulate
from operator import add
from typing import NamedTuple

import regex

from ..core.model import Span
from .relocate import relocated


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


def _utf16(char: str) -> int:
    return 2 if ord(char) > 0xFFFF else 1


def _utf8(char: str) -> int:
    return len(char.encode())


def _one_unit(char: str) -> int:
    return 1


_UNITS: dict[str, Callable[[str], int]] = {
    "the offsets count UTF-16 units": _utf16,
    "the offsets count UTF-8 bytes": _utf8,
}
_LF, _CRLF = "were made on a text with LF line endings", "were made on a text with CRLF line endings"


def explain(text: str, spans: list[Span]) -> Iterator[Explanation]:
    """Yield an explanation and a correction for each span that does not quote `text[start:end]`.

    Words that occur elsewhere are an unsafe fix: at the one place, else as far away as those of the spans beside it,
    else at the nearest place.
    """
    if not spans:
        return
    tables = offset_tables(text)
    for reason, table in tables.items():
        mended = [_through(text, table, span) for span in spans]
        moved = any(m and (m.start, m.end) != (span.start, span.end) for m, span in zip(mended, spans, strict=True))
        if moved and all(mended):
            yield from (Explanation(reason, span, True, reason) for span in mended)
            return
    local = [_one(text, span, tables) for span in spans]
    elsewhere = iter(relocated(text, [span for span, one in zip(spans, local, strict=True) if one is None]))
    for span, one in zip(spans, local, strict=True):
        if one is None:
            reason, there = next(elsewhere)
            cause = ABSENT if there is None else f"{MOVED} {there.start - span.start:+}"
            one = Explanation(reason, there, False, cause)
        yield one


def _one(text: str, span: Span, tables: dict[str, dict[int, int]]) -> Explanation | None:
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


def _through(text: str, table: dict[int, int], span: Span) -> Span | None:
    start, end = table.get(span.start), table.get(span.end)
    if start is None or end is None:
        return None
    here, words = text[start:end], span.text or ""
    same = here == words or _plain(here) == _plain(words)
    return Span(start, end, here) if same else None


def _plain(words: str) -> str:
    return unicodedata.normalize("NFC", _LINE_END.sub("\n", words))


def offset_tables(text: str) -> dict[str, dict[int, int]]:
    """Return a table for each other way to count the offsets of a text, by the reason; none where it counts the same.

    A table leads from offsets in other units to code points.
    """
    tables: dict[str, dict[int, int]] = {}
    if not text.isascii():
        tables |= {reason: _table(map(unit, text)) for reason, unit in _UNITS.items()}
    for lines, differ in ((_LF, "\r\n" in text), (_CRLF, "\n" in text and "\r" not in text)):
        if differ:
            tables[f"the offsets {lines}"] = _table(_widths(text, _one_unit, lines))
            for reason, unit in _UNITS.items() if not text.isascii() else ():
                tables[f"{reason} and {lines}"] = _table(_widths(text, unit, lines))
    if not unicodedata.is_normalized("NFC", text):
        tables["the offsets were made on the text in normal form NFC"] = _table(_composed(text))
    return tables


def _widths(text: str, unit: Callable[[str], int], lines: str) -> Iterator[int]:
    """Yield the width of each character in `unit`, in a text with other line endings."""
    if lines == _LF:
        return (0 if pair == "\r\n" else unit(pair[1]) for pair in map(add, " " + text, text))
    return (2 if char == "\n" else unit(char) for char in text)


def _table(widths: Iterator[int]) -> dict[int, int]:
    """Return the table from offsets in other units to code points."""
    return {offset: index for index, offset in enumerate(accumulate(widths, initial=0))}


def _composed(text: str) -> Iterator[int]:
    """Yield how many code points each code point contributes to the NFC text."""
    for match in CLUSTER.finditer(text):
        cluster = match[0]
        if unicodedata.is_normalized("NFC", cluster):
            yield from (1 for _ in cluster)
        else:
            yield len(unicodedata.normalize("NFC", cluster))
            yield from (0 for _ in cluster[1:])
