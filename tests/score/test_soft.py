"""`corpus score --soft`: the measures on vectors computed by hand, and predictions of the items of `disagreement`."""

from __future__ import annotations

import json
import re
from math import log
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.corpora import Corpus, annotation, run, tiny

from corpus.core.model import CorpusError
from corpus.score import soft_score
from corpus.score.soft_metrics import cross_entropy, entropy, jensen_shannon, manhattan

T = {"favor": 0.6, "against": 0.3, "neutral": 0.1}
P = {"favor": 0.5, "against": 0.25, "neutral": 0.25}


def test_a_vector_that_was_computed_by_hand() -> None:
    """CE = .6·ln 2 + .3·ln 4 + .1·ln 4; the others with a calculator to six places."""
    assert cross_entropy(T, P) == pytest.approx(0.6 * log(2) + 0.4 * log(4)) == pytest.approx(0.970406, abs=1e-6)
    assert entropy(T) == pytest.approx(0.897946, abs=1e-6)
    assert jensen_shannon(T, P) == pytest.approx(0.028879, abs=1e-6)
    assert manhattan(T, P) == pytest.approx(0.3)


def test_one_label_of_two_that_half_of_the_annotators_gave() -> None:
    """JS of (½, ½) and (1, 0), with the middle (¾, ¼): ½·(½·log₂ ⅔ + ½·log₂ 2) + ½·log₂ 4/3 = 0.311278 bits."""
    half, sure = {"favor": 0.5, "against": 0.5}, {"favor": 1.0}
    assert jensen_shannon(half, sure) == pytest.approx(0.311278, abs=1e-6)
    assert cross_entropy(half, sure) == pytest.approx(-0.5 * log(1e-12))
    assert manhattan(half, sure) == pytest.approx(1.0)
    assert (cross_entropy(sure, sure), entropy(sure)) == (0.0, 0.0)


def test_disjoint_and_equal_distributions_are_the_ends_of_the_scales() -> None:
    one, other = {"favor": 1.0}, {"against": 1.0}
    assert (jensen_shannon(one, other), manhattan(one, other)) == (1.0, 2.0)
    assert (jensen_shannon(T, T), manhattan(T, T)) == (0.0, 0.0)


WEIGHTS = st.lists(st.integers(0, 9), min_size=3, max_size=3).filter(any)


@given(WEIGHTS, WEIGHTS)
def test_bounds_and_symmetry(first: list[int], second: list[int]) -> None:
    one, other = ({str(i): n / sum(side) for i, n in enumerate(side)} for side in (first, second))
    assert cross_entropy(one, other) >= entropy(one) - 1e-9
    assert 0 <= jensen_shannon(one, other) <= 1 + 1e-9
    assert jensen_shannon(one, other) == pytest.approx(jensen_shannon(other, one))
    assert jensen_shannon(one, other) <= manhattan(one, other) / 2 + 1e-9


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    """One document with gold and three annotators, of whom one differs in the type of the quote."""
    made = tiny(tmp_path / "corpus")
    for name, type_ in (("ann-a", "direct"), ("ann-b", "direct"), ("ann-c", "mixed")):
        value = annotation("alpha", annotator=name)
        value["quotes"][0]["type"] = type_
        made.write(f"annotations/{name}/alpha.json", value)
    return made


def row(**changed: Any) -> dict[str, Any]:
    soft = {"direct": 0.5, "mixed": 0.5}
    return {"doc_id": "alpha", "item": "q1", "field": "type", "soft_label": soft} | changed


def test_a_distribution_is_scored_against_that_of_the_annotators(corpus: Corpus) -> None:
    """Against (⅔, ⅓), one half each: CE = ln 2, distance ⅙ + ⅙."""
    found = soft_score([row()], corpus.root)
    assert found.value("quotes", "type soft cross-entropy") == pytest.approx(log(2), abs=1e-6)
    assert found.value("quotes", "type soft Manhattan distance") == pytest.approx(1 / 3, abs=1e-6)
    assert found.value("quotes", "type soft entropy of the annotators") == pytest.approx(0.636514, abs=1e-6)
    assert [one.n for one in found.figures] == [1] * 4
    listed = row(soft_label=[{"label": "mixed", "share": 0.5}, {"label": "direct", "share": 0.5}])
    assert soft_score([listed], corpus.root).figures == found.figures


def test_the_label_of_gold_is_a_prediction_too(corpus: Corpus) -> None:
    found = soft_score("gold", corpus.root, layers=["quotes"])
    assert found.value("quotes", "type soft Manhattan distance") == pytest.approx(2 / 3, abs=1e-6)
    assert found.value("quotes", "medium soft cross-entropy") == 0
    ran = corpus.run("score", "ann-c", "--soft", "--layer", "quotes", "--format", "json")
    assert ran.code == 0, ran.err
    by_metric = {one["metric"]: one["value"] for one in json.loads(ran.out)}
    assert by_metric["type soft Manhattan distance"] == pytest.approx(4 / 3, abs=1e-6)


def test_a_build_gives_the_same_figures_as_its_corpus(corpus: Corpus, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text(json.dumps(row()))
    assert corpus.run("build").code == 0
    here = corpus.run("score", str(tmp_path / "rows.jsonl"), "--soft", "--format", "csv")
    there = run("score", str(tmp_path / "rows.jsonl"), "--soft", "--release", f"{corpus.root}/build", "--format", "csv")
    assert (here.code, here.out) == (there.code, there.out) == (0, here.out)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([row(item="q9")], "alpha q9 type is not an item here"),
        ([row(doc_id="delta")], "is not an item here"),
        ([row(), row()], "is predicted twice"),
        ([row(item=None)], "names a doc_id, item and field"),
        ([row(field="cue")], "no layer has a field 'cue' with labels"),
        ([row(soft_label={"direct": 0.5})], "add up to 0.5000, not to 1"),
        ([row(soft_label={"oblique": 1.0})], "'oblique' is not a label of type"),
        ([row(soft_label={"direct": 1.5, "mixed": -0.5})], "from 0 to 1"),
        ([row(soft_label={"direct": float("nan")})], "from 0 to 1"),
        ([row(soft_label={"direct": True})], "from 0 to 1"),
        ([row(soft_label="direct")], "soft_label is an object"),
        ([row(item="e1", field="form", soft_label={"NAM": 1.0})], "is not an item here"),
    ],
)
def test_what_is_refused(corpus: Corpus, rows: list[dict[str, Any]], said: str) -> None:
    with pytest.raises(CorpusError, match=said):
        soft_score(rows, corpus.root)


def test_an_item_that_is_left_out_is_refused(corpus: Corpus) -> None:
    form = row(item="m1", field="form", soft_label={"NAM": 1.0})
    with pytest.raises(CorpusError, match="alpha m2 form has no prediction, of 2 items"):
        soft_score([form], corpus.root)


def test_a_table_without_precision_has_no_column_for_it(corpus: Corpus) -> None:
    out = corpus.run("score", "gold", "--soft", "--layer", "quotes").out
    assert re.search(r"^figure +value +95% interval +n$", out, re.MULTILINE)
    assert "precision" in corpus.run("score", "ann-c", "--layer", "quotes", "--missing", "empty").out


def test_options_that_it_does_not_read_are_refused(corpus: Corpus) -> None:
    ran = corpus.run("score", "gold", "--soft", "--missing", "empty")
    assert (ran.code, "--missing does not go with --soft" in ran.err) == (2, True)
