"""Marks within a paragraph: elements that nest where the marks nest, and are split only where they cross.

text   0123456789        <b>012<i>345</i></b><i>678</i>9
b      ──────            each element has exactly the characters of its mark; the class `s` is on the element in
i         ──────         which the mark begins, `e` on the one in which it ends
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from markupsafe import Markup

_LEVELS = 5
MOST = 50_000
"""The elements of marks on one page. An article with 300 quotes needs 3,000."""


@dataclass(slots=True, eq=False)
class Inline:
    """A mark. `start` and `end` are code points; marks of a lower `rank` are outside of those of a higher one.

    `attributes` are on each element of the mark, `first`, if any, on its first one instead; both are escaped HTML and
    begin with a blank. `before` is put in front of the first element. `record` is the id of its record, if the first
    element has it.
    """

    start: int
    end: int
    rank: int
    css: str
    attributes: str = ""
    first: str = ""
    before: str = ""
    level: int = 0
    record: str = ""
    begun: bool = field(default=False, init=False)


class CrowdedError(Exception):
    """So many marks cross that their elements would be more than a page may have."""


def marked(text: str, start: int, end: int, marks: Iterable[Inline], most: int = MOST) -> tuple[Markup, int]:
    """Return the characters from `start` to `end` with their marks, and the number of elements.

    The marks must be given in one order for all paragraphs. Raises CrowdedError if more than `most` elements are
    needed: n marks that all cross each other are split into n² of them.
    """
    here = [one for one in marks if one.start < end and one.end > start]
    here.sort(key=lambda one: (one.rank, one.start - one.end, one.start))
    beginning: dict[int, list[int]] = {}
    ending: dict[int, list[int]] = {}
    for number, one in enumerate(here):
        beginning.setdefault(max(one.start, start), []).append(number)
        ending.setdefault(min(one.end, end), []).append(number)
    parts: list[str] = []
    opened: list[tuple[Inline, int]] = []
    wanted: list[int] = []
    count = 0
    cuts = sorted({start, end, *beginning, *ending})
    for left, right in pairwise(cuts):
        for number in ending.get(left, ()):
            del wanted[bisect_left(wanted, number)]
        for number in beginning.get(left, ()):
            insort(wanted, number)
        kept = 0
        while kept < min(len(opened), len(wanted)) and opened[kept][0] is here[wanted[kept]]:
            kept += 1
        _close(parts, opened, kept, left)
        count += len(wanted) - kept
        if count > most:
            for one in here:
                one.begun = True
            raise CrowdedError
        for number in wanted[kept:]:
            one = here[number]
            if not one.begun and one.before:
                parts.append(one.before)
            opened.append((one, len(parts)))
            parts.append("")
        parts.append(escaped(text[left:right]))
    _close(parts, opened, 0, end)
    return Markup("".join(parts)), count


def _close(parts: list[str], opened: list[tuple[Inline, int]], kept: int, at: int) -> None:
    """Close the innermost elements until `kept` are left; their first tags can now say what of the mark they hold."""
    while len(opened) > kept:
        one, place = opened.pop()
        first = not one.begun
        one.begun = True
        css = one.css + " o" * (not first) + " u" * (one.end > at)
        parts[place] = f'<u class="{css}"{(first and one.first) or one.attributes}>'
        parts.append("</u>")


def escaped(text: str) -> str:
    """Return text for an element. A carriage return would become a line feed unless it is a reference."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def levels(spans: list[tuple[int, int]]) -> list[int]:
    """Return a level for each span, so that no two that overlap share one; short spans are next to the text.

    There are five levels, from 0; spans that are nested deeper share the last one.
    """
    found = [0] * len(spans)
    taken: list[list[tuple[int, int]]] = [[] for _ in range(_LEVELS)]
    for number in sorted(range(len(spans)), key=lambda one: (spans[one][1] - spans[one][0], spans[one])):
        found[number] = next((one for one, of_level in enumerate(taken) if _is_free(of_level, spans[number])), -1)
        if found[number] < 0:
            found[number] = _LEVELS - 1
        else:
            insort(taken[found[number]], spans[number])
    return found


def _is_free(taken: list[tuple[int, int]], span: tuple[int, int]) -> bool:
    """Return True if a span overlaps none of a level, which are sorted and do not overlap each other."""
    at = bisect_left(taken, span)
    return (at == len(taken) or taken[at][0] >= span[1]) and (at == 0 or taken[at - 1][1] <= span[0])
