"""Documents → Arrow tables, with columns derived from the Schema.

| config | a row | columns |
|---|---|---|
| documents | an article | the record's fields, the text, every layer of the gold annotation, nested |
| annotations | one annotator's view of an article | the text and every layer, nested |
| entities | a sentence | tokens, IOB2 tags of the named mentions, entity ids |
| quotes, stances | a record of that layer | its fields, and what they refer to written out |

Columns are built from flat lists, one for each field, and never from nested Python objects, which
is what makes compiling as fast as reading. A layer nobody looked at is null, one in which nothing
was found is empty. Labels are strings; the card tells `datasets` their names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Any

import numpy as np
import pyarrow as pa

from .model import Annotation, Article, Record
from .schema import TARGETS, Field, Layer, Schema
from .tokens import sentences, tokenize

GAP = " … "
"""What joins the pieces of a discontinuous span when they are written as one string."""

SPAN = pa.struct([("start", pa.int64()), ("end", pa.int64()), ("text", pa.string())])
_SCALARS = {"string": pa.string(), "integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_()}
_PROVENANCE = ("tool", "tool_version", "created", "updated", "lead_time", "from_prediction", "machine", "note")

Batches = dict[str, pa.RecordBatch]
Labels = dict[str, tuple[str, ...]]
"""Names of the labels of a column, by its dotted path."""


@dataclass(slots=True)
class Row:
    """An article with what was said of it; `text` is None where it is withheld."""

    article: Article
    text: str | None
    gold: Annotation | None
    others: list[Annotation]


@dataclass(frozen=True, slots=True)
class Config:
    """A table of a release: its columns, the names of its labels, and how rows become columns."""

    name: str
    description: str
    columns: pa.Schema
    labels: Labels
    rows: Callable[[list[Row], Schema], list[pa.Array]]


@lru_cache(maxsize=4)
def configs(schema: Schema) -> tuple[Config, ...]:
    """The configs that this schema gives, the default one first."""
    layers = [(layer.name, _layer_type(layer)) for layer in schema.layers.values()]
    nested = {
        f"{layer.name}.{field.name}": tuple(label.name for label in field.labels)
        for layer in schema.layers.values()
        for field in layer.of_kind("label")
    }
    record = [(field.name, _type(field)) for field in schema.article_fields]
    of_record = {f.name: tuple(label.name for label in f.labels) for f in schema.article_fields if f.labels}
    done = ("layers_done", pa.list_(pa.string()))
    provenance = ("provenance", pa.struct([(name, _provenance_type(schema, name)) for name in _PROVENANCE]))
    found = [
        Config(
            "documents",
            "An article with its adjudicated annotation, nested.",
            pa.schema([*record, ("text", pa.string()), done, *layers]),
            of_record | nested,
            _documents,
        ),
        Config(
            "annotations",
            "One annotator's view of one article, nested.",
            pa.schema([*(("doc_id", pa.string()), ("annotator", pa.string()), ("text", pa.string())), done, provenance, *layers]),
            nested,
            _annotations,
        ),
    ]
    if {"entities", "mentions"} <= schema.layers.keys():
        tags = tuple(f"{p}-{label.name}" for label in schema.labels("entities", "type") for p in "BI")
        columns = [("doc_id", pa.string()), ("sentence", pa.int64()), ("start", pa.int64()), ("end", pa.int64())]
        lists = [("tokens", pa.string()), ("token_starts", pa.int64()), ("ner_tags", pa.string()), ("entity_ids", pa.string())]
        found.append(
            Config(
                "entities",
                "A sentence: tokens, IOB2 tags of the outermost named mentions, ids of their entities.",
                pa.schema([*columns, *((name, pa.list_(kind)) for name, kind in lists)]),
                {"ner_tags": ("O", *tags)},
                _entities,
            )
        )
    for name, description in (
        ("quotes", "A quote: content, cue, source, speaker, and the paragraphs they stand in."),
        ("stances", "A pair of a text and a target, with the stance, its scope and its holder."),
    ):
        if name in schema.layers:
            found.append(_flat_config(schema.layers[name], description))
    return tuple(found)


def build(rows: list[Row], schema: Schema) -> Batches:
    """The rows of every config as one batch each, in the order of the documents."""
    return {
        config.name: pa.RecordBatch.from_arrays(config.rows(rows, schema), schema=config.columns)
        for config in configs(schema)
    }


def _documents(rows: list[Row], schema: Schema) -> list[pa.Array]:
    record = [_column(field, [row.article.record for row in rows]) for field in schema.article_fields]
    text = pa.array([row.text for row in rows], pa.string())
    return [*record, text, *_layers([row.gold for row in rows], [row.text for row in rows], schema)]


def _annotations(rows: list[Row], schema: Schema) -> list[pa.Array]:
    pairs = [(row, annotation) for row in rows for annotation in row.others]
    texts = [row.text for row, _ in pairs]
    done, *layers = _layers([annotation for _, annotation in pairs], texts, schema)
    provenance = [annotation.value.get("provenance") or {} for _, annotation in pairs]
    return [
        pa.array([row.article.doc_id for row, _ in pairs], pa.string()),
        pa.array([annotation.annotator for _, annotation in pairs], pa.string()),
        pa.array(texts, pa.string()),
        done,
        pa.StructArray.from_arrays(
            [pa.array([p.get(name) for p in provenance], _provenance_type(schema, name)) for name in _PROVENANCE],
            list(_PROVENANCE),
        ),
        *layers,
    ]


def _layers(annotations: list[Annotation | None], texts: list[str | None], schema: Schema) -> list[pa.Array]:
    """`layers_done` and the column of each layer."""
    done = [None if a is None else a.value.get("layers_done", []) for a in annotations]
    columns = [pa.array(done, pa.list_(pa.string()))]
    for layer in schema.layers.values():
        looked = [
            _with_text(a.layer(layer.name), layer, text) if a is not None and layer.name in (names or ()) else None
            for a, names, text in zip(annotations, done, texts, strict=True)
        ]
        flat = [record for records in looked if records for record in records]
        struct = pa.StructArray.from_arrays(
            [_column(field, flat) for field in layer.fields], [field.name for field in layer.fields]
        )
        columns.append(_list(looked, struct))
    return columns


def _entities(rows: list[Row], schema: Schema) -> list[pa.Array]:
    rows = [row for row in rows if row.text is not None and row.gold is not None]
    names = np.array(["O", *(f"{p}-{label.name}" for label in schema.labels("entities", "type") for p in "BI")], object)
    code = {label.name: 1 + 2 * i for i, label in enumerate(schema.labels("entities", "type"))}
    tokens = tokenize([row.text or "" for row in rows])
    tags, owners = np.zeros(len(tokens.starts), np.int32), np.zeros(len(tokens.starts), np.int32)
    ids, doc_ids, numbers, cuts = [""], [], [], []
    for row, begin in zip(rows, tokens.begins.tolist(), strict=False):
        _tag(row, begin, tokens, tags, owners, ids, code)
        found = sentences(row.text or "", row.article.record["language"][:2])
        doc_ids += [row.article.doc_id] * len(found)
        numbers += range(len(found))
        cuts += [(begin, start, end) for start, end in found]
    bounds = np.array(cuts, np.int64).reshape(-1, 3)
    first = np.searchsorted(tokens.starts, bounds[:, 0] + bounds[:, 1])
    offsets = pa.array(np.append(first, len(tokens.starts)).astype(np.int32))
    begins = np.repeat(bounds[:, 0], np.diff(np.append(first, len(tokens.starts))))

    def per_token(values: pa.Array) -> pa.Array:
        return pa.ListArray.from_arrays(offsets, values)

    return [
        pa.array(doc_ids, pa.string()),
        pa.array(numbers, pa.int64()),
        pa.array(bounds[:, 1]),
        pa.array(bounds[:, 2]),
        per_token(tokens.strings),
        per_token(pa.array(tokens.starts - begins)),
        per_token(pa.DictionaryArray.from_arrays(pa.array(tags), pa.array(names, pa.string())).cast(pa.string())),
        per_token(pa.DictionaryArray.from_arrays(pa.array(owners), pa.array(ids, pa.string())).cast(pa.string())),
    ]


def _tag(row: Row, begin: int, tokens: Any, tags: Any, owners: Any, ids: list[str], code: dict[str, int]) -> None:
    """Write the tags of a document's named mentions; the longer of two that overlap wins, then the first."""
    assert row.gold is not None
    kinds = {entity["id"]: entity.get("type") for entity in row.gold.layer("entities")}
    named = [
        (span["start"], span["end"], mention.get("entity"))
        for mention in row.gold.layer("mentions")
        if mention.get("form") == "NAM"
        for span in mention["spans"]
    ]
    if not named:
        return
    named.sort(key=lambda item: (item[0] - item[1], item[0]))
    edges = np.array([item[:2] for item in named], np.int64) + begin
    firsts = np.searchsorted(tokens.ends, edges[:, 0], "right").tolist()
    lasts = np.searchsorted(tokens.starts, edges[:, 1]).tolist()
    for first, last, (_, _, entity) in zip(firsts, lasts, named, strict=True):
        tag = code.get(kinds.get(entity) or "")
        if tag and first < last and not tags[first:last].any():
            tags[first] = tag
            tags[first + 1 : last] = tag + 1
            owners[first:last] = len(ids)
            ids.append(entity)


