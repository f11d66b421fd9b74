"""Where each value of a JSON text stands, found the slow and plain way: the reference for `core.json_positions`."""

from __future__ import annotations

import json


def places(text: str) -> dict[str, tuple[int, int]]:
    """JSON pointer → (line, column) of each value, from 1, in code points; of a field's value, its key's place."""
    found: dict[str, int] = {}
    end = _value(text, _skip(text, 0), "", found)
    assert _skip(text, end) == len(text)
    found[""] = 0
    return {
        pointer: (text.count("\n", 0, at) + 1, at - (text.rfind("\n", 0, at) + 1) + 1) for pointer, at in found.items()
    }


def _value(text: str, at: int, pointer: str, found: dict[str, int]) -> int:
    """The offset behind the value that begins at `at`."""
    if text[at] == '"':
        return json.decoder.scanstring(text, at + 1)[1]  # type: ignore[attr-defined,no-any-return]
    if text[at] not in "[{":
        while at < len(text) and text[at] not in " \t\r\n,]}":
            at += 1
        return at
    closing = "]" if text[at] == "[" else "}"
    is_object, index = text[at] == "{", 0
    at = _skip(text, at + 1)
    while text[at] != closing:
        key, begin = str(index), at
        if is_object:
            key, at = json.decoder.scanstring(text, at + 1)  # type: ignore[attr-defined]
            at = _skip(text, at)
            assert text[at] == ":"
            at = _skip(text, at + 1)
        inner = f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
        found[inner] = begin
        at = _skip(text, _value(text, at, inner, found))
        index += 1
        if text[at] == ",":
            at = _skip(text, at + 1)
    return at + 1


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at
