"""Report destinations, `--format FORMAT[=FILE]`, and what reports say about a run besides its findings."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, get_args

import click

from ..core.model import CorpusError, Severity
from ..report import REPORTERS
from .options import OneOf, warn

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from .. import report
    from ..report.terminal import TextReport

Output = tuple[str, Path | None]
"""A report format and the file it goes to, None for stdout."""


class OutputType(click.ParamType[Output]):
    """FORMAT or FORMAT=FILE."""

    name = "output"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Output:
        """Return the format and the file. Raises BadParameter."""
        if isinstance(value, tuple):
            return value
        name, equals, path = value.partition("=")
        if name not in REPORTERS:
            self.fail(f"{name!r} is not one of {', '.join(REPORTERS)}", param, ctx)
        if equals and not path:
            self.fail(f"{value!r} names no file after the =", param, ctx)
        return name, Path(os.path.abspath(path)) if path else None

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return the formats that begin with `incomplete`."""
        from click.shell_completion import CompletionItem

        return [
            CompletionItem(name, help=reporter.description)
            for name, reporter in REPORTERS.items()
            if name.startswith(incomplete)
        ]


least_severity = click.option(
    "--least",
    type=OneOf(lambda: get_args(Severity)),
    default="info",
    metavar="SEVERITY",
    help="Show findings of at least this severity: error, warning or info; default: info.",
)


@contextmanager
def open_named(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that an option names, as `open_output` does, and say if its directory was made."""
    from ..files.writer import open_output

    with noting_new_directory(path), open_output(path) as file:
        yield file


@contextmanager
def noting_new_directory(path: Path | None) -> Iterator[None]:
    """Say that the directory of a file is new, if the block made it; nothing without a path."""
    is_new = path is not None and not path.parent.exists()
    yield
    if path is not None and is_new and path.parent.exists():
        warn(f"note: {path.parent} is a new directory")


@contextmanager
def outputs(chosen: Sequence[Output]) -> Iterator[list[tuple[str, IO[str]]]]:
    """Open the files for reports; each is written atomically when the block ends without an error.

    Raises CorpusError when two formats have the same destination.
    """
    paths = [path for _, path in chosen]
    if paths.count(None) > 1:
        raise CorpusError("only one --format can go to stdout; give the others a file: --format sarif=report.sarif")
    if len(set(paths)) < len(paths):
        raise CorpusError("two formats cannot go to one file; give each --format a file of its own")
    with ExitStack() as stack:
        opened: list[tuple[str, IO[str]]] = []
        for name, path in chosen:
            if path is None:
                opened.append((name, sys.stdout))
            else:
                raw = stack.enter_context(open_named(path))
                file = io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", newline="\n")
                stack.callback(file.detach)
                opened.append((name, file))
        yield opened


def described(
    root: Path, given_root: Path | None, asked: Sequence[object], severity: Mapping[str, Severity], documents: int
) -> report.RunInfo:
    """Return what reports say about a run besides its findings."""
    from .. import report

    top = _top(root)
    below = root.relative_to(top).as_posix() if root.is_relative_to(top) else "."
    at_root = () if given_root is None else ("--root", str(given_root))
    job_summary = os.environ.get("GITHUB_STEP_SUMMARY")
    return report.RunInfo(
        rules=_rules(severity),
        version=_version(),
        documents=documents,
        command=("corpus", *at_root, "validate", *map(str, asked)),
        folder="" if below == "." else f"{below}/",
        job_summary=Path(job_summary) if job_summary else None,
        attached=attached_documents(root),
        rule_pages=os.environ.get("ON_THE_RECORD_RULE_PAGES", ""),
    )


def text_report(out: IO[str], least: Severity = "info") -> TextReport:
    """Return a report of findings as text, with the advice of each rule, for commands that have no --format.

    It shows findings of at least the severity `least`.
    """
    from .. import report
    from ..checks.suppress.suppressions import all_severities
    from ..report.terminal import TextReport

    return TextReport(out, report.RunInfo(rules=_rules(all_severities())), least)


def not_shown(shown: TextReport) -> str:
    """Return how many findings a report does not show, for the last line, "" if it shows all."""
    return f"; {shown.hidden:,} not shown" if shown.hidden else ""


def _rules(severity: Mapping[str, Severity]) -> tuple[report.RuleInfo, ...]:
    from .. import report
    from ..checks.suppress.suppressions import all_rules

    return tuple(report.RuleInfo(r.code, r.name, severity[r.code], r.message, r.page, r.advice) for r in all_rules())


def attached_documents(root: Path) -> frozenset[str]:
    """Return the documents whose text is a user's own copy."""
    from ..files.index import ATTACHED

    return frozenset(path.stem for path in (root / ATTACHED).glob("*.txt"))


def _top(root: Path) -> Path:
    """Return the directory that paths in reports are relative to: in a CI service, the top of the repository.

    A workflow may check a pull request out into a subdirectory of the workspace, and the service knows the names of
    the files in the repository only.
    """
    workspace = os.environ.get("GITHUB_WORKSPACE") or os.environ.get("CI_PROJECT_DIR")
    if not workspace:
        return root
    return next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), Path(workspace).absolute())


@cache
def _version() -> str:
    from importlib.metadata import version

    return version("on-the-record")
