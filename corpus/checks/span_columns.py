"""The spans of an annotation in columns, derived once for the checks that ask about spans.

A check first asks the columns a question that a clean document answers in one pass:

    groups   ("quotes", 3, "content", [span, span])  …     a list of spans and where it stands
    starts   [12, 40, …]   ends [30, 55, …]   texts ["…", "…", …]
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..core.model import Document, Record, Span
from ..core.schema import Schema


@dataclass(slots=True)
class Located:
    """All spans of an annotation, in columns; `where(k)` leads to the k-th."""

    groups: list[tuple[str, int, str, list[Record]]]
    starts: list[int]
    ends: list[int]
    texts: list[str | None]

    def __iter__(self) -> Iterator[tuple[tuple[str, int, str, int], Span]]:
        k = 0
        for layer, i, name, spans in self.groups:
            for j in range(len(spans)):
                yield (layer, i, name, j), Span(self.starts[k], self.ends[k], self.texts[k])
                k += 1


def located(document: Document, schema: Schema) -> Located:
    """The spans of a document's annotation."""
    if "located" not in document.memo:
        groups = [
            (layer.name, i, field.name, spans)
            for layer in schema.layers.values()
            if (fields := layer.of_kind("spans"))
            for i, record in enumerate(document.layer(layer.name))
            for field in fields
            if (spans := record.get(field.name))
        ]
        flat = [span for group in groups for span in group[3]]
        document.memo["located"] = Located(
            groups,
            [span["start"] for span in flat],
            [span["end"] for span in flat],
            [span.get("text") for span in flat],
        )
    memo: Located = document.memo["located"]
    return memo
