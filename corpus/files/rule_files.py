"""The files that are rules: all findings depend on them, so a change to one of them is reviewed first.

`RULE_FILES` is the only list. `corpus validate --since`, `--base`, the action and the workflow use it.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any

from ..core.model import CorpusError
from ..core.regular_file import read_file
from .git import Git

SETTINGS = "pyproject.toml"
RULE_FOLDERS = ("schema", "releases")
RULE_FILES = re.compile(
    r"schema(?:/.*)?|releases(?:/.*)?|annotations/[^/]+\.toml|pyproject\.toml|constraints\.txt", re.DOTALL
)
"""Paths relative to the corpus. git lists a link or a submodule as one name, without its files."""
PLAIN = ("--no-renames", "--relative", "--no-ext-diff", "--no-textconv", "--no-color")
"""Options of `git diff` that override settings which change its output or start a program."""


def changed_files(git: Git, base: str, *inside: str) -> set[str]:
    """Return the files that differ from the commit `base`, uncommitted and untracked files included."""
    found = set(git.names("diff", "--name-only", "-z", *PLAIN, base, "--", *inside))
    found.update(git.names("ls-files", "--others", "--exclude-standard", "-z", "--", *inside))
    return found


def changed_rules(git: Git, base: str) -> list[str]:
    """Return the rule files that differ from the commit `base`, sorted."""
    found = changed_files(git, base, *RULE_FOLDERS, "annotations", SETTINGS, "constraints.txt")
    return sorted(path for path in found if is_rule(git, base, path))


def is_rule(git: Git, base: str, path: str) -> bool:
    """Return True if all findings depend on a changed file. Of pyproject.toml, only [tool.corpus] counts."""
    if path != SETTINGS:
        return RULE_FILES.fullmatch(path) is not None
    try:
        now = read_file(git.root / path, git.root)
    except (OSError, CorpusError):
        now = b""
    return bool(_settings(git.run("cat-file", "blob", f"{base}:./{path}").stdout) != _settings(now))


def _settings(written: bytes) -> Any:
    """Return [tool.corpus], or the bytes themselves if they are not TOML."""
    try:
        tool = tomllib.loads(written.decode()).get("tool", {})
        return tool.get("corpus") if isinstance(tool, dict) else tool
    except (ValueError, RecursionError):
        return written
