"""Find the strings between quotation marks in a text, without its annotation.

| marks | closed by |
|---|---|
| “ | ” |
| „ ‟ | “ or ” |
| « ‹ | » ›, with » … « where typesetters use them so |
| ‘ ‚ | ’ or ‘, at the end of a word |
| " ' | the same mark, at the end of a word |
| 「 『 ｢ ﹁ ﹃ | 」 』 ｣ ﹂ ﹄ |
| 〝 | 〞 or 〟 |
| ＂ | the same mark |
| ” » | the same mark, in Finnish and Swedish |
| — – ― | the end of the paragraph that it opens, in languages that use dialogue dashes |

An opening mark is at the beginning of a word and a single closing mark at its end, so that apostrophes do not count.
In languages without blanks between words, only letters and digits of ASCII keep a mark from opening or closing.
A quotation ends with its paragraph, closed or not: a mark that is reopened in each paragraph is closed in the
last one only. The text does not show where the words after a dialogue dash end and the narrator's begin.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from ..core.languages import DIALOGUE_DASH, SAME_MARKS, WITHOUT_BLANKS, primary_subtag

MARKS = frozenset("\"'“”„‟‘’‚‛«»‹›「」『』｢｣﹁﹂﹃﹄〝〞〟＂`´")
"""Every character that may be a quotation mark, whatever the language."""
_BRACKETS = (("「", "」"), ("『", "』"), ("｢", "｣"), ("﹁", "﹂"), ("﹃", "﹄"), ("〝", "〞〟"))
"""Marks that open a quotation wherever they stand."""
_PAIRS = (
    ("“", "”"),
    ("„‟", "“”"),
    ("«", "»"),
    ("»", "«"),
    ("‹", "›"),
    ("›", "‹"),
    ('"', '"'),
    ("＂", "＂"),
    ("‘‚", "’‘"),
    ("'", "'"),
)
_SAME = (("”", "”"), ("»", "«»"))
_SINGLE = "‘‚'"
_ENDED = "(?:(?<=\\S\\S)|(?<=[\U0001f000-\U0001faff\ufe0f]))"
"""The end of a word, or an emoji."""
_REOPENED = "“„「『"
"""Marks that may be reopened in each paragraph of a quotation."""
_DASH = re.compile(r"[^\S\n]*[—–―](?:[^\S\n]+|(?=\D))(?=\S)")
"""A dash that opens a paragraph, other than the sign of a number."""


class _Marks(NamedTuple):
    """What opens a quotation, and what closes each."""

    opened: re.Pattern[str]
    closed: dict[str, re.Pattern[str]]


def quotations(text: str, language: str = "") -> Iterator[tuple[int, int]]:
    """Yield (start, end) of the words between outermost marks, in code points, in text order."""
    language = primary_subtag(language)
    marks = _marks(blanks=language not in WITHOUT_BLANKS, same=language in SAME_MARKS)
    begin = 0
    for line in text.splitlines(keepends=True):
        dash = _DASH.match(line) if language in DIALOGUE_DASH else None
        found = [(dash.end(), len(line.rstrip()))] if dash else _in_line(line, marks)
        for start, end in found:
            if any(map(str.isalnum, line[start:end])):
                yield begin + start, begin + end
        begin += len(line)


def in_dialogue(text: str, start: int, language: str) -> bool:
    """Return True if a dialogue dash opens the paragraph of this offset, in a language that uses them."""
    if primary_subtag(language) not in DIALOGUE_DASH:
        return False
    return _DASH.match(text, text.rfind("\n", 0, start) + 1) is not None


@cache
def _marks(*, blanks: bool, same: bool) -> _Marks:
    """Return the marks of the languages with or without blanks between words, and with or without equal marks."""
    pairs = (*_PAIRS, *(_SAME if same else ()))
    closers = {opener: closing for openers, closing in (*pairs, *_BRACKETS) for opener in openers}
    before, word = (r"[\w.,!?…]", r"\w") if blanks else ("[A-Za-z0-9]", "[A-Za-z0-9]")
    anywhere = "".join(opener for opener, _ in _BRACKETS) + ("" if blanks else "“＂")
    opened = rf"(?:[{anywhere}]|[{''.join(closers)}](?<!{before}.))(?=\S)"
    closed = {
        opener: re.compile(
            rf"{_ENDED}[{closing}](?!{word})" if opener in _SINGLE else rf"(?<=\S)[{closing}]",
        )
        for opener, closing in closers.items()
    }
    return _Marks(re.compile(opened), closed)


def _in_line(line: str, marks: _Marks) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of the words between outermost marks of a line, in linear time."""
    at = 0
    unclosed: set[str] = set()
    while opening := marks.opened.search(line, at):
        at, opener = opening.end(), opening[0]
        if opener in unclosed or (opener in _SINGLE and line[at].isdigit()):
            continue
        closing = marks.closed[opener].search(line, at + 1)
        if closing is None and opener not in _REOPENED:
            unclosed.add(opener)
            continue
        end = closing.start() if closing else len(line.rstrip())
        yield at, end
        at = closing.end() if closing else end
