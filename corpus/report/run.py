"""What a reporter is, and what it is told about the run whose findings it writes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from ..core.model import Problem, Severity

Counts = Counter[str]
"""How many findings there were of each severity."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A check as its readers know it: code, name, what its findings say first, and its page."""

    code: str
    name: str
    severity: Severity
    message: str
    page: str

    @property
    def markdown(self) -> str:
        """The page with a paragraph for each of What, Why, Bad and Good."""
        return re.sub(r"^(What|Why|Bad|Good):\s*", r"\n**\1:** ", self.page, flags=re.MULTILINE).strip()


@dataclass(frozen=True, slots=True)
class Run:
    """What is the same for every finding of a run."""

    rules: tuple[Rule, ...] = ()
    version: str = ""
    documents: int = 0
    command: tuple[str, ...] = ("corpus", "validate")
    """What a reader types to see the same findings."""
    folder: str = ""
    """The corpus as seen from the top of the repository, "" or with a `/` at its end."""
    job_summary: Path | None = None
    """The file whose Markdown GitHub shows below the job, where there is one."""
    by_code: dict[str, int] = field(init=False, repr=False, compare=False)
    """Where in `rules` a code stands."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_code", {rule.code: i for i, rule in enumerate(self.rules)})

    def rule(self, code: str) -> Rule | None:
        """The rule of a code, None for a finding that comes from no check."""
        return self.rules[self.by_code[code]] if code in self.by_code else None


Reporter = Callable[[Iterable[Problem], IO[str], Run], Iterator[Problem]]
"""Writes each Problem as it comes and passes it on, so that several run in one pass and a million need no memory."""


def summary(counts: Counts, documents: int) -> str:
    """One line for the end of a run."""
    parts = [
        f"{counts[name]:,} {name}{'s' * (counts[name] != 1 and name != 'info')}"
        for name in ("error", "warning", "info")
    ]
    found = ", ".join(part for part in parts if not part.startswith("0 ")) or "no findings"
    return f"{found} in {documents:,} document{'s' * (documents != 1)}"
