"""Write a copy of a corpus in partitions of a number of documents: itself a map, over runs of documents.

    index → runs of documents → raw/00000.jsonl.zst, annotations/*/00000.jsonl.zst; …; then every other file

The content is the same: nothing is put into another order, and a text goes into the line of its record.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson
import zstandard

from ..core.model import CorpusError
from ..core.regular_file import refuse_links
from ..files import Entry, Index, Reader, by_document, is_bulk, parse_json
from ..files.index import ANNOTATION, ANNOTATOR, ATTACHED, MAX_BYTES, RECORD, TEXT
from ..files.storage import Storage
from .executors import Engine, Lost, run_all

_SCHEMA = "schema/annotation.schema.json"
"""The file without which a directory is not a corpus. It is written last."""
_LEVEL = 3
"""How hard zstd compresses: its default."""


@dataclass(frozen=True, slots=True)
class Run:
    """Some documents that become a partition."""

    name: str
    entries: list[Entry]
    root: Path
    unpacked: Mapping[str, str]
    to: Storage


def repartition(index: Index, documents: int, to: Storage, engine: Engine, done: Callable[[int], object]) -> int:
    """Write the corpus of `index` to `to` in partitions of `documents` documents, and return their number.

    `done` gets the number of documents of each partition that is written. Raises CorpusError if the corpus has attached
    texts or a part that cannot be read, or a document would be larger than a line may be.
    """
    if any(path.startswith(f"{ATTACHED}/") for path in index.files):
        raise CorpusError(
            f"{ATTACHED}/ has texts that belong to one user, and no partition can have them: move it away"
        )
    runs = (
        Run(f"{number:05}", entries, index.root, index.unpacked, to)
        for number, entries in enumerate(index.shards(documents))
    )
    written = run_all(engine, write_run, runs, done)
    if Lost() in written:
        raise CorpusError(
            f"the worker of partition {written.index(Lost()):05} was killed each time: use fewer documents"
        )
    names = [name for name in _others(index.root) if name != _SCHEMA]
    here = Storage(index.root)
    for name in (*names, _SCHEMA):
        here.copy(name, to, name)
    return len(written)


def write_run(run: Run) -> int:
    """Write the files of one partition and return the number of its documents."""
    lines: dict[str, list[bytes]] = {}
    count = 0
    with Reader(run.root, run.unpacked) as reader:
        for group in by_document(run.entries):
            count += 1
            for folder, line in _lines(group, reader):
                lines.setdefault(folder, []).append(line)
    for folder, of in sorted(lines.items()):
        run.to.write(f"{folder}/{run.name}.jsonl.zst", zstandard.compress(b"".join(of), _LEVEL))
    return count


def _lines(group: list[Entry], reader: Reader) -> Iterator[tuple[str, bytes]]:
    """Yield the folder and the line of the record of a document and of each annotation."""
    seen: set[str] = set()
    text = next((reader.read(entry) for entry in group if entry.kind == TEXT and not entry.fault), None)
    for entry in group:
        folder = f"annotations/{entry.annotator}" if entry.kind == ANNOTATION else "raw"
        if entry.kind == TEXT and not entry.fault:
            continue
        value, faults = (None, (entry.fault,)) if entry.fault or not entry.doc_id else parse_json(reader.read(entry))
        if faults or not isinstance(value, dict) or folder in seen or value.get("doc_id") != entry.doc_id:
            raise CorpusError(f"{entry.path} has an error of level 1: `corpus validate` shows it, and fix it first")
        seen.add(folder)
        if entry.kind == RECORD and text is not None:
            value["text"] = _decoded(text, entry)
        line = orjson.dumps({"doc_id": value.pop("doc_id"), **value}) + b"\n"
        if len(line) > MAX_BYTES:
            raise CorpusError(
                f"{entry.doc_id} with its text is larger than the {MAX_BYTES:,} bytes that a line may have"
            )
        yield folder, line
    if "raw" not in seen:
        raise CorpusError(f"{group[0].path} has no record in raw/: `corpus validate` shows it, and fix it first")


def _decoded(text: bytes, entry: Entry) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError:
        raise CorpusError(
            f"the text of {entry.doc_id} is not UTF-8: `corpus validate` shows it, fix it first"
        ) from None


def _others(root: Path) -> Iterator[str]:
    """Yield the names of all files that are not of articles or annotations, nor hidden, nor of a build.

    Raises CorpusError for a symbolic link.
    """
    for at, folders, files in os.walk(root):
        here = Path(at).relative_to(root)
        folders[:] = sorted(name for name in folders if not name.startswith(".") and (here / name) != Path("build"))
        of_annotator = here.parent == Path("annotations") and ANNOTATOR.fullmatch(here.name)
        for name in sorted(name for name in files if not name.startswith(".")):
            of_documents = name.endswith((".json", ".txt")) or is_bulk(name)
            if not ((here == Path("raw") or of_annotator) and of_documents):
                refuse_links(Path(at, name), root)
                yield (here / name).as_posix()
