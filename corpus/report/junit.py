"""Findings as JUnit XML, which nearly every CI shows as tests."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import IO

from ..core.model import Problem
from .escape import plain, snippet_text, xml
from .run import Run

_KEPT = 2**20
"""Characters of a suite that are kept in memory; more go to disk, since its counts stand before its cases."""
_LONGEST = 4000


def as_junit(problems: Iterable[Problem], out: IO[str], run: Run) -> Iterator[Problem]:
    """A suite for each document, or file of none, that has findings; a case for each finding.

    What counts for the exit code is a failure; a finding of severity `info` is a case that passed.
    Without any finding there is one suite with one case, since some readers take none for a mistake.
    """
    out.write('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="corpus validate">\n')
    some = False
    for name, found in groupby(problems, key=lambda problem: problem.doc_id or problem.file):
        some = True
        tests = failures = 0
        with tempfile.SpooledTemporaryFile(_KEPT, "w+", encoding="utf-8", newline="\n") as cases:
            for problem in found:
                tests += 1
                failures += problem.severity != "info"
                cases.write(_case(problem, run))
                yield problem
            cases.seek(0)
            out.write(f'<testsuite name="{_attribute(name)}" tests="{tests}" failures="{failures}" errors="0">\n')
            shutil.copyfileobj(cases, out)
            out.write("</testsuite>\n")
    if not some:
        case = f'<testcase classname="corpus" name="{run.documents} documents"/>'
        out.write(f'<testsuite name="corpus" tests="1" failures="0" errors="0">\n{case}\n</testsuite>\n')
    out.write("</testsuites>\n")


def _case(problem: Problem, run: Run) -> str:
    rule = run.rule(problem.code)
    named = " ".join(filter(None, (problem.code, rule.name if rule else "", problem.record, problem.pointer)))
    place = f"{problem.file}:{problem.line}:{problem.column}"
    lines = [plain(f"{place}: {problem.severity} {problem.code} {problem.message}", _LONGEST)]
    lines += snippet_text(problem.snippet).split("\n") if problem.snippet else []
    lines += [f"help: {plain(problem.suggestion, _LONGEST)}"] if problem.suggestion else []
    body = xml("\n".join(lines))
    head = (
        f'<testcase classname="{_attribute(problem.file)}" name="{_attribute(named)}" '
        f'file="{_attribute(run.folder + problem.file)}" line="{problem.line}">'
    )
    if problem.severity == "info":
        return f"{head}\n<system-out>{body}</system-out>\n</testcase>\n"
    failure = f'<failure type="{_attribute(problem.code)}" message="{_attribute(problem.message)}">'
    return f"{head}\n{failure}{body}</failure>\n</testcase>\n"


def _attribute(text: str) -> str:
    return xml(plain(text, _LONGEST))
