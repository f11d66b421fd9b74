"""The ratchet: what is there passes, what is new is found, and what is gone may not come back."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.cases import CASES, FOLDERS, copy
from support.corpora import Corpus, annotation, record, tiny

from corpus.checks.suppress.baseline import BASELINE, baseline_toml, read_baseline
from corpus.checks.suppress.suppressions import all_rules
from corpus.core.fingerprint import Fingerprint, annotator_of, fingerprint
from corpus.core.model import CorpusError, Problem
from corpus.core.settings import ALWAYS_ERRORS

GOLD = "annotations/gold/alpha.json"
NOT_COUNTED = {rule.code for rule in all_rules() if rule.severity == "info"}
PASSING = list(
    {
        folder.name[:4]: folder
        for folder in FOLDERS
        if folder.name.startswith("F117")
        or (folder.name[1] in "356" and folder.name[:4] not in NOT_COUNTED and folder.name[:4] not in ALWAYS_ERRORS)
    }.values()
)
"""A case of each code that the baseline may list: of several, the last."""


def faulty(corpus: Corpus, ids: list[str], spans: int = 1) -> Corpus:
    """The corpus with mentions of these ids, before the others, each with so many wrong spans."""
    value = annotation("alpha")
    value["mentions"][:0] = [
        {
            "id": one,
            "spans": [{"start": at, "end": at + 1, "text": "#"} for at in range(6 * int(one[1]) - 6, 24, 2)[:spans]],
            "form": "PRO",
            "entity": "e1",
        }
        for one in ids
    ]
    corpus.write(GOLD, value)
    return corpus


def found(corpus: Corpus) -> list[tuple[str, str]]:
    return [(one["code"], one["record"]) for one in corpus.findings()]


ids = st.lists(st.sampled_from(["x1", "x2", "x3", "x4"]), unique=True)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ids.filter(len), ids, st.integers(1, 2), st.integers(1, 2))
def test_a_ratchet(
    tmp_path_factory: pytest.TempPathFactory, before: list[str], after: list[str], spans: int, later: int
) -> None:
    """Clean when written; then exactly what is new is found, and exactly what is gone is stale.

    There are fewer wrong spans than are put together into one finding.
    """
    corpus = faulty(tiny(tmp_path_factory.mktemp("ratchet")), before, spans)
    assert corpus.run("baseline", "write").code == 0
    assert found(corpus) == []
    first = corpus.files()
    assert corpus.run("baseline", "write").code == 0
    assert corpus.files() == first
    faulty(corpus, after, later)
    was, now = dict.fromkeys(before, spans), dict.fromkeys(after, later)
    new = [one for one in after for _ in range(max(0, now[one] - was.get(one, 0)))]
    gone = sum(max(0, was[one] - now.get(one, 0)) for one in before)
    problems = corpus.findings()
    assert [one["record"] for one in problems if one["code"] == "P307"] == new
    stale = [one["message"] for one in problems if one["code"] == "X104"]
    assert stale == [f"The baseline lists findings that no longer exist: {gone} finding{'s' * (gone != 1)}"] * bool(
        gone
    )
    ran = corpus.run("baseline", "write")
    assert (ran.code, ran.out.count(": error P307 ")) == (bool(new), len(new))
    assert [record for _, record in found(corpus)] == new
    assert corpus.run("baseline", "write", "--grow").code == 0
    assert found(corpus) == []


def test_what_is_gone_may_not_come_back(corpus: Corpus) -> None:
    faulty(corpus, ["x1"])
    assert corpus.run("baseline", "write").err == f"{BASELINE}: 1 finding, 1 new, 0 gone\n"
    faulty(corpus, [])
    assert found(corpus) == [("X104", "")]
    assert corpus.run("validate").code == 1
    assert corpus.run("baseline", "write").err == f"{BASELINE}: 0 findings, 0 new, 1 gone\n"
    assert (found(corpus), (corpus.root / BASELINE).exists()) == ([], True)
    faulty(corpus, ["x1"])
    ran = corpus.run("baseline", "write")
    assert (ran.code, found(corpus)) == (1, [("P307", "x1")])
    assert ran.err.endswith("not in the baseline: 1 finding; fix, except, or add with --grow\n")


def test_a_first_run_without_findings_leaves_the_first_run_to_do(corpus: Corpus) -> None:
    ran = corpus.run("baseline", "write")
    assert (ran.code, ran.err) == (0, "no finding that can be suppressed: no baseline was written\n")
    assert not (corpus.root / BASELINE).exists()
    faulty(corpus, ["x1"])
    assert corpus.run("baseline", "write").code == 0
    assert found(corpus) == []


def test_infos_are_not_listed_when_the_baseline_is_written(corpus: Corpus) -> None:
    corpus.add("alpha")
    corpus.write("pyproject.toml", '[tool.corpus.severity]\nP307 = "info"\n')
    faulty(corpus, ["x1"])
    assert "info P307" in corpus.run("validate").out
    ran = corpus.run("baseline", "write")
    assert (ran.code, ran.out) == (0, "")


def test_the_file_is_a_line_a_finding(corpus: Corpus) -> None:
    faulty(corpus, ["x2", "x1"], 2)
    corpus.run("baseline", "write")
    place = 'doc_id = "alpha", annotator = "gold", code = "P307"'
    assert (corpus.root / BASELINE).read_text().splitlines()[1:] == [
        "finding = [",
        f'  {{ {place}, record = "x1", field = "/mentions/*/spans/*", count = 2 }},',
        f'  {{ {place}, record = "x2", field = "/mentions/*/spans/*", count = 2 }},',
        "]",
    ]


def test_it_does_not_depend_on_lines_processes_or_the_form(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corpus.pipeline.run.DOCUMENTS", 1)
    faulty(corpus, ["x1", "x2"])
    corpus.run("baseline", "write", "--workers", "2")
    first = (corpus.root / BASELINE).read_bytes()
    value = corpus.read(GOLD)
    corpus.write(GOLD, "\n\n" + json.dumps(value | {"mentions": value["mentions"][::-1]}, indent=3))
    assert found(corpus) == []
    assert corpus.run("validate", "--workers", "2").out == ""
    (corpus.root / GOLD).unlink()
    corpus.write("annotations/gold/all.jsonl", json.dumps(value) + "\n")
    assert found(corpus) == []
    corpus.run("baseline", "write")
    assert (corpus.root / BASELINE).read_bytes() == first


def test_the_build_honours_it(corpus: Corpus) -> None:
    faulty(corpus, ["x1"])
    assert corpus.run("build").code == 1
    corpus.run("baseline", "write")
    assert corpus.run("build").code == 0
    faulty(corpus, ["x1", "x2"])
    assert corpus.run("build").code == 1


def test_what_is_in_no_split_or_no_document_is_in_no_table(corpus: Corpus) -> None:
    corpus.add("gamma")
    corpus.write("raw/gamma.json", {name: value for name, value in record("gamma").items() if name != "split"})
    corpus.write("annotations/gold/alpha.json.bak", "mine")
    assert corpus.run("baseline", "write").code == 0
    built = corpus.run("build")
    assert (built.code, " documents 2," in built.err) == (0, True)


def test_an_exception_goes_first(corpus: Corpus) -> None:
    faulty(corpus, ["x1"])
    corpus.run("baseline", "write")
    named = ("--code", "P307", "--doc", "alpha", "--annotator", "gold")
    corpus.run("exceptions", "add", *named, "--reason", "so", "--until", "9999-12-31")
    assert found(corpus) == [("X104", "")]


def test_what_does_not_hold_together_is_not_taken_in(corpus: Corpus) -> None:
    faulty(corpus, ["x1", "x1"]).write("raw/beta.json", "{")
    ran = corpus.run("baseline", "write")
    assert ran.code == 1
    assert "fix what cannot be suppressed" in ran.err
    codes = {code for code, _ in found(corpus)}
    assert {"F103", "R401"} <= codes
    assert not any(code[0] in "PX" for code in codes)


def test_a_question_that_was_not_asked_makes_nothing_stale(corpus: Corpus) -> None:
    faulty(corpus, ["x1"])
    corpus.run("baseline", "write")
    corpus.write(GOLD, "{")
    assert found(corpus) == [("F103", "")]
    assert corpus.run("validate", str(corpus.root / "raw/beta.txt")).code == 0


def test_an_info_is_not_counted_and_not_taken_in(corpus: Corpus) -> None:
    corpus.write("pyproject.toml", '[tool.corpus.severity]\nP307 = "info"\n')
    faulty(corpus, ["x1"])
    assert corpus.run("baseline", "write").code == 0
    assert read_baseline(corpus.root) == {}
    assert found(corpus) == [("P307", "x1")]


@pytest.mark.parametrize("folder", PASSING, ids=lambda folder: folder.name)
def test_every_fault_that_may_pass_does(folder: Path, tmp_path: Path) -> None:
    """Also the questions that are asked only now, since the fault no longer fails its level."""
    bad, _, _ = copy(folder, tmp_path)
    corpus = Corpus(bad)
    ran = corpus.run("baseline", "write")
    assert ran.code == 0, ran.out
    assert read_baseline(bad)
    assert corpus.findings() == []
    built = corpus.run("build")
    assert built.code == 0 or built.err.endswith("there is no document to build\n")
    (tmp_path / "good/annotations").mkdir(exist_ok=True)
    shutil.copy(bad / BASELINE, tmp_path / "good" / BASELINE)
    assert [one["code"] for one in Corpus(tmp_path / "good").findings()] == ["X104"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("finding = 1\n", "must be an array of tables"),
        ("finding = [\n", "(at"),
        ("other = 1\n", "unknown key other"),
        ('finding = [ { doc_id = "a" } ]', "finding 1: code is missing"),
        ('finding = [ { code = "P307", count = 0 } ]', "count must be"),
        ('finding = [ { code = "P307", count = true } ]', "count must be"),
        ('finding = [ { code = "P307", line = "3" } ]', "bad key line"),
        ("finding = [ { code = 3 } ]", "bad key code"),
        ('finding = [ { code = "P307" }, { code = "P307" } ]', "finding 2: duplicate entry"),
    ],
)
def test_a_malformed_file_says_where(corpus: Corpus, text: str, said: str) -> None:
    corpus.write(BASELINE, text)
    ran = corpus.run("validate")
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_an_entry_of_a_check_that_is_gone_is_stale(corpus: Corpus) -> None:
    corpus.write(BASELINE, 'finding = [ { doc_id = "alpha", code = "P399" }, { doc_id = "alpha", code = "F103" } ]')
    assert corpus.findings()[0]["message"].endswith(": 2 findings")


names = st.text(st.characters(codec="utf-8"))


@given(st.dictionaries(st.builds(Fingerprint, *[names] * 2, st.just("P307"), *[names] * 3), st.integers(1, 9)))
def test_what_is_written_is_read(baseline: dict[Fingerprint, int]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "annotations").mkdir()
        (Path(folder) / BASELINE).write_bytes(baseline_toml(baseline))
        assert read_baseline(Path(folder)) == baseline


def test_too_many_for_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corpus.checks.suppress.baseline.LIMIT", 10)
    with pytest.raises(CorpusError, match="do not fit into"):
        baseline_toml({})


def test_fingerprint() -> None:
    problem: dict[str, Any] = {"code": "P307", "severity": "error", "message": "m", "record": "m7", "doc_id": "a"}
    one = Problem(**problem, file="annotations/gold/a.json", pointer="/mentions/7/spans/0/text", line=9)
    other = Problem(**problem, file="annotations/gold/all.jsonl", pointer="/mentions/12/spans/3/text", line=1)
    assert fingerprint(one) == fingerprint(other) == ("a", "gold", "P307", "m7", "/mentions/*/spans/*/text", "")
    assert fingerprint(one).digest == fingerprint(other).digest
    assert len(fingerprint(one).digest) == 32
    lone = fingerprint(Problem("F117", "warning", "raw/\ud800", "m"))
    assert lone == ("", "", "F117", "", "", "raw/?")
    assert [annotator_of(file) for file in ("raw/a.txt", BASELINE, GOLD, "raw/b/a.txt")] == ["", "", "gold", ""]


def test_cases_are_all_there() -> None:
    assert len(PASSING) > 40
    assert CASES.is_dir()
