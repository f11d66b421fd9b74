"""Twins: changed copies of other articles, in their split and story, which no figure counts."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from support.cases import CASES, copy
from support.corpora import TEXT, Corpus, annotation, tiny

from corpus.score import score

TWIN = {"story": "bridge", "twin_of": "alpha", "twin_kind": "noisy"}


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    """Two articles; `alpha` of the story bridge has a twin."""
    made = tiny(tmp_path / "corpus")
    made.add("alpha", annotators=("gold", "ann-a"), story="bridge", set="plain")
    made.add("twin", TEXT.replace("spoke", "speaks"), **TWIN, set="plain")
    return made


def found(corpus: Corpus) -> list[tuple[str, str]]:
    return [(one["pointer"], one["message"]) for one in corpus.findings() if one["code"] == "C644"]


@pytest.mark.parametrize(
    ("changed", "path", "message"),
    [
        ({"twin_of": "omega"}, "/twin_of", "the corpus has no valid document omega"),
        ({"twin_of": "twin"}, "/twin_of", "it names itself"),
        ({"twin_of": "other"}, "/twin_of", "other is a twin of alpha"),
        ({"story": "ferry"}, "/story", "story ferry here, bridge for alpha"),
        ({"story": None}, "", "story missing here, bridge for alpha"),
        ({"split": "test"}, "/split", "split test here, train for alpha"),
        ({"twin_kind": None}, "/twin_of", "`twin_kind` is missing"),
        ({"twin_of": None}, "/twin_kind", "it is noisy, and `twin_of` is missing"),
    ],
)
def test_a_twin_that_does_not_fit_is_found(corpus: Corpus, changed: dict[str, Any], path: str, message: str) -> None:
    corpus.add("other", TEXT.replace("spoke", "spoke up"), **TWIN)
    assert found(corpus) == []
    record = {name: value for name, value in {**TWIN, **changed}.items() if value is not None}
    corpus.add("twin", TEXT.replace("spoke", "speaks"), **record)
    assert found(corpus) == [(path, f"A twin does not fit its original: {message}")]


def test_of_some_paths_only_a_missing_original_is_not_reported(corpus: Corpus) -> None:
    corpus.add("twin", TEXT.replace("spoke", "speaks"), **{**TWIN, "twin_of": "omega"})
    assert "C644" not in corpus.run("validate", str(corpus.root / "raw" / "twin.json")).out


def test_the_card_counts_no_twin(corpus: Corpus) -> None:
    for doc_id, extra in (("alpha", {}), ("beta", {"set": "hard"}), ("twin", TWIN)):
        record = corpus.read(f"raw/{doc_id}.json")
        corpus.write(f"raw/{doc_id}.json", {"set": "plain", **record, **extra})
    corpus.write("DATASET_CARD.md", "---\nlicense: cc-by-4.0\n---\n\n<!-- corpus:counts -->\n")
    ran = corpus.run("build")
    assert ran.code == 0, ran.err
    card = (corpus.root / "build" / "README.md").read_text("utf-8")
    rows = [line for line in card.splitlines() if line.startswith("| ")]
    for row in (
        "| articles | 2 |",
        "| articles of set `plain` | 1 |",
        "| articles of set `hard` | 1 |",
        "| twins, not counted in any figure | 1 |",
        "| quotes | 2 |",
        "| `direct` | Direct | Word for word, in quotation marks or set off as a block. | 2 |",
    ):
        assert row in rows


def test_no_twin_is_in_a_figure_of_agreement(corpus: Corpus) -> None:
    """Neither the annotators' agreement nor what gold decided; but a worklist of what differs has the twin too."""
    for doc_id in ("alpha", "twin"):
        for annotator in ("ann-a", "ann-b"):
            value = corpus.read(f"annotations/gold/{doc_id}.json") | {"annotator": annotator}
            corpus.write(f"annotations/{annotator}/{doc_id}.json", value)
    ran = corpus.run("agreement")
    assert "on 1 document" in ran.out
    assert "1 twins, which no figure counts" in ran.out


