"""Level 4: checks on ids and on references between records."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from ..core.json_positions import join_pointer
from ..core.model import Document, Problem
from ..core.schema import TARGETS, Schema
from .derived import Reference, derived
from .rule import CheckFunction, at, found

_OTHERS = 4
"""Further references to an unknown id that its finding names."""
_ADD_TARGET = "name a target of schema/targets.json, or add one with this id and raise its version"
_KB_FORMS = {
    system: re.compile(form, re.ASCII)
    for system, form in {
        "wikidata": r"Q[1-9]\d{0,9}",
        "geonames": r"[1-9]\d{0,8}",
        "viaf": r"[1-9]\d{1,21}",
        "gnd": r"\d{1,10}-?[\dX]",
        "isni": r"\d{15}[\dX]",
        "orcid": r"(?:\d{4}-){3}\d{3}[\dX]",
        "lei": r"[A-Z0-9]{18}\d{2}",
        "imdb": r"(?:nm|tt|co|ev|ch)\d{7,8}",
        "ror": r"0[a-hj-km-np-tv-z0-9]{6}\d{2}",
        "openalex": r"[AICFPSTVW][1-9]\d{2,10}",
        "osm": r"(?:node|way|relation)/[1-9]\d*",
    }.items()
}
"""The form of the ids of some knowledge bases."""
_KB_EXAMPLES = {
    "wikidata": "Q42",
    "geonames": "2643743",
    "viaf": "102333412",
    "gnd": "118529579",
    "isni": "0000000121032683",
    "orcid": "0000-0002-1825-0097",
    "lei": "5493001KJTIIGC8Y1R12",
    "imdb": "nm0000122",
    "ror": "03yrm5c26",
    "openalex": "A5023888391",
    "osm": "relation/62422",
}


def duplicate_id(document: Document, schema: Schema) -> Iterator[Problem]:
    """R401: Two records have the same id.

    What: two records of the file have the same id, in one layer or in two.
    Why: a reference to this id is ambiguous.
    Bad: two mentions with `"id": "m7"`.
    Good: `"m7"` and `"m8"`.
    Do: rename one of the two and what refers to it.
    """
    ids = [record["id"] for layer in schema.layers for record in document.layer(layer)]
    if len(set(ids)) == len(ids):
        return
    first: dict[str, tuple[str, int]] = {}
    for layer in schema.layers:
        for i, record in enumerate(document.layer(layer)):
            if record["id"] in first:
                related = (at(document, *first[record["id"]], "id", message="first use"),)
                pointer = join_pointer(layer, i, "id")
                yield found(duplicate_id, document, repr(record["id"]), pointer, related=related)
            else:
                first[record["id"]] = (layer, i)


def dangling_reference(document: Document, schema: Schema) -> Iterator[Problem]:
    """R402: A reference names an id that does not exist.

    What: no record in the file has this id. One finding for each id; it names the first of the references.
    Why: the record was deleted or renamed, or the id is misspelt.
    Bad: `"entity": "e9"` in a file without `e9`.
    Good: `"entity": "e8"`
    """
    everything = frozenset().union(*derived(document, schema).ids.values())
    unknown = [one for one in derived(document, schema).unresolved if one.field.refers_to != TARGETS]
    for one, *others in _by_id(one for one in unknown if one.id not in everything):
        record, wanted = document.layer(one.layer)[one.record]["id"], one.field.refers_to
        detail = f"{one.field.name} of {record} is {one.id!r}, and no record of {wanted} has this id"
        hint = f"name a record of {wanted}, or add one with this id"
        meant = next((known["id"] for known in document.layer(wanted) if one.id in known.values()), None)
        hint = f"a reference is an id: {meant!r}, not {one.id!r}" if meant else hint
        yield _dangling(dangling_reference, document, one, others, detail, hint)


def wrong_layer(document: Document, schema: Schema) -> Iterator[Problem]:
    """R403: A reference names a record of the wrong layer.

    What: the id exists, but in a different layer than the field refers to.
    Why: a quote's source is a mention, its speaker an entity; one was confused with the other.
    Bad: `"speaker": "m3"`
    Good: `"speaker": "e1"`
    """
    ids = derived(document, schema).ids
    for one in derived(document, schema).unresolved:
        wanted = one.field.refers_to
        for other in (name for name, known in ids.items() if wanted != TARGETS and one.id in known):
            detail = f"{one.id!r} is in {other}, {one.field.name} refers to {wanted}"
            hint = _named_by(document, schema, other, one.id, wanted)
            yield found(wrong_layer, document, detail, join_pointer(*_parts(one)), suggestion=hint)


def _named_by(document: Document, schema: Schema, layer: str, record_id: str, wanted: str) -> str:
    """Return the advice to name the record of the layer `wanted` that a record names, "" if it names none."""
    record = next(one for one in document.layer(layer) if one["id"] == record_id)
    for field in schema.layers[layer].of_kind("reference"):
        named = record.get(field.name)
        if field.refers_to == wanted and isinstance(named, str):
            return f"did you mean {named!r}, the {field.name} of {record_id}?"
    return ""


def reference_cycle(document: Document, schema: Schema) -> Iterator[Problem]:
    """R404: References form a cycle.

    What: a record contains itself, directly or through others.
    Why: a program that follows the references would never end.
    Bad: `q1` with `"parent": "q2"` and `q2` with `"parent": "q1"`.
    Good: the outer quote has `"parent": null`.
    Do: set the reference of the outermost record to null.
    """
    for layer in schema.layers.values():
        for field in layer.of_kind("reference"):
            if field.refers_to == layer.name and not field.many:
                yield from _cycles(document, layer.name, field.name)


def unknown_target(document: Document, schema: Schema) -> Iterator[Problem]:
    """R405: A target is not in the registry.

    What: `schema/targets.json` has no target with this id. One finding for each id.
    Why: stances can be compared only if they name the same target.
    Bad: `"target": "bulid-bridge"`
    Good: `"target": "build-bridge"`; a new target is one entry of the registry.
    """
    unknown = (one for one in derived(document, schema).unresolved if one.field.refers_to == TARGETS)
    for one, *others in _by_id(unknown):
        near = get_close_matches(one.id, schema.targets, 1)
        hint = f"did you mean {near[0]!r}?" if near else _ADD_TARGET
        yield _dangling(unknown_target, document, one, others, repr(one.id), hint)


def impossible_kb(document: Document, schema: Schema) -> Iterator[Problem]:
    """R410: A knowledge-base id has an impossible form.

    What: an id of one of these systems is not of its form: `wikidata:Q42`, `geonames:2643743`, `viaf:102333412`,
    `gnd:118529579`, `isni:0000000121032683`, `orcid:0000-0002-1825-0097`, `lei:` and 20 letters and digits,
    `imdb:nm0000122`, `ror:03yrm5c26`, `openalex:A5023888391`, `osm:relation/62422`. Other systems are not checked; an
    address is of no system.
    Why: the id was mistyped or cut, and links to nothing, or to something else.
    Bad: `wikidata:42`
    Good: `wikidata:Q42`
    Do: copy the id from the knowledge base again.
    """
    for i, entity in enumerate(document.layer("entities")):
        kb = str(entity.get("kb") or "")
        if not has_its_form(kb):
            system = kb.partition(":")[0]
            system = system if system in _KB_EXAMPLES else "wikidata"
            detail = f"{kb!r} is not like {system}:{_KB_EXAMPLES[system]}"
            yield found(impossible_kb, document, detail, join_pointer("entities", i, "kb"))


def has_its_form(kb: str) -> bool:
    """Return False for a knowledge-base id that is not of the form of its system."""
    system, _, name = kb.partition(":")
    form = _KB_FORMS.get(system)
    return form.fullmatch(name) is not None if form else not name.startswith("//")


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


def _by_id(references: Iterable[Reference]) -> Iterable[list[Reference]]:
    """Return references in groups of those that name one id of one layer."""
    by_id: dict[tuple[str, str], list[Reference]] = {}
    for one in references:
        by_id.setdefault((one.field.refers_to, one.id), []).append(one)
    return by_id.values()


def _dangling(
    ask: CheckFunction, document: Document, one: Reference, others: list[Reference], detail: str, hint: str
) -> Problem:
    if others:
        detail += f"; {len(others):,} more reference{'s name' if len(others) > 1 else ' names'} it"
    related = tuple(at(document, *_parts(each), message="another") for each in others[:_OTHERS])
    return found(ask, document, detail, join_pointer(*_parts(one)), suggestion=hint, related=related)


def _parts(one: Reference) -> tuple[str | int, ...]:
    """Return the parts of the pointer to a reference."""
    return one.layer, one.record, one.field.name, *([one.position] if one.field.many else [])
