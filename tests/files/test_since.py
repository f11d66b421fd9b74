"""`corpus validate --since REF` finds what a full run finds in what changed, and the cache is never stale."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.corpora import TEXT, Corpus, tiny

from corpus.files import Reader
from corpus.files.git import Git
from corpus.files.rule_files import changed_files
from corpus.pipeline import shard

OF_THE_WHOLE = {"X102", "X104"}


def git(corpus: Corpus, *argv: str) -> None:
    subprocess.run(["git", "-C", corpus.root, *argv], check=True, capture_output=True)


def commit(corpus: Corpus) -> None:
    git(corpus, "add", "--all")
    git(corpus, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "--allow-empty", "-m", "x")


def in_git(corpus: Corpus) -> Corpus:
    git(corpus, "init", "-q")
    commit(corpus)
    git(corpus, "branch", "base")
    return corpus


def validate(corpus: Corpus, *argv: str) -> list[dict[str, Any]]:
    ran = corpus.run("validate", "--format", "json", *argv)
    assert ran.code < 2, ran.err
    found: list[dict[str, Any]] = json.loads(ran.out)
    return found


def doc_of(path: str) -> str:
    return Path(path).name.rpartition(".")[0]


EDITS = ("add", "delete", "rename", "text", "split", "annotation", "copy")


def edit(corpus: Corpus, rng: Random, kind: str, number: int) -> None:
    """Make one change to the corpus, mostly one that is found."""
    files = sorted(path for path in corpus.files())
    path = rng.choice(files)
    doc_id = doc_of(path)
    if kind == "add":
        corpus.add(f"new-{number}", TEXT + "x" * rng.randrange(3))
    elif kind == "delete" and len(files) > 3:
        (corpus.root / path).unlink()
    elif kind == "rename":
        (corpus.root / path).rename((corpus.root / path).with_name(f"moved-{number}{Path(path).suffix}"))
    elif kind == "text" and f"raw/{doc_id}.txt" in files:
        corpus.write(f"raw/{doc_id}.txt", TEXT.replace("bridge", rng.choice(("tunnel", "ferry"))))
    elif kind == "split" and f"raw/{doc_id}.json" in files:
        value = corpus.read(f"raw/{doc_id}.json")
        corpus.write(f"raw/{doc_id}.json", {**value, "split": rng.choice(("train", "dev", "test"))})
    elif kind == "annotation" and f"annotations/gold/{doc_id}.json" in files:
        value = corpus.read(f"annotations/gold/{doc_id}.json")
        value["mentions"][0]["spans"][0]["start"] += 1
        corpus.write(f"annotations/gold/{doc_id}.json", value)
    elif kind == "copy":
        corpus.add(f"copy-{number}", TEXT, split=rng.choice(("train", "test")))


@given(
    st.lists(st.sampled_from(EDITS), max_size=5), st.lists(st.sampled_from(EDITS), max_size=3), st.integers(0, 2**32)
)
@settings(max_examples=12)
def test_since_finds_what_a_full_run_finds_there(before: list[str], after: list[str], seed: int) -> None:
    rng = Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        corpus = tiny(Path(folder) / "corpus")
        for number, kind in enumerate(before):
            edit(corpus, rng, kind, number)
        in_git(corpus)
        validate(corpus)
        old = corpus.files()
        for number, kind in enumerate(after):
            edit(corpus, rng, kind, 10 + number)
            if rng.random() < 0.5:
                commit(corpus)
        new = corpus.files()
        touched = {doc_of(path) for path in old.keys() | new.keys() if old.get(path) != new.get(path)}

        def concerned(one: dict[str, Any]) -> bool:
            raised = one["code"][1] == "6" and any(doc_of(there["file"]) in touched for there in one["related"])
            return one["code"] not in OF_THE_WHOLE and (one["doc_id"] in touched or raised)

        full = validate(corpus, "--no-cache")
        assert validate(corpus, "--since", "base") == [one for one in full if concerned(one)]
        assert validate(corpus) == full


@pytest.mark.parametrize("settled", [0, 2 * 10**9])
def test_an_edit_that_keeps_size_and_time_is_seen(
    settled: int, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With 0, files are known by their times at once; by default, new ones are read again."""
    monkeypatch.setattr("corpus.files.file_status._SETTLED", settled)
    in_git(corpus)
    assert validate(corpus) == validate(corpus, "--since", "base") == []
    file = corpus.root / "annotations/gold/alpha.json"
    was = file.stat()
    file.write_bytes(file.read_bytes().replace(b"quotes", b"quotas", 1))
    os.utime(file, ns=(was.st_atime_ns, was.st_mtime_ns))
    found = validate(corpus, "--no-cache")
    assert found
    assert validate(corpus) == validate(corpus, "--since", "base") == found


