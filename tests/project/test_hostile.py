"""Whatever lies in a corpus, there is a clear finding or exit code 2: no traceback, bounded memory, nothing lost.

Each entry of `HOSTILE` damages a corpus and says what must be found: that and nothing else, beside
the one finding of the document `zulu`, which shows that the others are still checked.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard
from support.corpora import TEXT, Corpus, annotation, record, run, span

from corpus.files import index

ZULU = {"P307 annotations/gold/zulu.json"}
GOLD = "annotations/gold/alpha.json"
Damage = Callable[[Corpus], object]


def write(path: str, content: bytes | str) -> Damage:
    return lambda corpus: corpus.write(path, content)


def change(path: str, **fields: Any) -> Damage:
    return lambda corpus: corpus.write(path, {**corpus.read(path), **fields})


def replace(path: str, old: str, new: str) -> Damage:
    def damage(corpus: Corpus) -> None:
        text = (corpus.root / path).read_text("utf-8")
        assert old in text
        corpus.write(path, text.replace(old, new, 1))

    return damage


def first_span(**fields: Any) -> Damage:
    """Other values in the first span of alpha's gold annotation."""

    def damage(corpus: Corpus) -> None:
        value = corpus.read(GOLD)
        value["mentions"][0]["spans"][0].update(fields)
        corpus.write(GOLD, value)

    return damage


def bulk(path: str, *lines: dict[str, Any] | str | bytes) -> Damage:
    """A bulk file of these lines, packed as its name says."""

    def damage(corpus: Corpus) -> None:
        written = [json.dumps(line) if isinstance(line, dict) else line for line in lines]
        data = b"".join((line.encode() if isinstance(line, str) else line) + b"\n" for line in written)
        if path.endswith(".gz"):
            data = gzip.compress(data)
        elif path.endswith(".zst"):
            data = zstandard.ZstdCompressor().compress(data)
        corpus.write(path, data)

    return damage


def cut(path: str, keep: Callable[[int], int]) -> Damage:
    """A bulk file of one article, cut off."""

    def damage(corpus: Corpus) -> None:
        bulk(path, article("delta"))(corpus)
        data = (corpus.root / path).read_bytes()
        corpus.write(path, data[: keep(len(data))])

    return damage


def article(doc_id: str, **changed: Any) -> dict[str, Any]:
    return {**record(doc_id), "text": TEXT, **changed}


def both(*damages: Damage) -> Damage:
    return lambda corpus: [damage(corpus) for damage in damages]


def link(path: str, target: str, folder: bool = False) -> Damage:
    """A link to what lies outside of the corpus."""

    def damage(corpus: Corpus) -> None:
        outside = corpus.root.parent / "outside"
        outside.mkdir(exist_ok=True)
        (outside / target).mkdir() if folder else (outside / target).write_text(TEXT, "utf-8")
        (corpus.root / path).unlink(missing_ok=True)
        (corpus.root / path).symlink_to(outside / target)

    return damage


def no_utf8_name(folder: str, name: bytes) -> Damage:
    def damage(corpus: Corpus) -> None:
        with open(os.fsencode(corpus.root / folder) + b"/" + name, "wb") as file:
            file.write(b"{}")

    return damage


WRONG_EVERYWHERE = {
    "doc_id": 1,
    "title": [],
    "language": {},
    "license": None,
    "redistribution": 3.5,
    "text_sha256": [1],
    "length": "12",
    "split": {"a": []},
    "story": False,
    "topics": "x",
    "published": 2026,
}

