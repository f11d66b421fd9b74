"""The GitHub side of submissions: workflows and action are linted, safe for forks, and do what they say.

zizmor looks for what is unsafe, and the schemas of SchemaStore, which check-jsonschema brings along, for what GitHub
would not read, and jactionlint, a fork of actionlint whose package holds the program, for mistakes in expressions.
"""

from __future__ import annotations

import io
import json
import os
import re
import runpy
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, BinaryIO
from unittest.mock import patch

import pytest
import yaml
from support.cases import CASES, copy_bad
from support.corpora import REPOSITORY, Corpus

from corpus.cli.main import main as corpus_main

GITHUB = REPOSITORY / ".github"
ACTION = REPOSITORY / "action.yml"
SUBMISSION = GITHUB / "workflows" / "submission.yml"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
FORMS = sorted(path for path in (GITHUB / "ISSUE_TEMPLATE").glob("*.yml") if path.name != "config.yml")
STEP = REPOSITORY / ".ci" / "submission.py"
SCRIPT = runpy.run_path(str(STEP))
HOOKS = REPOSITORY / ".pre-commit-hooks.yaml"
FAULT = CASES / "P307-slice-mismatch-line-ends"
PULL_REQUEST = {
    "user.name": "a",
    "user.email": "a@example.org",
    "commit.gpgsign": "false",
    "init.defaultBranch": "main",
}


def load(path: Path) -> dict[str, Any]:
    """A workflow or action; YAML 1.1 reads its key `on` as true."""
    value: dict[Any, Any] = yaml.safe_load(path.read_text("utf-8"))
    return {"on" if key is True else key: part for key, part in value.items()}


def steps(path: Path) -> list[dict[str, Any]]:
    value = load(path)
    parts = value["jobs"].values() if "jobs" in value else [value["runs"]]
    return [step for part in parts for step in part.get("steps", [])]


def step_named(path: Path, start: str) -> dict[str, Any]:
    return next(step for step in steps(path) if step.get("name", "").startswith(start))


def tool(name: str, *args: object, cwd: Path = REPOSITORY, env: dict[str, str] | None = None) -> tuple[int, str]:
    """Run a tool of the test environment, else one on the PATH; its exit code and what it printed."""
    beside = Path(sys.executable).parent / name
    command = [str(beside) if beside.exists() else name, *map(str, args)]
    done = subprocess.run(
        command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8"
    )
    return done.returncode, done.stdout


def git(cwd: Path, *args: object) -> None:
    code, printed = tool(
        "git", *(part for pair in PULL_REQUEST.items() for part in ("-c", "=".join(pair))), *args, cwd=cwd
    )
    assert code == 0, printed


# Linters


def zizmor(*paths: Path) -> tuple[int, str]:
    return tool("zizmor", "--offline", "--no-config", "--no-progress", "--persona=auditor", *paths)


def test_zizmor_finds_nothing() -> None:
    code, printed = zizmor(*WORKFLOWS, ACTION)
    assert code == 0, printed


def test_zizmor_would_find_what_is_unsafe(tmp_path: Path) -> None:
    unsafe = SUBMISSION.read_text("utf-8").replace("pull_request:", "pull_request_target:")
    path = tmp_path / ".github" / "workflows" / "unsafe.yml"
    path.parent.mkdir(parents=True)
    path.write_text(unsafe + "      - run: cd ${{ github.event.pull_request.title }}\n", "utf-8")
    code, printed = zizmor(path)
    assert code != 0
    assert "dangerous-triggers" in printed
    assert "template-injection" in printed


@pytest.mark.parametrize(
    ("schema", "paths"),
    [("github-workflows", WORKFLOWS), ("github-actions", [ACTION]), ("github-issue-forms", FORMS)],
    ids=["workflows", "action", "forms"],
)
def test_files_fit_the_schemas_of_github(schema: str, paths: list[Path]) -> None:
    code, printed = tool("check-jsonschema", "--builtin-schema", f"vendor.{schema}", *paths)
    assert code == 0, printed


