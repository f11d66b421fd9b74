"""Findings as JUnit XML, which most CI services show as tests."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import IO

from ..core.model import Problem
from .escape import plain, snippet_text, xml
from .info import RunInfo, fix_command

_KEPT = 2**20
"""Characters of a suite kept in memory; more go to disk, because the counts of a suite come before its cases."""
_LONGEST = 4000


def as_junit(problems: Iterable[Problem], out: IO[str], run: RunInfo) -> Iterator[Problem]:
    """Write a suite for each document, or file without a document, that has findings, and a case for each finding.

    A finding that counts for the exit code is a failure; one of severity `info` is a case that passed.
    A run without findings has one suite with one case, because some readers reject a file without cases.
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
        case = f'<testcase classname="corpus" name="{run.documents} document{"s" * (run.documents != 1)}"/>'
        out.write(f'<testsuite name="corpus" tests="1" failures="0" errors="0">\n{case}\n</testsuite>\n')
    out.write("</testsuites>\n")


def _case(problem: Problem, run: RunInfo) -> str:
    rule = run.rule(problem.code)
    named = " ".join(filter(None, (problem.code, rule.name if rule else "", problem.record, problem.pointer)))
    place = f"{problem.file}:{problem.line}:{problem.column}"
    lines = [plain(f"{place}: {problem.severity} {problem.code} {problem.message}", _LONGEST)]
    lines += snippet_text(problem.snippet).split("\n") if problem.snippet else []
    lines += [f"help: {plain(advice, _LONGEST)}"] if (advice := run.help(problem)) else []
    lines += [f"fix ({fix_command(problem.fix)}): {plain(problem.fix.description, _LONGEST)}"] if problem.fix else []
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
