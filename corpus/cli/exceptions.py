"""`corpus exceptions …` and `corpus baseline …`: a short function for each verb, which passes values along."""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.model import CorpusError, Problem

if TYPE_CHECKING:
    from ..checks.suppress.exceptions import ExceptionEntry
    from ..checks.suppress.suppressions import Suppressions, Used

Verb = Callable[[argparse.Namespace], int]
Add = Callable[[Any, str, Verb], argparse.ArgumentParser]
"""Adds a verb, whose help is its docstring, to a group of verbs."""


def add(args: argparse.Namespace) -> int:
    """Except a finding: it is not counted until a day that you name, for a reason that you give.

    Either FINDING says which, by its place as `corpus validate` prints it, FILE:LINE:COLUMN, or --doc
    does, with --annotator unless it is about the article itself; --record narrows it to one record.
    The entry goes to the end of annotations/exceptions.toml. What cannot be read, does not fit the
    schema or refers to nothing cannot be excepted.
    """
    from ..checks import severities, suppressible
    from ..checks.suppress.exceptions import PATH, with_exceptions
    from ..files import replace_file

    root = _root(args)
    if args.until < _today():
        raise CorpusError(f"--until {args.until} is past; name the last day on which the exception holds")
    if bool(args.finding) == bool(args.doc) or (args.doc and not args.code):
        raise CorpusError("say what to except: FINDING…, or --code CODE and --doc DOC")
    added = [one for finding in args.finding for one in _at(root, finding, args)] if args.finding else [_named(args)]
    text = with_exceptions(root, added, severities(), suppressible())
    with replace_file(root / PATH) as out:
        out.write(text.encode())
    for one in added:
        print(f"excepted until {one.until}: {one.about}", file=sys.stderr)
    return 0


def list_(args: argparse.Namespace) -> int:
    """List the exceptions: what each is about, until when it holds, and why."""
    from ..checks import severities, suppressible
    from ..checks.suppress.exceptions import read_exceptions
    from ..core.text import visible

    for one in read_exceptions(_root(args), severities(), suppressible()):
        holds = "until" if _today() <= one.until else "expired"
        print(f"{holds} {one.until}  {visible(one.about)}: {visible(one.reason)}")
    return 0


def write(args: argparse.Namespace) -> int:
    """Grandfather today's findings in annotations/baseline.toml: they are not counted any more.

    The first time, all that may be: not what cannot be read, does not fit the schema or refers to
    nothing. From then on only what is gone is taken out, so that it cannot come back; new findings
    are shown and added with --grow alone. Exit code 1 when findings are left that are not in it.
    """
    from .. import report
    from ..checks.suppress.baseline import PATH, baseline_toml, read_baseline
    from ..checks.suppress.suppressions import Suppressions, read_suppressions
    from ..core.fingerprint import Fingerprint
    from ..files import replace_file

    root = _root(args)
    held, before = read_suppressions(root, _today()).held, read_baseline(root)
    grow = args.grow or not (root / PATH).exists()
    used: Used
    used, left = _run(root, Suppressions(held, (), None if grow else before), args.workers)
    counts = report.text(left, sys.stdout)
    sys.stdout.flush()
    after = {one: count for one, count in used.items() if isinstance(one, Fingerprint)}
    with replace_file(root / PATH) as out:
        out.write(baseline_toml(after))
    new, gone = (Counter(after) - Counter(before)).total(), (Counter(before) - Counter(after)).total()
    total = sum(after.values())
    print(f"{PATH}: {total:,} finding{'s' * (total != 1)}, {new:,} new, {gone:,} gone", file=sys.stderr)
    if unmet := counts["error"] + counts["warning"]:
        how = "what cannot be compiled must be mended" if grow else "mend, except, or take in with --grow"
        print(f"not in it: {unmet:,}; {how}", file=sys.stderr)
    return 1 if unmet else 0


