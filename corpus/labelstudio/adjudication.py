"""Two annotations of a document → one prediction for an adjudicator, and what the adjudicator made of it → decisions.

    records that both have                        in place once
    records of a disagreement that is decided     in place as decided
    records of an open disagreement               both in place: the adjudicator deletes one, or both, or edits

    relation m4 → e1, and e1 is doubled as e1-b   relations m4 → e1 and m4 → e1-b: whichever stays, m4 has its entity

The task lists its conflicts, each with a number that the notes of the two regions have too. Label Studio can also show
two predictions beside each other, but has no button there to accept a record: deleting one of two costs two actions.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from ..agreement.adjudicate import Opened
from ..agreement.carried import free_id
from ..agreement.worklist import Item
from ..core.model import Annotation, Record, Source
from ..core.schema import Layer, Schema
from .config import labelling_config
from .config_controls import PIECE, controls
from .submissions import ADJUDICATION
from .tasks import task

UNION = "adjudicate"
"""The version of the prediction: the editor shows the predictions of the project's version."""
CONFLICTS = "conflicts"
_WORDS = 60
_LIST = (
    '<View style="max-height: 6em; overflow-y: auto; border-bottom: 1px solid #ccc">',
    f'  <Header value="${CONFLICTS}" size="6" style="white-space: pre-line"/>',
    "</View>",
)


def adjudication_config(schema: Schema) -> str:
    """Return the labelling config of the schema, with the list of conflicts above it."""
    return labelling_config(schema, above=_LIST)


@dataclass(frozen=True, slots=True)
class Asked:
    """A conflict of a task: the regions of both records, "" for an annotator without one. `key` identifies the item."""

    layer: str
    a: str
    b: str
    key: str

    @property
    def is_pair(self) -> bool:
        """Return True if both annotators have a record."""
        return bool(self.a and self.b)


@dataclass(frozen=True, slots=True)
class Question:
    """What a task asks: the annotators, the conflicts, and a digest of each record that is in place once."""

    annotators: tuple[str, str]
    asked: tuple[Asked, ...]
    in_place: Mapping[str, str]

    def as_json(self) -> Record:
        """Return the value of `ADJUDICATION` in `meta`."""
        asked = [[one.layer, one.a, one.b, one.key] for one in self.asked]
        return {"from": list(self.annotators), "asked": asked, "in_place": dict(self.in_place)}


def read_question(task: Record) -> Question | None:
    """Return what a task asks, None if it does not ask for adjudication as `push --adjudicate` does."""
    meta = task.get("meta")
    value: Any = meta.get(ADJUDICATION) if isinstance(meta, dict) else None
    try:
        first, second = value["from"]
        asked = tuple(Asked(*one) for one in value["asked"])
        in_place = dict(value["in_place"])
    except (KeyError, TypeError, ValueError):
        return None
    words = [first, second, *in_place, *in_place.values()]
    words += [word for one in asked for word in (one.layer, one.a, one.b, one.key)]
    return Question((first, second), asked, in_place) if all(isinstance(word, str) for word in words) else None


def item_key(item: Item) -> str:
    """Return a short digest of what an item is about."""
    return _digest(item.key)


def record_key(layer: str, record: Record) -> str:
    """Return a short digest of a record that is in place."""
    return _digest(json.dumps([layer, record], sort_keys=True))


def _digest(words: str) -> str:
    return sha256(words.encode()).hexdigest()[:16]


def adjudication_task(opened: Opened, schema: Schema, annotators: tuple[str, str]) -> Record:
    """Return a task with the open items of a document. Raises CorpusError if Label Studio cannot represent them."""
    layers: dict[str, list[Record]] = {name: list(records) for name, records in opened.agreed.items()}
    for item in opened.items:
        if item.decision is not None and item.taken is not None:
            layers[item.layer].append(item.taken)
    in_place = {one["id"]: record_key(name, one) for name, records in layers.items() for one in records}
    used = {*in_place, *(side["id"] for item in opened.items for side in (item.a, item.b) if side)}
    asked, notes, lines = [], {}, []
    for item in opened.items:
        if item.decision is None:
            ids = [side["id"] if side else "" for side in (item.a, item.b)]
            if all(ids):
                ids[1] = free_id(f"{ids[0][:60]}-b", used)
            asked.append(Asked(item.layer, ids[0], ids[1], item_key(item)))
            for side, id_, who in zip((item.a, item.b), ids, annotators, strict=True):
                if side:
                    layers[item.layer].append({**side, "id": id_})
                    notes[id_] = f"{len(asked)}. {who}"
            lines.append(f"{len(asked)}. {_conflict(item, schema.layers[item.layer], opened.shared.text, annotators)}")
    value = {**opened.both[0], "annotator": UNION, "layers_done": list(layers), **layers}
    value = {name: one for name, one in value.items() if name not in schema.layers or name in layers}
    made = task(opened.shared.article, schema, [Annotation(UNION, value, Source("", "annotation"))])
    twins = {one.a: one.b for one in asked if one.is_pair}
    (prediction,) = made["predictions"]
    result = list(_noted(_doubled(prediction["result"], twins), notes))
    question = Question(annotators, tuple(asked), in_place)
    return {
        "data": {**made["data"], CONFLICTS: "\n".join(lines)},
        "meta": {**made["meta"], ADJUDICATION: question.as_json()},
        "predictions": [{**prediction, "result": result}],
    }


