"""annotation.conf and visual.conf, with which brat shows and edits the annotations of a schema."""

from __future__ import annotations

import re

from ..core.schema import Field, Layer, Schema
from .mapping.rules import CHAIN, default_map, is_attribute, is_role, place_of, placed_layers

_COLOURS = (
    "#ffccaa",
    "#8fb2ff",
    "#7fe2ff",
    "#6fffdf",
    "#aaaaee",
    "#ffe28f",
    "#d9c8ff",
    "#c3f0a0",
    "#f7b6d2",
    "#dddddd",
)
"""Colours of entity types, light enough for black letters."""
_NO_TEXT = re.compile(r"[|\n\r\t]")


def configuration(schema: Schema) -> str:
    """Return the annotation.conf of a schema."""
    own, placed = default_map(schema), placed_layers(schema)
    mentions = [name for name, rule in own.types.items() if rule.layer == "mentions"]
    events = [layer for layer in placed if layer.name != "mentions"]
    bound = [f"{layer.name}-{one.name}" for layer in events for one in layer.of_kind("spans")]
    lines = ["[entities]", *mentions, *(one for one in bound if one not in {f"{x.name}-{place_of(x)}" for x in events})]
    lines += ["", "[relations]", f"{CHAIN} Arg1:<ENTITY>, Arg2:<ENTITY>, <REL-TYPE>:symmetric-transitive"]
    lines += ["<OVERLAP> Arg1:<ANY>, Arg2:<ANY>, <OVL-TYPE>:<ANY>", "", "[events]"]
    for layer in events:
        roles = [one for one in layer.fields if is_role(one) and one.name != place_of(layer)]
        said = ", ".join(f"{one.name}{'*' if one.many else '?'}:{_goes_to(layer, one)}" for one in roles)
        lines.append(f"{layer.name}\t{said}".rstrip())
    lines += ["", "[attributes]"]
    values: dict[str, tuple[list[str], list[str]]] = {}
    for layer in placed:
        for one in (one for one in layer.fields if is_attribute(one)):
            targets, labels = values.setdefault(one.name, ([], []))
            targets += ["<ENTITY>"] if layer.name == "mentions" else [layer.name]
            labels += [label.name for label in one.labels if label.name not in labels]
    for name, (targets, labels) in values.items():
        lines.append(f"{name}\tArg:{'|'.join(targets)}" + (f", Value:{'|'.join(labels)}" if labels else ""))
    return "\n".join(lines) + "\n"


def _goes_to(layer: Layer, one: Field) -> str:
    if one.kind == "spans":
        return f"{layer.name}-{one.name}"
    return "<ENTITY>" if one.refers_to in ("entities", "mentions") else one.refers_to


def visual(schema: Schema) -> str:
    """Return the visual.conf of a schema: the title of each type, role and label, and a colour for each entity type."""
    entities = schema.labels("entities", "type") if "mentions" in schema.layers else ()
    named: dict[str, str] = {label.name: label.title for label in entities}
    for layer in placed_layers(schema):
        named.setdefault(layer.name, layer.title)
        for one in layer.fields:
            if is_role(one) or is_attribute(one):
                named.setdefault(one.name, one.title)
            if one.kind == "spans":
                named.setdefault(f"{layer.name}-{one.name}", f"{layer.title}: {one.title}")
    lines = ["[labels]", *(f"{name} | {_NO_TEXT.sub(' ', title)} | {name}" for name, title in named.items())]
    lines += ["", "[drawing]"]
    lines += ["SPAN_DEFAULT\tfgColor:black, bgColor:lightgreen, borderColor:darken"]
    lines += ["ARC_DEFAULT\tcolor:black, dashArray:-, arrowHead:triangle-5", f"{CHAIN}\tdashArray:3-3, arrowHead:none"]
    lines += [f"{label.name}\tbgColor:{_COLOURS[i % len(_COLOURS)]}" for i, label in enumerate(entities)]
    return "\n".join([*lines, "ATTRIBUTE_DEFAULT\tglyph:*", ""])
