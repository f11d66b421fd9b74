"""Gold against its annotators, and sentences that come again: who is compared on what, and what is left alone."""

from __future__ import annotations

from typing import Any

import pytest
from support.corpora import TEXT, Corpus, annotation, span

from corpus.checks.repeated import passages
from corpus.core.model import Annotation, Source
from corpus.core.schema import Schema

ABOUT_GOLD = {"C650", "C651", "C652", "C655", "C656"}


def put(corpus: Corpus, who: str, value: dict[str, Any]) -> None:
    corpus.write(f"annotations/{who}/alpha.json", value | {"annotator": who})


@pytest.fixture
def judged(corpus: Corpus) -> Corpus:
    """Two annotators and gold that say the same of one document."""
    put(corpus, "ann-b", annotation("alpha"))
    return corpus


def compared(corpus: Corpus) -> list[tuple[str, str]]:
    """Code and pointer of each finding about gold and its annotators."""
    return [(one["code"], one["pointer"]) for one in corpus.findings() if one["code"] in ABOUT_GOLD]


def without_quote(value: dict[str, Any]) -> dict[str, Any]:
    return value | {"quotes": []}


def test_annotations_that_say_the_same_have_no_finding(judged: Corpus) -> None:
    assert compared(judged) == []


def test_ids_are_the_annotators_own(judged: Corpus) -> None:
    value = annotation("alpha")
    value["entities"][0]["id"] = value["quotes"][0]["speaker"] = "e9"
    for mention in value["mentions"]:
        mention["entity"] = "e9"
    put(judged, "gold", value)
    assert compared(judged) == []


def test_a_quote_that_gold_lacks_is_reported_at_the_first_annotator(judged: Corpus) -> None:
    put(judged, "gold", without_quote(annotation("alpha")))
    (found,) = [one for one in judged.findings() if one["code"] == "C650"]
    assert (found["file"], found["pointer"], found["severity"]) == (
        "annotations/ann-a/alpha.json",
        "/quotes/0",
        "warning",
    )
    assert "“The bridge is safe,”" in found["message"]


def test_a_quote_that_one_of_three_lacks_is_a_decision(judged: Corpus) -> None:
    put(judged, "gold", without_quote(annotation("alpha")))
    put(judged, "ann-c", without_quote(annotation("alpha")))
    assert compared(judged) == []


@pytest.mark.parametrize("who", ["gold", "ann-b"])
def test_a_layer_that_someone_did_not_annotate_is_not_compared(judged: Corpus, who: str) -> None:
    """Absent is not none."""
    value = annotation("alpha")
    del value["quotes"]
    put(judged, who, value | {"layers_done": ["entities", "mentions"]})
    if who == "ann-b":
        put(judged, "gold", without_quote(annotation("alpha")))
    assert compared(judged) == []


@pytest.mark.parametrize("done", [True, False])
def test_a_field_that_gold_did_not_annotate_is_not_overruled(judged: Corpus, done: bool) -> None:
    value = annotation("alpha")
    quote = value["quotes"][0]
    if done:
        quote["cue"] = []
    else:
        del quote["cue"]
        fields = [name for name in quote if name != "id"]
        value |= {"fields_done": {"quotes": fields}, "schema_version": "1.1"}
    put(judged, "gold", value)
    assert compared(judged) == ([("C655", "/quotes/0/cue")] if done else [])


def test_a_value_that_a_program_derived_for_the_annotators_can_be_overruled(judged: Corpus) -> None:
    for who in ("ann-a", "ann-b"):
        derived = {"tool": "x", "derived": {"quotes": {"addressee": ["q1"]}}}
        put(judged, who, annotation("alpha") | {"provenance": derived, "schema_version": "1.1"})
    value = annotation("alpha")
    value["quotes"][0]["addressee"] = "e1"
    put(judged, "gold", value)
    assert compared(judged) == []
    put(judged, "ann-a", annotation("alpha"))
    put(judged, "ann-b", annotation("alpha"))
    assert compared(judged) == [("C655", "/quotes/0/addressee")]


