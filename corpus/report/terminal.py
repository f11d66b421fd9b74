"""Findings as text for a terminal or a log, in colour where a terminal shows them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from typing import IO

from ..core.model import Problem
from .escape import first, plain, snippet_lines
from .info import RunInfo, fix_command

_RESET, _BOLD, _DIM, _GREEN = "\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[32m"
_SEVERITIES = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "info": "\x1b[1;36m"}


def as_text(problems: Iterable[Problem], out: IO[str], run: RunInfo) -> Iterator[Problem]:
    """Write a paragraph for each finding: location, message, the span underlined in the article, how to fix it.

    The advice of a rule is shown at its first finding alone.
    """
    coloured, advised = has_colour(out), set[str]()

    def style(text: str, code: str) -> str:
        return f"{code}{text}{_RESET}" if coloured else text

    for problem in problems:
        colour = _SEVERITIES[problem.severity]
        place = style(f"{first(problem.file)}:{problem.line}:{problem.column}:", _BOLD)
        out.write(f"{place} {style(problem.severity, colour)} {problem.code} {plain(problem.message)}\n")
        for number, line in enumerate(snippet_lines(problem.snippet)):
            out.write(f"    {style(line, colour) if number else line}\n")
        if (advice := run.help(problem)) and (problem.suggestion or problem.code not in advised):
            out.write(f"    {style('help:', _GREEN)} {plain(advice)}\n")
            advised |= set() if problem.suggestion else {problem.code}
        if problem.fix:
            how = fix_command(problem.fix)
            out.write(f"    {style(f'fix ({how}):', _GREEN)} {plain(problem.fix.description)}\n")
        for place_ in problem.related:
            where = f"{plain(place_.file)}:{place_.line}:{place_.column}"
            out.write(f"    {style('see:', _DIM)} {where} {plain(place_.message)}\n")
        yield problem


def has_colour(out: IO[str]) -> bool:
    """Return whether text for `out` is coloured: in a terminal, or as NO_COLOR and FORCE_COLOR say.

    NO_COLOR wins (https://no-color.org). FORCE_COLOR concerns stdout and stderr only: a report file stays plain.
    """
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR") and out in (sys.stdout, sys.stderr):
        return True
    return out.isatty() and os.environ.get("TERM") != "dumb"
