"""Ask a question about what each annotation says to have annotated, once for all that say the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ..columns.documents import Columns
from ..core.model import Record

T = TypeVar("T")


def by_done(columns: Columns, ask: Callable[[Record], T]) -> list[T]:
    """Return for each annotation the answer to a question that depends on `layers_done` and `fields_done` alone."""
    done = columns.about("layers_done").to_pylist()
    with_fields = columns.schema.has_fields_done
    fields: list[Any] = columns.about("fields_done").to_pylist() if with_fields else [None] * len(columns.document)
    known: dict[str, T] = {}
    found = []
    for layers, of_fields in zip(done, fields, strict=True):
        said = repr((layers, of_fields))
        if said not in known:
            value: Record = {"layers_done": layers}
            if of_fields is not None:
                value["fields_done"] = {layer: names for layer, names in of_fields.items() if names is not None}
            known[said] = ask(value)
        found.append(known[said])
    return found
