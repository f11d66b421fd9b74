"""Compare the gold annotation of a document with those of its annotators, and these with each other.

    gold  {m1, m2}            m3 is in no gold record   → missing in gold
    ann-a {m1, m2, m3}   →    a label that both share, another in gold → overruled
    ann-b {m1, m3}            …

A layer or a field that someone did not annotate is not compared. A language model is an annotator like any other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

from ..core.done import layer_done
from ..core.json_positions import join_pointer
from ..core.model import GOLD, Annotation
from ..core.schema import Field, Layer, Schema
from ..core.source_tokens import layers_to_annotate
from ..matching import (
    KEYS,
    Matchings,
    Statement,
    Unit,
    comparable,
    joint_units,
    matchings,
    owned_layers,
    place_fields,
    places_of,
    statements,
)

OPPOSITE = {("stances", "label"): {"favor": "against", "against": "favor"}}
"""(layer, field) → each label with its opposite."""
_COPIED = 20
"""Records from which on two independent annotators do not say the same throughout by chance."""
_SIDED = 8
"""Differing records from which on an adjudicator takes one side throughout by chance in less than 1% of cases."""
_SHOWN = 40
"""Code points of the words of a record in a message."""


class Compared(NamedTuple):
    """A difference between annotations: the rule, its place, and related places (file, pointer, message)."""

    code: str
    file: str
    pointer: str
    record: str
    detail: str
    related: tuple[tuple[str, str, str], ...] = ()


Said = Mapping[str, Sequence[Statement]]
"""layer → what each record says."""


def compare(gold: Annotation | None, others: Sequence[Annotation], schema: Schema, text: str | None) -> list[Compared]:
    """Return the differences between the annotations of one document, which passed levels 1 to 4."""
    if len(others) < 2:
        return []
    said: dict[str, Said] = {one.annotator: statements(schema, one.value) for one in others}
    found = list(_copies(others, said))
    if gold is not None:
        said[GOLD] = statements(schema, gold.value)
        found += _Comparison(gold, others, schema, text, said).differences()
    return found


def _copies(others: Sequence[Annotation], said: Mapping[str, Said]) -> Iterator[Compared]:
    for one, other in combinations(others, 2):
        first, second = said[one.annotator], said[other.annotator]
        common = [layer for layer in first if layer in second]
        count = sum(len(first[layer]) for layer in common)
        if count >= _COPIED and all(Counter(first[layer]) == Counter(second[layer]) for layer in common):
            detail = f"{count:,} records of {other.annotator} say the same as those of {one.annotator}"
            related = ((one.source.path, "/annotator", f"the annotation of {one.annotator}"),)
            yield Compared("C654", other.source.path, "/annotator", "", detail, related)


class _Comparison:
    """Compares gold with the annotations of two or more annotators of one document."""

    def __init__(
        self, gold: Annotation, others: Sequence[Annotation], schema: Schema, text: str | None, said: Mapping[str, Said]
    ):
        self._gold, self._others, self._schema, self._text, self._said = gold, others, schema, text, said
        self._matched: dict[tuple[str, ...], Matchings] = {}

    def differences(self) -> Iterator[Compared]:
        """Yield all differences, layer by layer."""
        for name in layers_to_annotate(self._schema):
            did = [one for one in self._others if layer_done(one.value, name)]
            if len(did) > 1 and layer_done(self._gold.value, name) and self._can_differ(name, did):
                yield from self._of_layer(name, did)
        yield from self._one_side()

    def _can_differ(self, name: str, did: Sequence[Annotation]) -> bool:
        """Return whether gold may lack, add or overrule a record: not if each record says what an annotator says."""
        in_gold = set(self._said[GOLD][name])
        of_each = [set(self._said[one.annotator][name]) for one in did]
        return bool(in_gold - set().union(*of_each)) or all(of - in_gold for of in of_each)

    def _of_layer(self, name: str, did: Sequence[Annotation]) -> Iterator[Compared]:
        by = {one.annotator: one for one in (*did, self._gold)}
        names = tuple(by)
        annotations = {who: one.value for who, one in by.items()}
        if names not in self._matched:
            self._matched[names] = matchings(self._schema, annotations)
        matched = self._matched[names]
        if not all(matched[pair].is_matchable(name) for pair in combinations(names, 2)):
            return
        found = joint_units(name, annotations, matched)
        missing = [unit for unit in found if GOLD not in unit and len(unit) == len(did)]
        added = [unit for unit in found if GOLD in unit and len(unit) == 1]
        yield from self._overruled(name, by, [unit for unit in found if len(unit) == len(names)], matched)
        for unit, field in self._with_another_key(name, missing, added, matched):
            yield self._contradiction("C655", name, by, unit, field)
        # A lost entity loses its mentions, which are reported; a merged one changes theirs.
        if not owned_layers(self._schema, name):
            for unit in missing:
                detail = f"{self._words(name, by, unit)}, {self._ids(unit)}"
                yield self._found("C650", name, by, unit, detail)
            for unit in added:
                yield self._found("C651", name, by, unit, self._words(name, by, unit))

    def _overruled(
        self, name: str, by: Mapping[str, Annotation], found: Sequence[Unit], matched: Matchings
    ) -> Iterator[Compared]:
        layer = self._schema.layers[name]
        fields = [
            field
            for field in layer.fields
            if _is_compared(layer, field) and all(one.is_comparable(layer, field) for one in matched.values())
        ]
        by_id = {
            record["id"]: said for record, said in zip(self._gold.layer(name), self._said[GOLD][name], strict=True)
        }
        of_annotators = {said for who in by if who != GOLD for said in self._said[who][name]}
        for unit in found:
            for field in fields if by_id[unit[GOLD]["id"]] not in of_annotators else ():
                if self._is_overruled(layer, field, unit, matched):
                    label = str(unit[next(iter(by))].get(field.name))
                    opposite = OPPOSITE.get((name, field.name), {}).get(label)
                    code = "C656" if opposite and opposite == unit[GOLD].get(field.name) else "C655"
                    yield self._contradiction(code, name, by, unit, field)

    def _is_overruled(self, layer: Layer, field: Field, unit: Unit, matched: Matchings) -> bool:
        """Return whether all annotators chose the same and gold has something else, which C609 does not report."""
        first, *others = [who for who in unit if who != GOLD]
        return (
            not matched[first, GOLD].same(field, unit[first], unit[GOLD])
            and all(matched[first, who].same(field, unit[first], unit[who]) for who in others)
            and all(matched[first, who].is_chosen(layer.name, field.name, unit[first], unit[who]) for who in others)
            and not self._is_unchosen(layer, field, unit)
        )

    def _with_another_key(
        self, name: str, missing: list[Unit], added: list[Unit], matched: Matchings
    ) -> Iterator[tuple[Unit, Field]]:
        """Take a record that gold lacks and one that it adds out of the lists if they differ in one key; yield them."""
        layer = self._schema.layers[name]
        keys = [field for field in layer.fields if field.name in KEYS.get(name, ())]
        for unit in list(missing) if keys else ():
            first = next(iter(unit))
            judged = matched[first, GOLD]
            for other in added:
                differing = [field for field in keys if not judged.same(field, unit[first], other[GOLD])]
                if len(differing) == 1:
                    missing.remove(unit)
                    added.remove(other)
                    yield {**unit, **other}, differing[0]
                    break

    def _contradiction(self, code: str, name: str, by: Mapping[str, Annotation], unit: Unit, field: Field) -> Compared:
        annotators = [who for who in unit if who != GOLD]
        values = [self._value(by[who], field, unit[who].get(field.name)) for who in (GOLD, annotators[0])]
        detail = f"{field.name} {values[0]}, not {values[1]} ({', '.join(annotators)})"
        return self._found(code, name, by, unit, detail, field.name)

    def _value(self, annotation: Annotation, field: Field, value: Any) -> str:
        """Return a value as words. An id has the name of its record, because ids of two annotators are not the same."""
        if field.kind != "reference" or field.refers_to not in self._schema.layers or value in (None, []):
            return _shown(field, value)
        names = {record["id"]: record.get("name") for record in annotation.layer(field.refers_to)}
        ids = value if isinstance(value, list) else [value]
        return " ".join(f"{one} “{names[one]}”" if isinstance(names.get(one), str) else str(one) for one in ids)

    def _is_unchosen(self, layer: Layer, field: Field, unit: Unit) -> bool:
        """Return whether C609 reports the label: it compares the labels of records with exactly the same spans."""
        if field.kind != "label" or field.many:
            return False
        if not place_fields(layer):
            return bool(owned_layers(self._schema, layer.name))
        places = [[comparable(one, record.get(one.name)) for one in place_fields(layer)] for record in unit.values()]
        return all(place == places[0] for place in places)

    def _found(
        self, code: str, name: str, by: Mapping[str, Annotation], unit: Unit, detail: str, field: str = ""
    ) -> Compared:
        """Return the difference at the record of gold, or else of the first annotator; the others are related."""
        ordered = sorted(unit, key=lambda who: who != GOLD)
        at = {who: join_pointer(name, by[who].layer(name).index(unit[who])) for who in ordered}
        related = tuple((by[who].source.path, at[who], f"the record of {who}") for who in ordered[1:])
        here = ordered[0]
        parts = (field,) if field and field in unit[here] else ()
        pointer = at[here] + "".join(f"/{part}" for part in parts)
        return Compared(code, by[here].source.path, pointer, unit[here]["id"], detail, related)

    def _ids(self, unit: Unit) -> str:
        return ", ".join(f"{record['id']} of {who}" for who, record in unit.items())

    def _words(self, name: str, by: Mapping[str, Annotation], unit: Unit) -> str:
        """Return the layer and the words of a record, or its id if its text is withheld or it has no place."""
        who, record = next(iter(unit.items()))
        place = places_of(self._schema, name, by[who].value)[by[who].layer(name).index(record)]
        if self._text is None or not place:
            return f"{name} {record['id']}"
        words = " ".join(self._text[place[0][0] : place[-1][1]].split())
        return f"{name} “{words if len(words) <= _SHOWN else words[: _SHOWN - 1] + '…'}”"

    def _one_side(self) -> Iterator[Compared]:
        """Yield that gold says what one annotator says throughout, though another differs in many records."""
        ours = self._said[GOLD]
        for one in self._others:
            theirs = self._said[one.annotator]
            if not ours or not all(
                layer in theirs and Counter(ours[layer]) == Counter(theirs[layer]) for layer in ours
            ):
                continue
            differing = {other.annotator: self._differing(ours, self._said[other.annotator]) for other in self._others}
            who, count = max(differing.items(), key=lambda item: item[1])
            if count >= _SIDED:
                detail = f"the same as {one.annotator}, where {who} differs in {count:,} records"
                related = ((one.source.path, "/annotator", f"the annotation of {one.annotator}"),)
                yield Compared("C652", self._gold.source.path, "/annotator", "", detail, related)

    def _differing(self, ours: Said, theirs: Said) -> int:
        """Return the number of records in which two annotations differ, in the layers that both have."""
        counts = [(Counter(ours[layer]), Counter(theirs[layer])) for layer in ours if layer in theirs]
        return sum(max((one - other).total(), (other - one).total()) for one, other in counts)


def _is_compared(layer: Layer, field: Field) -> bool:
    """Return whether a value of the field can be overruled: not free text, which each annotator words differently."""
    return field.kind in ("label", "reference", "spans") or field.json_type in ("boolean", "integer")


def _shown(field: Field, value: Any) -> str:
    if value in (None, []):
        return "none"
    if field.kind == "spans":
        return " ".join(f"{start}–{end}" for start, end in comparable(field, value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
