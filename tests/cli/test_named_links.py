"""A symbolic link that the user names is followed and written through; one that a corpus or a source holds is not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from support.corpora import REPOSITORY, TEXT, Corpus, run
from support.exports import exported, made

EXAMPLES = REPOSITORY / "tests" / "formats" / "examples"


def link(at: Path, to: Path) -> Path:
    at.symlink_to(to)
    return at


@pytest.mark.parametrize("kind", ["folder", "file", "missing"])
@pytest.mark.parametrize(
    ("name", "example"), [("brat", "attribution"), ("conll", "columns"), ("prodigy", "prodigy"), ("doccano", "doccano")]
)
def test_an_import_reads_through_links(name: str, example: str, kind: str, tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(EXAMPLES / example, source)
    target = {"folder": source, "file": max(source.glob("*.[acj]*")), "missing": tmp_path / "nowhere"}[kind]
    named = link(tmp_path / "named", target)
    map_ = link(tmp_path / "map", EXAMPLES / f"{example}.toml")
    (tmp_path / "real").mkdir()
    into = link(tmp_path / "into", tmp_path / "real")
    ran = run("import", name, str(named), "--into", str(into), "--map", str(map_))
    if kind == "missing":
        assert ran.code == 2
        return
    plain = run("import", name, str(target), "--into", str(tmp_path / "plain"), "--map", str(map_))
    assert (ran.code, ran.out) == (plain.code, plain.out)
    assert "symlink" not in ran.out
    assert into.is_symlink()
    assert run("--root", str(into), "validate").code in (0, 1)
    assert list((tmp_path / "real" / "raw").iterdir())


@pytest.mark.parametrize(
    ("name", "example"), [("brat", "attribution"), ("conll", "columns"), ("prodigy", "prodigy"), ("doccano", "doccano")]
)
def test_a_link_in_a_source_is_refused(name: str, example: str, tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(EXAMPLES / example, source)
    file = max(source.glob("*.[acj]*"))
    file.rename(tmp_path / file.name)
    link(file, tmp_path / file.name)
    ran = run("import", name, str(source), "--into", str(tmp_path / "new"), "--map", str(EXAMPLES / f"{example}.toml"))
    assert ran.code != 0
    assert "symlink" in ran.out + ran.err


WRITES: dict[str, Callable[[Path], tuple[str, ...]]] = {
    "build": lambda out: ("build", "--out", str(out)),
    "export": lambda out: ("export", "brat", str(out)),
    "init": lambda out: ("init", str(out)),
}


@pytest.mark.parametrize("verb", WRITES)
def test_a_folder_is_written_through_a_link(verb: str, corpus: Corpus, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    out = link(tmp_path / "out", tmp_path / "real")
    for _ in range(2 if verb == "build" else 1):
        ran = run(*(() if verb == "init" else ("--root", str(corpus.root))), *WRITES[verb](out))
        assert ran.code == 0, ran
        assert out.is_symlink()
        assert list((tmp_path / "real").iterdir())


def test_a_build_in_the_corpus_is_not_written_through_a_link(corpus: Corpus, tmp_path: Path) -> None:
    """The corpus may hold the link: nobody named it."""
    (tmp_path / "real").mkdir()
    link(corpus.root / "build", tmp_path / "real")
    ran = corpus.run("build")
    assert ran.code == 2
    assert list((tmp_path / "real").iterdir()) == []


def test_an_export_of_label_studio_and_texts_are_read_through_links(corpus: Corpus, tmp_path: Path) -> None:
    (tmp_path / "real.json").write_text(json.dumps([exported(1, "alpha", made(1))]))
    (tmp_path / "real").mkdir()
    into = link(tmp_path / "into", tmp_path / "real")
    ran = corpus.run(
        "label-studio", "convert", str(link(tmp_path / "e.json", tmp_path / "real.json")), "--into", str(into)
    )
    assert ran.code == 0, ran
    assert [path.name for path in (tmp_path / "real").rglob("*.json")] == ["alpha.json"]
    (tmp_path / "real.txt").write_text(TEXT, "utf-8")
    ran = corpus.run("add", str(link(tmp_path / "gamma.txt", tmp_path / "real.txt")), "--license", "CC0-1.0")
    assert "symbolic link" not in ran.err
