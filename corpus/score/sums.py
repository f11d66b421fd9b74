"""Sums of counts by story, and what is computed of them: figures, intervals over stories, and paired comparisons.

Stories are drawn, not documents: documents of one story resemble each other, so intervals over documents are too
narrow, and a test over documents finds differences where there are none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..core.model import CorpusError
from .count import Key
from .figures import Floats, Value

RESAMPLES = 1000
SWAPS = 10_000
"""The random assignments of a test. With few stories, all are tried."""
SEED = 20260101
DIGITS = 6
"""Decimals of a figure: further ones may differ between machines, which add in another order."""
_POWER = 2.8
"""Standard errors that a difference must have to be seen in 80% of samples at p < .05, two-sided: 1.96 + 0.84."""
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. `value` is NaN where there is nothing to divide by; `low` and `high` bound the 95% interval.

    `n` counts the gold records (of an overlap, the code points) that the figure is of. `group` is the gold label or the
    kind of documents that it is of, "" for all.
    """

    layer: str
    metric: str
    group: str
    value: float
    low: float
    high: float
    n: int
    split: str


@dataclass(frozen=True, slots=True)
class Difference:
    """`difference` = `second` - `first` in a figure, with its 95% interval, and the two-sided p of a randomisation.

    `smallest` is the difference that this many stories would show in 80% of samples: 2.8 standard errors of the paired
    bootstrap (Card et al. 2020, "With Little Power Comes Great Responsibility", EMNLP). It is rough for few stories.
    """

    layer: str
    metric: str
    group: str
    first: float
    second: float
    difference: float
    low: float
    high: float
    p: float
    smallest: float
    split: str


@dataclass(slots=True)
class Sums:
    """The counts of a system's predictions: key → story → sums."""

    by_key: dict[Key, dict[str, Floats]] = field(default_factory=dict)
    stories: set[str] = field(default_factory=set)
    documents: list[str] = field(default_factory=list)

    def add(self, story: str, key: Key, counts: Sequence[float]) -> None:
        """Add the counts of a document."""
        of_key = self.by_key.setdefault(key, {})
        new = np.array(counts, np.float64)
        of_key[story] = of_key[story] + new if story in of_key else new

    def sort(self, groups: Sequence[str]) -> None:
        """Put the keys of each layer together: those of all documents first, then of each group in order."""
        layers = {layer: i for i, layer in enumerate(dict.fromkeys(key.layer for key in self.by_key))}
        ranks = {group: i for i, group in enumerate(groups, 1)}
        order = sorted(self.by_key, key=lambda key: (layers[key.layer], ranks.get(key.group, 0)))
        self.by_key = {key: self.by_key[key] for key in order}

    def table(self, key: Key) -> Floats:
        """Return the counts as stories × counts, the stories sorted; zeros where a story has none."""
        of_key = self.by_key[key]
        zeros = np.zeros_like(next(iter(of_key.values())))
        return np.array([of_key.get(story, zeros) for story in sorted(self.stories)])

    def figures(self, split: str) -> Iterator[Figure]:
        """Yield every figure, in the order in which the keys were counted."""
        drawn = _drawn(len(self.stories))
        for key in self.by_key:
            table = self.table(key)
            total = table.sum(axis=0)
            n = round(total[list(key.kind.gold)].sum())
            for name, value in key.kind.figures_of(total).items():
                one = float(value(total[None])[0])
                low, high = _interval(_values(value, drawn @ table)) if len(table) > 1 else (np.nan, np.nan)
                yield Figure(key.layer, f"{key.what} {name}", key.group, round(one, DIGITS), low, high, n, split)

    def notes(self) -> Iterator[str]:
        """Yield what a reader of the figures must know."""
        for key in self.by_key:
            if unused := key.kind.unused(self.table(key).sum(axis=0)):
                yield f"{key.layer}, {key.what} macro F1: without {', '.join(unused)}, which gold does not have"


def compare(first: Sums, second: Sums, split: str) -> list[Difference]:
    """Compare two systems on the same documents, in each figure that both have.

    The interval is of the paired bootstrap: both systems are summed over the same drawn stories. p is that of an
    approximate randomisation (Noreen 1989): the systems' answers to a story are swapped with probability 1/2, and p is
    the share of such assignments with a difference as large as the observed one; (c + 1) / (n + 1) of random ones, all
    2ⁿ for few stories. Raises CorpusError if the documents differ.
    """
    if first.documents != second.documents:
        raise CorpusError("the systems are scored on different documents, so they cannot be compared")
    found = []
    drawn, swapped = _drawn(len(first.stories)), _swaps(len(first.stories))
    for key in first.by_key:
        if key not in second.by_key:
            continue
        tables = first.table(key), second.table(key)
        for name, value in key.kind.figures_of(tables[0].sum(axis=0)).items():
            one, other = (float(value(table.sum(axis=0, keepdims=True))[0]) for table in tables)
            differences = _values(value, drawn @ tables[1]) - _values(value, drawn @ tables[0])
            low, high = _interval(differences)
            what = key.layer, f"{key.what} {name}", key.group
            one, other, difference = (round(number, DIGITS) for number in (one, other, other - one))
            p = _p(value, *tables, swapped)
            smallest = round(_POWER * float(np.nanstd(differences, ddof=1)), DIGITS) if low == low else np.nan
            found.append(Difference(*what, one, other, difference, low, high, p, smallest, split))
    return found


def _values(value: Value, sums: Floats) -> Floats:
    """Return the value of each row of sums; NaN where nothing was drawn, as of a group that few stories have."""
    found: Floats = np.where(sums.any(axis=1), value(sums), np.nan)
    return found


def _p(value: Value, first: Floats, second: Floats, swapped: Floats) -> float:
    observed = abs(value(first.sum(axis=0)[None]) - value(second.sum(axis=0)[None]))[0]
    kept = 1 - swapped
    differences = abs(value(kept @ first + swapped @ second) - value(kept @ second + swapped @ first))
    if np.isnan(observed):
        return float("nan")
    extreme = int((differences >= observed - _ROUNDING).sum())
    everything = len(swapped) == 2 ** swapped.shape[1]
    return round(extreme / len(swapped) if everything else (extreme + 1) / (len(swapped) + 1), DIGITS)


def _drawn(stories: int) -> Floats:
    """Return how often each story is drawn, resamples × stories."""
    random = np.random.default_rng(SEED)
    return random.multinomial(stories, np.full(stories, 1 / stories), RESAMPLES).astype(np.float64)


def _swaps(stories: int) -> Floats:
    """Return for each assignment which stories are swapped (1) or not (0): all assignments, or random ones of them."""
    if 2**stories <= SWAPS:
        numbers = np.arange(2**stories)[:, None]
        return (numbers >> np.arange(stories) & 1).astype(np.float64)
    return np.random.default_rng(SEED).integers(0, 2, (SWAPS, stories)).astype(np.float64)


def _interval(values: Floats) -> tuple[float, float]:
    """Return the 95% percentile interval; NaN if the figure is defined in fewer than half of the resamples."""
    defined = values[~np.isnan(values)]
    if len(defined) < len(values) / 2 or not len(defined):
        return float("nan"), float("nan")
    low, high = np.percentile(defined, (2.5, 97.5)).tolist()
    return round(low, DIGITS), round(high, DIGITS)
