"""Change a text and move the spans of its annotation with it.

    text        Marr said it would hold.          insert " it" after "it"
    changed     Marr said it it would hold.       [10, 23) becomes [10, 26)

A change replaces [start, end) of the old text: an insertion has no length, a deletion has no new text. A span grows and
shrinks with the changes inside of it; what is inserted at one of its edges stays outside.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import accumulate
from typing import Any, NamedTuple

from ..core.model import Record
from ..core.schema import Schema


class Change(NamedTuple):
    """A change of a text: `new` replaces the code points from `start` to `end`."""

    start: int
    end: int
    new: str


class SpanLostError(Exception):
    """A change cuts a span in two, or leaves nothing of it. The message names the record."""


class Projection:
    """The text that some changes make of another one, and the way of each offset from the old text to the new one.

    Raises ValueError if two changes overlap, or one lies outside of the text.
    """

    def __init__(self, text: str, changes: Iterable[Change]) -> None:
        self.changes = sorted(changes)
        ends = [0, *(one.end for one in self.changes)]
        starts = [*(one.start for one in self.changes), len(text)]
        crossed = any(end > start for end, start in zip(ends, starts, strict=True))
        if crossed or any(one.start > one.end for one in self.changes):
            raise ValueError("changes overlap, or lie outside of the text")
        kept = [text[end:start] for end, start in zip(ends, starts, strict=True)]
        new = [*(one.new for one in self.changes), ""]
        self.text = "".join(part for pair in zip(kept, new, strict=True) for part in pair)
        self._starts, self._ends = starts[:-1], ends[1:]
        self._shifts = list(accumulate((len(one.new) - (one.end - one.start) for one in self.changes), initial=0))

    def span(self, start: int, end: int) -> tuple[int, int] | None:
        """Return where a span of the old text lies in the new one, None if it is cut or nothing is left of it."""
        first, last = bisect_right(self._ends, start), bisect_left(self._starts, end)
        inside = self.changes[first:last]
        if any(one.start < start or one.end > end for one in inside):
            return None
        moved = start + self._shifts[first], end + self._shifts[last]
        return moved if moved[0] < moved[1] else None

    def place(self, change: Change) -> int:
        """Return the offset in the new text of what a change puts there."""
        i = self.changes.index(change)
        return change.start + self._shifts[i]

    def spans(self, spans: Iterable[Record], where: str) -> list[Record]:
        """Return spans as an annotation has them, moved, with their new words. Raises SpanLostError."""
        found = []
        for one in spans:
            moved = self.span(one["start"], one["end"])
            if moved is None:
                raise SpanLostError(f"{where} [{one['start']}, {one['end']})")
            start, end = moved
            words = {"text": self.text[start:end]} if "text" in one else {}
            found.append({"start": start, "end": end, **words})
        return found

    def annotation(self, value: Record, schema: Schema) -> Record:
        """Return an annotation with all spans moved, those of its alternatives too. Raises SpanLostError."""
        moved: dict[str, Any] = dict(value)
        for layer in schema.layers.values():
            names = [field.name for field in layer.of_kind("spans")]
            if layer.name in value and names:
                moved[layer.name] = [
                    {
                        name: self.spans(item, f"{layer.name} {record.get('id', '')}: {name}")
                        if name in names
                        else item
                        for name, item in record.items()
                    }
                    for record in value[layer.name]
                ]
        provenance = value.get("provenance") or {}
        if provenance.get("alternatives"):
            found = [
                {**one, "spans": self.spans(one["spans"], "an alternative")} if "spans" in one else one
                for one in provenance["alternatives"]
            ]
            moved["provenance"] = {**provenance, "alternatives": found}
        return moved
