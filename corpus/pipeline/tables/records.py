"""The configs `quotes`, `stances` and of other layers: a record a row, with what it refers to written out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import pyarrow as pa

from ...columns.types import type_of
from ...core.arrays import ranges
from ...core.schema import TARGETS, Field, Layer, Schema
from .columns import ListColumn, index_in, taken
from .config import Config
from .rows import Rows

GAP = " … "
"""What joins the pieces of a discontinuous span when they are written as one string."""
_Column = tuple[str, pa.DataType, str]
"""A column that is not a field: its name, its type and its description."""
_Values = Callable[[Rows, Layer], list[pa.Array]]
"""Returns these columns, with a value for each record of the layer."""
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
    return _config(layer, f"A record of the layer `{layer.name}`: {layer.title}.", (), lambda rows, layer: [])


def _config(layer: Layer, description: str, extra: Sequence[_Column], values: _Values) -> Config:
    fields = [(field.name, type_of(field)) for field in layer.fields]
    written = {name: about for field in layer.fields for name, about in _written_columns(field).items()}
    labels = {field.name: tuple(label.name for label in field.labels) for field in layer.of_kind("label")}
    kinds = [(name, kind) for name, kind, _ in extra]
    columns = pa.schema([("doc_id", pa.string()), *fields, *((name, pa.string()) for name in written), *kinds])
    about = {"doc_id": "The document.", **written, **{name: words for name, _, words in extra}}
    return Config(layer.name, description, columns, labels, partial(_rows, layer, values), about)


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


def _rows(layer: Layer, values: _Values, rows: Rows) -> list[pa.Array]:
    records = rows.layer(layer.name)
    columns = [
        taken(rows.ids, records.document),
        *(rows.values(layer, field) for field in layer.fields),
        *(array for field in layer.fields for array in _written(layer, field, rows)),
        *values(rows, layer),
    ]
    own = rows.of_gold(records)
    return columns if own is None else [column.take(pa.array(own)) for column in columns]


def _written(layer: Layer, field: Field, rows: Rows) -> list[pa.Array]:
    records = rows.layer(layer.name)
    if field.kind == "spans":
        return [rows.words(layer, field).joined(GAP)]
    if field.refers_to == "mentions" and field.many:
        return [_mention_texts(layer, field, rows)]
    if field.refers_to == "entities" and not field.many:
        entities, number = rows.layer("entities"), records.referred(field.name)
        return [taken(entities.values(key), number) for key in ("name", "type")]
    if field.refers_to == TARGETS and not field.many:
        number = index_in(rows.values(layer, field), list(rows.schema.targets))
        targets = rows.schema.targets.values()
        return [
            taken(pa.array([one.get(key) for one in targets], pa.string()), number) for key in ("statement", "kind")
        ]
    return []


def _mention_texts(layer: Layer, field: Field, rows: Rows) -> pa.StringArray:
    """Return the words of the mentions that each record refers to, joined by "; "."""
    mentions = rows.schema.layers["mentions"]
    words = rows.words(mentions, mentions.of_kind("spans")[0]).joined(GAP)
    chosen = taken(words, rows.layer(layer.name).refers(field.name).to)
    return ListColumn.of(rows.values(layer, field)).with_items(chosen).joined("; ")


def _contexts(rows: Rows, layer: Layer) -> list[pa.Array]:
    """Return, for each quote, the lines of the text that hold its content, cue and source, and where they begin."""
    quotes, mentions, texts = rows.layer("quotes"), rows.layer("mentions"), rows.texts
    begins = texts.begins[quotes.document]
    first, last = np.full(len(quotes), np.iinfo(np.int64).max), np.zeros(len(quotes), np.int64)
    places = [(spans.record, spans.start, spans.end) for spans in (quotes.spans("content"), quotes.spans("cue"))]
    sources = quotes.refers("source")
    start, end = mentions.extent("spans")
    known = sources.to >= 0
    of = sources.to[known]
    places.append((sources.record[known], start[of], end[of]))
    for record, start, end in places:
        np.minimum.at(first, record, start)
        np.maximum.at(last, record, end)
    start = np.maximum(texts.line_begin(first + begins), begins)
    end = texts.line_end(last + begins)
    return [texts.strings(start, end), pa.array(start - begins)]


def _stance_texts(rows: Rows, layer: Layer) -> list[pa.Array]:
    """Return, for each stance, the title and the text to classify.

    The text is the words of the evidence for a speaker, the title for a headline, else the article. It is null where
    the scope, or the evidence of a speaker, was not annotated.
    """
    stances = rows.layer("stances")
    title = taken(rows.columns.record("title"), stances.document)
    known = np.ones(len(stances), np.bool_)
    if any(one.name == "scope" for one in layer.fields):
        known = rows.columns.field_done(layer, "scope")[stances.annotation]
    # Each record takes its text from one of three columns, one after another.
    of_speaker, of_title = stances.equals("scope", "speaker"), stances.equals("scope", "headline")
    texts = pa.concat_arrays([rows.text, title, _evidence(rows, layer)])
    number = np.arange(len(stances))
    place = np.where(of_speaker, len(rows) + len(stances) + number, stances.document)
    place = np.where(of_title, len(rows) + number, place)
    return [title, taken(texts, np.where(known, place, -1))]


def _evidence(rows: Rows, layer: Layer) -> pa.StringArray:
    """Return the words of the evidence of each stance in the order of the text, null if none was annotated."""
    stances, quotes, texts = rows.layer("stances"), rows.layer("quotes"), rows.texts
    known = stances.has("evidence_quotes") | stances.has("evidence_spans")
    links, content, spans = stances.refers("evidence_quotes"), quotes.spans("content"), stances.spans("evidence_spans")
    found = links.to >= 0
    record, quote = links.record[found], links.to[found]
    order = np.lexsort((quote, record))
    record, quote = record[order], quote[order]
    counts = np.bincount(content.record, minlength=len(quotes))
    chosen = ranges((np.cumsum(counts) - counts)[quote], counts[quote])
    record = np.concatenate((np.repeat(record, counts[quote]), spans.record))
    start = np.concatenate((content.start[chosen], spans.start))
    end = np.concatenate((content.end[chosen], spans.end))
    order = np.lexsort((start, record))
    record, begins = record[order], texts.begins[stances.document[record[order]]]
    words = texts.strings(start[order] + begins, end[order] + begins)
    return ListColumn(np.bincount(record, minlength=len(stances)), known, words).joined(GAP)
