"""The layer in which a corpus keeps the sentences and tokens of the files that it was imported from."""

from __future__ import annotations

from .schema import Schema

SENTENCES = "sentences"


def has_source_tokens(schema: Schema) -> bool:
    """Return True if the schema has a layer for the sentences and tokens of the source: spans `spans` and `tokens`."""
    layer = schema.layers.get(SENTENCES)
    return layer is not None and {"spans", "tokens"} <= {field.name for field in layer.of_kind("spans")}


def source_layers(schema: Schema) -> frozenset[str]:
    """Return the layers whose spans a program of the source cut, and no annotator chose."""
    return frozenset((SENTENCES,)) if has_source_tokens(schema) else frozenset()
