"""Compute coefficients from sums of counts, for many sums at once: a row for a document, the corpus, or a resample.

Every coefficient is a function of counts that add up over documents. So a bootstrap over documents only adds
rows and reads no text again. A coefficient is NaN if there is nothing to compare or no variation.

Every function takes `cells`, what each column counts, and `sums` (rows × cells), and returns a value for each row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Cell = tuple[str, ...]
"""What a column counts: (value of the first annotator, value of the second), or (name,)."""


def nominal_alpha(cells: Sequence[Cell], sums: Floats) -> Floats:
    """Return Krippendorff's α for nominal values and two annotators who both gave a value to each unit.

    α = 1 - D_o / D_e with the coincidences o_ck of Krippendorff (2011), "Computing Krippendorff's
    Alpha-Reliability": D_o = n - Σ o_cc, D_e = n - Σ n_c (n_c - 1) / (n - 1). `cells` are (c, k).
    Undefined if only one value occurs.
    """
    first, second, equal = _margins(cells, sums)
    margins = first + second
    return _alpha(2 * equal, margins, margins)


def unitizing_alpha(cells: Sequence[Cell], sums: Floats) -> Floats:
    """Return Krippendorff's α for unitizing a text into valued units and gaps, nominal: uα.

    Krippendorff, Mathet, Bouvry and Widlöcher (2016), "On the reliability of unitizing textual continua:
    Further developments", Quality & Quantity 50, eq. 1 to 5. `cells` are (c, k), the length in code points with
    value c for the first annotator and k for the second, and (c,), the pairs of code points within one unit of
    value c. The documents of a row are treated as one concatenated text.
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
    """Return Krippendorff's α for ordinal values (integers, as strings) and two annotators.

    Krippendorff (2011): δ²_ck is the squared number of values from c to k, with half of both ends. That is the
    difference of their mid-ranks, so sums of squares can be computed from mid-ranks.
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
    """Return Cohen's κ = (p_o - p_e) / (1 - p_e): Cohen (1960), "A coefficient of agreement for nominal scales"."""
    first, second, equal = _margins(cells, sums)
    n = sums.sum(axis=1)
    by_chance = _share((first * second).sum(axis=1), n)
    return _share(equal - by_chance, n - by_chance)


def span_f1_exact(cells: Sequence[Cell], sums: Floats) -> Floats:
    """Return the F1 of equal spans. F1 is symmetric in the two annotators (Hripcsak and Rothschild 2005)."""
    count = _named(cells, sums)
    return _share(2 * count("exact"), count("first") + count("second"))


def span_f1_partial(cells: Sequence[Cell], sums: Floats) -> Floats:
    """Return the F1 of spans; an overlap counts half, as in SemEval-2013 task 9.1 (Segura-Bedmar et al. 2013)."""
    count = _named(cells, sums)
    return _share(2 * count("exact") + count("partial"), count("first") + count("second"))


def record_f1(cells: Sequence[Cell], sums: Floats) -> Floats:
    """Return the F1 of matched records: 2 · matched / (records of the first + records of the second)."""
    count = _named(cells, sums)
    return _share(2 * count("matched"), count("first") + count("second"))


def record_f1_labelled(cells: Sequence[Cell], sums: Floats) -> Floats:
    """Return the F1 of matched records with equal labels in every field."""
    count = _named(cells, sums)
    return _share(2 * count("same"), count("first") + count("second"))


def accuracy(cells: Sequence[Cell], sums: Floats) -> Floats:
    """Return the share of matched records with the same reference."""
    count = _named(cells, sums)
    return _share(count("same"), count("matched"))


def lea_f1(cells: Sequence[Cell], sums: Floats) -> Floats:
    """Return the F1 of LEA (see `matching.lea_counts`)."""
    count = _named(cells, sums)
    recall = _share(count("first"), count("first_size"))
    precision = _share(count("second"), count("second_size"))
    f1 = _share(2 * precision * recall, precision + recall)
    f1[precision + recall == 0] = 0
    return f1


def _alpha(equal: Floats, margins: Floats, within: Floats) -> Floats:
    """Return 1 - D_o / D_e from the agreeing coincidences, the margins, and the pairs excluded from chance."""
    n = margins.sum(axis=1)
    observed = n - equal
    by_chance = n * _share((margins**2 - within).sum(axis=1), n**2 - within.sum(axis=1))
    return 1 - _share(observed, n - by_chance)


def _margins(cells: Sequence[Cell], sums: Floats, values: Sequence[str] | None = None) -> tuple[Floats, Floats, Floats]:
    """Return (rows × values) the margins of both annotators, and (rows) the number of equal values."""
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
    """Return the quotient; NaN if the denominator is 0 up to rounding."""
    found: Floats = np.divide(part, whole, out=np.full(len(part), np.nan), where=np.abs(whole) > 1e-9)
    return found
