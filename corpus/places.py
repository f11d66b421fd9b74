"""Where a finding stands: a JSON pointer to a line and a column, a span to an underlined line.

A finding must be cheap to place even when there are a million of them in one file, so each value is
walked once for where its fields or items begin, and the tables of the last values are kept:

    /mentions/7/spans/0/end   →   fields of the file → items of mentions → fields of item 7 → …
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from bisect import bisect_right
from functools import lru_cache

from wcwidth import wcwidth

from .model import Source

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')
_CONTEXT = 32
"""Code points of the article that a snippet shows on either side of its span."""
_WIDEST = 60
"""Code points of a span that a snippet shows before it is cut in its middle."""


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
    data, shown = source.data, 0
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
    return line_column(data, shown, source.line)


def line_column(data: bytes, offset: int, first_line: int = 1) -> tuple[int, int]:
    """Line and column, from 1, of a byte offset; columns in code points."""
    starts, counts = _ruler(data)
    line = bisect_right(starts, offset) - 1
    return first_line + line, _code_points(data, counts, offset) - _code_points(data, counts, starts[line]) + 1


_BLOCK = 4096
_CONTINUATION = bytes(range(0x80, 0xC0))


@lru_cache(maxsize=2)
def _ruler(data: bytes) -> tuple[array[int], array[int]]:
    """The byte offsets at which lines start, and the code points before each block of bytes."""
    starts, counts, at, total = array("q", [0]), array("q", [0]), data.find(b"\n"), 0
    while at >= 0:
        starts.append(at + 1)
        at = data.find(b"\n", at + 1)
    for begin in range(0, len(data), _BLOCK):
        total += len(data[begin : begin + _BLOCK].translate(None, _CONTINUATION))
        counts.append(total)
    return starts, counts


def _code_points(data: bytes, counts: array[int], offset: int) -> int:
    block = offset // _BLOCK
    return counts[block] + len(data[block * _BLOCK : offset].translate(None, _CONTINUATION))


@lru_cache(maxsize=32)
def _children(data: bytes, start: int) -> dict[str, tuple[int, int | None]] | array[int]:
    """The byte offsets of what the value at `start` holds: (key, value) of fields, or items."""
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
    text = token[1:-1].decode("utf-8", "replace")
    return re.sub(r"\\u([0-9a-fA-F]{4})|\\(.)", _unescape, text) if "\\" in text else text


def _unescape(match: re.Match[str]) -> str:
    if match.group(1):
        return chr(int(match.group(1), 16))
    return {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}.get(match.group(2), match.group(2))


def snippet(text: str, start: int, end: int) -> str:
    """Two lines: the article around a span, and a line that underlines the span.

    The underline stands under the right cells of a terminal: wide characters count two cells,
    combining ones none; control and format characters are shown as escapes; a line with
    right-to-left letters is laid out left to right, so that the underline can stand below it.
    """
    start, end = max(0, min(start, len(text))), max(0, min(end, len(text)))
    if end < start:
        start, end = end, start
    left, right = text[max(0, start - _CONTEXT) : start], text[end : end + _CONTEXT]
    middle = text[start:end]
    if len(middle) > _WIDEST:
        middle = middle[: _WIDEST // 2] + " … " + middle[-_WIDEST // 2 :]
    before = ("…" if start > _CONTEXT else "") + visible(left)
    after = visible(right) + ("…" if end + _CONTEXT < len(text) else "")
    shown = visible(middle)
    if unicodedata.combining(shown[:1] or " ") and before:
        before, shown = before[:-1], before[-1] + shown
    line = before + shown + after
    if any(unicodedata.bidirectional(char) in ("R", "AL", "AN") for char in line):
        line = f"\N{LEFT-TO-RIGHT OVERRIDE}{line}\N{POP DIRECTIONAL FORMATTING}"
    return f"{line}\n{' ' * cells(before)}{'^' * max(1, cells(shown))}"


def cells(text: str) -> int:
    """The number of terminal cells that `visible` text takes."""
    return sum(max(0, wcwidth(char)) for char in text)


def visible(text: str) -> str:
    """The text on one line, with line ends, controls and format characters made visible."""
    return text if text.isprintable() else "".join(map(_shown, text))


@lru_cache(maxsize=4096)
def _shown(char: str) -> str:
    if char.isprintable():
        return char
    named = {"\n": "⏎", "\t": "⇥", "\r": "␍", "\N{NO-BREAK SPACE}": "⍽", "\N{NARROW NO-BREAK SPACE}": "⍽"}
    return named.get(char) or f"<U+{ord(char):04X}>"


def duplicate_keys(data: bytes) -> list[tuple[str, int, int]]:
    """Each key that an object of valid JSON has again: the key, its first offset and this one, in bytes."""
    found: list[tuple[str, int, int]] = []
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
                found.append((key, keys[key], match.start()))
            else:
                keys[key] = match.start()
            at_key = False
    return found
