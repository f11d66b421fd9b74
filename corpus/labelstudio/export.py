"""An export file of Label Studio → its tasks, one after another; memory does not grow with the file."""

from __future__ import annotations

import codecs
import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NoReturn

import orjson

from ..core.model import CorpusError
from ..files.index import MAX_BYTES

_CHUNK = 2**20
_BLANK = re.compile(rb"[ \t\r\n]*")
_KEY = b'"annotations"'
"""A key that every task of an export has near its beginning."""


def read_export(path: Path) -> Iterator[dict[str, Any]]:
    """The tasks of a JSON export: a list of tasks, plain or compressed (`.gz`).

    Raises CorpusError when the file is no such list, is cut off, or holds a task of more than 16 MiB.
    """
    with path.open("rb") as file:
        try:
            yield from _tasks(_Window(gzip.GzipFile(fileobj=file) if path.name.endswith(".gz") else file))
        except (ValueError, RecursionError, EOFError, gzip.BadGzipFile) as error:
            reason = error.msg if isinstance(error, json.JSONDecodeError) else error
            raise CorpusError(f"{path} is no JSON export of Label Studio, or not all of it: {reason}") from None


def _tasks(text: _Window) -> Iterator[dict[str, Any]]:
    if text.next() != b"[":
        raise ValueError("it must hold a list of tasks (choose JSON, not JSON-MIN, in the export dialogue)")
    text.at += 1
    more = text.next() != b"]"
    while more:
        yield text.task()
        end = text.next()
        if end not in (b"]", b","):
            raise ValueError("a comma or the end of the list is missing")
        more = end == b","
        text.at += more
    text.at += 1
    if text.next():
        raise ValueError("something stands behind the list of tasks")


class _Window:
    """A window on a JSON file; `at` is where it is read."""

    def __init__(self, file: IO[bytes] | gzip.GzipFile) -> None:
        self._file, self._data, self.at = file, b"", 0
        self._more()
        self.at = 3 * self._data.startswith(codecs.BOM_UTF8)

    def next(self) -> bytes:
        """The next character that is not blank, b"" at the end."""
        while True:
            blank = _BLANK.match(self._data, self.at)
            self.at = blank.end() if blank else self.at
            if self.at < len(self._data) or not self._more():
                return self._data[self.at : self.at + 1]

    def task(self) -> dict[str, Any]:
        """The object that comes next.

        It is taken to end where the next one seems to begin, and when that is a whole object of JSON,
        it is the one, for none is the beginning of another. Else it is scanned, at half the speed.
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
            raise ValueError("a task is not an object")
        return value

    def _follower(self) -> int:
        """Where the key of the next task is in the window, -1 when it is not."""
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
        """Read on, as much again as is not yet understood; False at the end."""
        rest = self._data[self.at :]
        data = self._file.read(max(_CHUNK, len(rest)))
        self._data, self.at = rest + data, 0
        return bool(data)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
