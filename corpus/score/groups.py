"""Groups of documents to break figures down by: values of a field of the record, the length, or hard cases."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Collection, Iterator, Sequence

from ..core.hard_cases import HARD_CASES
from ..core.model import CorpusError, Record
from ..core.schema import Schema
from .gold import GoldDocument

LENGTH, CASES = "length", "hard-case"
_BOUNDS = (1_000, 2_000, 4_000, 8_000)
"""Lengths of texts in code points, between which the groups lie."""


def check_groups(schema: Schema, by: Sequence[str]) -> None:
    """Raise CorpusError for a name other than the fields of the record, `length` and `hard-case`."""
    known = [one.name for one in schema.article_fields]
    for name in by:
        if name not in (*known, LENGTH, CASES):
            raise CorpusError(
                f"articles have no field {name} to break figures down by; use {LENGTH}, {CASES}, or {', '.join(known)}"
            )


def groups_of(gold: GoldDocument, schema: Schema, by: Sequence[str]) -> Iterator[str]:
    """Yield the groups of a document, as `field=value`; a list of values puts it in several groups.

    A document is in the group of each hard case that its text and gold have, and in that of no case otherwise.
    """
    for name in by:
        if name == LENGTH:
            yield f"{LENGTH}={_length(gold.length)}"
            continue
        if name == CASES:
            row: Record = {**gold.article.record, "text": gold.article.text}
            row |= {layer: gold.value.get(layer) or [] for layer in schema.layers}
            yield from [f"{CASES}={case.name}" for case in HARD_CASES if any(True for _ in case.found(row))] or [
                f"{CASES}=–"
            ]
            continue
        value = gold.article.record.get(name)
        for one in value if isinstance(value, list) else [value]:
            yield f"{name}={'–' if one is None else one}"


def in_order(groups: Collection[str], schema: Schema, by: Sequence[str]) -> list[str]:
    """Return groups that `groups_of` yielded, in the order of `by`, of the hard cases, lengths and labels; "–" last."""
    known = {one.name: [label.name for label in one.labels] for one in schema.article_fields}
    known |= {LENGTH: [_length(0), *map(_length, _BOUNDS)], CASES: [case.name for case in HARD_CASES]}

    def key(group: str) -> tuple[int, bool, int, str]:
        name, _, value = group.partition("=")
        values = known[name]
        return by.index(name), value == "–", values.index(value) if value in values else len(values), value

    return sorted(groups, key=key)


def _length(length: int) -> str:
    at = bisect(_BOUNDS, length)
    low = _BOUNDS[at - 1] if at else 0
    return f"{low:,} or more" if at == len(_BOUNDS) else f"{low:,} to {_BOUNDS[at] - 1:,}"
