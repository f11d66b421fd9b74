"""The readings that an adjudicator found as good as the annotated ones, as a column of `provenance`."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from ...columns.mixed import ALTERNATIVE
from ...core.alternatives import as_label
from ...core.model import Record


def alternatives_column(values: Sequence[Sequence[Record] | None], texts: Sequence[str | None]) -> pa.ListArray:
    """Return the alternatives of annotations as a column. Spans quote the text, unless it is withheld (None)."""
    pairs = zip(values, texts, strict=True)
    return pa.array([_of_one(some, text) if some else None for some, text in pairs], pa.list_(ALTERNATIVE))


def _of_one(some: Sequence[Record], text: str | None) -> list[Record]:
    return [
        {
            **{name: one.get(name) for name in ("layer", "record", "field", "note")},
            "value": as_label(one.get("value")),
            "spans": None if one.get("spans") is None else [_span(span, text) for span in one["spans"]],
        }
        for one in some
    ]


def _span(span: Record, text: str | None) -> Record:
    start, end = span["start"], span["end"]
    return {"start": start, "end": end, "text": None if text is None else text[start:end]}
