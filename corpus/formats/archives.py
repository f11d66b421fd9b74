"""The files of a source: a file, a directory or a zip archive, which may hold zip archives.

    project.zip/annotation/doc.txt/novak.zip/novak.xmi     as findings show it
                annotation/doc.txt/novak.xmi               the name, as the patterns of a map see it

An archive is read in memory and never unpacked to disk, so no name in it can lead anywhere. A small archive can unpack
to terabytes: a run has a budget of bytes, files and depth, and what exceeds it is a finding.
"""

from __future__ import annotations

import io
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from ..core.model import CorpusError, Fault, Problem, Source
from ..core.regular_file import read_file
from ..files.index import MAX_BYTES
from ..files.unpack import MAX_GROWTH, MAX_UNPACKED
from .documents import LeftOut
from .known import drop
from .sources import problem, read_source

MAX_FILES = 100_000
"""Files in all archives of a source."""
MAX_DEPTH = 3
"""Archives in each other."""
MAX_ARCHIVE = 2**30
"""The size of an archive on disk, in bytes."""
_END = ".zip"
_HIDDEN = (".", "__MACOSX")


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """A file of a source: its name below the source without those of archives, and the path that findings show."""

    name: str
    shown: str
    read: Callable[[], Source] = field(compare=False)

    @property
    def folder(self) -> str:
        """The path of its directory or archive, as findings show it."""
        return self.shown.rpartition("/")[0]


class _Budget:
    """What the archives of a source may still unpack to."""

    def __init__(self) -> None:
        self.bytes, self.files = MAX_UNPACKED, MAX_FILES


@dataclass(frozen=True, slots=True)
class _Archive:
    """An archive: the path that findings show, its bytes, and the number of archives around it, with itself."""

    shown: str
    data: Callable[[], bytes]
    depth: int


class _TooLargeError(Exception):
    """Stops reading an archive, with the reason."""


