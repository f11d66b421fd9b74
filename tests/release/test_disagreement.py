"""The config `disagreement`: each row is what the files of all annotators say, and a copy with texts has it, too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from datasets import load_dataset
from support.copies import build, change, copy_repository, parquet_rows, read

DOC = "glow-fever-brief"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A corpus of one document with two annotators and gold."""
    return copy_repository(tmp_path / "corpus", (DOC,))


def rows_of(root: Path) -> list[dict[str, Any]]:
    (rows,) = (rows for (name, _), rows in parquet_rows(build(root)).items() if name == "disagreement")
    return rows


def test_every_label_of_a_row_is_that_of_its_record(root: Path) -> None:
    said = {name: read(root / "annotations" / name / f"{DOC}.json") for name in ("gold", "ann-a", "ann-b")}
    by_id = {
        (name, record["id"]): record
        for name, value in said.items()
        for layer in value["layers_done"]
        for record in value[layer]
    }
    rows, seen = rows_of(root), set()
    for row in rows:
        assert row["annotators"] == ["ann-a", "ann-b"]
        for name, record, label in zip(row["annotators"], row["records"], row["annotations"], strict=True):
            value = None if record is None else by_id[name, record][row["field"]]
            assert label == (None if value is None else str(value).lower() if isinstance(value, bool) else str(value))
            seen.add((row["layer"], name, record, row["field"]))
        if "/" not in row["item"]:
            value = by_id["gold", row["item"]][row["field"]]
            assert row["hard_label"] == (str(value).lower() if isinstance(value, bool) else str(value))
        else:
            assert row["hard_label"] is None
        given = [label for label in row["annotations"] if label is not None]
        assert {one["label"]: one["share"] for one in row["soft_label"]} == {
            label: given.count(label) / len(given) for label in given
        }
    for name in ("ann-a", "ann-b"):
        assert {one for _, annotator, one, field in seen if (annotator, field) == (name, "type")} >= {
            quote["id"] for quote in said[name]["quotes"]
        }


def test_alternatives_stand_beside_the_label_of_gold(root: Path) -> None:
    gold = root / "annotations" / "gold" / f"{DOC}.json"
    alone = next(row for row in rows_of(root) if row["layer"] == "mentions" and "/" in row["item"])
    quote, mention = read(gold)["quotes"][0], read(gold)["mentions"][3]
    other = "unspecified" if quote["medium"] != "unspecified" else "speech"
    good = [
        {"layer": "quotes", "record": quote["id"], "field": "medium", "value": other, "note": "why"},
        {"layer": "mentions", "record": mention["id"]},
        {"layer": "mentions", "spans": [{"start": s["start"], "end": s["end"]} for s in alone["spans"]]},
    ]
    change(gold, lambda value: value.update(schema_version="1.1"))
    change(gold, lambda value: value["provenance"].update(alternatives=good))
    found = {(row["item"], row["field"]): row["alternatives"] for row in rows_of(root) if row["alternatives"]}
    assert found == {
        (quote["id"], "medium"): [other],
        (mention["id"], "form"): [None],
        (alone["item"], "form"): [one["label"] for one in alone["soft_label"]],
    }
    (article,) = (rows[0] for (name, _), rows in parquet_rows(root / "build").items() if name == "documents")
    stored = article["provenance"]["alternatives"]
    assert [one["record"] for one in stored] == [quote["id"], mention["id"], None]
    assert stored[2]["spans"] == alone["spans"]
    assert (stored[0]["value"], stored[0]["note"]) == (other, "why")


def test_one_annotator_without_gold_has_rows_and_gold_alone_has_none(root: Path, tmp_path: Path) -> None:
    for name in ("gold", "ann-b"):
        (root / "annotations" / name / f"{DOC}.json").unlink()
    assert {(tuple(row["annotators"]), row["hard_label"]) for row in rows_of(root)} == {(("ann-a",), None)}
    alone = copy_repository(tmp_path / "alone", (DOC,), ("gold",))
    assert "disagreement" not in read(build(alone) / "manifest.json")["configs"]


def test_the_rows_load(few_built: Path, tmp_path: Path) -> None:
    loaded = load_dataset(str(few_built / "build"), "disagreement", split="train", cache_dir=str(tmp_path))
    assert loaded.column_names[:4] == ["doc_id", "layer", "item", "field"]
    assert list(loaded) == parquet_rows(few_built / "build")["disagreement", "train"]
