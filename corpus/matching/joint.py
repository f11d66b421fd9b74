"""Join the matched records of two or more annotators into units: what several readers say about one thing.

ann-a  q1  10–40 ┐            ┐
ann-b  q7  10–40 ┘ Dice 1.0   ├→ unit {ann-a: q1, ann-b: q7, ann-c: q2}
ann-c  q2  12–40   Dice 0.97  ┘
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations

from ..core.model import Record
from ..core.schema import Schema
from .assign import Place, shared_code_points
from .records import Known, Matching

Matchings = Mapping[tuple[str, str], Matching]
"""(annotator, annotator) → their matching, for each pair of annotators in the order of their annotations."""
Unit = Mapping[str, Record]
"""annotator → the record."""


def matchings(schema: Schema, annotations: Mapping[str, Record]) -> Matchings:
    """Return the matching of each pair of annotators."""
    known: dict[str, Known] = {name: {} for name in annotations}
    return {
        (one, other): Matching(schema, annotations[one], annotations[other], (known[one], known[other]))
        for one, other in combinations(annotations, 2)
    }


def joint_units(layer: str, annotations: Mapping[str, Record], matched: Matchings) -> list[Unit]:
    """Return the units of a layer: each record is in one unit, and a unit has one record of an annotator at most.

    Matched pairs are joined by descending Dice coefficient, ties in the order of annotators and records. A pair that
    would put two records of an annotator into a unit is left out. `matched` has the matching of each pair, at least.
    """
    at = {
        (name, record["id"]): i
        for name, annotation in annotations.items()
        for i, record in enumerate(annotation.get(layer) or ())
    }
    pairs = [
        ((first, one["id"]), (second, other["id"]))
        for first, second in combinations(annotations, 2)
        for one, other in matched[first, second].pairs(layer)
    ]
    # The order decides only where a pair has to be left out, and ranking takes most of the time.
    unit_of, left_out = _joined(at, pairs)
    if left_out:
        unit_of, _ = _joined(at, _ranked(layer, annotations, matched, at))
    distinct = {id(unit): unit for unit in unit_of.values()}
    return [
        {name: annotations[name][layer][at[unit[name]]] for name in annotations if name in unit}
        for unit in distinct.values()
    ]


_Key = tuple[str, str]
"""(annotator, id of a record)."""


def _joined(at: Iterable[_Key], pairs: Iterable[tuple[_Key, _Key]]) -> tuple[dict[_Key, dict[str, _Key]], bool]:
    """Return the unit of each record, and whether a pair was left out."""
    unit_of = {key: {key[0]: key} for key in at}
    left_out = False
    for one, other in pairs:
        first, second = unit_of[one], unit_of[other]
        if first is second:
            continue
        if first.keys().isdisjoint(second):
            first.update(second)
            for key in second.values():
                unit_of[key] = first
        else:
            left_out = True
    return unit_of, left_out


def _ranked(
    layer: str, annotations: Mapping[str, Record], matched: Matchings, at: Mapping[_Key, int]
) -> Iterable[tuple[_Key, _Key]]:
    order = {name: number for number, name in enumerate(annotations)}
    found = []
    for first, second in combinations(annotations, 2):
        matching = matched[first, second]
        places = matching.places(layer)
        for one, other in matching.pairs(layer):
            pair = (first, one["id"]), (second, other["id"])
            i, j = (at[key] for key in pair)
            rank = -_dice(places[0][i], places[1][j]), order[first], order[second], i, j
            found.append((rank, pair))
    return [pair for _, pair in sorted(found)]


def _dice(one: Place, other: Place) -> float:
    """Return the Dice coefficient of two places; 0 for records that have no place and were matched by their values."""
    if one == other:
        return 1.0 if one else 0.0
    length = sum(end - start for start, end in (*one, *other))
    return 2 * shared_code_points([one], [other]).get((0, 0), 0) / length if length else 0.0
