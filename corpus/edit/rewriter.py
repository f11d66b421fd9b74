"""New bytes in the place of a file's old ones: written, only named, or shown as a diff."""

from __future__ import annotations

import gzip
import os
import shutil
import tempfile
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import zip_longest
from pathlib import Path

import zstandard

from ..files import Index, replace_file
from .text_diff import header, one_line, unified

_PIECE = 2**20
"""Bytes of a line that are copied at once."""


class Rewriter:
    """Takes what files of the corpus at `root` become; `changed` names those that differ from what they were.

    Without `write` nothing is changed. `show`, when given, is told each line of a unified diff.
    """

    def __init__(self, root: Path, write: bool, show: Callable[[str], object] | None) -> None:
        self.changed: list[str] = []
        self._root, self._write, self._show = root, write, show

    def file(self, path: str, old: bytes, new: bytes) -> None:
        """The file becomes `new`."""
        if new == old:
            return
        self.changed.append(path)
        self._tell(unified(path, old, new) if self._show else ())
        if self._write:
            with replace_file(self._root / path) as out:
                out.write(new)

    def bulk(self, path: str, old: Path, new: Path) -> None:
        """The bulk file, whose unpacked lines are in `old`, becomes the lines of `new`, packed as `path` is."""
        with old.open("rb") as before, new.open("rb") as after:
            pairs = enumerate(zip_longest(before, after, fillvalue=b""), 1)
            first = next(((number, one, other) for number, (one, other) in pairs if one != other), None)
            if first is None:
                return
            self.changed.append(path)
            self._tell(header(path) if self._show else ())
            self._tell(one_line(*first) if self._show else ())
            for number, (one, other) in pairs if self._show else ():
                self._tell(one_line(number, one, other) if one != other else ())
        self._replace(path, new)

    def lines(self, path: str, old: Path, changes: Iterable[tuple[int, bytes, bytes]], beside: Path) -> None:
        """Some lines of a bulk file become others: (number, old, new), by number; `beside` is for a new file."""
        self.changed.append(path)
        self._tell(header(path) if self._show else ())
        with old.open("rb") as before, beside.open("wb") as after:
            number = 1
            for at, one, other in changes:
                self._tell(one_line(at, one, other) if self._show else ())
                if self._write:
                    while number < at:
                        piece = before.readline(_PIECE)
                        after.write(piece)
                        number += piece.endswith(b"\n")
                    before.seek(len(one), os.SEEK_CUR)
                    after.write(other)
                    number += 1
            if self._write:
                shutil.copyfileobj(before, after)
        self._replace(path, beside)

    def _tell(self, lines: Iterable[str]) -> None:
        for line in lines:
            if self._show:
                self._show(line)

    def _replace(self, path: str, new: Path) -> None:
        if not self._write:
            return
        with replace_file(self._root / path) as out, new.open("rb") as lines:
            if path.endswith(".gz"):
                with gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=0) as packed:
                    shutil.copyfileobj(lines, packed)
            elif path.endswith(".zst"):
                zstandard.ZstdCompressor(level=10).copy_stream(lines, out)
            else:
                shutil.copyfileobj(lines, out)


class ChangedLines:
    """The changed lines of bulk files, which come in the order of the documents, kept in one file on disk."""

    def __enter__(self) -> ChangedLines:
        self._folder = tempfile.TemporaryDirectory(prefix="corpus-")
        self._file = open(os.path.join(self._folder.name, "lines"), "w+b")
        self._places: dict[str, array[int]] = {}
        """By path: the number of the line, where its bytes begin in the file, and the sizes of the old and new."""
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._folder.cleanup()

    def add(self, path: str, number: int, old: bytes, new: bytes) -> None:
        """Line `number` of a bulk file, counted from 1, becomes another."""
        place = number, self._file.tell(), len(old), len(new)
        self._places.setdefault(path, array("q")).extend(place)
        self._file.write(old + new)

    def rewrite(self, rewriter: Rewriter, index: Index) -> None:
        """Tell `rewriter` of all of them, file by file."""
        for path in sorted(self._places):
            unpacked = Path(index.unpacked.get(path) or index.root / path)
            rewriter.lines(path, unpacked, self._of(path), Path(self._folder.name, "new"))

    def _of(self, path: str) -> Iterator[tuple[int, bytes, bytes]]:
        """The number of each changed line, its old bytes and its new ones, in the order of the lines."""
        numbers = self._places[path]
        for number, offset, old, new in sorted(zip(*(numbers[i::4] for i in range(4)), strict=True)):
            self._file.seek(offset)
            yield number, self._file.read(old), self._file.read(new)


def chosen_files(index: Index, paths: Sequence[Path]) -> set[str]:
    """The JSON files, of one document or in bulk, that lie in `paths`; all when there are none."""
    wanted = [os.path.relpath(os.path.abspath(path), index.root) for path in paths]
    return {
        path
        for path in index.files
        if ".json" in path
        and (not wanted or any(name == "." or path == name or path.startswith(name + "/") for name in wanted))
    }
