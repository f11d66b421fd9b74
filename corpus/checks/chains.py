"""Coreference chains of a document, derived once for the checks of level 5."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..model import Document, Record


@dataclass(slots=True)
class Chains:
    """`forms`: entity id → the forms of its mentions. `spans`: mention id → its spans, (start, end)."""

    entity: dict[str, str | None] = field(default_factory=dict)
    forms: dict[str, set[str]] = field(default_factory=dict)
    spans: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    mentions: dict[str, list[int]] = field(default_factory=dict)
    """Entity id → the indexes of its mentions in the layer."""


def chains(document: Document) -> Chains:
    """The chains of a document's annotation."""
    if "chains" not in document.memo:
        document.memo["chains"] = _chains(document.layer("mentions"))
    memo: Chains = document.memo["chains"]
    return memo


def entity_of_mention(document: Document, mention: str) -> str | None:
    """The id of the entity that a mention refers to, None when it refers to none."""
    return chains(document).entity.get(mention)


def _chains(mentions: list[Record]) -> Chains:
    result = Chains()
    for i, mention in enumerate(mentions):
        entity = mention.get("entity")
        result.entity[mention["id"]] = entity
        result.spans[mention["id"]] = [(span["start"], span["end"]) for span in mention.get("spans") or ()]
        if entity is not None:
            result.mentions.setdefault(entity, []).append(i)
            result.forms.setdefault(entity, set()).add(mention.get("form") or "")
    return result
