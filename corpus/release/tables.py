"""Place the Parquet files of a build: number the files of each table, and hash its rows.

    parts, or the files of one run → files in order → SHA-256 of all rows of a table → <config>/<split>-NNNNN-of-NNNNN

The hash of a table is over its rows in their order, whatever its files, so it is computed last, from the files
themselves, one table a call.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.parquet as pq

from ..core.model import CorpusError
from ..core.schema import Schema
from ..files.storage import Storage
from ..files.table_hash import Hashed, TableHash
from ..pipeline.executors import Engine, Lost, run_all
from ..pipeline.tables import configs
from ..pipeline.tables.parquet import ColumnCounts, Written

_COPIES = 16
"""Files that are copied at once: object storage copies by itself, and answers when it is done."""


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
        found = hashlib.sha256()
        for block in self.storage.blocks(self.name):
            found.update(block)
        return found.hexdigest()


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

    def files(self, written: Written) -> list[TableFile]:
        """Return the files of one table."""
        prefix = f"{self.folder}/" if self.folder else ""
        return [TableFile(self.storage, f"{prefix}{name}", size, digest) for name, size, digest in written.pieces]


def place_tables(
    sources: Iterable[TableSource], schema: Schema, to: Storage, engine: Engine
) -> dict[str, dict[str, Split]]:
    """Copy the tables to a build and return them, `splits[config][split]`, in the order of the schema.

    Raises CorpusError if a file does not have the bytes that were written.
    """
    files: dict[tuple[str, str], list[TableFile]] = {}
    written: dict[tuple[str, str], list[Written]] = {}
    for source in sources:
        for one in source.tables:
            files.setdefault((one.config, one.split), []).extend(source.files(one))
            written.setdefault((one.config, one.split), []).append(one)
    order = {split: i for i, split in enumerate(schema.splits)}
    names = [config.name for config in configs(schema)]
    tables = sorted(files, key=lambda table: (names.index(table[0]), order.get(table[1], len(order)), table[1]))
    hashes = run_all(engine, hash_table, [_Table(files[table], written[table]) for table in tables])
    splits: dict[str, dict[str, Split]] = {}
    copies: list[tuple[TableFile, TableFile]] = []
    for (name, split), hashed in zip(tables, hashes, strict=True):
        if isinstance(hashed, Lost):
            raise CorpusError(f"the worker that hashed the table {name}, {split}, was killed each time")
        old = files[name, split]
        new = [
            TableFile(to, f"{name}/{split}-{i:05}-of-{len(old):05}.parquet", one.size, one.sha256)
            for i, one in enumerate(old)
        ]
        copies += zip(old, new, strict=True)
        splits.setdefault(name, {})[split] = Split(
            *hashed, sum((one.counts for one in written[name, split]), Counter()), new
        )
    with ThreadPoolExecutor(_COPIES) as pool:
        list(pool.map(_copy, copies))
    return splits


@dataclass(frozen=True, slots=True)
class _Table:
    """A table, and what was written to it at a time."""

    files: Sequence[TableFile]
    written: Sequence[Written]


def hash_table(table: _Table) -> Hashed:
    """Return the rows, the uncompressed bytes and the logical hash of a table.

    They are known if all of it was written at a time. Raises CorpusError if a file does not have the bytes that were
    written.
    """
    for one in table.files:
        if one.sha256 != one.hash():
            raise CorpusError(f"{one.storage}/{one.name} is damaged: delete {one.storage} and run the command again")
    if len(table.written) == 1:
        return table.written[0].hashed
    hashed: TableHash | None = None
    for one in table.files:
        with one.open_input() as file:
            parquet = pq.ParquetFile(file)
            hashed = hashed or TableHash(parquet.schema_arrow)
            for batch in parquet.iter_batches(1024):
                hashed.update(batch)
    assert hashed is not None
    return hashed.result()


def content_hash(splits: Mapping[str, Mapping[str, str]]) -> str:
    """Return one hash of the content hashes of all tables, `splits[config][split]`."""
    lines = [
        f"{name} {split} {digest}\n" for name, of in sorted(splits.items()) for split, digest in sorted(of.items())
    ]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _copy(pair: tuple[TableFile, TableFile]) -> None:
    old, new = pair
    old.storage.copy(old.name, new.storage, new.name)
