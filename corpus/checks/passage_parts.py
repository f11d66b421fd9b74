"""Cut texts into the parts that are compared, find the part of each record, and hash both; for many texts at once.

    “The line … ends.” She left.    sentences   a line with several sentences is a part too
    0 ———————————————— 18  23       long ones are parts

The hash of a part is the sum of the hashes of its records, so that their order makes no difference.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..columns.keys import Mask
from ..columns.parse import Numbers
from ..columns.texts import Hashes, Texts

_ENDS, _CLOSERS = ".!?…", "”’»“\"')]"
"""What ends a sentence within a line, if white space follows; and what may be between the two."""
_WIDE_ENDS = "。！？"
_WIDE_END = re.compile(r"[。！？]+[”’」』）]*\s*")
_LINE_ENDS = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
_CODE_POINTS, _WORDS = 30, 5
"""Shorter sentences are not compared: the annotation of “No,” she said. depends on the sentences around it."""


class Parts(NamedTuple):
    """The parts of some texts, in their order: offsets in the joined texts. A line comes before its sentences."""

    start: Numbers
    end: Numbers
    line: Numbers
    """The number of the line of each."""
    is_line: Mask


class Held(NamedTuple):
    """Records: where the place of each begins and ends in the joined texts, and a hash of its layer and labels."""

    start: Numbers
    end: Numbers
    said: Hashes


class HeldSpans(NamedTuple):
    """The spans of records: the number of the record, offsets in the joined texts, and a hash of the field."""

    record: Numbers
    start: Numbers
    end: Numbers
    field: Hashes


class Sentences(NamedTuple):
    """All sentences of some texts, in their order: offsets in the joined texts, their lines, and which are long."""

    start: Numbers
    end: Numbers
    line: Numbers
    is_long: Mask


def parts(texts: Texts) -> tuple[Parts, Sentences]:
    """Return the parts that are compared, and all sentences with their lines, which say what holds a record."""
    start, end, line = _sentences(texts)
    lines, first, count = np.unique(line, return_index=True, return_counts=True)
    long = _is_long(texts, start, end)
    several = count > 1
    last = first + count - 1
    chosen = np.flatnonzero(several)
    starts = np.concatenate((start[first[chosen]], start[long]))
    ends = np.concatenate((end[last[chosen]], end[long]))
    numbers = np.concatenate((lines[chosen], line[long]))
    is_line = np.concatenate((np.ones(len(chosen), np.bool_), np.zeros(int(long.sum()), np.bool_)))
    order = np.lexsort((starts, ~is_line, numbers))
    return Parts(starts[order], ends[order], numbers[order], is_line[order]), Sentences(start, end, line, long)


def holders(found: Parts, sentences: Sentences, held: Held) -> Numbers:
    """Return for each record the number of the part that holds its place: its sentence or else its line, or -1."""
    size = len(sentences.start)
    if not size or not len(found.start):
        return np.full(len(held.start), -1)
    last = np.append(sentences.line[1:] != sentences.line[:-1], True)
    line_end = sentences.end[np.flatnonzero(last)[np.searchsorted(np.flatnonzero(last), np.arange(size))]]
    number = np.searchsorted(sentences.start, held.start, "right") - 1
    inside = (number >= 0) & (held.end <= line_end[np.maximum(number, 0)])
    number = np.maximum(number, 0)
    in_sentence = inside & sentences.is_long[number] & (held.end <= sentences.end[number])
    line = sentences.line[number]
    of_line, of_sentence = np.full(int(sentences.line.max()) + 1, -1), np.full(size, -1)
    of_line[found.line[found.is_line]] = np.flatnonzero(found.is_line)
    own = np.flatnonzero(~found.is_line)
    of_sentence[np.searchsorted(sentences.start, found.start[own])] = own
    return np.where(in_sentence, of_sentence[number], np.where(inside, of_line[line], -1))


def keys(texts: Texts, found: Parts, annotated: Hashes) -> Hashes:
    """Return a hash of the words of each part and of what was annotated in its document."""
    document = texts.document(found.start)
    return mixed(texts.hashes(found.start, found.end), annotated[document])


def values(found: Parts, holder: Numbers, held: Held, spans: HeldSpans) -> Hashes:
    """Return a hash of the records in each part; spans count from its start."""
    said = held.said.copy()
    known = np.flatnonzero(holder[spans.record] >= 0)
    part = holder[spans.record[known]]
    inside = (found.start[part] <= spans.start[known]) & (spans.end[known] <= found.end[part])
    known, at = known[inside], found.start[part[inside]]
    offsets = ((spans.start[known] - at) << 32 | (spans.end[known] - at)).astype(np.uint64)
    np.add.at(said, spans.record[known], mixed(offsets, spans.field[known]))
    total = np.zeros(len(found.start), np.uint64)
    has = holder >= 0
    np.add.at(total, holder[has], mixed(said[has], np.zeros(1, np.uint64)))
    return total >> np.uint64(32)


def mixed(one: Hashes, other: Hashes) -> Hashes:
    """Return a hash of pairs of hashes."""
    found = (one ^ (other + np.uint64(0x9E3779B97F4A7C15))) * np.uint64(0xBF58476D1CE4E5B9)
    found = (found ^ (found >> np.uint64(29))) * np.uint64(0x94D049BB133111EB)
    mixed_: npt.NDArray[np.uint64] = found ^ (found >> np.uint64(32))
    return mixed_


def _sentences(texts: Texts) -> tuple[Numbers, Numbers, Numbers]:
    """Return start, end and line of the sentences of all lines, without white space around them."""
    filled = texts.filled
    none = np.zeros(0, np.int64)
    if not len(filled.starts):
        return none, none, none
    lines = np.append(0, texts.places(_LINE_ENDS) + 1)
    # Two runs that ascend are merged, which is faster than to look for distinct values.
    cuts = np.sort(np.concatenate((lines, _cuts(texts), [len(texts.codes)])), kind="stable")
    cuts = cuts[np.append(True, cuts[1:] != cuts[:-1])]
    # The runs that end after a cut, and those that begin before the next one.
    first, last = np.searchsorted(filled.ends, cuts[:-1], "right"), np.searchsorted(filled.starts, cuts[1:]) - 1
    has = first <= last
    start = np.maximum(filled.starts[first[has]], cuts[:-1][has])
    end = np.minimum(filled.ends[last[has]], cuts[1:][has])
    return start, end, np.searchsorted(lines, start, "right")


def _cuts(texts: Texts) -> Numbers:
    """Return where the white space after a sentence begins, or the next sentence."""
    blanks = texts.filled.ends
    before = blanks - 1
    closed = np.flatnonzero(texts.within(before, _CLOSERS))
    if len(closed):
        closers = texts.places(_CLOSERS)
        # The last closers of a run are a run of their own: they go on from a place that is not a closer.
        begins = closers[np.append(True, np.diff(closers) > 1)]
        before[closed] = begins[np.searchsorted(begins, before[closed], "right") - 1] - 1
    found = blanks[(before >= 0) & texts.within(before, _ENDS)]
    if not any(char in texts.joined for char in _WIDE_ENDS):
        return found
    return np.concatenate((found, [match.end() for match in _WIDE_END.finditer(texts.joined)]))


def _is_long(texts: Texts, start: Numbers, end: Numbers) -> Mask:
    if not len(start):
        return np.zeros(0, np.bool_)
    words = np.searchsorted(texts.filled.starts, end) - np.searchsorted(texts.filled.starts, start, "right") + 1
    is_foreign = np.searchsorted(texts.foreign, end) > np.searchsorted(texts.foreign, start)
    found: Mask = (end - start >= _CODE_POINTS) & ((words >= _WORDS) | is_foreign)
    return found
