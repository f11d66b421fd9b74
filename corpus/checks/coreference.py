"""Coreference chains of a document, for the checks of level 5."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from ..core.model import Record


class CoreferenceChains:
    """The chains of a document's mentions. Each value is made at first use: not every field need be annotated."""

    def __init__(self, mentions: Sequence[Record]) -> None:
        self._mentions = mentions

    @cached_property
    def entity(self) -> dict[str, str | None]:
        """The id of the entity of each mention, by the id of the mention."""
        return {mention["id"]: mention.get("entity") for mention in self._mentions}

    @cached_property
    def named(self) -> set[str | None]:
        """The ids of the entities that the article names."""
        return self._of_form("NAM")

    @cached_property
    def described(self) -> set[str | None]:
        """The ids of the entities that the article describes."""
        return self._of_form("NOM")

    def spans(self, mention: str) -> list[tuple[int, int]]:
        """Return the spans of a mention, as (start, end)."""
        return [(span["start"], span["end"]) for span in self._by_id[mention]["spans"]]

    @cached_property
    def _by_id(self) -> dict[str, Record]:
        return {mention["id"]: mention for mention in self._mentions}

    def _of_form(self, form: str) -> set[str | None]:
        return {mention.get("entity") for mention in self._mentions if mention.get("form") == form}
