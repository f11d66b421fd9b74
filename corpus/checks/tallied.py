"""The rows of rules that tally: hashes, stable across runs and machines."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np

TALLIED = np.dtype([("key", "<u8"), ("value", "<u4")])
"""A row of a `keyed.Tallied` rule: a hash of its key, and one of its value.

Of names, the key is the words that are mentioned; the value is form and type of what they mention, odd for a name.
Of sentences, the key is the words, and the value is what is annotated in them.
"""


def hash64(words: str) -> int:
    """Return a hash of 64 bits; lone surrogates are allowed."""
    return int.from_bytes(blake2b(words.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")
