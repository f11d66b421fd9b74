"""`corpus exceptions` and `corpus baseline`: suppress findings, one by one or all of today's."""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..core.model import CorpusError, Problem
from . import options
from .options import Common, Day, VerbGroup
from .outputs import text_report

if TYPE_CHECKING:
    from ..checks.suppress.exceptions import ExceptionEntry
    from ..checks.suppress.suppressions import Suppressions, Used


@click.group("exceptions", cls=VerbGroup)
def exceptions() -> None:
    """Suppress single findings until a day, with a reason.

    Exceptions are kept in annotations/exceptions.toml.
    """


@exceptions.command("add")
@click.argument(
    "findings", nargs=-1, metavar="[FINDING]…", help=f"The location of a finding, FILE:LINE:COLUMN. {options.RELATIVE}"
)
@click.option("--code", default="", metavar="CODE", help="The code of the finding, such as P310.")
@click.option("--doc", default="", metavar="DOC", help="The document that the finding is about.")
@click.option("--annotator", default="", metavar="NAME", help="The annotator whose annotation it is about.")
@click.option("--record", default="", metavar="ID", help="The record that it is about; default: every record.")
@click.option("--reason", required=True, metavar="TEXT", help="Why the finding is suppressed.")
@click.option(
    "--until", required=True, type=Day(), metavar="DATE", help="The last day it is suppressed, YYYY-MM-DD, UTC."
)
@click.pass_obj
def add_exceptions(
    common: Common,
    findings: tuple[str, ...],
    code: str,
    doc: str,
    annotator: str,
    record: str,
    reason: str,
    until: date,
) -> int:
    """Suppress a correct finding with an exception.

    Select it by location, FILE:LINE:COLUMN as `corpus validate` prints it, or by
    --code and --doc, with --annotator unless it is about the article itself;
    --record narrows it to one record. The entry is appended to
    annotations/exceptions.toml. Files that cannot be read, do not fit the schema or
    have broken references cannot be excepted.

    Examples:

      corpus exceptions add annotations/gold/otr-001.json:12:7 \\
          --reason "the paper misquotes the speech" --until 2027-01-31
      corpus exceptions add --code C603 --doc otr-001 --reason "reprint" --until 2027-01-31
    """
    from ..checks import severities, suppressible
    from ..checks.suppress.exceptions import EXCEPTIONS, ExceptionEntry, with_exceptions
    from ..files import replace_file

    root = common.edit()
    if until < options.today():
        raise CorpusError(f"--until {until} is past; name the last day on which the exception holds")
    if bool(findings) == bool(doc) or (doc and not code):
        raise CorpusError("select the findings: FINDING…, or --code CODE and --doc DOC")
    if findings:
        found = [one for finding in findings for one in _at(root, finding, code, reason, until)]
    else:
        found = [ExceptionEntry(code, reason, until, "", doc, annotator, record)]
    text = with_exceptions(root, found, severities(), suppressible())
    with replace_file(root / EXCEPTIONS) as out:
        out.write(text.encode())
    for one in found:
        common.say(f"suppressed until {one.until}: {one.about}")
    return 0


@exceptions.command("list")
@click.pass_obj
def list_exceptions(common: Common) -> int:
    """List the exceptions: what each is about, until when it holds, and why.

    Examples:

      corpus exceptions list
    """
    from ..checks import severities, suppressible
    from ..checks.suppress.exceptions import read_exceptions
    from ..core.text import visible

    for one in read_exceptions(common.root(), severities(), suppressible()):
        holds = "until" if options.today() <= one.until else "expired"
        print(f"{holds} {one.until}  {visible(one.about)}: {visible(one.reason)}")
    return 0


@click.group("baseline", cls=VerbGroup)
def baseline() -> None:
    """Suppress today's findings, so that only new ones are reported.

    The baseline is kept in annotations/baseline.toml.
    """


