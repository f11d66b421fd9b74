"""Screens about quotation marks: which offsets lie between the marks of a pair, and where all marks are.

    “It will hold,” said Marr. “I know.”        plain: each mark opens or closes for certain, and they alternate
    “We said ‘no’ twice,” said Una.             not plain: one text at a time, by `quotation_marks.QuotationMarks`

Most texts are plain, and their pairs are found in all of them at once.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ...columns.documents import Columns
from ...columns.keys import Mask
from ...columns.parse import Numbers
from ...columns.records import Records
from ...columns.texts import SPACE, WORD, Codes
from ...core.arrays import ranges
from ...core.languages import DIALOGUE_DASH, SAME_MARKS, WITHOUT_BLANKS
from ..quotation_marks import MARKS, QuotationMarks
from .frame import Frame, frame

_SINGLE = "'‘’‚`´"
_OPENING_SINGLE = "'‘‚`"
_LOW, _HIGH_OPEN, _HIGH_CLOSE, _STRAIGHT = "„", "“", "”", '"'
_PLAIN = _LOW + _HIGH_OPEN + _HIGH_CLOSE + _STRAIGHT
_DASHES = "—–―"
_LINE_ENDS = "\r\x85\u2028\u2029"
"""What ends a line, besides the line feed."""
_NEAR = 4


class Pairs(NamedTuple):
    """The pairs of marks of all texts, as offsets in the joined texts, sorted by their opening marks."""

    opening: Numbers
    closing: Numbers
    """The end of a mark that is not closed."""
    closed: Mask
    outer: Numbers
    """The number of the innermost pair around each, -1 if there is none."""
    offsets: Numbers
    """The offsets of all marks, ascending."""

    def around(self, offsets: Numbers) -> tuple[Mask, Numbers]:
        """Return whether each offset lies between the marks of a pair, and the number of the innermost such pair."""
        number = np.searchsorted(self.opening, offsets) - 1
        while True:
            before = np.flatnonzero(number >= 0)
            left = before[self.closing[number[before]] <= offsets[before]]
            if not len(left):
                return number >= 0, np.maximum(number, 0)
            number[left] = self.outer[number[left]]


@lru_cache(maxsize=1)
def pairs(columns: Columns) -> Pairs:
    """Return the pairs of marks of some columns."""
    opening, closing, unclear = _plain_pairs(columns)
    texts = columns.texts
    closed, outer = np.ones(len(opening), np.bool_), np.full(len(opening), -1)
    found, offsets = [(opening, closing, closed, outer)], [opening, closing]
    for i in np.flatnonzero(unclear & texts.known).tolist():
        marks, begin = QuotationMarks(texts.listed[i], columns.languages[i]), int(texts.begins[i])
        made = np.array([*marks.pairs], np.int64).reshape(-1, 3)
        found.append((made[:, 0] + begin, made[:, 1] + begin, made[:, 2] > 0, np.array(marks.outer, np.int64)))
        offsets.append(np.fromiter(marks.offsets, np.int64, len(marks.offsets)) + begin)
    counts = np.cumsum([0, *(len(one[0]) for one in found)])
    joined = [np.concatenate([one[k] for one in found]) for k in range(3)]
    outer = np.concatenate([np.where(one[3] < 0, -1, one[3] + n) for one, n in zip(found, counts[:-1], strict=True)])
    order = np.argsort(joined[0], kind="stable")
    place = np.append(np.empty(len(order), np.int64), -1)
    place[order] = np.arange(len(order))
    opening, closing, closed = (one[order] for one in joined)
    return Pairs(opening, closing, closed, place[outer[order]], np.sort(np.concatenate(offsets)))


def _plain_pairs(columns: Columns) -> tuple[Numbers, Numbers, Mask]:
    """Return the pairs of the plain texts, and which texts are not plain."""
    texts = columns.texts
    places = texts.places(MARKS)
    codes = texts.codes[places]
    document = texts.document(places)
    unclear = np.zeros(len(columns), np.bool_)
    odd = columns.in_language(*WITHOUT_BLANKS, *SAME_MARKS)
    before_word, before_space = texts.has(places - 1, WORD), texts.has(places - 1, SPACE) | (places == 0)
    after_space = texts.has(places + 1, SPACE)
    single = _among(codes, _SINGLE)
    # A single mark after a letter does not open, and a closing one without an opening one is an apostrophe.
    unclear[document[single & _among(codes, _OPENING_SINGLE) & ~before_word]] = True
    unclear[document[~single & ~_among(codes, _PLAIN)]] = True
    unclear[document[odd[document]]] = True
    unclear[texts.document(texts.places(_LINE_ENDS))] = True
    double = ~single
    places, codes, document = places[double], codes[double], document[double]
    before_word, before_space, after_space = before_word[double], before_space[double], after_space[double]
    low, straight = _among(codes, _LOW), codes == ord(_STRAIGHT)
    high_open, high_close = codes == ord(_HIGH_OPEN), codes == ord(_HIGH_CLOSE)
    opens = low | (high_open & ~after_space) | (straight & before_space & ~after_space)
    closes = (high_close | high_open | straight) & ~before_space
    # Marks must alternate in each line: the first, third, … opens, the next one closes it.
    line = texts.line_begin(places)
    lines, first = np.unique(line, return_index=True)
    number = np.arange(len(places)) - first[np.searchsorted(lines, line)]
    is_first = number % 2 == 0
    partner = np.zeros(len(places), np.bool_)
    partner[:-1] = line[:-1] == line[1:]
    previous = np.concatenate((np.zeros(1, codes.dtype), codes[:-1]))
    # “ closes „ only; a straight mark closes any of these; after “ another “ opens.
    fits = np.where(high_open, _among(previous, _LOW), np.where(high_close, ~_among(previous, _STRAIGHT), True))
    wrong = np.where(is_first, ~(opens & partner), ~(closes & fits))
    unclear[document[wrong]] = True
    keep = ~unclear[document] & is_first
    at = np.flatnonzero(keep)
    return places[at], places[at + 1], unclear


def _among(codes: Codes, chars: str) -> Mask:
    return np.isin(codes, np.array([ord(char) for char in chars], codes.dtype))


def direct_without_marks(columns: Columns) -> Mask:
    """Screen of Q501: a direct quote outside of marks, or with a parent, whose marks are not its own."""
    one, known, quotes = _content(columns)
    spans = quotes.spans("content")
    start, _ = one.place(quotes, "content")
    inside, _ = known.around(start)
    fine = inside & (quotes.referred("parent")[spans.record] < 0)
    direct = quotes.equals("type", "direct")[spans.record]
    return columns.flag(spans.document[direct & ~fine]) & columns.texts.known


def indirect_in_marks(columns: Columns) -> Mask:
    """Screen of Q502: content that begins between marks, or in a line after a colon."""
    types = "indirect", "free_indirect", "reported"
    one, known, quotes = _content(columns)
    start, _ = one.edges(quotes, "content")
    inside, _ = known.around(start)
    before = one.last_before(start)
    label = (before >= columns.texts.line_begin(start)) & columns.texts.within(before, ":：")
    own = quotes.equals("type", *types) & (inside | label)
    return columns.flag(quotes.document[own]) & columns.texts.known


def mixed_without_marks(columns: Columns) -> Mask:
    """Screen of Q514: content without a mark of a pair in it or at its edges."""
    one, known, quotes = _content(columns)
    spans = quotes.spans("content")
    start, end = one.place(quotes, "content")
    has = np.searchsorted(known.offsets, start - 1) < np.searchsorted(known.offsets, end + 1)
    marked = np.zeros(len(quotes), np.bool_)
    marked[spans.record[has]] = True
    own = quotes.equals("type", "mixed") & ~marked
    return columns.flag(quotes.document[own]) & columns.texts.known


def mixed_in_marks(columns: Columns) -> Mask:
    """Screen of Q524: mixed content that begins between marks."""
    one, known, quotes = _content(columns)
    inside, _ = known.around(one.edges(quotes, "content")[0])
    own = quotes.equals("type", "mixed") & inside
    return columns.flag(quotes.document[own]) & columns.texts.known


def marks_in_indirect(columns: Columns) -> Mask:
    """Screen of Q525: a pair of marks in the content of an indirect quote."""
    one, known, quotes = _content(columns)
    spans = quotes.spans("content")
    start, end = one.place(quotes, "content")
    record, number = _between(known, start, end)
    within = np.zeros(len(start), np.bool_)
    within[record[known.closed[number] & (known.closing[number] < end[record])]] = True
    own = quotes.equals("type", "indirect")[spans.record] & within
    return columns.flag(spans.document[own]) & columns.texts.known


def nonquote_without_marks(columns: Columns) -> Mask:
    """Screen of Q537: a non-quote that does not begin between marks."""
    one, known = frame(columns), pairs(columns)
    spans = one.nonquotes.spans("spans")
    inside, _ = known.around(one.place(one.nonquotes, "spans")[0])
    return columns.flag(spans.document[~inside]) & columns.texts.known


def own_marks_in_content(columns: Columns) -> Mask:
    """Screen of Q521: a direct quote or non-quote that begins or ends with a mark, or goes on after the closing one."""
    one, known, quotes = _content(columns)
    flags = np.zeros(len(columns), np.bool_)
    for records, field, chosen in (
        (quotes, "content", quotes.equals("type", "direct")),
        (one.nonquotes, "spans", np.ones(len(one.nonquotes), np.bool_)),
    ):
        spans = records.spans(field)
        start, end = one.place(records, field)
        inside, number = known.around(start)
        has = _is_one_of(known.opening, start) | _is_one_of(known.offsets, end - 1)
        has |= inside & _is_closed(known, number) & (_take(known.closing, number) < end)
        flags |= columns.flag(spans.document[chosen[spans.record] & has])
    return flags & columns.texts.known


def words_left_out(columns: Columns) -> Mask:
    """Screen of Q522: a word between the marks of a direct quote that is not in its content."""
    one, known, quotes = _content(columns)
    spans = quotes.spans("content")
    start, end = one.place(quotes, "content")
    inside, number = known.around(start)
    opening, closing = _take(known.opening, number), _take(known.closing, number)
    before = one.word_at(opening + 1) < one.word_at(start)
    after = (one.word_at(end) < one.word_at(closing)) | (columns.texts.has(end, WORD) & (end < closing))
    own = quotes.equals("type", "direct")[spans.record] & inside & (before | after)
    return columns.flag(spans.document[own]) & columns.texts.known


def punctuation_left_out(columns: Columns) -> Mask:
    """Screen of Q523: content that ends a few code points before its closing mark."""
    one, known, quotes = _content(columns)
    spans = quotes.spans("content")
    start, end = one.place(quotes, "content")
    inside, number = known.around(start)
    closing = _take(known.closing, number)
    lost = inside & _is_closed(known, number) & (end < closing) & (closing <= end + _NEAR)
    own = quotes.equals("type", "direct")[spans.record] & lost
    return columns.flag(spans.document[own]) & columns.texts.known


def unannotated_quotation(columns: Columns) -> Mask:
    """Screen of C604: marks with less than half of their words in a quote or non-quote, or with a retold quote.

    Marks with other marks inside must be in annotations as a whole: whose words the inner ones are is not asked here.
    Marks in a direct quote are flagged if no quote and no non-quote begins with a word in them, or if they hold others.
    """
    one, known, texts = frame(columns), pairs(columns), columns.texts
    flags = columns.flag(texts.document(texts.places(_DASHES))) & columns.in_language(*DIALOGUE_DASH)
    inside, _ = known.around(one.edges(one.quotes, "content")[0])
    flags |= columns.flag(one.quotes.document[inside & one.quotes.equals("type", "indirect", "reported")])
    start, end = known.opening + 1, np.maximum(known.opening + 1, known.closing)
    document, every = texts.document(known.opening), texts.letters_before(end) - texts.letters_before(start)
    outer, _ = _between(known, start, end)
    with_inner = np.bincount(outer, minlength=len(start)) > 0
    for chosen in one.rounds():
        covered = one.covered(chosen, ((one.quotes, "content"), (one.nonquotes, "spans")))
        own = covered.between(start, end, texts.letters_before)
        # Of a mark that is not closed, it is enough that a word is annotated.
        missed = np.where(known.closed, 2 * own < every, (own == 0) & (every > 0))
        missed |= with_inner & (covered.between(start, end) < end - start)
        missed |= _in_direct(one, known, chosen) & (with_inner | (_begun(one, chosen, start, end) == 0))
        asked = columns.flag(columns.document[chosen])
        flags = flags | columns.flag(document[missed]) & asked
    return flags & texts.known


def _in_direct(one: Frame, known: Pairs, chosen: Mask) -> Mask:
    """Return which pairs of marks are closed in a direct quote of some annotations."""
    quotes = one.quotes
    record = quotes.spans("content").record
    own = quotes.equals("type", "direct")[record] & chosen[quotes.annotation[record]]
    start, end = (edge[own] for edge in one.place(quotes, "content"))
    span, number = _between(known, start, end)
    found = np.zeros(len(known.opening), np.bool_)
    found[number[known.closed[number] & (known.closing[number] < end[span])]] = True
    return found


def _begun(one: Frame, chosen: Mask, starts: Numbers, ends: Numbers) -> Numbers:
    """Return how many quotes and non-quotes of some annotations begin with a word from each start to its end."""
    begins = []
    for records, field in ((one.quotes, "content"), (one.nonquotes, "spans")):
        start, end = one.place(records, field)
        own = chosen[records.annotation[records.spans(field).record]] & (start < end) & one.texts.has(start, WORD)
        begins.append(start[own])
    every = np.sort(np.concatenate(begins))
    return np.searchsorted(every, ends) - np.searchsorted(every, starts)


def _between(known: Pairs, start: Numbers, end: Numbers) -> tuple[Numbers, Numbers]:
    """Return each pair of a number of (start, end) and the number of a pair of marks that opens between these."""
    first, last = np.searchsorted(known.opening, start), np.searchsorted(known.opening, end)
    counts = np.maximum(last - first, 0)
    return np.repeat(np.arange(len(start)), counts), ranges(first, counts)


def _is_one_of(offsets: Numbers, asked: Numbers) -> Mask:
    """Return which offsets are among some that ascend."""
    mask: Mask = np.searchsorted(offsets, asked) < np.searchsorted(offsets, asked, "right")
    return mask


def _is_closed(known: Pairs, number: Numbers) -> Mask:
    return known.closed[number] if len(known.closed) else np.zeros(len(number), np.bool_)


def _take(values: Numbers, numbers: Numbers) -> Numbers:
    return values[numbers] if len(values) else np.zeros(len(numbers), np.int64)


def _content(columns: Columns) -> tuple[Frame, Pairs, Records]:
    one = frame(columns)
    return one, pairs(columns), one.quotes
