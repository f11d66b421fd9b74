"""Report many findings of one cause as one, with their number and a fix for all.

An annotation of another text, offsets in other units, an export that leaves out the quoted words, or a field of a tool
in every record are one mistake each, and not one for each span or record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
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
THERE_ARE_MORE = "; there are more"
"""What the last finding says if not all are listed."""


def one_for_many(problems: Iterable[Problem], message: str, total: int) -> Iterator[Problem]:
    """Yield the findings of one check, or one for all if there are many: at least half of `total` spans."""
    found = iter(problems)
    head = list(islice(found, _MOST + 1))
    if len(head) < max(MANY, total / 2) or len(head) > _MOST:
        yield from chain(head, found)
    else:
        yield together(head, message, f"{len(head):,} of {total:,} spans")


def together(problems: list[Problem], message: str, detail: str, noun: str = "spans") -> Problem:
    """Return one finding for several in one file; it is in no record, and has the place of the first.

    `noun` is what its fix counts.
    """
    first = problems[0]
    fixes = [problem.fix for problem in problems if problem.fix]
    edits = tuple(edit for fix in fixes for edit in fix.edits)
    fix = None
    if fixes:
        of_all = f"fix {len(fixes):,} {noun}, the first" if len(fixes) > 1 else f"fix one {noun.removesuffix('s')}"
        fix = Fix(all(one.safe for one in fixes), f"{of_all}: {fixes[0].description}", edits)
    said = first.message.removeprefix(f"{message}: ").removeprefix(message)
    said = f"{message}: {detail}" + (f"; the first: {said}" if said else "")
    return replace(first, message=said, pointer="", record="", fix=fix, related=_elsewhere(problems[1:]))


def first_of(problems: list[Problem], others: str) -> Problem:
    """Return the first of several findings of one cause; it says how many `others` there are, and where."""
    first, *more = problems
    if not more:
        return first
    said = f"{first.message}; and so in {len(more):,} more {others}"
    return replace(first, message=said, related=(*first.related, *_elsewhere(more)))


def systematic(problems: Iterable[Problem], each: Callable[[Problem], object]) -> Iterator[Problem]:
    """Yield the findings of a check of the schema, one for all where a field is wrong in many records.

    `each` receives every one of them.
    """
    found = iter(problems)
    head = list(islice(found, _MOST + 1))
    by_field: dict[tuple[str, str], list[Problem]] = {}
    for problem in head:
        each(problem)
        by_field.setdefault(_field(problem), []).append(problem)
    for problem in head:
        alike = by_field[_field(problem)]
        if len(alike) < MANY or len(head) > _MOST:
            yield problem
        elif problem is alike[0]:
            more = " or more" if alike[-1].message.endswith(THERE_ARE_MORE) else ""
            rule = problem.message.partition(": ")[0]
            yield together(alike, rule, f"{len(alike):,} times{more} at {_field(problem)[0]}", "places")
    for problem in found:
        each(problem)
        yield problem


def _field(problem: Problem) -> tuple[str, str]:
    """Return what systematic findings share: the field, and the name or the label that it lacks."""
    parts = ("*" if part.isdigit() else part for part in problem.pointer.split("/"))
    is_named = problem.code in ("S202", "S204")
    return "/".join(parts), problem.message.removesuffix(THERE_ARE_MORE) if is_named else ""


def _elsewhere(problems: list[Problem]) -> tuple[Place, ...]:
    return tuple(Place(one.file, one.line, one.column, "another") for one in problems[:_OTHERS])


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
