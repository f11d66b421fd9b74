"""The config `entities`: sentences with tokens, IOB2 tags of the named mentions, and entity ids."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ...core.done import field_done, layer_done
from ...core.model import Annotation
from ...core.schema import Schema
from ...core.source_tokens import has_source_tokens
from ...core.tokens import Ints, Tokens, sentences, tokenize
from .config import Config
from .rows import Row, Rows
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


def _entities(shard: Rows) -> list[pa.Array]:
    rows = [row for row in shard.rows if _is_annotated(row)]
    tokens = tokenize([row.text or "" for row in rows])
    begins = tokens.begins.tolist()
    names = tag_names(shard.schema)
    tags, owners, ids = tags_of(rows, tokens, names)
    cuts = [
        (row.article.doc_id, number, begin, start, end, known)
        for row, begin in zip(rows, begins, strict=False)
        for known in (row.gold is not None and knows_names(row.gold, shard.schema),)
        for number, (start, end) in enumerate(sentences(row.text or "", row.article.record["language"][:2]))
    ]
    doc_ids, numbers, offset, starts, ends, tagged = zip(*cuts, strict=True) if cuts else ((),) * 6
    first = np.searchsorted(tokens.starts, np.array(offset, np.int64) + np.array(starts, np.int64))
    bounds = np.append(first, len(tokens.starts))
    in_text = tokens.starts - np.repeat(np.array(offset, np.int64), np.diff(bounds))
    of_names = pa.array(names, pa.string()).take(pa.array(tags)), pa.array(ids, pa.string()).take(pa.array(owners))
    return [
        pa.array(doc_ids, pa.string()),
        *(pa.array(values, pa.int64()) for values in (numbers, starts, ends)),
        *(_lists(bounds, values) for values in (tokens.strings, pa.array(in_text))),
        *(_lists(bounds, values, np.array(tagged, bool)) for values in of_names),
        *(_source_columns(shard, rows, tokens, cuts) if has_source_tokens(shard.schema) else ()),
    ]


def _source_columns(shard: Rows, rows: list[Row], tokens: Tokens, cuts: list[_Cut]) -> list[pa.Array]:
    """Return the columns with the tokens of the source, null where the gold annotation has none."""
    begins = tokens.begins.tolist()[: len(rows)]
    source = SourceTokens(rows, begins)
    names = tag_names(shard.schema)
    tags, _, _ = tags_of(rows, source.tokens, names)
    article_of = np.array([cut[2] for cut in cuts], np.int64)
    bounds = bounds_of(source.tokens.starts, article_of + np.array([cut[3] for cut in cuts], np.int64), article_of)
    has = dict(zip(begins, source.known, strict=True))
    known = np.array([has[cut[2]] for cut in cuts], bool)
    tagged = known & np.array([cut[5] for cut in cuts], bool)
    in_text = source.tokens.starts - np.repeat(article_of, np.diff(bounds))
    return [
        _lists(bounds, source.tokens.strings, known),
        _lists(bounds, pa.array(in_text), known),
        _lists(bounds, pa.array(names, pa.string()).take(pa.array(tags)), tagged),
        _lists(bounds, pa.array(source.numbers), known),
    ]


_Cut = tuple[str, int, int, int, int, bool]
"""A sentence: the id of its article, its number, the begin of the article in the joined texts, its start and end, and
whether the names of the article are known."""


def _lists(bounds: Ints, values: pa.Array, known: npt.NDArray[np.bool_] | None = None) -> pa.ListArray:
    """Return the values between consecutive bounds as lists, null where they are not known."""
    if known is None or known.all():
        return pa.ListArray.from_arrays(pa.array(bounds.astype(np.int32)), values)
    # Parquet has no place for values under a null, so they are removed.
    lengths = np.diff(bounds)
    kept = values.filter(pa.array(np.repeat(known, lengths)))
    offsets = np.append(0, np.cumsum(lengths * known)).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), kept, mask=pa.array(~known))


def _is_annotated(row: Row) -> bool:
    """Return whether the document has a text, and gold entities and mentions."""
    if row.text is None or row.gold is None:
        return False
    return layer_done(row.gold.value, "entities") and layer_done(row.gold.value, "mentions")


def knows_names(annotation: Annotation, schema: Schema) -> bool:
    """Return whether it is known which mentions are names and of what type, so that O means "not in a name"."""
    for layer, name in (("mentions", "form"), ("mentions", "entity"), ("entities", "type")):
        if not any(one.name == name for one in schema.layers[layer].fields):
            return False
        if not field_done(annotation.value, schema.layers[layer], name):
            return False
    return all(mention.get("form") is not None for mention in annotation.layer("mentions"))


def tags_of(rows: list[Row], tokens: Tokens, names: tuple[str, ...]) -> tuple[Ints, Ints, list[str]]:
    """Return a tag for each token, as its place in `names`; the number of its entity; and the entities' ids, from 1.

    The longer of two named mentions that overlap wins, then the first. Since the longer ones come
    first, one that is still free at both of its ends is free in between.
    """
    code = {name[2:]: i for i, name in enumerate(names) if name[:2] == "B-"}
    named: list[tuple[int, int, int, str]] = []
    for row, begin in zip(rows, tokens.begins.tolist(), strict=False):
        assert row.gold is not None
        kinds = {entity["id"]: code.get(str(entity.get("type")), 0) for entity in row.gold.layer("entities")}
        mine = [
            (span["start"] + begin, span["end"] + begin, kinds.get(mention.get("entity"), 0), mention["entity"])
            for mention in row.gold.layer("mentions")
            if mention.get("form") == "NAM" and mention.get("entity")
            for span in mention["spans"]
        ]
        named += sorted(mine, key=lambda item: (item[0] - item[1], item[0]))
    edges = np.array([item[:2] for item in named], np.int64).reshape(-1, 2)
    firsts = np.searchsorted(tokens.ends, edges[:, 0], "right")
    lasts = np.searchsorted(tokens.starts, edges[:, 1])
    taken = bytearray(len(tokens.starts))
    chosen: list[int] = []
    # `ner_tags` has one tag for each token, so names cannot nest in it; nested names are in the config `documents`.
    for i, (first, last) in enumerate(zip(firsts.tolist(), lasts.tolist(), strict=True)):
        if named[i][2] and first < last and not taken[first] and not taken[last - 1]:
            taken[first:last] = b"\1" * (last - first)
            chosen.append(i)
    codes = np.array([named[i][2] for i in chosen], np.int64)
    begin, end = firsts[chosen], lasts[chosen]
    # In `names`, the I- tag of a type follows its B- tag.
    tags = _spread(len(taken), begin, end, codes + 1)
    tags[begin] = codes
    return tags, _spread(len(taken), begin, end, np.arange(1, len(chosen) + 1)), ["", *(named[i][3] for i in chosen)]


def _spread(length: int, begin: Ints, end: Ints, values: Ints) -> Ints:
    """Return an array of `length` zeros, with each value from its begin to its end; none overlaps another."""
    steps = np.zeros(length + 1, np.int64)
    np.add.at(steps, begin, values)
    np.subtract.at(steps, end, values)
    return np.cumsum(steps)[:length]
