"""Which checks may have a finding in each document, by the screens of `SCREENS`.

    Columns (levels 1 and 2 passed) → screens of levels 3 and 4 → screens of levels 5 and 6

If a screen of level 3 or 4 flags a document, that check and all checks of levels 5 and 6 run on it, because the errors
decide which of these apply. The screens of levels 5 and 6 skip its records.

R406 runs on each document with alternatives. If R406 is an error there, all checks of levels 5 and 6 run on it, too.
"""

from __future__ import annotations

from collections.abc import Container
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from ..columns.documents import Columns
from ..columns.keys import Mask
from . import CHECKS
from .alternatives import unfit_alternative
from .rule import Check, CheckFunction
from .screen_table import SCREENS, Screen
from .summaries import Summaries
from .summary_columns import summaries_of

_OTHER_TYPES = (pa.ArrowException, TypeError, AttributeError)
"""What is raised if the schema gives a field another type than a screen or a summary expects."""


_APART = frozenset({unfit_alternative})
"""Checks of levels 3 and 4 about something that no screen of levels 5 and 6 looks at."""


class Screened(NamedTuple):
    """What the columns say about a document that satisfies levels 1 and 2."""

    checks: frozenset[CheckFunction]
    """The checks that it must be asked."""
    passes: bool
    """True if it has no finding of levels 3 and 4, except R406. The summary of another one is not its own."""
    summaries: Summaries
    """Those of the documents that were screened together."""
    number: int
    """Its number in `summaries`."""
    has_copies: bool
    """True if two annotators or more annotated it, whose annotations must be compared for its summary."""

    @property
    def is_clean(self) -> bool:
        """True if the document need not be read: it has no finding, and its summary is complete."""
        return not self.checks and not self.has_copies


def screen(columns: Columns) -> dict[str, Screened]:
    """Ask all screens about some documents; return what they say about each."""
    if not len(columns):
        return {}
    asked: list[set[CheckFunction]] = [set() for _ in range(len(columns))]
    early = ask_all((3, 4), columns, asked)
    columns = columns.emptied(early)
    ask_all((5, 6), columns, asked)
    summaries = _summaries(columns)
    if summaries is None:
        return {}
    several = (np.bincount(columns.document[~columns.gold], minlength=len(columns)) > 1).tolist()
    later = frozenset(check.ask for check in CHECKS if check.level > 4) if early.any() else frozenset()
    return {
        part.doc_id: Screened(
            frozenset(asked[i] | later if early[i] else asked[i]), not early[i], summaries, i, several[i]
        )
        for i, part in enumerate(columns.parts)
    }


def ask_all(levels: Container[int], columns: Columns, asked: list[set[CheckFunction]]) -> Mask:
    """Add the checks of some levels that each document must be asked to `asked`.

    Returns the documents that have any but those of `_APART`.
    """
    flags = np.zeros(len(columns), np.bool_)
    known: dict[Screen | None, Mask] = {}
    for check in CHECKS:
        if check.level in levels:
            of_check = SCREENS.get(check.ask)
            if of_check not in known:
                known[of_check] = ask(check, columns)
                flags |= known[of_check] & (check.ask not in _APART)
            for i in np.flatnonzero(known[of_check]).tolist():
                asked[i].add(check.ask)
    return flags


def _summaries(columns: Columns) -> Summaries | None:
    try:
        return summaries_of(columns) if len(columns) else None
    except _OTHER_TYPES:
        return None


def ask(check: Check, columns: Columns) -> Mask:
    """Return the documents in which a check may have a finding."""
    screen_of_check = SCREENS.get(check.ask)
    if screen_of_check is None or not len(columns):
        return np.ones(len(columns), np.bool_)
    try:
        return screen_of_check(columns)
    except _OTHER_TYPES:
        # The check must look for itself.
        return np.ones(len(columns), np.bool_)
