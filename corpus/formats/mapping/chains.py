"""Chains that a file does not have as such: an attribute, or the type itself, names the entity of each mention.

    [types."Chain_*"]                T1 Chain_7 0 3 Ada
    layer = "mentions"               T2 Chain_7 20 23 she       mentions of one entity
    chain = "TYPE"                   T3 Chain_8 30 35 Bo Li

A type of the map with `*` stands for all types of such names, and the annotations get that name.
"""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

from .annotations import Annotations, Event, SpanAnnotation
from .rules import Map

OF_TYPE = "TYPE"


def name_chains(annotations: Annotations, of: Map) -> None:
    """Put the mentions of one name into `linked`, and give types that a pattern of the map matches its name."""
    if not any("*" in name for name in of.types) and not any(rule.chain for rule in of.types.values()):
        return
    original = annotations.types()
    _use_patterns([*annotations.spans.values(), *annotations.events.values()], of)
    chains: dict[tuple[str, str], list[str]] = {}
    for name, kind in annotations.types().items():
        rule = of.types.get(kind)
        if rule is not None and rule.chain == OF_TYPE:
            chains.setdefault((kind, original[name]), []).append(name)
    for properties in (annotations.attributes, annotations.notes):
        kept = []
        for one in properties:
            rule = of.types.get(annotations.type_of(one.target))
            if rule is None or rule.chain != one.type:
                kept.append(one)
                continue
            chains.setdefault((rule.chain, one.value or ""), []).append(one.target)
            if one.type in rule.attributes or one.type in rule.notes:
                kept.append(one)
        properties[:] = kept
    annotations.linked += chains.values()


def _use_patterns(annotations: Iterable[SpanAnnotation | Event], of: Map) -> None:
    patterns = [name for name in of.types if "*" in name]
    known: dict[str, str] = {}
    for one in annotations:
        if one.type not in of.types and one.type not in known:
            # A name may have brackets, which mean nothing here.
            known[one.type] = next(
                (name for name in patterns if fnmatchcase(one.type, name.replace("[", "[[]"))), one.type
            )
        one.type = known.get(one.type, one.type)
