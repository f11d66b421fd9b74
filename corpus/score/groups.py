"""Groups of documents to break figures down by: the values of a field of the record, or the length of the text."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator, Sequence

from .gold import GoldDocument

LENGTH = "length"
_BOUNDS = (1_000, 2_000, 4_000, 8_000)
"""Lengths of texts in code points, between which the groups lie."""


def groups_of(gold: GoldDocument, by: Sequence[str]) -> Iterator[str]:
    """Yield the groups of a document, as `field=value`; a list of values puts it in several groups."""
    for name in by:
        if name == LENGTH:
            yield f"{LENGTH}={_length(gold.length)}"
            continue
        value = gold.article.record.get(name)
        for one in value if isinstance(value, list) else [value]:
            yield f"{name}={'–' if one is None else one}"


def _length(length: int) -> str:
    at = bisect(_BOUNDS, length)
    low = _BOUNDS[at - 1] if at else 0
    return f"{low:,} or more" if at == len(_BOUNDS) else f"{low:,} to {_BOUNDS[at] - 1:,}"
