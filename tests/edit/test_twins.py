"""`corpus twin`: badly edited copies of articles with their gold annotation, made anew as often as one likes."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from support.copies import REPOSITORY, change, copy_repository, read
from support.corpora import Corpus, tiny

from corpus.checks.suppress.suppressions import all_severities
from corpus.core.schema import Schema
from corpus.core.settings import read_settings
from corpus.edit.twins import Rules, noisy, originals

DOC_ID = "cup-final-meridian"
GOLD = f"annotations/gold/{DOC_ID}.json"
TWIN = f"{DOC_ID}-noisy"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """A corpus with one article of the repository and its twin."""
    corpus = Corpus(copy_repository(tmp_path_factory.mktemp("twins") / "corpus", (DOC_ID,), ("gold",)))
    ran = corpus.run("twin", "--split", "test")
    assert ran.code == 0, ran.err
    assert re.search(r"1 twin, [0-9]+ edits, 3 files written\n$", ran.err), ran.err
    assert ran.out.splitlines() == [
        f"wrote annotations/gold/{TWIN}.json",
        f"wrote raw/{TWIN}.json",
        f"wrote raw/{TWIN}.txt",
    ]
    return corpus


def text_of(corpus: Corpus, doc_id: str) -> str:
    return (corpus.root / "raw" / f"{doc_id}.txt").read_bytes().decode()


def spans(value: Any) -> list[dict[str, Any]]:
    """All spans in a JSON value."""
    if isinstance(value, list):
        return [span for one in value for span in spans(one)]
    if isinstance(value, dict):
        return [value] if {"start", "end", "text"} == value.keys() else spans(list(value.values()))
    return []


def test_a_twin_is_another_text_with_the_record_of_its_original(made: Corpus) -> None:
    old, new = (read(made.root / "raw" / f"{doc_id}.json") for doc_id in (DOC_ID, TWIN))
    text = text_of(made, TWIN)
    assert text != text_of(made, DOC_ID)
    assert text.startswith(f"{old['title']}\n")
    own = {"doc_id": TWIN, "twin_of": DOC_ID, "twin_kind": "noisy", "length": len(text)}
    assert new == {**old, **own, "text_sha256": sha256(text.encode()).hexdigest()}


def test_gold_of_a_twin_has_every_record_with_its_new_words(made: Corpus) -> None:
    text, old, new = text_of(made, TWIN), read(made.root / GOLD), read(made.root / f"annotations/gold/{TWIN}.json")
    for layer in old["layers_done"]:
        kept = {one["id"]: one for one in new[layer]}
        added = kept.keys() - {one["id"] for one in old[layer]}
        assert len(added) <= (layer == "mentions"), "a caption adds one mention"
        for one in old[layer]:
            without = {name: value for name, value in one.items() if not spans(value)}
            assert without.items() <= kept[one["id"]].items()
            assert len(spans(one)) == len(spans(kept[one["id"]]))
    assert len(spans(new)) > 50
    assert all(text[span["start"] : span["end"]] == span["text"] for span in spans(new))
    assert [one["text"] for one in spans(new)] != [one["text"] for one in spans(old)]


def test_provenance_says_what_was_done(made: Corpus) -> None:
    about = read(made.root / f"annotations/gold/{TWIN}.json")["provenance"]
    assert about["machine"] is True
    assert about["tool"] == "corpus twin"
    assert about["note"].startswith(f"Projected from gold of {DOC_ID}. Seed 1. read-more line: 1, caption: 1, ")
    assert "doubled space: " in about["note"]


def test_the_checks_find_in_a_twin_what_they_find_in_its_original(made: Corpus) -> None:
    found = [one for one in made.findings() if one["severity"] != "info"]
    assert {one["code"] for one in found if one["doc_id"] == TWIN} <= {
        one["code"] for one in found if one["doc_id"] == DOC_ID
    }


def test_the_same_files_give_the_same_twin_and_another_seed_another_one(made: Corpus) -> None:
    assert made.run("twin", "--split", "test", "--check").code == 0
    other = made.run("twin", DOC_ID, "--seed", "2", "--check")
    assert (other.code, len(other.out.splitlines())) == (1, 3)
    assert other.out.startswith("would write annotations/gold/")


def test_a_twin_of_gold_that_was_corrected_is_out_of_date(tmp_path: Path) -> None:
    corpus = Corpus(copy_repository(tmp_path / "corpus", (DOC_ID,), ("gold",)))
    corpus.run("twin")
    assert corpus.run("twin", "--check").code == 0
    change(corpus.root / GOLD, lambda value: value["quotes"][0].update(medium="writing"))
    ran = corpus.run("twin", "--check")
    assert (ran.code, ran.out) == (1, f"would write annotations/gold/{TWIN}.json\n")
    assert corpus.run("twin").out == f"wrote annotations/gold/{TWIN}.json\n"
    change(corpus.root / "raw" / f"{DOC_ID}.json", lambda value: value.update(redistribution="none"))
    ran = corpus.run("twin", "--check")
    assert ran.code == 1
    assert f"{TWIN} is a twin of a document that gets none" in ran.err


def test_no_twin_is_made_of_a_twin_or_without_gold(tmp_path: Path) -> None:
    corpus = tiny(tmp_path / "corpus")
    corpus.run("twin", "alpha")
    ran = corpus.run("twin", "alpha-noisy")
    assert ran.code == 2
    assert "alpha-noisy: no document with gold" in ran.err
    assert corpus.run("twin", "--split", "nowhere").code == 2


def test_an_article_with_the_id_of_a_twin_is_not_overwritten(tmp_path: Path) -> None:
    corpus = tiny(tmp_path / "corpus")
    corpus.add("alpha-noisy")
    ran = corpus.run("twin", "alpha")
    assert ran.code == 2
    assert "raw/alpha-noisy.json is not the noisy twin of alpha" in ran.err


def test_a_pronoun_of_the_other_gender_is_a_fault_of_the_copy_and_not_of_gold(tmp_path: Path) -> None:
    """The original has E512 for the same words."""
    corpus = Corpus(copy_repository(tmp_path / "corpus", (DOC_ID,), ("gold",)))
    corpus.run("twin")
    twin = corpus.root / "raw" / f"{TWIN}.json"
    wrong = read(corpus.root / f"annotations/gold/{TWIN}.json")["provenance"]["note"]
    assert "wrong pronoun: 1" in wrong
    assert "E512" not in {one["code"] for one in corpus.findings() if one["doc_id"] == TWIN}
    change(twin, lambda value: value.update(twin_kind="paraphrase"))
    assert "E512" in {one["code"] for one in corpus.findings() if one["doc_id"] == TWIN}


def test_the_twins_of_the_repository_are_those_of_its_gold() -> None:
    """If this fails, gold or a kind of edit changed: run `corpus twin --split test`."""
    rules = Rules(Schema.read(REPOSITORY), read_settings(REPOSITORY, all_severities()).severity)
    expected = {}
    for document in originals(REPOSITORY, "test"):
        expected |= noisy(document, rules).files
    there = {path.name for path in (REPOSITORY / "raw").glob("*-noisy.json")}
    assert there == {Path(path).name for path in expected if path.startswith("raw/") and path.endswith(".json")}
    stale = [path for path, data in expected.items() if (REPOSITORY / path).read_bytes() != data]
    assert not stale


def test_an_export_has_twins_only_if_they_are_asked_for(made: Corpus, tmp_path: Path) -> None:
    ran = made.run("export", "brat", str(tmp_path / "without"))
    assert ran.code == 0, ran.err
    assert ran.err.splitlines()[-1].endswith(": 1 annotation as brat, 1 twin left out")
    assert {path.stem for path in (tmp_path / "without").rglob("*.txt")} == {DOC_ID}
    ran = made.run("export", "brat", str(tmp_path / "with"), "--twins")
    assert ran.err.splitlines()[-1].endswith(": 2 annotations as brat")
    assert {path.stem for path in (tmp_path / "with").rglob("*.txt")} == {DOC_ID, TWIN}
