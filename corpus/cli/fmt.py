"""`corpus fmt`: the canonical form of files, and the fixes of findings."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ..core.model import CorpusError
from .options import PATH_TYPE, RELATIVE, Common, Verb, in_corpus, today
from .outputs import text_report


@click.command("fmt", cls=Verb)
@click.argument(
    "paths", nargs=-1, type=PATH_TYPE, metavar="[PATH]…", help=f"Only these files or directories. {RELATIVE}"
)
@click.option("--check", is_flag=True, help="Change nothing; exit with 1 when a file would change.")
@click.option("--diff", is_flag=True, help="Change nothing; show what would change.")
@click.option("--since", metavar="REF", help="Only the files that changed since the branch left REF.")
@click.option("--fix", is_flag=True, help="Apply the safe fixes of findings instead.")
@click.option("--unsafe", is_flag=True, help="With --fix: also apply unsafe fixes; review them in the diff.")
@click.pass_obj
def fmt(
    common: Common, paths: tuple[Path, ...], check: bool, diff: bool, since: str | None, fix: bool, unsafe: bool
) -> int:
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
      corpus fmt --check --since origin/main
      corpus fmt --fix --diff
    """
    from ..checks.suppress.suppressions import all_severities, read_suppressions
    from ..core.schema import Schema
    from ..core.settings import read_settings
    from ..core.text import visible
    from ..edit.fix import fix_corpus
    from ..edit.fmt import format_corpus
    from ..edit.rewriter import Rewriter

    if unsafe and not fix:
        raise CorpusError("--unsafe needs --fix: use `corpus fmt --fix --unsafe`")
    if since is not None and paths:
        raise CorpusError("--since chooses the files itself: leave out PATH")
    only_ask = check or diff
    root = common.root() if only_ask else common.edit()
    paths = tuple(in_corpus(root, paths) if since is None else _changed(root, since))
    if since is not None and not paths:
        common.say(f"no file {'to rewrite' if only_ask else 'rewritten'}: none changed since {visible(since)}")
        return 0
    schema, shown = Schema.read(root), text_report(sys.stderr if diff else sys.stdout)
    rewriter = Rewriter(root, not only_ask, print if diff else None)

    if fix:
        severities, suppressions = read_settings(root, all_severities()).severity, read_suppressions(root, today())
        files = fix_corpus(root, schema, severities, suppressions, paths, rewriter, shown.add, unsafe=unsafe)
    else:
        files = format_corpus(root, schema, paths, rewriter, shown.add)
    changed = sorted(rewriter.changed)
    for path in changed if not diff else ():
        print(f"{'would rewrite' if only_ask else 'rewrote'} {path}")
    common.say(f"{len(changed)} of {files} file{'s' * (files != 1)} {'to rewrite' if only_ask else 'rewritten'}")
    return 1 if shown.counts or (only_ask and changed) else 0


def _changed(root: Path, since: str) -> list[Path]:
    """Return the JSON files of articles and annotations that changed since the branch left the commit, and exist."""
    from ..files import Index
    from ..files.git_changes import changed_since

    with Index(root) as index:
        known = index.files
    changed = sorted(changed_since(root, since) & set(known))
    return [root / path for path in changed if path.rpartition(".")[2] in ("json", "jsonl", "gz", "zst")]
