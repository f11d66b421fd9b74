"""Prodigy and doccano: lines that belong together, annotators, answers and labels of every kind, and what goes out."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from support.corpora import REPOSITORY, tiny
from support.exchange import annotations, imported

from corpus.core.model import CorpusError
from corpus.core.schema import Schema
from corpus.formats import FORMATS
from corpus.formats.documents import Options

TEXT = "Ada Kuhn met Bo Li in Ostrow."
MAP: dict[str, Any] = {
    "types": {"PERSON": {"layer": "mentions", "entity": "PER"}, "QUOTE": {"layer": "quotes"}},
}


def read(name: str, tmp_path: Path, *lines: Any, **more: Any) -> tuple[list[str], dict[str, Any], dict[str, int]]:
    """Import lines: the code and message of each Problem, the annotations, and the number of dropped items by name."""
    source = tmp_path / "all.jsonl"
    source.write_text("".join(f"{json.dumps(line)}\n" for line in lines), "utf-8")
    problems, left = imported(name, source, tmp_path / "new", map=MAP | more)
    made = annotations(tmp_path / "new") if (tmp_path / "new/annotations").is_dir() else {}
    return [f"{one.code} {one.message}" for one in problems], made, {what: n for (what, _), n in left.items() if n}


def names(made: dict[str, Any]) -> dict[str, list[str]]:
    """The words of the mentions of each annotation."""
    return {path: [one["spans"][0]["text"] for one in value.get("mentions", ())] for path, value in made.items()}


def line(*spans: tuple[int, int], **more: Any) -> dict[str, Any]:
    """An accepted line of Prodigy."""
    found = [{"start": start, "end": end, "label": "PERSON"} for start, end in spans]
    return {"text": TEXT, "_input_hash": 11, "spans": found, "answer": "accept", **more}


BINARY = [
    line((0, 8), _task_hash=1, _is_binary=True),
    line((13, 18), _task_hash=2, _is_binary=True),
    line((22, 28), _task_hash=3, _is_binary=True, answer="reject"),
]


def test_binary_answers_are_one_document_and_no_annotation_of_it(tmp_path: Path) -> None:
    problems, made, left = read("prodigy", tmp_path, *BINARY)
    assert problems == []
    assert [path.name for path in (tmp_path / "new/raw").glob("*.txt")] == ["all-1.txt"]
    assert made["gold/all-1.json"]["layers_done"] == []
    assert "part of the document" in made["gold/all-1.json"]["provenance"]["note"]
    assert left == {"spans of binary answers": 2, "binary answers": 1}
    _, made, _ = read("prodigy", tmp_path, *BINARY, binary=True)
    assert names(made) == {"gold/all-1.json": ["Ada Kuhn", "Bo Li"]}
    assert made["gold/all-1.json"]["layers_done"] == ["entities", "mentions"]


@pytest.mark.parametrize(
    "more", [{"_view_id": "ner"}, {"spans": [{"start": 0, "end": 8, "label": "PERSON", "answer": "accept"}]}]
)
def test_answers_of_older_versions_are_binary_too(more: dict[str, Any], tmp_path: Path) -> None:
    _, made, left = read("prodigy", tmp_path, line((0, 8), **more))
    assert (made["gold/all-1.json"]["layers_done"], left) == ([], {"spans of binary answers": 1})


def test_each_annotator_of_a_text_has_an_annotation_of_one_document(tmp_path: Path) -> None:
    lines = [
        line((0, 8), _task_hash=1, _annotator_id="news-kim"),
        line((13, 18), _task_hash=1, _annotator_id="news-lee"),
        line((22, 28), _task_hash=1, _annotator_id="lee@example.org"),
    ]
    problems, made, _ = read("prodigy", tmp_path, *lines)
    assert problems == []
    assert names(made) == {
        "ann-1/all-1.json": ["Ada Kuhn"],
        "ann-2/all-1.json": ["Bo Li"],
        "ann-3/all-1.json": ["Ostrow"],
    }
    # The map may ask for the names, but an address is no name.
    _, made, _ = read("prodigy", tmp_path, *lines, annotator="_annotator_id")
    assert sorted(made) == ["ann-1/all-1.json", "news-kim/all-1.json", "news-lee/all-1.json"]
    _, made, _ = read("prodigy", tmp_path, *lines, annotators={"news-lee": "ann-b", "news-kim": "gold"})
    assert sorted(made) == ["ann-1/all-1.json", "ann-b/all-1.json", "gold/all-1.json"]
    written = b"".join(path.read_bytes() for path in (tmp_path / "new").rglob("*") if path.is_file())
    assert b"example.org" not in written


def test_tasks_of_one_annotator_on_a_text_are_merged(tmp_path: Path) -> None:
    quote = {"start": 9, "end": 12, "label": "QUOTE"}
    person = {"start": 13, "end": 18, "label": "PERSON"}
    relation = {"head": 0, "child": 0, "label": "source", "head_span": quote, "child_span": person}
    relation |= {"label": "SOURCE"}
    two = line(_task_hash=2, relations=[relation]) | {"spans": [person, quote]}
    other = {"text": "Bo left.", "answer": "accept"}
    _, made, _ = read(
        "prodigy",
        tmp_path,
        line((0, 8), (13, 18), _task_hash=1),
        other,
        two,
        relations={"SOURCE": {"of": "head", "field": "source"}},
    )
    assert names(made) == {"gold/all-1.json": ["Ada Kuhn", "Bo Li"], "gold/all-2.json": []}
    (record,) = made["gold/all-1.json"]["quotes"]
    assert record["source"] == ["m2"]


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (line((13, 18), _task_hash=1), "IMP4", "another annotation by this annotator"),
        (line(_task_hash=2) | {"text": "Other."}, "IMP3", "another text"),
    ],
)
def test_lines_of_a_document_that_contradict_each_other(more: Any, code: str, said: str, tmp_path: Path) -> None:
    problems, _, _ = read("prodigy", tmp_path, line((0, 8), _task_hash=1), more)
    assert len(problems) == 1
    assert problems[0].startswith(code)
    assert said in problems[0]


def test_choices_are_fields_of_the_article_or_counted(tmp_path: Path) -> None:
    chosen = {"text": "Ada left.", "options": [{"id": "POS"}, {"id": 2}], "accept": ["POS"], "answer": "accept"}
    labelled = {"text": "Bo left.", "label": "POLITICS", "answer": "accept"}
    _, _, left = read("prodigy", tmp_path, chosen, labelled)
    assert left == {"values of accept": 1, "values of options": 2, "values of label": 1}
    topics = {"from": ["accept", "label"], "values": {"POLITICS": "politics"}}
    _, _, left = read("prodigy", tmp_path, chosen, labelled, fields={"topics": topics})
    assert left == {}
    records = [json.loads((tmp_path / f"new/raw/all-{number}.json").read_bytes()) for number in (1, 2)]
    assert [one["topics"] for one in records] == [["POS"], ["politics"]]


def test_spans_that_were_not_accepted_and_unknown_keys_are_counted(tmp_path: Path) -> None:
    one = line((0, 8), sentiment=0.5, _view_id="ner_manual", _is_binary=False)
    _, made, left = read("prodigy", tmp_path, one)
    assert (names(made), left) == ({"gold/all-1.json": ["Ada Kuhn"]}, {"values of sentiment": 1})
    one["spans"][0]["answer"] = "reject"
    _, made, left = read("prodigy", tmp_path, one, binary=True)
    assert (names(made), left["spans with the answer reject"]) == ({"gold/all-1.json": []}, 1)


NUMBERED = {
    "id": 3,
    "text": "Ada in Tacoma",
    "annotations": [
        {"label": 1, "start_offset": 0, "end_offset": 3, "user": 1},
        {"label": 2, "start_offset": 7, "end_offset": 13, "user": 4},
    ],
}


def test_labels_that_are_numbers_are_refused_by_name_without_names(tmp_path: Path) -> None:
    problems, made, left = read("doccano", tmp_path, NUMBERED, {**NUMBERED, "id": 4})
    assert len(problems) == 1
    assert "labels are numbers (1, 2)" in problems[0]
    assert (made, left) == ({}, {"annotations": 4})
    assert (tmp_path / "new/raw/3.txt").exists()
    types = {**MAP["types"], "2": {"layer": "mentions", "entity": "GPE"}}
    problems, made, left = read("doccano", tmp_path, NUMBERED, types=types, labels={"1": "PERSON"})
    assert problems == []
    assert names(made) == {"ann-1/3.json": ["Ada"], "ann-2/3.json": ["Tacoma"]}


@pytest.mark.parametrize(
    ("written", "found", "left"),
    [
        ({"label": [[0, 3, "PERSON"]]}, ["Ada"], {}),
        ({"labels": [[0, 3, "PERSON"]], "annotation_approver": "admin"}, ["Ada"], {"values of annotation_approver": 1}),
        ({"entities": [[0, 3, "PERSON"]], "cats": ["flight"]}, ["Ada"], {"values of cats": 1}),
        ({"entities": [{"id": 1, "label": "PERSON", "start_offset": 0, "end_offset": 3}]}, ["Ada"], {}),
        ({"label": ["negative"], "Comments": ["sure?"]}, [], {"values of label": 1, "comments": 1}),
        ({"label": [], "annotations": [{"label": "x"}, {"text": "Ada"}]}, [], {"values of annotations": 2}),
    ],
)
def test_every_generation_of_a_doccano_export_is_read(
    written: Any, found: list[str], left: dict[str, int], tmp_path: Path
) -> None:
    problems, made, dropped = read("doccano", tmp_path, {"id": 3, "text": "Ada in Tacoma", **written})
    assert (problems, names(made), dropped) == ([], {"gold/3.json": found}, left)


def test_the_user_of_a_line_is_its_annotator_under_a_pseudonym(tmp_path: Path) -> None:
    _, made, _ = read("doccano", tmp_path, {"id": 3, "text": "Ada left.", "labels": [], "username": "Kim"})
    assert sorted(made) == ["ann-1/3.json"]


@pytest.mark.parametrize("name", ["all.json", "all.jsonl"])
@pytest.mark.parametrize("listed", [False, True])
def test_a_file_that_is_one_value_over_several_lines_is_read(name: str, listed: bool, tmp_path: Path) -> None:
    one = {"id": 3, "text": "Ada in Tacoma", "label": [[0, 3, "PERSON"]]}
    (tmp_path / name).write_text(json.dumps([one, one | {"id": 4}] if listed else one, indent=2))
    problems, _ = imported("doccano", tmp_path / name, tmp_path / "new", map=MAP)
    assert problems == []
    assert len(annotations(tmp_path / "new")) == 1 + listed


def test_a_map_names_the_keys_of_a_line(tmp_path: Path) -> None:
    one = {"column_data": "Ada left.", "column_label": [[0, 3, "PERSON"]], "head": "Ada", "ref": "a-1"}
    problems, _, _ = read("doccano", tmp_path, one)
    assert len(problems) == 1
    assert "the line has column_data, column_label" in problems[0]
    keys: dict[str, Any] = {"text": "column_data", "label": "column_label", "doc": "ref", "fields": {"title": "head"}}
    problems, made, left = read("doccano", tmp_path, one, **keys)
    assert (problems, names(made), left) == ([], {"gold/a-1.json": ["Ada"]}, {})
    assert json.loads((tmp_path / "new/raw/a-1.json").read_bytes())["title"] == "Ada"


@pytest.mark.parametrize(
    ("name", "key", "wrong"),
    [
        ("doccano", "labels", {"1": 2}),
        ("doccano", "label", 1),
        ("doccano", "binary", True),
        ("prodigy", "binary", "no"),
        ("prodigy", "text", 1),
        ("prodigy", "annotators", {"a": "B C"}),
        ("prodigy", "fields", {"mood": "accept"}),
    ],
)
def test_a_map_with_an_invalid_value_is_refused(name: str, key: str, wrong: Any, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="map:"):
        read(name, tmp_path, line((0, 8)), **{key: wrong})


@pytest.mark.parametrize("name", ["prodigy", "doccano"])
def test_a_line_of_this_program_names_its_document_and_its_text(name: str, tmp_path: Path) -> None:
    corpus = tiny(tmp_path / "corpus")
    assert corpus.run("export", name, f"{tmp_path}/out", "--annotator", "gold").code == 0
    path = tmp_path / "out/documents.jsonl"
    lines = [json.loads(one) for one in path.read_text("utf-8").splitlines()]
    if name == "prodigy":
        for span in lines[0]["spans"]:
            tokens = lines[0]["tokens"][span["token_start"] : span["token_end"] + 1]
            assert (tokens[0]["start"], tokens[-1]["end"]) == (span["start"], span["end"])
        assert all(one["id"] == number for number, one in enumerate(lines[0]["tokens"]))
    lines[0]["text"] = "Another text." + lines[0]["text"]
    path.write_text("".join(f"{json.dumps(one)}\n" for one in lines), "utf-8")
    problems, _ = imported(name, path, tmp_path / "new")
    assert [one.code for one in problems] == ["IMP3"]
    assert "another checksum" in problems[0].message


@pytest.mark.parametrize("name", ["prodigy", "doccano", "label-studio"])
def test_a_suggested_map_reads_the_files_it_was_made_of(name: str, tmp_path: Path) -> None:
    span = {"start": 0, "end": 8, "text": "Ada Kuhn", "labels": ["PERSON"]}
    region = {"value": span, "id": "a", "from_name": "label", "to_name": "text", "type": "labels"}
    chosen = {"value": {"choices": ["calm"]}, "id": "b", "from_name": "mood", "to_name": "text", "type": "choices"}
    annotation = {"id": 1, "completed_by": {"id": 4, "email": "kim@example.org"}, "result": [region, chosen]}
    lines: dict[str, Any] = {
        "prodigy": line((0, 8), accept=["POS"]),
        "doccano": {"id": 1, "text": TEXT, "entities": [[0, 8, "PERSON"]], "cats": ["news"]},
        "label-studio": [{"id": 1, "data": {"text": TEXT}, "annotations": [annotation]}],
    }
    source = tmp_path / "all.json"
    source.write_text(json.dumps(lines[name]))
    toml = FORMATS[name].survey(source, Options()).toml(Schema.read(REPOSITORY))
    assert "example.org" not in toml
    assert {"prodigy": "accept", "doccano": "cats", "label-studio": "mood"}[name] in toml
    problems, _ = imported(name, source, tmp_path / "new", map=tomllib.loads(toml))
    assert problems == []
    assert [*names(annotations(tmp_path / "new")).values()] == [["Ada Kuhn"]]
