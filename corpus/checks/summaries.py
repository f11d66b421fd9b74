"""The summaries of many documents as columns: `Summaries`, from shards to the corpus-wide checks.

    Columns of a shard, Summary … → Summaries ─ Arrow table ─ files, other processes → Summaries → corpus-wide checks

Words that documents share, such as the name of a split, are kept once. Nothing in it is a Python object of a document.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import orjson
import pyarrow as pa

from ..columns.keys import Mask
from ..core.arrays import Numbers, begins_of, binary, integers, joined, lengths_of, numbers, ranges, sliced, strings
from ..core.bucketed import BUCKETS, bucket_of, chosen, slice_of
from ..splits.sketches import MINIMA, Sketch, Sketches
from .document_summary import Summary
from .gold_comparison import Compared
from .tallied import TALLIED

_WORDS = (
    *("record", "files", "gold", "annotators", "split", "story"),
    *("twin_of", "twin_kind", "published", "license", "characters"),
)
_BYTES = ("text", "letters", "minima", "sample", "kinds", "labels", "passages", "differences")
_DICTIONARY = pa.dictionary(pa.int32(), pa.string())
SCHEMA = pa.schema(
    [
        ("doc_id", pa.string()),
        *((name, _DICTIONARY) for name in _WORDS),
        *((name, pa.binary()) for name in _BYTES),
    ]
)
"""The columns of the table. Several files or annotators of a document are separated by a line feed."""
DIVIDED = {"minima": 0, "sample": 4, "kinds": TALLIED.itemsize, "passages": TALLIED.itemsize}
"""The columns that rules read in buckets, with the bytes of an item; 0 for columns that are cut into slices."""
_LIST, _LISTS = "\n", ("files", "annotators")

SummaryRow = tuple[Any, ...]
"""The values of the columns of one document: strings and bytes."""


class Coded(NamedTuple):
    """Values of documents or rows: `values[codes[i]]` is that of number i; no value is in `values` twice."""

    codes: Numbers
    values: Sequence[Any]

    @classmethod
    def given(cls, values: Iterable[Any]) -> Coded:
        """Return values that are given one by one."""
        known: dict[Any, int] = {}
        codes = np.array([known.setdefault(value, len(known)) for value in values], np.int64)
        return cls(codes, list(known))

    @property
    def filled(self) -> Mask:
        """Which values are not empty."""
        filled: Mask = np.array([bool(value) for value in self.values], np.bool_)[self.codes]
        return filled

    def of(self, chosen: Numbers) -> Iterator[Any]:
        """Return some of the values."""
        return map(self.values.__getitem__, self.codes[chosen].tolist())

    def mapped(self, function: Callable[[Any], Any]) -> Coded:
        """Return the results of a function of each value."""
        found = Coded.given(map(function, self.values))
        return Coded(found.codes[self.codes] if len(self.codes) else self.codes, found.values)

    def select(self, chosen: Numbers) -> Coded:
        """Return some of the values, with codes."""
        return Coded(self.codes[chosen], self.values)

    def split(self, function: Callable[[Any], Sequence[Any]]) -> tuple[Numbers, Coded]:
        """Return the results of a function that finds several for each value, and the number that each belongs to."""
        each = [function(value) for value in self.values]
        found = Coded.given(one for results in each for one in results)
        begins = begins_of([len(results) for results in each])
        counts = np.diff(begins)[self.codes]
        chosen = ranges(begins[:-1][self.codes], counts)
        return np.repeat(np.arange(len(self.codes)), counts), found.select(chosen)


class Place(NamedTuple):
    """What decides the split of a document, besides its text."""

    doc_id: str
    split: str
    story: str
    published: str
    twin_of: str


class Summaries(Sequence[Summary]):
    """The summaries of documents, sorted by doc_id. An item is a `Summary`, made when it is asked for."""

    def __init__(self, table: pa.Table) -> None:
        """Take a table with the columns of `SCHEMA`, such as `table` of another one after a round trip to a file."""
        self._table = table

    @property
    def table(self) -> pa.Table:
        """All columns."""
        return self._table

    def chunks(self, name: str) -> Iterator[pa.Array]:
        """Yield a column of `SCHEMA`, some documents at a time."""
        yield from self.table[name].chunks

    @classmethod
    def of(cls, each: Iterable[Summary]) -> Summaries:
        """Return summaries as columns."""
        return cls.of_rows([row_of(one) for one in each])

    @classmethod
    def of_rows(cls, rows: Sequence[SummaryRow]) -> Summaries:
        """Return rows as columns."""
        columns = list(zip(*rows, strict=True)) if rows else [()] * len(SCHEMA)
        arrays = [
            binary(column) if field.type == pa.binary() else strings(column)
            for column, field in zip(columns, SCHEMA, strict=True)
        ]
        return cls.of_arrays(arrays)

    @classmethod
    def of_arrays(cls, arrays: Sequence[pa.Array]) -> Summaries:
        """Return arrays of strings or bytes as columns."""
        coded = [
            one.dictionary_encode() if field.type == _DICTIONARY and one.type != _DICTIONARY else one
            for one, field in zip(arrays, SCHEMA, strict=True)
        ]
        return cls(pa.Table.from_arrays(coded, schema=SCHEMA))

    @classmethod
    def joined(cls, every: Sequence[Summaries]) -> Summaries:
        """Return the documents of several, one after another."""
        return cls(pa.concat_tables([one.table for one in every] or [SCHEMA.empty_table()]))

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def __getitem__(self, number: Any) -> Any:
        if isinstance(number, slice):
            raise TypeError("select takes the numbers of documents")
        number = range(len(self))[number]
        begins, batches = self._batches
        batch = bisect_right(begins, number) - 1
        one = batches[batch].slice(number - begins[batch], 1)
        return summary_of(next(zip(*map(_listed, one.columns), strict=True)))

    def __iter__(self) -> Iterator[Summary]:
        return map(summary_of, self.rows())

    def rows(self) -> Iterator[SummaryRow]:
        """Yield the row of each document."""
        for batch in self.table.to_batches():
            yield from zip(*(_listed(column) for column in batch.columns), strict=True)

    def select(self, documents: Numbers) -> Summaries:
        """Return some of the documents."""
        return Summaries(self.table.take(numbers(documents)))

    def ordered(self) -> Summaries:
        """Return the documents sorted by doc_id."""
        order = sorted(range(len(self)), key=self.ids.__getitem__)
        return self if order == list(range(len(self))) else self.select(np.array(order))

    @cached_property
    def _batches(self) -> tuple[list[int], list[pa.RecordBatch]]:
        """The documents of each shard, and the number of the first."""
        batches = self.table.to_batches()
        return begins_of([len(one) for one in batches])[:-1].tolist(), batches

    @cached_property
    def ids(self) -> list[str]:
        """The doc_id of each document."""
        return [doc_id for chunk in self.chunks("doc_id") for doc_id in chunk.to_pylist()]

    def coded(self, name: str) -> Coded:
        """Return a column of words, or of the checksums of the texts, whose values are numbers."""
        if name == "doc_id":
            return Coded(np.arange(len(self)), self.ids)
        if name == "text":
            column = self.data(name).dictionary_encode()
            return Coded(integers(column.indices), range(len(column.dictionary)))
        column = pa.chunked_array(list(self.chunks(name)), _DICTIONARY).unify_dictionaries()
        codes = [integers(chunk.indices) for chunk in column.chunks]
        values = column.chunk(0).dictionary.to_pylist() if codes else []
        values = [tuple(filter(None, value.split(_LIST))) for value in values] if name in _LISTS else values
        return Coded(np.concatenate(codes) if codes else np.zeros(0, np.int64), values)

    def words(self, name: str) -> list[str]:
        """Return the word of each document in a column."""
        return list(self.coded(name).of(np.arange(len(self))))

    def without_text(self) -> frozenset[str]:
        """Return the doc_ids whose text is not here: it is withheld, or has no letters."""
        ids = self.ids
        return frozenset(ids[i] for i in np.flatnonzero(lengths_of(self.data("letters")) == 0).tolist())

    def data(self, name: str) -> pa.LargeBinaryArray:
        """Return a column of bytes."""
        data, lengths = bytearray(), [np.zeros(0, np.int64)]
        # One chunk after another: that of a file is not needed any more when the next one is read.
        for chunk in self.chunks(name):
            data += joined(chunk)
            lengths.append(lengths_of(chunk))
        return sliced(data, begins_of(np.concatenate(lengths)))

    def filled(self, name: str) -> Iterator[tuple[int, bytes]]:
        """Yield the number and the bytes of each document that has any in a column."""
        column = self.data(name)
        for i in np.flatnonzero(lengths_of(column)).tolist():
            yield i, column[i].as_py()

    def items(self, name: str, kind: np.dtype[Any]) -> tuple[np.ndarray[Any, Any], Numbers]:
        """Return the items of a column of arrays of a kind, end to end, and how many each document has."""
        column = self.data(name)
        return np.frombuffer(joined(column), kind), lengths_of(column) // kind.itemsize

    def bucket(self, name: str, number: int) -> pa.LargeBinaryArray:
        """Return a bucket of a column of arrays: of `minima` some bands, of another one the items with one key each.

        The name is one of `DIVIDED`, and the number is below `BUCKETS`.
        """
        return divided(self.data(name), name, number)

    @cached_property
    def places(self) -> list[Place]:
        """What decides the split of each document, besides its text."""
        columns = (self.words(name) for name in ("split", "story", "published", "twin_of"))
        return list(map(Place, self.ids, *columns))

    @property
    def sketches(self) -> Sketches:
        """The sketches of the texts, without samples."""
        return Sketches(self.data("text"), self.data("letters"), self.data("minima"), binary([]))

    def sketches_of(self, documents: Numbers) -> Sketches:
        """Return the sketches of the texts without samples; only these documents, ascending, have minima."""
        has = np.zeros(len(self), np.int64)
        slices = [chosen(self.bucket("minima", number), documents) for number in range(BUCKETS)]
        # A text has all slices or none.
        width = MINIMA * 4 // BUCKETS
        rows = np.concatenate([one.reshape(-1, width) for one in slices], axis=1)
        has[documents] = lengths_of(self.bucket("minima", 0))[documents] > 0
        minima = sliced(rows.tobytes(), begins_of(has * MINIMA * 4))
        return Sketches(self.data("text"), self.data("letters"), minima, binary([]))

    def samples_of(self, documents: Numbers) -> list[np.ndarray[Any, np.dtype[np.uint32]]]:
        """Return the samples of some of the texts, each ascending."""
        values, of = [], []
        for number in range(BUCKETS):
            column = self.bucket("sample", number)
            of.append(np.repeat(np.arange(len(documents)), lengths_of(column)[documents] // 4))
            values.append(chosen(column, documents).view("<u4"))
        hashes, owners = np.concatenate(values), np.concatenate(of)
        order = np.lexsort((hashes, owners))
        cuts = begins_of(np.bincount(owners, minlength=len(documents)))
        hashes = hashes[order]
        return [hashes[begin:end] for begin, end in pairwise(cuts.tolist())]


def divided(column: pa.BinaryArray, name: str, number: int) -> pa.LargeBinaryArray:
    """Return a bucket of the column `name`, one of `DIVIDED`."""
    size = DIVIDED[name]
    return bucket_of(column, size, number) if size else slice_of(column, number)


class Differences(NamedTuple):
    """What the column `differences` has: these fields of a summary."""

    unchosen: tuple[tuple[str, str, str], ...] = ()
    compared: tuple[Compared, ...] = ()
    imported: tuple[tuple[str, str], ...] = ()


def encoded(unchosen: Sequence[Any], compared: Sequence[Compared], imported: Sequence[Any]) -> bytes:
    """Return what the column `differences` has for these fields of a summary, b"" if there is nothing in them."""
    every = (unchosen, [tuple(one) for one in compared], imported)
    return orjson.dumps(every) if any(every) else b""


def differences_in(data: bytes) -> Differences:
    """Return what the bytes in the column `differences` say."""
    if not data:
        return Differences()
    unchosen, compared, imported = orjson.loads(data)
    return Differences(
        tuple(map(tuple, unchosen)),
        tuple(Compared._make([*one[:-1], tuple(map(tuple, one[-1]))]) for one in compared),
        tuple(map(tuple, imported)),
    )


def row_of(one: Summary) -> SummaryRow:
    """Return a summary as a row."""
    text, letters = (*one.sketch.keys, b"", b"")[:2]
    return (
        *(one.doc_id, one.record, _LIST.join(one.files), one.gold, _LIST.join(one.annotators), one.split, one.story),
        *(one.twin_of, one.twin_kind, one.published, one.license, one.characters),
        *(text, letters, one.sketch.minima, one.sketch.sample, one.kinds, one.labels, one.passages),
        encoded(one.unchosen, one.compared, one.imported),
    )


def _listed(column: pa.Array) -> list[Any]:
    if column.type != _DICTIONARY:
        return list(column.to_pylist())
    values = column.dictionary.to_pylist()
    return list(map(values.__getitem__, integers(column.indices).tolist()))


def summary_of(row: SummaryRow) -> Summary:
    """Return the summary of a row."""
    values = dict(zip(SCHEMA.names, row, strict=True))
    keys = tuple(filter(None, (values.pop("text"), values.pop("letters"))))
    sketch = Sketch(keys, values.pop("minima"), values.pop("sample"))
    differences = differences_in(values.pop("differences"))
    values |= {name: tuple(filter(None, values[name].split(_LIST))) for name in _LISTS}
    return Summary(**values, sketch=sketch, **differences._asdict())
