"""The one way to write: the old or the new, never a part, whatever ends the program and whenever."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from corpus.core.model import CorpusError
from corpus.files import new_folder, open_output, replace_file, writer

FOREVER = """
import sys
from pathlib import Path
from corpus.files import new_folder, replace_file
root = Path(sys.argv[1])
for i in range(10**9):
    with new_folder(root / "folder", replace=True) as new:
        for name in "abc":
            (new.path / name).write_text(f"{i}" * 2000)
        new.commit()
    with replace_file(root / "file") as out:
        for _ in range(20):
            out.write(b"%09d" % i * 1000)
    if not i:
        print("ready", flush=True)
"""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"
    with replace_file(path) as out:
        out.write(b"old")
    path.chmod(0o600)
    with replace_file(path) as out:
        out.write(b"new")
        assert path.read_bytes() == b"old"
    assert (path.read_bytes(), path.stat().st_mode & 0o777, names(path.parent)) == (b"new", 0o600, ["file"])


def test_an_error_leaves_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"old")
    with pytest.raises(TypeError), replace_file(tmp_path / "file") as out:
        out.write("no bytes")  # type: ignore[arg-type]
    assert ((tmp_path / "file").read_bytes(), names(tmp_path)) == (b"old", ["file"])


@pytest.mark.parametrize("kind", ["folder", "fifo", "symlink", "dangling"])
def test_only_a_regular_file_is_replaced(kind: str, tmp_path: Path) -> None:
    path, other = tmp_path / "path", tmp_path / "other"
    other.write_bytes(b"other")
    if kind == "folder":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        path.symlink_to(other if kind == "symlink" else tmp_path / "missing")
    before = path.lstat()
    with pytest.raises(CorpusError, match="not a regular file"), replace_file(path) as out:
        out.write(b"new")
    assert (path.lstat(), other.read_bytes(), names(tmp_path)) == (before, b"other", ["other", "path"])


def test_an_output_is_written_through_a_symlink(tmp_path: Path) -> None:
    for name in ("link", "other link"):
        (tmp_path / name).symlink_to(tmp_path / "real")
        with open_output(tmp_path / name) as out:
            out.write(name.encode())
        assert (tmp_path / name).is_symlink()
        assert (tmp_path / "real").read_bytes() == name.encode()


def test_an_output_can_be_a_fifo(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append((tmp_path / "fifo").read_bytes()))
    reader.start()
    with open_output(tmp_path / "fifo") as out:
        out.write(b"report")
    reader.join()
    assert (read, (tmp_path / "fifo").is_fifo(), names(tmp_path)) == ([b"report"], True, ["fifo"])


def test_an_output_can_be_a_terminal() -> None:
    ours, theirs = os.openpty()
    try:
        with open_output(Path(os.ttyname(theirs))) as out:
            out.write(b"report")
        assert os.read(ours, 100) == b"report"
        assert os.isatty(theirs)
    finally:
        os.close(ours)
        os.close(theirs)


@pytest.fixture(params=["renameat2", "without"])
def _system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "without":
        monkeypatch.setattr(writer, "_renameat2", lambda *_: False)


@pytest.mark.usefixtures("_system")
def test_a_folder_is_new_whole_or_not_at_all(tmp_path: Path) -> None:
    with new_folder(tmp_path / "new") as new:
        (new.path / "file").write_bytes(b"1")
    assert names(tmp_path) == []
    (tmp_path / "new").mkdir()
    with new_folder(tmp_path / "new") as new:
        (new.path / "file").write_bytes(b"2")
        new.commit()
    assert (names(tmp_path), (tmp_path / "new/file").read_bytes()) == (["new"], b"2")


@pytest.mark.usefixtures("_system")
def test_a_folder_is_exchanged(tmp_path: Path) -> None:
    for name in ("first", "second"):
        with new_folder(tmp_path / "out", replace=True) as new:
            (new.path / name).write_bytes(b"")
            new.commit()
        assert (names(tmp_path), names(tmp_path / "out")) == (["out"], [name])


@pytest.mark.usefixtures("_system")
@pytest.mark.parametrize("kind", ["full", "file", "dangling"])
def test_a_folder_replaces_nothing_unasked(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "out"
    if kind == "full":
        path.mkdir()
        (path / "mine").write_bytes(b"mine")
    elif kind == "file":
        path.write_bytes(b"mine")
    else:
        path.symlink_to(tmp_path / "missing")
    before = path.lstat()
    with pytest.raises(CorpusError, match="exists already"), new_folder(path) as new:
        new.commit()
    assert (path.lstat(), names(tmp_path)) == (before, ["out"])


def test_a_kill_leaves_the_old_or_the_new(tmp_path: Path) -> None:
    """Twelve kills at random moments; run with ON_THE_RECORD_KILLS=200 for more."""
    chance = random.Random(11)
    for _ in range(int(os.environ.get("ON_THE_RECORD_KILLS", "12"))):
        process = subprocess.Popen([sys.executable, "-c", FOREVER, str(tmp_path)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(chance.uniform(0, 0.05))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        assert names(tmp_path / "folder") == ["a", "b", "c"]
        contents = {(tmp_path / "folder" / name).read_bytes() for name in "abc"}
        assert len(contents) == 1
        assert len(next(iter(contents))) % 2000 == 0
        written = (tmp_path / "file").read_bytes()
        assert len(written) == 180_000
        assert written == written[:9] * 20_000
    left = set(names(tmp_path)) - {"folder", "file"}
    assert all(name.startswith(writer.TEMPORARY) for name in left)
