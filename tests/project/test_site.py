"""The site of the documents: the page of the command line is that of the code, and Sphinx finds nothing to warn of."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.corpora import REPOSITORY

from corpus.cli.main import _parser

CLI = REPOSITORY / "docs" / "cli.md"


def cli_page() -> str:
    """Every verb with its help and its arguments."""
    lines = [
        "# The command line",
        "",
        "Written from the command by `pytest tests/project/test_site.py --golden`. "
        "`corpus VERB --help` shows the same.",
        "",
        *arguments(_parser()),
    ]
    for name, parser in verbs(_parser(), "corpus"):
        described = re.sub(r"(?<!`)<", r"\\<", (parser.description or "").strip())
        lines += ["", f"## {name}", "", described, *(["", *rows] if (rows := arguments(parser)) else [])]
    return "\n".join(lines) + "\n"


def verbs(parser: argparse.ArgumentParser, name: str) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """The verbs below a parser, those of a group by the names of both."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for verb, inner in action.choices.items():
                below = list(verbs(inner, f"{name} {verb}"))
                yield from below or [(f"{name} {verb}", inner)]


def arguments(parser: argparse.ArgumentParser) -> list[str]:
    """A table of the arguments."""
    hidden = (argparse._SubParsersAction, argparse._HelpAction)
    actions = [action for action in parser._actions if not isinstance(action, hidden)]
    rows = [f"| `{shown(action)}` | {(action.help or '').replace('|', chr(92) + '|')} |" for action in actions]
    return ["| argument | |", "|---|---|", *rows] if rows else []


def shown(action: argparse.Action) -> str:
    """An argument as it is written."""
    value = str(action.metavar or action.dest) if action.nargs != 0 else ""
    more = {"*": "…", "+": "…"}.get(str(action.nargs), "")
    return " ".join(filter(None, [", ".join(action.option_strings), value + more])).replace("|", "\\|")


def test_the_page_of_the_command_line_is_that_of_the_code(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--golden"):
        CLI.write_text(cli_page(), "utf-8")
    assert CLI.read_text("utf-8") == cli_page()


def test_the_site_is_made_without_a_warning(tmp_path: Path) -> None:
    """A link that leads nowhere, a page that is in no navigation, a name that is not there: each is a warning."""
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-c", "docs", ".", str(tmp_path)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    for page in ("index.html", "docs/your-own-corpus.html", "docs/cli.html", "schema/README.html"):
        assert "toctree-l1" in (tmp_path / page).read_text("utf-8"), page
    home, api = ((tmp_path / page).read_text("utf-8") for page in ("index.html", "docs/api.html"))
    assert 'href="docs/releases.html"' in home
    assert 'id="corpus.load"' in api
    assert 'id="corpus.files.Index.shards"' in api
