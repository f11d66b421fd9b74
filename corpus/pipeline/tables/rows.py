"""The documents of a table: columns of articles and annotations, and what the tables share of them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from ...columns.documents import Columns
from ...columns.parse import Numbers
from ...columns.records import Records, Spans
from ...columns.types import SPAN, type_of
from ...core.model import GOLD, Record
from ...core.schema import Field, Layer
from .columns import ListColumn, list_column, lists_like

Values = Mapping[str, Mapping[str, Record]]
"""doc_id → annotator → annotation, of documents whose bytes are not in columns."""


class Rows:
    """Documents in columns, in the order of the tables: either all of them have a text, or all texts are withheld.

    A span has the words of its text, and none where the text is withheld, whatever the files say.
    """

    def __init__(self, columns: Columns, values: Values) -> None:
        self.columns, self.schema, self.texts = columns, columns.schema, columns.texts
        self._values = values
        self._fields: dict[tuple[str, str], pa.Array] = {}
        self._nested: dict[str, pa.ListArray] = {}

    def __len__(self) -> int:
        return len(self.columns)

    @property
    def ids(self) -> pa.StringArray:
        """The doc_id of each document."""
        return self.columns.record("doc_id")

    @cached_property
    def text(self) -> pa.StringArray:
        """The text of each document, null if it is withheld."""
        known = self.texts.known.all()
        return pa.array(self.texts.listed, pa.string()) if known else pa.nulls(len(self), pa.string())

    @cached_property
    def gold(self) -> Numbers:
        """The number of the adjudicated annotation of each document, -1 if it has none."""
        found = np.full(len(self), -1)
        found[self.columns.document[self.columns.gold]] = np.flatnonzero(self.columns.gold)
        return found

    @cached_property
    def others(self) -> Numbers:
        """The numbers of the other annotations."""
        return np.flatnonzero(~self.columns.gold)

    def annotations(self, document: int) -> dict[str, Record]:
        """Return the annotations of a document, that of gold first, each by the name of its annotator."""
        doc_id = self.ids[document].as_py()
        known = self._values.get(doc_id)
        if known is None:
            known = {name: orjson.loads(data) for name, data in self.columns.parts[document].annotations}
        return dict(sorted(known.items(), key=lambda item: item[0] != GOLD))

    def layer(self, name: str) -> Records:
        """Return the records of a layer, of all annotations."""
        return self.columns.layer(name)

    def of_gold(self, records: Records) -> Numbers | None:
        """Return the numbers of the records that are adjudicated, None for all."""
        own = self.columns.gold[records.annotation]
        return None if own.all() else np.flatnonzero(own)

    def values(self, layer: Layer, field: Field) -> pa.Array:
        """Return the values of a field, one for each record of a layer, null where a record has none."""
        key = layer.name, field.name
        if key not in self._fields:
            records = self.layer(layer.name)
            column = records.values(field.name, type_of(field))
            if field.kind == "spans":
                column = self._with_words(column, records.spans(field.name))
            self._fields[key] = column if column.type == type_of(field) else column.cast(type_of(field))
        return self._fields[key]

    def nested(self, layer: Layer) -> pa.ListArray:
        """Return the records of a layer as one list for each annotation, null where it was not annotated."""
        if layer.name not in self._nested:
            fields = [self.values(layer, field) for field in layer.fields]
            counts = np.bincount(self.layer(layer.name).annotation, minlength=len(self.columns.document))
            items = pa.StructArray.from_arrays(fields, [field.name for field in layer.fields])
            self._nested[layer.name] = list_column(counts, items, self.columns.done(layer.name))
        return self._nested[layer.name]

    def words(self, layer: Layer, field: Field) -> ListColumn:
        """Return the words of the spans of a field, a list for each record."""
        column = self.values(layer, field)
        return ListColumn.of(column).with_items(column.flatten().field(2))

    def _with_words(self, column: pa.ListArray, spans: Spans) -> pa.ListArray:
        if len(spans.text) and not self.texts.known.all():
            words = pa.nulls(len(spans.text), pa.string())
        elif spans.text.null_count:
            begins, lengths = self.texts.begins[spans.document], self.texts.lengths[spans.document]
            start = np.clip(spans.start, 0, lengths)
            end = np.clip(spans.end, start, lengths)
            words = pc.coalesce(spans.text, self.texts.strings(start + begins, end + begins))
        else:
            return column
        items = [pa.array(spans.start), pa.array(spans.end), words]
        return lists_like(column, pa.StructArray.from_arrays(items, fields=list(SPAN)))
