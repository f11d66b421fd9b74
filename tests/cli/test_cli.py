"""The command line: exit codes, help, what a program reads, and what a terminal shows."""

from __future__ import annotations

import json
import os
import pty
import re
import resource
import select
import signal
import subprocess
import sys
import termios
import time
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click
import pytest
from support.corpora import REPOSITORY, Corpus, Ran, annotation, run

import corpus as corpus_package
from corpus import report
from corpus.checks.suppress.suppressions import all_rules
from corpus.cli.main import VERBS, app, main
from corpus.cli.options import MOST_WORKERS
from corpus.core.model import Problem
from corpus.report.objects import finding_object

HEAVY = {
    "pyarrow",
    "datasets",
    "numpy",
    "pandas",
    "regex",
    "orjson",
    "jiter",
    "jsonschema_rs",
    "tqdm",
    "wcwidth",
    "rich",
}
KEYS = {
    *("code", "severity", "file", "pointer", "line", "column", "doc_id", "record"),
    *("message", "snippet", "suggestion", "fix", "related", "end_column", "span"),
}
GOLD = "annotations/gold/alpha.json"
MORE_THAN_A_PIPE_HOLDS = 2_000
"""So many findings are 300 kB, and a pipe of Linux holds 64: the command waits in the middle of them."""


def below(group: click.Command) -> dict[str, click.Command]:
    """The commands of a group, {} for a command that is none."""
    if not isinstance(group, click.Group):
        return {}
    ctx = click.Context(group)
    found = {name: group.get_command(ctx, name) for name in group.list_commands(ctx)}
    return {name: command for name, command in found.items() if command}


def verbs() -> dict[str, click.Command]:
    """The command of each verb, "group verb" of one in a group."""
    found: dict[str, click.Command] = {}
    for name, command in below(app).items():
        inner = below(command)
        found |= {f"{name} {verb}": one for verb, one in inner.items()} if inner else {name: command}
    return found


def faulty(corpus: Corpus, spans: int = 1) -> Corpus:
    """The corpus with so many wrong spans, each a slip of its own: many of one cause would be one finding."""
    value = annotation("alpha")
    span = {"start": 0, "end": 9, "text": "Mayor  Åsa"} if spans > 1 else {"start": 0, "end": 5, "text": "oops"}
    value["mentions"] += [{"id": f"x{i}", "spans": [span], "form": "NOM", "entity": "e1"} for i in range(spans)]
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
    assert found.code == 1
    skipped = r"\d+ checks skipped in 1 document until the errors are fixed"
    assert re.fullmatch(rf"1 error in 2 documents; {skipped}\n", found.err)
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
    command = verbs()[name]
    doc = command.callback.__doc__
    assert doc, f"{name} is not documented"
    ran = run(*name.split(), "--help")
    assert (ran.code, ran.err) == (0, "")
    assert " ".join(doc.split()) in " ".join(ran.out.split())
    prose = ran.out.partition("Examples:")[0]
    assert max(len(line) for line in prose.splitlines()) <= 80
    assert doc.splitlines()[0].endswith(".")
    assert f"\n  corpus {name}" in ran.out, f"{name} has no example"
    for param in command.params:
        assert param.help, f"{name} {param.name} is not documented"
        assert param.help.split()[0] in ran.out


def test_help_names_every_verb() -> None:
    for name, command in verbs().items():
        *group, verb = name.split()
        ran = run(*group, "--help")
        assert (ran.code, ran.err) == (0, "")
        assert re.search(rf"^  {verb}\s", ran.out, re.MULTILINE)
        assert command.callback.__doc__.splitlines()[0].rstrip(".") in ran.out
        for one in group:
            assert re.search(rf"^  {one}\s+\S", run("--help").out, re.MULTILINE), f"{one} is not documented"


def test_help_imports_nothing_heavy() -> None:
    code = "import sys\nfrom corpus.cli.main import main\nmain(['--help'])\nprint(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    loaded = ran.stdout.splitlines()[-1].split()
    assert {name.partition(".")[0] for name in loaded} & HEAVY == set()
    assert "importlib.metadata" not in loaded
    assert "importlib.resources" not in loaded, "it takes a third of the time of all else"


def test_version() -> None:
    ran = run("--version")
    assert (ran.code, ran.out) == (0, version("on-the-record") + "\n")
    assert corpus_package.__version__ == version("on-the-record")


