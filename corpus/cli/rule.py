"""`corpus rule`: the page of a check."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from ..core.model import CorpusError
from .options import Verb

if TYPE_CHECKING:
    from ..checks.rule import Rule


@click.command("rule", cls=Verb)
@click.argument("code", metavar="[CODE]", required=False, help="A code or name, such as P307 or slice-mismatch.")
@click.option("--all", "all_", is_flag=True, help="List all checks.")
def rule(code: str | None, all_: bool) -> int:
    """Explain a check, with a bad and a good example.

    Without CODE, the command lists all checks.

    Examples:

      corpus rule P307
      corpus rule slice-mismatch
      corpus rule --all
    """
    from ..checks.suppress.suppressions import all_rules
    from ..core.settings import REPLACED
    from ..labelstudio.faults import FAULTS

    rules = all_rules()
    if all_ or not code:
        _list(rules)
        return 0
    for one in rules:
        if code.upper() == one.code or code == one.name:
            print(f"{one.code} {one.name} ({one.severity})\n\n{one.message}.\n\n{one.page}")
            return 0
    if code.upper() in REPLACED:
        new = REPLACED[code.upper()]
        print(
            f"{code.upper()} is now {new}: the schema states the rule, as one of its conditions. See corpus rule {new}."
        )
        return 0
    if code.upper() in FAULTS:
        print(f"{code.upper()} (Label Studio: the annotation is quarantined)\n\n{FAULTS[code.upper()]}.")
        return 0
    raise CorpusError(f"there is no check {code}; {_alike(code, rules, FAULTS)}`corpus rule --all` lists all checks")


def _alike(code: str, rules: Iterable[Rule], faults: Iterable[str]) -> str:
    """Return a question for the codes or names that are most alike, "" when none is."""
    from difflib import get_close_matches

    names = [name for one in rules for name in (one.code, one.name)] + list(faults)
    written = code if "-" in code or len(code) > 4 else code.upper()
    alike = get_close_matches(written, names)
    return f"did you mean {' or '.join(alike)}? " if alike else ""


def _list(rules: Iterable[Rule]) -> None:
    """Print a line for each rule; in a terminal, a table."""
    if not sys.stdout.isatty():
        for one in rules:
            print(f"{one.code}  {one.severity:<7}  {one.name:<30}  {one.message}")
        return
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    colours = {"error": "red", "warning": "yellow", "info": "cyan"}
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading, no_wrap in (("code", True), ("severity", True), ("name", True), ("message", False)):
        table.add_column(heading, no_wrap=no_wrap)
    for one in rules:
        table.add_row(one.code, Text(one.severity, colours[one.severity]), one.name, Text(one.message))
    Console().print(table)