def _flat_config(layer: Layer, description: str) -> Config:
    expanded = [(name, kind) for field in layer.fields for name, kind in _expansions(field)]
    extra = [("context", pa.string()), ("context_start", pa.int64())]
    if layer.name == "stances":
        extra = [("title", pa.string()), ("text", pa.string())]
    fields = [(field.name, _type(field)) for field in layer.fields]
    labels = {field.name: tuple(label.name for label in field.labels) for field in layer.of_kind("label")}

    def rows(rows: list[Row], schema: Schema) -> list[pa.Array]:
        return _flat(layer, [row for row in rows if row.gold is not None], schema)

    return Config(layer.name, description, pa.schema([("doc_id", pa.string()), *fields, *expanded, *extra]), labels, rows)


def _expansions(field: Field) -> list[tuple[str, pa.DataType]]:
    """The columns that write out what a field points at."""
    if field.kind == "spans" or field.refers_to == "mentions":
        return [(f"{field.name}_text", pa.string())]
    if field.refers_to == "entities" and not field.many:
        return [(f"{field.name}_name", pa.string()), (f"{field.name}_type", pa.string())]
    if field.refers_to == TARGETS and not field.many:
        return [(f"{field.name}_statement", pa.string()), (f"{field.name}_kind", pa.string())]
    return []


