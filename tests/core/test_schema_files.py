"""The files in schema/ are plain JSON Schema: another validator says the same of the same annotations."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.copies import read
from support.corpora import REPOSITORY

from corpus.core.schema import TARGETS, Schema

SCHEMAS = ("annotation.schema.json", "article.schema.json", "targets.schema.json")
ANNOTATIONS = sorted((REPOSITORY / "annotations").glob("*/*.json"))
RECORDS = sorted((REPOSITORY / "raw").glob("*.json"))


@cache
def schema() -> Schema:
    return Schema.read(REPOSITORY)


@cache
def reference(name: str) -> jsonschema.Draft202012Validator:
    """The validator of python-jsonschema, for annotations that do not say which fields are done."""
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    written = read(REPOSITORY / "schema" / name)
    for items in (layer["items"] for layer in written["properties"].values() if "requiredIfDone" in str(layer)):
        items["required"] += items.pop("requiredIfDone")
    return jsonschema.Draft202012Validator(written, format_checker=checker)


@pytest.mark.parametrize("name", SCHEMAS)
def test_it_is_valid_json_schema(name: str) -> None:
    written = read(REPOSITORY / "schema" / name)
    assert written["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(written)


def test_the_registry_fits_its_schema() -> None:
    registry = read(REPOSITORY / "schema" / "targets.json")
    assert not list(reference("targets.schema.json").iter_errors(registry))
    assert (REPOSITORY / "schema" / registry["$schema"]).is_file()


def described(written: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property and every label of a schema, and where it stands."""
    if isinstance(written, dict):
        for name, one in written.get("properties", {}).items():
            yield f"{path}/{name}", one
        for i, one in enumerate(written.get("oneOf", ())):
            yield f"{path}/oneOf/{i}", one
        for key, inner in written.items():
            yield from described(inner, f"{path}/{key}")
    elif isinstance(written, list):
        for i, inner in enumerate(written):
            yield from described(inner, f"{path}/{i}")


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_label_and_field_is_explained(name: str) -> None:
    whole = read(REPOSITORY / "schema" / name)
    seen = 0
    for path, one in described(whole):
        written = whole["$defs"][one["$ref"].split("/")[-1]] | one if "$ref" in one else one
        if (
            path.endswith("/$schema")
            or path.startswith("/dependentSchemas/")
            or (name, path) == ("targets.schema.json", "/targets")
        ):
            continue
        for key in ("title", "description"):
            assert isinstance(written.get(key), str), f"{path} has no {key}"
            assert written[key].strip() == written[key] != "", f"{path}: {key}"
        assert written["description"][-1] in ".\"'", f"{path}: {written['description']}"
        seen += 1
    assert seen > 5


def test_the_program_reads_every_layer_field_and_label() -> None:
    properties = read(REPOSITORY / "schema" / "annotation.schema.json")["properties"]
    written = {k: v["items"] for k, v in properties.items() if v.get("type") == "array" and "properties" in v["items"]}
    assert list(schema().layers) == list(written)
    for layer, items in written.items():
        fields = schema().layers[layer].fields
        assert [field.name for field in fields] == list(items["properties"])
        assert [field.name for field in fields if field.required] == [
            name for name in items["properties"] if name in (*items["required"], *items["requiredIfDone"])
        ]
        assert [field.name for field in fields if field.always] == items["required"]
        for field in fields:
            one = items["properties"][field.name]
            assert [label.name for label in field.labels] == [label["const"] for label in one.get("oneOf", ())]
            assert (field.kind == "spans") == (one.get("$ref") == "#/$defs/spans")
            assert (field.kind == "reference") == ("refersTo" in one or "refersTo" in one.get("items", {}))
            assert field.title
            assert field.description
            assert not field.refers_to or field.refers_to in (*written, TARGETS)


@pytest.mark.parametrize(
    ("kind", "name", "paths"),
    [
        ("annotation", "annotation.schema.json", ANNOTATIONS[::5]),
        ("record", "article.schema.json", RECORDS),
        pytest.param("annotation", "annotation.schema.json", ANNOTATIONS, marks=pytest.mark.slow),
    ],
)
def test_both_validators_take_what_this_repository_holds(kind: Any, name: str, paths: list[Path]) -> None:
    assert paths
    for path in paths:
        assert not list(reference(name).iter_errors(read(path)))
        assert schema().is_valid(kind, read(path))


def small(path: Path) -> Any:
    """An annotation cut to two records a layer, so that a random change may hit anything, and checking is quick."""
    value = read(path)
    return {key: item[:2] if isinstance(item, list) and key != "layers_done" else item for key, item in value.items()}


ODD: tuple[Any, ...] = (
    *(None, True, 0, -1, 1.5, 12.0, 10**30, "", "x", "NAM", "gold", "ä b", "0" * 64, "NIL", "wikidata:Q1"),
    *("2026-02-30", "2026-11-24", "2026-11-24T10:00:00Z", "2026-11-24T25:00:00Z", "https://a.example"),
    *([], ["x"], ["x", "x"], [1, True], [[]], {}, {"id": "e1"}, {"start": 0, "end": 1}),
    *([{"start": 0, "end": 1}], [{"start": "0", "end": 1}]),
)
"""What may stand in a wrong place."""


def nodes(value: Any) -> list[tuple[Any, Any]]:
    """(container, key) of everything inside of a JSON value."""
    inner = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    return [(value, key) for key, _ in inner] + [node for _, item in inner for node in nodes(item)]


def mutate(value: Any, data: st.DataObject) -> Any:
    """The value with a few nodes deleted, replaced, renamed, doubled or swapped."""
    value = copy.deepcopy(value)
    for _ in range(data.draw(st.integers(1, 3))):
        found = nodes(value)
        if not found:
            return value
        container, key = data.draw(st.sampled_from(found))
        how = data.draw(st.sampled_from(["delete", "replace", "rename", "double", "swap"]))
        if how == "delete":
            del container[key]
        elif how == "rename" and isinstance(container, dict):
            container[data.draw(st.sampled_from([f"{key}s", "id", "text", "", "entities"]))] = container.pop(key)
        elif how == "double" and isinstance(container, list):
            container.append(copy.deepcopy(container[key]))
        elif how == "swap":
            other, place = data.draw(st.sampled_from(found))
            container[key] = copy.deepcopy(other[place])
        else:
            container[key] = copy.deepcopy(data.draw(st.sampled_from(ODD)))
    return value


def agree(kind: Any, name: str, value: Any) -> None:
    """Both validators say the same, and name the same places."""
    expected = {tuple(error.absolute_path) for error in reference(name).iter_errors(value)}
    assert schema().is_valid(kind, value) == (not expected), json.dumps(value)[:500]
    found = list(schema().violations(kind, value))
    assert {violation.parts for violation in found} == expected
    assert all(violation.message and violation.keyword for violation in found)


@settings(max_examples=150)
@given(st.data())
def test_both_validators_agree_on_annotations_that_were_damaged(data: st.DataObject) -> None:
    agree("annotation", "annotation.schema.json", mutate(small(data.draw(st.sampled_from(ANNOTATIONS))), data))


@settings(max_examples=150)
@given(st.data())
def test_both_validators_agree_on_records_that_were_damaged(data: st.DataObject) -> None:
    agree("record", "article.schema.json", mutate(read(data.draw(st.sampled_from(RECORDS))), data))
