"""Sketches of texts, which stand for them where all texts of a corpus are compared.

    texts → letters and digits, folded → hash                        equal letters
                                       → runs of 12 → 128 minima     near-duplicates
                                                    → sample         excerpts

The share of equal minima estimates the Jaccard similarity of the runs of two texts (Broder 1997, "On the resemblance
and containment of documents").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from struct import Struct
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from rensa import RMinHash

from ..core.arrays import Numbers, begins_of, binary, joined, lengths_of
from .containment import samples
from .letters import Codes, Slices, code_points, letters, runs

LEAST = 0.5
"""The smallest Jaccard similarity of two near-duplicates."""
MINIMA = 128
_ROW = Struct(f"<{MINIMA}I")
_SEED = 1
_AT_ONCE = 2**16
"""Code points that are hashed at once: their runs fit into the cache of a processor."""


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


@dataclass(frozen=True, eq=False)
class Sketches:
    """The sketches of many texts, in Arrow arrays of bytes; b"" for what is not known of a text."""

    text: pa.BinaryArray
    """The SHA-256 of each text."""
    letters: pa.BinaryArray
    """A hash of its folded letters."""
    minima: pa.BinaryArray
    sample: pa.BinaryArray

    @classmethod
    def of(cls, each: Sequence[Sketch]) -> Sketches:
        """Return sketches as arrays."""
        keys = [(*one.keys, b"", b"")[:2] for one in each]
        rows = ((first for first, _ in keys), (second for _, second in keys))
        return cls(*map(binary, (*rows, (one.minima for one in each), (one.sample for one in each))))

    def __len__(self) -> int:
        return len(self.text)

    @cached_property
    def rows(self) -> tuple[Numbers, Codes]:
        """The numbers of the texts that have minima, and these, a row each."""
        has = np.flatnonzero(lengths_of(self.minima))
        return has, np.frombuffer(joined(self.minima), "<u4").reshape(-1, MINIMA)

    def select(self, numbers: Numbers) -> Sketches:
        """Return the sketches of some of the texts."""
        chosen = pa.array(numbers)
        return Sketches(*(one.take(chosen) for one in (self.text, self.letters, self.minima, self.sample)))


def is_near(one: Sketch, other: Sketch) -> bool:
    """Return True if two texts are near-duplicates."""
    if not set(one.keys).isdisjoint(other.keys):
        return True
    rows = np.frombuffer(one.minima + other.minima, "<u4").reshape(2, -1)
    return int(np.count_nonzero(rows[0] == rows[1])) >= LEAST * MINIMA


def sketch(text_sha256: str, text: str | None) -> Sketch:
    """Return the sketch of a text from its SHA-256 (hexadecimal) and, if available, from the text itself."""
    (hashed,), (minima,), (sample,) = _hashed(Slices(code_points(text or ""), np.array([0, len(text or "")])))
    key = bytes.fromhex(text_sha256)
    return Sketch((key, hashed) if hashed else (key,), minima, sample)


def sketches(text_sha256: Sequence[str], codes: Codes, begins: Numbers, ends: Numbers) -> Sketches:
    """Return the sketches of texts from their SHA-256 (hexadecimal) and their code points.

    Text i is `codes[begins[i]:ends[i]]`, which is empty if it is not available.
    """
    found: tuple[list[bytes], ...] = ([], [], [])
    first = 0
    while first < len(begins):
        last = max(first + 1, int(np.searchsorted(ends, begins[first] + _AT_ONCE)))
        pieces = [codes[begin:end] for begin, end in zip(begins[first:last], ends[first:last], strict=True)]
        some = Slices(np.concatenate(pieces), begins_of(ends[first:last] - begins[first:last]))
        for known, new in zip(found, _hashed(some), strict=True):
            known += new
        first = last
    return Sketches(binary(map(bytes.fromhex, text_sha256)), *map(binary, found))


def _hashed(texts: Slices) -> tuple[list[bytes], list[bytes], list[bytes]]:
    """Return the hash of the letters of each text, its minima and its sample; b"" without letters."""
    folded = letters(texts)
    parts = runs(folded)
    matrix = RMinHash.digest_matrix_from_flat_token_hashes(parts.values, parts.begins, MINIMA, _SEED).to_rows()
    minima = [_ROW.pack(*row) if many else b"" for row, many in zip(matrix, folded.lengths.tolist(), strict=True)]
    return _hashes(folded), minima, samples(parts)


def _hashes(folded: Slices) -> list[bytes]:
    """Return a hash of the letters of each text, b"" without letters."""
    is_narrow = int(folded.values.max(initial=0)) < 256
    each = Slices(folded.values.astype(np.uint8), folded.begins).each() if is_narrow else folded.each()
    return [_hash(one) if len(one) else b"" for one in each]


def _hash(letters_: npt.NDArray[Any]) -> bytes:
    # A letter is not 0, so the bytes of narrow and of wide letters are never the same.
    is_narrow = letters_.dtype == np.uint8 or int(letters_.max()) < 256
    return sha256(letters_.astype(np.uint8 if is_narrow else "<u4", copy=False).data).digest()[:16]
