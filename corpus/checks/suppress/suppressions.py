"""What lets a finding pass: an exception names it, or the baseline has it from an earlier day.

    Problem → exceptions → baseline → reported
                  └───────────┴────→ used, counted by what let it pass → X101, X102, X104

A finding is let pass where it is found, so that a level fails by what is left, just as when the
code is an `info` in [tool.corpus.severity]. All that a document's findings can use stands under its
doc_id, so a shard needs no other shard.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from ...core.fingerprint import Fingerprint, fingerprint
from ...core.model import Problem, Severity
from .. import CHECKS, severities, suppressible
from ..corpus_wide import CORPUS_WIDE
from ..rule import Rule, documentation
from .baseline import PATH as BASELINE
from .baseline import Baseline, read_baseline
from .exceptions import PATH as EXCEPTIONS
from .exceptions import ExceptionEntry, ExceptionKey, exception_keys, read_exceptions

Used = Counter[ExceptionKey | Fingerprint]
"""How many findings each exception and each entry of the baseline let pass."""

SkippedLevels = dict[tuple[str, str], frozenset[int]]
"""By doc_id and annotator, the levels whose questions were not asked."""


@dataclass(frozen=True, slots=True)
class Suppressions:
    """The exceptions that hold, those that have expired, and the baseline, None to take any finding into it."""

    held: Mapping[ExceptionKey, ExceptionEntry] = field(default_factory=dict)
    expired: tuple[ExceptionEntry, ...] = ()
    baseline: Baseline | None = field(default_factory=dict)

    @property
    def doc_ids(self) -> frozenset[str]:
        """The documents that are named."""
        return frozenset(one.doc_id for one in (*self.held.values(), *(self.baseline or ())))

    def of(self, doc_ids: Collection[str]) -> Suppressions:
        """What findings in these documents, "" for in none, can use."""
        held = {key: one for key, one in self.held.items() if one.doc_id in doc_ids or one.file}
        if self.baseline is None:
            return Suppressions(held, (), None)
        return Suppressions(held, (), {one: count for one, count in self.baseline.items() if one.doc_id in doc_ids})

    def without(self, skipped_levels: SkippedLevels) -> Suppressions:
        """Those that name a question which was asked: of what was not, none can say whether it is there."""
        if not skipped_levels:
            return self
        held = {key: one for key, one in self.held.items() if not _is_in(skipped_levels, one)}
        gone = {one: count for one, count in (self.baseline or {}).items() if not _is_in(skipped_levels, one)}
        return Suppressions(held, self.expired, gone)

    def about(self, is_there: Callable[[str], bool], files: Collection[str]) -> Suppressions:
        """What expired for documents that are there, or for these files."""
        return Suppressions(
            {}, tuple(one for one in self.expired if one.file in files or (one.doc_id and is_there(one.doc_id)))
        )


def _is_in(skipped_levels: SkippedLevels, one: ExceptionEntry | Fingerprint) -> bool:
    return int(one.code[1]) in skipped_levels.get((one.doc_id, one.annotator), ())


NO_SUPPRESSIONS = Suppressions()


def read_suppressions(root: Path, today: date) -> Suppressions:
    """The exceptions and the baseline of the corpus, as they hold on the day `today`. Raises CorpusError."""
    exceptions = read_exceptions(root, severities(), suppressible())
    held = {one.key: one for one in exceptions if today <= one.until}
    return Suppressions(held, tuple(one for one in exceptions if today > one.until), read_baseline(root))


@dataclass(slots=True)
class Suppressor:
    """Says of each finding whether it passes, and counts in `used` what let it pass."""

    suppressions: Suppressions
    show: bool = False
    used: Used = field(default_factory=Counter)

    def suppress(self, problem: Problem) -> Problem | None:
        """The finding as it is to be reported: as it is, as an info with the reason (`show`), or None."""
        reason = self._reason(problem)
        if not reason:
            return problem
        return replace(problem, severity="info", message=f"{problem.message} ({reason})") if self.show else None

    def _reason(self, problem: Problem) -> str:
        suppressions = self.suppressions
        if (suppressions.baseline == {} and not suppressions.held) or problem.code not in suppressible():
            return ""
        for key in exception_keys(problem) if suppressions.held else ():
            if key in suppressions.held:
                self.used[key] += 1
                one = suppressions.held[key]
                return f"excepted until {one.until.isoformat()}: {one.reason}"
        if problem.severity == "info" or suppressions.baseline == {}:
            return ""
        name = fingerprint(problem)
        if suppressions.baseline is None or self.used[name] < suppressions.baseline.get(name, 0):
            self.used[name] += 1
            return "in the baseline"
        return ""


@dataclass(frozen=True, slots=True)
class Usage:
    """What the rules about suppressions are asked about: the suppressions of a run and how often each was used."""

    suppressions: Suppressions
    used: Used
    severities: Mapping[str, Severity]
    """The severity of each code in this run; a finding takes its own from here."""


def expired_exception(usage: Usage) -> Iterator[Problem]:
    """X101: An exception has expired.

    What: an entry of annotations/exceptions.toml has an `until` that is past, in UTC. It no longer holds.
    Why: an exception is for a time; what is still so by then is looked at again.
    Bad: `until = 2020-01-31`
    Good: the fault is mended and the entry deleted, or it has a later day and a reason that is still true.
    """
    for one in usage.suppressions.expired:
        yield _found(expired_exception, usage, EXCEPTIONS, f"{one.about}, on {one.until.isoformat()}", one)


def unneeded_exception(usage: Usage) -> Iterator[Problem]:
    """X102: An exception is not needed.

    What: an entry of annotations/exceptions.toml names a finding that is not there. This is asked
    when the whole corpus is validated.
    Why: it would hide the next fault of its kind at the same place.
    Bad: an exception for a record that was mended, or with a misspelt `record`.
    Good: no entry, or one that names what is found.
    """
    for one in usage.suppressions.held.values():
        if not usage.used[one.key]:
            yield _found(unneeded_exception, usage, EXCEPTIONS, one.about, one)


def stale_baseline(usage: Usage) -> Iterator[Problem]:
    """X104: The baseline has findings that are gone.

    What: an entry of annotations/baseline.toml names more findings than there are. This is asked when
    the whole corpus is validated.
    Why: what is gone may not come back, and while its entry is there it could.
    Bad: a record was mended and the baseline still has its finding.
    Good: `corpus baseline write`, which takes out what is gone and adds nothing.
    """
    gone = sum(max(0, count - usage.used[one]) for one, count in (usage.suppressions.baseline or {}).items())
    if gone:
        yield _found(stale_baseline, usage, BASELINE, f"{gone:,} no longer needed")


SUPPRESSION_RULES: tuple[Rule, ...] = (
    Rule(expired_exception, "warning"),
    Rule(unneeded_exception, "warning"),
    Rule(stale_baseline, "warning"),
)
"""What is asked of the exceptions and the baseline themselves, after all documents."""

_OF_THE_WHOLE = ("X102", "X104")
_HELP = {
    "X101": "mend the fault and delete the entry, or give it a later day",
    "X102": "delete the entry",
    "X104": "corpus baseline write",
}


def all_rules() -> tuple[Rule, ...]:
    """All that findings come from: the checks of documents, of the corpus, then of exceptions and baseline."""
    return (*CHECKS, *CORPUS_WIDE, *SUPPRESSION_RULES)


def all_severities() -> dict[str, Severity]:
    """The severity that each code is declared with."""
    return {rule.code: rule.severity for rule in all_rules()}


def suppression_problems(
    suppressions: Suppressions, used: Used, whole: bool, chosen: Mapping[str, Severity]
) -> Iterator[Problem]:
    """The findings of `SUPPRESSION_RULES`; without `whole` only of those that need not know of every document."""
    usage = Usage(suppressions, used, {rule.code: rule.severity for rule in SUPPRESSION_RULES} | dict(chosen))
    for rule in SUPPRESSION_RULES:
        if whole or rule.code not in _OF_THE_WHOLE:
            yield from rule.ask(usage)


def _found(
    ask: Callable[[Usage], Iterator[Problem]],
    usage: Usage,
    file: str,
    detail: str,
    about: ExceptionEntry | None = None,
) -> Problem:
    doc = documentation(ask)
    return Problem(
        code=doc.code,
        severity=usage.severities.get(doc.code, "warning"),
        file=file,
        message=f"{doc.message}: {detail}",
        line=about.line if about else 1,
        doc_id=about.doc_id if about else "",
        record=about.record if about else "",
        suggestion=_HELP[doc.code],
    )
