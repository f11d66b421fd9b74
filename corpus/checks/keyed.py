"""Corpus-wide checks by key: `rows` of documents, then `ask` of all rows with one key.

    Summaries → rows → (key, value) of documents … → rows with one key → ask → Found → placed → Problem

Both halves are pure functions. The rows of a document depend on that document alone, and the findings of a key on its
rows alone. So documents and keys can be divided between any number of machines, and each finding can be placed where
its document is. A key is judged if its rows have two values, such as two splits of one story: rows that agree are
numbers in an array, and no object is made of them.

A rule with dozens of rows in each document is a `Tallied` one. Its rows are numbers in one array, and what it judges
is how many documents have each value of a key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..core.arrays import Numbers
from ..core.schema import Schema
from .corpus import (
    Corpus,
    Hashes,
    Names,
    Passages,
    TwinSources,
    no_hashes,
    no_names,
    no_passages,
    no_source,
)
from .rule import Rule
from .summaries import Coded, Summaries


class Related(NamedTuple):
    """A place in another document that belongs to a finding, without line and column."""

    doc_id: str
    file: str
    pointer: str
    message: str


class Found(NamedTuple):
    """A finding of a corpus-wide rule without line and column, since these are looked up where the document is.

    Without a `doc_id`, it is about a file as a whole.
    """

    doc_id: str
    file: str
    detail: str
    pointer: str = ""
    record: str = ""
    suggestion: str = ""
    related: tuple[Related, ...] = ()


class Row(NamedTuple):
    """What a document tells about a key: a value to compare, and anything else that `ask` needs."""

    key: Any
    value: Any
    rest: tuple[Any, ...] = ()


class Rows(NamedTuple):
    """The rows of many documents: the number of the document of each, its key and its value.

    `rest` is what else `ask` needs of each row.
    """

    document: Numbers
    key: Coded
    value: Coded
    rest: tuple[Coded, ...] = ()

    def differing(self) -> Numbers:
        """Return the numbers of the rows whose keys have two values."""
        size = len(self.value.values) + 1
        keys = np.unique(self.key.codes * size + self.value.codes) // size
        counts = np.bincount(keys, minlength=len(self.key.values))
        return np.flatnonzero(counts[self.key.codes] > 1)

    def of(self, numbers: Numbers) -> Iterator[Row]:
        """Yield some of the rows."""
        columns = [column.of(numbers) for column in (self.key, self.value, *self.rest)]
        for key, value, *rest in zip(*columns, strict=True):
            yield Row(key, value, tuple(rest))


class Tally(NamedTuple):
    """How many documents have a value of a key, and the id, the record and the gold file of the first of them."""

    value: int
    documents: int
    doc_id: str
    record: str
    gold: str


@dataclass(frozen=True, slots=True)
class Context:
    """What `ask` may know besides its rows: the schema, the last release, the words of names and sentences."""

    schema: Schema
    version: str = ""
    """The version of the last release; "" before the first."""
    released: Mapping[str, str] = field(default_factory=dict)
    """The split of each document of that release."""
    released_texts: Mapping[bytes, str] = field(default_factory=dict)
    """The split of each text of that release, by its checksum."""
    texts_before: Mapping[str, bytes] = field(default_factory=dict)
    """The checksum of the text of each document of that release."""
    licences_before: Mapping[str, str] = field(default_factory=dict)
    """The licence of each document of that release."""
    complete: bool = True
    """True if the rows are those of all documents of the corpus."""
    names: Names = no_names
    passages: Passages = no_passages
    layer_hashes: Hashes = no_hashes
    twin_source: TwinSources = no_source


Group = tuple[Any, list[Any]]
"""A key, with its rows or tallies."""


@dataclass(frozen=True, slots=True)
class Whole(Rule):
    """A corpus-wide rule that cannot be judged by key: the near-duplicates of near-duplicates are one group."""

    ask: Callable[[Corpus, Context], Iterator[Found]]
    of_texts: bool = field(default=False, kw_only=True)
    """True if it compares texts. Such rules run together, because they share the comparison of all texts."""

    def judge(self, corpus: Corpus, context: Context) -> Iterator[Found]:
        """Yield all findings."""
        return self.ask(corpus, context)


@dataclass(frozen=True, slots=True)
class Keyed(Rule):
    """A corpus-wide rule by key.

    `ask` takes a key with two values, its rows in the order of the documents, and the Context.
    """

    ask: Callable[[Any, Sequence[Row], Context], Iterator[Found]]
    rows: Callable[[Summaries], Rows] = field(kw_only=True)
    reads_again: bool = field(default=False, kw_only=True)
    """True if `ask` looks things up in documents."""

    def judge(self, corpus: Corpus, context: Context) -> Iterator[Found]:
        """Yield the findings of all keys; of a partial run, of the keys that its documents have."""
        return self.of_groups(self.groups(corpus), context)

    def groups(self, corpus: Corpus) -> list[Group]:
        """Return the keys that `judge` asks about, with their rows."""
        rows = self.rows(corpus.summaries)
        chosen = rows.differing()
        if (asked := corpus.asked) is not None:
            keys = np.unique(rows.key.codes[chosen[asked[rows.document[chosen]]]])
            chosen = chosen[np.isin(rows.key.codes[chosen], keys)]
        groups: dict[Any, list[Row]] = {}
        for row in rows.of(chosen):
            groups.setdefault(row.key, []).append(row)
        return list(groups.items())

    def of_groups(self, groups: Sequence[Group], context: Context) -> Iterator[Found]:
        """Yield the findings of some keys."""
        for key, own in groups:
            yield from self.ask(key, own, context)


@dataclass(frozen=True, slots=True)
class Each(Rule):
    """A corpus-wide rule whose findings in a document depend on that document and the last release alone."""

    ask: Callable[[Summaries, Context], Iterator[Found]]

    def judge(self, corpus: Corpus, context: Context) -> Iterator[Found]:
        """Yield the findings in all documents."""
        return self.ask(corpus.summaries, context)


Keys = npt.NDArray[np.uint64]
Counted = tuple[int, list[tuple[int, int, int]]]
"""A key, and for each of its values the value, the number of its documents, and the number of the first of them."""


@dataclass(frozen=True, slots=True)
class Tallied(Rule):
    """A corpus-wide rule by key with many rows; `ask` takes a key with several values and a Tally of each."""

    ask: Callable[[int, Sequence[Tally], Context], Iterator[Found]]
    rows: Callable[[Summaries, int], tuple[npt.NDArray[np.void], Numbers]] = field(kw_only=True)
    """Returns the rows of all documents in a bucket, an array of `TALLIED`, and how many each document has."""
    reads_again: bool = field(default=True, kw_only=True)
    """True if `ask` looks things up in documents."""

    def judge(self, corpus: Corpus, context: Context) -> Iterator[Found]:
        """Yield the findings of all keys; of a partial run, of the keys that its documents have."""
        return self.of_groups(self.groups(corpus), context)

    def counted(self, corpus: Corpus, bucket: int, among: Keys | None = None) -> list[Counted]:
        """Return the keys of a bucket that have several values, ascending; only those `among` these, if given.

        Of a partial run, only those that its documents have.
        """
        entries, lengths = self.rows(corpus.summaries, bucket)
        documents = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
        if (asked := corpus.asked) is not None:
            among = entries["key"][asked[documents]]
        if among is not None:
            keep = np.flatnonzero(np.isin(entries["key"], among))
            entries, documents = entries[keep], documents[keep]
        return list(_tallied(entries, documents))

    def keys(self, summaries: Summaries, bucket: int) -> Keys:
        """Return the keys that documents have in a bucket, ascending."""
        return np.unique(self.rows(summaries, bucket)[0]["key"])

    def groups(self, corpus: Corpus) -> list[Group]:
        """Return the keys that `judge` asks about, with a Tally of each value."""
        of_buckets = corpus.of_buckets(self.code, lambda bucket: self.counted(corpus, bucket))
        if not any(of_buckets):
            return []
        ids, records, gold = (corpus.summaries.words(name) for name in ("doc_id", "record", "gold"))
        return [
            (key, [Tally(value, count, ids[i], records[i], gold[i]) for value, count, i in counted])
            for of_bucket in of_buckets
            for key, counted in of_bucket
        ]

    def of_groups(self, groups: Sequence[Group], context: Context) -> Iterator[Found]:
        """Yield the findings of some keys."""
        for key, tallies in groups:
            yield from self.ask(key, tallies, context)


def _tallied(
    entries: npt.NDArray[np.void], numbers: npt.NDArray[np.int32]
) -> Iterator[tuple[int, list[tuple[int, int, int]]]]:
    """Yield each key with several values: each value, its number of documents, and the number of the first."""
    order = np.lexsort((numbers, entries["value"], entries["key"]))
    entries, numbers = entries[order], numbers[order]
    begins = np.flatnonzero(np.append([True], entries[1:] != entries[:-1])[: len(entries)])
    counts = np.diff(np.append(begins, len(entries)))
    keys = entries["key"][begins]
    edges = np.array([0, *(np.flatnonzero(keys[1:] != keys[:-1]) + 1).tolist(), len(begins)])
    for k in np.flatnonzero(np.diff(edges) > 1).tolist():
        group = begins[edges[k] : edges[k + 1]]
        values = entries["value"][group].tolist()
        yield (
            int(entries["key"][group[0]]),
            list(zip(values, counts[edges[k] : edges[k + 1]].tolist(), numbers[group].tolist(), strict=True)),
        )
