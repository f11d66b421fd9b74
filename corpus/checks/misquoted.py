"""Spans that do not quote the words at their offsets: why, how to fix them, and which have a cause in common."""

from __future__ import annotations

from typing import NamedTuple

from ..core.json_positions import join_pointer
from ..core.model import Document, Edit, Fix
from ..core.schema import Schema
from .derived import derived
from .offset_shifts import ABSENT, MOVED
from .one_cause import common_causes
from .span_columns import Where

_SHOWN = 60
"""Code points of a string that a message shows."""


def mended(document: Document, schema: Schema, where: Where) -> tuple[str, Fix | None]:
    """Why the span points wrongly, "" when that is not known, and the fix for it."""
    misquoted = derived(document, schema).misquoted
    if where not in misquoted:
        return "", None
    span, (reason, better, safe, cause) = misquoted[where]
    if better is None:
        return reason, None
    pointer, values = join_pointer(*where), (("start", better.start), ("end", better.end), ("text", better.text))
    edits = tuple(Edit(f"{pointer}/{k}", v) for k, v in values if v != getattr(span, k))
    shown = better.text or ""
    moved = f" ({better.start - span.start:+,} code points)" if cause.startswith(MOVED) else ""
    shown = shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN // 2]} … {shown[-_SHOWN // 2 :]}"
    return reason, Fix(safe, f"{better.start}–{better.end}: {shown!r}{moved}", edits)


class Group(NamedTuple):
    """Misquoted spans with one cause, and the words of its finding."""

    places: list[Where]
    why: str
    fixable: bool
    """False if another text was annotated: its words occur here by chance, if at all."""


def misplaced(document: Document, schema: Schema) -> list[Group]:
    """Return the groups of misquoted spans that are one finding each."""
    said = {
        MOVED: " quote words that occur elsewhere: was another text annotated?",
        ABSENT: " quote words that are not there: was another text annotated?",
    }
    groups = []
    for cause, places in common_causes(document, schema).items():
        by = cause.removeprefix(MOVED).strip()
        near = f", each {by} code points away from its words" if cause.startswith(MOVED) else ""
        groups.append(Group(places, said.get(cause) or near or f": {cause}", cause != ABSENT))
    return groups


def difference(here: str, words: str) -> tuple[str, str, int]:
    """Return two strings around their first difference, and the offset of it; the offset is 0 if both are short."""
    if len(here) <= _SHOWN and len(words) <= _SHOWN:
        return here, words, 0
    pairs = enumerate(zip(here, words, strict=False))
    first = next((i for i, (one, other) in pairs if one != other), min(len(here), len(words)))
    begin = max(0, first - _SHOWN // 3)

    def cut(string: str) -> str:
        return "…" * (begin > 0) + string[begin : begin + _SHOWN] + "…" * (len(string) > begin + _SHOWN)

    return cut(here), cut(words), first
