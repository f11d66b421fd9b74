"""The widths of characters in a serif face, so that text can be laid out without a font.

The widths of Latin letters are those of Times, which its free equivalents share. A picture also states the width of
each piece of text, so that a viewer with another face stretches it to fit.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from wcwidth import wcwidth

_ASCII = (
    *(250, 333, 408, 500, 500, 833, 778, 180, 333, 333, 500, 564, 250, 333, 250, 278),
    *(500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 278, 278, 564, 564, 564, 444),
    *(921, 722, 667, 667, 722, 611, 556, 722, 722, 333, 389, 722, 611, 889, 722, 722),
    *(556, 722, 667, 556, 611, 722, 722, 944, 722, 722, 611, 333, 278, 333, 469, 500),
    *(333, 444, 500, 444, 500, 444, 333, 500, 500, 278, 278, 500, 278, 778, 500, 500),
    *(500, 500, 333, 389, 278, 500, 500, 722, 500, 500, 444, 480, 200, 480, 541),
)
"""Thousandths of an em, from the space on."""
_OTHER = {
    "“": 444,
    "”": 444,
    "„": 444,
    "‘": 333,
    "’": 333,
    "–": 500,
    "—": 1000,
    "…": 1000,
    "·": 250,
    "\N{NO-BREAK SPACE}": 250,
}
_DEFAULT, _WIDE, _BOLD = 530, 1000, 1.06


def width(text: str, size: float, bold: bool = False) -> float:
    """Return the width of text in a face of `size`, in the same unit."""
    return sum(map(_of, text)) * size / 1000 * (_BOLD if bold else 1)


@lru_cache(maxsize=4096)
def _of(char: str) -> int:
    if " " <= char <= "~":
        return _ASCII[ord(char) - 32]
    if char in _OTHER:
        return _OTHER[char]
    cells = wcwidth(char)
    if cells == 2:
        return _WIDE
    if cells <= 0:
        return 0
    base = unicodedata.normalize("NFD", char)[0]
    return _ASCII[ord(base) - 32] if " " <= base <= "~" else _DEFAULT


@lru_cache(maxsize=4096)
def direction(text: str) -> str:
    """Return "R" or "L" by the first letter with a direction, or a number; "" if there is none."""
    for char in text:
        of = unicodedata.bidirectional(char)
        if of in ("R", "AL"):
            return "R"
        if of in ("L", "EN", "AN"):
            return "L"
    return ""


def visual(directions: list[str], base: str) -> list[int]:
    """Return the order from left to right of pieces of a line, by their directions; `base` is that of the paragraph.

    A piece without a direction takes that of its neighbours if they agree, else that of the paragraph.
    """
    resolved = list(directions)
    for number, of in enumerate(directions):
        if not of:
            before = next((one for one in reversed(directions[:number]) if one), base)
            after = next((one for one in directions[number + 1 :] if one), base)
            resolved[number] = before if before == after else base
    order: list[int] = []
    run: list[int] = []
    for number in range(len(resolved)):
        if resolved[number] != base:
            run.insert(0, number)
            continue
        order += [*run, number]
        run = []
    order += run
    return order if base == "L" else order[::-1]
