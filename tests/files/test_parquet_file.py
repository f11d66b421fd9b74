"""A Parquet file of a submission: what it declares is bounded before anything is decoded, and what it takes after."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.corpora import Corpus

from corpus.core.model import CorpusError
from corpus.files import parquet_file, parquet_pages
from corpus.files.parquet_file import ParquetFile

TABLE = "releases/1.0.0/documents/test-00000-of-00001.parquet"


def written(path: Path, **columns: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    dictionary = any("dictionary" in str(getattr(column, "type", "")) for column in columns.values())
    pq.write_table(pa.table(columns), path, compression="zstd", use_dictionary=dictionary, store_schema=False)
    return path


def repeated(value: str, times: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array([0] * times, pa.int32()), pa.array([value]))


def read(path: Path) -> int:
    """Read all of a file; the number of its rows."""
    return sum(batch.num_rows for batch in ParquetFile(path).batches(1024))


def test_rows_come_in_batches_of_the_columns_asked_for(tmp_path: Path) -> None:
    path = written(tmp_path / "a.parquet", doc_id=["a", "b", "c"], n=[[1], None, []])
    assert [batch.to_pydict() for batch in ParquetFile(path).batches(2, ["doc_id"])] == [
        {"doc_id": ["a", "b"]},
        {"doc_id": ["c"]},
    ]
    assert ParquetFile(path).schema.names == ["doc_id", "n"]
    with pytest.raises(CorpusError, match=r"a\.parquet has no column text"):
        list(ParquetFile(path).batches(2, ["doc_id", "text"]))


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"ROWS": 8, "ROWS_PER_BYTE": 0}, "and more than 8 rows"),
        ({"VALUES": 8, "VALUES_PER_BYTE": 0}, "and more than 8 values"),
        ({"UNPACKED": 2**20, "UNPACKED_PER_BYTE": 0}, "more than 1,048,576 bytes when it is unpacked"),
        ({"DECODED": 2**20, "DECODED_PER_BYTE": 0}, "more than 1,048,576 bytes when it is decoded"),
        ({"PAGES": 0, "PAGES_PER_BYTE": 0}, "it has more than 0 pages"),
    ],
)
def test_each_budget_refuses(
    limits: dict[str, int], expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "a.parquet", doc_id=["x" * 2**18] * 9)
    assert read(path) == 9
    for name, value in limits.items():
        monkeypatch.setattr(parquet_file, name, value)
    with pytest.raises(CorpusError, match=expected):
        read(path)


GROWING = {
    "a long string": {"doc_id": ["x" * 2**28 + "x" * 2**25]},
    "many rows": {"doc_id": pa.nulls(2**20, pa.string())},
    "many values of a list": {"l": pa.ListArray.from_arrays([0, 2**25], pa.nulls(2**25, pa.int8()))},
    "a long string, repeated": {"doc_id": repeated("x" * 2**20, 100_000)},
    "a long string, repeated in a list": {"l": pa.ListArray.from_arrays([0, 2**16], repeated("x" * 2**20, 2**16))},
}


@pytest.mark.parametrize("name", GROWING)
def test_a_small_file_that_grows_without_measure_is_refused(name: str, tmp_path: Path) -> None:
    path = written(tmp_path / "a.parquet", **GROWING[name])
    assert path.stat().st_size < 40_000
    with pytest.raises(CorpusError, match=r"and more than .* (rows|values|bytes)|too much memory"):
        read(path)


def test_a_page_is_believed_and_not_the_footer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The footer of a hostile file may call a column small: its pages are what Arrow unpacks."""
    path = written(tmp_path / "a.parquet", doc_id=["x" * 2**21])
    with path.open("rb") as file:
        column = parquet_pages._footer(file)[4][0][1][0][3]
    assert column[6] > 2**21
    data = path.read_bytes()
    path.write_bytes(data.replace(varint(2 * column[6], 4), varint(2 * 1000, 4)))
    assert pq.ParquetFile(path).metadata.row_group(0).column(0).total_uncompressed_size < 2000
    monkeypatch.setattr(parquet_file, "UNPACKED", 2**20)
    monkeypatch.setattr(parquet_file, "UNPACKED_PER_BYTE", 0)
    with pytest.raises(CorpusError, match="when it is unpacked"):
        ParquetFile(path)


def varint(value: int, size: int) -> bytes:
    """A number as Thrift's compact protocol writes it, in so many bytes."""
    return bytes(value >> 7 * i & 127 | (128 if i < size - 1 else 0) for i in range(size))


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"doc_id", b"doc\xffid"), (b"PAR1", b"PAR2"), (b"words", b"w\xff\xfeds")],
    ids=["name of a column", "magic bytes", "value of a string"],
)
def test_a_damaged_file_is_refused(old: bytes, new: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"doc_id": ["words"]}), path, compression="none", use_dictionary=False, store_schema=False)
    path.write_bytes(path.read_bytes().replace(old, new))
    with pytest.raises(CorpusError, match="is not a readable Parquet file"):
        read(path)


@pytest.mark.parametrize("cut", [0, 3, 8, 20, 100])
def test_a_file_that_was_cut_off_is_refused(cut: int, tmp_path: Path) -> None:
    path = written(tmp_path / "a.parquet", doc_id=["x"] * 9)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(CorpusError, match="is not a readable Parquet file"):
        read(path)


def test_columns_nested_deep_are_refused(tmp_path: Path) -> None:
    kind: pa.DataType = pa.int8()
    for _ in range(80):
        kind = pa.struct([("x", kind)])
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"x": pa.nulls(1, kind)}), path, store_schema=False)
    with pytest.raises(CorpusError, match="nested more than 64 deep"):
        ParquetFile(path)


def test_a_large_footer_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "a.parquet", doc_id=["x"])
    monkeypatch.setattr(parquet_pages, "MAX_FOOTER", 8)
    with pytest.raises(CorpusError, match="bytes of metadata, more than 8"):
        ParquetFile(path)


def test_a_link_is_refused(tmp_path: Path) -> None:
    written(tmp_path / "a.parquet", doc_id=["x"])
    (tmp_path / "b.parquet").symlink_to("a.parquet")
    with pytest.raises(CorpusError, match="symbolic link"):
        ParquetFile(tmp_path / "b.parquet")


@pytest.mark.parametrize(
    "columns",
    [
        {"doc_id": repeated("x" * 2**20, 100_000)},
        {"doc_id": ["x" * 129]},
        {"doc_id": [1]},
        {"id": ["x"]},
    ],
    ids=["too large", "long id", "number as id", "no id"],
)
def test_an_unreadable_release_is_one_finding_and_the_rest_goes_on(columns: dict[str, object], corpus: Corpus) -> None:
    written(corpus.root / TABLE, **columns)
    value = corpus.read("annotations/gold/beta.json")
    value["mentions"][1]["spans"][0]["text"] = "they"
    corpus.write("annotations/gold/beta.json", value)
    codes = corpus.codes()
    assert {code for code in codes if "beta" in code} == {"P307 annotations/gold/beta.json"}
    assert {code for code in codes if code.startswith("C618")} == {"C618 releases"}
    (finding,) = (one for one in corpus.findings() if one["code"] == "C618")
    assert finding["severity"] == "error"
    assert "releases/1.0.0/documents/test-00000-of-00001.parquet" in finding["message"]
    assert str(corpus.root) not in finding["message"]
