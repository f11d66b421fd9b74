"""Corpora with partitions, and what a command made of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import zstandard

from support.copies import contents, copy_repository, read
from support.corpora import Ran, run

MOMENTS = Path(__file__).parent / "at_a_moment"
DOCUMENTS = (
    *("000_1a148ceac667d117", "GUM_news_iodine", "barrage-hearing-delay", "merger-hospital-packet", "news-113"),
    *("news-126", "news-206", "news-232", "news-331", "night-ferry-mediator-brief", "signs-vote-brief"),
    "tram-crash-meridian",
)
"""A dozen documents with gold and two annotators, with findings about one document and of level 6 about each other."""


def single_files(root: Path, documents: Sequence[str] = DOCUMENTS) -> Path:
    """A corpus of a file for each part of a document."""
    copy_repository(root, tuple(documents))
    card = root / "DATASET_CARD.md"
    card.write_text(card.read_text("utf-8").replace("<!-- corpus:agreement -->", ""), "utf-8")
    return root


def built(root: Path, out: Path) -> tuple[Ran, Path]:
    """Build a corpus in one process; return what the command said, and the build with its parts beside it."""
    ran = run("--root", str(root), "build", "--out", str(out))
    assert ran.code == 0, ran.err
    return ran, out


def partitioned(root: Path, partitions: int = 3, documents: Sequence[str] = DOCUMENTS) -> Path:
    """The same corpus with partitions a, b, …"""
    single_files(root, documents)
    for folder in (root / "raw", *sorted(path for path in (root / "annotations").iterdir() if path.is_dir())):
        size = -(-len(documents) // partitions)
        for i, name in enumerate("abcdefgh"[:partitions]):
            ids = documents[i * size : (i + 1) * size]
            lines = [line(folder, doc_id) for doc_id in ids if (folder / f"{doc_id}.json").exists()]
            if lines:
                (folder / f"{name}.jsonl.zst").write_bytes(zstandard.compress("".join(lines).encode()))
    return root


def line(folder: Path, doc_id: str) -> str:
    """The line of a bulk file for the file of a document, which is deleted."""
    value = read(folder / f"{doc_id}.json")
    (folder / f"{doc_id}.json").unlink()
    text = folder / f"{doc_id}.txt"
    if text.exists():
        value["text"] = text.read_bytes().decode()
        text.unlink()
    return json.dumps(value, ensure_ascii=False) + "\n"


def edit(root: Path, name: str, old: str, new: str) -> None:
    """Replace a word in the records of a partition."""
    path = root / "raw" / f"{name}.jsonl.zst"
    text = zstandard.decompress(path.read_bytes()).decode()
    assert old in text
    path.write_bytes(zstandard.compress(text.replace(old, new).encode()))


def build(root: Path | str, out: Path | str, *argv: str, env: Mapping[str, str] | None = None) -> Ran:
    """Run `corpus build` in a process of its own."""
    return command("build", root, "--out", str(out), *argv, env=env)


def command(verb: str, root: Path | str, *argv: str, env: Mapping[str, str] | None = None) -> Ran:
    """Run `corpus VERB` in a process of its own."""
    ran = subprocess.run(
        [sys.executable, "-m", "corpus", "--root", str(root), verb, *argv],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={**os.environ, **(env or {})},
    )
    return Ran(ran.returncode, ran.stdout, ran.stderr)


def at(event: str, pattern: str, action: str, once: Path | None) -> dict[str, str]:
    """The environment in which a worker ends at a moment."""
    path = os.pathsep.join([str(MOMENTS), *os.environ.get("PYTHONPATH", "").split(os.pathsep)])
    return {"PYTHONPATH": path, "CORPUS_TEST_AT": f"{event}|{pattern}|{action}|{once or ''}"}


def same(found: Ran, out: Path, expected: Ran, expected_out: Path) -> None:
    """Assert that a build and its report have the same bytes as others."""
    assert (found.code, found.out) == (expected.code, expected.out), found.err
    assert contents(out) == contents(expected_out)


def parts(out: Path) -> dict[str, bytes]:
    """The files of the parts beside a build, without what one machine remembers of its own files."""
    every = contents(out.with_name(f"{out.name}.parts"))
    return {name: data for name, data in every.items() if not name.startswith("known/")}
