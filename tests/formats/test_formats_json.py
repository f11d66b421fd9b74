"""Formats in JSON that others write: what their fields are here, and how invalid ones are reported."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.corpora import Corpus, run
from support.exchange import EXAMPLES, annotations, imported, with_quarantined


@pytest.mark.parametrize(
    ("name", "annotator", "doc_id"), [("prodigy", "news-asa-edc2f8f0", "bridge"), ("doccano", "gold", "7")]
)
def test_labels_and_relations_of_lines_are_what_the_map_says(
    name: str, annotator: str, doc_id: str, tmp_path: Path
) -> None:
    root = tmp_path / "new"
    ran = run("import", name, f"{EXAMPLES}/{name}", f"--map={EXAMPLES}/{name}.toml", "--into", str(root))
    assert ran.code == 1
    made = with_quarantined(root)
    value = made[f"{annotator}/{doc_id}.json"]
    (quote,) = value["quotes"]
    assert (quote["content"][0]["text"], quote["cue"][0]["text"]) == ("the bridge is safe", "said")
    assert quote["source"] == ["m1"]
    assert [(one["spans"][0]["text"], one["entity"]) for one in value["mentions"]] == [
        ("Ada Kuhn", "e1"),
        ("She", "e1"),
    ]
    (other,) = made.keys() - {f"{annotator}/{doc_id}.json"}
    assert [(one["type"], one["name"]) for one in made[other]["entities"]] == [("GPE", "Oslo")]
    assert Corpus(root).findings() == []


def test_prodigy_counts_what_was_accepted_and_goes_on_after_an_invalid_line(tmp_path: Path) -> None:
    root = tmp_path / "new"
    said = f"--map={EXAMPLES}/prodigy.toml"
    ran = run("import", "prodigy", f"{EXAMPLES}/prodigy", said, "--into", str(root))
    assert [line.split(": error ")[0].rpartition("/")[2] for line in ran.out.splitlines()] == [
        "news.jsonl:3:1",
        "news.jsonl:4:1",
    ]
    assert "dropped 1 document: the answer is reject, not accept" in ran.err
    assert "dropped 1 annotation of type VERB: the map has no such rule" in ran.err
    assert sorted(path.name for path in (root / "raw").glob("*.txt")) == ["bridge.txt", "news-4.txt"]


LINES = {"text": "a 😀 bc", "answer": "accept"}


@pytest.mark.parametrize(
    ("name", "line", "code"),
    [
        ("prodigy", LINES | {"spans": [{"start": 2, "end": 4}]}, "IMP2"),
        ("prodigy", LINES | {"spans": [{"start": True, "end": 4, "label": "PER"}]}, "IMP2"),
        ("prodigy", LINES | {"spans": [{"start": 4, "end": 4, "label": "PER"}]}, "IMP3"),
        ("prodigy", LINES | {"spans": [{"start": 5, "end": 7, "label": "PER"}]}, "IMP3"),
        ("prodigy", LINES | {"spans": [{"start": 4, "end": 6, "label": "PER", "text": " b"}]}, "IMP3"),
        ("prodigy", LINES | {"spans": {}}, "IMP2"),
        ("prodigy", LINES | {"relations": [7]}, "IMP2"),
        ("prodigy", {"answer": "accept"}, "IMP2"),
        ("prodigy", LINES | {"text": "\ufeffa"}, "IMP1"),
        ("doccano", LINES | {"labels": [[0, 1]]}, "IMP2"),
        ("doccano", LINES | {"label": [[-1, 1, "PER"]]}, "IMP3"),
        ("doccano", LINES | {"relations": [{"type": "x", "from_id": 1}]}, "IMP2"),
        ("doccano", LINES | {"relations": [{"type": "Coref", "from_id": 1, "to_id": 2}]}, "IMP5"),
        ("doccano", LINES | {"entities": [{"id": 1, "label": "PER", "start_offset": 0, "end_offset": 1}] * 2}, "IMP4"),
        ("doccano", 7, "IMP2"),
    ],
)
def test_a_line_that_is_invalid_is_reported_and_the_next_is_read(
    name: str, line: Any, code: str, tmp_path: Path
) -> None:
    good = LINES | {"id": "good", "spans": [{"start": 4, "end": 6, "label": "PER"}], "labels": [[4, 6, "PER"]]}
    source = tmp_path / "lines.jsonl"
    source.write_text(f"{json.dumps(line)}\n{json.dumps(good)}\n")
    problems, _ = imported(name, source, tmp_path / "new")
    assert {(one.code, one.line) for one in problems} == {(code, 1)}
    assert annotations(tmp_path / "new")["gold/good.json"]["mentions"][0]["spans"][0]["text"] == "bc"


def test_a_document_of_one_annotator_is_read_once_and_has_one_text(tmp_path: Path) -> None:
    lines = [{"id": 1, "text": "one"}, {"id": 1, "text": "one"}, {"id": 1, "text": "two", "who": "eve"}]
    (tmp_path / "lines.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    problems, _ = imported("doccano", tmp_path / "lines.jsonl", tmp_path / "new", map={"annotator": "who"})
    assert [(one.code, one.line) for one in problems] == [("IMP4", 2), ("IMP3", 3)]


CITRON = {"text": "She said yes. Ada said no.", "quotes": []}


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"quotes": [{"cue": [4, 8], "sources": [], "contents": [{"start": 9, "end": 12}]}]}, "IMP2 /quotes/0/cue"),
        ({"quotes": [{"cue": {"start": 4, "end": 8}, "sources": []}]}, "IMP2 /quotes/0"),
        ({"coreference_groups": [[{"start": 0, "end": 99}]]}, "IMP3 /coreference_groups/0/0"),
        ({"coreference_groups": [[{"start": 0, "end": 3, "text": "Ada"}]]}, "IMP3 /coreference_groups/0/0"),
        ({"quotes": {}}, "IMP2 /quotes"),
    ],
)
def test_a_fault_in_citron_is_reported_with_its_location(changed: dict[str, Any], found: str, tmp_path: Path) -> None:
    (tmp_path / "doc.json").write_text(json.dumps(CITRON | changed))
    problems, _ = imported("citron", tmp_path / "doc.json", tmp_path / "new")
    assert [f"{one.code} {one.pointer}" for one in problems] == [found]
    assert (tmp_path / "new/raw/doc.txt").read_text() == CITRON["text"]


def test_coreferences_of_a_quote_join_groups(tmp_path: Path) -> None:
    she, ada = {"start": 0, "end": 3}, {"start": 14, "end": 17}
    quote = {
        "cue": {"start": 4, "end": 8},
        "sources": [she],
        "contents": [{"start": 9, "end": 12}],
        "coreferences": [ada],
    }
    (tmp_path / "doc.json").write_text(json.dumps(CITRON | {"quotes": [quote]}))
    assert imported("citron", tmp_path / "doc.json", tmp_path / "new")[0] == []
    value = annotations(tmp_path / "new")["gold/doc.json"]
    assert [one["entity"] for one in value["mentions"]] == ["e1", "e1"]
    assert (value["quotes"][0]["speaker"], value["quotes"][0]["source"]) == ("e1", ["m1"])
