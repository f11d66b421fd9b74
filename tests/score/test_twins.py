"""`corpus score --twins`: what a system loses on changed copies of the articles, against these articles."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.copies import read
from support.corpora import TEXT, Corpus, annotation, tiny

from corpus.core.model import CorpusError
from corpus.release.load import load
from corpus.score import score
from corpus.score.twins import score_twins

OTHER = TEXT.replace("spoke", "walked")


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    """Three articles of test in three stories, two of them with a noisy twin, and one paraphrased."""
    made = tiny(tmp_path / "corpus")
    for doc_id in ("gamma", "delta", "epsilon"):
        made.add(doc_id, split="test", story=doc_id)
    for doc_id in ("gamma", "delta"):
        twin = {"twin_of": doc_id, "twin_kind": "noisy"}
        made.add(f"{doc_id}-noisy", OTHER, split="test", story=doc_id, **twin)
    made.add("gamma-paraphrase", OTHER, split="test", story="gamma", twin_of="gamma", twin_kind="paraphrase")
    return made


def predicted(folder: Path, *doc_ids: str, **changed: Any) -> Path:
    """A directory of annotations as the tests' gold has them."""
    folder.mkdir(exist_ok=True)
    for doc_id in doc_ids:
        text = TEXT if "-" not in doc_id else OTHER
        (folder / f"{doc_id}.json").write_text(json.dumps(annotation(doc_id, text, "model", **changed)))
    return folder


def test_a_twin_is_compared_with_its_original(corpus: Corpus, tmp_path: Path) -> None:
    """The system finds the quote in both originals and in one twin of two; epsilon, which has none, is not scored."""
    given = predicted(tmp_path / "p", "gamma", "delta", "gamma-noisy")
    predicted(given, "epsilon", "delta-noisy", quotes=[])
    result, differences = score_twins(given, "noisy", root=corpus.root, split="test")
    assert (result.documents, result.stories, result.system) == (2, 2, "p")
    found = {f"{one.layer} {one.metric}": one for one in differences}
    recall = found["quotes exact recall"]
    assert (recall.first, recall.second, recall.difference) == (1, 0.5, -0.5)
    assert (recall.low, recall.high) == (-1, 0)
    assert found["mentions exact F1"].difference == 0
    assert "first: the articles that have a noisy twin; second: these twins" in result.notes


def test_without_twins_asked_they_are_not_scored(corpus: Corpus, tmp_path: Path) -> None:
    given = predicted(tmp_path / "p", "gamma", "delta", "epsilon", "gamma-noisy")
    assert score(given, corpus.root, split="test").documents == 3


@pytest.mark.parametrize("rows", [False, True])
def test_a_system_that_predicts_no_twin_is_told_so(corpus: Corpus, tmp_path: Path, rows: bool) -> None:
    given: Any = predicted(tmp_path / "p", "gamma", "delta", "epsilon")
    if rows:
        given = [{"doc_id": "gamma", "content": [{"start": 0, "end": 5}], "type": "direct"}]
    with pytest.raises(
        CorpusError, match="no prediction of a noisy twin: predict delta-noisy, gamma-noisy … too, 2 in"
    ):
        score_twins(given, "noisy", root=corpus.root, split="test")


def test_a_missing_twin_is_refused_or_scored_as_empty(corpus: Corpus, tmp_path: Path) -> None:
    given = predicted(tmp_path / "p", "gamma", "delta", "gamma-noisy")
    with pytest.raises(CorpusError, match="delta-noisy is missing, of 2 twins"):
        score_twins(given, "noisy", root=corpus.root, split="test")
    result, _ = score_twins(given, "noisy", root=corpus.root, split="test", missing="empty")
    assert result.missing == ("delta-noisy",)


def test_a_corpus_without_such_twins_says_so(corpus: Corpus, tmp_path: Path) -> None:
    given = predicted(tmp_path / "p", "alpha")
    with pytest.raises(CorpusError, match="no noisy twin of train has an annotation by gold"):
        score_twins(given, "noisy", root=corpus.root, split="train")


def test_the_command_reports_the_differences(corpus: Corpus, tmp_path: Path) -> None:
    given = predicted(tmp_path / "p", "gamma", "gamma-paraphrase")
    ran = corpus.run("score", str(given), "--twins", "paraphrase", "--split", "test", "--format", "json")
    assert ran.code == 0, ran.err
    found = json.loads(ran.out)
    assert {"first", "second", "difference", "low", "high", "p"} <= found[0].keys()
    assert {one["difference"] for one in found} <= {0, None}
    text = corpus.run("score", str(given), "--twins", "paraphrase", "--split", "test").out
    assert "first: the articles that have a paraphrase twin; second: these twins" in text
    assert "--compare does not go with --twins" in corpus.run("score", "x", "--twins", "noisy", "--compare", "y").err


def test_a_build_has_twins_in_a_config_of_their_own_and_is_scored_alike(tmp_path: Path) -> None:
    """Who loads a split has each article once; its twins are in the same split of another config."""
    import pyarrow.parquet as pq

    corpus = tiny(tmp_path / "corpus")
    corpus.add("alpha-noisy", OTHER, twin_of="alpha", twin_kind="noisy")
    ran = corpus.run("build")
    assert ran.code == 0, ran.out
    folder = corpus.root / "build"
    rows = {
        config: [row for path in sorted((folder / config).glob("train-*")) for row in pq.read_table(path).to_pylist()]
        for config in read(folder / "manifest.json")["configs"]
    }
    assert [(row["doc_id"], row["annotator"], row["text"]) for row in rows["twins"]] == [("alpha-noisy", "gold", OTHER)]
    assert rows["twins"][0]["quotes"]
    assert {config for config, of in rows.items() if any(row["doc_id"] == "alpha-noisy" for row in of)} == {"twins"}
    assert [row["doc_id"] for row in rows["documents"]] == ["alpha", "beta"]
    given = predicted(tmp_path / "p", "alpha", "alpha-noisy")
    in_corpus = score_twins(given, "noisy", root=corpus.root)
    in_build = score_twins(given, "noisy", release=folder)
    assert repr(in_corpus[1]) == repr(in_build[1])
    card = (folder / "README.md").read_text("utf-8")
    assert "| twins, not counted in any figure | 1 |" in card
    assert "| articles | 2 |" in card
    assert "| quotes | 2 |" in card


def test_a_release_without_twins_says_so(tmp_path: Path) -> None:
    corpus = tiny(tmp_path / "corpus")
    assert corpus.run("build").code == 0
    with pytest.raises(CorpusError, match="has no config 'twins'; it has no twins, or is older than this config"):
        load("twins", root=corpus.root)
