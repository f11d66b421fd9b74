"""A run in which nothing changed reads no article, no table and no summary, and what changed is never overlooked."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard
from support import partitions
from support.copies import contents, read
from support.corpora import Ran, run
from support.partitions import partitioned

from corpus.files.known_hashes import KnownHashes
from corpus.files.storage import Storage

SOME = (partitions.DOCUMENTS[0], *partitions.DOCUMENTS[2:10])
"""Three documents for each partition; the first one has a suppressed finding."""


@pytest.fixture
def done(tmp_path: Path) -> tuple[Path, Path, Ran]:
    """A corpus, its build, and what the command printed."""
    root, out = partitioned(tmp_path / "corpus", documents=SOME), tmp_path / "build"
    first = again(root, out)
    assert first.code == 0, first.err
    return root, out, first


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a run does that a finished one need not do again."""
    found: list[str] = []

    def noted(module: str, name: str) -> None:
        target = f"{module}.{name}"
        holder, function = __import__(module, fromlist=[name]), name
        original = getattr(holder, function)

        def called(*given: Any, **named: Any) -> Any:
            found.append(name)
            return original(*given, **named)

        monkeypatch.setattr(target, called)

    noted("corpus.pipeline.part", "compile_shard")
    noted("corpus.checks.corpus_wide", "run_corpus_wide")
    noted("corpus.release.build", "card")
    return found


def again(root: Path, out: Path) -> Ran:
    return run("--root", str(root), "build", "--out", str(out))


def test_a_finished_build_is_not_made_again(done: tuple[Path, Path, Ran], work: list[str]) -> None:
    root, out, first = done
    before, inode = contents(out), (out / "manifest.json").stat().st_ino
    assert again(root, out) == first
    assert work == []
    assert (contents(out), (out / "manifest.json").stat().st_ino) == (before, inode)


