"""Offsets counted in other units, or on a slightly other text, are explained and mended to the right place."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
import regex
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from corpus.checks.offset_shifts import explain
from corpus.checks.spans import out_of_bounds, slice_mismatch
from corpus.core.model import Annotation, Article, Document, Record, Source, Span
from corpus.core.schema import Schema
from corpus.files import edited

SCHEMA = Schema.read(Path(__file__).resolve().parent.parent.parent)
PIECES = [
    "a",
    "bc",
    "Mayor ",
    "said ",
    "“",
    "ä",
    "Straße ",
    "e\u0301",
    "o\u0308",
    "\u1112\u1161\u11ab",
    "각",
    "日本",
    "ﬁ",
]
EMOJI = ["😀", "👩\u200d👧", "👍🏽", "🇩🇪", "𝔄"]
LINES = st.sampled_from(["\n", "\r\n", "\r", "\n\n", "\r\n\r\n"])
TEXTS = st.lists(st.sampled_from(PIECES + EMOJI) | LINES | st.characters(exclude_categories=["Cs"]), min_size=3)

Convert = Callable[[str], str]
"""From the article's text, or the beginning of it, to the text that an offset was counted on."""


def same(text: str) -> str:
    return text


def utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def utf8(text: str) -> int:
    return len(text.encode())


def to_lf(text: str) -> str:
    return text.replace("\r\n", "\n")


def to_crlf(text: str) -> str:
    return text.replace("\n", "\r\n")


def to_nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


WAYS: dict[str, tuple[Convert, Callable[[str], int]]] = {
    "the offsets count UTF-16 units": (same, utf16),
    "the offsets count UTF-8 bytes": (same, utf8),
    "the offsets were made on a text with LF line endings": (to_lf, len),
    "the offsets were made on a text with CRLF line endings": (to_crlf, len),
    "the offsets were made on the text in normal form NFC": (to_nfc, len),
}


def edges(text: str) -> list[int]:
    """The offsets at which a reader may begin or end a span: those between grapheme clusters."""
    return [0, *(match.end() for match in regex.finditer(r"\X", text))]


def spans(text: str, data: st.DataObject) -> list[Span]:
    """Some spans of a text, each with words in it."""
    pairs = st.lists(st.sampled_from(edges(text)), min_size=2, max_size=2, unique=True).map(sorted)
    return [Span(s, e, text[s:e]) for s, e in data.draw(st.lists(pairs, min_size=1, max_size=5))]


def counted(text: str, span: Span, way: str) -> Span:
    """The span as somebody has it who counts in another way."""
    convert, length = WAYS[way]
    return Span(length(convert(text[: span.start])), length(convert(text[: span.end])), convert(span.text or ""))


def plain(words: str | None) -> str:
    return to_nfc(regex.sub(r"\r*\n", "\n", words or ""))


def times(text: str, words: str | None) -> int:
    """Return how often words occur in a text, with themselves too."""
    return sum(text.startswith(words or "", i) for i in range(len(text)))


def points(text: str, span: Span) -> bool:
    return span.end <= len(text) and text[span.start : span.end] == span.text


def document(text: str, mentions: list[Span]) -> Document:
    """A document with a mention for each span."""
    record: Record = {
        "doc_id": "a",
        "text_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "length": len(text),
        "redistribution": "full",
    }
    value: Record = {
        "mentions": [
            {"id": f"m{i}", "spans": [{"start": span.start, "end": span.end, "text": span.text}]}
            for i, span in enumerate(mentions)
        ]
    }
    article = Article("a", record, text, (Source("raw/a.json", "record", b"{}", 1, record),))
    return Document("a", article, Annotation("gold", value, Source("annotations/gold/a.json", "annotation", b"{}")))


