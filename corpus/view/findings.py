"""The findings of `corpus validate` about an article and its annotation, each on its words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .. import checks
from ..checks.suppress.suppressions import NO_SUPPRESSIONS, Suppressions, Suppressor
from ..core.json_positions import split_pointer
from ..core.model import Document, Problem, Severity
from ..core.schema import Schema
from .inline import Inline
from .names import Names, anchor

STRUCTURE = 4
"""The highest level whose errors keep an annotation from being shown."""
RANK = 4


@dataclass(frozen=True, slots=True)
class Policy:
    """How findings are reported: their severities, and which are suppressed."""

    severities: Mapping[str, Severity] | None = None
    suppressions: Suppressions = NO_SUPPRESSIONS


@dataclass(slots=True)
class Finding:
    """A finding with its words: `at` is its offset in the text, None if it is about no words."""

    problem: Problem
    number: int
    at: int | None = None
    pieces: list[tuple[int, int]] = field(default_factory=list)
    record: str = ""
    """The address of its record on the page, "" if it is about none."""

    @property
    def card(self) -> str:
        """Return the address of its card."""
        return f"-f{self.number}"

    @property
    def mark(self) -> str:
        """Return the address of its words, "" if there are none."""
        return f"-w{self.number}" if self.pieces else ""


@dataclass(slots=True)
class Checked:
    """What validation says about one annotation: its findings, and the error that keeps it from being shown."""

    problems: list[Problem] = field(default_factory=list)
    refused: Problem | None = None


def check(documents: Iterable[Document], schema: Schema, policy: Policy | None = None) -> list[Checked]:
    """Check an article, which comes first, then its annotations. An error of the article is one of each annotation."""
    policy = policy or Policy()
    suppressor = Suppressor(policy.suppressions)
    failed: set[int] = set()
    found: list[Checked] = []
    for document in documents:
        one = Checked()
        levels = failed if document.annotation is None else checks.inherited(failed)
        if found:
            one.refused = found[0].refused

        def suppress(problem: Problem, one: Checked = one) -> Problem | None:
            if problem.severity == "error" and int(problem.code[1]) <= STRUCTURE:
                one.refused = one.refused or problem
            return suppressor.suppress(problem)

        one.problems += checks.run(document, schema, levels, policy.severities, suppress, policy.suppressions.today)
        found.append(one)
    return found


def placed(problems: Iterable[Problem], names: Names) -> list[Finding]:
    """Return the findings about an annotation with their words, in text order; those about no words come first.

    Where the text must not be shown, a finding says its rule alone: the rest may quote the text.
    """
    found = []
    for problem in problems:
        pieces: list[tuple[int, int]] = []
        at, record = None, ""
        if (there := _record(names, problem)) is not None:
            layer, value, parts = there
            record = anchor(value["id"]) if "id" in value else ""
            pieces = list(_spans(value, parts)) or names.pieces(layer, value)
            at = pieces[0][0] if pieces else names.position(layer, value)
        if problem.span is not None:
            # Of a span that is itself the fault, as one that ends after the text, only what is in the text is marked.
            start, end = (max(0, min(one, len(names.text or ""))) for one in sorted(problem.span))
            pieces, at = [(start, end)] if start < end else [], start
        if names.text is None:
            problem = bare(problem)
        found.append(Finding(problem, 0, at, pieces, record))
    found.sort(key=lambda one: (one.at is not None, one.at or 0))
    for number, one in enumerate(found, 1):
        one.number = number
    return found


def bare(problem: Problem) -> Problem:
    """Return a finding without what may quote the article."""
    message = problem.message.partition(": ")[0]
    return replace(problem, message=message, snippet="", suggestion="", fix=None, related=())


def finding_marks(found: Iterable[Finding]) -> Iterator[Inline]:
    """Yield the marks of the findings."""
    for one in found:
        for number, (start, end) in enumerate(one.pieces):
            yield Inline(
                start, end, RANK, "f", first=f" id={one.mark}" if not number else "", record="" if number else one.mark
            )


def _record(names: Names, problem: Problem) -> tuple[str, dict[str, Any], list[str]] | None:
    """Return the layer and the record that a finding is about, and the rest of its pointer."""
    annotation = names.document.annotation
    parts = split_pointer(problem.pointer)
    if annotation is None or problem.file != annotation.source.path or len(parts) < 2 or parts[0] not in names.roles:
        return None
    records = annotation.layer(parts[0])
    if not parts[1].isdigit() or int(parts[1]) >= len(records):
        return None
    return parts[0], records[int(parts[1])], parts[2:]


def _spans(value: Any, parts: list[str]) -> Iterator[tuple[int, int]]:
    """Yield the spans that a pointer leads to: one of them, or all of a field."""
    found = value
    for part in parts:
        if isinstance(found, dict) and {"start", "end"} <= found.keys():
            break
        if isinstance(found, dict):
            found = found.get(part)
        else:
            found = found[int(part)] if isinstance(found, list) and part.isdigit() and int(part) < len(found) else None
    for one in found if isinstance(found, list) else [found]:
        if parts and isinstance(one, dict) and isinstance(one.get("start"), int) and isinstance(one.get("end"), int):
            yield one["start"], one["end"]
