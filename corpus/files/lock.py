"""One writer at a time: a lock on the folder that a command is going to write.

    editing(root)    the content of a corpus, raw/, annotations/ and what belongs to them: one lock, on annotations/
    making(path)     a folder with a name of its own: a build, a release, an export, a new corpus: a lock on it, or on
                     the folder that it is going to be in

One lock for all of the content is coarse on purpose: `split` reads every file to write a few, and an annotation means
nothing without its text. Readers take no lock; every file they meet is whole (`writer.py`).

The lock is `flock` on the folder itself, so the kernel releases it however a process ends, and no lock file
is left over. A folder that another writer exchanged while this one waited is another folder with the same name; the
lock is then taken again. The holder deletes what killed commands left incomplete.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..core.model import CorpusError
from .writer import make_folder, sweep_target, sweep_tree

CONTENT = ("raw", "annotations", "adjudication", "quarantine", "schema")
"""The folders of a corpus whose files are written under the lock on annotations/."""

_UNSUPPORTED = (errno.EBADF, errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)
"""Errors of a file system without flock on folders, such as NFS."""


@contextmanager
def editing(root: Path, waiting: Callable[[str], object]) -> Iterator[None]:
    """Hold the lock on the content of the corpus at `root`, after what killed commands left there was deleted."""
    with locked(root / "annotations", waiting=waiting) as alone:
        if alone:
            for name in CONTENT:
                sweep_tree(root / name)
            sweep_target(root / "annotators.toml")
        yield


@contextmanager
def making(path: Path, waiting: Callable[[str], object]) -> Iterator[None]:
    """Hold the lock on a folder to be made or replaced, after what killed commands left of it was deleted.

    The folder that it is going to be in is made first, so that two commands agree on the folder to lock.
    """
    with locked(path, waiting=waiting, within=True) as alone:
        if alone:
            sweep_target(path)
        yield


@contextmanager
def filling(root: Path, folder: Path, waiting: Callable[[str], object]) -> Iterator[None]:
    """Hold the lock on a folder that gets annotation files, besides the one on the content of the corpus at `root`.

    What killed commands left in the folder was deleted.
    """
    content = root / "annotations"
    if folder == content or (folder.exists() and content.exists() and folder.samefile(content)):
        yield
        return
    make_folder(folder)
    with locked(folder, waiting=waiting) as alone:
        if alone:
            sweep_tree(folder)
        yield


@contextmanager
def locked(
    folder: Path, wait: bool = True, waiting: Callable[[str], object] = lambda message: None, *, within: bool = False
) -> Iterator[bool]:
    """Hold the lock on `folder`, or on the nearest folder above it that exists, while the block runs.

    When another process holds it: with `wait`, `waiting` gets one message, and the block runs when the other process is
    done; without, raises CorpusError. `within` makes the folder above. Yields False where the system or the file
    system has no `flock` on folders (Windows, NFS): two writers are not kept apart there.
    """
    if sys.platform == "win32":
        yield False
        return
    descriptor = _acquired(folder, wait, waiting, within)
    try:
        yield descriptor is not None
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _acquired(folder: Path, wait: bool, waiting: Callable[[str], object], within: bool) -> int | None:
    """Return the descriptor that holds the lock, None without flock; closing it releases the lock."""
    import fcntl

    told = False
    while True:
        if within:
            make_folder(folder.parent)
        existing = next(one for one in (folder, *folder.parents) if one.is_dir())
        try:
            descriptor = os.open(existing, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
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
        except OSError as error:
            os.close(descriptor)
            if error.errno in _UNSUPPORTED:
                return None
            raise
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
