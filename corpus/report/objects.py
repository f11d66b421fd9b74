"""Findings as JSON for a program: one array, or an object a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import IO

from ..core.model import Problem
from .escape import dumps
from .run import Run


def as_array(problems: Iterable[Problem], out: IO[str], run: Run) -> Iterator[Problem]:
    """A JSON array with one object a finding, each on a line of its own."""
    separator = "[\n"
    for problem in problems:
        out.write(separator + dumps(as_json(problem)))
        separator = ",\n"
        yield problem
    out.write("[]\n" if separator == "[\n" else "\n]\n")


def as_lines(problems: Iterable[Problem], out: IO[str], run: Run) -> Iterator[Problem]:
    """JSON Lines: one object a finding and a line."""
    for problem in problems:
        out.write(dumps(as_json(problem)) + "\n")
        yield problem


def as_json(problem: Problem) -> dict[str, object]:
    """The finding as JSON has it: all fields, always; `fix` is null or {safe, description, edits}."""
    return asdict(problem)
