"""The one way to write: a file or a folder takes its final name when it is complete, in one step.

    replace_file(path)     a file of a corpus or of a build
    open_output(path)      a file that the user names: also a device, a FIFO, or through a symlink
    new_folder(path)       a whole folder
    open_partial(path)     a download that a later command resumes
    Staging                several files of a folder together (`staging.py`)

What is not complete has a name that begins with `TEMPORARY`, in the folder of the final one. A run
that is killed leaves the old or the new file or folder, and perhaps such a name. The next command that
locks the same target deletes it (`lock.py`); git ignores it.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ..core.model import CorpusError
from ..core.regular_file import refuse_links

TEMPORARY = ".corpus-tmp-"
"""How the names of incomplete files and folders begin. The index ignores names that begin with a dot.

A hash of the final name follows: whoever locks a target can tell its leftovers from what another command is writing.
"""

_AT_FDCWD = -100
_NO_REPLACE, _EXCHANGE = 1, 2
"""Flags of renameat2(2), as Linux defines them."""
_UNSUPPORTED = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EPERM)
"""Errors of a kernel or a file system that lacks a flag; a rename without flags then says what is wrong."""


@contextmanager
def replace_file(path: Path, mode: int | None = None) -> Iterator[IO[bytes]]:
    """Open a file that replaces `path` if the block ends without an error, and else leaves no trace.

    Folders above it are made. The file gets `mode`, or by default that of an existing file. Raises CorpusError if
    `path` is anything but a regular file or missing.
    """
    kept = _mode(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=_prefix(path), dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            # The bytes reach the disk before the name: after a power cut no name leads to an empty file.
            os.fsync(file.fileno())
        os.chmod(name, kept if mode is None else mode)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
    sync(path.parent)


@contextmanager
def open_output(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that the user names for writing: like `replace_file`, but it follows a symlink.

    A device, a FIFO or a terminal cannot be replaced and is opened and written. Raises OSError.
    """
    target = Path(os.path.realpath(path))
    if not target.exists() or target.is_file() or target.is_dir():
        with replace_file(target) as file:
            yield file
        return
    with target.open("wb") as file:
        yield file


@contextmanager
def open_partial(path: Path, resume: bool) -> Iterator[IO[bytes]]:
    """Open an incomplete download for writing: at its end with `resume`, else empty.

    The file has this name from the start, so that a later command can go on with it. Only that command may take it for
    complete, after it compared a checksum. Raises CorpusError if `path` is anything but a regular file or missing.
    """
    _mode(path)
    flags = os.O_WRONLY | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags | (os.O_APPEND if resume else os.O_TRUNC), 0o644), "ab") as file:
        yield file


def make_folder(path: Path, within: Path | None = None) -> None:
    """Make a folder and those above it, unless they exist.

    Raises CorpusError if another file has the name, or if a part of `path` below `within` is a symbolic link.
    """
    if within is not None:
        refuse_links(path, within)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise CorpusError(f"{path} is not a directory; move it away") from None


@dataclass(frozen=True, slots=True)
class NewFolder:
    """A folder that is being made: fill `path`, then `commit`."""

    path: Path
    target: Path
    replace: bool

    @property
    def beside(self) -> Path:
        """The place of a further folder, on the same disk, that vanishes in any case."""
        return self.path.parent.with_name("beside")

    def commit(self) -> None:
        """Give the folder its final name, after all of it is on the disk.

        Raises CorpusError if something has the name that may not be replaced.
        """
        for made in (*self.path.rglob("*"), self.path):
            sync(made)
        if self.replace and self.target.is_dir() and not self.target.is_symlink():
            _exchange(self.path, self.target)
        else:
            _rename_new(self.path, self.target)
        sync(self.target.parent)