class Tree:
    """The files of a source, also those in archives; `problems` has one for each archive that cannot be read."""

    def __init__(self, source: Path) -> None:
        self.source = source
        self.problems: list[Problem] = []
        self._budget = _Budget()
        self._opened: dict[int, tuple[str, zipfile.ZipFile]] = {}
        self._entries = sorted(self._walk(source), key=lambda one: one.shown)
        self._by_path = {one.shown: one for one in self._entries}

    def files(self, ending: str, beside: tuple[str, ...], left: LeftOut) -> list[Entry]:
        """Return the files whose names end in `ending`; count the others, except those with an ending in `beside`.

        Raises CorpusError if there is no such file and no archive has a Problem.
        """
        found = [one for one in self._entries if one.name.endswith(ending)]
        others = [one.name for one in self._entries if not one.name.endswith((ending, *beside))]
        if self.source.is_file() and not found and not self.problems and not self.source.name.endswith(_END):
            return self._entries  # a file that the user named is read whatever its ending is
        if not found and not self.problems:
            raise CorpusError(f"{self.source}: found no {ending} file to import{_instead(others)}")
        for name in others:
            drop(left, "files", f"*{Path(name).suffix or name.rpartition('/')[2]}", f"this format reads {ending}")
        return found

    def beside(self, entry: Entry, names: tuple[str, ...]) -> Entry | None:
        """Return the file with one of these names in the directory of an entry, or else in the nearest one above."""
        folder = entry.folder
        while True:
            for name in names:
                if one := self._by_path.get(f"{folder}/{name}" if folder else name):
                    return one
            if not folder:
                break
            folder = folder.rpartition("/")[0]
        return self._on_disk(names)

    def _on_disk(self, names: tuple[str, ...]) -> Entry | None:
        """Return the file with one of these names beside a source that is one file."""
        if not self.source.is_file():
            return None
        paths = (self.source.parent / name for name in names)
        return next((_on_disk(path, path.name) for path in paths if path.is_file()), None)

    def _walk(self, source: Path) -> Iterator[Entry]:
        if source.is_dir() and not source.is_symlink():
            for folder, folders, names in os.walk(source):
                folders[:] = [name for name in folders if not name.startswith(_HIDDEN)]
                for name in (*folders, *names):
                    path = Path(folder, name)
                    if path.is_symlink() or (name in names and not name.startswith(_HIDDEN)):
                        yield from self._file(path, path.relative_to(source).as_posix())
        elif source.exists() or source.is_symlink():
            yield from self._file(source, source.name)
        else:
            raise CorpusError(f"{source}: no such file or directory")

    def _file(self, path: Path, name: str) -> Iterator[Entry]:
        if not name.endswith(_END) or path.is_symlink():
            yield _on_disk(path, name)
            return
        shown = _shown(path)
        try:
            data = read_file(path, limit=MAX_ARCHIVE)
        except (CorpusError, OSError) as error:
            self.problems.append(problem("IMP1", shown, str(error)))
            return
        self._budget.bytes += len(data) * MAX_GROWTH
        # The names within an archive that was named by the user begin at its own top, as in a directory.
        prefix = "" if path == self.source else _folder(name)
        yield from self._members(_Archive(shown, lambda: data, 1), prefix)

    def _members(self, archive: _Archive, prefix: str) -> Iterator[Entry]:
        """Yield the files of an archive and of the archives in it; `prefix` is the name of its directory."""
        try:
            members = [one for one in self._open(archive).infolist() if not one.is_dir()]
            self._budget.files -= len(members)
            if self._budget.files < 0:
                raise _TooLargeError(f"more than {MAX_FILES:,} files")
            if archive.depth > MAX_DEPTH:
                raise _TooLargeError(f"more than {MAX_DEPTH} archives in each other")
        except _UNREADABLE as error:
            self.problems.append(problem("IMP1", archive.shown, _reason(error)))
            return
        for one in members:
            name = one.filename.lstrip("/")
            if any(part.startswith(_HIDDEN) for part in name.split("/")):
                continue
            where, is_archive = f"{archive.shown}/{name}", name.endswith(_END)
            unpack = partial(self._unpack, archive, one, MAX_UNPACKED if is_archive else MAX_BYTES)
            if is_archive:
                yield from self._members(_Archive(where, unpack, archive.depth + 1), prefix + _folder(name))
            else:
                yield Entry(prefix + name, where, partial(_source, where, unpack))

    def _open(self, archive: _Archive) -> zipfile.ZipFile:
        """Return an archive, opened. The last one of each depth stays open, since its members are read in turn."""
        shown, opened = self._opened.get(archive.depth, ("", None))
        if opened is None or shown != archive.shown:
            opened = zipfile.ZipFile(io.BytesIO(archive.data()))
            self._opened[archive.depth] = archive.shown, opened
        return opened

    def _unpack(self, archive: _Archive, one: zipfile.ZipInfo, most: int) -> bytes:
        """Return the bytes of a member of an archive, at most `most` and at most the rest of the budget."""
        allowed = max(0, min(most, self._budget.bytes))
        with self._open(archive).open(one) as member:
            found = member.read(allowed + 1)
        self._budget.bytes -= len(found)
        if len(found) > most:
            raise _TooLargeError(f"more than {most // 2**20} MiB")
        if len(found) > allowed:
            raise _TooLargeError("the archives unpack to more than they may")
        return found


def _folder(name: str) -> str:
    """Return the directory of a name with a slash at its end, "" for none."""
    folder = name.rpartition("/")[0]
    return f"{folder}/" if folder else ""


_UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError, LookupError),
    _TooLargeError,
)
"""What the zip reader raises for archives that are damaged, encrypted, or compressed in an unknown way."""


def _reason(error: Exception) -> str:
    kind = "too-large" if isinstance(error, _TooLargeError) else "damaged-archive"
    return f"{kind}, {' '.join(str(error).split())[:100] or type(error).__name__}"


def _source(shown: str, unpack: Callable[[], bytes]) -> Source:
    """Return a member of an archive, with the reason as a fault if it cannot be unpacked."""
    file = Source(shown, "annotation")
    try:
        file.data = unpack()
    except _UNREADABLE as error:
        name, _, detail = _reason(error).partition(", ")
        file.faults = (Fault(name, detail),)
    return file


def _shown(path: Path) -> str:
    return os.fsencode(path).decode("utf-8", "replace")


def _on_disk(path: Path, name: str) -> Entry:
    return Entry(name, _shown(path), lambda: read_source(path, "annotation"))


_READERS = {".tsv": "webanno-tsv", ".xmi": "uima-xmi", ".json": "uima-json"}


def _instead(names: list[str]) -> str:
    """Return which format reads the files that are there, if another one does."""
    for ending, reader in _READERS.items():
        # A project has a .json file of its own at the top.
        count = sum(name.endswith(ending) and ("/" in name or ending != ".json") for name in names)
        if count:
            return f"; it has {count:,} {ending} file{'s' * (count > 1)}: corpus import {reader}"
    return ""
