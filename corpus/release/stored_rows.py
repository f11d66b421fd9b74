"""Read the articles and annotations of a built folder, split by split, each in the order of doc_ids.

    documents/   ┐ rows of gold of twins/ and withheld/   → articles
    annotations/ ┘ the other rows of twins/ and withheld/ → annotations

Older releases have the articles without text in `documents` and `annotations`, and no `twins` and `withheld`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import merge
from operator import itemgetter
from pathlib import Path

from ..core.model import GOLD, CorpusError, Record
from ..core.schema import Schema
from ..files.parquet_file import ParquetFile
from ..pipeline.tables import TWINS_CONFIG, WITHHELD

_BATCH = 64
"""Rows held in memory at once."""
_SET_APART = (TWINS_CONFIG, WITHHELD)
"""The configs with articles that `documents` and `annotations` do not have."""


def splits_of(folder: Path, config: str) -> list[str]:
    """Return the splits of `documents` or `annotations`, sorted, with those that only `twins` or `withheld` has."""
    paths = [path for name in (config, *_SET_APART) for path in (folder / name).glob("*.parquet")]
    return sorted({path.name.rpartition("-of-")[0].rpartition("-")[0] for path in paths})


def article_rows(folder: Path, split: str) -> Iterator[Record]:
    """Yield the rows of a split with the columns of the config `documents`."""
    apart = (_without(row, {"annotator"}) for row in _set_apart(folder, split) if _is_article(row))
    return _in_order(_rows(folder, "documents", split), apart)


def annotation_rows(folder: Path, split: str, schema: Schema) -> Iterator[Record]:
    """Yield the rows of a split with the columns of the config `annotations`. `schema` is that of the folder."""
    of_article = {field.name for field in schema.article_fields} - {"doc_id"}
    apart = (_without(row, of_article) for row in _set_apart(folder, split) if not _is_article(row))
    return _in_order(_rows(folder, "annotations", split), apart)


def _in_order(*rows: Iterable[Record]) -> Iterator[Record]:
    return merge(*rows, key=itemgetter("doc_id"))


def _is_article(row: Record) -> bool:
    return row["annotator"] in (None, GOLD)


def _without(row: Record, names: set[str]) -> Record:
    return {name: value for name, value in row.items() if name not in names}


def _set_apart(folder: Path, split: str) -> Iterator[Record]:
    return _in_order(*(_rows(folder, name, split, "annotator") for name in _SET_APART))


def _rows(folder: Path, config: str, split: str, *needed: str) -> Iterator[Record]:
    for path in sorted((folder / config).glob(f"{split}-?????-of-?????.parquet")):
        file = ParquetFile(path)
        if missing := {"doc_id", *needed} - set(file.schema.names):
            raise CorpusError(f"{path} has no column {', '.join(sorted(missing))}")
        for batch in file.batches(_BATCH):
            yield from batch.to_pylist()
