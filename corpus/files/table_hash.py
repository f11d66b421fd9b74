"""Hash the content of a table, independent of codec, chunk size and library version.

Each leaf column is hashed in three streams, batch by batch: the numbers of its null rows, the lengths of its
values, and their bytes. Batches of other sizes give the same streams, hence the same hash.

    pieces of a table → hash of each stream of each piece → key of each stream of the table: as before → the same hash

SHA-256 goes through a stream from its beginning, so a stream of which one piece changed is hashed again as a whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..core.model import CorpusError
from ..core.regular_file import open_file


class Hashed(NamedTuple):
    """The number of rows of a table, the bytes of its values and lengths, and the hash of both (SHA-256)."""

    rows: int
    size: int
    sha256: str


class Streams(NamedTuple):
    """The streams of a table or of a piece of it."""

    digests: dict[str, str]
    """The SHA-256 of each stream that is not empty, in hexadecimal."""
    lengths: dict[str, int]
    """The number of values of each column, also of those within lists."""


def table_hash(rows: int, digests: Mapping[str, str]) -> str:
    """Return the hash of a table with so many rows and the digests of these streams, in hexadecimal."""
    total = hashlib.sha256(f"{rows}\n".encode())
    for path in sorted(digests):
        total.update(f"{path}\n".encode() + bytes.fromhex(digests[path]))
    return total.hexdigest()


def stream_keys(pieces: Sequence[Streams]) -> dict[str, str]:
    """Return for each stream of a table with these pieces a hash that no other content of the stream has."""
    keys: dict[str, str] = {}
    for path in {path for piece in pieces for path in piece.digests}:
        # The numbers of null rows depend on how many values come before a piece.
        column = path.rpartition(" ")[0]
        own = [(piece.digests.get(path, ""), piece.lengths.get(column, 0)) for piece in pieces]
        keys[path] = hashlib.sha256(repr(own).encode()).hexdigest()
    return keys


class TableHash:
    """SHA-256 over the columns of a table, updated batch by batch; with `only`, over these streams alone."""

    def __init__(self, columns: pa.Schema, only: Collection[str] | None = None) -> None:
        self._columns = columns
        self._only = only
        self._streams: dict[str, Any] = {}
        self._lengths: dict[str, int] = {}
        self.rows = 0
        self.size = 0
        """Bytes of all values and lengths so far, independent of their layout in memory."""

    def update(self, batch: pa.RecordBatch) -> None:
        """Append the rows of a batch."""
        self.rows += batch.num_rows
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            self._add(name, column)

    def hexdigest(self) -> str:
        """Return the hash of all rows so far, in hexadecimal."""
        return table_hash(self.rows, self.streams().digests)

    def streams(self) -> Streams:
        """Return the digests and lengths of all rows so far."""
        return Streams({path: stream.hexdigest() for path, stream in self._streams.items()}, dict(self._lengths))

    def result(self) -> Hashed:
        """Return rows, size and hash so far."""
        return Hashed(self.rows, self.size, self.hexdigest())

    def _feed(self, path: str, data: Any) -> None:
        size = memoryview(data).nbytes
        if size and (self._only is None or path in self._only):
            self.size += size
            self._streams.setdefault(path, hashlib.sha256()).update(data)

    def _add(self, path: str, values: pa.Array) -> None:
        kind = values.type
        before = self._lengths.get(path, 0)
        self._lengths[path] = before + len(values)
        if values.null_count:
            nulls = np.flatnonzero(pc.is_null(values).to_numpy(zero_copy_only=False)) + before
            self._feed(f"{path} null", nulls.astype("<i8"))
        if pa.types.is_list(kind):
            self._feed(f"{path} length", _lengths(pc.list_value_length(values)))
            self._add(f"{path}[]", values.flatten())
        elif pa.types.is_struct(kind):
            for field, child in zip(kind, values.flatten(), strict=True):
                self._add(f"{path}.{field.name}", child)
        elif pa.types.is_string(kind):
            self._feed(f"{path} length", _lengths(pc.binary_length(values)))
            self._feed(f"{path} {kind}", _string_bytes(values))
        elif not (pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind)):
            raise CorpusError(f"the column {path} has the type {kind}, which no build has")
        else:
            if values.null_count:
                values = pc.fill_null(values, pa.scalar(False if pa.types.is_boolean(kind) else 0, kind))
            array = np.ascontiguousarray(values.to_numpy(zero_copy_only=False))
            self._feed(f"{path} {kind}", array.astype(array.dtype.newbyteorder("<"), copy=False))


def _lengths(lengths: pa.Array) -> Any:
    """Return lengths as little-endian 32-bit integers, 0 for null."""
    return (pc.fill_null(lengths, 0) if lengths.null_count else lengths).to_numpy().astype("<i4", copy=False)


def _string_bytes(values: pa.Array) -> memoryview:
    if values.null_count:
        values = pc.drop_null(values)
    if not len(values):
        return memoryview(b"")
    _, offsets, data = values.buffers()
    cuts = np.frombuffer(offsets, np.int32)[values.offset : values.offset + len(values) + 1]
    return memoryview(data)[cuts[0] : cuts[-1]]


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with open_file(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
