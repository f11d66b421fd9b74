"""The layers of a schema as values: `Layer` → `Field` → `Label`, and `Condition`, a rule about the records of a layer.

{"title": "A neutral stance has intensity 1", "if": {"label": "neutral"}, "then": {"intensity": 1}, …}
  Condition                                     FieldTest                  FieldTest
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from .labelling import PLAIN, Labelling
from .model import Record

FieldKind = Literal["spans", "reference", "label", "scalar"]
Value = str | int | float | bool | None
"""A value that a condition asks for; None stands for null and for an empty list."""


@dataclass(frozen=True, slots=True)
class Label:
    """An allowed value of a label field: what is stored, its title, and how to know it."""

    name: str
    title: str
    description: str


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a layer or of an article.

    `many` is true for a list of values, `least` is how many it must have. `json_type` is the JSON type
    of one value: string, integer, number or boolean. `refers_to` names the layer a reference points into, or "targets".
    `nullable` is true when a single value may be null. `required` is true when each record of an annotator who
    annotated the field has it, `always` when the records of every annotator have it. `labelling` says how annotators
    fill the field in. `absent` is the label of things without a record: no record has it, only rows of a table.
    """

    name: str
    kind: FieldKind
    title: str
    description: str
    required: bool = False
    many: bool = False
    least: int = 0
    json_type: str = "string"
    refers_to: str = ""
    labels: tuple[Label, ...] = ()
    nullable: bool = False
    always: bool = False
    labelling: Labelling = PLAIN
    absent: Label | None = None


@dataclass(frozen=True, slots=True)
class FieldTest:
    """A test of one field: its value is one of `values`, or is none of them if `negated`."""

    field: str
    values: tuple[Value, ...]
    negated: bool = False

    def can_ask(self, record: Record, absent: Collection[str]) -> bool:
        """Return True if a record can be tested: it has the field, or the test asks whether the field is empty.

        `absent` are the fields of the layer that the annotator did not annotate.
        """
        return self.field not in absent and (self.field in record or None in self.values)

    def holds(self, record: Record) -> bool:
        """Return True if a record passes. A field that it lacks is empty; a list has each of its items as value."""
        found = record.get(self.field)
        if isinstance(found, str):
            return (found in self.values) != self.negated
        values = found if isinstance(found, list) and found else [None if found == [] else found]
        return any(map(self.names, values)) != self.negated

    def names(self, value: object) -> bool:
        """Return True if a value is one of `values`; whether the test is negated makes no difference."""
        return any(_same(value, one) for one in self.values)

    @property
    def words(self) -> str:
        """The test in words, in Markdown."""
        named = " or ".join("empty" if value is None else f"`{_json(value)}`" for value in self.values)
        return f"`{self.field}` is {'not ' * self.negated}{named}"


@dataclass(frozen=True, slots=True)
class Condition:
    """A rule about the records of a layer: those that pass all of `tests` pass all of `then` too.

    `replaces` is the code of the check that the rule took the place of, or "".
    """

    title: str
    reason: str
    tests: tuple[FieldTest, ...]
    then: tuple[FieldTest, ...]
    replaces: str = ""

    @property
    def words(self) -> str:
        """The rule in words, in Markdown."""
        first, second = (" and ".join(test.words for test in tests) for tests in (self.tests, self.then))
        return f"if {first}, then {second}"

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that the rule names."""
        return tuple(dict.fromkeys(test.field for test in (*self.tests, *self.then)))

    def broken(self, record: Record, absent: Collection[str] = ()) -> tuple[FieldTest, ...]:
        """Return the tests of `then` that a record fails, none if the rule does not apply to it.

        `absent` are the fields of the layer that the annotator did not annotate: no test reads them.
        """
        for test in self.tests:
            if not (test.can_ask(record, absent) and test.holds(record)):
                return ()
        return tuple(test for test in self.then if test.can_ask(record, absent) and not test.holds(record))


@dataclass(frozen=True, slots=True)
class Layer:
    """A top-level array of records of the annotation schema."""

    name: str
    title: str
    description: str
    fields: tuple[Field, ...]
    by_kind: Mapping[FieldKind, tuple[Field, ...]] = field(compare=False, repr=False)
    conditions: tuple[Condition, ...] = ()
    """The rules about its records, in the order of the schema."""

    def of_kind(self, kind: FieldKind) -> tuple[Field, ...]:
        """The fields of one kind."""
        return self.by_kind[kind]


def _same(found: object, wanted: Value) -> bool:
    """Return True for equal values; true is not 1."""
    return found == wanted and isinstance(found, bool) == isinstance(wanted, bool)


def _json(value: Value) -> str:
    return value if isinstance(value, str) else json.dumps(value)
