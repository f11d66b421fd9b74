"""`corpus validate`: every finding with its location."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from ..core.model import CorpusError, Problem, Severity
from ..report import REPORTERS
from . import options
from .machines import Machines, corpus_of, on_machines, opened, run_rank
from .options import PATH_TYPE, Common, Verb
from .outputs import Output, OutputType, described, least_severity, outputs

if TYPE_CHECKING:
    from ..pipeline.run import CorpusRun
    from ..pipeline.shard import Shard
    from ..report import RunInfo

SHOWN = 200_000
"""The findings of a run that are shown one by one: reports of more are too large for what reads them."""
CHANGED_RULES = "this change edits the rules that it is checked by"
"""Printed without the names of files, which the contributor chose."""


@click.command("validate", cls=Verb)
@click.argument(
    "paths",
    nargs=-1,
    type=PATH_TYPE,
    metavar="[PATH|DOC]…",
    help=f"Only these documents, or those that have a file among these files or directories. {options.RELATIVE}",
)
@click.option(
    "--format",
    "formats",
    multiple=True,
    type=OutputType(),
    metavar="FORMAT[=FILE]",
    help=f"{', '.join(REPORTERS)}; to stdout or to FILE; may be repeated; default: text.",
)
@click.option("--since", metavar="REF", help="Only what changed since the branch left REF, such as origin/main.")
@click.option("--base", metavar="REF", help="Take the releases from this commit, and report changes to them.")
@click.option("--show-excepted", is_flag=True, help="Also show suppressed findings, as info, with the reason.")
@least_severity
@click.option("--statistics", is_flag=True, help="Show how often each code was found; with --format text or json.")
@click.option("--require-documents", is_flag=True, help="Exit with 2 when the corpus has no documents.")
@click.option("--no-cache", is_flag=True, help="Neither use nor write the cache of earlier runs.")
@on_machines
@click.pass_obj
def validate(
    common: Common,
    paths: tuple[Path, ...],
    formats: tuple[Output, ...],
    since: str | None,
    base: str | None,
    show_excepted: bool,
    least: Severity,
    statistics: bool,
    require_documents: bool,
    no_cache: bool,
    machines: Machines,
) -> int:
    """Validate the corpus and report every error with its location.

    --since REF validates only the documents that a pull request changes: those
    that differ from the merge base of REF and HEAD, uncommitted changes included,
    and the corpus-wide checks that concern them. Everything is validated when the
    schema or the settings changed.

    --base REF protects releases from the change that is validated. Splits are
    compared with the last release of the commit REF, not with the working tree's.
    A release that was removed or changed is an error, and so is an added one that
    this corpus does not compile to. --since implies --base with the merge base.

    --format may be repeated, with a file for all but one. Each file is written
    atomically at the end of the run. In a GitHub workflow, `github` annotates the
    ten most severe findings and lists all of them in the job summary.

    --statistics shows one line for each code instead of the findings: [*] marks
    codes of which `corpus fmt --fix` fixes all findings.

    --least warning leaves out the findings of severity `info`. With --least error,
    warnings do not change the exit code either.

    Findings of severity `info` do not change the exit code. Set severities in
    [tool.corpus.severity] of pyproject.toml. Findings suppressed by an exception
    or the baseline are not shown (see `corpus exceptions` and `corpus baseline`).

    An error of levels 1 to 4 skips later checks that rely on it. If it is in one
    record of an annotation, the other records are still checked. The last line says
    how many checks were skipped.

    A corpus without documents has no findings, and the command says so.

    Exit code: 0 no findings; 1 findings; 2 the command could not run.

    Examples:

      corpus validate
      corpus validate otr-001
      corpus validate annotations/gold/otr-001.json
      corpus validate --since origin/main
      corpus validate --base HEAD^1
      corpus validate --format text --format sarif=report.sarif
      corpus validate --statistics
    """
    from dataclasses import replace

    from .. import report
    from ..checks.suppress.suppressions import all_severities, read_suppressions
    from ..core.schema import Schema
    from ..core.settings import read_settings
    from ..core.text import visible
    from ..files import Index
    from ..files.base_releases import ReleaseChanges, commit_of, last_release, release_changes
    from ..files.git import Git
    from ..files.git_changes import Changes, changes
    from ..files.rule_files import changed_rules
    from ..pipeline.cache import open_store, trim
    from ..pipeline.check import Policy
    from ..pipeline.run import IndexRun
    from ..pipeline.select import EVERYTHING, EVERYTHING_INDEXED, Selection
    from ..pipeline.shard import Validation
    from ..report.statistics import FORMATS, write_statistics

    if since is not None and paths:
        raise CorpusError("--since chooses the documents itself: leave out PATH")
    if statistics and (others := {name for name, _ in formats} - set(FORMATS)):
        raise CorpusError(f"--statistics has the formats {' and '.join(FORMATS)}, not {', '.join(sorted(others))}")
    common.without_pandas()
    if machines.used and (paths or since is not None):
        raise CorpusError(
            "--executor, --rank, --finish and --parts are for the whole corpus: leave out PATH and --since"
        )
    corpus = corpus_of(common)
    root = corpus.root
    how = machines.resources(corpus)
    git = Git(root)
    commit = "" if base is None else commit_of(git, base)
    # Say so before anything is read: a change of the rules must not go unnoticed if the run ends with an error.
    if commit and (rules := changed_rules(git, commit)):
        common.say(f"warning: {CHANGED_RULES}: {len(rules):,} file{'s' * (len(rules) != 1)}; review that diff first")
    schema, settings = Schema.read(root), read_settings(root, all_severities())
    suppressions = read_suppressions(root, options.today())
    with ExitStack() as stack:
        run: CorpusRun | None = None
        changed, selection, chosen_ids = Changes(), EVERYTHING, None
        if paths or since is not None:
            index = stack.enter_context(Index(root, options.in_corpus(root, paths), or_ids=True))
            run = IndexRun(index, machines.workers)
            changed = Changes() if since is None else changes(index, since)
            selection = EVERYTHING_INDEXED if paths else EVERYTHING
            if since is not None and not changed.rules:
                chosen_ids = index.count(changed.doc_ids)
                selection = Selection(False, changed.doc_ids, changed.files)
        if changed.rules:
            common.say(f"info: {visible(changed.rules)} changed since {visible(since or '')}: validating all documents")
        differences = ReleaseChanges()
        if commit := commit or changed.base:
            differences = release_changes(git, commit)
            selection = replace(selection, releases_of=stack.enter_context(last_release(git, commit, differences.last)))
        policy = Policy(settings.severity, suppressions, show_excepted)
        cache = None if no_cache else open_store(root, schema, policy)
        task = Validation(policy, selection, cache)
        if machines.rank:
            return run_rank(common, corpus, task, schema, how, machines.rank)
        if run is None:
            run = stack.enter_context(opened(common, corpus, task, schema, how))
        if cache:
            trim(cache, run.documents)
        if not run.documents:
            nothing = f"nothing to validate: {root}/raw has no documents"
            if require_documents:
                raise CorpusError(f"{nothing}; `corpus add` adds an article")
            common.say(f"warning: {nothing}")
        documents = run.documents if chosen_ids is None else chosen_ids
        totals = Totals()
        shards = common.progress(run.shards(task, schema), run.documents)
        of_releases: Iterator[Problem] = iter(())
        if differences.faults or differences.added:
            from ..release.against_base import release_problems  # takes a tenth of the start

            of_releases = release_problems(root, differences, schema, settings, suppressions, machines.workers)
        asked = [*(["--base", base] if base else []), *(paths if since is None else ["--since", since])]
        common.unwritten = "the findings are not complete, and no report file was written"
        with outputs(formats or (("text", None),)) as chosen:
            info = described(root, common.given_root, asked, settings.severity, documents)
            found = _within_budget(_problems(shards, totals, info))
            write = write_statistics if statistics else report.write
            counts = write(totals.shown(chain(found, of_releases), least), chosen, info)
            common.unwritten = ""
    if since is not None and not documents:
        what, files = ("no document", "changed files, ") if changed.files else ("nothing", "")
        checked = f"{files}releases and the dates of exceptions were checked"
        common.say(f"{report.number_found(counts)}: {what} changed since {visible(since)}; {checked}{totals.suffix()}")
    else:
        common.say(report.summary(counts, documents) + totals.suffix())
    return 1 if counts["error"] or counts["warning"] else 0


def _within_budget(problems: Iterator[Problem]) -> Iterator[Problem]:
    """Yield `SHOWN` of the Problems, and one more for the rest, as severe as the worst of them."""
    from ..checks.files import too_large
    from ..checks.rule import documentation

    yield from islice(problems, SHOWN)
    rest = Counter(problem.severity for problem in problems)
    if rest:
        worst = min(rest, key=get_args(Severity).index)
        detail = f"{rest.total():,} findings more than the {SHOWN:,} that are shown"
        message = f"{documentation(too_large).message}: {detail}"
        yield Problem("F109", worst, "annotations", message, suggestion="validate some files: corpus validate PATH")


@dataclass
class Totals:
    """What a run counts besides its findings."""

    suppressed: int = 0
    skipped_checks: int = 0
    skipped_documents: int = 0
    hidden: int = 0

    def add(self, shard: Shard) -> None:
        """Count a shard in."""
        self.suppressed += shard.used.total()
        self.skipped_checks += shard.skipped_checks
        self.skipped_documents += shard.skipped_documents

    def shown(self, problems: Iterable[Problem], least: Severity) -> Iterator[Problem]:
        """Yield the Problems of at least a severity, and count the others."""
        from ..report import at_least

        for problem in problems:
            if at_least(problem.severity, least):
                yield problem
            else:
                self.hidden += 1

    def skipped(self) -> str:
        """Return how many checks were skipped, "" if none was."""
        if not self.skipped_checks:
            return ""
        checks = f"{self.skipped_checks:,} check{'s' * (self.skipped_checks != 1)} skipped"
        documents = f"{self.skipped_documents:,} document{'s' * (self.skipped_documents != 1)}"
        return f"{checks} in {documents} until the errors are fixed"

    def suffix(self) -> str:
        """Return what follows the number of findings in the last line."""
        skipped = self.skipped()
        skipped += "; " * bool(skipped and self.hidden) + (f"{self.hidden:,} not shown" if self.hidden else "")
        return (f"; {self.suppressed:,} suppressed" if self.suppressed else "") + (f"; {skipped}" if skipped else "")


def _problems(shards: Iterator[Shard], totals: Totals, info: RunInfo) -> Iterator[Problem]:
    """Yield the Problems of the shards; count what they had besides, and note what was skipped."""
    for shard in shards:
        totals.add(shard)
        try:
            yield from shard.problems
        finally:
            shard.problems.close()
    if skipped := totals.skipped():
        info.notes.append(f"{skipped}.")
