"""`corpus view`: annotated articles as pages for a browser."""

from __future__ import annotations

from pathlib import Path

import click

from ..core.model import CorpusError
from .options import PATH_TYPE, Common, NameList, Verb, named, today, warn
from .outputs import described


@click.command("view", cls=Verb)
@click.argument("doc_ids", nargs=-1, metavar="[DOC]…", help="Only these articles; default: all.")
@click.option(
    "--annotator",
    "annotators",
    multiple=True,
    metavar="NAME",
    help="A page for this annotation of each article; may be repeated; default: gold, or else the first.",
)
@click.option(
    "--compare",
    type=NameList(),
    default=(),
    metavar="NAME,NAME…",
    help="Show where these annotators differ, such as ann-a,ann-b,gold.",
)
@click.option("--out", type=PATH_TYPE, metavar="DIR", help="The directory for the site; it may replace an earlier one.")
@click.option("--with-attached", is_flag=True, help="Show attached texts: for your own use only.")
@click.pass_obj
def view(
    common: Common,
    doc_ids: tuple[str, ...],
    annotators: tuple[str, ...],
    compare: tuple[str, ...],
    out: Path | None,
    with_attached: bool,
) -> int:
    """Write annotated articles as pages for a browser.

    The pages need no server and no network: open DIR/index.html.

    Exit code: 0 written; 1 an annotation has errors in its structure, and its
    records are not shown; 2 the command could not run.

    Examples:

      corpus view --out site
      corpus view tram-crash-brief --compare ann-a,ann-b,gold --out site
    """
    from ..checks.suppress.suppressions import all_severities, read_suppressions
    from ..core.schema import Schema
    from ..core.settings import read_settings
    from ..view.findings import Policy
    from ..view.site import Choice, write_site

    root = common.root()
    schema = Schema.read(root)
    if out is None:
        raise CorpusError("say where the site goes: --out DIR")
    folder = common.make_named(out)
    settings = read_settings(root, all_severities())
    policy = Policy(settings.severity, read_suppressions(root, today()))
    run = described(root, common.given_root, (), settings.severity, 0)
    written = write_site(root, schema, folder, Choice(doc_ids, annotators, compare, with_attached, policy), run)
    for problem in written.refused:
        warn(
            f"not shown: {problem.file}:{problem.line}:{problem.column} has an error, {problem.code}; fix it first: "
            f"corpus validate {problem.file}"
        )
    common.say(f"{named(out)}: {written.pages:,} page{'s' * (written.pages != 1)}; open index.html")
    return 1 if written.refused else 0
