"""Sums of counts → coefficients, for many sums at once: a row for a document, for the corpus, or for a resample.

Every coefficient is a function of counts that add up over documents, so that a bootstrap over
documents adds rows and no text is read again. Undefined is NaN: nothing to compare, or no variation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Cell = tuple[str, ...]
"""What a column counts: (a value of the one, the value of the other), or (a name,)."""


def nominal_alpha(cells: Sequence[Cell], sums: Floats) -> Floats:
    """Krippendorff's α for nominal values and two annotators that both gave one to each unit.

    α = 1 - D_o / D_e with the coincidences o_ck of Krippendorff (2011), "Computing Krippendorff's
    Alpha-Reliability": D_o = n - Σ o_cc, D_e = n - Σ n_c (n_c - 1) / (n - 1). `cells` are (c, k).
    Undefined when only one value was ever given.
    """
    first, second, equal = _margins(cells, sums)
    margins = first + second
    return _alpha(2 * equal, margins, margins)


def unitizing_alpha(cells: Sequence[Cell], sums: Floats) -> Floats:
    """Krippendorff's α for unitizing a text into valued units and gaps, nominal: uα.

    Krippendorff, Mathet, Bouvry and Widlöcher (2016), "On the reliability of unitizing textual continua:
    Further developments", Quality & Quantity 50, eq. 1 to 5. `cells` are (c, k), the length that is c for
    the one and k for the other, and (c,), the pairs of code points inside of one unit of value c. The
    documents of a row are one text, end to end.
    """
    pairs = [i for i, cell in enumerate(cells) if len(cell) == 2]
    values = _values([cells[i] for i in pairs])
    first, second, equal = _margins([cells[i] for i in pairs], sums[:, pairs])
    within = np.zeros_like(first)
    for i, cell in enumerate(cells):
        if len(cell) == 1:
            within[:, values.index(cell[0])] += sums[:, i]
    return _alpha(2 * equal, first + second, within)


def ordinal_alpha(cells: Sequence[Cell], sums: Floats) -> Floats:
    """Krippendorff's α for ordinal values, which are integers as strings, and two annotators.

    Krippendorff (2011): δ²_ck is the square of the values from c to k, the ends counted half. That is the
    difference of their mid-ranks, so that the sums of squares are those of mid-ranks.
    """
    values = sorted(_values(cells), key=int)
    first, second, _ = _margins(cells, sums, values)
    margins = first + second
    ranks = np.cumsum(margins, axis=1) - margins / 2
    at = [[values.index(cell[side]) for cell in cells] for side in (0, 1)]
    observed = 2 * (sums * (ranks[:, at[0]] - ranks[:, at[1]]) ** 2).sum(axis=1)
    n = margins.sum(axis=1)
    squares = 2 * (n * (margins * ranks**2).sum(axis=1) - (margins * ranks).sum(axis=1) ** 2)
    return 1 - _share(observed * (n - 1), squares)


def kappa(cells: Sequence[Cell], sums: Floats) -> Floats:
    """Cohen's κ = (p_o - p_e) / (1 - p_e): Cohen (1960), "A coefficient of agreement for nominal scales"."""
    first, second, equal = _margins(cells, sums)
    n = sums.sum(axis=1)
    by_chance = _share((first * second).sum(axis=1), n)
    return _share(equal - by_chance, n - by_chance)


def span_f1_exact(cells: Sequence[Cell], sums: Floats) -> Floats:
    """F1 of spans that are equal; F1 is the same whoever is taken for right (Hripcsak and Rothschild 2005)."""
    count = _named(cells, sums)
    return _share(2 * count("exact"), count("first") + count("second"))


def span_f1_partial(cells: Sequence[Cell], sums: Floats) -> Floats:
    """F1 of spans where one that overlaps counts half: SemEval-2013 task 9.1 (Segura-Bedmar et al. 2013)."""
    count = _named(cells, sums)
    return _share(2 * count("exact") + count("partial"), count("first") + count("second"))


def record_f1(cells: Sequence[Cell], sums: Floats) -> Floats:
    """F1 of records that both have: 2 · matched / (records of the one + of the other)."""
    count = _named(cells, sums)
    return _share(2 * count("matched"), count("first") + count("second"))


def record_f1_labelled(cells: Sequence[Cell], sums: Floats) -> Floats:
    """F1 of records that both have, with the same labels in every field."""
    count = _named(cells, sums)
    return _share(2 * count("same"), count("first") + count("second"))


def accuracy(cells: Sequence[Cell], sums: Floats) -> Floats:
    """The share of matched records that refer to the same."""
    count = _named(cells, sums)
    return _share(count("same"), count("matched"))


def lea_f1(cells: Sequence[Cell], sums: Floats) -> Floats:
    """The F1 of LEA (see `coreference.lea_counts`)."""
    count = _named(cells, sums)
    recall = _share(count("first"), count("first_size"))
    precision = _share(count("second"), count("second_size"))
    f1 = _share(2 * precision * recall, precision + recall)
    f1[precision + recall == 0] = 0
    return f1


def _alpha(equal: Floats, margins: Floats, within: Floats) -> Floats:
    """1 - D_o / D_e from the agreeing coincidences, the margins, and the pairs that chance cannot make."""
    n = margins.sum(axis=1)
    observed = n - equal
    by_chance = n * _share((margins**2 - within).sum(axis=1), n**2 - within.sum(axis=1))
    return 1 - _share(observed, n - by_chance)


def _margins(cells: Sequence[Cell], sums: Floats, values: Sequence[str] | None = None) -> tuple[Floats, Floats, Floats]:
    """(rows × values) what the one said, what the other said, and (rows) how often they said the same."""
    values = _values(cells) if values is None else values
    places = {value: i for i, value in enumerate(values)}
    sides = np.zeros((2, len(cells), len(values)))
    for i, (one, other) in enumerate(cells):
        sides[0, i, places[one]] = sides[1, i, places[other]] = 1
    same = np.array([one == other for one, other in cells], np.float64)
    return sums @ sides[0], sums @ sides[1], sums @ same


def _values(cells: Sequence[Cell]) -> list[str]:
    return sorted({value for cell in cells for value in cell})


def _named(cells: Sequence[Cell], sums: Floats) -> Callable[[str], Floats]:
    def count(name: str) -> Floats:
        return sums[:, cells.index((name,))] if (name,) in cells else np.zeros(len(sums))

    return count


def _share(part: Floats, whole: Floats) -> Floats:
    """The quotient, NaN where there is nothing to divide by, up to rounding."""
    found: Floats = np.divide(part, whole, out=np.full(len(part), np.nan), where=np.abs(whole) > 1e-9)
    return found
