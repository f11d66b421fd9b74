"""Find the strings between quotation marks in a text, without its annotation.

| marks | closed by |
|---|---|
| “ | ” |
| „ ‟ | “ or ” |
| « ‹ | » ›, with » … « where typesetters use them so |
| ‘ ‚ | ’ or ‘, at the end of a word |
| " ' | the same mark, at the end of a word |

An opening mark is at the beginning of a word and a single closing mark at its end, so that apostrophes do not count.
A quotation ends with its paragraph, closed or not: a mark that is reopened in each paragraph is closed in the
last one only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_PAIRS = (
    ("“", "”"),
    ("„‟", "“”"),
    ("«", "»"),
    ("»", "«"),
    ("‹", "›"),
    ("›", "‹"),
    ('"', '"'),
    ("‘‚", "’‘"),
    ("'", "'"),
)
_OPENED = re.compile(r"[“„‟«»‹›\"‘‚'](?<![\w.,!?…].)(?=\S)")
_CLOSED = {
    opener: re.compile(
        rf"(?<=[^\s]{{2}})[{closers}](?!\w)" if opener in "‘‚'" else rf"(?<=\S)[{closers}]",
    )
    for openers, closers in _PAIRS
    for opener in openers
}


def quotations(text: str) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of the words between outermost marks, in code points, in text order."""
    begin = 0
    for line in text.splitlines(keepends=True):
        at = 0
        while opening := _OPENED.search(line, at):
            at = opening.end()
            close = _closing(line, opening[0], at)
            if close is None and opening[0] not in "“„":
                continue
            end = len(line.rstrip()) if close is None else close
            if any(map(str.isalnum, line[at:end])):
                yield begin + at, begin + end
            at = end if close is None else close + 1
        begin += len(line)


def _closing(line: str, opener: str, start: int) -> int | None:
    """Return the offset of the closing mark in the line, or None."""
    if opener in "‘‚'" and line[start].isdigit():
        return None
    found = _CLOSED[opener].search(line, start + 1)
    return found.start() if found else None
