"""Damage to a corpus, and what must hold whatever the damage is.

Beside what is damaged there is the document `zulu`, whose one finding shows that the others are still checked.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from typing import Any

import zstandard

from support.corpora import TEXT, Corpus, record

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


def with_zulu(corpus: Corpus) -> Corpus:
    """The corpus with one more document, `zulu`, whose annotation has one wrong span."""
    corpus.add("zulu")
    value = corpus.read("annotations/gold/zulu.json")
    value["mentions"][1]["spans"][0]["text"] = "they"
    corpus.write("annotations/gold/zulu.json", value)
    return corpus


def assert_found_and_kept(corpus: Corpus, damage: Damage, expected: set[str]) -> None:
    """Damage a corpus: `expected` and nothing else is found, nothing is built, and `fmt` loses nothing."""
    damage(corpus)
    found = corpus.findings()
    codes = {f"{one['code']} {one['file']}" for one in found}
    assert codes == expected | ZULU, codes ^ (expected | ZULU)
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
