"""What several screens need of some columns, made once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from ...columns.documents import Columns
from ...columns.keys import Mask
from ...columns.parse import Numbers
from ...columns.records import Records, Spans
from ...columns.texts import SPACE, Hashes, hash_of
from ...core.arrays import ranges

_STRIDE = 1 << 32
"""More than any offset: annotation × stride + offset sorts spans by annotation, then by offset."""


_BITS = 16


class Frame:
    """The layers of some columns, and where their spans lie in the joined texts."""

    def __init__(self, columns: Columns) -> None:
        self.columns, self.texts = columns, columns.texts
        self.quotes, self.mentions = columns.layer("quotes"), columns.layer("mentions")
        self.entities, self.nonquotes = columns.layer("entities"), columns.layer("nonquotes")
        self.stances = columns.layer("stances")
        self._placed: dict[tuple[str, str], tuple[Numbers, Numbers]] = {}

    def place(self, records: Records, field: str) -> tuple[Numbers, Numbers]:
        """Return the offsets in the joined texts of the spans of a field."""
        key = records.name, field
        if key not in self._placed:
            spans = records.spans(field)
            begins = self.texts.begins[spans.document]
            ends = begins + self.texts.lengths[spans.document]
            self._placed[key] = np.minimum(spans.start + begins, ends), np.minimum(spans.end + begins, ends)
        return self._placed[key]

    def edges(self, records: Records, field: str) -> tuple[Numbers, Numbers]:
        """Return where the first span of each record begins and the last one ends in the joined texts."""
        start, end = records.first(field)
        begins = self.texts.begins[records.document]
        ends = begins + self.texts.lengths[records.document]
        return np.minimum(start + begins, ends), np.minimum(end + begins, ends)

    def known(self, documents: Numbers) -> Mask:
        """Return which of some documents have a text."""
        return self.texts.known[documents]

    def rounds(self) -> Iterator[Mask]:
        """Yield masks of annotations with at most one of each document; together they are all annotations."""
        document = self.columns.document
        first = np.searchsorted(document, document)
        number = np.arange(len(document)) - first
        for one in range(int(number.max(initial=-1)) + 1):
            yield number == one

    def covered(self, chosen: Mask, fields: Iterable[tuple[Records, str]]) -> Mask:
        """Return which code points of the joined texts are in a span of some annotations, one of each document."""
        steps = np.zeros(len(self.texts.codes) + 1, np.int32)
        for records, field in fields:
            own = chosen[records.annotation[records.spans(field).record]]
            start, end = self.place(records, field)
            np.add.at(steps, start[own], 1)
            np.add.at(steps, end[own], -1)
        return np.cumsum(steps[:-1]) > 0

    def overlapping(self, one: Spans, other: Spans, pairs: tuple[Numbers, Numbers]) -> Mask:
        """Return for pairs of numbers of spans whether they share code points."""
        i, j = pairs
        return (one.start[i] < other.end[j]) & (other.start[j] < one.end[i])

    def last_before(self, offsets: Numbers) -> Numbers:
        """Return the offset of the last code point before each offset other than white space, -1 if there is none."""
        filled = self._filled
        place = np.searchsorted(filled, offsets) - 1
        return np.where(place >= 0, filled[np.maximum(place, 0)], -1) if len(filled) else np.full(len(offsets), -1)

    @cached_property
    def _filled(self) -> Numbers:
        return np.flatnonzero((self.texts.classes & SPACE) == 0)

    def word_at(self, offsets: Numbers) -> Numbers:
        """Return the number of the first word that begins at or after each offset."""
        return self.texts.word_at(offsets)

    def is_word(self, numbers: Numbers, words: Collection[str]) -> Mask:
        """Return whether words, by number, are among some without regard to case."""
        hashes = self.texts.words.hashes
        valid = numbers < len(hashes)
        wanted = np.array([hash_of(word) for word in words], np.uint64)
        found = np.zeros(len(numbers), np.bool_)
        found[valid] = among(hashes[numbers[valid]], wanted)
        return found


@lru_cache(maxsize=1)
def frame(columns: Columns) -> Frame:
    """Return the frame of some columns."""
    return Frame(columns)


def keyed(records: Records, offsets: Numbers, of: Numbers | None = None) -> Numbers:
    """Return offsets as keys that sort by annotation first; `of` are their records, if there is not one of each."""
    annotation = records.annotation if of is None else records.annotation[of]
    return annotation * _STRIDE + offsets


def pairs_of(owners: Numbers, others: Numbers, records: int) -> tuple[Numbers, Numbers]:
    """Return each pair of an item of `owners` and one of `others` that have the same owner; `others` is sorted."""
    begins = np.searchsorted(others, np.arange(records + 1))
    counts = np.diff(begins)[owners]
    return np.repeat(np.arange(len(owners)), counts), ranges(begins[:-1][owners], counts)


def among(hashes: Hashes, some: Hashes) -> Mask:
    """Return which hashes are among some. Most are not, which their last bits tell."""
    table = np.zeros(1 << _BITS, np.bool_)
    low = np.uint64((1 << _BITS) - 1)
    table[some & low] = True
    found: Mask = table.take((hashes & low).astype(np.int64))
    found[found] = np.isin(hashes[found], some)
    return found


def repeats(*keys: npt.NDArray[np.generic]) -> Mask:
    """Return which rows of some columns are equal to an earlier row."""
    order = np.lexsort(keys[::-1])
    same = np.ones(max(0, len(order) - 1), np.bool_)
    for key in keys:
        same &= key[order][1:] == key[order][:-1]
    found = np.zeros(len(order), np.bool_)
    found[order[1:][same]] = True
    return found
