"""Gather the summaries of a shard: rows of the columns of its batches, and those of documents that were read alone."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..checks.screening import Screened
from ..checks.summaries import Summaries, SummaryRow


class Gatherer:
    """Collects summaries of documents in any order."""

    def __init__(self) -> None:
        self._rows: list[SummaryRow] = []
        self._chosen: dict[int, tuple[Summaries, list[int]]] = {}

    def add(self, one: SummaryRow | Screened | None) -> None:
        """Add the summary of a document, if it has one."""
        if isinstance(one, Screened):
            self._chosen.setdefault(id(one.summaries), (one.summaries, []))[1].append(one.number)
        elif one is not None:
            self._rows.append(one)

    def summaries(self) -> Summaries:
        """Return all of them, sorted by doc_id."""
        chosen = [summaries.select(np.array(numbers)) for summaries, numbers in self._chosen.values()]
        return Summaries.joined([*chosen, Summaries.of_rows(self._rows)]).ordered()


def rows_of(every: list[Screened]) -> Iterator[SummaryRow]:
    """Yield the rows of documents that were screened together."""
    return every[0].summaries.select(np.array([one.number for one in every])).rows() if every else iter(())
