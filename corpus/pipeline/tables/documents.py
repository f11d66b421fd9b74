"""The configs `documents`, `annotations` and `withheld`: articles with their layers, nested."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from ...columns.types import SCALARS, type_of, type_of_layer
from ...core.alternatives import has_alternatives
from ...core.model import GOLD, Annotation
from ...core.schema import Schema
from .alternatives import ALTERNATIVE, alternatives_column
from .columns import column
from .config import Config, Labels
from .rows import LayerColumns, Rows

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
    return Config(
        WITHHELD,
        "An article whose text is withheld, with the annotation of gold or of one annotator, nested.",
        pa.schema(
            [*_record_columns(schema), ("annotator", pa.string()), ("text", pa.string()), *_annotation_columns(schema)]
        ),
        _record_labels(schema) | _nested_labels(schema),
        _withheld,
        {
            **_ABOUT,
            "annotator": "`gold`, or the pseudonym of the annotator; null for an article without gold.",
            "text": "Null: `corpus attach` puts the text back, and the rows into the other configs.",
        },
        _of_documents,
    )


def _of_documents(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return the rows of a batch of `withheld` that are those of `documents` for texts that are not withheld."""
    return batch.filter(pc.equal(pc.fill_null(batch["annotator"], GOLD), GOLD))


def _documents(rows: Rows) -> list[pa.Array]:
    records = [row.article.record for row in rows.rows]
    golds = [row.gold for row in rows.rows]
    return [
        *(column(field, records) for field in rows.schema.article_fields),
        pa.array(rows.texts, pa.string()),
        *_done(golds, rows.schema),
        _provenance(golds, rows.texts, rows.schema),
        *(layer.nested() for layer in rows.gold.values()),
    ]


def _withheld(rows: Rows) -> list[pa.Array]:
    pairs = [(row, annotation) for row in rows.rows for annotation in (row.gold, *row.others)]
    annotations = [annotation for _, annotation in pairs]
    records = [row.article.record for row, _ in pairs]
    texts = [row.text for row, _ in pairs]
    layers = (LayerColumns(layer, annotations, texts) for layer in rows.schema.layers.values())
    return [
        *(column(field, records) for field in rows.schema.article_fields),
        pa.array([annotation and annotation.annotator for annotation in annotations], pa.string()),
        pa.array(texts, pa.string()),
        *_done(annotations, rows.schema),
        _provenance(annotations, texts, rows.schema),
        *(layer.nested() for layer in layers),
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
        _provenance(annotations, texts, rows.schema),
        *(layer.nested() for layer in layers),
    ]


def _done(annotations: Sequence[Annotation | None], schema: Schema) -> list[pa.Array]:
    """Return the annotated layers, and the annotated fields of each layer of which some were not annotated."""
    layers = [None if one is None else one.value.get("layers_done", []) for one in annotations]
    fields = [None if one is None else one.value.get("fields_done") for one in annotations]
    columns = zip((layers, fields), _done_columns(schema), strict=False)
    return [pa.array(values, kind) for values, (_, kind) in columns]


def _record_columns(schema: Schema) -> list[tuple[str, pa.DataType]]:
    return [(field.name, type_of(field)) for field in schema.article_fields]


def _record_labels(schema: Schema) -> Labels:
    return {f.name: tuple(label.name for label in f.labels) for f in schema.article_fields if f.labels}


def _annotation_columns(schema: Schema) -> list[tuple[str, pa.DataType]]:
    layers = [(layer.name, type_of_layer(layer)) for layer in schema.layers.values()]
    return [*_done_columns(schema), _provenance_column(schema), *layers]


def _done_columns(schema: Schema) -> list[tuple[str, pa.DataType]]:
    names = pa.list_(pa.string())
    fields = [("fields_done", pa.struct([(layer, names) for layer in schema.layers]))] if schema.layers else []
    return [_LAYERS_DONE, *(fields if schema.has_fields_done else [])]


def _provenance(
    annotations: Sequence[Annotation | None], texts: Sequence[str | None], schema: Schema
) -> pa.StructArray:
    """Return the origin of each annotation: the tool, the times, whether a model made it, and the annotator's note."""
    made = [(annotation.value.get("provenance") if annotation else None) or {} for annotation in annotations]
    types = list(_provenance_column(schema)[1])
    columns = [pa.array([record.get(name) for record in made], kind) for name, kind in _of_provenance(schema)]
    if has_alternatives(schema.annotation):
        columns.append(alternatives_column(annotations, texts))
    return pa.StructArray.from_arrays(columns, fields=types)


def _provenance_column(schema: Schema) -> tuple[str, pa.DataType]:
    more = [("alternatives", pa.list_(ALTERNATIVE))] if has_alternatives(schema.annotation) else []
    return "provenance", pa.struct([*_of_provenance(schema), *more])


def _of_provenance(schema: Schema) -> list[tuple[str, pa.DataType]]:
    known = schema.annotation["properties"].get("provenance", {}).get("properties", {})
    newer = tuple(name for name in ("guidelines", "prompt") if name in known)
    return [(name, _provenance_type(schema, name)) for name in (*_PROVENANCE, *newer)]


def _nested_labels(schema: Schema) -> Labels:
    return {
        f"{layer.name}.{field.name}": tuple(label.name for label in field.labels)
        for layer in schema.layers.values()
        for field in layer.of_kind("label")
    }


def _provenance_type(schema: Schema, name: str) -> pa.DataType:
    written = schema.annotation["properties"].get("provenance", {}).get("properties", {}).get(name, {})
    return SCALARS.get(written.get("type", "string"), pa.string())
