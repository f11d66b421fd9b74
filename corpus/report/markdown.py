"""Findings as Markdown: one table for each document, within the size limit of a comment."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO

from ..core.model import Problem
from ..core.text import visible
from .escape import code, entities, underlined
from .info import RunInfo, SeverityCounts, fix_command, summary

COMMENT = 65_536
"""Characters that GitHub accepts in a comment. Bytes are counted here: there are never fewer of them."""
_FRAME = 4_000
"""Bytes reserved for the text around the tables."""
_ROWS = 50
"""Findings shown for one document, so that one document does not push out all others."""
_HEAD = "| where | | code | finding |\n|---|---|---|---|\n"


def as_markdown(problems: Iterable[Problem], out: IO[str], run: RunInfo) -> Iterator[Problem]:
    """Write the totals, a table for each document until a comment is full, and the command to reproduce them."""
    page = Page(run, COMMENT)
    for problem in problems:
        page.add(problem)
        yield problem
    out.write(page.text())


@dataclass(slots=True)
class _Table:
    document: str
    rows: list[str] = field(default_factory=list)
    more: int = 0


class Page:
    """The Markdown of a run, of at most `size` bytes however many findings are added."""

    def __init__(self, run: RunInfo, size: int, rows: int = _ROWS) -> None:
        self._run, self._left, self._rows = run, size - _FRAME, rows
        self._counts = SeverityCounts()
        self._tables: list[_Table] = []
        self._more = 0

    def add(self, problem: Problem) -> None:
        """Show a finding, or only count it when the page is full."""
        self._counts[problem.severity] += 1
        if self._more:
            self._more += 1
            return
        document = problem.doc_id or problem.file
        last = self._tables[-1] if self._tables else None
        fresh = last is None or last.document != document
        if not fresh and last is not None and len(last.rows) >= self._rows:
            last.more += 1
            return
        row = self._row(problem)
        needed = len(row.encode()) + (len(_title(document).encode()) + len(_HEAD) + 100 if fresh else 0)
        if needed > self._left:
            self._more = 1
            return
        self._left -= needed
        if fresh or last is None:
            last = _Table(document)
            self._tables.append(last)
        last.rows.append(row)

    def text(self) -> str:
        """Return the page."""
        parts = [f"## corpus validate\n\n{summary(self._counts, self._run.documents).capitalize()}.\n"]
        for table in self._tables:
            parts.append(f"\n{_title(table.document)}\n\n{_HEAD}{''.join(table.rows)}")
            if table.more:
                parts.append(f"\n… and {table.more:,} more in this document.\n")
        if self._more:
            parts.append(f"\n… and {self._more:,} more finding{'s' * (self._more != 1)} not shown here.\n")
        parts += [f"\n{entities(note)}\n" for note in self._run.notes]
        command = entities(visible(shlex.join(self._run.command))[:1000])
        explain = "`corpus rule CODE` explains a code. " if self._tables or self._more else ""
        parts.append(f"\n{explain}To reproduce this in a clone with this change:\n\n<pre>{command}</pre>\n")
        return "".join(parts)

    def _row(self, problem: Problem) -> str:
        rule = self._run.rule(problem.code)
        said, detail = "", problem.message
        if rule and problem.message.startswith(rule.message):
            said, detail = entities(rule.message), problem.message[len(rule.message) :].removeprefix(": ")
        finding = " ".join(filter(None, (said, code(detail, 300) if detail else "")))
        if problem.snippet:
            finding += f"<br>{underlined(problem.snippet, 2000)}"
        if advice := self._run.help(problem):
            finding += f"<br>help: {code(advice, 300)}"
        if problem.fix:
            command = code(fix_command(problem.fix), 100)
            finding += f"<br>fix ({command}): {code(problem.fix.description, 300)}"
        where = code(f"{problem.file}:{problem.line}:{problem.column}", 300)
        if problem.record:
            where += f"<br>{code(problem.record, 100)}"
        return f"| {where} | {problem.severity} | {entities(problem.code)} | {finding} |\n"


def _title(document: str) -> str:
    return f"### {code(document, 200)}"
