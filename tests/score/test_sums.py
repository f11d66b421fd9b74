"""Intervals and comparisons over stories."""

from __future__ import annotations

import numpy as np
import pytest

from corpus.core.model import CorpusError
from corpus.score.count import Key
from corpus.score.figures import MATCHED, label_kind
from corpus.score.sums import Sums, compare

FIRST = [(8, 2, 3), (5, 1, 5), (9, 4, 2), (6, 2, 4), (7, 3, 3), (4, 1, 6)]
SECOND = [(9, 2, 2), (6, 1, 4), (9, 3, 2), (7, 2, 3), (7, 2, 3), (5, 2, 5)]
"""(true positives, false positives, false negatives) of two systems in six stories."""
KEY = Key("quotes", "exact", MATCHED)


def sums(counts: list[tuple[int, int, int]], documents: str = "abcdef") -> Sums:
    found = Sums(documents=list(documents))
    for number, (tp, fp, fn) in enumerate(counts):
        found.stories.add(f"s{number}")
        found.add(f"s{number}", KEY, (tp, tp + fn, tp + fp))
    return found


def test_p_is_exact_for_few_stories() -> None:
    """Of the 64 assignments, the observed one and its mirror image differ most."""
    by_name = {one.metric: one for one in compare(sums(FIRST), sums(SECOND), "test")}
    f1 = by_name["exact F1"]
    assert (f1.first, f1.second) == (0.684211, 0.735043)
    assert f1.difference == pytest.approx(0.050832)
    assert f1.p == 2 / 64
    assert f1.low == pytest.approx(0.037978, abs=0.004)
    assert f1.high == pytest.approx(0.066875, abs=0.004)


def test_equal_systems_do_not_differ() -> None:
    for one in compare(sums(FIRST), sums(FIRST), "test"):
        assert (one.difference, one.low, one.high, one.p) == (0, 0, 0, 1)


def test_p_of_many_stories_is_never_zero() -> None:
    many = [(9, 1, 1)] * 40, [(1, 9, 9)] * 40
    p = compare(sums(many[0]), sums(many[1]), "test")[0].p
    assert p == pytest.approx(1 / 10_001, abs=1e-6)


def test_a_story_counts_once_however_many_documents_it_has() -> None:
    """Ten documents of one story, which all are right, do not make the interval narrower."""
    few = {one.metric: one for one in sums([(1, 0, 0), (0, 1, 1), (1, 0, 0)]).figures("test")}["exact F1"]
    many = sums([(0, 0, 0)] * 3)
    for story, right in enumerate((1, 0, 1)):
        for _ in range(10):
            many.add(f"s{story}", KEY, (right, 1, 1))
    found = {one.metric: one for one in many.figures("test")}["exact F1"]
    assert (found.low, found.high) == (few.low, few.high)


def test_one_story_has_no_interval() -> None:
    for one in sums([(1, 1, 1)]).figures("test"):
        assert np.isnan([one.low, one.high]).all()


def test_figures_are_the_same_each_time_and_independent_of_the_order() -> None:
    assert repr(list(sums(FIRST).figures("x"))) == repr(list(sums(FIRST).figures("x")))
    again = Sums(documents=list("abcdef"))
    for number in reversed(range(6)):
        tp, fp, fn = FIRST[number]
        again.stories.add(f"s{number}")
        again.add(f"s{number}", KEY, (tp, tp + fn, tp + fp))
    assert repr(list(again.figures("x"))) == repr(list(sums(FIRST).figures("x")))


def test_systems_on_other_documents_are_not_compared() -> None:
    with pytest.raises(CorpusError, match="different documents"):
        compare(sums(FIRST), sums(SECOND, "abcdeg"), "test")


def test_what_gold_lacks_is_named() -> None:
    found = Sums(documents=["a"], stories={"s"})
    found.add("s", Key("stances", "label over asked pairs,", label_kind(("favor", "against"))), (1, 1, 1, 0, 0, 1))
    assert list(found.notes()) == [
        "stances, label over asked pairs, macro F1: without against, which gold does not have"
    ]


@pytest.mark.parametrize(
    ("key", "counts"),
    [
        (KEY, (8, 10, 10)),
        (Key("stances", "label over asked pairs,", label_kind(("favor", "against"))), (3, 3, 3, 2, 3, 2)),
    ],
    ids=["F1", "macro F1"],
)
def test_an_interval_is_over_samples_that_have_the_group(key: Key, counts: tuple[int, ...]) -> None:
    """A group of which only one story has something: a sample without that story is no zero."""
    grouped = Sums(documents=list("abcdef"), stories={f"s{number}" for number in range(6)})
    grouped.add("s2", key, counts)
    assert all((one.low, one.high) == (one.value, one.value) for one in grouped.figures("test"))
