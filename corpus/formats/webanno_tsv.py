r"""WebAnno TSV 3.2 and 3.3, which INCEpTION writes → annotations: a token a line, a file a document and annotator.

    #FORMAT=WebAnno TSV 3.3
    #T_SP=de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity|value
    #T_CH=de.tudarmstadt.ukp.dkpro.core.api.coref.type.CoreferenceLink|referenceType|referenceRelation


    #Text=Ada Kuhn spoke .
    1-1   0-3     Ada     PER[1]   *[1]   *->1-1      [1] is one annotation over several tokens; of a chain, the chain
    1-2   4-8     Kuhn    PER[1]   *[1]   *->1-1
    1-3   9-14    spoke   _        _      _           nothing
    1-4   15-16   .       *        _      _           an annotation without a value; `a|b` are two on one token

A span layer (T_SP) may have slots, two columns of roles and of what they lead to; a relation (T_RL) stands at
its `Dependent`, and its last column leads to its `Governor`. Offsets are UTF-16 code units. Between two
sentences, where the format has nothing but a distance, are a line break and blanks, as INCEpTION reads it. A
file with a line that cannot be read is left out: an annotation over several tokens would be cut short in silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..core.model import Problem, Source
from ..files.index import MAX_BYTES
from . import uima_common
from .documents import NOTHING_SAID, LeftOut, Options
from .importing import build_corpus, schema_of
from .mapping.rules import read_map
from .sources import problem
from .uima_common import NO_FEATURES, NO_WORDS, Found, Marked, Offsets, default_map, documents

LAYERS: tuple[str, ...] = ()
LEAVES_OUT = uima_common.LEAVES_OUT
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
"""Problems of a file; a file of another format has one in each line."""


def read(source: Path, into: Path, options: Options = NOTHING_SAID) -> Iterator[Problem]:
    """Import the file `source`, or the .tsv files below it, into the new corpus `into`.

    Yields a Problem for each line and file that cannot be read. Raises CorpusError when there is nothing to
    import, or the map or the record make no sense.
    """
    schema = schema_of(options)
    of = read_map(options.map, schema, default_map(schema, ".tsv"))
    yield from build_corpus(into, documents(source, ".tsv", parse, of, schema, options), options)


def parse(_: Path, file: Source, left: LeftOut) -> Iterator[Problem | Found]:
    """What a file holds; or a Problem for each line that cannot be read, and then nothing of it."""
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
    """A layer: SP, CH or RL, its type, and its columns as (kind, name, type of what it leads to)."""

    kind: str
    type: str
    columns: list[tuple[str, str, str]] = field(default_factory=list)


@dataclass(slots=True)
class _Row:
    """A token or sub-token: its line, its name, such as 1-2 or 1-2.1, its offsets in code units, and its cells."""

    line: int
    name: str
    start: int
    end: int
    token: str
    cells: list[str]


class _Lines:
    """The lines of a file: its layers, its rows, its text, and what is wrong."""

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
                    self.fault(1, "it does not begin with #FORMAT=WebAnno TSV 3.3 or 3.2")
                    return
            elif line.startswith("#T_") and not self.rows and not texts:
                self._layer(number, line)
            elif line.startswith("#Text="):
                if not fresh and not texts:
                    self.fault(number, "no blank line is before a sentence")
                texts.append(unescape(line.removeprefix("#Text=")))
            elif line.startswith("#"):
                if _ROW.fullmatch(line.partition("\t")[0]) or not line.startswith("#Sentence.id="):
                    self.fault(number, "the line is neither text nor token")
            elif not line:
                if texts:
                    self.fault(number, "a sentence has no token, which would say where it begins")
                    texts = []
                fresh = True
            else:
                row = self._row(number, line)
                if row and texts:
                    self._sentence(number, row.start, "\n".join(texts))
                elif row and fresh:
                    self.fault(number, "a sentence has no #Text= line")
                texts, fresh = [], False
        if texts:
            self.fault(number, "a sentence has no token, which would say where it begins")
        self.text = "".join(self._parts)

    def fault(self, line: int, detail: str, code: str = "IMP2") -> None:
        """Note that something is wrong in a line."""
        self.wrong.append(problem(code, self._file, detail, place=(line, 1)))

    def _layer(self, number: int, line: str) -> None:
        found = _LAYER.fullmatch(line)
        if not found:
            self.fault(number, "a layer is #T_SP=TYPE|FEATURE|…, #T_CH=… or #T_RL=…")
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
                    self.fault(number, f"{name[:60]!r} is no role of a slot")
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
            self.fault(number, f"the slot {role[:60]!r} does not say what it leads to")
        if not layer.columns:
            layer.columns.append(("value", "", ""))
        kinds = [kind for kind, _, _ in layer.columns]
        if layer.kind == "RL" and kinds.count("from") != 1:
            self.fault(number, "a relation says once, as BT_TYPE, what it is between")
        if layer.kind == "CH" and kinds.count("link") != 1:
            self.fault(number, "a chain has the column referenceRelation")
        self.layers.append(layer)

    def _row(self, number: int, line: str) -> _Row | None:
        cells = line.split("\t")
        width = 3 + sum(len(layer.columns) for layer in self.layers)
        if len(cells) == width + 1 and not cells[-1]:
            cells.pop()
        name, offsets = _ROW.fullmatch(cells[0]), _OFFSETS.fullmatch(cells[1]) if len(cells) > 1 else None
        if not name or not offsets or len(cells) != width:
            wanted = f"{width} columns, not {len(cells)}" if name and offsets else "SENTENCE-TOKEN, BEGIN-END, token, …"
            self.fault(number, f"a token is {wanted}")
            return None
        start, end = int(offsets[1]), int(offsets[2])
        if start > end or (start == end and not name[2]):
            self.fault(number, f"{start} to {end}", "IMP3")
            return None
        row = _Row(number, cells[0], start, end, cells[2], cells[3:])
        self.rows.append(row)
        return row

    def _sentence(self, line: int, start: int, text: str) -> None:
        gap = start - self._length
        if gap < 0 or gap > MAX_BYTES:
            self.fault(line, f"the sentence begins at {start}, and the one before ends at {self._length}", "IMP3")
            return
        between = "\n" + " " * (gap - 1) if gap and self._parts else " " * gap
        if self._length + gap > MAX_BYTES:
            self.fault(line, "the text is too large")
            return
        self._parts += [between, text]
        self._length = start + len(text) + sum(char > "\uffff" for char in text)


class _Annotations:
    """The annotations that the rows of a file say, put into `found`."""

    def __init__(self, lines: _Lines, found: Found, left: LeftOut) -> None:
        self._lines, self._found, self._left = lines, found, left
        self._offsets = Offsets(found.text)
        self._numbered: dict[str, Marked] = {}
        self._at: dict[str, list[Marked]] = {}
        """The annotations on a token, by its name."""
        self._links: dict[tuple[str, int, int], Marked] = {}
        self._led: list[tuple[Marked, str, str, str, str]] = []
        """What slots lead to: the annotation, feature, role, cell, and type."""
        self._relations: list[tuple[_Layer, _Row, str, str]] = []
        seen: set[str] = set()
        for row in lines.rows:
            if row.name in seen:
                lines.fault(row.line, row.name, "IMP4")
            seen.add(row.name)
            self._row(row)
        if not lines.wrong:
            self._finish()

    def _row(self, row: _Row) -> None:
        start, end = self._offsets(row.start), self._offsets(row.end)
        if start is None or end is None:
            self._lines.fault(row.line, f"{row.start} to {row.end} in a text of {self._offsets.length}", "IMP3")
            return
        there = self._found.text[start:end]
        if start < end and there != unescape(row.token):
            self._lines.fault(row.line, f"{there[:60]!r} is there, not {unescape(row.token)[:60]!r}", "IMP3")
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
                self._lines.fault(row.line, f"the columns of {layer.type} have not the same number of annotations")
                continue
            for i in range(*numbers):
                values = [stack[i] if stack else None for stack in stacks]
                wrong = self._one(layer, row, (start, end), values)
                if wrong:
                    self._lines.fault(row.line, wrong)

    def _one(self, layer: _Layer, row: _Row, place: tuple[int, int], values: list[str | None]) -> str:
        """Take in what a row says of an annotation of a layer; what is wrong with it, "" when nothing is."""
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
                return f"{written[:60]!r} is no value: brackets and backslashes in it are to be escaped"
            else:
                value = said[1]
                if kind == "link":
                    parts = _LINK.fullmatch(written)
                    if parts is None:
                        return f"{written[:60]!r} does not say its place in a chain"
                    value, link = parts[1], f"{parts[2]}-{parts[3]}"
                elif said[2] and layer.kind == "SP":
                    if number not in ("", said[2]):
                        return f"[{number}] and [{said[2]}] are one annotation"
                    number = said[2]
                if kind == "role":
                    slots.append((kind, name, value))
                elif value != "*" and name:
                    features[name] = unescape(value)
        if layer.kind == "RL":
            if not _FROM.fullmatch(origin):
                return f"{origin[:60]!r} does not say which token a relation comes from"
            self._relations.append((layer, row, origin, layer.columns[-1][2]))
            self._left[f"features of {layer.type}", NO_FEATURES] += len(features)
            return ""
        if layer.kind == "CH":
            if not link:
                return "an annotation of a chain does not say its place in it"
            chain, _, place_in = link.partition("-")
            key = (layer.type, int(chain), int(place_in))
            one = self._links.get(key)
            self._links[key] = one = self._marked(one, layer, row, place, features)
            return ""
        known = self._numbered.get(number) if number else None
        if known is not None and known.type != layer.type:
            return f"[{number}] is an annotation of {known.type} and of {layer.type}"
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
                return f"the slot {name[:60]!r} has not as many roles as it leads to"
            for role, to in zip(*columns, strict=True):
                if to not in ("*", "_") and not _FROM.fullmatch(to):
                    return f"{to[:60]!r} is no token that a slot leads to"
                if to not in ("*", "_"):
                    self._led.append((one, name, "" if role == "*" else unescape(role), to, types[name]))
        return ""

    def _marked(
        self, one: Marked | None, layer: _Layer, row: _Row, place: tuple[int, int], features: dict[str, str]
    ) -> Marked:
        """The annotation, a new one or one over more tokens."""
        if one is None:
            one = Marked(f"{layer.kind}{len(self._found.marked) + 1}", layer.type, *place, row.line, features)
            self._found.marked.append(one)
        one.start, one.end = min(one.start, place[0]), max(one.end, place[1])
        self._at.setdefault(row.name, []).append(one)
        return one

    def _to(self, token: str, number: str | None, kind: str) -> str:
        """The id of the annotation of a type on a token; the token's name when there is none, or several."""
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
            self._found.relations.append((layer.type, ends, row.line))
        chains: dict[tuple[str, int], list[Marked]] = {}
        for (kind, chain, _), one in sorted(self._links.items(), key=lambda item: item[0]):
            chains.setdefault((kind, chain), []).append(one)
        for (kind, _), links in chains.items():
            self._found.chains.append((kind, [one.id for one in links], links[0].line))
        bare = [one for one in self._found.marked if one.start == one.end]
        self._found.broken.update(one.id for one in bare)
        self._left["annotations on no words", NO_WORDS] += len(bare)
        self._found.marked = [one for one in self._found.marked if one.start < one.end]


def split(cell: str, by: str) -> list[str]:
    """The parts of a cell between characters `by` that are not escaped."""
    parts = [""]
    for piece in re.findall(r"\\.|[^\\]|\\", cell, re.DOTALL):
        if piece == by:
            parts.append("")
        else:
            parts[-1] += piece
    return parts


def unescape(text: str) -> str:
    """The text that is written so."""
    return _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[1]), text)
