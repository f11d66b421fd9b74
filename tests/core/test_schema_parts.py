"""The part of a schema that a value must fit, and the example values that it gives."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from support.corpora import REPOSITORY, Corpus, annotation

from corpus.core.schema import Schema
from corpus.core.schema_parts import examples, part_at

SCHEMA = Schema.read(REPOSITORY)
GOLD = "annotations/gold/alpha.json"


def parts(written: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every part of a schema that stands alone, and where it is."""
    if isinstance(written, dict):
        yield "/".join(path), written
        for name, one in written.items():
            yield from parts(one, (*path, name))


EVERY = [
    (name, one)
    for schema in (SCHEMA.annotation, SCHEMA.article)
    for name, one in parts(schema)
    if isinstance(one.get("examples"), list)
]


@pytest.mark.parametrize(("name", "part"), EVERY, ids=[name for name, _ in EVERY])
def test_an_example_is_valid(name: str, part: dict[str, Any]) -> None:
    whole = {**part, "$defs": SCHEMA.annotation["$defs"]}
    validator = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
    for value in part["examples"]:
        validator.validate(value)


def test_what_has_a_form_has_an_example() -> None:
    for schema in (SCHEMA.annotation, SCHEMA.article):
        for name, one in parts(schema):
            if "pattern" in one and "{64}" not in one["pattern"] and not name.startswith("$defs/doc_id"):
                assert one.get("examples"), name


def test_parts_are_found_through_references() -> None:
    assert part_at(SCHEMA.annotation, ("mentions", 3, "id"))["examples"] == ["m1", "q12"]
    assert part_at(SCHEMA.annotation, ("mentions", 3, "spans", 0, "start"))["type"] == "integer"
    assert part_at(SCHEMA.annotation, ("mentions", "id")) == {}
    assert part_at(SCHEMA.annotation, ("mentions", 0, "nothing", 4)) == {}


def test_a_format_without_examples_has_some() -> None:
    assert examples({"format": "date"}) == '"2026-02-28"'
    assert examples({"anyOf": [{"format": "date"}, {"format": "date-time"}]}).count(" or ") == 1
    assert examples({"examples": "x"}) == examples({"type": "string"}) == ""


@pytest.mark.parametrize(
    ("file", "change", "said"),
    [
        ("raw/alpha.json", {"published": "1 March 2026"}, 'For example "2026-02-28" or "2026-02-28T09:30:00+01:00"'),
        ("raw/alpha.json", {"language": "English"}, 'language: BCP 47 language tag. For example "en" or "de-CH"'),
        (
            "annotations/gold/alpha.json",
            {"provenance": {"created": "today"}},
            'For example "2026-02-28T09:30:00+01:00"',
        ),
        (
            "annotations/gold/alpha.json",
            {"layers_done": ["mentions", "mentions"]},
            "name each of them once; layers_done",
        ),
    ],
)
def test_the_help_shows_a_value_that_is_right(corpus: Corpus, file: str, change: dict[str, Any], said: str) -> None:
    corpus.write(file, json.dumps({**corpus.read(file), **change}))
    assert said in next(one["suggestion"] for one in corpus.findings() if one["code"] == "S205")


def test_a_missing_field_is_described(corpus: Corpus) -> None:
    value = annotation("alpha")
    del value["mentions"][0]["form"]
    corpus.write(GOLD, value)
    (found,) = [one for one in corpus.findings() if one["code"] == "S202"]
    assert found["suggestion"].endswith("One of NAM, NOM, PRO")
