"""Run `corpus validate` and `corpus fmt --check` on a submission, and write what they found to the job summary.

The last step of action.yml. Everything comes through the environment: CORPUS_ROOT, CORPUS_PATHS, CORPUS_BASE,
CORPUS_SINCE, CORPUS_FMT, CORPUS_INFOS, CORPUS_FORMAT, CORPUS_REPORTS and CORPUS_ARGS as in action.yml, and
GITHUB_STEP_SUMMARY, GITHUB_OUTPUT and RUNNER_TEMP from the runner. The exit code is the worse one of the two commands.

What the commands print quotes the submission. So none of it goes to the log, where the runner obeys lines that begin
with `::`, except the annotations, which the command escapes. In the summary it stands in a fence that is longer than
every run of backticks in it, except the Markdown of the command, which is escaped too.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Mapping
from pathlib import Path

MOST = 100_000
"""Characters of a report in the summary. The runner drops a whole summary that is larger than 1 MiB."""

HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Categories of control and formatting characters, and of line ends that are not LF."""

VERDICTS = {0: "✅ nothing found", 1: "❌ findings", 2: "⚠️ the check could not run"}


def main(env: Mapping[str, str]) -> int:
    """Run the commands with what `env` says; the worse exit code."""
    with tempfile.TemporaryDirectory(dir=env.get("RUNNER_TEMP")) as folder:
        annotations = Path(folder, "annotations")
        code, report, said = ran(command(env, annotations), env, Path(folder, "validate"))
        parts = [summary(code, report, said, env)]
        if env.get("CORPUS_FMT", "true") == "true" and code < 2:
            fmt_code, report, said = ran(fmt_command(env), env, Path(folder, "fmt"))
            parts.append(fmt_summary(fmt_code, report, said))
            code = max(code, fmt_code)
        append(env["GITHUB_STEP_SUMMARY"], "".join(parts))
        append(env["GITHUB_OUTPUT"], f"exit-code={code}\n")
        print(f"corpus validate: exit code {code}; the findings are in the job summary", flush=True)
        if annotations.exists():
            with annotations.open("rb") as written:
                shutil.copyfileobj(written, sys.stdout.buffer)
    return code


def ran(arguments: list[str], env: Mapping[str, str], folder: Path) -> tuple[int, Path, Path]:
    """Run a command; its exit code, and the files with what it printed on stdout and stderr."""
    folder.mkdir()
    report, said = folder / "report", folder / "said"
    # The summary is written here and once: the command would add its own.
    its_own = {name: value for name, value in env.items() if name != "GITHUB_STEP_SUMMARY"}
    if "//blob/" in its_own.get("ON_THE_RECORD_RULE_PAGES", "").partition("://")[2]:
        del its_own["ON_THE_RECORD_RULE_PAGES"]  # the action is not from a repository
    with report.open("wb") as out, said.open("wb") as err:
        code = subprocess.run(arguments, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=its_own).returncode
    return code, report, said


def corpus(env: Mapping[str, str], verb: str) -> list[str]:
    """The command with its corpus. Values are never part of a shell line."""
    return [str(Path(sys.executable).with_name("corpus")), f"--root={env.get('CORPUS_ROOT') or '.'}", verb]


def command(env: Mapping[str, str], annotations: Path) -> list[str]:
    """The arguments of `corpus validate`. A path is a path also when it begins with `-`."""
    reports = (f"github={annotations}" if name == "github" else name for name in lines(env, "CORPUS_REPORTS"))
    formats = [env.get("CORPUS_FORMAT") or "text", *reports]
    return [
        *corpus(env, "validate"),
        *(f"--format={name}" for name in formats),
        *([] if env.get("CORPUS_INFOS") == "true" else ["--least=warning"]),
        *(f"--base={base}" for base in lines(env, "CORPUS_BASE")),
        *(f"--since={since}" for since in lines(env, "CORPUS_SINCE")),
        *lines(env, "CORPUS_ARGS"),
        "--",
        *lines(env, "CORPUS_PATHS"),
    ]


def fmt_command(env: Mapping[str, str]) -> list[str]:
    """The arguments of `corpus fmt --check`."""
    since = [f"--since={one}" for one in lines(env, "CORPUS_SINCE")]
    return [*corpus(env, "fmt"), "--check", *since, "--", *lines(env, "CORPUS_PATHS")]


def fmt_summary(code: int, report: Path, said: Path) -> str:
    """The summary of `corpus fmt --check`: the files that are not in the canonical form; "" if there are none."""
    if not code:
        return ""
    found = [fenced(words) for words in (head(report)[0], head(said)[0]) if words]
    hint = "```console\n$ corpus fmt\n```"
    return "\n\n".join(["### Format", *found, "To rewrite these files:", hint]) + "\n\n"


def lines(env: Mapping[str, str], name: str) -> list[str]:
    """The lines of a variable that are not empty."""
    return [line.strip() for line in env.get(name, "").split("\n") if line.strip()]


def summary(code: int, report: Path, said: Path, env: Mapping[str, str]) -> str:
    """The summary as Markdown: verdict, findings, what the command said of itself, and how to reproduce it."""
    parts = [f"## Corpus: {VERDICTS.get(code, VERDICTS[2])}"]
    found, more = head(report)
    # The command's Markdown reporter makes what it quotes safe by itself; everything else is fenced.
    if found:
        parts.append(found if env.get("CORPUS_FORMAT") == "markdown" and not more else fenced(found))
    if more:
        parts.append("There is more than is shown here. The command below shows all of it.")
    if words := head(said)[0]:
        parts.append(fenced(words))
    if code:
        parts.append("To see this on your machine, run this in your copy of the branch:")
        parts.append("```console\n$ corpus validate\n$ corpus rule CODE\n```")
    return "\n\n".join(parts) + "\n\n"


def head(path: Path) -> tuple[str, bool]:
    """The first whole lines of a file, with invisible characters written out, and whether there is more."""
    with path.open(encoding="utf-8", errors="replace") as file:
        text = file.read(MOST + 1)
    shown = "".join(f"\\u{{{ord(c):x}}}" if unicodedata.category(c) in HIDDEN and c != "\n" else c for c in text)
    if len(shown) <= MOST:
        return shown.rstrip("\n"), False
    cut = shown[:MOST]
    return cut[: cut.rfind("\n")] if "\n" in cut else cut, True


def fenced(text: str) -> str:
    """The text as a fenced block that it cannot close."""
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}text\n{text}\n{fence}"


def append(path: str, text: str) -> None:
    with open(path, "a", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    sys.exit(main(os.environ))
