"""Why a span points beside its words: offsets counted in other units, or on a slightly other text.

    text     N a \\u0308 h e 😀 s a g t        code points   0 1 2 3 4 5 6 …
    UTF-16   N a \\u0308 h e 😀😀 s a g t                    0 1 2 3 4 5   7 …

For each way of counting there is a table from its offsets to code points; a way explains a span
when the table leads to the quoted words.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from itertools import accumulate

from ..model import Span

Explanation = tuple[str, Span | None, bool]
"""The reason, the span as it should be, and whether the same reason explains all wrong spans."""


def _utf16(char: str) -> int:
    return 2 if ord(char) > 0xFFFF else 1


def _utf8(char: str) -> int:
    return len(char.encode())


_UNITS: dict[str, Callable[[str], int]] = {
    "the offsets count UTF-16 units": _utf16,
    "the offsets count UTF-8 bytes": _utf8,
}


def explain(text: str, spans: list[Span]) -> Iterator[Explanation]:
    """For each span that does not quote `text[start:end]`, why, and where it should point.

    A span whose words stand elsewhere in the text just once is explained by that, but not safely.
    """
    tables = {reason: table for reason, table in _tables(text).items() if table is not None}
    for reason, table in tables.items():
        mended = [_through(text, table, span) for span in spans]
        if spans and all(mended):
            yield from ((reason, span, True) for span in mended)
            return
    for span in spans:
        yield _one(text, span, tables)


def _one(text: str, span: Span, tables: dict[str, dict[int, int]]) -> Explanation:
    words, here = span.text or "", text[span.start : span.end]
    if " ".join(words.split()) == " ".join(here.split()):
        return "only the white space differs", Span(span.start, span.end, here), True
    for form in ("NFC", "NFD"):
        if unicodedata.normalize(form, words) == unicodedata.normalize(form, here):
            return "only the normal form differs", Span(span.start, span.end, here), True
    for reason, table in tables.items():
        mended = _through(text, table, span)
        if mended:
            return reason, mended, False
    if words and text.count(words) == 1:
        start = text.index(words)
        return f"the words stand at {start} and nowhere else", Span(start, start + len(words), words), False
    return ("the words stand elsewhere" if words and words in text else "the words are not in the text"), None, False


def _through(text: str, table: dict[int, int], span: Span) -> Span | None:
    start, end = table.get(span.start), table.get(span.end)
    if start is None or end is None:
        return None
    here = text[start:end]
    if here != span.text and unicodedata.normalize("NFC", here) != span.text and here.replace("\r\n", "\n") != span.text:
        return None
    return Span(start, end, here)


def _tables(text: str) -> dict[str, dict[int, int] | None]:
    tables: dict[str, dict[int, int] | None] = {
        reason: None if text.isascii() else _table(unit(char) for char in text) for reason, unit in _UNITS.items()
    }
    tables["the offsets were made on a text with LF line ends"] = (
        _table(0 if char == "\r" else 1 for char in text) if "\r\n" in text else None
    )
    tables["the offsets were made on a text with CRLF line ends"] = (
        _table(2 if char == "\n" else 1 for char in text) if "\n" in text and "\r" not in text else None
    )
    tables["the offsets were made on the text in normal form NFC"] = (
        None if unicodedata.is_normalized("NFC", text) else _table(_composed(text))
    )
    return tables


def _table(widths: Iterator[int]) -> dict[int, int]:
    """From offsets in other units to code points."""
    table: dict[int, int] = {}
    for index, offset in enumerate(accumulate(widths, initial=0)):
        table[offset] = index
    return table


def _composed(text: str) -> Iterator[int]:
    """How many code points of the NFC text each code point adds."""
    begin = 0
    for index in range(1, len(text) + 1):
        if index == len(text) or not unicodedata.combining(text[index]):
            yield len(unicodedata.normalize("NFC", text[begin:index]))
            yield from (0 for _ in range(index - begin - 1))
            begin = index
