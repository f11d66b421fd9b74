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
    start, end = (edges.ravel() for edges in np.meshgrid(offsets, offsets))
    places = list(zip(start.tolist(), end.tolist(), strict=True))
    assert covered.between(start, end).tolist() == [before(inside, j) - before(inside, i) for i, j in places]

    def count(asked: np.ndarray) -> np.ndarray:
        return np.array([before(counted, i) for i in asked.tolist()], np.int64)

    own = counted & inside
    assert covered.between(start, end, count).tolist() == [before(own, j) - before(own, i) for i, j in places]


def before(some: set[int], offset: int) -> int:
    return sum(one < offset for one in some)
