"""The lock on a folder that is written: one holder at a time, released however the holder ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from corpus.core.model import CorpusError
from corpus.files.lock import locked

HOLD = """
import sys
from pathlib import Path
from corpus.files.lock import locked
with locked(Path(sys.argv[1]), waiting=lambda message: print(message, flush=True)):
    print("held", flush=True)
    sys.stdin.readline()
"""


def holder(folder: Path) -> subprocess.Popen[str]:
    """A process that holds the lock until it reads a line; its first line of output says so."""
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline()


def test_a_second_writer_is_refused_or_waits(tmp_path: Path) -> None:
    first = holder(tmp_path)
    assert line(first) == "held\n"
    with pytest.raises(CorpusError, match="another command is writing"), locked(tmp_path, wait=False):
        pass
    second = holder(tmp_path)
    assert "waiting until it is done" in line(second)
    first.communicate("\n")
    assert line(second) == "held\n"
    second.communicate("\n")
    with locked(tmp_path, wait=False):
        pass


def test_a_killed_holder_holds_no_more_and_leaves_nothing(tmp_path: Path) -> None:
    first = holder(tmp_path)
    assert line(first) == "held\n"
    os.kill(first.pid, signal.SIGKILL)
    first.communicate()
    with locked(tmp_path, wait=False):
        assert list(tmp_path.iterdir()) == []


def test_a_folder_to_come_is_locked_by_the_one_above_it(tmp_path: Path) -> None:
    first = holder(tmp_path / "new" / "build")
    assert line(first) == "held\n"
    with pytest.raises(CorpusError), locked(tmp_path / "new" / "build", wait=False):
        pass
    first.communicate("\n")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_was_exchanged_meanwhile_is_locked_anew(tmp_path: Path) -> None:
    folder = tmp_path / "build"
    folder.mkdir()
    first = holder(folder)
    assert line(first) == "held\n"
    second = holder(folder)
    assert "waiting" in line(second)
    folder.rename(tmp_path / "aside")
    folder.mkdir()
    first.communicate("\n")
    assert line(second) == "held\n"
    with pytest.raises(CorpusError), locked(folder, wait=False):
        pass
    second.communicate("\n")
