"""Marks become elements that cover exactly their characters, however they nest, cross or repeat."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.pages import PageText

from corpus.view.inline import CrowdedError, Inline, levels, marked

TEXT = "Åsa said:\r “it <b>is</b> & was 😀 שלום”, twice."
SPANS = st.tuples(st.integers(0, len(TEXT)), st.integers(0, len(TEXT))).map(sorted).filter(lambda one: one[0] < one[1])
RECORDS = st.lists(st.tuples(st.integers(0, 5), st.lists(SPANS, min_size=1, max_size=3)), max_size=12)
"""Records with a rank and one to three spans, which may nest, cross, touch or be the same."""


def page_of(records: list[tuple[int, list[list[int]]]], cuts: list[int]) -> PageText:
    """The text in paragraphs that end at `cuts`, with a mark for each span of each record."""
    marks = [
        Inline(start, end, rank, "k", f" data-a=r{number}", f" data-a=r{number} id=r{number}.{piece}")
        for number, (rank, spans) in enumerate(records)
        for piece, (start, end) in enumerate(spans)
    ]
    edges = [0, *sorted({*cuts}), len(TEXT)]
    html = "".join(
        f"<p data-o={start}>{marked(TEXT, start, end, marks)[0]}</p>" for start, end in pairwise(edges) if start < end
    )
    return PageText(html)


@given(RECORDS, st.lists(st.integers(1, len(TEXT) - 1), max_size=3))
def test_each_mark_covers_exactly_its_characters(records: list[tuple[int, list[list[int]]]], cuts: list[int]) -> None:
    page = page_of(records, cuts)
    assert "".join(one.text for one in page.paragraphs) == TEXT
    for number, (_, spans) in enumerate(records):
        wanted = {at for start, end in spans for at in range(start, end)}
        assert page.places(f"r{number}", "k") == wanted
    assert sorted(page.ids) == sorted(
        f"r{i}.{piece}" for i, (_, spans) in enumerate(records) for piece in range(len(spans))
    )


@given(st.lists(SPANS, min_size=1, max_size=8))
def test_edges_are_drawn_where_a_mark_begins_and_ends_and_nowhere_else(spans: list[list[int]]) -> None:
    page = page_of([(0, [one]) for one in spans], [])
    for number, (start, end) in enumerate(spans):
        pieces = page.paragraphs[0].pieces[f"r{number}"]
        assert sorted((a, b, "o" not in css, "u" not in css) for a, b, css in pieces) == sorted(
            (a, b, a == start, b == end) for a, b, _ in pieces
        )


@given(st.lists(SPANS.map(tuple), max_size=30))
def test_no_two_spans_that_overlap_share_a_level_until_the_last(spans: list[tuple[int, int]]) -> None:
    found = levels(spans)
    for i, one in enumerate(spans):
        for j, other in enumerate(spans[:i]):
            if one[0] < other[1] and other[0] < one[1] and found[i] == found[j]:
                assert found[i] == 4


def test_marks_that_nest_are_not_split() -> None:
    marks = [Inline(0, 10, 0, "a"), Inline(2, 5, 1, "b"), Inline(2, 5, 1, "c")]
    assert marked("0123456789", 0, 10, marks)[0] == ('<u class="a">01<u class="b"><u class="c">234</u></u>56789</u>')


def test_marks_that_cross_are_split_once() -> None:
    marks = [Inline(0, 6, 0, "a"), Inline(3, 9, 1, "b")]
    assert marked("0123456789", 0, 10, marks)[0] == (
        '<u class="a">012<u class="b u">345</u></u><u class="b o">678</u>9'
    )


def test_thousands_of_marks_in_one_paragraph_take_no_more_than_their_number() -> None:
    text = "x" * 20_000
    marks = [Inline(at, at + 15, 0, "k") for at in range(0, 19_000, 2)]
    html, count = marked(text, 0, len(text), marks, 10 * len(marks))
    assert html.count("<u") == count


def test_what_has_a_meaning_in_html_is_escaped() -> None:
    assert str(marked("<i>&\r", 0, 5, [])[0]) == "&lt;i&gt;&amp;&#13;"


def test_marks_that_all_cross_each_other_do_not_fill_the_memory() -> None:
    text = "x" * 10_000
    marks = [Inline(at, at + 5_000, 0, "k") for at in range(5_000)]
    with pytest.raises(CrowdedError):
        marked(text, 0, len(text), marks)