def _doubled(result: Sequence[Record], twins: Mapping[str, str]) -> Iterator[Record]:
    """Yield the items; a relation to a record that is doubled leads to its twin too."""
    for item in result:
        yield item
        if item["type"] == "relation" and item["to_id"] in twins:
            yield {**item, "to_id": twins[item["to_id"]]}


def _noted(result: Iterator[Record], notes: Mapping[str, str]) -> Iterator[Record]:
    for item in result:
        noted = item["type"] == "labels" and item["id"] in notes
        yield {**item, "meta": {"text": [notes[item["id"]]]}} if noted else item


def _conflict(item: Item, layer: Layer, text: str | None, annotators: Sequence[str]) -> str:
    """Return a line on a conflict: the words, and what each annotator says."""
    words = _words(item.a or item.b or {}, layer, text or "")
    if item.a is None or item.b is None:
        return f"{layer.title}{words}: only {annotators[item.a is None]}"
    said = [_field(item, name, layer, annotators) for name in item.differs]
    return f"{layer.title}{words}: {'; '.join(said)}"


def _field(item: Item, name: str, layer: Layer, annotators: Sequence[str]) -> str:
    field = next(one for one in layer.fields if one.name == name)
    if field.kind == "spans":
        return f"{field.title} differs"
    sides = (item.a or {}, item.b or {})
    said = (f"{who} {_value(side.get(name))}" for who, side in zip(annotators, sides, strict=True))
    return f"{field.title}: {', '.join(said)}"


def _value(value: Any) -> str:
    if isinstance(value, list):
        return " + ".join(map(str, value)) or "–"
    return "–" if value is None else str(value)


def _words(record: Record, layer: Layer, text: str) -> str:
    for field in layer.of_kind("spans"):
        for span in record.get(field.name) or ():
            words = " ".join(text[span["start"] : span["end"]].split())
            return f" “{words[:_WORDS]}{'…' * (len(words) > _WORDS)}”"
    named = next((record[name] for name in ("name", "target") if isinstance(record.get(name), str)), record.get("id"))
    return f" {named}"


@dataclass(frozen=True, slots=True)
class Answered:
    """The result of an adjudicator, with one region for each record, and which sides of each pair are left.

    `sides` has for each pair, by its `key`, "a", "b", "both" or "neither".
    """

    result: list[Any]
    sides: Mapping[str, str]


def read_answer(result: list[Any], question: Question, schema: Schema) -> Answered:
    """Return a result in which the record that is left of each pair has the id of the pair.

    A relation to a deleted twin is dropped, and so are the pieces of a deleted record. If both are left, the pair is
    undecided: relations lead to the first.
    """
    regions = {item.get("id") for item in result if isinstance(item, dict) and item.get("type") == "labels"}
    sides: dict[str, str] = {}
    rename: dict[str, str] = {}
    dropped: set[str] = set()
    for one in question.asked:
        if one.is_pair:
            left = (one.a in regions, one.b in regions)
            sides[one.key] = {(True, True): "both", (True, False): "a", (False, True): "b"}.get(left, "neither")
            if left == (False, True):
                rename[one.b] = one.a
            dropped.add(one.a if not left[0] else one.b)
            dropped |= {one.a, one.b} if left == (False, False) else set()
    table = controls(schema).controls
    fields = {name: one.field for name, one in table.items() if one.field}
    ids = {name for name, one in fields.items() if one.name == "id" or one.kind == "reference"}
    kept = [item for item in result if not (_is_relation(item) and item.get("to_id") in dropped)]
    orphans = _orphans(kept, regions, question)
    found = [
        _renamed(item, rename, ids) if isinstance(item, dict) else item
        for item in kept
        if not (isinstance(item, dict) and item.get("id") in orphans)
    ]
    return Answered(found, sides)


def _is_relation(item: Any) -> bool:
    return isinstance(item, dict) and item.get("type") == "relation"


def _orphans(result: Sequence[Any], regions: Collection[Any], question: Question) -> set[str]:
    """Return the pieces whose record was deleted: the editor deletes a region and its relations, and leaves these."""
    known = {*question.in_place, *(id_ for one in question.asked for id_ in (one.a, one.b))}
    linked = {item.get(end) for item in result if _is_relation(item) for end in ("from_id", "to_id")}
    pieces = [id_ for id_ in regions if isinstance(id_, str) and PIECE in id_]
    heads = {id_: id_.partition(PIECE)[0] for id_ in pieces}
    return {id_ for id_, head in heads.items() if head in known - {*regions} and id_ not in linked}


def _renamed(item: Record, rename: Mapping[str, str], ids: set[str]) -> Record:
    """Return an item with the new ids of its regions, also in the text fields that hold ids."""
    found = dict(item)
    for key in ("id", "from_id", "to_id", "parentID"):
        one = item.get(key)
        if isinstance(one, str) and one in rename:
            found[key] = rename[one]
    value = item.get("value")
    if item.get("from_name") in ids and isinstance(value, dict):
        found["value"] = {
            key: [rename.get(word, word) if isinstance(word, str) else word for word in words]
            if isinstance(words, list)
            else words
            for key, words in value.items()
        }
    return found
