"""Lists as columns: how many items each list has, and the items of all lists one after another.

lists     [a, b]  null  []  [c]
counts    2       0     0   1
known     yes     no    yes yes
items     a  b  c
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...columns.keys import Mask
from ...columns.parse import Numbers
from ...core.arrays import begins_of, joined, lengths_of, ranges


class ListColumn(NamedTuple):
    """Lists: the number of items of each, whether each is known (not null), and all items."""

    counts: Numbers
    known: Mask
    items: pa.Array

    @classmethod
    def of(cls, column: pa.ListArray) -> ListColumn:
        """Return the lists of a column."""
        counts = pc.fill_null(pc.list_value_length(column), 0).to_numpy().astype(np.int64)
        return cls(counts, column.is_valid().to_numpy(zero_copy_only=False), column.flatten())

    def with_items(self, items: pa.Array) -> ListColumn:
        """Return lists of other items, as many in each."""
        return self._replace(items=items)

    @property
    def column(self) -> pa.ListArray:
        """The lists as a column."""
        return list_column(self.counts, self.items, self.known)

    def joined(self, gap: str) -> pa.StringArray:
        """Return the strings of each list as one; null for no list and where one of them is null."""
        if (self.counts == 1).all() and len(self.items) == len(self.counts):
            return self.items
        return pc.binary_join(self.column, gap)


def list_column(counts: Numbers, items: pa.Array, known: Mask | None = None) -> pa.ListArray:
    """Return lists of so many items each, null where they are not known."""
    offsets = np.zeros(len(counts) + 1, np.int32)
    np.cumsum(counts, out=offsets[1:])
    if known is None or known.all():
        return pa.ListArray.from_arrays(pa.array(offsets), items)
    return pa.ListArray.from_arrays(pa.array(offsets), items, mask=pa.array(~known))


def lists_like(column: pa.ListArray, items: pa.Array) -> pa.ListArray:
    """Return a column of lists with other items."""
    return ListColumn.of(column).with_items(items).column


def taken(values: pa.Array, numbers: Numbers) -> pa.Array:
    """Return the value of each number, null for -1."""
    if len(numbers) == len(values) and np.array_equal(numbers, np.arange(len(values))):
        return values
    return values.take(pa.array(numbers, mask=numbers < 0))


def placed(values: pa.StringArray, places: Numbers, size: int, other: str) -> pa.StringArray:
    """Return `size` strings: the values at their places, which ascend, and `other`, of at most one byte, elsewhere."""
    fill = other.encode()
    lengths = np.full(size, len(fill))
    lengths[places] = lengths_of(values)
    begins = begins_of(lengths)
    data = np.full(begins[-1], fill[0] if fill else 0, np.uint8)
    data[ranges(begins[places], lengths[places])] = np.frombuffer(joined(values), np.uint8)
    return pa.StringArray.from_buffers(size, pa.py_buffer(begins.astype(np.int32)), pa.py_buffer(data))


def index_in(values: pa.Array, names: Sequence[str]) -> Numbers:
    """Return the index of each value in some names, -1 if it is none of them."""
    found: Numbers = pc.fill_null(pc.index_in(values, pa.array(names, pa.string())), -1).to_numpy().astype(np.int64)
    return found


def lists(values: Sequence[Sequence[Any] | None], flat: pa.Array) -> pa.ListArray:
    """Return a column of lists over concatenated items; null where a value is None."""
    offsets = pa.array([0, *accumulate(len(value or ()) for value in values)], pa.int32())
    if None in values:
        return pa.ListArray.from_arrays(offsets, flat, mask=pa.array([value is None for value in values]))
    return pa.ListArray.from_arrays(offsets, flat)
