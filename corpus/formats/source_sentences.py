"""The sentences and tokens of a source: the layer that keeps them, and its records.

A release cuts every text into tokens and sentences of its own. Scores that were published count those of the source,
so a reader of a format that has tokens puts them into a layer `sentences`, a record for each sentence with its tokens
as spans. The config `entities` has them in columns of their own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pyarrow as pa

from ..core.model import Annotation, Record
from ..core.schema import Schema
from ..core.source_tokens import SENTENCES, has_source_tokens
from ..core.tokens import Tokens, sentences, tokenize
from ..files.index import MAX_BYTES
from .documents import LeftOut, Options, spans_of
from .importing import edit_schema, schema_of

_SPANS = {"$ref": "#/$defs/spans", "minItems": 1}
_LAYER = {
    "title": "Sentences",
    "description": "The sentences and tokens of the files that the corpus was imported from.",
    "type": "array",
    "items": {
        "type": "object",
        "additionalProperties": False,
        "required": ["id", "spans", "tokens"],
        "properties": {
            "id": {"$ref": "#/$defs/id"},
            "spans": {"title": "Sentence", "description": "The words of the sentence.", **_SPANS},
            "tokens": {"title": "Tokens", "description": "The tokens of the sentence, in their order.", **_SPANS},
            "source_id": {"title": "Id in the source", "description": "The id in the source.", "type": "string"},
        },
    },
}
_SIZE = 72
"""Bytes that a token takes in an annotation beside its words, at most."""
_MOST_BYTES = MAX_BYTES * 3 // 4
TOO_LARGE = "the file of its annotation would be larger than the 16 MiB that are read"
NO_LAYER = "the schema has no layer `sentences` with spans `tokens`"


def schema_with_sentences(options: Options) -> Schema:
    """Return the schema for the new corpus, with a layer for the sentences; a schema that the user named stays."""
    schema = schema_of(options)
    if options.schema is not None or SENTENCES in schema.layers:
        return schema
    written = json.loads(json.dumps(schema.annotation))
    edit_schema(written, (), [(f"/properties/{SENTENCES}", _LAYER)], "the import")
    return Schema(written, schema.article, schema.registry)


def sentence_records(
    text: str, tokens: list[tuple[int, int]], begins: Mapping[int, str], schema: Schema, left: LeftOut
) -> dict[str, list[Record]]:
    """Return the layer of sentences, from (start, end) of each token, and the id of each sentence by its first token.

    Returns {} if the schema has no such layer, and counts what is dropped in `left`.
    """
    if not has_source_tokens(schema):
        left["sentences and tokens of the source", NO_LAYER] += len(begins)
        return {}
    if sum(_SIZE + len(text[start:end].encode()) for start, end in tokens) > _MOST_BYTES:
        left["sentences and tokens of a document", TOO_LARGE] += 1
        return {}
    with_ids = any(one.name == "source_id" for one in schema.layers[SENTENCES].fields)
    bounds = [*sorted(begins), len(tokens)]
    records: list[Record] = []
    for first, last in pairwise(bounds):
        record: Record = {
            "id": f"s{len(records) + 1}",
            "spans": spans_of(text, [(tokens[first][0], tokens[last - 1][1])]),
            "tokens": spans_of(text, tokens[first:last]),
        }
        if with_ids and begins[first]:
            record["source_id"] = begins[first]
        records.append(record)
    return {SENTENCES: records}


class Words:
    """The tokens of a text, and the sentence of each: those of the source if the annotation has them, else our own."""

    def __init__(self, text: str, annotation: Annotation, schema: Schema, language: str) -> None:
        found = _of_source(text, annotation, schema)
        self.of_source = found is not None
        self.ids: list[str] = []
        """The ids that the sentences have in the source, "" without one; empty for our own sentences."""
        if found is not None:
            self.pairs, self.begins, self.ids = found
            return
        tokens = tokenize([text])
        self.pairs = list(zip(tokens.starts.tolist(), tokens.ends.tolist(), strict=True))
        starts = {start for start, _ in sentences(text, language[:2])}
        self.begins = sorted({0} | {i for i, (start, _) in enumerate(self.pairs) if start in starts})

    def columns(self) -> Tokens:
        """Return the tokens in columns, without their strings."""
        edges = np.array(self.pairs, np.int64).reshape(-1, 2)
        return Tokens(edges[:, 0], edges[:, 1], pa.array([], pa.string()), np.zeros(1, np.int64))


def _of_source(
    text: str, annotation: Annotation, schema: Schema
) -> tuple[list[tuple[int, int]], list[int], list[str]] | None:
    """Return the tokens, the first token of each sentence and the ids; None unless they have all words of the text."""
    if not has_source_tokens(schema):
        return None
    records = sorted(annotation.layer(SENTENCES), key=lambda one: int(one["spans"][0]["start"]))
    pairs: list[tuple[int, int]] = []
    begins: list[int] = []
    ids: list[str] = []
    for one in records:
        own = [(span["start"], span["end"]) for span in one["tokens"]]
        # spaCy has tokens of white space, which other formats write between tokens.
        own = [(start, end) for start, end in own if not text[start:end].isspace()]
        if own:
            begins.append(len(pairs))
            ids.append(one.get("source_id") or "")
            pairs += own
    at = 0
    for start, end in pairs:
        if start < at or text[at:start].strip() or _LINE.search(text, start, end):
            return None
        at = end
    return None if text[at:].strip() or not pairs else (pairs, begins, ids)


_LINE = re.compile(r"[\t\n\r]")
"""What no column can hold."""
