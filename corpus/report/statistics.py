"""How often each code was found: `corpus validate --statistics`.

12  P310  warning  [*] A span begins or ends with white space
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import IO, Any

from ..core.model import Problem
from .escape import dumps
from .info import RunInfo, SeverityCounts

FORMATS = ("text", "json")
"""The formats that statistics have."""
_MARKS = {"safe": "[*]", "unsafe": "[-]", "none": "[ ]"}
_LEGEND = "[*] corpus fmt --fix fixes all of them; [-] some need --unsafe and a review, or have no fix"


def write_statistics(
    problems: Iterable[Problem], outputs: Iterable[tuple[str, IO[str]]], run: RunInfo
) -> SeverityCounts:
    """Write the number of findings of each code, the most frequent first; return the number of each severity."""
    counts, found = SeverityCounts(), Counter[tuple[str, str]]()
    safe, fixable = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    messages: dict[tuple[str, str], str] = {}
    for problem in problems:
        key = problem.code, problem.severity
        counts[problem.severity] += 1
        found[key] += 1
        fixable[key] += problem.fix is not None
        safe[key] += problem.fix is not None and problem.fix.safe
        rule = run.rule(problem.code)
        messages.setdefault(key, rule.message if rule else problem.code)
    rows = [
        {
            "code": code,
            "name": rule.name if (rule := run.rule(code)) else "",
            "severity": severity,
            "count": count,
            "fixable": fixable[code, severity],
            "safely_fixable": safe[code, severity],
            "message": messages[code, severity],
        }
        for (code, severity), count in sorted(found.items(), key=lambda one: (-one[1], one[0]))
    ]
    for name, out in outputs:
        if name == "json":
            out.write("[\n" + ",\n".join(map(dumps, rows)) + "\n]\n" if rows else "[]\n")
        else:
            _as_text(rows, out)
    return counts


def _as_text(rows: list[dict[str, Any]], out: IO[str]) -> None:
    width = max((len(f"{row['count']:,}") for row in rows), default=0)
    for row in rows:
        mark = "safe" if row["safely_fixable"] == row["count"] else "unsafe" if row["fixable"] else "none"
        out.write(f"{row['count']:>{width},}  {row['code']}  {row['severity']:<7}  {_MARKS[mark]} {row['message']}\n")
    if any(row["fixable"] for row in rows):
        out.write(f"{_LEGEND}\n")
