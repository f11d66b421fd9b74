"""Change several files of a folder together, at the end, or none of them.

Like the other ways to write (`writer.py`), staged files have names that begin with `TEMPORARY` until they are complete:
git ignores them, and the next command that locks the folder deletes what a killed one left.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import tempfile
from pathlib import Path
from types import TracebackType

from ..core.model import CorpusError
from ..core.regular_file import open_file
from .writer import TEMPORARY, sync

_FEW = 64
"""Up to this many files are flushed to disk one by one; for more of them a single `sync` is faster."""


class Staging:
    """A context manager that writes files next to the folder's files, and moves them into place in `commit`."""

    def __init__(self, folder: Path) -> None:
        self.written: list[str] = []
        self.unchanged: list[str] = []
        self._folder = folder
        self._beside = ""
        # A name is never used twice: a file that is staged again must not write into that of another.
        self._numbers = itertools.count()
        self._files: dict[str, str | None] = {}
        """The staged file of each name, None when the file in place already holds the same bytes."""
        self._removed: dict[str, None] = {}
        self._listed: dict[str, frozenset[str]] = {}
        """The names in each folder that files are staged for, read once: most files of a first import are new."""
        self._made: set[str] = set()

    def __enter__(self) -> Staging:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._beside:
            shutil.rmtree(self._beside, ignore_errors=True)

    def put(self, name: str, data: bytes) -> None:
        """Stage `data` as the content of the file `name`, in place of what was staged under the name before."""
        self._removed.pop(name, None)
        if replaced := self._files.pop(name, None):
            os.unlink(replaced)
        if self._holds(name, data):
            self._files[name] = None
            return
        staged = self._new_path()
        _write(staged, data)
        self._files[name] = staged

    def staged(self, name: str) -> bytes | None:
        """Return what is staged as the content of a file, None if the file in place already holds it."""
        if not (path := self._files[name]):
            return None
        with open_file(Path(path)) as file:
            return file.read()

    def withdraw(self, name: str) -> None:
        """Leave the file `name` as it is."""
        if staged := self._files.pop(name, None):
            os.unlink(staged)

    def remove(self, name: str) -> None:
        """Stage the removal of the file `name`."""
        self._removed[name] = None

    def commit(self) -> None:
        """Move all files into place and remove those to be removed, or raise an error and change none."""
        commit_together(self)

    def _flush(self) -> None:
        """Write the staged bytes to disk before their names: after a power cut no name leads to an empty file."""
        staged = [path for path in self._files.values() if path]
        if len(staged) > _FEW:
            os.sync()
            return
        for path in staged:
            sync(Path(path))

    def _apply(self, undo: contextlib.ExitStack) -> None:
        for name, path in self._files.items():
            if path:
                self._move(path, name, undo)
        for name in self._removed:
            self._set_aside(name, undo)

    def _finish(self) -> None:
        changed = [name for name, path in self._files.items() if path]
        folders = {os.path.dirname(name) for name in self._removed}
        for folder in sorted(folders | {os.path.dirname(name) for name in changed}):
            sync(self._folder / folder)
        for folder in sorted(folders - {""}):
            with contextlib.suppress(OSError):  # it is not empty
                (self._folder / folder).rmdir()
        self.written = sorted(changed)
        self.unchanged = sorted(name for name, path in self._files.items() if not path)

    def _move(self, staged: str, name: str, undo: contextlib.ExitStack) -> None:
        place = f"{self._folder}/{name}"
        folder = os.path.dirname(place)
        if folder not in self._made:
            for one in (self._folder, folder):
                with contextlib.suppress(FileExistsError):
                    os.mkdir(one)
                    undo.callback(os.rmdir, one)
            self._made.add(folder)
        if os.path.lexists(place):
            # A second name, not a copy: undoing must not need room on a full disk, and a kill leaves the place filled.
            kept = self._new_path()
            _keep(place, kept)
            os.replace(staged, place)
            undo.callback(os.replace, kept, place)
        else:
            os.replace(staged, place)
            undo.callback(os.unlink, place)

    def _set_aside(self, name: str, undo: contextlib.ExitStack) -> None:
        place, kept = f"{self._folder}/{name}", self._new_path()
        os.replace(place, kept)
        undo.callback(os.replace, kept, place)

    def _new_path(self) -> str:
        if not self._beside:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._beside = tempfile.mkdtemp(prefix=TEMPORARY, dir=self._folder)
        return f"{self._beside}/{next(self._numbers)}"

    def _holds(self, name: str, data: bytes) -> bool:
        """True if the existing file holds `data`. Raises CorpusError if the existing file must not be replaced."""
        folder, _, file_name = name.rpartition("/")
        if folder not in self._listed:
            self._listed[folder] = _names(self._folder / folder if folder else self._folder, bool(folder))
        if file_name not in self._listed[folder]:
            return False
        path = self._folder / name
        if path.is_symlink() or not path.is_file():
            raise CorpusError(f"{path} is not a regular file, so it is not replaced; move it away and run again")
        with open_file(path) as file:
            return file.read(len(data) + 1) == data


def _names(folder: Path, refuse_link: bool) -> frozenset[str]:
    """Return the names in a folder, none if there is no folder. Raises CorpusError if it is a link and may not be."""
    if refuse_link and folder.is_symlink():
        raise CorpusError(f"{folder} is a symbolic link, so nothing is written through it; move it away")
    try:
        return frozenset(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return frozenset()


def _write(path: str, data: bytes) -> None:
    """Write a new file. A buffered file object would take three times as long for a small one."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    finally:
        os.close(descriptor)


def _keep(place: str, kept: str) -> None:
    try:
        os.link(place, kept)
    except OSError:  # a file system without hard links
        shutil.copy2(place, kept)


def commit_together(*stagings: Staging) -> None:
    """Commit several folders, in this order.

    If one file cannot be moved, put back all that were moved before it, and raise. After a kill in between, the first
    files are new and the others old, and each of them is whole.
    """
    for one in stagings:
        one._flush()
    with contextlib.ExitStack() as undo:
        for one in stagings:
            one._apply(undo)
        undo.pop_all()
    for one in stagings:
        one._finish()
