"""The Arrow types of the files of articles and annotations, as they are read."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import pyarrow as pa

from ..core.schema import Schema
from .types import Node, columns_of


@lru_cache(maxsize=8)
def record_node(schema: Schema, in_record: bool) -> tuple[Node, pa.Schema]:
    """Return the schema of an article's record, which in a bulk file may have the text, and its types."""
    node = schema.article
    if in_record:
        node = {**node, "properties": {**node["properties"], "text": {"type": "string"}}}
    return node, columns_of(schema, node)


@lru_cache(maxsize=32)
def annotation_types(schema: Schema, numbers: bool, unused: frozenset[str] = frozenset()) -> pa.Schema:
    """Return the types of annotations, without some of the keys of `provenance`."""
    types = columns_of(schema, schema.annotation, numbers)
    place = types.get_field_index("provenance")
    if not unused:
        return types
    kept = [one for one in types.field(place).type if one.name not in unused]
    return types.set(place, pa.field("provenance", pa.struct(kept)))


def unused_keys(schema: Schema, parts: Sequence[bytes]) -> frozenset[str]:
    """Return keys of `provenance` that none of the annotations with an origin has: all keys if there is no such one.

    Of keys, only those of lists and objects are looked for. `derived` alone has a column for each layer and field, and
    what reads and copies columns takes as long for nulls.
    """
    types = annotation_types(schema, False)
    place = types.get_field_index("provenance")
    known = list(types.field(place).type) if place >= 0 and pa.types.is_struct(types.field(place).type) else []
    if not parts:
        return frozenset(one.name for one in known)
    data = b"\n".join(parts)
    nested = [one.name for one in known if pa.types.is_nested(one.type)]
    return frozenset(name for name in nested if b'"%s"' % name.encode() not in data)
