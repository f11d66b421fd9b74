"""Render text for a terminal: underlined snippets of an article, and visible control characters."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from functools import lru_cache

_CONTEXT = 32
"""Code points that a snippet shows on either side of its span."""
_WIDEST = 60
"""Code points of a span that a snippet shows; a longer span is cut in its middle."""


def snippet(text: str, start: int, end: int) -> str:
    """Return two lines: the article around a span, and a line that underlines the span.

    The underline fits the cells of a terminal: a wide character takes two, a combining one none. Control
    and format characters are shown as escapes. A line with right-to-left letters is laid out left to
    right, since no underline could follow it otherwise.
    """
    start, end = max(0, min(start, len(text))), max(0, min(end, len(text)))
    if end < start:
        start, end = end, start
    left, right = text[max(0, start - _CONTEXT) : start], text[end : end + _CONTEXT]
    middle = text[start:end]
    if len(middle) > _WIDEST:
        middle = middle[: _WIDEST // 2] + " … " + middle[-_WIDEST // 2 :]
    before = ("…" if start > _CONTEXT else "") + visible(left)
    after = visible(right) + ("…" if end + _CONTEXT < len(text) else "")
    shown = visible(middle)
    # A span that begins with a combining character is underlined from the character it combines with.
    while before and shown and cells(before + shown[0]) <= cells(before):
        before, shown = before[:-1], before[-1] + shown
    line = before + shown + after
    if any(map(_is_right_to_left, line)):
        line = f"\N{LEFT-TO-RIGHT OVERRIDE}{line}\N{POP DIRECTIONAL FORMATTING}"
    return f"{line}\n{' ' * cells(before)}{'^' * max(1, cells(before + shown) - cells(before))}"


def snippet_words(shown: str) -> tuple[str, str, str]:
    """Return the line of a `snippet` in three parts: before the underlined words, these words, and after them."""
    line, _, underline = shown.partition("\n")
    line = line.strip("\N{LEFT-TO-RIGHT OVERRIDE}\N{POP DIRECTIONAL FORMATTING}")
    first = len(underline) - len(underline.lstrip(" "))

    def until(cell: int) -> int:
        # A zero-width character belongs to the one before it, so the last offset with this many cells is taken.
        return bisect_right(range(len(line) + 1), cell, key=lambda i: cells(line[:i])) - 1

    start, end = until(first), until(len(underline))
    return line[:start], line[start:end], line[end:]


def cells(text: str) -> int:
    """Return the number of terminal cells that `visible` text takes."""
    from wcwidth import wcswidth  # its tables take time, and help has no table

    return max(0, wcswidth(text))


def visible(text: str) -> str:
    """Return the text on one line, with visible line ends, control and format characters."""
    return text if text.isprintable() else "".join(map(_shown, text))


@lru_cache(maxsize=4096)
def _is_right_to_left(char: str) -> bool:
    return unicodedata.bidirectional(char) in ("R", "AL", "AN")


@lru_cache(maxsize=4096)
def _shown(char: str) -> str:
    if char.isprintable():
        return char
    named = {"\n": "⏎", "\t": "⇥", "\r": "␍", "\N{NO-BREAK SPACE}": "⍽", "\N{NARROW NO-BREAK SPACE}": "⍽"}
    return named.get(char) or f"<U+{ord(char):04X}>"
