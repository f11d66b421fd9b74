"""Text → the strings in it that stand between quotation marks, without the annotation.

| marks | closed by |
|---|---|
| “ | ” |
| „ ‟ | “ or ” |
| « ‹ | » ›, with » … « for those who set them so |
| ‘ ‚ | ’ or ‘, at the end of a word |
| " ' | the same again, at the end of a word |

An opening mark stands at the beginning of a word and a single closing one at its end, so that apostrophes are none. A
quotation ends with its paragraph, closed or not: a mark that is opened anew at each paragraph is closed at
the last alone.
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
    """(start, end) of the words between marks, in code points, in order; of nested ones the outermost."""
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
    """Where the mark is that closes one, None when the line has none."""
    if opener in "‘‚'" and line[start].isdigit():
        return None
    found = _CLOSED[opener].search(line, start + 1)
    return found.start() if found else None
