"""Open a corpus for a run: as its partitions, built where the user asked for, or as one partition on this machine."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ..core.model import CorpusError
from ..core.schema import Schema
from ..files import Index
from ..files.storage import Storage
from ..files.writer import temporary_beside
from .executors import Engine, local_engine
from .part import Part, PartTask, part_task
from .partitions import Partition, PartitionError, find_partitions
from .run import CorpusRun, IndexRun, PartsRun, build_parts
from .shard import Task, Validation


@dataclass(frozen=True, slots=True)
class Resources:
    """Where a run is done, and where its parts are kept."""

    workers: int = 1
    """Processes of this machine."""
    executor: str = ""
    """The address of a Dask cluster, "" for this machine."""
    parts: Storage | None = None
    """Where parts are kept from run to run, None if they are not."""
    make: bool = True
    """False if all parts must exist already."""
    beside: Path | None = None
    """What is going to be made: temporary parts are on the same disk. None for the temporary directory."""

    @property
    def needs_partitions(self) -> bool:
        """True if the run cannot be done without partitions."""
        return bool(self.executor) or not self.make


@dataclass(frozen=True, slots=True)
class CorpusFiles:
    """Where a corpus is: its articles and annotations, and a directory of this machine with its other files."""

    root: Path
    storage: Storage


def local_corpus(root: Path) -> CorpusFiles:
    """Return a corpus on this machine."""
    return CorpusFiles(root, Storage(root))


ON_THIS_MACHINE = Resources()
Done = Callable[[Part | None], object]
"""Gets each part when it is there."""


@contextmanager
def open_run(
    corpus: CorpusFiles, task: Task, schema: Schema, how: Resources = ON_THIS_MACHINE, done: Done = lambda part: None
) -> Iterator[CorpusRun]:
    """Build the partitions of a corpus and yield the run over them; without partitions, yield a run over an index.

    Raises CorpusError if it must have partitions and has none, or if parts that must exist are missing.
    """
    with ExitStack() as stack:
        run: CorpusRun | None = None
        needed = how.needs_partitions or not corpus.storage.is_local
        try:
            partitions = find_partitions(corpus.storage)
            if len(partitions) > 1 or needed:
                run = _parts_run(stack, partitions, corpus, task, schema, how, done)
        except PartitionError as error:
            if needed:
                raise CorpusError(f"{error}: `corpus repartition` divides a corpus into partitions") from None
        if run is None:
            run = IndexRun(stack.enter_context(Index(corpus.root)), how.workers)
        yield run


def build_rank(
    corpus: CorpusFiles, task: Task, schema: Schema, how: Resources, rank: int, ranks: int, done: Done
) -> int:
    """Build every `ranks`-th partition, from the `rank`-th on (from 1), and return their number. Raises CorpusError."""
    assert how.parts is not None
    try:
        own = find_partitions(corpus.storage)[rank - 1 :: ranks]
        with ExitStack() as stack:
            engine, common = _prepared(stack, own, corpus, task, schema, how, how.parts)
            parts = build_parts(own, common, engine, done)
    except PartitionError as error:
        raise CorpusError(f"{error}: `corpus repartition` divides a corpus into partitions") from None
    if lost := [one.files[0] for one, part in zip(own, parts, strict=True) if not isinstance(part, Part)]:
        raise CorpusError(f"{', '.join(lost)}: the worker was killed each time, perhaps for want of memory")
    return len(own)


def _parts_run(
    stack: ExitStack,
    partitions: Sequence[Partition],
    corpus: CorpusFiles,
    task: Task,
    schema: Schema,
    how: Resources,
    done: Done,
) -> PartsRun:
    store = how.parts or Storage(_temporary(stack, how.beside))
    engine, common = _prepared(stack, partitions, corpus, task, schema, how, store)
    parts = build_parts(partitions, replace(common, make=how.make), engine, done)
    if missing := [one.files[0] for one, part in zip(partitions, parts, strict=True) if part is None]:
        shown = ", ".join(missing[:5]) + f" and {len(missing) - 5:,} more" * (len(missing) > 5)
        raise CorpusError(f"{store} has no part of {shown}: run the ranks that did not end, then --finish")
    found = [part for part in parts if part is not None]
    return PartsRun(corpus.root, partitions, common, found, engine, how.parts is not None)


def _prepared(
    stack: ExitStack,
    partitions: Sequence[Partition],
    corpus: CorpusFiles,
    task: Task,
    schema: Schema,
    how: Resources,
    store: Storage,
) -> tuple[Engine, PartTask]:
    scratch = None
    if how.executor:
        from .dask import dask_engine

        engine = stack.enter_context(dask_engine(how.executor))
    else:
        # A worker that is killed leaves its temporary files: in a directory of this process they are deleted.
        scratch = _temporary(stack, None)
        engine = stack.enter_context(local_engine(min(how.workers, max(1, len(partitions)))))
    if isinstance(task, Validation) and not (engine.is_local and corpus.storage.is_local):
        task = replace(task, cache=None)
    return engine, part_task(corpus.storage, store, task, schema, scratch)


def _temporary(stack: ExitStack, beside: Path | None) -> Path:
    if beside is not None:
        return stack.enter_context(temporary_beside(beside))
    return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="corpus-", ignore_cleanup_errors=True)))
