"""Properties of code points that a person does not see."""

from __future__ import annotations

import unicodedata

NO_BREAK = "\u00a0\u2007\u202f"
"""The no-break spaces."""
_ALONE = ((0x0, 0x1100), (0x1E00, 0x3100), (0x3400, 0xA000), (0xAC00, 0xD7A4), (0xFF00, 0x10000), (0x1F000, 0x30000))
"""Code points of which only marks may join the one before them when a text is normalised. Others may do so, too."""


def may_join(char: str) -> bool:
    """Return True if normalisation may join a character to the one before it; never False if it does."""
    return unicodedata.category(char).startswith("M") or not any(a <= ord(char) < b for a, b in _ALONE)
