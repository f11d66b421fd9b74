"""Schema versions: files of an older version stay valid, and a schema without the newer keywords is read as before."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from support.corpora import REPOSITORY, annotation

from corpus.core.done import absent_fields, field_done, layer_done
from corpus.core.schema import Schema

SCHEMA = Schema.read(REPOSITORY)
FIRST = Schema.read(REPOSITORY / "releases" / "1.0.0")
QUOTES = [one.name for one in SCHEMA.layers["quotes"].fields]


def partial(*names: str, **changed: Any) -> dict[str, Any]:
    """An annotation with these fields of its quote, which `fields_done` names."""
    value = annotation("alpha") | {"schema_version": "1.1", "fields_done": {"quotes": list(names)}} | changed
    value["quotes"] = [{key: one for key, one in value["quotes"][0].items() if key in ("id", *names)}]
    return value


def missing(schema: Schema, value: Any) -> set[str]:
    """The fields that records lack."""
    found = list(schema.violations("annotation", value))
    assert schema.is_valid("annotation", value) == (not found)
    return {str(one.limit) for one in found if one.keyword == "required"}


def test_the_first_version_is_accepted_with_all_its_files() -> None:
    assert SCHEMA.versions == ("1.0", "1.1")
    assert FIRST.versions == ("1.0",)
    assert not FIRST.has_fields_done
    assert [one for one in SCHEMA.layers["quotes"].fields if one.required] == [
        one for one in SCHEMA.layers["quotes"].fields if one.name in required(FIRST)
    ]
    for path in sorted((REPOSITORY / "annotations").glob("ann-[ab]/*.json")):
        value = json.loads(path.read_bytes())
        assert value["schema_version"] == "1.0"
        assert SCHEMA.is_valid("annotation", value)
        assert FIRST.is_valid("annotation", value)


@pytest.mark.parametrize("provenance", [{"guidelines": "1.2"}, {"derived": {}}])
def test_what_only_the_newest_version_has_is_written_with_that_version(provenance: dict[str, Any]) -> None:
    value = annotation("alpha")
    assert SCHEMA.version_of(value) == "1.0"
    value["provenance"] = provenance
    value["schema_version"] = SCHEMA.version_of(value)
    assert value["schema_version"] == "1.1"
    assert SCHEMA.is_valid("annotation", value)
    assert not FIRST.is_valid("annotation", value | {"schema_version": "1.0"})


def required(schema: Schema) -> set[str]:
    return {one.name for one in schema.layers["quotes"].fields if one.required}


@pytest.mark.parametrize("name", QUOTES)
def test_a_field_is_required_as_in_the_first_version_unless_it_was_not_annotated(name: str) -> None:
    value = annotation("alpha")
    value["quotes"][0].pop(name)
    assert missing(SCHEMA, copy.deepcopy(value)) == missing(FIRST, value) == {name} & required(FIRST)
    rest = [one for one in QUOTES if one != name]
    assert missing(SCHEMA, partial(*rest)) == {name} & {"content"}
    if name != "id":
        value = partial(*rest)
        value["fields_done"]["quotes"].append(name)
        assert missing(SCHEMA, value) == {name} & required(FIRST)


def test_another_layer_is_required_in_full() -> None:
    value = partial("content")
    del value["mentions"][0]["form"]
    assert missing(SCHEMA, value) == {"form"}


def test_fields_done_needs_the_version_that_has_it() -> None:
    assert SCHEMA.is_valid("annotation", partial("content", "type"))
    assert not SCHEMA.is_valid("annotation", partial("content", "type", schema_version="1.0"))
    assert SCHEMA.version_of(partial("content")) == "1.1"
    assert SCHEMA.version_of(annotation("alpha")) == "1.0"
    assert SCHEMA.is_valid("annotation", annotation("alpha", schema_version="1.1"))


def test_what_was_annotated() -> None:
    layer, value = SCHEMA.layers["quotes"], partial("type")
    assert absent_fields(value, layer) == [one for one in QUOTES if one not in ("id", "content", "type")]
    assert [field_done(value, layer, name) for name in ("content", "type", "cue")] == [True, True, False]
    assert absent_fields(annotation("alpha"), layer) == []
    assert absent_fields(annotation("alpha", layers_done=[]), layer) == QUOTES
    assert not field_done(annotation("alpha", layers_done=[]), layer, "content")
    assert layer_done(value, "quotes")
    assert not layer_done({"layers_done": 7}, "quotes")
