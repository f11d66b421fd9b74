"""Count the labels of gold; of one document or of many.

q1 type direct, q2 type direct, m1 form NAM  →  (number of quotes.type direct, 2), (number of mentions.form NAM, 1)
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from itertools import pairwise

import numpy as np

from ..columns.documents import Columns
from ..columns.records import Records, values_of
from ..core.arrays import Numbers, begins_of
from ..core.model import Annotation
from ..core.schema import Field, Schema

COUNTED = np.dtype([("label", "<u2"), ("count", "<u4")])
"""A label of `label_names`, by its number, and how often it occurs."""

Label = tuple[str, str, str]
"""Layer, field and name."""


@lru_cache(maxsize=8)
def label_names(schema: Schema) -> tuple[Label, ...]:
    """Return every label."""
    return tuple(
        (layer.name, one.name, label.name)
        for layer in schema.layers.values()
        for one in layer.of_kind("label")
        for label in one.labels
    )


def label_counts(gold: Annotation, schema: Schema) -> bytes:
    """Return the labels that occur in an adjudicated annotation, as an array of `COUNTED`."""
    counts: Counter[Label] = Counter()
    for layer in schema.layers.values():
        for one in layer.of_kind("label"):
            for record in gold.layer(layer.name):
                value = record.get(one.name)
                counts.update((layer.name, one.name, label) for label in (value or () if one.many else (value or "",)))
    rows = [(number, counts[name]) for number, name in enumerate(label_names(schema)) if counts[name]]
    return np.array(rows, COUNTED).tobytes()


def label_counts_of(columns: Columns) -> list[bytes]:
    """Return the labels that occur in the adjudicated annotation of each document, b"" where there is none."""
    names = label_names(columns.schema)
    numbers = {name: number for number, name in enumerate(names)}
    counts = np.zeros(len(columns) * len(names), np.int64)
    for layer in columns.schema.layers.values():
        records = columns.layer(layer.name)
        for one in layer.of_kind("label"):
            document, label = _labels(columns, records, one, numbers)
            counts += np.bincount(document * len(names) + label, minlength=len(counts))
    found = np.flatnonzero(counts)
    rows = np.zeros(len(found), COUNTED)
    rows["label"], rows["count"] = found % max(1, len(names)), counts[found]
    data = rows.tobytes()
    cuts = (begins_of(np.bincount(found // max(1, len(names)), minlength=len(columns))) * COUNTED.itemsize).tolist()
    return [data[begin:end] for begin, end in pairwise(cuts)]


def _labels(columns: Columns, records: Records, field: Field, numbers: dict[Label, int]) -> tuple[Numbers, Numbers]:
    """Return the document and the number of each label of gold in a field."""
    document, own = records.document, columns.gold[records.annotation]
    if field.many:
        count = records.count(field.name)
        document, own = np.repeat(document, count), np.repeat(own, count)
        codes, distinct = values_of(records.values(field.name).flatten())
    else:
        codes, distinct = records.coded(field.name)
    label = np.array([*(numbers.get((records.name, field.name, value), -1) for value in distinct), -1]).take(codes)
    known = own & (label >= 0)
    return document[known], label[known]
