"""Edit bytes of JSON: replace some values, each laid out like the old one.

    {"start": 3,↵ "end": 7}   + Edit("/end", 8)         →   {"start": 3,↵ "end": 8}
    {"start": 3,↵ "end": 7}   + Edit("/text", "mill")   →   {"start": 3,↵ "end": 7,↵ "text": "mill"}

Everything outside the edited values stays: white space, key order, escapes, line ends.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

from ..core.json_positions import Member, join_pointer, members, split_pointer, value_range
from ..core.model import Edit

_FIRST_COLON = re.compile(rb'\s*\{\s*"(?:[^"\\]++|\\.)*+"\s*+:(\s?)')
_ESCAPED_LETTER = re.compile(rb"\\u(?!00[0-7])")


def edited(data: bytes, edits: Sequence[Edit]) -> bytes:
    """Return valid JSON with the edits made; no edit may be within the value of another.

    A new key is added after the last one of its object. Raises KeyError if any other part of a pointer
    does not exist.
    """
    new: list[tuple[int, int, bytes]] = []
    grown: set[int] = set()
    for edit in edits:
        try:
            start, end = value_range(data, edit.pointer)
            new.append((start, end, _like(data, start, end, edit.value)))
        except KeyError:
            *above, key = split_pointer(edit.pointer)
            start, _ = value_range(data, join_pointer(*above))
            if data[start : start + 1] != b"{":
                raise
            at, added = _added(data, start, key, edit.value, first=start not in grown)
            grown.add(start)
            new.append((at, at, added))
    pieces, done = [], 0
    for start, end, written in sorted(new, key=lambda one: one[:2]):
        pieces += [data[done:start], written]
        done = end
    return b"".join([*pieces, data[done:]])


def _added(data: bytes, start: int, key: str, value: Any, first: bool) -> tuple[int, bytes]:
    """Return the offset at which the object at `start` grows, and the bytes of a new field with its separator."""
    inside = members(data, start)
    field = _key(data, inside, key) + _plain(data, value)
    if not inside:
        return start + 1, field if first else _separator(data, start, inside) + field
    return inside[-1].end, _separator(data, start, inside) + field


def _like(data: bytes, start: int, end: int, value: Any) -> bytes:
    """Return the JSON of `value` in the layout of the value from `start` to `end`; shared parts keep their bytes."""
    old, opening = data[start:end], data[start : start + 1]
    if _same(old, value):
        return old
    inside = members(data, start) if (type(value), opening) in ((dict, b"{"), (list, b"[")) else []
    if not inside or not value:
        return _plain(data, value)
    parts = _fields(data, inside, value) if type(value) is dict else _items(data, inside, value)
    gaps = [data[one.end : other.begin] for one, other in pairwise(inside)]
    gaps += [_separator(data, start, inside)] * (len(parts) - 1 - len(gaps))
    joined = b"".join(part + gap for part, gap in zip(parts, [*gaps[: len(parts) - 1], b""], strict=True))
    return opening + data[start + 1 : inside[0].begin] + joined + data[inside[-1].end : end]


def _fields(data: bytes, inside: list[Member], value: dict[str, Any]) -> list[bytes]:
    known = {json.loads(data[one.begin : one.key_end]): one for one in inside}
    return [
        data[known[key].begin : known[key].value] + _like(data, known[key].value, known[key].end, item)
        if key in known
        else _key(data, inside, key) + _plain(data, item)
        for key, item in value.items()
    ]


def _items(data: bytes, inside: list[Member], value: list[Any]) -> list[bytes]:
    """Return the bytes of each item: those it had anywhere in the list, or the layout of the item in its place."""
    known = {json.dumps(json.loads(data[one.value : one.end])): one for one in inside}
    last = len(inside) - 1
    like = [known.get(json.dumps(item), inside[min(i, last)]) for i, item in enumerate(value)]
    return [_like(data, one.value, one.end, item) for one, item in zip(like, value, strict=True)]


def _same(old: bytes, value: Any) -> bool:
    """Return True if bytes of JSON hold a value; 1, 1.0 and true are three values."""
    return json.dumps(json.loads(old)) == json.dumps(value)


def _separator(data: bytes, start: int, inside: list[Member]) -> bytes:
    """Return the bytes between the last two members; after a single member, a guess from the file's white space."""
    if len(inside) > 1:
        return data[inside[-2].end : inside[-1].begin]
    gap = data[start + 1 : inside[0].begin] if inside else b""
    return b"," + (gap if b"\n" in gap else b" " if _is_spaced(data) else b"")


def _key(data: bytes, inside: list[Member], key: str) -> bytes:
    """Return a new key and its colon, spaced like the last member's."""
    colon = data[inside[-1].key_end : inside[-1].value] if inside else b": " if _is_spaced(data) else b":"
    return _plain(data, key) + colon


def _plain(data: bytes, value: Any) -> bytes:
    """Return the JSON of a value on one line, with the spacing and escapes of the file."""
    separators = (", ", ": ") if _is_spaced(data) else (",", ":")
    return json.dumps(value, ensure_ascii=_is_escaped(data), separators=separators).encode()


@lru_cache(maxsize=2)
def _is_escaped(data: bytes) -> bool:
    """Return True if the file writes letters beyond ASCII as escapes."""
    return data.isascii() and _ESCAPED_LETTER.search(data) is not None


@lru_cache(maxsize=2)
def _is_spaced(data: bytes) -> bool:
    """Return True if a space follows the first colon of the file, or if it has no colon."""
    colon = _FIRST_COLON.match(data)
    return colon is None or bool(colon[1])
