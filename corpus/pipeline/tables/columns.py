"""A field of many records → one Arrow column, built from flat lists and never from nested objects.

    records        [{"spans": [a, b]}, {"spans": [c]}]
    flat           [a, b, c]        offsets [0, 2, 3]
    columns        starts, ends, texts of flat  →  struct  →  list by the offsets

That is what makes compiling about as fast as reading.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, chain
from operator import itemgetter
from typing import Any

import pyarrow as pa

from ...columns.types import SCALARS, SPAN
from ...core.model import Record
from ...core.schema import Field


def column(field: Field, records: Sequence[Record]) -> pa.Array:
    """Return the values of a field, one for each record, null where a record has none."""
    name = field.name
    values = list(map(itemgetter(name), records)) if field.always else [record.get(name) for record in records]
    if field.kind == "spans":
        flat = list(chain.from_iterable(filter(None, values)))
        arrays = [
            pa.array(list(map(itemgetter("start"), flat)), pa.int64()),
            pa.array(list(map(itemgetter("end"), flat)), pa.int64()),
            pa.array([span.get("text") for span in flat], pa.string()),
        ]
        return lists(values, pa.StructArray.from_arrays(arrays, fields=list(SPAN)))
    if field.many:
        return lists(values, pa.array(list(chain.from_iterable(filter(None, values))), SCALARS[field.json_type]))
    return pa.array(values, SCALARS[field.json_type])


def lacks_words(values: pa.Array) -> bool:
    """Return True if a column of spans has one that does not quote its text."""
    return bool(values.type == pa.list_(SPAN) and values.values.field("text").null_count)


def lists(values: Sequence[Sequence[Any] | None], flat: pa.Array) -> pa.ListArray:
    """Return a column of lists over concatenated items; null where a value is None."""
    if None in values:
        offsets = pa.array([0, *accumulate(len(value) if value else 0 for value in values)], pa.int32())
        return pa.ListArray.from_arrays(offsets, flat, mask=pa.array([value is None for value in values]))
    return pa.ListArray.from_arrays(pa.array([0, *accumulate(len(value or ()) for value in values)], pa.int32()), flat)
