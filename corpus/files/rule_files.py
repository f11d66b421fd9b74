"""The files that are rules: all findings depend on them, so a change to one of them is reviewed first.

`RULE_FILES` is the only list. `corpus validate --since`, `--base`, the action and the workflow use it.
"""

from __future__ import annotations

import os
import re
import stat
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
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
PLAIN = ("--no-renames", "--relative", "--no-ext-diff", "--no-textconv", "--no-color", "--ignore-submodules=none")
"""Options of `git diff` that override settings which change its output or start a program.

A submission can bring some of them: `.gitmodules` may say that changes of a submodule are to be ignored.
"""

_AT_ONCE = 500
"""Files that one command of git names."""


def changed_files(git: Git, base: str, *inside: str) -> set[str]:
    """Return the files that differ from the commit `base`, uncommitted and untracked files included."""
    found = set(git.names("diff", "--name-only", "-z", *PLAIN, base, "--", *inside))
    found.update(git.names("ls-files", "--others", "--exclude-standard", "-z", "--", *inside))
    found.update(_overlooked(git, base, inside))
    return found


def _overlooked(git: Git, base: str, inside: Sequence[str]) -> Iterator[str]:
    """Yield the files that differ though git does not compare them: marked assume-unchanged or skip-worktree.

    A file that is missing since it is outside of a sparse checkout does not differ.
    """
    # Each name follows a letter and a blank. A small letter stands for assume-unchanged.
    tagged = [name for name in git.names("ls-files", "-v", "-z", "--", *inside) if name[0] == "S" or name[0].islower()]
    paths = [name[2:] for name in tagged if name[0].islower() or os.path.lexists(git.root / name[2:])]
    regular = [path for path in paths if stat.S_ISREG(_mode(git.root / path))]
    yield from set(paths) - set(regular)
    for first in range(0, len(regular), _AT_ONCE):
        some = regular[first : first + _AT_ONCE]
        then = {
            path: what
            for what, _, path in (one.partition("\t") for one in git.names("ls-tree", "-z", base, "--", *some))
        }
        for path, blob in zip(some, git.read("hash-object", "--", *some).decode().split(), strict=True):
            if then.get(path, "").split(" ")[-1] != blob:
                yield path


def _mode(path: Path) -> int:
    try:
        return path.lstat().st_mode
    except OSError:
        return 0


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
    except (CorpusError, OSError):  # such as a link to a device that never ends
        now = b""
    return bool(_settings(git.run("cat-file", "blob", f"{base}:./{path}").stdout) != _settings(now))


def _settings(written: bytes) -> Any:
    """Return [tool.corpus], or the bytes themselves if they are not TOML."""
    try:
        tool = tomllib.loads(written.decode()).get("tool", {})
        return tool.get("corpus") if isinstance(tool, dict) else tool
    except (ValueError, RecursionError):
        return written
