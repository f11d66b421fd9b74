"""Fold texts to their letters and digits, and hash every run of twelve of them; many texts at once.

    “Die Straße – 5 km”  →  d i e s t r a s s e 5 k m  →  diestrasse5k, iestrasse5km

Layout, punctuation, case and compatibility forms make no difference: a text is normalised (NFKC) and case-folded, and
what is then neither letter nor digit is left out.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..core.arrays import Numbers, begins_of, ranges
from ..core.code_points import may_join

RUN = 12
"""Letters in a run, about two and a half words."""
_FACTORS = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93)
_NONE, _SEVERAL, _UNNORMAL, _UNSEEN = 0, 0xFFFFFFFD, 0xFFFFFFFE, 0xFFFFFFFF
"""Markers in the tables: not a letter or digit; folds to several code points; the text must be normalised first; not
computed yet."""

Codes = npt.NDArray[np.uint32]
Hashes = npt.NDArray[np.uint64]


class Slices(NamedTuple):
    """Code points or hashes of several texts, end to end: those of text i are from `begins[i]` to `begins[i + 1]`."""

    values: npt.NDArray[Any]
    begins: Numbers

    @property
    def lengths(self) -> Numbers:
        """The number of values of each text."""
        return np.diff(self.begins)

    def each(self) -> list[npt.NDArray[Any]]:
        """Return the values of each text."""
        ends = self.begins.tolist()
        return [self.values[begin:end] for begin, end in pairwise(ends)]


def code_points(text: str) -> Codes:
    """Return the code points of a text, lone surrogates too."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")


def letters(texts: Slices) -> Slices:
    """Return the folded letters and digits of texts, given as code points.

    Folds are looked up in tables that fill as code points occur. A text with a code point that another form may stand
    for is normalised first, alone.
    """
    folds = _looked_up(_direct(), texts.values, _fold_unnormalised)
    if folds.max(initial=0) == _UNNORMAL:
        unnormal = np.flatnonzero(folds == _UNNORMAL)
        texts = _normalised(texts, np.unique(np.searchsorted(texts.begins, unnormal, "right") - 1))
        folds = _looked_up(_folds(), texts.values, _fold)
    # To take by number is several times as fast as to choose by a mask that changes with every word.
    places = np.flatnonzero(folds != _NONE)
    kept = Slices(folds.take(places), np.searchsorted(places, texts.begins))
    if folds.max(initial=0) < _SEVERAL:
        return kept
    return _expanded(kept, texts.values[folds == _SEVERAL])


def runs(texts: Slices) -> Slices:
    """Return a 64-bit hash of every run of letters of texts; none if a text is empty, and one if it is shorter.

    Hashes of runs of 1 are combined into those of 2, 4, 8 and 12 letters: five array operations and no loop.
    """
    texts = _padded(texts)
    if len(texts.values) < RUN:
        return Slices(np.zeros(0, np.uint64), np.zeros(len(texts.begins), np.int64))
    one = texts.values.astype(np.uint64)
    one += np.uint64(1)
    two = one[:-1] * np.uint64(_FACTORS[0])
    two += one[1:]
    four = two[:-2] * np.uint64(_FACTORS[1])
    four += two[2:]
    eight = four[:-4] * np.uint64(_FACTORS[2])
    eight += four[4:]
    twelve = eight[:-4]
    twelve *= np.uint64(_FACTORS[3])
    twelve += four[8:]
    twelve ^= twelve >> np.uint64(32)
    lengths = np.maximum(texts.lengths - (RUN - 1), 0)
    begins = begins_of(lengths)
    if len(lengths) == 1:
        return Slices(twelve, begins)
    # A run that begins in the last letters of a text would go on in the next text.
    firsts = texts.begins[:-1]
    pieces = [twelve[a:b] for a, b in zip(firsts.tolist(), (firsts + lengths).tolist(), strict=True)]
    return Slices(np.concatenate(pieces), begins)


def _padded(texts: Slices) -> Slices:
    """Return the letters with zeros after those of a short text, so that it has one run."""
    short = (texts.lengths > 0) & (texts.lengths < RUN)
    if not short.any():
        return texts
    lengths = np.where(short, RUN, texts.lengths)
    begins = begins_of(lengths)
    padded = np.zeros(begins[-1], np.uint32)
    padded[np.arange(len(texts.values)) + np.repeat(begins[:-1] - texts.begins[:-1], texts.lengths)] = texts.values
    return Slices(padded, begins)


def _normalised(texts: Slices, numbers: Numbers) -> Slices:
    """Return the code points of texts with some of them in NFKC."""
    pieces = texts.each()
    for i in numbers.tolist():
        text = pieces[i].astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")
        pieces[i] = code_points(unicodedata.normalize("NFKC", text))
    return Slices(np.concatenate(pieces), begins_of([len(piece) for piece in pieces]))


def _expanded(folded: Slices, codes: Codes) -> Slices:
    """Return the letters with all of those that `codes`, where several are marked, fold to."""
    each = [_letters_of(chr(code)) for code in codes.tolist()]
    places = np.flatnonzero(folded.values == _SEVERAL)
    counts = np.ones(len(folded.values), np.int64)
    counts[places] = [len(one) for one in each]
    ends = begins_of(counts)
    values = np.repeat(folded.values, counts)
    values[ranges(ends[places], counts[places])] = [code for one in each for code in one]
    return Slices(values, ends[folded.begins])


def _looked_up(table: Codes, codes: Codes, fold: Callable[[str], int]) -> Codes:
    found = table.take(codes)
    if found.max(initial=0) == _UNSEEN:
        for code in np.unique(codes[found == _UNSEEN]).tolist():
            table[code] = fold(chr(code))
        found = table.take(codes)
    return found


@cache
def _folds() -> Codes:
    """Return the table from each code point of a normalised text to its fold."""
    return np.full(0x110000, _UNSEEN, np.uint32)


@cache
def _direct() -> Codes:
    """Return the table from each code point of any text to its fold, or to `_UNNORMAL`."""
    return np.full(0x110000, _UNSEEN, np.uint32)


def _letters_of(char: str) -> list[int]:
    return [ord(one) for one in char.casefold() if one.isalnum()]


def _fold(char: str) -> int:
    folded = _letters_of(char)
    return _NONE if not folded else folded[0] if len(folded) == 1 else _SEVERAL


def _fold_unnormalised(char: str) -> int:
    """Return the fold of a character that normalisation leaves as it is, or leaves without any letter."""
    normal = unicodedata.normalize("NFKC", char)
    if may_join(char) or (normal != char and any(_fold(one) != _NONE for one in (char, *normal))):
        return _UNNORMAL
    return _fold(char)
