"""S501: a record that breaks a condition of the schema is one finding, with its title and its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.copies import change, copy_repository, findings
from support.corpora import REPOSITORY, annotation, record

from corpus.checks.conditions import broken_condition
from corpus.checks.suppress.exceptions import EXCEPTIONS
from corpus.cli.main import main
from corpus.core.model import Annotation, Article, Document, Problem, Source
from corpus.core.schema import Schema
from corpus.core.settings import REPLACED

SCHEMA = Schema.read(REPOSITORY)
TEXT = "“It holds,” said Ivo Marr."
SPAN = {"start": 1, "end": 10, "text": "It holds,"}
QUOTE: dict[str, Any] = {
    "id": "q1", "content": [SPAN], "cue": [], "source": [], "speaker": None, "type": "direct", "medium": "speech",
    "attribution": "none", "speaker_kind": "unknown", "polarity": "asserted", "parent": None,
}  # fmt: skip
STANCE: dict[str, Any] = {
    "id": "s1", "scope": "speaker", "holder": "e1", "target": "t", "label": "neutral", "intensity": 1,
    "explicit": False, "evidence_quotes": ["q1"], "evidence_spans": [],
}  # fmt: skip
Capture = pytest.CaptureFixture[str]


def problems(layer: str, **changed: Any) -> list[Problem]:
    """The findings on one record."""
    fields_done = changed.pop("fields_done", None)
    of = {"quotes": QUOTE, "stances": STANCE, "entities": {"id": "e1", "type": "PER", "name": "Ivo Marr"}}[layer]
    value: dict[str, Any] = annotation("alpha") | {"layers_done": [layer], layer: [of | changed]}
    for other in SCHEMA.layers.keys() - {layer}:
        value.pop(other, None)
    if fields_done is not None:
        value["fields_done"] = {layer: fields_done}
    source = Source("annotations/gold/alpha.json", "annotation")
    article = Article("alpha", record("alpha", TEXT), TEXT, ())
    return list(broken_condition(Document("alpha", article, Annotation("gold", value, source)), SCHEMA))


@pytest.mark.parametrize(
    ("layer", "changed", "title", "pointer"),
    [
        ("quotes", {}, "", ""),
        ("quotes", {"speaker": "e1"}, "A quote without attribution has no source and no speaker", "speaker"),
        ("quotes", {"source": ["m1"]}, "A quote without attribution has no source and no speaker", "source"),
        ("quotes", {"attribution": "explicit", "speaker": "e1"}, "An explicit or anaphoric quote has a sour", "source"),
        ("quotes", {"attribution": "explicit", "source": ["m1"]}, "A quote with an attribution has a spea", "speaker"),
        ("quotes", {"attribution": "implicit", "source": ["m1"], "speaker": "e1"}, "An implicit quote has no source",
         "source"),
        ("quotes", {"speaker_kind": "named"}, "A named person is a speaker", "speaker"),
        ("quotes", {"type": "free_indirect", "cue": [SPAN]}, "Free indirect speech has no cue", "cue"),
        ("stances", {"intensity": 3}, "A neutral stance has intensity 1", "intensity"),
        ("stances", {"scope": "article"}, "The stance of an article or a headline has no holder", "holder"),
        ("stances", {"holder": None}, "A speaker's stance has a holder", "holder"),
        ("stances", {"evidence_quotes": []}, "A speaker's stance has a quote as evidence", "evidence_quotes"),
        ("entities", {"kb": "NIL"}, "A knowledge-base id has a date", "kb_date"),
        ("entities", {"kb": None, "kb_date": None}, "", ""),
    ],
)  # fmt: skip
def test_a_broken_rule_is_one_finding(layer: str, changed: dict[str, Any], title: str, pointer: str) -> None:
    found = problems(layer, **changed)
    assert [one.pointer for one in found] == ([f"/{layer}/0/{pointer}"] if pointer else [])
    for one in found:
        assert title in one.message
        assert one.record in ("q1", "s1", "e1")
        assert "^" in one.snippet or layer != "quotes"


def test_one_missing_speaker_is_one_finding_and_two_causes_are_two() -> None:
    """Two conditions of quotes ask for a speaker."""
    assert len(problems("quotes", attribution="explicit", source=["m1"], speaker_kind="named")) == 1
    both = problems("quotes", attribution="explicit", speaker_kind="named")
    assert [one.pointer for one in both] == ["/quotes/0/source", "/quotes/0/speaker"]
    [none] = problems("quotes", source=["m1"], speaker="e1")
    assert none.message.endswith("attribution is none, source is m1, speaker is e1")


def test_only_a_single_permitted_value_is_written() -> None:
    [one] = problems("stances", intensity=3)
    assert one.fix
    assert [(edit.pointer, edit.value) for edit in one.fix.edits] == [("/stances/0/intensity", 1)]
    assert not one.fix.safe
    assert problems("stances", scope="article")[0].fix is None


@pytest.mark.parametrize(
    ("layer", "changed", "done", "count"),
    [
        ("stances", {"intensity": 3}, ["scope", "intensity"], 1),
        ("stances", {"scope": "article"}, ["scope"], 0),
        ("stances", {"scope": "article"}, ["holder"], 0),
        ("quotes", {"source": ["m1"]}, ["attribution", "source"], 1),
        ("quotes", {"source": ["m1"]}, ["attribution"], 0),
        ("entities", {"kb": "NIL"}, ["kb"], 0),
        ("entities", {"kb": "NIL"}, ["kb", "kb_date"], 1),
    ],
)
def test_a_field_that_was_not_annotated_breaks_no_rule(
    layer: str, changed: dict[str, Any], done: list[str], count: int
) -> None:
    assert len(problems(layer, **changed, fields_done=done)) == count


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A corpus of one article with gold."""
    return copy_repository(tmp_path / "corpus", ("barrage-hearing-delay",), ("gold",))


