"""Count labels of records that are matched by their fields, as stances are by scope, holder and target.

    gold        speaker Kim → barrage: against        speaker Lo → barrage: favor
    predicted   speaker Kim → barrage: against                                       article → barrage: favor
    labels      against, against                      favor, none                    none, favor

A pair that one side asks and the other does not has the label `none` there. It stays in the data, so that a stance
invented for it costs precision, but `none` has no F1 and is in no mean, unless the schema has such a label: no answer
can be right about a pair that neither side asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache

from ..core.model import Record
from ..core.schema import Field, Layer
from ..matching import KEYS, Matching, label_of
from .figures import Kind, label_kind

NONE = "none"
"""The label of a pair without a record."""
POLAR = ("favor", "against")
"""The labels whose F1 the SemEval-2016 task 6 averages."""


def pair_labels(layer: Layer, matching: Matching) -> Iterator[tuple[str, Kind, tuple[float, ...]]]:
    """Yield (what, kind, counts) for each label field of a layer whose records are matched by their fields."""
    if layer.name not in KEYS or not matching.is_matchable(layer.name):
        return
    keys = matching.keys(layer.name)
    for field in layer.of_kind("label"):
        if field.name in keys or field.many or not matching.is_field_done(layer, field.name):
            continue
        pairs = matching.pairs(layer.name)
        said = [(label_of(one, field) or NONE, label_of(other, field) or NONE) for one, other in pairs]
        alone = [_alone(side, {record["id"] for record in matched}, field) for side, matched in _sides(matching, layer)]
        said += [(label, NONE) for label in alone[0]] + [(NONE, label) for label in alone[1]]
        kind = _kind(tuple(label.name for label in field.labels))
        yield f"{field.name} over asked pairs,", kind, tuple(_counts(kind.labels, said))


def _sides(matching: Matching, layer: Layer) -> list[tuple[list[Record], list[Record]]]:
    """Return the records and the matched records of both sides."""
    pairs = matching.pairs(layer.name)
    return [(side, [pair[i] for pair in pairs]) for i, side in enumerate(matching.records(layer.name))]


def _alone(records: list[Record], matched: set[str], field: Field) -> list[str]:
    return [label_of(record, field) or NONE for record in records if record["id"] not in matched]


def _counts(labels: tuple[str, ...], said: list[tuple[str, str]]) -> Iterator[int]:
    same = Counter(one for one, other in said if one == other)
    gold, predicted = Counter(one for one, _ in said), Counter(other for _, other in said)
    for label in labels:
        yield from (same[label], gold[label], predicted[label])


@cache
def _kind(labels: tuple[str, ...]) -> Kind:
    return label_kind(labels if NONE in labels else (*labels, NONE), POLAR, () if NONE in labels else (NONE,))