@pytest.mark.parametrize("way", WAYS)
@settings(suppress_health_check=[HealthCheck.filter_too_much])  # In many texts, a way shifts no span.
@given(pieces=TEXTS, data=st.data())
def test_shifted_spans_are_explained_and_mended(way: str, pieces: list[str], data: st.DataObject) -> None:
    text = "".join(pieces)
    if way.endswith("CRLF line endings"):
        text = text.replace("\r", "")
    assume(text)
    right = spans(text, data)
    shifted = [counted(text, span, way) for span in right]
    wrong = [(span, before) for span, before in zip(shifted, right, strict=True) if not points(text, span)]
    assume(wrong)
    convert, _ = WAYS[way]
    for (span, before), (reason, mended, safe, _) in zip(
        wrong, explain(text, [span for span, _ in wrong]), strict=True
    ):
        assert reason
        assert safe
        assert mended is not None
        assert points(text, mended)
        assert plain(mended.text) == plain(span.text)
        # Words that another place has as they are quoted may be meant there.
        is_elsewhere = span.text != before.text and times(text, span.text)
        if times(convert(text), span.text) == times(text, before.text) == 1 and not is_elsewhere:
            assert (mended.start, mended.end) == (before.start, before.end)


@pytest.mark.parametrize("way", WAYS)
@given(pieces=TEXTS, data=st.data())
def test_safe_fixes_make_the_document_clean(way: str, pieces: list[str], data: st.DataObject) -> None:
    text = "".join(pieces)
    if way.endswith("CRLF line endings"):
        text = text.replace("\r", "")
    assume(text)
    right = spans(text, data)
    shifted = [counted(text, span, way) for span in right]
    wrong = sum(not points(text, span) for span in shifted)
    # If as many spans are right as they are, nothing says which of them are so by chance.
    assume(not wrong or wrong > sum(points(text, span) and span not in right for span in shifted))
    bad = document(text, shifted)
    problems = [*out_of_bounds(bad, SCHEMA), *slice_mismatch(bad, SCHEMA)]
    edits = []
    for problem in problems:
        assert problem.fix
        assert problem.fix.safe
        edits += problem.fix.edits
    assert bad.annotation
    mended = json.loads(edited(json.dumps(bad.annotation.value).encode(), edits))
    bad = document(text, [Span(**record["spans"][0]) for record in mended["mentions"]])
    assert [*out_of_bounds(bad, SCHEMA), *slice_mismatch(bad, SCHEMA)] == []


@pytest.mark.parametrize(
    ("text", "span", "reason", "mended"),
    [
        ("The old mill burned.", Span(3, 7, "mill"), "the quoted words occur at 8–12, not at 3–7", Span(8, 12, "mill")),
        (
            "a mill, a mill",
            Span(3, 7, "mill"),
            "the quoted words occur at 2–6 and 10–14, not at 3–7",
            Span(2, 6, "mill"),
        ),
        (
            "mill mill mill mill",
            Span(1, 5, "mill"),
            "the quoted words occur at 0–4, 5–9, 10–14 and more places, not at 1–5",
            Span(0, 4, "mill"),
        ),
        ("The old mill burned.", Span(4, 8, "barn"), "the quoted words do not occur in the text", None),
        ("The old\nmill", Span(4, 12, "old mill"), "only white space differs", Span(4, 12, "old\nmill")),
        ("Rene\u0301 ran", Span(0, 5, "René"), "only the Unicode normal form differs", Span(0, 5, "Rene\u0301")),
        ("The old mill", Span(8, 13, "mill"), "the span ends after the text, its words do not", Span(8, 12, "mill")),
        (
            "x\r\nabc\r\ndef",
            Span(2, 5, "abc"),
            "the offsets were made on a text with LF line endings",
            Span(3, 6, "abc"),
        ),
        ("x\nabc\ndef", Span(3, 6, "abc"), "the offsets were made on a text with CRLF line endings", Span(2, 5, "abc")),
    ],
)
def test_reasons(text: str, span: Span, reason: str, mended: Span | None) -> None:
    [(found, better, *_)] = explain(text, [span])
    assert (found, better) == (reason, mended)


