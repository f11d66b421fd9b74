"""How often a key is written in JSON objects: Arrow reads a missing key and null alike, and a schema does not.

    required, may be null     null must be written          a missing key is a violation
    optional, not nullable    null must not be written      a null is a violation

So a key is counted in the bytes: as often as it has values, plus the nulls that must be written. A quotation mark in a
string is escaped, so `"name":` is a key wherever it occurs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .parse import Numbers

Mask = npt.NDArray[np.bool_]
_SPACED = re.compile(rb'"\s+:')


class KeyCounts:
    """What each key must be counted as, in the objects of some parts."""

    def __init__(self, parts: Sequence[bytes]) -> None:
        self._parts = parts
        self._data = b"\n".join(parts)
        self._written: dict[str, list[Numbers]] = {}
        self._absent: dict[str, Mask] = {}
        self._either: dict[str, Mask] = {}
        self._nulls: dict[str, Mask] = {}

    def add(self, name: str, part: Numbers) -> None:
        """Add the part of each value of a key, and of each null that must be written."""
        self._written.setdefault(name, []).append(part)

    def add_nulls(self, name: str, part: Numbers, must: Mask, may: Mask) -> None:
        """Add the part of each null of a key, and whether it must or may be written."""
        for kept, mask in (
            (self._nulls, must),
            (self._either, ~must & may),
            (self._absent, ~must & ~may),
        ):
            if mask.any():
                flags = kept.setdefault(name, np.zeros(len(self._parts), np.bool_))
                flags[part[mask]] = True

    def wrong(self) -> Mask:
        """Return the parts in which a key may be missing, or null where it must not be."""
        wrong = np.zeros(len(self._parts), np.bool_)
        if _has_blank_before_colon(self._data):
            wrong |= self._asked(_SPACED, np.ones(len(wrong), np.bool_))
        # The keys of such a part are not counted, and a null of another part could make up for one of them.
        is_each_asked = bool(wrong.any())
        none = np.zeros(len(self._parts), np.bool_)
        for name in self._nulls.keys() | self._absent.keys():
            nulls, absent, either = (kept.get(name, none) for kept in (self._nulls, self._absent, self._either))
            # One key too many could make up for one that is missing.
            wrong |= nulls & (absent | either)
            key = b'"%s":' % name.encode()
            is_mixed = (nulls.any() and absent.any()) or either.any()
            if is_each_asked or is_mixed or self._data.count(key) != self._counts(name).sum():
                counts = np.array([part.count(key) for part in self._parts], np.int64)
                wrong |= (counts != self._counts(name)) & (nulls | absent) & ~either
                wrong |= self._asked(re.compile(re.escape(key) + rb"\s*null"), absent & either)
        return wrong

    def _counts(self, name: str) -> Numbers:
        """Return how often each part must have a key."""
        counts = np.zeros(len(self._parts), np.int64)
        for part in self._written[name]:
            counts += np.bincount(part, minlength=len(self._parts))
        return counts

    def _asked(self, pattern: re.Pattern[bytes], asked: Mask) -> Mask:
        """Return which of some parts have a match of a pattern."""
        found = np.zeros(len(self._parts), np.bool_)
        for i in np.flatnonzero(asked).tolist():
            found[i] = pattern.search(self._parts[i]) is not None
        return found


def _has_blank_before_colon(data: bytes) -> bool:
    codes = np.frombuffer(data, np.uint8)
    blank = codes <= 0x20
    return bool((blank[:-1] & (codes[1:] == 0x3A)).any())
