"""The figures: functions of sums of counts, for many sums at once, a row for the corpus or for a resample.

    kind            counts that add up over documents                        figures
    matched         matched, gold, predicted                                 precision, recall, F1
    resolved        numerators and denominators of recall and of precision   precision, recall, F1
    links           links within and between entities, of BLANC              precision, recall, F1
    conll           those of MUC, B³ and CEAF of entities                    F1, the mean of the three
    share           right, all                                               accuracy
    labels          matched, gold, predicted of each label                   macro F1, and F1 of each label

A figure is NaN where it divides by nothing, except where a metric's definition says 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Value = Callable[[Floats], Floats]
"""Sums (rows × counts) → a value for each row."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of counts: its figures by name, and the column that counts the gold records (n of a figure)."""

    figures: Mapping[str, Value]
    gold: int


def quotient(above: Floats, below: Floats, otherwise: float = np.nan) -> Floats:
    """Return above / below, `otherwise` where below is 0."""
    return np.divide(above, below, out=np.full(above.shape, otherwise, np.float64), where=below != 0)


def harmonic(one: Floats, other: Floats) -> Floats:
    """Return the harmonic mean of precision and recall, 0 if both are 0."""
    return quotient(2 * one * other, one + other, 0.0)


def _matched_f1(sums: Floats) -> Floats:
    return quotient(2 * sums[:, 0], sums[:, 1] + sums[:, 2])


def _resolved(sums: Floats, at: int = 0) -> Floats:
    """Return F1 of four sums from column `at`; 0 where a side has nothing to resolve, as in the reference scorer."""
    recall, precision = (quotient(sums[:, i], sums[:, i + 1], 0.0) for i in (at, at + 2))
    return harmonic(precision, recall)


def _links(sums: Floats, figure: Callable[[Floats, Floats, Floats], Floats]) -> Floats:
    """Return the mean over the two kinds of links; of one kind alone if the key has none of the other."""
    kinds = [(sums[:, at], sums[:, at + 1], sums[:, at + 2]) for at in (0, 3)]
    known = np.stack([key > 0 for _, key, _ in kinds])
    values = np.stack([np.where(there, figure(*kind), 0.0) for kind, there in zip(kinds, known, strict=True)])
    return quotient(values.sum(axis=0), known.sum(axis=0).astype(np.float64))


def _link_f1(both: Floats, key: Floats, response: Floats) -> Floats:
    return harmonic(quotient(both, response, 0.0), quotient(both, key, 0.0))


def _conll(sums: Floats) -> Floats:
    return np.mean([_resolved(sums, at) for at in (0, 4, 8)], axis=0)


MATCHED = Kind(
    {
        "precision": lambda sums: quotient(sums[:, 0], sums[:, 2]),
        "recall": lambda sums: quotient(sums[:, 0], sums[:, 1]),
        "F1": _matched_f1,
    },
    gold=1,
)
RESOLVED = Kind(
    {
        "precision": lambda sums: quotient(sums[:, 2], sums[:, 3], 0.0),
        "recall": lambda sums: quotient(sums[:, 0], sums[:, 1], 0.0),
        "F1": _resolved,
    },
    gold=1,
)
LINKS = Kind(
    {
        "precision": lambda sums: _links(sums, lambda both, key, response: quotient(both, response, 0.0)),
        "recall": lambda sums: _links(sums, lambda both, key, response: quotient(both, key, 0.0)),
        "F1": lambda sums: _links(sums, _link_f1),
    },
    gold=1,
)
CONLL = Kind({"F1": _conll}, gold=5)
SHARE = Kind({"accuracy": lambda sums: quotient(sums[:, 0], sums[:, 1])}, gold=1)


def label_f1(sums: Floats) -> Floats:
    """Return F1 of each label (rows × labels) from matched, gold and predicted counts of each; NaN for unused ones."""
    return quotient(2 * sums[:, 0::3], sums[:, 1::3] + sums[:, 2::3])


def macro_f1(sums: Floats, scored: npt.NDArray[np.bool_]) -> Floats:
    """Return the mean of F1 over the labels that `scored` selects; a label without any record in a row counts 0.

    `scored` is chosen once, for all resamples: the mean over the labels that happen to be in a resample would compare
    different figures.
    """
    if not scored.any():
        return np.full(len(sums), np.nan)
    return np.asarray(np.nan_to_num(label_f1(sums)[:, scored]).mean(axis=1))
