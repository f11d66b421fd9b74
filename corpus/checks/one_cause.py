"""Report many findings of one cause as one, with their number and a fix for all.

An annotation of another text, offsets in other units, or an export that leaves out the quoted words are one mistake
each, and not one for each span.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain, islice

from ..core.model import Document, Fix, Place, Problem
from ..core.schema import Schema
from .derived import derived
from .offset_shifts import ABSENT, MOVED
from .span_columns import Where

MANY = 10
"""Findings of one check in one annotation that are reported as one."""
FEW = 3
"""Spans that are all explained by the same reason, or are all as far away from their words."""
_MOST = 10_000
"""Findings put together; more are reported one by one, which takes no memory."""
_OTHERS = 4
"""Further places that the one finding names."""


def one_for_many(problems: Iterable[Problem], message: str, total: int) -> Iterator[Problem]:
    """Yield the findings of one check, or one for all if there are many: at least half of `total` spans."""
    found = iter(problems)
    head = list(islice(found, _MOST + 1))
    if len(head) < max(MANY, total / 2) or len(head) > _MOST:
        yield from chain(head, found)
    else:
        yield together(head, message, f"{len(head):,} of {total:,} spans")


def together(problems: list[Problem], message: str, detail: str) -> Problem:
    """Return one finding for several in one file; it is in no record, and has the place of the first."""
    first = problems[0]
    fixes = [problem.fix for problem in problems if problem.fix]
    edits = tuple(edit for fix in fixes for edit in fix.edits)
    fix = None
    if fixes:
        of_all = f"fix {len(fixes):,} spans, the first" if len(fixes) > 1 else "fix one span"
        fix = Fix(all(one.safe for one in fixes), f"{of_all}: {fixes[0].description}", edits)
    others = tuple(Place(one.file, one.line, one.column, "another") for one in problems[1 : 1 + _OTHERS])
    said = first.message.removeprefix(f"{message}: ").removeprefix(message)
    said = f"{message}: {detail}" + (f"; the first: {said}" if said else "")
    return replace(first, message=said, pointer="", record="", fix=fix, related=others)


def common_causes(document: Document, schema: Schema) -> dict[str, list[Where]]:
    """Return the misquoted spans that have a cause in common, by the cause, in the order of the file.

    If the words of half of them do not occur, another text was annotated, and what the rest says is chance.
    """
    misquoted = derived(document, schema).misquoted
    by_cause: dict[str, list[Where]] = {}
    for where, (_, why) in misquoted.items():
        if why.cause:
            by_cause.setdefault(why.cause, []).append(where)
    found, apart = {}, []
    for cause, places in by_cause.items():
        if cause != ABSENT and len(places) >= FEW:
            found[cause] = places
        elif cause.startswith(MOVED):
            apart += places
    absent = by_cause.get(ABSENT, [])
    if len(absent) >= MANY and 2 * len(absent) >= len(misquoted):
        return {ABSENT: list(misquoted)} if len(misquoted) <= _MOST else {}
    if len(apart) >= MANY:
        found[MOVED] = apart
    if len(absent) >= MANY:
        found[ABSENT] = absent
    return {cause: places for cause, places in found.items() if len(places) <= _MOST}