@pytest.mark.skipif(os.name == "nt", reason="Windows does not say when a file was last changed")
def test_files_are_not_read_again_while_their_times_are_the_same(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    before = Reader.read
    monkeypatch.setattr(Reader, "read", lambda self, entry: read.append(entry.path) or before(self, entry))
    in_git(corpus)

    def files_read(*argv: str) -> set[str]:
        read.clear()
        assert corpus.run("validate", *argv).code == 0
        return set(read)

    files = set(corpus.files())
    # Two changes within the same tick of a clock have the same time, so new files are read.
    assert files_read() == files_read() == files
    monkeypatch.setattr("corpus.files.file_status._SETTLED", 0)
    assert files_read() == files
    assert files_read() == files_read("--since", "base") == set()
    assert files_read("--no-cache") == files
    touched = corpus.root / "raw/beta.json"
    touched.write_bytes(touched.read_bytes())
    assert files_read("--since", "base") == {path for path in files if "beta" in path}
    assert files_read() == set()
    corpus.write("raw/attached/beta.txt", TEXT.replace("safe", "not safe"))
    assert files_read() == {path for path in corpus.files() if "beta" in path}


def test_a_run_in_which_nothing_changed_says_so_and_what_it_checked(corpus: Corpus) -> None:
    place = 'doc_id = "beta"\ncode = "C601"\nreason = "It is to be split."'
    corpus.write("annotations/exceptions.toml", f"[[exception]]\n{place}\nuntil = 2026-03-01\n")
    in_git(corpus)
    ran = corpus.run("validate", "--since", "base")
    assert (ran.code, "warning X101" in ran.out) == (1, True)
    said = "releases and the dates of exceptions were checked"
    assert ran.err == f"1 warning: nothing changed since base; {said}\n"
    (corpus.root / "annotations/exceptions.toml").unlink()
    commit(corpus)
    git(corpus, "branch", "-f", "base")
    assert corpus.run("validate", "--since", "base").err == f"no findings: nothing changed since base; {said}\n"
    corpus.write("raw/notes.docx", "not of a document")
    ran = corpus.run("validate", "--since", "base")
    assert "F117" in ran.out
    assert ran.err.startswith(f"1 warning: no document changed since base; changed files, {said}")
    assert corpus.run("fmt", "--check", "--since", "base").err == "no file to rewrite: none changed since base\n"


@pytest.mark.skipif(os.name == "nt", reason="Windows does not say when a file was last changed")
@pytest.mark.parametrize("faulty", [False, True])
def test_a_shard_is_known_as_long_as_all_of_its_files_are(
    faulty: bool, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever happens to one file of it: an edit, another inode, a new and a lost one."""
    monkeypatch.setattr("corpus.files.file_status._SETTLED", 0)
    looked: list[str] = []
    before = shard.Validation._look_up
    monkeypatch.setattr(
        shard.Validation,
        "_look_up",
        lambda self, group, *of: looked.append(group[0].doc_id) or before(self, group, *of),
    )
    for name in ("gamma", "delta"):
        corpus.add(name, TEXT)
    if faulty:
        value = corpus.read("annotations/gold/gamma.json")
        corpus.write("annotations/gold/gamma.json", value | {"text_sha256": "0" * 64})
    in_git(corpus)
    file = corpus.root / "annotations/gold/beta.json"
    bytes_ = file.read_bytes()

    def check(is_known: bool) -> None:
        expected = validate(corpus, "--no-cache")
        looked.clear()
        concerned = [one for one in validate(corpus, "--since", "base") if one["doc_id"] == "beta"]
        assert concerned == [one for one in expected if one["doc_id"] == "beta"]
        assert (looked == []) == is_known
        assert validate(corpus) == expected

    check(False)
    check(True)
    corpus.write("annotations/gold/beta.json", corpus.read("annotations/gold/beta.json") | {"text_sha256": "1" * 64})
    check(False)
    # A document with findings that are reported is looked at again.
    check(False)
    file.write_bytes(bytes_)
    check(False)
    check(True)
    copy = file.with_suffix(".new")
    copy.write_bytes(bytes_)
    copy.replace(file)
    check(False)
    check(True)
    corpus.write("raw/attached/beta.txt", TEXT.replace("safe", "not safe"))
    check(False)
    (corpus.root / "raw/attached/beta.txt").unlink()
    check(False)
    check(True)
    (corpus.root / "raw/delta.json").unlink()
    check(False)
    corpus.write("annotations/gold/epsilon.json", "{}")
    check(False)


def test_a_shard_that_was_not_written_whole_is_not_read(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corpus.files.file_status._SETTLED", 0)
    folder = corpus.root.parent / "kept"
    monkeypatch.setenv("ON_THE_RECORD_CACHE", str(folder))
    corpus.add("gamma", TEXT, split="test")
    found = validate(corpus)
    assert found
    (file,) = folder.iterdir()
    with sqlite3.connect(file) as base:
        # The summaries of no document.
        assert base.execute("UPDATE shards SET summaries = ?", (b"\xff" * 8,)).rowcount == 1
    base.close()
    assert validate(corpus) == found


def test_an_attached_text_belongs_to_its_document(corpus: Corpus) -> None:
    """git ignores attached texts unless someone adds them by force, and then they are a part like any other."""
    record = corpus.read("raw/beta.json")
    corpus.write("raw/beta.json", {**record, "redistribution": "offsets_only"})
    (corpus.root / "raw/beta.txt").unlink()
    in_git(corpus)
    corpus.write("raw/attached/beta.txt", "Another text.\n")
    commit(corpus)
    full = [one for one in validate(corpus, "--no-cache") if "beta" in one["file"]]
    assert full
    assert [one for one in validate(corpus, "--since", "base") if "beta" in one["file"]] == full


def test_a_changed_schema_asks_everything(corpus: Corpus) -> None:
    in_git(corpus)
    assert validate(corpus) == []
    schema = corpus.read("schema/article.schema.json")
    corpus.write("schema/article.schema.json", {**schema, "required": [*schema["required"], "topics"]})
    ran = corpus.run("validate", "--since", "base")
    assert ran.code == 1
    assert "info: schema/article.schema.json changed since base: validating all documents" in ran.err
    assert {one["doc_id"] for one in validate(corpus)} == {"alpha", "beta"}


def test_a_changed_line_of_a_bulk_file_is_one_document(corpus: Corpus) -> None:
    for doc_id in ("alpha", "beta"):
        (corpus.root / f"annotations/gold/{doc_id}.json").rename(corpus.root / f"{doc_id}.json")
    lines = [json.dumps(json.loads((corpus.root / f"{name}.json").read_bytes())) for name in ("alpha", "beta")]
    corpus.write("annotations/gold/all.jsonl", "\n".join(lines) + "\n")
    in_git(corpus)
    corpus.write("annotations/gold/all.jsonl", "\n".join([lines[0], lines[1].replace("q1", "q2")]) + "\n")
    assert corpus.run("validate", "--since", "base").err.startswith("no findings in 1 document")


@pytest.mark.parametrize("damage", [b"", b"no database at all" * 100, None])
def test_a_damaged_cache_is_made_anew(corpus: Corpus, damage: bytes | None, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = corpus.root.parent / "kept"
    monkeypatch.setenv("ON_THE_RECORD_CACHE", str(folder))
    corpus.write("annotations/gold/beta.json", "{")
    found = validate(corpus)
    (file,) = folder.iterdir()
    size = file.stat().st_size
    file.write_bytes(file.read_bytes()[: size // 2] if damage is None else damage)
    assert validate(corpus) == found
    assert validate(corpus) == found
    assert next(folder.iterdir()).stat().st_size == size


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("--since", "nowhere"), "nowhere is not a commit of this repository"),
        (("--since", "--all"), "is not a commit of this repository"),
        (("--since", "base", "raw"), "leave out PATH"),
    ],
)
def test_what_cannot_be_told_is_said(corpus: Corpus, argv: tuple[str, ...], said: str) -> None:
    in_git(corpus)
    ran = corpus.run("validate", *argv)
    assert ran.code == 2
    assert said in ran.err


def test_it_needs_a_repository_and_a_common_commit(corpus: Corpus) -> None:
    assert "needs a corpus in a git repository" in corpus.run("validate", "--since", "HEAD").err
    in_git(corpus)
    git(corpus, "checkout", "-q", "--orphan", "other")
    corpus.add("gamma")
    commit(corpus)
    assert "have no commit in common" in corpus.run("validate", "--since", "base").err


def test_a_shallow_clone_says_how_to_fetch_more(corpus: Corpus, tmp_path: Path) -> None:
    in_git(corpus)
    corpus.add("gamma")
    commit(corpus)
    url = f"file://{corpus.root}"
    subprocess.run(["git", "clone", "-q", "--depth", "1", url, tmp_path / "clone"], check=True, capture_output=True)
    ran = Corpus(tmp_path / "clone").run("validate", "--since", "HEAD^1")
    assert ran.code == 2
    assert "`fetch-depth: 0` in a workflow" in ran.err


def test_a_corpus_that_git_ignores_cannot_be_told(corpus: Corpus) -> None:
    corpus.write(".gitignore", "raw/\n")
    in_git(corpus)
    ran = corpus.run("validate", "--since", "base")
    assert ran.code == 2
    assert "git ignores raw/" in ran.err


def test_a_corpus_may_be_a_folder_of_the_repository(tmp_path: Path) -> None:
    outer = Corpus(tmp_path)
    corpus = tiny(tmp_path / "a place für news")
    in_git(outer)
    outer.write("raw/delta.json", "{")
    corpus.write("annotations/gold/beta.json", "{")
    assert {one["file"] for one in validate(corpus, "--since", "base")} == {"annotations/gold/beta.json"}


def edited_in_place(corpus: Corpus) -> None:
    """Give an annotation a finding without changing its size."""
    file = corpus.root / "annotations/gold/alpha.json"
    file.write_bytes(file.read_bytes().replace(b"quotes", b"quotas", 1))


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
@pytest.mark.parametrize("folder", ["", "a corpus"])
def test_an_edit_of_a_file_that_git_is_told_not_to_look_at_is_seen(
    flag: str, folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("corpus.files.rule_files._AT_ONCE", 2)
    corpus = in_git(tiny(tmp_path)) if not folder else tiny(tmp_path / folder)
    if folder:
        git(Corpus(tmp_path), "init", "-q")
        commit(corpus)
        git(corpus, "branch", "base")
    git(corpus, "update-index", flag, *corpus.files(), "schema/targets.json")
    assert validate(corpus, "--since", "base") == []
    edited_in_place(corpus)
    assert subprocess.check_output(["git", "-C", corpus.root, "status", "--porcelain"]) == b""
    found = validate(corpus, "--no-cache")
    assert found
    ran = corpus.run("validate", "--since", "base", "--format", "json")
    assert (json.loads(ran.out), "in 1 document" in ran.err) == (found, True)


def test_files_outside_of_a_sparse_checkout_do_not_differ(corpus: Corpus) -> None:
    in_git(corpus)
    git(corpus, "update-index", "--skip-worktree", "raw/beta.json", "raw/beta.txt", "annotations/gold/beta.json")
    for path in ("raw/beta.json", "raw/beta.txt", "annotations/gold/beta.json"):
        (corpus.root / path).unlink()
    assert "no findings: nothing changed since base" in corpus.run("validate", "--since", "base").err
    git(corpus, "update-index", "--no-skip-worktree", "--assume-unchanged", "raw/beta.txt")
    assert changed_files(Git(corpus.root), "base", "raw") == {"raw/beta.txt"}


@pytest.mark.skipif(os.name == "nt", reason="Windows does not say when a file was last changed")
def test_an_edit_is_seen_though_git_is_told_to_compare_times_roughly(corpus: Corpus) -> None:
    in_git(corpus)
    for setting in ("core.checkStat=minimal", "core.trustctime=false", "core.untrackedCache=true"):
        git(corpus, "config", *setting.split("="))
    file, past = corpus.root / "annotations/gold/alpha.json", 10**18
    os.utime(file, ns=(past, past))
    git(corpus, "update-index", "--refresh")
    time.sleep(1.1)  # git counts the seconds of a change
    edited_in_place(corpus)
    os.utime(file, ns=(past, past))
    assert subprocess.check_output(["git", "-C", corpus.root, "status", "--porcelain"]) == b""
    found = validate(corpus, "--no-cache")
    assert found
    assert validate(corpus, "--since", "base") == found


@pytest.mark.parametrize("how", ["untracked", "intent to add", "staged", "staged and deleted again"])
def test_a_new_file_is_seen_however_far_it_was_added(how: str, corpus: Corpus) -> None:
    in_git(corpus)
    corpus.write("annotations/ann-a/alpha.json", corpus.read("annotations/gold/alpha.json"))
    if how != "untracked":
        git(corpus, "add", *(["--intent-to-add"] if how == "intent to add" else []), "annotations/ann-a")
    if how == "staged and deleted again":
        (corpus.root / "annotations/ann-a/alpha.json").unlink()
    found = [one for one in validate(corpus, "--no-cache") if one["code"] not in OF_THE_WHOLE]
    assert bool(found) == (how != "staged and deleted again")
    assert validate(corpus, "--since", "base") == found


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
@pytest.mark.parametrize("flag", ["", "--assume-unchanged", "--skip-worktree"])
def test_a_file_that_became_a_link_to_the_same_bytes_is_seen(flag: str, corpus: Corpus) -> None:
    in_git(corpus)
    if flag:
        git(corpus, "update-index", flag, "annotations/gold/alpha.json")
    file = corpus.root / "annotations/gold/alpha.json"
    file.rename(corpus.root / "elsewhere.json")
    file.symlink_to("../../elsewhere.json")
    found = validate(corpus, "--no-cache")
    assert [one["file"] for one in found] == ["annotations/gold/alpha.json"]
    assert validate(corpus, "--since", "base") == found


def test_a_repository_within_the_corpus_is_seen(corpus: Corpus) -> None:
    """As a submodule, git lists its folder as one name, and none of its files."""
    in_git(corpus)
    corpus.write("annotations/ann-a/alpha.json", corpus.read("annotations/gold/alpha.json"))
    inner = corpus.root / "annotations/ann-a"
    for argv in (("init", "-q"), ("add", "--all"), ("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x")):
        subprocess.run(["git", "-C", inner, *argv], check=True, capture_output=True)
    for _ in range(2):
        found = [one for one in validate(corpus, "--no-cache") if one["code"] not in OF_THE_WHOLE]
        assert found
        assert validate(corpus, "--since", "base") == found
        git(corpus, "add", "--all")


@pytest.mark.parametrize("name", ["a\nb.json", 'a"b.json', "--all.json", "a b;c.json", b"\xff.json"])
def test_odd_names_of_changed_files_are_found(corpus: Corpus, name: str | bytes) -> None:
    in_git(corpus)
    (corpus.root / "raw" / os.fsdecode(name)).write_text("{}")
    full = validate(corpus, "--no-cache")
    assert full
    assert validate(corpus, "--since", "base") == full
    commit(corpus)
    assert validate(corpus, "--since", "base") == full


@pytest.mark.parametrize("folder", ["annotations/Anna", "annotations/gold/drafts", "raw/2026", "annotations/con"])
def test_a_folder_that_is_not_read_is_found(corpus: Corpus, folder: str) -> None:
    """A submission in a folder with a wrong name would pass otherwise: none of its files is read."""
    in_git(corpus)
    value = corpus.read("annotations/gold/alpha.json")
    corpus.write(f"{folder}/alpha.json", value)
    whole = {(one["code"], one["file"]) for one in validate(corpus)}
    assert whole
    assert {(one["code"], one["file"]) for one in validate(corpus, "--since", "base")} == whole


def test_several_workers_find_the_same(corpus: Corpus) -> None:
    in_git(corpus)
    corpus.write("annotations/gold/beta.json", "{")
    corpus.add("gamma", split="nowhere")
    alone = validate(corpus, "--since", "base")
    assert alone
    assert validate(corpus, "--since", "base", "--workers", "2") == alone


def test_an_exception_that_expires_is_seen_though_nothing_changed(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    article = corpus.read("raw/beta.json")
    del article["split"]
    corpus.write("raw/beta.json", article)
    corpus.write(
        "annotations/exceptions.toml",
        '[[exception]]\ndoc_id = "beta"\ncode = "C601"\nreason = "to be split"\nuntil = 2026-03-01\n',
    )
    codes = {}
    for day in (date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 1)):
        monkeypatch.setattr("corpus.cli.options.today", lambda day=day: day)
        codes[day] = {one["code"] for one in validate(corpus)}
        assert codes[day] == {one["code"] for one in validate(corpus, "--no-cache")}
    assert codes[date(2026, 3, 1)] == set()
    assert "C601" in codes[date(2026, 3, 2)]


def test_a_cache_that_cannot_be_written_is_done_without(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    file = corpus.write("no folder", "")
    monkeypatch.setenv("ON_THE_RECORD_CACHE", str(file / "below"))
    corpus.write("annotations/gold/beta.json", "{")
    assert validate(corpus) == validate(corpus, "--no-cache")


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="Windows has no such modes")
def test_a_cache_that_others_could_write_is_done_without(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, link = tmp_path / "cache", tmp_path / "link"
    folder.mkdir()
    link.symlink_to(folder)
    monkeypatch.setenv("ON_THE_RECORD_CACHE", str(link))
    validate(corpus)
    monkeypatch.setenv("ON_THE_RECORD_CACHE", str(folder))
    for mode in (0o770, 0o707, 0o777):
        folder.chmod(mode)
        validate(corpus)
    assert list(folder.iterdir()) == []
    folder.chmod(0o755)
    validate(corpus)
    (file,) = folder.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    before = file.stat().st_ino
    file.chmod(0o666)
    keep = file.open("rb")  # while it is open, its number is not given to the new file
    validate(corpus)
    keep.close()
    assert (file.stat().st_ino == before, file.stat().st_mode & 0o022) == (False, 0)


def test_an_entry_that_was_not_written_whole_is_not_unpickled(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = corpus.root.parent / "kept"
    monkeypatch.setenv("ON_THE_RECORD_CACHE", str(folder))
    found = validate(corpus)
    (file,) = folder.iterdir()
    with sqlite3.connect(file) as base:
        assert base.execute("UPDATE known SET summary = x'80'").rowcount == 2
    base.close()
    assert validate(corpus) == found


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="Windows has no such modes")
def test_a_cache_that_others_could_exchange_is_done_without(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = tmp_path / "shared"
    (shared / "cache").mkdir(parents=True)
    monkeypatch.setenv("ON_THE_RECORD_CACHE", str(shared / "cache"))
    for mode, used in ((0o777, False), (0o1777, True)):
        shared.chmod(mode)
        validate(corpus)
        assert bool(list((shared / "cache").iterdir())) == used


def test_two_runs_at_once_and_a_killed_one_leave_a_cache_that_holds(corpus: Corpus, tmp_path: Path) -> None:
    for number in range(300):
        corpus.add(f"doc-{number}", TEXT + f"Number {number}.\n")
    corpus.write("annotations/gold/doc-7.json", "{")
    expected = validate(corpus, "--no-cache")
    command = [sys.executable, "-m", "corpus", "--root", corpus.root, "validate", "--format", "json"]
    environment = {**os.environ, "ON_THE_RECORD_CACHE": str(tmp_path / "kept")}

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    runs = [start(), start()]
    killed = start()
    assert killed.stdout is not None
    killed.stdout.read(1)
    killed.kill()
    killed.communicate()
    assert [json.loads(run.communicate()[0]) for run in runs] == [expected] * 2
    again = start()
    assert json.loads(again.communicate()[0]) == expected
