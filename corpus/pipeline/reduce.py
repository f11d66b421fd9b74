"""Reduce all Shards to one more: the findings that need more than one shard.

Shards → summaries → corpus-wide rules ┐
       → used, skipped levels          ┴→ rules about suppressions → Shard
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from ..checks import corpus_wide
from ..checks.corpus import Corpus
from ..checks.document_summary import LayerHashes, layer_hashes
from ..checks.names import Name
from ..checks.names import names as names_of
from ..checks.release_changes import unreadable_release
from ..checks.repeated import Passage
from ..checks.repeated import passages as passages_of
from ..checks.summaries import Summaries
from ..checks.suppress.suppressions import SkippedLevels, Suppressor, Used, suppression_problems
from ..core.json_positions import position
from ..core.model import GOLD, Annotation, CorpusError
from ..core.schema import Schema
from ..core.twin_source import TwinSource, twin_source
from ..files import Index, Reader
from ..files.releases import LastRelease, read_last_release
from ..files.storage import Storage
from .across import Summarised, ask_in_buckets
from .check import Policy
from .executors import Engine
from .part import Part
from .remembered import Remembered
from .select import Selection
from .shard import Shard
from .summaries import DividedSummaries, SummarySpool


class LookUp(Protocol):
    """Reads a document again for a corpus-wide finding: a summary has no lines and no words."""

    def place(self, doc_id: str, file: str, pointer: str) -> tuple[int, int]:
        """Return the line and column of a JSON pointer, from 1."""

    def names(self, doc_id: str) -> Sequence[Name]:
        """Return the names of the adjudicated annotation."""

    def passages(self, doc_id: str) -> Sequence[Passage]:
        """Return the sentences of the text with what the adjudicated annotation says in them."""

    def layer_hashes(self, doc_id: str) -> LayerHashes:
        """Return a hash of what the adjudicated annotation says in each layer."""

    def twin_source(self, doc_id: str) -> TwinSource:
        """Return the checksum of the adjudicated annotation, and the one that it names."""

    @property
    def fetch(self) -> Callable[[], bool] | None:
        """Finds the answers to what was asked and got an empty one (`run_corpus_wide`). None if there is no such."""


@dataclass(frozen=True, slots=True)
class Divided:
    """The summaries of parts, where tasks that read them are done, and where results are kept from run to run."""

    storage: Storage
    parts: Sequence[Part]
    schema: str
    engine: Engine
    kept: Storage | None = None
    settings: str = ""
    """All that candidates depend on besides the parts."""

    @property
    def summaries(self) -> Summarised:
        """The summaries of the parts."""
        return Summarised.of(self.storage, self.parts)

    def ask(self, release: LastRelease, complete: bool, whole: bool) -> dict[str, list[Any]]:
        """Return the candidates of each corpus-wide rule. Raises CorpusError."""
        remembered = Remembered(self.kept, repr((self.settings, complete, whole)), self.parts)
        return ask_in_buckets(self.summaries, self.schema, release, complete, whole, self.engine, remembered)


class Reduction:
    """What is kept of each shard until the last one: in memory little, in a temporary file two kilobytes a document."""

    def __init__(self, policy: Policy, selection: Selection) -> None:
        self._policy, self._selection = policy, selection
        self._named = policy.suppressions.doc_ids
        self._used: Used = Counter()
        self._skipped_levels: SkippedLevels = {}
        self._withheld: frozenset[str] = frozenset()
        self._summaries = SummarySpool()

    def add(self, shard: Shard) -> None:
        """Keep which suppressions the findings of a shard used."""
        self._used.update(shard.used)
        # Only suppressions ask for skipped levels; those of other documents would fill the memory.
        self._skipped_levels.update(
            (key, levels) for key, levels in shard.skipped_levels.items() if key[0] in self._named
        )

    def summarise(self, summaries: Summaries) -> None:
        """Keep the summaries of a shard or part, which come in the order of the documents."""
        self._summaries.add(summaries)

    def finish(
        self,
        root: Path,
        documents: int,
        look: LookUp,
        schema: Schema,
        index: Index | None = None,
        divided: Divided | None = None,
    ) -> Shard:
        """Return a Shard without documents that has the findings of all remaining rules.

        `root` has the releases of the corpus, and `documents` is their number. Only a run over a part of it needs its
        `index`. With `divided`, the rules are asked where the summaries of parts are, instead of those that were kept.
        """
        last = Shard()
        # Corpus-wide findings can use suppressions too, so these are judged last.
        try:
            self._corpus_wide(root, documents, look, schema, last, divided)
        finally:
            self._summaries.close()
        self._used.update(last.used)
        self._about_suppressions(index, last)
        return last

    def _corpus_wide(
        self, root: Path, documents: int, look: LookUp, schema: Schema, last: Shard, divided: Divided | None
    ) -> None:
        suppressor = Suppressor(self._policy.suppressions, self._policy.show_suppressed, last.used)
        folder, released = self._selection.releases_of or root, LastRelease()
        try:
            released = read_last_release(folder)
        except CorpusError as error:
            for problem in unreadable_release([("releases", str(error).replace(f"{folder}/", ""))]):
                last.add(problem)
        summaries = DividedSummaries(divided.summaries.read()) if divided else self._summaries.summaries()
        self._withheld = summaries.without_text() & self._named if self._named else frozenset()
        summarised = len(summaries) == documents
        complete = self._selection.complete and summarised
        whole = summarised and (complete or self._selection.doc_ids is not None)
        asked = divided.ask(released, complete, whole) if divided else None
        corpus = Corpus(
            summaries,
            released.by_id,
            released.version,
            complete,
            self._selection.doc_ids,
            look.place,
            look.names,
            released_texts=released.by_text,
            passages=look.passages,
            layer_hashes=look.layer_hashes,
            twin_source=look.twin_source,
            texts_before=released.texts,
            licences_before=released.licences,
            whole=whole,
        )
        severities, suppress = self._policy.severities, suppressor.suppress
        for problem in corpus_wide.run_corpus_wide(corpus, schema, severities, suppress, look.fetch, asked):
            last.add(problem)

    def _about_suppressions(self, index: Index | None, last: Shard) -> None:
        suppressions = self._policy.suppressions.without(self._skipped_levels, self._withheld)
        complete = self._selection.complete
        if index is not None and not complete:
            suppressions = suppressions.about(lambda doc_id: bool(index.entries(doc_id)), index.files)
        for problem in suppression_problems(suppressions, self._used, complete, self._policy.severities):
            last.add(problem)


class IndexLookUp:
    """Answers at once, from an index."""

    fetch = None

    def __init__(self, index: Index, reader: Reader, schema: Schema) -> None:
        self._index, self._reader, self._schema = index, reader, schema
        # Few documents are in a finding, and several findings in a row are about the same one.
        self.names, self.passages = lru_cache(256)(self._names), lru_cache(256)(self._passages)

    def place(self, doc_id: str, file: str, pointer: str) -> tuple[int, int]:
        """Return the line and column of a JSON pointer, from 1."""
        entries = [entry for entry in self._index.entries(doc_id) if entry.path == file]
        return position(self._reader.documents(entries[:1])[0].source, pointer) if entries else (1, 1)

    def _names(self, doc_id: str) -> Sequence[Name]:
        return next((names_of(*gold, self._schema) for gold in self._gold(doc_id)), ())

    def _passages(self, doc_id: str) -> Sequence[Passage]:
        return next((passages_of(*gold, self._schema) for gold in self._gold(doc_id)), ())

    def layer_hashes(self, doc_id: str) -> LayerHashes:
        """Return a hash of what the adjudicated annotation says in each layer."""
        return next((layer_hashes(gold, self._schema) for gold, _ in self._gold(doc_id)), {})

    def twin_source(self, doc_id: str) -> TwinSource:
        """Return the checksum of the adjudicated annotation, and the one that it names."""
        return next((twin_source(gold.value) for gold, _ in self._gold(doc_id)), TwinSource())

    def _gold(self, doc_id: str) -> Iterator[tuple[Annotation, str | None]]:
        """Yield the adjudicated annotation and the text."""
        for document in self._reader.documents(self._index.entries(doc_id)):
            if document.annotation is not None and document.annotation.annotator == GOLD:
                yield document.annotation, document.article.text
