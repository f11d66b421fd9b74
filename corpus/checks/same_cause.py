"""Findings that follow from another one: one mistake in a record is one finding.

    the speaker is not the entity of the source (Q511)
        → the speaker kind does not match the speaker (Q515), the addressee is the speaker (Q531), …

What follows is left out while its cause is reported. If the cause is suppressed, what follows is reported; if the cause
was corrected and something else was wrong too, the next run reports it.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..core.json_positions import split_pointer
from ..core.model import Problem, Record, Severity

ANY = ""
"""Any field of a record."""

FOLLOWS: Mapping[str, Mapping[str, str]] = {
    "P312": {"P304": ANY},
    "Q503": {"Q501": ANY},
    "Q504": {"Q501": ANY},
    "Q511": {"Q504": ANY},
    "Q515": {"Q509": ANY, "Q511": ANY, "Q530": ANY},
    "Q526": {"Q504": ANY, "Q511": ANY},
    "Q529": {"Q511": ANY},
    "Q530": {"Q511": ANY},
    "Q531": {"Q511": ANY},
    "T501": {"S501": "speaker", "Q511": ANY},
    "T505": {"S501": "evidence_quotes"},
    "E513": {"Q520": ANY},
    "E515": {"E510": ANY},
}
"""The code of what follows → the codes of its causes, each with the field that the cause is about.

The cause is a finding about the same record, or about the record that the place of the finding names: a quote in the
evidence of a stance.
"""
FOLLOWS_ACROSS: Mapping[str, str] = {"C655": "C654", "C657": "C658"}
"""The code of what follows → the code of its cause, a finding about the same documents.

    an annotation is the copy of another one (C654) → gold contradicts both (C655)
    two documents with one text are annotated differently (C658) → and so is each of their sentences (C657)
"""
_RANKS: Mapping[Severity, int] = {"error": 0, "warning": 1, "info": 2}
CAUSES = frozenset(cause for causes in FOLLOWS.values() for cause in causes)


class Reported:
    """The findings of one document from which others may follow."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, str], Severity] = {}

    def add(self, problem: Problem) -> None:
        """Keep a finding that is reported, if others may follow from it."""
        if problem.code in CAUSES and problem.record:
            fields = (ANY, *split_pointer(problem.pointer)[2:3])
            self._found |= {(problem.code, problem.record, field): problem.severity for field in fields}

    def explains(self, problem: Problem, value: Record) -> bool:
        """Return True if a finding in a file with the JSON `value` follows from one that is at least as severe."""
        causes = FOLLOWS.get(problem.code) if self._found else None
        if not causes:
            return False
        about = (problem.record, _named(value, problem.pointer))
        found = (self._found.get((cause, record, field)) for cause, field in causes.items() for record in about)
        return any(severity and _RANKS[severity] <= _RANKS[problem.severity] for severity in found)


class ReportedAcross:
    """The findings of corpus-wide rules from which others may follow."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, frozenset[str]], Severity] = {}

    def add(self, problem: Problem, documents: frozenset[str]) -> None:
        """Keep a finding about some documents that is reported, if others may follow from it."""
        if problem.code in FOLLOWS_ACROSS.values():
            self._found[problem.code, documents] = problem.severity

    def explains(self, problem: Problem, documents: frozenset[str]) -> bool:
        """Return True if a finding about some documents follows from one that is at least as severe."""
        severity = self._found.get((FOLLOWS_ACROSS.get(problem.code, ""), documents))
        return severity is not None and _RANKS[severity] <= _RANKS[problem.severity]


def _named(value: object, pointer: str) -> str:
    """Return the string at a pointer, "" if there is none: the id of a record where the field is a reference."""
    for part in split_pointer(pointer):
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return ""
    return value if isinstance(value, str) else ""
