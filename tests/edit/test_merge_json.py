"""Three-way merges of JSON: both edits are there, conflicts are named, and no edit makes no change."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.edit.merge_json import ABSENT, Conflict, merge

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.text("abc", max_size=2),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1, max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)
LABELS = [{"const": "a", "title": "A"}, {"const": "b", "title": "B"}]


@given(VALUES, VALUES)
def test_one_edit_alone_is_taken_whole(base: Any, edited: Any) -> None:
    for found in (merge(base, edited, base), merge(base, base, edited), merge(base, edited, edited)):
        assert (found.value, found.conflicts) == (edited, [])


@given(VALUES, VALUES, VALUES)
def test_a_merge_of_a_merge_changes_nothing(base: Any, ours: Any, theirs: Any) -> None:
    merged = merge(base, ours, theirs)
    if not merged.conflicts:
        assert merge(base, merged.value, theirs).value == merged.value


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "merged"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, {"a": 3}, {"a": 3, "b": 2}),
        (["x", "y"], ["x", "y", "z"], ["w", "x", "y"], ["w", "x", "y", "z"]),
        (["x", "y"], ["y"], ["x", "y", "z"], ["y", "z"]),
        (LABELS, [*LABELS, {"const": "c"}], [{"const": "a", "title": "Aha"}, LABELS[1]],
         [{"const": "a", "title": "Aha"}, LABELS[1], {"const": "c"}]),
        (LABELS, LABELS[:1], [*LABELS, {"const": "c"}], [LABELS[0], {"const": "c"}]),
    ],
)  # fmt: skip
def test_both_edits_are_there(base: Any, ours: Any, theirs: Any, merged: Any) -> None:
    found = merge(base, ours, theirs)
    assert (found.value, found.conflicts) == (merged, [])


def test_a_list_with_repetitions_is_not_merged_and_true_is_not_one() -> None:
    found = merge([1], [1, True], [1, 2])
    assert (found.conflicts, [(type(one), one) for one in found.value]) == ([], [(int, 1), (bool, True), (int, 2)])
    assert merge(["a"], ["a", "a"], ["a", "b"]).conflicts


def test_what_both_changed_is_a_conflict_at_its_place() -> None:
    found = merge({"a": {"b": 1}, "c": 1}, {"a": {"b": 2}, "c": 1}, {"a": {"b": 3}, "c": 4})
    assert found.conflicts == [Conflict("/a/b", 1, 2, 3)]
    assert found.value == {"a": {"b": 2}, "c": 4}


def test_what_the_user_removed_stays_removed_and_is_named() -> None:
    found = merge({"a": {"b": 1}, "c": 1}, {"c": 1}, {"a": {"b": 3}, "c": 1})
    assert (found.value, found.conflicts, found.kept_out) == ({"c": 1}, [], ["/a"])
    gone = merge({"a": 1}, {"a": 2}, {})
    assert (gone.value, gone.conflicts) == ({"a": 2}, [Conflict("/a", 1, 2, ABSENT)])