@pytest.mark.parametrize(
    "argv",
    [
        (),
        ("nonsense",),
        ("validate", "--nonsense"),
        ("attach", "alpha", "--text"),
        ("add",),
        ("import", "brat", "x"),
        ("exceptions",),
        ("label-studio", "pull"),
    ],
)
def test_misuse_shows_the_usage_of_the_verb(argv: tuple[str, ...]) -> None:
    ran = run(*argv)
    assert (ran.code, ran.out) == (2, "")
    verb = " ".join(["corpus", *(part for part in argv if part in " ".join(verbs()).split())])
    assert ran.err.startswith(f"Usage: {verb} ")


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (("validate", "--format", "xml"), "'xml' is not one of text, json, jsonl"),
        (("validate", "--format", "sarif="), "'sarif=' names no file"),
        (("validate", "--workers", "0"), "'0' is not a whole number from 1 to 1,024"),
        (("validate", "--workers", "-1"), "'-1' is not a whole number from 1 to 1,024"),
        (("build", "--workers", "x"), "'x' is not a whole number from 1 to 1,024"),
        (("split", "--workers", "99999999999999999999"), "is not a whole number from 1 to 1,024"),
        (("baseline", "write", "--workers", "9" * 5000), "is not a whole number from 1 to 1,024"),
        (("release", "1.0.0", "--workers", "1.5"), "'1.5' is not a whole number from 1 to 1,024"),
        (("label-studio", "pull", "--project", "x", "--timeout", "nan"), "'nan' is not a number from 0.1 to 86,400.0"),
        (("label-studio", "pull", "--project", "x", "--timeout", "-1"), "'-1' is not a number from 0.1 to 86,400.0"),
        (("import", "nonsense", "x", "--into", "y"), "'nonsense' is not one of german-news, brat"),
        (("import", "brat", "x", "--into", "y", "--record", "language"), "'language' is not NAME=VALUE"),
        (("agreement", "--format", "xml"), "'xml' is not one of text, json, markdown, csv"),
        (("diff", "1.0.0", "--format", "\x1b[31m"), "is not one of text, json, markdown"),
        (("exceptions", "add", "--reason", "x", "--until", "soon"), "'soon' is not a date such as 2027-01-31"),
    ],
)
def test_a_wrong_value_is_one_line(argv: tuple[str, ...], expected: str) -> None:
    ran = run(*argv)
    assert (ran.code, ran.out) == (2, "")
    assert expected in ran.err
    assert ran.err.count("\n") == 1
    assert ran.err[:-1].isprintable()
    assert ran.err.startswith(f"corpus {argv[0]}")
    assert len(ran.err) < 300
    assert MOST_WORKERS == 1024


@pytest.mark.parametrize(
    ("argv", "meant"),
    [
        (("valdate",), "validate"),
        (("validate", "--sinse", "main"), "--since"),
        (("exceptions", "lst"), "list"),
        (("build", "--worker", "2"), "--workers"),
        (("rule", "P37"), "P307"),
        (("rule", "slice-missmatch"), "slice-mismatch"),
    ],
)
def test_did_you_mean(argv: tuple[str, ...], meant: str) -> None:
    ran = run(*argv)
    assert (ran.code, ran.out) == (2, "")
    assert "id you mean" in ran.err
    assert meant in ran.err.rpartition("id you mean")[2]


