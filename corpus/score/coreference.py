"""Compare two partitions of mentions into entities: MUC, B³, CEAF and BLANC. LEA is in `matching.coreference`.

    key         {a} {b c} {d e f}          the gold entities, each a set of mentions
    response    {a} {b c x} {d y} {z}      the predicted entities

Every function returns sums that add up over documents, so that a figure of many documents is a quotient of sums and
not a mean of quotients. A mention is any hashable value; it lies in one entity of a side, which `check_disjoint`
asks. Each metric equals the reference scorer of the CoNLL shared tasks (Pradhan et al. 2014, "Scoring Coreference
Partitions of Predicted Mentions", ACL) on its own test cases.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Sequence
from math import comb

import numpy as np

from ..core.model import CorpusError

Entities = Sequence[Collection[Hashable]]
"""The mentions of each entity of one side."""
Sums = tuple[float, float, float, float]
"""(numerator of recall, its denominator, numerator of precision, its denominator)"""
LinkSums = tuple[float, float, float, float, float, float]
"""Links within entities (both, key, response), then links between entities (both, key, response)."""


def check_disjoint(entities: Entities, where: str) -> None:
    """Raise CorpusError if a mention lies in two entities: no metric is defined then."""
    twice = repeated(entities)
    if twice:
        raise CorpusError(
            f"{where}: {len(twice):,} mentions are in two entities, the first is {_shown(min(twice, key=str))}; "
            "coreference metrics are defined for disjoint entities. `--multi-entity drop` drops such mentions"
        )


def repeated(entities: Entities) -> set[Hashable]:
    """Return the mentions that lie in two entities, or twice in one."""
    return {mention for mention, times in Counter(m for one in entities for m in one).items() if times > 1}


def muc(key: Entities, response: Entities) -> Sums:
    """Return the sums of MUC (Vilain et al. 1995, "A Model-Theoretic Coreference Scoring Scheme", MUC-6).

    Recall is the share of the key's links, |k| - 1 for an entity, that need not be added to the response. Singletons
    have no links, so a perfect answer without any link scores 0.
    """
    return (*_muc(key, response), *_muc(response, key))


def _muc(key: Entities, response: Entities) -> tuple[float, float]:
    entity_of = _entity_of(response)
    found = total = 0
    for entity in key:
        parts = {entity_of.get(mention, mention) for mention in entity}
        found += len(entity) - len(parts)
        total += len(entity) - 1
    return found, total


def b_cubed(key: Entities, response: Entities) -> Sums:
    """Return the sums of B³ (Bagga and Baldwin 1998, "Algorithms for Scoring Coreference Chains", LREC workshop)."""
    return (*_b_cubed(key, response), *_b_cubed(response, key))


def _b_cubed(key: Entities, response: Entities) -> tuple[float, float]:
    entity_of = _entity_of(response)
    found = 0.0
    for entity in key:
        shared = Counter(entity_of[mention] for mention in entity if mention in entity_of)
        found += sum(count * count for count in shared.values()) / len(entity)
    return found, sum(map(len, key))


def ceaf_mentions(key: Entities, response: Entities) -> Sums:
    """Return the sums of CEAF with φ₃, shared mentions (Luo 2005, "On Coreference Resolution Performance Metrics")."""
    shared = _aligned(key, response, lambda both, one, other: both)
    return shared, sum(map(len, key)), shared, sum(map(len, response))


def ceaf_entities(key: Entities, response: Entities) -> Sums:
    """Return the sums of CEAF with φ₄, the Dice coefficient of aligned entities (Luo 2005)."""
    similarity = _aligned(key, response, lambda both, one, other: 2 * both / (one + other))
    return similarity, len(key), similarity, len(response)


def _aligned(key: Entities, response: Entities, similarity: Callable[[int, int, int], float]) -> float:
    """Return the similarity of the best alignment, which pairs each entity with one of the other side at most."""
    from scipy.optimize import linear_sum_assignment

    entity_of = _entity_of(response)
    shared = [Counter(entity_of[m][1] for m in entity if m in entity_of) for entity in key]
    table = np.zeros((len(key), len(response)))
    for i, counts in enumerate(shared):
        for j, both in counts.items():
            table[i, j] = similarity(both, len(key[i]), len(response[j]))
    return float(table[linear_sum_assignment(table, maximize=True)].sum())


def blanc(key: Entities, response: Entities) -> LinkSums:
    """Return the links of BLANC for two sides whose mentions differ (Luo et al. 2014, "An Extension of BLANC", ACL)."""
    entity_of = _entity_of(response)
    mentions = [sum(map(len, side)) for side in (key, response)]
    within = [sum(comb(len(one), 2) for one in side) for side in (key, response)]
    common = [[mention for mention in entity if mention in entity_of] for entity in key]
    back: Counter[Hashable] = Counter(entity_of[mention] for entity in common for mention in entity)
    both = sum(comb(n, 2) for entity in common for n in Counter(entity_of[m] for m in entity).values())
    in_key, in_response = sum(comb(len(one), 2) for one in common), sum(comb(n, 2) for n in back.values())
    between = comb(sum(map(len, common)), 2) - in_key - in_response + both
    key_between, response_between = (comb(n, 2) - links for n, links in zip(mentions, within, strict=True))
    return both, within[0], within[1], between, key_between, response_between


def _entity_of(entities: Entities) -> dict[Hashable, tuple[str, int]]:
    """Return mention → its entity; the tag keeps a number from being taken for a mention."""
    return {mention: ("entity", number) for number, one in enumerate(entities) for mention in one}


def _shown(mention: Hashable) -> str:
    if isinstance(mention, tuple):
        return ", ".join(f"[{piece[0]}, {piece[1]})" if isinstance(piece, tuple) else str(piece) for piece in mention)
    return str(mention)