def test_no_twin_is_counted_on_the_page_of_the_corpus(corpus: Corpus) -> None:
    assert corpus.run("view", "--out", str(corpus.root / "out")).code == 0
    page = (corpus.root / "out/index.html").read_text("utf-8")
    figures = dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page))
    assert (figures["articles"], figures["twin, not counted"], figures["quotes"]) == ("2", "1", "2")
    assert (corpus.root / "out/annotations/gold/twin.html").exists()


def test_no_twin_is_in_a_soft_score(corpus: Corpus) -> None:
    for doc_id in ("alpha", "twin"):
        for annotator in ("ann-a", "ann-b"):
            value = corpus.read(f"annotations/gold/{doc_id}.json") | {"annotator": annotator}
            corpus.write(f"annotations/{annotator}/{doc_id}.json", value)
    assert "1 document" in corpus.run("score", "gold", "--soft").out
    assert corpus.run("build").code == 0
    assert "1 document" in corpus.run("score", "gold", "--soft", "--release", str(corpus.root / "build")).out


def test_no_twin_is_in_the_table_of_baselines(corpus: Corpus) -> None:
    """The counts of a script that scores the twin too are those of its original alone."""
    corpus.write("DATASET_CARD.md", "# A\n\n<!-- generated:baselines -->\n<!-- end -->\n")
    systems = {name: {"alpha": [i, 4], "twin": [4, 4]} for i, name in enumerate(("coin", "model"))}
    value = json.dumps({"task": "guessing", "kind": "share", "systems": systems})
    corpus.write(
        "examples/guess.py", f"import pathlib, sys\npathlib.Path(sys.argv[2]).write_text({value!r})\n".encode()
    )
    assert corpus.run("build").code == 0
    out = corpus.run("score", "--baselines").out
    assert "| coin | 0.000 |" in out
    assert "| model | 0.250 |" in out


@pytest.mark.parametrize("against", ["corpus", "release"])
def test_no_twin_is_scored(corpus: Corpus, tmp_path: Path, against: str) -> None:
    predicted = tmp_path / "predicted"
    predicted.mkdir()
    for doc_id, text in (("alpha", TEXT), ("beta", TEXT.replace("safe", "not safe")), ("twin", TEXT)):
        (predicted / f"{doc_id}.json").write_text(json.dumps(annotation(doc_id, text, "model")))
    of: dict[str, Any] = {"root": corpus.root}
    if against == "release":
        corpus.write("DATASET_CARD.md", "---\nlicense: cc-by-4.0\n---\n")
        assert corpus.run("build").code == 0
        of = {"release": corpus.root / "build"}
    result = score(predicted, **of)
    assert result.documents == 2
    assert min(one.value for one in result.figures if one.value == one.value) == 1.0


def test_the_characters_of_a_twin_are_not_counted(corpus: Corpus) -> None:
    def said() -> list[str]:
        ran = corpus.run("validate", "--format", "json")
        return [one["message"] for one in json.loads(ran.out) if one["code"] == "C638"]

    before = said()
    corpus.add("twin", TEXT.replace("spoke ", "speaks\u00a0"), **TWIN, set="plain")
    assert said() == before
    corpus.add("other", TEXT.replace("spoke ", "spoke\u00a0"), set="plain")
    assert [one.split(": ")[1] for one in said()] == ["1 of 3 texts have no-break spaces"]


def codes(corpus: Corpus, *paths: str) -> list[str]:
    return [f"{one['code']} {one['file']}" for one in corpus.findings(*paths) if one["code"] in ("C645", "C646")]


@pytest.fixture
def copied(tmp_path: Path) -> Corpus:
    """The corpus of C645: an article and the noisy twin that `corpus twin` made of it."""
    _, good, _ = copy(CASES / "C645-stale-twin", tmp_path)
    return Corpus(good)


