"""The configs `quotes`, `stances` and of other layers: a record a row, with what it refers to written out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ...columns.types import type_of
from ...core.done import field_done
from ...core.model import Record
from ...core.schema import TARGETS, Field, Layer, Schema
from .columns import lists
from .config import Config
from .rows import LayerColumns, Row, Rows

GAP = " … "
"""What joins the pieces of a discontinuous span when they are written as one string."""
_Column = tuple[str, pa.DataType, str]
"""A column that is not a field: its name, its type and its description."""
_Values = Callable[[Rows, LayerColumns], list[tuple[Any, ...]]]
"""Returns the values of these columns for each record."""
_CONTEXT = (
    ("context", pa.string(), "The paragraphs that hold content, cue and source; null if the text is withheld."),
    ("context_start", pa.int64(), "Where `context` begins in the text, in code points: subtract it from offsets."),
)
_TEXTS = (
    ("title", pa.string(), "The title of the article."),
    ("text", pa.string(), "What to classify: the evidence of a speaker, the title for a headline, else the article."),
)


def quotes_config(schema: Schema) -> Config:
    """Return the table with a row for each quote: its fields, their words, and the paragraphs around it."""
    description = "A quote: content, cue, source, speaker, and the paragraphs that hold them."
    return _config(schema.layers["quotes"], description, _CONTEXT, _contexts)


def stances_config(schema: Schema) -> Config:
    """Return the table with a row for each pair of a text and a target, with the stance, its scope and its holder."""
    description = "A pair of a text and a target, with the stance, its scope and its holder."
    return _config(schema.layers["stances"], description, _TEXTS, _stance_texts)


def layer_config(layer: Layer) -> Config:
    """Return the table with a row for each record of any other layer."""
    return _config(layer, f"A record of the layer `{layer.name}`: {layer.title}.", (), lambda rows, mine: [])


def _config(layer: Layer, description: str, extra: Sequence[_Column], values: _Values) -> Config:
    fields = [(field.name, type_of(field)) for field in layer.fields]
    written = {name: about for field in layer.fields for name, about in _written_columns(field).items()}
    labels = {field.name: tuple(label.name for label in field.labels) for field in layer.of_kind("label")}
    kinds = [(name, kind) for name, kind, _ in extra]
    columns = pa.schema([("doc_id", pa.string()), *fields, *((name, pa.string()) for name in written), *kinds])
    about = {"doc_id": "The document.", **written, **{name: words for name, _, words in extra}}
    return Config(layer.name, description, columns, labels, lambda rows: _rows(layer, kinds, values, rows), about)


def _written_columns(field: Field) -> dict[str, str]:
    """Return the columns that write out the records a field refers to, each with its description."""
    if field.kind == "spans":
        return {f"{field.name}_text": f"The words of `{field.name}`, pieces joined by `{GAP}`."}
    if field.refers_to == "mentions" and field.many:
        return {f"{field.name}_text": f"The words of the mentions in `{field.name}`, joined by `; `."}
    if field.refers_to == "entities" and not field.many:
        of = f"of the entity `{field.name}`"
        return {f"{field.name}_name": f"The name {of}.", f"{field.name}_type": f"The type {of}."}
    if field.refers_to == TARGETS and not field.many:
        of = f"of the target `{field.name}`"
        return {f"{field.name}_statement": f"The statement {of}.", f"{field.name}_kind": f"The kind {of}."}
    return {}


def _rows(layer: Layer, kinds: Sequence[tuple[str, pa.DataType]], values: _Values, rows: Rows) -> list[pa.Array]:
    mine = rows.gold[layer.name]
    extra = list(zip(*values(rows, mine), strict=True)) or [()] * len(kinds)
    doc_ids = chain.from_iterable(
        (row.article.doc_id,) * len(records or ()) for row, records in zip(rows.rows, mine.records, strict=True)
    )
    return [
        pa.array(list(doc_ids), pa.string()),
        *mine.columns,
        *(
            array
            for field, column in zip(layer.fields, mine.columns, strict=True)
            for array in _written(field, column, rows, mine)
        ),
        *(pa.array(column, kind) for column, (_, kind) in zip(extra, kinds, strict=True)),
    ]


def _written(field: Field, values: pa.Array, rows: Rows, mine: LayerColumns) -> list[pa.Array]:
    if field.kind == "spans":
        return [_joined(values)]
    if field.refers_to == "mentions" and field.many:
        return [_mention_texts(field, rows, mine)]
    if field.refers_to == "entities" and not field.many:
        known = _entities_of(field, rows, mine)
        return [pa.array([entity.get(key) for entity in known], pa.string()) for key in ("name", "type")]
    if field.refers_to == TARGETS and not field.many:
        targets = [rows.schema.targets.get(record.get(field.name) or "", {}) for record in mine.flat]
        return [pa.array([target.get(key) for target in targets], pa.string()) for key in ("statement", "kind")]
    return []


def _joined(spans: pa.ListArray, gap: str = GAP) -> pa.StringArray:
    """Return the words of each list of spans as one string; null where one is withheld, and for no list."""
    words = pc.struct_field(spans.values, "text")
    mask = spans.is_null() if spans.null_count else None
    return pc.binary_join(pa.ListArray.from_arrays(spans.offsets, words, mask=mask), gap)


def _mention_texts(field: Field, rows: Rows, mine: LayerColumns) -> pa.StringArray:
    """Return the words of the mentions that each record refers to, joined by "; "."""
    layer = rows.schema.layers["mentions"]
    spans = layer.of_kind("spans")[0]
    words = _joined(rows.gold["mentions"].columns[layer.fields.index(spans)])
    places = [
        None if (ids := record.get(field.name)) is None else [places[mention] for mention in ids]
        for records, places in zip(mine.records, rows.first_mentions, strict=True)
        for record in records or ()
    ]
    chosen = words.take(pa.array(list(chain.from_iterable(filter(None, places))), pa.int32()))
    return pc.binary_join(lists(places, chosen), "; ")


def _entities_of(field: Field, rows: Rows, mine: LayerColumns) -> list[Record]:
    found: list[Record] = []
    for records, entities in zip(mine.records, rows.gold["entities"].records, strict=True):
        if records:
            by_id = {entity["id"]: entity for entity in entities or ()}
            found += [by_id.get(record.get(field.name) or "", {}) for record in records]
    return found


def _contexts(rows: Rows, mine: LayerColumns) -> list[tuple[Any, ...]]:
    """Return, for each quote, the lines of the text that hold its content, cue and source, and where they begin."""
    found: list[tuple[Any, ...]] = []
    mentions = rows.gold["mentions"].flat if "mentions" in rows.gold else []
    places = rows.first_mentions if "mentions" in rows.gold else [{}] * len(rows.rows)
    for row, records, place in zip(rows.rows, mine.records, places, strict=True):
        for quote in records or ():
            parts = [
                quote["content"],
                quote.get("cue"),
                *(mentions[place[m]]["spans"] for m in quote.get("source") or ()),
            ]
            found.append(_context(row.text, [part for part in parts if part]))
    return found


def _context(text: str | None, parts: Sequence[list[Record]]) -> tuple[str | None, int | None]:
    if text is None:
        return None, None
    start = text.rfind("\n", 0, min([span["start"] for part in parts for span in part])) + 1
    end = text.find("\n", max([span["end"] for part in parts for span in part]))
    return text[start : end if end >= 0 else None], start


def _stance_texts(rows: Rows, mine: LayerColumns) -> list[tuple[Any, ...]]:
    """Return, for each stance, the title and the text to classify.

    The text is the words of the evidence for a speaker, the title for a headline, else the article. It is null where
    the scope, or the evidence of a speaker, was not annotated.
    """
    layer = rows.schema.layers["stances"]
    has_scope = any(one.name == "scope" for one in layer.fields)
    quotes = rows.gold["quotes"].records if "quotes" in rows.gold else [None] * len(rows.rows)
    found: list[tuple[Any, ...]] = []
    for row, records, said in zip(rows.rows, mine.records, quotes, strict=True):
        title = row.article.record.get("title")
        known = not has_scope or (row.gold is not None and field_done(row.gold.value, layer, "scope"))
        for stance in records or ():
            scope = stance.get("scope")
            text = title if scope == "headline" else _evidence(stance, row, said) if scope == "speaker" else row.text
            found.append((title, text if known else None))
    return found


def _evidence(stance: Record, row: Row, quotes: list[Record] | None) -> str | None:
    if row.text is None or (stance.get("evidence_quotes") is None and stance.get("evidence_spans") is None):
        return None
    wanted = stance.get("evidence_quotes") or ()
    spans: list[Any] = [span for quote in quotes or () if quote["id"] in wanted for span in quote["content"]]
    spans += stance.get("evidence_spans") or ()
    spans.sort(key=lambda span: span["start"])
    return GAP.join([row.text[span["start"] : span["end"]] for span in spans])
