"""One shard of files → columns and Problems, as one pure function, and the map of it over processes.

`compile_shard` needs nothing but its arguments, so any engine can map it: here a process pool, on a
cluster whatever is there. Shards have a fixed number of documents, so what comes out does not
depend on how many processes there were.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import pickle
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import pyarrow as pa

from . import checks
from .cache import Cache, Known, Store
from .checks import across
from .checks.summary import Corpus, Name, Summary, summarise
from .checks.summary import names as names_of
from .files import Entry, Index, Reader, by_document
from .model import GOLD, Document, Problem, Severity
from .places import position
from .released import released_splits
from .schema import Schema
from .tables import Batches, Row, build
from .waivers import NONE, Ledger, Unasked, Used, Waivers, rules_found

DOCUMENTS = 256
"""Documents in a shard."""
_KEPT = 10_000
"""Problems of a shard that are kept in memory; more go to disk."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is the same for every shard of a run."""

    root: Path
    unpacked: Mapping[str, str]
    severities: Mapping[str, Severity]
    tables: bool = False
    """Whether columns are wanted, or the Problems only."""
    with_attached: bool = False
    """Whether texts that may not be passed on go into the columns where they are attached."""
    waivers: Waivers = NONE
    """The findings that are let pass."""
    show_excepted: bool = False
    """Whether those are reported, as info."""
    whole: bool = True
    """Whether it is a run over the whole corpus, which alone can say that an exception is not needed."""
    about: frozenset[str] | None = None
    """The documents whose findings are wanted, None for all; the corpus-wide questions know of all the same."""
    files: frozenset[str] = frozenset()
    """With `about`, the files of which what belongs to no document is wanted too."""
    cache: Store | None = None
    """Where it is kept which documents have no finding, and the summaries; unused when `tables` are wanted."""

    def asks(self, entry: Entry) -> bool:
        """Whether the findings of a part, and of the document it belongs to, are wanted."""
        return self.about is None or (entry.doc_id in self.about if entry.doc_id else entry.path in self.files)


class Problems:
    """Problems in their order, in memory while they are few and on disk when they are many."""

    def __init__(self) -> None:
        self._kept: list[Problem] = []
        self._file = ""

    def add(self, problem: Problem) -> None:
        """Put a Problem behind the others."""
        self._kept.append(problem)
        if len(self._kept) >= _KEPT:
            if not self._file:
                handle, self._file = tempfile.mkstemp(prefix="corpus-problems-")
                os.close(handle)
            with open(self._file, "ab") as file:
                pickle.dump(self._kept, file)
            self._kept = []

    def __iter__(self) -> Iterator[Problem]:
        if self._file:
            with open(self._file, "rb") as file:
                while file.peek(1):
                    yield from pickle.load(file)
        yield from self._kept

    def close(self) -> None:
        """Delete what is on disk."""
        if self._file:
            os.unlink(self._file)
            self._file = ""


@dataclass(slots=True)
class Shard:
    """What came of a shard: its columns, `batches[split][config]`, its Problems, and how many are errors.

    `used` counts what was let pass, by what let it pass; `unasked` holds the levels of which a document
    was not asked, since it had failed others. `summaries` are of the documents that are sound, for the
    corpus-wide questions.
    """

    documents: int = 0
    problems: Problems = field(default_factory=Problems)
    errors: int = 0
    batches: dict[str, Batches] = field(default_factory=dict)
    used: Used = field(default_factory=Counter)
    unasked: Unasked = field(default_factory=dict)
    summaries: list[Summary] = field(default_factory=list)

    def add(self, problem: Problem) -> None:
        """Put a Problem behind the others."""
        self.problems.add(problem)
        self.errors += problem.severity == "error"


def compile_shard(entries: list[Entry], job: Job, schema: Schema) -> Shard:
    """Read, check and (when `job.tables`) compile the documents of `entries`.

    The garbage collector rests meanwhile: nothing here is circular, and it would walk every record
    of the shard again and again.
    """
    gc.disable()
    try:
        with Reader(job.root, job.unpacked) as reader:
            return _compile(entries, reader, job, schema)
    finally:
        gc.enable()


