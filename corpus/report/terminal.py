"""Findings as text for a terminal or a log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import IO

from ..core.model import Problem
from .escape import first, plain, snippet_lines
from .run import Run


def as_text(problems: Iterable[Problem], out: IO[str], run: Run) -> Iterator[Problem]:
    """A finding a paragraph: its place, what is wrong, the article with the span underlined, what to do."""
    for problem in problems:
        place = f"{first(problem.file)}:{problem.line}:{problem.column}"
        out.write(f"{place}: {problem.severity} {problem.code} {plain(problem.message)}\n")
        for line in snippet_lines(problem.snippet):
            out.write(f"    {line}\n")
        if problem.suggestion:
            out.write(f"    help: {plain(problem.suggestion)}\n")
        if problem.fix:
            how = "corpus fmt --fix" if problem.fix.safe else "corpus fmt --fix --unsafe"
            out.write(f"    fix ({how}): {plain(problem.fix.description)}\n")
        for place_ in problem.related:
            where = f"{plain(place_.file)}:{place_.line}:{place_.column}"
            out.write(f"    see: {where} {plain(place_.message)}\n")
        yield problem
