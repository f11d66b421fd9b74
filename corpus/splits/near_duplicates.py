"""Find near-duplicate texts with MinHash sketches, compared within the buckets of an LSH index.

    text → letters and digits, folded → runs of 12 → 128 minima → 32 bands of 4 → buckets → compared

Only letters and digits count, so layout, punctuation, case and compatibility forms make no difference, and
languages without spaces between words need no special case. Two texts are near-duplicates if their folded letters
are equal, or if the Jaccard similarity of their sets of runs is at least `LEAST`. The similarity is estimated by
the share of equal minima (Broder 1997, "On the resemblance and containment of documents").

Comparing all pairs would be quadratic. Texts share a bucket if the four minima of a band are equal; at similarity s
this happens in one of the 32 bands with probability 1 - (1 - s⁴)³²: 87% at 0.5, 99.9% at 0.7. Only texts in one
bucket are compared, so every reported pair is verified, while a pair near the threshold can be missed.

Thousands of texts made from one template share buckets without being near-duplicates. So in a bucket a text is compared
with the first 64 texts of each label only. Near-duplicates share several buckets, most of them with few other texts.
`cut_pairs` tells how many pairs were not compared.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from hashlib import sha256
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from rensa import RMinHash

from .containment import sample

LEAST = 0.5
"""The smallest Jaccard similarity of two near-duplicates."""
_RUN = 12
"""Letters in a run, about two and a half words."""
_MINIMA, _BANDS = 128, 32
_SEED = 1
_FACTORS = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93)
_UNSEEN, _NONE, _SEVERAL = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
"""Markers in the table of folds: not computed yet; not a letter or digit; folds to several code points."""
_CHUNK = 256
_BOUND = 64
"""Texts of a label with which a text is compared in one bucket. Versions of a template fill buckets of thousands."""

_NOT_ASCII = re.compile("[^\x00-\x7f]")
_SMALL = bytes(ord(chr(code).lower()) if code < 0x80 else code for code in range(256))
_NO_LETTERS = bytes(code for code in range(256) if not (code < 0x80 and chr(code).isalnum()))
"""What `bytes.translate` makes of ASCII, and what it leaves out, in a tenth of the time of a table of code points."""

Codes = npt.NDArray[np.uint32]
Numbers = npt.NDArray[np.int64]


class Sketch(NamedTuple):
    """A sketch of a text: equal `keys` mean the same text, `minima` are compared.

    `keys` are the hash of the text, known from the record even if the text is withheld, and the hash of its folded
    letters. `minima` are 128 little-endian 32-bit integers, b"" without a text; so is `sample`, see `containment`.
    """

    keys: tuple[bytes, ...]
    minima: bytes = b""
    sample: bytes = b""


NO_TEXT = Sketch(())
"""The sketch of a document whose text is unknown."""


def is_near(one: Sketch, other: Sketch) -> bool:
    """Return True if two texts are near-duplicates."""
    if not set(one.keys).isdisjoint(other.keys):
        return True
    rows = np.frombuffer(one.minima + other.minima, "<u4").reshape(2, -1)
    return int(np.count_nonzero(rows[0] == rows[1])) >= LEAST * _MINIMA


def sketch(text_sha256: str, text: str | None) -> Sketch:
    """Return the sketch of a text from its SHA-256 (hexadecimal) and, if available, from the text itself."""
    key = bytes.fromhex(text_sha256)
    letters = _letters(text) if text else np.zeros(0, np.uint32)
    if not len(letters):
        return Sketch((key,))
    runs = _runs(letters)
    rows = RMinHash.digest_matrix_from_flat_token_hashes(runs, [0, len(runs)], _MINIMA, _SEED).to_rows()
    return Sketch((key, sha256(letters.tobytes()).digest()[:16]), np.array(rows[0], "<u4").tobytes(), sample(runs))


def _letters(text: str) -> Codes:
    """Return the code points of letters and digits, normalized (NFKC) and case-folded.

    Folding one character at a time in Python is slow, so folds are looked up in a table that fills as code points
    occur. Few characters fold to several (ß → ss); a text with one of them takes the slow path.
    """
    if text.isascii() or all(map(_has_no_letter, set(_NOT_ASCII.findall(text)))):
        small = text.encode("ascii", "ignore").translate(_SMALL, _NO_LETTERS)
        return np.frombuffer(small, np.uint8).astype(np.uint32)
    codes = _codes(unicodedata.normalize("NFKC", text))
    folds = _folds()
    folded = folds[codes]
    if _UNSEEN in folded:
        for code in np.unique(codes[folded == _UNSEEN]).tolist():
            folds[code] = _fold(chr(code))
        folded = folds[codes]
    if _SEVERAL in folded:
        codes = _codes(unicodedata.normalize("NFKC", text).casefold())
        return np.array([code for code in codes.tolist() if chr(code).isalnum()], np.uint32)
    found: Codes = folded[folded != _NONE]
    return found


@lru_cache(maxsize=4096)
def _has_no_letter(char: str) -> bool:
    """Return True if a character has no form with a letter or digit and joins none, such as a quotation mark."""
    normal = unicodedata.normalize("NFKC", char)
    return not unicodedata.combining(char) and all(_fold(one) == _NONE for one in normal)


def _codes(text: str) -> Codes:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint32)


@cache
def _folds() -> Codes:
    """Return the table from each code point to its fold, filled as code points occur."""
    return np.full(0x110000, _UNSEEN, np.uint32)


def _fold(char: str) -> int:
    folded = [ord(one) for one in char.casefold() if one.isalnum()]
    return _NONE if not folded else folded[0] if len(folded) == 1 else _SEVERAL


def _runs(letters: Codes) -> npt.NDArray[np.uint64]:
    """Return a 64-bit hash of every run of letters; a shorter text is padded to one run.

    Hashes of runs of 1 are combined into those of 2, 4, 8 and 12 letters: five array operations and no loop.
    """
    if len(letters) < _RUN:
        letters = np.concatenate((letters, np.zeros(_RUN - len(letters), np.uint32)))
    one = letters.astype(np.uint64) + np.uint64(1)
    two = one[:-1] * np.uint64(_FACTORS[0]) + one[1:]
    four = two[:-2] * np.uint64(_FACTORS[1]) + two[2:]
    eight = four[:-4] * np.uint64(_FACTORS[2]) + four[4:]
    twelve = eight[:-4] * np.uint64(_FACTORS[3]) + four[8:]
    return twelve ^ (twelve >> np.uint64(32))


class Near:
    """Index of near-duplicates among texts with labels, such as splits; a text is identified by its number.

    Only texts in one bucket are compared, and a query stops at its first answer, so the work grows with the number
    of texts and near-duplicates, not with its square.
    """

    def __init__(self, sketches: Sequence[Sketch], labels: Sequence[str]) -> None:
        self._labels = labels
        self._rows = np.full((len(sketches), _MINIMA), 0xFFFFFFFF, np.uint32)
        hashed = [i for i, one in enumerate(sketches) if one.minima]
        self._rows[hashed] = _minima(sketches)
        self._buckets: list[tuple[bool, dict[str, Numbers]]] = []
        """For each bucket: whether its members are equal texts; label → their numbers, ascending."""
        self._of: dict[int, list[int]] = {}
        """text → its buckets; buckets of one text are not stored."""
        for key in range(2):
            self._add_equal([one.keys[key] if len(one.keys) > key else b"" for one in sketches])
        self._add_bands(np.array(hashed, np.int64))

    def first(self, text: int, label: str) -> int | None:
        """Return the smallest number of a near-duplicate with this label, excluding the text itself, or None."""
        best: int | None = None
        for bucket in self._of.get(text, ()):
            same, members = self._buckets[bucket]
            others = members.get(label)
            if others is not None:
                upto = others if best is None else others[: np.searchsorted(others, best)]
                best = next(self._hits(text, upto if same else upto[:_BOUND], same), best)
        return best

    def near(self, text: int, labels: Sequence[str]) -> list[int]:
        """Return the numbers of all near-duplicates with these labels, ascending, excluding the text itself."""
        found: set[int] = set()
        for bucket in self._of.get(text, ()):
            same, members = self._buckets[bucket]
            for label in labels:
                if label in members:
                    found.update(self._hits(text, members[label] if same else members[label][:_BOUND], same))
        return sorted(found)

    def groups(self, label: str) -> list[list[int]]:
        """Return the connected components of near-duplicates among the texts with a label (union-find)."""
        parent = {i: i for i, one in enumerate(self._labels) if one == label}

        def top(i: int) -> int:
            while parent[i] != i:
                parent[i] = parent[parent[i]]
                i = parent[i]
            return i

        for same, members in self._buckets:
            if label in members:
                for one, others in self._linked(members[label], same):
                    for other in others:
                        low, high = sorted((top(one), top(other)))
                        parent[high] = low
        found: dict[int, list[int]] = {}
        for i in parent:
            found.setdefault(top(i), []).append(i)
        return list(found.values())

    def share(self, text: int, other: int) -> float:
        """Return the estimated Jaccard similarity; 1.0 if a text is missing, since then their hashes were equal."""
        if self._rows[text, 0] == 0xFFFFFFFF or self._rows[other, 0] == 0xFFFFFFFF:
            return 1.0
        return float(np.count_nonzero(self._rows[text] == self._rows[other])) / _MINIMA

    def _linked(self, members: Numbers, same: bool) -> Iterator[tuple[int, list[int]]]:
        """Yield edges that connect the near-duplicates of a bucket.

        A text is removed from the bucket once it is reached, so a bucket of n copies takes n steps and not n² pairs.
        """
        left = members
        while len(left):
            reached, left = [int(left[0])], left[1:]
            while reached and len(left):
                one = reached.pop()
                head = left if same else left[:_BOUND]
                is_near = np.full(len(head), True) if same else self._similar(one, head)
                others = head[is_near].tolist()
                if others:
                    left = np.concatenate((head[~is_near], left[len(head) :]))
                yield one, others
                reached += others

    def _hits(self, text: int, others: Numbers, same: bool) -> Iterator[int]:
        for begin in range(0, len(others), _CHUNK):
            chunk = others[begin : begin + _CHUNK]
            is_near = chunk != text if same else self._similar(text, chunk) & (chunk != text)
            yield from chunk[is_near].tolist()

    def _similar(self, text: int, others: Numbers) -> npt.NDArray[np.bool_]:
        common = np.count_nonzero(self._rows[others] == self._rows[text], axis=1)
        return np.asarray(common >= LEAST * _MINIMA)

    def _add_equal(self, keys: list[bytes]) -> None:
        members: dict[bytes, list[int]] = {}
        for i, key in enumerate(keys):
            if key:
                members.setdefault(key, []).append(i)
        for found in members.values():
            if len(found) > 1:
                self._add(np.array(found), True)

    def _add_bands(self, hashed: Numbers) -> None:
        for members in _bands(self._rows[hashed], 2):
            self._add(hashed[members], False)

    def _add(self, found: Numbers, same: bool) -> None:
        members: dict[str, list[int]] = {}
        for i in found.tolist():
            members.setdefault(self._labels[i], []).append(i)
            self._of.setdefault(i, []).append(len(self._buckets))
        self._buckets.append((same, {label: np.array(numbers) for label, numbers in members.items()}))


class Cut(NamedTuple):
    """Texts with the same runs, such as those of one template, of which `Near` does not compare each pair."""

    texts: list[int]
    """Their numbers, ascending."""
    pairs: int
    """How many of their pairs with different labels are not compared in the bucket of these texts."""


def cut_pairs(sketches: Sequence[Sketch], labels: Sequence[str]) -> list[Cut]:
    """Return the sets of texts whose pairs `Near` does not all compare, that with the most pairs first.

    Texts of one template share up to 32 buckets. They are returned once, as the bucket with the most pairs.
    """
    if len(sketches) <= 2 * _BOUND:
        return []
    hashed = np.array([i for i, one in enumerate(sketches) if one.minima], np.int64)
    names = {label: k for k, label in enumerate(dict.fromkeys(labels))}
    label = np.array([names[one] for one in labels], np.int64)
    found = []
    for members in _bands(_minima(sketches), 2 * _BOUND + 2):
        beyond = np.maximum(np.bincount(label[hashed[members]]) - _BOUND, 0)
        # The pairs of different labels: half of the square of the sum without the squares.
        pairs = (int(beyond.sum()) ** 2 - int((beyond**2).sum())) // 2
        if pairs:
            found.append((pairs, hashed[members]))
    found.sort(key=lambda one: (-one[0], int(one[1][0])))
    seen = np.zeros(len(sketches), bool)
    cuts = []
    for pairs, texts in found:
        if np.count_nonzero(seen[texts]) * 2 < len(texts):
            cuts.append(Cut(texts.tolist(), pairs))
        seen[texts] = True
    return cuts


def _minima(sketches: Sequence[Sketch]) -> Codes:
    """Return the minima of the texts that have any, a row each."""
    return np.frombuffer(b"".join(one.minima for one in sketches), "<u4").astype(np.uint32).reshape(-1, _MINIMA)


def _bands(rows: Codes, at_least: int) -> Iterator[Numbers]:
    """Yield, for each band, the rows with the same four minima in it, ascending, if there are so many."""
    width = _MINIMA // _BANDS
    for band in range(_BANDS):
        part = rows[:, band * width : (band + 1) * width].astype(np.uint64)
        keys = (part * np.array(_FACTORS[:width], np.uint64)).sum(axis=1)
        order = np.argsort(keys, kind="stable")
        changes = np.flatnonzero(np.diff(keys[order])) + 1
        edges = np.array([0, *changes.tolist(), len(order)])
        for k in np.flatnonzero(np.diff(edges) >= at_least).tolist():
            yield np.sort(order[edges[k] : edges[k + 1]])
