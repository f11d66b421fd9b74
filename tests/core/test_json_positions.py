"""Pointers lead to lines and columns, spans to underlined lines: held against slow and plain ways."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.json_places import places
from wcwidth import wcswidth

from corpus.core import json_positions
from corpus.core.json_positions import duplicate_keys, join_pointer, line_column, position, split_pointer
from corpus.core.model import Source
from corpus.core.text import snippet, visible

ODD = [
    "日本",
    "e\u0301",
    "👩\u200d👧",
    "👍🏽",
    "❤️",
    "🇩🇪",
    "שלום",
    "عربي",
    "\t",
    "\r\n",
    "\n",
    "\x00",
    "\x1b[31m",
    "\u202e",
    "ﬁ",
    "각",
]
TEXTS = st.lists(st.sampled_from([*ODD, "a", "word", " ", "“", "é", "\u0301"]) | st.characters(), max_size=60).map(
    "".join
)
KEYS = st.text(max_size=6) | st.sampled_from(["", "/", "~", "~1", '"', "\\", "\\u0041", "0", "a/b~c", "😀", "{", "]"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | KEYS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=30,
)
LAYOUTS = [{}, {"indent": 2}, {"indent": 1, "separators": (",", " : ")}, {"separators": (",", ":")}, {"indent": "\t"}]


def without_surrogates(value: Any) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in json.dumps(value, ensure_ascii=False))


@given(JSON.filter(without_surrogates), st.sampled_from(LAYOUTS), st.booleans(), st.integers(1, 9))
def test_position_is_where_a_plain_parser_finds_it(
    value: Any, layout: dict[str, Any], ascii_only: bool, first_line: int
) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, **layout)
    source = Source("a.json", "annotation", text.encode(), first_line)
    for pointer, (line, column) in places(text).items():
        assert position(source, pointer) == (line + first_line - 1, column)


def test_position_of_what_is_not_there_is_that_of_what_holds_it() -> None:
    source = Source("a.json", "annotation", b'{\n  "a": [1, {"b": 2}]\n}')
    assert position(source, "") == (1, 1)
    assert position(source, "/c") == (1, 1)
    assert position(source, "/a/1/c") == (2, 12)
    assert position(source, "/a/7/b") == (2, 3)
    assert position(source, "/a/1/b/c") == (2, 13)


def test_each_record_is_read_once_however_often_it_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half the time of a run with many findings was spent on reading the same records token by token."""
    records = [{"id": f"m{i}", "spans": [{"start": i, "end": i + 1}]} for i in range(500)]
    source = Source("a.json", "annotation", json.dumps({"mentions": records}, indent=1).encode())
    read: list[int] = []
    parsed = json_positions._parsed_children
    monkeypatch.setattr(json_positions, "_parsed_children", lambda data, at: read.append(at) or parsed(data, at))
    for _ in range(2):
        assert [position(source, f"/mentions/{i}/id")[0] for i in range(500)] == list(range(4, 4 + 9 * 500, 9))
    assert len(read) == 502


@given(JSON.filter(without_surrogates), st.sampled_from(LAYOUTS))
def test_what_the_parser_skips_is_what_the_tokens_say(value: Any, layout: dict[str, Any]) -> None:
    data = json.dumps(value, ensure_ascii=False, **layout).encode()
    assert json_positions._parsed_children(data, 0) == json_positions._scanned_children(data, 0)


def test_places_in_json_deeper_than_the_parser_goes() -> None:
    data = b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b',\n "b": 1}'
    assert position(Source("a.json", "annotation", data), "/b") == (2, 2)


@given(st.text(st.sampled_from("a\n日😀é"), max_size=40), st.integers(1, 400), st.data())
def test_line_and_column_of_any_offset(text: str, times: int, data: st.DataObject) -> None:
    text *= times
    at = data.draw(st.integers(0, len(text)))
    before = text[:at]
    expected = before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1
    assert line_column(text.encode(), len(before.encode())) == expected


@given(st.lists(KEYS))
def test_pointers_are_split_as_they_are_joined(parts: list[str]) -> None:
    assert split_pointer(join_pointer(*parts)) == parts


@given(st.lists(KEYS, max_size=8).filter(without_surrogates), st.booleans())
def test_keys_that_are_there_again(keys: list[str], ascii_only: bool) -> None:
    written = [json.dumps(key, ensure_ascii=ascii_only) for key in keys]
    data = "{" + ", ".join(f'{key}: {{"x": [{key}]}}' for key in written) + "}"
    found = list(duplicate_keys(data.encode()))
    assert [key for key, _, _ in found] == [key for i, key in enumerate(keys) if key in keys[:i]]
    for key, first, again in found:
        for at in (first, again):
            assert json.JSONDecoder().raw_decode(data.encode()[at:].decode())[0] == key
        assert first < again


@pytest.mark.parametrize(
    ("text", "words", "shown"),
    [
        ("She left.", "left", "She left.\n    ^^^^"),
        ("日本の橋は安全だ。", "橋", "日本の橋は安全だ。\n      ^^"),
        ("Rene\u0301 Caspar", "Caspar", "Rene\u0301 Caspar\n     ^^^^^^"),
        ("Rene\u0301 Caspar", "\u0301", "Rene\u0301 Caspar\n   ^"),
        ("👩\u200d👧 sang", "sang", "👩<U+200D>👧 sang\n             ^^^^"),
        ("👍🏽 yes", "yes", "👍🏽 yes\n   ^^^"),
        ("I ❤️ tea", "tea", "I ❤️ tea\n     ^^^"),
        ("🇩🇪 won", "won", "🇩🇪 won\n   ^^^"),
        ("a\tb\r\nc", "b", "a⇥b␍⏎c\n  ^"),
        ("no\u00a0break", "break", "no⍽break\n   ^^^^^"),
        ("\x1b[31mred", "red", "<U+001B>[31mred\n            ^^^"),
        ("a\u202eb", "b", "a<U+202E>b\n         ^"),
        ("He said שלום to us", "to", "\u202dHe said שלום to us\u202c\n             ^^"),
        ("x" * 40 + "here" + "y" * 40, "here", f"…{'x' * 32}here{'y' * 32}…\n{' ' * 33}^^^^"),
        ("<" + "a" * 99 + "b" * 99 + ">", "a" * 99 + "b" * 99, f"<{'a' * 30} … {'b' * 30}>\n {'^' * 63}"),
    ],
)
def test_snippets(text: str, words: str, shown: str) -> None:
    start = text.index(words)
    assert snippet(text, start, start + len(words)) == shown


@given(TEXTS, st.data())
def test_underline_stands_under_the_cells_of_the_span(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(start + 60, len(text))))
    line, underline = snippet(text, start, end).split("\n")
    line = line.removeprefix("\u202d").removesuffix("\u202c")
    before = ("…" if start > 32 else "") + visible(text[max(0, start - 32) : start])
    upto = before + visible(text[start:end])
    assert line.startswith(upto)
    column = len(underline) - len(underline.lstrip(" "))
    begins_a_character = start == end or wcswidth(upto[: len(before) + 1]) > wcswidth(before)
    assert (column == wcswidth(before)) if begins_a_character else (column <= wcswidth(before))
    assert len(underline) == max(column + 1, wcswidth(upto))
    assert set(underline.strip(" ")) == {"^"}


@given(TEXTS, st.integers(-5, 300), st.integers(-5, 300))
def test_snippets_obey_nothing_and_hold_for_any_offsets(text: str, start: int, end: int) -> None:
    shown = snippet(text, start, end)
    assert shown.count("\n") == 1
    line = shown.split("\n")[0].removeprefix("\u202d").removesuffix("\u202c")
    assert line.isprintable()
    assert shown.startswith("\u202d") == any(unicodedata.bidirectional(char) in ("R", "AL", "AN") for char in line)
