"""Compare the sketches that share a bucket of an LSH index, each with a bounded number of others.

    minima → 32 bands of 4 → equal bands: buckets → sets of one label → pairs to compare → near-duplicates

    bucket of a band          train  1 4 9 …  (100,000 texts)     1, 4, 9 … are compared with the first 64 of test,
                              test   2 3 5 …  ( 20,000 texts)     2, 3, 5 … with the first 64 of train
                              dev    6 7      (      2 texts)     all of them with both of dev

Of the large sets of a label in all buckets of a text, only the smallest is compared: near-duplicates share several
buckets, most of them with few other texts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..core.arrays import Numbers, begins_of, ranges
from .letters import Codes, Hashes
from .sketches import LEAST, MINIMA

BOUND = 64
"""Texts of a label that a text is compared with in a large bucket. Versions of a template fill buckets of thousands."""
BANDS = 32
_FACTORS = tuple(map(np.uint64, (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93)))
_CHUNK = 2**13
"""Pairs that are compared at once."""
_LANES = np.uint64(0x0101010101010101)

Bytes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Pairs = npt.NDArray[np.int64]
"""Rows of two numbers of texts."""


class Sets(NamedTuple):
    """The sets of texts with one label in the buckets of a band: the texts of set i, ascending, are in `texts`.

    Those of one bucket follow one another.
    """

    texts: Numbers
    begins: Numbers
    bucket: Numbers
    label: Numbers

    @property
    def sizes(self) -> Numbers:
        """The number of texts of each set."""
        return np.diff(self.begins)


class Visits(NamedTuple):
    """Texts that are compared with the first texts of a set, which is large: numbers of both."""

    text: Numbers
    set: Numbers


class Compared(NamedTuple):
    """Pairs of near-duplicates, both ways and ascending; and the buckets with pairs that were not compared."""

    pairs: Pairs
    uncompared: list[tuple[int, Numbers]]


def compare(minima: Codes, labels: Numbers, across: bool, uncounted: int) -> Compared:
    """Compare the rows of `minima` that share a bucket and have different labels, or else the same label.

    Pairs with the label `uncounted` are compared, but not counted if they are not.
    """
    low = minima.astype(np.uint8)
    found, large, before = [np.zeros((0, 2), np.int64)], [], 0
    all_sets: list[Sets] = []
    for band in range(BANDS):
        sets = _sets(band_of(minima, band), labels, across)
        own, target = _visits(sets, across)
        is_small = sets.sizes[target] <= BOUND
        # Of two small sets, each pair is compared once.
        once = is_small & ((sets.sizes[own] > BOUND) | (own < target if across else own == target))
        for one, other in _pairs(sets, own[once], target[once]):
            # A set that is compared with itself has each pair twice.
            kept = slice(None) if across else one < other
            found.append(_verified(minima, low, one[kept], other[kept]))
        visits = _each_text(sets, own[~is_small], target[~is_small])
        large.append(Visits(visits.text, visits.set + before))
        all_sets.append(sets)
        before += len(sets.label)
    sets = _joined(all_sets)
    chosen = _smallest(Visits(*map(np.concatenate, zip(*large, strict=True))), sets, len(labels))
    for begin in range(0, len(chosen.text), _CHUNK // BOUND):
        text, target = chosen.text[begin : begin + _CHUNK // BOUND], chosen.set[begin : begin + _CHUNK // BOUND]
        one, other = np.repeat(text, BOUND), sets.texts[sets.begins[target][:, None] + np.arange(BOUND)].ravel()
        apart = one != other
        found.append(_verified(minima, low, one[apart], other[apart]))
    pairs = np.concatenate(found)
    both = np.concatenate((pairs, pairs[:, ::-1]))
    keys = np.sort(both[:, 0] * len(labels) + both[:, 1])
    keys = keys[np.append(True, keys[1:] != keys[:-1])[: len(keys)]]
    pairs = np.stack((keys // len(labels), keys % len(labels)), axis=1)
    return Compared(pairs, list(_uncompared(sets, chosen, uncounted)) if across else [])


def sharing(bands: Codes, labels: Numbers) -> Numbers:
    """Return the numbers of the rows that share a bucket of some bands with a row of another label, ascending.

    `bands` has four columns for each band. `compare` finds the same among these rows as among all rows.
    """
    width, found = MINIMA // BANDS, np.zeros(len(bands), np.bool_)
    for first in range(0, bands.shape[1], width):
        keys = _keys(bands[:, first : first + width])
        ordered = np.sort(keys)
        again = ordered[1:][ordered[1:] == ordered[:-1]]
        if len(again):
            rows = np.flatnonzero(np.isin(keys, again))
            found[rows[_sets(bands[rows, first : first + width], labels[rows], across=True).texts]] = True
    return np.flatnonzero(found)


def _keys(band: Codes) -> Hashes:
    keys: Hashes = np.zeros(len(band), np.uint64)
    for column, factor in zip(band.T, _FACTORS, strict=True):
        keys += column * factor
    return keys


def _sets(band: Codes, labels: Numbers, across: bool) -> Sets:
    """Return the sets of the buckets of a band that have several texts, and several labels if these are compared."""
    keys = _keys(band)
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    same = ordered[1:] == ordered[:-1]
    inside = np.append(same, False) | np.append(False, same)
    texts, key = order[inside], ordered[inside]
    bucket = np.cumsum(np.append(True, key[1:] != key[:-1])[: len(key)]) - 1
    label = labels[texts]
    # Stable, so that the texts of a set are ascending.
    order = np.lexsort((label, bucket))
    texts, bucket, label = texts[order], bucket[order], label[order]
    new = np.append(True, (bucket[1:] != bucket[:-1]) | (label[1:] != label[:-1]))[: len(texts)]
    begins = np.flatnonzero(new)
    sets = Sets(texts, np.append(begins, len(texts)), bucket[begins], label[begins])
    return _several(sets) if across else sets


def _several(sets: Sets) -> Sets:
    """Return the sets of buckets with several labels."""
    keep = np.bincount(sets.bucket, minlength=1)[sets.bucket] > 1
    sizes = sets.sizes[keep]
    texts = sets.texts[ranges(sets.begins[:-1][keep], sizes)]
    return Sets(texts, begins_of(sizes), sets.bucket[keep], sets.label[keep])


def _visits(sets: Sets, across: bool) -> tuple[Numbers, Numbers]:
    """Return pairs of sets of one bucket with different labels, both ways; or else each set with itself."""
    number = np.arange(len(sets.label))
    if not across:
        return number, number
    first, count = np.unique(sets.bucket, return_index=True, return_counts=True)[1:]
    of = np.repeat(np.arange(len(first)), count)
    own = np.repeat(number, count[of])
    target = ranges(first[of], count[of])
    return own[own != target], target[own != target]


def _each_text(sets: Sets, own: Numbers, target: Numbers) -> Visits:
    """Return each text of the sets `own` with a set that it is compared with."""
    sizes = sets.sizes[own]
    texts = sets.texts[ranges(sets.begins[:-1][own], sizes)]
    return Visits(texts, np.repeat(target, sizes))


def _pairs(sets: Sets, own: Numbers, target: Numbers) -> Iterator[tuple[Numbers, Numbers]]:
    """Yield each text of a set with each text of another one, which is small, some pairs at a time."""
    visits = _each_text(sets, own, target)
    counts = sets.sizes[visits.set]
    ends = np.cumsum(counts)
    begin = 0
    while begin < len(counts):
        end = max(begin + 1, int(np.searchsorted(ends, (ends[begin - 1] if begin else 0) + _CHUNK, "right")))
        some = counts[begin:end]
        one = np.repeat(visits.text[begin:end], some)
        other = sets.texts[ranges(sets.begins[:-1][visits.set[begin:end]], some)]
        yield one, other
        begin = end


def _joined(every: Sequence[Sets]) -> Sets:
    """Return the sets of all bands. The buckets of one come after those of another."""
    begins = begins_of(np.concatenate([sets.sizes for sets in every]))
    buckets = begins_of([int(sets.bucket.max(initial=-1)) + 1 for sets in every])
    bucket = np.concatenate([sets.bucket + first for sets, first in zip(every, buckets.tolist(), strict=False)])
    return Sets(
        np.concatenate([one.texts for one in every]), begins, bucket, np.concatenate([one.label for one in every])
    )


def _smallest(visits: Visits, sets: Sets, number: int) -> Visits:
    """Return for each text and label the visit of the smallest set; of equal ones, that of the first band."""
    order = np.lexsort((visits.set, sets.sizes[visits.set], sets.label[visits.set], visits.text))
    key = (sets.label[visits.set] * number + visits.text)[order]
    chosen = np.sort(order[np.append(True, key[1:] != key[:-1])[: len(key)]])
    return Visits(visits.text[chosen], visits.set[chosen])


def _uncompared(sets: Sets, chosen: Visits, uncounted: int) -> Iterator[tuple[int, Numbers]]:
    """Yield the buckets with pairs that are not compared: the number of these pairs, and the texts.

    Texts of one template share up to 32 buckets, of which that with the most pairs is yielded.
    """
    sizes, begins = sets.sizes, sets.begins
    large = np.flatnonzero((sizes > BOUND) & (sets.label != uncounted))
    if not len(large):
        return
    buckets = np.split(large, np.flatnonzero(np.diff(sets.bucket[large])) + 1)
    pairs = [(int(sizes[own].sum()) ** 2 - int((sizes[own] ** 2).sum())) // 2 for own in buckets]
    seen = np.zeros(int(sets.texts.max(initial=-1)) + 1, np.bool_)
    for number in sorted(range(len(buckets)), key=lambda n: -pairs[n]):
        own = buckets[number]
        of_bucket = np.arange(*np.searchsorted(sets.bucket, sets.bucket[own[0]] + np.arange(2)))
        counted = of_bucket[sets.label[of_bucket] != uncounted]
        texts = np.sort(sets.texts[ranges(begins[counted], sizes[counted])])
        if pairs[number] and np.count_nonzero(seen[texts]) * 2 < len(texts):
            in_large = np.zeros(len(seen), np.bool_)
            in_large[sets.texts[ranges(begins[own], sizes[own])]] = True
            left = pairs[number] - _compared_within(sets, chosen, in_large)
            if left:
                yield left, texts
            seen[texts] = True


def _compared_within(sets: Sets, chosen: Visits, within: Mask) -> int:
    """Return how many pairs of some texts are compared by visits of large sets."""
    inside = np.flatnonzero(within[chosen.text])
    target, visits = np.unique(chosen.set[inside], return_counts=True)
    heads = sets.texts[sets.begins[target][:, None] + np.arange(BOUND)]
    one_way = int((np.count_nonzero(within[heads], axis=1) * visits).sum())
    # Only texts that are among the first of a set are compared both ways.
    is_head = np.zeros(len(within), np.bool_)
    is_head[heads] = within[heads]
    both = inside[is_head[chosen.text[inside]]]
    one = np.repeat(chosen.text[both], BOUND)
    other = sets.texts[sets.begins[chosen.set[both]][:, None] + np.arange(BOUND)].ravel()
    one, other = one[is_head[other]], other[is_head[other]]
    keys = np.minimum(one, other) * len(within) + np.maximum(one, other)
    return one_way - (len(keys) - len(np.unique(keys)))


def _verified(minima: Codes, low: Bytes, one: Numbers, other: Numbers) -> Pairs:
    """Return the pairs of rows that are near-duplicates. `low` is the last byte of each of the minima."""
    found = [np.zeros((0, 2), np.int64)]
    for begin in range(0, len(one), _CHUNK):
        some, others = one[begin : begin + _CHUNK], other[begin : begin + _CHUNK]
        # Equal minima have equal last bytes, and these are compared in a quarter of the time.
        equal = (low[some] == low[others]).view(np.uint64)
        near = np.flatnonzero((equal.sum(axis=1, dtype=np.uint64) * _LANES) >> np.uint64(56) >= LEAST * MINIMA)
        near = near[similar(minima, some[near], others[near])]
        found.append(np.stack((some[near], others[near]), axis=1))
    return np.concatenate(found)


def similar(minima: Codes, one: Numbers, other: Numbers) -> Mask:
    return np.asarray(np.count_nonzero(minima[one] == minima[other], axis=1) >= LEAST * MINIMA)


def band_of(minima: Codes, band: int) -> Codes:
    width = MINIMA // BANDS
    return minima[:, band * width : (band + 1) * width]
