"""Count the agreement of two annotators on the spans of a field: as segments, as tokens, and as pieces.

Tokens and segments have one value each, so of nested spans the outermost counts:

    text        … the island's ferry operator said …
    spans           ⟦⟦the island⟧ʻs ferry operator⟧
    segments        ⟦        ORG                 ⟧

Pieces are all spans, including nested ones, without labels.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from ..core.model import Record
from ..core.schema import Field, Layer, Schema
from ..core.tokens import Tokens, tokenize
from ..matching import label_of, owner_field, place_fields

Segment = tuple[int, int, str]
"""(start, end, value), in code points, half-open."""
Cells = Counter[tuple[str, ...]]
"""(value of the first annotator, value of the second) → count."""
OUTSIDE = ""
"""The value outside of all spans."""


def segments(schema: Schema, layer: Layer, field: Field, annotation: Record) -> list[Segment]:
    """Return the outermost spans of a field in text order; an overlap with the previous one is cut off.

    The value of a required span is the first label of the record's owner (for a mention, its entity's type), else
    the first label of the record itself; the value of an optional span is the field's name.
    """
    spans = sorted(
        (span["start"], -span["end"], value)
        for record, value in _valued(schema, layer, field, annotation)
        for span in record.get(field.name, ())
    )
    found: list[Segment] = []
    covered = 0
    for start, negative, value in spans:
        start, end = max(start, covered), -negative
        if start < end:
            found.append((start, end, value))
            covered = end
    return found


def value_fields(schema: Schema, layer: Layer, field: Field) -> list[tuple[Layer, str]]:
    """Return the fields that give the spans of a field their value, each with its layer."""
    owner, own = owner_field(layer), layer.of_kind("label")
    if field not in place_fields(layer):
        return []
    if owner and (labels := schema.layers[owner.refers_to].of_kind("label")):
        return [(layer, owner.name), (schema.layers[owner.refers_to], labels[0].name)]
    return [(layer, own[0].name)] if own else []


def _valued(schema: Schema, layer: Layer, field: Field, annotation: Record) -> Iterator[tuple[Record, str]]:
    records = annotation.get(layer.name) or []
    owner = owner_field(layer)
    own = layer.of_kind("label")
    if field not in place_fields(layer):
        yield from ((record, field.name) for record in records)
    elif owner and (labels := schema.layers[owner.refers_to].of_kind("label")):
        owners = {record["id"]: record for record in annotation.get(owner.refers_to) or ()}
        for record in records:
            yield record, _value(owners.get(record[owner.name], {}), labels[0], field.name)
    else:
        for record in records:
            yield record, _value(record, own[0], field.name) if own else field.name


def _value(record: Record, field: Field, otherwise: str) -> str:
    return label_of(record, field) or otherwise


def tokens_of(text: str) -> Tokens:
    """Return the tokens of a text, `\\w+|[^\\w\\s]`."""
    return tokenize([text])


def token_cells(tokens: Tokens, first: list[Segment], second: list[Segment]) -> Cells:
    """Count tokens by the values of both annotators; a token that overlaps a segment has its value."""
    names = sorted({OUTSIDE, *(value for _, _, value in (*first, *second))})
    codes = {name: code for code, name in enumerate(names)}
    both = []
    for side in (first, second):
        values = np.full(len(tokens.starts), codes[OUTSIDE], np.int64)
        for start, end, value in side:
            values[np.searchsorted(tokens.ends, start, "right") : np.searchsorted(tokens.starts, end)] = codes[value]
        both.append(values)
    pairs, counts = np.unique(both[0] * len(names) + both[1], return_counts=True)
    return Counter(
        {
            (names[pair // len(names)], names[pair % len(names)]): count
            for pair, count in zip(pairs.tolist(), counts.tolist(), strict=True)
        }
    )


def unit_cells(length: int, first: list[Segment], second: list[Segment]) -> tuple[Cells, Counter[str]]:
    """Return the lengths (code points) of intersections of two unitizations by value, and the pairs within units.

    The pairs are, for each value, the number of pairs of code points within one unit. A gap has no structure, so
    each of its code points is a unit of its own (Krippendorff et al. 2016, eq. 1 and 4).
    """
    within: Counter[str] = Counter()
    partitions = []
    for side in (first, second):
        partition = _partition(side, length)
        partitions.append(partition)
        for start, end, value in partition:
            within[value] += end - start if value == OUTSIDE else (end - start) ** 2
    cells: Cells = Counter()
    i = j = 0
    while i < len(partitions[0]) and j < len(partitions[1]):
        (start, end, value), (other_start, other_end, other) = partitions[0][i], partitions[1][j]
        cells[value, other] += min(end, other_end) - max(start, other_start)
        i += end <= other_end
        j += other_end <= end
    return cells, within


def _partition(side: list[Segment], length: int) -> list[Segment]:
    found: list[Segment] = []
    at = 0
    for start, end, value in side:
        if start > at:
            found.append((at, start, OUTSIDE))
        found.append((start, end, value))
        at = end
    if at < length:
        found.append((at, length, OUTSIDE))
    return found


def span_counts(field: Field, first: list[Record], second: list[Record]) -> dict[str, int]:
    """Count exact and partial matches of the spans of a field with `nervaluate`, one to one.

    Equal spans are `exact`, other overlapping spans are `partial`; `first` and `second` are the totals.
    `nervaluate` matches spans in the given order, so equal spans are put first.
    """
    from nervaluate.entities import Entity
    from nervaluate.strategies import PartialEvaluation

    both = [
        sorted((span["start"], span["end"]) for record in records for span in record.get(field.name, ()))
        for records in (first, second)
    ]
    equal = Counter(both[0]) & Counter(both[1])
    sides = []
    for spans in both:
        rest = Counter(spans) - equal
        ordered = [*sorted(equal.elements()), *sorted(rest.elements())]
        sides.append([Entity("span", start, end - 1) for start, end in ordered])
    result, _ = PartialEvaluation().evaluate(sides[0], sides[1], ["span"])
    return {
        "exact": result.correct,
        "partial": result.partial,
        "first": len(both[0]),
        "second": len(both[1]),
    }
