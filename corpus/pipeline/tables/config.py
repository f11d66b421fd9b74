"""The description of a table of a release."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from .rows import Rows

Labels = dict[str, tuple[str, ...]]
"""Names of the labels of a column, by its dotted path."""


@dataclass(frozen=True, slots=True)
class Config:
    """A table: its columns, the names of its labels, and how documents become columns.

    The first column is `doc_id`, and rows keep the order of the documents. `about` describes the columns that are not
    fields of the schema, or that hold more than their field. `counted` selects the rows that the figures of the card
    count.
    """

    name: str
    description: str
    columns: pa.Schema
    labels: Labels
    rows: Callable[[Rows], list[pa.Array]]
    about: Mapping[str, str] = field(default_factory=dict)
    counted: Callable[[pa.RecordBatch], pa.RecordBatch] = lambda batch: batch
