"""Which units the offsets of a file count, where no span quotes its words.

    text      O n e _ l i n e . \\r \\n A d a      the span 10 to 13
    as is                          \\n A d        begins with a line break, ends within a word
    LF                                 A d a     begins and ends at a word's edge

One span proves little, so the decision is made for all spans of a file: each span that another reading would move is
tested for whether it begins and ends at the edge of a word. Another reading is chosen if it is clearly better.
Scripts without blanks between words give no evidence. The readings are those of P307.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable

from ..checks.offset_shifts import OffsetTable, offset_tables

Pair = tuple[int, int]
AS_IT_IS = "the offsets count code points"
_CLEAR = 0.9
"""The share of spans that must fit in another reading."""
_NO_BLANKS = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN")
"""How the Unicode names of letters begin in scripts without blanks between words."""


class OffsetReadings:
    """Collects evidence from the spans of a file: `add` each text, then `decide`."""

    def __init__(self) -> None:
        self._moved: Counter[str] = Counter()
        self._fit: Counter[str] = Counter()
        self._fit_as_is: Counter[str] = Counter()

    def add(self, text: str, pairs: Iterable[Pair]) -> None:
        """Add the spans of a text, (start, end) as the file has them."""
        pairs = list(pairs)
        if not pairs or (text.isascii() and "\n" not in text):
            return
        as_is = [_fits(text, pair) for pair in pairs]
        for reason, table in offset_tables(text).items():
            for pair, fits in zip(pairs, as_is, strict=True):
                other = _through(table, pair)
                if other != pair:
                    self._moved[reason] += 1
                    self._fit[reason] += other is not None and _fits(text, other)
                    self._fit_as_is[reason] += fits

    def decide(self) -> Reading:
        """Return the reading of the file: code points, unless another one is clearly better."""
        better = {
            reason: self._fit[reason] - self._fit_as_is[reason]
            for reason, count in self._moved.items()
            if self._fit[reason] >= _CLEAR * count and self._fit_as_is[reason] <= count / 2
        }
        most = max(better.values(), default=0)
        best = [reason for reason, more in better.items() if more == most]
        if not most:
            return Reading(AS_IT_IS)
        # A reading that combines two others explains no more than a simple one that is as good.
        simple = [reason for reason in best if " and " not in reason] or best
        if len(simple) > 1:
            return Reading(AS_IT_IS, " or ".join(sorted(simple)))
        return Reading(simple[0])


class Reading:
    """How to read the offsets of a file. `unclear` names the readings that fit equally well, none of which is used."""

    def __init__(self, reason: str, unclear: str = "") -> None:
        self.reason, self.unclear = reason, unclear

    def of(self, text: str) -> TextReading:
        """Return the reading for the spans of one text."""
        table = offset_tables(text).get(self.reason) if self.reason != AS_IT_IS else None
        return TextReading(self.reason if table is not None else "", table)


class TextReading:
    """Converts the spans of one text to code points. `reason` says why, and is "" if they are not converted."""

    def __init__(self, reason: str = "", table: OffsetTable | None = None) -> None:
        self.reason, self._table = reason, table

    def pair(self, start: int, end: int) -> Pair | None:
        """Return (start, end) in code points; None if an offset is outside of the text or within a character."""
        return (start, end) if self._table is None else _through(self._table, (start, end))


def _through(table: OffsetTable, pair: Pair) -> Pair | None:
    start, end = table.get(pair[0]), table.get(pair[1])
    return None if start is None or end is None else (start, end)


def _fits(text: str, pair: Pair) -> bool:
    """Return whether a span is in the text and begins and ends at the edge of a word, not at white space."""
    start, end = pair
    if not 0 <= start < end <= len(text) or text[start].isspace() or text[end - 1].isspace():
        return False
    return not (start and _one_word(text[start - 1], text[start])) and not (
        end < len(text) and _one_word(text[end - 1], text[end])
    )


def _one_word(before: str, after: str) -> bool:
    """Return whether two neighbouring characters belong to one word for certain."""
    return _is_in_word(before) and _is_in_word(after)


def _is_in_word(char: str) -> bool:
    if char.isascii():
        return char.isalnum()
    in_word = char.isalnum() or unicodedata.category(char)[0] == "M"
    return in_word and not unicodedata.name(char, "").startswith(_NO_BLANKS)
