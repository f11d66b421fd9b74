"""The figures: functions of sums of counts, for many sums at once, a row for the corpus or for a resample.

    kind            counts that add up over documents                        figures
    matched         matched, gold, predicted                                 precision, recall, F1
    resolved        numerators and denominators of recall and of precision   precision, recall, F1
    links           links within and between entities, of BLANC              precision, recall, F1
    conll           those of MUC, B³ and CEAF of entities                    F1, the mean of the three
    share           right, all                                               accuracy
    labels          matched, gold, predicted of each label                   macro F1, accuracy, F1 of each label
    soft            sums over items of each distance of distributions, all   means over items

A figure is NaN where it divides by nothing, except where a metric's definition says 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Value = Callable[[Floats], Floats]
"""Sums (rows × counts) → a value for each row."""


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """A kind of counts: its figures by name, and the columns that count the gold records (n of a figure)."""

    figures: Mapping[str, Value]
    gold: tuple[int, ...] = (1,)
    labels: tuple[str, ...] = ()
    unscored: tuple[str, ...] = ()

    def figures_of(self, total: Floats) -> Mapping[str, Value]:
        """Return the figures, given the sums over all documents.

        The macro F1 of labels is the mean over those that gold has in all documents, for every resample: a mean over
        the labels that a resample happens to have would be another figure each time. A label without a record counts 0.
        """
        if not self.labels:
            return self.figures
        unused = (*self.unused(total), *self.unscored)
        used = [at for at, label in enumerate(self.labels) if label not in unused]
        return {"macro F1": lambda sums: np.nan_to_num(label_f1(sums)[:, used]).mean(axis=1), **self.figures}

    def unused(self, total: Floats) -> list[str]:
        """Return the labels that no gold record has, so that they are not in the macro F1."""
        return [one for at, one in enumerate(self.labels) if not total[3 * at + 1] and one not in self.unscored]


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
    return np.asarray(np.mean([_resolved(sums, at) for at in (0, 4, 8)], axis=0))


MATCHED = Kind(
    {
        "precision": lambda sums: quotient(sums[:, 0], sums[:, 2]),
        "recall": lambda sums: quotient(sums[:, 0], sums[:, 1]),
        "F1": _matched_f1,
    },
)
RESOLVED = Kind(
    {
        "precision": lambda sums: quotient(sums[:, 2], sums[:, 3], 0.0),
        "recall": lambda sums: quotient(sums[:, 0], sums[:, 1], 0.0),
        "F1": _resolved,
    },
)
LINKS = Kind(
    {
        "precision": lambda sums: _links(sums, lambda both, key, response: quotient(both, response, 0.0)),
        "recall": lambda sums: _links(sums, lambda both, key, response: quotient(both, key, 0.0)),
        "F1": lambda sums: _links(sums, _link_f1),
    },
)
CONLL = Kind({"F1": _conll}, gold=(5,))
SHARE = Kind({"accuracy": lambda sums: quotient(sums[:, 0], sums[:, 1])})


SOFT = Kind(
    {
        "cross-entropy": lambda sums: quotient(sums[:, 0], sums[:, 4]),
        "Jensen–Shannon divergence": lambda sums: quotient(sums[:, 1], sums[:, 4]),
        "Manhattan distance": lambda sums: quotient(sums[:, 2], sums[:, 4]),
        "entropy of the annotators": lambda sums: quotient(sums[:, 3], sums[:, 4]),
    },
    gold=(4,),
)


def label_kind(labels: tuple[str, ...], averaged: tuple[str, ...] = (), unscored: tuple[str, ...] = ()) -> Kind:
    """Return the kind of counts of classification: matched, gold and predicted of each label, in the order of `labels`.

    `averaged` are labels whose mean F1 is a figure of its own, as SemEval-2016 task 6 reports; `unscored` are counted,
    but have no figure.
    """
    gold = tuple(range(1, 3 * len(labels), 3))
    figures: dict[str, Value] = {
        "accuracy": lambda sums: quotient(sums[:, 0::3].sum(axis=1), sums[:, gold].sum(axis=1)),
    }
    if averaged and set(averaged) <= set(labels):
        at = [labels.index(label) for label in averaged]
        name = f"mean F1 of {' and '.join(averaged)}"
        figures[name] = lambda sums: np.nan_to_num(label_f1(sums)[:, at]).mean(axis=1)
    figures |= {f"F1 of {one}": partial(_f1_of, at) for at, one in enumerate(labels) if one not in unscored}
    return Kind(figures, gold, labels, unscored)


def _f1_of(at: int, sums: Floats) -> Floats:
    return np.asarray(label_f1(sums)[:, at])


def label_f1(sums: Floats) -> Floats:
    """Return F1 of each label (rows × labels) from matched, gold and predicted counts of each; NaN for unused ones."""
    return quotient(2 * sums[:, 0::3], sums[:, 1::3] + sums[:, 2::3])
