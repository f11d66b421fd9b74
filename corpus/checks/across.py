"""Level 6, across documents: what one document alone cannot tell. `ACROSS` is the list.

A rule takes the Corpus, which holds summaries, and the Schema, and yields Problems. It is asked once,
when all documents were read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ..model import Problem, Severity
from ..schema import Schema
from .check import Rule, Settle
from .summary import Corpus

ACROSS: tuple[Rule, ...] = ()


def run(corpus: Corpus, schema: Schema, chosen: Mapping[str, Severity], settle: Settle) -> Iterator[Problem]:
    """Ask all rules; `chosen` gives the severity of each code, and `settle` says what is left of a finding."""
    for rule in ACROSS:
        for problem in rule.ask(corpus, schema):
            left = settle(replace(problem, severity=chosen.get(problem.code, rule.severity)))
            if left:
                yield left
