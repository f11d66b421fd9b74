"""Find texts that are contained in others, such as excerpts and rewritten copies, by samples of their runs.

    runs of 12 letters → hashes below a limit → texts that share one → pairs → shared / runs of the shorter text

Near-duplicates (`near_duplicates`) share most of their runs. An excerpt shares most of its own and few of the other's,
and after three words of ten are replaced, a quarter of the runs is left. So containment is estimated: the share of the
sampled runs of the shorter text that the other has, too (Broder 1997, "On the resemblance and containment of
documents"). A sample keeps the hashes below a limit, which is a power of two and lower in longer texts; two samples are
compared below the lower of their limits.

The cost is linear. Runs that more than `COMMON` texts share are boilerplate, and do not count. Of the texts with a run,
each is compared with the first of every other label only; so of many versions of one text, some pairs are not found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..core.arrays import Numbers, begins_of, joined, lengths_of, ranges
from .letters import Slices

LEAST = 1 / 6
"""The smallest share of the runs of the shorter text."""
COMMON = 64
"""The most texts that share a run which counts."""
_SIZE = 96
"""The most hashes in a sample."""
_MANY = 4 * _SIZE
"""Runs of a text that is not sorted as a whole: hashes below a limit are, half as many and more, unless it repeats
itself."""
_LETTERS = 100
"""The fewest letters that two texts share, estimated: about 20 words."""
_SHARED = 6
"""The fewest sampled runs that two texts share."""
_AT_ONCE = 4096
"""Pairs of texts whose hashes are counted at once."""
_PARTS = 16
"""Hashes are sorted in as many parts, one after another, so that this needs little memory."""
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_TOP = 2**32
"""All hashes of a sample are below it."""

Hashes = npt.NDArray[np.uint32]


class Contained(NamedTuple):
    """Two texts by number, the shorter one first, and the share of its runs that the other has."""

    text: int
    other: int
    share: float


def samples(runs: Slices) -> list[bytes]:
    """Return a sample of the hashes of the runs of each text: little-endian 32-bit integers, ascending."""
    mixed = runs.values * _FACTOR
    limits = _limits(runs.lengths)
    kept = _distinct(mixed, runs.begins, limits)
    few = np.flatnonzero((kept.lengths <= _SIZE) & (limits < _TOP))
    again = {}
    for i in few.tolist():  # a text that repeats itself
        own = mixed[runs.begins[i] : runs.begins[i + 1]]
        again[i] = _cut(_distinct(own, np.array([0, len(own)]), np.array([_TOP])), np.array([_TOP]))
    found = [one.astype("<u4").tobytes() for one in _cut(kept, limits).each()]
    for i, one in again.items():
        found[i] = one.values.astype("<u4").tobytes()
    return found


def _limits(lengths: Numbers) -> Numbers:
    """Return a limit for each text: nearly all hashes of a long one are above it, and need not be sorted."""
    return np.array([_TOP >> (length // _MANY).bit_length() if length > _MANY else _TOP for length in lengths.tolist()])


def _distinct(mixed: npt.NDArray[np.uint64], begins: Numbers, limits: Numbers) -> Slices:
    """Return the distinct hashes of each text that are below its limit, ascending: the upper halves of `mixed`."""
    highest = int(limits.max(initial=0))
    # One comparison with the highest limit leaves few hashes to look at one by one.
    few = np.flatnonzero(mixed < np.uint64(highest << 32)) if highest < _TOP else np.arange(len(mixed))
    text = np.repeat(np.arange(len(limits), dtype=np.uint64), np.diff(np.searchsorted(few, begins)))
    hashes = mixed.take(few) >> np.uint64(32)
    below = np.flatnonzero(hashes < limits.astype(np.uint64).take(text.astype(np.int64)))
    ordered = hashes.take(below) | text.take(below) << np.uint64(32)
    ordered.sort()
    ordered = ordered[np.append(True, ordered[1:] != ordered[:-1])] if len(ordered) else ordered
    edges = np.searchsorted(ordered, np.arange(len(begins), dtype=np.uint64) << np.uint64(32))
    return Slices(ordered & np.uint64(_TOP - 1), edges)


def _cut(kept: Slices, limits: Numbers) -> Slices:
    """Return of the distinct hashes of each text those below the largest limit that leaves as many as a sample has."""
    values, begins = kept
    limits = limits.copy()
    while len(large := np.flatnonzero(np.diff(begins) > _SIZE)):
        limits[large] //= 2
        below = values < np.repeat(limits.astype(np.uint64), np.diff(begins))
        values, begins = values[below], begins_of(below)[begins]
    return Slices(values, begins)


def contained(
    samples: pa.BinaryArray, labels: Sequence[str], about: npt.NDArray[np.bool_] | None = None
) -> Iterator[Contained]:
    """Yield the pairs of texts with different labels of which the shorter is contained in the other, in their order.

    Texts with the label "" are not compared. With `about`, a mask of texts, yield only the pairs of these texts and of
    those that may be in a pair with one of them.
    """
    lengths = lengths_of(samples) // 4
    hashes = np.frombuffer(joined(samples), "<u4")
    begins = begins_of(lengths)
    names = {label: number for number, label in enumerate(sorted(set(labels)))}
    of = np.fromiter((names[label] for label in labels), np.int32, len(labels))
    texts = np.repeat(np.arange(len(samples), dtype=np.int32), lengths)
    is_labelled = of != names.get("", -1)
    common: list[Hashes] = []
    found: list[npt.NDArray[np.int64]] = []
    for part in range(_PARTS):
        # The first byte of a hash is its last one.
        in_part = (hashes.view(np.uint8)[::4] % _PARTS == part) & is_labelled[texts]
        pairs, frequent = _pairs(hashes[in_part], texts[in_part], of, len(names))
        common.append(frequent)
        found.append(pairs)
    pairs, counts = np.unique(np.concatenate(found), return_counts=True)
    boilerplate = np.sort(np.concatenate(common))
    first, second = np.divmod(pairs[counts > 1], max(1, len(samples)))
    if about is not None:
        beside = about.copy()
        beside[first[about[second]]] = True
        beside[second[about[first]]] = True
        chosen = beside[first] | beside[second]
        first, second = first[chosen], second[chosen]
    enough = _share_enough(hashes, begins, first, second)
    for both in zip(first[enough].tolist(), second[enough].tolist(), strict=True):
        one = _compare(both, [hashes[begins[i] : begins[i + 1]] for i in both], boilerplate)
        if one is not None:
            yield one


def _pairs(
    hashes: Hashes, texts: npt.NDArray[np.int32], labels: npt.NDArray[np.int32], number: int
) -> tuple[npt.NDArray[np.int64], Hashes]:
    """Return pairs of texts that share a hash, as one number each, once for each hash; and the too common hashes."""
    # One number for both sorts many times as fast as an order by two columns.
    both = hashes.astype(np.uint64) << np.uint64(32) | texts.astype(np.uint64)
    both.sort()
    hashes, texts = (both >> np.uint64(32)).astype(np.uint32), both.astype(np.uint32).astype(np.int32)
    begins = np.flatnonzero(np.append([True], hashes[1:] != hashes[:-1])[: len(hashes)])
    counts = np.diff(np.append(begins, len(hashes)))
    frequent = hashes[begins[counts > COMMON]]
    group = np.repeat(np.arange(len(begins)), counts)
    kept = np.repeat((counts > 1) & (counts <= COMMON), counts)
    group, texts = group[kept], texts[kept].astype(np.int64)
    own = labels[texts]
    firsts = [_firsts(group, texts, own == label, len(begins)) for label in range(number)]
    leads = np.zeros(len(texts), bool)
    for label, first in enumerate(firsts):
        leads |= (own == label) & (first[group] == texts)
    found = [np.zeros(0, np.int64)]
    for label, first in enumerate(firsts):
        others = first[group]
        # Two first texts meet from both sides; only the one with the higher label counts.
        twice = (own < label) & leads
        pair = (own != label) & (others >= 0) & ~twice
        low, high = np.minimum(texts[pair], others[pair]), np.maximum(texts[pair], others[pair])
        found.append(low * len(labels) + high)
    return np.concatenate(found), frequent


def _firsts(
    group: npt.NDArray[np.integer], texts: npt.NDArray[np.integer], wanted: npt.NDArray[np.bool_], groups: int
) -> npt.NDArray[np.int64]:
    """Return the first wanted text of each group, -1 where there is none."""
    first = np.full(groups, -1, np.int64)
    # Of equal indices the last assignment holds, so the first text comes last.
    first[group[wanted][::-1]] = texts[wanted][::-1]
    return first


def _share_enough(hashes: Hashes, begins: Numbers, first: Numbers, second: Numbers) -> npt.NDArray[np.bool_]:
    """Return which pairs of texts have as many hashes in common as `_compare` asks for, whatever their limits."""
    found = np.zeros(len(first), np.bool_)
    for begin in range(0, len(first), _AT_ONCE):
        texts = np.concatenate((first[begin : begin + _AT_ONCE], second[begin : begin + _AT_ONCE]))
        lengths = begins[texts + 1] - begins[texts]
        pair = np.repeat(np.arange(len(texts), dtype=np.uint64) % np.uint64(len(texts) // 2), lengths)
        both = pair << np.uint64(32) | hashes[ranges(begins[texts], lengths)]
        both.sort()
        shared = np.bincount(
            (both[1:][both[1:] == both[:-1]] >> np.uint64(32)).astype(np.int64), minlength=len(texts) // 2
        )
        found[begin : begin + _AT_ONCE] = shared >= _SHARED
    return found


def _compare(pair: tuple[int, int], hashes: Sequence[Hashes], boilerplate: Hashes) -> Contained | None:
    """Return the pair of texts if the shorter one is contained in the other."""
    limit = min(1 << int(own[-1]).bit_length() for own in hashes)
    cut = [own[: np.searchsorted(own, limit)] for own in hashes]
    if len(boilerplate):
        cut = [own[~_is_in(own, boilerplate)] for own in cut]
    shared, shorter = _share(cut)
    if shared < _SHARED or shared < LEAST * shorter or shared * (2**32 / limit) < _LETTERS:
        return None
    # Boilerplate is not known as such among the high hashes if few texts have them, so the low ones must agree.
    low, of_low = _share([own[: np.searchsorted(own, limit // 2)] for own in cut])
    if 2 * low < LEAST * of_low:
        return None
    one, other = pair if len(cut[0]) <= len(cut[1]) else pair[::-1]
    return Contained(one, other, shared / shorter)


def _share(hashes: Sequence[Hashes]) -> tuple[int, int]:
    """Return how many hashes are in both of two samples, and how many are in the smaller one."""
    return int(np.count_nonzero(_is_in(hashes[0], hashes[1]))), min(map(len, hashes))


def _is_in(own: Hashes, sorted_: Hashes) -> npt.NDArray[np.bool_]:
    if not len(sorted_):
        return np.zeros(len(own), bool)
    at = np.minimum(np.searchsorted(sorted_, own), len(sorted_) - 1)
    return np.asarray(sorted_[at] == own)
