"""`corpus build`: the corpus as Parquet for `load_dataset`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from . import options
from .options import PATH_TYPE, Common, Verb


@click.command("build", cls=Verb)
@click.option("--out", type=PATH_TYPE, metavar="DIR", help="The directory to write; default: build/ in the corpus.")
@click.option("--with-attached", is_flag=True, help="Include attached texts: for your own use only.")
@options.workers
@click.pass_obj
def build(common: Common, out: Path | None, with_attached: bool, workers: int) -> int:
    """Validate the corpus and compile it to Parquet.

    `load_dataset` reads the build. It also has a dataset card and a manifest. It is written atomically, and
    not at all when a finding has the severity `error`.

    Texts that must not be redistributed are left out, even when they are attached,
    unless you say with --with-attached that the build is for you alone.

    Exit code: 0 built; 1 errors were found and nothing was built; 2 the command
    could not run.

    Examples:

      corpus build
      corpus build --out /tmp/build --workers 4
    """
    from .. import report
    from ..checks.suppress.suppressions import all_severities, read_suppressions
    from ..core.schema import Schema
    from ..core.settings import read_settings
    from ..files import Index
    from ..release.build import build_folder

    common.without_pandas()
    root = common.root()
    schema, settings = Schema.read(root), read_settings(root, all_severities())
    suppressions = read_suppressions(root, options.today())
    folder = common.make_named(out) if out else common.make(root / "build")
    counts = report.SeverityCounts()
    with Index(root) as index:
        built = build_folder(
            index,
            schema,
            settings,
            suppressions,
            folder,
            workers=workers,
            with_attached=with_attached,
            on_problem=lambda problem: counts.update(report.text([problem], sys.stdout)),
            progress=common.progress,
        )
        common.say(report.summary(counts, len(index)))
    if built is None:
        options.warn("build failed: fix the errors above first")
        return 1
    rows = ", ".join(f"{name} {sum(split.rows for split in of.values()):,}" for name, of in built.splits.items())
    common.say(f"{folder}: version {built.version}; rows: {rows}")
    return 0
