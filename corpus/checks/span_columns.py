"""The spans of an annotation in columns.

A check first asks the columns a question that a clean document answers in one pass:

    groups   ("quotes", 3, "content", [span, span])  …     a list of spans and its location
    starts   [12, 40, …]   ends [30, 55, …]   texts ["…", "…", …]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..core.model import Record, Span
from ..core.schema import Schema

Where = tuple[str, int, str, int]
"""The location of a span: layer, index of the record, field, index in the list of spans."""


@dataclass(slots=True)
class SpanColumns:
    """All spans of an annotation, in columns. Iterate for each span with its location."""

    groups: list[tuple[str, int, str, list[Record]]]
    starts: list[int]
    ends: list[int]
    texts: list[str | None]

    @classmethod
    def of(cls, layers: Mapping[str, list[Record]], schema: Schema) -> SpanColumns:
        """Return the spans of all records of `layers`."""
        groups = [
            (layer.name, i, field.name, spans)
            for layer in schema.layers.values()
            if (fields := layer.of_kind("spans"))
            for i, record in enumerate(layers[layer.name])
            for field in fields
            if (spans := record.get(field.name))
        ]
        flat = [span for group in groups for span in group[3]]
        starts, ends = [span["start"] for span in flat], [span["end"] for span in flat]
        return cls(groups, starts, ends, [span.get("text") for span in flat])

    def __iter__(self) -> Iterator[tuple[Where, Span]]:
        k = 0
        for layer, i, name, spans in self.groups:
            for j in range(len(spans)):
                yield (layer, i, name, j), Span(self.starts[k], self.ends[k], self.texts[k])
                k += 1
