"""Several annotators together, the adjudicator's decisions, one split, and commands that find nothing to compare."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import krippendorff
import numpy as np
import pytest
from support.corpora import TEXT, Corpus, annotation, span

from corpus.agreement import Result, agreement
from corpus.core.model import CorpusError

WORDS = [f"word{number:02}" for number in range(30)]
WORD_TEXT = " ".join(WORDS) + " “end” said she, Åsa Lindqvist.\n"
FORMS = ("NAM", "NOM", "PRO")


def mentions(forms: dict[str, str]) -> dict[str, Any]:
    """An annotation of mentions alone: word → its form."""
    value = annotation("words", WORD_TEXT)
    records = [
        {"id": f"m{i}", "spans": [span(WORD_TEXT, word)], "form": form, "entity": "e1"}
        for i, (word, form) in enumerate(forms.items())
    ]
    return value | {"mentions": records, "quotes": [], "layers_done": ["entities", "mentions"]}


def put(corpus: Corpus, annotator: str, doc_id: str, value: dict[str, Any]) -> None:
    value = value | {"annotator": annotator, "doc_id": doc_id}
    if "quotes" not in value["layers_done"]:
        value.pop("quotes", None)
    corpus.write(f"annotations/{annotator}/{doc_id}.json", value)


def alpha(result: Result, who: str = "all") -> float:
    figures = result.figures
    chosen = figures[
        (figures["field"] == "form") & (figures["measure"] == "alpha") & (figures["doc_id"] == "")
    ].set_index("annotators")
    return float(chosen["value"][who])


@pytest.mark.parametrize("annotators", [3, 4])
def test_alpha_of_several_annotators_is_that_of_krippendorff(corpus: Corpus, annotators: int) -> None:
    """With annotators who miss records: a unit with two values weighs two, not two thirds of three."""
    random = Random(annotators)
    corpus.add("words", WORD_TEXT, annotators=())
    matrix = []
    for number in range(annotators):
        says = {word: random.choice((FORMS[i % 3], *FORMS)) for i, word in enumerate(WORDS) if random.random() < 0.7}
        put(corpus, f"ann-{'abcd'[number]}", "words", mentions(says))
        matrix.append([FORMS.index(says[word]) if word in says else np.nan for word in WORDS])
    expected = krippendorff.alpha(reliability_data=matrix, level_of_measurement="nominal")
    assert alpha(agreement(corpus.root, layers=["mentions"])) == pytest.approx(expected, abs=1e-6)


def test_a_document_of_two_of_the_three_counts_with_its_two_values(corpus: Corpus) -> None:
    matrix: list[list[float]] = [[], [], []]
    random = Random(5)
    for doc_id, readers in (("one", "abc"), ("two", "ab"), ("three", "bc")):
        corpus.add(doc_id, WORD_TEXT, annotators=())
        for number, name in enumerate("abc"):
            says = {word: random.choice((FORMS[i % 3], *FORMS)) for i, word in enumerate(WORDS)}
            matrix[number] += [FORMS.index(form) if name in readers else np.nan for form in says.values()]
            if name in readers:
                put(corpus, f"ann-{name}", doc_id, mentions(says))
    expected = krippendorff.alpha(reliability_data=matrix, level_of_measurement="nominal")
    result = agreement(corpus.root, ["ann-a", "ann-b", "ann-c"], ["mentions"])
    assert alpha(result) == pytest.approx(expected, abs=1e-6)


@pytest.fixture
def decided(corpus: Corpus) -> Corpus:
    """Two annotators and an adjudicator, who made a decision of each kind on the mentions."""
    corpus.add("words", WORD_TEXT, annotators=())
    by_word = {
        # word: a, b, gold
        WORDS[0]: ("NAM", "NAM", "NAM"),  # both
        WORDS[1]: ("NAM", "NOM", "NOM"),  # both
        WORDS[2]: ("NAM", "NAM", "PRO"),  # both, overruled
        WORDS[3]: ("NAM", "", "NAM"),  # one
        WORDS[4]: ("", "NAM", "NAM"),  # one
        WORDS[5]: ("", "NAM", "NAM"),  # one
        WORDS[6]: ("", "", "NAM"),  # added
        WORDS[7]: ("NAM", "NAM", ""),  # removed
        WORDS[8]: ("NAM", "", ""),  # rejected
        WORDS[9]: ("", "NAM", ""),  # rejected
        WORDS[10]: ("", "NAM", ""),  # rejected
    }
    for number, name in enumerate(("ann-a", "ann-b", "gold")):
        says = {word: forms[number] for word, forms in by_word.items() if forms[number]}
        put(corpus, name, "words", mentions(says))
    return corpus


def test_the_decisions_of_the_adjudicator_are_counted(decided: Corpus) -> None:
    result = agreement(decided.root, layers=["mentions"])
    (row,) = result.adjudication.to_dict("records")
    counts = {name: row[name] for name in ("both", "one", "added", "removed", "rejected", "overruled")}
    assert counts == {"both": 3, "one": 3, "added": 1, "removed": 1, "rejected": 3, "overruled": 1}
    assert row["missed"] == pytest.approx(1 * 2 / 4)
    assert (row["annotators"], result.adjudicator, row["documents"]) == ("ann-a, ann-b", "gold", 1)
    shown = decided.run("agreement", "--layer", "mentions")
    assert "What gold decided on the records of the annotators" in shown.out
    assert ["mentions", "3", "3", "1", "1", "3", "1", "0.5", "–", "1"] in [
        line.split() for line in shown.out.splitlines()
    ]
    value = json.loads(decided.run("agreement", "--format", "json", "--layer", "mentions").out)
    assert value["adjudication"][0]["removed"] == 1
    assert value["adjudication"][0]["low"] is None


def test_decisions_on_a_layer_that_gold_lacks_are_not_counted(decided: Corpus) -> None:
    value = decided.read("annotations/gold/words.json")
    del value["mentions"]
    decided.write("annotations/gold/words.json", value | {"layers_done": ["entities"]})
    assert agreement(decided.root, layers=["mentions"]).adjudication.empty


def test_an_adjudicator_who_is_compared_decides_nothing(decided: Corpus) -> None:
    assert agreement(decided.root, ["ann-a", "gold"], ["mentions"]).adjudication.empty


def test_another_adjudicator_is_named(decided: Corpus) -> None:
    put(decided, "trial", "words", decided.read("annotations/gold/words.json"))
    result = agreement(decided.root, layers=["mentions"], adjudicator="trial")
    assert (list(result.annotators), result.adjudicator) == (["ann-a", "ann-b"], "trial")
    assert result.adjudication["removed"].tolist() == [1]
    with pytest.raises(CorpusError, match="unknown annotator nobody"):
        agreement(decided.root, adjudicator="nobody")


def test_a_reference_that_nobody_filled_has_no_figure(corpus: Corpus) -> None:
    put(corpus, "ann-b", "alpha", annotation("alpha"))
    result = agreement(corpus.root)
    accuracies = result.overall[result.overall["measure"] == "accuracy"].set_index("field")["value"]
    assert accuracies["speaker"] == 1
    assert np.isnan(accuracies["parent"])
    assert np.isnan(accuracies["addressee"])
    line = next(
        line for line in corpus.run("agreement").out.splitlines() if line.startswith("quotes  ") and "parent" in line
    )
    assert line.split()[2:] == ["accuracy", "–", "–", "1"]


def test_a_label_that_nobody_filled_is_shown_without_a_figure(corpus: Corpus) -> None:
    quote = annotation("alpha")["quotes"][0] | {"speaker": None, "source": []}
    for name in ("ann-a", "ann-b"):
        put(corpus, name, "alpha", annotation("alpha") | {"quotes": [quote | {"cue": []}]})
    figures = agreement(corpus.root, layers=["quotes"]).overall
    assert figures[figures["field"] == "cue"]["value"].isna().all()
    assert set(figures[figures["field"] == "cue"]["measure"]) >= {"span_f1_exact", "span_f1_partial"}


def test_one_split_is_compared(corpus: Corpus) -> None:
    for doc_id, split in (("one", "train"), ("two", "test")):
        corpus.add(doc_id, TEXT, annotators=("ann-a", "ann-b"), split=split)
    assert agreement(corpus.root).documents == 2
    assert agreement(corpus.root, split="test").documents == 1
    assert "on 1 document" in corpus.run("agreement", "--split", "test").out
    ran = corpus.run("agreement", "--split", "tset")
    assert ran.code == 2
    assert "the schema has no split tset; it has train, dev, test" in ran.err


def test_annotators_without_a_common_document_exit_1_with_the_reason(corpus: Corpus) -> None:
    corpus.add("gamma", annotators=("ann-b",))
    ran = corpus.run("agreement")
    assert ran.code == 1
    assert "no document was annotated by two of them: ann-a annotated 1 document, ann-b annotated 1 document" in ran.err


def test_a_split_without_a_common_document_exits_1_with_the_reason(corpus: Corpus) -> None:
    put(corpus, "ann-b", "alpha", annotation("alpha"))
    ran = corpus.run("agreement", "--split", "dev", "--format", "json")
    assert ran.code == 1
    assert json.loads(ran.out)["documents"] == 0
    assert "two of them annotated 1 document, but none can be compared: only the split dev was chosen" in ran.err


def test_annotators_without_a_common_layer_exit_1_with_the_reason(corpus: Corpus) -> None:
    value = annotation("alpha")
    for layer in ("entities", "mentions", "quotes"):
        del value[layer]
    put(corpus, "ann-b", "alpha", value | {"layers_done": ["stances"], "stances": []})
    ran = corpus.run("agreement")
    assert ran.code == 1
    assert "no layer was annotated by two annotators" in ran.err


def derived(value: dict[str, Any], **ids: list[str]) -> dict[str, Any]:
    return value | {"provenance": {"tool": "x", "derived": {"mentions": ids}}, "schema_version": "1.1"}


@pytest.mark.parametrize("annotators", ["ab", "abc"])
def test_a_value_that_a_program_derived_is_no_agreement(corpus: Corpus, annotators: str) -> None:
    """Two blank forms that both became NAM say nothing about the annotators."""
    corpus.add("words", WORD_TEXT, annotators=())
    says = [{word: FORMS[(i + (i % 4 == number)) % 3] for i, word in enumerate(WORDS[:12])} for number in range(3)]
    blank = [f"m{i}" for i in range(6)]
    for number, name in enumerate(annotators):
        put(corpus, f"ann-{name}", "words", derived(mentions(says[number]), form=blank))
    matrix = [[FORMS.index(form) for form in list(one.values())[6:]] for one in says[: len(annotators)]]
    expected = krippendorff.alpha(reliability_data=matrix, level_of_measurement="nominal")
    result = agreement(corpus.root, [f"ann-{name}" for name in annotators], ["mentions"])
    assert alpha(result, "all" if annotators == "abc" else "ann-a, ann-b") == pytest.approx(expected, abs=1e-6)
    confusions = result.confusions["count"].sum()
    assert confusions == sum(
        a != b for i in range(len(matrix)) for j in range(i) for a, b in zip(matrix[i], matrix[j], strict=True)
    )