def _flat(layer: Layer, rows: list[Row], schema: Schema) -> list[pa.Array]:
    flat: list[Record] = []
    owners: list[Row] = []
    out: dict[str, list[Any]] = {name: [] for field in layer.fields for name, _ in _expansions(field)}
    first: list[str | None] = []
    second: list[Any] = []
    special = _stance_text if layer.name == "stances" else _context
    for row in rows:
        assert row.gold is not None
        records = _with_text(row.gold.layer(layer.name), layer, row.text)
        if not records:
            continue
        entities = {entity["id"]: entity for entity in row.gold.layer("entities")}
        mentions = {mention["id"]: mention for mention in row.gold.layer("mentions")}
        for field in layer.fields:
            _expand(field, records, row, entities, mentions, schema, out)
        for record in records:
            one, other = special(record, row, mentions)
            first.append(one)
            second.append(other)
        flat += records
        owners += [row] * len(records)
    return [
        pa.array([row.article.doc_id for row in owners], pa.string()),
        *(_column(field, flat) for field in layer.fields),
        *(pa.array(values, pa.string()) for values in out.values()),
        pa.array(first, pa.string()),
        pa.array(second, pa.string() if layer.name == "stances" else pa.int64()),
    ]


def _expand(
    field: Field,
    records: list[Record],
    row: Row,
    entities: dict[str, Record],
    mentions: dict[str, Record],
    schema: Schema,
    out: dict[str, list[Any]],
) -> None:
    name = field.name
    if field.kind == "spans":
        out[f"{name}_text"] += [_words(record.get(name), row.text) for record in records]
    elif field.refers_to == "mentions":
        for record in records:
            ids = record.get(name) or () if field.many else filter(None, (record.get(name),))
            texts = [_words(mentions[mention]["spans"], row.text) for mention in ids]
            out[f"{name}_text"].append(None if None in texts else "; ".join(map(str, texts)))
    elif field.refers_to == "entities" and not field.many:
        known = [entities.get(record.get(name) or "", {}) for record in records]
        out[f"{name}_name"] += [entity.get("name") for entity in known]
        out[f"{name}_type"] += [entity.get("type") for entity in known]
    elif field.refers_to == TARGETS and not field.many:
        targets = [schema.targets.get(record.get(name) or "", {}) for record in records]
        out[f"{name}_statement"] += [target.get("statement") for target in targets]
        out[f"{name}_kind"] += [target.get("kind") for target in targets]


