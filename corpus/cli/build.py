"""`corpus build`: the corpus as Parquet for `load_dataset`."""

from __future__ import annotations

import sys
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import click

from ..core.model import CorpusError, Severity
from . import options
from .machines import Machines, corpus_of, on_machines, opened, run_rank
from .options import Common, PlaceType, Verb
from .outputs import least_severity, not_shown, text_report

if TYPE_CHECKING:
    from ..release.build import Built


@click.command("build", cls=Verb)
@click.option(
    "--out", type=PlaceType(), metavar="DIR|URL", help="The directory to write; default: build/ in the corpus."
)
@click.option("--with-attached", is_flag=True, help="Include attached texts: for your own use only.")
@least_severity
@on_machines
@click.pass_obj
def build(common: Common, out: Path | str | None, with_attached: bool, least: Severity, machines: Machines) -> int:
    """Validate the corpus and compile it to Parquet.

    `load_dataset` reads the build. It also has a dataset card and a manifest. It is written atomically, and
    not at all when a finding has the severity `error`.

    Texts that must not be redistributed are left out, even when they are attached,
    unless you say with --with-attached that the build is for you alone.

    A corpus of many bulk files with other documents in each can be compiled on any
    number of machines, and what was made of each file is not made again as long as
    it does not change (see docs/scale.md). --root and --out may then be in object
    storage, such as s3://bucket/corpus.

    Exit code: 0 built; 1 errors were found and nothing was built; 2 the command
    could not run.

    Examples:

      corpus build
      corpus build --least warning
      corpus build --out /tmp/build --workers 4
      corpus build --out /data/build --executor dask://host:8786
      corpus build --out /data/build --rank 17/200
      corpus build --out /data/build --finish
    """
    from .. import report
    from ..checks.suppress.suppressions import all_severities, read_suppressions
    from ..core.schema import Schema
    from ..core.settings import read_settings
    from ..files.storage import Storage
    from ..pipeline.check import Policy
    from ..pipeline.shard import Compilation
    from ..release.build import build_folder, check_out, stale_baselines
    from ..release.card import refuse_agreement

    common.without_pandas()
    corpus = corpus_of(common)
    root = corpus.root
    if common.given_url:
        refuse_agreement(root)
    schema, settings = Schema.read(root), read_settings(root, all_severities())
    suppressions = read_suppressions(root, options.today())
    folder = Storage(root / "build" if out is None else out if isinstance(out, str) else options.named(out))
    if out is None and common.given_url:
        raise CorpusError("choose the directory to write with --out")
    check_out(folder, schema)
    task = Compilation(Policy(settings.severity, suppressions), with_attached)
    # A submission to the corpus could bring a build with parts, so none are kept there.
    kept = None if folder.is_within(corpus.storage) else folder.beside(".parts")
    how = machines.resources(corpus, kept, folder.path if folder.is_local else None)
    if machines.rank:
        return run_rank(common, corpus, task, schema, how, machines.rank)
    if folder.is_local:
        common.make(folder.path)
        common.unwritten = f"{folder} was not changed"
    shown = text_report(sys.stdout, least)

    def on_commit() -> None:
        common.unwritten = ""

    with opened(common, corpus, task, schema, how) as run:
        built = build_folder(
            run,
            task,
            schema,
            settings.version,
            folder,
            on_problem=shown.add,
            progress=common.progress,
            on_commit=on_commit,
        )
        common.say(report.summary(shown.counts, run.documents) + not_shown(shown))
    if built is None:
        options.warn("build failed: fix the errors above first")
        return 1
    rows = ", ".join(f"{name} {sum(split.rows for split in of.values()):,}" for name, of in built.splits.items())
    # A build with attached texts is of other content than any release.
    if not with_attached and (measured := stale_baselines(root, built)):
        command = "corpus score --baselines"
        if out is not None:
            command = (
                f"{command} --release {quote(str(folder))}" if folder.is_local else f"corpus build` and `{command}"
            )
        common.say(
            f"info: the table of baselines in DATASET_CARD.md is of content {measured}, and this build has "
            f"{built.content[:12]}: run `{command}` before you release, which refuses such a table"
        )
    common.say(f"{folder}: version {built.version}; rows: {rows}{_besides(built)}")
    return 0


def _besides(built: Built) -> str:
    """Return the counts of suppressed findings and of documents in no table, for the last line."""
    found = []
    if built.suppressed:
        found.append(f"; {built.suppressed:,} finding{'s' * (built.suppressed != 1)} suppressed")
    if built.left_out:
        documents = f"{built.left_out:,} document{'s' * (built.left_out != 1)}"
        found.append(f"; {documents} left out: no split, or not redistributable")
    return "".join(found)
