"""One shard of files → columns and Problems, as one pure function, and the map of it over processes.

`compile_shard` needs nothing but its arguments, so any engine can map it: here a process pool, on a
cluster whatever is there. Shards have a fixed number of documents, so what comes out does not
depend on how many processes there were.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pyarrow as pa

from ..checks import corpus_wide
from ..checks.document_summary import Corpus, Name, Summary
from ..checks.document_summary import names as names_of
from ..checks.suppress.suppressions import SkippedLevels, Suppressor, Used, suppression_problems
from ..core.json_positions import position
from ..core.model import GOLD
from ..core.schema import Schema
from ..files import Entry, Index, Reader
from ..files.releases import released_splits
from .shard import Job, Shard, compile_shard

DOCUMENTS = 256
"""Documents in a shard."""


def run(index: Index, job: Job, schema: Schema, workers: int = 1) -> Iterator[Shard]:
    """Every shard of the corpus, compiled, in order, and one without documents for what `job.suppressions` say.

    With more than one worker, that many processes do it, each with memory of its own. Raises what a
    worker raised.
    """
    used: Used = Counter()
    skipped_levels: SkippedLevels = {}
    named = job.suppressions.doc_ids
    summaries: list[Summary] = []
    for shard in shards(index, job, schema, workers):
        used.update(shard.used)
        skipped_levels.update((key, levels) for key, levels in shard.skipped_levels.items() if key[0] in named)
        summaries += shard.summaries
        yield shard
    last = _across(index, job, schema, summaries)
    used.update(last.used)
    suppressions = job.suppressions.without(skipped_levels)
    if not job.whole:
        suppressions = suppressions.about(lambda doc_id: bool(index.entries(doc_id)), index.files)
    for problem in suppression_problems(suppressions, used, job.whole, job.severities):
        last.add(problem)
    yield last


def _across(index: Index, job: Job, schema: Schema, summaries: list[Summary]) -> Shard:
    """What the corpus-wide rules find, as a shard without documents."""
    last = Shard()
    suppressor = Suppressor(job.suppressions, job.show_excepted, last.used)
    version, released = released_splits(job.root)
    with Reader(job.root, index.unpacked) as reader:

        def place(doc_id: str, file: str, pointer: str) -> tuple[int, int]:
            entries = [entry for entry in index.entries(doc_id) if entry.path == file]
            return position(reader.documents(entries[:1])[0].source, pointer) if entries else (1, 1)

        @lru_cache(256)
        def names(doc_id: str) -> Sequence[Name]:
            """Read when there is something to tell of a document."""
            for document in reader.documents(index.entries(doc_id)):
                if document.annotation is not None and document.annotation.annotator == GOLD:
                    return names_of(document.annotation, document.article.text)
            return ()

        complete = job.whole and len(summaries) == len(index)
        corpus = Corpus(tuple(summaries), released, version, complete, job.about, place, names)
        for problem in corpus_wide.run(corpus, schema, job.severities, suppressor.suppress):
            last.add(problem)
    return last


def shards(index: Index, job: Job, schema: Schema, workers: int = 1) -> Iterator[Shard]:
    """Every shard of the corpus, compiled, in order; no question is asked about documents together."""
    if workers == 1:
        for entries in index.shards(DOCUMENTS):
            yield compile_shard(entries, job, schema)
        return
    with _pool(workers, job) as pool:
        ahead: list[Future[Shard]] = []
        for entries in index.shards(DOCUMENTS):
            own = replace(job, suppressions=job.suppressions.of({entry.doc_id for entry in entries}))
            ahead.append(pool.submit(_in_worker, entries, own))
            if len(ahead) > workers:
                yield ahead.pop(0).result()
        while ahead:
            yield ahead.pop(0).result()


@contextmanager
def _pool(workers: int, job: Job) -> Iterator[ProcessPoolExecutor]:
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker, initargs=(job.root,))
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


_schema: Schema | None = None


def _start_worker(root: Path) -> None:
    global _schema
    threading.Thread(target=_end_with_parent, daemon=True).start()
    pa.set_cpu_count(1)
    _schema = Schema.read(root)


def _end_with_parent() -> None:
    """A worker whose parent was killed would wait for work for good."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _in_worker(entries: list[Entry], job: Job) -> Shard:
    assert _schema is not None
    return compile_shard(entries, job, _schema)
