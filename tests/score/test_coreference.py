"""Coreference metrics: the reference scorer's own cases, and what must hold for any two partitions."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.core.model import CorpusError
from corpus.matching.coreference import lea_counts
from corpus.score import coreference, figures

CASES = {
    "A1": ("a bc def", "a bc def", (1, 1, 1), (1, 1, 1), (1, 1, 1), (1, 1, 1), (1, 1, 1), (1, 1, 1)),
    "A2": (
        "a bc def",
        "a de",
        (0.333333, 1, 0.5),
        (0.388889, 1, 0.56),
        (0.5, 1, 0.666667),
        (0.6, 0.9, 0.72),
        (0.215909, 1, 0.353846),
        (0.333333, 1, 0.5),
    ),
    "A3": (
        "a bc def",
        "a bcx defy z",
        (1, 0.6, 0.75),
        (1, 0.509259, 0.674847),
        (1, 0.666667, 0.8),
        (0.885714, 0.664286, 0.759184),
        (1, 0.425926, 0.597166),
        (1, 0.444444, 0.615385),
    ),
    "A4": (
        "a bc def",
        "a bcx dy z",
        (0.333333, 0.333333, 0.333333),
        (0.555556, 0.404762, 0.46832),
        (0.666667, 0.571429, 0.615385),
        (0.733333, 0.55, 0.628571),
        (0.352273, 0.272059, 0.303571),
        (0.5, 0.285714, 0.363636),
    ),
    "A5": (
        "a bc def",
        "a bcxB dy z",
        (0.333333, 0.25, 0.285714),
        (0.555556, 0.3125, 0.4),
        (0.666667, 0.5, 0.571429),
        (0.688889, 0.516667, 0.590476),
        (0.352273, 0.190476, 0.247159),
        (0.5, 0.208333, 0.294118),
    ),
    "A6": (
        "a bc def",
        "a bcx dy Bz",
        (0.333333, 0.25, 0.285714),
        (0.555556, 0.354167, 0.43257),
        (0.666667, 0.5, 0.571429),
        (0.733333, 0.55, 0.628571),
        (0.352273, 0.208696, 0.25817),
        (0.5, 0.25, 0.333333),
    ),
    "A10": (
        "a bc def",
        "a b c d e f",
        (0, 0, 0),
        (0.5, 1, 0.666667),
        (0.5, 0.5, 0.5),
        (0.722222, 0.361111, 0.481481),
        (0.5, 0.366667, 0.423077),
        (0.166667, 0.166667, 0.166667),
    ),
    "A11": (
        "a bc def",
        "abcdef",
        (1, 0.6, 0.75),
        (1, 0.388889, 0.56),
        (0.5, 0.5, 0.5),
        (0.222222, 0.666667, 0.333333),
        (0.5, 0.133333, 0.210526),
        (0.833333, 0.266667, 0.40404),
    ),
    "A12": (
        "a bc def",
        "a x y c d e z",
        (0, 0, 0),
        (0.361111, 0.571429, 0.442553),
        (0.5, 0.428571, 0.461538),
        (0.722222, 0.309524, 0.433333),
        (0.227273, 0.119048, 0.15625),
        (0.166667, 0.142857, 0.153846),
    ),
    "A13": (
        "a bc def",
        "axycdez",
        (0.333333, 0.166667, 0.222222),
        (0.472222, 0.122449, 0.194471),
        (0.333333, 0.285714, 0.307692),
        (0.133333, 0.4, 0.2),
        (0.125, 0.0238095, 0.04),
        (0.166667, 0.0476191, 0.0740741),
    ),
    "B1": (
        "ab cde",
        "bcx de",
        (0.333333, 0.333333, 0.333333),
        (0.433333, 0.533333, 0.478161),
        (0.6, 0.6, 0.6),
        (0.6, 0.6, 0.6),
        (0.291667, 0.291667, 0.291667),
        (0.2, 0.4, 0.266667),
    ),
    "C1": (
        "ab cde fg",
        "bcx de fg",
        (0.5, 0.5, 0.5),
        (0.595238, 0.666667, 0.628931),
        (0.714286, 0.714286, 0.714286),
        (0.733333, 0.733333, 0.733333),
        (0.5125, 0.5125, 0.5125),
        (0.428571, 0.571429, 0.489796),
    ),
    "D1": (
        "12345 67 89ABC",
        "12345 6789ABC",
        (1, 0.9, 0.947368),
        (1, 0.761905, 0.864865),
        (0.833333, 0.833333, 0.833333),
        (0.611111, 0.916667, 0.733333),
        (0.888889, 0.83871, 0.841346),
        (1, 0.722222, 0.83871),
    ),
    "E1": (
        "12345 67 89ABC",
        "67 1234589ABC",
        (1, 0.9, 0.947368),
        (1, 0.583333, 0.736842),
        (0.583333, 0.583333, 0.583333),
        (0.555556, 0.833333, 0.666667),
        (0.722222, 0.728261, 0.621125),
        (1, 0.537037, 0.698795),
    ),
    "F1": (
        "ABCD",
        "AB CD",
        (0.666667, 1, 0.8),
        (0.5, 1, 0.666667),
        (0.5, 0.5, 0.5),
        (0.666667, 0.333333, 0.444444),
        (0.333333, 1, 0.5),
        (0.333333, 1, 0.5),
    ),
    "K1": (
        "BCDEGHJ",
        "ABC DEF GHI",
        (0.5, 0.5, 0.5),
        (0.244898, 0.444444, 0.315789),
        (0.285714, 0.222222, 0.25),
        (0.4, 0.133333, 0.2),
        (0.142857, 0.333333, 0.2),
        (0.142857, 0.333333, 0.2),
    ),
    "L1": (
        "ABC DEFG",
        "AB CD FGH",
        (0.4, 0.5, 0.444444),
        (0.416667, 0.619048, 0.498084),
        (0.571429, 0.571429, 0.571429),
        (0.685714, 0.457143, 0.548571),
        (0.444444, 0.45, 0.428571),
        (0.238095, 0.428571, 0.306122),
    ),
    "M3": (
        "abcdef",
        "ab cde f",
        (0.6, 1, 0.75),
        (0.388889, 1, 0.56),
        (0.5, 0.5, 0.5),
        (0.666667, 0.222222, 0.333333),
        (0.266667, 1, 0.421053),
        (0.266667, 0.833333, 0.40404),
    ),
    "N1": ("a b c d e f", "a b c d e f", (0, 0, 0), (1, 1, 1), (1, 1, 1), (1, 1, 1), (1, 1, 1), (1, 1, 1)),
    "N3": (
        "a b c d e f",
        "ab cde f",
        (0, 0, 0),
        (1, 0.5, 0.666667),
        (0.5, 0.5, 0.5),
        (0.361111, 0.722222, 0.481481),
        (0.733333, 1, 0.846154),
        (0.166667, 0.166667, 0.166667),
    ),
    "MS16": (
        "abc defg",
        "ab cd fghi",
        (0.4, 0.4, 0.4),
        (0.416667, 0.5, 0.454545),
        (0.571429, 0.5, 0.533333),
        (0.65, 0.433333, 0.52),
        (0.444444, 0.325, 0.367647),
        (0.238095, 0.333333, 0.277778),
    ),
    "m4c": (
        "abd cefg hijk",
        "abc defg hij k",
        (0.625, 0.714286, 0.666667),
        (0.606061, 0.742424, 0.667348),
        (0.727273, 0.727273, 0.727273),
        (0.757937, 0.568452, 0.64966),
        (0.670833, 0.698643, 0.680946),
        (0.454545, 0.545455, 0.495868),
    ),
}
"""Name → key, response, then (recall, precision, F1) of MUC, B³, CEAF of mentions and of entities, BLANC and LEA. A
letter is a mention, a word an entity. The cases of conll/reference-coreference-scorers, which its own scorer passes,
and two in the style of Moosavi and Strube (2016)."""
METRICS = ("muc", "b_cubed", "ceaf_mentions", "ceaf_entities", "blanc", "lea")


def lea(key: coreference.Entities, response: coreference.Entities) -> coreference.Sums:
    counts = lea_counts(key, response)
    return counts["first"], counts["first_size"], counts["second"], counts["second_size"]


def sums_of(metric: str, key: coreference.Entities, response: coreference.Entities) -> tuple[float, ...]:
    return lea(key, response) if metric == "lea" else getattr(coreference, metric)(key, response)


def values(metric: str, sums: tuple[float, ...]) -> list[float]:
    kind = figures.LINKS if metric == "blanc" else figures.RESOLVED
    return [float(kind.figures[name](np.array([sums]))[0]) for name in ("recall", "precision", "F1")]


@pytest.mark.parametrize("case", CASES)
def test_the_cases_of_the_reference_scorer(case: str) -> None:
    key, response, *expected = CASES[case]
    for metric, wanted in zip(METRICS, expected, strict=True):
        found = values(metric, sums_of(metric, key.split(), response.split()))
        assert found == pytest.approx(wanted, abs=2e-6), metric


def test_sums_of_documents_are_divided_once() -> None:
    """Two documents, A4 and A11: the figures of all mentions, not the mean of those of the documents."""
    two = [CASES[name] for name in ("A4", "A11")]
    wanted = {"muc": 0.5714, "b_cubed": 0.5261, "ceaf_entities": 0.5212, "lea": 0.3913, "blanc": 0.3134}
    for metric, f1 in wanted.items():
        sums = np.array([sums_of(metric, key.split(), response.split()) for key, response, *_ in two]).sum(axis=0)
        assert values(metric, tuple(sums))[2] == pytest.approx(f1, abs=5e-5)


def test_conll_f1_is_the_mean_of_three() -> None:
    key, response = (CASES["A4"][i].split() for i in (0, 1))
    sums = [*coreference.muc(key, response), *coreference.b_cubed(key, response)]
    sums += coreference.ceaf_entities(key, response)
    assert figures.CONLL.figures["F1"](np.array([sums]))[0] == pytest.approx(0.476741, abs=1e-6)


partitions = st.lists(st.integers(0, 5), min_size=1, max_size=12).map(
    lambda of: [[f"m{i}" for i, one in enumerate(of) if one == entity] for entity in sorted(set(of))]
)


@given(partitions, partitions)
def test_exchanging_the_sides_exchanges_recall_and_precision(
    one: Collection[list[str]], other: list[list[str]]
) -> None:
    for metric in METRICS:
        if metric != "blanc":  # Its kinds of links are those of the key.
            there, back = (values(metric, sums_of(metric, *sides)) for sides in ((one, other), (other, one)))
            assert there == pytest.approx([back[1], back[0], back[2]])


@given(partitions)
def test_a_perfect_answer_scores_1(entities: list[list[str]]) -> None:
    for metric in METRICS[1:]:
        if metric != "blanc" or sum(map(len, entities)) > 1:
            assert values(metric, sums_of(metric, entities, entities)) == pytest.approx([1, 1, 1]), metric


@given(partitions, partitions)
def test_no_figure_leaves_0_to_1(one: list[list[str]], other: list[list[str]]) -> None:
    for metric in METRICS:
        assert all(np.isnan(v) or -1e-9 <= v <= 1 + 1e-9 for v in values(metric, sums_of(metric, one, other))), metric


def test_a_mention_in_two_entities_is_refused() -> None:
    with pytest.raises(CorpusError, match="1 mentions are in two entities, the first is b"):
        coreference.check_disjoint(["ab", "bc"], "the answer")
