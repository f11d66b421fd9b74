"""The options of verbs whose work can be divided between processes and machines, and the run that they ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from ..core.model import CorpusError
from . import options
from .options import Common, PlaceType

if TYPE_CHECKING:
    from ..core.schema import Schema
    from ..files.storage import Storage
    from ..pipeline.open_run import CorpusFiles, Resources
    from ..pipeline.part import Part
    from ..pipeline.run import CorpusRun
    from ..pipeline.shard import Task


class Rank(click.ParamType[tuple[int, int]]):
    """RANK/RANKS, such as 17/200: which share of the partitions, from 1."""

    name = "rank"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """Return both numbers. Raises BadParameter."""
        if isinstance(value, tuple):
            return value
        one, slash, of = value.partition("/")
        if not (
            slash and one.isascii() and of.isascii() and one.isdigit() and of.isdigit() and 1 <= int(one) <= int(of)
        ):
            self.fail(f"{value!r} is not RANK/RANKS with a rank from 1, such as 17/200", param, ctx)
        return int(one), int(of)


_OPTIONS = (
    options.workers,
    click.option(
        "--executor",
        default="",
        metavar="ADDRESS",
        help="Process partitions on a Dask cluster: dask://HOST:PORT or dask:SCHEDULER-FILE.",
    ),
    click.option(
        "--rank",
        type=Rank(),
        metavar="I/N",
        help="Process every N-th partition only, from the I-th on; --finish ends the run.",
    ),
    click.option("--finish", is_flag=True, help="End a run whose partitions were processed with --rank."),
    click.option(
        "--parts",
        type=PlaceType(),
        metavar="DIR|URL",
        help="Keep what was made of each partition here, and use it again; see docs/scale.md.",
    ),
)


@dataclass(frozen=True, slots=True)
class Machines:
    """The values of these options."""

    workers: int = 1
    executor: str = ""
    rank: tuple[int, int] | None = None
    finish: bool = False
    parts: Path | str | None = None

    @property
    def used(self) -> bool:
        """True if an option other than --workers was given."""
        return bool(self.executor or self.rank or self.finish or self.parts is not None)

    def resources(self, corpus: CorpusFiles, kept: Storage | None = None, beside: Path | None = None) -> Resources:
        """Return where the run is done; `kept` is where parts are kept without --parts. Raises CorpusError."""
        from ..files.storage import Storage
        from ..pipeline.open_run import Resources

        parts = kept if self.parts is None else Storage(self.parts)
        if sum(map(bool, (self.executor, self.rank, self.finish))) > 1:
            raise CorpusError("--executor, --rank and --finish are three ways to divide the work: choose one")
        if parts is None and (self.executor or self.rank or self.finish):
            raise CorpusError("choose a directory with --parts, outside of the corpus, that all machines can reach")
        if parts and parts.is_within(corpus.storage):
            # A submission could bring parts that call everything clean.
            raise CorpusError(f"{parts} is in the corpus: choose --parts outside of it")
        return Resources(self.workers, self.executor, parts, not self.finish, beside)


def on_machines(command: Callable[..., int]) -> Callable[..., int]:
    """Add the options to a verb, which receives a Machines as `machines`."""
    from functools import wraps

    @wraps(command)
    def with_machines(*args: Any, **named: Any) -> int:
        values = {name: named.pop(name) for name in ("workers", "executor", "rank", "finish", "parts")}
        return command(*args, machines=Machines(**values), **named)

    decorated: Callable[..., int] = with_machines
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated


def corpus_of(common: Common) -> CorpusFiles:
    """Return where the corpus is, which may be in object storage. Raises CorpusError when there is none."""
    from ..files.remote_corpus import fetch_settings
    from ..files.storage import Storage
    from ..pipeline.open_run import CorpusFiles, local_corpus

    if not common.given_url:
        return local_corpus(common.root())
    storage = Storage(common.given_url)
    common.detail(f"corpus: {storage}")
    root = Path(click.get_current_context().with_resource(TemporaryDirectory(prefix="corpus-")))
    fetch_settings(storage, root)
    return CorpusFiles(root, storage)


@contextmanager
def opened(common: Common, corpus: CorpusFiles, task: Task, schema: Schema, how: Resources) -> Iterator[CorpusRun]:
    """Open the run, with a progress bar while partitions are processed; then delete the parts that it did not need."""
    from ..pipeline.open_run import open_run
    from ..pipeline.part_files import delete_others
    from ..pipeline.run import PartsRun

    with _bar(common) as done, open_run(corpus, task, schema, how, done) as run:
        yield run
        if how.parts and isinstance(run, PartsRun):
            delete_others(how.parts, run.done, run.whole, [one.name for one in run.partitions])


def run_rank(
    common: Common, corpus: CorpusFiles, task: Task, schema: Schema, how: Resources, rank: tuple[int, int]
) -> int:
    """Process the partitions of a rank, and return the exit code 0."""
    from ..pipeline.open_run import build_rank

    with _bar(common) as done:
        count = build_rank(corpus, task, schema, how, *rank, done)
    common.say(f"rank {rank[0]:,} of {rank[1]:,}: {count:,} partition{'s' * (count != 1)}, in {how.parts}")
    return 0


@contextmanager
def _bar(common: Common) -> Iterator[Callable[[Part | None], object]]:
    with common.bar(unit="doc") as bar:
        yield lambda part: bar.update(part.documents if part else 0)
