"""One shard of files → columns and Problems, as one pure function."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .. import checks
from ..checks.document_summary import Summary, summarise
from ..checks.suppress.suppressions import NO_SUPPRESSIONS, SkippedLevels, Suppressions, Suppressor, Used
from ..core.model import GOLD, Document, Problem, Severity
from ..core.schema import Schema
from ..files import Entry, Reader, by_document
from .cache import Cache, Known, Store
from .spool import Problems
from .tables import Batches, Row, build


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
    suppressions: Suppressions = NO_SUPPRESSIONS
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


@dataclass(slots=True)
class Shard:
    """What came of a shard: its columns, `batches[split][config]`, its Problems, and how many are errors.

    `used` counts what was let pass, by what let it pass; `skipped_levels` holds the levels of which a document
    was not asked, since it had failed others. `summaries` are of the documents that are sound, for the
    corpus-wide questions.
    """

    documents: int = 0
    problems: Problems = field(default_factory=Problems)
    errors: int = 0
    batches: dict[str, Batches] = field(default_factory=dict)
    used: Used = field(default_factory=Counter)
    skipped_levels: SkippedLevels = field(default_factory=dict)
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
    suppressor = Suppressor(job.suppressions, job.show_excepted, shard.used)
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
                known = _check(found, job, schema, suppressor, shard) if asked else _check(found, job, schema)
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
    found: list[Document], job: Job, schema: Schema, suppressor: Suppressor | None = None, shard: Shard | None = None
) -> Known:
    """Ask about the documents of one doc_id; what is found goes to `shard`, or is not wanted."""
    suppressor, shard = suppressor or Suppressor(job.suppressions), shard or Shard()
    failed: set[int] = set()
    sound: list[Document] = []
    clean = True

    def suppress(problem: Problem) -> Problem | None:
        nonlocal clean
        clean = False
        return suppressor.suppress(problem)

    for document in found:
        levels = failed if document.annotation is None else checks.inherited(failed)
        before = frozenset(levels)
        for problem in checks.run(document, schema, levels, job.severities, suppress):
            shard.add(problem)
        if skipped := checks.skipped_levels(before, levels):
            annotator = document.annotation.annotator if document.annotation else ""
            shard.skipped_levels[document.doc_id, annotator] = skipped
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
