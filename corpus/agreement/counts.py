"""Count the agreement of two annotations of a document; counts add up over documents to every figure.

    (layer, field, kind)  →  {cell: count}

A kind of counts yields one or more measures: the labels of matched records yield α, κ and the confusions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ..core.model import Record
from ..core.schema import Field, Layer, Schema
from ..core.tokens import Tokens
from ..matching import KEYS, Matching, chains_of, label_of, lea_counts, owner_field, place_fields
from . import coefficients
from .coefficients import Cell, Floats
from .units import segments, span_counts, token_cells, unit_cells, value_fields

ORDINAL = {("stances", "intensity")}
"""(layer, field) of integers on an ordinal scale."""


class CountKey(NamedTuple):
    """Identifies counts: a layer, a field of it ("" for whole records), and the kind of the counts."""

    layer: str
    field: str
    kind: str


CellCounts = Mapping[Cell, float]


@dataclass(frozen=True, slots=True)
class Measure:
    """A coefficient of a kind of counts. `pooled` is true if it is defined for the counts of several pairs."""

    kind: str
    name: str
    of: Callable[[Sequence[Cell], Floats], Floats]
    pooled: bool = True


MEASURES = (
    Measure("records", "record_f1", coefficients.record_f1),
    Measure("labelled", "record_f1_labelled", coefficients.record_f1_labelled),
    Measure("tokens", "token_alpha", coefficients.nominal_alpha),
    Measure("units", "unitizing_alpha", coefficients.unitizing_alpha),
    Measure("spans", "span_f1_exact", coefficients.span_f1_exact),
    Measure("spans", "span_f1_partial", coefficients.span_f1_partial),
    Measure("labels", "alpha", coefficients.nominal_alpha),
    Measure("labels", "kappa", coefficients.kappa, pooled=False),
    Measure("degrees", "ordinal_alpha", coefficients.ordinal_alpha),
    Measure("references", "accuracy", coefficients.accuracy),
    Measure("chains", "lea_f1", coefficients.lea_f1),
)
"""All measures, in display order."""


@dataclass(frozen=True, slots=True)
class Text:
    """The length of a text in code points, and its tokens (None if the text is withheld)."""

    length: int
    tokens: Tokens | None


def count(
    schema: Schema, layers: Sequence[str], text: Text, first: Record, second: Record
) -> Iterator[tuple[CountKey, CellCounts]]:
    """Yield the counts of two annotations of a document, for the layers and fields that both annotated."""
    matching = Matching(schema, first, second)
    for name in layers:
        if matching.is_done(name):
            layer = schema.layers[name]
            if matching.is_matchable(name):
                yield from record_counts(layer, matching)
                yield from _fields(layer, matching)
            yield from _spans(schema, layer, text, matching, first, second)
            yield from _chains(layer, matching)


def record_counts(layer: Layer, matching: Matching) -> Iterator[tuple[CountKey, CellCounts]]:
    """Yield the counts of the records of a matchable layer: those that match, and those that have equal labels too."""
    fields = _label_fields(layer)
    pairs = matching.pairs(layer.name)
    first, second = map(len, matching.records(layer.name))
    yield CountKey(layer.name, "", "records"), _named(matched=len(pairs), first=first, second=second)
    if matching.is_field_done(layer, *(field.name for field in fields)):
        same = sum(all(label_of(one, f) == label_of(other, f) for f in fields) for one, other in pairs)
        yield CountKey(layer.name, "", "labelled"), _named(same=same, first=first, second=second)


def _spans(
    schema: Schema, layer: Layer, text: Text, matching: Matching, first: Record, second: Record
) -> Iterator[tuple[CountKey, CellCounts]]:
    for field in layer.of_kind("spans"):
        if not matching.is_field_done(layer, field.name):
            continue
        if all(matching.is_field_done(of, name) for of, name in value_fields(schema, layer, field)):
            one, other = (segments(schema, layer, field, value) for value in (first, second))
            if text.tokens is not None:
                yield CountKey(layer.name, field.name, "tokens"), {**token_cells(text.tokens, one, other)}
            met, within = unit_cells(text.length, one, other)
            units: CellCounts = {**met, **{(value,): pairs for value, pairs in within.items()}}
            yield CountKey(layer.name, field.name, "units"), units
        records = (value.get(layer.name) or [] for value in (first, second))
        yield CountKey(layer.name, field.name, "spans"), _named(**span_counts(field, *records))


def _fields(layer: Layer, matching: Matching) -> Iterator[tuple[CountKey, CellCounts]]:
    pairs = matching.pairs(layer.name)
    keys = KEYS.get(layer.name, ())
    for field in layer.fields:
        degree = (layer.name, field.name) in ORDINAL
        if field.name in keys or field.name == "id" or not matching.is_field_done(layer, field.name):
            continue
        if degree or field in _label_fields(layer):
            said = ((label_of(one, field), label_of(other, field)) for one, other in pairs)
            cells: Counter[Cell] = Counter((one, other) for one, other in said if one and other)
            yield CountKey(layer.name, field.name, "degrees" if degree else "labels"), cells
        elif field.kind == "reference" and (field.refers_to == "targets" or matching.is_matchable(field.refers_to)):
            same = sum(matching.same_reference(field, one, other) for one, other in pairs)
            yield CountKey(layer.name, field.name, "references"), _named(same=same, matched=len(pairs))


def _chains(layer: Layer, matching: Matching) -> Iterator[tuple[CountKey, CellCounts]]:
    owner, place = owner_field(layer), place_fields(layer)
    if owner and place and matching.is_field_done(layer, owner.name):
        first, second = (chains_of(records, owner, place) for records in matching.records(layer.name))
        yield CountKey(layer.name, owner.name, "chains"), _named(**lea_counts(first, second))


def _label_fields(layer: Layer) -> list[Field]:
    """Return the label fields and boolean fields."""
    return [f for f in layer.fields if f.kind == "label" or (f.kind, f.json_type) == ("scalar", "boolean")]


def _named(**counts: float) -> CellCounts:
    return {(name,): count for name, count in counts.items()}
