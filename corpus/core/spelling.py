"""Names that differ by one letter, found by key: two such names have a common form with a letter left out."""

from __future__ import annotations

import re
from functools import lru_cache

_LEAST = 4
"""Letters of the shortest word in which one letter may be a misspelling."""
_PARTS = re.compile(r"[^\W\d_]+|\d+")


@lru_cache(maxsize=4096)
def forms(name: str) -> frozenset[str]:
    """Return the letters and digits of a name, case-folded, and the same with each one left out."""
    letters = "".join(_PARTS.findall(name.casefold()))
    return frozenset((letters, *(letters[:i] + letters[i + 1 :] for i in range(len(letters)))))


def alike(one: str, other: str) -> bool:
    """Return True if two names differ in case, separators, or by one letter of one word.

    A letter is wrong, missing or added, or two are swapped. Short words and numbers differ on purpose: ann-a and ann-b.
    """
    if one == other:
        return False
    ours, theirs = _PARTS.findall(one.casefold()), _PARTS.findall(other.casefold())
    if "".join(ours) == "".join(theirs):
        return True
    if len(ours) != len(theirs):
        return False
    pairs = [(a, b) for a, b in zip(ours, theirs, strict=True) if a != b]
    return len(pairs) == 1 and min(map(len, pairs[0])) >= _LEAST and pairs[0][0].isalpha() and _one_letter(*pairs[0])


def _one_letter(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    start = next((i for i, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(long) - len(short) == 1:
        return short[start:] == long[start + 1 :]
    swapped = long[start + 1 : start + 2] + long[start : start + 1] + long[start + 2 :]
    return len(short) == len(long) and (short[start + 1 :] == long[start + 1 :] or short[start:] == swapped)
