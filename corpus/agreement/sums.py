"""Collect the counts of documents, sparse: a few numbers for each document and kind of counts."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field

import numpy as np

from .coefficients import Cell, Floats
from .counts import CellCounts


@dataclass(slots=True)
class Sums:
    """The counts of one kind for one pair, as a sparse matrix of documents × cells."""

    documents: list[int] = field(default_factory=list)
    rows: array[int] = field(default_factory=lambda: array("q"))
    columns: array[int] = field(default_factory=lambda: array("q"))
    values: array[float] = field(default_factory=lambda: array("d"))
    cells: dict[Cell, int] = field(default_factory=dict)

    def add(self, document: int, counts: CellCounts, weight: float = 1) -> None:
        """Add the counts of a document, the last one or a new one, each times `weight`."""
        if not self.documents or self.documents[-1] != document:
            self.documents.append(document)
        for cell, value in counts.items():
            if value:
                self.rows.append(len(self.documents) - 1)
                self.columns.append(self.cells.setdefault(cell, len(self.cells)))
                self.values.append(value * weight)

    def dense(self) -> Floats:
        """Return the counts as documents × cells."""
        found = np.zeros((len(self.documents), len(self.cells)))
        np.add.at(found, (np.array(self.rows), np.array(self.columns)), np.array(self.values))
        return found
