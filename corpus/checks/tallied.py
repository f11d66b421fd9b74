"""The rows of rules that tally: hashes, stable across runs and machines."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..core.arrays import Numbers, joined, lengths_of

TALLIED = np.dtype([("key", "<u8"), ("value", "<u4")])
"""A row of a `keyed.Tallied` rule: a hash of its key, and one of its value.

Of names, the key is the words that are mentioned; the value is form and type of what they mention, odd for a name.
Of sentences, the key is the words, and the value is what is annotated in them.
"""


def tallied_rows(column: pa.BinaryArray) -> tuple[npt.NDArray[np.void], Numbers]:
    """Return the rows in a column of such arrays, end to end, and how many each document has."""
    return np.frombuffer(joined(column), TALLIED), lengths_of(column) // TALLIED.itemsize


def hash64(words: str) -> int:
    """Return a hash of 64 bits; lone surrogates are allowed."""
    return int.from_bytes(blake2b(words.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")
