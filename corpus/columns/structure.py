"""Which rows may not satisfy the JSON Schema: a walk over the schema and the columns, side by side.

    object   a key that must be there, may be null, or must not be there
    list     how many items, and whether they are unique
    scalar   each distinct value is judged by the JSON Schema validator, so every keyword of a scalar holds

A keyword of an object or a list that is unknown here flags every row.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import jsonschema_rs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..core.arrays import sorted_by
from ..core.schema import IF_DONE, WITHOUT_RECORD, Layer, Schema, resolve
from .keys import KeyCounts, Mask
from .parse import Numbers, parse
from .types import Node, types_in

_SAY_NOTHING = frozenset(
    ("$comment", "$defs", "$id", "$ref", "$schema", "conditions", "default", "description", "examples", "title"),
) | {"carriedBy", "ifBlank", "ownLabel", "refersTo", IF_DONE, WITHOUT_RECORD}
"""Keywords that no JSON value violates. Those of this project are judged by checks of their own."""
_OF_OBJECTS = frozenset(("additionalProperties", "dependentSchemas", "properties", "required", "type"))
_OF_LISTS = frozenset(("items", "minItems", "type", "uniqueItems"))


def sound_rows(
    data: Sequence[bytes], types: pa.Schema, node: Node, schema: Schema, by_layer: bool
) -> tuple[pa.Table, Numbers]:
    """Return the rows of those JSON objects that satisfy a schema of files, and the index of each.

    `types` are their columns; `by_layer` says that the schema, `node`, is that of annotations.
    """
    table, rows = parse(data, types)
    if not len(rows):
        return table, rows
    keep = ~_unsound(table, [data[i] for i in rows.tolist()], node, schema, by_layer)
    return (table, rows) if keep.all() else (table.filter(pa.array(keep)), rows[keep])


def _unsound(table: pa.Table, parts: Sequence[bytes], node: Node, schema: Schema, by_layer: bool) -> Mask:
    """Return the rows that may violate a schema of files; never too few. `parts` are the bytes of each row."""
    walk = _Walk(len(table), parts, schema, node)
    root = (
        pa.StructArray.from_arrays([column.combine_chunks() for column in table.columns], fields=[*table.schema])
        if len(table)
        else pa.array([], pa.struct(list(table.schema)))
    )
    rows = np.arange(len(table))
    if by_layer:
        walk.done(root)
    walk.judge(node, root, rows)
    return walk.flags | walk.counts.wrong()


class _Walk:
    def __init__(self, size: int, parts: Sequence[bytes], schema: Schema, root: Node) -> None:
        self.flags = np.zeros(size, np.bool_)
        self.counts = KeyCounts(parts)
        self._schema, self._root = schema, root
        self._defs = json.dumps(root.get("$defs", {}), sort_keys=True)
        self._needed: dict[tuple[str, ...], Mask] = {}
        self._barred: dict[tuple[str, ...], Mask] = {}

    def done(self, root: pa.StructArray) -> None:
        """Judge `layers_done` and `fields_done`: they say which layers and fields an annotation must and may have."""
        names, size = tuple(self._schema.layers), len(self.flags)
        listed = root.field("layers_done")
        self.flags |= ~_valid(listed)
        rows, items = _owners(listed), listed.flatten()
        self.flags[rows[~_is_in(items, names)]] = True
        codes = pc.fill_null(pc.index_in(items, pa.array(names, pa.string())), -1).to_numpy()
        fields_done = root.field("fields_done") if self._schema.has_fields_done else None
        for k, layer in enumerate(self._schema.layers.values()):
            is_done = np.zeros(size, np.bool_)
            is_done[rows[codes == k]] = True
            has_key = _valid(root.field(layer.name))
            filled = pc.fill_null(pc.list_value_length(root.field(layer.name)), 0).to_numpy() > 0
            self.flags |= (filled & ~is_done) | (is_done & ~has_key)
            self._of_fields(layer, fields_done.field(layer.name) if fields_done is not None else None, is_done)

    def _of_fields(self, layer: Layer, listed: pa.ListArray | None, is_done: Mask) -> None:
        size = len(self.flags)
        some = _valid(listed) if listed is not None else np.zeros(size, np.bool_)
        if listed is not None and some.any():
            self.flags |= some & ~is_done
            rows, items = _owners(listed), listed.flatten()
            self.flags[rows[~_is_in(items, [one.name for one in layer.fields])]] = True
        if_done = self._schema.annotation["properties"][layer.name]
        if_done = self._resolve(self._resolve(if_done)["items"]).get(IF_DONE, ())
        for field in layer.fields:
            named = np.zeros(size, np.bool_)
            if listed is not None and some.any():
                named[rows[_is_in(items, [field.name])]] = True
            self._needed[layer.name, field.name] = (~some | named) & (field.name in if_done)
            self._barred[layer.name, field.name] = some & ~named & (not field.always)

    def judge(self, node: Node, array: pa.Array, rows: Numbers, path: tuple[str, ...] = ()) -> None:
        """Flag the rows of values that may violate `node`. The values are not null, except scalars that may be."""
        node = self._resolve(node)
        if pa.types.is_struct(array.type):
            self._object(node, array, rows, path)
        elif pa.types.is_list(array.type):
            self._list(node, array, rows, path)
        elif not node.keys() <= _SAY_NOTHING | {"type"}:
            self._scalar(node, array, rows)
        elif pa.types.is_floating(array.type) and not pc.all(pc.is_finite(array)).as_py():
            self.flags[rows] = True

    def _object(self, node: Node, array: pa.StructArray, rows: Numbers, path: tuple[str, ...]) -> None:
        self._unknown(node, _OF_OBJECTS, rows)
        # A key without a column was not parsed, so its row is not here.
        closed = node.get("additionalProperties")
        required = node.get("required", ())
        for i in range(array.type.num_fields):
            name = array.type.field(i).name
            inner = node.get("properties", {}).get(name, closed)
            if isinstance(inner, dict):
                self._property(name, self._resolve(inner), array.field(i), rows, (*path, name), name in required)
            elif inner is not True:
                self.flags[rows] = True
        for name, inner in node.get("dependentSchemas", {}).items():
            if array.type.get_field_index(name) < 0:  # a key that no row has
                continue
            has = _valid(array.field(name))
            if has.any():
                self._depending(inner, array.filter(pa.array(has)), rows[has])

    def _depending(self, inner: Node, array: pa.StructArray, rows: Numbers) -> None:
        """Judge objects by a further schema: keys that it does not name are as before."""
        inner = self._resolve(inner)
        self._unknown(inner, frozenset(("if", "properties", "then")), rows)
        if "if" in inner:
            meets = _meets(self._resolve(inner["if"]), array)
            if meets is None:
                self.flags[rows] = True
            elif meets.any():
                self._depending(inner.get("then", {}), array.filter(pa.array(meets)), rows[meets])
        for name, one in inner.get("properties", {}).items():
            if array.type.get_field_index(name) < 0:
                continue
            values = array.field(name)
            has = _valid(values)
            self.judge(one, values.filter(pa.array(has)), rows[has])

    def _property(
        self, name: str, node: Node, values: pa.Array, rows: Numbers, path: tuple[str, ...], required: bool
    ) -> None:
        needed, barred = self._needed.get(path), self._barred.get(path)
        if not values.null_count:
            self.counts.add(name, rows)
            if barred is not None:
                self.flags[rows[barred[rows]]] = True
            self.judge(node, values, rows, path)
            return
        valid = _valid(values)
        must, may = np.full(len(rows), required), np.ones(len(rows), np.bool_)
        if needed is not None and barred is not None:
            must, may = must | needed[rows], ~barred[rows]
        nullable = "null" in types_in(node) or (not types_in(node) and self._validator(node).is_valid(None))
        if not nullable:
            self.flags[rows[must & ~valid]] = True
        self.counts.add(name, rows[valid | must])
        self.counts.add_nulls(name, rows[~valid], must[~valid], may[~valid] & nullable)
        self.flags[rows[valid & ~may]] = True
        if valid.any():
            self.judge(node, values.filter(pa.array(valid)), rows[valid], path)

    def _list(self, node: Node, array: pa.ListArray, rows: Numbers, path: tuple[str, ...]) -> None:
        self._unknown(node, _OF_LISTS, rows)
        if least := node.get("minItems", 0):
            self.flags[rows[pc.list_value_length(array).to_numpy() < least]] = True
        owners, items = _owners(array), array.flatten()
        if node.get("uniqueItems") and len(items):
            if not pa.types.is_string(items.type):
                self.flags[rows[owners]] = True
            else:
                codes = pc.fill_null(items.dictionary_encode().indices, -1).to_numpy()
                self.flags[rows[owners[_repeated(owners, codes)]]] = True
        if items.null_count:
            self.flags[rows[owners[~_valid(items)]]] = True
            owners, items = owners[_valid(items)], items.drop_null()
        if len(items):
            self.judge(node.get("items", {}), items, rows[owners], path)

    def _scalar(self, node: Node, array: pa.Array, rows: Numbers) -> None:
        if (outside := _out_of_bounds(node, array)) is not None:
            self.flags[rows[outside]] = True
            return
        distinct = pc.unique(array)
        valid = self._validator(node)
        wrong = [value for value in distinct.to_pylist() if not valid.is_valid(value)]
        if wrong:
            self.flags[rows[pc.is_in(array, pa.array(wrong, array.type)).to_numpy(zero_copy_only=False)]] = True

    def _validator(self, node: Node) -> jsonschema_rs.Draft202012Validator:
        return _compiled(json.dumps(node, sort_keys=True), self._defs)

    def _resolve(self, node: Any) -> dict[str, Any]:
        return resolve(self._root, node) if isinstance(node, dict) else {}

    def _unknown(self, node: Node, known: frozenset[str], rows: Numbers) -> None:
        if not node.keys() <= known | _SAY_NOTHING:
            self.flags[rows] = True


def _out_of_bounds(node: Node, array: pa.Array) -> Mask | None:
    """Return which values violate a schema that has bounds alone, in whole numbers; None for any other schema."""
    keywords = node.keys() - _SAY_NOTHING - {"type"}
    of_strings = pa.types.is_string(array.type)
    least, most = ("minLength", "maxLength") if of_strings else ("minimum", "maximum")
    if array.null_count or not keywords <= {least, most} or not (of_strings or pa.types.is_integer(array.type)):
        return None
    if any(type(node[name]) is not int for name in keywords):
        return None
    measured, outside = pc.utf8_length(array) if of_strings else array, np.zeros(len(array), np.bool_)
    for name, is_outside in ((least, pc.less), (most, pc.greater)):
        if name in node:
            outside |= is_outside(measured, node[name]).to_numpy(zero_copy_only=False)
    return outside


def _meets(node: Node, array: pa.StructArray) -> Mask | None:
    """Return which objects meet a schema of keys that are required, also within objects; None for any other schema."""
    if not pa.types.is_struct(array.type) or node.get("type", "object") != "object":
        return None
    if not node.keys() <= {"properties", "required", "type"}:
        return None
    known = {array.type.field(i).name for i in range(array.type.num_fields)}
    found = np.ones(len(array), np.bool_)
    for name in node.get("required", ()):
        found &= _valid(array.field(name)) if name in known else False
    for name, inner in node.get("properties", {}).items():
        meets = _meets(inner, array.field(name)) if name in known else None
        if meets is None:
            return None
        found &= meets | ~_valid(array.field(name))
    return found


def validator(node: Node, root: Node) -> jsonschema_rs.Draft202012Validator:
    """Return the validator of a part of a schema of files; `root` is the whole of it."""
    return _compiled(json.dumps(node, sort_keys=True), json.dumps(root.get("$defs", {}), sort_keys=True))


@lru_cache(maxsize=256)
def _compiled(node: str, defs: str) -> jsonschema_rs.Draft202012Validator:
    written = json.loads(node) | {"$defs": json.loads(defs)}
    return jsonschema_rs.Draft202012Validator(written, validate_formats=True)


def _valid(array: pa.Array) -> Mask:
    mask: Mask = array.is_valid().to_numpy(zero_copy_only=False)
    return mask


def _owners(array: pa.ListArray) -> Numbers:
    """Return for each item of lists the index of its list."""
    lengths = pc.fill_null(pc.list_value_length(array), 0).to_numpy()
    return np.repeat(np.arange(len(array)), lengths)


def _is_in(items: pa.Array, names: Sequence[str]) -> Mask:
    mask: Mask = pc.is_in(items, pa.array(names, pa.string())).to_numpy(zero_copy_only=False)
    return mask


def _repeated(owners: Numbers, codes: Any) -> Mask:
    """Return which items are equal to another one of their list."""
    order = sorted_by(owners, codes)
    same = (owners[order][1:] == owners[order][:-1]) & (codes[order][1:] == codes[order][:-1])
    found = np.zeros(len(owners), np.bool_)
    found[order[1:][same]] = True
    return found
