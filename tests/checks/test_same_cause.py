"""One cause is one finding: what follows from another finding about the record is left out while that is reported."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest
from support.corpora import Corpus, annotation
from support.plant import SEED, Ground, articles, read
from support.plant_ground import findings
from support.planted import BY_TITLE

from corpus.checks import CHECKS
from corpus.checks.corpus_wide import CORPUS_WIDE
from corpus.checks.same_cause import CAUSES, FOLLOWS, FOLLOWS_ACROSS

GOLD = "annotations/gold/alpha.json"


def new_codes(title: str, times: int = 3) -> set[str]:
    """Plant a kind of fault some times; return the codes of the errors and warnings that were not there before."""
    kind, codes, planted = BY_TITLE[title], set(), 0
    for number, doc_id in enumerate(articles()):
        before = Counter((one.code, one.message, one.record) for one in findings(Ground([read(doc_id)])))
        ground = Ground([read(doc_id)])
        if kind.plant(ground, random.Random(f"{SEED} {title} {number}")) is None:
            continue
        for one in findings(ground):
            if one.severity != "info" and not before[one.code, one.message, one.record]:
                codes.add(one.code)
        planted += 1
        if planted == times:
            break
    assert planted
    return codes


@pytest.mark.parametrize(
    ("title", "code"),
    [
        ("An explicit source has no speaker", "S501"),
        ("A quote of a named person has no speaker", "S501"),
        ("The attribution of a quote is `explicit` in place of `implicit`", "S501"),
        ("A stance has no evidence", "S501"),
        ("The speaker is another person than the source", "Q511"),
        ("The source is a mention of another person", "Q511"),
        ("The source is a mention inside the content", "Q504"),
        ("The type of a quote is `direct` in place of `reported`", "Q501"),
        ("A direct quote begins a character late", "Q520"),
        ("A mention begins inside a word", "Q520"),
        ("A mention ends inside a word", "Q520"),
        ("A span ends after the text", "P304"),
        ("Half of the mentions of one name are in an entity of their own", "E510"),
        ("An entity is deleted, and its mentions are not", "R402"),
        ("An offset has a decimal point", "S206"),
    ],
)
def test_a_mistake_is_one_finding(title: str, code: str) -> None:
    assert new_codes(title) == {code}


def test_causes_are_asked_before_what_follows_from_them() -> None:
    order = {check.code: number for number, check in enumerate(CHECKS)}
    severity = {check.code: ("error", "warning", "info").index(check.severity) for check in CHECKS}
    for code, causes in FOLLOWS.items():
        for cause in causes:
            assert (CHECKS[order[cause]].level, order[cause]) < (CHECKS[order[code]].level, order[code])
            assert severity[cause] <= severity[code]
    assert order.keys() >= CAUSES


def test_causes_across_documents_are_asked_first() -> None:
    order = [rule.code for rule in CORPUS_WIDE]
    assert all(order.index(cause) < order.index(code) for code, cause in FOLLOWS_ACROSS.items())


def test_one_text_annotated_differently_is_one_finding_for_its_sentences(corpus: Corpus) -> None:
    corpus.add("gamma")
    value = corpus.read("annotations/gold/gamma.json")
    value["mentions"][1]["form"] = "NOM"
    corpus.write("annotations/gold/gamma.json", value)

    def found() -> list[str]:
        return [one["code"] for one in corpus.findings() if one["code"] in ("C657", "C658")]

    assert found() == ["C658"]
    corpus.write("pyproject.toml", '[tool.corpus.severity]\nC657 = "warning"\nC658 = "info"\n')
    assert found() == ["C658", "C657"]


def test_a_copy_of_an_annotation_is_one_finding_and_gold_contradicts_no_one() -> None:
    kind = BY_TITLE["An annotation is the copy of another annotator's under another name"]
    ground = Ground([read(articles()[0], compared=True)])
    kind.plant(ground, random.Random(SEED))
    codes = {one.code for one in findings(ground)}
    assert "C654" in codes
    assert "C655" not in codes


def speaker_lost(corpus: Corpus) -> dict[str, Any]:
    value = annotation("alpha")
    value["quotes"][0]["speaker"] = None
    value["layers_done"] = ["entities", "mentions", "quotes", "nonquotes", "stances"]
    value["nonquotes"] = []
    value["stances"] = [
        {
            "id": "s1",
            "scope": "speaker",
            "holder": "e1",
            "target": corpus.read("schema/targets.json")["targets"][0]["target_id"],
            "label": "against",
            "intensity": 1,
            "explicit": False,
            "evidence_quotes": ["q1"],
            "evidence_spans": [],
        }
    ]
    return value


def codes(corpus: Corpus) -> list[str]:
    return [one["code"] for one in corpus.findings() if one["file"] == GOLD and one["severity"] != "info"]


def test_a_cause_that_is_suppressed_explains_nothing(corpus: Corpus) -> None:
    corpus.write(GOLD, speaker_lost(corpus))
    assert codes(corpus) == ["S501"]
    excepted = ("--code", "S501", "--doc", "alpha", "--record", "q1", "--annotator", "gold")
    ran = corpus.run("exceptions", "add", *excepted, "--reason", "nobody is named", "--until", "9999-12-31")
    assert ran.code == 0, ran.out + ran.err
    assert codes(corpus) == ["T501"]


def test_a_baseline_holds_what_follows_too(corpus: Corpus) -> None:
    corpus.write(GOLD, speaker_lost(corpus))
    corpus.run("baseline", "write")
    assert codes(corpus) == []


def test_a_cause_that_is_less_severe_hides_nothing(corpus: Corpus) -> None:
    corpus.write(GOLD, speaker_lost(corpus))
    corpus.write("pyproject.toml", '[tool.corpus.severity]\nS501 = "info"\n')
    assert codes(corpus) == ["T501"]


def test_a_wrong_type_of_an_entity_is_one_finding_for_its_pronouns_and_one_for_its_quotes(corpus: Corpus) -> None:
    value = annotation("alpha")
    value["entities"][0]["type"] = "EVENT"
    value["quotes"] += [{**value["quotes"][0], "id": "q9", "content": [{"start": 0, "end": 5, "text": None}]}]
    text = (corpus.root / "raw/alpha.txt").read_text("utf-8")
    value["quotes"][1]["content"][0]["text"] = text[:5]
    value["quotes"][1]["type"] = "indirect"
    corpus.write(GOLD, value)
    (kind,) = [one for one in corpus.findings() if one["code"] == "Q530"]
    assert kind["message"].endswith("e1 is EVENT; and so in 1 more of its quotes")
    assert [place["message"] for place in kind["related"]] == ["another"]


def test_an_entity_that_is_gone_is_one_finding(corpus: Corpus) -> None:
    value = annotation("alpha")
    value["entities"][0]["id"] = "e7"
    corpus.write(GOLD, value)
    (found,) = [one for one in corpus.findings() if one["code"] == "R402"]
    references = str(value).count("'e1'")
    assert f"; {references - 1} more references name it" in found["message"]
    assert len(found["related"]) == min(4, references - 1)


def in_every_mention(change: Any, number: int = 12) -> dict[str, Any]:
    value = annotation("alpha")
    span = value["mentions"][1]
    value["mentions"] = [{**span, "id": f"m{i}", "spans": [dict(span["spans"][0])]} for i in range(1, number + 1)]
    value["quotes"] = []
    for mention in value["mentions"]:
        change(mention)
    return value


@pytest.mark.parametrize(
    ("code", "change", "said"),
    [
        ("S203", lambda one: one.update(confidence=0.9), '12 times at /mentions/*/confidence; the first: "confidence"'),
        ("S202", lambda one: one.pop("form"), "12 times at /mentions/*; the first: form"),
        ("S204", lambda one: one.update(form="Pronoun"), '12 times at /mentions/*/form; the first: "Pronoun"'),
        ("S201", lambda one: one["spans"][0].update(start=str(one["spans"][0]["start"])), "12 times at /mentions/*/sp"),
        ("S205", lambda one: one.update(id=one["id"][1:]), '12 times at /mentions/*/id; the first: "1" does not match'),
    ],
)
def test_a_field_wrong_in_every_record_is_one_finding(corpus: Corpus, code: str, change: Any, said: str) -> None:
    corpus.write(GOLD, in_every_mention(change))
    found = [one for one in corpus.findings() if one["file"] == GOLD and one["severity"] == "error"]
    assert [one["code"] for one in found] == [code]
    assert said in found[0]["message"]
    assert (found[0]["record"], len(found[0]["related"])) == ("", 4)


def test_a_field_that_is_wrong_in_a_few_records_is_a_finding_each(corpus: Corpus) -> None:
    corpus.write(GOLD, in_every_mention(lambda one: one.update(confidence=0.9), 9))
    found = [one for one in corpus.findings() if one["code"] == "S203"]
    assert [one["record"] for one in found] == [f"m{i}" for i in range(1, 10)]


def test_labels_of_two_kinds_are_two_findings(corpus: Corpus) -> None:
    value = in_every_mention(lambda one: one.update(form="pro" if int(one["id"][1:]) % 2 else "Pro"), 24)
    corpus.write(GOLD, value)
    assert [one["code"] for one in corpus.findings() if one["severity"] == "error"] == ["S204", "S204"]


def test_offsets_with_a_decimal_point_have_one_fix_for_all(corpus: Corpus) -> None:
    corpus.write(GOLD, in_every_mention(lambda one: one["spans"][0].update(end=float(one["spans"][0]["end"]))))
    (found,) = [one for one in corpus.findings() if one["code"] == "S206"]
    assert found["fix"]["safe"]
    assert found["fix"]["description"].startswith("fix 12 places, the first: ")
    corpus.run("fmt", "--fix")
    assert [one["code"] for one in corpus.findings() if one["severity"] == "error"] == []


def test_the_other_records_are_asked_beside_one_finding_for_many(corpus: Corpus) -> None:
    """One finding stands for all records that have the fault, and the rest is checked."""
    value = in_every_mention(lambda one: one.update(confidence=0.9))
    good = annotation("alpha")["mentions"][1]
    value["mentions"] += [{**good, "id": "x1"}, {**good, "id": "x2"}]
    corpus.write(GOLD, value)
    assert codes(corpus) == ["S203", "E504"]
