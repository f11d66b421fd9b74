"""Which names of a map the source files have; a name that they lack is misspelt if they have a similar one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from ...core.model import Problem
from ..known import did_you_mean
from ..sources import problem

_MOST = 1000
"""Names of one table that are remembered: a hostile file could have millions."""

_SHOWN = 8
"""Names that the files lack that are shown."""


class MapUse:
    """The names in each table of a map, such as `types`, and the names that the source files have."""

    def __init__(self) -> None:
        self._written: dict[str, set[str]] = {}
        self._seen: dict[str, set[str]] = {}

    def wrote(self, table: str, names: Iterable[str]) -> None:
        """Remember the names that the map has in a table."""
        self._written.setdefault(table, set()).update(names)

    def saw(self, table: str, name: str) -> None:
        """Remember a name of the source files, to which the map's `table` applies."""
        seen = self._seen.setdefault(table, set())
        if len(seen) < _MOST:
            seen.add(name)

    def problems(self, path: str, notes: Counter[str]) -> Iterator[Problem]:
        """Yield a Problem for each name of the map that the files lack if they have a similar one; note the others."""
        missing: list[str] = []
        for table, written in sorted(self._written.items()):
            seen = self._seen.get(table, set())
            owner = table.removeprefix("types.").rpartition(".")[0]
            if table.startswith("types.") and owner not in self._seen.get("types", ()):
                continue  # the type itself is reported
            for name in sorted(written - seen):
                hint = did_you_mean(name, sorted(seen - written))
                if hint:
                    yield problem("IMP6", path, f"{table}.{name}", suggestion=hint)
                else:
                    missing.append(f"{table}.{name}")
        if missing and self._seen:
            more = f" and {len(missing) - _SHOWN:,} more" if len(missing) > _SHOWN else ""
            notes[f"the files have nothing for {', '.join(missing[:_SHOWN])}{more} of the map"] += 1
