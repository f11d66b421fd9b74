"""A Parquet file of a submission: what it declares is bounded before anything is decoded."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.corpora import Corpus

from corpus.core.model import CorpusError
from corpus.files import parquet_file
from corpus.files.parquet_file import open_parquet


def written(path: Path, **columns: list[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path, compression="zstd", use_dictionary=False)
    return path


def test_a_small_file_that_grows_without_measure_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "a.parquet", doc_id=["x" * 2**20] * 8)
    assert open_parquet(path).metadata.num_rows == 8
    monkeypatch.setattr(parquet_file, "MAX_DECODED", 2**20)
    with pytest.raises(CorpusError, match="would take more than 1 MiB"):
        open_parquet(path)


def test_rows_and_metadata_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "a.parquet", doc_id=["x"] * 9)
    monkeypatch.setattr(parquet_file, "MAX_ROWS", 8)
    with pytest.raises(CorpusError, match="declares 9 rows, more than 8"):
        open_parquet(path)
    monkeypatch.setattr(parquet_file, "MAX_FOOTER", 8)
    with pytest.raises(CorpusError, match="bytes of metadata"):
        open_parquet(path)


def test_a_link_is_refused(tmp_path: Path) -> None:
    written(tmp_path / "a.parquet", doc_id=["x"])
    (tmp_path / "b.parquet").symlink_to("a.parquet")
    with pytest.raises(CorpusError, match="symbolic link"):
        open_parquet(tmp_path / "b.parquet")


def test_a_release_that_grows_without_measure_ends_a_run_in_one_line(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(corpus.root / "releases/1.0.0/documents/test-00000-of-00001.parquet", doc_id=["x" * 2**20] * 8)
    monkeypatch.setattr(parquet_file, "MAX_DECODED", 2**20)
    ran = corpus.run("validate")
    assert (ran.code, "test-00000-of-00001.parquet would take more than" in ran.err) == (2, True)
