"""The command line: a short function for each verb, which passes values along.

Heavy imports stand inside of the verbs, so that `corpus --help` answers at once.
"""

from __future__ import annotations

import argparse
import io
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.model import CorpusError, Problem
from . import (
    agreement as agreement_verbs,
)
from . import (
    attach as attachment_verbs,
)
from . import (
    exceptions as waiver_verbs,
)
from . import (
    import_export as format_verbs,
)
from . import (
    init_add as starting_verbs,
)
from . import (
    release as release_verbs,
)
from . import (
    split as split_verbs,
)
from .label_studio import add_verbs
from .outputs import FORMATS, described, format_, outputs

if TYPE_CHECKING:
    from ..pipeline.shard import Shard

Verb = Callable[[argparse.Namespace], int]


def validate(args: argparse.Namespace) -> int:
    """Check articles and annotations, and say of every fault where it is.

    --since REF asks about the documents that a change touches, as a pull request would show it: what
    differs from the merge base of REF and HEAD, also what is not committed. The corpus-wide questions
    that these documents raise are asked too. When the rules changed, all is asked.

    --format may be given several times, each to a file of its own and at most one to stdout:
    --format text --format sarif=report.sarif. A file is replaced at once, when the run is over. In
    a GitHub workflow, `github` annotates the worst ten and puts all into the summary of the job.

    Exit code: 0 nothing found, 1 findings, 2 the tool could not run. A finding of severity `info`
    does not count. Severities are set in [tool.corpus.severity] of pyproject.toml. What an exception
    names or the baseline has (`corpus exceptions`, `corpus baseline`) is not counted and not shown.
    """
    from .. import report
    from ..checks.suppress.suppressions import all_severities, read_suppressions
    from ..core.schema import Schema
    from ..core.settings import read_settings
    from ..core.text import visible
    from ..files import Index
    from ..files.git_changes import Changes, changes
    from ..pipeline.cache import open_store
    from ..pipeline.check import Policy
    from ..pipeline.run import run
    from ..pipeline.select import EVERYTHING, EVERYTHING_INDEXED, Selection
    from ..pipeline.shard import Validation

    if args.since is not None and args.path:
        raise CorpusError("--since finds the documents by itself: give it no PATH")
    root = _root(args)
    schema, settings = Schema.read(root), read_settings(root, all_severities())
    suppressions = read_suppressions(root, _today())
    with Index(root, args.path) as index:
        changed = Changes() if args.since is None else changes(index, args.since)
        part = args.since is not None and not changed.rules
        if changed.rules:
            _say(f"info: {visible(changed.rules)} changed since {visible(args.since)}: everything is asked")
        documents = index.count(changed.doc_ids) if part else len(index)
        selection = EVERYTHING_INDEXED if args.path else EVERYTHING
        if part:
            selection = Selection(False, changed.doc_ids, changed.files)
        policy = Policy(settings.severity, suppressions, args.show_excepted)
        cache = None if args.no_cache else open_store(root, schema, policy, len(index))
        task = Validation(policy, selection, cache)
        excepted: list[int] = []
        shards = _progress(run(index, task, schema, args.workers), len(index))
        asked = args.path if args.since is None else ["--since", args.since]
        with outputs(args.format or [("text", None)]) as chosen:
            told = described(root, args.root, asked, settings.severity, documents)
            counts = report.write(_problems(shards, excepted), chosen, told)
    more = f"; {sum(excepted):,} excepted or in the baseline" if any(excepted) else ""
    _say(report.summary(counts, documents) + more)
    return 1 if counts["error"] or counts["warning"] else 0


def build(args: argparse.Namespace) -> int:
    """Validate, then compile to Parquet, a dataset card and a manifest that `load_dataset` reads.

    A finding of severity `error` stops it, and nothing is written. Texts that may not be passed on
    stay out, also when they are attached, unless --with-attached says that the build is for you alone.
    """
    from .. import report
    from ..checks.suppress.suppressions import all_severities, read_suppressions
    from ..core.schema import Schema
    from ..core.settings import read_settings
    from ..files import Index
    from ..release.build import build_folder

    root = _root(args)
    schema, settings = Schema.read(root), read_settings(root, all_severities())
    suppressions = read_suppressions(root, _today())
    out = Path(os.path.abspath(args.out)) if args.out else root / "build"
    counts: report.Counts = report.Counts()
    with Index(root) as index:
        built = build_folder(
            index,
            schema,
            settings,
            suppressions,
            out,
            workers=args.workers,
            with_attached=args.with_attached,
            on_problem=lambda problem: counts.update(report.text([problem], sys.stdout)),
            progress=_progress,
        )
        _say(report.summary(counts, len(index)))
    if built is None:
        print("nothing was built: errors come first", file=sys.stderr)
        return 1
    rows = ", ".join(f"{name} {sum(split.rows for split in of.values()):,}" for name, of in built.splits.items())
    print(f"{out}: version {built.version}; rows: {rows}", file=sys.stderr)
    return 0


def fmt(args: argparse.Namespace) -> int:
    """Write files in the canonical form, or with --fix apply the fixes of findings and nothing else.

    The canonical form is the schema's order, one span a line, LF line ends. A file that cannot be
    read, or does not fit the schema, is left as it is and reported.

    --fix changes the values that a fix is about; every other byte of the file stays. A safe fix
    changes no meaning; --unsafe also applies those that somebody should look at, in the diff. A
    finding whose fix was not applied is reported.

    --check and --diff change nothing; a diff goes to stdout with control characters made visible,
    and what is reported to stderr. Each file is replaced at once or not at all.

    Exit code: 0 there was nothing to do, or all of it was done; 1 something was reported, or --check
    or --diff found something to change; 2 the tool could not run.
    """
    from .. import report
    from ..core.schema import Schema
    from ..edit.fix import fix_corpus
    from ..edit.fmt import format_corpus
    from ..edit.rewriter import Rewriter

    if args.unsafe and not args.fix:
        raise CorpusError("--unsafe goes with --fix: it says which fixes to apply")
    root = _root(args)
    schema, counts, only_ask = Schema.read(root), report.Counts(), args.check or args.diff
    rewriter = Rewriter(root, not only_ask, print if args.diff else None)
    reported = sys.stderr if args.diff else sys.stdout

    def on_problem(problem: Problem) -> None:
        counts.update(report.text([problem], reported))

    if args.fix:
        files = fix_corpus(root, schema, args.path, rewriter, on_problem, unsafe=args.unsafe)
    else:
        files = format_corpus(root, schema, args.path, rewriter, on_problem)
    changed = sorted(rewriter.changed)
    for path in changed if not args.diff else ():
        print(f"{'would rewrite' if only_ask else 'rewrote'} {path}")
    _say(f"{len(changed)} of {files} files {'to rewrite' if only_ask else 'rewritten'}")
    return 1 if counts or (only_ask and changed) else 0


def rule(args: argparse.Namespace) -> int:
    """Show the page of a check: what it asks, why, and a bad and a good example."""
    from ..checks.suppress.suppressions import all_rules
    from ..labelstudio.faults import FAULTS

    if args.all or not args.code:
        for check in all_rules():
            print(f"{check.code}  {check.severity:<7}  {check.name:<30}  {check.message}")
        return 0
    for check in all_rules():
        if args.code.upper() == check.code or args.code == check.name:
            print(f"{check.code} {check.name} ({check.severity})\n\n{check.message}.\n\n{check.page}")
            return 0
    if args.code.upper() in FAULTS:
        print(f"{args.code.upper()} (Label Studio: the annotation is set aside)\n\n{FAULTS[args.code.upper()]}.")
        return 0
    raise CorpusError(f"there is no check {args.code}; `corpus rule --all` lists them")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; the exit code. A user's mistake is one line on stderr and exit code 2."""
    args = _parser().parse_args(argv)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _stop)
    try:
        code = int(args.verb(args))
        sys.stdout.flush()
        return code
    except CorpusError as error:
        return _refuse(error)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 2
    except KeyboardInterrupt:
        print("corpus: interrupted", file=sys.stderr)
        return 130
    except OSError as error:
        return _refuse(error)


def _say(line: str) -> None:
    """A line for the person, on stderr, after what was reported is out."""
    sys.stdout.flush()
    print(line, file=sys.stderr)


def _refuse(error: Exception) -> int:
    from ..core.text import visible

    print(f"corpus: {visible(str(error))}", file=sys.stderr)
    return 2


