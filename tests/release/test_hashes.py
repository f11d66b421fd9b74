"""The logical hash of a table: the same for the same rows however they are cut, another for any other rows."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from corpus.core.model import CorpusError
from corpus.files.table_hash import TableHash, stream_keys, table_hash

SPAN = pa.struct([("start", pa.int64()), ("text", pa.string())])
COLUMNS = pa.schema(
    [
        ("word", pa.string()),
        ("number", pa.int64()),
        ("share", pa.float64()),
        ("flag", pa.bool_()),
        ("words", pa.list_(pa.string())),
        ("spans", pa.list_(SPAN)),
        ("records", pa.list_(pa.struct([("id", pa.string()), ("spans", pa.list_(SPAN)), ("flag", pa.bool_())]))),
        ("one", SPAN),
    ]
)


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


WORDS = maybe(st.sampled_from(["", "a", "ab", "b", "é", "👩\u200d👩", "\0"]))
NUMBERS = maybe(st.sampled_from([0, 1, -1, 2**62]))
SPANS = st.fixed_dictionaries({"start": NUMBERS, "text": WORDS})
RECORDS = st.fixed_dictionaries(
    {"id": WORDS, "spans": maybe(st.lists(maybe(SPANS), max_size=3)), "flag": maybe(st.booleans())}
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "word": WORDS,
            "number": NUMBERS,
            "share": maybe(st.sampled_from([0.0, 0.5, -1e300])),
            "flag": maybe(st.booleans()),
            "words": maybe(st.lists(WORDS, max_size=3)),
            "spans": maybe(st.lists(maybe(SPANS), max_size=3)),
            "records": maybe(st.lists(maybe(RECORDS), max_size=2)),
            "one": maybe(SPANS),
        }
    ),
    max_size=8,
)


def digest(batches: list[pa.RecordBatch], columns: pa.Schema = COLUMNS) -> str:
    total = TableHash(columns)
    for batch in batches:
        total.update(batch)
    return total.hexdigest()


def batch_of(rows: list[dict[str, Any]]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(rows, COLUMNS)


@settings(max_examples=80)
@given(ROWS, st.data())
def test_where_batches_are_cut_does_not_matter(rows: list[dict[str, Any]], data: st.DataObject) -> None:
    """Built apart, or sliced from one array that has rows before and behind."""
    whole = digest([batch_of(rows)])
    cuts = sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=4)))
    bounds = list(zip([0, *cuts], [*cuts, len(rows)], strict=True))
    assert digest([batch_of(rows[a:b]) for a, b in bounds]) == whole
    assert digest([batch_of(rows).slice(a, b - a) for a, b in bounds]) == whole
    before, behind = data.draw(ROWS), data.draw(ROWS)
    wide = batch_of([*before, *rows, *behind])
    assert digest([wide.slice(len(before) + a, b - a) for a, b in bounds]) == whole


@settings(max_examples=80)
@given(st.lists(ROWS, min_size=1, max_size=3), st.data())
def test_a_stream_has_one_key_and_one_hash_however_much_is_hashed(
    pieces: list[list[dict[str, Any]]], data: st.DataObject
) -> None:
    """Pieces that change leave the streams alone that have the same key then."""

    def hashed(pieces: list[list[dict[str, Any]]], only: set[str] | None = None) -> TableHash:
        total = TableHash(COLUMNS, only)
        for rows in pieces:
            total.update(batch_of(rows))
        return total

    def keys(pieces: list[list[dict[str, Any]]]) -> dict[str, str]:
        return stream_keys([hashed([rows]).streams() for rows in pieces])

    changed = list(pieces)
    changed[data.draw(st.integers(0, len(pieces) - 1))] = data.draw(ROWS)
    before, after = keys(pieces), keys(changed)
    old, new = hashed(pieces).streams().digests, hashed(changed)
    assert before.keys() == old.keys()
    same = {path: old[path] for path in after if before.get(path) == after[path]}
    left = after.keys() - same.keys()
    digests = same | hashed(changed, set(left)).streams().digests
    assert table_hash(sum(map(len, changed)), digests) == new.hexdigest()
    assert sum(hashed([rows]).size for rows in changed) == new.size


@settings(max_examples=60)
@given(ROWS)
@example([])
def test_how_the_same_rows_lie_in_memory_does_not_matter(rows: list[dict[str, Any]]) -> None:
    """Read back from a stream, taken by index, or with values hidden under a null."""
    batch = batch_of(rows)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, COLUMNS) as writer:
        writer.write_batch(batch)
    again = pa.ipc.open_stream(sink.getvalue()).read_all().combine_chunks().to_batches()
    assert digest(again) == digest([batch])
    assert digest([batch.take(pa.array(range(len(rows)), pa.int64()))]) == digest([batch])


@settings(max_examples=100)
@given(ROWS, ROWS)
@example([dict.fromkeys(COLUMNS.names)], [])
def test_other_rows_give_another_hash(rows: list[dict[str, Any]], others: list[dict[str, Any]]) -> None:
    one, other = batch_of(rows), batch_of(others)
    assert (digest([one]) == digest([other])) == (one.to_pylist() == other.to_pylist())


@settings(max_examples=80)
@given(ROWS, st.data())
def test_a_change_in_one_place_is_seen(rows: list[dict[str, Any]], data: st.DataObject) -> None:
    """Two neighbours among all rows: what differs is one value of one column."""
    if not rows:
        return
    i = data.draw(st.integers(0, len(rows) - 1))
    column = data.draw(st.sampled_from(COLUMNS.names))
    changed = [dict(row) for row in rows]
    changed[i][column] = data.draw(ROWS.filter(bool))[0][column]
    same = batch_of(rows).to_pylist() == batch_of(changed).to_pylist()
    assert (digest([batch_of(rows)]) == digest([batch_of(changed)])) == same


def test_values_under_a_null_are_not_content() -> None:
    columns = pa.schema([("x", pa.list_(pa.string()))])
    offsets, hidden = pa.array([0, 1, 3], pa.int32()), pa.array(["a", "b", "c"])
    array = pa.ListArray.from_arrays(offsets, hidden, mask=pa.array([False, True]))
    plain = pa.array([["a"], None], pa.list_(pa.string()))
    assert array.to_pylist() == plain.to_pylist()
    assert digest([pa.RecordBatch.from_arrays([array], schema=columns)], columns) == digest(
        [pa.RecordBatch.from_arrays([plain], schema=columns)], columns
    )
    kind = pa.struct([("s", pa.string())])
    columns = pa.schema([("x", kind)])
    array = pa.StructArray.from_arrays([pa.array(["a", "b"])], ["s"], mask=pa.array([False, True]))
    plain = pa.array([{"s": "a"}, None], kind)
    assert digest([pa.RecordBatch.from_arrays([array], schema=columns)], columns) == digest(
        [pa.RecordBatch.from_arrays([plain], schema=columns)], columns
    )


@pytest.mark.parametrize("values", [[b"x", None], [date(2026, 1, 1)]], ids=["bytes and null", "date"])
def test_a_type_that_no_build_has_is_refused(values: list[object]) -> None:
    """A release that was not made by this package may have any: some would be hashed by where they lie in memory."""
    batch = pa.RecordBatch.from_arrays([pa.array(values)], ["x"])
    with pytest.raises(CorpusError, match="the column x has the type"):
        digest([batch], batch.schema)
