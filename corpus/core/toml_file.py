"""Read TOML files, which a submission may bring, and quote strings for those that commands write."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from .model import CorpusError

MAX_BYTES = 64 * 2**20
"""The largest file that is read or written, in bytes."""
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def read_tables(root: Path, path: str, name: str, text: str | None = None) -> list[dict[str, Any]]:
    """Return the tables of the array `name`, the only key that the file `path` of the corpus may have.

    Without the file there are none. `text`, if given, is read in place of the file. Raises CorpusError.
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
        raise CorpusError(f"{path}: unknown key {', '.join(content)}; the only key is {name}")
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise CorpusError(f"{path}: {name} must be an array of tables, [[{name}]]")
    return tables


def read_toml(file: Path) -> dict[str, Any]:
    """Return the content of a file that the user named. Raises CorpusError if it cannot be read."""
    if not file.is_file():
        raise CorpusError(f"{file}: no such file")
    try:
        return tomllib.loads(read_text(file))
    except (ValueError, RecursionError) as error:
        raise CorpusError(f"{file}: {str(error) or 'too deep'}") from None


def read_text(file: Path) -> str:
    """Return the text of a file, "" if it is missing. Raises CorpusError, and ValueError if it is not UTF-8."""
    if file.is_symlink():
        raise CorpusError(f"{file} is a symbolic link, which a corpus may not have: put the file itself there")
    try:
        if file.stat().st_size > MAX_BYTES:
            raise CorpusError(f"{file} is larger than {MAX_BYTES // 2**20} MiB")
        return file.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return ""


def string(text: str) -> str:
    """Return a TOML string on one line, with control and format characters as escapes."""
    return '"' + "".join(_ESCAPES.get(char) or _escaped(char) for char in text) + '"'


def _escaped(char: str) -> str:
    if char.isprintable():
        return char
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"