def _stop(*_: object) -> None:
    """Leave by way of every `finally`, so that a run that is asked to end leaves nothing behind."""
    raise SystemExit(128 + signal.SIGTERM)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="corpus",
        description="On the Record: validate and compile news corpora that say who is named, "
        "who said what, and where they stand.",
        epilog="`corpus VERB --help` explains a verb.",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    parser.add_argument(
        "--root", type=Path, metavar="DIR", help="the corpus; default: the nearest folder upward with a schema/"
    )
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    starting_verbs.add_verbs(verbs, _verb)

    verb = _verb(verbs, "validate", validate)
    verb.add_argument(
        "path", nargs="*", type=Path, metavar="PATH", help="only documents with a part in these files or folders"
    )
    verb.add_argument(
        "--format",
        action="append",
        type=format_,
        metavar="FORMAT[=FILE]",
        help=f"{', '.join(FORMATS)}; to stdout or a file; default: text",
    )
    verb.add_argument(
        "--show-excepted", action="store_true", help="show what is let pass too, as info, with the reason"
    )
    verb.add_argument("--since", metavar="REF", help="only what changed since the branch left REF, such as origin/main")
    verb.add_argument("--no-cache", action="store_true", help="neither use nor keep what earlier runs saw")
    _workers(verb)

    verb = _verb(verbs, "build", build)
    verb.add_argument("--out", type=Path, metavar="DIR", help="where to; default: build/ in the corpus")
    verb.add_argument("--with-attached", action="store_true", help="include attached texts: for your own use only")
    _workers(verb)

    verb = _verb(verbs, "fmt", fmt)
    verb.add_argument("path", nargs="*", type=Path, metavar="PATH", help="only these files or folders")
    verb.add_argument("--check", action="store_true", help="only ask; change nothing")
    verb.add_argument("--diff", action="store_true", help="show what would change; change nothing")
    verb.add_argument("--fix", action="store_true", help="apply the safe fixes of findings instead")
    verb.add_argument("--unsafe", action="store_true", help="with --fix: the unsafe ones too; look at the diff")

    verb = _verb(verbs, "rule", rule)
    verb.add_argument("code", nargs="?", metavar="CODE", help="such as P307 or slice-mismatch")
    verb.add_argument("--all", action="store_true", help="list all checks")

    format_verbs.add_verbs(verbs, _verb)
    waiver_verbs.add_verbs(verbs, _verb, _workers)
    split_verbs.add_verbs(verbs, _verb, _workers, _progress)
    attachment_verbs.add_verbs(verbs, _verb, _progress)
    release_verbs.add_verbs(verbs, _verb, _workers, _progress)
    agreement_verbs.add_verbs(verbs, _verb)
    add_verbs(verbs, _verb)
    return parser


def _verb(verbs: Any, name: str, verb: Verb) -> argparse.ArgumentParser:
    """A verb whose help is its docstring."""
    first, _, rest = (verb.__doc__ or "").partition("\n")
    lines = [line.strip() for line in rest.strip().splitlines()]
    parser: argparse.ArgumentParser = verbs.add_parser(
        name,
        help=first.rstrip("."),
        description="\n".join([first, *([""] if lines else []), *lines]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(verb=verb)
    return parser


def _workers(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--workers", type=_count, default=1, metavar="N", help="processes; default: 1")


def _count(written: str) -> int:
    number = int(written)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{number} is less than 0")
    return number


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(version("on-the-record"))
        parser.exit()


def _root(args: argparse.Namespace) -> Path:
    from ..core.settings import root_of

    return root_of(args.root)


def _today() -> date:
    return datetime.now(UTC).date()


def _problems(shards: Iterator[Shard], excepted: list[int]) -> Iterator[Problem]:
    """The Problems of the shards; how many were let pass goes to `excepted`, a number a shard."""
    for shard in shards:
        excepted.append(shard.used.total())
        try:
            yield from shard.problems
        finally:
            shard.problems.close()


def _progress(shards: Iterator[Shard], documents: int) -> Iterator[Shard]:
    """The shards, with a progress bar over documents where stderr is a terminal."""
    from tqdm import tqdm

    with tqdm(total=documents, unit="doc", disable=None, leave=False) as bar:
        for shard in shards:
            yield shard
            bar.update(shard.documents)
