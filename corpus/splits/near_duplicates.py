"""Find near-duplicate texts: those whose sketches share a bucket of an LSH index are compared.

    sketches → 32 bands of 4 minima → buckets → pairs to compare → near-duplicates

Only letters and digits count (see `letters`). Two texts are near-duplicates if their folded letters are equal, or if
the Jaccard similarity of their sets of runs, estimated by the share of equal minima, is at least `LEAST`.

Comparing all pairs would be quadratic. Texts share a bucket if the four minima of a band are equal; at similarity s
this happens in one of the 32 bands with probability 1 - (1 - s⁴)³²: 87% at 0.5, 99.9% at 0.7. Only texts in one
bucket are compared, so every reported pair is verified, while a pair near the threshold can be missed.

Thousands of texts made from one template share buckets without being near-duplicates. So a text is compared with all
texts of a label in a bucket if these are at most `buckets.BOUND`, and with so many of all larger sets. `Near.cuts`
tells how many pairs were not compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from ..core.arrays import Numbers, integers, lengths_of
from .buckets import BANDS, Compared, Mask, Pairs, band_of, compare, similar
from .sketches import MINIMA, Sketches


class Cut(NamedTuple):
    """Texts with the same runs, such as those of one template, of which `Near` does not compare each pair."""

    texts: list[int]
    """Their numbers, ascending."""
    pairs: int
    """How many of their pairs with different labels are not compared in the bucket of these texts."""


class Near:
    """The near-duplicates among texts with labels, such as splits; a text is identified by its number.

    Only texts in one bucket are compared, so the work grows with the number of texts and near-duplicates, not with its
    square.
    """

    def __init__(self, sketches: Sketches, labels: Sequence[str]) -> None:
        self._names = {label: number for number, label in enumerate(sorted(set(labels)))}
        self._labels = np.fromiter((self._names[label] for label in labels), np.int64, len(labels))
        self._hashed, self._minima = sketches.rows
        self._equal = [_groups(sketches.text), _groups(sketches.letters)]
        """For each text a number that those with an equal text have, too, -1 without one; and so of its letters."""

    def firsts(self) -> Numbers:
        """Return for each text the smallest number of a near-duplicate with another label, -1 if it has none.

        Texts with the label "" do not count.
        """
        none = len(self._labels)
        found = np.full(none, none)
        is_labelled = self._labels != self._names.get("", -1)
        one, other = self._across.pairs[is_labelled[self._across.pairs].all(axis=1)].T
        np.minimum.at(found, one, other)
        for group in self._equal:
            known = np.flatnonzero((group >= 0) & is_labelled)
            # The first text of a group, and the first one that has another label than that.
            first, second = np.full(none + 1, none), np.full(none + 1, none)
            np.minimum.at(first, group[known], known)
            apart = known[self._labels[known] != self._labels[first[group[known]]]]
            np.minimum.at(second, group[apart], apart)
            is_like_first = self._labels[known] == self._labels[first[group[known]]]
            other = np.where(is_like_first, second[group[known]], first[group[known]])
            np.minimum.at(found, known, other)
        return np.where(found < none, found, -1)

    def first(self, text: int, label: str) -> int | None:
        """Return the smallest number of a near-duplicate with a label that the text does not have, or None."""
        number = self._names.get(label, -1)
        pairs = self._across.pairs
        begin, end = np.searchsorted(pairs[:, 0], (text, text + 1))
        others = pairs[begin:end, 1]
        near = others[self._labels[others] == number][:1].tolist()
        for group, firsts in zip(self._equal, self._first_equal, strict=True):
            near += [firsts[key] for key in [(int(group[text]), number)] if key in firsts]
        return min(near, default=None)

    def near(self, text: int) -> list[int]:
        """Return the numbers of all near-duplicates of a text, ascending, whatever their labels."""
        found = {i for group in self._equal if group[text] >= 0 for i in np.flatnonzero(group == group[text]).tolist()}
        row = int(np.searchsorted(self._hashed, text))
        if row < len(self._hashed) and self._hashed[row] == text:
            own = self._minima[row].reshape(BANDS, -1)
            in_bucket = np.zeros(len(self._hashed), np.bool_)
            for band in range(BANDS):
                in_bucket |= (band_of(self._minima, band) == own[band]).all(axis=1)
            rows = np.flatnonzero(in_bucket)
            found.update(self._hashed[rows[similar(self._minima, np.full(len(rows), row), rows)]].tolist())
        return sorted(found - {text})

    def are_near(self, text: int, other: int) -> bool:
        """Return True if two texts are near-duplicates."""
        if any(group[text] == group[other] >= 0 for group in self._equal):
            return True
        rows = np.searchsorted(self._hashed, [text, other])
        return bool(similar(self._minima, rows[:1], rows[1:])[0])

    def groups(self, label: str) -> list[list[int]]:
        """Return the connected components of near-duplicates among the texts with a label."""
        chosen = self._labels == self._names.get(label, -1)
        pairs = [self._compared(across=False, only=chosen[self._hashed]).pairs]
        for group in self._equal:
            known = np.flatnonzero((group >= 0) & chosen)
            known = known[np.argsort(group[known], kind="stable")]
            next_ = group[known][1:] == group[known][:-1]
            pairs.append(np.stack((known[:-1][next_], known[1:][next_]), axis=1))
        lowest = _components(len(self._labels), np.concatenate(pairs))
        found: dict[int, list[int]] = {}
        for i in np.flatnonzero(chosen).tolist():
            found.setdefault(int(lowest[i]), []).append(i)
        return list(found.values())

    def share(self, text: int, other: int) -> float:
        """Return the estimated Jaccard similarity; 1.0 if a text is missing, since then their hashes were equal."""
        rows = np.searchsorted(self._hashed, (text, other))
        if not np.isin((text, other), self._hashed).all():
            return 1.0
        return float(np.count_nonzero(self._minima[rows[0]] == self._minima[rows[1]])) / MINIMA

    def cuts(self) -> list[Cut]:
        """Return the sets of texts whose pairs are not all compared, that with the most pairs first.

        Texts with the label "" do not count.
        """
        found = [Cut(texts.tolist(), pairs) for pairs, texts in self._across.uncompared]
        return sorted(found, key=lambda cut: (-cut.pairs, cut.texts[0]))

    @cached_property
    def _first_equal(self) -> list[dict[tuple[int, int], int]]:
        """The first text of each group of equal ones, by its number and label."""
        found: list[dict[tuple[int, int], int]] = []
        for group in self._equal:
            known = np.flatnonzero(group >= 0)[::-1]
            keys = zip(group[known].tolist(), self._labels[known].tolist(), strict=True)
            found.append(dict(zip(keys, known.tolist(), strict=True)))
        return found

    @cached_property
    def _across(self) -> Compared:
        return self._compared(across=True, only=np.ones(len(self._hashed), np.bool_))

    def _compared(self, *, across: bool, only: Mask) -> Compared:
        """Compare the texts of some rows: those with different labels, or those with the same label."""
        chosen = np.flatnonzero(only)
        labels = self._labels[self._hashed[chosen]]
        if len(chosen) < 2 or (across and not (labels != labels[0]).any()):
            return Compared(np.zeros((0, 2), np.int64), [])
        minima = self._minima if only.all() else self._minima[chosen]
        found = compare(minima, labels, across, self._names.get("", -1))
        numbers = self._hashed[chosen]
        return Compared(numbers[found.pairs], [(pairs, numbers[rows]) for pairs, rows in found.uncompared])


def _groups(keys: pa.BinaryArray) -> Numbers:
    """Return for each key a number that equal keys have, too; -1 for a key that is empty or alone."""
    codes = integers(keys.dictionary_encode().indices)
    alone = np.bincount(codes, minlength=1)[codes] < 2
    codes[alone | (lengths_of(keys) == 0)] = -1
    return codes


def _components(count: int, pairs: Pairs) -> Numbers:
    """Return the smallest number that each of `count` numbers is connected with by pairs."""
    lowest = np.arange(count)
    while len(pairs):
        one, other = lowest[pairs[:, 0]], lowest[pairs[:, 1]]
        apart = one != other
        pairs, one, other = pairs[apart], one[apart], other[apart]
        np.minimum.at(lowest, np.maximum(one, other), np.minimum(one, other))
        while (lowest[lowest] != lowest).any():
            lowest = lowest[lowest]
    return lowest
