"""The configs `documents` and `annotations`: articles with their layers, nested."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from ...columns.types import SCALARS, type_of, type_of_layer
from ...core.model import Annotation
from ...core.schema import Schema
from .columns import column
from .config import Config, Labels
from .rows import LayerColumns, Rows

_PROVENANCE = ("tool", "tool_version", "created", "updated", "lead_time", "from_prediction", "machine", "note")
_ABOUT = {
    "text": "The text; null if it is withheld.",
    "annotator": "The pseudonym of the annotator.",
    "layers_done": "The annotated layers; the others are null.",
    "fields_done": "For layers of which only some fields were annotated, those fields.",
    "provenance": "Where the annotation comes from: tool, times, whether a model made it, the annotator's note.",
}
_LAYERS_DONE = ("layers_done", pa.list_(pa.string()))


def documents_config(schema: Schema) -> Config:
    """Return the table with a row for each article: its record, text and all layers of the gold annotation."""
    record = [(field.name, type_of(field)) for field in schema.article_fields]
    labels = {f.name: tuple(label.name for label in f.labels) for f in schema.article_fields if f.labels}
    return Config(
        "documents",
        "An article with its adjudicated annotation, nested.",
        pa.schema(
            [
                *record,
                ("text", pa.string()),
                *_done_columns(schema),
                _provenance_column(schema),
                *_layer_columns(schema),
            ]
        ),
        labels | _nested_labels(schema),
        _documents,
        _ABOUT,
    )


def annotations_config(schema: Schema) -> Config:
    """Return the table with a row for each annotation: the text of its article and every layer."""
    columns = [("doc_id", pa.string()), ("annotator", pa.string()), ("text", pa.string()), *_done_columns(schema)]
    return Config(
        "annotations",
        "One annotator's view of one article, nested.",
        pa.schema([*columns, _provenance_column(schema), *_layer_columns(schema)]),
        _nested_labels(schema),
        _annotations,
        {"doc_id": "The document.", **_ABOUT},
    )


def _documents(rows: Rows) -> list[pa.Array]:
    records = [row.article.record for row in rows.rows]
    golds = [row.gold for row in rows.rows]
    return [
        *(column(field, records) for field in rows.schema.article_fields),
        pa.array(rows.texts, pa.string()),
        *_done(golds, rows.schema),
        _provenance(golds, rows.schema),
        *(layer.nested() for layer in rows.gold.values()),
    ]


def _annotations(rows: Rows) -> list[pa.Array]:
    pairs = [(row, annotation) for row in rows.rows for annotation in row.others]
    annotations = [annotation for _, annotation in pairs]
    texts = [row.text for row, _ in pairs]
    layers = (LayerColumns(layer, annotations, texts) for layer in rows.schema.layers.values())
    return [
        pa.array([row.article.doc_id for row, _ in pairs], pa.string()),
        pa.array([annotation.annotator for annotation in annotations], pa.string()),
        pa.array(texts, pa.string()),
        *_done(annotations, rows.schema),
        _provenance(annotations, rows.schema),
        *(layer.nested() for layer in layers),
    ]


def _done(annotations: Sequence[Annotation | None], schema: Schema) -> list[pa.Array]:
    """Return the annotated layers, and the annotated fields of each layer of which some were not annotated."""
    layers = [None if one is None else one.value.get("layers_done", []) for one in annotations]
    fields = [None if one is None else one.value.get("fields_done") for one in annotations]
    columns = zip((layers, fields), _done_columns(schema), strict=False)
    return [pa.array(values, kind) for values, (_, kind) in columns]


def _done_columns(schema: Schema) -> list[tuple[str, pa.DataType]]:
    names = pa.list_(pa.string())
    fields = [("fields_done", pa.struct([(layer, names) for layer in schema.layers]))] if schema.layers else []
    return [_LAYERS_DONE, *(fields if schema.has_fields_done else [])]


def _provenance(annotations: Sequence[Annotation | None], schema: Schema) -> pa.StructArray:
    """Return the origin of each annotation: the tool, the times, whether a model made it, and the annotator's note."""
    made = [(annotation.value.get("provenance") if annotation else None) or {} for annotation in annotations]
    types = list(_provenance_column(schema)[1])
    columns = [pa.array([record.get(field.name) for record in made], field.type) for field in types]
    return pa.StructArray.from_arrays(columns, fields=types)


def _provenance_column(schema: Schema) -> tuple[str, pa.DataType]:
    return "provenance", pa.struct([(name, _provenance_type(schema, name)) for name in _PROVENANCE])


def _layer_columns(schema: Schema) -> list[tuple[str, pa.DataType]]:
    return [(layer.name, type_of_layer(layer)) for layer in schema.layers.values()]


def _nested_labels(schema: Schema) -> Labels:
    return {
        f"{layer.name}.{field.name}": tuple(label.name for label in field.labels)
        for layer in schema.layers.values()
        for field in layer.of_kind("label")
    }


def _provenance_type(schema: Schema, name: str) -> pa.DataType:
    written = schema.annotation["properties"].get("provenance", {}).get("properties", {}).get(name, {})
    return SCALARS.get(written.get("type", "string"), pa.string())
