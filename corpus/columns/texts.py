r"""The texts of a shard end to end, a line end after each: code points, their classes, words and bytes.

T h e   b r i d g e \n H e   s a i d \n      code points
^                      ^                      begins
0 … 9                  0 … 6                  offsets of annotations, which count from `begins`
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Sequence
from functools import cache, cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import regex

from ..core.arrays import begins_of, ranges
from ..core.code_points import NO_BREAK, may_join
from ..core.tokens import Tokens, heads_of, tokens_in
from .keys import Mask
from .parse import Numbers

Codes = npt.NDArray[np.uint32]
Hashes = npt.NDArray[np.uint64]
_JOINING = regex.compile(r"[^\p{Grapheme_Cluster_Break=Other}\p{Grapheme_Cluster_Break=Control}\n]")
_FACTOR = 0x9E3779B97F4A7C15
_INVERSE = pow(_FACTOR, -1, 2**64)
_AT_ONCE = 1 << 15
"""Values that are summed at once: they fit into the cache of a processor."""


def _is_joining(char: str) -> bool:
    return _JOINING.search(char) is not None


def _is_control(char: str) -> bool:
    return (char < " " and char not in "\t\n\r") or char == "\x7f"


def _is_unusual(char: str) -> bool:
    return char in NO_BREAK or may_join(char) or not unicodedata.is_normalized("NFC", char)


_CLASSES: tuple[Callable[[str], bool], ...] = (
    *(str.isspace, str.isalnum, _is_joining, _is_control, str.isascii, _is_unusual),
)
SPACE, WORD, JOINING, CONTROL, ASCII, UNUSUAL = (1 << i for i in range(len(_CLASSES)))
"""Classes of a code point, each a bit: white space; letters and digits; what may join another code point to a grapheme
cluster; control characters that no text may have; ASCII; no-break spaces, and what a text in NFC may not have in each
place."""
_SEEN = 1 << len(_CLASSES)


class Words(NamedTuple):
    """The runs of letters and digits of all texts: offsets in the joined texts, a hash without case, the document."""

    starts: Numbers
    ends: Numbers
    hashes: Hashes
    document: Numbers


class Runs(NamedTuple):
    """Runs of code points that do not touch, in their order: where each begins and ends in the joined texts."""

    starts: Numbers
    ends: Numbers


class Texts:
    """The texts of some documents; one that is withheld is empty here.

    `begins[i]` is the offset at which text i begins in `joined`, `lengths[i]` is its number of code points.
    """

    def __init__(self, texts: Sequence[str | None]) -> None:
        self.listed = [text or "" for text in texts]
        self.known = np.array([text is not None for text in texts], np.bool_)
        self.joined = "\n".join([*self.listed, ""])
        self.lengths = np.fromiter(map(len, self.listed), np.int64, len(self.listed))
        self.begins = np.concatenate((np.zeros(1, np.int64), np.cumsum(self.lengths + 1)))
        self.codes: Codes = np.frombuffer(self.joined.encode("utf-32-le"), np.uint32)
        self.classes = _classes_of(self.codes)

    def document(self, offsets: Numbers) -> Numbers:
        """Return the document of each offset in the joined texts."""
        return np.searchsorted(self.begins, offsets, "right") - 1

    def has(self, offsets: Numbers, class_: int) -> Mask:
        """Return whether the code point at each offset is of a class."""
        mask: Mask = (self.classes[np.clip(offsets, 0, len(self.classes) - 1)] & class_) != 0
        return mask

    def places(self, chars: Collection[str]) -> Numbers:
        """Return the offsets of some characters in the joined texts, ascending.

        Raises ValueError for a letter, a digit or a blank (U+0020): these are most of a text, and left out.
        """
        rare, codes = self._rare
        return rare.compress(_mark_table(frozenset(chars)).take(codes))

    @cached_property
    def _rare(self) -> tuple[Numbers, Codes]:
        """The offsets of all code points other than letters, digits and blanks (U+0020), and these."""
        places = np.flatnonzero(((self.classes & WORD) == 0) & (self.codes != 0x20))
        return places, self.codes.take(places)

    @cached_property
    def foreign(self) -> Numbers:
        """The offsets of all code points that are not ASCII."""
        return np.flatnonzero(self.codes > 0x7F)

    @cached_property
    def filled(self) -> Runs:
        """The runs of code points other than white space. A line feed is after the last one."""
        space = (self.classes & SPACE) != 0
        edges = np.flatnonzero(space[1:] != space[:-1]) + 1
        if len(space) and not space[0]:
            edges = np.append(0, edges)
        return Runs(*_every_other(edges))

    def filled_before(self, offsets: Numbers) -> Numbers:
        """Return the end of the last of these runs that begins before each offset, 0 if there is none."""
        found: Numbers = self._filled_ends.take(np.searchsorted(self.filled.starts, offsets))
        return found

    @cached_property
    def _filled_ends(self) -> Numbers:
        return np.append(0, self.filled.ends)

    def hashes(self, starts: Numbers, ends: Numbers) -> Hashes:
        """Return a hash of the code points between offsets in the joined texts; see `hashes`."""
        return hashes_between(self._sums, starts, ends)

    @cached_property
    def _sums(self) -> Hashes:
        return sums_of(self.codes)

    def within(self, offsets: Numbers, chars: Collection[str]) -> Mask:
        """Return whether the code point at each offset is one of some characters."""
        mask: Mask = _table(frozenset(chars)).take(self.codes[np.clip(offsets, 0, len(self.codes) - 1)])
        return mask

    @cached_property
    def utf8(self) -> bytes:
        """The joined texts in UTF-8."""
        return self.joined.encode()

    @cached_property
    def data(self) -> npt.NDArray[np.uint8]:
        """The bytes of `utf8`."""
        return np.frombuffer(self.utf8, np.uint8)

    @cached_property
    def heads(self) -> Numbers:
        """Where each code point begins in `data`, and the number of bytes at the end."""
        return heads_of(self.data)

    def bytes_at(self, offsets: Numbers) -> Numbers:
        """Return the offset in `data` of each offset in the joined texts."""
        return offsets if len(self.data) == len(self.codes) else self.heads.take(offsets)

    @cached_property
    def tokens(self) -> Tokens:
        """The tokens of all texts."""
        return tokens_in(self.codes, self.data, self.heads, self.begins)

    def strings(self, starts: Numbers, ends: Numbers) -> pa.StringArray:
        """Return the characters between offsets in the joined texts."""
        first, last = self.bytes_at(starts), self.bytes_at(ends)
        lengths = last - first
        offsets = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths))).astype(np.int32)
        data = self.data[ranges(first, lengths)]
        return pa.StringArray.from_buffers(len(lengths), pa.py_buffer(offsets), pa.py_buffer(data))

    @cached_property
    def words(self) -> Words:
        """The runs of letters and digits."""
        inside = np.concatenate((np.zeros(1, np.bool_), (self.classes & WORD) != 0, np.zeros(1, np.bool_)))
        edges = np.flatnonzero(inside[1:] != inside[:-1])
        starts, ends = _every_other(edges)
        cuts = np.searchsorted(starts, self.begins)
        document = np.repeat(np.arange(len(self.listed)), np.diff(cuts))
        return Words(starts, ends, hashes(_folded(self.codes), starts, ends), document)

    def letters_before(self, offsets: Numbers) -> Numbers:
        """Return the number of letters and digits before each offset in the joined texts."""
        number = np.searchsorted(self.words.ends, offsets, "right")
        # The word that goes on at an offset begins before it; after the last word there is none.
        begun = np.maximum(offsets - self.word_starts.take(number), 0)
        found: Numbers = self._letters.take(number) + begun
        return found

    @cached_property
    def word_starts(self) -> Numbers:
        """Where each word begins, and the end of the joined texts."""
        return np.append(self.words.starts, len(self.codes))

    @cached_property
    def _letters(self) -> Numbers:
        return begins_of(self.words.ends - self.words.starts)

    def word_at(self, offsets: Numbers) -> Numbers:
        """Return the number of the first word that begins at or after each offset."""
        return np.searchsorted(self.words.starts, offsets)

    def line_begin(self, offsets: Numbers) -> Numbers:
        """Return where the line of each offset begins, lines being cut at line feeds."""
        feeds = self._feeds
        before = np.searchsorted(feeds, offsets) - 1
        return np.where(before >= 0, feeds[np.maximum(before, 0)] + 1, 0)

    def line_end(self, offsets: Numbers) -> Numbers:
        """Return the first line feed at or after each offset."""
        found: Numbers = self._feeds[np.searchsorted(self._feeds, np.minimum(offsets, self._feeds[-1]))]
        return found

    @cached_property
    def _feeds(self) -> Numbers:
        return self.places("\n")


def _every_other(edges: Numbers) -> tuple[Numbers, Numbers]:
    """Return where runs begin and where they end, in arrays of their own: numpy copies a stride for each search."""
    return edges[0::2].copy(), edges[1::2].copy()


def hashes(values: npt.NDArray[Any], starts: Numbers, ends: Numbers) -> Hashes:
    """Return a hash of 64 bits of each slice of an array: equal slices have equal hashes.

    A slice is a difference of two sums of values times powers, divided by the power at its start.
    """
    return hashes_between(sums_of(values), starts, ends)


def sums_of(values: npt.NDArray[Any]) -> Hashes:
    """Return the sums of the values times powers before each place, and of all of them."""
    sums, powers = np.empty(len(values) + 1, np.uint64), _powers(_FACTOR, len(values))
    sums[0] = 0
    for first in range(0, len(values), _AT_ONCE):
        piece = values[first : first + _AT_ONCE].astype(np.uint64)
        piece += np.uint64(1)
        piece *= powers[first : first + _AT_ONCE]
        piece[:1] += sums[first : first + 1]
        np.cumsum(piece, out=sums[first + 1 : first + 1 + len(piece)])
    return sums


def hashes_between(sums: Hashes, starts: Numbers, ends: Numbers) -> Hashes:
    """Return the hashes of slices of the array that the sums are of."""
    found: Hashes = (sums.take(ends) - sums.take(starts)) * _powers(_INVERSE, len(sums)).take(starts)
    found = (found ^ (found >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    return found ^ (found >> np.uint64(32))


_known_powers: dict[int, Hashes] = {}
"""The powers of each factor so far: those of a long text hold those of a word."""


def _powers(factor: int, size: int) -> Hashes:
    """Return the powers of a factor, modulo 2⁶⁴, from the zeroth on."""
    known = _known_powers.get(factor)
    if known is None or len(known) < size:
        powers = np.full(1 << max(size, 1024).bit_length(), factor, np.uint64)
        powers[0] = 1
        known = _known_powers[factor] = np.cumprod(powers, dtype=np.uint64)
    return known[:size]


def hash_of(word: str) -> int:
    """Return the hash in `Texts.words` of a word."""
    codes = _folded(np.frombuffer(word.encode("utf-32-le"), np.uint32))
    return int(hashes(codes, np.zeros(1, np.int64), np.array([len(codes)]))[0])


@cache
def _mark_table(chars: frozenset[str]) -> Mask:
    if wrong := [char for char in chars if char.isalnum() or char == " "]:
        raise ValueError(f"{wrong[0]!r} is a letter, a digit or a blank, which are looked for in another way")
    return _table(chars)


@cache
def _table(chars: frozenset[str]) -> Mask:
    table = np.zeros(0x110000, np.bool_)
    table[[ord(char) for char in chars]] = True
    return table


@cache
def _known() -> npt.NDArray[np.uint8]:
    """Return the table of the classes of all code points, filled in as they occur."""
    return np.zeros(0x110000, np.uint8)


def _classes_of(codes: Codes) -> npt.NDArray[np.uint8]:
    table = _known()
    found = table.take(codes)
    if len(found) and not found.all():
        for code in np.unique(codes[found == 0]).tolist():
            table[code] = _SEEN | sum(1 << i for i, is_class in enumerate(_CLASSES) if is_class(chr(code)))
        found = table.take(codes)
    return found


@cache
def _folds() -> Codes:
    """Return the table of the fold of all code points: 0 until it is known; several letters fold to the first."""
    return np.zeros(0x110000, np.uint32)


def _folded(codes: Codes) -> Codes:
    table = _folds()
    found = table.take(codes)
    if len(found) and not found.all():
        for code in np.unique(codes[found == 0]).tolist():
            table[code] = ord((chr(code).casefold() or chr(code))[0]) or 1
        found = table.take(codes)
    return found
