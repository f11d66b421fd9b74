"""R406: alternatives that fit pass, and each that fits nothing is a finding at its key."""

from __future__ import annotations

from typing import Any

import pytest
from support.corpora import TEXT, Corpus, record, span

CUE = span(TEXT, "said")
FIT: tuple[dict[str, Any], ...] = (
    {"layer": "quotes", "record": "q1", "field": "type", "value": "mixed"},
    {"layer": "quotes", "record": "q1", "field": "continues_paragraph", "value": True},
    {"layer": "quotes", "record": "q1", "field": "speaker", "value": None, "note": "or nobody"},
    {"layer": "quotes", "record": "q1", "field": "source", "value": ["m1", "m2"]},
    {"layer": "quotes", "record": "q1", "field": "cue", "spans": []},
    {"layer": "quotes", "record": "q1", "field": "content", "spans": [CUE]},
    {"layer": "mentions", "record": "m2"},
    {"layer": "mentions", "spans": [{"start": CUE["start"], "end": CUE["end"]}]},
)
UNFIT: tuple[tuple[str, dict[str, Any]], ...] = (
    ("layer", {"layer": "quips", "record": "q1"}),
    ("layer", {"layer": "quotes"}),
    ("record", {"layer": "quotes", "record": "q2"}),
    ("record", {"layer": "quotes", "record": "m1"}),
    ("field", {"layer": "quotes", "record": "q1", "field": "tone", "value": "dry"}),
    ("field", {"layer": "quotes", "record": "q1", "field": "id", "value": "q7"}),
    ("field", {"layer": "quotes", "record": "q1", "field": "type"}),
    ("field", {"layer": "quotes", "field": "type", "value": "mixed"}),
    ("value", {"layer": "quotes", "record": "q1", "value": "mixed"}),
    ("value", {"layer": "quotes", "record": "q1", "field": "type", "value": "oblique"}),
    ("value", {"layer": "quotes", "record": "q1", "field": "type", "value": None}),
    ("value", {"layer": "quotes", "record": "q1", "field": "type", "value": ["mixed"]}),
    ("value", {"layer": "quotes", "record": "q1", "field": "type", "value": "direct"}),
    ("value", {"layer": "quotes", "record": "q1", "field": "source", "value": "m1"}),
    ("value", {"layer": "quotes", "record": "q1", "field": "source", "value": ["m9"]}),
    ("value", {"layer": "quotes", "record": "q1", "field": "source", "value": ["m2"]}),
    ("value", {"layer": "quotes", "record": "q1", "field": "speaker", "value": "m1"}),
    ("value", {"layer": "quotes", "record": "q1", "field": "continues_paragraph", "value": "true"}),
    ("value", {"layer": "quotes", "record": "q1", "field": "continues_paragraph", "value": 1}),
    ("spans", {"layer": "quotes", "record": "q1", "field": "type", "spans": [CUE]}),
    ("value", {"layer": "quotes", "record": "q1", "field": "cue", "value": "said"}),
    ("spans", {"layer": "quotes", "record": "q1", "field": "cue", "spans": [CUE]}),
    ("spans", {"layer": "quotes", "record": "q1", "field": "content", "spans": []}),
    ("spans", {"layer": "quotes", "record": "q1", "field": "cue", "spans": [{"start": 3, "end": 3}]}),
    ("spans", {"layer": "mentions", "spans": [{"start": 5, "end": 100_000}]}),
    ("spans", {"layer": "mentions", "spans": [CUE | {"text": "sad"}]}),
)


def findings(corpus: Corpus, *alternatives: dict[str, Any], version: str = "1.1") -> list[tuple[str, str]]:
    """(code, pointer) of the findings that are about the alternatives or the version."""
    value = corpus.read("annotations/gold/alpha.json")
    value |= {"schema_version": version, "provenance": {"alternatives": list(alternatives)}}
    corpus.write("annotations/gold/alpha.json", value)
    found = [(one["code"], one["pointer"]) for one in corpus.findings()]
    return [one for one in found if one[1].startswith(("/provenance", "/schema_version"))]


def test_alternatives_that_fit(corpus: Corpus) -> None:
    assert findings(corpus, *FIT) == []