def _context(quote: Record, row: Row, mentions: dict[str, Record]) -> tuple[str | None, int | None]:
    """The lines of the text that hold a quote's content, cue and source, and where they begin."""
    if row.text is None:
        return None, None
    spans = [*quote["content"], *(quote.get("cue") or ())]
    spans += [span for mention in quote.get("source") or () for span in mentions[mention]["spans"]]
    start = row.text.rfind("\n", 0, min(span["start"] for span in spans)) + 1
    end = row.text.find("\n", max(span["end"] for span in spans))
    return row.text[start : end if end >= 0 else None], start


def _stance_text(stance: Record, row: Row, mentions: dict[str, Record]) -> tuple[str | None, str | None]:
    """Title and text to classify: the words of the evidence for a speaker, the title for a headline, else the text."""
    title = row.article.record.get("title")
    if stance.get("scope") == "headline":
        return title, title
    if stance.get("scope") != "speaker" or row.text is None or row.gold is None:
        return title, row.text
    wanted = set(stance.get("evidence_quotes") or ())
    spans = [s for quote in row.gold.layer("quotes") if quote["id"] in wanted for s in quote["content"]]
    spans += stance.get("evidence_spans") or []
    return title, _words(sorted(spans, key=lambda span: span["start"]), row.text)


def _words(spans: Iterable[Record] | None, text: str | None) -> str | None:
    """The words of the spans as one string; None where the text is withheld."""
    if text is None:
        return None
    return GAP.join([text[span["start"] : span["end"]] for span in spans or ()])


def _with_text(records: list[Record], layer: Layer, text: str | None) -> list[Record]:
    """The records with the words of each span written in, where the text is here and they lack them."""
    names = [field.name for field in layer.of_kind("spans")]
    if text is None or not any("text" not in span for r in records for n in names for span in r.get(n) or ()):
        return records
    return [
        record
        | {n: [span | {"text": text[span["start"] : span["end"]]} for span in record.get(n) or ()] for n in names}
        for record in records
    ]


def _column(field: Field, records: list[Record]) -> pa.Array:
    values = [record[field.name] for record in records] if field.required else [record.get(field.name) for record in records]
    if field.kind == "spans":
        flat = [span for spans in values if spans for span in spans]
        words = [span.get("text") for span in flat]
        return _list(values, _span_array([s["start"] for s in flat], [s["end"] for s in flat], words))
    if field.many:
        return _list(values, pa.array([item for items in values if items for item in items], _SCALARS[field.json_type]))
    return pa.array(values, _SCALARS[field.json_type])


def _span_array(starts: list[int], ends: list[int], words: list[str | None]) -> pa.StructArray:
    arrays = [pa.array(starts, pa.int64()), pa.array(ends, pa.int64()), pa.array(words, pa.string())]
    return pa.StructArray.from_arrays(arrays, fields=list(SPAN))


def _list(values: list[Any], flat: pa.Array) -> pa.ListArray:
    """A column of lists, null where a value is None, over the items laid end to end."""
    offsets = pa.array([0, *accumulate(0 if value is None else len(value) for value in values)], pa.int32())
    mask = pa.array([value is None for value in values]) if None in values else None
    return pa.ListArray.from_arrays(offsets, flat, mask=mask)


def _type(field: Field) -> pa.DataType:
    if field.kind == "spans":
        return pa.list_(SPAN)
    return pa.list_(_SCALARS[field.json_type]) if field.many else _SCALARS[field.json_type]


def _layer_type(layer: Layer) -> pa.DataType:
    return pa.list_(pa.struct([(field.name, _type(field)) for field in layer.fields]))


def _provenance_type(schema: Schema, name: str) -> pa.DataType:
    written = schema.annotation["properties"].get("provenance", {}).get("properties", {}).get(name, {})
    return _SCALARS.get(written.get("type", "string"), pa.string())
