"""The columns of CoNLL files of other projects, and what their tags mean, from a map file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...core.model import CorpusError
from ...core.schema import Schema
from .rules import COMMON, unknown_keys

SCHEMES = {"IOB2": ("B", ""), "IOB1": ("BI", ""), "BIOES": ("BSU", "ESLU")}
"""The prefixes that begin a mention, and those that end one."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The index of each column, from 0, or from -1 at the end; the entity type of each tag; the tagging scheme."""

    columns: Mapping[str, int]
    types: Mapping[str, str]
    scheme: str = "IOB2"

    @classmethod
    def of(cls, written: Mapping[str, Any], schema: Schema) -> Layout:
        """Return the layout that a map holds. Raises CorpusError if a value is invalid."""
        known = {"columns", "types", "scheme", *COMMON}
        if unknown := written.keys() - known:
            raise CorpusError(unknown_keys(unknown, known))
        columns, scheme = written.get("columns", {}), written.get("scheme", "IOB2")
        labels = {label.name: label.name for label in schema.labels("entities", "type")}
        types = written.get("types", labels)
        if scheme not in SCHEMES:
            raise CorpusError(f"map: scheme must be one of {', '.join(SCHEMES)}")
        if not isinstance(columns, dict) or not all(
            key in ("token", "tag", "misc", "entity") and type(value) is int for key, value in columns.items()
        ):
            raise CorpusError("map: [columns] must give integers, from 0, for token, tag, misc and entity")
        if not isinstance(types, dict) or not all(value in labels for value in types.values()):
            raise CorpusError(f"map: [types] must have values of {', '.join(labels)}")
        return cls(columns, types, scheme)


def named_columns(names: list[str]) -> dict[str, int]:
    """Return the index of each known column from the names of a `global.columns` line."""
    known = {"FORM": "token", "MISC": "misc", "ENTITY": "entity", "NER": "tag"}
    return {known[name]: i for i, name in enumerate(names) if name in known}
