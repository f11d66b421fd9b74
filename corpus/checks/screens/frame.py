"""What several screens need of some columns, made once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ...columns.documents import Columns
from ...columns.keys import Mask
from ...columns.parse import Numbers
from ...columns.records import Records, Spans
from ...columns.texts import Hashes, hash_of
from ...core.arrays import begins_of, ranges

_STRIDE = 1 << 32
"""More than any offset: annotation × stride + offset sorts spans by annotation, then by offset."""
_MIX = np.uint64(0xBF58476D1CE4E5B9)


class Covered(NamedTuple):
    """The code points in some spans, as runs that do not overlap: where each begins and ends in the joined texts."""

    starts: Numbers
    ends: Numbers

    @classmethod
    def by(cls, starts: Numbers, ends: Numbers) -> Covered:
        """Return the code points in spans in any order."""
        order = np.argsort(starts, kind="stable")
        starts, reached = starts[order], np.maximum.accumulate(ends[order])
        first = np.flatnonzero(np.append(True, starts[1:] > reached[:-1])[: len(starts)])
        return cls(starts[first], reached[np.append(first[1:], len(starts)) - 1] if len(starts) else starts)

    def has(self, offsets: Numbers) -> Mask:
        """Return which offsets are covered."""
        number = np.searchsorted(self.starts, offsets, "right")
        mask: Mask = np.append(-1, self.ends).take(number) > offsets
        return mask

    def between(
        self, starts: Numbers, ends: Numbers, count: Callable[[Numbers], Numbers] = lambda offsets: offsets
    ) -> Numbers:
        """Return how many covered code points are from each start to its end, or of those that `count` counts."""
        whole = begins_of(count(self.ends) - count(self.starts))
        offsets = np.concatenate((starts, ends))
        number = np.searchsorted(self.starts, offsets, "right")
        # The last run may go on after the offset.
        end = np.maximum(np.append(0, self.ends).take(number), offsets)
        before = whole.take(number) - (count(end) - count(offsets))
        found: Numbers = before[len(starts) :] - before[: len(starts)]
        return found


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

    def covered(self, chosen: Mask, fields: Iterable[tuple[Records, str]]) -> Covered:
        """Return the code points of the joined texts that are in a span of some annotations, one of each document."""
        starts, ends = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for records, field in fields:
            own = chosen[records.annotation[records.spans(field).record]]
            for edges, of_field in zip((starts, ends), self.place(records, field), strict=True):
                edges.append(of_field[own])
        return Covered.by(np.concatenate(starts), np.concatenate(ends))

    def overlapping(self, one: Spans, other: Spans, pairs: tuple[Numbers, Numbers]) -> Mask:
        """Return for pairs of numbers of spans whether they share code points."""
        i, j = pairs
        return (one.start[i] < other.end[j]) & (other.start[j] < one.end[i])

    def last_before(self, offsets: Numbers) -> Numbers:
        """Return the offset of the last code point before each offset other than white space, -1 if there is none."""
        before: Numbers = np.minimum(self.texts.filled_before(offsets), offsets) - 1
        return before

    def word_at(self, offsets: Numbers) -> Numbers:
        """Return the number of the first word that begins at or after each offset."""
        return self.texts.word_at(offsets)

    def is_word(self, numbers: Numbers, words: Collection[str]) -> Mask:
        """Return whether words, by number, are among some without regard to case."""
        hashes = self.texts.words.hashes
        valid = numbers < len(hashes)
        found = np.zeros(len(numbers), np.bool_)
        found[valid] = among(hashes[numbers[valid]], _hashes_of(tuple(words)))
        return found

    def all_words(self, words: Collection[str]) -> Numbers:
        """Return the numbers of the words of the texts that are among some without regard to case."""
        return np.flatnonzero(among(self.texts.words.hashes, _hashes_of(tuple(words))))


@lru_cache(maxsize=64)
def _hashes_of(words: tuple[str, ...]) -> Hashes:
    return np.array([hash_of(word) for word in words], np.uint64)


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
    table = np.zeros(1 << 16, np.bool_)
    table[some.astype(np.uint16)] = True
    found: Mask = table.take(hashes.astype(np.uint16))
    found[found] = pc.is_in(pa.array(hashes[found]), pa.array(some)).to_numpy(zero_copy_only=False)
    return found


def repeats(*keys: npt.NDArray[np.generic]) -> Mask:
    """Return of each group of equal rows of some columns all but one; see `unlike`."""
    return unlike(np.arange(len(keys[0])), *keys)


def unlike(values: npt.NDArray[Any], *keys: npt.NDArray[np.generic]) -> Mask:
    """Return rows with another value than a row with the same keys: of each such group at least one.

    Rows are compared by a hash of 64 bits, so two that differ may count as equal by chance.
    """
    mixed = keys[0].astype(np.uint64)
    for key in keys[1:]:
        mixed = (mixed ^ mixed >> np.uint64(29)) * _MIX + key.astype(np.uint64)
    order = np.argsort(mixed)
    mixed, values = mixed.take(order), values.take(order)
    found = np.zeros(len(order), np.bool_)
    found[order[1:][(mixed[1:] == mixed[:-1]) & (values[1:] != values[:-1])]] = True
    return found
