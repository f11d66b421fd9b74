"""Read documents into columns and screen them: which checks each must be asked, before it is read one by one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np

from ..checks.screening import Screened, screen
from ..columns.documents import Columns, Parts
from ..core.schema import Schema
from ..files import Entry, Reader, by_document
from ..files.index import ANNOTATION, ATTACHED, RECORD, TEXT

_BATCH = 4 * 2**20
"""Bytes of documents that are in memory at once, if one alone does not have more."""
_FEW = 16
"""Documents from which on a screen of all takes less time than the checks of each."""
_LARGEST = 2**19
"""Bytes of the largest part that is read into columns: it has fewer values than a file may have."""


def batches(entries: list[Entry]) -> Iterator[list[list[Entry]]]:
    """Yield the parts of some documents at a time, by document."""
    batch: list[list[Entry]] = []
    size = 0
    for group in by_document(entries):
        more = sum(entry.size for entry in group)
        if batch and size + more > _BATCH:
            yield batch
            batch, size = [], 0
        batch.append(group)
        size += more
    if batch:
        yield batch


def read_columns(
    groups: list[list[Entry]], reader: Reader, schema: Schema, today: date | None, by: str = ""
) -> Columns | None:
    """Return those documents that can be read into columns, None if they are too few.

    `Columns.numbers` are indexes of `groups`. The bytes that were read are those that `Reader.documents` reads next.
    """
    if len(groups) < _FEW:
        return None
    parts = [parts_of(group, reader) for group in groups]
    columns = Columns.read([part for part in parts if part is not None], schema, today, by)
    return columns.renumbered(np.array([i for i, part in enumerate(parts) if part is not None], np.int64))


def screened(columns: Columns | None) -> dict[str, Screened]:
    """Return what columns say about documents, by doc_id; a document that is missing must be asked all checks."""
    return screen(columns) if columns is not None else {}


def parts_of(group: list[Entry], reader: Reader) -> Parts | None:
    """Return the bytes of a document, None if it does not have the parts of one that can be in columns."""
    kinds = [entry.kind for entry in group]
    if not group[0].doc_id or kinds.count(RECORD) != 1 or kinds.count(TEXT) > 1:
        return None
    if max(entry.size for entry in group) > _LARGEST:
        return None
    held = reader.hold(group)
    if held is None:
        return None
    found: dict[int, list[tuple[Entry, bytes]]] = {RECORD: [], TEXT: [], ANNOTATION: []}
    for part in held.items():
        found[part[0].kind].append(part)
    ((record, data),), texts, annotations = found[RECORD], found[TEXT], found[ANNOTATION]
    return Parts(
        group[0].doc_id,
        data,
        record.line > 0 and not texts,
        texts[0][1] if texts else None,
        bool(texts) and texts[0][0].path.startswith(ATTACHED),
        tuple([(entry.annotator, data) for entry, data in annotations]),
        record.path,
        tuple([entry.path for entry, _ in texts]),
        tuple([entry.path for entry, _ in annotations]),
    )
