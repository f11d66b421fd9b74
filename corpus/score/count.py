"""Count how a predicted annotation of a document compares with gold; counts add up over documents.

    (layer, what, group)  →  counts of a kind in `figures`

Records are matched one to one first (`matching`), then counted inside the pairs, so that nested quotes or a record
predicted twice never count twice. Spans are compared by code points, and so without the text: a withheld article is
scored like any other. Only what both annotated is counted (`layers_done`, `fields_done`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

from ..core.model import Record
from ..core.schema import TARGETS, Field, Layer, Schema
from ..matching import Matching, label_of, owned_layers, owner_field, place_fields, places_of, shared_code_points
from ..matching.coreference import chains_of, lea_counts
from . import coreference
from .figures import CONLL, LINKS, MATCHED, RESOLVED, SHARE, Kind
from .stances import pair_labels

JOINT = {"quotes": ("content", "cue", "source", "speaker")}
"""layer → the fields that must all be equal for the joint F1."""
KB = ("kb", "NIL")
"""The field with the knowledge-base id of an entity, and its value for "looked for and not there"."""
EXACT = "exact"


class Key(NamedTuple):
    """What is counted: a layer, a name, and the gold label that the counts are of ("" for all)."""

    layer: str
    what: str
    kind: Kind
    group: str = ""


Counted = tuple[Key, tuple[float, ...]]
Places = list[list[tuple[int, int]]]


def count(
    schema: Schema, gold: Record, predicted: Record, layers: Collection[str], drop_repeated: bool = False
) -> Iterator[Counted]:
    """Yield the counts of a document, for each of `layers` that both annotated, in the order of the schema.

    With `drop_repeated`, a mention in two entities is left out of the metrics of coreference; without it, it raises
    CorpusError.
    """
    matching = Matching(schema, gold, predicted)
    for layer in schema.layers.values():
        if layer.name not in layers or not matching.is_done(layer.name):
            continue
        if place_fields(layer):
            yield from _spans(schema, layer, gold, predicted, matching)
        if matching.is_matchable(layer.name):
            yield from _fields(schema, layer, matching)
        yield from _joint(schema, layer, matching)
        yield from _entities(schema, layer, gold, predicted, matching, drop_repeated)
        yield from ((Key(layer.name, what, kind), counts) for what, kind, counts in pair_labels(layer, matching))


def _spans(schema: Schema, layer: Layer, gold: Record, predicted: Record, matching: Matching) -> Iterator[Counted]:
    """Count places: equal ones, equal ones of equal type, overlapping ones, and shared code points."""
    places = [places_of(schema, layer.name, value) for value in (gold, predicted)]
    sizes = [len(side) for side in places]
    equal = _common(*(Counter(map(tuple, side)) for side in places))
    yield Key(layer.name, EXACT, MATCHED), (equal, *sizes)
    pairs = _place_pairs(layer, matching, places)
    # The scheme "partial" of SemEval-2013 task 9.1: an inexact match counts half.
    yield Key(layer.name, "partial", MATCHED), (equal + (len(pairs) - equal) / 2, *sizes)
    shared = shared_code_points(*places)
    lengths = [sum(end - start for place in side for start, end in place) for side in places]
    yield Key(layer.name, "overlap", MATCHED), (sum(shared[pair] for pair in pairs), *lengths)
    yield from _typed(schema, layer, gold, predicted, matching, places)


def _common(one: Counter[Any], other: Counter[Any]) -> int:
    return sum((one & other).values())


def _place_pairs(layer: Layer, matching: Matching, places: Sequence[Places]) -> list[tuple[int, int]]:
    """Return the numbers (gold, predicted) of the matched records."""
    at = [{record["id"]: i for i, record in enumerate(side)} for side in matching.records(layer.name)]
    return [(at[0][one["id"]], at[1][other["id"]]) for one, other in matching.pairs(layer.name)]


def type_field(schema: Schema, layer: Layer) -> tuple[Field | None, Layer, Field] | None:
    """Return the label that types the places of a layer: its owner's first label field, else its own; None for none.

    The first value is the reference to the owner, None if the label is the layer's own.
    """
    owner = owner_field(layer)
    if owner and (labels := schema.layers[owner.refers_to].of_kind("label")):
        return owner, schema.layers[owner.refers_to], labels[0]
    own = layer.of_kind("label")
    return (None, layer, own[0]) if own else None


def _typed(
    schema: Schema, layer: Layer, gold: Record, predicted: Record, matching: Matching, places: Sequence[Places]
) -> Iterator[Counted]:
    found = type_field(schema, layer)
    if found is None:
        return
    owner, of_layer, field = found
    needed = [(of_layer, field.name), *([(layer, owner.name)] if owner else [])]
    if not all(matching.is_field_done(of, name) for of, name in needed):
        return
    both = []
    for value, side in zip((gold, predicted), places, strict=True):
        owners = {record["id"]: record for record in value.get(of_layer.name) or ()}
        records = value.get(layer.name) or []
        typed = [owners.get(record.get(owner.name), {}) if owner else record for record in records]
        both.append(Counter((label_of(one, field), tuple(place)) for one, place in zip(typed, side, strict=True)))
    name = f"exact, {field.title.lower()}"
    yield Key(layer.name, name, MATCHED), (_common(*both), *(c.total() for c in both))
    for label in field.labels:
        of_label = [Counter({key: n for key, n in side.items() if key[0] == label.name}) for side in both]
        if any(of_label):
            yield Key(layer.name, name, MATCHED, label.name), (_common(*of_label), *(c.total() for c in of_label))


def _fields(schema: Schema, layer: Layer, matching: Matching) -> Iterator[Counted]:
    """Count the fields of matched records. Records without a match count as missing or spurious values."""
    pairs, sides = matching.pairs(layer.name), matching.records(layer.name)
    owner = owner_field(layer) if place_fields(layer) else None
    keys = matching.keys(layer.name)
    for field in layer.fields:
        if field.name == "id" or field.name in keys or field == owner or not matching.is_field_done(layer, field.name):
            continue
        if field.kind == "label" or (field.kind, field.json_type) == ("scalar", "boolean"):
            given = [[label_of(record, field) for record in side] for side in sides]
            said = [(label_of(one, field), label_of(other, field)) for one, other in pairs]
            same = sum(one == other is not None for one, other in said)
            yield Key(layer.name, field.name, MATCHED), (same, *(_given(side) for side in given))
            yield Key(layer.name, f"{field.name} of matched", SHARE), (sum(o == p for o, p in said), len(pairs))
        elif field.kind == "reference" and (field.refers_to == TARGETS or matching.is_matchable(field.refers_to)):
            right = [bool(one.get(field.name)) for one, other in pairs if matching.same_reference(field, one, other)]
            sizes = (sum(bool(record.get(field.name)) for record in side) for side in sides)
            yield Key(layer.name, field.name, MATCHED), (sum(right), *sizes)
            yield Key(layer.name, f"{field.name} of matched", SHARE), (len(right), len(pairs))
        elif field.kind == "spans" and not field.least:
            yield from _optional_spans(layer, field, pairs, sides)


def _given(values: list[str | None]) -> int:
    return sum(value is not None for value in values)


def _optional_spans(
    layer: Layer, field: Field, pairs: Sequence[tuple[Record, Record]], sides: Sequence[list[Record]]
) -> Iterator[Counted]:
    places = [[_place(record, field) for record in side] for side in sides]
    matched = [(_place(one, field), _place(other, field)) for one, other in pairs]
    equal = sum(one == other != [] for one, other in matched)
    yield Key(layer.name, f"{field.name} exact", MATCHED), (equal, *(sum(map(bool, side)) for side in places))
    shared = sum(sum(shared_code_points([one], [other]).values()) for one, other in matched)
    lengths = (sum(end - start for place in side for start, end in place) for side in places)
    yield Key(layer.name, f"{field.name} overlap", MATCHED), (shared, *lengths)


def _place(record: Record, field: Field) -> list[tuple[int, int]]:
    return sorted((span["start"], span["end"]) for span in record.get(field.name) or ())


def _joint(schema: Schema, layer: Layer, matching: Matching) -> Iterator[Counted]:
    """Count the records in which all fields of `JOINT` are right."""
    names = JOINT.get(layer.name, ())
    fields = [field for field in layer.fields if field.name in names]
    if len(fields) < len(names) or not names or not matching.is_field_done(layer, *names):
        return
    if not all(matching.is_matchable(field.refers_to) for field in fields if field.kind == "reference"):
        return
    right = sum(
        all(
            matching.same_reference(field, one, other) and bool(one.get(field.name)) == bool(other.get(field.name))
            if field.kind == "reference"
            else _place(one, field) == _place(other, field)
            for field in fields
        )
        for one, other in matching.pairs(layer.name)
    )
    yield Key(layer.name, f"joint ({', '.join(names)})", MATCHED), (right, *map(len, matching.records(layer.name)))


def _entities(
    schema: Schema, layer: Layer, gold: Record, predicted: Record, matching: Matching, drop_repeated: bool
) -> Iterator[Counted]:
    """Count coreference and entity linking, for a layer whose records have mentions."""
    for members, owner in owned_layers(schema, layer.name):
        if not matching.is_done(members.name) or not matching.is_field_done(members, owner.name):
            continue
        place = place_fields(members)
        sides = [chains_of(records, owner, place) for records in matching.records(members.name)]
        yield from _coreference(layer, gold["doc_id"], sides, drop_repeated)
        if any(field.name == KB[0] for field in layer.fields) and matching.is_field_done(layer, KB[0]):
            links = [_links(value, layer, members, owner, place) for value in (gold, predicted)]
            sizes = (side.total() for side in links)
            yield Key(layer.name, "linking of mentions, exact", MATCHED), (_common(*links), *sizes)


def _coreference(layer: Layer, doc_id: str, sides: list[list[list[object]]], drop_repeated: bool) -> Iterator[Counted]:
    if drop_repeated:
        # Of both sides, so that a mention that one side repeats is not scored as missing there.
        dropped = coreference.repeated(sides[0]) | coreference.repeated(sides[1])
        sides = [[[m for m in one if m not in dropped] for one in side] for side in sides]
        sides = [[one for one in side if one] for side in sides]
    for where, side in zip(("gold", "the predictions"), sides, strict=True):
        coreference.check_disjoint(side, f"{doc_id}, {where}")
    for singletons in (True, False):
        key, response = (side if singletons else [one for one in side if len(one) > 1] for side in sides)
        how = "exact match, with singletons" if singletons else "exact match, without singletons"
        muc, b_cubed = coreference.muc(key, response), coreference.b_cubed(key, response)
        ceaf = coreference.ceaf_entities(key, response)
        lea = lea_counts(key, response)
        yield Key(layer.name, f"CoNLL ({how})", CONLL), (*muc, *b_cubed, *ceaf)
        yield Key(layer.name, f"MUC ({how})", RESOLVED), muc
        yield Key(layer.name, f"B³ ({how})", RESOLVED), b_cubed
        yield Key(layer.name, f"CEAF-m ({how})", RESOLVED), coreference.ceaf_mentions(key, response)
        yield Key(layer.name, f"CEAF-e ({how})", RESOLVED), ceaf
        links = (lea["first"], lea["first_size"], lea["second"], lea["second_size"])
        yield Key(layer.name, f"LEA ({how})", RESOLVED), links
        yield Key(layer.name, f"BLANC ({how})", LINKS), coreference.blanc(key, response)


def _links(value: Record, layer: Layer, members: Layer, owner: Field, place: Sequence[Field]) -> Counter[Any]:
    """Return the places of mentions with the knowledge-base id of their entity, except null and NIL."""
    ids = {record["id"]: record.get(KB[0]) for record in value.get(layer.name) or ()}
    return Counter(
        (tuple(span for field in place for span in _place(record, field)), kb)
        for record in value.get(members.name) or ()
        if (kb := ids.get(record.get(owner.name))) is not None and kb != KB[1]
    )
