"""`corpus view`: annotated articles as pages for a browser."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from ..core.model import CorpusError
from .options import PATH_TYPE, Common, NameList, Number, Verb, named, today, warn
from .outputs import described

if TYPE_CHECKING:
    from ..view.build import Written

_PORT = 8765
_PATIENCE = 5.0
"""The seconds that agreement may take to be measured again while the site is shown."""


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
@click.option("--out", type=PATH_TYPE, metavar="DIR", help="The directory for the site; an earlier one is updated.")
@click.option("--serve", is_flag=True, help="Show the site at an address of this computer, and follow changes.")
@click.option(
    "--port", type=Number(int, 0, 65535), metavar="N", help=f"The port for --serve, 0 for any; default: {_PORT}."
)
@click.option("--with-attached", is_flag=True, help="Show attached texts: for your own use only.")
@click.pass_obj
def view(
    common: Common,
    doc_ids: tuple[str, ...],
    annotators: tuple[str, ...],
    compare: tuple[str, ...],
    out: Path | None,
    serve: bool,
    port: int | None,
    with_attached: bool,
) -> int:
    """Write annotated articles as pages for a browser.

    index.html is the page of the corpus: counts by split, layer and label,
    agreement, hard cases, stories, and a search over texts and records. The pages
    need no server and no network. A further run writes the pages of changed
    articles only, deletes those of articles that are gone, and keeps files that it
    did not write.

    --serve shows the site at http://127.0.0.1:PORT/, which only this computer can
    reach, and brings it up to date while you edit the corpus: open pages reload
    themselves. Ctrl-C ends it. Without --out, the site is temporary.

    Exit code: 0 written; 1 an annotation has errors in its structure, and its
    records are not shown; 2 the command could not run.

    Examples:

      corpus view --out site
      corpus view tram-crash-brief --compare ann-a,ann-b,gold --out site
      corpus view --serve
    """
    from ..files.lock import filling
    from ..view.owned import owned

    if out is None and not serve:
        raise CorpusError("say where the site goes, --out DIR, or show it, --serve")
    if port is not None and not serve:
        raise CorpusError("--port is the port of --serve")
    root = common.root()
    with ExitStack() as stack:
        if out is None:
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="corpus-view-", ignore_cleanup_errors=True)))
        else:
            folder = named(out)
            refuse_content(root, folder)
            owned(folder)  # Raises before anything in a directory of other files is touched.
            stack.enter_context(filling(root, folder, warn))
        site = Site(common, root, folder, doc_ids, annotators, compare, with_attached)
        written = site.write()
        if not serve:
            common.say(f"{folder}: {site.summary}; open index.html")
            return 1 if written.refused else 0
        return serve_site(common, site, _PORT if port is None else port, written.files, written.seconds)


@dataclass(slots=True)
class Site:
    """The site to write, and to write again."""

    common: Common
    root: Path
    folder: Path
    doc_ids: tuple[str, ...]
    annotators: tuple[str, ...]
    compare: tuple[str, ...]
    with_attached: bool
    summary: str = ""

    def write(self, measure_again: bool = True) -> Written:
        """Write what changed, and warn of annotations that are not shown."""
        from ..checks.suppress.suppressions import all_severities, read_suppressions
        from ..core.schema import Schema
        from ..core.settings import read_settings
        from ..view.build import write_site
        from ..view.findings import Policy
        from ..view.site import Choice

        schema = Schema.read(self.root)
        severity = read_settings(self.root, all_severities()).severity
        policy = Policy(severity, read_suppressions(self.root, today()))
        choice = Choice(self.doc_ids, self.annotators, self.compare, self.with_attached, policy)
        info = described(self.root, self.common.given_root, (), severity, 0)
        with self.common.bar(unit="doc") as bar:
            written = write_site(
                self.root, schema, self.folder, choice, info, progress=bar.update, measure_again=measure_again
            )
        for file, line, column, code in written.refused:
            warn(f"not shown: {file}:{line}:{column} has an error, {code}; fix it first: corpus validate {file}")
        if written.left_out:
            count = _count(written.left_out, "article")
            warn(f"left out: {count} of which nothing may be published; see --with-attached")
        self.summary = f"{_count(written.pages, 'page')}, {_count(len(written.changed), 'file')} changed"
        return written


def serve_site(common: Common, site: Site, port: int, files: Collection[str], seconds: float) -> int:
    """Show a site that was written, and follow the changes of its corpus until the command is interrupted.

    `seconds` is how long it took to measure the agreement: if long, it is not measured after each change.
    """
    from ..view.serve import Live, follow, serving

    def again() -> Iterator[Written]:
        yield (written := site.write(measure_again=False))
        if written.outdated and seconds <= _PATIENCE:
            yield site.write()

    live = Live(files)
    with suppress(KeyboardInterrupt), serving(site.folder, live, port) as server:
        print(f"{server.address}", flush=True)
        common.say("Ctrl-C ends it")
        follow(site.root, live, again, common.say)
    common.say("ended")
    return 0


def refuse_content(root: Path, folder: Path) -> None:
    """Raise CorpusError for a directory that holds the content of the corpus, or is in one that does."""
    from ..files.lock import CONTENT

    for name in (*CONTENT, "releases"):
        if folder.is_relative_to(root / name):
            raise CorpusError(f"{folder} is in {name}/, which holds the content of the corpus: name another directory")


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' * (count != 1)}"
