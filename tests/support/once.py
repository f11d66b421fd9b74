"""What is dear to make and only read, made once for all processes that run the tests."""

from __future__ import annotations

import fcntl
from collections.abc import Callable
from pathlib import Path

import pytest


def made_once(folders: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """The folder `name` of this session, filled by `make` in the first process that asks for it.

    It is shared, so no test may change it: what changes a corpus changes a copy.
    """
    home = folders.getbasetemp()
    if home.name.startswith("popen-"):  # a process of pytest-xdist: beside it are those of the others
        home = home.parent
    folder, complete = home / name, home / f"{name}.complete"
    with (home / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not complete.exists():
            make(folder)
            complete.touch()
    return folder
