"""Restrict two annotations to the fields that both annotated: only these can be merged."""

from __future__ import annotations

from ..core.done import absent_fields, done_fields, layer_done
from ..core.model import Record
from ..core.schema import Schema
from ..core.source_tokens import layers_to_annotate


def common_fields(schema: Schema, first: Record, second: Record) -> tuple[Record, Record, list[str]]:
    """Return both annotations with the fields that both annotated, and the fields that one of them annotated."""
    both = [dict(first), dict(second)]
    fields_done: dict[str, list[str]] = {}
    of_one: list[str] = []
    for layer in layers_to_annotate(schema).values():
        if not all(layer_done(value, layer.name) for value in both):
            continue
        absent = [absent_fields(value, layer) for value in both]
        gone = {*absent[0], *absent[1]}
        of_one += [f"{layer.name}.{one.name}" for one in layer.fields if one.name in {*absent[0]} ^ {*absent[1]}]
        if any(done_fields(value, layer.name) is not None for value in both):
            fields_done[layer.name] = [one.name for one in layer.fields if one.name != "id" and one.name not in gone]
        if gone:
            for value in both:
                value[layer.name] = [
                    {name: one for name, one in record.items() if name not in gone} for record in value[layer.name]
                ]
    for value in both:
        value.pop("fields_done", None)
        if fields_done:
            value["fields_done"] = fields_done
    return both[0], both[1], of_one
