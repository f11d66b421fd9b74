"""Names of an earlier schema → the names of this one, in the results of annotations.

    quotes.type.indirect=quotes.type.reported    a label       (or `quotes.type.indirect=reported`)
    quotes.medium=quotes.channel                 a field
    nonquotes=other_marks                        a layer

The schema says the same by `formerly`, a list of former names, at a layer, a field or a label. A name that both schemas
have is never renamed, so that results which have the new names already stay as they are.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..core.model import CorpusError, Record
from ..core.schema import Schema
from .config_controls import DONE, KEPT, LABEL, LEFT_OUT, Mark, controls

FORMERLY = "formerly"
Path = tuple[str, ...]
"""A layer; a layer and its field; or a layer, its field and a label of it."""


class Renames:
    """What the names of `old` are in `new`, and which are dropped."""

    def __init__(self, old: Schema, new: Schema, written: Iterable[str] = (), dropped: Iterable[str] = ()) -> None:
        """Take the renames of the schema and those written as `OLD=NEW`. Raises CorpusError if one cannot be."""
        before, after = set(_paths(old)), set(_paths(new))
        self._dropped = {tuple(one.split(".", 2)) for one in dropped}
        for path in self._dropped:
            if path not in before or path in after or len(path) > 2:
                raise CorpusError(f"--drop {'.'.join(path)}: name a layer or field that only the old schema has")
        self._to: dict[Path, Path] = {}
        for one, other in _formerly(new):
            if one in before - after:
                self._to[one] = other
        for one, other in map(_parsed, written):
            self._check(one, other, before, after)
            self._to[one] = other
        self._old, self._new = controls(old), controls(new)
        self._marks: dict[Path, str] = {_identity(mark): name for name, mark in self._new.marks.items()}
        self.added = {
            layer: [one.name for one in of.fields if (layer, one.name) not in {self._moved(path) for path in before}]
            for layer, of in new.layers.items()
            if (layer,) in {self._moved(path) for path in before}
        }
        """For each layer that the old schema had, the fields that it did not have."""

    def _check(self, one: Path, other: Path, before: set[Path], after: set[Path]) -> None:
        shown = f"--rename {'.'.join(one)}={'.'.join(other)}"
        if one not in before:
            raise CorpusError(f"{shown}: the old schema has no {'.'.join(one)}")
        if other not in after or len(one) != len(other):
            raise CorpusError(f"{shown}: the schema has no {'.'.join(other)}")
        if one in after:
            raise CorpusError(
                f"{shown}: the schema still has {'.'.join(one)}, so a second run could not tell old from new; "
                "give it a name that the old schema has not"
            )

    def _moved(self, path: Path) -> Path:
        """Return the new name of a path: its own, or that of what it is in."""
        if path in self._to:
            return self._to[path]
        return (*self._moved(path[:-1]), path[-1]) if len(path) > 1 else path

    def _is_dropped(self, *path: str) -> bool:
        return any(path[: len(one)] == one for one in self._dropped)

    def fields_done(self, said: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
        """Return `fields_done` in new names."""
        return {
            self._moved((layer,))[0]: self._names((layer,), names)
            for layer, names in said.items()
            if not self._is_dropped(layer)
        }

    def _names(self, inside: Path, names: Iterable[str]) -> list[str]:
        """Return names of fields of a layer, or of labels of a field, in new names."""
        return [self._moved((*inside, one))[-1] for one in names if not self._is_dropped(*inside, one)]

    def layers(self, names: Iterable[str]) -> list[str]:
        """Return layers in new names."""
        return [self._moved((name,))[0] for name in names if not self._is_dropped(name)]

    def result(self, result: Any) -> Any:
        """Return a result in new names. What is not a result of the old config stays as it is."""
        if not isinstance(result, list):
            return result
        owners = {one.get("id"): mark for one in result if isinstance(one, dict) and (mark := self._mark_of(one))}
        gone = {id_ for id_, mark in owners.items() if self._is_dropped(*_where(mark))}
        made = []
        for one in result:
            if not isinstance(one, dict) or not gone.isdisjoint({one.get("id"), one.get("from_id"), one.get("to_id")}):
                made += [] if isinstance(one, dict) else [one]
                continue
            item = self._item(copy.deepcopy(one), owners)
            made += [item] if item else []
        return made

    def count_unknown(self, result: Any) -> int:
        """Return how many results have a label, a control or a choice that the new config does not have."""
        return sum(self._is_unknown(one) for one in result if isinstance(one, dict)) if isinstance(result, list) else 0

    def _is_unknown(self, item: Record) -> bool:
        value, name = item.get("value"), item.get("from_name")
        if not isinstance(value, dict) or not isinstance(name, str):
            return False
        if name == LABEL:
            said, known = value.get("labels"), frozenset(self._new.marks)
        elif name in (DONE, KEPT):
            said, known = value.get("choices"), frozenset(self._new.layers)
        elif name not in self._new.controls:
            return True
        else:
            control = self._new.controls[name]
            said, known = value.get(control.key), control.allowed
            if not known:
                return False
        return not isinstance(said, list) or any(one not in known for one in said if isinstance(one, str))

    def _mark_of(self, item: Record) -> Mark | None:
        value = item.get("value")
        labels = value.get("labels") if item.get("from_name") == LABEL and isinstance(value, dict) else None
        name = labels[0] if isinstance(labels, list) and len(labels) == 1 else None
        return self._old.marks.get(name) if isinstance(name, str) else None

    def _item(self, item: Record, owners: Mapping[Any, Mark]) -> Record | None:
        """Return a result in new names, None if all of it is dropped."""
        value, name = item.get("value"), item.get("from_name")
        if mark := self._mark_of(item):
            item["value"]["labels"] = [self._marks.get(self._identity(mark), mark.name)]
        elif item.get("type") == "relation" and isinstance(item.get("labels"), list):
            ends = [owners[end] for end in (item.get("from_id"), item.get("to_id")) if end in owners]
            item["labels"] = [self._relation(label, ends) for label in item["labels"]]
        elif name == DONE and isinstance(value, dict) and _all_words(value.get("choices")):
            value["choices"] = self.layers(value["choices"])
        elif isinstance(name, str) and (control := self._old.controls.get(name)) and isinstance(value, dict):
            layer, field = control.layer.name, control.field.name if control.field else LEFT_OUT
            if self._is_dropped(layer, field):
                return None
            item["from_name"] = ".".join(self._moved((layer, field)))
            held = value.get(control.key)
            if isinstance(held, list) and _all_words(held) and (not control.field or control.field.kind == "label"):
                value[control.key] = self._names((layer, field) if control.field else (layer,), held)
        return item

    def _relation(self, label: Any, ends: list[Mark]) -> Any:
        """Return the new label of a relation: a field of the layer of one of its ends."""
        for mark in ends:
            if isinstance(label, str) and any(one.name == label for one in mark.layer.fields):
                return self._moved((mark.layer.name, label))[-1]
        return label

    def _identity(self, mark: Mark) -> Path:
        layer, field, carries, value = _identity(mark)
        moved = self._moved((layer, field))[-1] if field else ""
        carried = self._moved((layer, carries))[-1] if carries else ""
        label = self._moved((layer, carries, value))[-1] if carries else ""
        return self._moved((layer,))[0], moved, carried, label


def _identity(mark: Mark) -> tuple[str, str, str, str]:
    return mark.layer.name, mark.field.name if mark.field else "", mark.carries, mark.value


def _where(mark: Mark) -> Path:
    return (mark.layer.name, mark.field.name) if mark.field else (mark.layer.name,)


def _all_words(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _parsed(written: str) -> tuple[Path, Path]:
    one, equals, other = written.partition("=")
    old = tuple(one.split(".", 2))
    new = tuple(other.split(".", 2)) if "." in other else (*old[:-1], other)
    if not equals or not all((*old, *new)):
        raise CorpusError(f"--rename {written!r}: write OLD=NEW, such as quotes.type.indirect=quotes.type.reported")
    return old, new


def _paths(schema: Schema) -> Iterator[Path]:
    for layer in schema.layers.values():
        yield (layer.name,)
        for field in layer.fields:
            yield layer.name, field.name
            yield from ((layer.name, field.name, label.name) for label in field.labels)


def _formerly(schema: Schema) -> Iterator[tuple[Path, Path]]:
    """Yield each former name that the schema lists, and the name that it has now."""
    for layer in schema.layers.values():
        written = schema.annotation["properties"][layer.name]
        layers = [layer.name, *_words(written)]
        yield from (((name,), (layer.name,)) for name in layers[1:])
        record = schema.resolve(written["items"])
        for field in layer.fields:
            about = schema.resolve(record["properties"][field.name])
            fields = [field.name, *_words(about)]
            yield from (((one, name), (layer.name, field.name)) for one in layers for name in fields[1:])
            for label in (*about.get("oneOf", ()), *schema.resolve(about.get("items", {})).get("oneOf", ())):
                for name in _words(label):
                    new = (layer.name, field.name, str(label.get("const")))
                    yield from (((one, two, name), new) for one in layers for two in fields)


def _words(written: Any) -> list[str]:
    found = written.get(FORMERLY, []) if isinstance(written, dict) else []
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []
