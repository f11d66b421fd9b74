"""A release that the base commit lacks; in bad, the title of its document was changed after it was made."""

import subprocess
from datetime import date
from pathlib import Path

from corpus.checks.suppress.suppressions import all_severities, read_suppressions
from corpus.core.schema import Schema
from corpus.files import Index
from corpus.files.storage import Storage
from corpus.pipeline.check import Policy
from corpus.pipeline.run import IndexRun
from corpus.pipeline.shard import Compilation
from corpus.release.build import build_folder


def make(bad: Path, good: Path) -> None:
    for side in (bad, good):
        for argv in (
            ["init", "-q"],
            ["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "--allow-empty", "-m", "base"],
        ):
            subprocess.run(["git", "-C", side, *argv], check=True, capture_output=True)
        (side / "releases").mkdir()
        task = Compilation(Policy(all_severities(), read_suppressions(side, date(2026, 11, 24))))
        with Index(side) as index:
            build_folder(
                IndexRun(index),
                task,
                Schema.read(side),
                "1.0.0",
                Storage(side / "releases" / "1.0.0"),
                on_problem=lambda problem: None,
                progress=lambda shards, total: shards,
                replace=False,
            )
    path = bad / "raw" / "slow-clock.json"
    path.write_text(path.read_text("utf-8").replace('"title": "', '"title": "Another: '), "utf-8")
