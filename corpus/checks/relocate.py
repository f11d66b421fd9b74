"""Find the words that a span quotes when they are not at its offsets.

    the one place where they occur            →  that place
    several places, and its neighbours moved  →  the place that is as far away as theirs
    several places                            →  the nearest

The search looks at a window around the span, so that the cost of a document grows with its length only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..core.model import Span

WINDOW = 20_000
"""Code points before and after a span in which its words are looked for."""
_EACH_SIDE = 3
"""Places that are looked up on either side of a span."""


class Occurrences(NamedTuple):
    """Where words occur around a span: the starts of the nearest places, in text order."""

    starts: tuple[int, ...]
    more: bool
    """True if there may be further places in the window."""
    everywhere: bool
    """True if the window is the whole text."""

    def nearest(self, start: int) -> int:
        """Return the place that is nearest to an offset."""
        return min(self.starts, key=lambda one: abs(one - start))


def occurrences(text: str, words: str, near: int) -> Occurrences:
    """Return where words occur within `WINDOW` code points of an offset."""
    near = max(0, min(near, len(text)))
    low, high = max(0, near - WINDOW), min(len(text), near + WINDOW + len(words))
    everywhere = low == 0 and high == len(text)
    if not words:
        return Occurrences((), False, everywhere)
    before: list[int] = []
    at = text.rfind(words, low, near - 1 + len(words)) if near else -1
    while at >= 0 and len(before) < _EACH_SIDE:
        before.append(at)
        at = text.rfind(words, low, at - 1 + len(words)) if at else -1
    after: list[int] = []
    beyond = text.find(words, near, high)
    while beyond >= 0 and len(after) < _EACH_SIDE:
        after.append(beyond)
        beyond = text.find(words, beyond + 1, high)
    return Occurrences((*reversed(before), *after), at >= 0 or beyond >= 0, everywhere)


def relocated(text: str, spans: Sequence[Span]) -> list[tuple[str, Span | None]]:
    """Return, for each span, a sentence that says where its words occur, and the span moved there."""
    found = [occurrences(text, span.text or "", span.start) for span in spans]
    moves = _moves(text, spans, found)
    return [
        (_sentence(span, one), None if move is None else _moved(span, move))
        for span, one, move in zip(spans, found, moves, strict=True)
    ]


def _moves(text: str, spans: Sequence[Span], found: Sequence[Occurrences]) -> list[int | None]:
    """Return how far each span is from its words, in code points; None if they do not occur."""
    order = sorted(range(len(spans)), key=lambda i: spans[i].start)
    sure = [
        one.starts[0] - span.start if len(one.starts) == 1 else None for span, one in zip(spans, found, strict=True)
    ]
    before, after = _last_known(order, sure), _last_known(order[::-1], sure)
    moves: list[int | None] = []
    for i, (span, one) in enumerate(zip(spans, found, strict=True)):
        move = sure[i]
        if move is None and one.starts:
            like = (before[i], after[i])
            near = one.nearest(span.start) - span.start
            move = next((m for m in like if m and text.startswith(span.text or "", max(0, span.start + m))), near)
        moves.append(move)
    return moves


def _last_known(order: Sequence[int], sure: Sequence[int | None]) -> dict[int, int | None]:
    """Return, for each index, the last known value among those that come before it in `order`."""
    known: dict[int, int | None] = {}
    last: int | None = None
    for i in order:
        known[i] = last
        last = last if sure[i] is None else sure[i]
    return known


def _moved(span: Span, move: int) -> Span:
    start = span.start + move
    return Span(start, start + len(span.text or ""), span.text)


def _sentence(span: Span, found: Occurrences) -> str:
    if not found.starts:
        where = "in the text" if found.everywhere else f"within {WINDOW:,} code points of it"
        return f"the quoted words do not occur {where}"
    near = sorted(sorted(found.starts, key=lambda one: abs(one - span.start))[:_EACH_SIDE])
    places = [f"{start}–{start + len(span.text or '')}" for start in near]
    last = "more places" if found.more or len(found.starts) > len(near) else places.pop()
    listed = f"{', '.join(places)} and {last}" if places else last
    return f"the quoted words occur at {listed}, not at {span.start}–{span.end}"
