"""Level 4: does it hang together?"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from ..core.json_positions import join_pointer
from ..core.model import Document, Problem
from ..core.schema import TARGETS, Field, Schema
from .rule import at, found

Reference = tuple[str, int, Field, int, str]
"""Layer, index of the record, field, index in a list of references, the id that is referred to."""


def duplicate_id(document: Document, schema: Schema) -> Iterator[Problem]:
    """R401: An id is there twice.

    What: two records of the file have the same id, in one layer or in two.
    Why: what refers to it refers to neither for certain.
    Bad: two mentions with `"id": "m7"`.
    Good: `"m7"` and `"m8"`.
    """
    ids = [record["id"] for layer in schema.layers for record in document.layer(layer)]
    if len(set(ids)) == len(ids):
        return
    first: dict[str, tuple[str, int]] = {}
    for layer in schema.layers:
        for i, record in enumerate(document.layer(layer)):
            if record["id"] in first:
                related = (at(document, *first[record["id"]], "id", message="here first"),)
                pointer = join_pointer(layer, i, "id")
                yield found(duplicate_id, document, repr(record["id"]), pointer, related=related)
            else:
                first[record["id"]] = (layer, i)


def dangling_reference(document: Document, schema: Schema) -> Iterator[Problem]:
    """R402: A reference leads to nothing.

    What: no record of the file has the id.
    Why: the record was deleted or renamed, or the id is misspelt.
    Bad: `"entity": "e9"` in a file without `e9`.
    Good: `"entity": "e8"`
    """
    everything = frozenset().union(*_ids(document, schema).values())
    for layer, i, field, j, value in _missing(document, schema):
        if field.refers_to != TARGETS and value not in everything:
            yield found(dangling_reference, document, repr(value), _pointer(layer, i, field, j))


def wrong_layer(document: Document, schema: Schema) -> Iterator[Problem]:
    """R403: A reference leads into a wrong layer.

    What: the id is there, but in another layer than the field refers to.
    Why: a quote's source is a mention, its speaker an entity; one was taken for the other.
    Bad: `"speaker": "m3"`
    Good: `"speaker": "e1"`
    """
    ids = _ids(document, schema)
    for layer, i, field, j, value in _missing(document, schema):
        if field.refers_to != TARGETS:
            for other in (name for name, known in ids.items() if value in known):
                detail = f"{value!r} is in {other}, {field.name} refers to {field.refers_to}"
                yield found(wrong_layer, document, detail, _pointer(layer, i, field, j))


def reference_cycle(document: Document, schema: Schema) -> Iterator[Problem]:
    """R404: References lead round in a circle.

    What: a record is inside of itself, directly or through others.
    Why: what follows the references would never end.
    Bad: `q1` with `"parent": "q2"` and `q2` with `"parent": "q1"`.
    Good: the outer quote has `"parent": null`.
    """
    for layer in schema.layers.values():
        for field in layer.of_kind("reference"):
            if field.refers_to == layer.name and not field.many:
                yield from _cycles(document, layer.name, field.name)


def unknown_target(document: Document, schema: Schema) -> Iterator[Problem]:
    """R405: A target is not in the registry.

    What: `schema/targets.json` has no target of that id.
    Why: stances can be compared only when they are about the same thing.
    Bad: `"target": "bulid-bridge"`
    Good: `"target": "build-bridge"`; a new target is one entry of the registry.
    """
    for layer, i, field, j, value in _missing(document, schema):
        if field.refers_to == TARGETS:
            near = get_close_matches(value, schema.targets, 1)
            hint = f"did you mean {near[0]!r}?" if near else ""
            yield found(unknown_target, document, repr(value), _pointer(layer, i, field, j), suggestion=hint)


def _ids(document: Document, schema: Schema) -> dict[str, frozenset[str]]:
    if "ids" not in document.memo:
        document.memo["ids"] = {
            layer: frozenset([record["id"] for record in document.layer(layer)]) for layer in schema.layers
        }
    memo: dict[str, frozenset[str]] = document.memo["ids"]
    return memo


def _missing(document: Document, schema: Schema) -> list[Reference]:
    """The references whose id is not where the field refers to."""
    if "missing" not in document.memo:
        document.memo["missing"] = list(_find_missing(document, schema))
    memo: list[Reference] = document.memo["missing"]
    return memo


def _find_missing(document: Document, schema: Schema) -> Iterator[Reference]:
    known = {**_ids(document, schema), TARGETS: schema.targets.keys()}
    for layer in schema.layers.values():
        records = document.layer(layer.name)
        for field in layer.of_kind("reference") if records else ():
            values = [record.get(field.name) for record in records]
            if field.many:
                used = {value for many in values for value in many or ()}
            else:
                used = {value for value in values if value is not None}
            if not used <= known[field.refers_to]:
                for i, value in enumerate(values):
                    for j, one in enumerate(value or () if field.many else (value,)):
                        if one is not None and one not in known[field.refers_to]:
                            yield layer.name, i, field, j, one


def _cycles(document: Document, layer: str, field: str) -> Iterator[Problem]:
    up = {record["id"]: record.get(field) for record in document.layer(layer)}
    if not any(up.values()):
        return
    done: set[str] = set()
    for i, record in enumerate(document.layer(layer)):
        trail: dict[str, None] = {}
        here = record["id"]
        while here in up and here not in done and here not in trail:
            trail[here] = None
            here = up[here]
        if here in trail:
            path = list(trail)
            circle = " → ".join([*path[path.index(here) :], here])
            yield found(reference_cycle, document, circle, join_pointer(layer, i, field))
        done.update(trail)


def _pointer(layer: str, i: int, field: Field, j: int) -> str:
    return join_pointer(layer, i, field.name, *([j] if field.many else []))