def test_actionlint_finds_nothing() -> None:
    code, printed = tool("jactionlint", *WORKFLOWS)
    assert code == 0, printed


def test_the_pre_commit_manifest_is_valid() -> None:
    code, printed = tool("pre-commit", "validate-manifest", HOOKS)
    assert code == 0, printed


# Safe for forks


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_read_contents_and_nothing_else(path: Path) -> None:
    workflow = load(path)
    assert workflow["permissions"] == {"contents": "read"}
    assert "concurrency" in workflow
    for job in workflow["jobs"].values():
        assert "permissions" not in job
        assert "secrets" not in job
        assert job["timeout-minutes"] <= 30


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_has_no_dangerous_trigger_and_no_secret(path: Path) -> None:
    triggers = load(path)["on"]
    assert not {"pull_request_target", "workflow_run", "issue_comment"} & set(triggers)
    assert "secrets" not in (triggers.get("workflow_call") or {})
    text = path.read_text("utf-8")
    assert not re.search(r"\bsecrets\b|GITHUB_TOKEN|github\.token", text)


@pytest.mark.parametrize("path", [*WORKFLOWS, ACTION], ids=lambda path: path.name)
def test_no_expression_is_part_of_a_script(path: Path) -> None:
    scripts = [step["run"] for step in steps(path) if "run" in step]
    assert scripts or path == SUBMISSION
    assert not [script for script in scripts if "${{" in script]


@pytest.mark.parametrize("path", [*WORKFLOWS, ACTION], ids=lambda path: path.name)
def test_every_action_is_pinned_by_commit_with_its_version(path: Path) -> None:
    uses = re.findall(r"^\s*(?:- )?uses: (.*)$", path.read_text("utf-8"), re.MULTILINE)
    assert uses
    for used in uses:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", used) or used.startswith("./checker "), used


def test_pins_are_the_same_everywhere() -> None:
    texts = [path.read_text("utf-8") for path in [*WORKFLOWS, ACTION, REPOSITORY / "docs" / "submissions.md"]]
    pins = {pin for text in texts for pin in re.findall(r"uses: (actions/[\w-]+)@(\S+) # (\S+)", text)}
    assert len(pins) == len({name for name, _, _ in pins})


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_token_stays_in_a_checkout(path: Path) -> None:
    checkouts = [step for step in steps(path) if step.get("uses", "").startswith("actions/checkout@")]
    assert checkouts
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_the_checker_is_the_base_branch_and_the_pull_request_is_a_folder() -> None:
    checker, submission, action, *rest = steps(SUBMISSION)
    assert checker["with"]["path"] == "checker"
    assert checker["with"]["ref"] == "${{ inputs.checker-ref || github.event.pull_request.base.sha }}"
    assert submission["with"]["path"] == "submission"
    assert submission["with"].keys() & {"ref", "repository"} == set()
    assert action["uses"] == "./checker"
    assert action["with"]["root"].startswith("submission/")
    # Depth 2 holds the merge commit and its first parent, the base branch.
    assert submission["with"]["fetch-depth"] == 2
    assert action["with"]["base"] == action["with"]["since"] == "HEAD^1"
    assert action["with"]["rule-pages"].endswith("base.sha }}/docs/rules.md")
    assert " " not in re.sub(r"\$\{\{.*?\}\}", "", action["with"]["rule-pages"])
    assert rest == []


def test_python_of_the_action_imports_nothing_of_the_workspace() -> None:
    calls = [
        line for step in steps(ACTION) for line in step.get("run", "").splitlines() if re.search(r'python"? ', line)
    ]
    assert len(calls) == 4
    assert all(re.search(r'python"? -I ', call) for call in calls)


def test_inputs_of_the_action_are_documented_and_used() -> None:
    action = load(ACTION)
    table = (REPOSITORY / "docs" / "submissions.md").read_text("utf-8")
    used = re.findall(r"\$\{\{ inputs\.([\w-]+) \}\}", ACTION.read_text("utf-8"))
    assert set(used) == action["inputs"].keys()
    assert [name for name in action["inputs"] if f"| `{name}` |" not in table] == []


# What the steps do


