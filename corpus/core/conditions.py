"""Read the `conditions` of a layer: rules of the guidelines that the schema states.

    "conditions": [
      {
        "title": "A neutral stance has intensity 1",
        "reason": "Intensity is the strength of a side, and neutral takes none.",
        "if": {"label": "neutral"},
        "then": {"intensity": 1}
      }
    ]

A test is a value; a list of values, of which one must be there; or {"not": …} with one of these. null stands for an
empty field. `schema/README.md` describes the keyword.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from .layers import Condition, Field, FieldTest, Value
from .model import CorpusError

CONDITIONS = "conditions"
"""The keyword of a record's schema that lists its conditions."""
_KEYS = ("title", "reason", "if", "then", "replaces")
_SCALARS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}


def read_conditions(
    owner: str, written: Any, fields: Iterable[Field], targets: Collection[str]
) -> tuple[Condition, ...]:
    """Return the conditions of a layer or of an article's record, the `owner`.

    `targets` are the ids that a reference to a target may name. Raises CorpusError, with the place, for a condition
    that names a field or a label that the schema does not have, and for one that no record could meet.
    """
    if not isinstance(written, list):
        raise CorpusError(f"the schema's {CONDITIONS} of {owner} must be a list of objects")
    known = {one.name: one for one in fields}
    found: list[Condition] = []
    for number, one in enumerate(written, 1):
        where = f"the schema's condition {number} of {owner}"
        found.append(_condition(where, one, known, targets))
        if found[-1].title in [other.title for other in found[:-1]]:
            raise CorpusError(f"{where} has the title of another one: {found[-1].title!r}")
    return tuple(found)


def fitting(owner: str, written: list[Any], fields: Iterable[Field], targets: Collection[str]) -> tuple[Condition, ...]:
    """Return those conditions of another schema that took the place of a check and fit the fields of this one."""
    fields, found = tuple(fields), []
    for one in written:
        try:
            found += [each for each in read_conditions(owner, [one], fields, targets) if each.replaces]
        except CorpusError:
            continue
    return tuple(found)


def conditions_of(written: list[Any], fields: Collection[str]) -> list[Any]:
    """Return the conditions, as the schema has them, that name only these fields."""
    return [one for one in written if {*one["if"], *one["then"]} <= {*fields}]


def _condition(where: str, one: Any, known: dict[str, Field], targets: Collection[str]) -> Condition:
    if not isinstance(one, dict):
        raise CorpusError(f"{where} must be an object with title, reason, if and then")
    for key in one:
        if key not in _KEYS:
            raise CorpusError(f"{where} has the unknown key {key[:100]!r}; it has {', '.join(_KEYS)}")
    texts = {key: one.get(key, "") for key in ("title", "reason", "replaces")}
    for key, text in texts.items():
        if not isinstance(text, str) or not text.isprintable() or (key != "replaces" and not text.strip()):
            raise CorpusError(f"{where}: {key} must be one line of text")
    tests = {part: _tests(where, part, one.get(part), known, targets) for part in ("if", "then")}
    for test in tests["then"]:
        if test.values == (None,) and not test.negated and not _may_be_empty(known[test.field]):
            raise CorpusError(f"{where}: {test.field} is never empty, so no record could meet it")
    return Condition(texts["title"], texts["reason"], tests["if"], tests["then"], texts["replaces"])


def _tests(
    where: str, part: str, written: Any, known: dict[str, Field], targets: Collection[str]
) -> tuple[FieldTest, ...]:
    if not isinstance(written, dict) or not written:
        raise CorpusError(f"{where}: {part} must be an object of fields and values")
    for name in written:
        if name not in known:
            raise CorpusError(f"{where}: {part} names {name[:100]!r}, which is not a field; {_names(known)}")
    return tuple(_test(f"{where}: {name} in {part}", known[name], value, targets) for name, value in written.items())


def _test(where: str, field: Field, written: Any, targets: Collection[str]) -> FieldTest:
    negated = isinstance(written, dict)
    if negated and list(written) != ["not"]:
        raise CorpusError(f'{where} must be a value, a list of values, or {{"not": …}}')
    inner = written["not"] if negated else written
    values = inner if isinstance(inner, list) else [inner]
    if not values:
        raise CorpusError(f"{where} must name a value; null stands for an empty field")
    for value in values:
        _check_value(where, field, value, targets)
    return FieldTest(field.name, tuple(values), negated)


def _check_value(where: str, field: Field, value: Value, targets: Collection[str]) -> None:
    """Raise CorpusError for a value that the field cannot have."""
    if value is None:
        return
    shown = repr(value)[:100]
    if field.kind == "label":
        labels = [label.name for label in field.labels]
        if value not in labels:
            raise CorpusError(f"{where} is {shown}, which is not a label of it; {_names(labels)}")
    elif field.kind == "spans" or (field.kind == "reference" and field.refers_to != "targets"):
        raise CorpusError(f'{where} must be null for "empty", or {{"not": null}}: its values differ from text to text')
    elif field.kind == "reference":
        if value not in targets:
            raise CorpusError(f"{where} is {shown}, which is not a target of targets.json")
    elif not isinstance(value, _SCALARS[field.json_type]) or (
        isinstance(value, bool) != (field.json_type == "boolean")
    ):
        raise CorpusError(f"{where} is {shown}, which is not of type {field.json_type}")


def _may_be_empty(field: Field) -> bool:
    return not field.required or field.nullable or (field.many and not field.least)


def _names(names: Iterable[str]) -> str:
    names = list(names)
    return f"choose one of {', '.join(names[:20])}{', …' * (len(names) > 20)}"