@contextmanager
def new_folder(path: Path, *, replace: bool = False) -> Iterator[NewFolder]:
    """Make a folder that becomes `path` when it is committed, and vanishes if it is not.

    With `replace`, an existing folder is exchanged for the new one and then deleted; without it,
    `path` may exist only as an empty folder.
    """
    with temporary_beside(path) as temporary:
        # Only its owner may read a temporary directory; a folder within it gets the usual mode. It has its final
        # name already, because what is written into a folder may say the name of the folder.
        folder = temporary / "new" / path.name
        folder.mkdir(parents=True)
        yield NewFolder(folder, path, replace)


@contextmanager
def temporary_beside(path: Path) -> Iterator[Path]:
    """Yield a folder on the disk of `path` that is deleted at the end, or by the next command that makes `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=_prefix(path), dir=path.parent, ignore_cleanup_errors=True) as temporary:
        yield Path(temporary)


def sweep_tree(folder: Path) -> None:
    """Delete all incomplete files and folders in and below `folder`. Only for the holder of the lock on all of it."""
    if folder.is_symlink():
        return
    for at, folders, files in os.walk(folder):
        stale = [name for name in (*folders, *files) if name.startswith(TEMPORARY)]
        folders[:] = [name for name in folders if not name.startswith(TEMPORARY)]
        for name in stale:
            _delete(Path(at, name))


def sweep_target(path: Path) -> None:
    """Delete incomplete files and folders that were to become `path`. Only for the holder of the lock on `path`."""
    sweep_targets(path.parent, [path.name])


def sweep_targets(folder: Path, names: Iterable[str]) -> None:
    """Delete incomplete files and folders that were to become one of these names in a folder, which is read once."""
    if folder.is_dir():
        prefixes = tuple(_prefix(folder / name) for name in names)
        for entry in os.scandir(folder):
            if entry.name.startswith(TEMPORARY) and entry.name.startswith(prefixes):
                _delete(Path(entry.path))


def _delete(path: Path) -> None:
    status = path.lstat()
    if stat.S_ISDIR(status.st_mode):
        shutil.rmtree(path, ignore_errors=True)
    elif stat.S_ISREG(status.st_mode):
        path.unlink(missing_ok=True)


def _prefix(path: Path) -> str:
    """Return how the temporary names for `path` begin."""
    return f"{TEMPORARY}{hashlib.sha256(os.fsencode(path.name)).hexdigest()[:8]}-"


def _mode(path: Path) -> int:
    """Return the mode that a file at `path` gets."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return 0o644
    if not stat.S_ISREG(status.st_mode):
        raise CorpusError(f"{path} is not a regular file, so it is not replaced")
    return stat.S_IMODE(status.st_mode) & 0o777


def _rename_new(folder: Path, path: Path) -> None:
    """Rename `folder` to `path`, which may exist only as an empty folder."""
    if path.is_dir() and not path.is_symlink() and not any(path.iterdir()):
        path.rmdir()
    try:
        if not _renameat2(folder, path, _NO_REPLACE):
            if os.path.lexists(path):
                raise FileExistsError(path)
            folder.rename(path)
    except FileExistsError:
        raise CorpusError(f"{path} exists already") from None


def _exchange(folder: Path, path: Path) -> None:
    """Exchange two folders; the old one ends beside `folder`, within its temporary directory."""
    if _renameat2(folder, path, _EXCHANGE):
        return
    # Without an exchange there is a moment with no `path`; an error in it puts the old folder back.
    aside = folder.parent.with_name("old")
    path.rename(aside)
    try:
        folder.rename(path)
    except BaseException:
        aside.rename(path)
        raise


def _renameat2(source: Path, target: Path, flags: int) -> bool:
    """Rename with a flag of renameat2(2). Return False if the system has no such call or flag."""
    import ctypes

    try:
        call = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):
        return False
    if call(_AT_FDCWD, os.fsencode(source), _AT_FDCWD, os.fsencode(target), flags) == 0:
        return True
    error = ctypes.get_errno()
    if error in _UNSUPPORTED:
        return False
    raise OSError(error, os.strerror(error), str(target))


def sync(path: Path) -> None:
    """Write a file, or the names in a folder, to the disk."""
    if path.is_symlink() or (os.name == "nt" and path.is_dir()):  # Windows opens no folders
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
