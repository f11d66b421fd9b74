"""Changes of a text, and the spans that move with them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.edit.projection import Change, Projection, SpanLostError

TEXT = "Marr said it would hold."


@pytest.mark.parametrize(
    ("change", "span", "words"),
    [
        (Change(0, 0, "Mr "), (0, 4), "Marr"),
        (Change(4, 4, ","), (0, 4), "Marr"),
        (Change(12, 12, " it"), (10, 23), "it it would hold"),
        (Change(13, 18, "wuold"), (10, 23), "it wuold hold"),
        (Change(10, 12, "she"), (10, 12), "she"),
        (Change(10, 13, ""), (10, 23), "would hold"),
        (Change(22, 23, ""), (10, 23), "it would hol"),
        (Change(23, 24, ""), (10, 23), "it would hold"),
        (Change(5, 9, "added"), (10, 12), "it"),
        (Change(9, 11, "-"), (10, 12), None),
        (Change(10, 12, ""), (10, 12), None),
        (Change(0, 24, "Gone."), (5, 9), None),
        (Change(11, 14, "s w"), (10, 12), None),
    ],
)
def test_a_span_moves_with_a_change_or_is_lost(change: Change, span: tuple[int, int], words: str | None) -> None:
    projection = Projection(TEXT, [change])
    moved = projection.span(*span)
    assert (None if moved is None else projection.text[slice(*moved)]) == words


@given(st.data())
def test_words_that_no_change_touches_stay_the_same(data: st.DataObject) -> None:
    """Whatever else changes: the span has the same words, and the text is that of the changes made one by one."""
    text = data.draw(st.text(min_size=1, max_size=40))
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), min_size=2, max_size=8)))
    pieces = list(pairwise(cuts))
    kept = data.draw(st.integers(0, len(pieces) - 1))
    changes = [Change(*one, data.draw(st.text(max_size=5))) for one in pieces if one != pieces[kept]]
    projection = Projection(text, data.draw(st.permutations(changes)))
    moved = projection.span(*pieces[kept])
    assert moved is not None
    assert projection.text[slice(*moved)] == text[slice(*pieces[kept])]
    expected = text
    for change in sorted(changes, reverse=True):
        expected = expected[: change.start] + change.new + expected[change.end :]
    assert projection.text == expected


def test_an_insertion_is_found_again() -> None:
    new = Change(9, 9, " that")
    projection = Projection(TEXT, [Change(0, 4, "The clerk"), new])
    assert projection.text[projection.place(new) :].startswith(" that it would")


@pytest.mark.parametrize("changes", [[Change(0, 5, ""), Change(4, 6, "")], [Change(20, 30, "")], [Change(5, 4, "")]])
def test_changes_that_overlap_or_lie_outside_are_refused(changes: list[Change]) -> None:
    with pytest.raises(ValueError, match="changes overlap"):
        Projection(TEXT, changes)


def test_a_lost_span_is_named() -> None:
    with pytest.raises(SpanLostError, match=r"mentions m1: spans \[10, 12\)"):
        Projection(TEXT, [Change(9, 13, "")]).spans([{"start": 10, "end": 12, "text": "it"}], "mentions m1: spans")
