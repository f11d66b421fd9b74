"""The mapping between annotations and Label Studio: the config, the way there and back, and what is refused."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import strategies
from support.corpora import REPOSITORY, TEXT, annotation
from support.exports import OLD, without_labelling
from support.strategies import TEXTS

from corpus.core.model import CorpusError
from corpus.core.schema import Schema
from corpus.files import canonical
from corpus.labelstudio.config import config_sha256, labelling_config
from corpus.labelstudio.config_controls import controls
from corpus.labelstudio.config_keys import COLOURS, LETTERS, colours, hotkeys
from corpus.labelstudio.decode import Decoded, decode
from corpus.labelstudio.faults import FAULTS
from corpus.labelstudio.tasks import encode

Result = list[dict[str, Any]]

SCHEMA = Schema.read(REPOSITORY)
ANNOTATIONS = sorted(
    path for path in (REPOSITORY / "annotations").glob("*/*.json") if (REPOSITORY / "raw" / f"{path.stem}.txt").exists()
)


def described(const: str) -> dict[str, str]:
    return {"const": const, "title": const.title(), "description": f"When it is {const}."}


def grown() -> Schema:
    """The schema with a label, fields and a layer nobody planned, of every kind and form."""
    written = copy.deepcopy(SCHEMA.annotation)
    quotes = written["properties"]["quotes"]["items"]["properties"]
    quotes["medium"]["oneOf"].append(described("sign"))
    quotes["overheard_by"] = {"type": "array", "items": {"type": "string", "refersTo": "entities"}}
    quotes["echoes"] = {"type": "array", "items": {"type": "string", "refersTo": "quotes"}}
    quotes["tone"] = {"type": "array", "items": {"oneOf": [described("calm"), described("angry")]}}
    figures = {
        "id": {"$ref": "#/$defs/id"},
        "words": {"$ref": "#/$defs/spans", "minItems": 1, "title": "Words", "description": "The amount."},
        "unit_words": {"$ref": "#/$defs/spans", "minItems": 1},
        "beside": {"$ref": "#/$defs/spans"},
        "value": {"type": "number"},
        "count": {"type": ["integer", "null"]},
        "sure": {"type": ["boolean", "null"]},
        "rounded": {"type": "boolean"},
        "notes": {"type": "array", "items": {"type": "string"}},
        "sums": {"type": "array", "items": {"type": "number"}},
        "flags": {"type": "array", "items": {"type": "boolean"}},
        "remark": {"type": ["string", "null"]},
        "unit": {"oneOf": [described("crown")]},
        "quote": {"type": ["string", "null"], "refersTo": "quotes"},
        "about": {"type": "array", "items": {"type": "string", "refersTo": "targets"}},
        "claims": {"type": "array", "items": {"type": "string", "refersTo": "claims"}},
    }
    claims = {"id": {"$ref": "#/$defs/id"}, "figure": {"type": ["string", "null"], "refersTo": "figures"}}
    for name, fields in (("figures", figures), ("claims", claims)):
        required = [field for field in ("id", "words", "unit_words", "value", "figure") if field in fields]
        items = {"type": "object", "additionalProperties": False, "required": required, "properties": fields}
        written["properties"][name] = {"title": name.title(), "description": "New.", "type": "array", "items": items}
    return Schema(written, SCHEMA.article, SCHEMA.registry)


GROWN = grown()


def back(value: dict[str, Any], result: Any, text: str, schema: Schema) -> dict[str, Any]:
    """The annotation with what was read from a result, which has been through JSON, as its layers."""
    decoded = decode(json.loads(json.dumps(result)), text, schema)
    assert not decoded.faults, [fault.message for fault in decoded.faults]
    assert decoded.done is not None
    rest = {key: item for key, item in value.items() if key not in schema.layers}
    return {**rest, "layers_done": decoded.done, **{name: decoded.layers[name] for name in decoded.done}}


class TestConfig:
    def test_it_is_the_same_bytes_each_time(self) -> None:
        xml = labelling_config(SCHEMA)
        assert labelling_config(Schema.read(REPOSITORY)) == xml
        assert re.fullmatch(r"[0-9a-f]{64}", config_sha256(xml))

    @pytest.mark.parametrize("schema", [SCHEMA, GROWN], ids=["own", "grown"])
    def test_label_studio_takes_it(self, schema: Schema) -> None:
        label_interface = pytest.importorskip("label_studio_sdk.label_interface")
        label_interface.LabelInterface(labelling_config(schema)).validate()

    def test_what_goes_there_is_valid_for_label_studio(self) -> None:
        label_interface = pytest.importorskip("label_studio_sdk.label_interface")
        interface = label_interface.LabelInterface(labelling_config(SCHEMA))
        for path in ANNOTATIONS:
            text = (REPOSITORY / "raw" / f"{path.stem}.txt").read_bytes().decode()
            result = encode(json.loads(path.read_bytes()), text, SCHEMA)
            assert interface.validate_prediction({"result": result}, return_errors=True) == []

    @pytest.mark.parametrize("schema", [SCHEMA, GROWN], ids=["own", "grown"])
    def test_it_offers_all_that_the_schema_has(self, schema: Schema) -> None:
        tree = pytest.importorskip("defusedxml.ElementTree").fromstring(labelling_config(schema))
        labels = {tag.get("alias"): tag for tag in tree.iter("Label")}
        choices = {
            tag.get("name"): {choice.get("alias"): choice for choice in tag.iter("Choice")}
            for tag in tree.iter("Choices")
        }
        relations = {tag.get("value") for tag in tree.iter("Relation")}
        assert choices["layers_done"].keys() == schema.layers.keys()
        for layer in schema.layers.values():
            assert layer.title in labels[layer.name].get("value", "")
            assert layer.description in labels[layer.name].get("hint", "")
            for field in layer.fields:
                name = f"{layer.name}.{field.name}"
                if field.kind == "spans":
                    assert field.title in labels[name].get("value", "")
                    assert field.name in relations
                for label in field.labels:
                    assert choices[name][label.name].get("value") == label.title
                    assert choices[name][label.name].get("hint", "") == label.description
                if field.refers_to == "targets":
                    assert choices[name].keys() == schema.targets.keys()
                elif field.kind == "reference" and any(
                    f.least for f in schema.layers[field.refers_to].of_kind("spans")
                ):
                    assert field.name in relations
                elif field.kind in ("reference", "scalar") and field.name != "id":
                    assert [tag for tag in tree.iter() if tag.get("name") == name and tag.get("perRegion") == "true"]

    def test_hotkeys_and_colours_are_told_apart_and_stay(self) -> None:
        marks = list(controls(without_labelling(GROWN)).marks)
        before = list(controls(OLD).marks)
        assert len(set(colours(marks))) == len(marks)
        assert colours(marks)[: len(before)] == colours(before)
        keys = hotkeys([name] for name in marks)
        assert len(set(keys)) == len(marks)
        assert "u" not in keys
        assert keys[: len(before)] == hotkeys([name] for name in before)
        assert hotkeys([f"x{i}"] for i in range(60))[-1] == ""
        assert hotkeys([["medium"], ["mixed", "dim"]], LETTERS, "e") == ["m", "d"]

    def test_white_is_read_on_every_colour(self) -> None:
        for colour in COLOURS:
            parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
            linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
            luminance = sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
            assert 1.05 / (luminance + 0.05) >= 4.5, colour

    def test_words_of_the_schema_cannot_break_it(self) -> None:
        written = copy.deepcopy(SCHEMA.annotation)
        written["properties"]["quotes"]["description"] = 'Say "<b>it</b>" & don\'t pay $text\nor name="label".'
        schema = Schema(written, SCHEMA.article, SCHEMA.registry)
        tree = pytest.importorskip("defusedxml.ElementTree").fromstring(labelling_config(schema))
        hint = next(tag for tag in tree.iter("Label") if tag.get("alias") == "quotes").get("hint")
        assert 'Say "<b>it</b>" & don\'t pay ＄text\nor name="label".' in hint
        pytest.importorskip("label_studio_sdk.label_interface").LabelInterface(labelling_config(schema)).validate()

    def test_without_targets_they_are_typed(self) -> None:
        schema = Schema(SCHEMA.annotation, SCHEMA.article, {**SCHEMA.registry, "targets": []})
        assert controls(schema).controls["stances.target"].type == "textarea"

    def test_two_parts_of_one_name_are_refused(self) -> None:
        written = copy.deepcopy(SCHEMA.annotation)
        record = written["properties"]["entities"]["items"]["properties"]
        record["left_out"] = {"type": "string"}
        with pytest.raises(CorpusError, match="left_out"):
            controls(Schema(written, SCHEMA.article, SCHEMA.registry))


@pytest.mark.parametrize("path", ANNOTATIONS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_annotation_of_this_repository_comes_back_as_it_went(path: Path) -> None:
    text = (REPOSITORY / "raw" / f"{path.stem}.txt").read_bytes().decode()
    value = json.loads(path.read_bytes())
    assert canonical(back(value, encode(value, text, SCHEMA), text, SCHEMA), "annotation", SCHEMA) == path.read_bytes()


@st.composite
def annotations(draw: st.DrawFn, schema: Schema) -> tuple[str, dict[str, Any]]:
    """A text and an annotation of it that fits the schema."""
    text, seed = draw(TEXTS), draw(st.integers(0, 2**32))
    record = {"doc_id": "d", "text_sha256": "0" * 64, "redistribution": "full"}
    value = strategies.annotation(Random(seed), schema, record, text, "ann-1")
    return text, {**value, **{name: typeable(value[name]) for name in schema.layers if name in value}}


def typeable(value: Any) -> Any:
    """The value without control characters in its strings: they are findings on the way back."""
    if isinstance(value, dict):
        return {key: inner if key == "text" else typeable(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [typeable(inner) for inner in value]
    return "a b" if value in ("\x00\x1f\x7f", "\u2028\r\n\t") else value


@given(annotations(GROWN))
def test_a_valid_annotation_comes_back_as_it_went(drawn: tuple[str, dict[str, Any]]) -> None:
    text, value = drawn
    assert GROWN.is_valid("annotation", value), list(GROWN.violations("annotation", value))
    came = back(value, encode(value, text, GROWN), text, GROWN)
    assert canonical(came, "annotation", GROWN) == canonical(value, "annotation", GROWN)


@given(annotations(SCHEMA), st.randoms(use_true_random=False))
def test_the_order_of_regions_says_nothing(drawn: tuple[str, dict[str, Any]], random: Any) -> None:
    text, value = drawn
    result = encode(value, text, SCHEMA)
    regions = [item for item in result if item["type"] != "relation"]
    random.shuffle(regions)
    shuffled = [*regions, *(item for item in result if item["type"] == "relation")]
    came = back(value, shuffled, text, SCHEMA)
    assert canonical(came, "annotation", SCHEMA) == canonical(value, "annotation", SCHEMA)


def test_what_the_editor_cannot_hold_is_refused() -> None:
    quote = {**annotation("d")["quotes"][0], "parent": None, "source": []}
    quotes = [{**quote, "id": f"q{i}"} for i in range(3)]
    value = {**annotation("d"), "quotes": quotes}
    quotes[2] |= {"echoes": ["q0", "q0"]}
    with pytest.raises(CorpusError, match="q2 names a record twice in echoes"):
        encode(value, TEXT, GROWN)
    written = copy.deepcopy(GROWN.annotation)
    answers = {"type": "array", "items": {"type": "string", "refersTo": "quotes"}}
    written["properties"]["quotes"]["items"]["properties"]["answers"] = answers
    schema = Schema(written, SCHEMA.article, SCHEMA.registry)
    quotes[2] |= {"echoes": ["q0", "q1"], "answers": ["q0", "q1"], "parent": "q0"}
    assert back(value, encode(value, TEXT, schema), TEXT, schema)["quotes"][2] == quotes[2]
    quotes[2] |= {"answers": ["q1", "q0"]}
    with pytest.raises(CorpusError, match="two fields of q2 name the same records in opposite orders"):
        encode(value, TEXT, schema)


class TestByHand:
    """What a person does in the editor, which is not always what `encode` writes."""

    def region(self, words: str, label: str, id_: str, text: str = TEXT) -> dict[str, Any]:
        start = text.index(words)
        value = {"start": start, "end": start + len(words), "text": words, "labels": [label]}
        return {
            "value": value,
            "id": id_,
            "from_name": "label",
            "to_name": "text",
            "type": "labels",
            "origin": "manual",
        }

    def held(self, region: dict[str, Any], control: str, type_: str, held: Any) -> dict[str, Any]:
        key = "text" if type_ == "textarea" else type_
        where = {"start": region["value"]["start"], "end": region["value"]["end"], "text": region["value"]["text"]}
        return {**region, "value": {**where, key: held}, "from_name": control, "type": type_}

    def entity(self, words: str = "Åsa", id_: str = "Lu_9aX-b2c", **held: str) -> Result:
        region = self.region(words, "entities", id_)
        texts = [self.held(region, f"entities.{name}", "textarea", [one]) for name, one in held.items()]
        return [region, self.held(region, "entities.type", "choices", ["PER"]), *texts]

    def mention(self, words: str, id_: str, entity: str) -> Result:
        region = self.region(words, "mentions", id_)
        choice = self.held(region, "mentions.form", "choices", ["NAM"])
        return [region, choice, self.held(region, "mentions.entity", "textarea", [entity])]

    def nonquote(self, words: str, id_: str) -> Result:
        region = self.region(words, "nonquotes", id_)
        return [region, self.held(region, "nonquotes.reason", "choices", ["term"])]

    def read(self, result: Result, text: str = TEXT, schema: Schema = SCHEMA) -> Decoded:
        decoded = decode(json.loads(json.dumps(result)), text, schema)
        assert not decoded.faults, [fault.message for fault in decoded.faults]
        return decoded

    def test_ids_are_typed_or_taken_from_the_region(self) -> None:
        typed = self.read([*self.entity(id=" kim ", name="Kim"), *self.mention("she", "m", "kim")])
        assert typed.layers["entities"] == [{"id": "kim", "type": "PER", "name": "Kim", "kb": None, "kb_date": None}]
        assert typed.layers["mentions"][0]["entity"] == "kim"
        untyped = self.read([*self.entity(name="Kim"), *self.mention("she", "m", " Lu_9aX-b2c ")])
        assert untyped.layers["mentions"][0]["entity"] == untyped.layers["entities"][0]["id"] == "Lu_9aX-b2c"
        assert untyped.done is None

    def test_a_region_id_that_is_no_id_becomes_one_and_stays_it(self) -> None:
        ids = ["9abc", "_x", "-y", "r9abc", "ä" * 3, "x" * 80]
        words = ["Mayor", "Lindqvist", "spoke", "bridge", "safe", "said"]
        result = [item for pair in zip(words, ids, strict=True) for item in self.nonquote(*pair)]
        for _ in range(2):
            found = {one["spans"][0]["text"]: one["id"] for one in self.read(result).layers["nonquotes"]}
            assert (found["Lindqvist"], found["spoke"], found["bridge"]) == ("r_x", "r-y", "r9abc")
            assert all(re.fullmatch(r"r-[0-9a-f]{16}", found[word]) for word in ("Mayor", "safe", "said"))
            assert len(set(found.values())) == 6
            result.reverse()

    def test_relations_need_no_label_where_only_one_field_fits(self) -> None:
        for label, ends, direction in (
            ([], ("q1", "m2"), "right"),
            (["source"], ("m2", "q1"), "left"),
        ):
            value = annotation("d")
            result = [item for item in encode(value, TEXT, SCHEMA) if item.get("labels") != ["source"]]
            relation = {"from_id": ends[0], "to_id": ends[1], "type": "relation", "direction": direction}
            result.append({**relation, "labels": label} if label else relation)
            assert self.read(result).layers["quotes"] == value["quotes"]

    def test_a_further_span_is_joined_either_way_and_may_be_shared(self) -> None:
        value = annotation("d")
        value["quotes"].append({**value["quotes"][0], "id": "q2", "parent": "q1", "content": value["quotes"][0]["cue"]})
        result = [item for item in encode(value, TEXT, SCHEMA) if "q2·cue·0" not in (item.get("id"), item.get("to_id"))]
        result.append({"from_id": "q1·cue·0", "to_id": "q2", "type": "relation", "direction": "bi"})
        assert self.read(result).layers["quotes"] == value["quotes"]

    def test_pieces_come_in_the_order_of_the_text(self) -> None:
        first, second = self.nonquote("safe", "n1"), self.region("bridge", "nonquotes.spans", "n2")
        join = {"from_id": "n1", "to_id": "n2", "type": "relation", "direction": "right"}
        spans = self.read([*first, second, join]).layers["nonquotes"][0]["spans"]
        assert [span["text"] for span in spans] == ["bridge", "safe"]

    @pytest.mark.parametrize(
        ("text", "words", "shown"),
        [
            ("one line\nand the next", "line\nand", r"line\nand"),
            ("one line\r\nand the next", "line\r\nand", "line\r\\nand"),
            ("two  blanks here", "two  blanks", "two blanks"),
            ("a no-break\u00a0space", "no-break\u00a0space", "no-break space"),
            (r"the folder C:\new here", r"C:\new", r"C:\new"),
            (" at the edge ", " at the edge ", "at the edge"),
        ],
    )
    def test_words_are_compared_without_regard_to_white_space(self, text: str, words: str, shown: str) -> None:
        region, choice = (copy.deepcopy(item) for item in self.nonquote("safe", "n1"))
        start = text.index(words)
        for item in (region, choice):
            item["value"] |= {"start": start, "end": start + len(words), "text": shown}
        span = self.read([region, choice], text).layers["nonquotes"][0]["spans"][0]
        assert span == {"start": start, "end": start + len(words), "text": words}

    def test_words_of_a_withheld_text_are_left_out(self) -> None:
        decoded = decode(self.nonquote("safe", "n1"), TEXT, SCHEMA, quoted=False)
        assert decoded.layers["nonquotes"][0]["spans"] == [{"start": TEXT.index("safe"), "end": TEXT.index("safe") + 4}]

    def test_what_the_editor_adds_is_no_fault(self) -> None:
        result = self.nonquote("safe", "n1")
        for item in result:
            item |= {"meta": {"lead_time": 3.4}, "score": 0.5, "readonly": False, "parentID": None, "hidden": True}
        assert self.read(result).layers["nonquotes"]


def utf16(result: Result, text: str) -> Result:
    """The result as a server counts that has UTF-16 units."""
    result = copy.deepcopy(result)
    for item in result:
        for edge in ("start", "end"):
            if edge in item.get("value", {}):
                item["value"][edge] = len(text[: item["value"][edge]].encode("utf-16-le")) // 2
    return result


class TestUtf16:
    def test_it_is_converted_when_every_span_proves_it(self) -> None:
        value = annotation("d")
        result = utf16(encode(value, TEXT, SCHEMA), TEXT)
        decoded = decode(result, TEXT, SCHEMA)
        assert not decoded.faults
        assert "UTF-16" in decoded.note
        assert {name: decoded.layers[name] for name in value["layers_done"]} == {
            name: value[name] for name in value["layers_done"]
        }

    def test_one_span_that_does_not_is_enough_to_refuse(self) -> None:
        result = utf16(encode(annotation("d"), TEXT, SCHEMA), TEXT)
        next(item for item in result if item.get("id") == "m1")["value"]["text"] = "Asa Lindqvist"
        decoded = decode(result, TEXT, SCHEMA)
        assert not decoded.layers
        assert {fault.code for fault in decoded.faults} == {"L208"}


Change = Callable[[Result], object]


def of(result: Result, id_: str, control: str = "label") -> dict[str, Any]:
    return next(item for item in result if item.get("id") == id_ and item["from_name"] == control)


def value(result: Result, id_: str, control: str = "label") -> dict[str, Any]:
    found: dict[str, Any] = of(result, id_, control)["value"]
    return found


def everywhere(result: Result, id_: str, **changed: Any) -> None:
    for item in result:
        if item.get("id") == id_:
            item["value"].update(changed)


def relation(from_id: str, to_id: str, *labels: str, direction: str = "right") -> dict[str, Any]:
    ends = {"from_id": from_id, "to_id": to_id, "type": "relation", "direction": direction}
    return {**ends, "labels": list(labels)} if labels else ends


def second_quote(result: Result, parent: str = "") -> None:
    """Add a quote q2 on the same words, and in q1 when `parent` says so."""
    for item in [item for item in result if item.get("id") == "q1"]:
        result.append({**copy.deepcopy(item), "id": "q2"})
    if parent:
        result.append(relation("q2", parent, "parent"))


NONSENSE: list[tuple[str, str, Change]] = [
    ("no object", "L201", lambda r: r.append("region")),
    ("no value", "L201", lambda r: of(r, "m1").pop("value")),
    ("no id", "L201", lambda r: of(r, "m1").pop("id")),
    ("id is a number", "L201", lambda r: of(r, "m1").update(id=7)),
    ("value is a list", "L201", lambda r: of(r, "m1").update(value=[1])),
    ("no words", "L201", lambda r: value(r, "m1").pop("text")),
    ("choices is an object", "L201", lambda r: value(r, "m1", "mentions.form").update(choices={"NAM": 1})),
    ("choices holds a number", "L201", lambda r: value(r, "m1", "mentions.form").update(choices=[1])),
    ("choices is missing", "L201", lambda r: value(r, "m1", "mentions.form").pop("choices")),
    ("layers_done is a word", "L201", lambda r: value(r, ":layers_done", "layers_done").update(choices="quotes")),
    ("relation with labels of numbers", "L201", lambda r: r.append({**relation("q1", "m1"), "labels": [1]})),
    ("relation with another direction", "L201", lambda r: r.append(relation("q1", "m1", direction="up"))),
    ("unknown control", "L202", lambda r: of(r, "m1").update(from_name="ner")),
    ("unknown per-region control", "L202", lambda r: of(r, "m1", "mentions.form").update(from_name="mentions.from")),
    ("control is a list", "L202", lambda r: of(r, "m1").update(from_name=["label"])),
    ("another type", "L202", lambda r: of(r, "m1").update(type="choices")),
    ("another type of a value", "L202", lambda r: of(r, "m1", "mentions.form").update(type="textarea")),
    ("another text", "L202", lambda r: of(r, "m1").update(to_name="image")),
    ("unknown label", "L203", lambda r: value(r, "m1").update(labels=["PERSON"])),
    ("no label", "L203", lambda r: value(r, "m1").update(labels=[])),
    ("two labels", "L203", lambda r: value(r, "m1").update(labels=["mentions", "quotes"])),
    ("labels is no list", "L203", lambda r: value(r, "m1").update(labels="mentions")),
    ("label is an object", "L203", lambda r: value(r, "m1").update(labels=[{}])),
    ("offset is a string", "L204", lambda r: value(r, "m1").update(start="6")),
    ("offset is a fraction", "L204", lambda r: value(r, "m1").update(start=6.0)),
    ("offset is a truth value", "L204", lambda r: value(r, "m1").update(start=True)),
    ("offset is missing", "L204", lambda r: value(r, "m1").pop("end")),
    ("offset is null", "L204", lambda r: value(r, "m1").update(end=None)),
    ("behind the text", "L205", lambda r: everywhere(r, "m1", start=900, end=913)),
    ("ends behind the text", "L205", lambda r: everywhere(r, "m1", end=len(TEXT) + 1)),
    ("before the text", "L205", lambda r: everywhere(r, "m1", start=-7)),
    ("empty", "L206", lambda r: everywhere(r, "m1", end=6)),
    ("reversed", "L207", lambda r: everywhere(r, "m1", start=19, end=6)),
    ("other words", "L208", lambda r: value(r, "m1").update(text="Asa Lindqvist")),
    ("moved by one", "L208", lambda r: everywhere(r, "m1", start=7, end=20)),
    ("one id on two spans", "L209", lambda r: of(r, "m2").update(id="m1")),
    ("one id on one span twice", "L209", lambda r: r.append(copy.deepcopy(of(r, "m1")))),
    ("value without region", "L210", lambda r: of(r, "m1", "mentions.form").update(id="m9")),
    ("value on other words", "L211", lambda r: value(r, "m1", "mentions.form").update(end=9)),
    ("value without offsets", "L211", lambda r: value(r, "m1", "mentions.form").pop("start")),
    ("value of another layer", "L212", lambda r: of(r, "m1", "mentions.form").update(id="q1")),
    ("value of a further span", "L212", lambda r: of(r, "q1", "quotes.type").update(id="q1·cue·0")),
    ("two values of a control", "L213", lambda r: r.append(copy.deepcopy(of(r, "m1", "mentions.form")))),
    ("layers_done twice", "L213", lambda r: r.append(copy.deepcopy(of(r, ":layers_done", "layers_done")))),
    ("unknown choice", "L301", lambda r: value(r, "m1", "mentions.form").update(choices=["NAME"])),
    ("unknown layer done", "L301", lambda r: value(r, ":layers_done", "layers_done").update(choices=["quotas"])),
    ("two choices", "L302", lambda r: value(r, "m1", "mentions.form").update(choices=["NAM", "PRO"])),
    ("two texts", "L302", lambda r: value(r, "e1", "entities.name").update(text=["Åsa", "Asa"])),
    ("no id is typed", "L303", lambda r: value(r, "e1", "entities.id").update(text=["the mayor"])),
    ("no choice", "L304", lambda r: r.remove(of(r, "m1", "mentions.form"))),
    ("empty choice", "L304", lambda r: value(r, "m1", "mentions.form").update(choices=[])),
    ("no entity", "L304", lambda r: r.remove(of(r, "m1", "mentions.entity"))),
    ("relation from nowhere", "L401", lambda r: r.append(relation("q9", "m1", "source"))),
    ("relation to nowhere", "L401", lambda r: r.append(relation("q1", "m9", "source"))),
    ("relation to a list", "L401", lambda r: r.append({**relation("q1", "m1"), "to_id": ["m1"]})),
    ("relation to another layer", "L402", lambda r: r.append(relation("m1", "e1", "speaker"))),
    ("relation of another field", "L402", lambda r: r.append(relation("q1", "m1", "parent"))),
    ("relation of an unknown field", "L402", lambda r: r.append(relation("q1", "m1", "says"))),
    ("relation turned round", "L402", lambda r: r.append(relation("m1", "q1"))),
    ("further span of another layer", "L402", lambda r: r.append(relation("m1", "q1·cue·0"))),
    ("further span of another field", "L402", lambda r: r.append(relation("q1", "q1·cue·0", "content"))),
    ("two further spans", "L402", lambda r: r.append(relation("q1·cue·0", "q1·cue·0"))),
    ("no direction", "L404", lambda r: r.append(relation("q1", "m1", direction="bi"))),
    ("unknown entity", "L405", lambda r: value(r, "m1", "mentions.entity").update(text=["e2"])),
    ("a mention for an entity", "L405", lambda r: value(r, "m1", "mentions.entity").update(text=["m2"])),
    ("two parents", "L406", lambda r: [second_quote(r, "q1"), second_quote3(r)]),
    ("its own parent", "L407", lambda r: r.append(relation("q1", "q1", "parent"))),
    ("parents in a circle", "L407", lambda r: [second_quote(r, "q1"), r.append(relation("q1", "q2", "parent"))]),
    ("two records of one id", "L408", lambda r: value(r, "e1", "entities.id").update(text=["m1"])),
    ("further span of nothing", "L409", lambda r: r.remove(relation("q1", "q1·cue·0", "cue"))),
    ("pieces overlap", "L410", lambda r: overlap(r)),
    ("source twice", "L411", lambda r: r.append(relation("q1", "m2", "source"))),
    ("further span twice", "L411", lambda r: r.append(relation("q1·cue·0", "q1"))),
]


def second_quote3(result: Result) -> None:
    for item in [item for item in result if item.get("id") == "q2"]:
        result.append({**copy.deepcopy(item), "id": "q3"})
    result.append(relation("q2", "q3", "parent"))


def overlap(result: Result) -> None:
    start = TEXT.index("bridge")
    piece = {**copy.deepcopy(of(result, "q1")), "id": "p"}
    piece["value"] = {"start": start, "end": start + 6, "text": "bridge", "labels": ["quotes.content"]}
    result += [piece, relation("q1", "p")]


@pytest.mark.parametrize(("code", "change"), [case[1:] for case in NONSENSE], ids=[case[0] for case in NONSENSE])
def test_nonsense_is_refused_whole(code: str, change: Change) -> None:
    result = encode(annotation("d"), TEXT, OLD)
    assert not decode(result, TEXT, SCHEMA).faults
    change(result)
    decoded = decode(result, TEXT, SCHEMA)
    assert {fault.code for fault in decoded.faults} == {code}, [fault.message for fault in decoded.faults]
    assert not decoded.layers
    for fault in decoded.faults:
        assert fault.message.startswith(FAULTS[code])
        assert fault.index is not None
        assert 0 <= fault.index < len(result)


@pytest.mark.parametrize("result", [None, {}, "[]", 7])
def test_a_result_that_is_no_list_is_refused(result: object) -> None:
    assert [fault.code for fault in decode(result, TEXT, SCHEMA).faults] == ["L106"]


def test_a_relation_that_fits_two_fields_must_say_which() -> None:
    result = encode(annotation("d"), TEXT, without_labelling(GROWN))
    second_quote(result)
    decoded = decode([*result, relation("q2", "q1")], TEXT, GROWN)
    assert [fault.code for fault in decoded.faults] == ["L403"]
    assert "parent" in decoded.faults[0].suggestion
    assert not decode([*result, relation("q2", "q1", "parent", "echoes")], TEXT, GROWN).faults


@pytest.mark.parametrize(
    ("control", "type_", "held"),
    [
        ("figures.value", "textarea", {"text": ["many"]}),
        ("figures.value", "textarea", {"text": ["NaN"]}),
        ("figures.value", "textarea", {"text": ["true"]}),
        ("figures.value", "textarea", {"text": ["9" * 5000]}),
        ("figures.count", "number", {"number": 1.5}),
        ("figures.count", "number", {"number": "1"}),
        ("figures.flags", "textarea", {"text": ["True", "yes"]}),
    ],
)
def test_a_value_of_another_type_is_refused(control: str, type_: str, held: dict[str, Any]) -> None:
    span = {"start": 0, "end": 5, "text": TEXT[:5]}
    record = {"id": "f1", "words": [span], "unit_words": [span], "value": 1.5}
    result = encode({"layers_done": ["figures"], "figures": [record]}, TEXT, GROWN)
    assert decode(result, TEXT, GROWN).layers["figures"][0]["value"] == 1.5
    result = [item for item in result if item.get("from_name") != control]
    given = {"value": {**span, **held}, "id": "f1", "from_name": control, "to_name": "text", "type": type_}
    assert [fault.code for fault in decode([*result, given], TEXT, GROWN).faults] == ["L303"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["label", "text", "q1", "mentions"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "value", "type", "from_name", "to_name", "start", "end", "text", "labels", "choices"]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=12,
)


@given(st.data())
def test_whatever_the_server_stores_it_is_read_or_refused(data: st.DataObject) -> None:
    result = encode(annotation("d"), TEXT, SCHEMA)
    for _ in range(data.draw(st.integers(1, 3))):
        item = data.draw(st.sampled_from(result))
        inside = data.draw(st.booleans()) and isinstance(item.get("value"), dict)
        target = item["value"] if inside else item
        target[data.draw(st.sampled_from([*target, "labels"]))] = data.draw(JSON)
    decoded = decode(result, TEXT, SCHEMA)
    assert decoded.faults or decoded.layers