def _run(
    root: Path, suppressions: Suppressions, workers: int, paths: Sequence[Path] = ()
) -> tuple[Used, Iterator[Problem]]:
    """A run over documents: what was let pass, filled while the other findings in them are taken."""
    from ..checks.suppress.suppressions import SUPPRESSION_RULES, all_severities
    from ..core.schema import Schema
    from ..core.settings import read_settings
    from ..files import Index
    from ..pipeline.check import Policy
    from ..pipeline.run import run
    from ..pipeline.shard import Validation

    used: Used = Counter()
    schema, settings = Schema.read(root), read_settings(root, all_severities())
    about_suppressions = {rule.code for rule in SUPPRESSION_RULES}

    def left() -> Iterator[Problem]:
        with Index(root, paths) as index:
            task = Validation(Policy(settings.severity, suppressions))
            for shard in run(index, task, schema, workers):
                used.update(shard.used)
                yield from (problem for problem in shard.problems if problem.code not in about_suppressions)
                shard.problems.close()

    return used, left()


def _named(args: argparse.Namespace) -> ExceptionEntry:
    from ..checks.suppress.exceptions import ExceptionEntry

    return ExceptionEntry(args.code, args.reason, args.until, "", args.doc, args.annotator, args.record)


def _at(root: Path, finding: str, args: argparse.Namespace) -> list[ExceptionEntry]:
    """The exceptions for the findings at a place; each once, when findings differ in their span only."""
    from ..checks.suppress.exceptions import ExceptionEntry
    from ..checks.suppress.suppressions import NO_SUPPRESSIONS
    from ..core.fingerprint import annotator_of

    place = re.fullmatch(r"(.+):(\d+):(\d+):?", finding)
    if not place:
        raise CorpusError(f"{finding} is no place of a finding; write FILE:LINE:COLUMN as `corpus validate` prints it")
    file, line, column = place[1], int(place[2]), int(place[3])
    _, problems = _run(root, NO_SUPPRESSIONS, 1, [root / file])
    found = {
        (one.code, "" if one.doc_id else one.file, one.doc_id, annotator_of(one.file), one.record)
        for one in problems
        if (one.file, one.line, one.column) == (file, line, column) and args.code in ("", one.code)
    }
    codes = sorted({code for code, *_ in found})
    if not codes:
        raise CorpusError(f"{finding}: there is no finding{f' {args.code}' * bool(args.code)}")
    if len(codes) > 1:
        raise CorpusError(f"{finding}: there are {', '.join(codes)}; say which with --code")
    return [
        ExceptionEntry(code, args.reason, args.until, file, doc_id, annotator, record)
        for code, file, doc_id, annotator, record in sorted(found)
    ]


def add_verbs(verbs: Any, add_verb: Add, add_workers: Callable[[argparse.ArgumentParser], None]) -> None:
    """Add `exceptions` and `baseline` and their verbs to the command line."""
    group = verbs.add_parser("exceptions", help="let single findings pass for a time, with a reason")
    inner = group.add_subparsers(metavar="VERB", required=True)
    verb = add_verb(inner, "add", add)
    verb.add_argument("finding", nargs="*", metavar="FINDING", help="the place of a finding, FILE:LINE:COLUMN")
    verb.add_argument("--code", default="", metavar="CODE", help="the code of the finding, such as P310")
    verb.add_argument("--doc", default="", metavar="DOC", help="the document that it is about")
    verb.add_argument("--annotator", default="", metavar="NAME", help="the annotator whose annotation it is about")
    verb.add_argument("--record", default="", metavar="ID", help="the record that it is about; default: every record")
    verb.add_argument("--reason", required=True, metavar="TEXT", help="why it may pass")
    verb.add_argument(
        "--until", required=True, type=_day, metavar="DATE", help="the last day it holds, YYYY-MM-DD, UTC"
    )
    add_verb(inner, "list", list_)

    group = verbs.add_parser("baseline", help="let the findings of today pass, and no new ones")
    inner = group.add_subparsers(metavar="VERB", required=True)
    verb = add_verb(inner, "write", write)
    verb.add_argument("--grow", action="store_true", help="also take in findings that are new")
    add_workers(verb)


def _day(written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{written!r} is no date, such as 2027-01-31") from None


def _today() -> date:
    return datetime.now(UTC).date()


def _root(args: argparse.Namespace) -> Path:
    from ..core.settings import root_of

    return root_of(args.root)
