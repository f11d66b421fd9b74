"""The tokens and sentences of a source in a merged annotation: no annotator chose them, so either may give them."""

from __future__ import annotations

from collections.abc import Sequence

from ..core.done import done_fields, layer_done
from ..core.model import Record
from ..core.schema import Schema
from ..core.source_tokens import layers_to_carry


def carry_over(schema: Schema, both: Sequence[Record], merged: Record) -> Record:
    """Return the merged annotation with the layers that are not compared, from the first annotation that has records.

    A record whose id is taken gets a free one: nothing refers to it.
    """
    value = dict(merged)
    for name in sorted(layers_to_carry(schema)):
        having = sorted((one for one in both if layer_done(one, name)), key=lambda one: not one.get(name))
        if not having:
            continue
        giver = having[0]
        used = {record["id"] for layer in schema.layers for record in value.get(layer) or ()}
        value[name] = [{**record, "id": free_id(record["id"], used)} for record in giver.get(name) or ()]
        value["layers_done"] = [one for one in schema.layers if one in (name, *value["layers_done"])]
        fields = done_fields(giver, name)
        if fields is not None:
            value["fields_done"] = {**value.get("fields_done", {}), name: fields}
            value["schema_version"] = schema.version
    return value


def free_id(wanted: str, used: set[str]) -> str:
    """Return the id, or one made of it that is not used, and add it to `used`."""
    free, number = wanted, 1
    while free in used:
        number += 1
        free = f"{wanted[:56]}-{number}"
    used.add(free)
    return free
