"""Findings in their order: in memory while they are few, on disk when they are many."""

from __future__ import annotations

import os
import pickle
import tempfile
from collections.abc import Iterator

from ..core.model import Problem

_KEPT = 10_000
"""Findings that are kept in memory; further ones go to disk."""


class ProblemSpool:
    """Findings in their order. Iterate as often as needed; `close` when done."""

    def __init__(self) -> None:
        self._kept: list[Problem] = []
        self._file = ""

    def add(self, problem: Problem) -> None:
        """Append a finding."""
        self._kept.append(problem)
        if len(self._kept) >= _KEPT:
            # Only the file's name is kept, so that a spool can be sent from a worker to its parent.
            if not self._file:
                handle, self._file = tempfile.mkstemp(prefix="corpus-problems-")
                os.close(handle)
            with open(self._file, "ab") as file:
                pickle.dump(self._kept, file)
            self._kept = []

    def __iter__(self) -> Iterator[Problem]:
        if self._file:
            with open(self._file, "rb") as file:
                while file.peek(1):
                    yield from pickle.load(file)
        yield from self._kept

    def close(self) -> None:
        """Delete the file, if there is one."""
        if self._file:
            os.unlink(self._file)
            self._file = ""
