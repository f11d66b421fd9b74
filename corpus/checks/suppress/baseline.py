"""annotations/baseline.toml ↔ a baseline: the findings of an earlier day, which are suppressed and may only shrink.

One finding per line, sorted by document, so that a fixed finding is one deleted line in a diff.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ...core.fingerprint import Fingerprint
from ...core.model import CorpusError
from ...core.regular_file import LIMIT
from ...core.toml_file import read_tables, string

BASELINE = "annotations/baseline.toml"
_HEAD = "# Suppressed findings. Written by `corpus baseline write`, which removes those that were fixed.\n"

Baseline = Mapping[Fingerprint, int]
"""The number of suppressed findings by fingerprint."""


def read_baseline(root: Path) -> dict[Fingerprint, int]:
    """Read the baseline of the corpus, empty if the file is missing. Raises CorpusError, with the location."""
    baseline: dict[Fingerprint, int] = {}
    for number, table in enumerate(read_tables(root, BASELINE, "finding"), 1):
        where = f"{BASELINE}: finding {number}"
        count = table.pop("count", 1)
        if not isinstance(count, int) or isinstance(count, bool) or count < 1:
            raise CorpusError(f"{where}: count must be a whole number, 1 or more")
        for name, value in table.items():
            if name not in Fingerprint._fields or not isinstance(value, str):
                names = ", ".join(Fingerprint._fields)
                raise CorpusError(f"{where}: bad key {name}; use the strings {names} and the number count")
        one = Fingerprint(**{name: table.get(name, "") for name in Fingerprint._fields})
        if not one.code:
            raise CorpusError(f"{where}: code is missing")
        if one in baseline:
            raise CorpusError(f"{where}: duplicate entry; run `corpus baseline write` to rewrite the file")
        baseline[one] = count
    return baseline


def baseline_toml(baseline: Baseline) -> bytes:
    """Return the baseline as TOML. Raises CorpusError if the file would exceed the limit for reading it."""
    lines = [f"  {{ {_entry(one, count)} }},\n" for one, count in sorted(baseline.items())]
    data = "".join([_HEAD, "finding = [\n", *lines, "]\n"]).encode()
    if len(data) > LIMIT:
        raise CorpusError(
            f"{len(baseline):,} findings do not fit into {BASELINE}; fix the findings of some codes first"
        )
    return data


def _entry(one: Fingerprint, count: int) -> str:
    values = [f"{name} = {string(value)}" for name, value in one._asdict().items() if value]
    return ", ".join(values + [f"count = {count}"] * (count > 1))
