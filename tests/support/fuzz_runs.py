"""What the targets of `fuzz` share: commands run on a corpus, and what must hold of the answer."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path
from typing import Protocol
from xml.etree import ElementTree

from corpus.core.model import CorpusError
from support.corpora import Corpus, run

Input = tuple[str, bytes]
"""What is damaged, and the bytes that it has now."""
Outcome = dict[str, int]
"""How many inputs ended in which way."""
REPORTS = ("json", "jsonl", "sarif", "junit", "github", "markdown")


class Target(Protocol):
    """Reads inputs: draws one, and tries some of them together."""

    def draw(self, rng: random.Random) -> Input: ...

    def run(self, inputs: list[Input]) -> Outcome: ...


def of_corpus(*argv: str) -> str:
    """Run `corpus ARGV…`; return what it prints. Raises CorpusError if it refuses, in one line."""
    ran = run(*argv)
    assert ran.code in (0, 1, 2), ran
    if ran.code == 2:
        assert ran.err.count("\n") == 1, ran.err
        raise CorpusError(ran.err.strip())
    assert is_shown(ran.out), ran.out
    assert not any(line.lstrip().startswith("::") for line in ran.out.splitlines()), ran.out
    return ran.out


def is_shown(text: str) -> bool:
    """Whether a terminal shows all of a text, and obeys nothing of it but the direction of a snippet."""
    lines = text.translate(str.maketrans("", "", "\u202d\u202c")).splitlines()
    return all(line.isprintable() for line in lines)


def put(path: Path, data: bytes) -> None:
    """Write a new file: some file systems flush one that is written over when it is closed."""
    path.unlink(missing_ok=True)
    path.write_bytes(data)


def fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def held(corpus: Corpus) -> int:
    """Assert what holds whatever is in a corpus; return the number of findings.

    Findings lie inside of the files, every report can be read, none is obeyed by what reads it, and a check of the
    format changes nothing.
    """
    root = corpus.root
    files = [path for part in ("raw", "annotations") for path in sorted((root / part).rglob("*")) if path.is_file()]
    reports = [f"--format={name}={root}/out.{name}" for name in REPORTS]
    of_corpus("--root", str(root), "validate", "--no-cache", "--format=text", *reports)
    found = json.loads((root / "out.json").read_bytes())
    assert len((root / "out.jsonl").read_bytes().splitlines()) == len(found)
    assert len(json.loads((root / "out.sarif").read_bytes())["runs"][0]["results"]) == len(found)
    assert len(list(ElementTree.parse(root / "out.junit").iter("testcase"))) == max(1, len(found))
    for line in (root / "out.github").read_text("utf-8").splitlines():
        assert line.isprintable()
        assert line.startswith(("::error file=", "::warning file=", "::notice file=")) or not line.startswith("::")
    rows: dict[str, list[bytes]] = {}
    for one in found:
        path = root / one["file"]
        if path.is_file() and not one["file"].endswith((".gz", ".zst")):
            lines = rows.setdefault(one["file"], path.read_bytes().split(b"\n"))
            assert 1 <= one["line"] <= len(lines)
            assert 1 <= one["column"] <= len(lines[one["line"] - 1]) + 1
    before = {path: path.read_bytes() for path in files}
    of_corpus("--root", str(root), "fmt", "--fix", "--unsafe", "--check")
    assert before == {path: path.read_bytes() for path in files}
    return len(found)
