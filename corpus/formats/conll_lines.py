r"""CoNLL files → their lines, one at a time, each of a known kind.

A file is of one of three dialects, which its first lines decide:

    CoNLL-U       ten columns separated by tabs, the first an id: 1, 2-3 (a range), 4.1 (an empty node)
    CoNLL-2012    `#begin document (name); part 000`; the number of columns differs from sentence to sentence
    other         as many columns in each row as in the first one: CoNLL-2003, or with `# global.columns = …`
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Literal, NamedTuple

from ..core.regular_file import open_file
from ..files.index import MAX_BYTES

Kind = Literal["row", "blank", "document", "comment", "columns", "wrong", "too-large"]
Dialect = Literal["CoNLL-U", "CoNLL-2012", "other"]

_DOCUMENT = re.compile(r"#\s*(?:doc_id|newdoc id)\s*=\s*(.*?)\s*|#\s*newdoc\s*")
_BEGIN = re.compile(r"#begin document \(?(.*?)\)?(?:; part (\d+))?\s*")
_END = re.compile(r"#end document.*")
_NAMED = re.compile(r"#\s*global\.columns\s*=\s*(.*?)\s*")
_COMMENT = re.compile(r"#\s*([\w.]+(?:\s\w+)?)\s*=\s?(.*)")
_BARE = re.compile(r"#\s*(newpar)\s*")
ID = re.compile(r"[1-9][0-9]{0,8}(-[1-9][0-9]{0,8})?|[0-9]{1,9}\.[1-9][0-9]{0,8}")
"""A word, a range of words, or an empty node."""
_FIRST_ID = re.compile(r"1|1-[1-9][0-9]{0,8}|0\.1")


class Line(NamedTuple):
    """A line: its number, its size in bytes, its kind, and its content.

    `cells` are those of a row, the names of `columns`, or the key and the value of a comment. `value` is the name of a
    document, "" without one, or the error message.
    """

    number: int
    size: int
    kind: Kind
    cells: list[str]
    value: str = ""


class Lines:
    """The lines of a file. Iterate once; `dialect` and `width` are known after the first row."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.dialect: Dialect = "CoNLL-U" if path.suffix == ".conllu" else "other"
        self.width = 0
        self._tabs = True

    def __iter__(self) -> Iterator[Line]:
        with open_file(self._path) as file:
            yield from self._lines(file)

    def _lines(self, file: IO[bytes]) -> Iterator[Line]:
        number = 0
        while data := file.readline(MAX_BYTES + 1):
            number += 1
            if len(data) > MAX_BYTES:
                # What follows may be a part of this line, so nothing after it can be trusted.
                yield Line(number, len(data), "too-large", [])
                return
            try:
                # A byte order mark is not part of the first token.
                line = data.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                yield Line(number, len(data), "wrong", [], f"byte {data[error.start]:#04x} is not UTF-8")
                continue
            yield self._line(line, number, len(data))

    def _line(self, line: str, number: int, size: int) -> Line:
        """Return a line of text as what it is. A row may begin with `#` too, since a token may be one."""
        if not line.strip(" \t"):
            return Line(number, size, "blank", [])
        cells = _cells(line)
        if cells[0] == "-DOCSTART-":
            return Line(number, size, "document", [])
        if line.startswith("#") and (found := self._marked(line, cells, number, size)):
            return found
        return self._row(line, cells, number, size)

    def _marked(self, line: str, cells: list[str], number: int, size: int) -> Line | None:
        """Return a line that begins with `#` if it is a marker or a comment."""
        if begun := _BEGIN.fullmatch(line):
            self.dialect = "CoNLL-2012"
            part = f" part {begun[2]}" if begun[2] and int(begun[2]) else ""
            return Line(number, size, "document", [], begun[1] + part)
        if _END.fullmatch(line) and self.dialect == "CoNLL-2012":
            return Line(number, size, "blank", [])
        if named := _NAMED.fullmatch(line):
            return Line(number, size, "columns", named[1].split())
        if begun := _DOCUMENT.fullmatch(line):
            return Line(number, size, "document", [], begun[1] or "")
        said = _COMMENT.fullmatch(line)
        as_row = len(cells) == self.width and ("\t" in line) == self._tabs
        if self.dialect != "other" or not as_row or (not self._tabs and said):
            said = said or _BARE.fullmatch(line)
            return Line(
                number, size, "comment", [said[1], said[2] if said.lastindex == 2 else ""] if said else ["", ""]
            )
        return None

    def _row(self, line: str, cells: list[str], number: int, size: int) -> Line:
        if not self.width:
            self.width, self._tabs = len(cells), "\t" in line
            if self.dialect == "other" and self._tabs and self.width == 10 and _FIRST_ID.fullmatch(cells[0]):
                self.dialect = "CoNLL-U"
        wrong = ""
        if self.dialect == "CoNLL-U":
            if len(cells) != 10 or not self._tabs:
                wrong = f"expected the 10 columns of CoNLL-U, separated by tabs, found {len(cells)}"
            elif not ID.fullmatch(cells[0]):
                wrong = f"{cells[0][:60]!r} is not an id of CoNLL-U"
        elif self.dialect == "CoNLL-2012":
            if len(cells) < 12:
                wrong = f"expected the 12 columns of CoNLL-2012, or more, found {len(cells)}"
        elif len(cells) != self.width or ("\t" in line) != self._tabs or self.width < 2:
            wrong = f"expected {max(self.width, 2)} columns, found {len(cells)}"
        return Line(number, size, "wrong" if wrong else "row", cells, wrong)


def _cells(line: str) -> list[str]:
    """Split a line at tabs, else at ASCII blanks: any other white space, as a no-break space, is part of a token."""
    return line.split("\t") if "\t" in line else [cell for cell in line.split(" ") if cell]
