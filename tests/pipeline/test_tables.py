"""Tables are the same whether a document was read into columns or one by one, and in any mixture of both."""

from __future__ import annotations

import os
import pickle
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.corpora import REPOSITORY, annotation, tiny
from support.strategies import Doc, corpora
from support.written import real, write_all

from corpus.checks.suppress.suppressions import all_severities
from corpus.columns.documents import Columns
from corpus.core.schema import Schema
from corpus.files import Index
from corpus.formats import german_news
from corpus.pipeline import shard
from corpus.pipeline.check import Policy
from corpus.pipeline.shard import Compilation, Shard, compile_shard

sys.path.insert(0, str(REPOSITORY / "benchmarks"))
SCHEMA = Schema.read(REPOSITORY)
PUBLISHED = Path(os.environ.get("ON_THE_RECORD_GERMAN_NEWS", "german-news-quotation"))
Tables = dict[tuple[str, str], pa.RecordBatch]


def chosen(keep: Callable[[int], bool]) -> Callable[..., Columns | None]:
    """`shard.read_columns` for some of the documents only."""
    read = shard.read_columns

    def read_some(*args: Any, **options: Any) -> Columns | None:
        columns = read(*args, **options)
        if columns is None:
            return None
        return columns.select(np.array([keep(number) for number in columns.numbers.tolist()], np.bool_))

    return read_some


def tables(root: Path, with_attached: bool = False) -> Tables:
    """(split, config) → the rows of a corpus. Findings do not keep its documents out."""
    schema = Schema.read(root)
    task = Compilation(Policy(dict.fromkeys(all_severities(), "info")), with_attached)
    found: dict[tuple[str, str], list[pa.RecordBatch]] = {}
    with Index(root) as index:
        for entries in index.shards(256):
            made = compile_shard(entries, root, index.unpacked, schema, task)
            for split, batches in made.batches.items():
                for name, batch in batches.items():
                    found.setdefault((split, name), []).append(batch)
    return {key: pa.concat_batches(some) for key, some in found.items()}


def differences(root: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[str, str]]]:
    """Which tables differ from those of documents that were all read one by one, and in which mixture."""
    ways: dict[str, Callable[[int], bool]] = {
        "none": lambda number: False,
        "all": lambda number: True,
        "every third is not": lambda number: number % 3 > 0,
    }
    made = {}
    monkeypatch.setattr("corpus.pipeline.screened._FEW", 1)
    for way, keep in ways.items():
        with monkeypatch.context() as patch:
            patch.setattr(shard, "read_columns", chosen(keep))
            made[way] = tables(root)
    expected = made["none"]
    assert all(of.keys() == expected.keys() for of in made.values())
    return [
        (way, key)
        for way, of in made.items()
        for key, batch in of.items()
        if not batch.equals(expected[key], check_metadata=True)
    ]


@settings(max_examples=15, deadline=None)
@given(corpora(SCHEMA, least=1, partial=True), st.booleans())
def test_random_documents_have_the_same_rows(docs: list[Doc], bulk: bool) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        shutil.copytree(REPOSITORY / "schema", Path(folder) / "schema")
        values = [({**doc.record}, doc.text if doc.text_is_here else None, {**doc.annotations}) for doc in docs]
        write_all(Path(folder), values, bulk)
        assert differences(Path(folder), patch) == []


@pytest.mark.parametrize("bulk", [False, True])
@pytest.mark.parametrize("corpus", ["ours", "german", "made up"])
def test_articles_have_the_same_rows(corpus: str, bulk: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = REPOSITORY
    if corpus == "german":
        if not PUBLISHED.is_dir():
            pytest.skip("the German News Quotation corpus is not here: set ON_THE_RECORD_GERMAN_NEWS")
        source = tmp_path / "german"
        assert list(german_news.read(PUBLISHED, source)) == []
    root = tmp_path / "written"
    if corpus == "made up":
        from bulk import write

        root.mkdir()
        write(root, 300, 0.02)
    else:
        shutil.copytree(source / "schema", root / "schema")
        # Of our articles a sixth, others in bulk files than in single ones: each oddity is in five or more.
        values = real(source) if corpus == "german" else real(source)[bulk::6]
        write_all(root, [odd(i, *value) for i, value in enumerate(values)], bulk)
    assert differences(root, monkeypatch) == []


def odd(number: int, record: Any, text: str | None, annotations: dict[str, Any]) -> Any:
    """A document as it is, or with something that columns could take for something else."""
    gold = annotations.get("gold", {})
    match number % 10:
        case 0:
            gold.setdefault("provenance", {}).update(project=7, task=number, annotation="a")
        case 1:
            gold.setdefault("provenance", {})["alternatives"] = [
                {"layer": "quotes", "record": "q1", "field": "medium", "value": "unspecified"},
                {"layer": "mentions", "spans": [{"start": 0, "end": 3}]},
            ]
        case 2:
            record |= {"redistribution": "offsets_only"}
            text = None
        case 3:
            record.pop("split", None)
        case 4:
            for span in (span for one in gold.get("quotes", ()) for span in one["content"]):
                span.pop("text", None)
        case 5:
            gold["layers_done"] = [name for name in gold.get("layers_done", ()) if name != "mentions"]
            gold.pop("mentions", None)
        case 6:
            record |= {"redistribution": "none"}
        case 7:
            annotations.pop("gold", None)
    return record, text, annotations


def test_a_shard_is_sent_with_its_own_rows_only() -> None:
    whole = pa.record_batch({"doc_id": [f"doc-{i:04}" for i in range(10_000)]})
    some = Shard(documents=10, errors=2, batches={"dev": {"documents": whole.slice(5_000, 10)}})
    sent = pickle.dumps(some)
    assert len(sent) < 5_000
    received = pickle.loads(sent)
    assert received.batches["dev"]["documents"].equals(whole.slice(5_000, 10))
    assert (received.documents, received.errors, received.used) == (10, 2, some.used)


def test_an_article_without_a_title_has_no_pair_of_a_headline(tmp_path: Path) -> None:
    """There is no text that a label would be about."""
    made = tiny(tmp_path)
    stance = {"id": "s1", "scope": "article", "holder": None, "target": "keep-night-ferry", "label": "favor"}
    stance |= {"intensity": 2, "explicit": True, "evidence_spans": [], "evidence_quotes": ["q1"]}
    changed = {"stances": [stance], "layers_done": ["entities", "mentions", "quotes", "stances"]}
    for doc_id, title in (("alpha", "The bridge"), ("beta", None), ("gamma", "")):
        made.add(doc_id, title=title)
        made.write(f"annotations/gold/{doc_id}.json", annotation(doc_id, **changed))
    rows = tables(tmp_path)["train", "stances"].to_pylist()
    pairs = [(row["doc_id"], row["scope"]) for row in rows if row["label"] == "none"]
    assert pairs == [("alpha", "headline"), ("alpha", "speaker"), ("beta", "speaker"), ("gamma", "speaker")]
    assert all(row["text"] for row in rows)