@baseline.command("write")
@click.option("--grow", is_flag=True, help="Also add new findings.")
@options.workers
@click.pass_obj
def write_baseline(common: Common, grow: bool, workers: int) -> int:
    """Write today's findings to annotations/baseline.toml.

    The first run adds every finding that may be suppressed: not files that cannot be
    read, do not fit the schema or have broken references. Later runs only remove
    findings that were fixed, so that they cannot come back; --grow also adds new
    ones.

    Exit code: 0 every finding is in the baseline; 1 findings remain that are not;
    2 the command could not run.

    Examples:

      corpus baseline write
      corpus baseline write --grow
    """
    from ..checks.suppress.baseline import BASELINE, baseline_toml, read_baseline
    from ..checks.suppress.suppressions import Suppressions, read_suppressions
    from ..core.fingerprint import Fingerprint
    from ..files import replace_file

    root = common.edit()
    held, before = read_suppressions(root, options.today()).held, read_baseline(root)
    grow = grow or not (root / BASELINE).exists()
    used: Used
    used, left = _run(root, Suppressions(held, (), None if grow else before, options.today()), workers)
    # The baseline holds no infos, so they are not among what is missing from it.
    counts = text_report(sys.stdout).add_all(one for one in left if one.severity != "info")
    after = {one: count for one, count in used.items() if isinstance(one, Fingerprint)}
    if after or (root / BASELINE).exists():
        with replace_file(root / BASELINE) as out:
            out.write(baseline_toml(after))
        new, gone = (Counter(after) - Counter(before)).total(), (Counter(before) - Counter(after)).total()
        total = sum(after.values())
        common.say(f"{BASELINE}: {total:,} finding{'s' * (total != 1)}, {new:,} new, {gone:,} gone")
    else:
        # An empty file would use up the first run, which adds every finding.
        common.say("no finding that can be suppressed: no baseline was written")
    if unmet := counts["error"] + counts["warning"]:
        how = "fix what cannot be suppressed" if grow else "fix, except, or add with --grow"
        options.warn(f"not in the baseline: {unmet:,} finding{'s' * (unmet != 1)}; {how}")
    return 1 if unmet else 0


def _run(
    root: Path, suppressions: Suppressions, workers: int, paths: Sequence[Path] = ()
) -> tuple[Used, Iterator[Problem]]:
    """Validate documents; return the suppressions that were used, complete after the other findings were taken."""
    from ..checks.suppress.suppressions import SUPPRESSION_RULES, all_severities
    from ..core.schema import Schema
    from ..core.settings import read_settings
    from ..files import Index
    from ..pipeline.check import Policy
    from ..pipeline.run import run_corpus
    from ..pipeline.shard import Validation

    used: Used = Counter()
    schema, settings = Schema.read(root), read_settings(root, all_severities())
    about_suppressions = {rule.code for rule in SUPPRESSION_RULES}

    def left() -> Iterator[Problem]:
        with Index(root, paths) as index:
            task = Validation(Policy(settings.severity, suppressions))
            for shard in run_corpus(index, task, schema, workers):
                used.update(shard.used)
                yield from (problem for problem in shard.problems if problem.code not in about_suppressions)
                shard.problems.close()

    return used, left()


def _at(root: Path, finding: str, code: str, reason: str, until: date) -> list[ExceptionEntry]:
    """Return an exception for each finding at a location; one for findings that differ in their span only."""
    from ..checks.suppress.exceptions import ExceptionEntry
    from ..checks.suppress.suppressions import NO_SUPPRESSIONS
    from ..core.fingerprint import annotator_of

    place = re.fullmatch(r"(.+):(\d+):(\d+):?", finding)
    if not place:
        raise CorpusError(
            f"{finding} is not the location of a finding; write FILE:LINE:COLUMN as `corpus validate` prints it"
        )
    (path,), line, column = options.in_corpus(root, [Path(place[1])]), int(place[2]), int(place[3])
    _, problems = _run(root, NO_SUPPRESSIONS, 1, [path])
    file = Path(os.path.relpath(path, root)).as_posix()
    found = {
        (one.code, "" if one.doc_id else one.file, one.doc_id, annotator_of(one.file), one.record)
        for one in problems
        if (one.file, one.line, one.column) == (file, line, column) and code in ("", one.code)
    }
    codes = sorted({of for of, *_ in found})
    if not codes:
        raise CorpusError(f"{finding}: there is no finding{f' {code}' * bool(code)} at this location")
    if len(codes) > 1:
        raise CorpusError(f"{finding}: there are {', '.join(codes)}; choose one with --code")
    return [
        ExceptionEntry(of, reason, until, in_file, doc_id, annotator, record)
        for of, in_file, doc_id, annotator, record in sorted(found)
    ]
