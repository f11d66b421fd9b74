"""Where reports go, `--format FORMAT[=FILE]`, and what they say about a run beside its findings.

Imports stand inside of the functions, since the command line reads `FORMATS` for its `--help`.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from ..core.model import CorpusError, Severity

if TYPE_CHECKING:
    from .. import report

Output = tuple[str, Path | None]
"""A format and the file it goes to, None for stdout."""

FORMATS = ("text", "json", "jsonl", "github", "sarif", "junit", "markdown")
"""The names of `report.REPORTERS`, which `--help` does not wait for."""


def format_(written: str) -> Output:
    """FORMAT or FORMAT=FILE, as it is written on the command line. Raises ArgumentTypeError."""
    name, equals, path = written.partition("=")
    if name not in FORMATS:
        raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(FORMATS)}")
    if equals and not path:
        raise argparse.ArgumentTypeError(f"{written} names no file")
    return name, Path(os.path.abspath(path)) if path else None


@contextmanager
def outputs(chosen: list[Output]) -> Iterator[list[tuple[str, IO[str]]]]:
    """The files to write reports to, which take their places when all went well.

    Raises CorpusError when two formats would go to one place.
    """
    from ..files import replace_file

    paths = [path for _, path in chosen]
    if paths.count(None) > 1:
        raise CorpusError("only one --format can go to stdout; give the others a file: --format sarif=report.sarif")
    if len(set(paths)) < len(paths):
        raise CorpusError("two formats cannot go to one file")
    with ExitStack() as stack:
        opened: list[tuple[str, IO[str]]] = []
        for name, path in chosen:
            if path is None:
                opened.append((name, sys.stdout))
            else:
                raw = stack.enter_context(replace_file(path))
                file = io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", newline="\n")
                stack.callback(file.detach)
                opened.append((name, file))
        yield opened


def described(
    root: Path, written_root: Path | None, asked: Sequence[object], severity: Mapping[str, Severity], documents: int
) -> report.Run:
    """What reports say about a run beside its findings."""
    from importlib.metadata import version

    from .. import report
    from ..checks.suppress.suppressions import all_rules

    rules = tuple(report.Rule(r.code, r.name, severity[r.code], r.message, r.page) for r in all_rules())
    top = Path(os.path.abspath(os.environ.get("GITHUB_WORKSPACE") or root))
    below = root.relative_to(top).as_posix() if root.is_relative_to(top) else "."
    at_root = () if written_root is None else ("--root", str(written_root))
    job_summary = os.environ.get("GITHUB_STEP_SUMMARY")
    return report.Run(
        rules=rules,
        version=version("on-the-record"),
        documents=documents,
        command=("corpus", *at_root, "validate", *map(str, asked)),
        folder="" if below == "." else f"{below}/",
        job_summary=Path(job_summary) if job_summary else None,
    )