def test_a_rule_is_one_edit_in_the_schema(root: Path, capsys: Capture) -> None:
    assert findings(root, capsys) == []
    rule = {
        "title": "Writing is never anonymous",
        "reason": "It is signed.",
        "if": {"medium": "speech"},
        "then": {"speaker_kind": ["collective"]},
    }

    def edit(schema: dict[str, Any]) -> None:
        schema["properties"]["quotes"]["items"]["conditions"].append(rule)

    change(root / "schema" / "annotation.schema.json", edit)
    assert {code for code, _ in findings(root, capsys)} == {"S501"}


def test_an_exception_with_a_replaced_code_says_what_to_write(root: Path, capsys: Capture) -> None:
    text = '[[exception]]\ndoc_id = "x"\ncode = "{}"\nreason = "r"\nuntil = 2030-01-01\n'
    for code in REPLACED:
        (root / EXCEPTIONS).write_text(text.format(code), "utf-8")
        assert main(["--root", str(root), "validate"]) == 2
        assert (
            f'replaces the code {code}, since the schema states the rule; write code = "S501"'
            in capsys.readouterr().err
        )
        assert main(["rule", code.lower()]) == 0
        assert capsys.readouterr().out.startswith(f"{code} is now S501")


def test_a_broken_rule_can_be_excepted(root: Path, capsys: Capture) -> None:
    def edit(value: dict[str, Any]) -> None:
        value["stances"][0]["label"], value["stances"][0]["intensity"] = "neutral", 3

    change(root / "annotations" / "gold" / "barrage-hearing-delay.json", edit)
    assert [code for code, _ in findings(root, capsys)] == ["S501"]
    where = 'doc_id = "barrage-hearing-delay"\nannotator = "gold"'
    text = f'[[exception]]\n{where}\ncode = "S501"\nreason = "r"\nuntil = 2099-01-01\n'
    (root / EXCEPTIONS).write_text(text, "utf-8")
    assert findings(root, capsys) == []
