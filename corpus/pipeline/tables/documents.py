"""The configs `documents`, `annotations`, `twins` and `withheld`: articles with their layers, nested."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...columns.mixed import ALTERNATIVE
from ...columns.parse import Numbers
from ...columns.types import SCALARS, type_of, type_of_layer
from ...core.alternatives import has_alternatives
from ...core.model import GOLD
from ...core.schema import Schema
from .alternatives import alternatives_column
from .columns import ListColumn, taken
from .config import Config, Labels
from .rows import Rows

_PROVENANCE = ("tool", "tool_version", "created", "updated", "lead_time", "from_prediction", "machine", "note")
_ABOUT = {
    "text": "The text; null if it is withheld.",
    "annotator": "The pseudonym of the annotator.",
    "layers_done": "The annotated layers; the others are null.",
    "fields_done": "For layers of which only some fields were annotated, those fields.",
    "provenance": (
        "Where the annotation comes from: tool, guidelines, prompt, times, if a model made it, the annotator's note, "
        "alternatives."
    ),
}
WITHHELD = "withheld"
"""The config of the articles without text."""
TWINS_CONFIG = "twins"
"""The config of the articles that are changed copies of others and have a text."""
_LAYERS_DONE = ("layers_done", pa.list_(pa.string()))


def documents_config(schema: Schema) -> Config:
    """Return the table with a row for each article: its record, text and all layers of the gold annotation."""
    return Config(
        "documents",
        "An article with its adjudicated annotation, nested.",
        pa.schema([*_record_columns(schema), ("text", pa.string()), *_annotation_columns(schema)]),
        _record_labels(schema) | _nested_labels(schema),
        _documents,
        _ABOUT,
    )


def annotations_config(schema: Schema) -> Config:
    """Return the table with a row for each annotation: the text of its article and every layer."""
    columns = [("doc_id", pa.string()), ("annotator", pa.string()), ("text", pa.string())]
    return Config(
        "annotations",
        "One annotator's view of one article, nested.",
        pa.schema([*columns, *_annotation_columns(schema)]),
        _nested_labels(schema),
        _annotations,
        {"doc_id": "The document.", **_ABOUT},
    )


def withheld_config(schema: Schema) -> Config:
    """Return the table with the articles that have no text: a row for gold, and one for each other annotation.

    Without the column `annotator`, the rows of gold have the columns of the config `documents`. An article without gold
    has a row without an annotator in its place.
    """
    return _set_apart(
        schema,
        WITHHELD,
        "An article whose text is withheld, with the annotation of gold or of one annotator, nested.",
        "Null: `corpus attach` puts the text back, and the rows into the other configs.",
    )


def twins_config(schema: Schema) -> Config:
    """Return the table with the twins: a row for gold, and one for each other annotation, as in `withheld`.

    No other config has a row of a twin with a text: who loads a split has each article once.
    """
    return _set_apart(
        schema,
        TWINS_CONFIG,
        "A changed copy of an article of the same split, with the annotation of gold or of one annotator, nested.",
        "The text.",
    )


def _set_apart(schema: Schema, name: str, description: str, text: str) -> Config:
    """Return a table with articles that are not in `documents` and `annotations`."""
    return Config(
        name,
        description,
        pa.schema(
            [*_record_columns(schema), ("annotator", pa.string()), ("text", pa.string()), *_annotation_columns(schema)]
        ),
        _record_labels(schema) | _nested_labels(schema),
        _all_annotated,
        {
            **_ABOUT,
            "annotator": "`gold`, or the pseudonym of the annotator; null for an article without gold.",
            "text": text,
        },
        _of_documents,
    )


def _of_documents(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return the rows of a batch of `withheld` or `twins` that have what `documents` has of other articles."""
    return batch.filter(pc.equal(pc.fill_null(batch["annotator"], GOLD), GOLD))


def _documents(rows: Rows) -> list[pa.Array]:
    annotated = _annotated(rows, rows.gold)
    return [*_articles(rows, np.arange(len(rows))), rows.text, *annotated]


def _all_annotated(rows: Rows) -> list[pa.Array]:
    columns = rows.columns
    without = np.flatnonzero(rows.gold < 0)
    document = np.concatenate((columns.document, without))
    number = np.concatenate((np.arange(len(columns.document)), np.full(len(without), -1)))
    later = np.zeros(len(number), np.bool_)
    later[rows.others] = True
    order = np.lexsort((number, later, document))
    document, number = document[order], number[order]
    annotator = taken(columns.about("annotator"), number)
    return [*_articles(rows, document), annotator, taken(rows.text, document), *_annotated(rows, number)]


def _annotations(rows: Rows) -> list[pa.Array]:
    columns, others = rows.columns, rows.others
    document = columns.document[others]
    annotator = taken(columns.about("annotator"), others)
    return [taken(rows.ids, document), annotator, taken(rows.text, document), *_annotated(rows, others)]


