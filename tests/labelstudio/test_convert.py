"""Exports as Label Studio writes them → annotation files, quarantine and pseudonyms."""

from __future__ import annotations

import copy
import gzip
import json
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.corpora import REPOSITORY, TEXT, Corpus, annotation, record
from support.exports import WHEN, Convert, exported, made, planted, strings
from support.studio import TICKED

from corpus.core.model import Article, CorpusError
from corpus.core.schema import Schema
from corpus.files.writer import TEMPORARY
from corpus.labelstudio.convert import Origin, convert_tasks, read_export
from corpus.labelstudio.faults import FAULTS
from corpus.labelstudio.ownership import content_sha256
from corpus.labelstudio.pseudonyms import Pseudonyms
from corpus.labelstudio.tasks import encode, task

SCHEMA = Schema.read(REPOSITORY)


def snapshot(root: Path) -> dict[str, tuple[bytes, int]]:
    files = (path for path in root.rglob("*") if path.is_file() and "schema" not in path.parts)
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


class TestFiles:
    def test_an_annotation_becomes_a_valid_file(self, corpus: Corpus, convert: Convert) -> None:
        origin = Origin(3, "1.23.2", "ab" * 32)
        result = convert(exported(1, "alpha", made(11, parent_prediction=9)), origin=origin)
        assert (result.written, result.problems) == (["ann-2/alpha.json"], [])
        value = corpus.read("annotations/ann-2/alpha.json")
        assert value["provenance"] == {
            "tool": "label-studio",
            "tool_version": "1.23.2",
            "config_sha256": "ab" * 32,
            "project": 3,
            "task": 1,
            "annotation": 11,
            "content_sha256": content_sha256(value, SCHEMA),
            "created": WHEN,
            "updated": WHEN,
            "lead_time": 12.75,
            "from_prediction": True,
        }
        same = ("doc_id", "layers_done", "entities", "mentions", "quotes", "text_sha256", "schema_version")
        assert {key: value[key] for key in same} == {key: annotation("alpha")[key] for key in same}
        assert corpus.codes("annotations/ann-2/alpha.json") == corpus.codes("annotations/gold/alpha.json")
        assert corpus.run("fmt", "--check", str(corpus.root / "annotations" / "ann-2")).code == 0

    def test_a_second_conversion_touches_nothing(self, corpus: Corpus, convert: Convert) -> None:
        wrong = made(13, 8, result=[{"type": "labels"}])
        tasks = [exported(1, "alpha", made(11), wrong), exported(2, "beta", made(12))]
        tasks[1] = exported(2, "alpha", made(12, 9))
        first = convert(*tasks)
        before = snapshot(corpus.root)
        for one in tasks:
            one["drafts"][0]["created_ago"] = "3\u00a0days"
        second = convert(*tasks)
        assert (second.written, second.unchanged) == ([], first.written)
        assert snapshot(corpus.root) == before

    def test_what_is_no_annotation_is_never_taken(self, corpus: Corpus, convert: Convert) -> None:
        result = convert(exported(1, "alpha"), exported(2, "alpha", made(11, was_cancelled=True)))
        assert (result.written, result.quarantined, result.problems) == ([], [], [])
        assert not (corpus.root / "annotators.toml").exists()

    def test_an_empty_result_means_what_was_ticked(self, corpus: Corpus, convert: Convert) -> None:
        chosen = {"value": {"choices": ["quotes", "entities"]}, "id": "JJY", "from_name": "layers_done"}
        chosen |= {"to_name": "text", "type": "choices", "origin": "manual"}
        empty = convert(exported(1, "alpha", made(11, result=[]), made(12, 8, result=[chosen])))
        assert [one.code for one in empty.problems] == ["L108"]
        assert empty.quarantined == ["quarantine/alpha/ann-2-1-11.json"]
        assert not (corpus.root / "annotations/ann-2").exists()
        with_ = corpus.read("annotations/ann-3/alpha.json")
        assert (with_["layers_done"], with_["quotes"], "stances" in with_) == (["entities", "quotes"], [], False)
        assert "note" not in with_["provenance"]

    @pytest.mark.parametrize("ticked", [None, []])
    def test_without_a_tick_the_layers_with_records_are_done(
        self, corpus: Corpus, convert: Convert, ticked: list[str] | None
    ) -> None:
        result = [item for item in encode(annotation("alpha"), TEXT, SCHEMA) if item.get("id") != ":layers_done"]
        if ticked is not None:
            done = {"value": {"choices": ticked}, "id": "x", "from_name": "layers_done", "to_name": "text"}
            result.append({**done, "type": "choices"})
        convert(exported(1, "alpha", made(11, result=result)))
        value = corpus.read("annotations/ann-2/alpha.json")
        assert value["layers_done"] == ["entities", "mentions", "quotes"]
        assert value["provenance"]["note"].startswith("no layer was ticked")

    def test_a_layer_with_records_was_looked_at(self, corpus: Corpus, convert: Convert) -> None:
        result = [item for item in encode(annotation("alpha"), TEXT, SCHEMA) if item.get("id") != ":layers_done"]
        chosen = {"value": {"choices": ["stances"]}, "id": "x", "from_name": "layers_done"}
        convert(exported(1, "alpha", made(11, result=[*result, {**chosen, "to_name": "text", "type": "choices"}])))
        value = corpus.read("annotations/ann-2/alpha.json")
        assert value["layers_done"] == ["entities", "mentions", "quotes", "stances"]
        assert value["provenance"]["note"].endswith("were not ticked: entities, mentions, quotes")

    def test_the_newest_of_an_annotator_is_taken(self, corpus: Corpus, convert: Convert) -> None:
        times = ["2026-11-24T09:00:00.5Z", "2026-11-24T09:00:00+00:00", "2026-11-24T11:00:00+02:00"]
        several = [made(20 - i, updated_at=when) for i, when in enumerate(times)]
        result = convert(exported(1, "alpha", *several))
        assert corpus.read("annotations/ann-2/alpha.json")["provenance"]["annotation"] == 20
        assert [(one.code, one.severity) for one in result.problems] == [("L107", "warning")] * 2
        assert "annotation 18 of task 1 by ann-2" in result.problems[0].message

    @pytest.mark.parametrize("order", [1, -1])
    def test_of_two_tasks_of_one_document_too(self, corpus: Corpus, convert: Convert, order: int) -> None:
        newer = made(11, updated_at="2026-11-25T07:00:00Z", result=TICKED)
        tasks = [exported(1, "alpha", newer), exported(2, "alpha", made(12))][::order]
        assert [one.code for one in convert(*tasks).problems] == ["L107"]
        before = snapshot(corpus.root)
        assert convert(*tasks).written == []
        assert snapshot(corpus.root) == before
        assert corpus.read("annotations/ann-2/alpha.json")["provenance"]["annotation"] == 11

    def test_words_of_a_withheld_text_stay_out(self, corpus: Corpus, convert: Convert) -> None:
        corpus.add("secret", annotators=(), redistribution="offsets_only")
        one = exported(1, "secret", made(11))
        convert(one)
        written = (corpus.root / "annotations/ann-2/secret.json").read_text()
        assert '"content"' in written
        assert '"text":' not in written
        assert "bridge" not in written

    def test_a_task_needs_the_text(self) -> None:
        with pytest.raises(CorpusError, match="corpus attach alpha"):
            task(Article("alpha", record("alpha"), None, ()), SCHEMA)

    def test_an_export_that_breaks_off_changes_nothing(self, corpus: Corpus) -> None:
        def tasks() -> Any:
            yield exported(1, "alpha", made(11))
            raise CorpusError("cut off")

        folders = corpus.root / "annotations", corpus.root / "quarantine"
        before = snapshot(corpus.root / "annotations")
        with pytest.raises(CorpusError):
            convert_tasks(tasks(), corpus.root, SCHEMA, Pseudonyms(corpus.root / "a.toml"), Origin(), *folders)
        assert snapshot(corpus.root / "annotations") == before
        assert not list((corpus.root / "annotations").glob(f"{TEMPORARY}*"))
        assert not (corpus.root / "a.toml").exists()

    def test_many_files_are_moved_as_few_are(self, corpus: Corpus, convert: Convert) -> None:
        result = convert(exported(1, "alpha", *(made(100 + n, n, result=TICKED) for n in range(70))))
        assert len(result.written) == 70
        assert len(list((corpus.root / "annotations").glob("*/alpha.json"))) == 72

    def test_a_file_that_is_staged_twice_keeps_to_itself(self, corpus: Corpus, convert: Convert) -> None:
        """Temporary names were a count of files: one article twice, then another, and they shared a name."""
        corpus.add("gamma", annotators=())
        newer = made(12, updated_at="2026-11-25T07:00:00Z")
        convert(exported(1, "alpha", made(11)), exported(2, "alpha", newer), exported(3, "gamma", made(13)))
        for doc_id, number in (("alpha", 12), ("gamma", 13)):
            value = corpus.read(f"annotations/ann-2/{doc_id}.json")
            assert (value["doc_id"], value["provenance"]["annotation"]) == (doc_id, number)

    @pytest.mark.parametrize("place", ["ann-3", "ann-2/gamma.json"])
    def test_a_file_that_cannot_be_placed_changes_nothing(self, corpus: Corpus, place: str) -> None:
        corpus.add("gamma", annotators=())
        folders = corpus.root / "annotations", corpus.root / "quarantine"
        (corpus.root / "annotators.toml").write_text('[people]\n"7" = "ann-2"\n"8" = "ann-3"\n"9" = "ann-4"\n')
        people = Pseudonyms(corpus.root / "annotators.toml")
        earlier = convert_tasks([exported(1, "alpha", made(11))], corpus.root, SCHEMA, people, Origin(), *folders)
        assert earlier.written == ["ann-2/alpha.json"]
        later = {"result": TICKED, "updated_at": "2026-11-25T07:00:00Z"}
        new = made(15, 10)  # a new person, and a file that is put in place before the one that cannot be
        tasks = [exported(1, "alpha", made(11, **later), new, made(12, 9, result=[7]))]
        tasks.append(exported(2, "gamma", made(13), made(14, 8)))
        if place == "ann-3":
            corpus.write("annotations/ann-3", "a file where a folder must be")
        else:
            (corpus.root / "annotations" / place).mkdir()
        before = snapshot(corpus.root)
        with pytest.raises((CorpusError, OSError)):
            convert_tasks(tasks, corpus.root, SCHEMA, people, Origin(), *folders)
        assert {path: data for path, (data, _) in snapshot(corpus.root).items()} == {
            path: data for path, (data, _) in before.items()
        }
        assert not list(corpus.root.rglob(f"{TEMPORARY}*"))
        assert not list((corpus.root / "quarantine").rglob("*.json"))

    def test_bulk_articles_are_found(self, corpus: Corpus, convert: Convert) -> None:
        corpus.write("raw/all.jsonl", json.dumps({**record("gamma"), "text": TEXT}) + "\n")
        assert convert(exported(1, "gamma", made(11))).written == ["ann-2/gamma.json"]


