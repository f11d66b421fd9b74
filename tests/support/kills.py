"""Kill a command before each of its changes to the file system, and see what lies there.

A process forked for each moment counts what it is about to do to files (open one to write, rename, remove, make or
remove a folder, call the C library) and kills itself with SIGKILL before the N-th. That is every moment at which a
kill can leave something else than the moment before, and no clock decides which one is met.

Run as a program, with the modules of the commands imported once, it forks a child for each line of its input:
`N<TAB>ARG<TAB>ARG…` runs `corpus ARG ARG…`, killed before change N (0: never), and answers with the exit code, or -9,
and the number of changes.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

CHANGES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod")
"""The audit events of Python that announce a change, besides `open` to write and calls of the C library."""


class Killer:
    """The program that kills, as a context manager."""

    def __init__(self, environment: dict[str, str] | None = None) -> None:
        self._environment = {**os.environ, **(environment or {})}

    def __enter__(self) -> Killer:
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=self._environment,
        )
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._process.communicate()

    def run(self, arguments: list[str], before: int = 0) -> tuple[int, int]:
        """Run the command, killed before its change number `before`; the exit code (-9 for killed) and the changes."""
        assert self._process.stdin
        assert self._process.stdout
        print(before, *arguments, sep="\t", file=self._process.stdin, flush=True)
        code, changes = self._process.stdout.readline().split()
        return int(code), int(changes)


def _writes(mode: object, flags: object) -> bool:
    if isinstance(mode, str):
        return any(letter in mode for letter in "wax+")
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))


@contextmanager
def _counted(before: int, answer: int) -> Iterator[None]:
    """Count the changes of this process, and end it before number `before`; the number goes to `answer`."""
    changes = 0

    def tell() -> None:
        os.pwrite(answer, f"{changes:>12}".encode(), 0)

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal changes
        opens = event == "open" and len(arguments) == 3 and _writes(arguments[1], arguments[2])
        if opens and str(arguments[0]).endswith((".pyc", "/null")):
            return
        if opens or event in CHANGES or event == "ctypes.call_function":
            changes += 1
            if changes == before:
                tell()
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    try:
        yield
    finally:
        tell()


def _child(before: int, arguments: list[str], answer: int) -> None:
    from corpus.cli.main import main

    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    code = 99
    with _counted(before, answer):
        try:
            code = main(arguments)
        except SystemExit as stopped:
            code = int(stopped.code or 0)
    os._exit(code)


def _serve() -> None:
    import importlib

    libraries = "httpx2 pyarrow.parquet datasets jsonschema_rs sentencex rensa regex orjson yaml"
    for name in libraries.split():
        importlib.import_module(name)
    package = Path(importlib.import_module("corpus").__file__ or "").parent
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package.parent).with_suffix("").parts
        if path.name not in ("__main__.py", "__init__.py") and "skeleton" not in parts:
            try:
                importlib.import_module(".".join(parts))
            except ImportError:  # needs an extra that is not installed here
                continue
    if os.environ.get("ON_THE_RECORD_STAND_IN"):
        importlib.import_module("support.stand_in_api").install()
    answer = os.memfd_create("answer")
    for line in sys.stdin:
        before, *arguments = line.rstrip("\n").split("\t")
        os.pwrite(answer, b" " * 12, 0)
        child = os.fork()
        if child == 0:
            _child(int(before), arguments, answer)
        _, status = os.waitpid(child, 0)
        changes = int(os.pread(answer, 12, 0) or b"0")
        print(os.waitstatus_to_exitcode(status), changes, flush=True)


if __name__ == "__main__":
    _serve()
