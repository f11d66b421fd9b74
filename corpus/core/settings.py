"""The settings of a corpus: `[tool.corpus]` of its pyproject.toml, and the folder it lies in."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from math import fsum
from pathlib import Path
from typing import get_args

from .model import CorpusError, Severity
from .regular_file import read_utf8

SETTINGS = "pyproject.toml"
VERSION = re.compile(r"[0-9]{1,9}\.[0-9]{1,9}\.[0-9]{1,9}")
ALWAYS_ERRORS = ("C615", "C616", "C618")
"""Codes about the releases of the base commit. A change that could demote them could remove a release."""
REPLACED = {"E505": "S501", "Q510": "S501", "Q513": "S501", "T502": "S501", "T506": "S501"}
"""Codes of checks that conditions of the schema replace → the code of their findings."""
REPO = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
"""A repository of the Hugging Face hub, OWNER/NAME."""


@dataclass(frozen=True, slots=True)
class SplitSettings:
    """How `corpus split` assigns: `by` hash or by date, the share of each split, and the first day of all but one."""

    by: str = "hash"
    proportions: Mapping[str, float] = field(default_factory=dict)
    days: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a corpus.

    `version` is the next or latest version, X.Y.Z. `severity` holds the severity of every code. `hub` is the
    dataset repository of the Hugging Face hub, OWNER/NAME, that holds the releases, "" if there is none.
    """

    version: str = "0.0.0"
    severity: Mapping[str, Severity] = field(default_factory=dict)
    split: SplitSettings = SplitSettings()
    hub: str = ""


def read_settings(root: Path, codes: Mapping[str, Severity], text: str | None = None) -> Settings:
    """Read the settings of the corpus at `root`; missing ones have defaults. Raises CorpusError.

    `codes` is the default severity of every code; `text` replaces the content of the file.
    """
    path = root / SETTINGS
    try:
        tool = tomllib.loads(read_utf8(path, root) if text is None else text).get("tool", {})
    except FileNotFoundError:
        return Settings(severity=codes)
    except (ValueError, RecursionError) as error:
        raise CorpusError(f"{path}: {error}") from None
    table = tool.get("corpus", {}) if isinstance(tool, dict) else {}
    if not isinstance(table, dict):
        raise CorpusError(f"{path}: [tool.corpus] must be a table, not {table!r}")
    version, severity = table.pop("version", "0.0.0"), table.pop("severity", {})
    split = _split(path, table.pop("split", {}))
    hub = table.pop("hub", "")
    if table:
        raise CorpusError(f"{path}: [tool.corpus] has no {', '.join(table)}; it has version, severity, split and hub")
    if not isinstance(version, str) or not VERSION.fullmatch(version):
        raise CorpusError(f'{path}: [tool.corpus] version must be "X.Y.Z", not {version!r}')
    if not isinstance(hub, str) or (hub and not REPO.fullmatch(hub)):
        raise CorpusError(f'{path}: [tool.corpus] hub must be "OWNER/NAME", not {hub!r}')
    if not isinstance(severity, dict):
        raise CorpusError(f"{path}: [tool.corpus.severity] must be a table of codes, not {severity!r}")
    for code, name in severity.items():
        if code not in codes and code not in REPLACED:
            raise CorpusError(f"{path}: [tool.corpus.severity] there is no check {code}; see `corpus rule --all`")
        if name not in get_args(Severity):
            raise CorpusError(f"{path}: [tool.corpus.severity] {code} must be one of {', '.join(get_args(Severity))}")
        if code in REPLACED:
            raise CorpusError(f"{path}: [tool.corpus.severity] {_replaced(code, severity)}")
        if code in ALWAYS_ERRORS and name != "error":
            raise CorpusError(f"{path}: [tool.corpus.severity] {code} must stay an error: it protects the releases")
        if code[1] in "124" and codes[code] == "error" and name != "error":
            raise CorpusError(
                f"{path}: [tool.corpus.severity] {code} must stay an error: a corpus with it cannot be compiled"
            )
    return Settings(version, {**codes, **severity}, split, hub)


def _replaced(code: str, severity: Mapping[str, object]) -> str:
    """Return what replaces a code, and what to write for its severity."""
    new = REPLACED[code]
    todo = f"delete {code}, since {new} has a severity" if new in severity else f'write {new} = "{severity[code]}"'
    return f"{code} is {new} now, since the schema states the rule; {todo}"


def _split(path: Path, table: object) -> SplitSettings:
    """Check the shape of [tool.corpus.split]. The names of splits are checked against the schema later."""
    where = f"{path}: [tool.corpus.split]"
    if not isinstance(table, dict) or (unknown := set(table) - {"by", "proportions", "days"}):
        named = f"; it has no {', '.join(sorted(unknown))}" if isinstance(table, dict) else ""
        raise CorpusError(f"{where} has by, proportions and days{named}")
    by, proportions, days = table.get("by", "hash"), table.get("proportions", {}), table.get("days", {})
    if by not in ("hash", "date"):
        raise CorpusError(f'{where} by must be "hash" or "date", not {by!r}')
    if not isinstance(proportions, dict) or any(
        isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1
        for share in proportions.values()
    ):
        raise CorpusError(f"{where} proportions must be a table of numbers from 0 to 1, not {proportions!r}")
    if proportions and abs(fsum(proportions.values()) - 1) > 1e-9:
        raise CorpusError(f"{where} proportions must sum to 1, not {fsum(proportions.values()):g}")
    if not isinstance(days, dict):
        raise CorpusError(f"{where} days must be a table, not {days!r}")
    return SplitSettings(by, dict(proportions), {name: _day(where, day) for name, day in days.items()})


def _day(where: str, day: object) -> str:
    """Return a TOML date, or a date in a string, as YYYY-MM-DD."""
    try:
        return date.fromisoformat(str(day)).isoformat()
    except ValueError:
        raise CorpusError(f"{where} days: {day!r} is not a date, such as 2026-05-01") from None


def root_of(named: Path | None) -> Path:
    """Return the corpus named by --root, or else the one around the working directory. Raises CorpusError."""
    return find_root(Path.cwd()) if named is None else Path(os.path.abspath(named))


def find_root(start: Path) -> Path:
    """Return the nearest folder with a schema, from `start` upward. Raises CorpusError if there is none."""
    for folder in (start, *start.parents):
        if (folder / "schema" / "annotation.schema.json").is_file():
            return folder
    raise CorpusError(
        f"no corpus here: neither {start} nor a folder above it has schema/annotation.schema.json; use --root DIR"
    )
