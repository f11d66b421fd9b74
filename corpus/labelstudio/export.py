"""An export file of Label Studio → its tasks, one after another; memory does not grow with the file."""

from __future__ import annotations

import codecs
import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NoReturn

from ..files.index import MAX_BYTES
from ..model import CorpusError

_CHUNK = 2**20
_BLANK = re.compile(r"[ \t\r\n]*")


def read_export(path: Path) -> Iterator[dict[str, Any]]:
    """The tasks of a JSON export: a list of tasks, plain or compressed (`.gz`).

    The standard library's scanner finds the end of each task, at twice the speed of ijson. Raises
    CorpusError when the file is no such list, is cut off, or holds a task of more than 64 MiB.
    """
    with path.open("rb") as file:
        try:
            yield from _tasks(_Text(gzip.GzipFile(fileobj=file) if path.name.endswith(".gz") else file))
        except (ValueError, RecursionError, EOFError, gzip.BadGzipFile) as error:
            reason = error.msg if isinstance(error, json.JSONDecodeError) else error
            raise CorpusError(f"{path} is no JSON export of Label Studio, or not all of it: {reason}") from None


def _tasks(text: _Text) -> Iterator[dict[str, Any]]:
    if text.next() != "[":
        raise ValueError("it must hold a list of tasks (choose JSON, not JSON-MIN, in the export dialogue)")
    text.at += 1
    more = text.next() != "]"
    while more:
        yield text.value()
        end = text.next()
        if end not in ("]", ","):
            raise ValueError("a comma or the end of the list is missing")
        more = end == ","
        text.at += more
    text.at += 1
    if text.next():
        raise ValueError("something stands behind the list of tasks")


class _Text:
    """A window on a JSON file; `at` is where it is read."""

    def __init__(self, file: IO[bytes] | gzip.GzipFile) -> None:
        self.at = 0
        self._file, self._text = file, ""
        self._decode = codecs.getincrementaldecoder("utf-8-sig")().decode
        self._scan = json.JSONDecoder(parse_constant=_refuse).raw_decode

    def next(self) -> str:
        """The next character that is not blank, "" at the end."""
        while True:
            blank = _BLANK.match(self._text, self.at)
            self.at = blank.end() if blank else self.at
            if self.at < len(self._text) or not self._more():
                return self._text[self.at : self.at + 1]

    def value(self) -> dict[str, Any]:
        """The object that comes next."""
        self.next()
        while True:
            try:
                value, end = self._scan(self._text, self.at)
            except json.JSONDecodeError:
                if len(self._text) - self.at > MAX_BYTES or not self._more():
                    raise
                continue
            if not isinstance(value, dict):
                raise ValueError("a task is not an object")
            self.at = end
            return value

    def _more(self) -> bool:
        """Read on, as much again as is not yet understood; False at the end."""
        rest = self._text[self.at :]
        data = self._file.read(max(_CHUNK, len(rest)))
        self._text, self.at = rest + self._decode(data, final=not data), 0
        return bool(data)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
