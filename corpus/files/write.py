"""Documents → canonical JSON: the same content gives the same bytes.

A single file has one field on each line and, within the layers, one span on each line, so a diff shows a
changed span as one changed line. A line of a bulk file is the same object, compact. Keys follow the
schema. Records with a span are in the order of the text, others in the order of their ids.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from json.encoder import encode_basestring as _string
from typing import Any

import orjson

from ..core.alternatives import alternatives, has_alternatives
from ..core.model import Kind, Record
from ..core.schema import Layer, Schema

_SPAN = ["start", "end", "text"]
_CONSTANTS = {None: "null", False: "false", True: "true"}
_DEEPER = "  "


def canonical(value: Record, kind: Kind, schema: Schema) -> bytes:
    """Return the bytes of a `.json` file with `value`, a record or an annotation that satisfies the schema."""
    return join_parts(canonical_parts(value, kind, schema))


def canonical_parts(value: Record, kind: Kind, schema: Schema) -> dict[str, str]:
    """Return the fields of `value` in canonical order, each laid out as in its file, for `join_parts`."""
    return {key: layout_part(item) for key, item in ordered(value, kind, schema).items()}


def layout_part(value: Any) -> str:
    """Lay out the value of a field of a file."""
    return _layout(value, _DEEPER)


def join_parts(parts: Mapping[str, str]) -> bytes:
    """Return the bytes of the file that has these fields."""
    if not parts:
        return b"{\n\n}\n"
    fields = ",\n".join([f"{_DEEPER}{_string(key)}: {part}" for key, part in parts.items()])
    return f"{{\n{fields}\n}}\n".encode()


def canonical_line(value: Record, kind: Kind, schema: Schema, text: str | None = None) -> bytes:
    """Return a bulk line with `value`, and with the text of an article's record, including the line end."""
    value = ordered(value, kind, schema)
    return _compact(value if text is None else {**value, "text": text}) + b"\n"


def ordered(value: Record, kind: Kind, schema: Schema) -> Record:
    """Return the value with keys and records in canonical order."""
    written = schema.annotation if kind == "annotation" else schema.article
    value = _keys(value, list(written["properties"]))
    for name, inner in written["properties"].items():
        if "properties" in inner and name in value:
            value[name] = _keys(value[name], list(inner["properties"]))
    if kind == "annotation":
        if has_alternatives(schema.annotation) and alternatives(value):
            names = list(written["properties"]["provenance"]["properties"]["alternatives"]["items"]["properties"])
            found = [_alternative(one, names) for one in alternatives(value)]
            value["provenance"] = {**value["provenance"], "alternatives": found}
        for layer in schema.layers.values():
            if layer.name in value:
                value[layer.name] = _records(value[layer.name], layer)
        if "layers_done" in value:
            value["layers_done"] = _names(value["layers_done"], list(schema.layers))
        if "fields_done" in value:
            fields = {layer.name: [one.name for one in layer.fields] for layer in schema.layers.values()}
            by_layer = _keys(value["fields_done"], list(fields))
            value["fields_done"] = {layer: _names(names, fields.get(layer, [])) for layer, names in by_layer.items()}
            if not by_layer:
                del value["fields_done"]
    return value


def _alternative(one: Record, names: list[str]) -> Record:
    one = _keys(one, names)
    return {**one, "spans": [_keys(span, _SPAN) for span in one["spans"]]} if "spans" in one else one


def _records(records: list[Record], layer: Layer) -> list[Record]:
    names = [field.name for field in layer.fields]
    spans = [field.name for field in layer.of_kind("spans")]
    place = next((field.name for field in layer.of_kind("spans") if field.least), None)
    placed = [_keys(record, names) for record in records]
    for i, record in enumerate(placed):
        for name in spans:
            for span in record.get(name, ()):
                if list(span) != _SPAN:
                    placed[i] = placed[i] | {name: [_keys(span, _SPAN) for span in record[name]]}
                    break

    def order(record: Record) -> tuple[Any, ...]:
        first = record[place][0] if place else {"start": 0, "end": 0}
        return first["start"], -first["end"], _natural(record["id"]), record["id"]

    return sorted(placed, key=order)


def _keys(value: dict[str, Any], names: list[str]) -> dict[str, Any]:
    if list(value) == names:
        return value
    known = {name: value[name] for name in names if name in value}
    if len(known) == len(value):
        return known
    return known | {name: value[name] for name in sorted(value) if name not in known}


def _names(names: list[str], known: list[str]) -> list[str]:
    """Return each name once: the known ones in their order, then the others, sorted."""
    return list(_keys(dict.fromkeys(names), known))


@lru_cache(maxsize=65536)
def _natural(name: str) -> tuple[tuple[int, str], ...]:
    return tuple((int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name) if part)


def _layout(value: Any, indent: str) -> str:
    """Lay out a value: on one line if it contains no list of objects, else one line for each item or field."""
    kind = type(value)
    if kind is list and _holds_objects(value):
        deeper = indent + _DEEPER
        return "[\n" + ",\n".join([deeper + _item(item, deeper) for item in value]) + f"\n{indent}]"
    if kind is dict:
        for item in value.values():
            if type(item) is list and _holds_objects(item):
                return _tall(value, indent)
    return _line(value)


def _tall(value: dict[str, Any], indent: str) -> str:
    """Lay out an object, one line for each field."""
    deeper = indent + _DEEPER
    lines = []
    for key, item in value.items():
        kind = type(item)
        if kind is str:
            shown = _string(item)
        elif item is None:
            shown = "null"
        elif kind is list and len(item) == 1 and type(item[0]) is dict:
            deepest = deeper + _DEEPER
            shown = f"[\n{deepest}{_item(item[0], deepest)}\n{deeper}]"
        else:
            shown = _layout(item, deeper)
        lines.append(f"{deeper}{_key(key)}: {shown}")
    return "{\n" + ",\n".join(lines) + f"\n{indent}}}"


def _item(value: Any, indent: str) -> str:
    """Lay out an item of a list of objects. Most are spans, which have a short cut."""
    if type(value) is dict and len(value) == 3 and "start" in value:
        (one, start), (two, end), (three, text) = value.items()
        whole = type(start) is int and type(end) is int and type(text) is str
        if whole and one == "start" and two == "end" and three == "text":
            return f'{{"start": {start}, "end": {end}, "text": {_string(text)}}}'
    return _layout(value, indent)


@lru_cache(maxsize=1024)
def _key(key: str) -> str:
    return str(_string(key))


def _holds_objects(value: list[Any]) -> bool:
    return bool(value) and (type(value[0]) is dict or dict in map(type, value))


def _line(value: Any) -> str:
    kind = type(value)
    if kind is str:
        return _string(value)
    if kind is int:
        return str(value)
    if kind is dict:
        items = [f"{_key(key)}: {_string(item) if type(item) is str else _line(item)}" for key, item in value.items()]
        return "{" + ", ".join(items) + "}"
    if kind is list:
        return "[" + ", ".join(map(_line, value)) + "]"
    return _CONSTANTS[value] if value is None or kind is bool else _compact(value).decode()


def _compact(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:  # orjson writes no number beyond 64 bits
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
