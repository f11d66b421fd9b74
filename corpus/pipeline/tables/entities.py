"""The config `entities`: sentences with tokens, IOB2 tags of the named mentions, and entity ids."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ...core.arrays import ranges
from ...core.done import field_done
from ...core.model import Annotation
from ...core.schema import Schema
from ...core.source_tokens import SENTENCES, has_source_tokens
from ...core.tokens import Ints, Tokens, sentences_in
from .columns import index_in, placed, taken
from .config import Config
from .rows import Rows
from .source_tokens import COLUMNS, SourceTokens, bounds_of

_ABOUT = {
    "doc_id": "The document.",
    "sentence": "The number of the sentence in the article, from 0.",
    "start": "Where the sentence begins in the text, in code points.",
    "end": "Where it ends, in code points.",
    "tokens": "The tokens: words, and single other characters (`\\w+|[^\\w\\s]`).",
    "token_starts": "Where each token begins in the text, in code points.",
    "ner_tags": "The IOB2 tag of each token, of the outermost names; null if names were not annotated.",
    "entity_ids": "The id of the entity that each token names, empty outside of names.",
    "source_tokens": "The tokens of the file that the article was imported from.",
    "source_token_starts": "Where each of them begins in the text, in code points.",
    "source_ner_tags": "The IOB2 tag of each of them.",
    "source_sentences": "The number in the article of the source's sentence that each is in, from 0.",
}


def entities_config(schema: Schema) -> Config:
    """Return the table with a row for each sentence of an article with a text and gold entities and mentions."""
    columns = [("doc_id", pa.string()), ("sentence", pa.int64()), ("start", pa.int64()), ("end", pa.int64())]
    lists = [
        ("tokens", pa.string()),
        ("token_starts", pa.int64()),
        ("ner_tags", pa.string()),
        ("entity_ids", pa.string()),
    ]
    labels = {"ner_tags": tag_names(schema)}
    if has_source_tokens(schema):
        lists += COLUMNS
        labels["source_ner_tags"] = tag_names(schema)
    return Config(
        "entities",
        "A sentence: tokens, IOB2 tags of the outermost named mentions, ids of their entities.",
        pa.schema([*columns, *((name, pa.list_(kind)) for name, kind in lists)]),
        labels,
        _entities,
        _ABOUT,
    )


def tag_names(schema: Schema) -> tuple[str, ...]:
    """Return the tags, in the order of the types of entities."""
    return ("O", *(f"{prefix}-{label.name}" for label in schema.labels("entities", "type") for prefix in "BI"))


def _entities(rows: Rows) -> list[pa.Array]:
    columns, texts, schema = rows.columns, rows.texts, rows.schema
    done = columns.done("entities") & columns.done("mentions") & columns.gold
    annotated = columns.flag(columns.document[done])
    tokens = texts.tokens
    if not annotated.all():
        tokens = _some(tokens, annotated[texts.document(tokens.starts)])
    cuts = _sentences(rows, np.flatnonzero(annotated))
    begins = texts.begins[cuts.document]
    tagged = _names_known(rows)[rows.gold[cuts.document]]
    bounds = np.append(np.searchsorted(tokens.starts, cuts.start), len(tokens.starts))
    in_text = tokens.starts - np.repeat(begins, np.diff(bounds))
    return [
        taken(rows.ids, cuts.document),
        *(pa.array(values) for values in (cuts.number, cuts.start - begins, cuts.end - begins)),
        *(_lists(bounds, values) for values in (tokens.strings, pa.array(in_text))),
        *(_lists(bounds, values, tagged) for values in _tags(rows, tokens)),
        *(_source_columns(rows, annotated, cuts, tagged) if has_source_tokens(schema) else ()),
    ]


class _Sentences(NamedTuple):
    """Sentences: the document of each, its number there, and its start and end in the joined texts."""

    document: Ints
    number: Ints
    start: Ints
    end: Ints


def _sentences(rows: Rows, documents: Ints) -> _Sentences:
    languages, texts = rows.columns.record("language").to_pylist(), rows.texts
    chosen = documents.tolist()
    counts, start, end = sentences_in(
        [texts.listed[i] for i in chosen],
        [languages[i][:2] for i in chosen],
        texts.begins[documents],
        texts.filled,
    )
    return _Sentences(np.repeat(documents, counts), ranges(np.zeros(len(counts), np.int64), counts), start, end)


def _some(tokens: Tokens, chosen: npt.NDArray[np.bool_]) -> Tokens:
    return Tokens(tokens.starts[chosen], tokens.ends[chosen], tokens.strings.filter(pa.array(chosen)), tokens.begins)


def _source_columns(
    rows: Rows, annotated: npt.NDArray[np.bool_], cuts: _Sentences, tagged: npt.NDArray[np.bool_]
) -> list[pa.Array]:
    """Return the columns with the tokens of the source, null where the gold annotation has none."""
    source = SourceTokens(rows, annotated)
    known = rows.columns.done(SENTENCES)[rows.gold[cuts.document]]
    article_of = rows.texts.begins[cuts.document]
    bounds = bounds_of(source.tokens.starts, cuts.start, article_of)
    in_text = source.tokens.starts - np.repeat(article_of, np.diff(bounds))
    tags, _ = _tags(rows, source.tokens)
    return [
        _lists(bounds, source.tokens.strings, known),
        _lists(bounds, pa.array(in_text), known),
        _lists(bounds, tags, known & tagged),
        _lists(bounds, pa.array(source.numbers), known),
    ]


def _lists(bounds: Ints, values: pa.Array, known: npt.NDArray[np.bool_] | None = None) -> pa.ListArray:
    """Return the values between consecutive bounds as lists, null where they are not known."""
    if known is None or known.all():
        return pa.ListArray.from_arrays(pa.array(bounds.astype(np.int32)), values)
    # Parquet has no place for values under a null, so they are removed.
    lengths = np.diff(bounds)
    kept = values.filter(pa.array(np.repeat(known, lengths)))
    offsets = np.append(0, np.cumsum(lengths * known)).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), kept, mask=pa.array(~known))


_NAMES = (("mentions", "form"), ("mentions", "entity"), ("entities", "type"))
"""The fields that say which mentions are names and of what type, so that O means "not in a name"."""


def knows_names(annotation: Annotation, schema: Schema) -> bool:
    """Return whether it is known which mentions are names and of what type."""
    for layer, name in _NAMES:
        if not any(one.name == name for one in schema.layers[layer].fields):
            return False
        if not field_done(annotation.value, schema.layers[layer], name):
            return False
    return all(mention.get("form") is not None for mention in annotation.layer("mentions"))


def _names_known(rows: Rows) -> npt.NDArray[np.bool_]:
    """Return for each annotation what `knows_names` says."""
    columns, layers = rows.columns, rows.schema.layers
    known = np.ones(len(columns.document), np.bool_)
    for layer, name in _NAMES:
        has = any(one.name == name for one in layers[layer].fields)
        known &= columns.field_done(layers[layer], name) if has else False
    mentions = rows.layer("mentions")
    known[mentions.annotation[~mentions.has("form")]] = False
    return known


def _tags(rows: Rows, tokens: Tokens) -> tuple[pa.StringArray, pa.StringArray]:
    """Return the tag of each token, and the id of its entity, "" outside of names."""
    mentions, entities, names = rows.layer("mentions"), rows.layer("entities"), tag_names(rows.schema)
    entity = mentions.referred("entity")
    named = mentions.equals("form", "NAM") & (entity >= 0) & rows.columns.gold[mentions.annotation]
    spans = mentions.spans("spans")
    chosen = np.flatnonzero(named[spans.record])
    owner = entity[spans.record[chosen]]
    # In `tag_names`, "O" comes first, then B- and I- of each type.
    types = 1 + 2 * index_in(entities.values("type"), [name[2:] for name in names[1::2]])
    begins = rows.texts.begins[spans.document[chosen]]
    tags, number = tag_tokens(tokens, spans.start[chosen] + begins, spans.end[chosen] + begins, types[owner])
    ids = pa.concat_arrays([pa.array([""], pa.string()), taken(entities.ids, owner)])
    # Most tokens are in no name, and what is the same for all of these need not be looked up for each.
    places = np.flatnonzero(tags > 0)
    of_names = pa.array(names, pa.string()).take(pa.array(tags[places])), ids.take(pa.array(number[places]))
    return placed(of_names[0], places, len(tags), "O"), placed(of_names[1], places, len(tags), "")


def tags_of(annotation: Annotation, tokens: Tokens, schema: Schema) -> tuple[list[str], list[str]]:
    """Return the tag of each token of one text, and the id of its entity, "" outside of names."""
    names = tag_names(schema)
    code = {name[2:]: i for i, name in enumerate(names) if name[:2] == "B-"}
    kinds = {entity["id"]: code.get(str(entity.get("type")), -1) for entity in annotation.layer("entities")}
    named = [
        (span["start"], span["end"], kinds.get(mention["entity"], -1), mention["entity"])
        for mention in annotation.layer("mentions")
        if mention.get("form") == "NAM" and mention.get("entity")
        for span in mention["spans"]
    ]
    start, end, codes = (np.array([one[i] for one in named], np.int64) for i in range(3))
    tags, number = tag_tokens(tokens, start, end, codes)
    ids = ["", *(one[3] for one in named)]
    return [names[tag] for tag in tags.tolist()], [ids[i] for i in number.tolist()]


def tag_tokens(tokens: Tokens, start: Ints, end: Ints, codes: Ints) -> tuple[Ints, Ints]:
    """Return the tag of each token as its place in `tag_names`, and the number of its name, from 1; 0 outside of names.

    `start` and `end` are the spans of names in the joined texts, `codes` the place of the B- tag of each, less than 1
    for a name that has no tag. The longer of two names that overlap wins, then the first.
    """
    first = np.searchsorted(tokens.ends, start, "right")
    last = np.searchsorted(tokens.starts, end)
    tagged = np.flatnonzero((codes > 0) & (first < last))
    # `ner_tags` has one tag for each token, so names cannot nest in it; nested names are in the config `documents`.
    if len(tagged) and _overlap(first[tagged], last[tagged]):
        tagged = tagged[np.lexsort((start[tagged], start[tagged] - end[tagged]))]
        tagged = tagged[_free(first[tagged].tolist(), last[tagged].tolist(), len(tokens.starts))]
    begin, end = first[tagged], last[tagged]
    # In `tag_names`, the I- tag of a type follows its B- tag.
    tags = _spread(len(tokens.starts), begin, end, codes[tagged] + 1)
    tags[begin] = codes[tagged]
    return tags, _spread(len(tokens.starts), begin, end, tagged + 1)


def _overlap(first: Ints, last: Ints) -> bool:
    order = np.argsort(first)
    return bool((np.maximum.accumulate(last[order])[:-1] > first[order][1:]).any())


def _free(first: list[int], last: list[int], size: int) -> list[int]:
    """Return the numbers of the ranges of tokens that none before them took.

    Since the longer ones come first, one that is still free at both of its ends is free in between.
    """
    taken_, found = bytearray(size), []
    for i, (begin, end) in enumerate(zip(first, last, strict=True)):
        if not taken_[begin] and not taken_[end - 1]:
            taken_[begin:end] = b"\1" * (end - begin)
            found.append(i)
    return found


def _spread(length: int, begin: Ints, end: Ints, values: Ints) -> Ints:
    """Return an array of `length` zeros, with each value from its begin to its end; none overlaps another."""
    found = np.zeros(length, np.int64)
    found[ranges(begin, end - begin)] = np.repeat(values, end - begin)
    return found
