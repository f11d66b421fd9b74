"""Merge two edits of one JSON value: what a user changed, and what a new version of the program changed.

    base   {"a": 1, "enum": ["x", "y"]}
    ours   {"a": 1, "enum": ["x", "y", "z"]}     → {"a": 2, "enum": ["x", "y", "z"]}
    theirs {"a": 2, "enum": ["x", "y"]}

Objects are merged key by key, lists of plain values as sets in order, and lists of objects by the key that names each:
`const` of a label, `title` of a condition. What only the user removed stays removed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ..core.json_positions import join_pointer

ABSENT = object()
"""The value of a place that a document does not have."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A place that both changed, as a JSON pointer, and its three values: before, the user's, the new version's.

    A value is ABSENT where the place does not exist. `ours` never is: what the user removed cannot conflict.
    """

    pointer: str
    base: Any
    ours: Any
    theirs: Any


@dataclass(slots=True)
class Merged:
    """A merged value.

    `conflicts` are places that both changed; `kept_out` are places that the user removed and the new version changed,
    each a JSON pointer.
    """

    value: Any
    conflicts: list[Conflict] = field(default_factory=list)
    kept_out: list[str] = field(default_factory=list)


def merge(base: Any, ours: Any, theirs: Any) -> Merged:
    """Return the value with both edits; where they conflict, it has the user's."""
    found = Merged(None)
    found.value = _merge(base, ours, theirs, (), found)
    return found


def _merge(base: Any, ours: Any, theirs: Any, at: tuple[str, ...], found: Merged) -> Any:
    if theirs == base or ours == theirs:
        return ours
    if ours == base:
        return theirs
    if ours is ABSENT:
        found.kept_out.append(join_pointer(*at))
        return ours
    if isinstance(ours, dict) and isinstance(theirs, dict) and isinstance(base, dict):
        return _keyed(base, ours, theirs, at=at, found=found)
    if isinstance(ours, list) and isinstance(theirs, list) and isinstance(base, list):
        for keyed_by in _KEYS:
            named = [keyed_by(value) for value in (base, ours, theirs)]
            if None not in named:
                return list(_keyed(*(one or {} for one in named), at=at, found=found).values())
    found.conflicts.append(Conflict(join_pointer(*at), base, ours, theirs))
    return ours


def _keyed(*both: Mapping[Any, Any], at: tuple[str, ...], found: Merged) -> dict[Any, Any]:
    """Merge key by key: `both` edits after their base."""
    base, ours, theirs = both
    merged = {}
    for name in _order(list(ours), list(theirs)):
        of = [one.get(name, ABSENT) for one in (base, ours, theirs)]
        value = _merge(of[0], of[1], of[2], (*at, str(name)), found)
        if value is not ABSENT:
            merged[name] = value
    return merged


def _order(ours: Sequence[Any], theirs: Sequence[Any]) -> list[Any]:
    """Return all names: those of the new version in its order, each that only the user has after the one before it."""
    names = list(theirs)
    for number, name in enumerate(ours):
        if name not in names:
            names.insert(names.index(ours[number - 1]) + 1 if number else 0, name)
    return names


def _by_value(items: Sequence[Any]) -> dict[Any, Any] | None:
    """Return plain values by type and value, None for other values or repeated ones. 1 and true are two."""
    if any(isinstance(one, dict | list) for one in items):
        return None
    found = {(type(one), one): one for one in items}
    return found if len(found) == len(items) else None


def _by_name(name: str, items: Sequence[Any]) -> dict[Any, Any] | None:
    """Return objects by the value of a key, None if they do not all have one of their own."""
    values = [one.get(name) if isinstance(one, dict) else None for one in items]
    plain = all(isinstance(one, str | int) for one in values)
    return dict(zip(values, items, strict=True)) if plain and len(set(values)) == len(values) else None


_KEYS: tuple[Callable[[Sequence[Any]], dict[Any, Any] | None], ...] = (
    _by_value,
    partial(_by_name, "const"),
    partial(_by_name, "title"),
)
"""The ways to tell the items of lists apart, tried in this order."""
