"""Fixes: the values they are about change, and every other byte stays, in every layout and form of file."""

from __future__ import annotations

import copy
import gzip
import json
import random
import re
from typing import Any

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from support.corpora import TEXT, Corpus, annotation, record
from support.json_places import places

from corpus.core.json_positions import split_pointer, value_range
from corpus.core.model import Edit, Fix, Problem
from corpus.edit.fix import without_conflicts
from corpus.edit.text_diff import unified
from corpus.files import edited

KEYS = st.text(max_size=5) | st.sampled_from(["", "/", "~", "~1", '"', "\\", "0", "a/b~c", "😀", "{", "]", "ä"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | KEYS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=15,
)
BLANKS = {
    "compact": [""],
    "spaced": [" "],
    "tabs": ["\n\t", "\t", ""],
    "CRLF": ["\r\n", "\r\n  ", " "],
    "odd": ["", " ", "  ", "\t", "\n", "\r", "\r\n"],
}
PACK = {
    "jsonl": (bytes, bytes),
    "jsonl.gz": (gzip.compress, gzip.decompress),
    "jsonl.zst": (
        zstandard.ZstdCompressor().compress,
        lambda data: zstandard.ZstdDecompressor().decompressobj().decompress(data),
    ),
}
GOLD = "annotations/gold/alpha.json"


def written(value: Any, rng: random.Random, blanks: list[str], ascii_only: bool) -> str:
    """JSON with blanks, drawn from `blanks`, wherever there may be some."""

    def gap() -> str:
        return rng.choice(blanks)

    def put(one: Any) -> str:
        if isinstance(one, dict):
            inner = [f"{gap()}{put(key)}{gap()}:{gap()}{put(item)}{gap()}" for key, item in one.items()]
            return "{" + (",".join(inner) or gap()) + "}"
        if isinstance(one, list):
            return "[" + (",".join(f"{gap()}{put(item)}{gap()}" for item in one) or gap()) + "]"
        return json.dumps(one, ensure_ascii=ascii_only)

    return gap() + put(value) + gap()


def at(value: Any, parts: list[str]) -> Any:
    for part in parts:
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


def applied(value: Any, edits: list[Edit]) -> Any:
    """What the edits mean, on the value."""
    whole = [copy.deepcopy(value)]
    for edit in edits:
        *above, last = ["0", *split_pointer(edit.pointer)]
        target = at(whole, above)
        target[int(last) if isinstance(target, list) else last] = edit.value
    return whole[0]


@st.composite
def edited_values(draw: st.DrawFn) -> tuple[Any, list[Edit]]:
    """A value, and edits of places that are there or of keys that are not, none in the value of another."""
    value = draw(VALUES)
    pointers = draw(st.lists(st.sampled_from(sorted(places(json.dumps(value)))), min_size=1, max_size=4, unique=True))
    edits: list[Edit] = []
    for pointer in pointers:
        target = at(value, split_pointer(pointer))
        kind = draw(st.sampled_from(["replace", "like", "add"]))
        new = draw(VALUES)
        if kind == "like" and isinstance(target, list):
            new = draw(st.permutations(target)) + draw(st.lists(VALUES, max_size=2))
        elif kind == "like" and isinstance(target, dict):
            new = {key: draw(st.just(item) | VALUES) for key, item in target.items() if draw(st.booleans())}
        elif kind == "add" and isinstance(target, dict):
            key = draw(KEYS.filter(lambda key: key not in target))  # noqa: B023
            pointer += "/" + key.replace("~", "~0").replace("/", "~1")
        ways = f"{pointer}/"
        if not any(f"{edit.pointer}/".startswith(ways) or ways.startswith(f"{edit.pointer}/") for edit in edits):
            edits.append(Edit(pointer, new))
    return value, edits


@given(edited_values(), st.sampled_from(sorted(BLANKS)), st.booleans(), st.randoms(use_true_random=False))
def test_edits_change_their_values_and_no_other_byte(
    made: tuple[Any, list[Edit]], blanks: str, ascii_only: bool, rng: random.Random
) -> None:
    value, edits = made
    data = written(value, rng, BLANKS[blanks], ascii_only).encode()
    new = edited(data, edits)
    assert json.dumps(json.loads(new), sort_keys=True) == json.dumps(applied(value, edits), sort_keys=True)
    ranges = set()
    for edit in edits:
        try:
            ranges.add(value_range(data, edit.pointer))
        except KeyError:
            above = edit.pointer.rpartition("/")[0]
            start, end = value_range(data, above)
            inside = data[start + 1 : end - 1].rstrip()
            grows = start + 1 + len(inside) if inside else start + 1
            ranges.add((grows, grows))
    outside, done = [], 0
    for start, end in sorted(ranges):
        outside.append(re.escape(data[done:start]))
        done = end
    assert re.fullmatch(b"(?s:.*)".join([*outside, re.escape(data[done:])]), new)


@given(VALUES, st.sampled_from(sorted(BLANKS)), st.booleans(), st.randoms(use_true_random=False))
def test_an_edit_that_changes_nothing_changes_no_byte(
    value: Any, blanks: str, ascii_only: bool, rng: random.Random
) -> None:
    data = written(value, rng, BLANKS[blanks], ascii_only).encode()
    for pointer in places(data.decode()):
        there = at(value, split_pointer(pointer))
        start, end = value_range(data, pointer)
        assert json.dumps(json.loads(data[start:end])) == json.dumps(there)
        assert data[start:end] == data[start:end].strip()
        assert edited(data, [Edit(pointer, there)]) == data


@pytest.mark.parametrize("pointer", ["/x/y", "/a/2", "/a/x", "/a/-", "/a/0/b"])
def test_no_edit_of_what_is_not_there(pointer: str) -> None:
    with pytest.raises(KeyError):
        value_range(b'{"a": [1, 2]}', pointer)
    with pytest.raises(KeyError):
        edited(b'{"a": [1, 2]}', [Edit(pointer, 1)])


@pytest.mark.parametrize(
    ("data", "edit", "expected"),
    [
        (
            '[\n {"s": 4,\t"e":5},\n {"s": 1}\n]',
            ("", [{"s": 1}, {"s": 4, "e": 5}]),
            '[\n {"s": 1},\n {"s": 4,\t"e":5}\n]',
        ),
        ('{"a": [\n  1,\n  2\n]}', ("/a", [3, 2, 1, 0]), '{"a": [\n  3,\n  2,\n  1,\n  0\n]}'),
        ('{ "s":1 , "t":"x" }', ("", {"s": 1}), '{ "s":1 }'),
        ('{\r\n\t"a": 1\r\n}', ("/b", []), '{\r\n\t"a": 1,\r\n\t"b": []\r\n}'),
        ('{"a": 1, "b" : 2}', ("/c", {"d": [1, 2]}), '{"a": 1, "b" : 2, "c" : {"d": [1, 2]}}'),
        ('{"a":1}', ("/c", {"d": [1, 2]}), '{"a":1,"c":{"d":[1,2]}}'),
        ('{"a": {}}', ("/a/b", 1), '{"a": {"b": 1}}'),
        ('{"a": "\\u00e4"}', ("/a", "ö"), '{"a": "\\u00f6"}'),
        ('{"a": "\\n"}', ("/a", "ö"), '{"a": "ö"}'),
        ('{"a": 1.0}', ("/a", 1), '{"a": 1}'),
    ],
)
def test_new_values_look_like_the_old_ones(data: str, edit: tuple[str, Any], expected: str) -> None:
    assert edited(data.encode(), [Edit(*edit)]).decode() == expected


def test_of_two_fixes_of_one_place_the_first() -> None:
    def problem(pointer: str, *pointers: str) -> Problem:
        return Problem("X", "error", "a", "", pointer, fix=Fix(True, pointer, tuple(Edit(p, 0) for p in pointers)))

    problems = [
        problem("/m/1", "/m/1/start", "/m/1/end"),
        problem("/m/1", "/m/1/text"),
        problem("/m", "/m"),
        problem("/m/1/x", "/m/1/x"),
        problem("/m/10", "/m/10/end", "/m/10/start"),
        problem("/n", "/o", "/m/10/text"),
        problem("/o", "/o"),
    ]
    assert [fix.description for fix in without_conflicts(problems)] == ["/m/1", "/m/10", "/o"]


def off_by_one(value: dict[str, Any]) -> dict[str, Any]:
    """An annotation with an edge too far, which has a safe fix, and a flag that is wrong, whose fix is unsafe."""
    end = value["mentions"][1]["spans"][0]["end"] + 1
    value["mentions"][1]["spans"][0] |= {"end": end, "text": TEXT[value["mentions"][1]["spans"][0]["start"] : end]}
    value["quotes"][0]["continues_paragraph"] = True
    return value


def text_of(value: dict[str, Any], newline: str = "\n") -> str:
    return json.dumps(value, indent="\t", separators=(" ,", " :")).replace("\n", newline)


def test_only_what_is_fixed_changes(corpus: Corpus) -> None:
    odd = text_of(off_by_one(annotation("alpha")), "\r\n")
    corpus.write(GOLD, odd)
    wrong_text = TEXT[TEXT.index("she") :][:4]
    mended = odd.replace(json.dumps(wrong_text), '"she"').replace(
        f'"end" :{TEXT.index("she") + 4}', f'"end" :{TEXT.index("she") + 3}'
    )
    before = corpus.files()
    for asked in ("--check",), ("--diff",), ("--check", "--diff"):
        ran = corpus.run("fmt", "--fix", *asked)
        assert ran.code == 1
        assert corpus.files() == before
    ran = corpus.run("fmt", "--fix")
    assert ran.code == 1
    assert "Q512" in ran.out
    assert "corpus fmt --fix --unsafe" in ran.out
    assert ran.out.endswith(f"rewrote {GOLD}\n")
    assert corpus.files() == before | {GOLD: mended.encode()}
    ran = corpus.run("fmt", "--fix", "--unsafe")
    assert (ran.code, ran.out) == (0, f"rewrote {GOLD}\n")
    mended = mended.replace('"continues_paragraph" :true', '"continues_paragraph" :false')
    assert corpus.files() == before | {GOLD: mended.encode()}
    again = corpus.run("fmt", "--fix", "--unsafe", "--check")
    assert (again.code, again.out, again.err) == (0, "", "0 of 5 files to rewrite\n")


@pytest.mark.parametrize("form", PACK)
def test_only_the_lines_of_what_is_fixed_change(corpus: Corpus, form: str) -> None:
    pack, unpack = PACK[form]
    odd = json.dumps(off_by_one(annotation("alpha", annotator="eve")), ensure_ascii=False).encode()
    sound = json.dumps(annotation("beta", corpus.files()["raw/beta.txt"].decode(), "eve")).encode()
    bulk = {**record("c", length=7), "text": TEXT}
    right = TEXT.index("she") + 3
    wrong_text = json.dumps(TEXT[right - 3 : right + 1]).encode()
    mended = odd.replace(wrong_text, b'"she"').replace(b'"end": %d' % (right + 1), b'"end": %d' % right)
    lines = [b"garbage \xff", b"", b"  " + odd + b" \r", sound + b"\t"]
    corpus.write(f"annotations/eve/z.{form}", pack(b"\n".join(lines)))
    corpus.write(f"raw/z.{form}", pack(b"\n\n " + json.dumps(bulk).encode()))
    before = corpus.files()
    shown = corpus.run("fmt", "--fix", "--diff")
    assert shown.code == 1
    assert corpus.files() == before
    diff = [line for line in shown.out.splitlines() if line[0] in "-+@"]
    assert [line for line in diff if line[0] == "@"] == ["@@ -3 +3 @@", "@@ -3 +3 @@"]
    assert len(diff) == 10
    assert "Q512" in shown.err
    assert corpus.run("fmt", "--fix").code == 1
    after = corpus.files()
    lines[2] = b"  " + mended + b" \r"
    assert unpack(after[f"annotations/eve/z.{form}"]) == b"\n".join(lines)
    assert unpack(after[f"raw/z.{form}"]) == b"\n\n " + json.dumps({**bulk, "length": len(TEXT)}).encode()
    assert {path for path in after if after[path] != before[path]} == {f"annotations/eve/z.{form}", f"raw/z.{form}"}


def test_a_byte_order_mark_is_three_bytes(corpus: Corpus) -> None:
    data = text_of(annotation("alpha"), "\r\n").encode()
    line = text_of(off_by_one(annotation("alpha", annotator="eve"))).replace("\n", " ").encode()
    corpus.write(GOLD, b"\xef\xbb\xbf" + data)
    corpus.write("annotations/eve/b.jsonl", b"\xef\xbb\xbf" + line)
    assert corpus.run("fmt", "--fix", "--unsafe").code == 0
    assert corpus.files()[GOLD] == data
    right = text_of(annotation("alpha", annotator="eve")).replace("\n", " ")
    assert corpus.files()["annotations/eve/b.jsonl"] == right.encode()


def test_unsafe_goes_with_fix(corpus: Corpus) -> None:
    ran = corpus.run("fmt", "--unsafe")
    assert (ran.code, ran.out) == (2, "")
    assert "--fix" in ran.err


def test_only_the_files_that_are_asked_for(corpus: Corpus) -> None:
    corpus.write(GOLD, off_by_one(annotation("alpha")))
    corpus.write("raw/beta.json", corpus.read("raw/beta.json") | {"length": 1})
    before = corpus.files()
    assert corpus.run("fmt", "--fix", "--unsafe", str(corpus.root / "annotations")).code == 0
    assert {path for path, data in corpus.files().items() if data != before[path]} == {GOLD}


def test_a_diff_of_the_canonical_form(corpus: Corpus) -> None:
    assert corpus.run("fmt").code == 0
    clean = corpus.files()
    assert corpus.run("fmt", "--diff").out == ""
    corpus.write(GOLD, clean[GOLD].replace(b'"split"', b'"split" ').replace(b",\n", b",\r\n", 1).rstrip())
    before = corpus.files()
    ran = corpus.run("fmt", "--diff")
    assert ran.code == 1
    assert corpus.files() == before
    assert ran.out.splitlines()[:5] == [
        f"--- a/{GOLD}",
        f"+++ b/{GOLD}",
        "@@ -1,5 +1,5 @@",
        " {",
        '-  "doc_id": "alpha",␍',
    ]
    assert ran.out.splitlines()[-3:] == ["-}", "\\ No newline at end of file", "+}"]
    assert ran.out.replace("\n", "").isprintable()


LINES = st.lists(st.sampled_from(["", "a", "b", "c", "}", "long line"]), max_size=30)


@given(LINES, LINES, st.booleans(), st.booleans())
def test_a_diff_leads_from_the_old_to_the_new(old: list[str], new: list[str], one_ends: bool, other_ends: bool) -> None:
    before, after = ("\n".join(old) + "\n" * one_ends), ("\n".join(new) + "\n" * other_ends)
    lines = list(unified("x", before.encode(), after.encode()))[2:]
    assert patched(before, lines) == after
    assert (lines == []) == (before == after)


def patched(text: str, lines: list[str]) -> str:
    """The text with a unified diff applied, each of whose lines has to fit."""
    old, out, done = text.splitlines(keepends=True), [], 0
    ended = [not following.startswith("\\") for following in [*lines, ""][1:]]
    for line, ends in zip(lines, ended, strict=True):
        if header := re.fullmatch(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", line):
            start = int(header[1]) - (header[2] != "0")
            out += old[done:start]
            done = start
            assert len(out) == int(header[3]) - (header[4] != "0")
        elif line[0] in " -":
            assert old[done] == line[1:] + "\n" * ends
            out += [old[done]] if line[0] == " " else []
            done += 1
        elif line[0] == "+":
            out.append(line[1:] + "\n" * ends)
    return "".join(out + old[done:])


def test_a_span_is_not_trimmed_inside_a_word(corpus: Corpus) -> None:
    """White space at one edge and half a word at the other is a shifted span: a trimmed one would hide the shift."""
    path = "annotations/gold/alpha.json"
    value = corpus.read(path)
    name = next(one for one in value["mentions"] if one["spans"][0]["text"] == "Åsa Lindqvist")
    start = name["spans"][0]["start"] - 1
    name["spans"][0].update(start=start, end=start + 13, text=" Åsa Lindqvis")
    before = corpus.write(path, value).read_bytes()
    ran = corpus.run("fmt", "--fix")
    assert ran.code == 1
    assert "P310" in ran.out
    assert "which cuts a word" in ran.out
    assert (corpus.root / path).read_bytes() == before
    name["spans"][0].update(start=start, end=start + 14, text=" Åsa Lindqvist")
    corpus.write(path, value)
    assert corpus.run("fmt", "--fix").code == 0
    assert corpus.read(path)["mentions"][value["mentions"].index(name)]["spans"][0]["text"] == "Åsa Lindqvist"


def test_what_has_no_fix_is_reported_unless_it_is_suppressed(corpus: Corpus) -> None:
    value = annotation("alpha")
    value["mentions"][0]["spans"][0]["end"] = 10**6
    before = corpus.write(GOLD, value).read_bytes()
    ran = corpus.run("fmt", "--fix")
    assert ran.code == 1
    assert "error P304" in ran.out
    assert (corpus.root / GOLD).read_bytes() == before
    assert corpus.run("fmt", "--fix", str(corpus.root / "raw")).code == 0
    assert corpus.run("baseline", "write").code == 0
    ran = corpus.run("fmt", "--fix")
    assert (ran.code, ran.out) == (0, "")
