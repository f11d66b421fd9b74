"""Hash the rows of a table from its Parquet files, and read of them only the columns that changed since the last build.

streams of the pieces, from their parts → a key for each stream ─ as remembered → its hash
                                                                └ another one   → its column is read from all files
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from ..core.model import CorpusError
from ..files.known_hashes import KnownHashes
from ..files.marked import read_marked, write_marked
from ..files.storage import Storage
from ..files.table_hash import Hashed, Streams, TableHash, stream_keys, table_hash
from ..pipeline.tables.parquet import Written
from ..pipeline.versions import versions

_TABLES = "tables"
Known = Mapping[str, Sequence[str]]
"""The key and the hash of each stream of a table."""


@dataclass(frozen=True, slots=True)
class TableFile:
    """A Parquet file in a directory; `name` has `/`, `size` is in bytes, `sha256` is of its bytes."""

    storage: Storage
    name: str
    size: int
    sha256: str

    def open_input(self) -> pa.NativeFile:
        """Open the file for reading."""
        return self.storage.open_input(self.name)

    def hash(self) -> str:
        """Return the SHA-256 of the bytes that the file has now."""
        return KnownHashes(None, "").sha256(self.storage, self.name)


class StreamsFile(NamedTuple):
    """A file with the streams of the tables of a part, and its SHA-256; "" if there is no file."""

    storage: Storage
    name: str
    sha256: str

    def read(self, config: str, split: str) -> Streams:
        """Return the streams of a table of the part. Raises CorpusError if the file is damaged."""
        data = self.storage.read(self.name)
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise _damaged(self.storage, self.name)
        return next(Streams(*streams) for name, of, streams in json.loads(data) if (name, of) == (config, split))


@dataclass(frozen=True, slots=True)
class TableWork:
    """A table: its files, what was written to it at a time, and what an earlier build knew."""

    config: str
    split: str
    files: Sequence[TableFile]
    written: Sequence[Written]
    streams: Sequence[StreamsFile]
    """Of each of `written`."""
    hashed: Hashed | None
    known: Known


class HashedTable(NamedTuple):
    """The hash of a table, and the key and the hash of each of its streams where they are known."""

    hashed: Hashed
    streams: Known


class KnownTables:
    """The hashes of tables that an earlier build had, by the bytes of their files. `save` when done."""

    def __init__(self, kept: Storage | None) -> None:
        """Read what is remembered; without `kept`, nothing is."""
        self._kept = kept
        read = read_marked(kept, _TABLES, repr(versions())) or {}
        self._before = {name: (key, Hashed(*hashed), streams) for name, (key, hashed, streams) in read.items()}
        self._now: dict[str, tuple[str, Hashed, Known]] = {}

    def of(self, name: str, key: str) -> tuple[Hashed | None, Known]:
        """Return the hash of a table whose files have a key, None if it is not known, and its streams as they were."""
        known, hashed, streams = self._before.get(name, ("", None, {}))
        return hashed if known == key else None, streams

    def add(self, name: str, key: str, table: HashedTable) -> None:
        """Remember a table, and no other one of its name."""
        self._now[name] = key, *table

    def save(self) -> None:
        """Write what is remembered of the tables that were added, and no others."""
        if self._kept is not None and self._now != self._before:
            write_marked(self._kept, _TABLES, repr(versions()), self._now)


def hash_table(table: TableWork) -> HashedTable:
    """Return the rows, the uncompressed bytes and the logical hash of a table, and its streams.

    Nothing is read if all of it was written at a time. Raises CorpusError if a file does not have the bytes that were
    written.
    """
    for one in table.files:
        if one.sha256 != one.hash():
            raise _damaged(one.storage, one.name)
    if table.hashed is not None:
        return HashedTable(table.hashed, table.known)
    if len(table.written) == 1:
        return HashedTable(table.written[0].hashed, {})
    if not all(one.sha256 for one in table.streams):
        return HashedTable(_hash_files(table.files, None).result(), {})
    keys = stream_keys([one.read(table.config, table.split) for one in table.streams])
    digests = {path: digest for path, (key, digest) in table.known.items() if keys.get(path) == key}
    if changed := keys.keys() - digests.keys():
        digests |= _hash_files(table.files, changed).streams().digests
    rows, size = (sum(sizes) for sizes in zip(*(one.hashed[:2] for one in table.written), strict=True))
    streams = {path: (key, digests[path]) for path, key in keys.items()}
    return HashedTable(Hashed(rows, size, table_hash(rows, digests)), streams)


def _hash_files(files: Sequence[TableFile], only: Collection[str] | None) -> TableHash:
    """Return the hash of all rows of some files; with `only`, of these streams, whose columns alone are read."""
    of = None if only is None else {path.rpartition(" ")[0] for path in only}
    hashed: TableHash | None = None
    for one in files:
        with one.open_input() as file:
            parquet = pq.ParquetFile(file)
            names = parquet.schema_arrow.names
            hashed = hashed or TableHash(parquet.schema_arrow, only)
            columns = names if of is None else [name for name in names if _is_in(name, of)]
            for batch in parquet.iter_batches(1024, columns=columns):
                hashed.update(batch)
    assert hashed is not None
    return hashed


def _is_in(column: str, paths: Collection[str]) -> bool:
    """Return True if a path is that of a column, or of values in its lists or objects."""
    return any(path == column or path.startswith((f"{column}[", f"{column}.")) for path in paths)


def _damaged(storage: Storage, name: str) -> CorpusError:
    return CorpusError(f"{storage}/{name} is damaged: delete {storage} and run the command again")
