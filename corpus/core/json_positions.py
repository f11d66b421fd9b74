"""Where a finding stands: a JSON pointer to a line and a column, a span to an underlined line.

A finding must be cheap to place even when there are a million of them in one file, so each value is
walked once for where its fields or items begin, and the tables of the last values are kept:

    /mentions/7/spans/0/end   →   fields of the file → items of mentions → fields of item 7 → …
"""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from .model import Source

_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[{}\[\]:,]|[^\s{}\[\]:,"]+')
_BESIDE = re.compile(rb'[ \t]*(?:"(?:[^"\\]++|\\.)*+"|[^\s{}\[\]:,"]+)')
"""A string, number or constant on the line of its key."""


def split_pointer(pointer: str) -> list[str]:
    """The parts of a JSON pointer (RFC 6901), unescaped; `[]` for the whole document."""
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def join_pointer(*parts: str | int) -> str:
    """The JSON pointer of these parts, escaped."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def position(source: Source, pointer: str) -> tuple[int, int]:
    """Line and column, from 1, in code points, of what `pointer` names in a JSON source.

    A field's place is its key. A pointer to something that is not there gives the place of the
    innermost thing that is.
    """
    return line_column(source.data, _find(source.data, pointer)[0], source.line)


def token_range(source: Source, pointer: str) -> tuple[int, int, int]:
    """Return `position` and the column after the token there: a key with the value beside it, a value, or a bracket."""
    data = source.data
    begin, value = _find(data, pointer)
    line, column = line_column(data, begin, source.line)
    token = _TOKEN.match(data, begin)
    end = token.end() if token else begin
    if value is not None and value != begin and (beside := _BESIDE.match(data, value)):
        end = beside.end()
    on_line = data[begin:end].partition(b"\n")[0]
    return line, column, column + len(on_line.translate(None, _CONTINUATION))


def value_place(source: Source, pointer: str) -> tuple[int, int, int, int]:
    """Return line and column of the value at `pointer`, and line and column after it.

    For a key that does not exist, both are the beginning of its object: where a new key may be inserted. Raises
    KeyError if the object does not exist either.
    """
    try:
        begin, end = value_range(source.data, pointer)
    except KeyError:
        begin = value_range(source.data, pointer.rpartition("/")[0])[0] + 1
        end = begin
    return (*line_column(source.data, begin, source.line), *line_column(source.data, end, source.line))


def _find(data: bytes, pointer: str) -> tuple[int, int | None]:
    """Return the byte offsets of the innermost thing that `pointer` reaches, and of its value."""
    shown = 0
    value: int | None = 0
    for part in split_pointer(pointer):
        if value is None:
            break
        inside = _children(data, value)
        if isinstance(inside, dict):
            if part not in inside:
                break
            shown, value = inside[part]
        elif part.isdigit() and int(part) < len(inside):
            shown = value = inside[int(part)]
        else:
            break
    return shown, value


def value_range(data: bytes, pointer: str) -> tuple[int, int]:
    """Return the byte range (start, end) of the value at `pointer` in valid JSON; KeyError if it does not exist."""
    value: int | None = 0
    for part in split_pointer(pointer):
        if value is None:
            raise KeyError(pointer)
        inside = _children(data, value)
        if isinstance(inside, dict):
            value = inside[part][1]
        elif part.isdecimal() and int(part) < len(inside):
            value = inside[int(part)]
        else:
            raise KeyError(pointer)
    return _extent(data, value or 0)


def members(data: bytes, start: int) -> list[Member]:
    """What the object or array whose bracket is at `start` holds, in the order of the bytes."""
    inside = _children(data, start)
    if not isinstance(inside, dict):
        return [Member(begin, begin, *_extent(data, begin)) for begin in inside]
    return [Member(*_extent(data, key), *_extent(data, value or 0)) for key, value in inside.values()]


class Member(NamedTuple):
    """Byte offsets of a field, or of an item, whose key is empty."""

    begin: int
    key_end: int
    value: int
    end: int


def _extent(data: bytes, start: int) -> tuple[int, int]:
    """Return the byte range (start, end) of the first value at or after `start`."""
    depth, begin = 0, -1
    for match in _TOKEN.finditer(data, start):
        token = match.group()
        begin = match.start() if begin < 0 else begin
        depth += (token in (b"{", b"[")) - (token in (b"}", b"]"))
        if depth <= 0:
            return begin, match.end()
    raise KeyError(start)


def line_column(data: bytes, offset: int, first_line: int = 1) -> tuple[int, int]:
    """Line and column, from 1, of a byte offset; columns in code points."""
    lines, starts, _ = _ruler(data)
    block, begin = divmod(offset, _BLOCK)
    before = data[offset - begin : offset]
    last_end = before.rfind(b"\n")
    start = starts[block] if last_end < 0 else offset - begin + last_end + 1
    return first_line + lines[block] + before.count(b"\n"), _code_points(data, offset) - _code_points(data, start) + 1


_BLOCK = 4096
_CONTINUATION = bytes(range(0x80, 0xC0))


@lru_cache(maxsize=2)
def _ruler(data: bytes) -> tuple[array[int], array[int], array[int]]:
    """For each block of bytes: the lines before it, where the line it begins in starts, the code points before it."""
    lines, starts, counts = array("q", [0]), array("q", [0]), array("q", [0])
    for begin in range(0, len(data), _BLOCK):
        block = data[begin : begin + _BLOCK]
        last_end = block.rfind(b"\n")
        lines.append(lines[-1] + block.count(b"\n"))
        starts.append(starts[-1] if last_end < 0 else begin + last_end + 1)
        counts.append(counts[-1] + len(block.translate(None, _CONTINUATION)))
    return lines, starts, counts


def _code_points(data: bytes, offset: int) -> int:
    block, begin = divmod(offset, _BLOCK)
    return _ruler(data)[2][block] + len(data[offset - begin : offset].translate(None, _CONTINUATION))


Children: TypeAlias = "dict[str, tuple[int, int | None]] | array[int]"
"""The byte offsets of what a value holds: (key, value) of its fields, or its items."""


def _children(data: bytes, start: int) -> Children:
    """Return the children of the value at `start`, each read once: several checks report the same record."""
    known = _known_children(data)
    if start not in known:
        if len(known) == _MOST_KNOWN:
            known.clear()
        try:
            known[start] = _parsed_children(data, start)
        except (ValueError, IndexError, StopIteration, RecursionError):
            # Invalid JSON, or nested deeper than the parser goes: token by token, as far as there are some.
            known[start] = _scanned_children(data, start)
    return known[start]


_MOST_KNOWN = 16_384


@lru_cache(maxsize=2)
def _known_children(data: bytes) -> dict[int, Children]:
    """Return the memory of `_children` for these bytes, which is emptied when it is full."""
    return {}


def _parsed_children(data: bytes, start: int) -> Children:
    """Skip each child with the parser of the standard library, in C.

    Reading every token of every record took half the time of a run with many findings. Raises an error for invalid
    JSON.
    """
    text = _latin(data)
    fields: dict[str, tuple[int, int | None]] = {}
    items = array("q")
    at = _after_space(text, start)
    in_object = text[at] == "{"
    if not in_object and text[at] != "[":
        return items
    at = _after_space(text, at + 1)
    while text[at] not in "]}":
        if in_object:
            key = _KEY.match(text, at)
            if key is None:
                raise ValueError(at)
            fields[_string(data[at : key.end(1)])] = at, key.end()
            at = _after_space(text, key.end())
        else:
            items.append(at)
        _, at = _scan(text, at)
        at = _after_space(text, at)
        if text[at] == ",":
            at = _after_space(text, at + 1)
    return fields if in_object else items


_scan = json.JSONDecoder(strict=False, parse_int=str, parse_float=str, parse_constant=str).scan_once  # type: ignore[attr-defined]
_KEY = re.compile(r'("(?:[^"\\]++|\\.)*+")[ \t\n\r]*:', re.DOTALL)
_SPACE = re.compile(r"[ \t\n\r]*")


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    assert found is not None
    return found.end()


@lru_cache(maxsize=2)
def _latin(data: bytes) -> str:
    """Return a string with a character for each byte, so that its offsets are those of the bytes."""
    return data.decode("latin-1")


def _scanned_children(data: bytes, start: int) -> Children:
    """Read every token of the value."""
    fields: dict[str, tuple[int, int | None]] = {}
    items = array("q")
    tokens = _TOKEN.finditer(data, start)
    opening = next(tokens, None)
    in_object = opening is not None and opening.group() == b"{"
    if opening is None or opening.group() not in (b"{", b"["):
        return items
    depth, key, fresh = 0, "", True
    for match in tokens:
        token = match.group()
        if depth == 0 and token in (b"}", b"]"):
            break
        if depth == 0 and token == b",":
            fresh = True
        elif depth == 0 and token == b":":
            fields[key] = fields[key][0], match.end()
        elif depth == 0 and fresh and in_object:
            key, fresh = _string(token), False
            fields[key] = match.start(), None
        elif depth == 0 and fresh:
            items.append(match.start())
            fresh = False
        depth += (token in (b"{", b"[")) - (token in (b"}", b"]"))
    return fields if in_object else items


def _string(token: bytes) -> str:
    text: str = json.loads(token) if b"\\" in token else token[1:-1].decode("utf-8", "replace")
    return text


def numbers(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Each number of valid JSON: its offset, in bytes, and how it is written."""
    for match in _TOKEN.finditer(data):
        if match[0][:1] in b"-0123456789":
            yield match.start(), match[0]


def duplicate_keys(data: bytes) -> Iterator[tuple[str, int, int]]:
    """Each key that an object of valid JSON has again: the key, its first offset and this one, in bytes."""
    open_: list[dict[str, int] | None] = []
    at_key = False
    for match in _TOKEN.finditer(data):
        token = match.group()
        keys = open_[-1] if open_ else None
        if token == b"{" or token == b"[":
            open_.append({} if token == b"{" else None)
            at_key = token == b"{"
        elif token == b"}" or token == b"]":
            open_.pop()
            at_key = False
        elif token == b",":
            at_key = keys is not None
        elif at_key and keys is not None:
            key = _string(token)
            if key in keys:
                yield key, keys[key], match.start()
            else:
                keys[key] = match.start()
            at_key = False
