"""What machines do to a run: a full disk, a request to end, a host that is cut off."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from support.corpora import Ran, run
from support.dask_cluster import dask_cluster
from support.partitions import at, build, same

SOON = 10
"""Seconds within which a command that is asked to end has ended."""


@contextmanager
def started(
    root: Path, out: Path, *argv: str, env: dict[str, str] | None = None, largest: int | None = None
) -> Iterator[subprocess.Popen[str]]:
    """Run `corpus build`; no file that it writes may be larger than `largest` bytes."""

    def limit() -> None:
        if largest is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))

    command = [sys.executable, "-m", "corpus", "--root", str(root), "build", "--out", str(out), *argv]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Half a compiled module would outlive the test.
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **(env or {})},
        preexec_fn=limit,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def reached(moment: Path) -> int:
    """Wait until a worker is at a moment, and return its process id."""
    end = time.monotonic() + 240
    while time.monotonic() < end:
        with suppress(FileNotFoundError):
            if text := moment.read_text("utf-8"):
                return int(text)
        time.sleep(0.05)
    raise AssertionError("no worker came to the moment")


def is_running(process: int) -> bool:
    """Whether a process exists and is not a zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("workers", [(), ("--workers", "2")], ids=["one process", "two"])
@pytest.mark.parametrize("largest", [100, 6_000, 40_000])
def test_a_full_disk_ends_the_run_and_the_next_one_goes_on(
    largest: int, workers: Sequence[str], root: Path, one: tuple[Ran, Path], tmp_path: Path
) -> None:
    """A limit on the size of files is met in the same way: a write is refused."""
    out = tmp_path / "build"
    with started(root, out, *workers, largest=largest) as process:
        shown, said = process.communicate(timeout=240)
    assert process.returncode == 2, (shown, said)
    assert "File too large" in said
    assert "Traceback" not in said
    assert not out.exists()
    same(run("--root", str(root), "build", "--out", str(out)), out, *one)


def test_a_file_that_cannot_be_read_makes_no_part(
    root: Path, one: tuple[Ran, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The finding would be kept under the hash of bytes that have no fault."""
    out = tmp_path / "build"
    with monkeypatch.context() as patch:
        patch.setattr("corpus.files.unpack.Unpacker.unpack", lambda *_: "unreadable")
        ran = run("--root", str(root), "build", "--out", str(out))
    assert (ran.code, "a.jsonl.zst cannot be read any more" in ran.err) == (2, True), ran.err
    same(run("--root", str(root), "build", "--out", str(out)), out, *one)


def ended_soon(process: subprocess.Popen[str]) -> None:
    """Ask a command to end, and check that it does, without a traceback."""
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=240)
    assert time.monotonic() - began < SOON
    assert (process.returncode, "Traceback" in said) == (128 + 15, False), said


def test_a_request_to_end_is_met_soon(root: Path, tmp_path: Path) -> None:
    """The workers would go on for ten minutes."""
    out, moment = tmp_path / "build", tmp_path / "moment"
    with started(root, out, "--workers", "2", env=at("os.mkdir", "*/part", "wait", moment)) as process:
        worker = reached(moment)
        ended_soon(process)
    assert not is_running(worker)
    assert not out.exists()


@pytest.mark.slow
def test_a_request_to_end_does_not_wait_for_a_cluster(root: Path, one: tuple[Ran, Path], tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    out, moment = tmp_path / "build", tmp_path / "moment"
    with dask_cluster(tmp_path, at("os.mkdir", "*/part", "wait", moment)) as file:
        with started(root, out, "--executor", f"dask:{file}") as process:
            worker = reached(moment)
            ended_soon(process)
        assert not out.exists()
        os.kill(worker, signal.SIGKILL)  # else it would keep the cluster from ending
        same(build(root, out, "--executor", f"dask:{file}"), out, *one)


@pytest.mark.slow
def test_a_host_that_is_cut_off_is_replaced(
    root: Path, one: tuple[Ran, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its processes answer nothing, and its connections stay open: the scheduler misses its heartbeat."""
    pytest.importorskip("distributed")
    monkeypatch.setenv("DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL", "10 s")
    out, moment = tmp_path / "build", tmp_path / "moment"
    with (
        dask_cluster(tmp_path, at("open", "*/raw/b.jsonl.zst", "wait", moment)) as file,
        started(root, out, "--executor", f"dask:{file}") as process,
    ):
        worker = reached(moment)
        nanny = int(Path(f"/proc/{worker}/stat").read_text("utf-8").rpartition(")")[2].split()[1])
        for one_of_host in (nanny, worker):
            os.kill(one_of_host, signal.SIGSTOP)
        try:
            shown, said = process.communicate(timeout=240)
        finally:
            os.kill(worker, signal.SIGKILL)
            os.kill(nanny, signal.SIGCONT)
    same(Ran(process.returncode, shown, said), out, *one)
