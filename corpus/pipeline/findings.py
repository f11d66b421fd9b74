"""Findings ↔ a compressed file of a part, one JSON object on each line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa

from ..core.model import Edit, Fix, Place, Problem
from ..core.regular_file import open_file


class FindingsWriter:
    """Writes findings to a file; a context manager."""

    def __init__(self, path: Path) -> None:
        self._file = pa.CompressedOutputStream(pa.OSFile(str(path), "wb"), "zstd")

    def __enter__(self) -> FindingsWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, problems: Iterable[Problem]) -> int:
        """Append findings, and return how many there were."""
        count = 0
        for one in problems:
            # The names of files may hold lone surrogates, which only escapes can express.
            self._file.write(json.dumps(asdict(one)).encode() + b"\n")
            count += 1
        return count


def read_findings(path: Path) -> Iterator[Problem]:
    """Yield the findings of a file in their order."""
    with open_file(path) as file, pa.CompressedInputStream(file, "zstd") as stream:
        rest = b""
        while more := stream.read(2**20):
            *lines, rest = (rest + more).split(b"\n")
            yield from map(_problem, map(json.loads, lines))


def _problem(value: dict[str, Any]) -> Problem:
    fix = value.pop("fix")
    related = tuple(Place(**place) for place in value.pop("related"))
    span = value.pop("span")
    return Problem(**value, fix=_fix(fix) if fix else None, related=related, span=(span[0], span[1]) if span else None)


def _fix(value: dict[str, Any]) -> Fix:
    edits = tuple(Edit(**{**edit, "place": tuple(edit["place"]) if edit["place"] else None}) for edit in value["edits"])
    return Fix(value["safe"], value["description"], edits)
