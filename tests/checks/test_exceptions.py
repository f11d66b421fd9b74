"""Exceptions: what they let pass, when they end, what they may not name, and how they are written."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.copies import to_bulk
from support.corpora import Corpus, Ran, annotation, run

from corpus import checks
from corpus.checks.suppress.exceptions import (
    EXCEPTIONS,
    ExceptionEntry,
    exception_keys,
    exception_toml,
    read_exceptions,
)
from corpus.checks.suppress.suppressions import SUPPRESSION_RULES, read_suppressions
from corpus.core.model import CorpusError, Problem

GOLD = "annotations/gold/alpha.json"
ENTRY = '[[exception]]\ndoc_id = "alpha"\nannotator = "gold"\ncode = "P307"\nreason = "so"\nuntil = 9999-12-31\n'


def wrong_spans(corpus: Corpus, *ids: str) -> Corpus:
    """The corpus with mentions that do not quote what they point at."""
    value = annotation("alpha")
    value["mentions"] += [
        {"id": one, "spans": [{"start": 2 * i, "end": 2 * i + 1, "text": "#"}], "form": "PRO", "entity": "e1"}
        for i, one in enumerate(ids)
    ]
    corpus.write(GOLD, value)
    return corpus


def entry(**changed: str) -> str:
    """An exception for P307 in the gold annotation of alpha; `changed` values are TOML, "" for none."""
    values = {"doc_id": '"alpha"', "annotator": '"gold"', "code": '"P307"', "reason": '"so"', "until": "9999-12-31"}
    values |= changed
    return "[[exception]]\n" + "".join(f"{name} = {value}\n" for name, value in values.items() if value)


def codes(corpus: Corpus, *argv: str) -> list[str]:
    return [one["code"] for one in json.loads(corpus.run("validate", "--format", "json", *argv).out)]


def add(corpus: Corpus, *argv: str, until: str = "9999-12-31") -> Ran:
    return corpus.run("exceptions", "add", *argv, "--reason", "it “is” so", "--until", until)


def test_what_an_exception_names_is_not_counted_and_not_shown(corpus: Corpus) -> None:
    wrong_spans(corpus, "x1", "x2").write(EXCEPTIONS, entry(record='"x1"'))
    found = corpus.findings()
    assert [(one["code"], one["record"]) for one in found] == [("P307", "x2")]
    assert corpus.run("build").code == 1
    corpus.write(EXCEPTIONS, entry())
    ran = corpus.run("validate")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == "no findings in 2 documents; 2 suppressed\n"
    built = corpus.run("build")
    assert (built.code, built.out) == (0, "")


def test_show_excepted(corpus: Corpus) -> None:
    wrong_spans(corpus, "x1").write(EXCEPTIONS, entry())
    ran = corpus.run("validate", "--show-excepted")
    assert ran.code == 0
    assert ": info P307 " in ran.out
    assert "(excepted until 9999-12-31: so)" in ran.out


@pytest.mark.parametrize(
    "other",
    [{"annotator": '"ann-a"'}, {"annotator": ""}, {"doc_id": '"beta"'}, {"record": '"x2"'}, {"code": '"P305"'}],
)
def test_what_it_does_not_name_is_found(corpus: Corpus, other: dict[str, str]) -> None:
    wrong_spans(corpus, "x1").write(EXCEPTIONS, entry(**other))
    assert codes(corpus) == ["P307", "X102"]


def test_a_level_fails_by_what_is_left(corpus: Corpus) -> None:
    value = annotation("alpha")
    value["mentions"][0]["spans"][0]["text"] = "oops"
    value["entities"].append({**value["entities"][0], "id": "e2", "name": "Bo"})
    value["entities"][0]["name"] = "oops"
    corpus.write(GOLD, value)
    assert codes(corpus) == ["P307"]
    corpus.write(EXCEPTIONS, entry())
    assert codes(corpus) == ["E503"]


def test_a_file_without_a_document(corpus: Corpus) -> None:
    corpus.write("annotations/notes.txt", "mine")
    assert codes(corpus) == ["F117"]
    assert add(corpus, "annotations/notes.txt:1:1").code == 0
    assert tomllib.loads((corpus.root / EXCEPTIONS).read_text())["exception"][0]["file"] == "annotations/notes.txt"
    assert codes(corpus) == []


def test_the_last_day_is_included(corpus: Corpus) -> None:
    corpus.write(EXCEPTIONS, entry(until="2027-01-31"))
    for today, held in ((date(2027, 1, 30), 1), (date(2027, 1, 31), 1), (date(2027, 2, 1), 0)):
        suppressions = read_suppressions(corpus.root, today)
        assert (len(suppressions.held), len(suppressions.expired)) == (held, 1 - held)


def test_an_expired_exception_is_a_finding_and_holds_no_more(corpus: Corpus) -> None:
    wrong_spans(corpus, "x1").write(EXCEPTIONS, "# why\n\n" + entry(until="2020-01-31"))
    assert codes(corpus) == ["P307", "X101"]
    last = corpus.findings()[-1]
    assert (last["file"], last["line"], last["doc_id"], last["severity"]) == (EXCEPTIONS, 3, "alpha", "warning")
    assert codes(corpus, str(corpus.root / GOLD)) == ["P307", "X101"]
    assert codes(corpus, str(corpus.root / "raw/beta.txt")) == []
    corpus.write("pyproject.toml", '[tool.corpus.severity]\nX101 = "info"\nP307 = "info"\n')
    assert corpus.run("validate").code == 0


def test_an_unneeded_exception_is_a_finding_of_a_whole_run(corpus: Corpus) -> None:
    corpus.write(EXCEPTIONS, entry())
    assert codes(corpus) == ["X102"]
    assert codes(corpus, str(corpus.root / GOLD)) == []
    assert corpus.run("validate", "--workers", "2").out == corpus.run("validate").out
    assert corpus.run("build").code == 0
    corpus.write("pyproject.toml", '[tool.corpus.severity]\nX102 = "error"\n')
    assert corpus.run("build").code == 1


def test_a_question_that_was_not_asked_makes_no_exception_unneeded(corpus: Corpus) -> None:
    corpus.write(EXCEPTIONS, entry())
    corpus.write(GOLD, "{")
    assert codes(corpus) == ["F103"]
    corpus.write("raw/alpha.json", "{")
    assert "X102" not in codes(corpus)


@pytest.mark.parametrize("bulk", [False, True])
def test_a_withheld_text_makes_no_exception_unneeded(corpus: Corpus, bulk: bool) -> None:
    """What needs the text is asked where somebody attached it: there the exception is needed."""
    corpus.write("raw/alpha.json", corpus.read("raw/alpha.json") | {"redistribution": "offsets_only"})
    (corpus.root / "raw/alpha.txt").unlink()
    for path in corpus.root.glob("annotations/*/alpha.json"):
        path.write_text(re.sub(r', *"text": "[^"]*"', "", json.dumps(json.loads(path.read_bytes()))), "utf-8")
    if bulk:
        to_bulk(corpus.root, 1)
        (corpus.root / "annotations/ann-a/b.jsonl").unlink()  # one document does not fill two files
    corpus.write(EXCEPTIONS, entry(code='"E515"'))
    ran = corpus.run("validate")
    assert codes(corpus) == [], ran.out


@pytest.mark.parametrize("code", ["F103", "S201", "R402"])
def test_what_does_not_hold_together_cannot_be_excepted(corpus: Corpus, code: str) -> None:
    corpus.write(EXCEPTIONS, entry(code=f'"{code}"'))
    for verb in ("validate", "build"):
        ran = corpus.run(verb)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith(f"corpus: {EXCEPTIONS}:1: exception 1: {code} cannot be suppressed")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[exception]\n", "(at line 1, column"),
        ('[[exception]]\nreason = "\x1b"\n', "(at line 2, column"),
        ("\ufeff", "at line 1"),
        ("x = " + "[" * 9999, f"{EXCEPTIONS}: "),
        ("other = 1\n", "unknown key other"),
        ("exception = 1\n", "must be an array of tables"),
        (entry(extra="1"), ":1: exception 1: unknown key extra"),
        (ENTRY + entry(record='"x"', reason='" "'), ":7: exception 2: reason must be a non-empty string"),
        (entry(reason=""), "reason is missing"),
        (entry(code=""), "code is missing"),
        (entry(code='"P999"'), "unknown code P999"),
        (entry(code='"X101"'), "unknown code X101"),
        (entry(code="307"), "code must be a non-empty string"),
        (entry(until=""), "until must be a date"),
        (entry(until='"2027-01-31"'), "until must be a date"),
        (entry(until="2027-01-31T00:00:00Z"), "until must be a date"),
        (entry(doc_id="", annotator=""), "set either doc_id or file"),
        (entry(file='"raw/alpha.txt"'), "set either doc_id or file"),
        (entry(doc_id="", file='"raw/alpha.txt"'), "annotator requires doc_id"),
        (ENTRY + "\n" + ENTRY, ":8: exception 2: duplicate of the exception for P307 alpha gold in line 1"),
    ],
)
def test_a_malformed_file_says_where(corpus: Corpus, text: str, said: str) -> None:
    corpus.write(EXCEPTIONS, text)
    ran = corpus.run("validate")
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert ran.err[:-1].isprintable()


def test_a_file_that_is_not_read(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus.write(EXCEPTIONS, b"\xff")
    assert "is not UTF-8: byte 0xff at offset 0" in corpus.run("validate").err
    monkeypatch.setattr("corpus.core.regular_file.LIMIT", 200_000)
    corpus.write(EXCEPTIONS, ENTRY + "#" * 200_000)
    assert "is larger than" in corpus.run("validate").err
    (corpus.root / EXCEPTIONS).unlink()
    (corpus.root / EXCEPTIONS).symlink_to("/etc/passwd")
    ran = corpus.run("validate")
    assert ran.code == 2
    assert "symbolic link" in ran.err


def test_add_by_place_and_by_name_write_the_same(corpus: Corpus) -> None:
    wrong_spans(corpus, "x1")
    found = corpus.findings()[0]
    assert add(corpus, f"{found['file']}:{found['line']}:{found['column']}:").code == 0
    by_place = (corpus.root / EXCEPTIONS).read_text()
    assert codes(corpus) == []
    (corpus.root / EXCEPTIONS).unlink()
    named = ("--code", "P307", "--doc", "alpha", "--annotator", "gold", "--record", "x1")
    ran = add(corpus, *named)
    assert (ran.code, ran.out, ran.err) == (0, "", "suppressed until 9999-12-31: P307 alpha gold x1\n")
    assert (corpus.root / EXCEPTIONS).read_text() == by_place
    again = add(corpus, *named)
    assert again.code == 2
    assert again.err.startswith(
        f"corpus: no exception was added: {EXCEPTIONS}:1 has one for P307 alpha gold x1 already"
    )
    assert (corpus.root / EXCEPTIONS).read_text() == by_place


def test_add_appends_and_leaves_what_is_there(corpus: Corpus) -> None:
    corpus.write(EXCEPTIONS, "# mine\n" + ENTRY + "\n\n")
    assert add(corpus, "--code", "P310", "--doc", "beta").code == 0
    added = '[[exception]]\ndoc_id = "beta"\ncode = "P310"\nreason = "it “is” so"\nuntil = 9999-12-31\n'
    assert (corpus.root / EXCEPTIONS).read_text() == "# mine\n" + ENTRY + "\n" + added
    listed = corpus.run("exceptions", "list")
    assert listed.out == "until 9999-12-31  P307 alpha gold: so\nuntil 9999-12-31  P310 beta: it “is” so\n"
    corpus.write(EXCEPTIONS, entry(until="2020-01-01", reason='"\\u001b[31m"'))
    assert corpus.run("exceptions", "list").out == "expired 2020-01-01  P307 alpha gold: <U+001B>[31m\n"


def test_add_asks_which_of_two_codes(corpus: Corpus) -> None:
    value = annotation("alpha")
    value["mentions"][1]["spans"] = [{"start": 5, "end": 9, "text": " Åsx"}]
    corpus.write(GOLD, value)
    places = {(one["line"], one["column"]): one["code"] for one in corpus.findings()}
    assert len(places) == 1
    (line, column), _ = places.popitem()
    if len(codes(corpus)) > 1:
        assert "choose one with --code" in add(corpus, f"{GOLD}:{line}:{column}").err
    assert add(corpus, f"{GOLD}:{line}:{column}", "--code", "P307").code == 0


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ((), "select the findings"),
        (("--code", "P307"), "select the findings"),
        (("--doc", "alpha"), "select the findings"),
        (("--code", "P307", "--doc", "alpha", GOLD), "select the findings"),
        (("--code", "P999", "--doc", "alpha"), "unknown code P999"),
        (("--code", "R402", "--doc", "alpha"), "R402 cannot be suppressed"),
        (("alpha",), "is not the location of a finding"),
        ((f"{GOLD}:1:1",), "there is no finding"),
        ((f"{GOLD}:1:1", "--code", "P307"), "there is no finding P307"),
        (("annotations/gold/none.json:1:1",), "no such file"),
        (("../x:1:1",), "corpus: "),
    ],
)
def test_add_refuses(corpus: Corpus, argv: tuple[str, ...], said: str) -> None:
    ran = add(corpus, *argv)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert not (corpus.root / EXCEPTIONS).exists()


def test_add_refuses_what_would_not_hold(corpus: Corpus) -> None:
    assert "is past" in add(corpus, "--code", "P307", "--doc", "alpha", until="2020-01-31").err
    assert "is not a date" in add(corpus, "--code", "P307", "--doc", "alpha", until="soon").err
    ran = corpus.run("exceptions", "add", "--code", "P307", "--doc", "alpha", "--reason", " ", "--until", "9999-12-31")
    assert "reason must be" in ran.err


@given(st.text(st.characters(exclude_categories=["Cs"])).filter(str.strip), st.text(st.characters(codec="utf-8")))
def test_what_is_written_is_read(reason: str, record: str) -> None:
    one = ExceptionEntry("P307", reason, date(2027, 1, 31), doc_id="alpha", record=record.strip())
    text = exception_toml(one)
    codes = checks.severities()
    assert read_exceptions(Path("/none"), codes, checks.suppressible(), text) == [one]
    assert text.count("\n") == 6 - (not one.record)


def test_keys_of_a_finding() -> None:
    in_gold = Problem("P307", "error", "annotations/gold/all.jsonl", "", doc_id="a", record="m1")
    assert ("P307", "", "a", "gold", "m1") in exception_keys(in_gold)
    assert ("P307", "", "a", "gold", "") in exception_keys(in_gold)
    assert ("P307", "annotations/gold/all.jsonl", "", "", "") in exception_keys(in_gold)
    assert exception_keys(Problem("F117", "warning", "raw/x", "")) == (("F117", "raw/x", "", "", ""),)


def test_rules_have_pages() -> None:
    assert [rule.code for rule in SUPPRESSION_RULES] == ["X101", "X102", "X104"]
    for rule in SUPPRESSION_RULES:
        starts = [line.partition(":")[0] for line in rule.page.splitlines()]
        assert [start for start in starts if start in ("What", "Why", "Bad", "Good")] == ["What", "Why", "Bad", "Good"]
        assert 10 < len(rule.message) < 80
        assert rule.code in run("rule", "--all").out
        assert not {rule.code, rule.name} & {text for check in checks.CHECKS for text in (check.code, check.name)}


def test_read_raises(tmp_path: Path) -> None:
    with pytest.raises(CorpusError):
        read_exceptions(tmp_path, (), (), ENTRY)
    assert read_exceptions(tmp_path, (), ()) == []
