"""Write batches to Parquet files, and count what the card says about them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...core.schema import Schema
from ...files.table_hash import Hashed, Streams, TableHash, file_hash
from . import Batches, Config, configs

_ROW_GROUP = 4 * 2**20
"""Weight of rows (about their bytes) at which a row group is closed: small groups let readers skip."""
_FILE = 512 * 2**20
"""Weight of rows at which the next file begins."""
_INTEGERS = "DELTA_BINARY_PACKED"
"""The encoding of integers: most are offsets that ascend, which it writes in less space and time than a dictionary."""

ColumnCounts = Counter[tuple[str, ...]]
"""(column,) → number of values that are not null; (column, value) → occurrences of a label or a language.

Of the rows that `Config.counted` selects, without twins, which `TWINS` counts.
"""
TWINS = ("twins",)
"""The key of the number of twins."""


class Piece(NamedTuple):
    """A Parquet file: its name in its folder, with `/`, its size in bytes, and the SHA-256 of its bytes."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Written:
    """The files of one split of a config that were written together, and the counts of their rows."""

    config: str
    split: str
    pieces: list[Piece]
    hashed: Hashed
    counts: ColumnCounts
    streams: Streams | None = None
    """Those of its rows; None for what was read from the record of a part, which has them in a file."""


class Writer:
    """Writes batches to the files of one split, in row groups, with the same schema in every file."""

    def __init__(self, folder: Path, config: Config, split: str) -> None:
        self._folder, self._config, self._split = folder, config, split
        self._hash = TableHash(config.columns)
        self._counts: ColumnCounts = Counter()
        self._waiting: list[pa.RecordBatch] = []
        self._file: pq.ParquetWriter | None = None
        self._files: list[Path] = []
        self._in_file = self._held = 0
        leaves = list(_leaves(config.columns))
        self._encodings: dict[str, Any] = {
            "use_dictionary": [path for path, kind in leaves if not pa.types.is_integer(kind)],
            "column_encoding": {path: _INTEGERS for path, kind in leaves if pa.types.is_integer(kind)},
        }

    def add(self, batch: pa.RecordBatch) -> None:
        """Append the rows of a batch."""
        self._waiting.append(batch)
        self._held += _weight(batch)
        if self._held >= _ROW_GROUP:
            self._flush()

    def _flush(self) -> None:
        table = pa.Table.from_batches(self._waiting, self._config.columns).combine_chunks()
        for batch in table.to_batches():
            self._hash.update(batch)
            self._counts.update(_count(self._config.counted(batch), self._config))
        if self._file is None or self._in_file > _FILE:
            self._next()
        assert self._file is not None
        self._file.write_table(table, row_group_size=max(1, table.num_rows))
        self._in_file += self._held
        self._waiting, self._held = [], 0

    def _next(self) -> None:
        if self._file is not None:
            self._file.close()
        self._folder.mkdir(parents=True, exist_ok=True)
        self._files.append(self._folder / f"{self._split}-{len(self._files):05}.parquet")
        self._file = pq.ParquetWriter(
            self._files[-1], self._config.columns, compression="zstd", write_statistics=["doc_id"], **self._encodings
        )
        self._in_file = 0

    def close(self) -> Written:
        """Finish the files, SPLIT-NNNNN.parquet, and return them."""
        if self._waiting:
            self._flush()
        assert self._file is not None
        self._file.close()
        pieces = [(file.relative_to(self._folder.parent).as_posix(), file.stat().st_size) for file in self._files]
        files = [Piece(name, size, file_hash(file)) for (name, size), file in zip(pieces, self._files, strict=True)]
        return Written(self._config.name, self._split, files, self._hash.result(), self._counts, self._hash.streams())


class TablesWriter:
    """Writes the tables of several shards into a folder: `<config>/<split>-NNNNN.parquet`."""

    def __init__(self, folder: Path, schema: Schema) -> None:
        self._folder = folder
        self._configs = {config.name: config for config in configs(schema)}
        self._writers: dict[tuple[str, str], Writer] = {}

    def add(self, batches: Mapping[str, Batches]) -> None:
        """Append the tables of a shard, `batches[split][config]`."""
        for split, of in batches.items():
            for name, batch in of.items():
                if (name, split) not in self._writers:
                    self._writers[name, split] = Writer(self._folder / name, self._configs[name], split)
                self._writers[name, split].add(batch)

    def close(self) -> list[Written]:
        """Finish all files."""
        return [writer.close() for _, writer in sorted(self._writers.items())]


def _weight(batch: pa.RecordBatch) -> int:
    """Estimate the bytes of a batch, independent of its layout in memory, so that files split reproducibly."""
    weight = 0
    for column in batch.columns:
        if pa.types.is_string(column.type):
            weight += _items(column, pc.binary_length)
        elif pa.types.is_list(column.type):
            weight += 32 * _items(column, pc.list_value_length)
        weight += 8 * len(column)
    return weight


def _items(column: pa.Array, lengths: Callable[[pa.Array], pa.Array]) -> int:
    """Return the number of bytes of strings, or of items of lists."""
    if column.null_count == len(column):
        return 0
    if column.null_count:
        return pc.sum(lengths(column)).as_py() or 0
    offsets = np.frombuffer(column.buffers()[1], np.int32)
    return int(offsets[column.offset + len(column)]) - int(offsets[column.offset])


def _leaves(columns: Iterable[pa.Field], before: str = "") -> Iterator[tuple[str, pa.DataType]]:
    """Yield the path and the type of each column of a file: those of lists and objects are the columns in them."""
    for one in columns:
        path, kind = f"{before}{one.name}", one.type
        while pa.types.is_list(kind):
            path, kind = f"{path}.list.element", kind.value_type
        if pa.types.is_struct(kind):
            yield from _leaves(kind, f"{path}.")
        else:
            yield path, kind


def _count(batch: pa.RecordBatch, config: Config) -> ColumnCounts:
    counts: ColumnCounts = Counter()
    if "twin_of" in batch.schema.names:
        counts[TWINS] += len(batch) - batch["twin_of"].null_count
        if counts[TWINS]:
            batch = batch.filter(pc.is_null(batch["twin_of"]))
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        inner = column.flatten() if pa.types.is_list(column.type) else column
        counts[name,] += len(inner) - inner.null_count
        for path in [path for path in (*config.labels, "language") if path.split(".")[0] == name]:
            values = pc.struct_field(inner, path.split(".")[1:]) if "." in path else inner
            values = values.flatten() if pa.types.is_list(values.type) else values
            if pa.types.is_string(values.type):
                for item in pc.value_counts(values):
                    if item["values"].is_valid:
                        counts[path, item["values"].as_py()] += item["counts"].as_py()
    return counts
