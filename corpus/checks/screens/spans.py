"""Screens of levels 3 and 4: offsets, checksums and the words that spans quote; ids and references."""

from __future__ import annotations

import hashlib
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...columns.documents import Columns
from ...columns.keys import Mask
from ...columns.parse import Numbers
from ...columns.records import Spans
from ...columns.texts import JOINING, SPACE
from ...core.arrays import joined, lengths_of, ranges
from ...core.source_tokens import source_layers
from ..references import has_its_form
from .frame import frame

_DEEP = 16
"""Records above one from which on they may be a circle."""


def text_changed(columns: Columns) -> Mask:
    """Screen of P301."""
    texts = columns.texts
    cuts = texts.bytes_at(texts.begins).tolist()
    data, wanted = memoryview(texts.utf8), columns.record("text_sha256").to_pylist()
    found = [hashlib.sha256(data[cuts[i] : cuts[i + 1] - 1]).hexdigest() for i in range(len(columns))]
    changed = np.array([one != other for one, other in zip(found, wanted, strict=True)], np.bool_)
    return columns.texts.known & changed


def other_text(columns: Columns) -> Mask:
    """Screen of P302."""
    recorded = columns.record("text_sha256").take(pa.array(columns.document))
    same = pc.equal(columns.about("text_sha256"), recorded).to_numpy(zero_copy_only=False)
    return columns.flag(columns.document[~same])


def wrong_length(columns: Columns) -> Mask:
    """Screen of P303."""
    wrong: Mask = columns.texts.known & (columns.said_length != columns.texts.lengths)
    return wrong


def out_of_bounds(columns: Columns) -> Mask:
    """Screen of P304."""
    spans = _all(columns)
    return columns.flag(spans.document[_outside(columns, spans)])


def empty_or_reversed(columns: Columns) -> Mask:
    """Screen of P305 and P306."""
    spans = _all(columns)
    return columns.flag(spans.document[spans.start >= spans.end])


def slice_mismatch(columns: Columns) -> Mask:
    """Screen of P307."""
    spans, texts = _all(columns), columns.texts
    quoted = spans.text.is_valid().to_numpy(zero_copy_only=False) & texts.known[spans.document]
    bad = _outside(columns, spans) | (spans.start >= spans.end)
    flags = columns.flag(spans.document[bad | (texts.known[spans.document] & ~quoted)])
    chosen = np.flatnonzero(quoted & ~bad)
    document, words = spans.document[chosen], spans.text.take(pa.array(chosen))
    begins = texts.begins[document]
    first, last = texts.bytes_at(spans.start[chosen] + begins), texts.bytes_at(spans.end[chosen] + begins)
    same = last - first == lengths_of(words)
    flags[document[~same]] = True
    if not same.all():
        document, first, last, words = document[same], first[same], last[same], words.filter(pa.array(same))
    lengths = last - first
    differs = texts.data[ranges(first, lengths)] != np.frombuffer(joined(words), np.uint8)
    if differs.any():
        flags[np.repeat(document, lengths)[differs]] = True
    return flags


def no_span_text(columns: Columns) -> Mask:
    """Screen of P308."""
    spans = _all(columns)
    missing = spans.text.is_null().to_numpy(zero_copy_only=False)
    return columns.flag(spans.document[missing]) & columns.redistributable & columns.texts.known


def withheld_text(columns: Columns) -> Mask:
    """Screen of P309."""
    spans = _all(columns)
    return columns.flag(spans.document[spans.text.is_valid().to_numpy(zero_copy_only=False)]) & ~columns.redistributable


def edge_white_space(columns: Columns) -> Mask:
    """Screen of P310."""
    return _at_edges(columns, SPACE, SPACE, 0, -1)


def inside_grapheme(columns: Columns) -> Mask:
    """Screen of P313."""
    return _at_edges(columns, JOINING, JOINING, 0, 0) | _at_edges(columns, JOINING, JOINING, -1, -1)


def unsorted_or_overlapping(columns: Columns) -> Mask:
    """Screen of P311 and P312."""
    flags = np.zeros(len(columns), np.bool_)
    for records in columns.layers.values():
        for spans in records.all_spans:
            later = (spans.record[1:] == spans.record[:-1]) & (spans.start[1:] < spans.end[:-1])
            flags[spans.document[1:][later]] = True
            # The start of an empty or reversed span may be after that of the next one.
            earlier = (spans.record[1:] == spans.record[:-1]) & (spans.start[1:] <= spans.start[:-1])
            flags[spans.document[1:][earlier]] = True
            flags[spans.document[spans.start >= spans.end]] = True
    return flags


def unlinked(columns: Columns) -> Mask:
    """Screen of R401, R402, R403 and R405."""
    return columns.unlinked


def cycles(columns: Columns) -> Mask:
    """Screen of R404: a record with more records above it than a tree has."""
    flags = np.zeros(len(columns), np.bool_)
    for records in columns.layers.values():
        for field in records.layer.of_kind("reference") if records.layer else ():
            if field.refers_to == records.name and not field.many:
                flags[records.document[_deep(records.referred(field.name))]] = True
    return flags


def knowledge_base(columns: Columns) -> Mask:
    """Screen of R410."""
    entities = frame(columns).entities
    ids = entities.values("kb")
    wrong = [one for one in pc.unique(ids.drop_null()).to_pylist() if not has_its_form(one)]
    return (
        columns.flag(entities.document[entities.equals("kb", *wrong)]) if wrong else columns.flag(entities.document[:0])
    )


def _deep(up: Numbers) -> Numbers:
    """Return the records with as many records above them as no record in a tree has."""
    here = up
    for _ in range(_DEEP):
        if (here < 0).all():
            break
        here = np.where(here >= 0, up[here], -1)
    return np.flatnonzero(here >= 0)


@lru_cache(maxsize=2)
def _all(columns: Columns, skip: frozenset[str] = frozenset()) -> Spans:
    """Return the spans of all layers and fields, those without source layers apart from all."""
    every = [spans for name, one in columns.layers.items() if name not in skip for spans in one.all_spans]
    if not every:
        none = np.zeros(0, np.int64)
        return Spans(none, none, none, none, pa.array([], pa.string()))
    record, document, start, end = (np.concatenate([spans[part] for spans in every]) for part in range(4))
    text = pa.chunked_array([spans.text for spans in every], pa.string()).combine_chunks()
    return Spans(record, document, start, end, text)


def _outside(columns: Columns, spans: Spans) -> Mask:
    reach = columns.reach[spans.document]
    return (np.minimum(spans.start, spans.end) < 0) | (np.maximum(spans.start, spans.end) > reach)


def _at_edges(columns: Columns, first: int, last: int, at_start: int, at_end: int) -> Mask:
    """Flag a class of code point beside the edges of spans that a person chose, in texts that are known."""
    texts, spans = columns.texts, _all(columns, source_layers(columns.schema))
    begins = texts.begins[spans.document]
    hit = texts.has(spans.start + begins + at_start, first) | texts.has(spans.end + begins + at_end, last)
    return columns.flag(spans.document[hit]) & texts.known
