"""Replace the bytes of files, or only list them, or show a diff: one way for `fmt`, `fix` and `split`."""

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

from ..core.regular_file import open_file
from ..files import Index, replace_file
from .text_diff import header, one_line, unified

_PIECE = 2**20
"""Bytes of a line copied at once: a line of a bulk file may be larger than memory."""


class Rewriter:
    """Receives the new bytes of files in the corpus at `root`; `changed` lists the paths that differ.

    Writes files only if `write` is true. `show`, if given, receives each line of a unified diff.
    """

    def __init__(self, root: Path, write: bool, show: Callable[[str], object] | None) -> None:
        self.changed: list[str] = []
        self._root, self._write, self._show = root, write, show

    def file(self, path: str, old: bytes, new: bytes) -> None:
        """Replace the bytes of a file by `new`."""
        if new == old:
            return
        self.changed.append(path)
        self._tell(unified(path, old, new) if self._show else ())
        if self._write:
            with replace_file(self._root / path) as out:
                out.write(new)

    def bulk(self, path: str, old: Path, new: Path) -> None:
        """Replace a bulk file, unpacked in `old`, by the lines of `new`, compressed as `path` is."""
        with open_file(old) as before, open_file(new) as after:
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
        """Replace some lines of a bulk file, unpacked in `old`.

        `changes` are (line number from 1, old bytes, new bytes), ascending; `beside` is the path of a temporary file.
        """
        self.changed.append(path)
        self._tell(header(path) if self._show else ())
        with open_file(old) as before, beside.open("wb") as after:
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
        with replace_file(self._root / path) as out, open_file(new) as lines:
            if path.endswith(".gz"):
                with gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=0) as packed:
                    shutil.copyfileobj(lines, packed)
            elif path.endswith(".zst"):
                zstandard.ZstdCompressor(level=10).copy_stream(lines, out)
            else:
                shutil.copyfileobj(lines, out)


class ChangedLines:
    """Collects changed lines of bulk files in one temporary file.

    Lines come in the order of documents, which may alternate between files, and are needed file by file.
    """

    def __enter__(self) -> ChangedLines:
        self._folder = tempfile.TemporaryDirectory(prefix="corpus-")
        self._file = open(os.path.join(self._folder.name, "lines"), "w+b")
        self._places: dict[str, array[int]] = {}
        """path → flat quadruples: line number, offset in the temporary file, sizes of old and new bytes."""
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._folder.cleanup()

    def add(self, path: str, number: int, old: bytes, new: bytes) -> None:
        """Record that line `number` (from 1) of a bulk file changes from `old` to `new`."""
        place = number, self._file.tell(), len(old), len(new)
        self._places.setdefault(path, array("q")).extend(place)
        self._file.write(old + new)

    def rewrite(self, rewriter: Rewriter, index: Index) -> None:
        """Pass all changed lines to `rewriter`, file by file."""
        for path in sorted(self._places):
            unpacked = Path(index.unpacked.get(path) or index.root / path)
            rewriter.lines(path, unpacked, self._of(path), Path(self._folder.name, "new"))

    def _of(self, path: str) -> Iterator[tuple[int, bytes, bytes]]:
        """Yield (line number, old bytes, new bytes) of each changed line of a file, by line number."""
        numbers = self._places[path]
        for number, offset, old, new in sorted(zip(*(numbers[i::4] for i in range(4)), strict=True)):
            self._file.seek(offset)
            yield number, self._file.read(old), self._file.read(new)


def chosen_files(index: Index, paths: Sequence[Path]) -> set[str]:
    """Return the JSON files, single or bulk, within `paths`; all of them if `paths` is empty."""
    wanted = [os.path.relpath(os.path.abspath(path), index.root) for path in paths]
    return {
        path
        for path in index.files
        if ".json" in path
        and (not wanted or any(name == "." or path == name or path.startswith(name + "/") for name in wanted))
    }
