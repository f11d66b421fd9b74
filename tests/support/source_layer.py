"""A corpus with the layer `sentences`, as an import of CoNLL makes it: the tokens of the source of its article."""

from __future__ import annotations

import copy
from collections import Counter
from typing import Any

from corpus.core.schema import Schema
from corpus.formats.documents import Options
from corpus.formats.source_sentences import schema_with_sentences, sentence_records
from support.corpora import TEXT, Corpus

SCHEMA = schema_with_sentences(Options())
TOKENS = [(start, start + 3) for start in (0, 6, 10, 13)]


def sentences() -> list[dict[str, Any]]:
    """Two sentences of the text, of two tokens each, that have ids in the source."""
    return copy.deepcopy(sentence_records(TEXT, TOKENS, {0: "a-1", 2: ""}, SCHEMA, Counter()))["sentences"]


def with_sentences(value: dict[str, Any]) -> dict[str, Any]:
    """The annotation, with the layer."""
    return value | {"layers_done": [*value["layers_done"], "sentences"], "sentences": sentences()}


def add_layer(corpus: Corpus) -> Schema:
    """Give the corpus the schema with the layer."""
    corpus.write("schema/annotation.schema.json", SCHEMA.annotation)
    return Schema.read(corpus.root)
