"""Read TOML files, which a submission may bring, and quote strings for those that commands write."""

from __future__ import annotations

import tomllib
from datetime import date, time
from pathlib import Path
from typing import Any

from .model import CorpusError
from .regular_file import read_utf8

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def read_tables(root: Path, path: str, name: str, text: str | None = None) -> list[dict[str, Any]]:
    """Return the tables of the array `name`, the only key that the file `path` of the corpus may have.

    Without the file there are none. `text`, if given, is read in place of the file. Raises CorpusError.
    """
    try:
        content = tomllib.loads(text if text is not None else read_utf8(root / path, root))
    except FileNotFoundError:
        return []
    except (ValueError, RecursionError) as error:
        raise CorpusError(f"{path}: {str(error) or 'too deep'}") from None
    tables = content.pop(name, [])
    if content:
        raise CorpusError(f"{path}: unknown key {', '.join(content)}; the only key is {name}")
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise CorpusError(f"{path}: {name} must be an array of tables, [[{name}]]")
    return tables


def read_toml(file: Path) -> dict[str, Any]:
    """Return the content of a file that the user named, dates and times as ISO 8601 strings, which JSON has.

    Raises CorpusError if it cannot be read.
    """
    try:
        content: dict[str, Any] = _without_dates(tomllib.loads(read_utf8(file)))
        return content
    except FileNotFoundError:
        raise CorpusError(f"{file}: no such file") from None
    except (ValueError, RecursionError) as error:
        raise CorpusError(f"{file}: {str(error) or 'too deep'}") from None


def _without_dates(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_dates(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_without_dates(one) for one in value]
    return value.isoformat() if isinstance(value, date | time) else value


def string(text: str) -> str:
    """Return a TOML string on one line, with control and format characters as escapes."""
    return '"' + "".join(_ESCAPES.get(char) or _escaped(char) for char in text) + '"'


def _escaped(char: str) -> str:
    if char.isprintable():
        return char
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"
