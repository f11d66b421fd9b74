"""The site of the documents: the page of the command line is that of the code, and Sphinx finds nothing to warn of."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path

import click
import pytest
from support.corpora import REPOSITORY

from corpus.cli.help_text import is_shared, wrapped
from corpus.cli.main import app

CLI = REPOSITORY / "docs" / "cli.md"
INTRODUCTION = """\
# The command line

Generated from the command by `pytest tests/project/test_site.py --golden`. `corpus VERB --help` shows the same.

Every verb has these options; they may come before the verb or after it.
"""
ENVIRONMENT = """
`corpus --version` shows the version. In bash, this line completes verbs and options (`zsh_source` for zsh,
`fish_source` for fish):

```text
eval "$(_CORPUS_COMPLETE=bash_source corpus)"
```

Findings are coloured in a terminal only. `NO_COLOR=1` switches colour off; `FORCE_COLOR=1` switches it on in a pipe.
"""


def cli_page() -> str:
    """Every verb with its help and its arguments."""
    shared = [one for one in app.params if is_shared(one)]
    lines = [*INTRODUCTION.splitlines(), "", *table(shared), *ENVIRONMENT.splitlines()]
    for heading, names in app.sections.items():
        lines += ["", f"## {heading}"]
        for name in names:
            for full_name, command in verbs(name, app):
                lines += ["", f"### corpus {full_name}", "", *described(command)]
                own = [one for one in command.params if not is_shared(one)]
                lines += ["", *table(own)] if own else []
    return "\n".join(lines) + "\n"


def verbs(name: str, group: click.Group) -> Iterator[tuple[str, click.Command]]:
    """A verb of a group; after a verb that is a group itself, its verbs by the names of both."""
    *_, last = name.split()
    command = group.get_command(click.Context(group), last)
    assert command
    yield name, command
    if isinstance(command, click.Group):
        for inner in command.list_commands(click.Context(command)):
            yield from verbs(f"{name} {inner}", command)


def described(command: click.Command) -> list[str]:
    """The help of a verb in Markdown: its examples in a block."""
    text, _, examples = wrapped(command.help or "", 120).partition("Examples:\n\n")
    lines = re.sub(r"(?<!`)<", r"\\<", text.strip()).splitlines()
    return [*lines, "", "```text", *cleandoc(examples).splitlines(), "```"] if examples else lines


def table(params: list[click.Parameter]) -> list[str]:
    """A table of arguments and options."""
    rows = [f"| `{shown(one)}` | {(one.help or '').replace('|', chr(92) + '|')} |" for one in params]
    return ["| argument | |", "|---|---|", *rows]


def shown(param: click.Parameter) -> str:
    """An argument as it is written."""
    metavar = "" if isinstance(param, click.Option) and param.is_flag else param.metavar or ""
    names = ", ".join(param.opts) if isinstance(param, click.Option) else ""
    return f"{names} {metavar}".strip().replace("|", "\\|")


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
    cli, card = ((tmp_path / page).read_text("utf-8") for page in ("docs/cli.html", "DATASET_CARD.html"))
    assert "--since REF" in cli
    assert not re.search(r"[–—]\w", cli), "an option with a dash cannot be copied"
    assert cli.count('src="../_static/copy.js') == 1
    assert (tmp_path / "_static" / "site.css").is_file()
    assert not (REPOSITORY / "build").is_dir() or card.count("<table") > 20
    home, api = ((tmp_path / page).read_text("utf-8") for page in ("index.html", "docs/api.html"))
    assert 'href="docs/releases.html"' in home
    assert 'id="corpus.load"' in api
    assert 'id="corpus.files.Index.shards"' in api
