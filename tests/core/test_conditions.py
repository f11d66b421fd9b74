"""Conditions of the schema: what they say, to whom they apply, and which are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.copies import change
from support.corpora import REPOSITORY

from corpus.core.model import CorpusError
from corpus.core.schema import Schema

RULE: dict[str, Any] = {"title": "A rule", "reason": "It is so.", "if": {"label": "neutral"}, "then": {"intensity": 1}}
CHECKED = {"E505", "Q510", "Q513", "T502", "T506"}
"""The checks that conditions replace."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with the repository's schema, and nothing else."""
    (tmp_path / "schema").mkdir()
    for path in (REPOSITORY / "schema").glob("*.json"):
        (tmp_path / "schema" / path.name).write_bytes(path.read_bytes())
    return tmp_path


def with_conditions(root: Path, layer: str, conditions: Any) -> Schema:
    def edit(schema: dict[str, Any]) -> None:
        schema["properties"][layer]["items"]["conditions"] = conditions

    change(root / "schema" / "annotation.schema.json", edit)
    return Schema.read(root)


@pytest.mark.parametrize(
    ("if_", "then", "record", "broken", "words"),
    [
        ({"label": "neutral"}, {"intensity": 1}, {"label": "neutral", "intensity": 2}, ["intensity"],
         "if `label` is `neutral`, then `intensity` is `1`"),
        ({"label": "neutral"}, {"intensity": 1}, {"label": "neutral", "intensity": 1}, [], ""),
        ({"label": "neutral"}, {"intensity": 1}, {"label": "favor", "intensity": 2}, [], ""),
        ({"label": "neutral"}, {"intensity": {"not": [2, 3]}}, {"label": "neutral", "intensity": 3}, ["intensity"],
         "if `label` is `neutral`, then `intensity` is not `2` or `3`"),
        ({"explicit": True}, {"holder": None}, {"explicit": True, "holder": "e1"}, ["holder"],
         "if `explicit` is `true`, then `holder` is empty"),
        ({"explicit": True}, {"holder": None}, {"explicit": 1, "holder": "e1"}, [], ""),
        ({"scope": ["author", "speaker"]}, {"holder": {"not": None}, "evidence_quotes": None},
         {"scope": "author", "holder": None, "evidence_quotes": ["q1"]}, ["holder", "evidence_quotes"],
         "if `scope` is `author` or `speaker`, then `holder` is not empty and `evidence_quotes` is empty"),
        ({"evidence_spans": None}, {"evidence_quotes": {"not": None}}, {"evidence_spans": []}, ["evidence_quotes"], ""),
        ({"explicit": {"not": True}}, {"holder": None}, {"holder": "e1"}, [], ""),
        ({"explicit": True}, {"intensity": 1, "holder": {"not": None}}, {"explicit": True}, ["holder"], ""),
        ({"target": "build-ossel-barrage"}, {"scope": "author"}, {"target": "build-ossel-barrage", "scope": "speaker"},
         ["scope"], ""),
    ],
)  # fmt: skip
def test_what_a_condition_says(
    root: Path, if_: Any, then: Any, record: dict[str, Any], broken: list[str], words: str
) -> None:
    schema = with_conditions(root, "stances", [RULE | {"if": if_, "then": then}])
    [condition] = schema.conditions["stances"]
    assert [test.field for test in condition.broken(record)] == broken
    assert condition.words == (words or condition.words)
    assert condition.broken(record, {*if_}) == ()
    assert condition.broken(record, {*then}) == ()


def test_an_item_of_a_list_is_a_value(root: Path) -> None:
    def edit(schema: dict[str, Any]) -> None:
        written = {
            "title": "D",
            "description": "D.",
            "type": "array",
            "items": {"oneOf": [{"const": "x"}, {"const": "y"}]},
        }
        schema["properties"]["stances"]["items"]["properties"]["devices"] = written

    change(root / "schema" / "annotation.schema.json", edit)
    schema = with_conditions(root, "stances", [RULE | {"if": {"devices": "x"}}])
    [condition] = schema.conditions["stances"]
    assert [bool(condition.broken({"devices": one, "intensity": 2})) for one in (["y", "x"], ["y"], [])] == [True, 0, 0]


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ({}, "title must be one line of text"),
        ([], "must be an object"),
        (RULE | {"severity": "error"}, "unknown key 'severity'"),
        (RULE | {"reason": ""}, "reason must be one line"),
        (RULE | {"title": "A\nrule"}, "title must be one line"),
        (RULE | {"replaces": 7}, "replaces must be one line"),
        (RULE | {"if": {}}, "if must be an object of fields"),
        (RULE | {"then": ["intensity"]}, "then must be an object of fields"),
        (RULE | {"if": {"lable": "neutral"}}, "if names 'lable', which is not a field; choose one of id, scope"),
        (RULE | {"if": {"label": "neutrl"}}, "'neutrl', which is not a label of it; choose one of favor, against"),
        (RULE | {"if": {"label": ["neutral", []]}}, "which is not a label"),
        (RULE | {"if": {"label": []}}, "must name a value"),
        (RULE | {"if": {"label": {"is": "neutral"}}}, 'must be a value, a list of values, or {"not": …}'),
        (RULE | {"then": {"intensity": "1"}}, "'1', which is not of type integer"),
        (RULE | {"then": {"intensity": True}}, "True, which is not of type integer"),
        (RULE | {"then": {"explicit": 1}}, "1, which is not of type boolean"),
        (RULE | {"then": {"holder": "e1"}}, "its values differ from text to text"),
        (RULE | {"then": {"evidence_spans": 3}}, "its values differ from text to text"),
        (RULE | {"then": {"target": "nowhere"}}, "which is not a target"),
        (RULE | {"then": {"label": None}}, "label is never empty, so no record could meet it"),
    ],
)  # fmt: skip
def test_a_condition_that_the_schema_contradicts_is_refused(root: Path, condition: Any, said: str) -> None:
    with pytest.raises(CorpusError) as caught:
        with_conditions(root, "stances", [condition])
    assert str(caught.value).startswith("the schema's condition 1 of stances")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("conditions", [7, {}, "x", None])
def test_conditions_are_a_list(root: Path, conditions: Any) -> None:
    with pytest.raises(CorpusError, match="conditions of stances must be a list"):
        with_conditions(root, "stances", conditions)


def test_a_title_is_used_once(root: Path) -> None:
    with pytest.raises(CorpusError, match="condition 2 of stances has the title of another one"):
        with_conditions(root, "stances", [RULE, RULE])


def test_a_schema_without_conditions_is_checked_as_before() -> None:
    first = Schema.read(REPOSITORY / "releases" / "1.0.0")
    assert {one.replaces for conditions in first.conditions.values() for one in conditions} == CHECKED
    assert not any(layer.conditions for layer in first.layers.values())
    own = Schema.read(REPOSITORY)
    assert {one.replaces for conditions in own.conditions.values() for one in conditions} == {*CHECKED, ""}


def test_a_schema_may_have_no_conditions(root: Path) -> None:
    def edit(schema: dict[str, Any]) -> None:
        for layer in ("entities", "quotes", "stances"):
            del schema["properties"][layer]["items"]["conditions"]

    change(root / "schema" / "annotation.schema.json", edit)
    assert with_conditions(root, "quotes", []).conditions == {}
