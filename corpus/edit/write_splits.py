"""Write the splits that `corpus split` chose into the records; all other bytes stay unchanged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ..core.model import Edit, Record, Source
from ..core.schema import Schema
from ..files import Index, Reader, by_document, canonical, edited, is_bulk
from ..files.index import RECORD
from .rewriter import ChangedLines, Rewriter


class Put(NamedTuple):
    """The values to write into a record; `story` only if the record has none."""

    split: str
    story: str


def put_splits(index: Index, schema: Schema, chosen: Mapping[str, Put], rewriter: Rewriter) -> None:
    """Write split and story into the records of the documents in `chosen` (doc_id → values).

    A file in canonical form stays canonical; in any other file, every byte around the new values is kept.
    """
    with Reader(index.root, index.unpacked) as reader, ChangedLines() as lines:
        for source, put in _records(index, reader, chosen):
            new = _with(source, put, schema)
            if is_bulk(source.path):
                lines.add(source.path, source.line, source.data, new)
            else:
                rewriter.file(source.path, source.data, new)
        lines.rewrite(rewriter, index)


def _records(index: Index, reader: Reader, chosen: Mapping[str, Put]) -> Iterator[tuple[Source, Put]]:
    for entries in (group for shard in index.shards(256) for group in by_document(shard)):
        put = chosen.get(entries[0].doc_id)
        if put is not None:
            parts = [entry for entry in entries if entry.kind == RECORD]
            yield reader.documents(parts)[0].source, put


def _with(source: Source, put: Put, schema: Schema) -> bytes:
    record: Record = source.value
    new = {"split": put.split, **({} if record.get("story") else {"story": put.story})}
    if not is_bulk(source.path) and source.data == canonical(record, "record", schema):
        return canonical({**record, **new}, "record", schema)
    return edited(source.data, [Edit(f"/{key}", value) for key, value in new.items()])