Submit = Callable[..., tuple[int, str, str]]


@pytest.fixture
def submit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Submit:
    """Runs the last step of the action; exit code, log and summary. `processes` are those that the step starts.

    Without them, the step and its commands run in this process: starting three takes a second.
    """

    def run(processes: bool = False, **variables: str) -> tuple[int, str, str]:
        summary, output = tmp_path / "summary.md", tmp_path / "output"
        for written in (summary, output):
            written.unlink(missing_ok=True)
        env = os.environ | variables
        env |= {"GITHUB_STEP_SUMMARY": str(summary), "GITHUB_OUTPUT": str(output), "RUNNER_TEMP": str(tmp_path)}
        if processes:
            code, log = tool(sys.executable, STEP, cwd=tmp_path, env=env)
        else:
            monkeypatch.setitem(SCRIPT["main"].__globals__, "subprocess", InProcess)
            with chdir(tmp_path), redirect_stdout(io.TextIOWrapper(io.BytesIO(), "utf-8")) as out:
                code = SCRIPT["main"](env)
                out.flush()
            log = out.buffer.getvalue().decode()
        assert output.read_text("utf-8") == f"exit-code={code}\n"
        return code, log, summary.read_text("utf-8")

    return run


class InProcess:
    """Stands in for `subprocess` in the step, and runs `corpus` in this process."""

    DEVNULL = subprocess.DEVNULL

    @staticmethod
    def run(
        command: list[str], stdin: int, stdout: BinaryIO, stderr: BinaryIO, env: dict[str, str]
    ) -> subprocess.CompletedProcess[bytes]:
        out, err = io.TextIOWrapper(stdout, "utf-8"), io.TextIOWrapper(stderr, "utf-8")
        with patch.dict(os.environ, env, clear=True), redirect_stdout(out), redirect_stderr(err):
            code = corpus_main(command[1:])
        out.detach()
        err.detach()
        return subprocess.CompletedProcess(command, code)


def corpus_with(root: Path, schema: bool = True) -> Path:
    copy_bad(FAULT, root)
    if schema:
        shutil.copytree(REPOSITORY / "schema", root / "schema", dirs_exist_ok=True)
    return root


def test_the_summary_carries_the_findings_and_the_log_none(submit: Submit, tmp_path: Path) -> None:
    corpus_with(tmp_path / "submission")
    code, log, summary = submit(processes=True, CORPUS_ROOT="submission", CORPUS_FMT="false")
    assert code == 1
    assert log == "corpus validate: exit code 1; the findings are in the job summary\n"
    assert "\n```text\nannotations/gold/crlf-shift.json:14:9: error P307 " in summary
    assert "1 error in 1 document" in summary
    assert "corpus validate\n" in summary


def test_annotations_name_files_of_the_repository(submit: Submit, tmp_path: Path) -> None:
    """The pull request is checked out beside the checker; GitHub knows the names in the repository."""
    git(corpus_with(tmp_path / "submission"), "init")
    code, log, summary = submit(
        CORPUS_ROOT="submission", CORPUS_REPORTS="github", CORPUS_FORMAT="markdown", GITHUB_WORKSPACE=str(tmp_path)
    )
    assert code == 1
    (annotation,) = [line for line in log.splitlines() if line.startswith("::")]
    assert annotation.startswith("::error file=annotations/gold/crlf-shift.json,line=14,col=9,")
    assert summary.count("## corpus validate") == 1
    assert "<ins>" in summary


def submission(tmp_path: Path) -> Path:
    """A pull request that adds an annotation with infos only, to a base that has errors of its own."""
    root = corpus_with(tmp_path / "submission")
    git(root, "init")
    git(root, "add", "--all")
    git(root, "commit", "-m", "base")
    for name in ("raw/barrage-hearing-delay.txt", "raw/barrage-hearing-delay.json"):
        shutil.copy(REPOSITORY / name, root / name)
    return root


