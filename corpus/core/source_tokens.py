"""The layer in which a corpus keeps the sentences and tokens of the files that it was imported from."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from .schema import Layer, Schema

SENTENCES = "sentences"


def has_source_tokens(schema: Schema) -> bool:
    """Return True if the schema has a layer for the sentences and tokens of the source: spans `spans` and `tokens`."""
    layer = schema.layers.get(SENTENCES)
    return layer is not None and {"spans", "tokens"} <= {field.name for field in layer.of_kind("spans")}


def source_layers(schema: Schema) -> frozenset[str]:
    """Return the layers whose spans a program of the source cut, and no annotator chose."""
    return frozenset((SENTENCES,)) if has_source_tokens(schema) else frozenset()


@lru_cache(maxsize=8)
def layers_to_annotate(schema: Schema) -> Mapping[str, Layer]:
    """Return the layers that annotators fill in: all but `layers_to_carry`."""
    carried = layers_to_carry(schema)
    return MappingProxyType({name: layer for name, layer in schema.layers.items() if name not in carried})


def layers_to_carry(schema: Schema) -> frozenset[str]:
    """Return the layers that no annotator sees: each copy of an annotation keeps them unchanged.

    A layer of the source that has labels or references, or that a record can refer to, is annotated like any other.
    """
    referred = {field.refers_to for layer in schema.layers.values() for field in layer.of_kind("reference")}
    return frozenset(
        name
        for name in source_layers(schema) - referred
        if not schema.layers[name].of_kind("label") and not schema.layers[name].of_kind("reference")
    )