STALE = ["C645 annotations/gold/lock-gate-noisy.json"]
GOLD_FILE = "annotations/gold/lock-gate.json"


def test_what_a_twin_does_not_have_does_not_make_it_stale(copied: Corpus) -> None:
    gold = copied.read(GOLD_FILE) | {"provenance": {"tool": "hand", "note": "read twice"}}
    copied.write(GOLD_FILE, json.dumps(dict(reversed(gold.items()))).encode())
    assert codes(copied) == []
    reading = {"layer": "quotes", "record": "q1", "field": "medium", "value": "unspecified", "note": "a note"}
    copied.write(GOLD_FILE, {**gold, "provenance": {"alternatives": [reading]}})
    assert codes(copied) == STALE
    assert copied.run("twin").code == 0
    assert codes(copied) == []


def test_a_twin_that_names_no_original_is_not_asked(copied: Corpus) -> None:
    twin, gold = copied.read("annotations/gold/lock-gate-noisy.json"), copied.read(GOLD_FILE)
    del twin["provenance"]["original_sha256"]
    copied.write("annotations/gold/lock-gate-noisy.json", twin)
    gold["quotes"][0]["medium"] = "unspecified"
    copied.write(GOLD_FILE, gold)
    assert codes(copied) == []


def test_a_stale_twin_is_found_from_both_of_its_files(copied: Corpus) -> None:
    git = ("git", "-C", str(copied.root), "-c", "user.name=a", "-c", "user.email=a@b")
    for argv in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--message", "a")):
        subprocess.run([*git, *argv], check=True)
    for path in (GOLD_FILE, "annotations/gold/lock-gate-noisy.json"):
        value = copied.read(path)
        value["quotes"][0]["medium"] = "unspecified"
        copied.write(path, value)
        ran = copied.run("validate", "--since", "HEAD", "--format", "json")
        assert [one["file"] for one in json.loads(ran.out) if one["code"] == "C645"] == [STALE[0][5:]]


def test_an_original_with_errors_or_without_gold_makes_no_twin_stale(copied: Corpus) -> None:
    gold = copied.read(GOLD_FILE)
    gold["quotes"][0]["medium"] = "broadcast"
    copied.write(GOLD_FILE, gold)
    assert codes(copied) == []
    (copied.root / GOLD_FILE).unlink()
    assert codes(copied) == []


def test_in_an_older_schema_a_twin_names_no_original(copied: Corpus) -> None:
    schema = copied.read("schema/annotation.schema.json")
    del schema["properties"]["provenance"]["properties"]["original_sha256"]
    copied.write("schema/annotation.schema.json", schema)
    assert copied.run("twin").code == 0
    assert "original_sha256" not in copied.read("annotations/gold/lock-gate-noisy.json")["provenance"]
    assert copied.findings() == []


def test_a_missing_twin_is_not_asked_of_a_text_that_may_not_be_passed_on(tmp_path: Path) -> None:
    bad, _, _ = copy(CASES / "C646-missing-twin", tmp_path)
    corpus = Corpus(bad)
    assert codes(corpus) == ["C646 raw/weir-pool.json"]
    assert codes(corpus, "raw/weir-pool.json") == []
    record = corpus.read("raw/weir-pool.json")
    corpus.write("raw/weir-pool.json", {**record, "redistribution": "offsets_only"})
    (bad / "raw" / "attached").mkdir()
    (bad / "raw" / "weir-pool.txt").rename(bad / "raw" / "attached" / "weir-pool.txt")
    assert codes(corpus) == []


def test_a_few_twins_are_no_reason_for_others(tmp_path: Path) -> None:
    bad, _, _ = copy(CASES / "C646-missing-twin", tmp_path)
    corpus = Corpus(bad)
    for path in ("raw/mill-race-noisy.json", "raw/mill-race-noisy.txt", "annotations/gold/mill-race-noisy.json"):
        (bad / path).unlink()
    assert codes(corpus) == []
