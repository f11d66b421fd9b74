"""Read the tasks of a Label Studio export one by one; memory does not grow with the file."""

from __future__ import annotations

import codecs
import gzip
import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NoReturn

import orjson

from ..core.model import CorpusError
from ..core.regular_file import open_file
from ..files.index import MAX_BYTES

_CHUNK = 2**20
_BLANK = re.compile(rb"[ \t\r\n]*")
_KEY = b'"annotations"'
"""A key that every task of an export has near its start."""


def read_export(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the tasks of a JSON export, plain or compressed (`.gz`).

    Raises CorpusError if the file is not a list of tasks, is damaged or cut off, or has a task over 16 MiB.
    """
    with open_file(path) as file:
        try:
            yield from _tasks(_Window(gzip.GzipFile(fileobj=file) if path.name.endswith(".gz") else file))
        except (ValueError, RecursionError, EOFError, gzip.BadGzipFile, zlib.error) as error:
            reason = error.msg if isinstance(error, json.JSONDecodeError) else error
            raise CorpusError(f"{path} is not a complete JSON export of Label Studio: {reason}") from None


def _tasks(text: _Window) -> Iterator[dict[str, Any]]:
    if text.next() != b"[":
        raise ValueError("expected a list of tasks (choose JSON, not JSON-MIN, in the export dialogue)")
    text.at += 1
    more = text.next() != b"]"
    while more:
        yield text.task()
        end = text.next()
        if end not in (b"]", b","):
            raise ValueError("expected a comma or the end of the list after a task")
        more = end == b","
        text.at += more
    text.at += 1
    if text.next():
        raise ValueError("unexpected text after the list of tasks")


class _Window:
    """A window on a JSON file; `at` is the reading position in it."""

    def __init__(self, file: IO[bytes] | gzip.GzipFile) -> None:
        self._file, self._data, self.at = file, b"", 0
        self._more()
        self.at = 3 * self._data.startswith(codecs.BOM_UTF8)

    def next(self) -> bytes:
        """Return the next character that is not white space, b"" at the end."""
        while True:
            blank = _BLANK.match(self._data, self.at)
            self.at = blank.end() if blank else self.at
            if self.at < len(self._data) or not self._more():
                return self._data[self.at : self.at + 1]

    def task(self) -> dict[str, Any]:
        """Return the next object.

        Guess that it ends where the next task seems to begin, and try to parse that much. A complete JSON object
        is never the start of a longer one, so if it parses, the guess was right. If not, scan at half the speed.
        """
        self.next()
        follower = self._follower()
        if follower < 0 and self._more():
            follower = self._follower()
        end = self._data.rfind(b"{", self.at, max(follower, 0)) if follower >= 0 else -1
        value: Any
        if end > self.at:
            body = self._data[self.at : end].rstrip(b" \t\r\n,")
            try:
                value = orjson.loads(body)
            except orjson.JSONDecodeError:
                value = self._scan()
            else:
                self.at += len(body)
        else:
            value = self._scan()
        if not isinstance(value, dict):
            raise ValueError("a task is not a JSON object")
        return value

    def _follower(self) -> int:
        """Return the position of the next task's key in the window, -1 if it is not there."""
        return self._data.find(_KEY, self._data.find(_KEY, self.at) + 1)

    def _scan(self) -> Any:
        decoder = json.JSONDecoder(parse_constant=_refuse)
        while True:
            rest = codecs.utf_8_decode(self._data[self.at :], "strict", False)[0]
            try:
                value, end = decoder.raw_decode(rest)
            except json.JSONDecodeError:
                if len(rest) > MAX_BYTES or not self._more():
                    raise
                continue
            self.at += len(rest[:end].encode("utf-8"))
            return value

    def _more(self) -> bool:
        """Read as much again as is not parsed yet; False at the end. Doubling keeps the time linear in a large task."""
        rest = self._data[self.at :]
        data = self._file.read(max(_CHUNK, len(rest)))
        self._data, self.at = rest + data, 0
        return bool(data)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
