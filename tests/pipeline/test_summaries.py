"""The summaries of a run are in memory while they are few, and in a temporary file when they are many."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from corpus.checks.document_summary import Summary
from corpus.checks.summaries import SCHEMA, Summaries
from corpus.pipeline import summaries as module
from corpus.pipeline.summaries import StoredSummaries, SummarySpool
from corpus.splits.sketches import Sketch


def shard(first: int) -> Summaries:
    """Ten documents, each with words of its own and words that it shares."""
    return Summaries.of(
        Summary(
            f"doc-{i:03}",
            "raw/all.jsonl",
            (f"raw/{i}.json", "raw/all.jsonl"),
            split=("train", "", "test")[i % 3],
            story=f"story-{i // 20}",
            sketch=Sketch((bytes([i]) * 32, b"letters"), bytes(512)) if i % 4 else Sketch((bytes([i]) * 32,)),
            passages=bytes(12 * (i % 3)),
        )
        for i in range(first, first + 10)
    )


@pytest.mark.parametrize("least", [1, 25, 1000])
def test_what_is_added_is_there(least: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_GROUP", least)
    monkeypatch.setattr(module, "_KEPT", 2 * least)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    every = [shard(first) for first in range(0, 120, 10)]
    spool = SummarySpool()
    for one in every:
        spool.add(one)
    found, given = spool.summaries(), Summaries.joined(every)
    assert isinstance(found, StoredSummaries) == bool(list(tmp_path.iterdir())) == (least < 1000)
    assert (len(found), found.ids, list(found)) == (120, given.ids, list(given))
    for name in SCHEMA.names[1:12]:
        assert found.words(name) == given.words(name)
    for name in SCHEMA.names[12:]:
        assert found.data(name).equals(given.data(name))
    spool.close()
    assert list(tmp_path.iterdir()) == []


def test_a_column_is_read_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And of that, the documents of one row group at a time."""
    monkeypatch.setattr(module, "_GROUP", 20)
    monkeypatch.setattr(module, "_KEPT", 60)
    spool = SummarySpool()
    for first in range(0, 120, 10):
        spool.add(shard(first))
    found = spool.summaries()
    assert [len(chunk) for chunk in found.chunks("split")] == [20] * 6
    read: list[list[str]] = []
    read_group = module.pq.ParquetFile.read_row_group
    monkeypatch.setattr(
        module.pq.ParquetFile,
        "read_row_group",
        lambda file, group, columns: read.append(columns) or read_group(file, group, columns),
    )
    assert found.sketches.rows[1].shape == (90, 128)
    assert {name for columns in read for name in columns} == {"text", "letters", "minima"}
    spool.close()
