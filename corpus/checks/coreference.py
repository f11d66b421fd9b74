"""Coreference chains of a document, derived once for the checks of level 5."""

from __future__ import annotations

from dataclasses import dataclass

from ..core.model import Document, Record


@dataclass(slots=True)
class Chains:
    """`entity`: mention id → entity id. `named`, `described`: ids of entities with a mention of that form."""

    mentions: dict[str, Record]
    entity: dict[str, str | None]
    named: set[str | None]
    described: set[str | None]

    def spans(self, mention: str) -> list[tuple[int, int]]:
        """The spans of a mention, (start, end)."""
        return [(span["start"], span["end"]) for span in self.mentions[mention]["spans"]]


def chains(document: Document) -> Chains:
    """The chains of a document's annotation."""
    if "chains" not in document.memo:
        mentions = document.layer("mentions")
        document.memo["chains"] = Chains(
            {mention["id"]: mention for mention in mentions},
            {mention["id"]: mention.get("entity") for mention in mentions},
            {mention.get("entity") for mention in mentions if mention.get("form") == "NAM"},
            {mention.get("entity") for mention in mentions if mention.get("form") == "NOM"},
        )
    memo: Chains = document.memo["chains"]
    return memo
