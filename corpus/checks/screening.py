"""Which checks may have a finding in each document, by the screens of `SCREENS`.

    Columns (levels 1 and 2 passed) → screens of level 3, then 4 → those that pass → screens of levels 5 and 6

A document of which a screen of levels 3 or 4 says that it may have a finding is checked in full: what later levels may
be asked depends on its errors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ..columns.documents import Columns
from ..columns.keys import Mask
from . import CHECKS
from .repeated import passage_rows_of
from .rule import Check, CheckFunction
from .screen_table import SCREENS, Screen


@dataclass(frozen=True, slots=True)
class Screened:
    """What the columns say about a document without a finding below level 5."""

    checks: frozenset[CheckFunction]
    """The checks of levels 5 and 6 that it must be asked."""
    passages: bytes
    """Its rows in `Summary.passages`."""


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
    rows = passage_rows_of(columns) if len(columns) else []
    return {
        part.doc_id: Screened(frozenset(checks), passages)
        for part, checks, passages in zip(columns.parts, asked, rows, strict=True)
    }


def ask(check: Check, columns: Columns) -> Mask:
    """Return the documents in which a check may have a finding."""
    screen_of_check = SCREENS.get(check.ask)
    if screen_of_check is None or not len(columns):
        return np.ones(len(columns), np.bool_)
    try:
        return screen_of_check(columns)
    except (pa.ArrowException, TypeError, AttributeError):
        # The schema gives a field another type than the screen expects: the check must look for itself.
        return np.ones(len(columns), np.bool_)


def _distinct(level: int) -> list[Check]:
    """Return the checks of a level, one for each screen."""
    return list({SCREENS.get(check.ask, check.ask): check for check in CHECKS if check.level == level}.values())
