"""Check one document: its parts → findings, and a summary for the corpus-wide rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from .. import checks
from ..checks.document_summary import summarise, with_differences
from ..checks.screening import Screened
from ..checks.summaries import SummaryRow, row_of
from ..checks.suppress.suppressions import NO_SUPPRESSIONS, SkippedLevels, Suppressions, Suppressor
from ..core.model import Document, Problem, Severity
from ..core.schema import Schema
from .spool import ProblemSpool


@dataclass(frozen=True, slots=True)
class Policy:
    """How findings are reported: their severities, and which are suppressed."""

    severities: Mapping[str, Severity]
    suppressions: Suppressions = NO_SUPPRESSIONS
    show_suppressed: bool = False
    """True if suppressed findings are reported, with severity `info`."""


@dataclass(slots=True)
class Checked:
    """The result for one document."""

    problems: ProblemSpool = field(default_factory=ProblemSpool)
    skipped_levels: SkippedLevels = field(default_factory=dict)
    """Levels that were skipped because an earlier level failed."""
    skipped_checks: int = 0
    """How many checks, over article and annotations, were skipped for an error of an earlier level."""
    clean: bool = True
    """True if no check found anything, suppressed or not."""
    summary: SummaryRow | Screened | None = None
    """Its summary, or the columns that have it; None if a fault keeps the document from the corpus-wide rules."""


def check_document(
    parts: list[Document],
    schema: Schema,
    policy: Policy,
    suppressor: Suppressor,
    by_columns: Screened | None = None,
) -> Checked:
    """Check the article, which comes first in `parts`, then each of its annotations.

    `suppressor` counts the suppressions that are used. `by_columns` is what the columns say about the document, None if
    nothing: then all checks are asked.
    """
    checked = Checked()
    failed: set[int] = set()
    sound: list[Document] = []

    def suppress(problem: Problem) -> Problem | None:
        checked.clean = False
        return suppressor.suppress(problem)

    def on_skip(checks: int) -> None:
        checked.skipped_checks += checks

    asked_only = by_columns.checks if by_columns else None
    for document in parts:
        # An annotation rests on its article: it starts with the levels that the article failed.
        levels = failed if document.annotation is None else checks.inherited(failed)
        before = frozenset(levels)
        today = policy.suppressions.today
        for problem in checks.run(document, schema, levels, policy.severities, suppress, today, on_skip, asked_only):
            checked.problems.add(problem)
        skipped = checks.skipped_levels(before, levels)
        if skipped:
            annotator = document.annotation.annotator if document.annotation else ""
            checked.skipped_levels[document.doc_id, annotator] = skipped
        # Corpus-wide rules belong to level 6, so they read what could be asked the questions of level 6.
        if 6 not in skipped and (sound or document.annotation is None):
            sound.append(document)
    if by_columns and by_columns.passes and len(sound) == len(parts):
        checked.summary = by_columns
        if by_columns.has_copies:
            checked.summary = row_of(with_differences(by_columns.summaries[by_columns.number], sound, schema))
    elif sound:
        made = summarise(sound, schema)
        # Who annotated a document of which a part is at fault is known when that is fixed.
        checked.summary = row_of(made if len(sound) == len(parts) else replace(made, annotators=()))
    return checked
