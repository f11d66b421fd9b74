"""Articles → Label Studio tasks, and their annotations → pre-annotations: what `push` sends.

`encode` is the inverse of `decode`: decoding what it wrote gives the same annotation again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any

from ..core.done import derived_fields
from ..core.labelling import derive, is_derivable
from ..core.model import Annotation, Article, CorpusError, Record
from ..core.schema import Field, Layer, Schema
from ..core.source_tokens import layers_to_annotate, layers_to_carry
from .anchors import Range, anchors
from .config_controls import (
    DONE,
    KEPT,
    LABEL,
    NONE,
    PIECE,
    TEXT,
    Control,
    Controls,
    Mark,
    chosen_layers,
    controls,
    derives_with,
)
from .config_purpose import Purpose
from .decode_regions import keeps_derived

_EVERYTHING = Purpose()
SENT = "records"
"""The name in `meta` of the number of records that annotators start from."""


def task(
    article: Article, schema: Schema, annotations: Sequence[Annotation] = (), of: Purpose = _EVERYTHING
) -> dict[str, Any]:
    """Return the task of one article, with its annotations as pre-annotations (predictions) in the same order.

    `data` and `meta` both name the document, the checksum of its text, the schema version and, if the annotations
    say so, the fields to annotate; converting compares both: `data` can be edited in Label Studio. `meta` also has the
    number of records to start from. If only some layers
    are annotated, `data` lists the records of the others that these can refer to. Raises CorpusError when the text is
    withheld, or when the annotations do not have the same `fields_done`.
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
        "data": {
            "text": article.text,
            "title": article.record.get("title") or "",
            **_records_to_choose(annotations, schema, of),
            **ids,
        },
        "meta": {**ids, **_records_sent(annotations, schema)},
        "predictions": [
            {"model_version": one.annotator, "result": encode(one.value, article.text, schema, of)}
            for one in annotations
        ],
    }


def _records_sent(annotations: Sequence[Annotation], schema: Schema) -> Record:
    """Return the number of records that annotators start from, nothing if there are none."""
    count = sum(len(one.value.get(layer) or ()) for one in annotations for layer in layers_to_annotate(schema))
    return {SENT: count} if count else {}


def _records_to_choose(annotations: Sequence[Annotation], schema: Schema, of: Purpose) -> Record:
    """Return for each layer that is only referred to the options that the editor offers for its records."""
    return {
        layer.name: _options(layer, [record for one in annotations for record in one.value.get(layer.name) or ()])
        for layer in chosen_layers(schema, of)
    }


def _options(layer: Layer, records: Sequence[Record]) -> list[dict[str, str]]:
    """Return the options for records, each shown by the first text that its layer requires, and one for none."""
    name = next((f.name for f in layer.of_kind("scalar") if f.required and f.name != "id" and not f.many), "id")
    titles = {record["id"]: str(record.get(name) or record["id"]) for record in records}
    counts = Counter(titles.values())
    shown = {id_: title if counts[title] == 1 else f"{title} ({id_})" for id_, title in titles.items()}
    options = [{"value": title.replace("$", "＄"), "alias": id_} for id_, title in shown.items()]
    return [*options, {"value": "(none)", "alias": NONE}]


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


def encode(value: Record, text: str, schema: Schema, of: Purpose = _EVERYTHING) -> list[dict[str, Any]]:
    """Return the `result` that shows a valid annotation in Label Studio, in a config of this purpose.

    The region of a record has the record's id; a further span is `record·field·number`. A record without spans
    is anchored where its region can be selected. Regions of layers that are only shown are read-only. Values that
    were derived are left blank if they can be derived again. Raises CorpusError for the few annotations that Label
    Studio cannot represent: two reference fields that name the same records in opposite orders, and a field that names
    a record twice. Layers that hold the tokens of a source are left out.
    """
    return _Encoder(value, text, schema, of).result()


