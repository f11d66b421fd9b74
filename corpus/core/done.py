"""What an annotator annotated: `layers_done` and `fields_done` of an annotation, read in one place.

    layers_done  ["mentions", "quotes"]            all other layers were not annotated
    fields_done  {"quotes": ["content", "type"]}   nor were the other fields of quotes; mentions has all fields

"Not annotated" is not "none found": a field that is not done is in no record and null in every table, and a
check that needs it is not run.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .model import Record
    from .schema import Layer, Schema


def done_fields(value: Record, layer: str) -> Collection[Any] | None:
    """Return the names that `fields_done` lists for a layer, None if it lists none: then all fields are done.

    Takes any JSON object: an annotation that does not satisfy the schema has no such list where its form is wrong.
    """
    by_layer = value.get("fields_done")
    names = by_layer.get(layer) if isinstance(by_layer, dict) else None
    return names if isinstance(names, list) else None


def layer_done(value: Record, layer: str) -> bool:
    """Return True if the annotator annotated a layer, so that an empty one means "none found"."""
    done = value.get("layers_done")
    return isinstance(done, list) and layer in done


def field_done(value: Record, layer: Layer, name: str) -> bool:
    """Return True if the annotator annotated a field of a layer, so that an empty one means "none"."""
    if not layer_done(value, layer.name):
        return False
    names = done_fields(value, layer.name)
    return names is None or name in names or any(one.always for one in layer.fields if one.name == name)


def absent_fields(value: Record, layer: Layer) -> list[str]:
    """Return the fields of a layer that the annotator did not annotate, all of them if not even the layer."""
    if not layer_done(value, layer.name):
        return [one.name for one in layer.fields]
    names = done_fields(value, layer.name)
    return [] if names is None else [one.name for one in layer.fields if not one.always and one.name not in names]


def derived_fields(value: Record, layer: str) -> dict[str, frozenset[str]]:
    """Return by the id of a record the fields that no annotator chose: a program derived them from other fields.

    Takes any JSON object. `provenance.derived` of an annotation lists them as {layer: {field: [id, …]}}.
    """
    provenance = value.get("provenance")
    by_layer = provenance.get("derived") if isinstance(provenance, dict) else None
    by_field = by_layer.get(layer) if isinstance(by_layer, dict) else None
    found: dict[str, set[str]] = {}
    for name, ids in by_field.items() if isinstance(by_field, dict) else ():
        for id_ in ids if isinstance(ids, list) else ():
            if isinstance(id_, str):
                found.setdefault(id_, set()).add(name)
    return {id_: frozenset(names) for id_, names in found.items()}


def derived_list(schema: Schema, found: Mapping[str, Mapping[str, Iterable[str]]]) -> Record:
    """Return `provenance.derived` in canonical order. `found` has by layer and field the ids of the records."""
    made = {
        name: {one.name: sorted(by_field[one.name]) for one in layer.fields if by_field.get(one.name)}
        for name, layer in schema.layers.items()
        if (by_field := found.get(name))
    }
    return {name: fields for name, fields in made.items() if fields}
