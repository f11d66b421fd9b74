"""The cases of the checks: each folder of tests/cases/ copied to where it may change, and validated there.

Most hold `good/` and `bad.patch`, a unified diff that puts the fault into it, so that the fault is all
there is to read. The others, whose fault is in bytes that a diff would not show, hold `bad/` too.
"""

from __future__ import annotations

import atexit
import os
import runpy
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path

from corpus.checks.suppress.suppressions import all_severities, read_suppressions
from corpus.core.model import Problem
from corpus.core.schema import Schema
from corpus.core.settings import Settings
from corpus.files import Index
from corpus.files.base_releases import release_changes
from corpus.files.git import Git
from corpus.pipeline.check import Policy
from corpus.pipeline.run import run_corpus
from corpus.pipeline.shard import Validation
from corpus.release.against_base import release_problems
from support.corpora import REPOSITORY

CASES = REPOSITORY / "tests" / "cases"
TODAY = date(2026, 11, 24)
FOLDERS = sorted(path for path in CASES.iterdir() if path.is_dir())


def nothing(bad: Path) -> None:
    """What happens meanwhile in nearly all cases."""


def copy(folder: Path, to: Path, only_bad: bool = False) -> tuple[Path, Path, Callable[[Path], None]]:
    """Copy a case to `to`, and make what could not be committed: bad, good, and what happens meanwhile.

    With `only_bad`, there is no good side unless it is needed to make the bad one.
    """
    bad, good = to / "bad", to / "good"
    made = runpy.run_path(str(folder / "make.py")) if (folder / "make.py").exists() else {}
    copy_bad(folder, bad)
    give_schema(bad)
    if made or not only_bad:
        shutil.copytree(folder / "good", good, dirs_exist_ok=True)
        give_schema(good)
    if made:
        made["make"](bad, good)
    return bad, good, made.get("meanwhile", nothing)


def copy_bad(folder: Path, to: Path) -> None:
    """Copy the faulty corpus of a case into `to`, which may hold other documents: `bad/`, or `good/` patched.

    The patch is applied on its own ground: it would not apply to a file that another case has written.
    """
    shutil.copytree(_patched(folder) if (folder / "bad.patch").exists() else folder / "bad", to, dirs_exist_ok=True)


@cache
def _patched(folder: Path) -> Path:
    """The faulty corpus of a case that has a patch, made once a process."""
    made = tempfile.TemporaryDirectory(prefix="case-")
    atexit.register(made.cleanup)
    apart = Path(made.name) / "bad"
    shutil.copytree(folder / "good", apart)
    # Without the ceiling, git would look for a repository above and leave out files that are not in it.
    env = {**os.environ, "GIT_CEILING_DIRECTORIES": made.name}
    subprocess.run(["git", "apply", "--whitespace=nowarn", str(folder / "bad.patch")], cwd=apart, env=env, check=True)
    return apart


def give_schema(root: Path) -> None:
    """Put the schema with the registry of the cases into the corpus at `root`."""
    (root / "schema").mkdir(exist_ok=True)
    for path in (*(REPOSITORY / "schema").glob("*.schema.json"), CASES / "targets.json"):
        shutil.copyfile(path, root / "schema" / path.name)


_SCHEMAS: dict[tuple[tuple[str, bytes], ...], Schema] = {}


def schema_of(root: Path) -> Schema:
    """Return the schema of the corpus at `root`, read once a process for all corpora with the same files."""
    files = tuple((path.name, path.read_bytes()) for path in sorted((root / "schema").glob("*.json")))
    if files not in _SCHEMAS:
        _SCHEMAS[files] = Schema.read(root)
    return _SCHEMAS[files]


def validate(root: Path, meanwhile: Callable[[Path], None] = nothing, workers: int = 1) -> list[Problem]:
    """The findings in the corpus at `root`, in their order."""
    schema, suppressions = schema_of(root), read_suppressions(root, TODAY)
    with Index(root) as index:
        meanwhile(root)
        task = Validation(Policy(all_severities(), suppressions))
        found = [p for shard in run_corpus(index, task, schema, workers) for p in shard.problems]
    if (root / ".git").exists():
        # The case is about the change since its first commit, as with `corpus validate --base HEAD`.
        changes = release_changes(Git(root), "HEAD")
        found += release_problems(root, changes, schema, Settings(severity=all_severities()), suppressions)
    return found
