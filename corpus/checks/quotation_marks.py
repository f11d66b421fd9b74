"""Which characters of a text are quotation marks, and which two belong together, for the checks of quotes.

    “It’s the bosses’ plan,” said Ivo.        one pair; both apostrophes are none
    ‘We said “no” twice,’ said Una.           two pairs, one in the other

A single mark counts as one of a pair in its paragraph, where it opens a paragraph, or as ‘ before a capital. A double
mark counts anywhere, except for the sign of inches. The marks of a pair need not match: “Yes" is one. A pair ends with
its paragraph: a mark that is opened again in each paragraph is closed in the last one only.

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
| — – ― | the end of the paragraph that it opens, in languages that use dialogue dashes: `dialogues` |

An opening mark is at the beginning of a word and a single closing mark at its end, so that apostrophes do not count. An
apostrophe at the end of a word, as in *the bosses’ plan*, *goin’ home* or *rock ’n’ roll*, is known by the closing mark
that follows: after a stop or a comma there is no apostrophe.
In languages without blanks between words, only letters and digits of ASCII keep a mark from opening or closing.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from ..core.languages import DIALOGUE_DASH, SAME_MARKS, WITHOUT_BLANKS, primary_subtag

MARKS = frozenset("\"'“”„‟‘’‚‛«»‹›「」『』｢｣﹁﹂﹃﹄〝〞〟＂`´")
"""Every character that may be a quotation mark, whatever the language."""
_MARK = re.compile(f"[{re.escape(''.join(sorted(MARKS)))}]")
_SINGLE = frozenset("'‘’‚`´")
_OPEN, _CLOSE = frozenset("„‟「『｢﹁﹃〝"), frozenset("」』｣﹂﹄〞〟")
"""Double marks that only open, and those that only close."""
_LOW = frozenset("„‟‚")
"""Marks that “ and ‘ close."""
_ENDS = ".,!?…"
_PLURAL = "sSxXzZ"
_CLIPPED = re.compile(r"\b(?:\w+in|an|th|ol|o|n)$", re.IGNORECASE)
"""Words that lack their last letter, as in *goin’*, *an’* or *o’ the town*."""
_WORD = 30
"""The most letters of a clipped word."""
_DEPTH = 16
"""The most marks that are open at once."""


_DASH = re.compile(r"[^\S\n]*[—–―](?:[^\S\n]+|(?=\D))(?=\S)")
"""A dash that opens a paragraph, other than the sign of a number."""


class Pair(NamedTuple):
    """The offsets of an opening mark and its closing one.

    If the mark is not closed, it is the offset of the paragraph's end, or of the next mark that is not closed.
    """

    opening: int
    closing: int
    closed: bool


class _Mark(NamedTuple):
    """A character that may be a mark, and what it may do."""

    offset: int
    char: str
    opens: bool
    closes: bool
    apostrophe: bool = False
    """True for what may be the apostrophe of a plural or a clipped word, as in *the bosses’ plan* or *goin’ home*."""
    final: bool = False
    """True for a single closing mark after a stop or a comma, which is not an apostrophe."""


class QuotationMarks:
    """The quotation marks of a text."""

    def __init__(self, text: str, language: str = "") -> None:
        language = primary_subtag(language)
        self._blanks, self._same = language not in WITHOUT_BLANKS, language in SAME_MARKS
        pairs: list[Pair] = []
        self.unopened: set[int] = set()
        """The closing marks without an opening one."""
        begin = 0
        for line in text.splitlines(keepends=True):
            if _MARK.search(line):
                self._pair(line, begin, pairs)
            begin += len(line)
        self.pairs = sorted(pairs)
        """In text order, an outer pair before those in it."""
        self.opening = {pair.opening: pair for pair in self.pairs}
        """The pairs by their opening marks."""
        self.closing = {pair.closing: pair for pair in self.pairs if pair.closed}
        """The closed pairs by their closing marks."""
        self.offsets = self.opening.keys() | self.closing.keys() | self.unopened
        """The offsets of all marks."""
        self._sorted = sorted(self.offsets)
        self._openings = [pair.opening for pair in self.pairs]
        self.outer = _outer(self.pairs)
        """For each pair the index of the innermost pair around it, -1 if there is none."""

    def inside(self, start: int, end: int) -> list[int]:
        """Return the offsets of the marks from `start` to `end`."""
        return self._sorted[bisect_left(self._sorted, start) : bisect_left(self._sorted, end)]

    def around(self, offset: int) -> Pair | None:
        """Return the innermost pair between whose marks the character at an offset lies."""
        i = bisect_left(self._openings, offset) - 1
        while i >= 0 and self.pairs[i].closing <= offset:
            i = self.outer[i]
        return self.pairs[i] if i >= 0 else None

    def within(self, start: int, end: int) -> Iterator[Pair]:
        """Yield the closed pairs whose both marks lie from `start` to `end`."""
        for i in range(bisect_left(self._openings, start), bisect_left(self._openings, end)):
            if self.pairs[i].closed and self.pairs[i].closing < end:
                yield self.pairs[i]

    def _pair(self, line: str, begin: int, pairs: list[Pair]) -> None:
        """Add the pairs of a paragraph that begins at the offset `begin`."""
        open_: list[_Mark] = []
        marks = [self._mark(line, match.start()) for match in _MARK.finditer(line)]
        end = len(line.rstrip())
        for mark, later in zip(marks, _later_closing(marks), strict=True):
            single = mark.char in _SINGLE
            is_apostrophe = single and ((later.final and not mark.final) or (later.closes and mark.apostrophe))
            opener = self._opener(mark, open_) if mark.closes and not is_apostrophe else -1
            if opener >= 0:
                pairs.append(Pair(begin + open_[opener].offset, begin + mark.offset, True))
                # A mark opened inside of the pair has no closing mark; a single one was an apostrophe.
                inner = [one.offset for one in open_[opener + 1 :] if one.char not in _SINGLE]
                pairs += _unclosed(inner, mark.offset, begin)
                del open_[opener:]
            elif mark.opens:
                open_.append(mark)
            elif not single and mark.closes:
                self.unopened.add(begin + mark.offset)
        first = len(line) - len(line.lstrip())
        left = [one.offset for one in open_ if one.char not in _SINGLE or one.offset == first or _opens_name(line, one)]
        pairs += _unclosed(left, end, begin)

    def _opener(self, mark: _Mark, open_: list[_Mark]) -> int:
        """Return the index of the open mark that a mark closes, -1 if there is none."""
        single = mark.char in _SINGLE
        for i in range(len(open_) - 1, max(-1, len(open_) - 1 - _DEPTH), -1):
            other = open_[i].char
            if (other in _SINGLE) != single:
                if single:
                    return -1
            elif mark.opens and mark.char in "“‘" and other not in _LOW:
                return -1
            elif (mark.char in '"＂' and other in '"＂“„‟') or mark.char not in '"＂':
                return i
        return -1

    def _mark(self, line: str, i: int) -> _Mark:
        char, before, after = line[i], line[i - 1 : i] if i else "", line[i + 1 : i + 2]
        begins = not (self._is_word(before) or (self._blanks and before and before in _ENDS))
        ends = bool(before) and not before.isspace()
        follows = bool(after) and not after.isspace()
        opens, closes = False, False
        if char in _SINGLE:
            opens = char in "'‘‚`" and begins and follows and not after.isdigit()
            closes = char in "'‘’´" and ends and not self._is_word(after)
            clipped = (bool(before) and before in _PLURAL) or _CLIPPED.search(line, max(0, i - _WORD), i) is not None
            apostrophe = clipped and after == " " and line[i + 2 : i + 3].islower()
            return _Mark(i, char, opens, closes, apostrophe, closes and not opens and before in _ENDS)
        if char in _OPEN or char in _CLOSE:
            opens, closes = char in _OPEN, char in _CLOSE
        elif char == "“":
            opens, closes = follows, ends
        elif char == "”":
            opens, closes = self._same and begins and follows, True
        elif char in "«‹":
            closes = ends and not self._is_word(after)
            opens = not closes
        elif char in "»›":
            opens = (begins and not ends and self._is_word(after)) or (self._same and begins and follows)
            closes = not opens or self._same
        else:
            # After a digit, and with nothing to close, it is the sign of inches.
            opens = follows and (begins or not self._blanks)
            closes = ends
        if char in '"＂' and before.isdigit() and all(line.find(other, 0, i) < 0 for other in '"＂“„'):
            opens, closes = False, False
        return _Mark(i, char, opens, closes)

    def _is_word(self, char: str) -> bool:
        return bool(char) and (char.isalnum() and (self._blanks or char.isascii()))


def dialogues(text: str, language: str) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of the paragraphs that a dialogue dash opens, without it, in a language that uses them.

    The text does not show where the words after the dash end and the narrator's begin.
    """
    if primary_subtag(language) not in DIALOGUE_DASH:
        return
    begin = 0
    for line in text.splitlines(keepends=True):
        dash = _DASH.match(line)
        if dash and any(map(str.isalnum, line[dash.end() :])):
            yield begin + dash.end(), begin + len(line.rstrip())
        begin += len(line)


