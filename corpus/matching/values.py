"""Read the values of fields in a form in which two annotators' records can be compared."""

from __future__ import annotations

from typing import Any

from ..core.alternatives import as_label
from ..core.model import Record
from ..core.schema import Field


def label_of(record: Record, field: Field) -> str | None:
    """Return the value of a label or boolean field; several labels are joined by "+". None if there is none."""
    return as_label(record.get(field.name))


def comparable(field: Field, value: Any) -> Any:
    """Return a value that is equal for equal statements: spans as sorted offsets without words, lists without order."""
    if field.kind == "spans":
        return sorted((span["start"], span["end"]) for span in value or ())
    return sorted(value) if isinstance(value, list) else value


def referred(value: object) -> set[str]:
    """Return the ids that a reference field holds: of a list, of one id, or none."""
    if isinstance(value, list):
        return set(value)
    return {value} if isinstance(value, str) else set()
