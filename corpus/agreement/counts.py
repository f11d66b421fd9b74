"""Count the agreement of two annotations of a document; counts add up over documents to every figure.

    (layer, field, kind)  →  {cell: count}

A kind of counts yields one or more measures: the labels of matched records yield α, κ and the confusions.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

from ..core.done import derived_fields, field_done, layer_done
from ..core.model import Record
from ..core.schema import Field, Layer, Schema
from ..core.tokens import Tokens
from ..matching import (
    KEYS,
    Matching,
    Matchings,
    Pairs,
    Unit,
    chains_of,
    joint_units,
    label_of,
    lea_counts,
    owner_field,
    place_fields,
)
from . import coefficients
from .coefficients import Cell, Floats
from .units import segments, span_counts, token_cells, unit_cells, value_fields

BY_UNIT = ("labels", "degrees")
"""The kinds of counts that several annotators have together by unit, and not as pairs."""
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
    schema: Schema, layers: Sequence[str], text: Text, first: Record, second: Record, matching: Matching
) -> Iterator[tuple[CountKey, CellCounts]]:
    """Yield the counts of two annotations of a document, for the layers and fields that both annotated."""
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
        same = sum(_same_labels(layer, fields, matching, one, other) for one, other in pairs)
        yield CountKey(layer.name, "", "labelled"), _named(same=same, first=first, second=second)


def _same_labels(layer: Layer, fields: Sequence[Field], matching: Matching, one: Record, other: Record) -> bool:
    """Return whether two records have equal labels in the fields that both annotators chose."""
    return all(
        label_of(one, field) == label_of(other, field) or not matching.is_chosen(layer.name, field.name, one, other)
        for field in fields
    )


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
            lengths: CellCounts = {**met, **{(value,): pairs for value, pairs in within.items()}}
            yield CountKey(layer.name, field.name, "units"), lengths
        records = (value.get(layer.name) or [] for value in (first, second))
        yield CountKey(layer.name, field.name, "spans"), _named(**span_counts(field, *records))


def _fields(layer: Layer, matching: Matching) -> Iterator[tuple[CountKey, CellCounts]]:
    for field in _alpha_fields(layer):
        if matching.is_field_done(layer, field.name):
            pairs = _chosen(layer, field, matching)
            said = ((label_of(one, field), label_of(other, field)) for one, other in pairs)
            cells: Counter[Cell] = Counter((one, other) for one, other in said if one and other)
            yield CountKey(layer.name, field.name, _kind(layer, field)), cells
    for field in layer.of_kind("reference"):
        if field.name not in KEYS.get(layer.name, ()) and matching.is_comparable(layer, field):
            yield CountKey(layer.name, field.name, "references"), _references(layer, field, matching)


def _chosen(layer: Layer, field: Field, matching: Matching) -> Pairs:
    """Return the matched records whose field both annotators chose."""
    return [pair for pair in matching.pairs(layer.name) if matching.is_chosen(layer.name, field.name, *pair)]


def _references(layer: Layer, field: Field, matching: Matching) -> CellCounts:
    """Count the pairs that refer to the same records, and those in which someone refers to any."""
    pairs = _chosen(layer, field, matching)
    filled = sum(bool(one.get(field.name) or other.get(field.name)) for one, other in pairs)
    same = sum(matching.same_reference(field, one, other) for one, other in pairs)
    return _named(same=same, matched=len(pairs), filled=filled)


def count_together(
    schema: Schema, layers: Sequence[str], annotations: Mapping[str, Record], matched: Matchings
) -> Iterator[tuple[CountKey, CellCounts]]:
    """Yield the coincidences of values of all annotators of a document, for each field with values.

    Each pair of values in a unit counts 1 / (values in the unit - 1), as in Krippendorff (2011), "Computing
    Krippendorff's Alpha-Reliability", section E. So an annotator without a record or a value is missing there, and
    takes no weight from the others.
    """
    for name in layers:
        layer = schema.layers[name]
        readers = {who: value for who, value in annotations.items() if layer_done(value, name)}
        if len(readers) < 2:
            continue
        found = joint_units(name, readers, matched)
        for field in _alpha_fields(layer):
            did = [who for who, value in readers.items() if field_done(value, layer, field.name)]
            if len(did) > 1:
                derived = {who: derived_fields(readers[who], name) for who in did}
                yield CountKey(name, field.name, _kind(layer, field)), _coincidences(found, derived, field)


def _coincidences(
    found: Sequence[Unit], derived: Mapping[str, Mapping[str, frozenset[str]]], field: Field
) -> CellCounts:
    """Count the pairs of values of the annotators in `derived`, which has the fields that none of them chose."""
    cells: dict[Cell, float] = defaultdict(float)
    for unit in found:
        having = [(unit[who], of) for who, of in derived.items() if who in unit]
        chosen = [record for record, of in having if field.name not in of.get(record["id"], ())]
        said = [value for record in chosen if (value := label_of(record, field))]
        for pair in combinations(said, 2):
            cells[pair] += 1 / (len(said) - 1)
    return cells


def _chains(layer: Layer, matching: Matching) -> Iterator[tuple[CountKey, CellCounts]]:
    owner, place = owner_field(layer), place_fields(layer)
    if owner and place and matching.is_field_done(layer, owner.name):
        first, second = (chains_of(records, owner, place) for records in matching.records(layer.name))
        yield CountKey(layer.name, owner.name, "chains"), _named(**lea_counts(first, second))


def _alpha_fields(layer: Layer) -> list[Field]:
    """Return the fields whose values α compares: labels, booleans and degrees, without those that match records."""
    labels = _label_fields(layer)
    fields = [one for one in layer.fields if one in labels or (layer.name, one.name) in ORDINAL]
    return [one for one in fields if one.name not in KEYS.get(layer.name, ())]


def _kind(layer: Layer, field: Field) -> str:
    return "degrees" if (layer.name, field.name) in ORDINAL else "labels"


def _label_fields(layer: Layer) -> list[Field]:
    """Return the label fields and boolean fields."""
    return [f for f in layer.fields if f.kind == "label" or (f.kind, f.json_type) == ("scalar", "boolean")]


def _named(**counts: float) -> CellCounts:
    return {(name,): count for name, count in counts.items()}
