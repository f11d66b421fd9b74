"""Kinds of faults that a release shows, and those of exceptions and the baseline."""

from __future__ import annotations

import random
import shutil
import subprocess
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from support.corpora import run
from support.plant import Planted, kind
from support.plant_corpora import all_files, record_of
from support.plant_ground import Ground, as_bytes, findings, read


@cache
def _released(doc_ids: tuple[str, ...]) -> Path:
    """Return a directory with the release of a corpus of these documents."""
    kept: list[Path] = []

    def release(root: Path) -> None:
        (root / "pyproject.toml").write_text('[tool.corpus]\nversion = "1.0.0"\n', "utf-8")
        assert run("--root", str(root), "baseline", "write").code == 0
        done = run("--root", str(root), "release", "1.0.0")
        assert done.code == 0, done.err
        kept.append(Path(mkdtemp(prefix="planted-release-")) / "releases")
        shutil.copytree(root / "releases", kept[0])

    findings(Ground([read(one) for one in doc_ids], prepare=release))
    return kept[0]


def released(ground: Ground) -> Ground:
    """Give the corpus the release of its documents as they are."""
    folder = _released(tuple(doc.doc_id for doc in ground.docs))
    ground.prepare = lambda root: shutil.copytree(folder, root / "releases") and None
    return ground


@kind("C608")
def moved_split(ground: Ground, rng: random.Random) -> Planted:
    """A released document is in another split."""
    doc = released(ground).doc
    doc.record["split"] = "dev" if doc.record["split"] != "dev" else "test"
    return Planted(files=(record_of(doc),))


@kind("C641")
def released_text_changed(ground: Ground, rng: random.Random) -> Planted:
    """A word of a released text is another now."""
    doc = released(ground).doc
    at = doc.text.index(" the ")
    doc.replace(at, at + 5, " this ")
    return Planted(files=(record_of(doc), f"raw/{doc.doc_id}.txt"))


@kind("C642")
def released_licence_changed(ground: Ground, rng: random.Random) -> Planted:
    """A released document has another licence now."""
    doc = released(ground).doc
    doc.record["license"] = "CC-BY-NC-4.0" if doc.record["license"] != "CC-BY-NC-4.0" else "CC-BY-4.0"
    return Planted(files=(record_of(doc),))


@kind("C640", docs=2)
def released_document_gone(ground: Ground, rng: random.Random) -> Planted:
    """A released document is no longer in the corpus."""
    doc, other = released(ground).docs
    ground.docs = [other]
    return Planted(files=(*all_files(doc), f"raw/{doc.doc_id}.txt", "raw", "releases", "releases/1.0.0"))


def _git(root: Path, *argv: str) -> None:
    subprocess.run(["git", "-C", root, *argv], check=True, capture_output=True)


def _commit(root: Path) -> None:
    _git(root, "init", "-q")
    _git(root, "add", "--all")
    _git(root, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "-m", "base")


@kind("C615")
def release_edited(ground: Ground, rng: random.Random) -> Planted:
    """A file of a release was edited."""
    prepare = released(ground).prepare

    def edit(root: Path) -> None:
        assert prepare is not None
        prepare(root)
        _commit(root)
        (root / "releases" / "1.0.0" / "README.md").write_text("another\n", "utf-8")

    ground.prepare = edit
    return Planted(files=("releases/1.0.0/README.md",))


@kind("C616")
def release_of_another_content(ground: Ground, rng: random.Random) -> Planted:
    """A new release is not what the corpus compiles to."""
    doc = ground.doc
    prepare = released(ground).prepare
    doc.record["title"] = "Another headline"

    def add(root: Path) -> None:
        assert prepare is not None
        _commit(root)
        prepare(root)

    ground.prepare = add
    return Planted(files=("releases/1.0.0",))


@kind("C618")
def release_damaged(ground: Ground, rng: random.Random) -> Planted:
    """A file of the last release is cut in the middle."""
    prepare = released(ground).prepare

    def cut(root: Path) -> None:
        assert prepare is not None
        prepare(root)
        for file in (root / "releases" / "1.0.0").rglob("*.parquet"):
            file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])

    ground.prepare = cut
    return Planted(files=("releases/1.0.0", "releases"))


EXCEPTION = """[[exception]]
doc_id = "{doc_id}"
code = "Q507"
annotator = "gold"
record = "{record}"
reason = "the words are said twice"
until = {until}
"""


def excepted(ground: Ground, rng: random.Random, until: str) -> Planted:
    record = rng.choice(ground.doc.layer("quotes"))["id"]
    given = EXCEPTION.format(doc_id=ground.doc.doc_id, record=record, until=until)
    ground.files["annotations/exceptions.toml"] = given.encode()
    return Planted(files=("annotations/exceptions.toml", ground.doc.path()))


@kind("X101")
def expired(ground: Ground, rng: random.Random) -> Planted:
    """An exception has expired."""
    return excepted(ground, rng, "2026-01-01")


@kind("X102")
def unneeded(ground: Ground, rng: random.Random) -> Planted:
    """An exception suppresses nothing."""
    return excepted(ground, rng, "2027-01-01")


@kind("X104")
def stale(ground: Ground, rng: random.Random) -> Planted:
    """The baseline has a finding that was fixed."""
    quotes = ground.doc.layer("quotes")
    quotes.append({**rng.choice(quotes), "id": "again"})

    def accept_and_fix(root: Path) -> None:
        assert run("--root", str(root), "baseline", "write").code == 0
        quotes.pop()
        (root / ground.doc.path()).write_bytes(as_bytes(ground.doc.gold))

    ground.prepare = accept_and_fix
    return Planted(files=("annotations/baseline.toml",))
