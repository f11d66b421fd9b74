"""Problems → what a reader sees: `REPORTERS`, one visible list, a module a format.

What a submission says is shown and never obeyed: see `escape`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO

from ..core.model import Problem
from .github import as_github
from .junit import as_junit
from .markdown import as_markdown
from .objects import as_array, as_json, as_lines
from .run import Counts, Reporter, Rule, Run, summary
from .sarif import as_sarif
from .terminal import as_text

__all__ = ["REPORTERS", "Counts", "Reporter", "Rule", "Run", "as_json", "summary", "text", "write"]

REPORTERS: dict[str, Reporter] = {
    "text": as_text,
    "json": as_array,
    "jsonl": as_lines,
    "github": as_github,
    "sarif": as_sarif,
    "junit": as_junit,
    "markdown": as_markdown,
}


def write(problems: Iterable[Problem], outputs: Iterable[tuple[str, IO[str]]], run: Run) -> Counts:
    """Write each Problem, as it comes, in every format to the file beside it; how many there were."""
    for name, out in outputs:
        problems = REPORTERS[name](problems, out, run)
    return Counts(problem.severity for problem in problems)


def text(problems: Iterable[Problem], out: IO[str]) -> Counts:
    """Write the Problems for a terminal; how many there were of each severity."""
    return write(problems, [("text", out)], Run())
