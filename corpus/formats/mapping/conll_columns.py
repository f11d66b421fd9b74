"""Where what stands in CoNLL columns of others, and what their tags are: the map file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...core.model import CorpusError
from ...core.schema import Schema

SCHEMES = {"IOB2": ("B", ""), "IOB1": ("BI", ""), "BIOES": ("BSU", "ESLU")}
"""What begins a mention, and what ends one."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where what stands: columns counted from 0, or from -1 at the end; types by tag; how mentions begin."""

    columns: Mapping[str, int]
    types: Mapping[str, str]
    scheme: str = "IOB2"

    @classmethod
    def of(cls, written: Mapping[str, Any], schema: Schema) -> Layout:
        """The layout that a map says. Raises CorpusError for what makes no sense."""
        known = {"columns", "types", "scheme", "record", "records"}
        if unknown := written.keys() - known:
            raise CorpusError(f"the map has no {', '.join(sorted(unknown))}; it has {', '.join(sorted(known))}")
        columns, scheme = written.get("columns", {}), written.get("scheme", "IOB2")
        labels = {label.name: label.name for label in schema.labels("entities", "type")}
        types = written.get("types", labels)
        if scheme not in SCHEMES:
            raise CorpusError(f"scheme of the map must be one of {', '.join(SCHEMES)}")
        if not isinstance(columns, dict) or not all(
            key in ("token", "tag", "misc", "entity") and type(value) is int for key, value in columns.items()
        ):
            raise CorpusError("[columns] of the map has numbers, from 0, for token, tag, misc and entity")
        if not isinstance(types, dict) or not all(value in labels for value in types.values()):
            raise CorpusError(f"[types] of the map must be of {', '.join(labels)}")
        return cls(columns, types, scheme)


def named_columns(names: list[str]) -> dict[str, int]:
    """Where what stands in the columns of these names."""
    known = {"FORM": "token", "MISC": "misc", "ENTITY": "entity", "NER": "tag"}
    return {known[name]: i for i, name in enumerate(names) if name in known}
