r"""Texts → sentences and tokens, for a whole shard at once.

Sentences come from `sentencex` (rule-based, by Wikimedia), with every line a paragraph of its own, so
that a quotation mark that is never closed cannot swallow the rest of the article. Tokens are the matches of
`\w+|[^\w\s]` of the `regex` library, whose `\w` holds combining marks, so that a decomposed accent
stays in its word. Both are deterministic and need no download.

A shard's texts are cut together: each code point is a blank, a word character or a mark (`regex`
says which, once a code point), and a token begins where the kind changes. That gives the very
matches of the pattern, many times faster than one by one.

    M r .   H a l l o r a n ’ s
    1 1 2 0 1 1 1 1 1 1 1 1 2 1     kinds
    ^   ^   ^               ^ ^     starts
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import regex
import sentencex

Ints = npt.NDArray[np.int64]

PATTERN = r"\w+|[^\w\s]"
_BLANK, _WORD, _MARK, _UNSEEN = 0, 1, 2, 255


@dataclass(slots=True)
class Tokens:
    """The tokens of several texts, in columns.

    `starts` and `ends` are code points in the joined texts, `begins[i]` is where text i begins there;
    `strings` are the tokens themselves.
    """

    starts: Ints
    ends: Ints
    strings: pa.StringArray
    begins: Ints


def tokenize(texts: list[str]) -> Tokens:
    """Return the tokens of the texts, those of all texts in one set of columns."""
    # Each text ends with a line break, so that no token reaches into the next text.
    joined = "\n".join([*texts, ""])
    begins = np.cumsum([0, *(len(text) + 1 for text in texts)])
    codes = np.frombuffer(joined.encode("utf-32-le"), np.uint32)
    data = np.frombuffer(joined.encode(), np.uint8)
    return tokens_in(codes, data, heads_of(data), begins)


def heads_of(data: npt.NDArray[np.uint8]) -> Ints:
    """Return where each code point begins in some bytes of UTF-8, and their number at the end."""
    # The bytes that continue a code point are those below -64 as signed numbers.
    return np.flatnonzero(np.append(data.view(np.int8) >= -64, True))


def tokens_in(codes: npt.NDArray[np.uint32], data: npt.NDArray[np.uint8], heads: Ints, begins: Ints) -> Tokens:
    """Return the tokens of joined texts, given as code points, as bytes of UTF-8, and where each begins in these.

    `begins[i]` is where text i begins in `codes`; a line break is between two texts.
    """
    kinds = _kinds_of(codes)
    # Adjacent word characters are one token; each mark is a token of its own.
    word, mark = kinds == _WORD, kinds == _MARK
    starts = np.flatnonzero(mark | word & ~_shifted(word, 1))
    ends = np.flatnonzero(mark | word & ~_shifted(word, -1)) + 1
    # Arrow's strings need places in bytes; spans of annotations are in code points.
    offsets = np.zeros(len(starts) + 1, np.int32)
    np.cumsum(heads.take(ends) - heads.take(starts), out=offsets[1:])
    blanks = np.flatnonzero(kinds == _BLANK)
    filled = np.ones(len(data), np.bool_)
    filled[heads.take(blanks)] = False
    for blank in blanks[codes.take(blanks) > 0x7F].tolist():
        filled[heads[blank] : heads[blank + 1]] = False
    strings = pa.StringArray.from_buffers(len(starts), pa.py_buffer(offsets), pa.py_buffer(data.compress(filled)))
    return Tokens(starts, ends, strings, begins)


def sentences(text: str, language: str) -> list[tuple[int, int]]:
    """Return (start, end) of each sentence, in code points, with no white space at the edges; none crosses a line.

    Each line is cut by itself: given a longer text, `sentencex` drops some of its line breaks, and every sentence
    after such a place would be off.
    """
    lengths = piece_lengths(text, language)
    found = []
    end = 0
    for length in lengths:
        start, end = end, end + length
        piece = text[start:end]
        bare = piece.strip()
        if bare:
            first = start + len(piece) - len(piece.lstrip())
            found.append((first, first + len(bare)))
    return found


def sentences_in(
    texts: list[str], languages: list[str], begins: Ints, filled: tuple[Ints, Ints]
) -> tuple[Ints, Ints, Ints]:
    """Return the number of sentences of each text, and where each begins and ends in the joined texts.

    They are those of `sentences`. `begins` is where each text begins in the joined texts, and `filled` where each run
    of code points other than white space begins and ends there.
    """
    lengths = [piece_lengths(text, language) for text, language in zip(texts, languages, strict=True)]
    sizes = np.fromiter(chain.from_iterable(lengths), np.int64)
    of = np.repeat(np.arange(len(texts)), np.fromiter(map(len, lengths), np.int64, len(lengths)))
    ends = np.cumsum(sizes)
    before = np.cumsum(np.bincount(of, sizes, len(texts)).astype(np.int64))
    ends += (begins - np.append(0, before)[:-1])[of]
    starts, (run_starts, run_ends) = ends - sizes, filled
    # The runs that end after the start of a piece, and those that begin before its end.
    first, last = np.searchsorted(run_ends, starts, "right"), np.searchsorted(run_starts, ends) - 1
    kept = np.flatnonzero(first <= last)
    start = np.maximum(run_starts[first[kept]], starts[kept])
    end = np.minimum(run_ends[last[kept]], ends[kept])
    return np.bincount(of[kept], minlength=len(texts)), start, end


def piece_lengths(text: str, language: str) -> list[int]:
    """Return the lengths of the pieces of a text: sentences with the white space after them, and line breaks."""
    lengths: list[int] = []
    for line in text.split("\n"):
        if len(line) > _WINDOW:
            lengths += map(len, _windows(line, language))
        elif line:
            pieces = sentencex.segment(language, line)
            lengths += map(len, pieces if "".join(pieces) == line else [line])
        lengths.append(1)
    return lengths


def _windows(line: str, language: str) -> Iterator[str]:
    """Yield the sentences of a long line, with the white space between them; together they are the line.

    `sentencex` takes time that grows with the square of the sentences, so a longer line is cut window by window, the
    next one from the last sentence of the one before, which the end of the window may have cut short. A window whose
    pieces do not join to it is one sentence, never a wrong one.
    """
    at, width = 0, _WINDOW
    while at < len(line):
        window = line[at : at + width]
        pieces = sentencex.segment(language, window)
        if "".join(pieces) != window:
            pieces = [window]
        if at + width < len(line):
            if len(pieces) == 1:
                width *= 2
                continue
            pieces.pop()
        yield from pieces
        at += sum(map(len, pieces))
        width = _WINDOW


_WINDOW = 16_384
"""Code points of a line that are cut into sentences at once; hardly a paragraph has as many."""


def _kinds_of(codes: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint8]:
    """Return the kind of each code point."""
    known = _known()
    kinds: npt.NDArray[np.uint8] = known.take(codes)
    if len(kinds) and kinds.max() == _UNSEEN:
        for code in np.unique(codes[kinds == _UNSEEN]).tolist():
            known[code] = _kind(chr(code))
        kinds = known.take(codes)
    return kinds


def _kind(char: str) -> int:
    return _WORD if regex.match(r"\w", char) else _BLANK if regex.match(r"\s", char) else _MARK


@cache
def _known() -> npt.NDArray[np.uint8]:
    """Return the table of the kinds of all code points, filled in as they occur.

    A corpus uses few of the 1.1 million code points, and `regex` takes far longer than an array access.
    """
    return np.full(0x110000, _UNSEEN, np.uint8)


def _shifted(flags: npt.NDArray[np.bool_], step: int) -> npt.NDArray[np.bool_]:
    """Return the flags of the code points `step` before each code point; False where there is none."""
    out = np.zeros_like(flags)
    if step > 0:
        out[step:] = flags[:-step]
    else:
        out[:step] = flags[-step:]
    return out
