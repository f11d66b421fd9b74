"""Run an import: read, then validate what was written, and record what was dropped and converted in `import.json`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ..checks.suppress.suppressions import all_severities
from ..core.model import Problem
from ..core.schema import Schema
from ..core.settings import read_settings
from ..files import Index
from ..pipeline.check import Policy
from ..pipeline.run import run_corpus
from ..pipeline.shard import Validation
from . import Format
from .documents import Options
from .writing import json_bytes, write_file

REPORT = "import.json"
"""The file of a new corpus that says what its import dropped and converted."""
_SHOWN = 3
"""Findings of one check that are shown in full."""
_REMEDIES = {"F111": "import again with --replace-controls, which keeps all offsets"}
"""What an option of the import does about a finding, by the code."""


def run_import(name: str, of: Format, source: Path, into: Path, options: Options) -> Iterator[Problem]:
    """Import the files at `source` into the new corpus `into`; yield a Problem for each fault.

    Ends with the errors that `corpus validate` would report, so that what is imported without a Problem is valid.
    Raises CorpusError if nothing can be imported or an option is invalid.
    """
    yield from of.read(source, into, options)
    if is_imported(into):
        invalid: Counter[str] = Counter()
        yield from validated(into, invalid)
        left = [{"what": what, "why": why, "count": n} for (what, why), n in sorted((+options.left_out).items())]
        said = {"format": name, "dropped": left, "notes": dict(sorted(options.notes.items()))}
        write_file(into / REPORT, json_bytes(said | {"errors": dict(sorted(invalid.items()))}))


def is_imported(into: Path) -> bool:
    """Return whether an import wrote any document."""
    return (into / "raw").is_dir()


def validated(root: Path, invalid: Counter[str]) -> Iterator[Problem]:
    """Yield the errors that `corpus validate` reports: the first few of each check, and how many more there are.

    Counts them all in `invalid`, by code.
    """
    schema = Schema.read(root)
    last: dict[str, Problem] = {}
    with Index(root) as index:
        task = Validation(Policy(read_settings(root, all_severities()).severity))
        for shard in run_corpus(index, task, schema):
            for one in shard.problems:
                if one.severity == "error":
                    invalid[one.code] += 1
                    if invalid[one.code] < _SHOWN:
                        yield _with_remedy(one)
                    elif invalid[one.code] == _SHOWN:
                        last[one.code] = one
            shard.problems.close()
    for code, one in last.items():
        more = invalid[code] - _SHOWN
        shown = _with_remedy(one)
        yield replace(shown, message=f"{shown.message} (and {more:,} more; see corpus validate)") if more else shown


def _with_remedy(one: Problem) -> Problem:
    remedy = _REMEDIES.get(one.code)
    return replace(one, suggestion=remedy) if remedy else one
