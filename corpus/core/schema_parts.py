"""Find the part of a JSON Schema that a value in a file must fit."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from .schema import resolve

_FORMATS = {"date": ["2026-02-28"], "date-time": ["2026-02-28T09:30:00+01:00"]}


def part_at(schema: Mapping[str, Any], parts: Iterable[str | int]) -> dict[str, Any]:
    """Return the schema of the value that `parts` lead to, with its `$ref` followed; {} if it has none of its own."""
    part: Any = schema
    for name in parts:
        found = part.get("items") if isinstance(name, int) else (part.get("properties") or {}).get(name)
        if not isinstance(found, dict):
            return {}
        part = resolve(schema, found)
    return dict(part)


def examples(part: Mapping[str, Any]) -> str:
    """Return the example values that a part of a schema gives, or those of its formats, as JSON; "" without any."""
    listed = part.get("examples")
    if not isinstance(listed, list) or not listed:
        formats = [part, *(one for one in part.get("anyOf", ()) if isinstance(one, dict))]
        listed = [value for one in formats for value in _FORMATS.get(str(one.get("format")), ())]
    return " or ".join(json.dumps(value, ensure_ascii=False) for value in listed[:2])
