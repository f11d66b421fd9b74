"""Ask a question about what each annotation says to have annotated, once for all that say the same."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

from ..columns.documents import Columns
from ..core.model import Record

T = TypeVar("T")


def by_done(columns: Columns, ask: Callable[[Record], T]) -> list[T]:
    """Return for each annotation the answer to a question that depends on `layers_done` and `fields_done` alone."""
    numbers, values = _distinct(columns)
    answers = [ask(value) for value in values]
    return [answers[number] for number in numbers]


@lru_cache(maxsize=1)
def _distinct(columns: Columns) -> tuple[list[int], list[Record]]:
    """Return for each annotation the number of what it says, and what each number stands for."""
    done = columns.about("layers_done").to_pylist()
    fields: list[Any] = [None] * len(done)
    if columns.schema.has_fields_done and columns.about("fields_done").null_count < len(done):
        fields = columns.about("fields_done").to_pylist()
    known: dict[str, int] = {}
    values: list[Record] = []
    numbers = []
    for layers, of_fields in zip(done, fields, strict=True):
        said = repr((layers, of_fields))
        if said not in known:
            known[said] = len(values)
            value: Record = {"layers_done": layers}
            if of_fields is not None:
                value["fields_done"] = {layer: names for layer, names in of_fields.items() if names is not None}
            values.append(value)
        numbers.append(known[said])
    return numbers, values
