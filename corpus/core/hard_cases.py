"""Count the hard cases of news text in rows of the config `documents`: `HARD_CASES`, one visible list.

To add a case, write a function that yields one object for each occurrence, and add a line to the list. Cases are
detected in the text and the adjudicated annotation, so the table in a card cannot drift from the data.

A row has the record's fields, `text` (None if it is withheld), and a list of records for each layer.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import regex

from .model import Record

OPENING = "“„«‹‘\"'"
CLOSING = "”“»›’\"'"
_EMOJI = regex.compile(r"\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f?")
_CAPTION = regex.compile(r"(?m)\b(?:Photo|Picture): \S[^\n]*$")
_NUMBER = regex.compile(r"\d[\d.,:/]*\d|\d")
_SINGLE = regex.compile(r"(?<!\w)[‘'][^‘’'\n]+[’'](?!\w)")


@dataclass(frozen=True, slots=True)
class HardCase:
    """A hard case: its name, how it is detected, and a function that yields one object for each occurrence."""

    name: str
    told_by: str
    found: Callable[[Record], Iterable[object]]


@dataclass(frozen=True, slots=True)
class Occurrence:
    """The number of occurrences of a case, and of articles that have it."""

    case: HardCase
    times: int
    articles: int


def occurrences(rows: Iterable[Record]) -> list[Occurrence]:
    """Count each case of `HARD_CASES` in `rows`, in the order of the list."""
    times = [0] * len(HARD_CASES)
    articles = [0] * len(HARD_CASES)
    for row in rows:
        for i, case in enumerate(HARD_CASES):
            found = sum(1 for _ in case.found(row))
            times[i] += found
            articles[i] += bool(found)
    return [Occurrence(case, times[i], articles[i]) for i, case in enumerate(HARD_CASES)]


def _text(row: Record) -> str:
    return row.get("text") or ""


def _double_marks(row: Record) -> set[str]:
    """Return the kinds of double quotation marks in the text, each by its opening mark."""
    text = _text(row)
    kinds = {"“": "“”", '"': '"', "«": "«»"}
    return {kind for kind, marks in kinds.items() if any(mark in text for mark in marks)}


def _only(kind: str) -> Callable[[Record], Iterable[object]]:
    return lambda row: [kind] if _double_marks(row) == {kind} else []


def _mixed_marks(row: Record) -> Iterable[object]:
    kinds = _double_marks(row)
    return [kinds] if len(kinds) > 1 else []


def _decomposed(row: Record) -> Iterable[object]:
    return (word for word in _text(row).split() if not unicodedata.is_normalized("NFC", word))


def _accented(row: Record) -> Iterator[object]:
    for mention in row.get("mentions") or ():
        text = " ".join(span.get("text") or "" for span in mention["spans"])
        if mention.get("form") == "NAM" and any(char.isalpha() and not char.isascii() for char in text):
            yield mention


def _matches(pattern: regex.Pattern[str]) -> Callable[[Record], Iterable[object]]:
    return lambda row: pattern.finditer(_text(row))


def _records(layer: str, field: str, *values: object) -> Callable[[Record], Iterable[object]]:
    return lambda row: (record for record in row.get(layer) or () if record.get(field) in values)


def _quotes(holds: Callable[[Record, str], object]) -> Callable[[Record], Iterable[object]]:
    """Return a function that yields the quotes for which `holds(quote, text)`; none if the text is withheld."""

    def found(row: Record) -> Iterator[object]:
        text = _text(row)
        return (quote for quote in row.get("quotes") or () if text and quote.get("content") and holds(quote, text))

    return found


def _opened(span: Mapping[str, Any], text: str) -> bool:
    return span["start"] > 0 and text[span["start"] - 1] in OPENING


def _is_block(quote: Record, text: str) -> bool:
    first = quote["content"][0]
    begins_line = first["start"] > 0 and text[first["start"] - 1] == "\n"
    return quote.get("type") == "direct" and begins_line and text[: first["start"]].rstrip().endswith(":")


def _is_turn(quote: Record, text: str) -> bool:
    first = quote["content"][0]
    return quote.get("type") == "direct" and text[: first["start"]].endswith(": ")


def _is_reopened(quote: Record, text: str) -> bool:
    return any(_opened(span, text) and text[: span["start"] - 1].endswith("\n") for span in quote["content"][1:])


def _is_unclosed(quote: Record, text: str) -> bool:
    first, last = quote["content"][0], quote["content"][-1]
    rest = text[last["end"] :].lstrip(" .,!?…")
    return quote.get("type") == "direct" and _opened(first, text) and (not rest or rest[0] not in CLOSING)


def _is_discontinuous(quote: Record, text: str) -> bool:
    return len(quote["content"]) > 1


def _depth(row: Record) -> Iterator[object]:
    parents = {quote["id"]: quote.get("parent") for quote in row.get("quotes") or ()}
    return (one for one, parent in parents.items() if parent and parents.get(parent))


def _nested(row: Record) -> Iterable[object]:
    return (quote for quote in row.get("quotes") or () if quote.get("parent"))


def _addressed(row: Record) -> Iterable[object]:
    return (quote for quote in row.get("quotes") or () if quote.get("addressee"))


def _pronoun_sources(row: Record) -> Iterable[object]:
    forms = {mention["id"]: mention.get("form") for mention in row.get("mentions") or ()}
    return (quote for quote in row.get("quotes") or () if any(forms.get(s) == "PRO" for s in quote.get("source") or ()))


HARD_CASES: tuple[HardCase, ...] = (
    HardCase("curly marks throughout", "articles with “ ” as their only double marks", _only("“")),
    HardCase("straight marks throughout", 'articles with " as their only double mark', _only('"')),
    HardCase("mixed marks", "articles with several of “ ”, « » and straight double marks", _mixed_marks),
    HardCase("single marks", "words in ‘ ’ or straight single marks", _matches(_SINGLE)),
    HardCase("quote over paragraphs", "`continues_paragraph`", _records("quotes", "continues_paragraph", True)),
    HardCase("mark opened again", "content that goes on with an opening mark at a line's start", _quotes(_is_reopened)),
    HardCase("mark never closed", "direct content with an opening mark and no closing one", _quotes(_is_unclosed)),
    HardCase("block quote", "direct content set off as a line behind a colon", _quotes(_is_block)),
    HardCase("interview turn", "direct content behind a speaker's label", _quotes(_is_turn)),
    HardCase("discontinuous quote", "content in several spans", _quotes(_is_discontinuous)),
    HardCase("quote in a quote", "`parent`", _nested),
    HardCase("three deep", "a `parent` that has a `parent`", _depth),
    HardCase("pronoun as source", "a source mention of form `PRO`", _pronoun_sources),
    HardCase("anonymous source", "`speaker_kind`", _records("quotes", "speaker_kind", "anonymous")),
    HardCase(
        "document as source", "`speaker_kind`: polls, laws, reports", _records("quotes", "speaker_kind", "document")
    ),
    HardCase("institution as source", "`speaker_kind`", _records("quotes", "speaker_kind", "organisation")),
    HardCase("group as source", "`speaker_kind`", _records("quotes", "speaker_kind", "collective")),
    HardCase("reported speech", "`type`", _records("quotes", "type", "reported")),
    HardCase("free indirect speech", "`type`", _records("quotes", "type", "free_indirect")),
    HardCase("mixed quote", "`type`", _records("quotes", "type", "mixed")),
    HardCase("negated quote", "`polarity`", _records("quotes", "polarity", "negated")),
    HardCase("hypothetical quote", "`polarity`", _records("quotes", "polarity", "hypothetical")),
    HardCase("thought", "`medium`", _records("quotes", "medium", "thought")),
    HardCase("addressee", "`addressee`", _addressed),
    HardCase("scare quotes", "`nonquotes.reason`", _records("nonquotes", "reason", "scare")),
    HardCase("title in marks", "`nonquotes.reason`", _records("nonquotes", "reason", "title")),
    HardCase("term in marks", "`nonquotes.reason`", _records("nonquotes", "reason", "term")),
    HardCase("slogan in marks", "`nonquotes.reason`", _records("nonquotes", "reason", "slogan")),
    HardCase("stance whose side cannot be told", "`stances.label`", _records("stances", "label", "unclear")),
    HardCase("accented name", "mentions of form `NAM` with a letter outside of ASCII", _accented),
    HardCase("decomposed letters", "words that are not in normal form NFC", _decomposed),
    HardCase("no-break space", "U+00A0 or U+202F", lambda row: (c for c in _text(row) if c in "\u00a0\u202f")),
    HardCase("emoji", "pictographs", _matches(_EMOJI)),
    HardCase("caption run into the text", "a line with Photo: or Picture:", _matches(_CAPTION)),
    HardCase("number", "numbers, sums, dates and times in digits", _matches(_NUMBER)),
)
