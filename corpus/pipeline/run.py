"""Run over a corpus: map, then reduce.

    one partition     index → shards of 256 documents → compile_shard ┐
    many partitions   partition → build_partition → part → Shard      ┴→ Shards → Reduction → a last Shard

What is mapped runs in this process or in several, or, if it is partitions, on other machines (`executors`). A shard has
a fixed number of documents and ends where its partition ends, so the result does not depend on who computes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, Protocol

from ..core.model import CorpusError
from ..core.no_pandas import without_pandas
from ..core.schema import Schema
from ..files import Entry, Index, Reader
from ..files.storage import Storage
from .executors import Engine, InProcess, Lost, Processes, run_all
from .part import Part, PartTask, build_partition, read_part
from .part_files import part_shard
from .partitioned import PartitionedLookUp
from .partitions import Partition
from .reduce import Divided, IndexLookUp, Reduction
from .shard import DOCUMENTS, Shard, Task, compile_shard
from .tables.parquet import Written
from .whole_part import keep_whole, release_files, whole_key, whole_name


class PartTables(NamedTuple):
    """Where tables are: a directory, a folder in it, its files, and the SHA-256 of the file with their streams."""

    storage: Storage
    folder: str
    tables: Sequence[Written]
    streams: str


class CorpusRun(Protocol):
    """A corpus that can be run over."""

    @property
    def root(self) -> Path:
        """The corpus, or of a corpus in object storage a directory with the files that are not of articles."""

    @property
    def documents(self) -> int:
        """The number of documents."""

    @property
    def engine(self) -> Engine:
        """Where further work of the run is done."""

    @property
    def kept(self) -> Storage | None:
        """Where results are kept from run to run, None if they are not."""

    @property
    def key(self) -> str:
        """A hash of all files of articles and annotations and of the settings, "" if they are not known to be read."""

    def shards(self, task: Task, schema: Schema) -> Iterator[Shard]:
        """Yield every shard in order, then one with the findings that need more than one shard."""

    def tables(self) -> Iterator[PartTables]:
        """Yield the tables that no shard has."""


@dataclass(frozen=True, slots=True)
class IndexRun:
    """A run over a corpus as one partition, which this machine reads."""

    index: Index
    workers: int = 1

    @property
    def root(self) -> Path:
        """The corpus."""
        return self.index.root

    @property
    def documents(self) -> int:
        """The number of documents that are indexed."""
        return len(self.index)

    @property
    def engine(self) -> Engine:
        """This process."""
        return Engine(InProcess(), 1)

    @property
    def kept(self) -> None:
        """Nothing is kept."""

    @property
    def key(self) -> str:
        """No hash: files are read when the shards are asked for."""
        return ""

    def shards(self, task: Task, schema: Schema) -> Iterator[Shard]:
        """Yield every shard in order, then one with the findings that need more than one shard."""
        return run_corpus(self.index, task, schema, self.workers)

    def tables(self) -> Iterator[PartTables]:
        """Yield nothing: the shards have all tables."""
        yield from ()


@dataclass(frozen=True)
class PartsRun:
    """A run over a corpus whose partitions were built."""

    root: Path
    partitions: Sequence[Partition]
    common: PartTask
    """What the tasks of all partitions have in common."""
    parts: Sequence[Part | Lost]
    engine: Engine
    is_kept: bool = False
    """True if the parts are kept from run to run."""

    @property
    def documents(self) -> int:
        """The number of documents in all parts."""
        return sum(part.documents for part in self.done)

    @property
    def done(self) -> list[Part]:
        """The parts that exist."""
        return [part for part in self.parts if isinstance(part, Part)]

    def shards(self, task: Task, schema: Schema) -> Iterator[Shard]:
        """Yield a shard for each part, then one with the findings that need more than one.

        Raises CorpusError, after the shards of the other parts, if a partition killed its worker each time.
        """
        reduction = Reduction(task.policy, task.selection)
        for part in self.done:
            shard = part_shard(self.common.parts, part)
            reduction.add(shard)
            yield shard
        found = zip(self.partitions, self.parts, strict=True)
        if lost := [partition.files[0] for partition, part in found if isinstance(part, Lost)]:
            raise CorpusError(
                f"{', '.join(lost)}: the worker was killed each time, perhaps for want of memory; "
                f"{len(self.done):,} of {len(self.parts):,} partitions are done"
            )
        if known := read_part(self.common.parts, self.whole, None) if self.whole else None:
            yield part_shard(self.common.parts, known)
            return
        kept = self.kept if self.key else None
        names = {one.name: part.name for one, part in zip(self.partitions, self.done, strict=True)}
        look = PartitionedLookUp(self.partitions, self.common, self.engine, kept, names)
        settings = repr((self.common.versions, self.common.schema, self.released))
        divided = Divided(self.common.parts, self.done, self.common.schema, self.engine, kept, settings)
        last = reduction.finish(self.root, self.documents, look, schema, divided=divided)
        look.save()
        if self.whole:
            keep_whole(self.common.parts, self.whole, last)
        yield last

    @property
    def kept(self) -> Storage | None:
        """Where parts are kept from run to run, None if they are not."""
        return self.common.parts if self.is_kept else None

    @cached_property
    def key(self) -> str:
        """A hash of everything that the findings depend on, "" if it is not known or a part is missing."""
        if len(self.done) < len(self.parts) or self.released is None:
            return ""
        return whole_key(self.common, self.done, self.released)

    @cached_property
    def released(self) -> Sequence[tuple[str, str]] | None:
        """The name and the SHA-256 of each file of the last release, None if it cannot be read."""
        return release_files(self.common.task.selection.releases_of or self.root, self.kept)

    @property
    def whole(self) -> str:
        """The name of the part with the findings about several documents, "" if none is kept."""
        return whole_name(self.common, self.key) if self.key and self.is_kept else ""

    def tables(self) -> Iterator[PartTables]:
        """Yield the tables of each part."""
        for part in self.done:
            yield PartTables(self.common.parts, part.name, part.tables, part.streams_sha256)


def build_parts(
    partitions: Sequence[Partition],
    common: PartTask,
    engine: Engine,
    done: Callable[[Part | None], object] = lambda part: None,
) -> list[Part | Lost | None]:
    """Return the part of each partition, None for one that does not exist and may not be made.

    `common` is what the partitions have in common; each gets its own part of the suppressions. `done` gets each part
    when it is there. Raises what `build_partition` raises.
    """
    work = [replace(common, partition=one, task=common.task.of(one)) for one in partitions]
    return run_all(engine, build_partition, work, done)


def run_corpus(index: Index, task: Task, schema: Schema, workers: int = 1) -> Iterator[Shard]:
    """Yield every shard in order, then one with the findings that need more than one shard.

    `task` is a `Validation` or a `Compilation`. With more than one worker, the shards are compiled in
    that many processes. Raises what a worker raised.
    """
    reduction = Reduction(task.policy, task.selection)
    for shard in shards(index, task, schema, workers):
        reduction.add(shard)
        reduction.summarise(shard.summaries)
        yield shard
    with Reader(index.root, index.unpacked) as reader:
        yield reduction.finish(index.root, len(index), IndexLookUp(index, reader, schema), schema, index)


def shards(index: Index, task: Task, schema: Schema, workers: int = 1) -> Iterator[Shard]:
    """Yield every shard in order, without the findings that need more than one."""
    if workers == 1:
        for entries in index.shards(DOCUMENTS):
            yield compile_shard(entries, index.root, index.unpacked, schema, task)
    else:
        yield from _in_processes(index, task, workers)


def _in_processes(index: Index, task: Task, workers: int) -> Iterator[Shard]:
    try:
        with Processes(workers, _open_corpus, index.root, index.unpacked) as pool:
            ahead: list[Future[Shard]] = []
            for entries in index.shards(DOCUMENTS):
                # A long list of suppressions would otherwise be sent with every shard.
                own = task.of({entry.doc_id for entry in entries})
                ahead.append(pool.submit(_in_worker, entries, own))
                # One more than there are workers keeps each busy; results that wait take memory.
                if len(ahead) > workers:
                    yield ahead.pop(0).result()
            while ahead:
                yield ahead.pop(0).result()
    except BrokenProcessPool:
        raise CorpusError(
            "a worker process was killed before it finished, perhaps for want of memory: use fewer --workers"
        ) from None


_corpus: tuple[Path, Mapping[str, str], Schema] | None = None
"""In a worker: the corpus that it was started for. It is sent once, not with every shard."""


def _open_corpus(root: Path, unpacked: Mapping[str, str]) -> None:
    global _corpus
    without_pandas()
    _corpus = root, unpacked, Schema.read(root)


def _in_worker(entries: list[Entry], task: Task) -> Shard:
    assert _corpus is not None
    root, unpacked, schema = _corpus
    return compile_shard(entries, root, unpacked, schema, task)