BAD_TASKS: list[tuple[str, str, Callable[[dict[str, Any]], object]]] = [
    ("no doc_id", "L101", lambda t: t["data"].pop("doc_id")),
    ("doc_id leads out", "L101", lambda t: t["data"].update(doc_id="../../x")),
    ("no text", "L101", lambda t: t["data"].pop("text")),
    ("two documents", "L101", lambda t: t["meta"].update(doc_id="beta")),
    ("unknown document", "L102", lambda t: [t["data"].update(doc_id="gamma"), t["meta"].update(doc_id="gamma")]),
    ("changed text", "L103", lambda t: t["data"].update(text=TEXT.replace("safe", "gone"))),
    ("changed text and hash", "L103", lambda t: t["data"].update(text="x", text_sha256="0" * 64)),
    ("half a surrogate pair", "L103", lambda t: t["data"].update(text="\ud800")),
    ("changed hash", "L103", lambda t: t["data"].update(text_sha256="0" * 64)),
    ("changed hash in meta", "L103", lambda t: t["meta"].update(text_sha256="0" * 64)),
    ("another schema", "L104", lambda t: t["data"].update(schema_version="0.9")),
    ("nobody", "L105", lambda t: t["annotations"][0].update(completed_by=None)),
    ("nobody, with a truth value", "L105", lambda t: t["annotations"][0].update(completed_by=True)),
    ("no result", "L106", lambda t: t["annotations"][0].pop("result")),
    ("a name that is empty", "L305", lambda t: _name(t, "")),
    ("half a surrogate pair in a name", "L305", lambda t: _name(t, "\udc00")),
    ("a time that is none", "L305", lambda t: t["annotations"][0].update(created_at="yesterday")),
    ("a list for an id", "L305", lambda t: t.update(id=[1])),
]


