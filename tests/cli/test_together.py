"""Two commands at once on the same files: one waits, and nothing is lost."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import tty
from collections.abc import Callable
from pathlib import Path

import pytest
from support.copies import contents, copy_repository
from support.corpora import REPOSITORY, Corpus, run, tiny

from corpus.files.lock import locked
from corpus.files.writer import TEMPORARY

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no flock")

FEW = ("barrage-hearing-delay", "barrage-cost-analysis", "barrage-poll-brief")
BRAT = REPOSITORY / "tests/formats/examples/attribution"
Ended = tuple[int, str, str]


def together(root: Path, *commands: tuple[str, ...]) -> list[Ended]:
    """Run commands at the same time; the exit code, stdout and stderr of each."""
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "corpus", "--root", str(root), *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for command in commands
    ]
    ended = []
    for one in started:
        out, err = one.communicate(timeout=120)
        assert "Traceback" not in err, err
        ended.append((one.returncode, out, err))
    return ended


def without_splits(root: Path) -> Corpus:
    corpus = tiny(root)
    for name in ("alpha", "beta"):
        record = corpus.read(f"raw/{name}.json")
        del record["split"]
        corpus.write(f"raw/{name}.json", record)
    return corpus


def test_two_exceptions_at_once_are_both_kept(tmp_path: Path) -> None:
    corpus = without_splits(tmp_path)

    def add(doc: str, code: str) -> tuple[str, ...]:
        until = ("--reason", "seen", "--until", "2099-01-01")
        return ("exceptions", "add", "--code", code, "--doc", doc, *until)

    codes = ("C601", "C603", "C604")
    for code in codes:
        ended = together(tmp_path, add("alpha", code), add("beta", code))
        assert [one[0] for one in ended] == [0, 0], ended
    kept = corpus.run("exceptions", "list").out
    assert len(kept.splitlines()) == 2 * len(codes), kept


def test_two_splits_at_once_agree(tmp_path: Path) -> None:
    without_splits(tmp_path / "alone")
    assert run("--root", str(tmp_path / "alone"), "split").code == 0
    for attempt in ("one", "two"):
        without_splits(tmp_path / attempt)
        ended = together(tmp_path / attempt, ("split",), ("split",))
        assert {one[0] for one in ended} <= {0, 1}, ended
        assert contents(tmp_path / attempt / "raw") == contents(tmp_path / "alone" / "raw")


def test_one_of_two_equal_releases_is_made(tmp_path: Path) -> None:
    root = copy_repository(tmp_path / "corpus", FEW)
    ended = sorted(together(root, ("release", "1.0.0"), ("release", "1.0.0")))
    assert [one[0] for one in ended] == [0, 2], ended
    assert "1.0.0 exists already" in ended[1][2]
    assert run("--root", str(root), "verify").code == 0
    assert [path.name for path in (root / "releases").iterdir()] == ["1.0.0"]


def test_two_builds_at_once_are_one_whole_build(tmp_path: Path) -> None:
    root = copy_repository(tmp_path / "corpus", FEW)
    assert run("--root", str(root), "build", "--out", str(tmp_path / "alone")).code == 0
    for _ in range(2):  # into a new folder, and over an old one
        ended = together(root, *[("build", "--out", str(tmp_path / "both"))] * 2)
        assert [one[0] for one in ended] == [0, 0], ended
        assert contents(tmp_path / "both") == contents(tmp_path / "alone")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["alone", "both", "corpus"]


def test_who_waits_says_so_in_one_line(tmp_path: Path) -> None:
    tiny(tmp_path)
    with locked(tmp_path / "annotations"):
        waits = subprocess.Popen(
            [sys.executable, "-m", "corpus", "--root", str(tmp_path), "fmt", "--quiet"],
            stderr=subprocess.PIPE,
            text=True,
        )
        assert waits.stderr
        line = waits.stderr.readline()
        assert run("--root", str(tmp_path), "fmt", "--check").code in (0, 1), "who only reads does not wait"
    assert line == f"another command is writing {tmp_path / 'annotations'}: waiting until it is done\n"
    assert waits.communicate(timeout=60) == (None, "")


STALE = (f"{TEMPORARY}0123abcd-x", "raw", "annotations", "annotations/gold", "adjudication/gold")


def test_a_verb_that_edits_sweeps_what_killed_ones_left(tmp_path: Path) -> None:
    corpus = tiny(tmp_path)
    for name in STALE[1:]:
        corpus.write(f"{name}/{STALE[0]}", "half")
    (tmp_path / "raw" / f"{TEMPORARY}folder").mkdir()
    corpus.write(f"raw/{TEMPORARY}folder/file", "half")
    corpus.write("annotations/.corpus-other", "of someone else")
    corpus.write(STALE[0], "may become a build, which another command is making")
    with_stale = corpus.files()
    assert corpus.run("fmt", "--check").code in (0, 1)
    assert corpus.files() == with_stale, "who only reads deletes nothing"
    corpus.run("fmt")
    left = [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob(".corpus-*")]
    assert sorted(left) == [STALE[0], "annotations/.corpus-other"]


def test_a_build_sweeps_only_what_was_to_become_it(tmp_path: Path) -> None:
    tiny(tmp_path)
    kill = (
        "import os, sys, signal\nfrom pathlib import Path\nfrom corpus.files import new_folder\n"
        "with new_folder(Path(sys.argv[1])) as new:\n    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    for name in ("build", "build-of-another"):
        ended = subprocess.run([sys.executable, "-c", kill, str(tmp_path / name)])
        assert ended.returncode == -signal.SIGKILL
    assert len(list(tmp_path.glob(f"{TEMPORARY}*"))) == 2
    assert run("--root", str(tmp_path), "build").code == 0
    assert len(list(tmp_path.glob(f"{TEMPORARY}*"))) == 1


def imported(into: Path) -> tuple[str, ...]:
    return ("import", "brat", str(BRAT), "--into", str(into), "--map", f"{BRAT}.toml")


def test_what_a_kill_leaves_is_ignored_by_git(tmp_path: Path) -> None:
    assert run("init", str(tmp_path / "new")).code == 0
    assert run(*imported(tmp_path / "imported")).code in (0, 1)
    # A copy of the repository's own rules: the tests may run on files that are in no git repository.
    (tmp_path / "this").mkdir()
    shutil.copy(REPOSITORY / ".gitignore", tmp_path / "this")
    for root in (tmp_path / "new", tmp_path / "imported", tmp_path / "this"):
        subprocess.run(["git", "init", "--quiet", str(root)], check=True)
        for name in (f"{TEMPORARY}0123abcd-x", f"raw/{TEMPORARY}0123abcd-x", f"annotations/gold/{TEMPORARY}x/new"):
            asked = subprocess.run(["git", "-C", str(root), "check-ignore", "--quiet", "--no-index", name])
            assert asked.returncode == 0, (root, name)


def test_a_refused_import_leaves_nothing_and_can_be_run_again(tmp_path: Path) -> None:
    refused = run("import", "brat", str(BRAT), "--into", str(tmp_path / "new"))
    assert refused.code == 2, refused
    assert list(tmp_path.iterdir()) == []
    assert run(*imported(tmp_path / "new")).code in (0, 1)
    assert run("--root", str(tmp_path / "new"), "validate").code in (0, 1)


def test_an_import_does_not_replace_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    refused = run(*imported(Path(".")))
    assert (refused.code, "working directory" in refused.err) == (2, True)
    assert list(tmp_path.iterdir()) == []


def no_file_beyond(size: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_a_disk_that_is_full_leaves_nothing(tmp_path: Path) -> None:
    """A limit on the size of files fails in the middle of a write, as a full disk does."""
    root = copy_repository(tmp_path / "corpus", FEW)
    before = contents(tmp_path)
    commands = (imported(tmp_path / "new"), ("build",), ("release", "1.0.0"), ("export", "brat", str(tmp_path / "out")))
    for command in commands:
        ended = subprocess.run(
            [sys.executable, "-m", "corpus", "--root", str(root), *command],
            env={**os.environ, "ON_THE_RECORD_CACHE": str(tmp_path.with_name(f"{tmp_path.name}-cache"))},
            preexec_fn=no_file_beyond(500),
            capture_output=True,
            text=True,
        )
        assert (ended.returncode, ended.stderr.count("\n")) == (2, 1), ended
        assert "Traceback" not in ended.stderr
        assert contents(tmp_path) == before, command
        assert not [path for path in tmp_path.rglob("*") if path.name.startswith(TEMPORARY)], command


def test_reports_go_to_a_fifo_a_terminal_and_through_a_symlink(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    corpus = without_splits(tmp_path / "corpus")
    shown = corpus.run("validate", "--format", "text").out
    assert "C601" in shown
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    got: list[str] = []
    reader = threading.Thread(target=lambda: got.append(fifo.read_text("utf-8")))
    reader.start()
    assert corpus.run("validate", "--format", f"text={fifo}").code == 1
    reader.join(30)
    assert got == [shown]
    assert fifo.is_fifo()

    (tmp_path / "link").symlink_to("elsewhere")
    assert corpus.run("validate", "--format", f"text={tmp_path / 'link'}").code == 1
    assert (tmp_path / "elsewhere").read_text("utf-8") == shown
    assert (tmp_path / "link").is_symlink()

    ours, theirs = os.openpty()
    tty.setraw(theirs)
    assert corpus.run("validate", "--format", f"text={os.ttyname(theirs)}").code == 1
    assert os.read(ours, 65536).decode() == shown
    os.close(ours)
    os.close(theirs)