def test_a_finished_build_reads_no_table_once_its_files_are_settled(
    done: tuple[Path, Path, Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    root, out, first = done
    monkeypatch.setattr("corpus.files.file_status._SETTLED", 0)
    assert again(root, out) == first
    hashed: set[str] = set()
    file_digest = hashlib.file_digest

    def digest(file: Any, kind: str) -> Any:
        hashed.add(os.path.basename(os.readlink(f"/proc/self/fd/{file.fileno()}")))
        return file_digest(file, kind)

    monkeypatch.setattr("hashlib.file_digest", digest)
    assert again(root, out) == first
    assert hashed == {"findings.jsonl.zst"}


@pytest.mark.parametrize(
    "change",
    [
        lambda root, out: next((out / "quotes").glob("*.parquet")).unlink(),
        lambda root, out: (out / "README.md").write_text("another card", "utf-8"),
        lambda root, out: flip(next((out / "quotes").glob("*.parquet"))),
        lambda root, out: (out / "notes.txt").write_text("mine", "utf-8"),
        lambda root, out: (out / "manifest.json").write_text('{"files": {}}', "utf-8"),
    ],
    ids=["a file deleted", "a card edited", "a bit of a table", "a file added", "another manifest"],
)
def test_a_build_that_was_changed_is_written_again(
    change: Callable[[Path, Path], Any], done: tuple[Path, Path, Ran], work: list[str]
) -> None:
    root, out, first = done
    before = contents(out)
    change(root, out)
    found = again(root, out)
    if found.code == 2:  # a table of the build is the same file as that of its part
        assert "is damaged: delete" in found.err
        return
    assert found == first
    assert contents(out) == before
    assert work == ["card"]


ALL = ["compile_shard", "run_corpus_wide", "card"]


def flip(path: Path) -> None:
    """Change a bit of a file, and leave its size and the time of its content."""
    status, data = path.stat(), bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    with path.open("r+b") as file:
        file.write(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


@pytest.mark.parametrize(
    ("change", "does"),
    [
        (lambda root: append(root / "DATASET_CARD.md", "\nOne more sentence.\n"), ["card"]),
        (lambda root: append(root / "schema" / "targets.json", "\n"), ["card"]),
        (lambda root: (root / "pyproject.toml").write_text('[tool.corpus]\nversion = "9.9.9"\n', "utf-8"), ["card"]),
        (
            lambda root: append(root / "annotations" / "exceptions.toml", UNUSED),
            ["compile_shard", "run_corpus_wide", "card"],
        ),
    ],
    ids=["the card", "white space of the schema", "the version", "an exception"],
)
def test_what_changed_is_done_again(
    change: Callable[[Path], Any], does: list[str], done: tuple[Path, Path, Ran], work: list[str]
) -> None:
    root, out, _ = done
    before = contents(out)
    change(root)
    assert again(root, out).code == 0
    assert work == does
    assert contents(out) != before or does != ["card"]


def append(path: Path, text: str) -> None:
    path.write_text((path.read_text("utf-8") if path.exists() else "") + text, "utf-8")


UNUSED = f"""
[[exception]]
code = "C650"
doc_id = "{SOME[0]}"
annotator = "gold"
record = "m1"
reason = "a reason that is long enough"
until = 2099-01-01
"""


def test_a_split_of_a_new_release_is_asked_about(done: tuple[Path, Path, Ran]) -> None:
    """The last release is no part of any partition."""
    root, out, first = done
    assert "C640" not in first.out
    made = run("--root", str(root), "release", "1.0.0", "--message", "first")
    if made.code:  # the corpus of the test may lack what a release needs; a build has the same tables
        (root / "releases" / "1.0.0").parent.mkdir(exist_ok=True)
        __import__("shutil").copytree(out, root / "releases" / "1.0.0")
    table = next((root / "releases" / "1.0.0" / "documents").glob("train-*.parquet"))
    table.rename(table.with_name(table.name.replace("train-", "test-").replace("-of-", "-of-9")))
    assert "C608" in again(root, out).out


def test_a_partition_between_others_is_noticed(done: tuple[Path, Path, Ran], tmp_path: Path) -> None:
    """The part of the partition that it interrupts exists, and was made when nothing interrupted it."""
    root, out, _ = done
    # A suppression belongs to one of the two partitions, and makes another part of it.
    (root / "annotations" / "baseline.toml").unlink()
    lines = zstandard.decompress((root / "raw" / "a.jsonl.zst").read_bytes()).splitlines(keepends=True)
    (root / "raw" / "a.jsonl.zst").write_bytes(zstandard.compress(lines[0] + lines[2]))
    assert again(root, out).code == 1  # annotations of the other documents have no article
    (root / "raw" / "d.jsonl.zst").write_bytes(zstandard.compress(lines[1]))
    found = run("--root", str(root), "build", "--out", str(out), "--finish")
    assert (found.code, "`corpus repartition` divides a corpus" in found.err) == (2, True), found.err


def test_validate_with_parts_asks_nothing_twice(done: tuple[Path, Path, Ran], tmp_path: Path, work: list[str]) -> None:
    root, _, _ = done
    argv = ("--root", str(root), "validate", "--parts", str(tmp_path / "parts"))
    first = run(*argv)
    assert "run_corpus_wide" in work
    work.clear()
    assert run(*argv) == first
    assert work == []


def test_a_hash_is_remembered_until_the_file_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, kept = tmp_path / "file", Storage(tmp_path / "kept")
    path.write_bytes(b"one")
    digest, known = hashed(kept, path)
    assert not known, "a file that was just written may change again in the same moment"
    monkeypatch.setattr("corpus.files.file_status._SETTLED", -(10**12))
    assert hashed(kept, path) == (digest, True)
    status = path.stat()
    path.write_bytes(b"two")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert hashed(kept, path)[0] != digest


def hashed(kept: Storage, path: Path) -> tuple[str, bool]:
    """The hash of a file, and whether it is remembered."""
    hashes = KnownHashes(kept, "test")
    digest = hashes.sha256(Storage(path.parent), path.name)
    hashes.save()
    record = kept.path / "known" / "test.json"
    return digest, record.exists() and str(path).encode() in record.read_bytes()


def test_a_damaged_record_of_hashes_is_not_used(tmp_path: Path) -> None:
    path, kept = tmp_path / "file", Storage(tmp_path / "kept")
    path.write_bytes(b"one")
    for record in ("", "[]", "{", '{"file": 1}', '{"file": [[], 1, 2]}'):
        kept.write("known/test.json", record.encode())
        assert hashed(kept, path)[0] == hashlib.sha256(b"one").hexdigest()


def test_the_manifest_names_what_was_built(done: tuple[Path, Path, Ran]) -> None:
    root, out, first = done
    assert read(out / "manifest.json")["documents"] == len(SOME)
    assert again(root, out).err == first.err