def _compile(entries: list[Entry], reader: Reader, job: Job, schema: Schema) -> Shard:
    shard = Shard()
    ledger = Ledger(job.waivers, job.show_excepted, shard.used)
    rows: list[Row] = []
    doc_ids = {entry.doc_id for entry in entries if entry.doc_id}
    with Cache(job.cache if not job.tables else None, doc_ids) as cache:
        for group in by_document(entries):
            doc_id, asked = group[0].doc_id, job.asks(group[0])
            shard.documents += bool(doc_id)
            digest = reader.digest(group) if cache.usable and doc_id else None
            known = cache.known(doc_id, digest) if digest else None
            if known is None or (asked and not known.clean):
                found = reader.documents(group)
                known = _check(found, job, schema, ledger, shard) if asked else _check(found, job, schema)
                if digest:
                    cache.add(doc_id, digest, known)
                if job.tables and not shard.errors and found:
                    row = _row(found, job)
                    if row is not None:
                        rows.append(row)
            if known.summary:
                shard.summaries.append(known.summary)
    if rows and not shard.errors:
        shard.batches = build(rows, schema)
    return shard


def _check(
    found: list[Document], job: Job, schema: Schema, ledger: Ledger | None = None, shard: Shard | None = None
) -> Known:
    """Ask about the documents of one doc_id; what is found goes to `shard`, or is not wanted."""
    ledger, shard = ledger or Ledger(job.waivers), shard or Shard()
    failed: set[int] = set()
    sound: list[Document] = []
    clean = True

    def settle(problem: Problem) -> Problem | None:
        nonlocal clean
        clean = False
        return ledger.settle(problem)

    for document in found:
        levels = failed if document.annotation is None else checks.inherited(failed)
        before = frozenset(levels)
        for problem in checks.run(document, schema, levels, job.severities, settle):
            shard.add(problem)
        if skipped := checks.unasked(before, levels):
            annotator = document.annotation.annotator if document.annotation else ""
            shard.unasked[document.doc_id, annotator] = skipped
        if 6 not in skipped and (sound or document.annotation is None):
            sound.append(document)
    return Known(clean, summarise(sound, schema) if sound else None)


def _row(found: list[Document], job: Job) -> Row | None:
    """What the document has for the tables; None for what is in no split, or may not be passed on at all."""
    article = found[0].article
    if not article.record.get("split"):
        return None
    if article.record.get("redistribution") == "none" and not job.with_attached:
        return None
    annotations = [document.annotation for document in found if document.annotation is not None]
    gold = next((annotation for annotation in annotations if annotation.annotator == GOLD), None)
    others = [annotation for annotation in annotations if annotation.annotator != GOLD]
    text = article.text if article.redistributable or job.with_attached else None
    return Row(article, text, gold, others)


def run(index: Index, job: Job, schema: Schema, workers: int = 1) -> Iterator[Shard]:
    """Every shard of the corpus, compiled, in order, and one without documents for what `job.waivers` say.

    With more than one worker, that many processes do it, each with memory of its own. Raises what a
    worker raised.
    """
    used: Used = Counter()
    unasked: Unasked = {}
    named = job.waivers.doc_ids
    summaries: list[Summary] = []
    for shard in shards(index, job, schema, workers):
        used.update(shard.used)
        unasked.update((key, levels) for key, levels in shard.unasked.items() if key[0] in named)
        summaries += shard.summaries
        yield shard
    last = _across(index, job, schema, summaries)
    used.update(last.used)
    waivers = job.waivers.without(unasked)
    if not job.whole:
        waivers = waivers.about(lambda doc_id: bool(index.entries(doc_id)), index.files)
    for problem in rules_found(waivers, used, job.whole, job.severities):
        last.add(problem)
    yield last


def _across(index: Index, job: Job, schema: Schema, summaries: list[Summary]) -> Shard:
    """What the corpus-wide rules find, as a shard without documents."""
    last = Shard()
    ledger = Ledger(job.waivers, job.show_excepted, last.used)
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
        for problem in across.run(corpus, schema, job.severities, ledger.settle):
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
            own = replace(job, waivers=job.waivers.of({entry.doc_id for entry in entries}))
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