def _name(one: dict[str, Any], name: str) -> None:
    for item in one["annotations"][0]["result"]:
        if item.get("from_name") == "entities.name":
            item["value"]["text"] = [name]


class TestQuarantine:
    @pytest.mark.parametrize(("code", "change"), [case[1:] for case in BAD_TASKS], ids=[case[0] for case in BAD_TASKS])
    def test_what_is_faulty_is_set_aside_and_the_rest_comes_in(
        self, corpus: Corpus, convert: Convert, code: str, change: Callable[[dict[str, Any]], object]
    ) -> None:
        bad, good = exported(1, "alpha", made(11)), exported(2, "alpha", made(12, 8))
        change(bad)
        result = convert(bad, good)
        assert len(result.written) == 1
        assert {one.code for one in result.problems} == {code}
        assert result.problems[0].message.startswith(FAULTS[code])
        (path,) = result.quarantined
        assert path.startswith("quarantine/")
        held = (corpus.root / path).read_text()
        kept = json.loads((corpus.root / path.replace(".json", ".problems.json")).read_text())
        assert [one["code"] for one in kept] == [one.code for one in result.problems]
        assert kept[0]["file"] == path
        assert json.loads(held)["annotation"]["id"] == 11
        assert "mira" not in held

    def test_a_problem_says_where(self, corpus: Corpus, convert: Convert) -> None:
        one = exported(1, "alpha", made(11))
        region = next(item for item in one["annotations"][0]["result"] if item.get("id") == "m1")
        region["value"] |= {"start": 7, "end": 20}
        (problem,) = convert(one).problems
        line = (corpus.root / problem.file).read_text().splitlines()[problem.line - 1]
        assert problem.file == "quarantine/alpha/ann-2-1-11.json"
        assert (problem.doc_id, problem.record, problem.severity) == ("alpha", "m1", "error")
        assert problem.pointer.startswith("/annotation/result/")
        assert line.strip() == "{"
        assert "sa Lindqvist " in problem.snippet
        assert "the quoted words occur at 6–19, not at " in problem.message

    def test_what_is_mended_leaves_it(self, corpus: Corpus, convert: Convert) -> None:
        bad = exported(1, "alpha", made(11, result=[7]), made(12, 8, result=[8]), made(13, 9))
        assert len(convert(bad).quarantined) == 2
        bad["annotations"][0]["result"] = TICKED
        result = convert(bad)
        assert result.quarantined == ["quarantine/alpha/ann-3-1-12.json"]
        assert sorted(path.name for path in (corpus.root / "quarantine/alpha").iterdir()) == [
            "ann-3-1-12.json",
            "ann-3-1-12.problems.json",
        ]
        bad["annotations"].pop(1)
        assert not convert(bad).quarantined
        assert not (corpus.root / "quarantine/alpha").exists()

    def test_an_earlier_file_stays_when_the_new_state_is_faulty(self, corpus: Corpus, convert: Convert) -> None:
        convert(exported(1, "alpha", made(11)))
        before = snapshot(corpus.root / "annotations")
        convert(exported(1, "alpha", made(11, result=[7])))
        assert snapshot(corpus.root / "annotations") == before

    def test_annotations_without_ids_do_not_overwrite_each_other(self, corpus: Corpus, convert: Convert) -> None:
        without = [made(0, None, result=[n], id=None) for n in range(3)]
        result = convert(exported(1, "alpha", *without))
        assert len(set(result.quarantined)) == 3
        assert {json.loads((corpus.root / path).read_text())["annotation"]["result"][0] for path in result.quarantined}
        assert not convert(exported(1, "alpha")).quarantined
        assert not (corpus.root / "quarantine/alpha").exists()

    @pytest.mark.parametrize("one", [{}, {"id": 1, "data": []}, {"id": 1, "data": {"text": "x"}, "label": []}])
    def test_what_is_no_task_is_set_aside(self, convert: Convert, one: dict[str, Any]) -> None:
        result = convert(one, exported(2, "alpha", made(12)))
        assert ([found.code for found in result.problems], result.written) == (["L101"], ["ann-2/alpha.json"])

    def test_all_faults_have_a_code_of_their_level(self) -> None:
        assert all(re.fullmatch(r"L[1-4]\d\d", code) for code in FAULTS)
        assert len(set(FAULTS.values())) == len(FAULTS)


