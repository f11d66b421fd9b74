"""Suppressions: exceptions that name a finding, and the baseline of findings from an earlier day.

    Problem → exceptions → baseline → reported
                  └───────────┴────→ used, counted by exception or baseline entry → X101, X102, X104

A finding is suppressed where it is made, so that a suppressed error does not fail its level. Suppressions
are keyed by doc_id, so a shard needs those of its own documents only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Container, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from ...core.fingerprint import Fingerprint, fingerprint
from ...core.model import Problem, Severity
from .. import CHECKS, severities, suppressible
from ..corpus_wide import CORPUS_WIDE
from ..release_changes import RELEASE_RULES
from ..rule import Rule, documentation
from .baseline import BASELINE, Baseline, read_baseline
from .exceptions import EXCEPTIONS, ExceptionEntry, ExceptionKey, exception_keys, read_exceptions

Used = Counter[ExceptionKey | Fingerprint]
"""How many findings each exception and each baseline entry suppressed."""

_READS_TEXT = 5
"""The level whose checks read the text."""

SkippedLevels = dict[tuple[str, str], frozenset[int]]
"""The levels whose checks were skipped, by doc_id and annotator."""


@dataclass(frozen=True, slots=True)
class Suppressions:
    """The valid exceptions, the expired ones, and the baseline; None to accept every finding into a new baseline."""

    held: Mapping[ExceptionKey, ExceptionEntry] = field(default_factory=dict)
    expired: tuple[ExceptionEntry, ...] = ()
    baseline: Baseline | None = field(default_factory=dict)
    today: date | None = None
    """The day of the run, on which they are valid."""

    @property
    def doc_ids(self) -> frozenset[str]:
        """The documents that exceptions or the baseline name."""
        return frozenset(one.doc_id for one in (*self.held.values(), *(self.baseline or ())))

    def of(self, doc_ids: Container[str]) -> Suppressions:
        """Return the suppressions of findings in these documents; "" stands for findings outside any document."""
        held = {key: one for key, one in self.held.items() if one.doc_id in doc_ids or one.file}
        if self.baseline is None:
            return Suppressions(held, (), None, self.today)
        gone = {one: count for one, count in self.baseline.items() if one.doc_id in doc_ids}
        return Suppressions(held, (), gone, self.today)

    def without(self, skipped_levels: SkippedLevels, withheld: Container[str] = ()) -> Suppressions:
        """Return the suppressions of checks that ran; a skipped check cannot show whether they are unused.

        Of the documents in `withheld`, whose text is not here, the checks that read the text found nothing to ask.
        """

        def ran(one: ExceptionEntry | Fingerprint) -> bool:
            return not _is_in(skipped_levels, one) and (one.doc_id not in withheld or int(one.code[1]) != _READS_TEXT)

        held = {key: one for key, one in self.held.items() if ran(one)}
        gone = {one: count for one, count in (self.baseline or {}).items() if ran(one)}
        return Suppressions(held, self.expired, gone)

    def about(self, is_there: Callable[[str], bool], files: Collection[str]) -> Suppressions:
        """Return the expired exceptions for existing documents and for these files."""
        return Suppressions(
            {}, tuple(one for one in self.expired if one.file in files or (one.doc_id and is_there(one.doc_id)))
        )


def _is_in(skipped_levels: SkippedLevels, one: ExceptionEntry | Fingerprint) -> bool:
    return int(one.code[1]) in skipped_levels.get((one.doc_id, one.annotator), ())


NO_SUPPRESSIONS = Suppressions()


def read_suppressions(root: Path, today: date) -> Suppressions:
    """Read the exceptions and the baseline of the corpus, as valid on the day `today`. Raises CorpusError."""
    exceptions = read_exceptions(root, severities(), suppressible())
    held = {one.key: one for one in exceptions if today <= one.until}
    return Suppressions(held, tuple(one for one in exceptions if today > one.until), read_baseline(root), today)


@dataclass(slots=True)
class Suppressor:
    """Suppresses findings, and counts in `used` which exception or baseline entry suppressed them."""

    suppressions: Suppressions
    show: bool = False
    used: Used = field(default_factory=Counter)

    def suppress(self, problem: Problem) -> Problem | None:
        """Return the finding, or if it is suppressed, an info with the reason (`show`) or None."""
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

    What: the `until` date of an entry in annotations/exceptions.toml is past, in UTC. The entry no longer
    suppresses its finding.
    Why: an exception is temporary; the finding has to be reviewed after that date.
    Bad: `until = 2020-01-31`
    Good: the finding is fixed and the entry deleted, or the entry has a later date and a valid reason.
    """
    for one in usage.suppressions.expired:
        yield _found(expired_exception, usage, EXCEPTIONS, f"{one.about}, on {one.until.isoformat()}", one)


def unneeded_exception(usage: Usage) -> Iterator[Problem]:
    """X102: An exception is unused.

    What: an entry in annotations/exceptions.toml matches no finding. Checked in full runs only.
    Why: it would hide the next finding of its code at the same location.
    Bad: an exception for a record that was fixed, or with a misspelt `record`.
    Good: no entry, or an entry that matches a finding. An entry for a withheld text and a code of level 5 may stay: it
    is needed where the text is attached.
    """
    for one in usage.suppressions.held.values():
        if not usage.used[one.key]:
            yield _found(unneeded_exception, usage, EXCEPTIONS, one.about, one)


def stale_baseline(usage: Usage) -> Iterator[Problem]:
    """X104: The baseline lists findings that no longer exist.

    What: an entry in annotations/baseline.toml counts more findings than the corpus has. Checked in full
    runs only.
    Why: a stale entry would hide the finding if it came back.
    Bad: a record was fixed and the baseline still lists its finding.
    Good: run `corpus baseline write`, which removes stale entries and adds none.
    """
    gone = sum(max(0, count - usage.used[one]) for one, count in (usage.suppressions.baseline or {}).items())
    if gone:
        yield _found(stale_baseline, usage, BASELINE, f"{gone:,} finding{'s' * (gone != 1)}")


SUPPRESSION_RULES: tuple[Rule, ...] = (
    Rule(expired_exception, "warning"),
    Rule(unneeded_exception, "warning"),
    Rule(stale_baseline, "warning"),
)
"""The rules about exceptions and the baseline, run after all documents."""

_OF_THE_WHOLE = ("X102", "X104")
_HELP = {
    "X101": "fix the finding and delete the entry, or set a later date in `until`",
    "X102": "delete the entry",
    "X104": "run corpus baseline write",
}


def all_rules() -> tuple[Rule, ...]:
    """Return all rules: checks of documents, corpus-wide checks, rules about releases and suppressions."""
    return (*CHECKS, *CORPUS_WIDE, *RELEASE_RULES, *SUPPRESSION_RULES)


def all_severities() -> dict[str, Severity]:
    """Return the declared severity of each code."""
    return {rule.code: rule.severity for rule in all_rules()}


def suppression_problems(
    suppressions: Suppressions, used: Used, whole: bool, chosen: Mapping[str, Severity]
) -> Iterator[Problem]:
    """Yield the findings of `SUPPRESSION_RULES`; X102 and X104 only for a full run (`whole`)."""
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
