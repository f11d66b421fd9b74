"""Find texts that are contained in others, such as excerpts and rewritten copies, by samples of their runs.

    runs of 12 letters → hashes below a limit → texts that share one → pairs → shared / runs of the shorter text

Near-duplicates (`near_duplicates`) share most of their runs. An excerpt shares most of its own and few of the other's,
and after three words of ten are replaced, a third of the runs is left. So containment is estimated: the share of the
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

LEAST = 0.25
"""The smallest share of the runs of the shorter text."""
COMMON = 64
"""The most texts that share a run which counts."""
_SIZE = 96
"""The most hashes in a sample."""
_MANY = 8 * _SIZE
"""Runs of a text that is not sorted as a whole."""
_LETTERS = 100
"""The fewest letters that two texts share, estimated: about 20 words."""
_SHARED = 6
"""The fewest sampled runs that two texts share."""
_PARTS = 8
"""Hashes are sorted in as many parts, one after another, so that this needs little memory."""
_FACTOR = np.uint64(0x9E3779B97F4A7C15)

Hashes = npt.NDArray[np.uint32]


class Contained(NamedTuple):
    """Two texts by number, the shorter one first, and the share of its runs that the other has."""

    text: int
    other: int
    share: float


def sample(runs: npt.NDArray[np.uint64]) -> bytes:
    """Return a sample of the hashes of a text's runs: little-endian 32-bit integers, ascending."""
    mixed = (runs * _FACTOR) >> np.uint64(32)
    limit = 2**32
    kept = mixed
    if len(mixed) > _MANY:  # nearly all of them are above the limit, and need not be sorted
        limit >>= (len(mixed) // _MANY).bit_length()
        kept = mixed[mixed < limit]
    kept = _distinct(kept)
    if len(kept) <= _SIZE:  # a text that repeats itself
        kept, limit = _distinct(mixed), 2**32
    while len(kept) > _SIZE:
        limit //= 2
        kept = kept[: np.searchsorted(kept, limit)]
    return kept.astype("<u4").tobytes()


def _distinct(hashes: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Return the distinct hashes, ascending, for few of them in half of the time of `np.unique`."""
    ordered = np.sort(hashes)
    return ordered[np.append(True, ordered[1:] != ordered[:-1])] if len(ordered) else ordered


def contained(samples: Sequence[bytes], labels: Sequence[str]) -> Iterator[Contained]:
    """Yield the pairs of texts with different labels of which the shorter is contained in the other, in their order."""
    lengths = [len(one) // 4 for one in samples]
    hashes = np.frombuffer(b"".join(samples), "<u4")
    names = {label: number for number, label in enumerate(sorted(set(labels)))}
    of = np.array([names[label] for label in labels], np.int32)
    texts = np.repeat(np.arange(len(samples), dtype=np.int32), lengths)
    common: list[Hashes] = []
    found: list[npt.NDArray[np.int64]] = []
    for part in range(_PARTS):
        in_part = hashes % _PARTS == part
        pairs, frequent = _pairs(hashes[in_part], texts[in_part], of, len(names))
        common.append(frequent)
        found.append(pairs)
    pairs, counts = np.unique(np.concatenate(found), return_counts=True)
    boilerplate = np.sort(np.concatenate(common))
    for pair in pairs[counts > 1].tolist():
        one = _compare(samples, pair // len(samples), pair % len(samples), boilerplate)
        if one is not None:
            yield one


def _pairs(
    hashes: Hashes, texts: npt.NDArray[np.int32], labels: npt.NDArray[np.int32], number: int
) -> tuple[npt.NDArray[np.int64], Hashes]:
    """Return pairs of texts that share a hash, as one number each, once for each hash; and the too common hashes."""
    order: npt.NDArray[np.int64] = np.lexsort((texts, hashes))
    hashes, texts = hashes[order], texts[order]
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


def _compare(samples: Sequence[bytes], one: int, other: int, boilerplate: Hashes) -> Contained | None:
    """Return the pair if the shorter text is contained in the other."""
    hashes = [np.frombuffer(samples[i], "<u4") for i in (one, other)]
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
    if len(cut[0]) > len(cut[1]):
        one, other = other, one
    return Contained(one, other, shared / shorter)


def _share(hashes: Sequence[Hashes]) -> tuple[int, int]:
    """Return how many hashes are in both of two samples, and how many are in the smaller one."""
    return int(np.count_nonzero(_is_in(hashes[0], hashes[1]))), min(map(len, hashes))


def _is_in(own: Hashes, sorted_: Hashes) -> npt.NDArray[np.bool_]:
    if not len(sorted_):
        return np.zeros(len(own), bool)
    at = np.minimum(np.searchsorted(sorted_, own), len(sorted_) - 1)
    return np.asarray(sorted_[at] == own)
