"""Damage bytes at random: what a faulty program, a bad copy or someone hostile would make of a file."""

from __future__ import annotations

import copy
import json
import random
import re

WORDS = [
    *(b'"', b"'", b"{", b"}", b"[", b"]", b"[[", b"<", b">", b",", b":", b"=", b"\\", b"\t", b"\n", b"\r\n", b"\n\n"),
    *(b"null", b"true", b"-1", b"0", b"1e999", b"99999999999999999999", b"\\ud800", b"\\u0000", b"\x00", b"\xff"),
    *(b"\xef\xbb\xbf", b"\xe2\x80\xae", b"\xf0\x9f\x98\x80", b"e\xcc\x81", b"\x1b[31m", b"&amp;", b"&#0;"),
    *(b"<![CDATA[", b"\\n::error::x", b"##[group]", b"<script>", b"](x)", b"../../x", b'{"start": 5, "end": 2}'),
    *(b"B-PER", b"*[1]"),
]
ODD: list[object] = [
    *(None, True, -1, 0, 7, 2**40, 1.5, "", "x", "\u202e::error::\x1b[2J", "\ud800"),
    *([], {}, [[]], {"": ""}),
]
"""Values that hardly any place of a file is meant for."""
_NUMBER = re.compile(rb"\d+")
_WORD = re.compile(rb"\"[^\"\n]*\"|[\w.#/-]+")
"""What most formats write between punctuation: a string in quotation marks, a number or a name."""


def damaged(data: bytes, rng: random.Random) -> bytes:
    """Return the bytes with one to four changes: a word put in or over, a piece cut, doubled or moved, and so on."""
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        at, end = sorted(rng.randrange(len(data) + 1) for _ in range(2))
        end = min(end, at + rng.choice((1, 8, 200)))
        kind, word = rng.randrange(11), rng.choice(WORDS)
        if kind == 0:
            data = data[:at] + word + data[at:]
        elif kind == 1:
            data = data[:at] + word + data[end:]
        elif kind == 2:
            data = data[:at] + data[end:]
        elif kind == 3:
            data = data[:end] + data[at:]
        elif kind == 4:
            data = data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]
        elif kind == 5:
            data = _another_number(data, at, rng)
        elif kind < 9:
            data = another_word(data, rng)
        else:
            data = _lines_changed(data, rng)
    return data


def _another_number(data: bytes, at: int, rng: random.Random) -> bytes:
    found = _NUMBER.search(data, at) or _NUMBER.search(data)
    if not found:
        return data
    value = min(int(found[0][:18]), 2**40)
    new = rng.choice((value + 1, value - 1, value * 2, 0, -value, rng.randrange(10 ** rng.randrange(1, 12))))
    return data[: found.start()] + str(new).encode() + data[found.end() :]


def another_word(data: bytes, rng: random.Random) -> bytes:
    """Return the bytes with one word changed for another of the file, or for one that hardly any place is meant for."""
    words = list(_WORD.finditer(data))
    if not words:
        return data
    old, new = rng.choice(words), rng.choice(words)[0]
    odd = (b"", b'""', b"0", b"-1", b"1.5", b"true", b"[]", b"{}", b'"\\u202e"', b'"x"', b"x", b"2026-01-01")
    return data[: old.start()] + (new if rng.random() < 0.6 else rng.choice(odd)) + data[old.end() :]


def _lines_changed(data: bytes, rng: random.Random) -> bytes:
    """Return the bytes with a line removed, doubled, or changed for another."""
    lines = data.splitlines(keepends=True)
    if not lines:
        return rng.choice(WORDS)
    at, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[at : at + 1] = rng.choice(([], [lines[at]] * 2, [lines[other]], [lines[other], lines[at]]))
    return b"".join(lines)


def another_value(value: object, rng: random.Random) -> object:
    """Return a copy of a JSON value with one or two values in it removed, or replaced by others."""
    value = json.loads(json.dumps(value))
    for _ in range(rng.choice((1, 1, 2))):
        places: list[tuple[dict[str, object] | list[object], str | int]] = []
        todo: list[object] = [value]
        while todo:
            one = todo.pop()
            if isinstance(one, dict):
                places += [(one, key) for key in one]
                todo += one.values()
            elif isinstance(one, list):
                places += [(one, key) for key in range(len(one))]
                todo += one
        if not places:
            return copy.deepcopy(rng.choice(ODD))
        holder, key = rng.choice(places)
        other, where = rng.choice(places)
        if rng.random() < 0.2:
            del holder[key]  # type: ignore[arg-type]
        else:
            copied = json.loads(json.dumps(other[where]))  # type: ignore[index,call-overload]
            holder[key] = copy.deepcopy(rng.choice([*ODD, copied, copied, copied]))  # type: ignore[index,call-overload]
    return value


def damaged_json(data: bytes, rng: random.Random) -> bytes:
    """Return JSON damaged in its bytes or, more often, in its values."""
    if rng.random() < 0.4:
        return damaged(data, rng)
    return json.dumps(another_value(json.loads(data), rng), ensure_ascii=rng.random() < 0.1).encode("utf-8", "replace")
