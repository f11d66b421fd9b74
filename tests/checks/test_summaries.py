"""The summaries of many documents are arrays: small, and equal after a file, a pipe or a cache."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.corpora import REPOSITORY

from corpus.checks.document_summary import Summary
from corpus.checks.gold_comparison import Compared
from corpus.checks.names import names
from corpus.checks.summaries import SCHEMA, Coded, Summaries
from corpus.core.model import Annotation, Source
from corpus.core.schema import Schema
from corpus.splits.sketches import Sketch

WORDS = st.sampled_from(["", "train", "test", "Ærø", "ferry-strike"])
DATA = st.sampled_from([b"", b"\0", bytes(range(12)), bytes(512)])
PLACES = st.tuples(*[st.sampled_from(["", "q1", "/quotes/0/type", "Ærø 😀", "\u2019s ", "annotations/b/a.json"])] * 3)


@st.composite
def summary(draw: st.DrawFn) -> Summary:
    keys = tuple(draw(st.lists(st.binary(min_size=1, max_size=32), max_size=2)))
    compared = [Compared("C655", *draw(PLACES), "detail", tuple(draw(st.lists(PLACES, max_size=2))))]
    return Summary(
        draw(st.sampled_from("abcdefghij")),
        "raw/all.jsonl",
        tuple(draw(st.lists(st.sampled_from(["raw/a.json", "raw/a.txt", "annotations/b/a.json"]), unique=True))),
        *draw(st.tuples(*[WORDS] * 6)),
        sketch=Sketch(keys, draw(DATA) if keys else b"", draw(DATA) if keys else b""),
        gold=draw(WORDS),
        kinds=draw(DATA),
        labels=draw(DATA),
        passages=draw(DATA),
        unchosen=tuple(draw(st.lists(PLACES, max_size=2))),
        compared=tuple(compared[: draw(st.integers(0, 1))]),
        annotators=draw(st.sampled_from([(), ("ann-a",), ("ann-a", "ann-b")])),
        imported=tuple((one, other) for one, other, _ in draw(st.lists(PLACES, max_size=2))),
        characters=draw(st.sampled_from(["", "00", "01", "11"])),
    )


def unique(found: list[Summary]) -> list[Summary]:
    return sorted({one.doc_id: one for one in found}.values(), key=lambda one: one.doc_id)


@settings(max_examples=40)
@given(st.lists(summary(), max_size=6).map(unique), st.integers(0, 6))
def test_summaries_are_those_that_were_given(given: list[Summary], cut: int) -> None:
    parts = [Summaries.of(given[:cut]), Summaries.of(given[cut:])]
    whole = Summaries.joined([*parts, Summaries.of([])])
    assert list(whole) == given
    assert [whole[i] for i in range(len(whole))] == given
    assert list(pickle.loads(pickle.dumps(whole))) == given
    assert list(Summaries.joined(parts[::-1]).ordered()) == given
    for name in ("split", "story", "record", "annotators"):
        assert whole.words(name) == [getattr(one, name) for one in given]
    assert [whole.data("kinds")[i].as_py() for i in range(len(whole))] == [one.kinds for one in given]


@settings(max_examples=25)
@given(st.lists(summary(), min_size=1, max_size=6).map(unique))
def test_a_file_brings_them_back(tmp_path_factory: pytest.TempPathFactory, given: list[Summary]) -> None:
    file = tmp_path_factory.mktemp("reduce") / "0.parquet"
    pq.write_table(Summaries.of(given).table, file)
    table = pq.read_table(file)
    assert table.schema.equals(SCHEMA)
    assert list(Summaries.joined([Summaries(table), Summaries.of([])])) == given


def test_pieces_of_a_withheld_text_are_no_name() -> None:
    spans = [{"start": 0, "end": 3}, {"start": 8, "end": 10}]
    mention = {"id": "m1", "spans": spans, "form": "NAM", "entity": "e1"}
    value = {
        "layers_done": ["mentions", "entities"],
        "mentions": [mention],
        "entities": [{"id": "e1", "type": "PER"}],
    }
    gold = Annotation("gold", value, Source("annotations/gold/a.json", "annotation"))
    schema = Schema.read(REPOSITORY)
    assert names(gold, None, schema) == []
    assert [name.words for name in names(gold, "Ada and Bo.", schema)] == ["Ada … Bo"]


def test_a_document_takes_little_memory() -> None:
    """The bytes of what differs between documents, and a few for each of the words that they share."""
    rng = np.random.default_rng(1)
    sketch = Sketch((rng.bytes(32), rng.bytes(16)), rng.bytes(512), rng.bytes(300))
    one = Summary("doc-00000000", "raw/part-00001.jsonl.zst", sketch=sketch, split="train", kinds=rng.bytes(240))
    given = [replace(one, doc_id=f"doc-{i:08}", sketch=sketch._replace(minima=rng.bytes(512))) for i in range(256)]
    summaries = Summaries.of(given)
    data = len(one.doc_id) + 32 + 16 + 512 + 300 + 240
    assert summaries.table.nbytes < 256 * (data + 120)
    assert len(pickle.dumps(summaries)) < 256 * (data + 120) + 20_000


def test_columns_of_more_than_two_gigabytes_are_joined() -> None:
    """Chunks with small offsets that together have more bytes than these can count."""
    data = pa.py_buffer(bytes(2**28))
    chunk = pa.BinaryArray.from_buffers(pa.binary(), 1, [None, pa.py_buffer(np.array([0, 2**28], np.int32)), data])
    table = Summaries.of([Summary("a", "raw/a.json")]).table
    number = table.column_names.index("kinds")
    many = Summaries.joined([Summaries(table.set_column(number, SCHEMA.field("kinds"), chunk))] * 9)
    assert many.data("kinds").nbytes > 2**31


@given(st.lists(st.sampled_from(["Ab", "ab", "", "b"])))
def test_coded_values(values: list[str]) -> None:
    numbers = np.arange(len(values))
    coded = Coded.given(values)
    assert list(coded.of(numbers)) == values
    assert list(coded.mapped(str.lower).of(numbers)) == [value.lower() for value in values]
    assert coded.filled.tolist() == list(map(bool, values))
    owners, letters = coded.split(list)
    expected = [(i, letter) for i, value in enumerate(values) for letter in value]
    assert list(zip(owners.tolist(), letters.of(np.arange(len(owners))), strict=True)) == expected
