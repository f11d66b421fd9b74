"""Summaries ↔ Parquet files: those of a part, and those of a run that has too many of them for its memory.

A corpus-wide rule reads the columns that it needs, one after another, and no rule needs all of them at once.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ..checks.summaries import DIVIDED, SCHEMA, Summaries
from ..core.arrays import joined, lengths_of
from ..core.bucketed import BUCKETS

_GROUP = 4096
"""Documents in a row group, at least; so many are in memory."""
_KEPT = 4 * _GROUP
"""Documents of a run whose summaries stay in memory: 27 MB. Those of more are in a file."""
_SHARED = [field.name for field in SCHEMA if pa.types.is_dictionary(field.type)]
_WORDS = frozenset(("doc_id", *_SHARED))
_BUCKET = "{}.{}"
"""The column with a bucket of another one."""


class SummaryWriter:
    """Writes summaries to a file; a context manager.

    With `is_divided`, each column in `DIVIDED` is written as its buckets, so that a bucket can be read alone.
    """

    def __init__(self, path: Path, *, is_divided: bool = False) -> None:
        self._is_divided = is_divided
        schema = _divided_schema() if is_divided else SCHEMA
        self._hashes: dict[str, Any] = {name: blake2b(digest_size=16) for name in schema.names}
        # Hashes cannot be compressed.
        plain = {field.name: "none" if pa.types.is_binary(field.type) else "zstd" for field in schema}
        self._file = pq.ParquetWriter(
            path, schema, compression=plain, use_dictionary=_SHARED, write_page_checksum=is_divided
        )
        self._waiting: list[Summaries] = []

    def __enter__(self) -> SummaryWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Write what is left, and close the file."""
        self._flush()
        self._file.close()

    @property
    def digests(self) -> dict[str, str]:
        """A hash of the values of each column that were written so far, in hexadecimal; only with `is_divided`."""
        return {name: hashed.hexdigest() for name, hashed in self._hashes.items()}

    def add(self, summaries: Summaries) -> None:
        """Append the summaries of a shard."""
        self._waiting.append(summaries)
        if sum(map(len, self._waiting)) >= _GROUP:
            self._flush()

    def _flush(self) -> None:
        joined = Summaries.joined(self._waiting)
        if len(joined):
            table = joined.table.unify_dictionaries()
            if self._is_divided:
                plain = {name: table[name] for name in SCHEMA.names if name not in DIVIDED}
                buckets = {
                    _BUCKET.format(name, number): joined.bucket(name, number).cast(pa.binary())
                    for name in DIVIDED
                    for number in range(BUCKETS)
                }
                table = pa.table(plain | buckets, _divided_schema())
                for name, hashed in self._hashes.items():
                    _hash(table[name], hashed)
            self._file.write_table(table, len(joined))
        self._waiting = []


def _divided_schema() -> pa.Schema:
    plain = [field for field in SCHEMA if field.name not in DIVIDED]
    return pa.schema(
        [*plain, *((_BUCKET.format(name, number), pa.binary()) for name in DIVIDED for number in range(BUCKETS))]
    )


def _hash(column: pa.ChunkedArray, hashed: Any) -> None:
    """Add the values of a column of strings or bytes to a hash."""
    values = column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
    for chunk in values.chunks:
        lengths = lengths_of(chunk)
        hashed.update(f"{len(lengths)}\n".encode() + lengths.astype("<i8").tobytes())
        hashed.update(joined(chunk))


class StoredSummaries(Summaries):
    """The summaries in a file, of which a column is read whenever it is asked for."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._count = pq.read_metadata(path).num_rows

    @property
    def table(self) -> pa.Table:
        """All columns, read now."""
        with pq.ParquetFile(self._path) as file:
            return file.read()

    def chunks(self, name: str) -> Iterator[pa.Array]:
        """Yield a column of `SCHEMA`, some documents at a time."""
        with pq.ParquetFile(self._path) as file:
            for group in range(file.num_row_groups):
                yield from file.read_row_group(group, [name])[name].chunks

    def __len__(self) -> int:
        return int(self._count)


class PartFiles:
    """The files with the summaries of several parts, whose footers are read once. One thread uses it.

    Pages whose checksum is not that of their bytes raise OSError.
    """

    def __init__(self, open_files: Sequence[Callable[[], pa.NativeFile]], count: int) -> None:
        """Take what opens each file, in the order of the documents, and the number of all documents."""
        self._open_files, self.count = open_files, count
        self._footers: dict[int, pq.FileMetaData] = {}
        self._words: dict[str, list[pa.Array]] = {}

    def chunks(self, name: str) -> Iterator[pa.Array]:
        """Yield a column, some documents at a time. Columns of words, which are small, are read once."""
        if name in _WORDS:
            if name not in self._words:
                self._words[name] = list(self._read(name))
            yield from self._words[name]
        else:
            yield from self._read(name)

    def _read(self, name: str) -> Iterator[pa.Array]:
        for number, open_file in enumerate(self._open_files):
            with (
                open_file() as opened,
                pq.ParquetFile(opened, metadata=self._footers.get(number), page_checksum_verification=True) as file,
            ):
                self._footers[number] = file.metadata
                for group in range(file.num_row_groups):
                    yield from file.read_row_group(group, [name])[name].chunks


class DividedSummaries(Summaries):
    """The summaries of several parts, of which a column or a bucket is read whenever it is asked for.

    `columns` has the names of those that were asked for, so that a result is known by what it was computed from.
    """

    def __init__(self, files: PartFiles) -> None:
        self._files = files
        self.columns: set[str] = set()

    @property
    def table(self) -> pa.Table:
        """Not available: a column that is divided is read in buckets only."""
        raise NotImplementedError

    def chunks(self, name: str) -> Iterator[pa.Array]:
        """Yield a column that is not in `DIVIDED`, some documents at a time."""
        self.columns.add(name)
        yield from self._files.chunks(name)

    def bucket(self, name: str, number: int) -> pa.LargeBinaryArray:
        """Return a bucket of a column in `DIVIDED`."""
        return self.data(_BUCKET.format(name, number))

    def __len__(self) -> int:
        return self._files.count


class SummarySpool:
    """Summaries of one shard after another: in memory while they are few, in a temporary file when they are many."""

    def __init__(self) -> None:
        self._kept: list[Summaries] = []
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._writer: SummaryWriter | None = None

    def add(self, summaries: Summaries) -> None:
        """Append the summaries of a shard."""
        self._kept.append(summaries)
        if self._writer is None and sum(map(len, self._kept)) >= _KEPT:
            self._folder = tempfile.TemporaryDirectory(prefix="corpus-")
            self._writer = SummaryWriter(Path(self._folder.name, "summaries.parquet"))
        if self._writer is not None:
            for one in self._kept:
                self._writer.add(one)
            self._kept = []

    def summaries(self) -> Summaries:
        """Return all of them, which can be read until `close`."""
        if self._writer is None or self._folder is None:
            return Summaries.joined(self._kept)
        self._writer.close()
        self._writer = None
        return StoredSummaries(Path(self._folder.name, "summaries.parquet"))

    def close(self) -> None:
        """Delete the file, if there is one."""
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None