def test_a_pull_request_shows_its_own_findings_only(submit: Submit, tmp_path: Path) -> None:
    root = submission(tmp_path)
    git(root, "add", "--all")
    git(root, "commit", "-m", "a submission")
    assert submit(CORPUS_ROOT="submission")[0] == 1
    code, _, summary = submit(CORPUS_ROOT="submission", CORPUS_SINCE="HEAD^1")
    assert code == 0, summary
    assert "in 1 document" in summary


def test_a_file_that_is_not_formatted_is_named(submit: Submit, tmp_path: Path) -> None:
    root = submission(tmp_path)
    record = root / "raw" / "barrage-hearing-delay.json"
    record.write_text(json.dumps(json.loads(record.read_bytes())), "utf-8")
    git(root, "add", "--all")
    git(root, "commit", "-m", "a submission")
    code, _, summary = submit(CORPUS_ROOT="submission", CORPUS_SINCE="HEAD^1")
    assert code == 1
    assert "### Format\n\n```text\nwould rewrite raw/barrage-hearing-delay.json\n```" in summary
    assert submit(CORPUS_ROOT="submission", CORPUS_SINCE="HEAD^1", CORPUS_FMT="false")[0] == 0


def test_infos_are_shown_on_request(submit: Submit, few_built: Path) -> None:
    said = submit(CORPUS_ROOT=str(few_built), CORPUS_FMT="false")[2]
    assert ": info " not in said
    assert "not shown" in said
    every = submit(CORPUS_ROOT=str(few_built), CORPUS_FMT="false", CORPUS_INFOS="true")[2]
    assert ": info " in every


def test_a_submission_without_a_fault_is_green(submit: Submit, corpus: Corpus) -> None:
    assert corpus.run("fmt").code == 0
    code, _, summary = submit(CORPUS_ROOT=str(corpus.root))
    assert code == 0, summary
    assert summary.startswith("## Corpus: ✅ nothing found\n")


def test_only_the_paths_that_are_named_are_checked(submit: Submit, tmp_path: Path) -> None:
    path = REPOSITORY / "annotations" / "gold" / "barrage-hearing-delay.json"
    code, _, summary = submit(CORPUS_ROOT=str(REPOSITORY), CORPUS_PATHS=f"\n {path} \n\n", CORPUS_ARGS="--workers=1\n")
    assert code == 0
    assert "no findings in 1 document" in summary


@pytest.mark.parametrize("value", ["$(touch pwned)", "; touch pwned", "`touch pwned`", "--help", "-x", "nowhere"])
def test_an_input_is_never_run(value: str, submit: Submit, tmp_path: Path) -> None:
    code, log, summary = submit(processes="touch" in value, CORPUS_ROOT=value, CORPUS_PATHS=value)
    assert code == 2
    assert "could not run" in summary
    assert value not in log
    assert not (tmp_path / "pwned").exists()


def test_a_submission_cannot_write_to_the_summary(submit: Submit, tmp_path: Path) -> None:
    root = corpus_with(tmp_path / "submission")
    path = root / "annotations" / "gold" / "crlf-shift.json"
    evil = "\\n````\\n# passed\\n::error::x\\n<img src=x>\\u001b[31m\\u202e\\u2028"
    path.write_text(path.read_text("utf-8").replace('"Wanda Priel"', f'"{evil}"'), "utf-8")
    code, log, summary = submit(CORPUS_ROOT="submission", CORPUS_FMT="false")
    assert code == 1
    assert "::" not in log
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2028]", summary)
    assert re.findall("^ *#.*", outside_of_fences(summary), re.MULTILINE) == ["## Corpus: ❌ findings"]
    assert "<img" not in outside_of_fences(summary)


def outside_of_fences(markdown: str) -> str:
    """What a Markdown reader takes for Markdown."""
    out, fence = [], ""
    for line in markdown.splitlines():
        ticks = re.match("`{3,}", line)
        if fence:
            fence = "" if re.fullmatch(f"{fence}`* *", line) else fence
        elif ticks:
            fence = ticks[0]
        else:
            out.append(line)
    assert not fence
    return "\n".join(out)


