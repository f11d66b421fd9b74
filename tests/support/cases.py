"""The cases of the checks: each folder of tests/cases/ copied to where it may change, and validated there."""

from __future__ import annotations

import runpy
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

from corpus.checks.suppress.suppressions import all_severities, read_suppressions
from corpus.core.model import Problem
from corpus.core.schema import Schema
from corpus.files import Index
from corpus.pipeline import run as pipeline
from support.corpora import REPOSITORY

CASES = REPOSITORY / "tests" / "cases"
TODAY = date(2026, 11, 24)
FOLDERS = sorted(path for path in CASES.iterdir() if path.is_dir())


def nothing(bad: Path) -> None:
    """What happens meanwhile in nearly all cases."""


def copy(folder: Path, to: Path) -> tuple[Path, Path, Callable[[Path], None]]:
    """Copy a case to `to`, and make what could not be committed: bad, good, and what happens meanwhile."""
    bad, good = to / "bad", to / "good"
    for side in (bad, good):
        shutil.copytree(folder / side.name, side, dirs_exist_ok=True)
        give_schema(side)
    made = runpy.run_path(str(folder / "make.py")) if (folder / "make.py").exists() else {}
    if made:
        made["make"](bad, good)
    return bad, good, made.get("meanwhile", nothing)


def give_schema(root: Path) -> None:
    """Put the schema with the registry of the cases into the corpus at `root`."""
    shutil.copytree(REPOSITORY / "schema", root / "schema", dirs_exist_ok=True)
    shutil.copy(CASES / "targets.json", root / "schema" / "targets.json")


def validate(root: Path, meanwhile: Callable[[Path], None] = nothing, workers: int = 1) -> list[Problem]:
    """The findings in the corpus at `root`, in their order."""
    with Index(root) as index:
        meanwhile(root)
        job = pipeline.Job(root, index.unpacked, all_severities(), suppressions=read_suppressions(root, TODAY))
        return [p for shard in pipeline.run(index, job, Schema.read(root), workers) for p in shard.problems]
