r"""The rows of a WebAnno TSV file of version 3: layers, sentences and tokens, and the text that they make.

    #FORMAT=WebAnno TSV 3.3
    #T_SP=de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity|value        a layer and its columns


    #Text=Ada Kuhn spoke .                                                    a sentence
    1-1   0-3     Ada     PER[1]                                              a token; sentence and number, offsets

Offsets are UTF-16 code units. The format does not store the white space between two sentences, only its length: it
becomes a line break and blanks, as in INCEpTION. A sentence begins where its first token does.

A fault of a row costs its annotations. A fault of a sentence costs the text, since offsets would be wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..core.model import Problem, Source
from ..files.index import MAX_BYTES
from .documents import LeftOut
from .known import drop
from .sources import outside, problem
from .tsv_cells import unescape, unescape_java

_FORMAT = re.compile(r"#FORMAT=WebAnno TSV 3(?:\.([0-3]))?")
_LAYER = re.compile(r"#T_(SP|CH|RL)=([^|\s]+)((?:\|[^|\s]*)*)")
_ROLE = re.compile(r"ROLE_[^:]+:([^_]+)_.+")
ROW = re.compile(r"(\d{1,9}-\d{1,9})(\.\d{1,9})?")
_OFFSETS = re.compile(r"(\d{1,9})-(\d{1,9})")
_KNOWN_HEADERS = ("#Sentence.id",)
_NO_HEADER = "this header line is unknown"
_NO_TOKEN = "a sentence has no token, so its offset is unknown"


@dataclass(slots=True)
class Layer:
    """A layer: SP, CH or RL, its type, and its columns as (kind, name, type of the target)."""

    kind: str
    type: str
    columns: list[tuple[str, str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Row:
    """A token or sub-token: its line, its name such as 1-2 or 1-2.1, its offsets in code units, and its cells."""

    line: int
    name: str
    start: int
    end: int
    token: str
    cells: list[str] | None
    """None if the row has another number of columns than the layers."""


class Rows:
    """Parses the lines of a file into layers, rows and a text, and collects Problems.

    `wrong` are Problems of annotations. `fatal` are those after which the text is unknown.
    """

    def __init__(self, file: Source, left: LeftOut) -> None:
        self._file, self._left = file, left
        self.wrong: list[Problem] = []
        self.fatal: list[Problem] = []
        self.layers: list[Layer] = []
        self.rows: list[Row] = []
        self.text = ""
        self._parts: list[str] = []
        self._length = 0
        self._version = ""
        self._texts: list[str] = []
        """The lines of the text of the sentence whose first token was not read yet."""
        self._is_new = True
        """True before the first token of a sentence."""
        self._read()

    def fault(self, line: int, detail: str, code: str = "IMP2") -> None:
        """Add a Problem of an annotation."""
        self.wrong.append(problem(code, self._file, detail, place=(line, 1)))

    def _stop(self, line: int, detail: str, code: str = "IMP2") -> None:
        """Add a Problem after which the text is unknown."""
        self.fatal.append(problem(code, self._file, detail, place=(line, 1)))

    def _read(self) -> None:
        number = 0
        for number, line in self._lines():
            if number == 1:
                found = _FORMAT.fullmatch(line)
                if not found:
                    self._stop(1, "expected #FORMAT=WebAnno TSV 3.3 or an earlier version on the first line")
                    return
                self._version = found[1] or "0"
            elif line.startswith("#T_") and not self.rows and not self._texts:
                self._layer(number, line)
            elif line.startswith("#Text="):
                self._text(number, line.removeprefix("#Text="))
            elif line.startswith("#"):
                self._header(number, line)
            elif not line.strip():
                self._end_sentence(number)
            else:
                self._row(number, line)
        self._end_sentence(number)
        self.text = "".join(self._parts)

    def _lines(self) -> Iterator[tuple[int, str]]:
        """Yield each line that is UTF-8 with its number."""
        for number, data in enumerate(self._file.data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
            try:
                yield number, data.removesuffix(b"\r").decode()
            except UnicodeDecodeError as error:
                stop = self._stop if data.startswith(b"#Text=") or number == 1 else self.fault
                stop(number, f"byte {data[error.start]:#04x} is not UTF-8")

    def _text(self, number: int, written: str) -> None:
        if not self._is_new and not self._texts:
            self.fault(number, "expected a blank line before the sentence")
            self._is_new = True
        self._texts.append(self._unescape(written))

    def _unescape(self, written: str) -> str:
        """Replace escapes as the version of the format has them: none in 3.0, those of Java in 3.1."""
        if self._version == "0":
            return written
        return unescape_java(written) if self._version == "1" else unescape(written)

    def _header(self, number: int, line: str) -> None:
        if ROW.fullmatch(line[1:].partition("\t")[0]):
            self.fault(number, "a token is commented out")
            return
        name = line.partition("=")[0].partition("\t")[0]
        if name not in _KNOWN_HEADERS:
            drop(self._left, "header lines", name, _NO_HEADER)

    def _end_sentence(self, number: int) -> None:
        if self._texts:
            self._stop(number, _NO_TOKEN)
            self._texts = []
        self._is_new = True

    def _layer(self, number: int, line: str) -> None:
        found = _LAYER.fullmatch(line)
        layer = Layer(found[1], found[2]) if found else None
        wrong = (
            _columns(layer, found[3].split("|")[1:])
            if layer and found
            else "expected a layer: #T_SP=TYPE|FEATURE|…, #T_CH=… or #T_RL=…"
        )
        if layer is None or wrong:
            # The columns of the rows are unknown then.
            self._stop(number, wrong)
        else:
            self.layers.append(layer)

    def _row(self, number: int, line: str) -> None:
        cells = line.split("\t")
        width = 3 + sum(len(layer.columns) for layer in self.layers)
        if len(cells) == width + 1 and not cells[-1]:
            cells.pop()
        name = ROW.fullmatch(cells[0])
        offsets = _OFFSETS.fullmatch(cells[1]) if len(cells) > 2 else None
        if not name or not offsets:
            self.fault(number, "expected SENTENCE-TOKEN, BEGIN-END, the token and its annotations, with tabs")
            return
        start, end = int(offsets[1]), int(offsets[2])
        if start > end or (start == end and not name[2]):
            self.fault(number, f"{start} to {end} is not a span", "IMP3")
            return
        if len(cells) != width:
            self.fault(number, f"expected {width} columns, found {len(cells)}")
        if self._texts:
            self._sentence(number, start, self._unescape(cells[2]))
        elif self._is_new:
            self._stop(number, "expected a #Text= line before the first token of a sentence")
        self._texts, self._is_new = [], False
        self.rows.append(Row(number, cells[0], start, end, cells[2], cells[3:] if len(cells) == width else None))

    def _sentence(self, line: int, start: int, token: str) -> None:
        """Add a sentence. It begins at its first token, or before it where the row of that token could not be read."""
        text = "\n".join(self._texts)
        skipped = text.find(token) if self.wrong and not text.startswith(token) else 0
        start -= _units(text[: max(skipped, 0)])
        gap = start - self._length
        if gap < 0 or gap > MAX_BYTES:
            self._stop(line, f"the sentence begins at {start}, but the one before ends at {self._length}", "IMP3")
            return
        between = "\n" + " " * (gap - 1) if gap and self._parts else " " * gap
        if self._length + gap > MAX_BYTES:
            self._stop(line, f"the text is larger than {MAX_BYTES // 2**20} MiB")
            return
        self._parts += [between, text]
        self._length = start + _units(text)

    def outside(self, row: Row, length: int) -> None:
        """Add a Problem for a row whose offsets are outside of the text."""
        self.fault(row.line, outside(row.start, row.end, length), "IMP3")


def _units(text: str) -> int:
    """Return the length of a text in code units."""
    return len(text) + sum(char > "\uffff" for char in text)


def _columns(layer: Layer, names: list[str]) -> str:
    """Add the columns of a layer. Return an error message, or ""."""
    role = ""
    for name in names:
        if role:
            layer.columns.append(("target", role, name))
            role = ""
        elif layer.kind == "SP" and name.startswith("ROLE_"):
            said = _ROLE.fullmatch(name)
            if not said:
                return f"{name[:60]!r} is not the role of a slot"
            role = said[1]
            layer.columns.append(("role", role, ""))
        elif layer.kind == "RL" and name.startswith("BT_"):
            layer.columns.append(("from", "", name.removeprefix("BT_")))
        elif layer.kind == "CH" and name == "referenceRelation":
            layer.columns.append(("link", name, ""))
        else:
            layer.columns.append(("value", name, ""))
    if role:
        return f"the slot {role[:60]!r} has no column of targets"
    if not layer.columns:
        layer.columns.append(("value", "", ""))
    kinds = [kind for kind, _, _ in layer.columns]
    if layer.kind == "RL" and kinds.count("from") != 1:
        return "a relation must have exactly one BT_TYPE column"
    if layer.kind == "CH" and kinds.count("link") != 1:
        return "a chain must have exactly one referenceRelation column"
    return ""
