"""`corpus.Annotator`: annotations in words; what is missing, ambiguous or far away is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.corpora import Corpus, record, tiny

from corpus import Annotator
from corpus.core.model import CorpusError
from corpus.core.schema import Schema

TEXT = """Kim Lee runs the city's ferry.
“We work,” she said, “and we sleep.”
She said it twice. “We work,” said Lee, and she left.
"""
ABOUT = {"medium": "speech", "attribution": "anaphoric", "speaker_kind": "named", "polarity": "asserted"}


def annotator(**options: Any) -> Annotator:
    return Annotator(TEXT, "ferry", "ann-a", **options)


def words(value: dict[str, Any], layer: str, field: str) -> list[str]:
    return [" … ".join(TEXT[s["start"] : s["end"]] for s in one[field]) for one in value[layer]]


def full() -> Annotator:
    a = annotator()
    lee = a.entity("PER", "Kim Lee")
    for name, form in (("Kim Lee", "NAM"), ("she", "PRO"), ("She", "PRO"), ("Lee", "NAM"), ("she", "PRO")):
        a.mention(name, lee, form)
    a.quote(["We work", "and we sleep"], cue="said", source="she", speaker=lee, type="direct", **ABOUT)
    a.quote(
        "We work", cue=("said", 2), source="Lee", speaker=lee, type="direct", **{**ABOUT, "attribution": "explicit"}
    )
    return a


def test_an_annotation_in_words_is_valid_and_in_order(tmp_path: Path) -> None:
    corpus = Corpus(tiny(tmp_path / "corpus").root)
    corpus.write("raw/ferry.json", record("ferry", TEXT))
    corpus.write("raw/ferry.txt", TEXT)
    path = full().write(corpus.root)
    assert path == corpus.root / "annotations" / "ann-a" / "ferry.json"
    assert corpus.run("fmt", "--check", str(path)).code == 0
    assert [one for one in corpus.findings(str(path)) if one["severity"] == "error"] == []


def test_a_reported_quote_has_its_cue_and_source_inside() -> None:
    a = full()
    content = "Kim Lee runs the city's ferry."
    a.quote((content, 1), cue="runs", source="Kim Lee", speaker="e1", type="reported", **ABOUT)
    (quote,) = (one for one in a.annotation()["quotes"] if one["type"] == "reported")
    assert quote["cue"] == [{"start": 8, "end": 12, "text": "runs"}]
    assert quote["source"] == ["m1"]


def test_occurrences_are_taken_in_order() -> None:
    value = full().annotation()
    starts = [one["spans"][0]["start"] for one in value["mentions"]]
    assert starts == [0, TEXT.index("she said,"), TEXT.index("She"), TEXT.index("Lee, and"), TEXT.index("she left")]
    assert words(value, "quotes", "content") == ["We work … and we sleep", "We work"]
    assert [one["content"][0]["start"] for one in value["quotes"]] == [TEXT.index("We"), TEXT.rindex("We")]
    assert [one["cue"][0]["start"] for one in value["quotes"]] == [TEXT.index("said"), TEXT.rindex("said")]
    assert [one["source"] for one in value["quotes"]] == [["m2"], ["m4"]]


def test_a_nested_quote_may_begin_where_the_outer_one_does() -> None:
    a = annotator(layers={"quotes": ("content", "parent")})
    outer = a.quote("We work")
    a.quote("We", parent=outer)
    assert [one["content"][0]["start"] for one in a.annotation()["quotes"]] == [TEXT.index("We work")] * 2


def test_a_partial_annotation_says_what_was_asked() -> None:
    a = annotator(layers={"quotes": ("content", "type")})
    a.quote("We work", type="direct")
    value = a.annotation()
    assert (value["layers_done"], value["fields_done"]) == (["quotes"], {"quotes": ["content", "type"]})
    assert value["quotes"][0].keys() == {"id", "content", "type"}
    assert value["schema_version"] == "1.1"
    assert "mentions" not in value
    nothing = annotator(layers={"quotes": None}).annotation()
    assert (nothing["quotes"], nothing["layers_done"], "fields_done" in nothing) == ([], ["quotes"], False)


REFUSED = [
    (lambda a: a.mention("Kim"), "form must be given, one of NAM, NOM, PRO"),
    (lambda a: a.mention("it", "e1", "pronoun"), "form is one of NAM, NOM, PRO, not 'pronoun'"),
    (lambda a: a.mention("Kim Leigh", "e1", "NAM"), "'Kim Leigh' does not occur in the text"),
    (lambda a: a.mention("kim lee", "e1", "NAM"), "the text has 'Kim Lee' at 0"),
    (lambda a: a.mention("cit", "e1", "NAM"), "'cit' does not occur in the text"),
    (lambda a: a.mention(("Lee", 3), "e1", "NAM"), "occurs 2 times in the text, so there is no number 3"),
    (
        lambda a: [a.mention("left", "e1", "NOM"), a.mention("ferry", "e1", "NOM")],
        "does not occur again after .*, only at 24",
    ),
    (lambda a: a.mention("ferry", "e9", "NOM"), "entities has no record 'e9'; add it first"),
    (lambda a: a.mention("", "e1", "NOM"), "words are a string"),
    (lambda a: a.quote("We work", cue="said", mood="calm"), "quotes has no field mood to annotate"),
    (
        lambda a: a.quote(("We work", 2), cue="said", type="direct", **ABOUT),
        r"'said' is ambiguous: .* write \('said', n\)",
    ),
    (lambda a: a.quote("We work", cue="sang", type="direct", **ABOUT), "'sang' occurs 0 times between"),
    (
        lambda a: a.quote("We work", source="she", type="direct", **ABOUT),
        "'she' at 42 is not in mentions; add it there",
    ),
    (lambda a: a.stance("article", "world-peace", "favor"), "there is no target 'world-peace'"),
    (lambda a: a.add("tones", spans="We"), "the layer tones is not annotated here"),
]


@pytest.mark.parametrize(("wrong", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_what_cannot_be_placed_is_refused(wrong: Any, message: str) -> None:
    a = annotator()
    a.entity("PER", "Kim Lee")
    with pytest.raises(CorpusError, match=message):
        wrong(a)


def test_a_far_jump_is_refused_unless_it_is_named() -> None:
    text = "Lee left.\n" + "It rained.\n" * 300 + "Lee came back.\n"
    a = Annotator(text, "rain", "ann-a", layers={"mentions": ("spans",)})
    a.mention("Lee")
    with pytest.raises(CorpusError, match=r"occurs next at 3,310, 3,310 code points after the last record"):
        a.mention("Lee")
    a.mention(("Lee", 2))
    assert [one["spans"][0]["start"] for one in a.annotation()["mentions"]] == [0, 3310]


def test_layers_and_fields_that_the_schema_lacks_are_refused() -> None:
    with pytest.raises(CorpusError, match="the schema has no layer tones"):
        annotator(layers={"tones": None})
    with pytest.raises(CorpusError, match="quotes has no field mood"):
        annotator(layers={"quotes": ("mood",)})


def test_a_layer_nobody_planned_is_written_too(tmp_path: Path) -> None:
    root = tiny(tmp_path / "corpus").root
    schema = Schema.read(root)
    layer = {
        "title": "Tones",
        "description": "How it sounds.",
        "type": "array",
        "items": {
            "type": "object",
            "additionalProperties": False,
            "required": ["id", "spans"],
            "properties": {
                "id": {"$ref": "#/$defs/id"},
                "spans": {"title": "Words", "description": "The words.", "$ref": "#/$defs/spans", "minItems": 1},
            },
        },
    }
    planned = schema.annotation | {"properties": {**schema.annotation["properties"], "tones": layer}}
    a = annotator(schema=Schema(planned, schema.article, schema.registry), layers={"tones": None})
    a.add("tones", spans="twice")
    assert words(a.annotation(), "tones", "spans") == ["twice"]
