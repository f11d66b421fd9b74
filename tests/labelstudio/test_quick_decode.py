"""What a quick annotation means: labels carry values, order links, arrows to entities, and derived fields."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from support.corpora import REPOSITORY
from support.exports import OLD, SCHEMA

from corpus.core.done import derived_fields
from corpus.core.schema import Schema
from corpus.labelstudio.anchors import anchors
from corpus.labelstudio.config_controls import controls
from corpus.labelstudio.config_purpose import purpose
from corpus.labelstudio.decode import Decoded, decode
from corpus.labelstudio.tasks import encode

Result = list[dict[str, Any]]

TEXT = 'Mayor Zoe Marlow said it was safe. "No," she wrote.\nTom Marlow thought it might fall. He left.\n'
ENTITIES = [
    {"id": "e1", "type": "PER", "name": "Zoe Marlow", "kb": "NIL"},
    {"id": "e2", "type": "PER", "name": "Tom Marlow", "kb": "NIL"},
]
MENTIONS = [
    ("m1", "Mayor Zoe Marlow", "NAM", "e1"),
    ("m2", "she", "PRO", "e1"),
    ("m3", "Tom Marlow", "NAM", "e2"),
]


def at(words: str) -> dict[str, Any]:
    start = TEXT.index(words)
    return {"start": start, "end": start + len(words), "text": words}


def names() -> dict[str, Any]:
    """An annotation with entities and mentions."""
    mentions = [{"id": id_, "spans": [at(words)], "form": form, "entity": of} for id_, words, form, of in MENTIONS]
    return {"layers_done": ["entities", "mentions"], "entities": ENTITIES, "mentions": mentions}


def region(label: str, words: str, **more: Any) -> dict[str, Any]:
    """A region that someone drew; its id is made of its label and words."""
    id_ = f"{label}-{words}".replace(" ", "_")
    value = {**at(words), "labels": [label]}
    item = {"value": value, "id": id_, "from_name": "label", "to_name": "text", "type": "labels", "origin": "manual"}
    return item | more


def chosen(one: dict[str, Any], control: str, value: str) -> dict[str, Any]:
    """A value that was chosen in the form of a region."""
    where = {name: one["value"][name] for name in ("start", "end", "text")}
    return {**one, "value": {**where, "choices": [value]}, "from_name": control, "type": "choices"}


def arrow(one: dict[str, Any], to: str, *labels: str) -> dict[str, Any]:
    item = {"from_id": one["id"], "to_id": to, "type": "relation", "direction": "right"}
    return {**item, "labels": list(labels)} if labels else item


def drawn(*items: dict[str, Any], schema: Schema = SCHEMA, value: dict[str, Any] | None = None) -> Decoded:
    """What the items mean after those that the task brought."""
    of = purpose(schema, ["quotes"])
    result = [{**item, "origin": "prediction"} for item in encode(value or names(), TEXT, schema, of)]
    return decode(json.loads(json.dumps([*result, *items])), TEXT, schema)


def quotes(decoded: Decoded) -> list[dict[str, Any]]:
    assert not decoded.faults, [fault.message for fault in decoded.faults]
    return decoded.layers["quotes"]


def codes(decoded: Decoded) -> set[str]:
    assert not decoded.layers
    return {fault.code for fault in decoded.faults}


QUOTE = region("quotes:indirect", "it was safe")
SAID = region("quotes.cue:speech", "said")
MAYOR = region("quotes.source", "Mayor Zoe Marlow")


class TestDerived:
    def test_labels_order_and_rules_make_a_whole_quote(self) -> None:
        decoded = drawn(QUOTE, SAID, MAYOR)
        (quote,) = quotes(decoded)
        assert (quote["content"], quote["cue"], quote["source"]) == ([at("it was safe")], [at("said")], ["m1"])
        assert (quote["type"], quote["medium"], quote["speaker"]) == ("indirect", "speech", "e1")
        assert (quote["attribution"], quote["speaker_kind"], quote["polarity"]) == ("explicit", "named", "asserted")
        assert (quote["parent"], quote["continues_paragraph"]) == (None, False)
        fields = "speaker", "attribution", "speaker_kind", "polarity", "continues_paragraph"
        assert decoded.derived == {"quotes": {key: [quote["id"]] for key in fields}}
        value = {"provenance": {"derived": decoded.derived}}
        assert derived_fields(value, "quotes") == {quote["id"]: frozenset(fields)}

    def test_what_was_chosen_is_not_derived(self) -> None:
        decoded = drawn(
            QUOTE, chosen(QUOTE, "quotes.polarity", "negated"), chosen(QUOTE, "quotes.speaker", "e2"), SAID, MAYOR
        )
        (quote,) = quotes(decoded)
        assert (quote["polarity"], quote["speaker"]) == ("negated", "e2")
        assert {"polarity", "speaker"}.isdisjoint(decoded.derived["quotes"])

    def test_nobody_is_an_answer(self) -> None:
        decoded = drawn(QUOTE, chosen(QUOTE, "quotes.speaker", "-"), SAID, MAYOR)
        (quote,) = quotes(decoded)
        assert (quote["speaker"], quote["speaker_kind"]) == (None, "unknown")

    def test_nothing_is_derived_from_what_was_not_annotated(self) -> None:
        """Without mentions, a quote without a source could have any."""
        decoded = drawn(QUOTE, SAID, value={"layers_done": []})
        assert codes(decoded) == {"L304"}
        assert {fault.detail.partition(", ")[2] for fault in decoded.faults} == {"attribution", "speaker_kind"}

    def test_a_field_that_was_not_asked_for_is_not_derived_and_labels_say_it_in_vain(self) -> None:
        result = [*encode(names(), TEXT, SCHEMA), QUOTE, SAID]
        decoded = decode(result, TEXT, SCHEMA, fields_done={"quotes": ["content", "cue"]})
        (quote,) = quotes(decoded)
        assert quote.keys() == {"id", "content", "cue"}
        assert decoded.derived == {}

    def test_a_schema_that_cannot_record_it_derives_nothing(self) -> None:
        written = copy.deepcopy(SCHEMA.annotation)
        del written["properties"]["provenance"]["properties"]["derived"]
        assert codes(drawn(QUOTE, SAID, MAYOR, schema=Schema(written, SCHEMA.article, SCHEMA.registry))) == {"L304"}

    def test_what_was_derived_is_left_blank_when_it_is_pushed_again(self) -> None:
        decoded = drawn(QUOTE, SAID, MAYOR, chosen(QUOTE, "quotes.polarity", "asserted"))
        value = names() | decoded.layers | {"layers_done": ["entities", "mentions", "quotes"]}
        value["provenance"] = {"derived": decoded.derived}
        result = encode(value, TEXT, SCHEMA, purpose(SCHEMA, ["quotes"]))
        held = {item["from_name"] for item in result if item.get("from_name", "").startswith("quotes.")}
        assert held == {"quotes.polarity"}
        again = decode(result, TEXT, SCHEMA)
        assert (again.layers, again.derived) == (decoded.layers, decoded.derived)
        # An edited value is no longer what the rules give: it is sent.
        value["quotes"][0]["attribution"] = "anaphoric"
        assert "quotes.attribution" in {item.get("from_name") for item in encode(value, TEXT, SCHEMA)}


class TestLabels:
    def test_a_label_and_the_form_must_not_say_two_things(self) -> None:
        assert codes(drawn(QUOTE, SAID, chosen(QUOTE, "quotes.medium", "writing"))) == {"L214"}
        assert codes(drawn(QUOTE, chosen(QUOTE, "quotes.type", "direct"), SAID)) == {"L214"}
        again = drawn(QUOTE, chosen(QUOTE, "quotes.type", "indirect"), SAID, MAYOR)
        assert quotes(again)[0]["type"] == "indirect"

    def test_two_pieces_of_a_cue_must_say_one_medium(self) -> None:
        other = region("quotes.cue:writing", "wrote")
        assert codes(drawn(QUOTE, SAID, other, arrow(QUOTE, SAID["id"]), arrow(QUOTE, other["id"]))) == {"L214"}

    def test_without_a_cue_the_form_says_the_medium(self) -> None:
        assert quotes(drawn(QUOTE, chosen(QUOTE, "quotes.medium", "thought")))[0]["medium"] == "thought"
        assert codes(drawn(QUOTE)) == {"L304"}


class TestOrder:
    def test_each_span_belongs_to_the_quote_before_it(self) -> None:
        more = region("quotes:direct", "No,"), region("quotes.cue:writing", "wrote"), region("quotes.source", "she")
        one, two = quotes(drawn(QUOTE, SAID, MAYOR, *more))
        assert (one["cue"], one["source"], two["cue"], two["source"]) == ([at("said")], ["m1"], [at("wrote")], ["m2"])
        assert (two["medium"], two["attribution"], two["speaker"]) == ("writing", "anaphoric", "e1")

    def test_a_relation_comes_first(self) -> None:
        two = region("quotes:direct", "No,"), region("quotes.cue:writing", "wrote")
        one, other = quotes(drawn(QUOTE, MAYOR, *two, SAID, arrow(QUOTE, SAID["id"])))
        assert (one["cue"], other["cue"]) == ([at("said")], [at("wrote")])

    @pytest.mark.parametrize(
        ("code", "items"),
        [
            ("L413", [QUOTE, region("quotes:direct", "No,"), region("quotes.cue:writing", "wrote"), SAID]),
            ("L413", [QUOTE, SAID, MAYOR, region("quotes.source", "she")]),
            ("L409", [QUOTE, region("quotes.cue:thought", "thought")]),
            ("L409", [QUOTE, SAID, region("quotes.source", "Tom Marlow")]),
            ("L409", [SAID, QUOTE]),
            ("L409", [region("quotes", "it was safe"), SAID]),
            ("L409", [{**QUOTE, "origin": "prediction"}, SAID]),
        ],
        ids=["redrawn", "second source", "another paragraph", "its source", "before", "old label", "pushed quote"],
    )
    def test_it_is_refused_where_it_could_be_wrong(self, code: str, items: Result) -> None:
        decoded = drawn(*items)
        assert codes(decoded) == {code}
        assert all("Alt+R" in fault.suggestion for fault in decoded.faults)

    def test_two_pieces_of_content_are_no_fault(self) -> None:
        (quote,) = quotes(drawn(QUOTE, region("quotes.content", "No,"), SAID, MAYOR))
        assert [span["text"] for span in quote["content"]] == ["it was safe", "No,"]

    def test_without_labels_that_carry_values_order_says_nothing(self) -> None:
        result = [*encode(names(), TEXT, OLD), region("quotes", "it was safe"), region("quotes.cue", "said")]
        assert {fault.code for fault in decode(result, TEXT, OLD).faults} == {"L409"}


class TestArrows:
    def test_an_arrow_to_an_entity_is_its_speaker_and_the_source_on_the_same_words(self) -> None:
        decoded = drawn(QUOTE, SAID, arrow(QUOTE, "e1"))
        (quote,) = quotes(decoded)
        assert (quote["speaker"], quote["source"], quote["attribution"]) == ("e1", ["m1"], "explicit")
        assert "speaker" not in decoded.derived["quotes"]

    def test_an_arrow_to_the_mention_means_the_same(self) -> None:
        (quote,) = quotes(drawn(QUOTE, SAID, arrow(QUOTE, "m1")))
        assert (quote["speaker"], quote["source"], quote["attribution"]) == ("e1", ["m1"], "explicit")

    def test_its_label_chooses_one_of_the_two(self) -> None:
        (quote,) = quotes(drawn(QUOTE, SAID, arrow(QUOTE, "e1", "speaker")))
        assert (quote["speaker"], quote["source"]) == ("e1", [])
        (quote,) = quotes(drawn(QUOTE, SAID, MAYOR, arrow(QUOTE, "e2", "addressee")))
        assert (quote["addressee"], quote["speaker"]) == ("e2", "e1")
        (quote,) = quotes(drawn(QUOTE, SAID, arrow(QUOTE, "e1", "source")))
        assert quote["source"] == ["m1"]

    def test_two_speakers_are_refused(self) -> None:
        assert codes(drawn(QUOTE, SAID, arrow(QUOTE, "e1"), arrow(QUOTE, "e2"))) == {"L406"}
        assert codes(drawn(QUOTE, SAID, chosen(QUOTE, "quotes.speaker", "e2"), arrow(QUOTE, "e1"))) == {"L406"}

    def test_a_source_must_lie_on_the_words_of_one_mention(self) -> None:
        decoded = drawn(QUOTE, SAID, region("quotes.source", "Zoe Marlow"))
        assert codes(decoded) == {"L412"}
        assert "exactly the words" in decoded.faults[0].suggestion


class TestAnchors:
    def test_entities_lie_on_their_first_mention_and_stances_on_free_words(self) -> None:
        decoded = drawn(region("quotes:direct", "Mayor Zoe Marlow said"), chosen_medium(), MAYOR)
        stance = {"id": "s1", "label": "favor", "scope": "speaker", "holder": "e1", "evidence_quotes": ["q"]}
        value = names() | {"quotes": [{**quotes(decoded)[0], "id": "q", "speaker": "e2"}], "stances": [stance]}
        found = anchors(value, TEXT, controls(SCHEMA))
        assert found["e1"] == (at("Mayor Zoe Marlow")["start"], at("Mayor Zoe Marlow")["end"])
        assert found["e2"] == (at("Tom Marlow")["start"], at("Tom Marlow")["end"])
        assert TEXT[slice(*found["s1"])] == "it"

    def test_a_mention_that_is_all_of_a_quote_is_no_place_for_an_entity(self) -> None:
        quote = {"id": "q", "content": [at("Mayor Zoe Marlow")]}
        found = anchors(names() | {"quotes": [quote]}, TEXT, controls(SCHEMA))
        assert found["e1"] == (at("she")["start"], at("she")["end"])

    def test_no_entity_or_stance_of_this_corpus_covers_a_quote(self) -> None:
        covered = 0
        for path in sorted((REPOSITORY / "annotations" / "gold").glob("*.json")):
            text_path = REPOSITORY / "raw" / f"{path.stem}.txt"
            if text_path.exists():
                value = json.loads(path.read_bytes())
                found = anchors(value, text_path.read_bytes().decode(), controls(SCHEMA))
                spans = {(s["start"], s["end"]) for one in value["quotes"] for s in one["content"]}
                covered += sum(found[one["id"]] in spans for name in ("entities", "stances") for one in value[name])
        assert covered == 0


def chosen_medium() -> dict[str, Any]:
    return chosen(region("quotes:direct", "Mayor Zoe Marlow said"), "quotes.medium", "speech")
