"""Compare a predicted distribution over labels with that of the annotators.

    target      {favor: .6, against: .3, neutral: .1}        the share of the annotators who gave each label
    predicted   {favor: .5, against: .25, neutral: .25}

The measures of the Learning With Disagreements tasks: cross-entropy in 2021 and 2023 (Uma et al. 2021, "SemEval-2021
Task 12: Learning with Disagreements"; Leonardelli et al. 2023, "SemEval-2023 Task 11: Learning with Disagreements
(LeWiDi)"), the Manhattan distance in 2025. The Jensen–Shannon divergence is that of Uma et al. 2021, "Learning from
Disagreement: A Survey", JAIR 72.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import log

Shares = Mapping[str, float]
"""label → its share or probability; all together are 1."""
LEAST = 1e-12
"""The probability that cross-entropy takes for a smaller one: the logarithm of 0 is not finite."""


def cross_entropy(target: Shares, predicted: Shares) -> float:
    """Return -Σ t · ln p in nats. A p below 1e-12 counts as 1e-12, so a label missed altogether costs 27.6 · t.

    It is least for p = t, where it is the entropy of the target and not 0.
    """
    return -sum(share * log(max(predicted.get(label, 0.0), LEAST)) for label, share in target.items() if share)


def entropy(target: Shares) -> float:
    """Return -Σ t · ln t in nats: the least cross-entropy that a prediction can have."""
    return cross_entropy(target, target)


def jensen_shannon(target: Shares, predicted: Shares) -> float:
    """Return the Jensen–Shannon divergence in bits, from 0 for equal distributions to 1 for disjoint ones.

    Lin 1991, "Divergence Measures Based on the Shannon Entropy", IEEE Transactions on Information Theory 37. It is not
    the distance, which is its square root and what `scipy.spatial.distance.jensenshannon` returns.
    """
    found = 0.0
    for label in sorted({*target, *predicted}):
        pair = target.get(label, 0.0), predicted.get(label, 0.0)
        middle = sum(pair) / 2
        found += sum(one / 2 * log(one / middle, 2) for one in pair if one > 0)
    return max(found, 0.0)


def manhattan(target: Shares, predicted: Shares) -> float:
    """Return Σ |t - p|, from 0 for equal distributions to 2 for disjoint ones."""
    return sum(abs(target.get(label, 0.0) - predicted.get(label, 0.0)) for label in sorted({*target, *predicted}))
