"""Which checks may have a finding in each document, by the screens of `SCREENS`.

    Columns (levels 1 and 2 passed) → screens of level 3, then 4 → those that pass → screens of levels 5 and 6

A document of which a screen of levels 3 or 4 says that it may have a finding is checked in full: what later levels may
be asked depends on its errors.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from ..columns.documents import Columns
from ..columns.keys import Mask
from . import CHECKS
from .rule import Check, CheckFunction
from .screen_table import SCREENS, Screen
from .summaries import Summaries
from .summary_columns import summaries_of

_OTHER_TYPES = (pa.ArrowException, TypeError, AttributeError)
"""What is raised if the schema gives a field another type than a screen or a summary expects."""


class Screened(NamedTuple):
    """What the columns say about a document without a finding below level 5."""

    checks: frozenset[CheckFunction]
    """The checks of levels 5 and 6 that it must be asked."""
    summaries: Summaries
    """Those of the documents that were screened together, its own among them."""
    number: int
    """Its number in `summaries`."""
    has_copies: bool
    """True if two annotators or more annotated it, whose annotations must be compared for its summary."""

    @property
    def is_clean(self) -> bool:
        """True if the document need not be read: it has no finding, and its summary is complete."""
        return not self.checks and not self.has_copies


def screen(columns: Columns) -> dict[str, Screened]:
    """Ask all screens about some documents; return what they say about those that pass levels 1 to 4."""
    for level in (3, 4):
        if not len(columns):
            break
        flags = np.zeros(len(columns), np.bool_)
        for check in _distinct(level):
            flags |= ask(check, columns)
        columns = columns.select(~flags)
    asked: list[set[CheckFunction]] = [set() for _ in range(len(columns))]
    known: dict[Screen | None, Mask] = {}
    for check in CHECKS if len(columns) else ():
        if check.level > 4:
            of_check = SCREENS.get(check.ask)
            if of_check not in known:
                known[of_check] = ask(check, columns)
            for i in np.flatnonzero(known[of_check]).tolist():
                asked[i].add(check.ask)
    summaries = _summaries(columns)
    if summaries is None:
        return {}
    several = (np.bincount(columns.document[~columns.gold], minlength=len(columns)) > 1).tolist()
    return {
        part.doc_id: Screened(frozenset(asked[i]), summaries, i, several[i]) for i, part in enumerate(columns.parts)
    }


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


def _distinct(level: int) -> list[Check]:
    """Return the checks of a level, one for each screen."""
    return list({SCREENS.get(check.ask, check.ask): check for check in CHECKS if check.level == level}.values())
