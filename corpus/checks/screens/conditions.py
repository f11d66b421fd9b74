"""Screen of S501: the conditions of the schema, test by test."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ...columns.documents import Columns
from ...columns.keys import Mask
from ...columns.records import Records, Values, values_of
from ...core.layers import FieldTest


def broken_condition(columns: Columns) -> Mask:
    """Screen of S501.

    A field that is null may be missing, and a test of a missing field is not asked: both are taken for possible.
    """
    flags = np.zeros(len(columns), np.bool_)
    for name, conditions in columns.schema.conditions.items():
        records = columns.layer(name)
        for condition in conditions if len(records) else ():
            asked = np.ones(len(records), np.bool_)
            for test in condition.tests:
                asked &= _may(records, test, True)
            for test in condition.then:
                flags[records.document[asked & _may(records, test, False)]] = True
    return flags


def _may(records: Records, test: FieldTest, hold: bool) -> Mask:
    """Return which records may pass a test, or with `hold` False may fail it."""
    column = records.values(test.field)
    if pa.types.is_list(column.type):
        lengths = records.count(test.field)
        among = np.zeros(len(records), np.bool_)
        if set(test.values) - {None}:
            if pa.types.is_struct(column.type.value_type):
                return np.ones(len(records), np.bool_)
            owners = np.repeat(np.arange(len(records)), lengths)
            among[owners[_among(values_of(column.flatten()), test)]] = True
        among |= (lengths == 0) & (None in test.values)
    else:
        among = _among(records.coded(test.field), test)
    null = ~records.has(test.field)
    may: Mask = (among != (test.negated == hold)) | (null & (None not in test.values))
    return may


def _among(values: Values, test: FieldTest) -> Mask:
    """Return which values are among those of a test; null stands for None."""
    # The last one is for null, whose number is -1.
    mask: Mask = np.array([test.names(value) for value in (*values.distinct, None)], np.bool_).take(values.codes)
    return mask
