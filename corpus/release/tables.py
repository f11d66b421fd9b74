"""Place the Parquet files of a build: number the files of each table, and hash its rows.

    parts, or the files of one run → files in order → SHA-256 of all rows of a table → <config>/<split>-NNNNN-of-NNNNN

The hash of a table is over its rows in their order, whatever its files, so it is computed last (`table_hashes`), one
table a call.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from ..core.model import CorpusError
from ..core.schema import Schema
from ..files.storage import Storage
from ..files.table_hash import Hashed
from ..pipeline.executors import Engine, Lost, run_all
from ..pipeline.part import STREAMS
from ..pipeline.tables import configs
from ..pipeline.tables.parquet import ColumnCounts, Written
from .table_hashes import KnownTables, StreamsFile, TableFile, TableWork, hash_table

_COPIES = 16
"""Files that are copied at once: object storage copies by itself, and answers when it is done."""


@dataclass(slots=True)
class Split:
    """A written split of a config: rows, uncompressed bytes, logical hash (SHA-256), counts, and files."""

    rows: int
    size: int
    sha256: str
    counts: ColumnCounts
    files: list[TableFile] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class TableSource:
    """Tables in a folder of a directory, for a build that has them after those of the sources before."""

    storage: Storage
    folder: str
    tables: Sequence[Written]
    streams: str = ""
    """The SHA-256 of the file with the streams of these tables; "" without one."""

    def files(self, written: Written) -> list[TableFile]:
        """Return the files of one table."""
        prefix = f"{self.folder}/" if self.folder else ""
        return [TableFile(self.storage, f"{prefix}{name}", size, digest) for name, size, digest in written.pieces]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a build: what was written to it at a time, and its files where they are and as they are numbered."""

    config: str
    split: str
    written: Sequence[Written]
    old: Sequence[TableFile]
    new: Sequence[TableFile]
    streams: Sequence[StreamsFile]
    """Of each of `written`, where its streams are."""

    @property
    def name(self) -> str:
        """Its name in messages and records."""
        return f"{self.config}/{self.split}"

    @property
    def key(self) -> str:
        """A hash of the bytes of all its files."""
        return hashlib.sha256("\n".join(one.sha256 for one in self.old).encode()).hexdigest()

    def made(self, hashed: Hashed) -> Split:
        """Return the table as it is in the build."""
        return Split(*hashed, sum((one.counts for one in self.written), Counter()), list(self.new))


def tables_of(sources: Iterable[TableSource], schema: Schema, to: Storage) -> list[Table]:
    """Return the tables of a build in the order of the schema."""
    files: dict[tuple[str, str], list[TableFile]] = {}
    written: dict[tuple[str, str], list[Written]] = {}
    streams: dict[tuple[str, str], list[StreamsFile]] = {}
    for source in sources:
        of_source = StreamsFile(source.storage, f"{source.folder}/{STREAMS}", source.streams)
        for one in source.tables:
            files.setdefault((one.config, one.split), []).extend(source.files(one))
            written.setdefault((one.config, one.split), []).append(one)
            streams.setdefault((one.config, one.split), []).append(of_source)
    order = {split: i for i, split in enumerate(schema.splits)}
    names = [config.name for config in configs(schema)]
    tables = sorted(files, key=lambda table: (names.index(table[0]), order.get(table[1], len(order)), table[1]))
    return [
        Table(name, split, written[name, split], old, _numbered(old, to, f"{name}/{split}"), streams[name, split])
        for name, split in tables
        for old in (files[name, split],)
    ]


def _numbered(files: Sequence[TableFile], to: Storage, prefix: str) -> list[TableFile]:
    return [
        TableFile(to, f"{prefix}-{i:05}-of-{len(files):05}.parquet", one.size, one.sha256)
        for i, one in enumerate(files)
    ]


def place_tables(
    sources: Iterable[TableSource], schema: Schema, to: Storage, engine: Engine, kept: Storage | None = None
) -> dict[str, dict[str, Split]]:
    """Copy the tables to a build and return them, `splits[config][split]`, in the order of the schema.

    With `kept`, the hash of a table is remembered there, and not computed again while the bytes of its files are the
    same. Raises CorpusError if a file does not have the bytes that were written.
    """
    tables = tables_of(sources, schema, to)
    known = KnownTables(kept)
    work = [
        TableWork(table.config, table.split, table.old, table.written, table.streams, *known.of(table.name, table.key))
        for table in tables
    ]
    splits: dict[str, dict[str, Split]] = {}
    for table, done in zip(tables, run_all(engine, hash_table, work), strict=True):
        if isinstance(done, Lost):
            raise CorpusError(f"the worker that hashed the table {table.config}, {table.split}, was killed each time")
        splits.setdefault(table.config, {})[table.split] = table.made(done.hashed)
        known.add(table.name, table.key, done)
    with ThreadPoolExecutor(_COPIES) as pool:
        list(pool.map(_copy, [pair for table in tables for pair in zip(table.old, table.new, strict=True)]))
    known.save()
    return splits


def content_hash(splits: Mapping[str, Mapping[str, str]]) -> str:
    """Return one hash of the content hashes of all tables, `splits[config][split]`."""
    lines = [
        f"{name} {split} {digest}\n" for name, of in sorted(splits.items()) for split, digest in sorted(of.items())
    ]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _copy(pair: tuple[TableFile, TableFile]) -> None:
    old, new = pair
    old.storage.copy(old.name, new.storage, new.name)
