"""Assign the places of two sides one to one, by the text they share, best first.

    a   ⟦the Orvanian coastguard⟧ … ⟦it⟧
    b   ⟦the Orvanian coastguard⟧ … ⟦it⟧ … ⟦its⟧        Dice 2·26 / (26 + 29)

Greedy assignment by Dice is deterministic and explainable to annotators; it can miss the assignment with the largest
total overlap, which differs only where several records compete for one place. Whoever scores overlap assigns first and
counts within the pairs: a sum over all overlapping records exceeds 1 as soon as quotes are nested.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

Piece = tuple[int, int]
"""(start, end) in code points, half-open."""
Place = Sequence[Piece]
"""Sorted pieces without overlaps; empty for a record without a place."""


def best_first(first: Sequence[Place], second: Sequence[Place]) -> list[tuple[int, int]]:
    """Return pairs (i, j) of places that share text, one to one, in the order of i.

    Pairs are taken by descending Dice coefficient of code points, 2 · shared / (length of i + length of j); ties go to
    the first places.
    """
    found = _equal(first, second)
    left = [i for i in range(len(first)) if i not in found], sorted(set(range(len(second))) - set(found.values()))
    rest = [first[i] for i in left[0]], [second[j] for j in left[1]]
    shared = shared_code_points(*rest)
    lengths = [[sum(end - start for start, end in place) for place in side] for side in rest]
    taken: set[int] = set()
    for i, j in sorted(shared, key=lambda ij: (-2 * shared[ij] / (lengths[0][ij[0]] + lengths[1][ij[1]]), ij)):
        if left[0][i] not in found and j not in taken:
            taken.add(j)
            found[left[0][i]] = left[1][j]
    return sorted(found.items())


def _equal(first: Sequence[Place], second: Sequence[Place]) -> dict[int, int]:
    """Return the pairs of equal places, which come before all others: they alone have a coefficient of 1."""
    waiting: dict[tuple[Piece, ...], list[int]] = {}
    for j in range(len(second) - 1, -1, -1):
        waiting.setdefault(tuple(second[j]), []).append(j)
    found = {}
    for i, place in enumerate(first):
        if place and (equal := waiting.get(tuple(place))):
            found[i] = equal.pop()
    return found


def shared_code_points(first: Sequence[Place], second: Sequence[Place]) -> Mapping[tuple[int, int], int]:
    """Return (i, j) → the number of code points that place i of the first side shares with place j of the second.

    Pairs that share none are left out. One sweep over the text: O(n log n + overlapping pieces).
    """
    pieces = [
        (start, end, side, number)
        for side, places in enumerate((first, second))
        for number, place in enumerate(places)
        for start, end in place
    ]
    shared: dict[tuple[int, int], int] = defaultdict(int)
    open_: tuple[list[tuple[int, int]], list[tuple[int, int]]] = [], []
    for start, end, side, number in sorted(pieces):
        others = open_[1 - side]
        others[:] = [one for one in others if one[0] > start]
        for other_end, other in others:
            shared[(number, other) if side == 0 else (other, number)] += min(end, other_end) - start
        open_[side].append((end, number))
    return shared


def union(pieces: Iterable[Piece]) -> list[Piece]:
    """Return the pieces sorted, overlapping and touching ones joined."""
    found: list[Piece] = []
    for start, end in sorted(pieces):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found
