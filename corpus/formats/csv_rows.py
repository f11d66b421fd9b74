"""CSV and TSV with a header line, read by a map of its columns: stances, text classification, quotes by their words.

    ID,Tweet,Target,Stance
    1,We should all be free.,Atheism,FAVOR

Cells may be quoted as in RFC 4180. The map may give another `delimiter`; it is a tab for .tsv files. Files are UTF-8.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator
from pathlib import Path

from ..core.model import Problem
from .documents import NOTHING_SAID, Direction, LeftOut, Options
from .mapping.rows import RowMap
from .row_survey import suggest
from .rows import BadRow, Row, read_rows
from .sources import files_below, not_read, problem, read_source
from .survey import Survey

LAYERS: tuple[str, ...] = ()
LEAVES_OUT = (("columns", "the map does not name them"),)
READS = Direction(
    "texts, fields of records, a record of a layer for each row",
    "columns that the map does not name",
    "files written by hand",
)
_ENDS = (".csv", ".tsv")
_MOST = 2**30
"""The largest file that is read, in bytes."""
_LONGEST = 16 * 2**20


def read(source: Path, into: Path, options: Options = NOTHING_SAID) -> Iterator[Problem]:
    """Import the file `source`, or the files below it, into the new corpus `into`.

    Yields a Problem for each row that cannot be read. Raises CorpusError when there is nothing to import, or the map
    or a record field is invalid.
    """
    yield from read_rows(source, into, options, _ENDS, _rows)


def survey(source: Path, options: Options) -> Survey:
    """Return a map with the columns of the files."""
    rows = (
        row
        for path in files_below(source, _ENDS, LeftOut())
        for _, row in _read(path, str(options.map.get("delimiter", "")))
        if not isinstance(row, Problem | BadRow)
    )
    return suggest(rows)


def _rows(path: Path, of: RowMap) -> Iterator[tuple[int, Row | BadRow | Problem]]:
    return _read(path, of.delimiter)


def _read(path: Path, delimiter: str) -> Iterator[tuple[int, Row | BadRow | Problem]]:
    file = read_source(path, "text", _MOST)
    if file.faults:
        yield from ((1, one) for one in not_read(file))
        return
    try:
        text = file.data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = file.data.count(b"\n", 0, error.start) + 1
        yield line, problem("IMP1", file, f"byte {file.data[error.start]:#04x} is not UTF-8", place=(line, 1))
        return
    file.data = b""
    csv.field_size_limit(_LONGEST)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter or ("\t" if path.suffix == ".tsv" else ","))
    shown = os.fsencode(path).decode("utf-8", "replace")
    header: list[str] = []
    at = 1
    try:
        for cells in lines:
            if not header:
                header = cells
                if len(set(header)) < len(header):
                    yield 1, problem("IMP2", shown, "two columns have one name")
                    return
            elif len(cells) == len(header):
                yield at, dict(zip(header, cells, strict=True))
            elif cells:
                detail = f"expected {len(header)} columns, found {len(cells)}"
                wrong = problem("IMP2", shown, detail, place=(at, 1))
                yield at, BadRow(wrong, dict(zip(header, cells, strict=False)))
            at = lines.line_num + 1
    except csv.Error as error:
        yield at, problem("IMP2", shown, str(error), place=(at, 1))