def test_a_fence_cannot_be_closed_by_what_is_in_it() -> None:
    for text in ("```", "a\n`````\n# b\n``", "~~~\n````text"):
        fenced = SCRIPT["fenced"](text)
        assert outside_of_fences(fenced) == ""
        assert text in fenced


@pytest.mark.parametrize("character", ["x", "é", "\u202e", "\U000e0001", "\n"])
def test_a_summary_stays_below_what_the_runner_takes(character: str, tmp_path: Path) -> None:
    report, said = tmp_path / "report", tmp_path / "said"
    report.write_text(character * 2_000_000, "utf-8")
    said.write_text(character * 2_000_000, "utf-8")
    summary = SCRIPT["summary"](1, report, said, {})
    assert len(summary.encode()) < 2**20
    assert "There is more than is shown" in summary


def test_reports_are_asked_for_as_well_and_annotations_have_a_file_of_their_own(tmp_path: Path) -> None:
    env = {"CORPUS_REPORTS": "github\nsarif=report.sarif\n", "CORPUS_PATHS": "-a\nb c", "CORPUS_ARGS": "--no-cache"}
    env["CORPUS_BASE"] = "HEAD^1"
    assert SCRIPT["command"](env, tmp_path / "annotations")[1:] == [
        "--root=.",
        "validate",
        "--format=text",
        f"--format=github={tmp_path}/annotations",
        "--format=sarif=report.sarif",
        "--least=warning",
        "--base=HEAD^1",
        "--no-cache",
        "--",
        "-a",
        "b c",
    ]


@pytest.mark.parametrize(
    ("path", "content", "told"),
    [
        ("schema/targets.json", '{"targets": []}', True),
        ("pyproject.toml", '[tool.corpus.severity]\nE504 = "info"\n', True),
        ("pyproject.toml", "[tool.ruff]\n", False),
        ("annotations/exceptions.toml", "# none\n", True),
        ("annotations/baseline.toml", "# none\n", True),
        ("constraints.txt", "pyarrow\n", True),
        ("releases/1.0.0/manifest.json", "{}", True),
        ("annotations/gold/note.md", "changed", False),
        ("raw/a.txt", "changed", False),
    ],
)
def test_the_summary_says_when_the_rules_change(
    path: str, content: str, told: bool, submit: Submit, tmp_path: Path
) -> None:
    root = corpus_with(tmp_path / "submission")
    git(root, "init")
    git(root, "add", "--all")
    git(root, "commit", "-m", "base")
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(content, "utf-8")
    git(root, "add", "--all")
    git(root, "commit", "-m", "a submission")
    base = next(step["with"]["base"] for step in steps(SUBMISSION) if step.get("uses") == "./checker")
    _, log, summary = submit(CORPUS_ROOT="submission", CORPUS_BASE=base)
    (warned,) = [line for line in summary.splitlines() if "edits the rules" in line] or [""]
    assert bool(warned) is told
    assert path not in warned + log


@pytest.mark.slow
def test_the_action_runs_nothing_that_lies_in_the_workspace(tmp_path: Path) -> None:
    """Both scripts as the runner runs them, in a workspace with modules that would be run if they were imported."""
    root = corpus_with(tmp_path / "workspace")
    for name in ("venv", "pip", "corpus", "sitecustomize", "subprocess", "hatchling", "orjson"):
        (root / f"{name}.py").write_text(f"open({str(tmp_path / 'pwned')!r}, 'w')", "utf-8")
    (root / "pyproject.toml").write_text('[build-system]\nrequires = ["nothing"]\n', "utf-8")
    (root / "pip.conf").write_text("[global]\nindex-url = http://127.0.0.1:9/\n", "utf-8")
    summary, output = tmp_path / "summary", tmp_path / "output"
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    env |= {"ACTION": str(REPOSITORY), "RUNNER_TEMP": str(tmp_path), "CORPUS_ROOT": "."}
    env |= {"GITHUB_STEP_SUMMARY": str(summary), "GITHUB_OUTPUT": str(output)}
    env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"
    code, printed = tool("bash", "-e", "-c", step_named(ACTION, "Install")["run"], cwd=root, env=env)
    assert code == 0, printed
    code, printed = tool("bash", "-e", "-c", step_named(ACTION, "Validate")["run"], cwd=root, env=env)
    assert code == 1, printed
    assert "error P307" in summary.read_text("utf-8")
    assert not (tmp_path / "pwned").exists()


