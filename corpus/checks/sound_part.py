"""The part of an annotation that has no error: what later levels are asked about when some records have errors.

records with an error        repaired if one safe fix is enough, else left out
records that refer to these  left out too, and so on
all others                   the sound part, which satisfies the schema and has no dangling reference
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any

from ..core.json_positions import split_pointer
from ..core.model import Document, Edit, Problem
from ..core.schema import TARGETS, Schema

_Record = tuple[str, int]
"""The layer of a record, and its index."""


class Errors:
    """The errors of one document, and what is sound beside them."""

    def __init__(self, document: Document, schema: Schema) -> None:
        self._document, self._schema = document, schema
        self._unsound: set[_Record] = set()
        self._repairs: list[Edit] = []
        self._repaired: set[_Record] = set()
        self._everywhere = document.annotation is None
        self._part: Document | None = None
        self._is_known = False

    def add(self, problem: Problem) -> None:
        """Take in an error. One that is in no record leaves nothing sound, unless it has a safe fix."""
        self._is_known = False
        edits = problem.fix.edits if problem.fix else ()
        pointers = {edit.pointer for edit in edits}
        records = {record for pointer in (problem.pointer, *pointers) if (record := self._record(pointer))}
        simple = all(self._record(pointer) or pointer.count("/") == 1 for pointer in pointers)
        if edits and simple and problem.fix and problem.fix.safe and records.isdisjoint(self._repaired | self._unsound):
            self._repairs += edits
            self._repaired |= records
        elif records:
            self._unsound |= records
        else:
            self._everywhere = True

    def sound_part(self) -> Document | None:
        """Return the document without its unsound records; None if it has no sound part.

        `indexes` is empty if no record was left out.
        """
        if not self._is_known:
            self._part, self._is_known = self._make(), True
        return self._part

    def _record(self, pointer: str) -> _Record | None:
        parts = split_pointer(pointer)
        if len(parts) > 1 and parts[0] in self._schema.layers and parts[1].isdigit():
            return parts[0], int(parts[1])
        return None

    def _make(self) -> Document | None:
        document, annotation = self._document, self._document.annotation
        if self._everywhere or annotation is None:
            return None
        value = dict(annotation.value)
        layers = [name for name in self._schema.layers if value.get(name)]
        if not all(isinstance(value[name], list) for name in layers):
            return None
        value |= {name: list(value[name]) for name in layers}
        for edits in self._by_record().values():
            _repair(value, edits)
        out = self._left_out({name: value[name] for name in layers})
        indexes = {name: [i for i in range(len(value[name])) if (name, i) not in out] for name in layers}
        value |= {name: [value[name][i] for i in kept] for name, kept in indexes.items()}
        if not self._schema.is_valid("annotation", value):
            return None
        part = Document(
            document.doc_id,
            document.article,
            replace(annotation, value=value, source=replace(annotation.source, value=value)),
        )
        part.severities, part.today = document.severities, document.today
        part.indexes = indexes if out else {}
        return part

    def _by_record(self) -> dict[_Record | None, list[Edit]]:
        """Return the repairs of each sound record, and under None those outside of records."""
        found: dict[_Record | None, list[Edit]] = {}
        for edit in self._repairs:
            if (record := self._record(edit.pointer)) not in self._unsound:
                found.setdefault(record, []).append(edit)
        return found

    def _left_out(self, layers: dict[str, list[Any]]) -> set[_Record]:
        """Return the unsound records, those whose id is not their own, and those that refer to one of them."""
        every = [((name, i), record) for name, records in layers.items() for i, record in enumerate(records)]
        holders: dict[str, list[_Record]] = {}
        for where, record in every:
            holders.setdefault(_id(record), []).append(where)
        waiting = [where for known, all_ in holders.items() if not known or len(all_) > 1 for where in all_]
        waiting += self._unsound
        referring: dict[_Record, list[_Record]] = {}
        for where, record in every:
            for layer, named in self._references(where[0], record) if isinstance(record, dict) else ():
                other = holders.get(named, [("", 0)])[0]
                if other[0] == layer:
                    referring.setdefault(other, []).append(where)
                else:
                    waiting.append(where)
        out: set[_Record] = set()
        while waiting:
            where = waiting.pop()
            if where not in out:
                out.add(where)
                waiting += referring.get(where, ())
        return out

    def _references(self, layer: str, record: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        """Yield the layer and the id of each reference of a record, except those to the registry of targets."""
        for field in self._schema.layers[layer].of_kind("reference"):
            value = record.get(field.name)
            many = value if isinstance(value, list) else [value]
            if field.refers_to != TARGETS:
                yield from ((field.refers_to, one) for one in many if isinstance(one, str))


def _id(record: Any) -> str:
    """Return the id of a record, "" if it has none."""
    value = record.get("id") if isinstance(record, dict) else None
    return value if isinstance(value, str) else ""


def _repair(value: dict[str, Any], edits: list[Edit]) -> None:
    """Make the edits of one record, or of what is outside of records; what changes is copied first."""
    top = split_pointer(edits[0].pointer)
    if len(top) > 1:
        layer, i = top[0], int(top[1])
        value[layer][i] = deepcopy(value[layer][i])
    for edit in edits:
        *above, last = split_pointer(edit.pointer)
        at: Any = value
        for part in above:
            at = at[int(part)] if isinstance(at, list) else at[part]
        at[int(last) if isinstance(at, list) else last] = edit.value
