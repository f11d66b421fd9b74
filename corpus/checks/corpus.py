"""The subject of the corpus-wide checks: the summaries of all documents, and what can be looked up about one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from ..columns.keys import Mask
from ..core.arrays import Numbers, joined, lengths_of
from ..core.bucketed import BUCKETS
from ..core.twin_source import TwinSource
from ..splits.buckets import sharing
from ..splits.containment import Contained, Shared, contained_among, joined_runs, shared_runs
from ..splits.near_duplicates import Near
from ..splits.sketches import MINIMA
from .document_summary import LayerHashes
from .names import Name
from .repeated import Passage
from .summaries import Summaries

Locate = Callable[[str, str, str], tuple[int, int]]
"""doc_id, file and JSON pointer → line and column, from 1."""
Names = Callable[[str], Sequence[Name]]
"""doc_id → the names of its adjudicated annotation, read again."""


Passages = Callable[[str], Sequence[Passage]]
"""doc_id → the passages of its adjudicated annotation, read again."""


Hashes = Callable[[str], LayerHashes]
"""doc_id → the hashes of its adjudicated annotation, read again."""


TwinSources = Callable[[str], TwinSource]
"""doc_id → the checksums of its adjudicated annotation, read again."""


NEAR, SHARED = "near", "shared"
"""What is found in buckets for the rules about texts."""


def nowhere(doc_id: str, file: str, pointer: str) -> tuple[int, int]:
    """Return the beginning of the file, where no location is needed."""
    return 1, 1


def no_names(doc_id: str) -> Sequence[Name]:
    """Return no names, where none are needed."""
    return ()


def no_passages(doc_id: str) -> Sequence[Passage]:
    """Return no passages, where none are needed."""
    return ()


def no_hashes(doc_id: str) -> LayerHashes:
    """Return no hashes, where none are needed."""
    return {}


def no_source(doc_id: str) -> TwinSource:
    """Return no checksums, where none are needed."""
    return TwinSource()


@dataclass(frozen=True)
class Corpus:
    """The subject of the corpus-wide checks."""

    summaries: Summaries
    """Those of all documents without errors, sorted by doc_id."""
    released: Mapping[str, str] = field(default_factory=dict)
    """The split of each document in the last release; empty before the first."""
    version: str = ""
    """The version of that release."""
    complete: bool = True
    """True if no document is missing; only then can a label be reported as unused."""
    about: frozenset[str] | None = None
    """The documents of a partial run, whose findings are reported with those they cause elsewhere; None for all."""
    place: Locate = nowhere
    names: Names = no_names
    released_texts: Mapping[bytes, str] = field(default_factory=dict)
    """The split of each text in the last release, by its checksum."""
    passages: Passages = no_passages
    layer_hashes: Hashes = no_hashes
    twin_source: TwinSources = no_source
    texts_before: Mapping[str, bytes] = field(default_factory=dict)
    """The checksum of the text of each document in the last release."""
    licences_before: Mapping[str, str] = field(default_factory=dict)
    """The licence of each document in the last release."""
    whole: bool = True
    """True if the summaries are those of all documents, whether or not all are reported on."""
    found: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    """What was found in each bucket already, by `NEAR`, `SHARED` or the code of a `Tallied` rule."""

    def asks(self, *doc_ids: str) -> bool:
        """Return True if a finding about these documents is to be reported."""
        return self.about is None or not self.about.isdisjoint(doc_ids)

    def of_buckets(self, name: str, find: Callable[[int], Any]) -> Sequence[Any]:
        """Return what `find` finds in each bucket: `found[name]` if it was found already, by other processes."""
        return list(self.found[name]) if name in self.found else [find(bucket) for bucket in range(BUCKETS)]

    def near_in(self, bucket: int) -> Numbers:
        """Return the documents whose texts share a bucket of some bands with a text of another split."""
        column = self.summaries.bucket("minima", bucket)
        has = np.flatnonzero(lengths_of(column))
        splits = self.summaries.coded("split").codes[has]
        return has[sharing(np.frombuffer(joined(column), "<u4").reshape(-1, MINIMA // BUCKETS), splits)]

    def shared_in(self, bucket: int) -> Shared:
        """Return the documents of different splits whose texts share runs in a bucket of their samples."""
        return shared_runs(self.summaries.bucket("sample", bucket), self.summaries.words("split"))

    @cached_property
    def contained(self) -> list[Contained]:
        """The pairs of documents of different splits of which the text of one contains that of the other."""
        shared = joined_runs(self.of_buckets(SHARED, self.shared_in), len(self.summaries))
        if self.asked is not None:
            shared = shared.about(self.asked)
        return list(contained_among(shared, self.summaries.samples_of))

    @cached_property
    def asked(self) -> Mask | None:
        """Which documents a partial run is about, None for all."""
        if self.about is None:
            return None
        return np.fromiter((doc_id in self.about for doc_id in self.summaries.ids), np.bool_, len(self.summaries))

    @cached_property
    def near(self) -> Near:
        """The near-duplicates among all documents, with their splits as labels.

        Only texts that can have one in another split, that have no split or that are contained in others are compared.
        """
        splits = self.summaries.words("split")
        unassigned = [i for i, split in enumerate(splits) if not split]
        pairs = [number for pair in self.contained for number in (pair.text, pair.other)]
        every = [*self.of_buckets(NEAR, self.near_in), np.array([*unassigned, *pairs], np.int64)]
        return Near(self.summaries.sketches_of(np.unique(np.concatenate(every))), splits)
