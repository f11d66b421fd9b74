"""WebAnno TSV 1 and 2, which have no offsets: the text is that of the `#text=` lines if all tokens are in it.

    1-1  Ada   B-PER  _  _        2: columns as a line of the header names them, ` # TYPE | FEATURE # TYPE | … `
    1-2  Kuhn  I-PER  x  1-1         a relation ends in `AttachTo=TYPE`; its last column leads to its governor

    1    Ada   _  NNP  B-PER  3  SUBJ  _  _     1: lemma, part of speech, named entity, head, relation

Else the text has a blank between tokens and a line break between sentences, and the annotation's provenance says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..core.model import Problem, Source
from .sources import problem
from .uima_common import Found, Linked, Marked

_DKPRO = "de.tudarmstadt.ukp.dkpro.core.api."
_ROW_1, _ROW_2 = re.compile(r"(\d{1,9})\t"), re.compile(r"(\d{1,9}-\d{1,9})\t")
_EMPTY = ("_", "O", "-", "", "O-_", "B-_", "I-_", "O_", "B-O", "I-O")
_PREFIX = re.compile(r"([BI])[-_](.+)")
_REBUILT = "the text was made of its tokens, since the file has no text with all of them"
_MOST = 100


@dataclass(frozen=True, slots=True)
class _Layer:
    """A layer: its type, its features, and for a relation the type that it connects."""

    type: str
    features: tuple[str, ...]
    attached: str = ""

    @property
    def width(self) -> int:
        return len(self.features) + bool(self.attached)


_LAYERS_1 = (
    _Layer(f"{_DKPRO}segmentation.type.Lemma", ("value",)),
    _Layer(f"{_DKPRO}lexmorph.type.pos.POS", ("PosValue",)),
    _Layer(f"{_DKPRO}ner.type.NamedEntity", ("value",)),
)
_DEPENDENCY = f"{_DKPRO}syntax.type.dependency.Dependency"


@dataclass(slots=True)
class _Row:
    line: int
    name: str
    token: str
    cells: list[str]
    start: int = 0
    end: int = 0


def version_of(data: bytes) -> int:
    """Return the version of a file: 1, 2, or 3 for that and for any other file."""
    for line in data[:100_000].decode("utf-8", "replace").removeprefix("\ufeff").splitlines():
        if line.startswith("#FORMAT="):
            return 3
        if _ROW_2.match(line) or re.match(r"\s*# ?[\w.]+ \|", line):
            return 2
        if _ROW_1.match(line):
            return 1
    return 3


def parse_old(file: Source, version: int) -> Iterator[Problem | Found]:
    """Yield a Problem for each row that cannot be read, and the content of the file."""
    parsed = _Old(file, version)
    found = parsed.found()
    yield from parsed.wrong[:_MOST]
    if found is not None:
        yield found


class _Old:
    """Parses the lines of a file into sentences of rows, and these into annotations."""

    def __init__(self, file: Source, version: int) -> None:
        self._file, self._version = file, version
        self.wrong: list[Problem] = []
        self._layers: list[_Layer] = list(_LAYERS_1) if version == 1 else []
        self._sentences: list[list[_Row]] = []
        self._texts: list[str] = []
        self._read()

    def _fault(self, line: int, detail: str) -> None:
        self.wrong.append(problem("IMP2", self._file, detail, place=(line, 1)))

    def _read(self) -> None:
        is_new = in_text = True
        row_of = _ROW_1 if self._version == 1 else _ROW_2
        for number, data in enumerate(self._file.data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
            try:
                line = data.removesuffix(b"\r").decode()
            except UnicodeDecodeError as error:
                self._fault(number, f"byte {data[error.start]:#04x} is not UTF-8")
                continue
            found = row_of.match(line)
            if line.startswith("#text="):
                self._texts.append(line.removeprefix("#text="))
            elif not line.strip():
                is_new = True
            elif found:
                if is_new:
                    self._sentences.append([])
                is_new = False
                row = self._row(number, found[1], line.split("\t"))
                self._sentences[-1] += [row] if row is not None else []
            elif in_text and self._texts and not line.startswith("#"):
                # A line break in the text of a sentence is written as it is.
                self._texts[-1] += f"\n{line}"
            elif line.lstrip().startswith("#"):
                if self._version == 2 and not line.startswith("#id="):
                    self._header(line)
            else:
                self._fault(number, "expected the number of a token, the token and its annotations, with tabs")
            in_text = line.startswith("#text=") or (in_text and not found)

    def _header(self, line: str) -> None:
        """Add the layers of a header line."""
        for part in line.split("#"):
            kind, *features = (one.strip() for one in part.split("|"))
            attached = [one.removeprefix("AttachTo=") for one in features if one.startswith("AttachTo=")]
            if kind:
                names = tuple(one for one in features if not one.startswith("AttachTo="))
                self._layers.append(_Layer(kind, names, attached[0] if attached else ""))

    def _row(self, number: int, name: str, cells: list[str]) -> _Row | None:
        while len(cells) > 2 and not cells[-1]:
            cells.pop()
        if self._version == 1:
            if len(cells) not in (9, 10):
                self._fault(number, f"expected 9 columns, found {len(cells)}")
                return _Row(number, f"{len(self._sentences)}-{name}", cells[1], []) if len(cells) > 1 else None
            # Some files have a second column of named entities.
            return _Row(number, f"{len(self._sentences)}-{name}", cells[1], cells[2:5] + cells[-4:-2])
        width = 2 + sum(layer.width for layer in self._layers)
        if len(cells) != width:
            self._fault(number, f"expected {width} columns, found {len(cells)}")
            return _Row(number, name, cells[1], []) if len(cells) > 1 else None
        return _Row(number, name, cells[1], cells[2:])

    def found(self) -> Found | None:
        """Return the content of the file, None if it has no token."""
        rows = [row for sentence in self._sentences for row in sentence]
        if not rows:
            self.wrong.append(problem("IMP2", self._file, "it has no token"))
            return None
        text = self._placed("\n".join(self._texts)) or self._placed(" ".join(self._texts))
        note = "" if text else _REBUILT
        found = Found(text or self._rebuilt(), note=note)
        _Layers(self._layers, found).add(rows)
        if self._version == 1:
            _add_dependencies(rows, found)
        return found

    def _placed(self, text: str) -> str:
        """Give each row its position in a text; return the text, "" if a token is not in it or other words are."""
        at = 0
        for row in (row for sentence in self._sentences for row in sentence):
            start = text.find(row.token, at) if row.token else -1
            if start < 0 or text[at:start].strip():
                return ""
            row.start, row.end = start, start + len(row.token)
            at = row.end
        return text if not text[at:].strip() else ""

    def _rebuilt(self) -> str:
        text = "\n".join(" ".join(row.token for row in sentence) for sentence in self._sentences)
        self._placed(text)
        return text


class _Layers:
    """Adds the annotations of layers. `a|b` are two on one token; `I-x` goes on with the one at its place before."""

    def __init__(self, layers: list[_Layer], found: Found) -> None:
        self._layers, self._found = layers, found
        self._open: dict[tuple[str, int], Marked] = {}
        self._at: dict[tuple[str, str], list[Marked]] = {}
        self._led: list[tuple[_Layer, _Row, str, dict[str, list[str]]]] = []

    def add(self, rows: list[_Row]) -> None:
        """Add the annotations of all rows, then the relations between them."""
        for row in rows:
            at = 0
            for layer in self._layers:
                cells = row.cells[at : at + layer.width]
                at += layer.width
                if len(cells) == layer.width:
                    self._row(layer, row, cells)
        for layer, row, governor, features in self._led:
            ends = [("Governor", self._to(layer, governor)), ("Dependent", self._to(layer, row.name))]
            self._found.relations.append(Linked(layer.type, ends, row.line, features))

    def _to(self, layer: _Layer, token: str) -> str:
        there = self._at.get((layer.attached, token), ())
        return there[0].id if there else token

    def _row(self, layer: _Layer, row: _Row, cells: list[str]) -> None:
        stacks = [cell.split("|") for cell in cells]
        if layer.attached:
            for i, governor in enumerate(stacks[-1]):
                if governor not in _EMPTY:
                    self._led.append((layer, row, governor, _values(layer, stacks, i)))
            return
        for i in range(max(map(len, stacks), default=0)):
            marks = [stack[i] for stack in stacks if i < len(stack)]
            if all(mark in _EMPTY for mark in marks):
                self._open.pop((layer.type, i), None)
                continue
            prefixes = {found[1] for mark in marks if (found := _PREFIX.fullmatch(mark))}
            one = self._open.get((layer.type, i)) if prefixes == {"I"} else None
            if one is None:
                name = f"S{len(self._found.marked) + 1}"
                one = Marked(name, layer.type, row.start, row.end, row.line, _values(layer, stacks, i))
                self._found.marked.append(one)
            one.end = row.end
            self._open[layer.type, i] = one
            self._at.setdefault((layer.type, row.name), []).append(one)


def _values(layer: _Layer, stacks: list[list[str]], i: int) -> dict[str, list[str]]:
    """Return the features of the annotation at a place of the stacks; the name of its own type means no value."""
    found: dict[str, list[str]] = {}
    for name, stack in zip(layer.features, stacks, strict=False):
        mark = stack[i] if i < len(stack) else "_"
        prefixed = _PREFIX.fullmatch(mark)
        value = prefixed[2] if prefixed else mark
        if mark not in _EMPTY and not value.startswith(layer.type):
            found[name] = [value]
    return found


def _add_dependencies(rows: list[_Row], found: Found) -> None:
    """Add the dependencies of version 1, whose ends are tokens."""
    tokens = {row.name: f"T{row.name}" for row in rows}
    found.segments.update((tokens[row.name], (row.start, row.end)) for row in rows)
    for row in rows:
        if len(row.cells) == len(_LAYERS_1) + 2 and row.cells[-2].isdecimal():
            governor = f"{row.name.partition('-')[0]}-{row.cells[-2]}"
            to = row.name if row.cells[-2] == "0" else governor
            ends = [("Governor", tokens.get(to, to)), ("Dependent", tokens[row.name])]
            found.relations.append(Linked(_DEPENDENCY, ends, row.line, {"DependencyType": [row.cells[-1]]}))
