"""What `corpus view` does for a site: write it, bring it up to date, serve it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.model import CorpusError
from .options import Common, today, warn
from .outputs import described

if TYPE_CHECKING:
    from ..view.build import Written

_PATIENCE = 5.0
"""The seconds that agreement may take to be measured again while the site is shown."""


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
    warned: tuple[str, ...] = ()
    """What the last run warned of, which is not said again after each change."""

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
        info = described(self.root, None, (), severity, 0)  # A path of this computer is not for readers of the site.
        with self.common.bar(unit="doc") as bar:
            written = write_site(
                self.root, schema, self.folder, choice, info, progress=bar.update, measure_again=measure_again
            )
        warnings = [
            f"not shown: {file}:{line}:{column} has an error, {code}; fix it first: corpus validate {file}"
            for file, line, column, code in written.refused
        ]
        if written.left_out:
            count = _count(written.left_out, "article")
            warnings.append(f"left out: {count} of which nothing may be published; see --with-attached")
        for one in warnings:
            if one not in self.warned:
                warn(one)
        self.warned = tuple(warnings)
        self.summary = f"{_count(written.pages, 'page')}, {_count(len(written.changed), 'file')} changed"
        return written


def serve_site(common: Common, site: Site, port: int, written: Written) -> int:
    """Show a site that was written, and follow the changes of its corpus until the command is interrupted.

    `written` is what the first run did: if it took long to measure the agreement, it is not measured after each change.
    """
    from ..view.serve import Live, follow, serving

    def again() -> Iterator[Written]:
        yield (step := site.write(measure_again=False))
        if step.outdated and written.seconds <= _PATIENCE:
            yield site.write()

    live = Live(written.files)
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
