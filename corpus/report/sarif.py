"""Findings as SARIF 2.1.0, the OASIS standard for results of code scanning.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import IO
from urllib.parse import quote_from_bytes

from ..core.fingerprint import fingerprint
from ..core.json_positions import split_pointer
from ..core.model import Fix, Place, Problem
from .escape import dumps, message, plain, snippet_text
from .info import RuleInfo, RunInfo, fix_command

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}
_LONGEST = 4000
"""Code points of a message; a hostile id may be a million."""
_LONGEST_FIX = 200_000


def as_sarif(problems: Iterable[Problem], out: IO[str], run: RunInfo) -> Iterator[Problem]:
    """Write one run with all rules, and a result for each finding on a line of its own."""
    driver = {
        "name": "corpus",
        "fullName": "On the Record",
        **({"semanticVersion": run.version} if run.version else {}),
        "rules": [_rule(rule, run.rule_pages) for rule in run.rules],
    }
    out.write(f'{{"$schema": {dumps(SCHEMA)}, "version": "2.1.0", "runs": [{{\n')
    out.write(f'"tool": {dumps({"driver": driver})},\n"columnKind": "unicodeCodePoints",\n"results": [')
    separator = "\n"
    for problem in problems:
        out.write(separator + dumps(_result(problem, run)))
        separator = ",\n"
        yield problem
    out.write("\n]}]}\n")


def _rule(rule: RuleInfo, pages: str) -> dict[str, object]:
    page = {"helpUri": f"{pages}#{rule.code.lower()}-{rule.name}"} if pages else {}
    return page | {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": f"{rule.message}."},
        "fullDescription": {"text": rule.what},
        "help": {"text": rule.page, "markdown": rule.markdown},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _result(problem: Problem, run: RunInfo) -> dict[str, object]:
    said = message(problem.message, _LONGEST)
    if advice := run.help(problem):
        said += f"\nhelp: {message(advice, _LONGEST)}"
    if problem.fix:  # GitHub shows no `fixes`
        said += f"\nfix ({fix_command(problem.fix)}): {message(problem.fix.description, _LONGEST)}"
    result: dict[str, object] = {"ruleId": problem.code}
    if problem.code in run.by_code:
        result["ruleIndex"] = run.by_code[problem.code]
    result |= {
        "level": _LEVELS[problem.severity],
        "message": {"text": said},
        "locations": [_location(Place(problem.file, problem.line, problem.column), run, problem.end_column)],
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
    if problem.fix and problem.fix.edits and all(edit.place for edit in problem.fix.edits):
        fix = _fix(problem.fix, problem.file, run)
        # Cut content would be wrong data, so a fix that is too long is left out.
        if len(dumps(fix)) < _LONGEST_FIX:
            result["fixes"] = [fix]
    return result


def _fix(fix: Fix, file: str, run: RunInfo) -> dict[str, object]:
    """Return a fix as replacements in the file. An edit of an empty region inserts a new key before the others."""
    replacements = []
    for line, column, end_line, end_column, edit in sorted(
        ((*edit.place, edit) for edit in fix.edits if edit.place), key=lambda one: one[:4]
    ):
        written = dumps(edit.value)
        if (line, column) == (end_line, end_column):
            written = f"{dumps(split_pointer(edit.pointer)[-1])}: {written}, "
        region = {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}
        replacements.append({"deletedRegion": region, "insertedContent": {"text": written}})
    said = message(fix.description, _LONGEST) if fix.safe else f"review this: {message(fix.description, _LONGEST)}"
    change = {"artifactLocation": _artifact(file, run), "replacements": replacements}
    return {"description": {"text": said}, "artifactChanges": [change]}


def _artifact(file: str, run: RunInfo) -> dict[str, str]:
    path = f"{run.folder}{file}".encode("utf-8", "surrogatepass")
    return {"uri": quote_from_bytes(path), "uriBaseId": "%SRCROOT%"}


def _location(place: Place, run: RunInfo, end_column: int = 0) -> dict[str, object]:
    region = {"startLine": max(1, place.line), "startColumn": max(1, place.column)}
    if end_column > region["startColumn"]:
        region["endColumn"] = end_column
    location: dict[str, object] = {
        "physicalLocation": {"artifactLocation": _artifact(place.file, run), "region": region}
    }
    return location | {"message": {"text": message(place.message, _LONGEST)}} if place.message else location
