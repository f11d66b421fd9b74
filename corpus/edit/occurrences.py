"""Find the words of an annotation in a text, or refuse: never guess between two places.

    text         … she said. … “We sleep,” she said …
    content      the next occurrence from where the annotator is
    cue, source  the only occurrence in the content's paragraph, outside the content

Words are found where they are whole: "it" is not in "city".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set

from ..core.model import CorpusError

Piece = tuple[int, int]
"""(start, end) in code points, half-open."""
Words = str | tuple[str, int]
"""The words of one piece, or (words, n) for their n-th occurrence, counted from 1 in the place that is searched."""
_SHOWN = 5


def pieces_of(given: Words | Sequence[Words]) -> list[tuple[str, int]]:
    """Return the words of each piece with the occurrence that is asked for, 0 if none is. Raises CorpusError."""
    listed = [given] if isinstance(given, str) or _is_numbered(given) else list(given)
    found = []
    for one in listed:
        words, number = one if isinstance(one, tuple) else (one, 0)
        if not isinstance(words, str) or not words.strip() or type(number) is not int or number < 0:
            raise CorpusError(f"words are a string, or (words, n) with n from 1, not {one!r}")
        found.append((words, number))
    return found


def _is_numbered(given: object) -> bool:
    return isinstance(given, tuple) and len(given) == 2 and isinstance(given[1], int)


def occurrences(text: str, words: str, start: int = 0, end: int | None = None) -> Iterator[Piece]:
    """Yield where whole words occur in text[start:end], in order. They may overlap."""
    end = len(text) if end is None else end
    at = text.find(words, start, end)
    while at >= 0:
        if _is_whole(text, at, at + len(words)):
            yield at, at + len(words)
        at = text.find(words, at + 1, end)


def _is_whole(text: str, start: int, end: int) -> bool:
    """Return whether no word is cut at the edges."""
    before = start > 0 and text[start - 1].isalnum() and text[start].isalnum()
    behind = end < len(text) and text[end - 1].isalnum() and text[end].isalnum()
    return not before and not behind


def next_occurrence(text: str, words: str, number: int, start: int, far: int, taken: Set[Piece] = frozenset()) -> Piece:
    """Return the next occurrence from `start` that is not `taken`, or the one with this number in the text.

    Raises CorpusError if there is none, or none less than `far` code points ahead.
    """
    found = [one for one in occurrences(text, words, 0 if number else start) if number or one not in taken]
    if number:
        if len(found) < number:
            raise CorpusError(f"{words!r} occurs {len(found)} times in the text, so there is no number {number}")
        return found[number - 1]
    if not found:
        earlier = list(occurrences(text, words))
        if earlier:
            raise CorpusError(
                f"{words!r} does not occur again after {start}, only at {_shown(earlier)}; "
                f"add records in the order of the text, or write ({words!r}, n) for its n-th occurrence"
            )
        raise CorpusError(f"{words!r} does not occur in the text{_hint(text, words)}")
    if found[0][0] - start > far:
        raise CorpusError(
            f"{words!r} occurs next at {found[0][0]:,}, {found[0][0] - start:,} code points after the last record; "
            f"if that is meant, write ({words!r}, n) for its n-th occurrence"
        )
    return found[0]


def only_occurrence(
    text: str, words: str, number: int, within: Piece, content: Sequence[Piece], taken: Sequence[Piece] = ()
) -> Piece:
    """Return the only occurrence in `within` that touches no piece of `taken`, or the one with this number.

    Those outside of `content` come first: only where there are none, the words are looked for inside, where a reported
    quote has its cue and source.
    """
    free = [one for one in occurrences(text, words, *within) if not _touches(one, taken)]
    found = [one for one in free if not _touches(one, content)] or free
    where = f"between {within[0]:,} and {within[1]:,}"
    if number and number <= len(found):
        return found[number - 1]
    if not found or number:
        raise CorpusError(f"{words!r} occurs {len(found)} times {where}{_hint(text, words)}")
    if len(found) > 1:
        raise CorpusError(f"{words!r} is ambiguous: it occurs {where} at {_shown(found)}; write ({words!r}, n)")
    return found[0]


def _touches(one: Piece, pieces: Sequence[Piece]) -> bool:
    return any(one[0] < end and start < one[1] for start, end in pieces)


def paragraphs_of(text: str, pieces: Sequence[Piece]) -> Piece:
    """Return the start and end of the lines that hold the pieces."""
    start = text.rfind("\n", 0, min(start for start, _ in pieces)) + 1
    end = text.find("\n", max(end for _, end in pieces))
    return start, len(text) if end < 0 else end


def _hint(text: str, words: str) -> str:
    """Say where the words would be if case, edges and white space did not count."""
    at = text.casefold().find(" ".join(words.split()).casefold())
    if at < 0 or len(text) != len(text.casefold()):
        return ""
    return f"; the text has {text[at : at + len(words)]!r} at {at:,}"


def _shown(found: Sequence[Piece]) -> str:
    more = f" and {len(found) - _SHOWN:,} more" if len(found) > _SHOWN else ""
    return ", ".join(f"{start:,}" for start, _ in found[:_SHOWN]) + more
