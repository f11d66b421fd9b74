"""JSON Schema → Arrow types: of a file's JSON object, and of the fields and layers of the tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from ..core.schema import Field, Layer, Schema, resolve

SPAN = pa.struct([("start", pa.int64()), ("end", pa.int64()), ("text", pa.string())])
SCALARS = {"string": pa.string(), "integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_()}

Node = Mapping[str, Any]
"""A part of a JSON Schema."""


class NotColumnarError(Exception):
    """A JSON Schema allows values that have no one Arrow type."""


def type_of(field: Field) -> pa.DataType:
    """Return the type of a field's column. References and labels are strings."""
    if field.kind == "spans":
        return pa.list_(SPAN)
    return pa.list_(SCALARS[field.json_type]) if field.many else SCALARS[field.json_type]


def type_of_layer(layer: Layer) -> pa.DataType:
    """Return the type of a layer's column in a table of articles."""
    return pa.list_(pa.struct([(field.name, type_of(field)) for field in layer.fields]))


def columns_of(schema: Schema, node: Node, numbers: bool = False) -> pa.Schema:
    """Return the columns of the JSON objects that satisfy `node`, which are those of one file.

    With `numbers`, a value that may be a string or an integer is read as an integer, else as a string. Raises
    NotColumnarError.
    """
    kind = _type(schema, node, node, numbers, tuple(schema.layers))
    return pa.schema([kind.field(i) for i in range(kind.num_fields)])


def types_in(node: Node) -> frozenset[str]:
    """Return the JSON types that `type` names, none if it is missing."""
    written = node.get("type", ())
    return frozenset((written,) if isinstance(written, str) else written)


def _type(schema: Schema, root: Node, node: Node, numbers: bool, keys: tuple[str, ...]) -> pa.DataType:
    node = resolve(root, node)
    types = types_in(node) - {"null"}
    if types == {"array"}:
        return pa.list_(_type(schema, root, node.get("items", {}), numbers, keys))
    if types == {"object"} and "properties" in node:
        return pa.struct(list(_fields(schema, root, node, numbers, keys)))
    if types == {"object"} and isinstance(node.get("additionalProperties"), dict) and keys:
        # An object by layer, or by layer and field.
        fields = tuple({field.name: None for layer in schema.layers.values() for field in layer.fields})
        inner = fields if keys == tuple(schema.layers) else ()
        value = _type(schema, root, node["additionalProperties"], numbers, inner)
        return pa.struct([(key, value) for key in keys])
    if types == {"string", "integer"}:
        return SCALARS["integer" if numbers else "string"]
    if len(types) == 1 and (kind := SCALARS.get(next(iter(types)))):
        return kind
    labels = node.get("oneOf", ())
    if not types and labels and all(isinstance(one, dict) and isinstance(one.get("const"), str) for one in labels):
        return SCALARS["string"]
    raise NotColumnarError


def _fields(
    schema: Schema, root: Node, node: Node, numbers: bool, keys: tuple[str, ...]
) -> Iterator[tuple[str, pa.DataType]]:
    """Yield the columns of an object; an optional key of several types has none, and objects with it are not read."""
    for name, one in node["properties"].items():
        try:
            yield name, _type(schema, root, one, numbers, keys)
        except NotColumnarError:
            if name in node.get("required", ()):
                raise
