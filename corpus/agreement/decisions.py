"""Count what an adjudicator did with the records of two annotators, and estimate what both missed.

                          in gold                                not in gold
    both annotators have  both (overruled if changed in a field) removed
    one of them has       one                                    rejected
    neither has           added                                  –

The adjudicator's records are taken as the truth, and the annotators as two captures of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..core.model import Record
from ..core.schema import Field, Schema
from ..matching import Matching, Matchings, Unit, joint_units
from .bootstrap import Resamples
from .coefficients import Cell, Floats
from .sums import Sums

if TYPE_CHECKING:
    import pandas as pd

COUNTS = ("both", "one", "added", "removed", "rejected", "overruled")
"""The counted decisions; `overruled` is a part of `both`."""
_DIGITS = 1
"""Decimals of an estimated number of records."""


class Decided(NamedTuple):
    """Identifies decisions: a layer and the two annotators, "a, b"."""

    layer: str
    annotators: str


Decisions = dict[Decided, Sums]


def count_decisions(
    schema: Schema, layers: Sequence[str], annotations: Mapping[str, Record], matched: Matchings
) -> Iterator[tuple[str, Mapping[Cell, float]]]:
    """Yield each layer that all three annotated, with the counts of the decisions on one document.

    `annotations` are those of two annotators and, last, of the adjudicator. `matched` has the matching of each pair.
    """
    first, second, judge = annotations
    pairs = (first, second), (first, judge), (second, judge)
    for name in layers:
        if not all(matched[pair].is_matchable(name) for pair in pairs):
            continue
        layer = schema.layers[name]
        fields = [field for field in layer.fields if all(matched[pair].is_comparable(layer, field) for pair in pairs)]
        counts: Counter[Cell] = Counter()
        for unit in joint_units(name, annotations, matched):
            counts[(_decision(unit, first, second, judge),)] += 1
            if len(unit) == 3:
                counts[("overruled",)] += _is_overruled(
                    name, fields, unit, matched[first, second], matched[first, judge]
                )
            elif judge in unit and len(unit) == 2:
                counts[("first" if first in unit else "second",)] += 1
        yield name, counts


def _decision(unit: Unit, first: str, second: str, judge: str) -> str:
    having = (first in unit) + (second in unit)
    return (("", "rejected", "removed"), ("added", "one", "both"))[judge in unit][having]


def _is_overruled(layer: str, fields: Sequence[Field], unit: Unit, annotators: Matching, judged: Matching) -> bool:
    """Return whether both annotators chose the same in a field and the adjudicator says something else."""
    one, other, decided = unit.values()
    return any(
        annotators.same(field, one, other)
        and not judged.same(field, one, decided)
        and annotators.is_chosen(layer, field.name, one, other)
        for field in fields
    )


def chapman_missed(cells: Sequence[Cell], sums: Floats) -> Floats:
    """Return for each row the estimated number of true records that both annotators missed.

    Chapman (1951), "Some properties of the hypergeometric distribution with applications to zoological sample
    censuses": with n₁ and n₂ records found by each and m by both, N = (n₁ + 1)(n₂ + 1) / (m + 1) - 1. Missed are
    N - (n₁ + n₂ - m) = (n₁ - m)(n₂ - m) / (m + 1). It assumes that the annotators miss records independently and that
    all records are equally hard to find; hard ones are missed by both, so it estimates too few. NaN if no record was
    found by both.
    """
    found = {name: sums[:, cells.index((name,))] if (name,) in cells else np.zeros(len(sums)) for name in _CAPTURES}
    estimate: Floats = np.where(found["both"] > 0, found["first"] * found["second"] / (found["both"] + 1), np.nan)
    return estimate


_CAPTURES = ("both", "first", "second")


def decision_table(decisions: Decisions, schema: Schema, resamples: Resamples) -> pd.DataFrame:
    """Return layer, annotators, the counts, missed with low and high (95%), documents: a row for each layer and pair.

    The interval is over resamples of documents; NaN for fewer than two.
    """
    import pandas as pd

    layers = list(schema.layers)
    ordered = sorted(decisions, key=lambda key: (layers.index(key.layer), key.annotators))
    rows = [_row(key, decisions[key], resamples) for key in ordered]
    return pd.DataFrame(rows, columns=["layer", "annotators", *COUNTS, "missed", "low", "high", "documents"])


def _row(key: Decided, sums: Sums, resamples: Resamples) -> tuple[Any, ...]:
    table, cells = sums.dense(), list(sums.cells)
    whole = table.sum(axis=0, keepdims=True)
    counts = [int(whole[0, cells.index((name,))]) if (name,) in cells else 0 for name in COUNTS]
    missed = round(float(chapman_missed(cells, whole)[0]), _DIGITS)
    low, high = resamples.interval(lambda sums: chapman_missed(cells, sums), table, _DIGITS)
    return *key, *counts, missed, low, high, len(table)
