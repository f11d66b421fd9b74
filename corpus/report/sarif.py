"""Findings as SARIF 2.1.0, the OASIS standard for results of code scanning.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import IO
from urllib.parse import quote_from_bytes

from ..core.fingerprint import fingerprint
from ..core.model import Place, Problem
from .escape import dumps, message, plain, snippet_text
from .info import RuleInfo, RunInfo

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}
_LONGEST = 4000
"""Code points of a message; a hostile id may be a million."""


def as_sarif(problems: Iterable[Problem], out: IO[str], run: RunInfo) -> Iterator[Problem]:
    """Write one run with all rules, and a result for each finding on a line of its own."""
    driver = {
        "name": "corpus",
        "fullName": "On the Record",
        **({"semanticVersion": run.version} if run.version else {}),
        "rules": [_rule(rule) for rule in run.rules],
    }
    out.write(f'{{"$schema": {dumps(SCHEMA)}, "version": "2.1.0", "runs": [{{\n')
    out.write(f'"tool": {dumps({"driver": driver})},\n"columnKind": "unicodeCodePoints",\n"results": [')
    separator = "\n"
    for problem in problems:
        out.write(separator + dumps(_result(problem, run)))
        separator = ",\n"
        yield problem
    out.write("\n]}]}\n")


def _rule(rule: RuleInfo) -> dict[str, object]:
    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": f"{rule.message}."},
        "help": {"text": rule.page, "markdown": rule.markdown},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _result(problem: Problem, run: RunInfo) -> dict[str, object]:
    said = message(problem.message, _LONGEST)
    if problem.suggestion:
        said += f"\nhelp: {message(problem.suggestion, _LONGEST)}"
    result: dict[str, object] = {"ruleId": problem.code}
    if problem.code in run.by_code:
        result["ruleIndex"] = run.by_code[problem.code]
    result |= {
        "level": _LEVELS[problem.severity],
        "message": {"text": said},
        "locations": [_location(Place(problem.file, problem.line, problem.column), run)],
        "partialFingerprints": {
            "corpusFinding/v1": fingerprint(problem).digest,
            # GitHub matches findings by this one; without it, GitHub hashes the lines of the file.
            "primaryLocationLineHash": fingerprint(problem, within=True).digest,
        },
        "properties": {
            "doc_id": plain(problem.doc_id, _LONGEST),
            "record": plain(problem.record, _LONGEST),
            "pointer": plain(problem.pointer, _LONGEST),
            "snippet": snippet_text(problem.snippet),
        },
    }
    if problem.related:
        result["relatedLocations"] = [_location(place, run) for place in problem.related]
    return result


def _location(place: Place, run: RunInfo) -> dict[str, object]:
    path = f"{run.folder}{place.file}".encode("utf-8", "surrogatepass")
    location: dict[str, object] = {
        "physicalLocation": {
            "artifactLocation": {"uri": quote_from_bytes(path), "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": max(1, place.line), "startColumn": max(1, place.column)},
        }
    }
    return location | {"message": {"text": message(place.message, _LONGEST)}} if place.message else location
