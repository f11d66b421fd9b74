"""Coreference chains of a document, for the checks of level 5."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..core.model import Record


@dataclass(slots=True)
class CoreferenceChains:
    """`entity`: mention id → entity id. `named`, `described`: ids of entities with a mention of that form."""

    mentions: dict[str, Record]
    entity: dict[str, str | None]
    named: set[str | None]
    described: set[str | None]

    @classmethod
    def of(cls, mentions: Sequence[Record]) -> CoreferenceChains:
        """Return the chains of a document's mentions."""
        return cls(
            {mention["id"]: mention for mention in mentions},
            {mention["id"]: mention.get("entity") for mention in mentions},
            {mention.get("entity") for mention in mentions if mention.get("form") == "NAM"},
            {mention.get("entity") for mention in mentions if mention.get("form") == "NOM"},
        )

    def spans(self, mention: str) -> list[tuple[int, int]]:
        """Return the spans of a mention, as (start, end)."""
        return [(span["start"], span["end"]) for span in self.mentions[mention]["spans"]]
