"""Hostile files: whatever lies in a corpus, there is a clear finding or exit code 2, and nothing is lost.

Each entry of `HOSTILE` damages a corpus and says what must be found: that and nothing else, beside
the one finding of the document `zulu`, which shows that the others are still checked.
"""

from __future__ import annotations

import gzip
import json
import os
import time
from typing import Any

import pytest
from support.corpora import TEXT, Corpus, annotation
from support.hostile import (
    GOLD,
    ZULU,
    Damage,
    article,
    assert_found_and_kept,
    both,
    bulk,
    change,
    cut,
    link,
    no_utf8_name,
    replace,
    with_zulu,
    write,
)

from corpus.files import index, unpack

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
    "text missing": (lambda c: (c.root / "raw/alpha.txt").unlink(), {"F115 raw/alpha.json"}),
    "record missing": (
        lambda c: (c.root / "raw/alpha.json").unlink(),
        {"F116 raw/alpha.txt", f"F106 {GOLD}", "F106 annotations/ann-a/alpha.json"},
    ),
}


@pytest.fixture
def corpus(corpus: Corpus) -> Corpus:
    """Two valid articles, and `zulu`."""
    return with_zulu(corpus)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile(corpus: Corpus, name: str) -> None:
    assert_found_and_kept(corpus, *HOSTILE[name])


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
    monkeypatch.setattr(unpack, "MAX_UNPACKED", 2**20)
    monkeypatch.setattr(unpack, "MAX_GROWTH", 2)
    bulk(f"raw/b.jsonl.{end}", *(article(f"d{i}", title="x" * 500) for i in range(1000)))(corpus)
    bulk(f"raw/c.jsonl.{end}", b" " * 2**22)(corpus)
    assert corpus.codes() == {f"F109 raw/c.jsonl.{end}"} | ZULU
    before = corpus.files()
    assert corpus.run("fmt").code == 1
    assert corpus.files()[f"raw/c.jsonl.{end}"] == before[f"raw/c.jsonl.{end}"]


@pytest.mark.parametrize("end", ["gz", "zst"])
@pytest.mark.parametrize("line", [b"{}\n", b"\n", b'{"doc_id": "delta"}\n'], ids=["empty objects", "blank", "one id"])
def test_small_file_of_many_lines(corpus: Corpus, line: bytes, end: str) -> None:
    """104 bytes of such lines once took more than 200 s: each line had findings of its own."""
    bulk(f"raw/b.jsonl.{end}", line * 1_000_000)(corpus)
    begun = time.monotonic()
    assert corpus.codes() == {f"F109 raw/b.jsonl.{end}"} | ZULU
    assert time.monotonic() - begun < 10


def test_small_files_share_the_budget_of_a_run(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack, "RUN_UNPACKED", 2**20)
    for name in "bcd":
        bulk(f"raw/{name}.jsonl.zst", json.dumps(article(name)).encode() + b" " * (3 * 2**18))(corpus)
    assert corpus.codes() == {"F109 raw/c.jsonl.zst", "F109 raw/d.jsonl.zst"} | ZULU


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
    opened = os.open

    def refuse(path: Any, *args: Any, **options: Any) -> int:
        if os.fspath(path).endswith("/b.jsonl"):
            raise PermissionError(13, "Permission denied")
        return opened(path, *args, **options)

    monkeypatch.setattr(os, "open", refuse)
    assert corpus.codes() == {"F119 raw/b.jsonl"} | ZULU
