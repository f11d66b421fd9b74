"""Make a unified diff for display; control characters are escaped, so none is hidden or run by a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise

from ..core.text import visible

_CONTEXT = 3
"""Lines of context on either side of a change."""
_COMPARED = 4000
"""The most lines between the first and last change for which a line-by-line alignment is computed (quadratic)."""

LineChange = tuple[int, int, int, int]
"""(from, to) in the old file, (from, to) in the new file: line numbers from 0, half-open."""


def unified(path: str, old: bytes, new: bytes) -> Iterator[str]:
    """Yield the lines of the diff of one file, without line ends."""
    before, after = _lines(old), _lines(new)
    yield from header(path)
    for hunk in _hunks(_changes(before, after)):
        first, last = hunk[0], hunk[-1]
        lead = min(_CONTEXT, first[0])
        tail = min(_CONTEXT, len(before) - last[1])
        olds, news = (first[0] - lead, last[1] + tail), (first[2] - lead, last[3] + tail)
        yield f"@@ -{_range(*olds)} +{_range(*news)} @@"
        yield from _shown(" ", before[olds[0] : first[0]])
        for change, following in pairwise([*hunk, (olds[1], olds[1], news[1], news[1])]):
            yield from _shown("-", before[change[0] : change[1]])
            yield from _shown("+", after[change[2] : change[3]])
            yield from _shown(" ", before[change[1] : following[0]])


def header(path: str) -> list[str]:
    """Return the two header lines with the file name."""
    return [f"--- a/{visible(path)}", f"+++ b/{visible(path)}"]


def one_line(number: int, old: bytes, new: bytes) -> Iterator[str]:
    """Yield the diff of one line of a bulk file (b"" for none), without context: such lines are long."""
    yield f"@@ -{_range(number - 1, number - (not old))} +{_range(number - 1, number - (not new))} @@"
    yield from _shown("-", [old] if old else [])
    yield from _shown("+", [new] if new else [])


def _lines(data: bytes) -> list[bytes]:
    lines = [line + b"\n" for line in data.split(b"\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def _changes(old: Sequence[bytes], new: Sequence[bytes]) -> Iterator[LineChange]:
    """Yield the changes: line by line for equal lengths, else aligned by SequenceMatcher in bounded time."""
    if len(old) == len(new):
        yield from ((i, i + 1, i, i + 1) for i in range(len(old)) if old[i] != new[i])
        return
    least = min(len(old), len(new))
    head = next((i for i in range(least) if old[i] != new[i]), least)
    tail = next((i for i in range(least - head) if old[-1 - i] != new[-1 - i]), least - head)
    before, after = old[head : len(old) - tail], new[head : len(new) - tail]
    if max(len(before), len(after)) > _COMPARED:
        yield head, head + len(before), head, head + len(after)
        return
    for tag, a, b, c, d in SequenceMatcher(None, before, after).get_opcodes():
        if tag != "equal":
            yield head + a, head + b, head + c, head + d


def _hunks(changes: Iterator[LineChange]) -> Iterator[list[LineChange]]:
    """Group changes whose contexts overlap into hunks, and join adjacent changes."""
    hunk: list[LineChange] = []
    for change in changes:
        if hunk and change[0] == hunk[-1][1]:
            hunk[-1] = (hunk[-1][0], change[1], hunk[-1][2], change[3])
        elif hunk and change[0] - hunk[-1][1] <= 2 * _CONTEXT:
            hunk.append(change)
        else:
            if hunk:
                yield hunk
            hunk = [change]
    if hunk:
        yield hunk


def _range(start: int, end: int) -> str:
    size = end - start
    return str(start + 1) if size == 1 else f"{start + (size > 0)},{size}"


def _shown(sign: str, lines: Sequence[bytes]) -> Iterator[str]:
    for line in lines:
        yield sign + visible(line.removesuffix(b"\n").decode("utf-8", "replace"))
        if not line.endswith(b"\n"):
            yield "\\ No newline at end of file"
