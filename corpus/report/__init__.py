"""Reports: findings for terminals, programs and CI services. `REPORTERS` is the one list of formats.

Findings contain words of a submission, which are shown and never obeyed: see `escape`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import IO

from ..core.model import Problem
from .info import RuleInfo, RunInfo, SeverityCounts, at_least, number_found, summary

__all__ = [
    "REPORTERS",
    "Reporter",
    "RuleInfo",
    "RunInfo",
    "SeverityCounts",
    "at_least",
    "number_found",
    "summary",
    "write",
]


@dataclass(frozen=True, slots=True)
class Reporter:
    """A report format: a line about it, and the function that writes it, as "module:function" in the package.

    The module is imported when a report is written, so that `--help` does not wait for it, and so that a room above
    this one can write reports.
    """

    description: str
    function: str

    def write(self, problems: Iterable[Problem], out: IO[str], run: RunInfo) -> Iterator[Problem]:
        """Write each Problem when it comes, and yield it: several reporters share one pass in constant memory."""
        module, _, name = self.function.partition(":")
        written: Iterator[Problem] = getattr(import_module(f"..{module}", __name__), name)(problems, out, run)
        return written


REPORTERS: dict[str, Reporter] = {
    "text": Reporter("for a terminal or a log", "report.terminal:as_text"),
    "json": Reporter("one JSON array", "report.objects:as_array"),
    "jsonl": Reporter("one JSON object on each line", "report.objects:as_lines"),
    "github": Reporter("annotations and job summary of GitHub Actions", "report.github:as_github"),
    "sarif": Reporter("SARIF 2.1.0 for code scanning", "report.sarif:as_sarif"),
    "gitlab": Reporter("Code Quality report of GitLab", "report.gitlab:as_gitlab"),
    "junit": Reporter("JUnit XML, which most CI services show as tests", "report.junit:as_junit"),
    "markdown": Reporter("a comment on a pull request", "report.markdown:as_markdown"),
    "html": Reporter(
        "a page for a browser: each finding on its words, with the page of its rule", "view.report:as_html"
    ),
}


def write(problems: Iterable[Problem], outputs: Iterable[tuple[str, IO[str]]], run: RunInfo) -> SeverityCounts:
    """Write each Problem, when it comes, in every format to its file; return the number of each severity."""
    for name, out in outputs:
        problems = REPORTERS[name].write(problems, out, run)
    return SeverityCounts(problem.severity for problem in problems)
