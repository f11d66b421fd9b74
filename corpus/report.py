"""Problems → what a reader sees: text for a terminal, JSON for a program.

What a submission says is shown and never obeyed: control and format characters come out as escapes.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import IO

from .model import Problem
from .places import visible

Counts = Counter[str]
"""How many findings there were of each severity."""

Reporter = Callable[[Iterable[Problem], IO[str]], Counts]
"""Writes each Problem as it comes, so that a million of them need no memory; counts them."""


def text(problems: Iterable[Problem], out: IO[str]) -> Counts:
    """A finding a paragraph: its place, what is wrong, the article with the span underlined, what to do."""
    counts: Counts = Counter()
    for problem in problems:
        counts[problem.severity] += 1
        place = f"{visible(problem.file)}:{problem.line}:{problem.column}"
        out.write(f"{place}: {problem.severity} {problem.code} {visible(problem.message)}\n")
        for line in problem.snippet.split("\n") if problem.snippet else ():
            out.write(f"    {line}\n")
        if problem.suggestion:
            out.write(f"    help: {visible(problem.suggestion)}\n")
        if problem.fix:
            how = "corpus fmt --fix" if problem.fix.safe else "corpus fmt --fix --unsafe"
            out.write(f"    fix ({how}): {visible(problem.fix.description)}\n")
        for place_ in problem.related:
            where = f"{visible(place_.file)}:{place_.line}:{place_.column}"
            out.write(f"    see: {where} {visible(place_.message)}\n")
    return counts


def json_(problems: Iterable[Problem], out: IO[str]) -> Counts:
    """A JSON array with one object a finding, each on a line of its own."""
    counts: Counts = Counter()
    separator = "[\n"
    for problem in problems:
        counts[problem.severity] += 1
        out.write(separator + json.dumps(as_json(problem)))
        separator = ",\n"
    out.write("[]\n" if separator == "[\n" else "\n]\n")
    return counts


def as_json(problem: Problem) -> dict[str, object]:
    """The finding as JSON has it: all fields, always; `fix` is null or {safe, description, edits}."""
    return asdict(problem)


def summary(counts: Counts, documents: int) -> str:
    """One line for the end of a run."""
    parts = [
        f"{counts[name]:,} {name}{'s' * (counts[name] != 1 and name != 'info')}"
        for name in ("error", "warning", "info")
    ]
    found = ", ".join(part for part in parts if not part.startswith("0 ")) or "no findings"
    return f"{found} in {documents:,} document{'s' * (documents != 1)}"


REPORTERS: dict[str, Reporter] = {"text": text, "json": json_}
