"""Documents → Arrow tables, with columns derived from the Schema.

| config | a row | module |
|---|---|---|
| documents | an article with every layer of its gold annotation, nested | `documents` |
| annotations | one annotator's view of an article, nested | `documents` |
| disagreement | one field of one thing, with the labels of all annotators and of gold | `disagreement` |
| twins | both of these, for the articles that are changed copies of others and have a text | `documents` |
| withheld | both of these, for the articles without text | `documents` |
| entities | a sentence: tokens, IOB2 tags of the named mentions, entity ids | `entities` |
| quotes, stances, and each other layer | a record of that layer, and what it refers to written out | `records` |

No other config has a row of an article of `twins` or `withheld`.
A layer that was not annotated is null; one annotated with no records is empty. Labels are strings; the
card tells `datasets` their names.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import pyarrow as pa

from ...columns.documents import Columns
from ...columns.keys import Mask
from ...core.schema import Schema
from ...core.source_tokens import SENTENCES
from .columns import index_in
from .config import Config, Labels
from .disagreement import disagreement_config
from .documents import TWINS_CONFIG, WITHHELD, annotations_config, documents_config, twins_config, withheld_config
from .entities import entities_config
from .records import layer_config, quotes_config, stances_config
from .rows import Rows
from .values import Row, columns_of, projected

__all__ = [
    "TWINS_CONFIG",
    "WITHHELD",
    "Batches",
    "Config",
    "Labels",
    "Packed",
    "Row",
    "build",
    "configs",
    "joined",
    "pack",
    "unpack",
]

_SHOWN = ("entities", "mentions", "quotes", "nonquotes", "stances", SENTENCES)
"""The layers whose records are rows or columns of other configs; every other layer has a config of its own."""
TWIN_OF = "twin_of"
"""The field of a record that makes an article a twin."""
Batches = dict[str, pa.RecordBatch]
"""Rows by the name of their config."""
Packed = list[tuple[str, str, bytes]]
"""Batches as bytes: the split, the config, and a stream of Arrow."""


@lru_cache(maxsize=4)
def configs(schema: Schema) -> tuple[Config, ...]:
    """Return the configs that this schema gives, the default one first."""
    found = [documents_config(schema), annotations_config(schema)]
    if {"entities", "mentions"} <= schema.layers.keys():
        found.append(entities_config(schema))
    if "quotes" in schema.layers:
        found.append(quotes_config(schema))
    if "stances" in schema.layers:
        found.append(stances_config(schema))
    found += [layer_config(layer) for name, layer in schema.layers.items() if name not in _SHOWN]
    twins = [twins_config(schema)] if any(field.name == TWIN_OF for field in schema.article_fields) else []
    return (*found, disagreement_config(), *twins, withheld_config(schema))


def build(rows: list[Row], schema: Schema, columns: Columns | None = None) -> dict[str, Batches]:
    """Return the rows of every config, by split and config, each in the order of the documents.

    Documents come as `rows`, in `columns`, or both; those in columns have a number, and each row has the number of its
    document in that order. Articles without text are in the config `withheld` only, so that no other config has nulls
    in their place; twins are in the config `twins` only, so that each split has an article once.
    """
    values = {row.article.doc_id: row.annotations for row in rows}
    if columns is None or not len(columns):
        every = columns_of(rows, schema)
    else:
        every = projected(columns).joined(columns_of(rows, schema)) if rows else columns
    splits = every.record("split").to_pylist()
    if rows or splits != sorted(splits):
        every = every.take(np.array(sorted(range(len(every)), key=lambda i: (splits[i], every.numbers[i])), np.int64))
    found: dict[str, Batches] = {name: {} for name in sorted(set(splits))}
    known, is_twin = every.texts.known, _is_twin(every, schema)
    tables = configs(schema)
    others = [one for one in tables if one.name not in (TWINS_CONFIG, WITHHELD)]
    _add(Rows(every.select(known & ~is_twin), values), others, found)
    _add(Rows(every.select(known & is_twin), values), [one for one in tables if one.name == TWINS_CONFIG], found)
    _add(Rows(every.select(~known), values), [one for one in tables if one.name == WITHHELD], found)
    return found


def _is_twin(columns: Columns, schema: Schema) -> Mask:
    """Return for each document whether its record names an original."""
    if not any(field.name == TWIN_OF for field in schema.article_fields):
        return np.zeros(len(columns), np.bool_)
    found: Mask = columns.record(TWIN_OF).is_valid().to_numpy(zero_copy_only=False)
    return found


def joined(some: Sequence[dict[str, Batches]]) -> dict[str, Batches]:
    """Return the rows of several builds, one after another."""
    if len(some) == 1:
        return some[0]
    found: dict[str, dict[str, list[pa.RecordBatch]]] = {}
    for one in some:
        for split, batches in one.items():
            for name, batch in batches.items():
                found.setdefault(split, {}).setdefault(name, []).append(batch)
    return {split: {name: pa.concat_batches(all_) for name, all_ in of.items()} for split, of in found.items()}


def pack(batches: dict[str, Batches]) -> Packed:
    """Return batches as bytes in Arrow's format, to be sent to another process."""
    return [(split, name, _stream(batch)) for split, of in batches.items() for name, batch in of.items()]


def unpack(packed: Packed) -> dict[str, Batches]:
    """Return the batches of `pack`; they share its memory."""
    found: dict[str, Batches] = {}
    for split, name, data in packed:
        found.setdefault(split, {})[name] = pa.ipc.open_stream(data).read_next_batch()
    return found


def _stream(batch: pa.RecordBatch) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def _add(rows: Rows, tables: Sequence[Config], found: dict[str, Batches]) -> None:
    """Add rows, which are sorted by split, to the batches of some tables."""
    if not len(rows):
        return
    splits = rows.columns.record("split").to_pylist()
    for config in tables:
        batch = pa.RecordBatch.from_arrays(config.rows(rows), schema=config.columns)
        row_of = index_in(batch["doc_id"], rows.ids)
        for split in dict.fromkeys(splits):
            first, last = np.searchsorted(row_of, (splits.index(split), bisect_right(splits, split))).tolist()
            if first < last:
                found[split][config.name] = _part(batch, first, last)


def _part(batch: pa.RecordBatch, first: int, last: int) -> pa.RecordBatch:
    """Return some rows of a batch; a small part is copied, so that it does not keep the others in memory."""
    if last - first > batch.num_rows // 2:
        return batch.slice(first, last - first)
    # With nothing to add, it could be returned as it is.
    return pa.concat_batches([batch.slice(first, last - first), batch.slice(0, 0)])
