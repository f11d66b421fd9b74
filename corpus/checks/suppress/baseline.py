"""annotations/baseline.toml ↔ a baseline: the findings of an earlier day, which are grandfathered and may only go.

One finding a line, sorted by document, so that a mended finding is one line less in a diff.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ...core.fingerprint import Fingerprint
from ...core.model import CorpusError
from ...core.regular_file import LIMIT
from ...core.toml_file import read_tables, string

PATH = "annotations/baseline.toml"
_HEAD = "# Findings that are not counted. Made by `corpus baseline write`, which takes out what was mended.\n"

Baseline = Mapping[Fingerprint, int]
"""How many findings of each fingerprint are grandfathered."""


def read_baseline(root: Path) -> dict[Fingerprint, int]:
    """The baseline of the corpus, empty when it has none. Raises CorpusError, with the place."""
    baseline: dict[Fingerprint, int] = {}
    for number, table in enumerate(read_tables(root, PATH, "finding"), 1):
        where = f"{PATH}: finding {number}"
        count = table.pop("count", 1)
        if not isinstance(count, int) or isinstance(count, bool) or count < 1:
            raise CorpusError(f"{where}: count must be a whole number from 1")
        for name, value in table.items():
            if name not in Fingerprint._fields or not isinstance(value, str):
                names = ", ".join(Fingerprint._fields)
                raise CorpusError(f"{where}: it has the strings {names} and the number count, not {name}")
        one = Fingerprint(**{name: table.get(name, "") for name in Fingerprint._fields})
        if not one.code:
            raise CorpusError(f"{where}: code is missing")
        if one in baseline:
            raise CorpusError(f"{where}: it is there twice; `corpus baseline write` puts the file in order")
        baseline[one] = count
    return baseline


def written(baseline: Baseline) -> bytes:
    """The file that holds the baseline. Raises CorpusError when it would be too large to be read again."""
    lines = [f"  {{ {_entry(one, count)} }},\n" for one, count in sorted(baseline.items())]
    data = "".join([_HEAD, "finding = [\n", *lines, "]\n"]).encode()
    if len(data) > LIMIT:
        raise CorpusError(f"{len(baseline):,} findings are more than {PATH} can hold; mend some kinds of them first")
    return data


def _entry(one: Fingerprint, count: int) -> str:
    values = [f"{name} = {string(value)}" for name, value in one._asdict().items() if value]
    return ", ".join(values + [f"count = {count}"] * (count > 1))
