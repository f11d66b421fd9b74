"""The TOML files that the command itself writes to: read with care, written in one form."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from .model import CorpusError

MAX_BYTES = 64 * 2**20
"""The largest file that is read or written, in bytes."""
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def read_tables(root: Path, path: str, name: str, text: str | None = None) -> list[dict[str, Any]]:
    """The tables of the array `name`, which is all that the file `path` of the corpus may hold; `[]` without it.

    With `text`, as if that stood in the file. Raises CorpusError.
    """
    file = root / path
    try:
        if text is None:
            text = read_text(file)
        content = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise CorpusError(f"{path}: {str(error) or 'too deep'}") from None
    tables = content.pop(name, [])
    if content:
        raise CorpusError(f"{path}: there is no {', '.join(content)}; it has only {name}")
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise CorpusError(f"{path}: {name} must be a list of tables")
    return tables


def read_toml(file: Path) -> dict[str, Any]:
    """The content of a file that the user named. Raises CorpusError when it cannot be read."""
    if not file.is_file():
        raise CorpusError(f"{file}: there is no such file")
    try:
        return tomllib.loads(read_text(file))
    except (ValueError, RecursionError) as error:
        raise CorpusError(f"{file}: {str(error) or 'too deep'}") from None


def read_text(file: Path) -> str:
    """The text of the file, "" when it is not there. Raises CorpusError, and ValueError when it is not UTF-8."""
    if file.is_symlink():
        raise CorpusError(f"{file} is a symbolic link: a corpus is read only inside of its own folder")
    try:
        if file.stat().st_size > MAX_BYTES:
            raise CorpusError(f"{file} is larger than {MAX_BYTES // 2**20} MiB")
        return file.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return ""


def string(text: str) -> str:
    """The text as a TOML string on one line, with controls and format characters as escapes."""
    return '"' + "".join(_ESCAPES.get(char) or _escaped(char) for char in text) + '"'


def _escaped(char: str) -> str:
    if char.isprintable():
        return char
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"