HOSTILE: dict[str, tuple[Damage, set[str]]] = {
    "text not UTF-8": (write("raw/alpha.txt", TEXT.encode("windows-1252", "replace")), {"F101 raw/alpha.txt"}),
    "text in UTF-16": (write("raw/alpha.txt", TEXT.encode("utf-16")), {"F101 raw/alpha.txt"}),
    "surrogate in UTF-8": (write(GOLD, b'{"doc_id": "\xed\xa0\xbd"}'), {f"F101 {GOLD}"}),
    "record not UTF-8": (write("raw/alpha.json", b'{"doc_id": "alph\xe4"}'), {"F101 raw/alpha.json"}),
    "bulk line not UTF-8": (write("raw/b.jsonl", b'{"doc_id": "x", "title": "\xff"}\n'), {"F101 raw/b.jsonl"}),
    "BOM in text": (write("raw/alpha.txt", b"\xef\xbb\xbf" + TEXT.encode()), {"F102 raw/alpha.txt"}),
    "BOM in annotation": (
        lambda c: c.write(GOLD, b"\xef\xbb\xbf" + (c.root / GOLD).read_bytes()),
        {f"F102 {GOLD}"},
    ),
    "BOM in bulk": (
        write("raw/b.jsonl", b"\xef\xbb\xbf" + json.dumps(article("delta")).encode()),
        {"F102 raw/b.jsonl"},
    ),
    "BOM in the text of a bulk line": (bulk("raw/b.jsonl", article("d", text="\ufeff" + TEXT)), {"F102 raw/b.jsonl"}),
    "NUL in text": (write("raw/alpha.txt", TEXT.replace(" ", "\x00")), {"F111 raw/alpha.txt"}),
    "NUL in JSON": (replace("raw/alpha.json", "en", "\x00"), {"F103 raw/alpha.json"}),
    "NUL escaped in a bulk text": (bulk("raw/b.jsonl", article("d", text="a\x00b")), {"F111 raw/b.jsonl"}),
    "form feed in a bulk text": (bulk("raw/b.jsonl", article("d", text="a\fb")), {"F111 raw/b.jsonl"}),
    "DEL in a bulk text": (bulk("raw/b.jsonl", article("d", text="a\x7fb")), {"F111 raw/b.jsonl"}),
    "only NULs": (write(GOLD, bytes(1000)), {f"F103 {GOLD}"}),
    "lone surrogate": (replace(GOLD, '"name": "', '"name": "\\ud83d'), {f"F112 {GOLD}"}),
    "lone low surrogate": (replace(GOLD, '"name": "', '"name": "\\ude00'), {f"F112 {GOLD}"}),
    "surrogates interchanged": (replace(GOLD, '"name": "', '"name": "\\ude00\\ud83d'), {f"F112 {GOLD}"}),
    "duplicate key": (replace(GOLD, "{", '{"doc_id": "alpha", '), {f"F104 {GOLD}"}),
    "deep arrays": (write(GOLD, "[" * 10_000 + "]" * 10_000), {f"F113 {GOLD}"}),
    "deep objects": (write(GOLD, '{"a":' * 10_000 + "1" + "}" * 10_000), {f"F113 {GOLD}"}),
    "deep and unclosed": (write(GOLD, "[" * 10_000), {f"F113 {GOLD}"}),
    "deep objects, unclosed": (write(GOLD, '{"a":' * 10_000), {f"F113 {GOLD}"}),
    "rather deep": (write(GOLD, "[" * 300 + "]" * 300), {f"F113 {GOLD}"}),
    "rather deep, with blanks": (write(GOLD, "[ " * 230 + "]" * 230), {f"F113 {GOLD}"}),
    "deep bulk line": (bulk("raw/b.jsonl", "[" * 10_000), {"F113 raw/b.jsonl"}),
    "offset in a string": (first_span(start="6"), {f"S201 {GOLD}"}),
    "offset 6.0": (first_span(start=6.0), {f"S206 {GOLD}"}),
    "offset 6e0": (replace(GOLD, '"start": 6', '"start": 6e0'), {f"S206 {GOLD}"}),
    "offset 1e3": (replace(GOLD, '"end": 19', '"end": 1e3'), {f"S206 {GOLD}"}),
    "offset 6.5": (first_span(start=6.5), {f"S201 {GOLD}"}),
    "offset true": (first_span(start=True), {f"S201 {GOLD}"}),
    "offset null": (first_span(start=None), {f"S201 {GOLD}"}),
    "negative offset": (first_span(start=-3), {f"P304 {GOLD}"}),
    "huge offset": (first_span(end=2**70), {f"F120 {GOLD}"}),
    "huge negative offset": (first_span(start=-(2**70)), {f"F120 {GOLD}"}),
    "offset of 400 digits": (replace(GOLD, '"end": 19', f'"end": 1{"0" * 400}'), {f"F103 {GOLD}"}),
    "offset 1e400": (replace(GOLD, '"end": 19', '"end": 1e400'), {f"F103 {GOLD}"}),
    "offset NaN": (replace(GOLD, '"end": 19', '"end": NaN'), {f"F103 {GOLD}"}),
    "length in a string": (change("raw/alpha.json", length="12"), {"S201 raw/alpha.json"}),
    "huge length": (change("raw/alpha.json", length=2**70), {"F120 raw/alpha.json"}),
    "large offset": (first_span(end=2**62), {f"P304 {GOLD}"}),
    "negative length": (change("raw/alpha.json", length=-1), {"S205 raw/alpha.json"}),
    "empty text": (write("raw/alpha.txt", b""), {"F110 raw/alpha.txt"}),
    "empty record": (write("raw/alpha.json", b""), {"F110 raw/alpha.json"}),
    "empty annotation": (write(GOLD, b""), {f"F110 {GOLD}"}),
    "empty bulk file": (write("raw/b.jsonl", b""), {"F110 raw/b.jsonl"}),
    "empty gz": (write("raw/b.jsonl.gz", b""), {"F110 raw/b.jsonl.gz"}),
    "empty zst": (write("raw/b.jsonl.zst", b""), {"F110 raw/b.jsonl.zst"}),
    "gz of nothing": (bulk("raw/b.jsonl.gz"), {"F110 raw/b.jsonl.gz"}),
    "white space for a text": (write("raw/alpha.txt", " \r\n\t\u00a0"), {"F110 raw/alpha.txt"}),
    "white space for a record": (write("raw/alpha.json", " \n\n "), {"F110 raw/alpha.json"}),
    "white space for an annotation": (write(GOLD, "\n\n\n"), {f"F110 {GOLD}"}),
    "white space for a bulk file": (write("raw/b.jsonl", "\n \n\t\n"), {"F110 raw/b.jsonl"}),
    "empty text in bulk": (bulk("raw/b.jsonl", article("delta", text="")), {"F110 raw/b.jsonl"}),
    "text is a link": (link("raw/alpha.txt", "secret.txt"), {"F108 raw/alpha.txt"}),
    "record is a link": (link("raw/alpha.json", "secret.json"), {"F108 raw/alpha.json"}),
    "annotation is a link": (link(GOLD, "secret.json"), {f"F108 {GOLD}"}),
    "bulk file is a link": (link("raw/b.jsonl", "secret.jsonl"), {"F108 raw/b.jsonl"}),
    "annotator is a link": (link("annotations/eve", "secret", folder=True), {"F108 annotations/eve"}),
    "link to nowhere": (lambda c: (c.root / "raw/x.json").symlink_to("/nowhere"), {"F108 raw/x.json"}),
    "link to itself": (lambda c: (c.root / "raw/x.json").symlink_to("x.json"), {"F108 raw/x.json"}),
    "../ in a record": (change("raw/alpha.json", doc_id="../alpha"), {"F105 raw/alpha.json"}),
    "../ in an annotation": (change(GOLD, doc_id="../../etc/passwd"), {f"F105 {GOLD}"}),
    "../ for an annotator": (change(GOLD, annotator="../gold"), {f"F105 {GOLD}"}),
    "../ in a bulk line": (bulk("raw/b.jsonl", article("../x")), {"F107 raw/b.jsonl"}),
    "../ in a bulk annotation": (
        bulk("annotations/gold/b.jsonl", annotation("../x")),
        {"F107 annotations/gold/b.jsonl"},
    ),
    "/ in a bulk line": (bulk("raw/b.jsonl", article("/etc/passwd")), {"F107 raw/b.jsonl"}),
    "NUL in the id of a bulk line": (bulk("raw/b.jsonl", article("a\x00b")), {"F107 raw/b.jsonl"}),
    "id of a bulk line very long": (bulk("raw/b.jsonl", article("a" * 100_000)), {"F107 raw/b.jsonl"}),
    "id of a bulk line empty": (bulk("raw/b.jsonl", article("")), {"F107 raw/b.jsonl"}),
    "bulk line without id": (bulk("raw/b.jsonl", {"title": "x"}), {"F105 raw/b.jsonl"}),
    "bulk line with a number for an id": (bulk("raw/b.jsonl", {**article(""), "doc_id": 7}), {"F105 raw/b.jsonl"}),
    "bulk line is a list": (bulk("raw/b.jsonl", "[1, 2]"), {"F105 raw/b.jsonl"}),
    "bulk line is null": (bulk("raw/b.jsonl", "null"), {"F105 raw/b.jsonl"}),
    "bulk line is no JSON": (bulk("raw/b.jsonl", "{oops}"), {"F103 raw/b.jsonl"}),
    "bulk of another annotator": (
        both(bulk("raw/b.jsonl", article("delta")), bulk("annotations/gold/b.jsonl", annotation("delta", TEXT, "eve"))),
        {"F105 annotations/gold/b.jsonl"},
    ),
    "name with quotes and a colon": (write("raw/Wahl: „Nein“.json", "{}"), {"F107 raw/Wahl: „Nein“.json"}),
    "name with umlauts": (write("raw/Äußerung.txt", TEXT), {"F107 raw/Äußerung.txt"}),
    "bulk file with umlauts": (bulk("raw/Äußerung.jsonl", article("delta")), {"F107 raw/Äußerung.jsonl"}),
    "annotator with blanks": (write("annotations/Eve M/alpha.json", "{}"), {"F107 annotations/Eve M"}),
    "name with an escape": (write("raw/\x1b[31m.json", "{}"), {"F107 raw/\x1b[31m.json"}),
    "name that is no UTF-8": (no_utf8_name("raw", b"caf\xe9.json"), {"F107 raw/caf\ufffd.json"}),
    "bulk name that is no UTF-8": (no_utf8_name("raw", b"caf\xe9.jsonl"), {"F107 raw/caf\ufffd.jsonl"}),
    "stray name that is no UTF-8": (no_utf8_name("raw", b"caf\xe9.bak"), {"F117 raw/caf\ufffd.bak"}),
    "FIFO": (lambda c: os.mkfifo(c.root / "raw/pipe.json"), {"F117 raw/pipe.json"}),
    "FIFO for a bulk file": (lambda c: os.mkfifo(c.root / "raw/pipe.jsonl"), {"F117 raw/pipe.jsonl"}),
    "FIFO among annotators": (lambda c: os.mkfifo(c.root / "annotations/pipe"), {"F117 annotations/pipe"}),
    "folder named as a record": (lambda c: (c.root / "raw/x.json").mkdir(), {"F117 raw/x.json"}),
    "folder named as a bulk file": (lambda c: (c.root / "raw/x.jsonl").mkdir(), {"F117 raw/x.jsonl"}),
    "bulk line cut off": (
        write("raw/b.jsonl", json.dumps(article("delta"))[:-20]),
        {"F103 raw/b.jsonl"},
    ),
    "bulk annotation cut off": (
        both(
            bulk("raw/b.jsonl", article("delta")),
            write("annotations/gold/b.jsonl", json.dumps(annotation("delta"))[:-20]),
        ),
        {"F103 annotations/gold/b.jsonl"},
    ),
    "gz cut off": (cut("raw/b.jsonl.gz", lambda size: size // 2), {"F118 raw/b.jsonl.gz"}),
    "gz without its last byte": (cut("raw/b.jsonl.gz", lambda size: size - 1), {"F118 raw/b.jsonl.gz"}),
    "zst cut off": (cut("raw/b.jsonl.zst", lambda size: size // 2), {"F118 raw/b.jsonl.zst"}),
    "zst without its last byte": (cut("raw/b.jsonl.zst", lambda size: size - 1), {"F118 raw/b.jsonl.zst"}),
    "gz that is none": (write("raw/b.jsonl.gz", b"{}\n"), {"F118 raw/b.jsonl.gz"}),
    "zst that is none": (write("raw/b.jsonl.zst", b"{}\n"), {"F118 raw/b.jsonl.zst"}),
    "gz damaged": (
        write("raw/b.jsonl.gz", gzip.compress(b"x" * 5000, mtime=0)[:15] + b"\xff" * 9),
        {"F118 raw/b.jsonl.gz"},
    ),
    "zst with a window of 2 GiB": (
        write("raw/b.jsonl.zst", b"\x28\xb5\x2f\xfd\x00\xa8" + bytes(64)),
        {"F118 raw/b.jsonl.zst"},
    ),
    "article in a file and in bulk": (bulk("raw/b.jsonl", article("alpha")), {"F114 raw/b.jsonl"}),
    "article twice in bulk": (bulk("raw/b.jsonl", article("delta"), article("delta")), {"F114 raw/b.jsonl"}),
    "article in two bulk files": (
        both(bulk("raw/b.jsonl", article("delta")), bulk("raw/c.jsonl.zst", article("delta"))),
        {"F114 raw/c.jsonl.zst"},
    ),
    "two annotations of one annotator": (
        bulk("annotations/gold/b.jsonl", annotation("alpha")),
        {"F114 annotations/gold/b.jsonl"},
    ),
    "two annotations in bulk": (
        bulk("annotations/eve/b.jsonl", annotation("alpha", TEXT, "eve"), annotation("alpha", TEXT, "eve")),
        {"F114 annotations/eve/b.jsonl"},
    ),
    "record is a list": (write("raw/alpha.json", "[]"), {"S201 raw/alpha.json"}),
    "record is a number": (write("raw/alpha.json", "1e3"), {"S201 raw/alpha.json"}),
    "record is a string": (write("raw/alpha.json", '"alpha"'), {"S201 raw/alpha.json"}),
    "record is null": (write("raw/alpha.json", "null"), {"S201 raw/alpha.json"}),
    "annotation is a list": (write(GOLD, "[{}]"), {f"S201 {GOLD}"}),
    "annotation is a number": (write(GOLD, "12"), {f"S201 {GOLD}"}),
    "annotation is a string": (write(GOLD, '"x"'), {f"S201 {GOLD}"}),
    "annotation is null": (write(GOLD, "null"), {f"S201 {GOLD}"}),
    "annotation is false": (write(GOLD, "false"), {f"S201 {GOLD}"}),
    "wrong types everywhere": (
        lambda c: c.write("raw/alpha.json", WRONG_EVERYWHERE),
        {"S201 raw/alpha.json", "S204 raw/alpha.json"},
    ),
    "layers of wrong types": (
        change(GOLD, entities={}, mentions="x", quotes=[1, None, [], "q"], layers_done=7, provenance=[], stances=0),
        {f"S201 {GOLD}"},
    ),
    "spans of wrong types": (
        change(GOLD, mentions=[{"id": 1, "spans": {"start": 1}, "form": [], "entity": {}}]),
        {f"S201 {GOLD}", f"S204 {GOLD}"},
    ),
    "text missing": (lambda c: (c.root / "raw/alpha.txt").unlink(), {"F115 raw/alpha.json"}),
    "record missing": (
        lambda c: (c.root / "raw/alpha.json").unlink(),
        {"F116 raw/alpha.txt", f"F106 {GOLD}", "F106 annotations/ann-a/alpha.json"},
    ),
    "text in a record's own file": (change("raw/alpha.json", text=TEXT), {"S203 raw/alpha.json"}),
    "text in a record's own file and no other": (
        both(change("raw/alpha.json", text=TEXT), lambda c: (c.root / "raw/alpha.txt").unlink()),
        {"F115 raw/alpha.json"},
    ),
    "text in bulk and in a file": (
        both(bulk("raw/b.jsonl", article("delta")), write("raw/delta.txt", TEXT)),
        {"S203 raw/b.jsonl"},
    ),
}


@pytest.fixture
def corpus(corpus: Corpus) -> Corpus:
    """Two sound articles, and `zulu`, whose annotation has one wrong span."""
    corpus.add("zulu")
    value = corpus.read("annotations/gold/zulu.json")
    value["mentions"][1]["spans"][0]["text"] = "they"
    corpus.write("annotations/gold/zulu.json", value)
    return corpus


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile(corpus: Corpus, name: str) -> None:
    damage, expected = HOSTILE[name]
    damage(corpus)
    found = corpus.findings()
    codes = {f"{one['code']} {one['file']}" for one in found}
    assert codes == expected | ZULU
    assert all(one["message"] and len(one["message"]) < 1000 for one in found)
    shown = corpus.run("validate")
    assert shown.code == 1
    assert shown.out.replace("\n", "").replace("\u202d", "").replace("\u202c", "").isprintable()
    assert corpus.run("build").code == 1
    assert not (corpus.root / "build").exists()
    before = corpus.files()
    formatted = corpus.run("fmt", "--fix")
    assert formatted.code in (0, 1)
    after = corpus.files()
    assert after.keys() == before.keys()
    rewritten = {line.removeprefix("rewrote ") for line in formatted.out.splitlines() if line.startswith("rewrote ")}
    assert {path for path in after if after[path] != before[path]} == rewritten
    assert {one for one in corpus.codes() if one[1] in "12"} <= codes
    again = corpus.run("fmt", "--fix")
    assert "rewrote" not in again.out
    assert corpus.files() == after


@pytest.mark.parametrize(
    "damage",
    [
        lambda c: c.write("raw/w.json", record("w", redistribution="offsets_only", length=2**70)),
        change(GOLD, provenance={"lead_time": 2**70}),
    ],
)
def test_numbers_that_no_column_holds_are_found(corpus: Corpus, damage: Damage) -> None:
    damage(corpus)
    assert corpus.codes() > ZULU
    assert corpus.run("build").code == 1


def test_all_duplicate_keys_are_found(corpus: Corpus) -> None:
    text = (corpus.root / GOLD).read_text("utf-8")
    text = text.replace("{", '{"doc_id": "alpha",\n', 1)
    text = text.replace('"form": "NAM"', '"form": "NAM", "form": "NOM", "\\u0066orm": "PRO"')
    corpus.write(GOLD, text)
    found = [one for one in corpus.findings() if one["code"] == "F104"]
    assert [one["message"].partition(": ")[2] for one in found] == ["'doc_id'", "'form'", "'form'"]
    assert [one["line"] for one in found] == [2, 2, 2]
    assert all(one["related"][0]["message"] == "here first" for one in found)


def test_repeated_keys_without_end_are_counted_out(corpus: Corpus) -> None:
    corpus.write(GOLD, "{" + '"a":1,' * 60_000 + '"a":1}')
    found = [one for one in corpus.findings() if one["code"] == "F104"]
    assert len(found) == 1000
    assert found[-1]["message"].endswith("there are more")


def test_a_lone_surrogate_is_told_from_pairs(corpus: Corpus) -> None:
    name = r"\ud83d\ude00\\ud83d \u00e9"
    replace(GOLD, '"name": "', f'"name": "{name}\\ud83d')(corpus)
    place = next((one["line"], one["column"]) for one in corpus.findings() if one["code"] == "F112")
    assert place == (1, (corpus.root / GOLD).read_text("utf-8").index("\\ud83d\\u00c5") + 1)


@pytest.mark.parametrize("path", ["raw", "annotations", "raw/attached"])
def test_folders_that_are_links_are_refused(corpus: Corpus, path: str) -> None:
    folder = corpus.root / path
    outside = corpus.root.parent / "outside"
    if folder.exists():
        folder.rename(outside)
    else:
        outside.mkdir()
    folder.symlink_to(outside)
    for verb in ("validate", "build", "fmt"):
        ran = corpus.run(verb)
        assert (ran.code, ran.out) == (2, "")
        assert "symbolic link" in ran.err
        assert ran.err.count("\n") == 1


@pytest.mark.parametrize("verb", ["validate", "build", "fmt"])
def test_no_raw(corpus: Corpus, verb: str) -> None:
    (corpus.root / "raw").rename(corpus.root / "somewhere")
    ran = corpus.run(verb)
    assert ran.code == 2
    assert "raw is missing" in ran.err
    corpus.write("raw", b"a file")
    ran = corpus.run(verb)
    assert ran.code == 2
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize("name", ["exceptions", "baseline"])
def test_a_file_about_all_documents_chooses_all(corpus: Corpus, name: str) -> None:
    path = corpus.write(f"annotations/{name}.toml", "")
    assert corpus.run("validate", "--format", "json", str(path)).code == 1
    assert corpus.codes(f"annotations/{name}.toml") == ZULU


def test_no_annotations(corpus: Corpus) -> None:
    (corpus.root / "annotations").rename(corpus.root / "somewhere")
    assert corpus.findings() == []


BROKEN_SCHEMAS: dict[str, tuple[str, str | bytes]] = {
    "no JSON": ("annotation.schema.json", "{"),
    "empty": ("annotation.schema.json", ""),
    "no UTF-8": ("article.schema.json", b'{"title": "\xff\xfe"}'),
    "a list": ("annotation.schema.json", "[]"),
    "no properties": ("annotation.schema.json", "{}"),
    "properties that are a list": ("annotation.schema.json", '{"properties": []}'),
    "no version": ("annotation.schema.json", '{"properties": {}}'),
    "no valid JSON Schema": (
        "annotation.schema.json",
        '{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "thing"}',
    ),
    "no valid JSON Schema, undeclared": (
        "article.schema.json",
        '{"properties": {"doc_id": {"type": "thing"}}}',
    ),
    "a pattern that is none": ("article.schema.json", '{"properties": {"doc_id": {"type": "string", "pattern": "("}}}'),
    "$ref to nothing": ("article.schema.json", '{"properties": {"doc_id": {"$ref": "#/$defs/none"}}}'),
    "$ref to itself": (
        "article.schema.json",
        '{"properties": {"doc_id": {"$ref": "#/$defs/a"}}, "$defs": {"a": {"$ref": "#/$defs/a"}}}',
    ),
    "$ref in a circle": (
        "article.schema.json",
        '{"properties": {"a": {"$ref": "#/$defs/a"}}, '
        '"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}',
    ),
    "$ref to another host": ("article.schema.json", '{"properties": {"doc_id": {"$ref": "http://localhost:9/x"}}}'),
    "nested deeply": ("article.schema.json", "[" * 100_000),
    "a field of no kind": ("article.schema.json", '{"properties": {"doc_id": {"type": "object"}}}'),
    "labels without names": ("article.schema.json", '{"properties": {"split": {"oneOf": [{"title": "x"}]}}}'),
    "escapes in a name": ("article.schema.json", '{"properties": {"\\u001b[31m": {"type": "object"}}}'),
    "registry without targets": ("targets.json", "{}"),
    "registry that is a list": ("targets.json", "[]"),
    "registry of wrong types": ("targets.json", '{"version": "1.0", "targets": [1]}'),
}


@pytest.mark.parametrize("name", BROKEN_SCHEMAS)
def test_broken_schema(corpus: Corpus, name: str) -> None:
    file, content = BROKEN_SCHEMAS[name]
    corpus.write(f"schema/{file}", content)
    for verb in ("validate", "build", "fmt"):
        ran = corpus.run(verb)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.count("\n") == 1
        assert ran.err[:-1].isprintable()
        assert "schema" in ran.err


@pytest.mark.parametrize("file", ["annotation.schema.json", "article.schema.json", "targets.json"])
def test_missing_schema(corpus: Corpus, file: str) -> None:
    (corpus.root / "schema" / file).unlink()
    ran = corpus.run("validate")
    assert ran.code == 2
    assert f"{file} is missing" in ran.err


def test_a_target_that_is_there_twice(corpus: Corpus) -> None:
    registry = corpus.read("schema/targets.json")
    registry["targets"].append(registry["targets"][0])
    corpus.write("schema/targets.json", registry)
    ran = corpus.run("validate")
    assert ran.code == 2
    assert "is there twice" in ran.err


@pytest.mark.parametrize(
    "content",
    [
        b"[tool.corpus",
        b"[tool.corpus]\nversion = 1\n",
        b'[tool.corpus]\nversion = "1.0"\n',
        b'[tool.corpus]\nversions = "1.0.0"\n',
        b'[tool.corpus]\n"\\u001b[31m" = 1\n',
        b"[tool]\ncorpus = 3\n",
        b"[tool.corpus]\nseverity = 3\n",
        b'[tool.corpus.severity]\nX999 = "error"\n',
        b'[tool.corpus.severity]\nP310 = "fatal"\n',
        b"[tool.corpus.severity]\nP310 = [1]\n",
        b'[tool.corpus.severity]\nF101 = "info"\n',
        b'[tool.corpus]\nname = "\xff"\n',
        b"a = " + b"[" * 5000,
    ],
)
def test_unreadable_settings(corpus: Corpus, content: bytes) -> None:
    corpus.write("pyproject.toml", content)
    for verb in ("validate", "build"):
        ran = corpus.run(verb)
        assert (ran.code, ran.out) == (2, "")
        assert "pyproject.toml" in ran.err
        assert ran.err.count("\n") == 1
        assert ran.err[:-1].isprintable()


def test_line_over_the_limit(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "MAX_BYTES", 10_000)
    long = article("long", title="x" * 35_000)
    bulk("raw/b.jsonl", article("delta"), long, article("echo"), {**long, "doc_id": "last"})(corpus)
    before = corpus.files()
    found = [one for one in corpus.findings() if one["code"] == "F109"]
    assert [(one["file"], one["line"]) for one in found] == [("raw/b.jsonl", 2), ("raw/b.jsonl", 4)]
    assert corpus.codes() == {"F109 raw/b.jsonl"} | ZULU
    assert corpus.run("fmt", str(corpus.root / "raw/b.jsonl")).code == 1
    assert corpus.files() == before


def test_file_over_the_limit(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "MAX_BYTES", 10_000)
    corpus.write(GOLD, json.dumps(corpus.read(GOLD), indent=2) + " " * 10_000)
    corpus.write("raw/beta.txt", "x" * 10_001)
    assert corpus.codes() == {f"F109 {GOLD}", "F109 raw/beta.txt"} | ZULU


@pytest.mark.parametrize("end", ["gz", "zst"])
def test_bomb(corpus: Corpus, monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    monkeypatch.setattr(index, "MAX_UNPACKED", 2**20)
    monkeypatch.setattr(index, "MAX_GROWTH", 2)
    bulk(f"raw/b.jsonl.{end}", *(article(f"d{i}", title="x" * 500) for i in range(1000)))(corpus)
    bulk(f"raw/c.jsonl.{end}", b" " * 2**22)(corpus)
    assert corpus.codes() == {f"F109 raw/c.jsonl.{end}"} | ZULU
    before = corpus.files()
    assert corpus.run("fmt").code == 1
    assert corpus.files()[f"raw/c.jsonl.{end}"] == before[f"raw/c.jsonl.{end}"]


def test_more_bulk_files_than_may_be_open(corpus: Corpus) -> None:
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for i in range(200):
        bulk(f"raw/b{i}.jsonl", {**article(f"d{i}"), "length": 1})(corpus)
    resource.setrlimit(resource.RLIMIT_NOFILE, (150, hard))
    try:
        found = corpus.findings()
        formatted = corpus.run("fmt", "--fix")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert len([one for one in found if one["code"] == "P303"]) == 200
    assert formatted.out.count(".jsonl\n") == 200
    assert corpus.codes() == ZULU


def test_unreadable_bulk_file(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    bulk("raw/b.jsonl", article("delta"))(corpus)
    opened = Path.open

    def refuse(path: Path, *args: Any, **options: Any) -> Any:
        if path.name == "b.jsonl":
            raise PermissionError(13, "Permission denied")
        return opened(path, *args, **options)

    monkeypatch.setattr(Path, "open", refuse)
    assert corpus.codes() == {"F119 raw/b.jsonl"} | ZULU


def test_messages_obey_nothing(corpus: Corpus) -> None:
    evil = "\x1b[2J\x1b]0;owned\x07\u202egnp.exe\u2066\x9b31m\r\n::error::\u2028"
    value = corpus.read(GOLD)
    value["entities"][0]["type"] = evil
    value[evil] = 1
    value["layers_done"].append(evil)
    corpus.write(GOLD, value)
    corpus.write("raw/beta.json", {**record("beta"), "doc_id": evil, "length": evil})
    corpus.write("annotations/gold/beta.json", '{"\\u001b[31m": 1, "\\u001b[31m": 2}')
    unseen = "\u202egnp.exe\u2066\u2028\u200b"
    text = f"{unseen} “Äh {unseen}”, said she, Åsa Lindqvist."
    corpus.write("raw/yankee.json", record("yankee", text))
    corpus.write("raw/yankee.txt", text)
    wrong = annotation("yankee", text)
    wrong["mentions"][1]["spans"] = [{**span(text, unseen), "text": unseen + evil}]
    corpus.write("annotations/gold/yankee.json", wrong)
    shown = corpus.run("validate")
    assert shown.code == 1
    for line in shown.out.splitlines():
        assert line.replace("\u202d", "").replace("\u202c", "").isprintable()
    for code in ("S203", "S204", "S208", "F105", "P307"):
        assert code in shown.out
    assert "<U+202E>" in shown.out
    assert not any(line.startswith("::error") for line in shown.out.splitlines())
    formatted = corpus.run("fmt")
    assert formatted.out.replace("\n", "").isprintable()
    refused = corpus.run("validate", str(corpus.root / "\x1b[31m"))
    assert refused.code == 2
    assert refused.err[:-1].isprintable()


MEASURED = """
import sys
from corpus.cli.main import main
code = main(sys.argv[1:])
sys.stdout.flush()
with open("/proc/self/status") as status:
    print(next(line.split()[1] for line in status if line.startswith("VmHWM")), file=sys.stderr)
sys.exit(code)
"""


def measured(corpus: Corpus, verb: str, *argv: str) -> tuple[subprocess.CompletedProcess[bytes], float, float]:
    """A command run in a process of its own: what came of it, its seconds, and its peak of memory in MiB."""
    if not Path("/proc/self/status").exists():
        pytest.skip("the peak of memory is read from /proc")
    started = time.monotonic()
    command = [sys.executable, "-c", MEASURED, "--root", str(corpus.root), verb, *argv]
    ran = subprocess.run(command, capture_output=True, check=False)
    seconds = time.monotonic() - started
    assert b"Traceback" not in ran.stderr, ran.stderr.decode()
    return ran, seconds, int(ran.stderr.split()[-1]) / 1024


def lines(ran: subprocess.CompletedProcess[bytes], code: str) -> int:
    return ran.stdout.count(f" error {code} ".encode())


def test_a_gigabyte(corpus: Corpus) -> None:
    for path in ("raw/alpha.txt", "raw/beta.json", "annotations/gold/alpha.json", "raw/large.jsonl"):
        with open(corpus.root / path, "wb") as file:
            file.truncate(2**30)
    packed = zstandard.ZstdCompressor().compress(bytes(2**24))
    corpus.write("raw/bomb.jsonl.zst", packed * 65)
    ran, seconds, peak = measured(corpus, "validate")
    print(f"four files of 1 GiB and a bomb: {seconds:.0f} s, {peak:.0f} MiB")
    assert ran.returncode == 1
    assert lines(ran, "F109") == 5
    assert lines(ran, "P307") == 1
    assert peak < 600
    assert seconds < 30


def faulty(number: int) -> dict[str, Any]:
    """An annotation with so many wrong spans."""
    value = annotation("alpha")
    value["mentions"] += [
        {"id": f"x{i}", "spans": [{"start": i % 40, "end": i % 40 + 3, "text": "xyz"}], "form": "PRO", "entity": "e1"}
        for i in range(number)
    ]
    return value


def misspelt(number: int) -> dict[str, Any]:
    """An annotation with so many fields that the schema does not know."""
    value = annotation("alpha")
    value["mentions"] += [
        {"id": f"x{i}", "sapns": [], "form": "PRO", "entity": "e1", "spans": [{"start": 0, "end": 1}]}
        for i in range(number)
    ]
    return value


def many(corpus: Corpus, documents: int, spans: int) -> None:
    """So many documents in bulk form with so many wrong spans each."""
    (corpus.root / "annotations/eve").mkdir()
    line = json.dumps({**faulty(spans), "annotator": "eve"}) + "\n"
    raw = json.dumps(article("alpha")) + "\n"
    with open(corpus.root / "raw/b.jsonl", "w") as articles, open(corpus.root / "annotations/eve/b.jsonl", "w") as out:
        for i in range(documents):
            articles.write(raw.replace("alpha", f"d{i:07}", 1))
            out.write(line.replace("alpha", f"d{i:07}", 1))


@pytest.mark.parametrize(
    ("number", "memory", "limit"),
    [(20_000, 600, 30), pytest.param(120_000, 1500, 300, marks=pytest.mark.slow)],
)
def test_one_document_with_very_many_findings(corpus: Corpus, number: int, memory: int, limit: int) -> None:
    corpus.write(GOLD, json.dumps(faulty(number), separators=(",", ":")))
    ran, seconds, peak = measured(corpus, "validate")
    print(f"{number:,} wrong spans in one document: {seconds:.0f} s, {peak:.0f} MiB")
    assert ran.returncode == 1
    assert lines(ran, "P307") == number + 1
    assert peak < memory
    assert seconds < limit


@pytest.mark.parametrize(
    ("number", "memory", "limit"),
    [(10_000, 300, 30), (40_000, 400, 30), pytest.param(120_000, 1500, 300, marks=pytest.mark.slow)],
)
def test_one_document_with_very_many_unknown_fields(corpus: Corpus, number: int, memory: int, limit: int) -> None:
    corpus.write(GOLD, json.dumps(misspelt(number), separators=(",", ":")))
    ran, seconds, peak = measured(corpus, "validate", "--format", "json")
    print(f"{number:,} unknown fields in one document: {seconds:.0f} s, {peak:.0f} MiB")
    assert ran.returncode == 1
    found = json.loads(ran.stdout)
    said = [one["message"].endswith("; there are more") for one in found if one["code"] == "S203"]
    assert len(said) == min(number, 10_000)
    assert said == [False] * (len(said) - 1) + [number > 10_000]
    assert [one["code"] for one in found if one["code"] != "S203"] == ["P307"]
    assert peak < memory
    assert seconds < limit


@pytest.mark.parametrize(
    ("documents", "memory", "limit"),
    [(300, 400, 30), pytest.param(10_000, 400, 900, marks=pytest.mark.slow)],
)
def test_many_documents_with_many_findings(corpus: Corpus, documents: int, memory: int, limit: int) -> None:
    many(corpus, documents, 100)
    ran, seconds, peak = measured(corpus, "validate", "--workers", "1")
    print(f"{documents * 100:,} wrong spans in {documents:,} documents: {seconds:.0f} s, {peak:.0f} MiB")
    assert ran.returncode == 1
    assert lines(ran, "P307") == documents * 100 + 1
    assert peak < memory
    assert seconds < limit


@pytest.mark.parametrize("path", ["raw/b.jsonl", "annotations/eve/b.jsonl", "raw/delta.json", "raw/delta.txt"])
def test_a_line_of_two_gigabytes(corpus: Corpus, path: str) -> None:
    """The file is all hole, so that it takes no room on the disk; what is read of it are zeros."""
    file = corpus.root / path
    file.parent.mkdir(exist_ok=True)
    with file.open("wb") as out:
        out.truncate(2**31)
    ran, seconds, peak = measured(corpus, "validate")
    assert ran.returncode == 1
    assert lines(ran, "F109") == 1
    assert peak < 250
    assert seconds < 30


def test_parts_without_an_id_are_read_one_by_one(corpus: Corpus) -> None:
    with open(corpus.root / "raw/b.jsonl", "w") as out:
        for i in range(150):
            out.write(json.dumps({"title": f"{i}" + "x" * 2**20}) + "\n")
    ran, seconds, peak = measured(corpus, "validate")
    assert lines(ran, "F105") == 150
    assert peak < 250
    assert seconds < 30


def test_the_same_document_again_and_again_is_not_read(corpus: Corpus) -> None:
    with open(corpus.root / "raw/b.jsonl", "w") as out:
        for _ in range(150):
            out.write(json.dumps(article("delta", title="x" * 2**20)) + "\n")
    ran, seconds, peak = measured(corpus, "validate")
    assert lines(ran, "F114") == 149
    assert peak < 250
    assert seconds < 30


def test_long_strings_are_walked_without_memory(corpus: Corpus) -> None:
    value = corpus.read(GOLD)
    value = {"provenance": {"note": "x\\n" * 2_500_000, "tool": "y" * 5_000_000}, **value}
    value["mentions"][0]["spans"][0]["text"] = "wrong"
    corpus.write(GOLD, value)
    ran, seconds, peak = measured(corpus, "validate")
    assert lines(ran, "P307") == 2
    assert peak < 600
    assert seconds < 30


def test_nothing_is_left_in_the_temporary_folder(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    monkeypatch.setattr("corpus.pipeline.spool._KEPT", 100)
    corpus.write(GOLD, json.dumps(faulty(350)))
    bulk("raw/b.jsonl.gz", article("delta"))(corpus)
    for verb in ("validate", "fmt", "build"):
        assert corpus.run(verb).code in (0, 1)
        assert list(temporary.iterdir()) == []
    assert run("--root", str(corpus.root), "validate", "--format", "json").out.count('"P307"') == 351
