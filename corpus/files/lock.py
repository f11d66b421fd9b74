"""One writer at a time: a lock on the folder that a command is going to write.

The lock is `flock` on the folder itself, so the kernel releases it however a process ends, and no file is left behind
that says who holds it. A folder that another writer exchanged while this one waited is another folder with the same
name; the lock is then taken again.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..core.model import CorpusError


@contextmanager
def locked(folder: Path, wait: bool = True, waiting: Callable[[str], object] = lambda message: None) -> Iterator[None]:
    """Hold the lock on `folder`, or on the nearest folder above it that exists, while the block runs.

    When another process holds it: with `wait`, `waiting` gets one message, and the block runs when the other process is
    done; without, raises CorpusError. Where the system has no `flock` (Windows), two writers are not kept apart.
    """
    if sys.platform == "win32":
        yield
        return
    descriptor = _acquired(folder, wait, waiting)
    try:
        yield
    finally:
        os.close(descriptor)


def _acquired(folder: Path, wait: bool, waiting: Callable[[str], object]) -> int:
    """Return the descriptor that holds the lock; closing it releases the lock."""
    import fcntl

    told = False
    while True:
        existing = next(one for one in (folder, *folder.parents) if one.is_dir())
        descriptor = os.open(existing, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if not wait:
                    raise CorpusError(f"another command is writing {folder}: wait until it is done") from None
                if not told:
                    waiting(f"another command is writing {folder}: waiting until it is done")
                told = True
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            if existing == folder or not folder.is_dir():
                here, there = os.fstat(descriptor), os.stat(existing)
                if (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino):
                    return descriptor
        except FileNotFoundError:
            pass
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
