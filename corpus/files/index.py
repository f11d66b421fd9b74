"""Index a corpus: which documents it holds, and the file of each part, without parsing any.

Single and bulk files have the same index, with one entry for each part of a document:

    raw/<doc_id>.json, .txt                  an entry a file, the id from the file's name
    raw/*.jsonl[.gz|.zst]                    an entry a line, the id from the line's beginning
    annotations/<annotator>/<doc_id>.json    …
    annotations/<annotator>/*.jsonl[…]       …
    annotations/prompts/*.md                 no entry: the instructions of each pass

The index is a small Arrow table sorted by id, so documents have one order whatever the order of the
files, and the index of millions takes a few hundred megabytes. A compressed bulk file is unpacked once,
to disk, so that any line of it can be read alone.
"""

from __future__ import annotations

import os
import re
import stat
import tempfile
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import accumulate, groupby, islice
from operator import attrgetter
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from ..core.model import CorpusError
from ..core.regular_file import open_file
from .file_status import known_by, settled_until
from .prompts import PROMPTS
from .unpack import Unpacker

MAX_BYTES = 16 * 2**20
"""The largest file, or line of a bulk file, that is read, in bytes."""

_DEVICE = "(?!(?i:con|prn|aux|nul|com[0-9]|lpt[0-9])(?![A-Za-z0-9_-]))"
"""Not the name of a device of Windows, with which no file can be checked out there, whatever its ending."""
DOC_ID = re.compile(_DEVICE + r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9_-])?")
ANNOTATOR = re.compile(_DEVICE + r"(?!prompts\Z)[a-z0-9][a-z0-9_-]{0,31}")
"""The name of an annotator; `prompts` is that of the folder with the instructions of each pass."""
ATTACHED = "raw/attached"
"""The folder, ignored by git, for a user's own copies of withheld texts."""
_ABOUT_ALL = {"annotations/exceptions.toml", "annotations/baseline.toml"}
"""Files that concern any document: selecting one selects all documents."""
_UNNAMED = 1000
"""The lines without a doc_id of one bulk file that are read. A file of a million would give as many findings."""
RECORD, TEXT, ANNOTATION = 0, 1, 2

_LINE_ID = re.compile(rb'\s*\{\s*"doc_id"\s*:\s*"(' + DOC_ID.pattern.encode() + rb')"')
_BOM = b"\xef\xbb\xbf"
PACKED = {".jsonl": "", ".jsonl.gz": "gzip", ".jsonl.zst": "zstd"}
"""The suffixes of bulk files, and the compression of each."""
_SCHEMA = pa.schema(
    [
        ("doc_id", pa.large_string()),
        ("kind", pa.int8()),
        ("annotator", pa.large_string()),
        ("path", pa.large_string()),
        ("line", pa.int64()),
        ("offset", pa.int64()),
        ("size", pa.int64()),
        ("fault", pa.large_string()),
        ("status", pa.large_binary()),
    ]
)


class Entry(NamedTuple):
    """A part of a document: a file (`line` 0) or a line of a bulk file.

    `offset` and `size` are bytes in the unpacked file. `fault`, if any, is the name of a level 1 check, and may be
    followed by ": " and a detail: the part is not read. `status` is what the file system said about a file when it was
    listed: with the same status it has the same bytes. It is b"" where that is not certain.
    """

    doc_id: str
    kind: int
    annotator: str
    path: str
    line: int
    offset: int
    size: int
    fault: str
    status: bytes = b""


