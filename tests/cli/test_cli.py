"""The command line: exit codes, help, what a program reads, and what a terminal shows."""

from __future__ import annotations

import argparse
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from support.corpora import REPOSITORY, Corpus, annotation, run

from corpus import report
from corpus.checks.suppress.suppressions import all_rules
from corpus.cli import outputs
from corpus.cli.main import _parser
from corpus.core.model import Problem

HEAVY = {"pyarrow", "datasets", "numpy", "pandas", "regex", "orjson", "jiter", "jsonschema_rs", "tqdm", "wcwidth"}
KEYS = {
    *("code", "severity", "file", "pointer", "line", "column", "doc_id", "record"),
    *("message", "snippet", "suggestion", "fix", "related"),
}
GOLD = "annotations/gold/alpha.json"


def groups(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The parsers of the verbs below a parser."""
    return next((dict(action.choices) for action in parser._actions if isinstance(action.choices, dict)), {})


def verbs() -> dict[str, argparse.ArgumentParser]:
    """The parser of each verb, "group verb" of one in a group."""
    found: dict[str, argparse.ArgumentParser] = {}
    for name, parser in groups(_parser()).items():
        below = groups(parser)
        found |= {f"{name} {verb}": one for verb, one in below.items()} if below else {name: parser}
    return found


def faulty(corpus: Corpus, spans: int = 1) -> Corpus:
    """The corpus with so many wrong spans."""
    value = annotation("alpha")
    value["mentions"] += [
        {"id": f"x{i}", "spans": [{"start": 0, "end": 5, "text": "oops"}], "form": "PRO", "entity": "e1"}
        for i in range(spans)
    ]
    corpus.write(GOLD, value)
    return corpus


def started(*argv: str, **options: Any) -> subprocess.Popen[bytes]:
    """`corpus ARGV…` in a process of its own."""
    return subprocess.Popen([sys.executable, "-m", "corpus", *argv], cwd=REPOSITORY, **options)


def test_exit_codes(corpus: Corpus) -> None:
    clean = corpus.run("validate")
    assert (clean.code, clean.out, clean.err) == (0, "", "no findings in 2 documents\n")
    assert corpus.run("build").code == 0
    assert corpus.run("fmt", "--check").code == 1
    faulty(corpus)
    found = corpus.run("validate")
    assert (found.code, found.err) == (1, "1 error in 2 documents\n")
    assert corpus.run("build").code == 1
    assert corpus.run("validate", "nowhere").code == 2


@pytest.mark.parametrize(("severity", "code"), [("error", 1), ("warning", 1), ("info", 0)])
def test_a_finding_counts_unless_it_is_info(corpus: Corpus, severity: str, code: int) -> None:
    corpus.write("pyproject.toml", f'[tool.corpus.severity]\nP307 = "{severity}"\n')
    ran = faulty(corpus).run("validate")
    assert (ran.code, f" {severity} P307 " in ran.out) == (code, True)
    assert corpus.run("build").code == (1 if severity == "error" else 0)


def test_a_build_that_fails_leaves_the_last_one(corpus: Corpus) -> None:
    assert corpus.run("build").code == 0
    before = (corpus.root / "build/manifest.json").read_bytes()
    assert faulty(corpus).run("build").code == 1
    assert (corpus.root / "build/manifest.json").read_bytes() == before
    assert list(corpus.root.glob(".build*")) == []
    corpus.write("other/notes.txt", "mine")
    assert corpus.run("build", "--out", str(corpus.root / "other")).code == 2
    assert (corpus.root / "other/notes.txt").read_text() == "mine"


@pytest.mark.parametrize("name", sorted(verbs()))
def test_help_of_a_verb_is_its_docstring(name: str) -> None:
    parser = verbs()[name]
    doc = parser.get_default("verb").__doc__
    assert doc, f"{name} is not documented"
    ran = run(*name.split(), "--help")
    assert (ran.code, ran.err) == (0, "")
    for line in doc.strip().splitlines():
        assert line.strip() in ran.out
    assert doc.splitlines()[0].endswith(".")
    for action in parser._actions:
        assert action.help, f"{name} {action.dest} is not documented"
        assert action.help.split()[0] in ran.out


def test_help_names_every_verb() -> None:
    for name, parser in verbs().items():
        *group, verb = name.split()
        ran = run(*group, "--help")
        assert (ran.code, ran.err) == (0, "")
        assert re.search(rf"^    {verb}\s", ran.out, re.MULTILINE)
        assert parser.get_default("verb").__doc__.splitlines()[0].rstrip(".")[:30] in ran.out
        for one in group:
            assert re.search(rf"^    {one}\s+\S", run("--help").out, re.MULTILINE), f"{one} is not documented"


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom corpus.cli.main import main\n"
        "try:\n main(['--help'])\nexcept SystemExit:\n print(*{name.partition('.')[0] for name in sys.modules})"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert set(ran.stdout.splitlines()[-1].split()) & HEAVY == set()


def test_version() -> None:
    ran = run("--version")
    assert (ran.code, ran.out) == (0, version("on-the-record") + "\n")


@pytest.mark.parametrize(
    "argv",
    [
        (),
        ("nonsense",),
        ("validate", "--nonsense"),
        ("validate", "--format", "xml"),
        ("validate", "--format", "sarif="),
        ("validate", "--workers", "-1"),
        ("validate", "--workers", "many"),
        ("attach", "alpha", "--text"),
        ("import", "nonsense", "x", "--into", "y"),
    ],
)
def test_misuse(argv: tuple[str, ...]) -> None:
    ran = run(*argv)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("usage: corpus")


def test_root_that_is_none(tmp_path: Path) -> None:
    for root in (tmp_path, tmp_path / "none", tmp_path / "a\nb"):
        ran = run("--root", str(root), "validate")
        assert (ran.code, ran.out) == (2, "")
        assert "is missing" in ran.err
        assert ran.err.count("\n") == 1


def test_no_corpus_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ran = run("validate")
    assert (ran.code, ran.out) == (2, "")
    assert "no corpus here" in ran.err
    assert "--root DIR" in ran.err


def test_the_corpus_is_found_from_within(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    faulty(corpus)
    monkeypatch.chdir(corpus.root / "annotations/gold")
    assert run("validate").code == 1
    assert run("validate", "beta.json").code == 0
    assert run("validate", "alpha.json").code == 1
    monkeypatch.chdir(corpus.root.parent)
    assert run("--root", corpus.root.name, "validate", f"{corpus.root.name}/raw/beta.txt").code == 0


def test_rule() -> None:
    listed = run("rule", "--all")
    assert listed.code == 0
    assert [line.split()[0] for line in listed.out.splitlines()] == [check.code for check in all_rules()]
    assert run("rule") == listed
    for check in all_rules():
        page = run("rule", check.code)
        assert page == run("rule", check.name) == run("rule", check.code.lower())
        assert (page.code, page.err) == (0, "")
        assert page.out.startswith(f"{check.code} {check.name} ({check.severity})\n\n{check.message}.\n\nWhat: ")
        assert check.page in page.out
    assert "A region does not stand on the words it quotes." in run("rule", "l208").out
    for unknown in ("X999", "", "slice_mismatch", "\x1b[31m"):
        ran = run("rule", unknown)
        if unknown:
            assert (ran.code, ran.out) == (2, "")
            assert "corpus rule --all" in ran.err
            assert ran.err[:-1].isprintable()


def test_json(corpus: Corpus) -> None:
    empty = corpus.run("validate", "--format", "json")
    assert (empty.code, json.loads(empty.out)) == (0, [])
    value = annotation("alpha")
    value["mentions"][0]["spans"][0]["start"] = 5
    value["quotes"].append({**value["quotes"][0], "id": "q2"})
    value["entities"].append({"id": "e1", "type": "PER", "name": "x"})
    corpus.write(GOLD, value)
    corpus.write("raw/beta.txt", b"\xff")
    ran = corpus.run("validate", "--format", "json")
    found = json.loads(ran.out)
    assert ran.code == 1
    assert {one["code"] for one in found} >= {"P307", "R401", "F101"}
    assert ran.out.count("\n") == len(found) + 2
    assert ran.out.isascii()
    for one in found:
        assert one.keys() == KEYS
        assert one["severity"] in ("error", "warning", "info")
        assert (corpus.root / one["file"]).is_file()
        assert one["line"] >= 1
        assert one["column"] >= 1
        assert one["fix"] is None or one["fix"].keys() == {"safe", "description", "edits"}
        for edit in one["fix"]["edits"] if one["fix"] else ():
            assert edit.keys() == {"pointer", "value"}
        for place in one["related"]:
            assert place.keys() == {"file", "line", "column", "message"}
    slice_mismatch = next(one for one in found if one["code"] == "P307")
    assert slice_mismatch["pointer"] == "/mentions/0/spans/0"
    assert slice_mismatch["record"] == "m1"
    assert slice_mismatch["doc_id"] == "alpha"
    assert slice_mismatch["snippet"].endswith("^" * 14)


def test_reporters_agree(corpus: Corpus) -> None:
    faulty(corpus, 3).add("gamma", "“Nothing here names Åsa Lindqvist”, said she.\n")
    as_json = corpus.findings()
    as_text = corpus.run("validate").out
    lines = [line for line in as_text.splitlines() if not line.startswith("    ")]
    assert [line.split()[1:3] for line in lines] == [[one["severity"], one["code"]] for one in as_json]
    assert tuple(report.REPORTERS) == outputs.FORMATS


def test_as_json_has_every_field() -> None:
    assert report.as_json(Problem("X", "error", "f", "m")).keys() == KEYS


@pytest.mark.parametrize(
    ("counts", "documents", "said"),
    [
        ({}, 0, "no findings in 0 documents"),
        ({}, 1, "no findings in 1 document"),
        ({"error": 1}, 1, "1 error in 1 document"),
        ({"error": 1200, "warning": 1, "info": 2}, 7, "1,200 errors, 1 warning, 2 info in 7 documents"),
    ],
)
def test_summary(counts: dict[str, int], documents: int, said: str) -> None:
    assert report.summary(report.Counts(counts), documents) == said


def test_workers_give_the_same(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corpus.pipeline.run.DOCUMENTS", 1)
    faulty(corpus)
    alone, two = corpus.run("validate", "--workers", "1"), corpus.run("validate", "--workers", "2")
    assert alone == two
    assert alone.code == 1


@pytest.mark.parametrize("spans", [1, 20_000])
def test_a_reader_that_goes_away(corpus: Corpus, spans: int) -> None:
    faulty(corpus, spans)
    temporary = corpus.root.parent / "temporary"
    temporary.mkdir()
    process = started(
        "--root",
        str(corpus.root),
        "validate",
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(temporary)},
    )
    assert process.stdout is not None
    if spans > 1:
        assert b"P307" in process.stdout.readline()
    process.stdout.close()
    _, error = process.communicate()
    assert process.returncode == 2
    assert error == b""
    assert list(temporary.iterdir()) == []


def test_ctrl_c(corpus: Corpus) -> None:
    faulty(corpus, 20_000)
    process = started("--root", str(corpus.root), "validate", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.read(1)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate()
    assert process.returncode == 130
    assert error == b"corpus: interrupted\n"


def test_output_that_cannot_be_encoded(corpus: Corpus) -> None:
    value = annotation("alpha")
    value["mentions"][0]["spans"][0]["text"] = "日本"
    corpus.write(GOLD, value)
    process = started(
        "--root",
        str(corpus.root),
        "validate",
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    out, error = process.communicate()
    assert process.returncode == 1
    assert b"\\u65e5\\u672c" in out
    assert error == b"1 error in 2 documents\n"


def test_a_progress_bar_on_a_terminal_and_none_in_a_pipe(corpus: Corpus) -> None:
    piped = started("--root", str(corpus.root), "validate", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert piped.communicate() == (b"", b"no findings in 2 documents\n")
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    process = started("--root", str(corpus.root), "validate", stdout=subprocess.PIPE, stderr=theirs)
    os.close(theirs)
    shown, until = b"", time.monotonic() + 300
    while time.monotonic() < until:
        if not select.select([ours], [], [], 1)[0]:
            continue
        try:
            read = os.read(ours, 4096)
        except OSError:
            break
        if not read:
            break
        shown += read
    os.close(ours)
    assert process.wait() == 0
    assert b"doc/s" in shown
    assert b"/2 [" in shown
    assert shown.endswith(b"no findings in 2 documents\r\n")
    assert process.stdout is not None
    assert process.stdout.read() == b""
    process.stdout.close()


def test_this_repository_is_clean() -> None:
    ran = run("--root", str(REPOSITORY), "validate")
    assert ran.code == 0
    infos = (": info C609 ", ": info C610 ", "    see: ")
    assert all(any(info in line for info in infos) for line in ran.out.splitlines()), ran.out
    assert run("--root", str(REPOSITORY), "fmt", "--check").code == 0
