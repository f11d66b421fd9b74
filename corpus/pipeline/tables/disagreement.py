"""The config `disagreement`: what each annotator and gold say in one field of one thing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from operator import attrgetter

import numpy as np
import pyarrow as pa

from ...columns.types import SPAN
from ...core.alternatives import alternatives, as_label
from ...core.model import GOLD, Record
from ...core.schema import Field
from ...matching import Item, items, place_fields
from .columns import lists
from .config import Config
from .rows import Rows

DISAGREEMENT = "disagreement"
_STRINGS = pa.list_(pa.string())
_SHARES = pa.list_(pa.struct([("label", pa.string()), ("share", pa.float64())]))
_COLUMNS: tuple[tuple[str, pa.DataType, str], ...] = (
    ("doc_id", pa.string(), "The document."),
    ("layer", pa.string(), "The layer of the records."),
    ("item", pa.string(), "What is labelled: the id of gold's record, or ANNOTATOR/ID where gold has none."),
    ("field", pa.string(), "The field of the labels."),
    ("spans", pa.list_(SPAN), "The words that are labelled, as in gold or else in the first annotator's record."),
    ("annotators", _STRINGS, "The annotators who annotated the field, without gold."),
    ("annotations", _STRINGS, "The label of each, null where the annotator has no such record or gave no value."),
    ("records", _STRINGS, "The id of each one's record, null where the annotator has none."),
    ("hard_label", pa.string(), "The label of gold; null where gold has no such record or no value."),
    ("soft_label", _SHARES, "The share of each label among those that the annotators gave, most frequent first."),
    ("alternatives", _STRINGS, "Labels that the adjudicator found as good as gold's; null for no record at all."),
)


def disagreement_config() -> Config:
    """Return the table with a row for each field with labels of each thing that an annotator or gold marked."""
    return Config(
        DISAGREEMENT,
        "One field of one thing: the labels of all annotators, of gold, and their distribution.",
        pa.schema([(name, kind) for name, kind, _ in _COLUMNS]),
        {},
        _disagreement,
        {name: words for name, _, words in _COLUMNS},
    )


def _disagreement(rows: Rows) -> list[pa.Array]:
    found: list[Item] = []
    good, texts, ids = [], [], []
    for document in np.unique(rows.columns.document[rows.others]).tolist():
        annotations = rows.annotations(document)
        some = list(items(rows.schema, annotations))
        found += some
        good += [_by_record(alternatives(annotations[GOLD])) if GOLD in annotations else {}] * len(some)
        texts += [rows.texts.listed[document]] * len(some)
        ids += [rows.ids[document].as_py()] * len(some)
    place = {name: place_fields(layer) for name, layer in rows.schema.layers.items()}
    spans = [_spans(item, place[item.layer]) for item in found]
    labels = [
        _labels(item, of_document, of_item) if of_document else []
        for item, of_document, of_item in zip(found, good, spans, strict=True)
    ]
    words = [text for text, of_item in zip(texts, spans, strict=True) for _ in of_item or ()]
    return [
        pa.array(ids, pa.string()),
        *(pa.array(list(map(attrgetter(name), found)), pa.string()) for name in ("layer", "item", "field")),
        lists(spans, _span_column(list(chain.from_iterable(filter(None, spans))), words)),
        *(_strings(list(map(attrgetter(name), found))) for name in ("annotators", "annotations")),
        _strings([[one.unit[name]["id"] if name in one.unit else None for name in one.annotators] for one in found]),
        pa.array([item.hard_label for item in found], pa.string()),
        _shares([list(item.soft_label.items()) for item in found]),
        _strings(labels),
    ]


def _spans(item: Item, fields: Sequence[Field]) -> list[tuple[int, int]] | None:
    """Return the place of an item, that of gold's record if it has one; None for records without a place."""
    record = next(iter(item.unit.values()))
    return [(span["start"], span["end"]) for field in fields for span in record[field.name]] if fields else None


def _by_record(some: list[Record]) -> dict[tuple[str, str], list[Record]]:
    """Return alternatives by (layer, id of the record, "" for none)."""
    found: dict[tuple[str, str], list[Record]] = {}
    for one in some:
        found.setdefault((one["layer"], one.get("record") or ""), []).append(one)
    return found


def _labels(
    item: Item, good: Mapping[tuple[str, str], list[Record]], place: list[tuple[int, int]] | None
) -> list[str | None]:
    """Return the labels that are as good as gold's; None for no record, and all labels given where gold has no record.

    `place` is the place of the item, `good` are the alternatives of its document.
    """
    if GOLD not in item.unit:
        there = (one.get("spans") or () for one in good.get((item.layer, ""), ()))
        as_good = any(place == [(span["start"], span["end"]) for span in spans] for spans in there)
        return list(item.soft_label) if place and as_good else []
    of_record = good.get((item.layer, item.unit[GOLD]["id"]), ())
    return [
        as_label(one.get("value")) if one.get("field") else None
        for one in of_record
        if one.get("field") in (None, item.field)
    ]


def _strings(values: Sequence[Sequence[str | None]]) -> pa.ListArray:
    return lists(values, pa.array(list(chain.from_iterable(values)), pa.string()))


def _shares(values: Sequence[Sequence[tuple[str, float]]]) -> pa.ListArray:
    labels, shares = zip(*chain.from_iterable(values), strict=True) if any(values) else ((), ())
    arrays = [pa.array(labels, pa.string()), pa.array(shares, pa.float64())]
    return lists(values, pa.StructArray.from_arrays(arrays, fields=list(_SHARES.value_type)))


def _span_column(spans: Sequence[tuple[int, int]], texts: Sequence[str]) -> pa.StructArray:
    words = [text[start:end] for (start, end), text in zip(spans, texts, strict=True)]
    starts, ends = zip(*spans, strict=True) if spans else ((), ())
    arrays = [pa.array(starts, pa.int64()), pa.array(ends, pa.int64()), pa.array(words, pa.string())]
    return pa.StructArray.from_arrays(arrays, fields=list(SPAN))