class TestPeople:
    def test_one_person_is_one_pseudonym(self, tmp_path: Path) -> None:
        path = tmp_path / "annotators.toml"
        people = Pseudonyms(path)
        assert people.of({"id": 7, "email": "Mira@Example.org", "first_name": "Mira"}) == "ann-1"
        assert [people.of(one) for one in (7, "7", "mira@example.org ", {"id": 7})] == ["ann-1"] * 4
        assert people.of(8) == "ann-2"
        assert people.of({"id": 8, "email": "ivo@example.org"}) == "ann-2"
        assert not path.exists()
        with people.saved():
            pass
        assert Pseudonyms(path).of("ivo@example.org") == "ann-2"
        assert "@" not in path.read_text()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    @pytest.mark.parametrize("nobody", [None, True, "", "  ", {}, {"id": None}, [], 1.5])
    def test_nobody_has_none(self, tmp_path: Path, nobody: object) -> None:
        people = Pseudonyms(tmp_path / "annotators.toml")
        assert people.of(nobody) == ""
        with people.saved():
            pass
        assert not (tmp_path / "annotators.toml").exists()

    @pytest.mark.parametrize("before", [None, '[people]\n"7" = "mira"\n'])
    def test_people_of_a_commit_that_fails_are_taken_out(self, tmp_path: Path, before: str | None) -> None:
        path = tmp_path / "annotators.toml"
        if before:
            path.write_text(before)
        people = Pseudonyms(path)
        people.of(8)

        def fail() -> None:
            assert '"8" = "ann-1"' in path.read_text(), "written before the files that bear the name"
            raise CorpusError("disk full")

        with pytest.raises(CorpusError), people.saved():
            fail()
        assert (path.read_text() if path.exists() else None) == before
        with people.saved():
            pass
        assert Pseudonyms(path).of(8) == "ann-1"

    def test_names_that_are_taken_stay_free(self, tmp_path: Path) -> None:
        path = tmp_path / "annotators.toml"
        path.write_text('[people]\n"7" = "gold"\n"8" = "ann-2"\n')
        people = Pseudonyms(path, ["ann-1"])
        people.begin("", ["ann-3"])
        assert [people.of(one) for one in (7, 8, 9)] == ["gold", "ann-2", "ann-4"]

    @pytest.mark.parametrize("text", ["[people", 'people = "x"', '[people]\n7 = "../x"', "[people]\n7 = 7"])
    def test_a_file_that_cannot_be_understood_is_named(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "annotators.toml").write_text(text)
        with pytest.raises(CorpusError, match=re.escape("annotators.toml")):
            Pseudonyms(tmp_path / "annotators.toml")

    def test_two_pseudonyms_of_one_person_are_refused(self, tmp_path: Path) -> None:
        people = Pseudonyms(tmp_path / "annotators.toml")
        people.of(7)
        people.of("mira@example.org")
        with pytest.raises(CorpusError, match="two pseudonyms"):
            people.of({"id": 7, "email": "mira@example.org"})

    def test_git_ignores_what_must_not_be_committed(self) -> None:
        ignored = (REPOSITORY / ".gitignore").read_text().splitlines()
        assert {"/annotators.toml", "/quarantine/"} <= set(ignored)


