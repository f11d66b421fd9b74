"""Code points in spans, as runs: what they cover, and how many are before an offset."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from corpus.checks.screens.frame import Covered

SPANS = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 6)), max_size=8)


@given(SPANS, st.sets(st.integers(0, 30)))
def test_covered_code_points_are_those_in_a_span(spans: list[tuple[int, int]], counted: set[int]) -> None:
    start, length = np.array(spans, np.int64).reshape(-1, 2).T
    covered = Covered.by(start, start + length)
    inside = {i for begin, size in spans for i in range(begin, begin + size)}
    offsets = np.arange(30)
    assert covered.has(offsets).tolist() == [i in inside for i in range(30)]
    assert covered.before(offsets).tolist() == [len([j for j in inside if j < i]) for i in range(30)]

    def count(asked: np.ndarray) -> np.ndarray:
        return np.array([sum(one < i for one in counted) for i in asked.tolist()], np.int64)

    assert covered.before(offsets, count).tolist() == [sum(one < i for one in counted & inside) for i in range(30)]
