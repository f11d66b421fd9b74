"""Divide a column of items into buckets by the items themselves, so that equal items of all documents meet in one.

    a b c | a d        bucket 0: a   | a           columns of arrays, an array for each document
                       bucket 1: b c | d

A rule that looks for equal items needs one bucket at a time, wherever its documents were read.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .arrays import Numbers, begins_of, joined, lengths_of, numbers, sliced

BUCKETS = 8


def bucket_of(column: pa.BinaryArray, size: int, bucket: int) -> pa.LargeBinaryArray:
    """Return of each array the items of `size` bytes that are in a bucket: their first byte says in which."""
    data, lengths = np.frombuffer(joined(column), np.uint8).reshape(-1, size), lengths_of(column) // size
    inside = data[:, 0] % BUCKETS == bucket
    begins = begins_of(inside)[begins_of(lengths)]
    return sliced(data[inside].tobytes(), begins * size)


def slice_of(column: pa.BinaryArray, bucket: int) -> pa.LargeBinaryArray:
    """Return of each array one of `BUCKETS` slices of equal size; the arrays are of one size, or empty."""
    lengths = lengths_of(column)
    width = int(lengths.max(initial=0)) // BUCKETS
    rows = np.frombuffer(joined(column), np.uint8).reshape(-1, max(1, width * BUCKETS))
    return sliced(
        np.ascontiguousarray(rows[:, bucket * width : (bucket + 1) * width]).tobytes(), begins_of(lengths // BUCKETS)
    )


def chosen(column: pa.BinaryArray, these: Numbers) -> npt.NDArray[np.uint8]:
    """Return the bytes of some of the arrays, end to end."""
    found: npt.NDArray[np.uint8] = np.frombuffer(joined(column.take(numbers(these))), np.uint8)
    return found