def in_dialogue(text: str, start: int, language: str) -> bool:
    """Return True if a dialogue dash opens the paragraph of this offset, in a language that uses them."""
    if primary_subtag(language) not in DIALOGUE_DASH:
        return False
    return _DASH.match(text, text.rfind("\n", 0, start) + 1) is not None


def _opens_name(line: str, mark: _Mark) -> bool:
    """Return True for ‘ before a capital, which is not an apostrophe except in *‘Tis* and *‘Twas*."""
    follows = line[mark.offset + 1 : mark.offset + 5]
    return mark.char == "‘" and follows[:1].isupper() and not follows.startswith(("Tis", "Twas"))


def _unclosed(openings: list[int], end: int, begin: int) -> Iterator[Pair]:
    """Yield a pair for each mark that is not closed: it ends at the next of them, the last one at `end`."""
    for opening, closing in pairwise([*openings, end]):
        yield Pair(begin + opening, begin + closing, False)


class _Later(NamedTuple):
    """The single marks from a mark to the next single opening mark: is there a closing one, is one after a stop?"""

    closes: bool
    final: bool


def _later_closing(marks: list[_Mark]) -> list[_Later]:
    """Return for each mark which single closing marks follow it."""
    found: list[_Later] = []
    later = _Later(False, False)
    for mark in reversed(marks):
        found.append(later)
        if mark.char in _SINGLE:
            goes_on = not mark.opens
            later = _Later(mark.closes or (later.closes and goes_on), mark.final or (later.final and goes_on))
    return found[::-1]


def _outer(pairs: list[Pair]) -> list[int]:
    """Return for each pair the index of the innermost pair around it, -1 if there is none."""
    found: list[int] = []
    open_: list[int] = []
    for i, pair in enumerate(pairs):
        while open_ and pairs[open_[-1]].closing <= pair.opening:
            open_.pop()
        found.append(open_[-1] if open_ else -1)
        open_.append(i)
    return found