def test_a_reason_that_does_not_explain_all_is_not_safe() -> None:
    text = "😀 Ada met Bo."
    shifted, misspelt = Span(3, 6, "Ada"), Span(10, 12, "By")
    (reason, mended, safe, _), (other, none, *_) = explain(text, [shifted, misspelt])
    assert (reason, mended, safe) == ("the offsets count UTF-16 units", Span(2, 5, "Ada"), False)
    assert (other, none) == ("the quoted words do not occur in the text", None)


def test_the_way_of_counting_that_leads_to_the_words_themselves_goes_first() -> None:
    text = "e\u0301\r\n\r\n\n\n\r\n"
    ((reason, mended, safe, _),) = explain(text, [Span(3, 9, "\r\n\n\n\r\n")])
    assert reason == "the offsets were made on the text in normal form NFC"
    assert mended == Span(4, 10, "\r\n\n\n\r\n")
    assert safe


def fixes(text: str, mentions: list[Span]) -> list[tuple[str, bool, dict[str, object]]]:
    """Return the message, the safety and the new values, by pointer, of the fix of each P307 of a document."""
    found = []
    for problem in slice_mismatch(document(text, mentions), SCHEMA):
        assert problem.fix
        found.append((problem.message, problem.fix.safe, {edit.pointer: edit.value for edit in problem.fix.edits}))
    return found


def test_a_span_that_is_right_contradicts_another_way_of_counting() -> None:
    text = "É É Ola, Ola came."
    mistyped = Span(6, 9, "Ola")
    ((message, safe, _),) = fixes(text, [mistyped])
    assert "UTF-8 bytes" in message
    assert safe
    ((message, safe, edits),) = fixes(text, [Span(4, 7, "Ola"), mistyped])
    assert message.endswith("; the quoted words occur at 4–7 and 9–12, not at 6–9")
    assert not safe
    assert edits.keys() == {"/mentions/1/spans/0/start", "/mentions/1/spans/0/end"}


@pytest.mark.parametrize(
    ("head", "line", "reason"),
    [("Éé ", " ", "UTF-8 bytes"), ("😀😀 ", " ", "UTF-16 units"), ("a\n\n", " ", "CRLF line endings")],
)
def test_one_of_many_spans_that_is_shifted_is_not_explained_by_another_way_of_counting(
    head: str, line: str, reason: str
) -> None:
    words = [f"Ada{number:03}" for number in range(100)]
    text = head + line.join(words)
    right = [Span(start, start + 6, word) for word in words for start in [text.index(word)]]
    shifted = Span(right[50].start + 2, right[50].end + 2, words[50])
    ((message, safe, _),) = fixes(text, [shifted])
    assert reason in message
    assert safe
    ((message, safe, edits),) = fixes(text, [*right[:50], shifted, *right[51:]])
    assert reason not in message
    assert f"the quoted words occur at {right[50].start}–{right[50].end}, not at" in message
    assert not safe
    assert edits == {"/mentions/50/spans/0/start": right[50].start, "/mentions/50/spans/0/end": right[50].end}


@pytest.mark.parametrize("way", ["the offsets count UTF-8 bytes", "the offsets count UTF-16 units"])
def test_a_whole_annotation_in_other_units_is_fixed_though_a_span_is_right_by_chance(way: str) -> None:
    text = "So 😀, " + "".join(f"Zoe{number:02} ran. " for number in range(20)) + "hhhhhh"
    words = [Span(match.start(), match.end(), match[0]) for match in regex.finditer(r"So|Zoe\d+", text)]
    by_chance = Span(text.index("hh"), text.index("hh") + 1, "h")
    shifted = [counted(text, span, way) for span in (*words, by_chance)]
    assert [points(text, span) for span in shifted] == [True, *[False] * 20, True]
    ((message, safe, edits),) = fixes(text, shifted)
    assert f"20 of 22 spans: {way}" in message
    assert safe
    assert edits["/mentions/20/spans/0/start"] == words[20].start
    # One span that is right as it is, and one that is not, are no proof of either.
    ((message, safe, _),) = fixes(text, shifted[-2:])
    assert message.endswith(f"; {way}")
    assert not safe
