"""The readings that an adjudicator found as good as the annotated ones, as a column of `provenance`."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from ...columns.types import SPAN
from ...core.alternatives import alternatives, as_label
from ...core.model import Annotation, Record

ALTERNATIVE = pa.struct(
    [
        *((name, pa.string()) for name in ("layer", "record", "field", "value")),
        ("spans", pa.list_(SPAN)),
        ("note", pa.string()),
    ]
)
"""An alternative; its value is a string as in `disagreement`: several joined by "+", true or false, digits."""


def alternatives_column(annotations: Sequence[Annotation | None], texts: Sequence[str | None]) -> pa.ListArray:
    """Return the alternatives of each annotation, null for none. Spans quote the text, unless it is withheld."""
    pairs = zip(annotations, texts, strict=True)
    return pa.array([_of_one(one, text) if one else None for one, text in pairs], pa.list_(ALTERNATIVE))


def _of_one(annotation: Annotation, text: str | None) -> list[Record] | None:
    return [
        {
            **{name: one.get(name) for name in ("layer", "record", "field", "note")},
            "value": as_label(one.get("value")),
            "spans": None if one.get("spans") is None else [_span(span, text) for span in one["spans"]],
        }
        for one in alternatives(annotation.value)
    ] or None


def _span(span: Record, text: str | None) -> Record:
    start, end = span["start"], span["end"]
    return {"start": start, "end": end, "text": None if text is None else text[start:end]}
