"""Articles → Label Studio tasks, and their annotations → pre-annotations: what `push` sends.

`encode` is the inverse of `decode`: decoding what it wrote gives the same annotation again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any

from ..core.model import Annotation, Article, CorpusError, Record
from ..core.schema import TARGETS, Field, Layer, Schema
from ..core.source_tokens import layers_to_carry
from .config_controls import DONE, LABEL, TEXT, Control, Controls, controls

Range = tuple[int, int]
"""Start and end, in code points."""


def task(article: Article, schema: Schema, annotations: Sequence[Annotation] = ()) -> dict[str, Any]:
    """Return the task of one article, with its annotations as pre-annotations (predictions) in the same order.

    `data` and `meta` both name the document, the checksum of its text, the schema version and, if the annotations
    say so, the fields to annotate; converting compares both: `data` can be edited in Label Studio. Raises CorpusError
    when the text is withheld, or when the annotations do not have the same `fields_done`.
    """
    if article.text is None:
        raise CorpusError(
            f"the text of {article.doc_id} is withheld: run `corpus attach {article.doc_id}` to supply it"
        )
    ids = {
        "doc_id": article.doc_id,
        "text_sha256": article.record["text_sha256"],
        "schema_version": _version(annotations, schema),
        **_fields_done(article, annotations, schema),
    }
    return {
        "data": {"text": article.text, "title": article.record.get("title") or "", **ids},
        "meta": ids,
        "predictions": [
            {"model_version": one.annotator, "result": encode(one.value, article.text, schema)} for one in annotations
        ],
    }


def _version(annotations: Sequence[Annotation], schema: Schema) -> str:
    """Return the newest schema version of the annotations, the oldest one of the schema without any."""
    used = {one.value["schema_version"] for one in annotations} | {schema.versions[0]}
    return max(used, key=schema.versions.index)


def _fields_done(article: Article, annotations: Sequence[Annotation], schema: Schema) -> Record:
    """Return the one `fields_done` of the annotations, nothing if they have none."""
    carried = layers_to_carry(schema)
    said = [
        {layer: names for layer, names in (one.value.get("fields_done") or {}).items() if layer not in carried}
        for one in annotations
    ]
    if any(one != said[0] for one in said):
        raise CorpusError(
            f"the annotations of {article.doc_id} differ in fields_done, and a task has one: push one annotator"
        )
    return {"fields_done": said[0]} if said and said[0] else {}


def encode(value: Record, text: str, schema: Schema) -> list[dict[str, Any]]:
    """Return the `result` that shows a valid annotation in Label Studio.

    The region of a record has the record's id; a further span is `record:field:number`. A record without spans
    is anchored near a record that refers to it, so that its region can be selected. Raises CorpusError for the
    few annotations that Label Studio cannot represent: two reference fields that name the same records in
    opposite orders, and a field that names a record twice. Layers that hold the tokens of a source are left out.
    """
    table = controls(schema)
    anchors = _anchors(value, text, table)
    items: list[dict[str, Any]] = []
    relations: list[dict[str, Any]] = []
    for layer in table.layers.values():
        of_layer = table.of(layer)
        for record in value.get(layer.name) or ():
            base = _Region(record["id"], anchors[record["id"]], text)
            items.append(base.item(LABEL, "labels", [layer.name], "labels"))
            for control in of_layer:
                held = _held(record, control)
                if held is not None:
                    items.append(base.item(control.name, control.type, held, control.key))
            for field in layer.of_kind("spans"):
                spans = record.get(field.name) or ()
                for number, span in enumerate(spans):
                    if number or field != table.places[layer.name]:
                        piece = _Region(f"{record['id']}:{field.name}:{number}", (span["start"], span["end"]), text)
                        items.append(piece.item(LABEL, "labels", [f"{layer.name}.{field.name}"], "labels"))
                        relations.append(_relation(record["id"], piece.id, [field.name]))
            relations.extend(_references(record, layer, table))
    done = {"choices": [name for name in value["layers_done"] if name in table.layers]}
    items.append({"value": done, "id": f":{DONE}", "from_name": DONE, "to_name": TEXT, "type": "choices"})
    return items + relations


class _Region:
    def __init__(self, id_: str, at: Range, text: str) -> None:
        self.id = id_
        self._where = {"start": at[0], "end": at[1], "text": text[at[0] : at[1]]}

    def item(self, control: str, type_: str, held: Any, key: str) -> dict[str, Any]:
        return {
            "value": {**self._where, key: held},
            "id": self.id,
            "from_name": control,
            "to_name": TEXT,
            "type": type_,
        }


def _relation(from_id: str, to_id: str, labels: list[str]) -> dict[str, Any]:
    return {"from_id": from_id, "to_id": to_id, "type": "relation", "direction": "right", "labels": labels}


def _held(record: Record, control: Control) -> Any:
    """Return the value of a control for a record, None if it is empty."""
    field = control.field
    if field is None:
        return [name for name, _, _ in control.options if name not in record] or None
    value = record.get(field.name)
    if value is None or value == []:
        return None
    if control.type == "number":
        return value
    return [written(one) for one in (value if field.many else [value])]


def written(value: Any) -> str:
    """Return a scalar as text: a string unchanged, a number as in JSON, a boolean as True or False.

    Not `true` and `false`: the editor does not open with a config that has these as aliases.
    """
    return str(value) if isinstance(value, (str, bool)) else json.dumps(value)


def _references(record: Record, layer: Layer, table: Controls) -> Iterator[dict[str, Any]]:
    """Yield one relation per record referred to: the editor drops a second relation between the same two regions."""
    for (from_layer, _), fields in table.drawn.items():
        if from_layer != layer.name:
            continue
        lists = {field.name: _referred(record, field) for field in fields}
        for name, ids in lists.items():
            if len(set(ids)) < len(ids):
                raise CorpusError(f"{record['id']} names a record twice in {name}, which Label Studio cannot represent")
        for id_ in _merged(list(lists.values()), record["id"]):
            yield _relation(record["id"], id_, [name for name, ids in lists.items() if id_ in ids])


def _merged(lists: list[list[str]], owner: str) -> list[str]:
    """Merge the lists into one that keeps the order of each."""
    used = [ids for ids in lists if ids]
    if len(used) < 2:
        return used[0] if used else []
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for ids in used:
        for number, id_ in enumerate(ids):
            sorter.add(id_, *ids[max(0, number - 1) : number])
    try:
        return list(sorter.static_order())
    except CycleError:
        raise CorpusError(
            f"two fields of {owner} name the same records in opposite orders, which Label Studio cannot represent"
        ) from None


def _referred(record: Record, field: Field) -> list[str]:
    value = record.get(field.name)
    if value is None:
        return []
    return value if field.many else [value]


def _anchors(value: Record, text: str, table: Controls) -> dict[str, Range]:
    """Return where to place the region of each record.

    That is its first span; if it has none, the region of the first record that it refers to; else of the first
    record in the text that refers to it; else the first word of the text.
    """
    found: dict[str, Range] = {}
    pending: list[tuple[Layer, Record]] = []
    for layer in table.layers.values():
        fields = layer.of_kind("spans")
        anchor = table.places[layer.name]
        ordered = [anchor, *(field for field in fields if field != anchor)] if anchor else list(fields)
        for record in value.get(layer.name) or ():
            spans = next((spans for field in ordered if (spans := record.get(field.name))), None)
            if spans:
                found[record["id"]] = spans[0]["start"], spans[0]["end"]
            else:
                pending.append((layer, record))
    ends = _ends(value, table)
    while pending:
        placed = {record["id"]: at for layer, record in pending if (at := _near(layer, record, ends, found))}
        found.update(placed or {record["id"]: _first_word(text) for _, record in pending})
        pending = [(layer, record) for layer, record in pending if record["id"] not in found]
    return found


def _near(layer: Layer, record: Record, ends: Mapping[str, list[str]], found: Mapping[str, Range]) -> Range | None:
    for field in layer.of_kind("reference"):
        for id_ in _referred(record, field) if field.refers_to != TARGETS else ():
            if id_ in found:
                return found[id_]
    return min((found[id_] for id_ in ends.get(record["id"], ()) if id_ in found), default=None)


def _ends(value: Record, table: Controls) -> dict[str, list[str]]:
    """Return for each record the records that refer to it."""
    ends: dict[str, list[str]] = {}
    for layer in table.layers.values():
        for field in layer.of_kind("reference"):
            if field.refers_to != TARGETS:
                for record in value.get(layer.name) or ():
                    for id_ in _referred(record, field):
                        ends.setdefault(id_, []).append(record["id"])
    return ends


def _first_word(text: str) -> Range:
    word = re.search(r"\S+", text)
    return word.span() if word else (0, len(text))
