"""The configs `quotes`, `stances` and of other layers: a record a row, with what it refers to written out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pyarrow as pa

from ...columns.keys import Mask
from ...columns.parse import Numbers
from ...columns.types import type_of
from ...core.arrays import ranges
from ...core.schema import TARGETS, Field, Layer, Schema
from .columns import ListColumn, index_in, taken
from .config import Config
from .pairs import HEADLINE, SCOPES, SPEAKER, Pairs, has_pairs, pairs_without_stance, quotes_of
from .rows import Rows

GAP = " … "
"""What joins the pieces of a discontinuous span when they are written as one string."""
_Column = tuple[str, pa.DataType, str]
"""A column that is not a field: its name, its type and its description."""
_Values = Callable[[Rows, Layer], list[pa.Array]]
"""Returns these columns, with a value for each record of the layer."""
_NO_PLACES = (np.zeros(0, np.int64),) * 3
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
    """Return the table with a row for each pair of a text and a target, with the stance, its scope and its holder.

    If the schema has a label for it, pairs without a stance have rows, too: see `pairs`.
    """
    layer = schema.layers["stances"]
    description = "A pair of a text and a target, with the stance, its scope and its holder."
    found = _config(layer, description, _TEXTS, _stance_texts)
    label = next((field for field in layer.fields if field.name == "label"), None)
    if label is None or label.absent is None or not has_pairs(schema):
        return found
    labels = {**found.labels, label.name: (*found.labels[label.name], label.absent.name)}
    about = {**found.about, label.name: f"The stance; `{label.absent.name}` for pairs without one."}
    rows = partial(_stances_and_pairs, found.rows, found.columns, layer, label.absent.name)
    return replace(found, labels=labels, about=about, rows=rows)


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
    stances = rows.layer("stances")
    known = stances.has("evidence_quotes") | stances.has("evidence_spans")
    links, spans = stances.refers("evidence_quotes"), stances.spans("evidence_spans")
    found = links.to >= 0
    places = spans.record, spans.start, spans.end
    return _quoted(rows, stances.document, links.record[found], links.to[found], places, known)


def _quoted(
    rows: Rows,
    document: Numbers,
    row: Numbers,
    quote: Numbers,
    more: tuple[Numbers, Numbers, Numbers] = _NO_PLACES,
    known: Mask | None = None,
) -> pa.StringArray:
    """Return the words of some quotes for each row, in the order of the text.

    `document` has the document of each row, `row` and `quote` a quote of a row each. `more` are further places: row,
    start and end in the text, in code points. `known` says which rows have words; the others are null.
    """
    quotes, texts = rows.layer("quotes"), rows.texts
    content = quotes.spans("content")
    order = np.lexsort((quote, row))
    row, quote = row[order], quote[order]
    counts = np.bincount(content.record, minlength=len(quotes))
    chosen = ranges((np.cumsum(counts) - counts)[quote], counts[quote])
    row = np.concatenate((np.repeat(row, counts[quote]), more[0]))
    start = np.concatenate((content.start[chosen], more[1]))
    end = np.concatenate((content.end[chosen], more[2]))
    order = np.lexsort((start, row))
    row, begins = row[order], texts.begins[document[row[order]]]
    words = texts.strings(start[order] + begins, end[order] + begins)
    known = np.ones(len(document), np.bool_) if known is None else known
    return ListColumn(np.bincount(row, minlength=len(document)), known, words).joined(GAP)


def _stances_and_pairs(
    stances: Callable[[Rows], list[pa.Array]], columns: pa.Schema, layer: Layer, label: str, rows: Rows
) -> list[pa.Array]:
    """Return the rows of the stances of gold, and after those of each document its pairs without a stance."""
    made, pairs = stances(rows), pairs_without_stance(rows)
    if not len(pairs.document):
        return made
    records = rows.layer(layer.name)
    gold = rows.of_gold(records)
    own = records.document if gold is None else records.document[gold]
    order = np.argsort(np.concatenate((own, pairs.document)), kind="stable")
    known = _columns_of_pairs(layer, label, rows, pairs)
    return [
        pa.concat_arrays([column, known.get(name, pa.nulls(len(pairs.document), column.type))]).take(pa.array(order))
        for name, column in zip(columns.names, made, strict=True)
    ]


def _columns_of_pairs(layer: Layer, label: str, rows: Rows, pairs: Pairs) -> dict[str, pa.Array]:
    """Return the columns that pairs without a stance have; the others are null."""
    entities, targets = rows.layer("entities"), rows.schema.targets
    title, size = taken(rows.columns.record("title"), pairs.document), len(pairs.document)
    quotes = rows.layer("quotes")
    row, quote = quotes_of(pairs, quotes)
    texts = pa.concat_arrays([rows.text, title, _quoted(rows, pairs.document, row, quote)])
    number = np.arange(size)
    place = np.where(pairs.scope == SPEAKER, len(rows) + size + number, pairs.document)
    place = np.where(pairs.scope == HEADLINE, len(rows) + number, place)
    written = {"statement": [one.get("statement") for one in targets.values()]}
    written["kind"] = [one.get("kind") for one in targets.values()]
    return {
        "doc_id": taken(rows.ids, pairs.document),
        "scope": taken(pa.array(SCOPES, pa.string()), pairs.scope),
        "holder": taken(entities.ids, pairs.holder),
        "holder_name": taken(entities.values("name"), pairs.holder),
        "holder_type": taken(entities.values("type"), pairs.holder),
        "target": taken(pa.array(list(targets), pa.string()), pairs.target),
        **{f"target_{key}": taken(pa.array(of, pa.string()), pairs.target) for key, of in written.items()},
        "label": pa.array([label] * size, pa.string()),
        "title": title,
        "text": taken(texts, place),
    }
