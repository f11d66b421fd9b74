"""What an adjudicator left of a document in Label Studio → decisions on the items of its worklist.

    a conflict: one record is left          "a" or "b", or "edit" if it was changed
                neither is left             "neither"
                both are left               open
    a record in place, changed or deleted   an item of its own: "edit" or "neither"
    a new record                            an item of its own: "edit"

A decision that someone made in the worklist stays. One that came from Label Studio follows the adjudicator.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from ..agreement.adjudicate import Opened, differing
from ..agreement.worklist import Item
from ..core.done import derived_fields
from ..core.model import Record
from ..core.schema import Schema
from .adjudication import Asked, Question, item_key, record_key


@dataclass(slots=True)
class Decided:
    """The outcome of one task. `contradicted` counts the conflicts that the worklist had decided otherwise.

    `changed` counts the conflicts and records that an annotator changed since the task was made. `dropped` are the
    layers with records that cannot be merged, since only one annotator annotated the layer.
    """

    contradicted: int = 0
    changed: int = 0
    dropped: set[str] = field(default_factory=set)


class Decisions:
    """The items of a document, which tasks decide one after another, the oldest first."""

    def __init__(self, opened: Opened, schema: Schema, tasks: Collection[str]) -> None:
        """Forget the decisions that came from these tasks: they make them again."""
        self._schema, self._agreed = schema, opened.agreed
        self._by = self._task = ""
        self._derived: dict[str, dict[str, frozenset[str]]] = {}
        self.items: list[Item] = []
        for item in opened.items:
            if item.by and item.task in tasks:
                if item.is_own:
                    if item.a is not None:
                        self._agreed[item.layer].append(item.a)
                    continue
                item.decision, item.record, item.by, item.task, item.derived = None, None, "", "", ()
            self.items.append(item)

    def take(self, question: Question, sides: Mapping[str, str], value: Record, by: str, task: str) -> Decided:
        """Take over what the annotation `value` of a task says. `by` is the adjudicator."""
        found = Decided()
        self._by, self._task = by, task
        self._derived = {name: derived_fields(value, name) for name in self._schema.layers}
        records = {one["id"]: (name, one) for name in self._schema.layers for one in value.get(name) or ()}
        for asked in question.asked:
            self._conflict(asked, sides.get(asked.key, ""), records, found)
        known = {*question.in_place, *(id_ for one in question.asked for id_ in (one.a, one.b))}
        for id_, digest in question.in_place.items():
            self._in_place(id_, digest, records.get(id_), found)
        for id_, (layer, record) in records.items():
            if id_ not in known:
                if layer in self._agreed:
                    self.items.append(self._own(layer, None, "edit", record))
                else:
                    found.dropped.add(layer)
        return found

    def _conflict(self, asked: Asked, side: str, records: Mapping[str, tuple[str, Record]], found: Decided) -> None:
        item = next((one for one in self.items if not one.is_own and item_key(one) == asked.key), None)
        if item is None:
            found.changed += 1
            return
        left = records.get(asked.a or asked.b)
        decision, record = self._decision(item, side, left[1] if left and left[0] == item.layer else None)
        if decision is None:
            return
        if item.decision is None or item.by:
            self._decide(item, decision, record)
        elif not self._same(item.layer, item.taken, Item(item.layer, item.a, item.b, [], None, decision, record).taken):
            found.contradicted += 1

    def _decision(self, item: Item, side: str, left: Record | None) -> tuple[str | None, Record | None]:
        if side == "both":
            return None, None
        if left is None:
            absent = next((name for name, one in (("a", item.a), ("b", item.b)) if one is None), "neither")
            return absent, None
        for name, one in (("a", item.a), ("b", item.b)):
            if one is not None and self._same(item.layer, left, one):
                return name, None
        return "edit", left

    def _in_place(self, id_: str, digest: str, left: tuple[str, Record] | None, found: Decided) -> None:
        """Compare a record that the task had in place once with what is left of it."""
        for layer, agreed in self._agreed.items():
            for record in agreed:
                if record["id"] == id_ and record_key(layer, record) == digest:
                    if left is None or not self._same(layer, left[1], record):
                        agreed.remove(record)
                        decision = "edit" if left else "neither"
                        self.items.append(self._own(layer, record, decision, left and left[1]))
                    return
        for item in self.items:
            taken = item.taken if item.decision else None
            if taken is not None and taken["id"] == id_ and record_key(item.layer, taken) == digest:
                if left is None or not self._same(item.layer, left[1], taken):
                    self._decide(item, "edit" if left else "neither", left and left[1])
                return
        found.changed += 1

    def _own(self, layer: str, side: Record | None, decision: str, record: Record | None) -> Item:
        item = Item(layer, side, side, [], None)
        self._decide(item, decision, record)
        return item

    def _decide(self, item: Item, decision: str, record: Record | None) -> None:
        item.decision, item.record, item.by, item.task = decision, record, self._by, self._task
        derived = self._derived.get(item.layer, {}).get(record["id"], ()) if record else ()
        item.derived = tuple(sorted(derived))

    def _same(self, layer: str, one: Record | None, other: Record | None) -> bool:
        if one is None or other is None:
            return one is other
        return not differing(self._schema.layers[layer], one, other)

    def ordered(self) -> Iterator[Item]:
        """Yield the items: disagreements as they came, then those of the adjudicator by layer and id."""
        layers = list(self._schema.layers)
        yield from (item for item in self.items if not item.is_own)
        own = [item for item in self.items if item.is_own]
        yield from sorted(own, key=lambda one: (layers.index(one.layer), str((one.a or one.record or {}).get("id"))))
