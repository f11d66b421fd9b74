"""Corpus-wide checks by key: `rows` of one document, then `ask` of all rows with one key.

    Summary → rows → (key, value, row) … → rows with one key → ask → Found → placed → Problem

Both halves are pure functions. The rows of a document depend on that document alone, and the findings of a key on its
rows alone. So documents and keys can be divided between any number of machines, and each finding can be placed where
its document is. A key is judged if its rows have two values, such as two splits of one story: rows that agree cost
one entry in a table and are never held.

A rule with dozens of rows in each document is a `Tallied` one. Its rows are numbers in one array, and what it judges
is how many documents have each value of a key.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from ..core.schema import Schema
from .document_summary import Corpus, Hashes, Names, Passages, Summary, no_hashes, no_names, no_passages
from .rule import Rule
from .tallied import TALLIED

_PARTS = 8
"""The rows of a `Tallied` rule are sorted in as many parts, one after another, so that this needs little memory."""


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

    key: Hashable
    value: Any
    rest: tuple[Any, ...] = ()


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


@dataclass(frozen=True, slots=True)
class Keyed(Rule):
    """A corpus-wide rule by key: `ask` takes a key, its rows in the order of the documents, and the Context."""

    ask: Callable[[Any, Sequence[Row], Context], Iterator[Found]]
    rows: Callable[[Summary], Iterable[Row]] = lambda one: ()
    judged: Literal["differing", "each", "all"] = "differing"
    """Which rows are judged: those of keys with two values; each row alone; or those of every key."""

    def judge(self, corpus: Corpus, context: Context) -> Iterator[Found]:
        """Yield the findings of all keys; of a partial run, of the keys that its documents have."""
        asked = _asked(self.rows, corpus)
        if self.judged == "each":
            for row in self._all(corpus, asked):
                yield from self.ask(row.key, [row], context)
            return
        first: dict[Hashable, Any] = {}
        groups: dict[Hashable, list[Row]] = {}
        for row in self._all(corpus, asked):
            if first.setdefault(row.key, row.value) != row.value or self.judged == "all":
                groups.setdefault(row.key, [])
        for row in self._all(corpus, asked) if groups else ():
            if row.key in groups:
                groups[row.key].append(row)
        for key, rows in groups.items():
            yield from self.ask(key, rows, context)

    def _all(self, corpus: Corpus, asked: set[Hashable] | None) -> Iterator[Row]:
        for one in corpus.summaries:
            for row in self.rows(one):
                if asked is None or row.key in asked:
                    yield row


def _asked(rows: Callable[[Summary], Iterable[Row]], corpus: Corpus) -> set[Hashable] | None:
    """Return the keys of the documents of a partial run, None for all."""
    if corpus.about is None:
        return None
    return {row.key for one in corpus.summaries if one.doc_id in corpus.about for row in rows(one)}


@dataclass(frozen=True, slots=True)
class Tallied(Rule):
    """A corpus-wide rule by key with many rows; `ask` takes a key with several values and a Tally of each."""

    ask: Callable[[int, Sequence[Tally], Context], Iterator[Found]]
    rows: Callable[[Summary], bytes] = lambda one: b""
    """The rows of a document, an array of `TALLIED`."""

    def judge(self, corpus: Corpus, context: Context) -> Iterator[Found]:
        """Yield the findings of all keys; of a partial run, of the keys that its documents have."""
        entries = np.frombuffer(b"".join(map(self.rows, corpus.summaries)), TALLIED)
        lengths = [len(self.rows(one)) // TALLIED.itemsize for one in corpus.summaries]
        numbers = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
        if corpus.about is not None:
            asked = np.array([corpus.asks(one.doc_id) for one in corpus.summaries], bool)
            keep = np.isin(entries["key"], entries["key"][asked[numbers]])
            entries, numbers = entries[keep], numbers[keep]
        for part in range(_PARTS):
            of_part = entries["key"] % _PARTS == part
            for key, counted in _tallied(entries[of_part], numbers[of_part]):
                firsts = [(value, count, corpus.summaries[number]) for value, count, number in counted]
                tallies = [Tally(value, count, one.doc_id, one.record, one.gold) for value, count, one in firsts]
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