def test_a_label_of_the_same_spans_is_left_to_c609(judged: Corpus) -> None:
    value = annotation("alpha")
    value["quotes"][0]["medium"] = "writing"
    put(judged, "gold", value)
    assert compared(judged) == []
    assert "C609 annotations/gold/alpha.json" in judged.codes()
    value["quotes"][0]["content"][0] = span(TEXT, "The bridge is safe")
    put(judged, "gold", value)
    assert ("C655", "/quotes/0/medium") in compared(judged)


def test_a_stance_with_another_holder_is_one_finding(judged: Corpus) -> None:
    """Stances are matched by their holders, so this one would be missing and added."""
    stance = {"id": "s1", "scope": "author", "holder": None, "target": "tram-line-four", "label": "favor"}
    stance |= {"intensity": 2, "explicit": True, "evidence_quotes": [], "evidence_spans": [span(TEXT, "spoke")]}
    target = next(iter(Schema.read(judged.root).targets))
    for who in ("ann-a", "ann-b", "gold"):
        value = annotation("alpha")
        one = stance | {"target": target, "holder": "e1" if who == "gold" else None}
        put(judged, who, value | {"stances": [one], "layers_done": [*value["layers_done"], "stances"]})
    assert compared(judged) == [("C655", "/stances/0/holder")]


def test_a_corpus_without_gold_lacks_none(corpus: Corpus) -> None:
    for doc_id in ("alpha", "beta"):
        (corpus.root / f"annotations/gold/{doc_id}.json").unlink()
    put(corpus, "ann-b", annotation("alpha"))
    assert "C653" not in {one["code"] for one in corpus.findings()}


def said_in(text: str, value: dict[str, Any], corpus: Corpus) -> dict[str, dict[str, list[str]]]:
    gold = Annotation("gold", value, Source("gold.json", "annotation", b"", value=value))
    return {one.words: one.said for one in passages(gold, text, Schema.read(corpus.root))}


def test_a_record_belongs_to_its_sentence_or_else_to_its_line(corpus: Corpus) -> None:
    first, second = "Mayor Åsa Lindqvist spoke for a long time.", "“The bridge is safe enough for all. Go,” she said."
    text = f"{first} {second}\nNo one else in the town hall spoke.\n"
    value = annotation("alpha", text)
    found = said_in(text, value, corpus)
    assert {words: sorted(said) for words, said in found.items()} == {
        f"{first} {second}": ["mentions", "quotes"],
        first: ["mentions"],
        "“The bridge is safe enough for all.": [],
        "No one else in the town hall spoke.": [],
    }


@pytest.mark.parametrize("text", ["", "\n\n", "No.\n", "x" * 100, "a\x85b " * 20, "日本語の文章です。" * 5, ". " * 40])
def test_any_text_has_passages(corpus: Corpus, text: str) -> None:
    value = annotation("alpha") | {"mentions": [], "quotes": []}
    assert all(words.strip() for words in said_in(text, value, corpus))


def test_a_withheld_text_is_not_compared(corpus: Corpus) -> None:
    value = annotation("alpha")
    gold = Annotation("gold", value, Source("gold.json", "annotation", b"", value=value))
    assert passages(gold, None, Schema.read(corpus.root)) == []


def test_an_id_that_means_another_record_in_gold_is_shown_with_its_name(judged: Corpus) -> None:
    value = annotation("alpha")
    value["entities"].append(value["entities"][0] | {"id": "e7", "name": "the council"})
    for mention in value["mentions"][1:]:
        mention["entity"] = "e7"
    put(judged, "gold", value)
    messages = [one["message"] for one in judged.findings() if one["code"] == "C655"]
    name = value["entities"][0]["name"]
    assert any(f"entity e7 “the council”, not e1 “{name}” (ann-a, ann-b)" in one for one in messages), messages


@pytest.mark.parametrize(("good", "bad"), [(b'"NAM"', b'"NAMED"'), (b'"start": ', b'"start": 1'), (b"}", b"")])
def test_gold_that_is_at_fault_is_not_missing(judged: Corpus, good: bytes, bad: bytes) -> None:
    path = judged.root / "annotations/gold/alpha.json"
    path.write_bytes(path.read_bytes().replace(good, bad, 1))
    found = {one["code"]: one["severity"] for one in judged.findings()}
    assert "C653" not in found
    assert "error" in found.values()
