"""Findings for GitLab: the Code Quality report, which a merge request shows as a widget and in its changes.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import IO

from ..core.fingerprint import fingerprint
from ..core.model import Problem
from ..core.text import snippet_words
from .escape import dumps, plain
from .info import RunInfo, fix_command

_SEVERITIES = {"error": "critical", "warning": "minor", "info": "info"}
_LONGEST = 4000
_NUMBERED = 1000
"""The last fingerprints that are remembered, to number those that come again: these come near each other."""


def as_gitlab(problems: Iterable[Problem], out: IO[str], run: RunInfo) -> Iterator[Problem]:
    """Write a JSON array with one object for each finding.

    GitLab compares the fingerprints of a merge request with those of its target branch and shows what is new. A
    fingerprint says which record a finding is about, so it stays when lines are added above. Findings that share
    one are numbered, because GitLab shows one of them only.
    """
    separator, number = "[\n", dict[str, int]()
    for problem in problems:
        out.write(separator + dumps(_object(problem, number, run)))
        separator = ",\n"
        yield problem
    out.write("[]\n" if separator == "[\n" else "\n]\n")


def _object(problem: Problem, number: dict[str, int], run: RunInfo) -> dict[str, object]:
    said = [plain(f"{problem.code}: {problem.message}", _LONGEST)]
    if problem.snippet:
        before, words, after = (plain(part, _LONGEST) for part in snippet_words(problem.snippet[:_LONGEST]))
        said.append(f"in the article: {before}›{words}‹{after}")
    said += [f"help: {plain(advice, _LONGEST)}"] if (advice := run.help(problem)) else []
    said += [f"fix ({fix_command(problem.fix)}): {plain(problem.fix.description, _LONGEST)}"] if problem.fix else []
    rule = run.rule(problem.code)
    digest = fingerprint(problem, within=True).digest
    number[digest] = number.pop(digest, 0) + 1
    if len(number) > _NUMBERED:
        del number[next(iter(number))]
    if number[digest] > 1:
        digest = sha256(f"{digest} {number[digest]}".encode()).hexdigest()[:32]
    return {
        "description": "; ".join(said),
        "check_name": f"{problem.code} {rule.name}" if rule else problem.code,
        "fingerprint": digest,
        "severity": _SEVERITIES[problem.severity],
        "location": {"path": plain(run.folder + problem.file, _LONGEST), "lines": {"begin": max(1, problem.line)}},
    }
