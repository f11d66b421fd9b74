"""Findings for GitHub Actions: the most severe as annotations, all of them in the job summary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import IO

from ..core.model import Problem
from .escape import data, plain, prop, snippet_text
from .info import RunInfo, SeverityCounts, fix_command
from .markdown import Page

WORST = 10
"""The number of annotations of one kind that GitHub shows for a step."""
_SUMMARY = 900_000
"""Bytes; GitHub accepts 1 MiB from a step."""
_LONGEST = 1000
_COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}


def as_github(problems: Iterable[Problem], out: IO[str], run: RunInfo) -> Iterator[Problem]:
    """Write a workflow command for each of the ten most severe, errors first, and a table of all to the job summary."""
    page = Page(run, _SUMMARY, rows=1000)
    worst: dict[str, list[Problem]] = {severity: [] for severity in _COMMANDS}
    counts = SeverityCounts()
    for problem in problems:
        counts[problem.severity] += 1
        if len(worst[problem.severity]) < WORST:
            worst[problem.severity].append(problem)
        if run.job_summary:
            page.add(problem)
        yield problem
    shown = [problem for found in worst.values() for problem in found][:WORST]
    for problem in shown:
        out.write(_command(problem, run))
    more = counts.total() - len(shown)
    if more:
        where = "in the job summary" if run.job_summary else "without an annotation"
        out.write(f"{more:,} more finding{'s' * (more != 1)} {where}\n")
    if run.job_summary:
        with run.job_summary.open("a", encoding="utf-8", newline="\n") as file:
            file.write(page.text())


def _command(problem: Problem, run: RunInfo) -> str:
    rule = run.rule(problem.code)
    lines = [plain(problem.message, _LONGEST)]
    lines += snippet_text(problem.snippet, _LONGEST).split("\n") if problem.snippet else []
    lines += [f"help: {plain(advice, _LONGEST)}"] if (advice := run.help(problem)) else []
    lines += [f"fix ({fix_command(problem.fix)}): {plain(problem.fix.description, _LONGEST)}"] if problem.fix else []
    properties = {
        "file": plain(run.folder + problem.file, _LONGEST),
        "line": str(problem.line),
        "col": str(problem.column),
        **({"endColumn": str(problem.end_column)} if problem.end_column else {}),
        "title": f"{problem.code} {rule.name}" if rule else problem.code,
    }
    written = ",".join(f"{name}={prop(value)}" for name, value in properties.items())
    return f"::{_COMMANDS[problem.severity]} {written}::{data(chr(10).join(lines))}\n"
