"""`corpus validate --base REF`: a change cannot remove, edit or forge a release, nor hide a moved split by it."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.corpora import REPOSITORY, TEXT, Corpus, tiny
from support.once import made_once


def git(corpus: Corpus, *argv: str) -> None:
    subprocess.run(["git", "-C", corpus.root, *argv], check=True, capture_output=True)


def commit(corpus: Corpus) -> None:
    git(corpus, "add", "--all")
    git(corpus, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "--allow-empty", "-m", "x")


def release(root: Path) -> None:
    """Make a corpus in git with release 1.0.0 in its base: alpha in train, beta in test."""
    corpus = tiny(root)
    corpus.add("alpha", split="train")
    corpus.add("beta", TEXT + " ".join(f"word{i}" for i in range(80)) + ".\n", split="test")
    shutil.copy(REPOSITORY / "CITATION.cff", corpus.root)
    git(corpus, "init", "-q")
    commit(corpus)
    ran = corpus.run("release", "1.0.0")
    assert ran.code == 0, ran.err
    commit(corpus)
    git(corpus, "branch", "base")


@pytest.fixture
def released(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Corpus:
    """A copy of the corpus with release 1.0.0, which is released once for all tests."""
    made = made_once(tmp_path_factory, "released-in-git", release)
    return Corpus(shutil.copytree(made, tmp_path / "corpus", symlinks=True))


def edit(corpus: Corpus, path: str, **values: Any) -> None:
    corpus.write(path, corpus.read(path) | values)


def found(corpus: Corpus, *argv: str) -> list[str]:
    """The findings against the base, as "CODE file"."""
    ran = corpus.run("validate", "--format", "json", *(argv or ("--base", "base")))
    assert ran.code < 2, ran.err
    problems = json.loads(ran.out)
    assert ran.code == bool(problems)
    assert all(one["severity"] == ("warning" if one["code"] == "C640" else "error") for one in problems)
    return [f"{one['code']} {one['file']}" for one in problems]


def test_an_unchanged_release_is_no_finding(released: Corpus) -> None:
    assert found(released) == found(released, "--since", "base") == []


@pytest.mark.parametrize("option", ["--base", "--since"])
@pytest.mark.parametrize("committed", [True, False])
def test_a_removed_release_does_not_hide_a_moved_split(released: Corpus, option: str, committed: bool) -> None:
    edit(released, "raw/beta.json", split="train")
    files = [path for path in (released.root / "releases").rglob("*") if path.is_file()]
    git(released, "rm", "-q", "-r", "releases")
    if committed:
        commit(released)
    codes = found(released, option, "base")
    assert codes[0] == "C608 raw/beta.json"
    assert len(codes) == 1 + len(files)
    assert "C615 releases/1.0.0/manifest.json" in codes
    # Without a base, only the working tree's releases are known.
    assert released.run("validate").code == 0


def test_a_changed_byte(released: Corpus) -> None:
    path = next((released.root / "releases/1.0.0/documents").glob("test-*.parquet"))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    edit(released, "raw/beta.json", split="train")
    commit(released)
    assert found(released) == ["C608 raw/beta.json", f"C615 {path.relative_to(released.root).as_posix()}"]


def test_a_new_file_in_an_old_release(released: Corpus) -> None:
    released.write("releases/1.0.0/documents/dev-00000-of-00001.parquet", b"")
    assert found(released) == ["C615 releases/1.0.0/documents/dev-00000-of-00001.parquet"]


def test_a_renamed_release(released: Corpus) -> None:
    git(released, "mv", "releases/1.0.0", "releases/1.1.0")
    edit(released, "raw/beta.json", title="Another")
    commit(released)
    codes = found(released)
    assert set(codes) > {"C615 releases/1.0.0/manifest.json", "C616 releases/1.1.0"}
    assert len([code for code in codes if code.startswith("C616")]) == 1


def add_release(corpus: Corpus) -> None:
    edit(corpus, "raw/beta.json", title="Another")
    commit(corpus)
    ran = corpus.run("release", "1.1.0")
    assert ran.code == 0, ran.err


@pytest.mark.parametrize("option", ["--base", "--since"])
def test_an_added_release_that_this_commit_builds(released: Corpus, option: str) -> None:
    add_release(released)
    commit(released)
    assert found(released, option, "base") == []


def changed_later(corpus: Corpus) -> None:
    edit(corpus, "raw/beta.json", title="A third one")


def damaged(corpus: Corpus) -> None:
    (corpus.root / "releases/1.1.0/README.md").write_bytes(b"forged")


def no_manifest(corpus: Corpus) -> None:
    (corpus.root / "releases/1.1.0/manifest.json").unlink()


def strange_manifest(corpus: Corpus) -> None:
    corpus.write("releases/1.1.0/manifest.json", {"files": {}, "configs": {"a": 1}, "content_sha256": 1})


def below(corpus: Corpus) -> None:
    (corpus.root / "releases/1.1.0").rename(corpus.root / "releases/0.9.0")


def link_inside(corpus: Corpus) -> None:
    path = corpus.root / "releases/1.1.0/documents"
    shutil.rmtree(path)
    path.symlink_to("../1.0.0/documents")


def link(corpus: Corpus) -> None:
    shutil.rmtree(corpus.root / "releases/1.1.0")
    (corpus.root / "releases/1.1.0").symlink_to("1.0.0")


def a_file(corpus: Corpus) -> None:
    shutil.rmtree(corpus.root / "releases/1.1.0")
    corpus.write("releases/1.1.0", "a file")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (changed_later, "this commit compiles to"),
        (damaged, "README.md: SHA-256 is"),
        (no_manifest, "it has no manifest.json"),
        (strange_manifest, ""),
        (below, "0.9.0 is not above the last release, 1.0.0"),
        (link_inside, "documents is a symbolic link"),
        (link, "releases/1.1.0 is not a directory"),
        (a_file, "releases/1.1.0 is not a directory"),
    ],
)
def test_an_added_release_that_this_commit_does_not_build(
    released: Corpus, wrong: Callable[[Corpus], None], words: str
) -> None:
    add_release(released)
    wrong(released)
    commit(released)
    (code,) = found(released)
    assert code in ("C616 releases/1.1.0", "C616 releases/0.9.0")
    assert words in released.run("validate", "--base", "base").out


@pytest.mark.parametrize("kind", ["file", "link"])
def test_releases_is_not_a_directory(released: Corpus, kind: str, tmp_path: Path) -> None:
    edit(released, "raw/beta.json", split="train")
    (released.root / "releases").rename(tmp_path / "outside")
    if kind == "file":
        released.write("releases", "a file")
    else:
        (released.root / "releases").symlink_to(tmp_path / "outside")
    commit(released)
    codes = found(released)
    assert set(codes) > {"C608 raw/beta.json", "C615 releases", "C615 releases/1.0.0/manifest.json"}


def test_a_new_id_does_not_hide_a_moved_split(released: Corpus) -> None:
    """A text of the test split comes back in train, under another id."""
    record = released.read("raw/beta.json")
    text = (released.root / "raw/beta.txt").read_text("utf-8")
    git(released, "rm", "-q", "raw/beta.json", "raw/beta.txt", "annotations/gold/beta.json")
    released.write("raw/other.json", {**record, "doc_id": "other", "split": "train"})
    released.write("raw/other.txt", text)
    commit(released)
    gone = "C640 releases/1.0.0"
    assert found(released) == found(released, "--since", "base") == ["C608 raw/other.json", gone]
    released.write("raw/other.json", {**record, "doc_id": "other"})
    assert found(released) == [gone]


def test_a_release_that_is_a_submodule(released: Corpus) -> None:
    """`.gitmodules` may ask git to ignore all changes of one, and a release without tables knows no split."""
    released.write(".gitmodules", '[submodule "x"]\npath = releases/1.1.0\nurl = ./x\nignore = all\n')
    (released.root / "releases/1.1.0").mkdir()
    git(released, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},releases/1.1.0")
    git(released, "add", ".gitmodules")
    git(released, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "-m", "x")
    assert found(released) == ["C616 releases/1.1.0"]


def test_attributes_of_git_hide_nothing(released: Corpus) -> None:
    attributes = "* -diff -text filter=lfs diff=none merge=ours export-ignore eol=crlf\n"
    released.write(".gitattributes", attributes)
    git(released, "add", ".gitattributes")
    value = released.read("annotations/gold/beta.json")
    value["mentions"][1]["spans"][0]["text"] = "they"
    released.write("annotations/gold/beta.json", value)
    (released.root / "releases/1.0.0/README.md").write_text("another\n")
    codes = ["P307 annotations/gold/beta.json", "C615 releases/1.0.0/README.md"]
    assert found(released) == found(released, "--since", "base") == codes


@pytest.mark.parametrize("path", ["raw/beta.txt", "annotations/gold/beta.json", "releases/1.0.0/manifest.json"])
def test_a_pointer_of_git_lfs_is_not_the_file(released: Corpus, path: str) -> None:
    """The check fetches no large files, so it must not take a pointer to one for it."""
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 120\n"
    released.write(path, pointer)
    commit(released)
    codes = found(released)
    assert codes
    assert all(code.endswith((path, "beta.json")) for code in codes)


@pytest.mark.parametrize("folder", ["annotations/gold", "raw", "annotations", "schema"])
def test_a_folder_that_became_a_link(released: Corpus, folder: str, tmp_path: Path) -> None:
    (released.root / folder).rename(tmp_path / "outside")
    (released.root / folder).symlink_to(tmp_path / "outside")
    commit(released)
    ran = released.run("validate", "--base", "base")
    assert ran.code != 0
    assert "symbolic link" in ran.out + ran.err


def test_settings_that_became_a_link_are_a_changed_rule(released: Corpus, tmp_path: Path) -> None:
    """They are not followed to say so: the link may lead to a device that never ends."""
    outside = tmp_path / "outside.toml"
    released.write("pyproject.toml", '[tool.corpus]\nversion = "1.0.0"\n')
    commit(released)
    git(released, "branch", "-f", "base")
    (released.root / "pyproject.toml").rename(outside)
    (released.root / "pyproject.toml").symlink_to(outside)
    commit(released)
    ran = released.run("validate", "--base", "base")
    assert ran.code == 2
    assert "this change edits the rules that it is checked by: 1 file" in ran.err
    assert "symbolic link" in ran.err


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("pyproject.toml", '[tool.corpus.severity]\nQ503 = "info"\n'),
        ("annotations/exceptions.toml", ""),
        ("annotations/baseline.toml", ""),
        ("constraints.txt", "on-the-record==0.0.1\n"),
        ("schema/new.json", "{}"),
    ],
)
def test_a_changed_rule_is_said_first(released: Corpus, path: str, content: str) -> None:
    released.write(path, content)
    commit(released)
    ran = released.run("validate", "--base", "base")
    assert ran.err.startswith("warning: this change edits the rules that it is checked by: 1 file;")


def test_names_that_differ_in_case_only(released: Corpus) -> None:
    for end in ("json", "txt"):
        source = released.root / f"raw/beta.{end}"
        data = source.read_bytes().replace(b'"beta"', b'"Beta"')
        released.write(f"raw/Beta.{end}", data)
    commit(released)
    assert any(code.startswith(("C612", "C613")) for code in found(released))


def test_a_huge_file_is_one_finding(released: Corpus) -> None:
    with (released.root / "annotations/gold/beta.json").open("wb") as file:
        file.truncate(2**32)
    assert found(released) == ["F109 annotations/gold/beta.json"]


def test_a_first_release(corpus: Corpus) -> None:
    git(corpus, "init", "-q")
    commit(corpus)
    git(corpus, "branch", "base")
    shutil.copy(REPOSITORY / "CITATION.cff", corpus.root)
    commit(corpus)
    ran = corpus.run("release", "1.0.0")
    assert ran.code == 0, ran.err
    assert found(corpus) == []


def test_the_findings_cannot_be_suppressed_or_demoted(released: Corpus) -> None:
    for code in ("C615", "C616", "C618"):
        released.write("pyproject.toml", f'[tool.corpus.severity]\n{code} = "info"\n')
        ran = released.run("validate", "--base", "base")
        assert (ran.code, f"{code} must stay an error" in ran.err) == (2, True)
        released.write("pyproject.toml", "")
        released.write(
            "annotations/exceptions.toml",
            f'[[exception]]\ndoc_id = "alpha"\ncode = "{code}"\nreason = "no"\nuntil = 9999-12-31\n',
        )
        assert released.run("validate", "--base", "base").code == 2


@pytest.mark.parametrize("ref", ["nowhere", "--output=x", "HEAD:raw"])
def test_a_base_that_is_not_a_commit(released: Corpus, ref: str) -> None:
    ran = released.run("validate", f"--base={ref}")
    assert (ran.code, ran.out) == (2, "")
    assert f"--base: {ref} is not a commit of this repository" in ran.err


def test_a_base_needs_git(corpus: Corpus) -> None:
    ran = corpus.run("validate", "--base", "HEAD")
    assert ran.code == 2
    assert "--base needs a corpus in a git repository" in ran.err
