"""What reports know about a run besides its findings."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

from ..core.model import Fix, Problem, Severity

SeverityCounts = Counter[str]
"""The number of findings of each severity."""


def at_least(severity: Severity, least: Severity) -> bool:
    """Return True if a severity is `least` or worse."""
    severities = get_args(Severity)
    return severities.index(severity) <= severities.index(least)


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """A rule as reports show it: code, name, severity, what each of its findings says first, its page, its advice."""

    code: str
    name: str
    severity: Severity
    message: str
    page: str
    advice: str = ""
    """What to do about a finding that brings neither help nor fix."""

    @property
    def what(self) -> str:
        """The part What of the page, on one line."""
        what = re.split(r"^(?:Why|Bad|Good|Do):", self.page, maxsplit=1, flags=re.MULTILINE)[0]
        return " ".join(what.removeprefix("What:").split()) or f"{self.message}."

    @property
    def markdown(self) -> str:
        """The page with a paragraph for each of What, Why, Bad, Good and Do."""
        return re.sub(r"^(What|Why|Bad|Good|Do):\s*", r"\n**\1:** ", self.page, flags=re.MULTILINE).strip()


@dataclass(frozen=True, slots=True)
class RunInfo:
    """What is the same for every finding of a run."""

    rules: tuple[RuleInfo, ...] = ()
    version: str = ""
    documents: int = 0
    command: tuple[str, ...] = ("corpus", "validate")
    """The command that a reader types to see the same findings."""
    folder: str = ""
    """The corpus, relative to the top of the repository: "", or a path with a `/` at its end."""
    job_summary: Path | None = None
    """The file whose Markdown GitHub shows below the job; None outside of GitHub."""
    rule_pages: str = ""
    """The address of docs/rules.md, "" if the command was installed without one."""
    attached: frozenset[str] = frozenset()
    """The documents whose text is a user's own copy of a withheld one: a page that may be passed on quotes nothing."""
    notes: list[str] = field(default_factory=list, compare=False)
    """Sentences for the end of a report. The run adds them before its last finding."""
    by_code: dict[str, int] = field(init=False, repr=False, compare=False)
    """The index in `rules` of each code."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_code", {rule.code: i for i, rule in enumerate(self.rules)})

    def help(self, problem: Problem) -> str:
        """Return what to do about a finding: its own help, or the advice of its rule if it has no fix either."""
        rule = self.rule(problem.code)
        return problem.suggestion or (rule.advice if rule and not problem.fix else "")

    def rule(self, code: str) -> RuleInfo | None:
        """Return the rule of a code, None for a finding that comes from no rule."""
        return self.rules[self.by_code[code]] if code in self.by_code else None


def fix_command(fix: Fix) -> str:
    """Return the command that applies a fix."""
    return "corpus fmt --fix" if fix.safe else "corpus fmt --fix --unsafe"


def summary(counts: SeverityCounts, documents: int) -> str:
    """Return one line with the number of findings and of documents, for the end of a run."""
    return f"{number_found(counts)} in {documents:,} document{'s' * (documents != 1)}"


def number_found(counts: SeverityCounts) -> str:
    """Return the number of findings of each severity in words."""
    parts = [
        f"{counts[name]:,} {name}{'s' * (counts[name] != 1 and name != 'info')}"
        for name in ("error", "warning", "info")
    ]
    return ", ".join(part for part in parts if not part.startswith("0 ")) or "no findings"
