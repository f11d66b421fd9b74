"""The report formats: what each looks like, that a submission only ever is shown in them, and that they stream.

`golden/` holds each format's report on a corpus of four faults; `pytest tests/report/test_reports.py --golden`
writes it anew.
"""

from __future__ import annotations

import html
import io
import json
import os
import re
import shlex
import tracemalloc
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import pysarif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from sarif_pydantic import Sarif
from support.cases import CASES, copy, validate
from support.corpora import Corpus, annotation

from corpus.checks import CHECKS
from corpus.core.fingerprint import fingerprint
from corpus.core.model import Edit, Fix, Place, Problem
from corpus.core.text import visible
from corpus.pipeline import run as pipeline
from corpus.report import REPORTERS, RuleInfo, RunInfo, github, markdown, write

GOLDEN = {
    "text": "text.txt",
    "json": "json.json",
    "jsonl": "jsonl.jsonl",
    "github": "github.txt",
    "sarif": "sarif.json",
    "gitlab": "gitlab.json",
    "junit": "junit.xml",
    "markdown": "markdown.md",
    "html": "html.html",
}
FAULTS = ("F101-not-utf8", "P307-slice-mismatch-utf16", "R401-duplicate-id", "Q507-same-content")
RULES = tuple(
    RuleInfo(check.code, check.name, check.severity, check.message, check.page, check.advice) for check in CHECKS
)
PAGES = "https://example.org/rules.md"
RUN = RunInfo(rules=RULES, version="0.1.0", documents=3, rule_pages=PAGES)
SHORT_RUN = replace(RUN, rules=tuple(rule for rule in RULES if rule.code == "P307"))
"""Knows the rule of `hostile` alone: holding a hundred rules against the models of SARIF takes longer than all else."""

HOSTILE = (
    ":",
    "::error::owned",
    "  ::set-output name=x::owned",
    "##[error]owned",
    "##[[group]owned",
    "##vso[task.setvariable variable=x]owned",
    "##teamcity[message text='owned']",
    "]]>",
    "<script>alert(1)</script>",
    "<!-- --> <b onclick='x'>&amp;&#0;&owned;",
    "`` ` ``` ~~~",
    "| a | b |\n|---|---|",
    "line\nbreak\r\n::error::owned",
    "\u2028::error::owned\u2029\x85::error::owned\x0b::error::owned",
    "\u202eowned\u2066\u2069\u200b\u200f\ufeff",
    "\x00\x07\x1b[31mowned\x1b]8;;https://owned.example\x1b\\\x9b1m",
    "[owned](https://owned.example) ![owned](https://owned.example/x.png) <https://owned.example>",
    "https://owned.example www.owned.example owned@owned.example @owned #1 owned/owned#1",
    "\n\n# owned\n\n- owned\n\n    owned\n\n---\n\n</pre></code></table>",
    "%0A::error::owned%0D%25 a:b,c=d",
    "\ud800 \udfff \ufffe \uffff \U000e0041",
    "{0} {{ }} \\ \\[ \\u005b *owned* _owned_ ~owned~ $x$ :tada:",
    "",
)


def reported(problems: Iterable[Problem], name: str, run: RunInfo = RUN) -> str:
    """What a format makes of the findings."""
    out = io.StringIO()
    write(problems, [(name, out)], run)
    return out.getvalue()


def hostile(text: str, severity: Any = "error", code: str = "P307") -> Problem:
    """A finding that says `text` wherever a submission has a say; what shows a span is made by `snippet`."""
    message = next(rule.message for rule in RULES if rule.code == "P307")
    return Problem(
        code=code,
        severity=severity,
        file=f"raw/{text}.json",
        message=f"{message}: {text}",
        pointer=f"/mentions/0/{text}",
        line=2,
        column=3,
        doc_id=text,
        record=text,
        snippet=f"{visible(text)}\n{'^' * max(1, len(text))}",
        suggestion=text,
        fix=Fix(False, text, (Edit(f"/{text}", text, (2, 3, 2, 9)), Edit(f"/new/{text}", text, (3, 1, 3, 1)))),
        related=(Place(f"raw/{text}", 1, 1, text),),
        end_column=9,
    )


