"""Resample documents with replacement, once for all figures: a percentile interval is a function of resampled sums.

    1,000 draws (how often each document is drawn)  ×  documents × cells  →  1,000 sums  →  1,000 values  →  95%

Every figure over the same number of documents has the same draws, from a fixed seed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from .coefficients import Floats

RESAMPLES = 1000
SEED = 20160101
_BATCH = 2_000_000
"""The most numbers in a batch of resamples (16 MB of float64)."""
_KEPT = 32_000_000
"""The most numbers of draws that are kept for further figures (64 MB of 16-bit integers)."""

Draws = npt.NDArray[np.uint16]
"""resamples × documents: how often each document is drawn."""


class Resamples:
    """Draws of documents, by their number; those of one number of documents are drawn once if memory allows."""

    def __init__(self) -> None:
        self._kept: dict[int, list[Draws]] = {}

    def interval(self, figure: Callable[[Floats], Floats], table: Floats, digits: int) -> tuple[float, float]:
        """Return the 2.5th and the 97.5th percentile of a figure over resamples of documents, rounded to `digits`.

        The percentile bootstrap of Efron and Tibshirani (1993), "An Introduction to the Bootstrap", ch. 13. `table`
        has a row of counts for each document, and `figure` takes rows of sums. NaN for fewer than two documents, or if
        the figure is defined in fewer than half of the resamples.
        """
        if len(table) < 2:
            return float("nan"), float("nan")
        values = np.concatenate([figure(draws.astype(np.float64) @ table) for draws in self._draws(len(table))])
        defined = values[~np.isnan(values)]
        if len(defined) < len(values) / 2:
            return float("nan"), float("nan")
        low, high = np.percentile(defined, (2.5, 97.5)).tolist()
        return round(low, digits), round(high, digits)

    def _draws(self, documents: int) -> Iterator[Draws]:
        if documents in self._kept:
            return iter(self._kept[documents])
        kept = sum(RESAMPLES * other for other in self._kept)
        if kept + RESAMPLES * documents > _KEPT:
            return _drawn(documents)
        self._kept[documents] = list(_drawn(documents))
        return iter(self._kept[documents])


def _drawn(documents: int) -> Iterator[Draws]:
    random = np.random.default_rng(SEED)
    chances = np.full(documents, 1 / documents)
    batch = max(1, min(RESAMPLES, _BATCH // documents))
    for start in range(0, RESAMPLES, batch):
        yield random.multinomial(documents, chances, min(batch, RESAMPLES - start)).astype(np.uint16)
