"""Run over a corpus: map `compile_shard` over its shards, then reduce.

    index → shards of 256 documents → compile_shard, in this process or in several → Shards → Reduction

A shard has a fixed number of documents, so the result does not depend on the number of processes.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.context import SpawnContext, SpawnProcess
from pathlib import Path
from typing import Any

import pyarrow as pa

from ..core.model import CorpusError
from ..core.no_pandas import without_pandas
from ..core.schema import Schema
from ..files import Entry, Index
from .reduce import Reduction
from .shard import Shard, Task, compile_shard

DOCUMENTS = 256
"""Documents in a shard."""


def run_corpus(index: Index, task: Task, schema: Schema, workers: int = 1) -> Iterator[Shard]:
    """Yield every shard in order, then one with the findings that need more than one shard.

    `task` is a `Validation` or a `Compilation`. With more than one worker, the shards are compiled in
    that many processes. Raises what a worker raised.
    """
    reduction = Reduction(task.policy, task.selection)
    for shard in shards(index, task, schema, workers):
        reduction.add(shard)
        yield shard
    yield reduction.finish(index, schema)


def shards(index: Index, task: Task, schema: Schema, workers: int = 1) -> Iterator[Shard]:
    """Yield every shard in order, without the findings that need more than one."""
    if workers == 1:
        for entries in index.shards(DOCUMENTS):
            yield compile_shard(entries, index.root, index.unpacked, schema, task)
    else:
        yield from _in_processes(index, task, workers)


def _in_processes(index: Index, task: Task, workers: int) -> Iterator[Shard]:
    with _pool(workers, index.root, index.unpacked) as pool:
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


@contextmanager
def _pool(workers: int, root: Path, unpacked: Mapping[str, str]) -> Iterator[ProcessPoolExecutor]:
    context = _Spawning()
    pool = ProcessPoolExecutor(workers, context, initializer=_start_worker, initargs=(root, unpacked))
    try:
        yield pool
    except BrokenProcessPool:
        # The pool's own thread may overlook a worker that was just being started, and then waits for it for ever.
        for process in context.started:
            if process.pid is not None:
                process.terminate()
        raise CorpusError(
            "a worker process was killed before it finished, perhaps for want of memory: use fewer --workers"
        ) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


class _Spawning(SpawnContext):
    """Starts new processes and remembers them. A fork would inherit the locks of pyarrow's threads, not the threads."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[SpawnProcess] = []

    def Process(self, *args: Any, **options: Any) -> SpawnProcess:  # type: ignore[override]  # noqa: N802
        process = SpawnProcess(*args, **options)
        self.started.append(process)
        return process


_corpus: tuple[Path, Mapping[str, str], Schema] | None = None
"""In a worker: the corpus that it was started for. It is sent once, not with every shard."""


def _start_worker(root: Path, unpacked: Mapping[str, str]) -> None:
    global _corpus
    threading.Thread(target=_end_with_parent, daemon=True).start()
    without_pandas()
    pa.set_cpu_count(1)  # the workers share the processors already
    _corpus = root, unpacked, Schema.read(root)


def _end_with_parent() -> None:
    """Exit when the parent ends: after a SIGKILL of the parent, a worker would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _in_worker(entries: list[Entry], task: Task) -> Shard:
    assert _corpus is not None
    root, unpacked, schema = _corpus
    return compile_shard(entries, root, unpacked, schema, task)
