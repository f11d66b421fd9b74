"""A task says which fields to annotate, and its annotations hold these and no other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.corpora import REPOSITORY, TEXT, Corpus, annotation, record
from support.exports import Convert, exported, made

from corpus.core.model import GOLD, Annotation, Article, CorpusError, Source
from corpus.core.schema import Schema
from corpus.files import canonical
from corpus.labelstudio.decode import decode
from corpus.labelstudio.tasks import encode, task

SCHEMA = Schema.read(REPOSITORY)
FIELDS = {"entities": [], "mentions": ["spans", "entity"], "quotes": ["content", "source", "type"]}


def partial(fields: dict[str, list[str]] = FIELDS, **changed: Any) -> dict[str, Any]:
    """An annotation with some fields only."""
    value = annotation("alpha") | {"schema_version": "1.1", "fields_done": fields} | changed
    for layer, names in fields.items():
        value[layer] = [{k: v for k, v in one.items() if k in ("id", *names)} for one in value[layer]]
    return value


def pushed(*values: dict[str, Any]) -> dict[str, Any]:
    article = Article("alpha", record("alpha"), TEXT, ())
    return task(article, SCHEMA, [Annotation(one["annotator"], one, Source("", "annotation")) for one in values])


def export_of(value: dict[str, Any], **data: Any) -> dict[str, Any]:
    """The export of a task that was pushed with an annotation, which an annotator submitted unchanged."""
    one, made_task = exported(1, "alpha", made(11, result=encode(value, TEXT, SCHEMA))), pushed(value)
    return one | {"data": made_task["data"] | data, "meta": made_task["meta"]}


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_a_round_trip_is_exact(corpus: Corpus, convert: Convert, version: str) -> None:
    value = partial() if version == "1.1" else annotation("alpha")
    assert SCHEMA.is_valid("annotation", value)
    assert convert(export_of(value)).problems == []
    pulled = corpus.read("annotations/ann-2/alpha.json")
    del pulled["provenance"]
    assert canonical(pulled, "annotation", SCHEMA) == canonical(value | {"annotator": "ann-2"}, "annotation", SCHEMA)


@pytest.mark.parametrize(
    "path", sorted((REPOSITORY / "annotations/gold").glob("*.json"))[::6], ids=lambda path: path.stem
)
def test_gold_annotations_without_some_fields_are_decoded_as_they_were(path: Path) -> None:
    value = json.loads(path.read_bytes())
    text_path = REPOSITORY / "raw" / path.name.replace(".json", ".txt")
    if not text_path.exists():
        pytest.skip("the text is withheld")
    text = text_path.read_bytes().decode()
    for layer in SCHEMA.layers.values():
        for field in (one for one in layer.fields if not one.always):
            fields = {layer.name: [one.name for one in layer.fields if one != field]}
            records = [{k: v for k, v in one.items() if k != field.name} for one in value[layer.name]]
            less = value | {layer.name: records}
            decoded = decode(encode(less, text, SCHEMA), text, SCHEMA, fields_done=fields)
            assert decoded.faults == []
            assert canonical(less | decoded.layers, "annotation", SCHEMA) == canonical(less, "annotation", SCHEMA)


def test_a_task_of_two_annotations_with_other_fields_is_refused() -> None:
    assert pushed(partial(), partial(annotator=GOLD))["data"]["fields_done"] == FIELDS
    with pytest.raises(CorpusError, match="alpha differ in fields_done"):
        pushed(partial(), annotation("alpha"))


def test_a_field_that_was_not_asked_for_is_not_taken(corpus: Corpus, convert: Convert) -> None:
    """The annotator filled a field although the task does not ask for it: nobody knows what the others would say."""
    result = convert(
        export_of(partial()) | {"annotations": [made(11, result=encode(annotation("alpha"), TEXT, SCHEMA))]}
    )
    assert {one.code for one in result.problems} == {"L308"}
    assert any("quotes 'q1', cue" in one.message for one in result.problems)
    assert result.written == []


def test_a_layer_without_a_tick_has_no_fields(corpus: Corpus, convert: Convert) -> None:
    value = partial() | {"layers_done": ["entities", "mentions", "quotes"]}
    asked = FIELDS | {"stances": ["label"]}
    one = export_of(value, fields_done=asked)
    one["meta"] = one["meta"] | {"fields_done": asked}
    assert convert(one).problems == []
    assert corpus.read("annotations/ann-2/alpha.json")["fields_done"] == FIELDS


@pytest.mark.parametrize(
    "fields", [[], "quotes", {"quote": ["content"]}, {"quotes": ["sources"]}, {"quotes": "content"}, {"quotes": [[1]]}]
)
def test_fields_that_the_schema_does_not_have_are_refused(corpus: Corpus, convert: Convert, fields: Any) -> None:
    one = export_of(partial())
    for part in "data", "meta":
        one[part] = one[part] | {"fields_done": fields}
    assert {problem.code for problem in convert(one).problems} == {"L114"}


def test_data_and_meta_must_name_the_same_fields(corpus: Corpus, convert: Convert) -> None:
    (problem,) = convert(export_of(partial(), fields_done={"quotes": ["content"]})).problems
    assert (problem.code, "two" in problem.message or "different fields" in problem.message) == ("L114", True)
