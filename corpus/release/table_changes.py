"""Compare the tables of two built folders: configs, splits, columns and their types, numbers of rows.

<config>/<split>-0000M-of-0000N.parquet, its schema → "config twins added (test)", "column documents.set added"
                                        its footer  → stances, train: 123 rows, now 456
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from ..files.parquet_file import ParquetFile


@dataclass(frozen=True, slots=True)
class RowChange:
    """The numbers of rows of a split of a config in both folders; None if that folder has no such table."""

    config: str
    split: str
    old: int | None
    new: int | None


_Tables = dict[str, dict[str, pa.Schema]]
"""The schema of each split of each config."""


def table_changes(old: Path, new: Path) -> Iterator[str]:
    """Yield what a program that loads the tables notices, config by config.

    Raises CorpusError if a table cannot be read.
    """
    olds, news = _tables(old), _tables(new)
    for config in sorted(olds.keys() | news.keys()):
        before, after = olds.get(config, {}), news.get(config, {})
        if not before or not after:
            yield f"config {config} {'added' if after else 'removed'} ({', '.join(after or before)})"
            continue
        for split in sorted(before.keys() ^ after.keys()):
            yield f"split {split} of {config} {'added' if split in after else 'removed'}"
        yield from _column_changes(config, _columns(before), _columns(after))


def row_changes(old: Path, new: Path) -> Iterator[RowChange]:
    """Yield each split of a config whose number of rows differs, sorted.

    Raises CorpusError if a table cannot be read.
    """
    olds, news = _row_counts(old), _row_counts(new)
    for config, split in sorted(olds.keys() | news.keys()):
        was, now = olds.get((config, split)), news.get((config, split))
        if was != now:
            yield RowChange(config, split, was, now)


def _row_counts(folder: Path) -> Counter[tuple[str, str]]:
    """Return the number of rows by config and split, of all files of each table."""
    found: Counter[tuple[str, str]] = Counter()
    for config, split, path in _files(folder):
        found[config, split] += ParquetFile(path).rows
    return found


def _tables(folder: Path) -> _Tables:
    found: _Tables = {}
    for config, split, path in _files(folder):
        splits = found.setdefault(config, {})
        if split not in splits:
            splits[split] = ParquetFile(path).schema
    return found


def _files(folder: Path) -> Iterator[tuple[str, str, Path]]:
    """Yield config, split and path of each file of the tables, sorted."""
    for path in sorted(folder.glob("*/*-?????-of-?????.parquet")):
        yield path.parent.name, path.name.rpartition("-of-")[0].rpartition("-")[0], path


def _columns(splits: dict[str, pa.Schema]) -> list[pa.Field]:
    """Return the columns of the first split: `corpus build` gives all splits of a config the same ones."""
    return list(next(iter(splits.values())))


def _column_changes(path: str, old: list[pa.Field], new: list[pa.Field]) -> Iterator[str]:
    olds, news = ({one.name: one.type for one in fields} for fields in (old, new))
    for name in dict.fromkeys((*olds, *news)):
        place = f"{path}.{name}"
        if name not in olds or name not in news:
            yield f"column {place} {'added' if name in news else 'removed'}"
            continue
        was, now = olds[name], news[name]
        lists = pa.types.is_list(was) and pa.types.is_list(now)
        was, now = (was.value_type, now.value_type) if lists else (was, now)
        if pa.types.is_struct(was) and pa.types.is_struct(now):
            yield from _column_changes(place, list(was), list(now))
        elif was != now:
            yield f"column {place} has another type: {olds[name]}, now {news[name]}"