class Index:
    """The parts of every document of the corpus at `root`; a context manager that owns the unpacked files."""

    def __init__(
        self, root: Path, paths: Sequence[Path] = (), bulk: Sequence[str] | None = None, *, or_ids: bool = False
    ):
        """Index the corpus; with `paths`, only the documents with a part in one of these files or folders.

        With `or_ids`, a path that does not exist may be the id of a document. Raises CorpusError for any other.
        With `bulk`, index these bulk files only, which are named relative to `root`.
        """
        self.root = root
        self.unpacked: dict[str, str] = {}
        """The path of the unpacked bytes of each compressed file, valid while the index is open."""
        self._unpacker = Unpacker()
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        try:
            self._table = self._sorted(self._entries() if bulk is None else self._named_entries(bulk))
            if paths:
                self._table = self._select(paths, or_ids)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Index:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Delete the unpacked files."""
        if self._folder:
            self._folder.cleanup()

    def __len__(self) -> int:
        """Return the number of documents."""
        ids = pc.unique(self._table["doc_id"])
        return len(ids) - bool(len(ids) and ids[0].as_py() == "")

    @property
    def files(self) -> list[str]:
        """The paths of all indexed files, sorted."""
        return sorted(pc.unique(self._table["path"]).to_pylist())

    def ends(self) -> list[str]:
        """Return the first and the last doc_id, nothing if there are none."""
        ids = self._table["doc_id"].filter(pc.not_equal(self._table["doc_id"], _string("")))
        return [ids[0].as_py(), ids[-1].as_py()] if len(ids) else []

    def entries(self, doc_id: str) -> list[Entry]:
        """Return the parts of one document, none if there is no such document.

        The ids are sorted, so of millions a few dozen are compared.
        """
        ids = self._table["doc_id"]
        numbers = range(len(ids))
        first = bisect_left(numbers, doc_id, key=lambda i: ids[i].as_py())
        last = bisect_right(numbers, doc_id, first, key=lambda i: ids[i].as_py())
        return list(self._rows(self._table.slice(first, last - first)))

    def in_file(self, path: str) -> Iterator[Entry]:
        """Yield the entries of one file: one, or in a bulk file one for each line."""
        yield from self._rows(self._table.filter(pc.equal(self._table["path"], _string(path))))

    def count(self, doc_ids: Collection[str]) -> int:
        """Return how many of these documents are indexed."""
        column = self._table["doc_id"]
        return len(pc.unique(column.filter(pc.is_in(column, _strings(sorted(doc_ids))))))

    def shards(self, documents: int) -> Iterator[list[Entry]]:
        """Yield the entries in runs of `documents` documents; a document is never cut in two."""
        shard: list[Entry] = []
        count = 0
        for group in by_document(self._rows(self._table)):
            shard.extend(group)
            count += 1
            if count == documents:
                yield shard
                shard, count = [], 0
        if shard:
            yield shard

    def _rows(self, table: pa.Table) -> Iterator[Entry]:
        for batch in table.to_batches(max_chunksize=4096):
            yield from map(Entry._make, zip(*(column.to_pylist() for column in batch.columns), strict=True))

    def _select(self, paths: Sequence[Path], or_ids: bool) -> pa.Table:
        names, chosen = [], []
        for path in paths:
            absolute = Path(os.path.abspath(path))
            if not absolute.exists() and not absolute.is_symlink():
                if or_ids and self.entries(str(path)):
                    chosen.append(str(path))
                    continue
                if or_ids and DOC_ID.fullmatch(str(path)):
                    raise CorpusError(f"{path}: no such file or directory, and no document has this id")
                record = self.root / "raw" / f"{absolute.name}.json"
                hint = f"; to name a document, name a file of it: raw/{record.name}" if record.is_file() else ""
                raise CorpusError(f"{path}: no such file or directory{hint}")
            try:
                names.append(_shown(absolute.relative_to(self.root).as_posix()))
            except ValueError:
                raise CorpusError(f"{path} is not in the corpus {self.root}") from None
        if "." in names or not _ABOUT_ALL.isdisjoint(names):
            return self._table
        column = self._table["path"]
        mask = pc.or_(pc.is_in(column, _strings(names)), pc.is_in(self._table["doc_id"], _strings(chosen)))
        for name in names:
            mask = pc.or_(mask, pc.starts_with(column, name + "/"))
        if not pc.any(mask).as_py():
            raise CorpusError(f"found no article and no annotation in {', '.join(map(str, paths))}")
        ids = pc.unique(self._table.filter(pc.and_(mask, pc.not_equal(self._table["doc_id"], _string(""))))["doc_id"])
        return self._table.filter(pc.or_(mask, pc.is_in(self._table["doc_id"], ids)))

    def _sorted(self, entries: Iterator[Entry]) -> pa.Table:
        batches: list[pa.RecordBatch] = []
        while rows := list(islice(entries, 8192)):
            batches.append(_batch(rows))
        table = pa.Table.from_batches(batches, _SCHEMA)
        return table.sort_by([(name, "ascending") for name in ("doc_id", "kind", "annotator", "path", "line")])

    def _entries(self) -> Iterator[Entry]:
        yield from self._folder_entries("raw", "")
        if (self.root / ATTACHED).is_dir():
            yield from self._folder_entries(ATTACHED, "")
        for item in _listing(self.root, "annotations"):
            path = f"annotations/{_shown(item.name)}"
            if item.is_symlink():
                yield _fault(path, ANNOTATION, "symlink")
            elif item.is_dir(follow_symlinks=False) and ANNOTATOR.fullmatch(item.name):
                yield from self._folder_entries(path, item.name)
            elif item.is_dir(follow_symlinks=False) and path == PROMPTS:
                for one in _listing(self.root, path):
                    if one.is_symlink() or not one.is_file() or not one.name.endswith(".md"):
                        yield _fault(f"{path}/{_shown(one.name)}", ANNOTATION, "unknown-file")
            elif item.is_dir(follow_symlinks=False):
                yield _fault(path, ANNOTATION, "unportable-name")
            elif not item.name.endswith((".toml", ".md")):
                yield _fault(path, ANNOTATION, "unknown-file")

    def _named_entries(self, bulk: Sequence[str]) -> Iterator[Entry]:
        for path in bulk:
            folder, _, name = path.rpartition("/")
            annotator = "" if folder == "raw" else folder.rpartition("/")[2]
            kind = ANNOTATION if annotator else RECORD
            yield from self._bulk_entries(path, kind, annotator, self.root / path, PACKED[bulk_end(name)])

    def _folder_entries(self, folder: str, annotator: str) -> Iterator[Entry]:
        kind = ANNOTATION if annotator else RECORD
        until = settled_until()
        for item in _listing(self.root, folder):
            name, status = item.name, item.stat(follow_symlinks=False)
            path, is_file = f"{folder}/{_shown(name)}", stat.S_ISREG(status.st_mode)
            stem, _, end = name.rpartition(".")
            of_one = (end == "json" and folder != ATTACHED) or (end == "txt" and not annotator)
            part = TEXT if of_one and end == "txt" else kind
            doc_id = stem if of_one and DOC_ID.fullmatch(stem) else ""
            if is_file and doc_id:
                fault = "too-large" if status.st_size > MAX_BYTES else ""
                yield Entry(doc_id, part, annotator, path, 0, 0, status.st_size, fault, known_by(status, until))
            elif item.is_symlink():
                yield Entry(doc_id, part, annotator, path, 0, 0, 0, "symlink")
            elif path == ATTACHED and item.is_dir():
                continue
            elif not is_file:
                yield _fault(path, kind, "unknown-file")
            elif folder != ATTACHED and (packed := bulk_end(name)):
                if DOC_ID.fullmatch(name.removesuffix(packed)):
                    yield from self._bulk_entries(path, kind, annotator, Path(item.path), PACKED[packed])
                else:
                    yield _fault(path, kind, "unportable-name")
            elif not name.endswith(".md"):
                yield _fault(path, kind, "unportable-name" if of_one else "unknown-file")

    def _bulk_entries(self, path: str, kind: int, annotator: str, file: Path, packed: str) -> Iterator[Entry]:
        if packed:
            self._folder = self._folder or tempfile.TemporaryDirectory(prefix="corpus-")
            unpacked = Path(self._folder.name) / str(len(self.unpacked))
            fault = self._unpacker.unpack(file, unpacked, packed)
            if fault:
                yield _fault(path, kind, fault)
                return
            self.unpacked[path] = str(unpacked)
            file = unpacked
        try:
            lines = open_file(file)
        except (OSError, CorpusError):
            yield _fault(path, kind, "unreadable")
            return
        with lines:
            offset, number, some, unnamed = 0, 0, False, 0
            while line := lines.readline(MAX_BYTES + 1):
                number += 1
                size, fault = len(line), ""
                if size > MAX_BYTES and not line.endswith(b"\n"):
                    fault, line = "too-large", b"too large"
                    while more := lines.read(2**20):
                        end = more.find(b"\n") + 1
                        size += end or len(more)
                        if end:
                            lines.seek(offset + size)
                            break
                if not line.isspace():
                    some = True
                    doc_id = "" if fault else line_id(line)
                    unnamed += not doc_id
                    if unnamed == _UNNAMED + 1 and not doc_id:
                        detail = f"too-large: more than {_UNNAMED:,} lines have no doc_id; no further ones are read"
                        yield Entry("", kind, annotator, path, number, offset, size, detail)
                    elif doc_id or unnamed <= _UNNAMED:
                        yield Entry(doc_id, kind, annotator, path, number, offset, size, fault)
                offset += size
            if not some:
                yield _fault(path, kind, "empty-file")


def by_document(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """Group entries by document; a part that belongs to no document is alone."""
    for doc_id, group in groupby(entries, key=attrgetter("doc_id")):
        if doc_id:
            yield list(group)
        else:
            yield from ([entry] for entry in group)


def is_bulk(path: str) -> bool:
    """Return True for the name of a bulk file, which holds one document on each line."""
    return bool(bulk_end(path))


def bulk_end(name: str) -> str:
    """Return the ending of the name of a bulk file, such as ".jsonl.zst"; "" for another name."""
    return next((end for end in PACKED if name.endswith(end)), "")


def line_id(line: bytes) -> str:
    """Return the doc_id of a line of a bulk file; "" if it has none that can be one, which its reader will explain."""
    match = _LINE_ID.match(line)
    if match:
        return match[1].decode()
    try:
        value = orjson.loads(line.removeprefix(_BOM))
    except orjson.JSONDecodeError:
        return ""
    doc_id = value.get("doc_id") if isinstance(value, dict) else None
    return doc_id if isinstance(doc_id, str) and DOC_ID.fullmatch(doc_id) else ""


def _listing(root: Path, folder: str) -> list[os.DirEntry[str]]:
    path = root / folder
    if path.is_symlink():
        raise CorpusError(f"{path} is a symbolic link, which a corpus may not have: put the folder itself there")
    try:
        with os.scandir(path) as items:
            return sorted((item for item in items if not item.name.startswith(".")), key=lambda item: item.name)
    except FileNotFoundError:
        if folder == "annotations":
            return []
        raise CorpusError(f"{path} is missing: it must hold the articles of the corpus") from None


def _fault(path: str, kind: int, fault: str) -> Entry:
    return Entry("", kind, "", path, 0, 0, 0, fault)


def _shown(name: str) -> str:
    return name if name.isascii() else os.fsencode(name).decode("utf-8", "replace")


def _batch(rows: list[Entry]) -> pa.RecordBatch:
    """Return the entries as Arrow columns.

    Here and below, columns are made from bytes: pyarrow imports all of pandas to convert a Python value.
    """
    columns = zip(*rows, strict=True) if rows else [()] * len(_SCHEMA)
    return pa.RecordBatch.from_arrays(list(map(_column, columns, _SCHEMA.types)), schema=_SCHEMA)


def _column(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    if pa.types.is_integer(kind):
        return _numbers(values, kind)
    return _strings(values) if kind == pa.large_string() else _sliced(b"".join(values), map(len, values), kind)


def _string(value: str) -> pa.LargeStringScalar:
    return _strings([value])[0]


def _strings(values: Sequence[str]) -> pa.Array:
    data = "".join(values).encode()
    lengths = map(len, values) if data.isascii() else (len(value.encode()) for value in values)
    return _sliced(data, lengths, pa.large_string())


def _sliced(data: bytes, lengths: Iterable[int], kind: pa.DataType) -> pa.Array:
    """Return values that are end to end, given their lengths in bytes."""
    ends = array("q", accumulate(lengths, initial=0))
    return pa.Array.from_buffers(kind, len(ends) - 1, [None, pa.py_buffer(ends), pa.py_buffer(data)])


def _numbers(values: Sequence[int], kind: pa.DataType) -> pa.Array:
    written = array("b" if kind == pa.int8() else "q", values)
    return pa.Array.from_buffers(kind, len(written), [None, pa.py_buffer(written)])
