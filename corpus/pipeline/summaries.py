"""Summaries ↔ a Parquet file of a part: what the corpus-wide rules know of the documents of a partition."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ..checks.summaries import SCHEMA, Summaries

_SHARED = [field.name for field in SCHEMA if pa.types.is_dictionary(field.type)]
"""The columns whose values documents share. All others are hashes."""
_GROUP = 4096
"""Documents in a row group, at least."""


class SummaryWriter:
    """Writes summaries to a file; a context manager."""

    def __init__(self, path: Path) -> None:
        self._file = pq.ParquetWriter(path, SCHEMA, compression="zstd", use_dictionary=_SHARED)
        self._waiting: list[Summaries] = []

    def __enter__(self) -> SummaryWriter:
        return self

    def __exit__(self, *_: object) -> None:
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
