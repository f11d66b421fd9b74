"""What a reader knows of its format: it states names, and everything else that has a value is counted as dropped.

KEYS = Known("values of", ("text", "spans"), "Prodigy's reader does not know this key")
KEYS.drop_others(line, options.left_out)      →  dropped 12 values of cats: Prodigy's reader does not …
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from ..core.model import Problem
from .documents import LeftOut

_LONGEST = 60
"""Characters of a name that are shown."""
_MOST = 500
"""Different names that are counted of one kind: a hostile file could have millions."""


_TIMES = re.compile(r" \([0-9,]+ times, here first\)$")


class Known:
    """The keys, lines, layers, views or roles that a reader knows.

    `what` is a plural noun to which the name is appended, such as "values of" or "views". `names` includes those that
    the reader ignores on purpose because they hold no annotation.
    """

    def __init__(self, what: str, names: Iterable[str], why: str) -> None:
        self.what, self.names, self.why = what, frozenset(names), why

    def drop_others(self, value: Mapping[str, Any], left: LeftOut) -> None:
        """Count each key that has a value and is not known."""
        for name in value.keys() - self.names:
            if value[name] not in (None, "", [], {}):
                self.drop(name, left)

    def drop(self, name: str, left: LeftOut, count: int = 1) -> None:
        """Count a name as dropped."""
        drop(left, self.what, name, self.why, count)


def drop(left: LeftOut, what: str, name: str, why: str, count: int = 1) -> None:
    """Count `what` with a name that comes from a file; names beyond the first few hundred are counted as others."""
    key = f"{what} {name[:_LONGEST]}", why
    left[key if key in left or len(left) < _MOST else (f"{what} other names", why)] += count


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """Return the hint "did you mean …?" if one of the names is similar, else ""."""
    names = list(names)[:_MOST]
    by_lower = {one.lower(): one for one in names}
    near = get_close_matches(name, names, 1) or get_close_matches(name.lower(), by_lower, 1)
    return f"did you mean {by_lower.get(near[0], near[0])!r}?" if near else ""


class Causes:
    """Problems by their cause: many Problems with one cause become one, with their number and what solves it."""

    def __init__(self) -> None:
        self._first: dict[str, Problem] = {}
        self._count: Counter[str] = Counter()

    def add(self, cause: str, problem: Problem) -> None:
        """Add a Problem; `cause` tells systematic causes apart, such as "the tags look like IOB1"."""
        self._first.setdefault(cause, problem)
        self._count[cause] += 1

    def __bool__(self) -> bool:
        return bool(self._first)

    def __iter__(self) -> Iterator[Problem]:
        """Yield one Problem for each cause, at the place of the first."""
        for cause, one in self._first.items():
            count = self._count[cause]
            message = _TIMES.sub("", one.message) + f" ({count:,} times, here first)"
            yield replace(one, message=message) if count > 1 else one
