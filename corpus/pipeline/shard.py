"""Compile one shard: the entries of some 256 documents → a Shard.

    Validation: entries → (cache) → read → check           → findings, summaries
    Compilation: entries          → read → check → tables  → findings, summaries, batches

Both are pure functions of their settings, the entries and the files: they may run in any process
and in any order, and give the same Shard.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import cast

from ..checks.screening import Screened
from ..checks.summaries import Summaries
from ..checks.suppress.suppressions import SkippedLevels, Suppressor, Used
from ..columns.documents import Columns, equal
from ..core.garbage import no_garbage_collection
from ..core.model import Document, Problem
from ..core.schema import Schema
from ..files import Entry, Reader
from .cache import Cache, Known, KnownShard, Store
from .check import Checked, Policy, check_document
from .gather import Gatherer, rows_of
from .screened import batches, read_columns, screened
from .select import EVERYTHING, Selection
from .spool import ProblemSpool
from .tables import Batches, Packed, Row, build, joined, pack, unpack

DOCUMENTS = 256
"""Documents in a shard."""


@dataclass(slots=True)
class Shard:
    """The result for some documents, small enough to be sent between processes."""

    documents: int = 0
    problems: ProblemSpool = field(default_factory=ProblemSpool)
    errors: int = 0
    """How many of the findings are errors."""
    batches: dict[str, Batches] = field(default_factory=dict)
    """The columns of the tables, `batches[split][config]`."""
    used: Used = field(default_factory=Counter)
    """How many findings each suppression suppressed."""
    skipped_levels: SkippedLevels = field(default_factory=dict)
    skipped_checks: int = 0
    """How many checks were skipped because of errors of an earlier level."""
    skipped_documents: int = 0
    """In how many documents."""
    summaries: Summaries = field(default_factory=lambda: Summaries.of_rows([]))
    """The summaries of the documents that the corpus-wide rules read."""

    def __getstate__(self) -> tuple[object, ...]:
        # Pickle copies the columns piece by piece, which takes more than twice the time of Arrow's own format.
        return tuple(pack(self.batches) if one.name == "batches" else getattr(self, one.name) for one in fields(self))

    def __setstate__(self, state: tuple[object, ...]) -> None:
        for one, value in zip(fields(self), state, strict=True):
            setattr(self, one.name, unpack(cast(Packed, value)) if one.name == "batches" else value)

    def add(self, problem: Problem) -> None:
        """Append a finding."""
        self.problems.add(problem)
        self.errors += problem.severity == "error"

    def report(self, checked: Checked) -> None:
        """Append the findings in a document and its skipped levels."""
        for problem in checked.problems:
            self.add(problem)
        checked.problems.close()
        self.skipped_levels.update(checked.skipped_levels)
        self.skipped_checks += checked.skipped_checks
        self.skipped_documents += checked.skipped_checks > 0


@dataclass(frozen=True, slots=True)
class Validation:
    """Settings of a run that validates."""

    policy: Policy
    selection: Selection = EVERYTHING
    cache: Store | None = None

    def of(self, doc_ids: Container[str]) -> Validation:
        """Return the settings with only those suppressions that these documents can use."""
        return replace(self, policy=_policy_of(self.policy, doc_ids))

    def shard(self, entries: list[Entry], reader: Reader, schema: Schema) -> Shard:
        """Check the documents of `entries`, except those that the cache knows to be clean."""
        shard, gatherer = Shard(), Gatherer()
        suppressor = Suppressor(self.policy.suppressions, self.policy.show_suppressed, shard.used)
        with Cache(self.cache) as cache:
            stamp_of_all = reader.stamp(entries) if cache.usable else b""
            doc_ids = {entry.doc_id for entry in entries if entry.doc_id}
            whole = cache.shard(entries[0].doc_id, stamp_of_all)
            if whole is not None and not any(
                entry.doc_id in whole.faulty and self.selection.wants(entry) for entry in entries
            ):
                shard.documents, shard.summaries = len(doc_ids), whole.summaries
                return shard
            cache.look_up(doc_ids)
            faulty: set[str] = set()
            can_be_known = bool(stamp_of_all)
            for groups in batches(entries):
                found = [self._look_up(group, reader, cache) for group in groups]
                unknown = [group for group, (_, _, known) in zip(groups, found, strict=True) if known is None]
                asked = screened(read_columns(unknown, reader, schema, self.policy.suppressions.today))
                new: list[tuple[str, bytes, bytes, Screened]] = []
                for group, (stamp, digest, known) in zip(groups, found, strict=True):
                    doc_id = group[0].doc_id
                    shard.documents += bool(doc_id)
                    by_columns = asked.get(doc_id)
                    can_be_known &= known is not None or digest is not None
                    if known is None and by_columns is not None and by_columns.is_clean:
                        gatherer.add(by_columns)
                        if digest:
                            new.append((doc_id, digest, stamp, by_columns))
                        continue
                    if known is None:
                        known = self._check(group, reader, schema, suppressor, shard, by_columns)
                        if digest:
                            cache.add(doc_id, digest, stamp, known)
                    gatherer.add(known.summary)
                    if not known.clean:
                        faulty.add(doc_id)
                for (doc_id, digest, stamp, _), row in zip(new, rows_of([one for *_, one in new]), strict=True):
                    cache.add(doc_id, digest, stamp, Known(True, row))
                reader.forget()
            shard.summaries = gatherer.summaries()
            if can_be_known:
                cache.add_shard(entries[0].doc_id, stamp_of_all, KnownShard(frozenset(faulty), shard.summaries))
        return shard

    def _look_up(self, group: list[Entry], reader: Reader, cache: Cache) -> tuple[bytes, bytes | None, Known | None]:
        """Return stamp and digest of a document, and what the cache knows of it if it need not be checked."""
        doc_id = group[0].doc_id
        stamp = reader.stamp(group) if cache.usable and doc_id else b""
        digest, known = None, cache.unchanged(doc_id, stamp)
        if known is None and cache.usable and doc_id:
            digest = reader.digest(group)
            known = cache.known(doc_id, digest, stamp) if digest else None
        needed = known is None or (not known.clean and self.selection.wants(group[0]))
        return stamp, digest, None if needed else known

    def _check(
        self,
        group: list[Entry],
        reader: Reader,
        schema: Schema,
        suppressor: Suppressor,
        shard: Shard,
        by_columns: Screened | None,
    ) -> Known:
        wanted = self.selection.wants(group[0])
        # An unwanted document is checked for its summary only, so it must not count suppressions as used.
        counts = suppressor if wanted else Suppressor(self.policy.suppressions)
        checked = check_document(reader.documents(group), schema, self.policy, counts, by_columns)
        if wanted:
            shard.report(checked)
        else:
            checked.problems.close()
        summary = checked.summary
        return Known(checked.clean, next(rows_of([summary])) if isinstance(summary, Screened) else summary)


@dataclass(frozen=True, slots=True)
class Compilation:
    """Settings of a run that validates the whole corpus and compiles its tables."""

    policy: Policy
    with_attached: bool = False
    """True if attached texts that may not be redistributed are put into the tables."""

    @property
    def selection(self) -> Selection:
        """Every document: a build has no other form."""
        return EVERYTHING

    def of(self, doc_ids: Container[str]) -> Compilation:
        """Return the settings with only those suppressions that these documents can use."""
        return replace(self, policy=_policy_of(self.policy, doc_ids))

    def shard(self, entries: list[Entry], reader: Reader, schema: Schema) -> Shard:
        """Check the documents of `entries` and compile their tables, unless one has an error."""
        shard, gatherer = Shard(), Gatherer()
        suppressor = Suppressor(self.policy.suppressions, self.policy.show_suppressed, shard.used)
        made: list[dict[str, Batches]] = []
        for groups in batches(entries):
            columns = read_columns(groups, reader, schema, self.policy.suppressions.today, by="split")
            asked = screened(columns)
            in_columns = frozenset(columns.numbers.tolist()) if columns is not None else frozenset()
            rows: list[Row] = []
            for number, group in enumerate(groups):
                by_columns = asked.get(group[0].doc_id)
                shard.documents += bool(group[0].doc_id)
                if by_columns is not None and by_columns.is_clean:
                    gatherer.add(by_columns)
                    continue
                parts = reader.documents(group)
                checked = check_document(parts, schema, self.policy, suppressor, by_columns)
                shard.report(checked)
                gatherer.add(checked.summary)
                # An error anywhere ends the build, so no further row of this shard is needed.
                if not shard.errors and parts and number not in in_columns and _is_tabled(parts[0], self.with_attached):
                    rows.append(_row(number, parts, self.with_attached))
            if not shard.errors:
                of_tables = _tabled(columns, self.with_attached) if columns is not None else None
                made.append(build(rows, schema, of_tables))
            reader.forget()
        if not shard.errors:
            shard.batches = joined(made)
        shard.summaries = gatherer.summaries()
        return shard


Task = Validation | Compilation
"""The settings of a run."""


def compile_shard(entries: list[Entry], root: Path, unpacked: Mapping[str, str], schema: Schema, task: Task) -> Shard:
    """Return the Shard of `entries`, which are parts of the corpus at `root`.

    `unpacked` maps each compressed file to a file with its bytes (`Index.unpacked`).
    """
    with no_garbage_collection(), Reader(root, unpacked) as reader:
        return task.shard(entries, reader, schema)


def _policy_of(policy: Policy, doc_ids: Container[str]) -> Policy:
    return replace(policy, suppressions=policy.suppressions.of(doc_ids))


def _is_tabled(document: Document, with_attached: bool) -> bool:
    """Return True if a document has rows in the tables: it has a split and may be redistributed, at least in part."""
    record = document.article.record
    return bool(record.get("split")) and (with_attached or record.get("redistribution") != "none")


def _row(number: int, parts: list[Document], with_attached: bool) -> Row:
    article = parts[0].article
    annotations = {part.annotation.annotator: part.annotation.value for part in parts if part.annotation is not None}
    return Row(number, article, article.text if article.redistributable or with_attached else None, annotations)


def _tabled(columns: Columns, with_attached: bool) -> Columns:
    """Return the documents that `_is_tabled`, with the texts that the tables may have."""
    has_split = columns.record("split").is_valid().to_numpy(zero_copy_only=False)
    if with_attached:
        return columns.select(has_split)
    tabled = columns.select(has_split & ~equal(columns.record("redistribution"), "none"))
    return tabled.without_texts(~tabled.redistributable)
