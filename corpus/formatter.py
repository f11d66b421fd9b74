"""Files → files in the canonical form, with the safe fixes of findings applied when that is asked for."""

from __future__ import annotations

import copy
import gzip
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from pathlib import Path

import zstandard

from . import checks
from .files import Entry, Index, Reader, by_document, canonical, canonical_line, is_bulk, replace_file
from .model import Document, Edit, Problem, Record, Source
from .places import split_pointer
from .schema import Schema

_ROUNDS = 8
"""How often fixes are applied to one document, since one may make room for the next."""
_WAITING = 8 * 2**20
"""Bytes of lines of bulk files that are held before they go to disk."""


@dataclass(slots=True)
class Result:
    """How many files there are, and which are not canonical."""

    files: int = 0
    changed: list[str] = field(default_factory=list)


class _Lines:
    """The new lines of bulk files, gathered in `folder` in files of their own."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._waiting: dict[str, list[bytes]] = {}
        self._size = 0
        self.files: dict[str, str] = {}
        """Where the new lines of each bulk file are, once they are flushed."""

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
    root: Path,
    schema: Schema,
    paths: Sequence[Path],
    *,
    write: bool,
    fix: bool,
    on_problem: Callable[[Problem], None],
) -> Result:
    """Bring the JSON files of the corpus (only those in `paths`, when given) into the canonical form.

    Without `write` nothing is changed. Lines of a bulk file are sorted by id; a line that is no
    document stays, byte for byte, before the others, and a bulk file of which a part cannot be read at
    all stays as it is. `on_problem` is told why what stays does.
    """
    result = Result()
    wanted = [os.path.relpath(os.path.abspath(path), root) for path in paths]
    with (
        Index(root, paths) as index,
        Reader(root, index.unpacked) as reader,
        tempfile.TemporaryDirectory(prefix="corpus-") as folder,
    ):
        lines = _Lines(folder)
        left: set[str] = set()
        files = {path for path in index.files if _chosen(path, wanted) and ".json" in path}
        result.files = len(files)
        for entries in (group for shard in index.shards(256) for group in by_document(shard)):
            for source, data, problems in _formatted(entries, reader, schema, fix):
                if source.path not in files:
                    continue
                for problem in problems:
                    on_problem(problem)
                if not source.data:
                    left.add(source.path)
                elif is_bulk(source.path):
                    lines.add(source.path, data)
                elif data != source.data:
                    result.changed.append(source.path)
                    if write:
                        with replace_file(root / source.path) as out:
                            out.write(data)
        lines.flush()
        for path, new in lines.files.items():
            old = index.unpacked.get(path) or root / path
            if path not in left and _replace_bulk(root / path, Path(old), Path(new), write):
                result.changed.append(path)
    result.changed.sort()
    return result


def _formatted(
    entries: list[Entry], reader: Reader, schema: Schema, fix: bool
) -> Iterator[tuple[Source, bytes, list[Problem]]]:
    """Each JSON source of a document, its bytes in canonical form, and why they are as they were."""
    found = reader.documents(entries)
    failed: set[int] = set()
    for document in found:
        if fix and document.annotation is None:
            document, failed = _fixed(document, schema, set())
        elif fix:
            document, _ = _fixed(document, schema, checks.inherited(failed))
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


def _fixed(document: Document, schema: Schema, inherited: set[int]) -> tuple[Document, set[int]]:
    """The document with all safe fixes of its findings applied, and the levels that it fails nevertheless."""
    for _ in range(_ROUNDS):
        failed = set(inherited)
        found = [problem for problem in checks.run(document, schema, failed) if problem.fix and problem.fix.safe]
        edits = [edit for problem in found if problem.fix for edit in problem.fix.edits]
        if not edits:
            break
        value = apply(document.value, edits)
        source = replace(document.source, value=value)
        if document.annotation is None:
            article = replace(document.article, record=value, sources=(source, *document.article.sources[1:]))
            document = Document(document.doc_id, article)
        else:
            annotation = replace(document.annotation, value=value, source=source)
            document = Document(document.doc_id, document.article, annotation)
    return document, failed


def apply(value: Record, edits: Sequence[Edit]) -> Record:
    """A copy of `value` with the edits made; of two that touch the same place, the first."""
    value = copy.deepcopy(value)
    done: set[str] = set()
    above: set[str] = set()
    for edit in edits:
        raw = edit.pointer.split("/")
        upto = {"/".join(raw[:n]) for n in range(1, len(raw) + 1)}
        if edit.pointer in above or not done.isdisjoint(upto):
            continue
        *parts, last = split_pointer(edit.pointer)
        target = value
        for part in parts:
            target = target[int(part)] if isinstance(target, list) else target[part]
        if isinstance(target, list):
            target[int(last)] = edit.value
        else:
            target[last] = edit.value
        done.add(edit.pointer)
        above |= upto
    return value


def _chosen(path: str, wanted: list[str]) -> bool:
    return not wanted or any(name == "." or path == name or path.startswith(name + "/") for name in wanted)


def _replace_bulk(path: Path, old: Path, new: Path, write: bool) -> bool:
    """Put the lines of `new` in the place of those of `old`, packed as `path` is; False when they are the same."""
    with old.open("rb") as before, new.open("rb") as after:
        if all(one == other for one, other in zip_longest(before, after)):
            return False
    if write:
        with replace_file(path) as out, new.open("rb") as lines:
            if path.name.endswith(".gz"):
                with gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=0) as packed:
                    shutil.copyfileobj(lines, packed)
            elif path.name.endswith(".zst"):
                zstandard.ZstdCompressor(level=10).copy_stream(lines, out)
            else:
                shutil.copyfileobj(lines, out)
    return True
