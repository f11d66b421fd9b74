"""Summaries ↔ Parquet files: those of a part, and those of a run that has too many of them for its memory.

A corpus-wide rule reads the columns that it needs, one after another, and no rule needs all of them at once.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ..checks.summaries import SCHEMA, Summaries

_GROUP = 4096
"""Documents in a row group, at least; so many are in memory."""
_KEPT = 4 * _GROUP
"""Documents of a run whose summaries stay in memory: 27 MB. Those of more are in a file."""
_SHARED = [field.name for field in SCHEMA if pa.types.is_dictionary(field.type)]
_PLAIN = {field.name: "none" if pa.types.is_binary(field.type) else "zstd" for field in SCHEMA}
"""The compression of each column: hashes cannot be compressed."""


class SummaryWriter:
    """Writes summaries to a file; a context manager."""

    def __init__(self, path: Path) -> None:
        self._file = pq.ParquetWriter(path, SCHEMA, compression=_PLAIN, use_dictionary=_SHARED)
        self._waiting: list[Summaries] = []

    def __enter__(self) -> SummaryWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Write what is left, and close the file."""
        self._flush()
        self._file.close()

    def add(self, summaries: Summaries) -> None:
        """Append the summaries of a shard."""
        self._waiting.append(summaries)
        if sum(map(len, self._waiting)) >= _GROUP:
            self._flush()

    def _flush(self) -> None:
        joined = Summaries.joined(self._waiting)
        if len(joined):
            self._file.write_table(joined.table.unify_dictionaries(), len(joined))
        self._waiting = []


def read_summaries(file: pa.NativeFile) -> Summaries:
    """Return the summaries of a file."""
    return Summaries(pq.read_table(file))


class StoredSummaries(Summaries):
    """The summaries in a file, of which a column is read whenever it is asked for."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._count = pq.read_metadata(path).num_rows

    @property
    def table(self) -> pa.Table:
        """All columns, read now."""
        return pq.read_table(self._path)

    def chunks(self, name: str) -> Iterator[pa.Array]:
        """Yield a column of `SCHEMA`, some documents at a time."""
        with pq.ParquetFile(self._path) as file:
            for group in range(file.num_row_groups):
                yield from file.read_row_group(group, [name])[name].chunks

    def __len__(self) -> int:
        return int(self._count)


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
