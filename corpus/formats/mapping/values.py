"""Values that the fields of records get from a file: positions, names of entities, and strings that hold JSON."""

from __future__ import annotations

import json
from typing import Any

from ...core.model import Record
from ...core.schema import Field
from ...files import parse_json


def place_in_text(record: Record, words: str, line: int = 1) -> tuple[int, int, int, int]:
    """Return the position of a record by its field `words`. A longer one comes first, then the first in the file.

    A file may be one line, and then the number that a record has in it decides.
    """
    span, name = record[words][0], record["id"]
    return span["start"], -span["end"], line, int(name) if name.isdecimal() else 0


def name_of(mentions: list[Record], words: str) -> str:
    """Return the name of an entity that the file does not name: its first name in the text, or first mention."""
    mentions = sorted(mentions, key=lambda one: (one.get("form") != "NAM", place_in_text(one, words)))
    return " ".join(" ".join(span["text"] for span in mentions[0][words]).split()) or "?"


def value_of(written: str, field: Field) -> Any:
    """Return the value of a field from a string: as it is, or parsed as JSON."""
    if written == "null" and field.nullable:
        return None
    if not field.many and field.kind != "scalar":
        return written
    if field.many or field.json_type != "string" or written.startswith('"'):
        value, faults = parse_json(written.encode())
        return written if faults else value
    return written


def written_as(value: Any) -> str:
    """Return the string from which `value_of` makes a value again: the string itself, or else JSON."""
    return value if isinstance(value, str) and is_plain(value) else json.dumps(value)


def is_plain(text: str) -> bool:
    """Return whether a text fits in a line as it is and cannot be taken for JSON."""
    return bool(text) and text.isprintable() and text == text.strip() and text[0] != '"' and text != "null"
