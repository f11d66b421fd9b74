"""Findings as JSON for programs: one array, or one object on each line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import IO

from ..core.model import Problem
from .escape import dumps
from .info import RunInfo


def as_array(problems: Iterable[Problem], out: IO[str], run: RunInfo) -> Iterator[Problem]:
    """Write a JSON array with one object for each finding, each on a line of its own."""
    separator = "[\n"
    for problem in problems:
        out.write(separator + dumps(finding_object(problem)))
        separator = ",\n"
        yield problem
    out.write("[]\n" if separator == "[\n" else "\n]\n")


def as_lines(problems: Iterable[Problem], out: IO[str], run: RunInfo) -> Iterator[Problem]:
    """Write JSON Lines: one object for each finding."""
    for problem in problems:
        out.write(dumps(finding_object(problem)) + "\n")
        yield problem


def finding_object(problem: Problem) -> dict[str, object]:
    """Return the finding as a JSON object: always all fields; `fix` is null or {safe, description, edits}."""
    return asdict(problem)
