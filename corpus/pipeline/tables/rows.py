"""The documents of a shard, and the columns of their layers, which several tables share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import pyarrow as pa

from ...core.done import layer_done
from ...core.model import Annotation, Article, Record
from ...core.schema import Layer, Schema
from .columns import column, lacks_words, lists


@dataclass(slots=True)
class Row:
    """An article with its annotations; `text` is None where it is withheld."""

    article: Article
    text: str | None
    gold: Annotation | None
    others: list[Annotation]


class LayerColumns:
    """A layer of several annotations: the records of each (None: not annotated), and a column for each field.

    A span has the words of its text where `texts` has it, and none where the text is withheld,
    whatever the files say.
    """

    def __init__(self, layer: Layer, annotations: Sequence[Annotation | None], texts: Sequence[str | None]) -> None:
        self._layer = layer
        self.records = [
            records if records is None or text is not None else _without_words(records, layer)
            for records, text in zip((_records(a, layer) for a in annotations), texts, strict=True)
        ]
        self._lay_out()
        if any(text is not None for text in texts) and any(map(lacks_words, self.columns)):
            self.records = [
                records if records is None or text is None else _with_words(records, layer, text)
                for records, text in zip(self.records, texts, strict=True)
            ]
            self._lay_out()

    def _lay_out(self) -> None:
        self.flat = list(chain.from_iterable(filter(None, self.records)))
        self.columns = [column(field, self.flat) for field in self._layer.fields]

    def nested(self) -> pa.ListArray:
        """Return the layer as one column of a table of articles."""
        names = [field.name for field in self._layer.fields]
        return lists(self.records, pa.StructArray.from_arrays(self.columns, names))


class Rows:
    """The documents of a shard, in order, with the columns of their gold layers built once."""

    def __init__(self, rows: list[Row], schema: Schema) -> None:
        self.rows = rows
        self.schema = schema

    @cached_property
    def texts(self) -> list[str | None]:
        """Return the text of each document."""
        return [row.text for row in self.rows]

    @cached_property
    def gold(self) -> dict[str, LayerColumns]:
        """Return the layers of the gold annotations."""
        annotations = [row.gold for row in self.rows]
        return {layer.name: LayerColumns(layer, annotations, self.texts) for layer in self.schema.layers.values()}

    @cached_property
    def first_mentions(self) -> list[dict[str, int]]:
        """Return, for each document, mention id → its place among all mentions of the shard."""
        found, begin = [], 0
        for records in self.gold["mentions"].records:
            found.append({record["id"]: i for i, record in enumerate(records or (), begin)})
            begin += len(records or ())
        return found


def _records(annotation: Annotation | None, layer: Layer) -> list[Record] | None:
    if annotation is None or not layer_done(annotation.value, layer.name):
        return None
    return annotation.layer(layer.name)


def _with_words(records: list[Record], layer: Layer, text: str) -> list[Record]:
    """Return the records with the words of each span written in where it lacks them."""
    return _spans_changed(records, layer, lambda span: {"text": text[span["start"] : span["end"]]} | span)


def _without_words(records: list[Record], layer: Layer) -> list[Record]:
    """Return the records with nothing of the text in their spans."""
    return _spans_changed(records, layer, lambda span: {"start": span["start"], "end": span["end"]})


def _spans_changed(records: list[Record], layer: Layer, change: Callable[[Record], Record]) -> list[Record]:
    names = [field.name for field in layer.of_kind("spans")]
    return [
        record | {name: list(map(change, record[name])) for name in names if record.get(name)} for record in records
    ]
