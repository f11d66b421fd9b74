"""Bring JSON files into the canonical form."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from .. import checks
from ..core.model import Problem, Source
from ..core.schema import Schema
from ..files import Entry, Index, Reader, by_document, canonical, canonical_line, is_bulk
from .rewriter import Rewriter, chosen_files

_WAITING = 8 * 2**20
"""Bytes of bulk lines held in memory before they are flushed to disk."""


class _NewLines:
    """Collects the new lines of bulk files, one temporary file in `folder` for each.

    `fix` replaces a few lines and uses ChangedLines; here every line is new, in the order of ids, and files may be
    larger than memory.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._waiting: dict[str, list[bytes]] = {}
        self._size = 0
        self.files: dict[str, str] = {}
        """path of a bulk file → temporary file with its new lines, complete after `flush`."""

    def add(self, path: str, line: bytes) -> None:
        self._waiting.setdefault(path, []).append(line if line.endswith(b"\n") else line + b"\n")
        self._size += len(line)
        if self._size > _WAITING:
            self.flush()

    def flush(self) -> None:
        for path, lines in self._waiting.items():
            name = self.files.setdefault(path, os.path.join(self._folder, str(len(self.files))))
            with open(name, "ab") as file:
                file.writelines(lines)
        self._waiting, self._size = {}, 0


def format_corpus(
    root: Path, schema: Schema, paths: Sequence[Path], rewriter: Rewriter, on_problem: Callable[[Problem], None]
) -> int:
    """Bring the JSON files of the corpus, or those in `paths`, into the canonical form. Return their number.

    Lines of a bulk file are sorted by id. A line that is not a document is kept, byte for byte, before the
    others; a bulk file with an unreadable part is left unchanged. `on_problem` receives the findings that
    prevent formatting.
    """
    with (
        Index(root, paths) as index,
        Reader(root, index.unpacked) as reader,
        tempfile.TemporaryDirectory(prefix="corpus-") as folder,
    ):
        lines = _NewLines(folder)
        left: set[str] = set()
        files = chosen_files(index, paths)
        for entries in (group for shard in index.shards(256) for group in by_document(shard)):
            for source, data, problems in _formatted(entries, reader, schema):
                if source.path not in files:
                    continue
                for problem in problems:
                    on_problem(problem)
                if not source.data:
                    left.add(source.path)
                elif is_bulk(source.path):
                    lines.add(source.path, data)
                else:
                    rewriter.file(source.path, source.data, data)
        lines.flush()
        for path, new in lines.files.items():
            if path not in left:
                rewriter.bulk(path, Path(index.unpacked.get(path) or root / path), Path(new))
    return len(files)


def _formatted(entries: list[Entry], reader: Reader, schema: Schema) -> Iterator[tuple[Source, bytes, list[Problem]]]:
    """Yield each JSON source of a document, its new bytes, and the findings for which they are unchanged."""
    for document in reader.documents(entries):
        problems = [p for p in checks.run(document, schema, {3, 4, 5, 6}) if checks.severities()[p.code] == "error"]
        for number, source in enumerate(document.sources):
            if source.kind == "text":
                continue
            mine = [problem for problem in problems if problem.file == source.path and problem.line >= source.line]
            mine = [problem for problem in mine if problem.fix is None]
            if number or mine or not isinstance(source.value, dict) or not schema.is_valid(source.kind, source.value):
                yield source, source.data, mine
            elif is_bulk(source.path):
                in_line = source.kind == "record" and all(other.kind != "text" for other in document.sources)
                bulk_text = document.text if in_line else None
                yield source, canonical_line(document.value, source.kind, schema, bulk_text), []
            else:
                yield source, canonical(document.value, source.kind, schema), []
