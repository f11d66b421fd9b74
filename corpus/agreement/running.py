"""Sum the agreement of pairs of annotations as they come, without files: the F1 of records, by layer."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from ..core.model import Record
from ..core.schema import Schema
from ..core.source_tokens import layers_to_annotate
from ..matching import Matching
from .coefficients import Cell
from .counts import MEASURES, CountKey, record_counts
from .measure import DIGITS

_KINDS = {measure.kind: measure for measure in MEASURES if measure.kind in ("records", "labelled")}


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of a layer for a pair of annotators. `value` is None if neither has a record."""

    layer: str
    measure: str
    annotators: str
    value: float | None
    documents: int


@dataclass(slots=True)
class RunningAgreement:
    """The sums so far. `documents` is counted by the caller."""

    schema: Schema
    documents: int = 0
    _sums: dict[tuple[CountKey, str], Counter[Cell]] = field(default_factory=dict)
    _documents: Counter[tuple[CountKey, str]] = field(default_factory=Counter)

    def add(self, annotators: str, first: Record, second: Record) -> None:
        """Add the annotations of a document by two annotators, "a, b"."""
        matching = Matching(self.schema, first, second)
        for name, layer in layers_to_annotate(self.schema).items():
            if matching.is_done(name) and matching.is_matchable(name):
                for key, cells in record_counts(layer, matching):
                    sums = self._sums.setdefault((key, annotators), Counter())
                    for cell, count in cells.items():
                        sums[cell] += int(count)
                    self._documents[key, annotators] += 1

    def figures(self) -> list[Figure]:
        """Return the figures in the order of the schema."""
        order = list(self.schema.layers)
        found = []
        for (key, annotators), sums in self._sums.items():
            measure = _KINDS[key.kind]
            value = float(measure.of(list(sums), np.array([list(sums.values())], dtype=float))[0])
            shown = None if np.isnan(value) else round(value, DIGITS)
            found.append(Figure(key.layer, measure.name, annotators, shown, self._documents[key, annotators]))
        return sorted(found, key=lambda one: (order.index(one.layer), one.measure, one.annotators))
