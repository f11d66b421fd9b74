"""The spans of an annotation as marks in the text, and its records in words. Both follow the schema alone."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from ..core.layers import Field
from ..core.model import Document, Record, Span
from ..core.schema import Schema


@dataclass(frozen=True, slots=True)
class Mark:
    """A span of a record: its edges, the layer, and the record's id with the field and the piece where they matter."""

    start: int
    end: int
    layer: str
    tag: str


def marks(document: Document, schema: Schema, layers: Collection[str]) -> list[Mark]:
    """Return the marks of some layers in text order; of those that begin together, the longest first."""
    found = []
    for layer in (one for one in schema.layers.values() if one.name in layers):
        for number, field in enumerate(layer.of_kind("spans")):
            for record in document.layer(layer.name):
                name = f"{record['id']}.{field.name}" if number else str(record["id"])
                spans = record.get(field.name) or ()
                for piece, span in enumerate(spans, 1):
                    tag = f"{name}:{piece}/{len(spans)}" if len(spans) > 1 else name
                    found.append(Mark(span["start"], span["end"], layer.name, tag))
    return sorted(found, key=lambda one: (one.start, -one.end))


def edges(found: list[Mark], start: int, end: int) -> Iterator[tuple[int, list[Mark], list[Mark]]]:
    """Yield each offset from `start` to `end` where marks end or begin: those that end, inner ones first, and begin."""
    ending: dict[int, list[Mark]] = {}
    beginning: dict[int, list[Mark]] = {}
    for mark in found:
        if start <= mark.start < end:
            beginning.setdefault(mark.start, []).append(mark)
        if start < mark.end <= end:
            ending.setdefault(mark.end, []).insert(0, mark)
    for offset in sorted({*beginning, *ending}):
        yield offset, ending.get(offset, []), beginning.get(offset, [])


class Describer:
    """Puts the values of records into words; a reference shows what it refers to."""

    def __init__(self, document: Document, schema: Schema, text: str | None) -> None:
        self._schema, self._text = schema, text
        self._by_id = {
            layer.name: {str(one["id"]): one for one in document.layer(layer.name)} for layer in schema.layers.values()
        }

    def values(self, layer: str, record: Record) -> Iterator[tuple[Field, str]]:
        """Yield each field of a record that is not empty, with its value in words; the id is not among them."""
        for field in self._schema.layers[layer].fields:
            if field.name == "id":
                continue
            value = record.get(field.name)
            if value is not None and value != []:
                each = value if isinstance(value, list) else [value]
                yield field, ", ".join(self._one(field, one) for one in each)

    def _one(self, field: Field, value: object) -> str:
        if field.kind == "spans" and isinstance(value, dict):
            return self.words(value)
        if field.kind == "reference" and field.refers_to in self._by_id:
            return f"{self._name(field.refers_to, str(value))} ({value})"
        if isinstance(value, bool):
            return "yes" if value else "no"
        return str(value)

    def _name(self, layer: str, record_id: str) -> str:
        """Return the first words of a record: its first text, else its first span."""
        record = self._by_id[layer].get(record_id, {})
        for field in self._schema.layers[layer].fields:
            value = record.get(field.name)
            if field.kind == "scalar" and field.name != "id" and isinstance(value, str):
                return value
            if field.kind == "spans" and value:
                return self.words(value[0])
        return layer

    def words(self, value: Record) -> str:
        """Return the words of a span and its offsets, or the offsets alone where the text must not be shown."""
        span = Span(value["start"], value["end"])
        place = f"{span.start}–{span.end}"
        return place if self._text is None else f"“{self._text[span.start : span.end]}” {place}"
