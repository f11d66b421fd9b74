"""Coefficients of agreement against the worked examples of their papers and against other implementations."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import combinations, product

import krippendorff
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nervaluate import Evaluator

from corpus.agreement import coefficients
from corpus.agreement.coefficients import Cell, Floats
from corpus.agreement.counts import MEASURES
from corpus.agreement.measure import interval
from corpus.agreement.units import Segment, span_counts, token_cells, tokens_of, unit_cells
from corpus.core.schema import Field
from corpus.matching.coreference import lea_counts

Coefficient = Callable[[Sequence[Cell], Floats], Floats]
SPANS = Field("spans", "spans", "Spans", "")
FOUR_OBSERVERS = (
    (1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None),
    (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3),
    (None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None),
    (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None),
)


def value(of: Coefficient, counts: dict[Cell, float]) -> float:
    """A coefficient of one row of counts."""
    return float(of(list(counts), np.array([list(counts.values())], np.float64))[0])


def of_pair(of: Coefficient, one: Sequence[str], other: Sequence[str]) -> float:
    return value(of, {cell: float(n) for cell, n in Counter(zip(one, other, strict=True)).items()})


def of_several(of: Coefficient, observers: Sequence[Sequence[int | None]]) -> float:
    """As several annotators are pooled: the counts of each pair, weighted by 1 / (annotators of the unit - 1)."""
    counts: dict[Cell, float] = Counter()
    for unit in zip(*observers, strict=True):
        said = [str(one) for one in unit if one is not None]
        for cell in combinations(said, 2):
            counts[cell] += 1 / (len(said) - 1)
    return value(of, counts)


# The worked examples of Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", sections A to C.


def test_alpha_of_binary_data_of_two_observers() -> None:
    assert of_pair(coefficients.nominal_alpha, "0100000010", "1110010000") == pytest.approx(0.095, abs=5e-4)


def test_alpha_of_nominal_data_of_two_observers() -> None:
    assert of_pair(coefficients.nominal_alpha, "aabbdcccedda", "babbbccceddd") == pytest.approx(0.692, abs=5e-4)


def test_alpha_of_four_observers_some_values_missing() -> None:
    assert of_several(coefficients.nominal_alpha, FOUR_OBSERVERS) == pytest.approx(0.743, abs=5e-4)
    assert of_several(coefficients.ordinal_alpha, FOUR_OBSERVERS) == pytest.approx(0.815, abs=5e-4)


def test_kappa_of_cohen() -> None:
    """Cohen (1960), table 2: p_o = .70, p_e = .41, κ = .49."""
    shares = {"aa": 44, "ab": 5, "ac": 1, "ba": 7, "bb": 20, "bc": 3, "ca": 9, "cb": 5, "cc": 6}
    found = value(coefficients.kappa, {tuple(cell): float(n) for cell, n in shares.items()})
    assert found == pytest.approx(0.29 / 0.59)


VALUES = st.lists(st.tuples(st.sampled_from("1234"), st.sampled_from("1234")), min_size=2, max_size=30)


@given(VALUES)
def test_alpha_is_that_of_krippendorff_the_library(pairs: list[tuple[str, str]]) -> None:
    one, other = zip(*pairs, strict=True)
    data = [[int(v) for v in one], [int(v) for v in other]]
    if len({*one, *other}) < 2:
        assert np.isnan(of_pair(coefficients.nominal_alpha, one, other))
        return
    for of, level in ((coefficients.nominal_alpha, "nominal"), (coefficients.ordinal_alpha, "ordinal")):
        assert of_pair(of, one, other) == pytest.approx(krippendorff.alpha(data, level_of_measurement=level))


@given(VALUES)
def test_kappa_is_that_of_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    from sklearn.metrics import cohen_kappa_score  # slow: only the process that runs this test pays

    one, other = zip(*pairs, strict=True)
    found = of_pair(coefficients.kappa, one, other)
    if {*one} == {*other} and len({*one}) == 1:
        assert np.isnan(found)
    else:
        assert found == pytest.approx(cohen_kappa_score(one, other))


# Unitizing.

UNITIZATIONS: dict[str, tuple[int, list[Segment], list[Segment], float]] = {
    "one moved, one relabelled": (30, [(2, 8, "a"), (10, 15, "b")], [(3, 8, "a"), (10, 15, "a")], 0.6162402669632926),
    "one missed": (20, [(1, 5, "a"), (9, 11, "a"), (12, 20, "b")], [(1, 5, "a"), (7, 15, "b")], 0.32156488549618323),
    "split in two": (12, [(0, 6, "a")], [(0, 3, "a"), (3, 6, "a")], 1.0),
    "nothing in common": (10, [(0, 5, "a")], [(5, 10, "b")], -0.36),
}
"""length, the units of both, and uα as the package krippendorff-unitized-alpha 0.1.0 has it."""


def unitizing(length: int, one: list[Segment], other: list[Segment]) -> float:
    cells, within = unit_cells(length, one, other)
    return value(coefficients.unitizing_alpha, {**cells, **{(v,): n for v, n in within.items()}})


@pytest.mark.parametrize("case", UNITIZATIONS)
def test_unitizing_alpha_is_that_of_another_implementation(case: str) -> None:
    length, one, other, expected = UNITIZATIONS[case]
    assert unitizing(length, one, other) == pytest.approx(expected, abs=1e-6)


def unitizing_by_pairs(length: int, one: list[Segment], other: list[Segment]) -> float:
    """uα from its idea: compare all code points that are at one place, and all that are not of one unit."""
    points = []
    for side, segments in enumerate((one, other)):
        units = [("", (side, "gap", at)) for at in range(length)]
        for number, (start, end, label) in enumerate(segments):
            units[start:end] = [(label, (side, "unit", number))] * (end - start)
        points.append(units)
    observed = sum(a[0] != b[0] for a, b in zip(*points, strict=True)) / length
    pairs = [(a, b) for a, b in product(points[0] + points[1], repeat=2) if a[1] != b[1]]
    return 1 - observed / (sum(a[0] != b[0] for a, b in pairs) / len(pairs))


def random_segments(rng: random.Random, length: int) -> list[Segment]:
    cuts = sorted(rng.sample(range(length + 1), 2 * rng.randint(1, 4)))
    return [(start, end, rng.choice("ab")) for start, end in zip(cuts[::2], cuts[1::2], strict=True)]


@pytest.mark.parametrize("seed", range(20))
def test_unitizing_alpha_is_what_counting_pairs_of_code_points_gives(seed: int) -> None:
    rng = random.Random(seed)
    one, other = random_segments(rng, 25), random_segments(rng, 25)
    assert unitizing(25, one, other) == pytest.approx(unitizing_by_pairs(25, one, other))


def test_units_of_one_code_point_make_unitizing_alpha_nominal_alpha() -> None:
    one, other = "aabbdcccedda", "babbbccceddd"
    segments = ([(at, at + 1, label) for at, label in enumerate(side)] for side in (one, other))
    assert unitizing(12, *segments) == pytest.approx(of_pair(coefficients.nominal_alpha, one, other))


def test_a_token_has_the_value_of_the_segment_that_it_is_in_part_of() -> None:
    tokens = tokens_of("Great Cray's bridge, closed.")
    cells = token_cells(tokens, [(0, 10, "LOC")], [(0, 9, "LOC"), (13, 19, "FAC")])
    assert cells == {("LOC", "LOC"): 2, ("", ""): 5, ("", "FAC"): 1}


# Spans.


def records(spans: list[tuple[int, int]]) -> list[dict[str, object]]:
    return [{"spans": [{"start": start, "end": end}]} for start, end in spans]


def f1(one: list[tuple[int, int]], other: list[tuple[int, int]]) -> tuple[float, float]:
    """(exact, partial) F1."""
    counts = {(name,): float(n) for name, n in span_counts(SPANS, records(one), records(other)).items()}
    return value(coefficients.span_f1_exact, counts), value(coefficients.span_f1_partial, counts)


def test_span_f1_by_hand() -> None:
    """One is equal, one overlaps, one is missed and one is spurious: 2·1/6 and 2·(1 + 0.5)/6."""
    assert f1([(0, 5), (10, 20), (30, 35)], [(0, 5), (12, 20), (40, 45)]) == (
        pytest.approx(1 / 3),
        pytest.approx(1 / 2),
    )


def test_an_equal_span_is_met_by_its_equal_and_not_by_one_that_stands_before_it() -> None:
    assert f1([(0, 10)], [(0, 5), (0, 10)]) == (pytest.approx(2 / 3), pytest.approx(2 / 3))


@pytest.mark.parametrize("seed", range(10))
def test_span_f1_is_that_of_nervaluate(seed: int) -> None:
    """When equal spans come first, so that none is taken by a span that only overlaps it."""
    rng = random.Random(seed)
    sides = [[(start, end) for start, end, _ in random_segments(rng, 25)] for _ in range(2)]
    equal = {*sides[0]} & {*sides[1]}
    sides = [sorted(side, key=lambda span: (span not in equal, span)) for side in sides]
    entities = [[{"label": "span", "start": s, "end": e - 1} for s, e in side] for side in sides]
    overall = Evaluator([entities[1]], [entities[0]], tags=["span"], loader="dict").evaluate()["overall"]
    assert f1(*sides) == (pytest.approx(overall["exact"].f1), pytest.approx(overall["partial"].f1))


# The test cases of the LEA scorer (github.com/ns-moosavi/LEA-coreference-scorer): key, response, recall, precision.

LEA = {
    "A-1": ("a bc def", "a bc def", 1, 1),
    "A-2": ("a bc def", "a de", (1 + 3 / 3) / 6, 1),
    "A-3": ("a bc def", "a bcx defy z", 1, (1 + 3 / 3 + 4 * 3 / 6) / 9),
    "A-4": ("a bc def", "a bcx dy z", 3 / 6, 2 / 7),
    "A-5": ("a bc def", "a bcxB dy z", 3 / 6, (1 + 4 / 6) / 8),
    "A-7": ("a bc def", "a bcxb dy z", 3 / 6, 2 / 7),
    "A-8": ("a bc def", "a bcx dy bz", 3 / 6, 2 / 7),
    "A-10": ("a bc def", "a b c d e f", 1 / 6, 1 / 6),
    "A-11": ("a bc def", "abcdef", 5 / 6, 4 / 15),
    "A-13": ("a bc def", "axycdez", 1 / 6, 1 / 21),
    "B-1": ("ab cde", "bcx de", 1 / 5, 2 / 5),
    "D-1": ("12345 67 89ABC", "12345 6789ABC", 1, (5 + 7 * 11 / 21) / 12),
    "F-1": ("ABCD", "AB CD", 2 / 6, 1),
    "K-1": ("BCDEGHJ", "ABC DEF GHI", 3 / 21, 3 / 9),
    "L-1": ("ABC DEFG", "AB CD FGH", (3 / 3 + 4 / 6) / 7, (2 + 3 / 3) / 7),
    "M-2": ("abcdef", "a b c d e f", 0, 0),
    "M-6": ("abcdef", "ab cxy z", 1 / 15, 2 / 6),
    "N-3": ("a b c d e f", "ab cde f", 1 / 6, 1 / 6),
}


@pytest.mark.parametrize("case", LEA)
def test_lea_is_that_of_its_authors(case: str) -> None:
    key, response, recall, precision = LEA[case]
    counts = lea_counts(key.split(), response.split())
    assert counts["first"] / counts["first_size"] == pytest.approx(recall)
    assert counts["second"] / counts["second_size"] == pytest.approx(precision)
    expected = 2 * recall * precision / (recall + precision) if recall + precision else 0
    assert value(coefficients.lea_f1, {(name,): n for name, n in counts.items()}) == pytest.approx(expected)


# Intervals.


def test_intervals_are_those_of_scipy() -> None:
    from scipy.stats import bootstrap  # slow: only the process that runs this test pays

    rng = np.random.default_rng(1)
    cells: list[Cell] = [("a", "a"), ("a", "b"), ("b", "a"), ("b", "b")]
    table = rng.poisson((8, 2, 1, 5), (40, 4)).astype(float)
    measure = next(one for one in MEASURES if one.name == "alpha")

    def statistic(documents: Floats) -> float:
        return float(measure.of(cells, table[documents.astype(int)].sum(axis=0, keepdims=True))[0])

    theirs = bootstrap(
        (np.arange(40),),
        statistic,
        n_resamples=2000,
        vectorized=False,
        method="percentile",
        rng=np.random.default_rng(2),
    ).confidence_interval
    low, high = interval(measure, cells, table)
    assert (low, high) == (pytest.approx(theirs.low, abs=0.02), pytest.approx(theirs.high, abs=0.02))


def test_one_document_has_no_interval() -> None:
    measure = next(one for one in MEASURES if one.name == "alpha")
    assert np.isnan(interval(measure, [("a", "a"), ("b", "b")], np.array([[3.0, 4.0]]))).all()
