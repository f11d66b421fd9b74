"""Ask the rules about several documents by buckets: tasks for the executor, which read the summaries of all parts.

    summaries of all parts ─ a bucket each → reduce_bucket ┐
                           ─ other columns ────────────────┴→ ask_rules → candidates → placed, in the command itself

A bucket has all items that can be equal, such as the sentences with one hash, so a task finds what the documents of the
whole corpus have in common. The same functions run without tasks where a corpus is one partition (`Corpus.of_buckets`).
What an earlier run found is not asked again if nothing that it depends on changed (`remembered`).
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from ..checks.corpus import NEAR, SHARED, Corpus
from ..checks.corpus_wide import CORPUS_WIDE, TOGETHER, AcrossRule, candidates
from ..checks.keyed import Context, Counted, Tallied, Whole
from ..core.bucketed import BUCKETS
from ..core.model import CorpusError
from ..core.no_pandas import without_pandas
from ..files.known_hashes import KNOWN, KnownHashes
from ..files.releases import LastRelease
from ..files.storage import Storage
from ..splits.containment import Shared
from .executors import Engine, InProcess, Lost, run_all
from .part import SUMMARIES, Part, schema_of
from .remembered import Before, Remembered
from .summaries import DividedSummaries, PartFiles

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

    def changed(self, before: Before) -> PartFiles:
        """Return the files of the parts that changed, as they were and as they are."""
        names = [*(name for name, _ in before.old), *(self.names[number] for number in before.new)]
        return Summarised(self.parts, tuple(names), (), before.changed).read()

    def read(self) -> PartFiles:
        """Return their files, of which columns are read when they are asked for."""
        opened = [partial(self.parts.open_input, f"{name}/{SUMMARIES}") for name in self.names]
        return PartFiles(opened, self.count)


@dataclass(frozen=True, slots=True)
class BucketTask:
    """Some buckets that are reduced together: for `NEAR`, `SHARED` or the code of a `Tallied` rule."""

    summaries: Summarised
    what: str
    buckets: tuple[int, ...]
    before: Mapping[int, Before]
    """What is remembered of a bucket; of another one, everything is compared."""


class Reduced(NamedTuple):
    """What was found in a bucket, and the columns that were read."""

    found: Any
    columns: frozenset[str]


@dataclass(frozen=True, slots=True)
class RulesTask:
    """Rules that are asked, by the numbers of those in `TOGETHER`, with what was found in buckets."""

    summaries: Summarised
    schema: str
    release: LastRelease
    complete: bool
    whole: bool
    rules: tuple[int, ...]
    found: Mapping[str, Sequence[Any]]


class Asked(NamedTuple):
    """The candidates of rules that were asked together, by code, and the columns that were read."""

    candidates: dict[str, list[Any]]
    columns: frozenset[str]


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


def reduce_bucket(task: BucketTask) -> list[Reduced]:
    """Return what is found in each bucket of a task. Raises OSError for a file that is damaged or missing."""
    without_pandas()
    files = task.summaries.read()
    return [_reduced(task, DividedSummaries(files), bucket) for bucket in task.buckets]


def _reduced(task: BucketTask, summaries: DividedSummaries, bucket: int) -> Reduced:
    corpus = Corpus(summaries)
    found: Any
    if task.what == SHARED:
        found = Spilled.of(corpus.shared_in(bucket), task, bucket)
    elif task.what == NEAR:
        found = corpus.near_in(bucket)
    elif (before := task.before.get(bucket)) is not None:
        return Reduced(_tallied_again(task, before, corpus, bucket), before.columns)
    else:
        found = _TALLIED[task.what].counted(corpus, bucket)
    return Reduced(found, frozenset(summaries.columns))


def _tallied_again(task: BucketTask, before: Before, corpus: Corpus, bucket: int) -> list[Counted]:
    """Return what a bucket has: of keys that no changed part has or had what it had before."""
    rule = _TALLIED[task.what]
    keys = rule.keys(DividedSummaries(task.summaries.changed(before)), bucket)
    same = np.isin(np.array([key for key, _ in before.counted], np.uint64), keys, invert=True)
    kept = [before.counted[number] for number in np.flatnonzero(same).tolist()]
    return sorted((*kept, *rule.counted(corpus, bucket, keys)), key=itemgetter(0))


def ask_rules(task: RulesTask) -> list[Asked]:
    """Return the candidates (`corpus_wide.candidates`) of rules, for each of the rules that are asked together."""
    without_pandas()
    release, parts, files = task.release, task.summaries.parts, task.summaries.read()
    found = {
        what: [one.read(parts) if isinstance(one, Spilled) else one for one in of] for what, of in task.found.items()
    }
    released = release.by_id, release.by_text, release.texts, release.licences
    context = Context(schema_of(task.schema), release.version, *released, task.complete)
    asked = []
    for number in task.rules:
        summaries = DividedSummaries(files)
        corpus = Corpus(summaries, release.by_id, release.version, task.complete, whole=task.whole, found=found)
        of_rules = {rule.code: candidates(rule, corpus, context) for rule in TOGETHER[number]}
        asked.append(Asked(of_rules, frozenset(summaries.columns)))
    return asked


def ask_in_buckets(
    summaries: Summarised,
    schema: str,
    release: LastRelease,
    complete: bool,
    whole: bool,
    engine: Engine,
    remembered: Remembered,
) -> dict[str, list[Any]]:
    """Return the candidates of each rule: those that are remembered, and others found by tasks. Raises CorpusError."""
    known = [remembered.candidates(rules) for rules in TOGETHER]
    waiting = tuple(number for number, found in enumerate(known) if found is None)
    asked = {code: found for of in known if of is not None for code, found in of.items()}
    if not waiting:
        return asked
    spilled: list[Spilled] = []
    try:
        found, columns = _reduce_buckets(summaries, waiting, engine, remembered, spilled)
        last = RulesTask(summaries, schema, release, complete, whole, waiting, found)
        # A release is read where it is: it may not be reached from elsewhere, and is as large as the corpus.
        (results,) = run_all(Engine(InProcess(), 1) if release.version else engine, ask_rules, [last])
    except (OSError, pa.ArrowException) as error:
        parts = summaries.parts
        raise CorpusError(f"{parts} is damaged: delete {parts} and run the command again ({error})") from None
    finally:
        for one in spilled:
            summaries.parts.delete(one.name)
    if isinstance(results, Lost):
        raise CorpusError(_KILLED)
    for number, result in zip(waiting, results, strict=True):
        rules = TOGETHER[number]
        of_buckets = [columns[what] for what in _buckets_of(rules)]
        remembered.keep_candidates(rules, result.columns.union(*of_buckets), result.candidates)
        asked |= result.candidates
    return asked


def _reduce_buckets(
    summaries: Summarised,
    waiting: Sequence[int],
    engine: Engine,
    remembered: Remembered,
    spilled: list[Spilled],
) -> tuple[dict[str, list[Any]], dict[str, frozenset[str]]]:
    """Return what is in each bucket that some rules need, and the columns that were read for it.

    Files that must be deleted are added to `spilled`. Raises OSError.
    """
    every = [(summaries.parts, *one) for one in zip(summaries.names, summaries.digests, strict=True)]
    for (_, name, _), sound in zip(every, run_all(engine, is_sound, every), strict=True):
        if sound is not True:
            raise OSError(f"{name}/{SUMMARIES}")
    tasks: list[BucketTask] = []
    found: dict[str, dict[int, Any]] = {}
    columns: dict[str, set[str]] = {}
    size = min(BUCKETS, max(1, BUCKETS * _DOCUMENTS // max(1, summaries.count)))
    for what in (what for number in waiting for what in _buckets_of(TOGETHER[number])):
        before = _before(what, summaries.parts, remembered)
        known = {bucket: one for bucket, one in before.items() if not one.changed}
        found[what] = {bucket: one.counted for bucket, one in known.items()}
        columns[what] = {name for one in known.values() for name in one.columns}
        left = [bucket for bucket in range(BUCKETS) if bucket not in known]
        for first in range(0, len(left), size):
            some = tuple(left[first : first + size])
            tasks.append(BucketTask(summaries, what, some, {b: before[b] for b in some if b in before}))
    for task, results in zip(tasks, run_all(engine, reduce_bucket, tasks), strict=True):
        if isinstance(results, Lost):
            raise CorpusError(_KILLED)
        for bucket, one in zip(task.buckets, results, strict=True):
            found[task.what][bucket] = one.found
            columns[task.what] |= one.columns
            if isinstance(one.found, Spilled):
                spilled.append(one.found)
            if task.what in _TALLIED:
                remembered.keep_bucket(task.what, bucket, one.columns, one.found)
    in_order = {what: [of[bucket] for bucket in range(BUCKETS)] for what, of in found.items()}
    return in_order, {what: frozenset(names) for what, names in columns.items()}


def _before(what: str, parts: Storage, remembered: Remembered) -> dict[int, Before]:
    """Return what is remembered of buckets, if the parts that changed since are still as they were."""
    if what not in _TALLIED:
        return {}
    found = {bucket: one for bucket in range(BUCKETS) if (one := remembered.bucket(what, bucket)) is not None}
    sound = {old: _is_there(parts, *old) for one in found.values() for old in one.old}
    return {bucket: one for bucket, one in found.items() if all(sound[old] for old in one.old)}


def _is_there(parts: Storage, name: str, digest: str) -> bool:
    """Return True if the summaries of a part that the corpus does not have any more can be read."""
    try:
        return is_sound((parts, name, digest))
    except OSError:
        return False


def _buckets_of(rules: Sequence[AcrossRule]) -> Sequence[str]:
    """Return what rules that are asked together need from buckets."""
    if any(isinstance(rule, Whole) and rule.of_texts for rule in rules):
        return SHARED, NEAR
    return [rule.code for rule in rules if isinstance(rule, Tallied)]


_KILLED = "the worker that compared all documents was killed each time, perhaps for want of memory"
