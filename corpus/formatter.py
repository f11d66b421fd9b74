"""Files → files in the canonical form, with the safe fixes of findings applied when that is asked for."""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import IO

import zstandard

from . import checks
from .files import Entry, Index, canonical, canonical_line, documents, replace_file
from .model import Document, Edit, Problem, Record, Source
from .places import split_pointer
from .schema import Schema

_ROUNDS = 8
"""How often fixes are applied to one document, since one may make room for the next."""


@dataclass(slots=True)
class Result:
    """How many files there are, which are not canonical, and what was found in those left as they are."""

    files: int = 0
    changed: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def format_corpus(root: Path, schema: Schema, paths: Sequence[Path], *, write: bool, fix: bool) -> Result:
    """Bring the JSON files of the corpus (only those in `paths`, when given) into the canonical form.

    Without `write` nothing is changed. Lines of a bulk file are sorted by id; a line that cannot be
    read stays, byte for byte, before the others.
    """
    result = Result()
    wanted = [os.path.relpath(os.path.abspath(path), root) for path in paths]
    with Index(root) as index, tempfile.TemporaryDirectory(prefix="corpus-") as folder:
        bulk: dict[str, IO[bytes]] = {}
        files = [path for path in index.files if _chosen(path, wanted) and ".json" in path]
        result.files = len(files)
        for shard in index.shards(256):
            for _, group in groupby(shard, key=lambda entry: entry.doc_id):
                entries = list(group)
                for source, data, problems in _formatted(entries, index, schema, fix):
                    if source.path not in files:
                        continue
                    result.problems += problems
                    if _is_bulk(source.path):
                        if source.path not in bulk:
                            bulk[source.path] = open(os.path.join(folder, str(len(bulk))), "w+b")
                        bulk[source.path].write(data)
                    elif data != source.data:
                        result.changed.append(source.path)
                        if write:
                            with replace_file(root / source.path) as out:
                                out.write(data)
        for path, lines in bulk.items():
            with lines:
                if _replace_bulk(root / path, Path(index.unpacked.get(path, root / path)), lines, write):
                    result.changed.append(path)
    result.changed.sort()
    return result


def _formatted(
    entries: list[Entry], index: Index, schema: Schema, fix: bool
) -> Iterator[tuple[Source, bytes, list[Problem]]]:
    """Each JSON source of a document, its bytes in canonical form, and why they are as they were."""
    found = documents(entries, index.root, index.unpacked)
    for document in found:
        if fix:
            document = _fixed(document, schema)
        problems = [p for p in checks.run(document, schema, {3, 4, 5}) if checks.severities()[p.code] == "error"]
        for number, source in enumerate(document.sources):
            if source.kind == "text":
                continue
            mine = [problem for problem in problems if problem.file == source.path and problem.line >= source.line]
            mine = [problem for problem in mine if problem.fix is None and problem.code != "S210"]
            if number or mine or not isinstance(source.value, dict) or not schema.is_valid(source.kind, source.value):
                yield source, source.data, mine
            elif _is_bulk(source.path):
                bulk_text = document.text if source.kind == "record" and len(document.sources) == 1 else None
                yield source, canonical_line(document.value, source.kind, schema, bulk_text), []
            else:
                yield source, canonical(document.value, source.kind, schema), []


def _fixed(document: Document, schema: Schema) -> Document:
    """The document with all safe fixes of its findings applied."""
    for _ in range(_ROUNDS):
        found = [problem for problem in checks.run(document, schema, set()) if problem.fix and problem.fix.safe]
        edits = [edit for problem in found if problem.fix for edit in problem.fix.edits]
        if not edits:
            return document
        value = apply(document.value, edits)
        source = replace(document.source, value=value)
        if document.annotation is None:
            article = replace(document.article, record=value, sources=(source, *document.article.sources[1:]))
            document = Document(document.doc_id, article)
        else:
            annotation = replace(document.annotation, value=value, source=source)
            document = Document(document.doc_id, document.article, annotation)
    return document


def apply(value: Record, edits: Sequence[Edit]) -> Record:
    """A copy of `value` with the edits made; of two that touch the same place, the first."""
    import copy

    value = copy.deepcopy(value)
    done: list[str] = []
    for edit in edits:
        if any(f"{edit.pointer}/".startswith(f"{d}/") or f"{d}/".startswith(f"{edit.pointer}/") for d in done):
            continue
        *parts, last = split_pointer(edit.pointer)
        target = value
        for part in parts:
            target = target[int(part)] if isinstance(target, list) else target[part]
        if isinstance(target, list):
            target[int(last)] = edit.value
        else:
            target[last] = edit.value
        done.append(edit.pointer)
    return value


def _chosen(path: str, wanted: list[str]) -> bool:
    return not wanted or any(name == "." or path == name or path.startswith(name + "/") for name in wanted)


def _is_bulk(path: str) -> bool:
    return path.endswith((".jsonl", ".jsonl.gz", ".jsonl.zst"))


def _replace_bulk(path: Path, unpacked: Path, lines: IO[bytes], write: bool) -> bool:
    lines.seek(0)
    with unpacked.open("rb") as old:
        if hashlib.file_digest(old, "sha256").digest() == hashlib.file_digest(lines, "sha256").digest():
            return False
    if write:
        lines.seek(0)
        with replace_file(path) as out:
            if path.name.endswith(".gz"):
                with gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=0) as packed:
                    shutil.copyfileobj(lines, packed)
            elif path.name.endswith(".zst"):
                zstandard.ZstdCompressor(level=10).copy_stream(lines, out)
            else:
                shutil.copyfileobj(lines, out)
    return True
