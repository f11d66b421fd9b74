"""Exports of Label Studio projects of other people: what is read, by whom it is, and what is refused by name."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from support.corpora import Corpus, run, tiny
from support.exchange import EXAMPLES, SAID, annotations, imported

TEXT = "Ada Kuhn met Bo."
MAP = {"types": {"PER": {"layer": "mentions", "entity": "PER"}, "QUOTE": {"layer": "quotes"}}}


def region(start: int, end: int, text: str | None = None, label: str = "PER", id_: str = "", **more: Any) -> Any:
    """A region with one label, which quotes `text`, if it is given."""
    words = {} if text is None else {"text": text}
    value = {"start": start, "end": end, **words, "labels": [label]}
    return {
        "value": value,
        "id": id_ or f"r{start}",
        "from_name": "label",
        "to_name": "text",
        "type": "labels",
        "origin": "manual",
        **more,
    }


def task(result: Any, text: Any = TEXT, id_: int = 9, **annotation: Any) -> dict[str, Any]:
    """A task with one annotation, by the user with the id 1."""
    made = {"id": 1, "completed_by": 1, "result": result, "was_cancelled": False, "ground_truth": False, **annotation}
    return {"id": id_, "data": {"text": text}, "annotations": [made], "predictions": [], "drafts": []}


def read(tmp_path: Path, *tasks: Any, **more: Any) -> tuple[list[str], dict[str, Any], dict[str, int]]:
    """Import tasks: the code and message of each Problem, the annotations, and the number of dropped items by name."""
    source = tmp_path / "export.json"
    source.write_text(json.dumps(tasks), "utf-8")
    problems, left = imported("label-studio", source, tmp_path / "new", map=MAP | more)
    made = annotations(tmp_path / "new") if (tmp_path / "new/annotations").is_dir() else {}
    return [f"{one.code} {one.message}" for one in problems], made, {what: n for (what, _), n in left.items() if n}


def words(value: dict[str, Any], layer: str = "mentions", field: str = "spans") -> list[str]:
    """The words of each record of a layer."""
    return ["|".join(span["text"] for span in one[field]) for one in value.get(layer, ())]


def test_plain_labels_of_any_project_are_read_by_a_map(tmp_path: Path) -> None:
    problems, made, left = read(tmp_path, task([region(0, 8, "Ada Kuhn")]))
    assert (problems, left) == ([], {})
    assert words(made["ann-1/task-9.json"]) == ["Ada Kuhn"]
    assert made["ann-1/task-9.json"]["entities"] == [{"id": "e1", "type": "PER", "name": "Ada Kuhn"}]
    assert (tmp_path / "new/raw/task-9.txt").read_text() == TEXT


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.json", json.dumps([{"id": 9, "text": TEXT, "label": [], "annotator": 1, "annotation_id": 3}]), "JSON-MIN"),
        ("a.csv", "text,id,label,annotator\n", "CSV"),
        ("a.tsv", "text\tid\tlabel\n", "TSV"),
        ("a.json", json.dumps([{"text": TEXT}]), "without `data`"),
        ("a.json", json.dumps([7]), "not a complete JSON export"),
        ("a.json", json.dumps([task([])])[:-20], "not a complete JSON export"),
        ("a.json", "text", "not a complete JSON export"),
    ],
)
def test_other_exports_are_named_with_the_one_to_choose(name: str, content: str, said: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content)
    fields = [f"--record={key}={value}" for key, value in SAID.items()]
    ran = run("import", "label-studio", str(tmp_path / name), "--into", str(tmp_path / "new"), *fields)
    assert (ran.code, ran.err.count("\n"), said in ran.err) == (2, 1, True), ran.err
    assert "choose JSON" in ran.err or "complete" in ran.err


def test_an_annotator_is_a_pseudonym_and_no_address_is_written(tmp_path: Path) -> None:
    kim = {"id": 7, "email": "kim@example.org", "first_name": "Kim", "last_name": "Lindqvist"}
    one = task([region(0, 8, "Ada Kuhn")], completed_by=kim)
    one["annotations"].append({**one["annotations"][0], "id": 2, "completed_by": 12, "result": []})
    one["annotations"].append({**one["annotations"][0], "id": 3, "completed_by": "lee@example.org"})
    problems, made, _ = read(tmp_path, one, annotators={"lee@example.org": "ann-lee"})
    assert (problems, sorted(made)) == ([], ["ann-1/task-9.json", "ann-2/task-9.json", "ann-lee/task-9.json"])
    written = b"".join(path.read_bytes() for path in (tmp_path / "new").rglob("*") if path.is_file())
    assert not any(name in written for name in (b"example.org", b"Kim", b"Lindqvist"))
    assert '"7" = "ann-1"' in (tmp_path / "new/annotators.toml").read_text()
    assert "/annotators.toml\n" in (tmp_path / "new/.gitignore").read_text()


def test_what_does_not_count_is_counted_and_read_if_the_map_asks(tmp_path: Path) -> None:
    one = task([region(0, 8, "Ada Kuhn")])
    one["annotations"].append({"id": 2, "completed_by": 2, "was_cancelled": True, "result": [region(13, 15, "Bo")]})
    one["predictions"] = [{"id": 5, "model_version": "Model 1", "result": [region(13, 15, "Bo")]}]
    one["drafts"] = [{"result": []}]
    _, made, left = read(tmp_path, one)
    assert (sorted(made), left) == (
        ["ann-1/task-9.json"],
        {"cancelled annotations": 1, "predictions": 1, "drafts": 1},
    )
    _, made, left = read(tmp_path, one, cancelled=True, predictions=True)
    assert left == {"drafts": 1}
    assert [path.partition("/")[0][:7] for path in sorted(made)] == ["ann-1", "ann-2", "model-1"]


def test_ground_truth_is_gold_and_the_newest_annotation_of_an_annotator_counts(tmp_path: Path) -> None:
    one = task([region(0, 3, "Ada")], updated_at="2026-11-01T10:00:00Z")
    first = one["annotations"][0]
    one["annotations"] += [
        {**first, "id": 2, "result": [region(0, 8, "Ada Kuhn")], "updated_at": "2026-11-02T10:00:00Z"},
        {**first, "id": 3, "result": [region(13, 15, "Bo")], "ground_truth": True},
    ]
    _, made, left = read(tmp_path, one)
    assert {path: words(value) for path, value in made.items()} == {
        "ann-1/task-9.json": ["Ada Kuhn"],
        "gold/task-9.json": ["Bo"],
    }
    assert left == {"older annotations": 1}
    _, made, _ = read(tmp_path, one, ground_truth=False)
    assert {path: words(value) for path, value in made.items()} == {"ann-1/task-9.json": ["Ada Kuhn"]}


def test_completions_of_the_first_generation_are_read(tmp_path: Path) -> None:
    done = {"id": 9001, "created_at": 1609789589, "lead_time": 7.1, "result": [region(0, 8, "Ada Kuhn")]}
    skipped = {**done, "id": 9002, "skipped": True}
    named = {**done, "id": 9003, "created_username": "kim@example.org, 4"}
    honeypot = {**named, "honeypot": True, "result": []}
    data = {"text": TEXT}
    _, made, left = read(
        tmp_path,
        {"id": 0, "data": data, "completions": [done, skipped]},
        {"id": 1, "data": data, "completions": [named, honeypot]},
    )
    assert sorted(made) == ["ann-1/task-1.json", "gold/task-0.json", "gold/task-1.json"]
    assert left == {"cancelled annotations": 1}


@pytest.mark.parametrize(
    ("text", "regions", "found"),
    [
        ("😀 Ada met Bo.", [region(3, 6, "Ada"), region(11, 13, "Bo")], ["Ada", "Bo"]),
        ("One.\r\nAda left.", [region(5, 8, "Ada")], ["Ada"]),
        ("One.\nAda  left.", [region(0, 14, "One.\\nAda left")], ["One.\nAda  left"]),
        ("Ада Кун. 😀 Бо", [region(12, 14, "Бо")], ["Бо"]),
    ],
)
def test_offsets_of_other_editors_are_converted_if_all_words_confirm_it(
    text: str, regions: list[Any], found: list[str], tmp_path: Path
) -> None:
    problems, made, _ = read(tmp_path, task(regions, text))
    assert (problems, words(made["ann-1/task-9.json"])) == ([], found)
    assert ("provenance" in made["ann-1/task-9.json"]) == ("\\n" not in regions[0]["value"]["text"])


@pytest.mark.parametrize("unit", ["code points", "UTF-16 units"])
@pytest.mark.parametrize(
    ("before", "name", "after"),
    [
        ("😀 « Ça ", "Åsa Lindqvist", " », dit-elle 😀."),
        ("😀 «", "Ада Кун", "», сказал 😀."),
        ("😀 قالت ", "آدا كون", " 😀 أمس"),
        ("😀「", "李娜", "」说😀。"),
    ],
)
def test_offsets_in_either_unit_are_read_in_every_script(
    before: str, name: str, after: str, unit: str, tmp_path: Path
) -> None:
    start = len(before) if unit == "code points" else len(before.encode("utf-16-le")) // 2
    end = start + len(name)
    problems, made, _ = read(tmp_path, task([region(start, end, name)], before + name + after))
    assert (problems, words(made["ann-1/task-9.json"])) == ([], [name])


@pytest.mark.parametrize(
    ("item", "text", "code", "said"),
    [
        (region(1, 4, "Ada"), TEXT, "IMP3", "the text has 'da ' there, not 'Ada'"),
        (region(0, 99, "Ada"), TEXT, "IMP3", "not a span of a text of length 16"),
        (region(3, 99), "😀 Ada met Bo.", "IMP3", "quotes no words"),
        (region(0, 3) | {"value": {"start": 1.5, "end": 3, "labels": ["PER"]}}, TEXT, "IMP2", "integer"),
        ({"type": "labels"}, TEXT, "IMP2", "no value, type or id"),
        (region(0, 3) | {"value": {"start": "/p", "end": "/p", "labels": ["PER"]}}, TEXT, "IMP2", "globalOffsets"),
        ({"type": "relation", "from_id": "r0"}, TEXT, "IMP2", "from_id and to_id"),
    ],
)  # fmt: skip
def test_an_annotation_with_an_invalid_region_is_set_aside(
    item: Any, text: str, code: str, said: str, tmp_path: Path
) -> None:
    problems, made, _ = read(
        tmp_path, task([region(0, 2, text[:2], id_="first"), item], text), task([region(0, 3, "Ada")], id_=10)
    )
    assert len(problems) == 1
    assert problems[0].startswith(code)
    assert said in problems[0]
    assert sorted(made) == ["ann-1/task-10.json"]
    assert (tmp_path / "new/quarantine/task-9/ann-1.json").exists()


@pytest.mark.parametrize(
    ("text", "regions", "found"),
    [
        ("Ada met Бо. 😀", [region(0, 3)], ["Ada"]),
        ("One.\nAda met Bo.", [region(5, 8)], ["Ada"]),
        ("😀 Ada met Bo.", [region(3, 6), region(11, 13, "Bo")], ["Ada", "Bo"]),
        ("😀 Ada met Bo.", [region(2, 5), region(10, 12)], ["Ada", "Bo"]),
        ("😀 Ada met Bo.", [region(3, 6), region(11, 13)], ["Ada", "Bo"]),
    ],
)
def test_regions_without_words_are_read_as_the_others_or_by_the_edges_of_words(
    text: str, regions: list[Any], found: list[str], tmp_path: Path
) -> None:
    problems, made, _ = read(tmp_path, task(regions, text))
    assert (problems, words(made["ann-1/task-9.json"])) == ([], found)


HTML = "<html><head><title>No</title></head><body>\n<h1>News</h1><p>Ada &amp; Bo<br>met.</p></body></html>"


def hypertext(start: int, end: int, text: str) -> dict[str, Any]:
    """A region of a HyperText tag."""
    value = {"start": "/p[1]/text()[1]", "end": "/p[1]/text()[2]", "startOffset": 0, "endOffset": 3, "text": text}
    value |= {"globalOffsets": {"start": start, "end": end}, "hypertextlabels": ["PER"]}
    return region(0, 1) | {"type": "hypertextlabels", "value": value}


def test_the_text_of_html_is_its_text_content_if_the_words_confirm_it(tmp_path: Path) -> None:
    problems, made, _ = read(
        tmp_path, task([hypertext(5, 13, "Ada & Bo")], HTML), task([hypertext(0, 3, "Ada")], id_=10)
    )
    assert problems == []
    assert (tmp_path / "new/raw/task-9.txt").read_text() == "\nNewsAda & Bo\nmet."
    assert words(made["ann-1/task-9.json"]) == ["Ada & Bo"]
    assert (tmp_path / "new/raw/task-10.txt").read_text() == TEXT
    problems, _, _ = read(tmp_path, task([hypertext(5, 13, "Ada & Bo")], HTML), task([], HTML, id_=10))
    assert problems == []
    assert (tmp_path / "new/raw/task-10.txt").read_bytes() == (tmp_path / "new/raw/task-9.txt").read_bytes()
    read(tmp_path, task([], HTML, id_=8), html=True)
    assert (tmp_path / "new/raw/task-8.txt").read_text() == "\nNewsAda & Bo\nmet."
    problems, made, _ = read(tmp_path, task([hypertext(7, 13, "Ada & Bo")], HTML))
    assert len(problems) == 1
    assert "it is HTML" in problems[0]


def test_paragraphs_are_lines_and_their_speakers_are_left_out(tmp_path: Path) -> None:
    dialogue = [{"author": "Kim", "text": "😀 Ada left."}, {"author": "Lee", "text": "Bo 😀 stayed."}]
    value = {"start": "1", "end": "1", "startOffset": 0, "endOffset": 2, "text": "Bo", "paragraphlabels": ["PER"]}
    one = region(0, 1) | {"type": "paragraphlabels", "value": value}
    two = one | {
        "id": "x",
        "value": value | {"start": "0", "end": "0", "startOffset": 3, "endOffset": 6, "text": "Ada"},
    }
    problems, made, left = read(tmp_path, task([one, two], dialogue))
    assert (problems, words(made["ann-1/task-9.json"])) == ([], ["Ada", "Bo"])
    assert (tmp_path / "new/raw/task-9.txt").read_text() == "😀 Ada left.\nBo 😀 stayed."
    assert left == {"speakers of paragraphs": 2}


def value(name: str, kind: str, id_: str, **held: Any) -> dict[str, Any]:
    """A value of a control."""
    return {"value": held, "id": id_, "from_name": name, "to_name": "text", "type": kind}


def test_values_and_relations_become_what_the_map_says(tmp_path: Path) -> None:
    result = [
        region(0, 8, "Ada Kuhn"),
        region(9, 12, "met", "QUOTE"),
        region(13, 15, "Bo", "CUE"),
        value("kind", "choices", "r9", start=9, end=12, text="met", choices=["Reported"]),
        value("more", "textarea", "r9", start=9, end=12, text=["true"]),
        value("stars", "rating", "r9", start=9, end=12, rating=4),
        value("topic", "choices", "t1", choices=["politics", "war"]),
        value("mood", "choices", "t2", choices=["calm"]),
        {"type": "relation", "from_id": "r9", "to_id": "r13", "direction": "right", "labels": ["cue"]},
        {"type": "relation", "from_id": "r0", "to_id": "r9", "direction": "left", "labels": ["said by"]},
    ]
    quote = {
        "layer": "quotes",
        "attributes": {"kind": {"field": "type", "values": {"Reported": "indirect"}}},
        "notes": {"more": "continues_paragraph"},
    }
    one = task(result)
    one["data"] |= {"headline": "Bo met", "shown_at": "noon"}
    problems, made, left = read(
        tmp_path,
        one,
        types={**MAP["types"], "QUOTE": quote},
        relations={"cue": {"of": "from", "field": "cue"}, "said by": {"of": "from", "field": "source"}},
        fields={"topics": "topic", "title": "headline"},
    )
    assert problems == []
    (record,) = made["ann-1/task-9.json"]["quotes"]
    assert (record["type"], record["continues_paragraph"], record["source"]) == ("indirect", True, ["m1"])
    assert record["cue"][0]["text"] == "Bo"
    article = json.loads((tmp_path / "new/raw/task-9.json").read_bytes())
    assert (article["topics"], article["title"]) == (["politics", "war"], "Bo met")
    assert left == {"notes stars": 1, "values of mood": 1, "values of shown_at": 1}


def test_a_region_with_two_labels_is_two_annotations(tmp_path: Path) -> None:
    both = region(0, 8, "Ada Kuhn")
    both["value"]["labels"] = ["PER", "QUOTE"]
    _, made, _ = read(tmp_path, task([both]))
    assert words(made["ann-1/task-9.json"]) == words(made["ann-1/task-9.json"], "quotes", "content") == ["Ada Kuhn"]


def test_results_that_mark_no_words_are_counted(tmp_path: Path) -> None:
    box = region(0, 1) | {"type": "rectanglelabels", "value": {"x": 1, "rectanglelabels": ["Car"]}}
    sound = region(0, 1, id_="s") | {"original_length": 7.5}
    other = region(0, 3, "Ada", id_="o", to_name="title")
    _, made, left = read(tmp_path, task([box, sound, other, region(0, 3, "Ada", id_="t")]), to_name="text")
    assert words(made["ann-1/task-9.json"]) == ["Ada"]
    assert left == {"results of type rectanglelabels": 1, "results of type labels": 1, "regions on title": 1}


def test_a_text_that_the_export_does_not_hold_is_refused(tmp_path: Path) -> None:
    problems, _, _ = read(tmp_path, task([], "https://example.org/a.txt"), task([], id_=10))
    assert len(problems) == 1
    assert "address of a file" in problems[0]


def test_a_map_names_the_keys_of_the_text_and_the_name(tmp_path: Path) -> None:
    one = task([region(0, 3, "Ada")])
    one["data"] = {"body": TEXT, "ref": "bridge", "title": "Ada met Bo"}
    _, made, _ = read(tmp_path, one, text="body", doc="ref")
    assert sorted(made) == ["ann-1/bridge.json"]
    (tmp_path / "export.json").write_text(json.dumps([one]))
    fields = [f"--record={key}={value}" for key, value in SAID.items()]
    ran = run("import", "label-studio", f"{tmp_path}/export.json", "--into", f"{tmp_path}/other", *fields)
    assert (ran.code, "it has body, ref, title; name the key" in ran.err) == (2, True), ran.err


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        ("text", 1),
        ("cancelled", "yes"),
        ("annotators", ["a"]),
        ("annotators", {"1": "Ann B"}),
        ("fields", {"mood": "topic"}),
        ("fields", {"title": {"from": "x", "values": 1}}),
        ("predictoins", True),
    ],
)
def test_a_map_with_an_invalid_value_is_refused(key: str, wrong: Any, tmp_path: Path) -> None:
    from corpus.core.model import CorpusError

    with pytest.raises(CorpusError, match="map:"):
        read(tmp_path, task([]), **{key: wrong})


def test_a_task_of_this_program_is_decoded_by_the_schema(tmp_path: Path) -> None:
    corpus = tiny(tmp_path / "corpus")
    assert corpus.run("export", "label-studio", f"{tmp_path}/out").code == 0
    assert (tmp_path / "out/config.xml").read_text() == corpus.run("label-studio", "config").out
    path = tmp_path / "out/tasks.json"
    tasks = json.loads(path.read_bytes())
    tasks[0]["predictions"][0]["result"][0]["value"]["start"] += 1
    tasks.append({**tasks[0], "data": {**tasks[0]["data"], "text": "other"}})
    tasks.append({**tasks[0], "data": {**tasks[0]["data"], "schema_version": "9.9"}})
    path.write_bytes(gzip.compress(json.dumps(tasks).encode()))
    path.rename(tmp_path / "out/tasks.json.gz")
    problems, _ = imported("label-studio", tmp_path / "out", tmp_path / "new")
    assert [one.code for one in problems] == ["IMP3", "IMP3", "IMP2"]
    assert "another checksum" in problems[1].message


def test_what_was_imported_validates_and_builds(tmp_path: Path) -> None:
    problems, _, _ = read(tmp_path, task([region(0, 8, "Ada Kuhn"), region(13, 15, "Bo")]))
    assert problems == []
    assert Corpus(tmp_path / "new").findings() == []
    assert Corpus(tmp_path / "new").run("build").code == 0


def test_the_example_is_read_as_its_map_says(tmp_path: Path) -> None:
    root = tmp_path / "new"
    of = f"--map={EXAMPLES}/label-studio.toml"
    ran = run("import", "label-studio", f"{EXAMPLES}/label-studio", of, "--into", str(root))
    assert (ran.code, ran.out) == (0, "")
    made = annotations(root)
    assert sorted(made) == ["ann-lee/task-9.json", "gold/task-9.json"]
    (quote,) = made["gold/task-9.json"]["quotes"]
    assert (quote["cue"][0]["text"], quote["source"], quote["type"]) == ("said", ["m1"], "indirect")
    assert [one["entity"] for one in made["gold/task-9.json"]["mentions"]] == ["e1", "e1"]
    article = json.loads((root / "raw/task-9.json").read_bytes())
    assert (article["title"], article["topics"]) == ("Safe, says Kuhn", ["traffic"])


def test_fields_that_were_not_annotated_stay_so_through_tasks(tmp_path: Path) -> None:
    _, made, _ = read(tmp_path, task([region(0, 8, "Ada Kuhn")]), task([region(0, 8, "Ada Kuhn")], id_=10))
    assert made["ann-1/task-9.json"]["fields_done"] == {"mentions": ["spans", "entity"]}
    one = made["ann-1/task-9.json"]
    kept = {name: value for name, value in one.items() if name not in ("mentions", "fields_done")}
    corpus = Corpus(tmp_path / "new")
    corpus.write("annotations/gold/task-9.json", {**kept, "annotator": "gold", "layers_done": ["entities"]})
    made = annotations(corpus.root)
    assert corpus.run("export", "label-studio", f"{tmp_path}/out", "--annotator=gold", "--annotator=ann-1").code == 0
    tasks = json.loads((tmp_path / "out/tasks.json").read_bytes())
    assert sorted(len(task["predictions"]) for task in tasks) == [1, 1, 1]
    problems, _ = imported("label-studio", tmp_path / "out", tmp_path / "again")
    assert problems == []
    again = annotations(tmp_path / "again")
    assert {path: value | {"schema_version": ""} for path, value in again.items()} == {
        path: value | {"schema_version": ""} for path, value in made.items()
    }


@pytest.mark.parametrize("change", [{"predictions": 1.5}, {"data": {"text": "\ud800", "title": "x"}}])
def test_a_task_that_no_file_can_hold_is_a_finding(change: dict[str, Any], tmp_path: Path) -> None:
    task = {"id": 1, "data": {"text": "Ada left."}, "annotations": [], **change}
    (tmp_path / "export.json").write_text(json.dumps([task]))
    record = [f"--record={key}={value}" for key, value in SAID.items()]
    ran = run("import", "label-studio", str(tmp_path / "export.json"), "--into", str(tmp_path / "new"), *record)
    assert (ran.code, "Traceback" in ran.err) == (1, False), ran
    assert " error IMP" in ran.out
