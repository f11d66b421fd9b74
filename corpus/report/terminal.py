"""Findings as text for a terminal or a log, in colour where a terminal shows them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from typing import IO

from ..core.model import Problem, Severity
from .escape import first, plain, snippet_lines
from .info import RunInfo, SeverityCounts, at_least, fix_command

_RESET, _BOLD, _DIM, _GREEN = "\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[32m"
_SEVERITIES = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "info": "\x1b[1;36m"}


def as_text(problems: Iterable[Problem], out: IO[str], run: RunInfo) -> Iterator[Problem]:
    """Write each finding as text when it comes, and yield it."""
    report = TextReport(out, run)
    for problem in problems:
        report.add(problem)
        yield problem


class TextReport:
    """Findings as text, added one by one, and how many there are of each severity.

    The advice of a rule is shown at its first finding alone. Findings below the severity `least` are counted in
    `hidden` and nowhere else.
    """

    def __init__(self, out: IO[str], run: RunInfo, least: Severity = "info") -> None:
        self.counts = SeverityCounts()
        self.hidden = 0
        self._least = least
        self._out, self._run, self._coloured = out, run, has_colour(out)
        self._advised: set[str] = set()

    def add(self, problem: Problem) -> None:
        """Write a paragraph for a finding: location, message, the span underlined in the article, how to fix it."""
        if not at_least(problem.severity, self._least):
            self.hidden += 1
            return
        self.counts[problem.severity] += 1
        colour, style, out = _SEVERITIES[problem.severity], self._style, self._out
        place = style(f"{first(problem.file)}:{problem.line}:{problem.column}:", _BOLD)
        out.write(f"{place} {style(problem.severity, colour)} {problem.code} {plain(problem.message)}\n")
        for number, line in enumerate(snippet_lines(problem.snippet)):
            out.write(f"    {style(line, colour) if number else line}\n")
        if (advice := self._run.help(problem)) and (problem.suggestion or problem.code not in self._advised):
            out.write(f"    {style('help:', _GREEN)} {plain(advice)}\n")
            self._advised |= set() if problem.suggestion else {problem.code}
        if problem.fix:
            how = fix_command(problem.fix)
            out.write(f"    {style(f'fix ({how}):', _GREEN)} {plain(problem.fix.description)}\n")
        for place_ in problem.related:
            where = f"{plain(place_.file)}:{place_.line}:{place_.column}"
            out.write(f"    {style('see:', _DIM)} {where} {plain(place_.message)}\n")

    def add_all(self, problems: Iterable[Problem]) -> SeverityCounts:
        """Write the findings; return the number of each severity, with those of earlier calls."""
        for problem in problems:
            self.add(problem)
        return self.counts

    def _style(self, text: str, code: str) -> str:
        return f"{code}{text}{_RESET}" if self._coloured else text


def has_colour(out: IO[str]) -> bool:
    """Return whether text for `out` is coloured: in a terminal, or as NO_COLOR and FORCE_COLOR say.

    NO_COLOR wins (https://no-color.org). FORCE_COLOR concerns stdout and stderr only: a report file stays plain.
    """
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR") and out in (sys.stdout, sys.stderr):
        return True
    return out.isatty() and os.environ.get("TERM") != "dumb"
