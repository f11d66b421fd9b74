"""What CI services get: fixes in SARIF, the Code Quality report of GitLab, statistics, and an empty corpus."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from support.corpora import TEXT, Corpus, annotation, run

from corpus.core.model import Problem
from corpus.core.text import snippet, snippet_words
from corpus.report import RunInfo, write


def faulty(corpus: Corpus) -> Corpus:
    """Three findings in gold's alpha: a safe fix, a fix to review, and a fix that adds a key."""
    value = annotation("alpha")
    entity, other = value["mentions"][0]["spans"], value["mentions"][1]["spans"]
    entity[0]["end"] += 1
    entity[0]["text"] += " "  # white space at the edge
    other[0]["start"], other[0]["end"] = other[0]["start"] - 40, other[0]["end"] - 40  # quotes words of another place
    del value["quotes"][0]["cue"][0]["text"]
    corpus.write("annotations/gold/alpha.json", json.dumps(value, indent=2, ensure_ascii=False))
    return corpus


def results(corpus: Corpus) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(corpus.run("validate", "--format", "sarif").out)["runs"][0]["results"]
    return found


def applied(text: str, fixes: list[dict[str, Any]]) -> str:
    """Apply the replacements of SARIF fixes as an editor does, from the end."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    edits = []
    for fix in fixes:
        for replacement in fix["artifactChanges"][0]["replacements"]:
            region = replacement["deletedRegion"]
            begin = starts[region["startLine"] - 1] + region["startColumn"] - 1
            end = starts[region["endLine"] - 1] + region["endColumn"] - 1
            edits.append((begin, end, replacement["insertedContent"]["text"]))
    for begin, end, new in sorted(edits, reverse=True):
        text = text[:begin] + new + text[end:]
    return text


def test_an_editor_applies_the_fixes_of_sarif_as_the_command_does(corpus: Corpus) -> None:
    found = results(faulty(corpus))
    assert sorted(one["ruleId"] for one in found) == ["P307", "P308", "P310"]
    path = corpus.root / "annotations/gold/alpha.json"
    fixed = json.loads(applied(path.read_text("utf-8"), [one["fixes"][0] for one in found]))
    assert corpus.run("fmt", "--fix", "--unsafe").code == 0
    assert fixed == corpus.read("annotations/gold/alpha.json")
    review = [one["fixes"][0]["description"]["text"].startswith("review this: ") for one in found]
    assert review == [one["ruleId"] != "P310" for one in found]


def test_a_region_ends_after_what_it_is_about(corpus: Corpus) -> None:
    value = annotation("alpha")
    value["mentions"][0]["form"], value["mentions"][1]["entity"] = "Name", None
    text = json.dumps(value, indent=2, ensure_ascii=False)
    corpus.write("annotations/gold/alpha.json", text)
    regions = {
        one["properties"]["pointer"]: one["locations"][0]["physicalLocation"]["region"] for one in results(corpus)
    }
    lines = text.splitlines()
    words = {
        pointer: lines[region["startLine"] - 1][region["startColumn"] - 1 : region["endColumn"] - 1]
        for pointer, region in regions.items()
    }
    assert words == {"/mentions/0/form": '"form": "Name"', "/mentions/1/entity": '"entity": null'}


def test_rules_lead_to_their_pages(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    def uris() -> list[str | None]:
        log = json.loads(corpus.run("validate", "--format", "sarif").out)
        return [rule.get("helpUri") for rule in log["runs"][0]["tool"]["driver"]["rules"]]

    assert set(uris()) == {None}
    monkeypatch.setenv("ON_THE_RECORD_RULE_PAGES", "https://example.org/rules.md")
    assert uris()[0] == "https://example.org/rules.md#f101-not-utf8"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (TEXT, "spoke"),
        (TEXT, "😀"),
        ("日本の橋は安全だ。", "橋"),
        ("Rene\u0301 sang", "Rene\u0301"),
        ("שלום to us", "to"),
    ],
)
def test_the_words_of_a_snippet(text: str, words: str) -> None:
    start = text.index(words)
    before, underlined, _ = snippet_words(snippet(text, start, start + len(words)))
    assert (before, underlined) == (text[:start], words)


def gitlab(corpus: Corpus) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(corpus.run("validate", "--format", "gitlab").out)
    return found


def test_gitlab_tells_new_findings_from_old_ones(corpus: Corpus) -> None:
    before = gitlab(faulty(corpus))
    for one in before:
        assert one.keys() == {"description", "check_name", "fingerprint", "severity", "location"}
        assert one["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert one["location"].keys() == {"path", "lines"}
        assert not one["location"]["path"].startswith("./")
    assert {one["check_name"] for one in before} == {
        "P307 slice-mismatch",
        "P308 no-span-text",
        "P310 edge-white-space",
    }
    assert any("›she‹" in one["description"] or "fix (corpus fmt --fix" in one["description"] for one in before)
    value = corpus.read("annotations/gold/alpha.json")
    value["mentions"].insert(0, {**annotation("alpha")["mentions"][0], "id": "m0"})
    corpus.write("annotations/gold/alpha.json", json.dumps(value, indent=7))
    after = {one["fingerprint"]: one["location"]["lines"]["begin"] for one in gitlab(corpus)}
    same = {one["fingerprint"]: one["location"]["lines"]["begin"] for one in before}
    assert after.keys() >= same.keys()
    assert all(after[one] > line for one, line in same.items())


def test_gitlab_shows_each_finding(corpus: Corpus) -> None:
    """Findings that differ in nothing but their place would be one for GitLab, which compares fingerprints."""
    for name in ("one", "two", "three"):
        corpus.write(f"raw/{name}.bak", "x")
    corpus.write("annotations/gold/alpha.json", annotation("alpha", entities=[1, 2, 3]))
    found = gitlab(corpus)
    assert len({one["fingerprint"] for one in found}) == len(found) > 5


def test_gitlab_numbers_findings_that_share_a_fingerprint_however_many_there_are() -> None:
    several = [
        Problem("R401", "error", "annotations/gold/d.json", "m", doc_id="d", record=f"m{i}") for i in range(2500)
    ]
    twice = [one for problem in several for one in (problem, problem)]
    out = io.StringIO()
    write(twice, [("gitlab", out)], RunInfo())
    assert len({one["fingerprint"] for one in json.loads(out.getvalue())}) == len(twice)


def test_gitlab_gets_paths_from_the_top_of_the_repository(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI_PROJECT_DIR", str(corpus.root.parent))
    assert gitlab(faulty(corpus))[0]["location"]["path"] == f"{corpus.root.name}/annotations/gold/alpha.json"


def test_statistics_count_by_code(corpus: Corpus) -> None:
    value = annotation("alpha")
    for span in (value["mentions"][0]["spans"][0], value["quotes"][0]["cue"][0]):
        span["end"] += 1
        span["text"] = TEXT[span["start"] : span["end"]]
    value["mentions"][1]["spans"][0]["text"] = "oops"
    corpus.write("annotations/gold/alpha.json", value)
    ran = corpus.run("validate", "--statistics")
    assert ran.code == 1
    rows = json.loads(corpus.run("validate", "--statistics", "--format", "json").out)
    found = corpus.findings()
    assert sum(row["count"] for row in rows) == len(found)
    assert [row["count"] for row in rows] == sorted((row["count"] for row in rows), reverse=True)
    by_code = {row["code"]: row for row in rows}
    assert by_code["P310"]["safely_fixable"] == by_code["P310"]["count"] > 0
    assert by_code["P307"]["fixable"] == 0
    lines = ran.out.splitlines()
    assert f"{by_code['P310']['count']}  P310  warning  [*] A span begins or ends with white space" in lines
    assert "1  P307  error    [ ] A span's offsets do not match the words it quotes" in lines


def test_statistics_of_a_format_that_has_none(corpus: Corpus) -> None:
    ran = corpus.run("validate", "--statistics", "--format", "sarif")
    assert (ran.code, ran.out) == (2, "")
    assert "text and json, not sarif" in ran.err


def test_an_empty_corpus_says_that_it_is_empty(corpus: Corpus) -> None:
    for file in [*corpus.root.glob("raw/*"), *corpus.root.glob("annotations/*/*")]:
        file.unlink()
    ran = corpus.run("validate")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err.startswith("warning: nothing to validate: ")
    assert corpus.run("validate", "--require-documents").code == 2
    assert run("--root", str(corpus.root / "raw"), "validate").code == 2


def test_a_corpus_with_documents_does_not(corpus: Corpus) -> None:
    ran = corpus.run("validate", "--require-documents")
    assert (ran.code, ran.err) == (0, "no findings in 2 documents\n")