def listed(path: Path, data: bytes | str) -> list[dict[str, Any]]:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return list(read_export(path))


class TestExport:
    @pytest.mark.parametrize("indent", [None, 2])
    @pytest.mark.parametrize("size", [0, 1, 3, 400])
    def test_tasks_come_one_by_one(self, tmp_path: Path, size: int, indent: int | None) -> None:
        tasks = [exported(n, "alpha", made(n, note='"annotations": [{ 😀 é')) for n in range(size)]
        for ascii_ in (True, False):
            data = json.dumps(tasks, ensure_ascii=ascii_, indent=indent).encode()
            assert listed(tmp_path / "export.json", data) == tasks
            assert listed(tmp_path / "export.json.gz", gzip.compress(data)) == tasks
            assert listed(tmp_path / "export.json", b"\xef\xbb\xbf \n" + data + b"\n") == tasks

    def test_tasks_without_the_usual_keys_are_scanned(self, tmp_path: Path) -> None:
        tasks = [{"id": n, "data": {"ä": "x" * 50_000, "annotations": [{}, {"annotations": "{"}]}} for n in range(60)]
        assert listed(tmp_path / "export.json", json.dumps(tasks, ensure_ascii=False)) == tasks

    def test_a_task_larger_than_the_window_is_read(self, tmp_path: Path) -> None:
        tasks = [{"id": 1, "annotations": ["é" * 3_000_000]}, {"id": 2, "annotations": []}]
        assert listed(tmp_path / "export.json", json.dumps(tasks, ensure_ascii=False)) == tasks

    @pytest.mark.parametrize(
        "data",
        [
            *("", "{}", "[", "[{}", "[{},", "[{}}", "[{} {}]", "[{}] x", "[7]", "[{}, 7]", "[{},]", "null", "[[]]"),
            *('[{"a": NaN}]', '[{"id": 1, "annotations": []}, {"id": 2, "annotations": [}]', '[{"a": ' + "9" * 5000),
            *(b'[{"a": "\xff"}]', b'[{"a": "\xc3', "[" * 100_000, '[{"a":' * 100_000, '[{"a": "b'),
        ],
    )
    def test_what_is_no_list_of_tasks_is_refused(self, tmp_path: Path, data: bytes | str) -> None:
        with pytest.raises(CorpusError, match=r"export\.json is not a complete JSON export of Label Studio"):
            listed(tmp_path / "export.json", data)

    def test_an_archive_that_was_cut_off_is_refused(self, tmp_path: Path) -> None:
        data = gzip.compress(json.dumps([exported(n, "alpha") for n in range(50)]).encode())
        damaged = data[:40] + bytes(40) + data[80:], data[:10] + b"\xff" + data[11:]
        for cut in (data[:-1], data[: len(data) // 2], data[:5], b"[]", *damaged):
            with pytest.raises(CorpusError, match="not a complete JSON export"):
                listed(tmp_path / "export.json.gz", cut)


class TestCommands:
    def test_config_prints_the_config(self, corpus: Corpus) -> None:
        ran = corpus.run("label-studio", "config")
        assert ran.code == 0
        assert ran.out.startswith('<View className="otr">\n')

    def test_convert_says_what_it_did(self, corpus: Corpus) -> None:
        tasks = [exported(1, "alpha", made(11), made(12, 8, result=[7]))]
        path = corpus.write("export.json", json.dumps(tasks))
        ran = corpus.run("label-studio", "convert", str(path))
        assert ran.code == 1
        assert "quarantine/alpha/ann-2-1-12.json:" in ran.out
        assert "error L201 The result is not in Label Studio's format: 7" in ran.out
        assert "1 written, 0 unchanged, 1 quarantined" in ran.err
        tasks[0]["annotations"].pop()
        corpus.write("export.json", json.dumps(tasks))
        ran = corpus.run("label-studio", "convert", str(path), "--into", str(corpus.root / "annotations"))
        assert (ran.code, ran.out) == (0, "")
        assert "0 written, 1 unchanged, 0 quarantined" in ran.err

    def test_a_file_that_is_not_there_is_the_users_mistake(self, corpus: Corpus) -> None:
        ran = corpus.run("label-studio", "convert", "nowhere.json")
        assert ran.code == 2
        assert "nowhere.json" in ran.err


def test_an_export_of_this_repository_comes_back(corpus: Corpus, convert: Convert) -> None:
    for folder in ("raw", "schema"):
        for path in (REPOSITORY / folder).glob("*.*"):
            corpus.write(f"{folder}/{path.name}", path.read_bytes())
    tasks = []
    for path in sorted((REPOSITORY / "annotations" / "gold").glob("*.json")):
        text = REPOSITORY / "raw" / f"{path.stem}.txt"
        if text.exists():
            value, words = json.loads(path.read_bytes()), text.read_bytes().decode()
            about = json.loads((REPOSITORY / "raw" / f"{path.stem}.json").read_bytes())
            one = {"id": len(tasks) + 1, **task(Article(path.stem, about, words, ()), SCHEMA)}
            tasks.append({**one, "annotations": [made(len(tasks), result=encode(value, words, SCHEMA))]})
    result = convert(*tasks)
    assert len(result.written) == len(tasks) > 0
    for name in result.written:
        came, gold = corpus.read(f"annotations/{name}"), REPOSITORY / "annotations" / "gold" / name.partition("/")[2]
        went = json.loads(gold.read_bytes())
        # The tool does not know by which edition of the guidelines it was used, so the version is the oldest one.
        others = [key for key in went if key not in ("annotator", "provenance", "schema_version")]
        assert {key: came[key] for key in others} == {key: went[key] for key in others}


def test_half_a_surrogate_pair_anywhere_is_a_finding_or_dropped(corpus: Corpus) -> None:
    one = exported(1, "alpha", made(11))
    for path in strings(one):
        export = corpus.write("export.json", json.dumps([planted(one, path, "x\ud800")]))
        ran = corpus.run("label-studio", "convert", str(export))
        assert ran.code in (0, 1, 2), (path, ran.err)
        assert "Traceback" not in ran.err
        for file in (corpus.root / "annotations").rglob("*.json"):
            assert file.read_bytes().decode()


def test_nothing_of_the_export_is_changed(convert: Convert) -> None:
    one = exported(1, "alpha", made(11))
    before = copy.deepcopy(one)
    convert(one)
    assert one == before
