"""Collect the labels of all annotators and gold for one thing, field by field: the items of the config `disagreement`.

    ann-a  q1 10–40  type direct ┐
    ann-b  q7 10–40  type mixed  ├→ item q3, type: annotations [direct, mixed, null], gold mixed,
    ann-c  –                     │         distribution {direct: ½, mixed: ½}
    gold   q3 10–40  type mixed  ┘

An item is a unit of matched records and a field with labels. It is what the Learning With Disagreements tasks call so
(Uma et al. 2021, "SemEval-2021 Task 12: Learning with Disagreements"): the labels of all annotators are kept beside the
one of gold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from ..core.done import derived_fields, field_done, layer_done
from ..core.model import GOLD, Record
from ..core.schema import Field, Layer, Schema
from ..core.source_tokens import layers_to_annotate
from .joint import Unit, joint_units, matchings
from .records import KEYS
from .values import label_of


@dataclass(frozen=True, slots=True)
class Item:
    """What the annotators and gold say in one field of one thing.

    `item` names the thing within its document and layer: the id of gold's record, or ANNOTATOR/ID of the first
    annotator's. `annotators` are those who annotated the field, sorted, without gold; `annotations` has the label of
    each, None where they have no such record or no value. `hard_label` is gold's, None likewise.
    """

    layer: str
    item: str
    field: str
    unit: Unit
    annotators: tuple[str, ...]
    annotations: tuple[str | None, ...]
    hard_label: str | None

    @property
    def soft_label(self) -> dict[str, float]:
        """Return the share of each label among those given, most frequent first, then in alphabetical order."""
        given = [label for label in self.annotations if label is not None]
        if len(set(given)) < 2:
            return dict.fromkeys(given, 1.0)
        counts, total = Counter(given), len(given)
        return {label: count / total for label, count in sorted(counts.items(), key=lambda one: (-one[1], one[0]))}


def label_fields(layer: Layer) -> list[Field]:
    """Return the fields that have labels to disagree in: labels, true or false, whole numbers; not those matched by."""
    keys = KEYS.get(layer.name, ())
    kinds = (("scalar", "boolean"), ("scalar", "integer"))
    return [
        field
        for field in layer.fields
        if field.name not in keys and (field.kind == "label" or (field.kind, field.json_type) in kinds)
    ]


def items(schema: Schema, annotations: Mapping[str, Record]) -> Iterator[Item]:
    """Yield the items of a document, by layer, thing and field in the order of the schema and of the records.

    `annotations` are those of its annotators and of gold, if it has one. A layer is left out unless the records of all
    who annotated it can be matched. An annotator whose label a program derived did not choose it and is left out.
    """
    ordered = {name: annotations[name] for name in sorted(annotations, key=lambda name: (name != GOLD, name))}
    matched = matchings(schema, ordered)
    for layer in layers_to_annotate(schema).values():
        fields = label_fields(layer)
        done = {name: value for name, value in ordered.items() if layer_done(value, layer.name)}
        if not fields or not done.keys() - {GOLD}:
            continue
        if not all(matched[pair].is_matchable(layer.name) for pair in combinations(done, 2)):
            continue
        derived = {name: derived_fields(value, layer.name) for name, value in done.items()}
        asked = {field.name: [name for name in done if field_done(done[name], layer, field.name)] for field in fields}
        for unit in joint_units(layer.name, done, matched):
            first, record = next(iter(unit.items()))
            item = record["id"] if first == GOLD else f"{first}/{record['id']}"
            for field in fields:
                names = [
                    name
                    for name in asked[field.name]
                    if name not in unit or field.name not in derived[name].get(unit[name]["id"], ())
                ]
                one = _item(layer, item, field, unit, names)
                if one.annotators and any(label is not None for label in (*one.annotations, one.hard_label)):
                    yield one


def _item(layer: Layer, item: str, field: Field, unit: Unit, names: Sequence[str]) -> Item:
    said = {name: label_of(unit[name], field) if name in unit else None for name in names}
    gold = said.pop(GOLD, None)
    return Item(layer.name, item, field.name, unit, tuple(said), tuple(said.values()), gold)
