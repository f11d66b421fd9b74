"""Run `corpus validate` on a submission and write what it found to the job summary; the last step of action.yml.

Everything comes through the environment: CORPUS_ROOT, CORPUS_PATHS, CORPUS_BASE, CORPUS_FORMAT, CORPUS_REPORTS and
CORPUS_ARGS as in action.yml, and GITHUB_STEP_SUMMARY, GITHUB_OUTPUT and RUNNER_TEMP from the runner. The exit code is
the command's.

What the command prints quotes the submission. So none of it goes to the log, where the runner obeys lines that begin
with `::`, and in the summary it stands in a fence that is longer than every run of backticks in it.
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
    """Run the command with what `env` says; its exit code."""
    with tempfile.TemporaryDirectory(dir=env.get("RUNNER_TEMP")) as folder:
        report, said, annotations = (Path(folder, name) for name in ("report", "said", "annotations"))
        with report.open("wb") as out, said.open("wb") as err:
            code = subprocess.run(
                command(env, annotations), stdin=subprocess.DEVNULL, stdout=out, stderr=err
            ).returncode
        append(env["GITHUB_STEP_SUMMARY"], summary(code, report, said, env))
        append(env["GITHUB_OUTPUT"], f"exit-code={code}\n")
        print(f"corpus validate: exit code {code}; the findings are in the job summary", flush=True)
        if annotations.exists():
            with annotations.open("rb") as lines:
                shutil.copyfileobj(lines, sys.stdout.buffer)
    return code


def command(env: Mapping[str, str], annotations: Path) -> list[str]:
    """The arguments. Values are never part of a shell line, and a path is a path also when it begins with `-`."""
    reports = (f"github={annotations}" if name == "github" else name for name in lines(env, "CORPUS_REPORTS"))
    formats = [env.get("CORPUS_FORMAT") or "text", *reports]
    return [
        str(Path(sys.executable).with_name("corpus")),
        f"--root={env.get('CORPUS_ROOT') or '.'}",
        "validate",
        *(f"--format={name}" for name in formats),
        *(f"--base={base}" for base in lines(env, "CORPUS_BASE")),
        *lines(env, "CORPUS_ARGS"),
        "--",
        *lines(env, "CORPUS_PATHS"),
    ]


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