# Hooks


def hooks() -> dict[str, dict[str, Any]]:
    return {hook["id"]: hook for hook in yaml.safe_load(HOOKS.read_text("utf-8"))}


def test_hooks_get_the_documents_and_nothing_else() -> None:
    files = {name: hook["files"] for name, hook in hooks().items()}
    assert files.keys() == {"corpus-validate", "corpus-fmt"}
    for path in ("raw/a.txt", "raw/a.json", "raw/a.jsonl.zst", "annotations/gold/a.json"):
        assert re.search(files["corpus-validate"], path)
    for path in ("README.md", "pyproject.toml", "tests/cases/a/raw/a.json", "annotations/exceptions.toml"):
        assert not re.search(files["corpus-validate"], path)
        assert not re.search(files["corpus-fmt"], path)
    assert all(hook["language"] == "python" and hook["pass_filenames"] for hook in hooks().values())


def test_entries_take_the_names_of_files(tmp_path: Path) -> None:
    """As pre-commit calls them: in the corpus, with the names at the end."""
    root = corpus_with(tmp_path / "corpus")
    names = ["raw/crlf-shift.txt", "raw/crlf-shift.json", "annotations/gold/crlf-shift.json"]
    validate, fmt = (hooks()[name]["entry"].split() for name in ("corpus-validate", "corpus-fmt"))
    code, printed = tool(*validate, *names, cwd=root)
    assert (code, "P307" in printed) == (1, True)
    code, printed = tool(*fmt, *names[1:], cwd=root)
    assert code == 0, printed


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """This repository as pre-commit clones it."""
    path = tmp_path / "on-the-record"
    ignored = shutil.ignore_patterns(".git", ".venv", ".*_cache", ".hypothesis", "build", "cases", "attached")
    shutil.copytree(REPOSITORY, path, ignore=ignored)
    git(path, "init")
    git(path, "add", "--all")
    git(path, "commit", "-m", "a version")
    return path


@pytest.mark.slow
def test_pre_commit_runs_the_hooks(clone: Path, tmp_path: Path) -> None:
    """The real pre-commit installs the command and runs it on what is staged. Needs PyPI, as .ci/run does."""
    root = corpus_with(tmp_path / "corpus")
    git(root, "init")
    git(root, "add", "--all")
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    env["PRE_COMMIT_HOME"] = str(tmp_path / "pre-commit")
    code, printed = tool("pre-commit", "try-repo", clone, "corpus-validate", "--verbose", cwd=root, env=env)
    assert code == 1, printed
    assert "annotations/gold/crlf-shift.json:14:9: error P307" in printed


# Templates


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.name)
def test_the_parts_of_an_issue_form_have_names_of_their_own(path: Path) -> None:
    ids = [part["id"] for part in load(path)["body"]]
    assert len(ids) == len(set(ids))


def test_code_owners_name_what_is_there_and_the_rules_come_last() -> None:
    lines = [line.split() for line in (GITHUB / "CODEOWNERS").read_text("utf-8").splitlines() if line.strip()]
    patterns = [words[0] for words in lines if words[0] != "#"]
    assert patterns[0] == "*"
    optional = {"/annotations/exceptions.toml"}
    for pattern in patterns[1:]:
        assert pattern in optional or (REPOSITORY / pattern.strip("/")).exists(), pattern
    assert patterns.index("/annotations/exceptions.toml") > patterns.index("/annotations/")
    assert {"/.github/", "/.ci/", "/action.yml", "/corpus/", "/schema/", "/pyproject.toml"} <= set(patterns)


def test_the_pull_request_template_names_commands_that_are_there() -> None:
    text = (GITHUB / "pull_request_template.md").read_text("utf-8")
    for command in re.findall(r"`corpus (\w+)", text):
        code, printed = tool("corpus", command, "--help")
        assert code == 0, printed