def everywhere(text: str) -> list[Problem]:
    """Findings of each severity that say `text`, also where the message says nothing else."""
    found = [hostile(text, severity) for severity in ("error", "warning", "info")]
    return [*found, replace(found[0], message=text, code="X999", file=text)]


@pytest.fixture(scope="module")
def faults(tmp_path_factory: pytest.TempPathFactory) -> list[Problem]:
    """The findings in a corpus of four faults."""
    root = tmp_path_factory.mktemp("faults")
    for name in FAULTS:
        copy(CASES / name, root)
    return validate(root / "bad")


@pytest.mark.parametrize("name", REPORTERS)
def test_golden(name: str, faults: list[Problem], request: pytest.FixtureRequest) -> None:
    golden = Path(__file__).parent / "golden" / GOLDEN[name]
    codes = {problem.code for problem in faults}
    run = replace(RUN, rules=tuple(rule for rule in RULES if rule.code in codes))
    if request.config.getoption("--golden"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(reported(faults, name, run), "utf-8")
    assert codes == {fault[:4] for fault in FAULTS}
    assert reported(faults, name, run) == golden.read_text("utf-8")


def test_every_format_has_a_golden_file() -> None:
    assert GOLDEN.keys() == REPORTERS.keys()
    assert {path.name for path in (Path(__file__).parent / "golden").iterdir()} == set(GOLDEN.values())


def commands(line: str) -> list[str]:
    """The commands that the runners of GitHub, Azure and TeamCity would find in a line of a log."""
    found = re.findall(r"##\w*\[", line)
    return found + ([line.lstrip()] if line.lstrip().startswith("::") else [])


@pytest.mark.parametrize("name", REPORTERS)
@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_in_a_log_is_obeyed(name: str, text: str) -> None:
    said = reported(everywhere(text), name)
    # A runner reads a log in lines, and what counts as the end of one is up to it.
    for line in said.replace("\u202d", "").replace("\u202c", "").splitlines():
        assert line.isprintable()
        if name != "github":
            assert commands(line) == []
    if name == "github":
        assert [line.split()[0] for line in said.splitlines()] == ["::error", "::error", "::warning", "::notice"]


def test_the_underline_stays_below_its_span() -> None:
    problem = Problem("P307", "error", "f", "m", snippet="日 ##[x] end\n         ^^^")
    shown, underline = reported([problem], "text").splitlines()[1:3]
    assert shown == "    日 ##<U+005B>x] end"
    assert underline.index("^") == shown.index("end") + 1  # the wide character takes two cells
    first = replace(problem, snippet="::error::x\n  ^^^^^")
    assert reported([first], "text").splitlines()[1:3] == ["    | ::error::x", "    |   ^^^^^"]


def test_the_advice_of_a_rule_is_given_where_a_finding_has_none() -> None:
    advice = next(rule.advice for rule in RULES if rule.code == "Q507")
    plain = Problem("Q507", "warning", "annotations/gold/d.json", "m", doc_id="d")
    with_help, with_fix = replace(plain, suggestion="do this"), replace(plain, fix=Fix(True, "that"))
    for name in set(REPORTERS) - {"json", "jsonl"}:
        said = html.unescape(reported([plain], name))
        assert advice in said, name
        for one, words in ((with_help, "do this"), (with_fix, "that")):
            said = html.unescape(reported([one], name)).partition('"results"')[2 if name == "sarif" else 0]
            assert words in said
            assert advice not in said or name == "html"  # which has the page of each rule too


def test_a_terminal_shows_the_advice_of_a_rule_once() -> None:
    one = Problem("Q507", "warning", "annotations/gold/d.json", "m", doc_id="d")
    shown = reported([one, one, replace(one, suggestion="do this"), replace(one, code="R401"), one], "text")
    lines = [line.strip().partition(": ")[2] for line in shown.splitlines() if line.startswith("    help: ")]
    first, second, third = lines
    assert first == next(rule.advice for rule in RULES if rule.code == "Q507")
    assert second == "do this"
    assert third == next(rule.advice for rule in RULES if rule.code == "R401")


def parsed(line: str) -> tuple[str, dict[str, str], str]:
    """A workflow command as the runner reads it."""
    match = re.fullmatch(r"::(\w+) ([^:]*)::(.*)", line)
    assert match, line
    properties = dict(part.split("=", 1) for part in match[2].split(","))
    return match[1], {name: unescaped(value) for name, value in properties.items()}, unescaped(match[3])


def unescaped(text: str) -> str:
    for written, meant in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        text = text.replace(written, meant)
    return text


@pytest.mark.parametrize("text", HOSTILE)
def test_github_commands_say_what_was_found(text: str) -> None:
    kind, properties, message = parsed(reported([hostile(text)], "github", replace(RUN, folder="a/")).rstrip("\n"))
    assert kind == "error"
    assert properties.keys() == {"file", "line", "col", "endColumn", "title"}
    assert (properties["line"], properties["col"], properties["title"]) == ("2", "3", "P307 slice-mismatch")
    assert properties["endColumn"] == "9"
    assert "\nfix (corpus fmt --fix --unsafe): " in message
    assert properties["file"].startswith("a/raw/")
    if not commands(visible(text)) and "##" not in text:
        assert properties["file"] == f"a/raw/{visible(text)}.json"
        assert f": {visible(text)}" in message


def test_github_shows_the_worst_ten_and_tells_of_the_rest(tmp_path: Path) -> None:
    summary = tmp_path / "summary"
    summary.write_text("before\n")
    found = [replace(hostile(f"w{i}", "warning"), code="Q507") for i in range(8)]
    found += [hostile(f"e{i}") for i in range(5)] + [hostile("i", "info")]
    lines = reported(found, "github", replace(RUN, job_summary=summary)).splitlines()
    kinds = [parsed(line)[0] for line in lines[:-1]]
    assert kinds == ["error"] * 5 + ["warning"] * 5
    assert lines[-1] == "4 more findings in the job summary"
    said = summary.read_text("utf-8")
    assert said.startswith("before\n## corpus validate\n\n5 errors, 8 warnings, 1 info in 3 documents.\n")
    assert said.count("### ") == 14
    assert reported(found[:3], "github").count("\n") == 3


@pytest.mark.parametrize("text", HOSTILE)
def test_json_stays_json(text: str) -> None:
    found = everywhere(text)
    array = json.loads(reported(found, "json"))
    assert [json.loads(line) for line in reported(found, "jsonl").splitlines()] == array
    assert array[0]["message"] == found[0].message
    assert array[0]["doc_id"] == text


def no_more(value: dict[str, Any], allowed: Iterable[str], required: Iterable[str]) -> None:
    assert value.keys() <= set(allowed) | set(required)
    assert set(required) <= value.keys()


def unknown(written: Any, known: Any, path: str = "") -> Iterator[str]:
    """The paths of `written` that a model did not keep; a property bag may hold anything."""
    if isinstance(written, dict):
        for key, value in written.items():
            if key not in known:
                yield f"{path}/{key}"
            elif key not in ("properties", "partialFingerprints"):
                yield from unknown(value, known[key], f"{path}/{key}")
    elif isinstance(written, list):
        for i, value in enumerate(written):
            yield from unknown(value, known[i], f"{path}/{i}")


def test_the_models_of_sarif_refuse_what_the_schema_does_not_have() -> None:
    log = json.loads(reported(everywhere("text"), "sarif"))
    for wrong in ({"levle": "error"}, {"level": "fatal"}, {"message": None}):
        broken = json.loads(json.dumps(log))
        broken["runs"][0]["results"][0].update(wrong)
        with pytest.raises((AssertionError, ValueError, KeyError)):
            modelled(broken)


def modelled(log: dict[str, Any]) -> None:
    Sarif.model_validate(log)
    known = pysarif.save_to_dict(pysarif.load_from_dict(log))
    assert list(unknown(log, {"$schema": "", **known})) == []


def check_sarif(log: dict[str, Any]) -> list[dict[str, Any]]:
    """Hold a log against what the SARIF 2.1.0 schema asks of the objects that we write; its results.

    No package that is kept up ships the official schema itself. Two hold models of it: one refuses values
    that the schema does not have, the other, generated from the schema, keeps only properties that it has.
    """
    modelled(log)
    no_more(log, (), ("$schema", "version", "runs"))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    no_more(run, ("columnKind",), ("tool", "results"))
    assert run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")
    no_more(run["tool"], (), ("driver",))
    driver = run["tool"]["driver"]
    no_more(driver, ("fullName", "rules"), ("name", "semanticVersion"))
    assert re.fullmatch(r"\d+\.\d+\.\d+", driver["semanticVersion"])
    for rule in driver["rules"]:
        no_more(
            rule, ("name", "shortDescription", "fullDescription", "help", "helpUri", "defaultConfiguration"), ("id",)
        )
        no_more(rule["help"], ("markdown",), ("text",))
        assert rule["defaultConfiguration"]["level"] in ("none", "note", "warning", "error")
    assert len({rule["id"] for rule in driver["rules"]}) == len(driver["rules"])
    for result in run["results"]:
        optional = ("ruleIndex", "locations", "relatedLocations", "partialFingerprints", "properties", "fixes")
        no_more(result, optional, ("ruleId", "level", "message"))
        assert result["level"] in ("none", "note", "warning", "error")
        assert "ruleIndex" not in result or driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert all(isinstance(value, str) for value in result["partialFingerprints"].values())
        no_more(result["message"], (), ("text",))
        for location in result["locations"] + result.get("relatedLocations", []):
            no_more(location, ("message",), ("physicalLocation",))
            no_more(location["physicalLocation"], ("region",), ("artifactLocation",))
            artifact = location["physicalLocation"]["artifactLocation"]
            no_more(artifact, ("uriBaseId",), ("uri",))
            assert re.fullmatch(r"(?:[A-Za-z0-9._~/-]|%[0-9A-F]{2})*", artifact["uri"])
            region = location["physicalLocation"]["region"]
            no_more(region, ("endColumn",), ("startLine", "startColumn"))
            assert min(region.values()) >= 1
            assert region.get("endColumn", region["startColumn"] + 1) > region["startColumn"]
        for fix in result.get("fixes", []):
            no_more(fix, (), ("description", "artifactChanges"))
            (change,) = fix["artifactChanges"]
            no_more(change, (), ("artifactLocation", "replacements"))
            for replacement in change["replacements"]:
                no_more(replacement, (), ("deletedRegion", "insertedContent"))
                assert len(replacement["deletedRegion"]) == 4
    results: list[dict[str, Any]] = run["results"]
    return results


@pytest.mark.parametrize("text", HOSTILE)
def test_sarif_says_what_was_found(text: str) -> None:
    results = check_sarif(json.loads(reported(everywhere(text), "sarif", SHORT_RUN)))
    assert [result["level"] for result in results] == ["error", "warning", "note", "error"]
    for result in results:
        assert "](" not in result["message"]["text"]
    uri = results[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert unquote(uri, errors="surrogatepass") == f"raw/{text}.json"


def test_sarif_of_nothing() -> None:
    assert check_sarif(json.loads(reported([], "sarif"))) == []


@pytest.mark.parametrize("text", HOSTILE)
def test_junit_stays_xml(text: str) -> None:
    found = everywhere(text)
    suites = ElementTree.fromstring(reported(found, "junit").encode())
    assert [element.tag for element in suites] == ["testsuite"] * len(suites)
    assert [int(suite.attrib["tests"]) for suite in suites] == [len(suite) for suite in suites]
    assert sum(int(suite.attrib["failures"]) for suite in suites) == len(suites.findall(".//failure")) == 3
    assert len(suites.findall(".//testcase")) == 4
    assert {element.tag for element in suites.iter()} == {
        *("testsuites", "testsuite", "testcase", "failure", "system-out")
    }
    if not commands(visible(text)) and "##" not in text:
        assert f": {visible(text)}" in suites.findall(".//failure")[0].attrib["message"]


def test_junit_of_nothing_is_a_case_that_passed() -> None:
    suites = ElementTree.fromstring(reported([], "junit"))
    assert [(len(suite), suite.attrib["failures"]) for suite in suites] == [(1, "0")]


def rendered(text: str) -> str:
    return str(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text))


def check_markdown(said: str) -> None:
    """Only our own markup is in the page, and what a site would turn into links stands in code."""
    html = rendered(said)
    tags = set(re.findall(r"<(/?\w*[^>]*)>", html))
    ours = {"h2", "h3", "p", "table", "thead", "tbody", "tr", "th", "td", "code", "br", "pre", "ins"}
    assert {tag.lstrip("/") for tag in tags} <= ours
    outside = re.sub(r"<(code|pre)>.*?</\1>", "", html, flags=re.DOTALL)
    assert "owned" not in outside
    assert not re.search(r"[@#`\[\]]", outside)
    rows = [line for line in said.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} <= {5}
    assert html.count("<tr>") == len(rows) - said.count("|---|---|---|---|")


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_has_no_markup_of_others(text: str) -> None:
    run = replace(RUN, command=("corpus", "--root", text, "validate", text))
    said = reported(everywhere(text), "markdown", run)
    check_markdown(said)
    assert visible(shlex.join(run.command))[:1000] in unescape(re.findall(r"<pre>(.*)</pre>", said)[0])


def unescape(text: str) -> str:
    return re.sub(r"&#(\d+);", lambda match: chr(int(match[1])), text)


@settings(max_examples=20)
@given(st.text(st.characters(), max_size=40))
def test_any_text_is_only_shown(text: str) -> None:
    found = everywhere(text)
    check_sarif(json.loads(reported(found, "sarif", SHORT_RUN)))
    assert len(ElementTree.fromstring(reported(found, "junit").encode()).findall(".//testcase")) == 4
    assert len(json.loads(reported(found, "json"))) == 4
    html = rendered(reported(found, "markdown"))
    assert not re.search(r"<(?!/?(?:h2|h3|p|table|thead|tbody|tr|th|td|code|br|pre|ins)>)", html)
    for name in REPORTERS.keys() - {"github"}:
        assert not any(commands(line) for line in reported(found, name).splitlines())


def many(count: int, documents: int) -> Iterator[Problem]:
    for i in range(count):
        doc_id = f"d{i * documents // count}"
        yield Problem(
            "P307", "error", f"raw/{doc_id}.json", f"message {i} " + "日" * 200, doc_id=doc_id, record=f"m{i}"
        )


class Nowhere(io.StringIO):
    """Counts what is written and keeps none of it."""

    written = 0

    def write(self, text: str) -> int:
        self.written += len(text)
        return len(text)


@pytest.mark.parametrize("documents", [1, 1500])
def test_memory_does_not_grow_with_findings(documents: int, tmp_path: Path) -> None:
    """What is kept is full at 1,500 findings, so twice as many, of 400 bytes each, have the same peak."""
    peaks = []
    for count in (1_500, 3_000):
        run = replace(RUN, job_summary=tmp_path / f"summary-{count}")
        outputs = [(name, Nowhere()) for name in ("github", "sarif", "junit", "markdown", "gitlab")]
        tracemalloc.start()
        assert write(many(count, documents), outputs, run) == {"error": count}
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert all(out.written > 1000 for _, out in outputs)
        assert (tmp_path / f"summary-{count}").stat().st_size < 2**20
    assert peaks[1] - peaks[0] < 1_500 * 100, peaks


@pytest.mark.parametrize("documents", [1, 40, 5000])
def test_markdown_fits_a_comment_and_says_what_is_missing(documents: int) -> None:
    said = reported(many(5000, documents), "markdown")
    assert len(said.encode()) <= markdown.COMMENT
    missing = sum(int(number.replace(",", "")) for number in re.findall(r"… and ([\d,]+) more", said))
    assert said.count("| error |") + missing == 5000
    assert missing
    assert "<pre>corpus validate</pre>" in said


def test_an_id_of_a_million_letters_is_cut() -> None:
    for name in ("github", "markdown", "junit", "sarif", "gitlab"):
        assert len(reported([hostile("x|" * 500_000)], name, RunInfo())) < 5_000_000
    assert len(reported([hostile("`" * 1_000_000)], "markdown")) < markdown.COMMENT
    assert len(reported([hostile("%" * 1_000_000)], "github")) < 20 * github.WORST * 1000


def test_fingerprints_are_of_records_and_not_of_lines(corpus: Corpus) -> None:
    def found() -> dict[tuple[str, str], str]:
        log = json.loads(corpus.run("validate", "--format", "sarif").out)
        results = check_sarif(log)
        places = [(one["properties"]["record"], one["locations"][0]["physicalLocation"]) for one in results]
        return {
            (record, place["artifactLocation"]["uri"]): json.dumps(one["partialFingerprints"])
            for (record, place), one in zip(places, results, strict=True)
        }

    for annotator in ("gold", "ann-a"):
        value = annotation("alpha", annotator=annotator)
        for mention in value["mentions"]:
            mention["spans"][0]["text"] = "oops"
        corpus.write(f"annotations/{annotator}/alpha.json", value)
    before = found()
    assert len(before) == len(set(before.values())) == 4
    value = corpus.read("annotations/gold/alpha.json")
    value["mentions"].reverse()
    value["mentions"].insert(0, {**annotation("alpha")["mentions"][0], "id": "m0"})
    corpus.write("annotations/gold/alpha.json", json.dumps(value, indent=7))
    assert found() == before


def test_fingerprints_tell_findings_apart() -> None:
    one = Problem("P307", "error", "annotations/gold/a.json", "m", "/quotes/3/cue/0/end", 5, 5, "a", "q1")
    same = [
        replace(one, line=9, column=9, message="n", severity="warning"),
        replace(one, pointer="/quotes/7/cue/0/end"),
        replace(one, pointer="/quotes/3/cue/4/end"),
        replace(one, file="annotations/gold/bulk.jsonl"),
    ]
    other = [
        replace(one, code="P304"),
        replace(one, doc_id="b"),
        replace(one, record="q2"),
        replace(one, pointer="/quotes/3/source/0/end"),
        replace(one, file="annotations/ann-a/a.json"),
    ]
    assert {fingerprint(problem) for problem in same} == {fingerprint(one)}
    assert len({fingerprint(problem) for problem in [one, *other]}) == 6
    assert fingerprint(one, within=True) == fingerprint(same[1], within=True) != fingerprint(same[2], within=True)


def wrong(corpus: Corpus) -> Corpus:
    value = annotation("alpha")
    value["mentions"][0]["spans"][0]["text"] = "oops"
    corpus.write("annotations/gold/alpha.json", value)
    return corpus


def test_several_at_once(corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    wrong(corpus)
    formats = [one for name in REPORTERS for one in ("--format", f"{name}=out/{name}")]
    ran = corpus.run("validate", "--format", "text", *formats)
    assert (ran.code, ran.err) == (
        1,
        f"note: {tmp_path / 'out'} is a new directory\n"
        "1 error in 2 documents; 21 checks skipped in 1 document until the errors are fixed\n",
    )
    assert ran.out == (tmp_path / "out/text").read_text("utf-8")
    for name in REPORTERS:
        assert (tmp_path / "out" / name).read_text("utf-8") == corpus.run("validate", "--format", name).out
    assert {path.name for path in (tmp_path / "out").iterdir()} == REPORTERS.keys()
    quiet = corpus.run("validate", "--format", "jsonl=out/a=b.jsonl")
    assert (quiet.code, quiet.out) == (1, "")
    assert (tmp_path / "out/a=b.jsonl").exists()


@pytest.mark.parametrize(
    "formats", [("text", "json"), ("text", "text"), ("text=a", "json=a"), ("text=a", "json=./b/../a")]
)
def test_two_formats_in_one_place(corpus: Corpus, formats: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(corpus.root)
    ran = corpus.run("validate", "--format", formats[0], "--format", formats[1])
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert not (corpus.root / "a").exists()


def test_a_run_that_fails_leaves_the_last_report(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    file = corpus.write("report.sarif", "before")

    def fails(*_: object) -> Iterator[pipeline.Shard]:
        yield from real(*_)
        raise OSError("the disk is gone")

    real = pipeline.run_corpus
    monkeypatch.setattr(pipeline, "run_corpus", fails)
    listed = sorted(corpus.root.iterdir())
    assert wrong(corpus).run("validate", "--format", f"sarif={file}").code == 2
    assert file.read_text() == "before"
    assert sorted(corpus.root.iterdir()) == listed


def test_in_a_workflow(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    summary = corpus.root / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    monkeypatch.setenv("GITHUB_WORKSPACE", str(corpus.root.parent))
    ran = wrong(corpus).run("validate", "--format", "github", "--format", f"sarif={corpus.root}/report.sarif")
    _, properties, message = parsed(ran.out.rstrip("\n"))
    file = f"{corpus.root.name}/annotations/gold/alpha.json"
    assert properties["file"] == file
    assert message.startswith("A span's offsets do not match the words it quotes")
    results = check_sarif(corpus.read("report.sarif"))
    assert results[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == file
    assert "<pre>corpus --root" in summary.read_text("utf-8")


@pytest.mark.skipif(os.name == "nt", reason="no such file names")
def test_a_hostile_submission(corpus: Corpus) -> None:
    for i, text in enumerate(HOSTILE[:-1]):
        text = text.encode("utf-8", "replace").decode()
        value = annotation("alpha")
        value["entities"][0]["id"] = text
        value["entities"][0]["type"] = text
        value["mentions"][0]["id"] = text
        value["mentions"][0]["spans"][0]["text"] = text
        corpus.write(f"annotations/a{i}/alpha.json", value)
        name = text.replace("\x00", "").replace("/", "∕")
        corpus.write(f"raw/{name}.txt", text)
        corpus.write(f"annotations/gold/{name}.json", {**value, "doc_id": text, text: text})
    for name in REPORTERS:
        ran = corpus.run("validate", "--format", name)
        assert ran.code == 1
        assert ran.err.count("\n") == 1
        for line in ran.out.replace("\u202d", "").replace("\u202c", "").splitlines():
            assert line.isprintable()
            assert name == "github" or commands(line) == []
    assert len(corpus.findings()) > 60
    for line in corpus.run("validate", "--format", "github").out.splitlines()[:-1]:
        assert parsed(line)[0] == "error"
    check_sarif(json.loads(corpus.run("validate", "--format", "sarif").out))
    ElementTree.fromstring(corpus.run("validate", "--format", "junit").out)
    said = corpus.run("validate", "--format", "markdown").out
    assert not re.search(r"<(?!/?(?:h2|h3|p|table|thead|tbody|tr|th|td|code|br|pre|ins)>)", rendered(said))
