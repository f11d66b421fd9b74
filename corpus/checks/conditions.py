"""Level 5: the rules that the schema states, its `conditions`."""

from __future__ import annotations

import json
from collections.abc import Iterator

from ..core.json_positions import join_pointer
from ..core.layers import Condition, FieldTest, Layer
from ..core.model import Document, Edit, Fix, Problem, Record
from ..core.schema import Schema
from .derived import derived
from .rule import found


def broken_condition(document: Document, schema: Schema) -> Iterator[Problem]:
    """S501: A record breaks a rule of the schema.

    What: the `conditions` of a layer in `schema/annotation.schema.json` say what a record holds if it holds something
    else. The finding names the rule. A field that was not annotated breaks none. Each field of a record is in one
    finding only, and a rule that applies because of a wrong value is not reported beside the one that says it is wrong.
    A new rule is one edit in `schema/`.
    Why: such a rule of the guidelines says that two values contradict each other, so one of them is wrong.
    Bad: `attribution: none`, `speaker: e1`; or `label: neutral`, `intensity: 3`.
    Good: `attribution: implicit`, `speaker: e1`; or `label: neutral`, `intensity: 1`.
    """
    for layer in (schema.layers[name] for name in schema.conditions):
        prefix = f"{layer.name}."
        absent = {name.removeprefix(prefix) for name in derived(document, schema).absent if name.startswith(prefix)}
        conditions = [one for one in schema.conditions[layer.name] if not absent.issuperset(one.fields)]
        for i, record in enumerate(document.layer(layer.name) if conditions else ()):
            failing = {one: broken for one in conditions if (broken := one.broken(record, absent))}
            reported: set[str] = set()
            for condition in _causes(failing):
                left = [test for test in failing[condition] if test.field not in reported]
                if left:
                    reported.update(test.field for test in left)
                    yield _finding(document, layer, i, record, condition, left)


def _causes(failing: dict[Condition, tuple[FieldTest, ...]]) -> list[Condition]:
    """Return the broken conditions without those that ask because of a value that another one says is wrong."""

    def rests_on(one: Condition, other: Condition) -> bool:
        wrong = {test.field for test in failing[other]}
        return one is not other and any(test.field in wrong for test in one.tests)

    causes = [one for one in failing if not any(rests_on(one, other) and not rests_on(other, one) for other in failing)]
    return causes or [*failing]


def _finding(
    document: Document, layer: Layer, i: int, record: Record, condition: Condition, broken: list[FieldTest]
) -> Problem:
    given = ", ".join(_said(record, test.field) for test in condition.tests)
    detail = f"{condition.title}: {given}, {', '.join(_said(record, test.field) for test in broken)}"
    pointer = join_pointer(layer.name, i, broken[0].field)
    return found(
        broken_condition,
        document,
        detail,
        pointer,
        span=_place(layer, record),
        suggestion=f"{condition.reason} The rule: {condition.words.replace('`', '')}",
        fix=_fix(pointer, broken),
    )


def _fix(pointer: str, broken: list[FieldTest]) -> Fix | None:
    """Return the fix that writes the only value that a rule permits; nothing is deleted."""
    if len(broken) > 1 or broken[0].negated or len(broken[0].values) > 1 or broken[0].values[0] is None:
        return None
    value = broken[0].values[0]
    return Fix(False, f"write {json.dumps(value, ensure_ascii=False)}", (Edit(pointer, value),))


def _said(record: Record, field: str) -> str:
    value = record.get(field)
    if isinstance(value, list) and value and isinstance(value[0], dict):
        value = [span.get("text", f"{span['start']}–{span['end']}") for span in value]
    if isinstance(value, list):
        return f"{field} is {', '.join(map(str, value))[:60] or 'empty'}"
    return f"{field} is {'empty' if value is None else value if isinstance(value, str) else json.dumps(value)}"[:100]


def _place(layer: Layer, record: Record) -> tuple[int, int] | None:
    """Return the first span of a record, None if it has none."""
    for field in layer.of_kind("spans"):
        for span in record.get(field.name) or ():
            return span["start"], span["end"]
    return None