@pytest.mark.parametrize(("key", "one"), UNFIT, ids=[f"{i}-{key}" for i, (key, _) in enumerate(UNFIT)])
def test_an_alternative_that_fits_nothing(corpus: Corpus, key: str, one: dict[str, Any]) -> None:
    (place,) = findings(corpus, FIT[0], one)
    assert place == ("R406", f"/provenance/alternatives/1/{key}" if key in one else "/provenance/alternatives/1")


def test_an_offset_with_a_decimal_point_is_a_finding(corpus: Corpus) -> None:
    """Python cuts no text there, so the alternative would be in no table."""
    one = {"layer": "mentions", "spans": [{"start": float(CUE["start"]), "end": CUE["end"]}]}
    assert findings(corpus, FIT[0], one) == [("S206", "/provenance/alternatives/1/spans/0/start")]


def test_alternatives_on_a_text_that_changed_add_nothing_to_the_one_finding(corpus: Corpus) -> None:
    value = corpus.read("annotations/gold/alpha.json")
    for span_of_record in (value["mentions"][0]["spans"][0], value["quotes"][0]["content"][0]):
        span_of_record |= {"start": span_of_record["start"] + 1, "end": span_of_record["end"] + 1}
    corpus.write("annotations/gold/alpha.json", value)
    assert findings(corpus, {"layer": "mentions", "spans": [CUE | {"text": "sad"}]}) == []
    assert "P307" in {one["code"] for one in corpus.findings()}


def test_alternatives_move_with_their_words(corpus: Corpus) -> None:
    """A headline was added: one fix moves the records, and the next one the alternatives."""
    value = corpus.read("annotations/gold/alpha.json")
    good = [{"layer": "mentions", "spans": [CUE]}]
    text = f"Late news\n{TEXT}"
    changed = record("alpha", text)
    corpus.write("raw/alpha.txt", text)
    corpus.write("raw/alpha.json", changed)
    value |= {"schema_version": "1.1", "provenance": {"alternatives": good}, "text_sha256": changed["text_sha256"]}
    for annotator in ("gold", "ann-a"):
        corpus.write(f"annotations/{annotator}/alpha.json", value | {"annotator": annotator})
    assert {one["code"] for one in corpus.findings() if one["severity"] == "error"} == {"P307"}
    for _ in range(2):
        corpus.run("fmt", "--fix", "--unsafe")
    assert [one for one in corpus.findings() if one["severity"] == "error"] == []
    (moved,) = corpus.read("annotations/gold/alpha.json")["provenance"]["alternatives"]
    assert moved["spans"] == [span(text, "said")]


def test_alternatives_need_the_version_that_has_them(corpus: Corpus) -> None:
    assert findings(corpus, FIT[0], version="1.0") == [("S205", "/schema_version")]


@pytest.mark.parametrize("quoted", [True, False])
def test_the_words_of_a_withheld_text_are_in_no_alternative(corpus: Corpus, quoted: bool) -> None:
    corpus.write("raw/alpha.json", corpus.read("raw/alpha.json") | {"redistribution": "offsets_only"})
    (corpus.root / "raw/alpha.txt").unlink()
    of_words = CUE if quoted else {name: CUE[name] for name in ("start", "end")}
    expected = [("R406", "/provenance/alternatives/0/spans")] if quoted else []
    assert findings(corpus, {"layer": "mentions", "spans": [of_words]}) == expected


def test_a_record_whose_redistribution_is_no_string_is_a_finding_of_the_record(corpus: Corpus) -> None:
    corpus.write("raw/alpha.json", corpus.read("raw/alpha.json") | {"redistribution": {"full": True}})
    assert findings(corpus, {"layer": "mentions", "spans": [CUE]}) == []
    assert ("S204", "/redistribution") in {(one["code"], one["pointer"]) for one in corpus.findings()}


def test_a_field_that_was_not_annotated_has_no_alternative(corpus: Corpus) -> None:
    value = corpus.read("annotations/gold/alpha.json")
    done = [name for name in value["quotes"][0] if name not in ("id", "medium")]
    del value["quotes"][0]["medium"]
    corpus.write("annotations/gold/alpha.json", value | {"fields_done": {"quotes": done}})
    one = {"layer": "quotes", "record": "q1", "field": "medium", "value": "thought"}
    assert findings(corpus, one) == [("R406", "/provenance/alternatives/0/field")]
