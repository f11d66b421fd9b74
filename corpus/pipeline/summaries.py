"""Summaries ↔ a Parquet file of a part: what the corpus-wide rules know of the documents of a partition."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from sys import intern
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from ..checks.document_summary import Summary
from ..checks.gold_comparison import Compared
from ..splits.near_duplicates import Sketch

_WORDS = (
    *("doc_id", "record", "split", "story", "twin_of", "twin_kind", "published", "license", "redistribution"),
    "gold",
)
_BYTES = ("kinds", "labels", "passages")
_LISTS = ("files", "unchosen", "compared", "annotators", "imported", "characters")
"""Fields with a handful of small values, which are written as JSON."""
_COLUMNS = pa.schema(
    [
        *((name, pa.string()) for name in _WORDS),
        *((name, pa.binary()) for name in (*_BYTES, "minima", "sample", *_LISTS)),
        ("keys", pa.list_(pa.binary())),
    ]
)
_GROUP = 4096
"""Documents in a row group."""


class SummaryWriter:
    """Writes summaries to a file; a context manager."""

    def __init__(self, path: Path) -> None:
        self._file = pq.ParquetWriter(path, _COLUMNS, compression="zstd", use_dictionary=False)
        self._waiting: list[Summary] = []

    def __enter__(self) -> SummaryWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self._flush()
        self._file.close()

    def add(self, summaries: Iterable[Summary]) -> None:
        """Append summaries."""
        for one in summaries:
            self._waiting.append(one)
            if len(self._waiting) == _GROUP:
                self._flush()

    def _flush(self) -> None:
        if self._waiting:
            self._file.write_table(_table(self._waiting))
            self._waiting = []


def read_summaries(file: pa.NativeFile) -> Iterator[Summary]:
    """Yield the summaries of a file in their order."""
    for batch in pq.ParquetFile(file).iter_batches(_GROUP):
        for row in batch.to_pylist():
            yield _summary(row)


def _table(summaries: Sequence[Summary]) -> pa.Table:
    columns: dict[str, list[Any]] = {name: [getattr(one, name) for one in summaries] for name in (*_WORDS, *_BYTES)}
    columns |= {name: [orjson.dumps(getattr(one, name), default=tuple) for one in summaries] for name in _LISTS}
    columns |= {name: [getattr(one.sketch, name) for one in summaries] for name in ("keys", "minima", "sample")}
    return pa.table({name: columns[name] for name in _COLUMNS.names}, schema=_COLUMNS)


def _summary(row: dict[str, Any]) -> Summary:
    values: dict[str, Any] = {name: intern(row[name]) for name in _WORDS} | {name: row[name] for name in _BYTES}
    lists = {name: orjson.loads(row[name]) for name in _LISTS}
    return Summary(
        **values,
        sketch=Sketch(tuple(row["keys"]), row["minima"], row["sample"]),
        files=tuple(map(intern, lists["files"])),
        unchosen=tuple((one[0], one[1], one[2]) for one in lists["unchosen"]),
        compared=tuple(map(_compared, lists["compared"])),
        annotators=tuple(map(intern, lists["annotators"])),
        imported=tuple((intern(one[0]), one[1]) for one in lists["imported"]),
        characters=tuple(lists["characters"]),
    )


def _compared(value: list[Any]) -> Compared:
    code, file, pointer, record, detail, related = value
    return Compared(code, file, pointer, record, detail, tuple((one[0], one[1], one[2]) for one in related))