def test_root_before_and_after_the_verb(corpus: Corpus, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    faulty(corpus).run(
        "exceptions", "add", "--code", "P307", "--doc", "alpha", "--reason", "x", "--until", "2999-01-01"
    )
    monkeypatch.chdir(tmp_path)
    root = ("--root", str(corpus.root))
    for verb in (("validate",), ("exceptions", "list"), ("fmt", "--check")):
        before = run(*root, *verb)
        assert before.code != 2
        assert run(*verb, *root) == before
        assert run(verb[0], *root, *verb[1:]) == before
        assert run("--root", "nowhere", *verb, *root) == before


def test_quiet_and_verbose(corpus: Corpus) -> None:
    faulty(corpus)
    plain = corpus.run("validate")
    for quiet in (corpus.run("validate", "-q"), run("--quiet", "--root", str(corpus.root), "validate")):
        assert (quiet.code, quiet.out, quiet.err) == (1, plain.out, "")
    verbose = corpus.run("validate", "-v")
    assert (verbose.code, verbose.out) == (1, plain.out)
    first, *_, summary, last = verbose.err.splitlines()
    assert first == f"corpus: {corpus.root}"
    assert summary.startswith("1 error in 2 documents; ")
    assert re.fullmatch(r"took \d+\.\d\d s, \d+\.\d\d s of CPU in this process", last)
    failed = corpus.run("build", "--quiet")
    assert (failed.code, failed.err) == (1, "build failed: fix the errors above first\n")


def test_colour_is_for_terminals(corpus: Corpus) -> None:
    faulty(corpus)
    argv = ("--root", str(corpus.root), "validate")
    piped = started(*argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()).communicate()[0]
    assert b"\x1b" not in piped
    forced = started(*argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(FORCE_COLOR="1"))
    coloured = forced.communicate()[0]
    assert b"\x1b[1;31merror\x1b[0m P307" in coloured
    assert re.sub(rb"\x1b\[[\d;]*m", b"", coloured) == piped
    for settings, colour in (({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False)):
        shown = in_terminal(*argv, **settings)
        assert (b"\x1b[1;31merror\x1b[0m P307" in shown) is colour
        assert b" P307 " in shown
    assert b"\x1b[1;31m" not in in_terminal(*argv, TERM="dumb")


def test_a_report_file_has_no_colour(corpus: Corpus, tmp_path: Path) -> None:
    file = tmp_path / "report.txt"
    argv = ("--root", str(faulty(corpus).root), "validate", "--format", f"text={file}")
    process = started(*argv, stderr=subprocess.PIPE, env=environment(FORCE_COLOR="1"))
    process.communicate()
    assert "P307" in file.read_text("utf-8")
    assert "\x1b" not in file.read_text("utf-8")


def test_the_checks_are_a_table_in_a_terminal() -> None:
    shown = re.sub(r"\x1b\[[\d;]*m", "", in_terminal("rule", "--all").decode())
    assert "severity" in shown
    for check in all_rules():
        assert re.search(rf"^ ?{check.code} +{check.severity} +{check.name} ", shown, re.MULTILINE), check.code


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_printed(shell: str) -> None:
    ran = started(stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(_CORPUS_COMPLETE=f"{shell}_source"))
    out, error = ran.communicate()
    assert (ran.returncode, error) == (0, b"")
    assert b"_CORPUS_COMPLETE" in out


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("corpus va", {"validate"}),
        ("corpus validate --sh", {"--show-excepted"}),
        ("corpus validate --format s", {"sarif"}),
        ("corpus label-studio pu", {"pull", "push"}),
        ("corpus import web", {"webanno-tsv"}),
    ],
)
def test_completion_of_words(words: str, expected: set[str]) -> None:
    settings = {"_CORPUS_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    out, error = started(stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(**settings)).communicate()
    assert error == b""
    assert {line.split(",")[1] for line in out.decode().splitlines()} == expected


def test_the_signal_handler_is_restored(corpus: Corpus) -> None:
    def own(*_: object) -> None: ...

    before = signal.signal(signal.SIGTERM, own)
    try:
        for argv in (("validate",), ("nonsense",), ("validate", "nowhere")):
            corpus.run(*argv)
            assert signal.getsignal(signal.SIGTERM) is own
    finally:
        signal.signal(signal.SIGTERM, before)


def test_sigterm_leaves_no_temporary_files(corpus: Corpus) -> None:
    faulty(corpus, MORE_THAN_A_PIPE_HOLDS)
    temporary = corpus.root.parent / "temporary"
    temporary.mkdir()
    environ = environment(TMPDIR=str(temporary))
    process = started(
        "--root", str(corpus.root), "validate", stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ
    )
    assert process.stdout is not None
    process.stdout.read(1)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate()
    assert process.returncode == 128 + signal.SIGTERM
    assert said == b"corpus: ended by SIGTERM; the findings are not complete, and no report file was written\n"
    assert list(temporary.iterdir()) == []


def test_help_is_fast() -> None:
    """The least CPU time of some runs is under 0.2 s here; five times as much guards against a heavy import."""
    least = float("inf")
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [sys.executable, "-m", "corpus", "--help"], cwd=REPOSITORY, stdout=subprocess.DEVNULL, check=True
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        least = min(least, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert least < 5 * 0.2


def test_a_verb_is_in_one_section_and_loads_alone() -> None:
    names = [name for section in VERBS.values() for name in section]
    assert len(names) == len(set(names))
    code = "import sys\nfrom corpus.cli.main import main\nmain(['rule', 'P307'])\nprint(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    own = {name for name in ran.stdout.splitlines()[-1].split() if name.startswith("corpus.cli.")}
    assert own == {"corpus.cli.bar", "corpus.cli.help_text", "corpus.cli.main", "corpus.cli.options", "corpus.cli.rule"}


def test_the_root_of_a_call_in_this_process_is_its_own(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of one call of `main` is left for the next."""
    assert corpus.run("validate", "-q").err == ""
    monkeypatch.chdir(corpus.root)
    assert main(["validate"]) == 0
    assert run("validate").err == "no findings in 2 documents\n"


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


@pytest.mark.parametrize("file", [f"corpus-0/{GOLD}", GOLD])
def test_a_path_is_of_the_working_directory_or_of_the_corpus(
    corpus: Corpus, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(corpus.root.parent)
    faulty(corpus).write("raw/beta.txt", "changed")
    found = run("--root", "corpus-0", "validate", file, "--format", "json")
    assert {one["file"] for one in json.loads(found.out)} == {GOLD}
    assert run("--root", "corpus-0", "fmt", file).err == "1 of 1 file rewritten\n"
    (at,) = {f"{one['line']}:{one['column']}" for one in corpus.findings(GOLD)}
    add = ("exceptions", "add", f"{file}:{at}", "--reason", "so", "--until", "2999-01-01")
    assert run("--root", "corpus-0", *add).err.startswith("suppressed until 2999-01-01: P307 alpha gold")
    said = "corpus: nowhere: no such file or directory, and no document has this id\n"
    assert run("--root", "corpus-0", "validate", "nowhere").err == said
    outside = run("--root", "corpus-0", *add[:2], f"{corpus.root.parent}:1:1", *add[3:])
    assert (outside.code, "is not in the corpus" in outside.err) == (2, True)


def test_a_document_is_named_by_its_id_as_for_show(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(corpus.root)
    faulty(corpus).write("raw/beta.txt", "changed")
    assert run("show", "beta").code == 2
    by_id = run("validate", "alpha")
    assert by_id == run("validate", "raw/alpha.json")
    assert by_id.err.startswith("1 error in 1 document")
    assert by_id.out != run("validate", "beta").out
    assert " in 2 documents" in run("validate", "beta", GOLD).err
    Path("alpha").mkdir()
    assert run("validate", "alpha").err == "corpus: found no article and no annotation in alpha\n"
    refused = run("fmt", "beta")
    assert (refused.code, "to name a document, name a file of it: raw/beta.json" in refused.err) == (2, True)


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
    assert "The region's offsets do not match the words it quotes." in run("rule", "l208").out
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
            assert edit.keys() == {"pointer", "value", "place"}
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


def test_a_finding_object_has_every_field() -> None:
    assert finding_object(Problem("X", "error", "f", "m")).keys() == KEYS


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
    assert report.summary(report.SeverityCounts(counts), documents) == said


def test_workers_give_the_same(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corpus.pipeline.run.DOCUMENTS", 1)
    faulty(corpus)
    alone, two = corpus.run("validate", "--workers", "1"), corpus.run("validate", "--workers", "2")
    assert alone == two
    assert alone.code == 1


@pytest.mark.parametrize("spans", [1, MORE_THAN_A_PIPE_HOLDS])
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
    assert process.returncode == 128 + signal.SIGPIPE
    assert error == b""
    assert list(temporary.iterdir()) == []


def test_ctrl_c(corpus: Corpus) -> None:
    faulty(corpus, MORE_THAN_A_PIPE_HOLDS)
    process = started("--root", str(corpus.root), "validate", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.read(1)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate()
    assert process.returncode == 130
    assert error == b"corpus: interrupted; the findings are not complete, and no report file was written\n"


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
    assert error.startswith(b"1 error in 2 documents; ")


def test_a_progress_bar_on_a_terminal_and_none_in_a_pipe(corpus: Corpus) -> None:
    argv = ("--root", str(corpus.root), "validate")
    piped = started(*argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert piped.communicate() == (b"", b"no findings in 2 documents\n")
    shown = in_terminal(*argv)
    assert b"doc/s" in shown
    assert b"/2 [" in shown
    assert shown.endswith(b"no findings in 2 documents\r\n")
    assert in_terminal(*argv, "--quiet") == b""


def environment(**settings: str) -> dict[str, str]:
    """The environment without settings of colour, and with these settings."""
    inherited = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "TERM")}
    return {**inherited, "TERM": "xterm", **settings}


def in_terminal(*argv: str, **settings: str) -> bytes:
    """What `corpus ARGV…` shows in a terminal, stdout and stderr together."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 160))
    process = started(*argv, stdout=theirs, stderr=theirs, env=environment(**settings))
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
    process.wait()
    return shown


KNOWN = {
    "C609": 27,
    "C610": 30,
    "C638": 2,
    "C651": 78,
    "C652": 1,
    "C655": 107,
    "C657": 1,
    "E519": 1,
    "Q533": 23,
    "T521": 13,
}
"""The infos about this repository's own corpus, by code: each is right, and none is an error or a warning."""


def test_this_repository_is_clean(checked: dict[str, Ran]) -> None:
    ran = checked["validate"]
    assert ran.code == 0
    lines = [line for line in ran.out.splitlines() if not line.startswith("    ")]
    found = Counter(code for line in lines for code in re.findall(r": info (\w+) ", line))
    assert found.total() == len(lines), ran.out
    assert found == KNOWN, ran.out
    assert checked["fmt --check"].code == 0


@pytest.mark.parametrize("verb", [[], ["validate"], ["baseline"], ["baseline", "write"]])
def test_h_is_short_for_help(verb: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*verb, "--help"]) == 0
    shown = capsys.readouterr().out
    assert main([*verb, "-h"]) == 0
    assert capsys.readouterr().out == shown
