"""Rename replaced codes in `[tool.corpus.severity]` of pyproject.toml, and keep the rest of the file as it is.

    [tool.corpus.severity]          [tool.corpus.severity]
    Q510 = "info"  # ours     →     S501 = "info"  # ours

TOML writes such a table in several forms. So each place where a code could be a key is edited on trial, and an edit is
taken if the file then parses to the settings that are wanted.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

from ..core.model import CorpusError
from ..core.settings import REPLACED, SETTINGS

_TABLE = "[tool.corpus.severity]"


def rename_severities(text: str) -> tuple[str, list[str]]:
    """Return the content of pyproject.toml with the codes of today, and a note on each that has a wider meaning now.

    Text that is not TOML, or has no such table, is returned as it is. Raises CorpusError, with what to write, if codes
    that become one have different severities, or if a key cannot be found in the text.
    """
    try:
        severity = _severity(tomllib.loads(text))
    except (ValueError, RecursionError):
        return text, []
    olds = [code for code in severity if code in REPLACED]
    for new in sorted({REPLACED[code] for code in olds}):
        named = {code: one for code, one in severity.items() if new in (code, REPLACED.get(code))}
        if any(one != severity[next(iter(named))] for one in named.values()):
            said = ", ".join(f"{code} = {_shown(one)}" for code, one in named.items())
            gone = " and ".join(code for code in named if code != new)
            raise CorpusError(
                f"{SETTINGS}: {_TABLE} has {said}, and {gone} {'is' if len(named) - (new in named) == 1 else 'are'} "
                f"{new} now: write one severity for {new}, and delete {gone}"
            )
    for code in olds:
        text = _edited(text, code)
    return text, [
        f"{SETTINGS}: {code} is {REPLACED[code]} now, which is the code of all conditions of the schema: "
        f"{_shown(severity[code])} holds for all of them"
        for code in olds
    ]


def _edited(text: str, code: str) -> str:
    """Return the text with a code renamed, or without it if the new code has the same severity already."""
    wanted = tomllib.loads(text)
    severity = _severity(wanted)
    new, value = REPLACED[code], severity.pop(code)
    edits = _without(text, code) if new in severity else _renamed(text, code)
    severity[new] = value
    for edited in edits:
        try:
            if tomllib.loads(edited) == wanted:
                return edited
        except tomllib.TOMLDecodeError:
            continue
    raise CorpusError(f"{SETTINGS}: {_TABLE} {code} is {new} now: write {new} = {_shown(value)} in its place")


def _renamed(text: str, code: str) -> Iterator[str]:
    for found in re.finditer(rf"\b{code}\b", text):
        yield text[: found.start()] + REPLACED[code] + text[found.end() :]


def _without(text: str, code: str) -> Iterator[str]:
    """Yield the text without a line that has the code, and without a key and value of an inline table."""
    pair = rf"""["']?\b{code}\b["']?[ \t]*=[ \t]*(["'])\w*\1"""
    for pattern in (rf"^[^\n]*\b{code}\b[^\n]*(\n|\Z)", rf"[ \t]*,[ \t]*{pair}", rf"{pair}[ \t]*,[ \t]*"):
        for found in re.finditer(pattern, text, re.MULTILINE):
            yield text[: found.start()] + text[found.end() :]


def _severity(settings: dict[str, Any]) -> dict[str, Any]:
    """Return the table of severities within the settings, {} if there is none."""
    found: Any = settings
    for name in ("tool", "corpus", "severity"):
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _shown(severity: object) -> str:
    return f'"{severity}"' if isinstance(severity, str) else repr(severity)
