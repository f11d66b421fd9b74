"""Which files a conversion may replace: those that an earlier one wrote and that nobody edited since."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest
from support.corpora import Corpus, Ran
from support.exports import SCHEMA, Convert, exported, made
from support.studio import TICKED

from corpus.labelstudio.convert import Result
from corpus.labelstudio.ownership import content_sha256

FILE = "annotations/ann-2/alpha.json"
LATER = {"updated_at": "2026-11-25T07:00:00Z"}


def codes(result: Result) -> list[tuple[str, str, str]]:
    return [(one.code, one.severity, one.file) for one in result.problems]


def convert_file(corpus: Corpus, one: dict[str, Any], *more: str) -> Ran:
    return corpus.run("label-studio", "convert", str(corpus.write("export.json", json.dumps([one]))), *more)


def people(corpus: Corpus, **names: str) -> None:
    lines = "".join(f'"{user[1:]}" = "{name}"\n' for user, name in names.items())
    corpus.write("annotators.toml", f"[people]\n{lines}")


def test_the_provenance_has_the_checksum_of_what_was_written(corpus: Corpus, convert: Convert) -> None:
    convert(exported(1, "alpha", made(11)))
    value = corpus.read(FILE)
    assert value["provenance"]["content_sha256"] == content_sha256(value, SCHEMA)
    assert not [line for line in corpus.run("validate").out.splitlines() if " F1" in line and FILE in line]


def test_a_file_of_an_earlier_conversion_is_replaced(corpus: Corpus, convert: Convert) -> None:
    convert(exported(1, "alpha", made(11)))
    compact = json.dumps(corpus.read(FILE))
    corpus.write(FILE, compact)  # `corpus fmt` and other layouts are no edit
    result = convert(exported(1, "alpha", made(11, result=TICKED, **LATER)))
    assert (result.written, result.problems) == (["ann-2/alpha.json"], [])
    assert corpus.read(FILE)["quotes"] == []


@pytest.mark.parametrize("edit", ["layers", "tool", "no checksum", "not JSON", "no annotation"])
def test_a_file_that_was_edited_or_not_imported_is_left_alone(corpus: Corpus, convert: Convert, edit: str) -> None:
    convert(exported(1, "alpha", made(11)))
    value = corpus.read(FILE)
    if edit == "layers":
        value["quotes"][0]["type"] = "indirect"
    elif edit == "tool":
        value["provenance"] = {"tool": "corpus adjudicate"}
    elif edit == "no checksum":
        del value["provenance"]["content_sha256"]
    before = {"not JSON": "{", "no annotation": "[]"}.get(edit, json.dumps(value))
    corpus.write(FILE, before)
    result = convert(exported(1, "alpha", made(11, result=TICKED, **LATER), made(12, 8)))
    assert (codes(result), result.written) == ([("L110", "warning", FILE)], ["ann-3/alpha.json"])
    assert (corpus.root / FILE).read_text() == before
    assert "--overwrite" in result.problems[0].suggestion


def test_gold_is_not_replaced_by_an_account_that_was_named_gold(corpus: Corpus, convert: Convert) -> None:
    people(corpus, u7="gold")
    before = (corpus.root / "annotations/gold/alpha.json").read_bytes()
    ran = convert_file(corpus, exported(1, "alpha", made(11, result=TICKED)))
    assert (ran.code, "warning L110 " in ran.out) == (1, True)
    assert (corpus.root / "annotations/gold/alpha.json").read_bytes() == before


def test_an_older_export_does_not_win(corpus: Corpus, convert: Convert) -> None:
    convert(exported(1, "alpha", made(11, **LATER)))
    before = (corpus.root / FILE).read_bytes()
    result = convert(exported(1, "alpha", made(11, result=TICKED)))
    assert (codes(result), result.written) == ([("L111", "warning", FILE)], [])
    assert (corpus.root / FILE).read_bytes() == before


def test_another_project_does_not_win(corpus: Corpus, convert: Convert) -> None:
    convert(exported(1, "alpha", made(11)))
    before = (corpus.root / FILE).read_bytes()
    result = convert(exported(1, "alpha", made(11, result=TICKED, project=4, **LATER), project=4))
    assert (codes(result), result.written) == ([("L112", "warning", FILE)], [])
    assert (corpus.root / FILE).read_bytes() == before


class TestOverwrite:
    def git(self, corpus: Corpus, *argv: str) -> None:
        who = ("-c", "user.name=lead", "-c", "user.email=lead@example.org")
        subprocess.run(["git", "-C", str(corpus.root), *who, *argv], check=True, capture_output=True)

    def test_a_file_is_replaced_when_git_has_it(self, corpus: Corpus) -> None:
        people(corpus, u7="gold")
        one, name = exported(1, "alpha", made(11, result=TICKED)), "annotations/gold/alpha.json"
        before = (corpus.root / name).read_bytes()
        for _ in ("no repository", "not committed"):
            ran = convert_file(corpus, one, "--overwrite", name)
            assert (ran.code, "commit it first" in ran.err) == (2, True)
            assert (corpus.root / name).read_bytes() == before
            self.git(corpus, "init", "--quiet")
        self.git(corpus, "add", "--all")
        self.git(corpus, "commit", "--quiet", "--message", "start")
        (corpus.root / name).write_bytes(before + b"\n")
        assert convert_file(corpus, one, "--overwrite", name).code == 2
        (corpus.root / name).write_bytes(before)
        ran = convert_file(corpus, one, "--overwrite", str(corpus.root / name))
        assert (ran.code, ran.out) == (0, "")
        assert corpus.read(name)["quotes"] == []

    def test_only_the_named_file_is_replaced(self, corpus: Corpus) -> None:
        people(corpus, u7="gold", u8="ann-a")
        corpus.write("annotations/ann-a/alpha.json", "{}")
        self.git(corpus, "init", "--quiet")
        self.git(corpus, "add", "--all")
        self.git(corpus, "commit", "--quiet", "--message", "start")
        one = exported(1, "alpha", made(11, result=TICKED), made(12, 8))
        ran = convert_file(corpus, one, "--overwrite", "annotations/gold/alpha.json")
        assert (ran.code, ran.out.count(" L110 ")) == (1, 1)
        assert (corpus.root / "annotations/ann-a/alpha.json").read_text() == "{}"


class TestRenamed:
    """The lead edits annotators.toml after an import."""

    def test_the_former_file_goes(self, corpus: Corpus, convert: Convert) -> None:
        convert(exported(1, "alpha", made(11)))
        people(corpus, u7="mira")
        result = convert(exported(1, "alpha", made(11)))
        assert codes(result) == [("L113", "info", FILE)]
        assert "annotations/mira/alpha.json" in result.problems[0].message
        assert not (corpus.root / "annotations/ann-2").exists()
        assert corpus.read("annotations/mira/alpha.json")["annotator"] == "mira"
        assert convert(exported(1, "alpha", made(11))).problems == []

    def test_a_former_file_that_was_edited_is_kept_and_named(self, corpus: Corpus, convert: Convert) -> None:
        convert(exported(1, "alpha", made(11)))
        value = corpus.read(FILE)
        value["quotes"][0]["type"] = "indirect"
        corpus.write(FILE, json.dumps(value))
        people(corpus, u7="mira")
        for _ in range(2):
            assert codes(convert(exported(1, "alpha", made(11)))) == [("L113", "warning", FILE)]
            assert corpus.read(FILE) == value

    def test_two_annotators_swap_names(self, corpus: Corpus, convert: Convert) -> None:
        tasks = exported(1, "alpha", made(11), made(12, 8, result=TICKED))
        convert(tasks)
        people(corpus, u7="ann-3", u8="ann-2")
        assert convert(tasks).problems == []
        found = [
            corpus.read(f"annotations/{name}/alpha.json")["provenance"]["annotation"] for name in ("ann-2", "ann-3")
        ]
        assert found == [12, 11]

    def test_a_file_of_another_annotation_stays(self, corpus: Corpus, convert: Convert) -> None:
        convert(exported(1, "alpha", made(11)))
        people(corpus, u7="ann-2", u8="mira")
        assert convert(exported(1, "alpha", made(12, 8))).problems == []
        assert (corpus.root / FILE).exists()
