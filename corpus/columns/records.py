"""The records of a layer in columns: labels, spans, and references as numbers of records.

    annotation     0        1                 the annotation of each record
    records        m0  m1   m0                numbered 0, 1, 2
    spans          ·   · ·  ·                 numbered 0 … 3, each with its record: 0, 1, 1, 2
    entity         0   1    2                 the number of the entity that a record refers to, -1 if it has none

A layer or a field that the schema does not have is empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..core.schema import TARGETS, Field, Layer
from .keys import Mask
from .parse import Numbers
from .types import SPAN, type_of


class Spans(NamedTuple):
    """The spans of a field, or of all fields: the record, document, offsets in the text and quoted words of each."""

    record: Numbers
    document: Numbers
    start: Numbers
    end: Numbers
    text: pa.StringArray


class Links(NamedTuple):
    """References: the record that has each, and the number of the record that it names, -1 if there is none."""

    record: Numbers
    to: Numbers


class Values(NamedTuple):
    """The values of a field: a number for each record, -1 for null, and the value that each number stands for."""

    codes: Numbers
    distinct: list[Any]


class Records:
    """The records of one layer, of all annotations."""

    def __init__(self, name: str, layer: Layer | None, lists: pa.ListArray | None, document_of: Numbers) -> None:
        self.name, self.layer = name, layer
        lengths = _lengths(lists) if lists is not None else np.zeros(len(document_of), np.int64)
        self.annotation = np.repeat(np.arange(len(document_of)), lengths)
        self.document = document_of[self.annotation]
        """The document of each record."""
        items = lists.flatten() if lists is not None else pa.array([], pa.struct([]))
        self._fields: dict[str, pa.Array] = {
            items.type.field(i).name: items.field(i) for i in range(items.type.num_fields)
        }
        self.links: dict[str, Links] = {}
        """The references of each field to records, after `link`."""
        self._spans: dict[str, Spans] = {}
        self._coded: dict[str, Values] = {}

    def __len__(self) -> int:
        return len(self.document)

    def values(self, field: str, kind: pa.DataType | None = None) -> pa.Array:
        """Return the values of a field; nulls if there is no such field."""
        found = self._fields.get(field)
        return pa.nulls(len(self), kind or pa.string()) if found is None else found

    def has(self, field: str) -> Mask:
        """Return which records have a value, or an empty list."""
        mask: Mask = self.values(field).is_valid().to_numpy(zero_copy_only=False)
        return mask

    def equals(self, field: str, *values: str | int | bool) -> Mask:
        """Return which records have one of some values."""
        column = self.values(field)
        if column.null_count == len(column):
            return np.zeros(len(self), np.bool_)
        pa.array(values, column.type)  # raises if the schema gives the field another type
        codes, distinct = self.coded(field)
        # The last one is for null, whose number is -1.
        mask: Mask = np.array([*(value in values for value in distinct), False], np.bool_).take(codes)
        return mask

    def coded(self, field: str) -> Values:
        """Return the values of a field of scalars, each once, and which of them each record has."""
        if field not in self._coded:
            self._coded[field] = values_of(self.values(field))
        return self._coded[field]

    def count(self, field: str) -> Numbers:
        """Return the number of items of each record in a field of lists."""
        column = self._fields.get(field)
        return np.zeros(len(self), np.int64) if column is None else _lengths(column)

    def spans(self, field: str) -> Spans:
        """Return the spans of a field."""
        if field not in self._spans:
            column = self.values(field, pa.list_(SPAN))
            record = np.repeat(np.arange(len(self)), _lengths(column))
            items = column.flatten()
            start, end = (pc.fill_null(items.field(i), 0).to_numpy() for i in range(2))
            self._spans[field] = Spans(record, self.document[record], start, end, items.field(2))
        return self._spans[field]

    @property
    def all_spans(self) -> list[Spans]:
        """The spans of each field."""
        return [self.spans(field.name) for field in (self.layer.of_kind("spans") if self.layer else ())]

    def first(self, field: str) -> tuple[Numbers, Numbers]:
        """Return the start of the first span and the end of the last one of each record; 0 and 0 if it has none."""
        spans, count = self.spans(field), self.count(field)
        last = np.cumsum(count)
        has = count > 0
        start, end = np.zeros(len(self), np.int64), np.zeros(len(self), np.int64)
        start[has], end[has] = spans.start[(last - count)[has]], spans.end[last[has] - 1]
        return start, end

    def extent(self, field: str) -> tuple[Numbers, Numbers]:
        """Return the least start and the greatest end of the spans of each record; 0 and 0 if it has none."""
        spans = self.spans(field)
        start, end = np.full(len(self), np.iinfo(np.int64).max), np.zeros(len(self), np.int64)
        np.minimum.at(start, spans.record, spans.start)
        np.maximum.at(end, spans.record, spans.end)
        return np.where(self.count(field) > 0, start, 0), end

    def refers(self, field: str) -> Links:
        """Return the references of a field to records, one for each item of a list."""
        none = np.zeros(0, np.int64)
        return self.links.get(field, Links(none, none))

    def referred(self, field: str) -> Numbers:
        """Return the record that each record refers to in a field of one reference, -1 if none."""
        links = self.links.get(field)
        return np.full(len(self), -1) if links is None else links.to

    @cached_property
    def ids(self) -> pa.StringArray:
        """The id of each record."""
        return self.values("id")


def values_of(column: pa.Array) -> Values:
    """Return the values of an array of scalars, each once, and which of them each item is."""
    if column.null_count == len(column):
        return Values(np.full(len(column), -1), [])
    coded = column.dictionary_encode()
    return Values(pc.fill_null(coded.indices, -1).to_numpy().astype(np.int64), coded.dictionary.to_pylist())


def link(layers: Mapping[str, Records], targets: Sequence[str]) -> Mask:
    """Resolve the references of all layers.

    Returns the annotations with a repeated id, with a reference to no record of the layer, or to no target.
    """
    own = list(layers.values())
    references = [(one, field) for one in own for field in (one.layer.of_kind("reference") if one.layer else ())]
    size = 1 + max((int(one.annotation.max()) for one in own if len(one)), default=-1)
    wrong = np.zeros(size, np.bool_)
    if not size:
        return wrong
    columns, holders = [one.ids for one in own], [one.annotation for one in own]
    named: list[tuple[Records, Field, Numbers, Numbers]] = []
    for one, field in references:
        record, values = _references(one, field)
        has = values.is_valid().to_numpy(zero_copy_only=False)
        if field.refers_to == TARGETS:
            known = pc.is_in(values, pa.array(targets, pa.string())).to_numpy(zero_copy_only=False)
            wrong[one.annotation[record[has & ~known]]] = True
        else:
            named.append((one, field, record, has))
            columns.append(values)
            holders.append(one.annotation[record])
    joined = pa.chunked_array(columns, pa.string()).combine_chunks()
    codes = pc.fill_null(joined.dictionary_encode().indices, -1).to_numpy().astype(np.int64)
    keys = np.concatenate(holders) * (1 + codes.max(initial=-1)) + codes
    total = sum(map(len, own))
    order = np.argsort(keys[:total])
    known_keys = keys[:total][order]
    repeated = known_keys[1:] == known_keys[:-1]
    if repeated.any():
        # A reference is to the first record with an id.
        order = np.argsort(keys[:total], kind="stable")
        annotation = np.concatenate([one.annotation for one in own])
        wrong[annotation[order[1:][repeated]]] = True
    begins, first = {}, 0
    for one in own:
        begins[one.name] = first
        first += len(one)
    at = total
    for one, field, record, has in named:
        wanted = keys[at : at + len(record)]
        at += len(record)
        place = np.minimum(np.searchsorted(known_keys, wanted), max(0, total - 1))
        found = order[place] if total else place
        to = found - begins[field.refers_to]
        is_known = (
            has & (known_keys[place] == wanted) & (to >= 0) & (to < len(layers[field.refers_to])) if total else has
        )
        wrong[one.annotation[record[has & ~is_known]]] = True
        one.links[field.name] = Links(record, np.where(is_known, to, -1))
    return wrong


def _references(one: Records, field: Field) -> tuple[Numbers, pa.StringArray]:
    values = one.values(field.name, type_of(field))
    if not field.many:
        return np.arange(len(one)), values
    return np.repeat(np.arange(len(one)), _lengths(values)), values.flatten()


def _lengths(lists: pa.ListArray) -> Numbers:
    lengths: Numbers = pc.fill_null(pc.list_value_length(lists), 0).to_numpy().astype(np.int64)
    return lengths
