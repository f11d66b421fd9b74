r"""WebAnno TSV 3.2 and 3.3 to annotations: a token on each line, a file for each document and annotator.

    #FORMAT=WebAnno TSV 3.3
    #T_SP=de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity|value
    #T_CH=de.tudarmstadt.ukp.dkpro.core.api.coref.type.CoreferenceLink|referenceType|referenceRelation


    #Text=Ada Kuhn spoke .
    1-1   0-3     Ada     PER[1]   *[1]   *->1-1      [1] is one annotation of several tokens, or the number of a chain
    1-2   4-8     Kuhn    PER[1]   *[1]   *->1-1
    1-3   9-14    spoke   _        _      _           no annotation
    1-4   15-16   .       *        _      _           an annotation without a value; `a|b` are two on one token

A span layer (T_SP) may have slots, each with a column of roles and a column of targets. A relation (T_RL) is on the
line of its `Dependent`, and its last column leads to its `Governor`. Offsets are UTF-16 code units. The format does
not store the white space between two sentences, only its length: it becomes a line break and blanks, as in
INCEpTION. A file with a line that cannot be read is dropped, since an annotation of several tokens could silently
lose some of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..core.model import Problem, Source
from ..files.index import MAX_BYTES
from . import uima_common
from .documents import NOTHING_SAID, Direction, LeftOut, Options
from .importing import build_corpus, schema_of
from .mapping.annotations import Chain, Relation
from .mapping.rules import read_map
from .sources import not_the_words, outside, problem
from .uima_common import NO_FEATURES, NO_WORDS, Found, Marked, Offsets, dkpro_map, documents

LAYERS: tuple[str, ...] = ()
LEAVES_OUT = uima_common.LEAVES_OUT
READS = Direction(
    "spans, chains, relations and slots that the map names",
    "what the map has no rule for",
    "files written by hand after the format's documentation",
)
_FORMAT = re.compile(r"#FORMAT=WebAnno TSV 3\.[23]")
_LAYER = re.compile(r"#T_(SP|CH|RL)=([^|\s]+)((?:\|[^|\s]*)*)")
_ROLE = re.compile(r"ROLE_[^:]+:([^_]+)_.+")
_ROW = re.compile(r"(\d{1,9}-\d{1,9})(\.\d{1,9})?")
_OFFSETS = re.compile(r"(\d{1,9})-(\d{1,9})")
_VALUE = re.compile(r"((?:\\.|[^\\\[\]])*)(?:\[(\d{1,9})\])?", re.DOTALL)
_LINK = re.compile(r"(.*?)(?<!\\)->(\d{1,9})-(\d{1,9})", re.DOTALL)
_FROM = re.compile(r"(\d{1,9}-\d{1,9}(?:\.\d{1,9})?)(?:\[(\d{1,9})(?:_(\d{1,9}))?\])?")
_ESCAPE = re.compile(r"\\(->|[\[\]|_;*\\tnrfb\x00-\x1f])")
_ESCAPED = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "b": "\b"}
_MOST = 100
"""Problems of a file that are reported; a file of another format has one on each line."""


def read(source: Path, into: Path, options: Options = NOTHING_SAID) -> Iterator[Problem]:
    """Import the file `source`, or the .tsv files below it, into the new corpus `into`.

    Yields a Problem for each line and file that cannot be read. Raises CorpusError when there is nothing to
    import, or the map or a record field is invalid.
    """
    schema = schema_of(options)
    of = read_map(options.map, schema, dkpro_map(schema, ".tsv"))
    yield from build_corpus(into, documents(source, ".tsv", parse, of, schema, options), options, of.use)


def parse(_: Path, file: Source, left: LeftOut) -> Iterator[Problem | Found]:
    """Yield the content of a file, or else a Problem for each line that cannot be read."""
    lines = _Lines(file)
    if not lines.wrong:
        found = Found(lines.text)
        _Annotations(lines, found, left)
        if not lines.wrong:
            yield found
            return
    yield from lines.wrong[:_MOST]


@dataclass(slots=True)
class _Layer:
    """A layer: SP, CH or RL, its type, and its columns as (kind, name, type of the target)."""

    kind: str
    type: str
    columns: list[tuple[str, str, str]] = field(default_factory=list)


@dataclass(slots=True)
class _Row:
    """A token or sub-token: its line, its name such as 1-2 or 1-2.1, its offsets in code units, and its cells."""

    line: int
    name: str
    start: int
    end: int
    token: str
    cells: list[str]


class _Lines:
    """Parses the lines of a file into layers, rows and text, and collects Problems."""

    def __init__(self, file: Source) -> None:
        self._file = file
        self.wrong: list[Problem] = []
        self.layers: list[_Layer] = []
        self.rows: list[_Row] = []
        self.text = ""
        self._parts: list[str] = []
        self._length = 0
        texts: list[str] = []
        fresh = True
        for number, data in enumerate(file.data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
            try:
                line = data.removesuffix(b"\r").decode()
            except UnicodeDecodeError as error:
                self.fault(number, f"byte {data[error.start]:#04x} is not UTF-8")
                continue
            if number == 1:
                if not _FORMAT.fullmatch(line):
                    self.fault(1, "expected #FORMAT=WebAnno TSV 3.3 or 3.2 on the first line")
                    return
            elif line.startswith("#T_") and not self.rows and not texts:
                self._layer(number, line)
            elif line.startswith("#Text="):
                if not fresh and not texts:
                    self.fault(number, "expected a blank line before the sentence")
                texts.append(unescape(line.removeprefix("#Text=")))
            elif line.startswith("#"):
                if _ROW.fullmatch(line.partition("\t")[0]) or not line.startswith("#Sentence.id="):
                    self.fault(number, "expected a #Text= line or a token")
            elif not line:
                if texts:
                    self.fault(number, "a sentence has no token, so its offset is unknown")
                    texts = []
                fresh = True
            else:
                row = self._row(number, line)
                if row and texts:
                    self._sentence(number, row.start, "\n".join(texts))
                elif row and fresh:
                    self.fault(number, "expected a #Text= line before the first token of a sentence")
                texts, fresh = [], False
        if texts:
            self.fault(number, "a sentence has no token, so its offset is unknown")
        self.text = "".join(self._parts)

    def fault(self, line: int, detail: str, code: str = "IMP2") -> None:
        """Add a Problem of a line."""
        self.wrong.append(problem(code, self._file, detail, place=(line, 1)))

    def _layer(self, number: int, line: str) -> None:
        found = _LAYER.fullmatch(line)
        if not found:
            self.fault(number, "expected a layer: #T_SP=TYPE|FEATURE|…, #T_CH=… or #T_RL=…")
            return
        layer = _Layer(found[1], found[2])
        role = ""
        for name in found[3].split("|")[1:]:
            if role:
                layer.columns.append(("target", role, name))
                role = ""
            elif layer.kind == "SP" and name.startswith("ROLE_"):
                said = _ROLE.fullmatch(name)
                if not said:
                    self.fault(number, f"{name[:60]!r} is not the role of a slot")
                    return
                role = said[1]
                layer.columns.append(("role", role, ""))
            elif layer.kind == "RL" and name.startswith("BT_"):
                layer.columns.append(("from", "", name.removeprefix("BT_")))
            elif layer.kind == "CH" and name == "referenceRelation":
                layer.columns.append(("link", name, ""))
            else:
                layer.columns.append(("value", name, ""))
        if role:
            self.fault(number, f"the slot {role[:60]!r} has no column of targets")
        if not layer.columns:
            layer.columns.append(("value", "", ""))
        kinds = [kind for kind, _, _ in layer.columns]
        if layer.kind == "RL" and kinds.count("from") != 1:
            self.fault(number, "a relation must have exactly one BT_TYPE column")
        if layer.kind == "CH" and kinds.count("link") != 1:
            self.fault(number, "a chain must have exactly one referenceRelation column")
        self.layers.append(layer)

    def _row(self, number: int, line: str) -> _Row | None:
        cells = line.split("\t")
        width = 3 + sum(len(layer.columns) for layer in self.layers)
        if len(cells) == width + 1 and not cells[-1]:
            cells.pop()
        name, offsets = _ROW.fullmatch(cells[0]), _OFFSETS.fullmatch(cells[1]) if len(cells) > 1 else None
        if not name or not offsets or len(cells) != width:
            expected = (
                f"{width} columns, found {len(cells)}" if name and offsets else "SENTENCE-TOKEN, BEGIN-END, token, …"
            )
            self.fault(number, f"expected {expected}")
            return None
        start, end = int(offsets[1]), int(offsets[2])
        if start > end or (start == end and not name[2]):
            self.fault(number, f"{start} to {end} is not a span", "IMP3")
            return None
        row = _Row(number, cells[0], start, end, cells[2], cells[3:])
        self.rows.append(row)
        return row

    def _sentence(self, line: int, start: int, text: str) -> None:
        gap = start - self._length
        if gap < 0 or gap > MAX_BYTES:
            self.fault(line, f"the sentence begins at {start}, but the one before ends at {self._length}", "IMP3")
            return
        between = "\n" + " " * (gap - 1) if gap and self._parts else " " * gap
        if self._length + gap > MAX_BYTES:
            self.fault(line, f"the text is larger than {MAX_BYTES // 2**20} MiB")
            return
        self._parts += [between, text]
        self._length = start + len(text) + sum(char > "\uffff" for char in text)


class _Annotations:
    """Adds the annotations in the rows of a file to `found`."""

    def __init__(self, lines: _Lines, found: Found, left: LeftOut) -> None:
        self._lines, self._found, self._left = lines, found, left
        self._offsets = Offsets(found.text)
        self._numbered: dict[str, Marked] = {}
        self._at: dict[str, list[Marked]] = {}
        """The annotations of each token, by its name."""
        self._links: dict[tuple[str, int, int], Marked] = {}
        self._led: list[tuple[Marked, str, str, str, str]] = []
        """The targets of slots: annotation, feature, role, cell and type; resolved after the last row."""
        self._relations: list[tuple[_Layer, _Row, str, str]] = []
        seen: set[str] = set()
        for row in lines.rows:
            if row.name in seen:
                lines.fault(row.line, f"{row.name} is the name of an earlier token", "IMP4")
            seen.add(row.name)
            self._row(row)
        if not lines.wrong:
            self._finish()

    def _row(self, row: _Row) -> None:
        start, end = self._offsets(row.start), self._offsets(row.end)
        if start is None or end is None:
            self._lines.fault(row.line, outside(row.start, row.end, self._offsets.length), "IMP3")
            return
        there = self._found.text[start:end]
        if start < end and there != unescape(row.token):
            self._lines.fault(row.line, not_the_words(there, unescape(row.token)), "IMP3")
            return
        at = 0
        for layer in self._lines.layers:
            cells = row.cells[at : at + len(layer.columns)]
            at += len(layer.columns)
            stacks = [split(cell, "|") if cell != "_" else [] for cell in cells]
            numbers = {len(stack) for stack in stacks if stack}
            if not numbers:
                continue
            if len(numbers) > 1:
                self._lines.fault(row.line, f"the columns of {layer.type} have different numbers of annotations")
                continue
            for i in range(*numbers):
                values = [stack[i] if stack else None for stack in stacks]
                wrong = self._one(layer, row, (start, end), values)
                if wrong:
                    self._lines.fault(row.line, wrong)

    def _one(self, layer: _Layer, row: _Row, place: tuple[int, int], values: list[str | None]) -> str:
        """Add one annotation of a row. Return an error message, or ""."""
        features: dict[str, str] = {}
        slots: list[tuple[str, str, str]] = []
        number = link = origin = ""
        for (kind, name, _), written in zip(layer.columns, values, strict=True):
            if written is None:
                continue
            said = _VALUE.fullmatch(written)
            if kind == "target":
                slots.append((kind, name, written))
            elif kind == "from":
                origin = written
            elif said is None:
                return f"{written[:60]!r} is not a value: escape brackets and backslashes with a backslash"
            else:
                value = said[1]
                if kind == "link":
                    parts = _LINK.fullmatch(written)
                    if parts is None:
                        return f"{written[:60]!r} has no position in a chain, such as ->1-2"
                    value, link = parts[1], f"{parts[2]}-{parts[3]}"
                elif said[2] and layer.kind == "SP":
                    if number not in ("", said[2]):
                        return f"one annotation has the numbers [{number}] and [{said[2]}]"
                    number = said[2]
                if kind == "role":
                    slots.append((kind, name, value))
                elif value != "*" and name:
                    features[name] = unescape(value)
        if layer.kind == "RL":
            if not _FROM.fullmatch(origin):
                return f"{origin[:60]!r} is not the token of a governor"
            self._relations.append((layer, row, origin, layer.columns[-1][2]))
            self._left[f"features of {layer.type}", NO_FEATURES] += len(features)
            return ""
        if layer.kind == "CH":
            if not link:
                return "an annotation of a chain has no position in it"
            chain, _, place_in = link.partition("-")
            key = (layer.type, int(chain), int(place_in))
            one = self._links.get(key)
            self._links[key] = one = self._marked(one, layer, row, place, features)
            return ""
        known = self._numbered.get(number) if number else None
        if known is not None and known.type != layer.type:
            return f"[{number}] is an annotation of both {known.type} and {layer.type}"
        one = self._marked(known, layer, row, place, features)
        if number:
            self._numbered[number] = one
        if known is None:
            return self._slots(one, layer, slots)
        return ""

    def _slots(self, one: Marked, layer: _Layer, slots: list[tuple[str, str, str]]) -> str:
        types = {name: to for kind, name, to in layer.columns if kind == "target"}
        for name in types:
            targets = [split(cell, ";") for kind, of, cell in slots if (kind, of) == ("target", name)]
            roles = [split(cell, ";") for kind, of, cell in slots if (kind, of) == ("role", name)]
            columns = (roles[0] if roles else ["*"] * len(targets[0] if targets else ()), targets[0] if targets else [])
            if len(columns[0]) != len(columns[1]):
                return f"the slot {name[:60]!r} has {len(columns[0])} roles and {len(columns[1])} targets"
            for role, to in zip(*columns, strict=True):
                if to not in ("*", "_") and not _FROM.fullmatch(to):
                    return f"{to[:60]!r} is not the token of a target"
                if to not in ("*", "_"):
                    self._led.append((one, name, "" if role == "*" else unescape(role), to, types[name]))
        return ""

    def _marked(
        self, one: Marked | None, layer: _Layer, row: _Row, place: tuple[int, int], features: dict[str, str]
    ) -> Marked:
        """Return the annotation, new or extended to this token."""
        if one is None:
            one = Marked(f"{layer.kind}{len(self._found.marked) + 1}", layer.type, *place, row.line, features)
            self._found.marked.append(one)
        one.start, one.end = min(one.start, place[0]), max(one.end, place[1])
        self._at.setdefault(row.name, []).append(one)
        return one

    def _to(self, token: str, number: str | None, kind: str) -> str:
        """Return the id of the annotation of a type on a token; the name of the token if it has not exactly one."""
        if number and number != "0":
            return self._numbered[number].id if number in self._numbered else f"{token}[{number}]"
        there = [one for one in self._at.get(token, ()) if one.type == kind] or self._at.get(token, [])
        return there[0].id if len(there) == 1 else token

    def _finish(self) -> None:
        for one, name, role, written, kind in self._led:
            said = _FROM.fullmatch(written)
            assert said is not None
            one.leads.append((name, role, self._to(said[1], said[2], kind)))
        for layer, row, written, kind in self._relations:
            said = _FROM.fullmatch(written)
            assert said is not None
            ends = [("Governor", self._to(said[1], said[2], kind)), ("Dependent", self._to(row.name, said[3], kind))]
            self._found.relations.append(Relation(layer.type, ends, row.line))
        chains: dict[tuple[str, int], list[Marked]] = {}
        for (kind, chain, _), one in sorted(self._links.items(), key=lambda item: item[0]):
            chains.setdefault((kind, chain), []).append(one)
        for (kind, _), links in chains.items():
            self._found.chains.append(Chain(kind, [one.id for one in links], links[0].line))
        bare = [one for one in self._found.marked if one.start == one.end]
        self._found.broken.update(one.id for one in bare)
        self._left["annotations of empty spans", NO_WORDS] += len(bare)
        self._found.marked = [one for one in self._found.marked if one.start < one.end]


def split(cell: str, by: str) -> list[str]:
    """Split a cell at characters `by` that are not escaped."""
    parts = [""]
    for piece in re.findall(r"\\.|[^\\]|\\", cell, re.DOTALL):
        if piece == by:
            parts.append("")
        else:
            parts[-1] += piece
    return parts


def unescape(text: str) -> str:
    """Replace the escapes of a cell by their characters."""
    return _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[1]), text)
