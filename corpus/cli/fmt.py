"""`corpus fmt`: the canonical form of files, and the fixes of findings."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ..core.model import CorpusError, Problem
from .options import PATH_TYPE, RELATIVE, Common, Verb, in_corpus, today


@click.command("fmt", cls=Verb)
@click.argument(
    "paths", nargs=-1, type=PATH_TYPE, metavar="[PATH_TYPE]…", help=f"Only these files or directories. {RELATIVE}"
)
@click.option("--check", is_flag=True, help="Change nothing; exit with 1 when a file would change.")
@click.option("--diff", is_flag=True, help="Change nothing; show what would change.")
@click.option("--fix", is_flag=True, help="Apply the safe fixes of findings instead.")
@click.option("--unsafe", is_flag=True, help="With --fix: also apply unsafe fixes; review them in the diff.")
@click.pass_obj
def fmt(common: Common, paths: tuple[Path, ...], check: bool, diff: bool, fix: bool, unsafe: bool) -> int:
    """Rewrite files in the canonical form, or apply fixes.

    The canonical form has the key order of the schema, one span on each line, and
    LF line ends. A file that cannot be read, or does not fit the schema, is
    reported and left unchanged.

    --fix changes only the values that a fix is about; every other byte of the
    file stays. A safe fix does not change the meaning of an annotation; --unsafe
    also applies those that someone should review in the diff. Findings that were
    not fixed are reported.

    Each file is replaced atomically. --check and --diff change nothing. A diff
    goes to stdout, with control characters made visible, and findings to stderr.

    Exit code: 0 nothing to do, or all done; 1 findings, or --check or --diff
    found something to change; 2 the command could not run.

    Examples:

      corpus fmt
      corpus fmt --check annotations/gold
      corpus fmt --fix --diff
    """
    from .. import report
    from ..checks.suppress.suppressions import all_severities, read_suppressions
    from ..core.schema import Schema
    from ..core.settings import read_settings
    from ..edit.fix import fix_corpus
    from ..edit.fmt import format_corpus
    from ..edit.rewriter import Rewriter

    if unsafe and not fix:
        raise CorpusError("--unsafe needs --fix: use `corpus fmt --fix --unsafe`")
    only_ask = check or diff
    root = common.root() if only_ask else common.edit()
    paths = tuple(in_corpus(root, paths))
    schema, counts = Schema.read(root), report.SeverityCounts()
    rewriter = Rewriter(root, not only_ask, print if diff else None)
    reported = sys.stderr if diff else sys.stdout

    def on_problem(problem: Problem) -> None:
        counts.update(report.text([problem], reported))

    if fix:
        severities, suppressions = read_settings(root, all_severities()).severity, read_suppressions(root, today())
        files = fix_corpus(root, schema, severities, suppressions, paths, rewriter, on_problem, unsafe=unsafe)
    else:
        files = format_corpus(root, schema, paths, rewriter, on_problem)
    changed = sorted(rewriter.changed)
    for path in changed if not diff else ():
        print(f"{'would rewrite' if only_ask else 'rewrote'} {path}")
    common.say(f"{len(changed)} of {files} file{'s' * (files != 1)} {'to rewrite' if only_ask else 'rewritten'}")
    return 1 if counts or (only_ask and changed) else 0
