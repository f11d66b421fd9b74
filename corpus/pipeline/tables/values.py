"""Documents that were read one by one → the columns that the tables are made from.

Row           values of Python: an article, its text, annotations
columns_of    → Columns, with what the tables have of a record, an annotation and its layers
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ...columns.documents import Columns, Parts
from ...columns.types import type_of, type_of_layer
from ...core.alternatives import alternatives, as_label
from ...core.done import layer_done
from ...core.model import Article, Record
from ...core.schema import Schema
from .documents import as_type, done_columns, provenance_type


@dataclass(slots=True)
class Row:
    """An article with its annotations by annotator; `text` is None where it is withheld."""

    number: int
    """Its place among the documents of a shard."""
    article: Article
    text: str | None
    annotations: Mapping[str, Record]


def columns_of(rows: Sequence[Row], schema: Schema) -> Columns:
    """Return the columns of documents that were read one by one."""
    records = [row.article.record for row in rows]
    articles = {
        one.name: pa.array([record.get(one.name) for record in records], type_of(one)) for one in schema.article_fields
    }
    pairs = [(i, name, value) for i, row in enumerate(rows) for name, value in row.annotations.items()]
    values = [value for _, _, value in pairs]
    annotations = {"annotator": pa.array([name for _, name, _ in pairs], pa.string())}
    for name, kind in done_columns(schema):
        annotations[name] = pa.array([value.get(name) for value in values], kind)
    provenance = provenance_type(schema)
    annotations["provenance"] = pa.array([_provenance(value, provenance) for value in values], provenance)
    for layer in schema.layers.values():
        of_layer = [(value.get(layer.name) or []) if layer_done(value, layer.name) else None for value in values]
        annotations[layer.name] = pa.array(of_layer, type_of_layer(layer))
    return Columns(
        schema,
        None,
        [Parts(row.article.doc_id, b"", False, None, False, ()) for row in rows],
        np.array([row.number for row in rows], np.int64),
        [row.text for row in rows],
        pa.table(articles),
        pa.table(annotations),
        np.array([i for i, _, _ in pairs], np.int64),
    )


def _provenance(value: Record, kind: pa.StructType) -> Record | None:
    """Return the provenance of an annotation in the types of a column: labels as strings, all numbers as floats."""
    written: Record | None = value.get("provenance")
    if not written:
        return None
    found = {**written, "alternatives": [{**one, "value": as_label(one.get("value"))} for one in alternatives(value)]}
    for field in kind:
        if pa.types.is_floating(field.type) and found.get(field.name) is not None:
            found[field.name] = float(found[field.name])
    return found


def projected(columns: Columns) -> Columns:
    """Return documents in columns with the fields that `columns_of` gives, in the same types."""
    schema = columns.schema
    kinds = [(one.name, type_of(one)) for one in schema.article_fields]
    articles = pa.table({name: as_type(columns.record(name), kind) for name, kind in kinds})
    kinds = [("annotator", pa.string()), *done_columns(schema), ("provenance", provenance_type(schema))]
    kinds += [(layer.name, type_of_layer(layer)) for layer in schema.layers.values()]
    return columns.with_tables(articles, pa.table({name: as_type(columns.about(name), kind) for name, kind in kinds}))
