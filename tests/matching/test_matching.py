"""The one-to-one matching of two annotations: what may be counted within its pairs, and whose records meet."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from support.corpora import REPOSITORY, TEXT, annotation, span

from corpus.core.schema import Schema
from corpus.matching import Matching, best_first, comparable, places_of, shared_code_points, union

SCHEMA = Schema.read(REPOSITORY)
PIECE = st.tuples(st.integers(0, 30), st.integers(1, 12)).map(lambda drawn: (drawn[0], drawn[0] + drawn[1]))
PLACES = st.lists(st.lists(PIECE, max_size=3).map(union), max_size=6)


def points(place: list[tuple[int, int]]) -> set[int]:
    return {at for start, end in place for at in range(start, end)}


@given(PLACES, PLACES)
def test_shared_code_points_are_those_of_sets(first: list[Any], second: list[Any]) -> None:
    expected = {
        (i, j): len(points(one) & points(other))
        for i, one in enumerate(first)
        for j, other in enumerate(second)
        if points(one) & points(other)
    }
    assert dict(shared_code_points(first, second)) == expected


@given(PLACES, PLACES)
def test_an_assignment_is_one_to_one_and_leaves_no_two_that_share_text(first: list[Any], second: list[Any]) -> None:
    pairs = best_first(first, second)
    left, right = ([pair[side] for pair in pairs] for side in (0, 1))
    assert len(set(left)) == len(left)
    assert len(set(right)) == len(right)
    shared = shared_code_points(first, second)
    assert set(pairs) <= set(shared)
    assert all(i in left or j in right for i, j in shared)


def test_nested_quotes_that_are_equal_count_once() -> None:
    """A sum over all overlapping quotes would be 1.8 of the content; within the pairs it is 1."""
    quotes = [[(2, 22)], [(8, 20)]]
    shared = shared_code_points(quotes, quotes)
    assert best_first(quotes, quotes) == [(0, 0), (1, 1)]
    assert sum(shared[pair] for pair in best_first(quotes, quotes)) == 20 + 12
    assert sum(shared.values()) == 20 + 12 + 2 * 12


def test_the_same_quote_three_times_is_found_once() -> None:
    assert best_first([[(2, 12)], [(20, 30)]], [[(2, 12)]] * 3) == [(0, 0)]


def test_places_are_offsets_and_need_no_words() -> None:
    value = annotation("alpha")
    with_words = places_of(SCHEMA, "entities", value)
    for mention in value["mentions"]:
        for one in mention["spans"]:
            del one["text"]
    assert places_of(SCHEMA, "entities", value) == with_words != [[]]


def test_ids_do_not_decide_who_matches() -> None:
    one, other = annotation("alpha"), annotation("alpha")
    other["mentions"].reverse()
    other["mentions"][0]["id"], other["mentions"][1]["id"] = "m1", "m2"
    other["quotes"][0]["source"] = ["m1"]
    matching = Matching(SCHEMA, one, other)
    assert matching.names("mentions") == {"m1": "m2", "m2": "m1"}
    source = next(field for field in SCHEMA.layers["quotes"].fields if field.name == "source")
    assert matching.same_reference(source, one["quotes"][0], other["quotes"][0])


def test_spans_are_compared_without_their_words_and_lists_without_order() -> None:
    fields = {field.name: field for field in SCHEMA.layers["quotes"].fields}
    words = span(TEXT, "said")
    bare = {"start": words["start"], "end": words["end"]}
    assert comparable(fields["cue"], [words]) == comparable(fields["cue"], [bare])
    assert comparable(fields["source"], ["m2", "m1"]) == comparable(fields["source"], ["m1", "m2"])
    assert comparable(fields["speaker"], None) is None