class _Encoder:
    def __init__(self, value: Record, text: str, schema: Schema, of: Purpose) -> None:
        self.value, self.text, self.schema, self.of = value, text, schema, of
        self.table = controls(schema)
        self.anchors = anchors(value, text, self.table)
        self.chosen = {layer.name for layer in chosen_layers(schema, of)}
        self.by_id = {(name, one["id"]): one for name in schema.layers for one in value.get(name) or ()}
        self.marks = {(m.layer.name, m.field.name if m.field else "", m.value): m for m in self.table.marks.values()}
        self.regions: list[tuple[int, int, int, list[dict[str, Any]]]] = []
        self.relations: list[dict[str, Any]] = []

    def result(self) -> list[dict[str, Any]]:
        """Return the regions with their values, then the layers done, then the relations.

        Regions are in the order of the text, outer ones first: the editor cuts a region at those that came before it.
        Of two on the same words, a click selects the first one: a record of these words before one without words.
        """
        for layer in self.table.layers.values():
            derived = derived_fields(self.value, layer.name)
            for record in self.value.get(layer.name) or ():
                self._record(layer, record, derived.get(record["id"], frozenset()))
        done = [name for name in self.value["layers_done"] if name in self.table.layers]
        asked = [name for name in done if self.of.asks(name)]
        self.regions.sort(key=lambda one: one[:3])
        items = [item for *_, of_region in self.regions for item in of_region]
        items.append(_ticked(DONE, asked))
        if kept := [name for name in done if name not in asked]:
            items.append(_ticked(KEPT, kept))
        return items + self.relations

    def _record(self, layer: Layer, record: Record, derived: frozenset[str]) -> None:
        shown_only = not self.of.asks(layer.name)
        base = _Region(record["id"], self.anchors[record["id"]], self.text, shown_only)
        mark = self._mark(layer, None, record)
        items = self._region(self.anchors[record["id"]], self.table.places[layer.name] is None)
        items.append(base.item(LABEL, "labels", [mark.name], "labels"))
        said, derives = {mark.carries}, derives_with(mark, self.table)
        for field in layer.of_kind("spans"):
            for number, span in enumerate(record.get(field.name) or ()):
                if number or field != self.table.places[layer.name]:
                    name = PIECE.join((record["id"], field.name, str(number)))
                    at = span["start"], span["end"]
                    piece = _Region(name, at, self.text, shown_only)
                    mark = self._mark(layer, field, record)
                    said.add(mark.carries)
                    self._region(at).append(piece.item(LABEL, "labels", [mark.name], "labels"))
                    self.relations.append(_relation(record["id"], piece.id, [field.name]))
        for control in self.table.of(layer):
            if not control.holds or control.holds not in said:
                items += self._value(layer, record, control, base, derived if derives else None)
        self.relations.extend(_references(record, layer, self.table))

    def _mark(self, layer: Layer, field: Field | None, record: Record) -> Mark:
        """Return the label of a region: one that says a value of the record, if it can."""
        name = field.name if field else ""
        carries = next((m.carries for (of, at, v), m in self.marks.items() if (of, at) == (layer.name, name) and v), "")
        said = record.get(carries) if carries else None
        return self.marks.get((layer.name, name, said or ""), self.marks[layer.name, name, ""])

    def _region(self, at: Range, wordless: bool = False) -> list[dict[str, Any]]:
        """Add a region; return the list of its results, to be filled."""
        items: list[dict[str, Any]] = []
        self.regions.append((at[0], -at[1], wordless, items))
        return items

    def _value(
        self, layer: Layer, record: Record, control: Control, base: _Region, derived: frozenset[str] | None
    ) -> Iterator[dict[str, Any]]:
        """Yield the result that holds a field, nothing if it is to be blank."""
        field = control.field
        held = _held(record, control)
        if derived is not None and field and field.labelling.if_blank and (field.name in derived or held is None):
            again = self._derived(layer, field, record)
            if field.name in derived and again == record.get(field.name):
                return
            if held is None and again is not None and field.name in record:
                held = [NONE]
        if held is None:
            return
        if field and field.kind == "reference" and not field.many and field.refers_to in self.chosen:
            yield base.item(control.name, "choices", held, "choices")
        else:
            yield base.item(control.name, control.type, held, control.key)

    def _derived(self, layer: Layer, field: Field, record: Record) -> Any:
        """Return what a blank field of the record would become, None if it would stay blank."""
        absent = {
            (name, one.name)
            for name, names in (self.value.get("fields_done") or {}).items()
            for one in self.schema.layers[name].fields
            if not one.always and one.name not in names
        }
        layers, done = self.schema.layers, self.value["layers_done"]
        if not keeps_derived(self.schema) or not is_derivable(layers, layer, field, done, absent):
            return None
        return derive(layers, layer, field, record, lambda name, id_: self.by_id.get((name, id_)), self.text)


def _ticked(control: str, layers: list[str]) -> dict[str, Any]:
    held = {"choices": layers}
    return {"value": held, "id": f":{control}", "from_name": control, "to_name": TEXT, "type": "choices"}


class _Region:
    def __init__(self, id_: str, at: Range, text: str, shown_only: bool) -> None:
        self.id = id_
        self._more = {"readonly": True} if shown_only else {}
        self._where = {"start": at[0], "end": at[1], "text": text[at[0] : at[1]]}

    def item(self, control: str, type_: str, held: Any, key: str) -> dict[str, Any]:
        return {
            "value": {**self._where, key: held},
            "id": self.id,
            "from_name": control,
            "to_name": TEXT,
            "type": type_,
            **self._more,
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
