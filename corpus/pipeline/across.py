"""Ask the rules about several documents by buckets: tasks for the executor, which read the summaries of all parts.

    summaries of all parts ─ a bucket each → reduce_bucket ┐
                           ─ other columns ────────────────┴→ ask_rules → Candidates → placed, in the command itself

A bucket has all items that can be equal, such as the sentences with one hash, so a task finds what the documents of the
whole corpus have in common. The same functions run without tasks where a corpus is one partition (`Corpus.of_buckets`).
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa

from ..checks.corpus import NEAR, SHARED, Corpus
from ..checks.corpus_wide import CORPUS_WIDE, candidates
from ..checks.keyed import Context, Tallied
from ..core.bucketed import BUCKETS
from ..core.model import CorpusError
from ..core.no_pandas import without_pandas
from ..files.known_hashes import KNOWN, KnownHashes
from ..files.releases import LastRelease
from ..files.storage import Storage
from ..splits.containment import Shared
from .executors import Engine, InProcess, Lost, run_all
from .part import SUMMARIES, Part, schema_of
from .summaries import DividedSummaries

_TALLIED = {rule.code: rule for rule in CORPUS_WIDE if isinstance(rule, Tallied)}
_DOCUMENTS = 25_000
"""Documents for each task: of fewer, a task takes several buckets."""


@dataclass(frozen=True, slots=True)
class Summarised:
    """The parts of a corpus, as far as the rules about several documents read them."""

    parts: Storage
    names: tuple[str, ...]
    digests: tuple[str, ...]
    """The SHA-256 of the summaries of each part."""
    count: int
    """How many documents have a summary."""

    @property
    def key(self) -> str:
        """A hash of the summaries."""
        return hashlib.sha256("\n".join(self.digests).encode()).hexdigest()[:32]

    @classmethod
    def of(cls, parts: Storage, done: Sequence[Part]) -> Summarised:
        """Return the summaries of some parts, in the order of their documents."""
        has = [part for part in done if part.summaries]
        names, digests = tuple(part.name for part in has), tuple(part.summaries_sha256 for part in has)
        return cls(parts, names, digests, sum(part.summaries for part in has))

    def read(self) -> DividedSummaries:
        """Return the summaries, whose columns are read when they are asked for."""
        opened = [partial(self.parts.open_input, f"{name}/{SUMMARIES}") for name in self.names]
        return DividedSummaries(opened, self.count)


@dataclass(frozen=True, slots=True)
class BucketTask:
    """Some buckets that are reduced together: for `NEAR`, `SHARED` or the code of a `Tallied` rule."""

    summaries: Summarised
    what: str
    buckets: range


@dataclass(frozen=True, slots=True)
class RulesTask:
    """All rules, with what was found in buckets."""

    summaries: Summarised
    schema: str
    release: LastRelease
    complete: bool
    whole: bool
    found: Mapping[str, Sequence[Any]]


def is_sound(part: tuple[Storage, str, str]) -> bool:
    """Return True if the summaries of a part have the bytes that were written: storage, name, SHA-256."""
    storage, name, digest = part
    return KnownHashes(None, "").sha256(storage, f"{name}/{SUMMARIES}") == digest


@dataclass(frozen=True, slots=True)
class Spilled:
    """Stands for what was found in a bucket, which is in a file and does not pass through the command itself."""

    name: str
    sha256: str

    @classmethod
    def of(cls, found: Shared, task: BucketTask, bucket: int) -> Spilled:
        """Write what was found. Two commands that do it at once write the same bytes."""
        data = pickle.dumps(found, 5)
        name = f"{KNOWN}/{task.what}-{bucket}-{task.summaries.key}.pickle"
        task.summaries.parts.write(name, data)
        return cls(name, hashlib.sha256(data).hexdigest())

    def read(self, parts: Storage) -> Shared:
        """Return what was found. Raises OSError if the file does not have the bytes that were written."""
        data = b"".join(parts.blocks(self.name))
        # Pickle runs what it reads: only bytes that this run wrote may reach it.
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise OSError(self.name)
        found: Shared = pickle.loads(data)
        return found


def reduce_bucket(task: BucketTask) -> list[Any]:
    """Return what is found in each bucket of a task. Raises OSError for a file that is damaged or missing."""
    without_pandas()
    corpus = Corpus(task.summaries.read())
    find: Callable[[int], Any]
    if task.what in _TALLIED:
        find = partial(_TALLIED[task.what].counted, corpus)
    else:
        find = {NEAR: corpus.near_in, SHARED: corpus.shared_in}[task.what]
    found = ((bucket, find(bucket)) for bucket in task.buckets)
    return [Spilled.of(one, task, bucket) if isinstance(one, Shared) else one for bucket, one in found]


def ask_rules(task: RulesTask) -> dict[str, list[Any]]:
    """Return the candidates of each rule (`corpus_wide.candidates`), by its code."""
    without_pandas()
    release, parts = task.release, task.summaries.parts
    found = {
        what: [one.read(parts) if isinstance(one, Spilled) else one for one in of] for what, of in task.found.items()
    }
    corpus = Corpus(task.summaries.read(), release.by_id, release.version, task.complete, whole=task.whole, found=found)
    released = release.by_id, release.by_text, release.texts, release.licences
    context = Context(schema_of(task.schema), release.version, *released, task.complete)
    return {rule.code: candidates(rule, corpus, context) for rule in CORPUS_WIDE}


def ask_in_buckets(
    summaries: Summarised, schema: str, release: LastRelease, complete: bool, whole: bool, engine: Engine
) -> dict[str, list[Any]]:
    """Return the candidates of each rule, found by tasks. Raises CorpusError."""
    size = min(BUCKETS, max(1, BUCKETS * _DOCUMENTS // max(1, summaries.count)))
    tasks = [
        BucketTask(summaries, what, range(first, min(BUCKETS, first + size)))
        for what in (SHARED, NEAR, *_TALLIED)
        for first in range(0, BUCKETS, size)
    ]
    found: dict[str, list[Any]] = {}
    spilled: list[Spilled] = []
    every = [(summaries.parts, *one) for one in zip(summaries.names, summaries.digests, strict=True)]
    try:
        for (_, name, _), sound in zip(every, run_all(engine, is_sound, every), strict=True):
            if sound is not True:
                raise OSError(f"{name}/{SUMMARIES}")
        for task, results in zip(tasks, run_all(engine, reduce_bucket, tasks), strict=True):
            if isinstance(results, Lost):
                raise CorpusError(_KILLED)
            found.setdefault(task.what, []).extend(results)
            spilled += [one for one in results if isinstance(one, Spilled)]
        last = RulesTask(summaries, schema, release, complete, whole, found)
        # A release is read where it is: it may not be reached from elsewhere, and is as large as the corpus.
        (asked,) = run_all(Engine(InProcess(), 1) if release.version else engine, ask_rules, [last])
    except (OSError, pa.ArrowException) as error:
        parts = summaries.parts
        raise CorpusError(f"{parts} is damaged: delete {parts} and run the command again ({error})") from None
    finally:
        for one in spilled:
            summaries.parts.delete(one.name)
    if isinstance(asked, Lost):
        raise CorpusError(_KILLED)
    return asked


_KILLED = "the worker that compared all documents was killed each time, perhaps for want of memory"
