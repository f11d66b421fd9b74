"""The `result` of an annotation of any Label Studio project to `Annotations`, for a map to read.

| result | annotation |
|---|---|
| `labels`, `hypertextlabels`, `paragraphlabels` | a span; its label is the type |
| `choices`, `taxonomy` with the id of a region | an attribute of it, named as the control |
| `textarea`, `number`, `rating`, `datetime` with the id of a region | a note of it, named as the control |
| `relation` | a relation from `from` to `to`, named as its label, or `relation` without one |
| `choices` and the others without a region | a value of the document |
| anything else, such as a box on an image | counted as left out |
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .documents import LeftOut
from .known import Known, drop
from .label_studio_text import Located, Place, TaskText, locate
from .mapping.annotations import Annotations, Property, Relation, SpanAnnotation

Fault = tuple[str, str]
"""The code and the message of a Problem."""
_LABELS = ("labels", "hypertextlabels", "paragraphlabels")
_VALUES = {
    "choices": "choices",
    "taxonomy": "taxonomy",
    "textarea": "text",
    "number": "number",
    "rating": "rating",
    "datetime": "datetime",
}
"""The kinds of values, and the key of each in `value`."""
_ATTRIBUTES = ("choices", "taxonomy")
_KEYS = Known(
    "values of result key",
    [
        "id",
        "type",
        "value",
        "from_name",
        "to_name",
        "from_id",
        "to_id",
        "direction",
        "labels",
        "origin",
        "hidden",
        "locked",
        "readonly",
        "parentID",
        "meta",
        "score",
        "selected",
    ],
    "the reader of Label Studio does not know this key",
)


class Results:
    """The regions, values and relations of one `result`, sorted by what they are."""

    def __init__(self, result: list[Any], to_name: str, left: LeftOut) -> None:
        self.regions: dict[str, Mapping[str, Any]] = {}
        """The item of each region that has a label, by its id."""
        self.document: list[tuple[str, str]] = []
        """The name of each control for the whole document, and its value."""
        self.faults: list[Fault] = []
        self.note = ""
        """How the offsets were converted, "" if they were code points."""
        self._values: list[Mapping[str, Any]] = []
        self._relations: list[Mapping[str, Any]] = []
        self._left, self._to_name = left, to_name
        for number, item in enumerate(result):
            if not isinstance(item, dict) or (item.get("type") != "relation" and not _is_item(item)):
                self.faults.append(("IMP2", f"result/{number} has no value, type or id"))
            else:
                self._sort(item)

    def _sort(self, item: Mapping[str, Any]) -> None:
        kind, left = item["type"], self._left
        if kind != "relation" and self._to_name and item.get("to_name") != self._to_name:
            drop(left, "regions on", str(item.get("to_name")), f"the map reads those on {self._to_name}")
        elif kind not in (*_LABELS, *_VALUES, "relation") or {"channel", "original_length"} & item.keys():
            drop(left, "results of type", kind, "they do not mark words of a text")
        else:
            _KEYS.drop_others(item, left)
            self._keep(item, kind)

    def _keep(self, item: Mapping[str, Any], kind: str) -> None:
        if kind == "relation":
            self._relations.append(item)
        elif kind in _VALUES:
            self._values.append(item)
        elif item["id"] in self.regions:
            self.faults.append(("IMP4", f"two regions have the id {item['id']}"))
        else:
            self.regions[item["id"]] = item

    @property
    def values(self) -> list[Mapping[str, Any]]:
        """The `value` of each region."""
        return [item["value"] for item in self.regions.values()]

    def decode(self, of: TaskText, annotations: Annotations) -> Iterator[Fault]:
        """Add everything to `annotations`; yield what is wrong, and note in `document` what is said of the whole."""
        yield from self.faults
        places: list[Place] = []
        for id_, item in self.regions.items():
            place = of.place(id_, item["value"])
            if isinstance(place, Place):
                places.append(place)
            else:
                annotations.broken.add(id_)
                yield "IMP2", f"region {id_}: {place}"
        located = locate(of, places)
        annotations.broken |= located.wrong.keys()
        yield from (("IMP3", f"region {id_}: {why}") for id_, why in located.wrong.items())
        self.note = located.note
        self._add_spans(located, annotations)
        for item in self._values:
            yield from self._add_value(item, annotations)
        for item in self._relations:
            yield from self._add_relations(item, annotations)

    def _add_spans(self, located: Located, annotations: Annotations) -> None:
        for id_, at in located.found.items():
            item = self.regions[id_]
            labels = _strings(item["value"].get(item["type"]))
            if not labels:
                self._left["regions", "they have no label"] += 1
                annotations.broken.add(id_)
            for number, label in enumerate(labels):
                # One annotation has one type: a region with two labels is two annotations of the same words.
                annotations.spans[f"{id_}#{number + 1}" if number else id_] = SpanAnnotation(label, [at], 1)
            for note in _strings((item.get("meta") or {}).get("text") if isinstance(item.get("meta"), dict) else None):
                annotations.notes.append(Property("meta", id_, note, 1))
            if item.get("score") is not None:
                self._left["scores of regions", "the schema has no such field"] += 1

    def _add_value(self, item: Mapping[str, Any], annotations: Annotations) -> Iterator[Fault]:
        name, kind, id_ = str(item.get("from_name")), item["type"], item["id"]
        held = item["value"].get(_VALUES[kind])
        said = _paths(held) if kind == "taxonomy" else _strings(held)
        if not said:
            yield "IMP2", f"{name} has no value of type {kind}"
        elif id_ in annotations.spans or id_ in annotations.broken:
            into = annotations.attributes if kind in _ATTRIBUTES else annotations.notes
            into += [Property(name, id_, one, 1) for one in said]
        elif "start" in item["value"]:
            drop(self._left, "values of", name, "the region has no label", len(said))
        else:
            self.document += [(name, one) for one in said]

    def _add_relations(self, item: Mapping[str, Any], annotations: Annotations) -> Iterator[Fault]:
        ends = [item.get("from_id"), item.get("to_id")]
        if not all(isinstance(end, str) for end in ends):
            yield "IMP2", "a relation must have from_id and to_id"
            return
        if item.get("direction") == "left":
            ends.reverse()
        arguments = [("from", str(ends[0])), ("to", str(ends[1]))]
        for label in _strings(item.get("labels")) or ["relation"]:
            annotations.relations.append(Relation(label, arguments, 1))
            if item.get("direction") == "bi":
                drop(
                    self._left,
                    "second directions of relations",
                    label,
                    "a relation leads one way, here as it was drawn",
                )


def _is_item(item: Mapping[str, Any]) -> bool:
    return isinstance(item.get("value"), dict) and isinstance(item.get("type"), str) and isinstance(item.get("id"), str)


def _strings(held: Any) -> list[str]:
    """Return a value as strings: of a list each item, a number as it is written."""
    items = held if isinstance(held, list) else [held]
    return [str(one) for one in items if (isinstance(one, str) and one.strip()) or type(one) in (int, float)]


def _paths(held: Any) -> list[str]:
    """Return the paths of a taxonomy, each with a slash between its parts."""
    found = held if isinstance(held, list) else []
    return ["/".join(_strings(path)) for path in found if _strings(path)]
