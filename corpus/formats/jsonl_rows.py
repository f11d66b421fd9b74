"""JSONL, an object on each line, read by a map of its keys: stances, text classification, or a text with spans.

    {"id": 1, "text": "We should all be free.", "target": "Atheism", "stance": "FAVOR"}
    {"id": 2, "text": "Ada left Oslo.", "entities": [{"start": 0, "end": 3, "label": "PER"}, [9, 13, "LOC"]]}

A key within an object has a dot in its name: `meta.source`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..core.model import Fault, Problem
from .documents import NOTHING_SAID, Direction, LeftOut, Options
from .json_lines import json_lines
from .mapping.rows import RowMap
from .row_survey import suggest
from .rows import BadRow, Row, read_rows
from .sources import files_below, problem
from .survey import Survey

LAYERS: tuple[str, ...] = ()
LEAVES_OUT = (("keys", "the map does not name them"),)
READS = Direction(
    "texts, fields of records, a record of a layer for each line, spans",
    "keys that the map does not name",
    "files written by hand",
)
_ENDS = (".jsonl", ".ndjson")
_DEEPEST = 5


def read(source: Path, into: Path, options: Options = NOTHING_SAID) -> Iterator[Problem]:
    """Import the file `source`, or the files below it, into the new corpus `into`.

    Yields a Problem for each line that cannot be read. Raises CorpusError when there is nothing to import, or the map
    or a record field is invalid.
    """
    yield from read_rows(source, into, options, _ENDS, _rows)


def survey(source: Path, options: Options) -> Survey:
    """Return a map with the keys of the files."""
    paths = files_below(source, _ENDS, LeftOut())
    return suggest(_flat(one) for path in paths for _, one in json_lines(path) if isinstance(one, dict))


def _rows(path: Path, _: RowMap) -> Iterator[tuple[int, Row | BadRow | Problem]]:
    shown = os.fsencode(path).decode("utf-8", "replace")
    for number, value in json_lines(path):
        if isinstance(value, Fault):
            detail = f"{value.name}, {value.detail}".removesuffix(", ")
            yield number, problem("IMP1", shown, detail, place=(number, 1))
        elif not isinstance(value, dict):
            yield number, problem("IMP2", shown, "expected an object", place=(number, 1))
        else:
            yield number, _flat(value)


def _flat(value: Mapping[str, Any], prefix: str = "", depth: int = 0) -> dict[str, Any]:
    """Return an object without objects in it: their keys get the name of the outer key, a dot and their own."""
    found: dict[str, Any] = {}
    for key, one in value.items():
        if isinstance(one, dict) and depth < _DEEPEST:
            found |= _flat(one, f"{prefix}{key}.", depth + 1)
        else:
            found[f"{prefix}{key}"] = one
    return found
