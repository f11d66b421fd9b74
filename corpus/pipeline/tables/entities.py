"""The config `entities`: sentences with tokens, IOB2 tags of the named mentions, and entity ids."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ...core.schema import Schema
from ...core.source_tokens import has_source_tokens
from ...core.tokens import Ints, Tokens, sentences, tokenize
from .config import Config
from .rows import Row, Rows, looked
from .source_tokens import COLUMNS, SourceTokens, bounds_of


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
    )


def tag_names(schema: Schema) -> tuple[str, ...]:
    """Return the tags, in the order of the types of entities."""
    return ("O", *(f"{prefix}-{label.name}" for label in schema.labels("entities", "type") for prefix in "BI"))


def _entities(shard: Rows) -> list[pa.Array]:
    rows = [row for row in shard.rows if _is_tagged(row)]
    tokens = tokenize([row.text or "" for row in rows])
    begins = tokens.begins.tolist()
    names = tag_names(shard.schema)
    tags, owners, ids = tags_of(rows, tokens, names)
    cuts = [
        (row.article.doc_id, number, begin, start, end)
        for row, begin in zip(rows, begins, strict=False)
        for number, (start, end) in enumerate(sentences(row.text or "", row.article.record["language"][:2]))
    ]
    doc_ids, numbers, offset, starts, ends = zip(*cuts, strict=True) if cuts else ((),) * 5
    first = np.searchsorted(tokens.starts, np.array(offset, np.int64) + np.array(starts, np.int64))
    bounds = np.append(first, len(tokens.starts))
    offsets = pa.array(bounds.astype(np.int32))
    in_text = tokens.starts - np.repeat(np.array(offset, np.int64), np.diff(bounds))
    per_token = [
        tokens.strings,
        pa.array(in_text),
        pa.array(names, pa.string()).take(pa.array(tags)),
        pa.array(ids, pa.string()).take(pa.array(owners)),
    ]
    return [
        pa.array(doc_ids, pa.string()),
        *(pa.array(values, pa.int64()) for values in (numbers, starts, ends)),
        *(pa.ListArray.from_arrays(offsets, values) for values in per_token),
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
    lacking = dict(zip(begins, source.lacking, strict=True))
    mask = pa.array([lacking[begin] for begin in article_of.tolist()], pa.bool_())
    per_token = [
        source.tokens.strings,
        pa.array(source.tokens.starts - np.repeat(article_of, np.diff(bounds))),
        pa.array(names, pa.string()).take(pa.array(tags)),
        pa.array(source.numbers),
    ]
    offsets = pa.array(bounds.astype(np.int32))
    return [pa.ListArray.from_arrays(offsets, values, mask=mask) for values in per_token]


_Cut = tuple[str, int, int, int, int]
"""A sentence: the id of its article, its number, the begin of the article in the joined texts, its start and end."""


def _is_tagged(row: Row) -> bool:
    """Return whether a token without a tag is known to be outside of all names."""
    return (
        row.text is not None and row.gold is not None and looked(row.gold, "entities") and looked(row.gold, "mentions")
    )


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