def _articles(rows: Rows, document: Numbers) -> list[pa.Array]:
    """Return the fields of the records of documents, by number."""
    fields = ((rows.columns.record(field.name), type_of(field)) for field in rows.schema.article_fields)
    return [taken(as_type(values, kind), document) for values, kind in fields]


def _annotated(rows: Rows, number: Numbers) -> list[pa.Array]:
    """Return what annotations say, by number: what was annotated, the origin, and all layers; nulls for -1."""
    done = [as_type(rows.columns.about(name), kind) for name, kind in done_columns(rows.schema)]
    layers = [rows.nested(layer) for layer in rows.schema.layers.values()]
    return [
        *(taken(values, number) for values in done),
        _provenance(rows, number),
        *(taken(one, number) for one in layers),
    ]


def as_type(values: pa.Array, kind: pa.DataType) -> pa.Array:
    """Return values as a type: the values of an object by the name of its keys."""
    if values.type == kind:
        return values
    if pa.types.is_list(kind) and pa.types.is_list(values.type):
        lists = ListColumn.of(values)
        return lists.with_items(as_type(lists.items, kind.value_type)).column
    if not pa.types.is_struct(kind):
        return values.cast(kind)
    known = {values.type.field(i).name for i in range(values.type.num_fields)}
    fields = [
        as_type(pc.struct_field(values, one.name), one.type) if one.name in known else pa.nulls(len(values), one.type)
        for one in kind
    ]
    mask = values.is_null() if values.null_count else None
    return pa.StructArray.from_arrays(fields, fields=list(kind), mask=mask)


def _record_columns(schema: Schema) -> list[tuple[str, pa.DataType]]:
    return [(field.name, type_of(field)) for field in schema.article_fields]


def _record_labels(schema: Schema) -> Labels:
    return {f.name: tuple(label.name for label in f.labels) for f in schema.article_fields if f.labels}


def _annotation_columns(schema: Schema) -> list[tuple[str, pa.DataType]]:
    layers = [(layer.name, type_of_layer(layer)) for layer in schema.layers.values()]
    return [*done_columns(schema), ("provenance", provenance_type(schema)), *layers]


def done_columns(schema: Schema) -> list[tuple[str, pa.DataType]]:
    """Return the columns that say which layers and fields were annotated."""
    names = pa.list_(pa.string())
    fields = [("fields_done", pa.struct([(layer, names) for layer in schema.layers]))] if schema.layers else []
    return [_LAYERS_DONE, *(fields if schema.has_fields_done else [])]


def _provenance(rows: Rows, number: Numbers) -> pa.StructArray:
    """Return the origin of annotations: the tool, the times, whether a model made it, and the annotator's note."""
    written = rows.columns.about("provenance")
    fields = taken(as_type(written, pa.struct(_of_provenance(rows.schema))), number).flatten()
    if has_alternatives(rows.schema.annotation):
        fields.append(_alternatives(rows, taken(written, number), number))
    return pa.StructArray.from_arrays(fields, fields=list(provenance_type(rows.schema)))


def _alternatives(rows: Rows, written: pa.Array, number: Numbers) -> pa.ListArray:
    known = {written.type.field(i).name for i in range(written.type.num_fields)}
    found = pc.struct_field(written, "alternatives") if "alternatives" in known else pa.nulls(len(number))
    if found.null_count == len(found):
        return pa.nulls(len(number), pa.list_(ALTERNATIVE))
    texts = rows.texts
    document = rows.columns.document[number]
    of = [texts.listed[i] if texts.known[i] else None for i in document.tolist()]
    return alternatives_column(found.to_pylist(), of)


def provenance_type(schema: Schema) -> pa.DataType:
    """Return the type of the column with the origin of annotations."""
    more = [("alternatives", pa.list_(ALTERNATIVE))] if has_alternatives(schema.annotation) else []
    return pa.struct([*_of_provenance(schema), *more])


def _of_provenance(schema: Schema) -> list[tuple[str, pa.DataType]]:
    known = schema.annotation["properties"].get("provenance", {}).get("properties", {})
    newer = tuple(name for name in ("guidelines", "prompt") if name in known)
    return [(name, _type_in_provenance(schema, name)) for name in (*_PROVENANCE, *newer)]


def _nested_labels(schema: Schema) -> Labels:
    return {
        f"{layer.name}.{field.name}": tuple(label.name for label in field.labels)
        for layer in schema.layers.values()
        for field in layer.of_kind("label")
    }


def _type_in_provenance(schema: Schema, name: str) -> pa.DataType:
    written = schema.annotation["properties"].get("provenance", {}).get("properties", {}).get(name, {})
    return SCALARS.get(written.get("type", "string"), pa.string())
