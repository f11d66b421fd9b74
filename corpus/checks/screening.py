"""Which checks may have a finding in each document, by the screens of `SCREENS`.

    Columns (levels 1 and 2 passed) → screens of level 3, then 4 → those that pass → screens of levels 5 and 6

A document of which a screen of levels 3 or 4 says that it may have a finding is checked in full: what later levels may
be asked depends on its errors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..columns.documents import Columns
from ..columns.keys import Mask
from . import CHECKS
from .rule import Check, CheckFunction
from .screen_table import SCREENS, Screen


@dataclass(frozen=True, slots=True)
class Screened:
    """The documents without a finding below level 5, and for each the checks that it must be asked."""

    columns: Columns
    asked: list[frozenset[CheckFunction]]


def screen(columns: Columns) -> Screened:
    """Ask all screens about some documents."""
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
    return Screened(columns, [frozenset(one) for one in asked])


def ask(check: Check, columns: Columns) -> Mask:
    """Return the documents in which a check may have a finding."""
    screen_of_check = SCREENS.get(check.ask)
    if screen_of_check is None or not len(columns):
        return np.ones(len(columns), np.bool_)
    return screen_of_check(columns)


def _distinct(level: int) -> list[Check]:
    """Return the checks of a level, one for each screen."""
    return list({SCREENS.get(check.ask, check.ask): check for check in CHECKS if check.level == level}.values())
