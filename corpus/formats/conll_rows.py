"""The lines of a CoNLL file → documents of rows: one row for each token of the text, and where sentences begin."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from ..core.model import Problem
from ..files.index import MAX_BYTES
from .conll_lines import ID, Line, Lines
from .documents import LeftOut
from .known import drop
from .mapping.conll_columns import ONTONOTES, OTHER, UD, Columns, Layout, misc_value
from .sources import problem

_MOST = 100
"""Problems of a document that are kept: a hostile file could have millions."""
_MOST_NAMES = 1_000
_EMPTY = frozenset(("", "_", "-", "*"))
_SPACES = frozenset(("SpaceAfter", "SpacesAfter", "SpacesBefore", ""))
_USED = frozenset(("text", "sent_id", "newpar", "newpar id", "global.Entity", "", "generator"))
_OF_2012 = ("document", "part", "number", "FORM", "POS", "parse", "lemma", "frameset", "sense", "speaker", "NER")
NO_FIELD = "the schema has no such field"
_CHUNK = re.compile(r"\([^()|]+\)?|[^()|]+\)")


_CELLS = ("form", "misc", "tag", "entity")


class Row(NamedTuple):
    """A token of the text: its line, its form, and the cells that say what follows it, its tag and its entities."""

    line: int
    form: str
    misc: str
    tag: str
    entity: str


@dataclass(slots=True)
class Begin:
    """The begin of a sentence: its line, its id and text as comments give them, and whether a paragraph begins."""

    line: int
    source_id: str = ""
    text: str = ""
    paragraph: bool = False


@dataclass(slots=True)
class Rows:
    """A document: its name, the line that begins it, its rows, and the rows that begin a sentence."""

    name: str
    line: int
    rows: list[Row] = field(default_factory=list)
    begins: dict[int, Begin] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    size: int = 0
    entity_fields: tuple[str, ...] = ()
    """The names of the values in `Entity=…`, from `# global.Entity = eid-etype-…`."""


@dataclass(slots=True)
class _Range:
    """A range of words that are one token of the text, such as 2-3: its last word, its own row and its words."""

    last: int
    row: Row
    words: list[Row] = field(default_factory=list)


class RowReader:
    """Reads the documents of a file. Counts what no rule takes in `left`, if there is one."""

    def __init__(self, path: Path, layout: Layout, left: LeftOut | None) -> None:
        self._path, self._layout, self._left = path, layout, left
        self.shown = os.fsencode(path).decode("utf-8", "replace")
        self.lines = Lines(path)
        self.roles: Collection[str] = ()
        """The roles that have a column, after the first row."""
        self._plan: _Plan | None = None
        self._named: Sequence[str] = ()
        self._entity_fields: tuple[str, ...] = ()
        self._doc = Rows(path.stem, 1)
        self._documents = 0
        self._next = Begin(0)
        self._fresh = True
        self._range: _Range | None = None
        self._opened = ""
        self._unused: Counter[str] = Counter()

    def __iter__(self) -> Iterator[Rows | Problem]:
        """Yield each document. One is at most as large as a file may be, so that memory is bounded."""
        for line in self.lines:
            if line.kind == "too-large":
                yield problem("IMP1", self.shown, "too-large, a line", place=(line.number, 1))
                return
            if line.kind == "document":
                yield from self._finished()
                self._documents += 1
                name = line.value or f"{self._path.stem}-{self._documents}"
                self._doc = Rows(name, line.number, entity_fields=self._entity_fields)
            elif line.kind == "blank":
                self._end_sentence()
                if self._layout.sentence_documents:
                    yield from self._finished()
            elif line.kind == "comment":
                self._comment(line)
            elif line.kind == "columns":
                self._named, self._plan = line.cells, None
            elif line.kind == "wrong":
                self._wrong(line.number, line.value)
            else:
                self._row(line)
        yield from self._finished()
        if self._left is not None:
            for name, count in self._unused.items():
                drop(self._left, "values of", name, NO_FIELD, count)

    def _finished(self) -> Iterator[Rows]:
        """Yield the document that ends here, unless it is empty."""
        self._end_sentence()
        doc = self._doc
        if doc.rows or doc.problems:
            if self._layout.sentence_documents:
                self._documents += 1
                begin = doc.begins.get(0)
                doc.name = (begin and begin.source_id) or f"{self._path.stem}-{self._documents}"
            yield doc
            self._doc = Rows(self._path.stem, doc.line, entity_fields=self._entity_fields)

    def _comment(self, line: Line) -> None:
        """Take what a comment says about the next sentence."""
        key, value = line.cells
        if key == "global.Entity":
            self._entity_fields = self._doc.entity_fields = tuple(value.split("-"))
            self._plan = None
        elif key == "text":
            self._next.text, self._next.line = value, line.number
        elif key == "sent_id":
            self._next.source_id = value.strip()
        elif key in ("newpar", "newpar id"):
            self._next.paragraph = True
        elif key not in _USED:
            self._count_unused(f"comments `{key[:60]}`")

    def _end_sentence(self) -> None:
        self._end_range()
        if self._opened:
            self._drop("mentions of empty nodes")
            self._opened = ""
        self._fresh = True

    def _drop(self, what: str) -> None:
        if self._left is not None:
            self._left[what, "an empty node has no words in the text"] += 1

    def _wrong(self, line: int, detail: str) -> None:
        if len(self._doc.problems) < _MOST:
            self._doc.problems.append(problem("IMP2", self.shown, detail, place=(line, 1)))

    def _row(self, line: Line) -> None:
        doc = self._doc
        doc.size += line.size
        if doc.size > MAX_BYTES:
            if doc.rows:
                self._wrong(line.number, f"the document is larger than {MAX_BYTES // 2**20} MiB")
                doc.rows.clear()
            return
        if doc.problems:
            # The text of the document is incomplete, so its rows are of no use.
            return
        plan = self._plan or self._planned()
        if len(line.cells) < plan.least:
            self._wrong(line.number, f"the map names a column beyond the {len(line.cells)} of this line")
            return
        form, misc, tag, entity, number = plan.pick((*line.cells, ""))
        row = Row(line.number, form, misc, tag, entity)
        if plan.keys:
            inner = {role: misc_value(getattr(row, role), key) for role, key in plan.keys.items()}
            form, misc, tag, entity = (inner.get(name, cell) for name, cell in zip(_CELLS, row[1:], strict=True))
            row = Row(line.number, form, misc, tag, entity)
        if not row.form.strip(" \t"):
            self._wrong(line.number, "the token is empty")
            return
        if number and self.lines.dialect != "CoNLL-U" and not ID.fullmatch(number):
            self._wrong(line.number, f"{number[:60]!r} is not an id of CoNLL-U")
            return
        if self._left is not None:
            self._count(line.cells, plan)
        if "." in number:
            self._drop("empty nodes")
            self._empty_node(row)
        elif "-" in number:
            self._end_range()
            self._range = _Range(int(number.partition("-")[2]), row)
        elif self._range is not None:
            self._range.words.append(row)
            if not number.isdecimal() or int(number) >= self._range.last:
                self._end_range()
        else:
            self._add(row)

    def _planned(self) -> _Plan:
        """Return the columns: by the line that names them, else by the dialect, and those that the map gives."""
        dialect = self.lines.dialect
        columns = UD if dialect == "CoNLL-U" else ONTONOTES if dialect == "CoNLL-2012" else OTHER
        if self._named:
            columns = OTHER.named(self._named)
        if self._entity_fields and "misc" in columns.roles:
            columns = Columns({**columns.roles, "entity": (columns.roles["misc"][0], "Entity")}, columns.names)
        columns = columns.mapped(self._layout, self.shown)
        self.roles = columns.roles.keys()
        self._plan = _Plan(columns, dialect == "CoNLL-2012")
        return self._plan

    def _add(self, row: Row) -> None:
        if self._opened:
            row = row._replace(entity=f"{self._opened}|{row.entity}")
            self._opened = ""
        if self._fresh:
            self._next.line = self._next.line or row.line
            self._doc.begins[len(self._doc.rows)] = self._next
            self._next, self._fresh = Begin(0), False
        self._doc.rows.append(row)

    def _end_range(self) -> None:
        """Add the tokens of a range: its words where they are pieces of its form, as in do|n't, else its form."""
        if self._range is None:
            return
        row, words = self._range.row, self._range.words
        self._range = None
        tags = [word.tag for word in words if word.tag not in ("", "_")]
        if words and "".join(word.form for word in words) == row.form and (tags or row.tag in ("", "_", "O")):
            for word in words[:-1]:
                self._add(word._replace(misc="SpaceAfter=No"))
            self._add(words[-1]._replace(misc=row.misc))
            return
        tag = next((tag for tag in tags if tag != "O"), row.tag)
        entities = [one.entity for one in (row, *words) if one.entity not in _EMPTY]
        self._add(row._replace(tag=tag, entity="|".join(entities)))

    def _empty_node(self, row: Row) -> None:
        """Move what opens at an empty node to the next token, and what closes there to the token before."""
        for chunk in _CHUNK.findall(row.entity):
            if chunk[0] == "(" and chunk[-1] == ")":
                self._drop("mentions of empty nodes")
            elif chunk[0] == "(":
                self._opened += f"|{chunk}"
            elif re.search(rf"\({re.escape(chunk[:-1])}(?=[-|]|$)", self._opened):
                self._opened = re.sub(rf"\|\({re.escape(chunk[:-1])}(?=[-|]|$)[^|]*", "", self._opened, count=1)
                self._drop("mentions of empty nodes")
            elif self._doc.rows:
                last = self._doc.rows[-1]
                self._doc.rows[-1] = last._replace(entity=f"{last.entity}|{chunk}")

    def _count_unused(self, name: str) -> None:
        """Count a name of a comment or key; those beyond the first thousand are counted together."""
        self._unused[name if name in self._unused or len(self._unused) < _MOST_NAMES else "other names"] += 1

    def _count(self, cells: Sequence[str], plan: _Plan) -> None:
        """Count the values of columns and keys that no role takes."""
        for i, name in plan.unused(len(cells)):
            if cells[i] not in _EMPTY:
                self._unused[name] += 1
        if plan.misc is not None and cells[plan.misc] != "_":
            for one in cells[plan.misc].split("|"):
                key = one.partition("=")[0]
                if key not in plan.misc_keys:
                    self._count_unused(f"MISC.{key[:60]}")


class _Plan:
    """Where a file has what a row needs, worked out once, since a file has many rows."""

    def __init__(self, columns: Columns, of_2012: bool) -> None:
        self._columns, self._of_2012 = columns, of_2012
        roles = columns.roles
        # One cell more stands for the roles without a column.
        places = [roles[role][0] if role in roles else None for role in ("token", "misc", "tag", "entity", "id")]
        self.pick = itemgetter(*(-1 if i is None else i if i >= 0 else i - 1 for i in places))
        self.least = max(i + 1 if i >= 0 else -i for i in places if i is not None)
        names = {"token": "form"}
        self.keys = {names.get(role, role): key for role, (_, key) in roles.items() if key and role != "id"}
        self.misc = roles["misc"][0] if "misc" in roles else None
        self.misc_keys = _SPACES | {key for i, key in roles.values() if i == self.misc}
        self._unused: dict[int, list[tuple[int, str]]] = {}

    def unused(self, width: int) -> list[tuple[int, str]]:
        """Return the index and name of each column of a row that no role takes."""
        if width not in self._unused:
            used = {index % width for index, _ in self._columns.roles.values()}
            names = self._columns.names or (_OF_2012 if self._of_2012 else ())
            # The first three columns of CoNLL-2012 number the row.
            self._unused[width] = [
                (i, "column " + (names[i] if i < len(names) else "predicate arguments" if self._of_2012 else str(i)))
                for i in range(3 if self._of_2012 else 0, width)
                if i not in used
            ]
        return self._unused[width]


def spaces(row: Row) -> tuple[str | None, str | None]:
    """Return the white space that MISC says is before and after a token, None where it says nothing."""
    if row.misc in _EMPTY:
        return None, None
    before, after = misc_value(row.misc, "SpacesBefore"), misc_value(row.misc, "SpacesAfter")
    no_space = misc_value(row.misc, "SpaceAfter") == "No"
    return unescape(before) if before else None, unescape(after) if after else "" if no_space else None


ESCAPES = {" ": r"\s", "\t": r"\t", "\n": r"\n", "\r": r"\r", "|": r"\p", "\\": r"\\"}
"""How UDPipe writes white space in MISC."""
_ESCAPED = {escape: char for char, escape in ESCAPES.items()}


def escape(text: str) -> str:
    r"""Return white space as a value of MISC. Its values must not end with white space: other kinds become `\uXXXX`."""
    return "".join(ESCAPES.get(char) or (rf"\u{ord(char):04X}" if char.isspace() else char) for char in text)


def unescape(text: str) -> str:
    """Return the white space of a value of MISC."""
    return re.sub(r"\\(?:u([0-9A-F]{4})|.)", _char, text)


def _char(found: re.Match[str]) -> str:
    return chr(int(found[1], 16)) if found[1] else _ESCAPED.get(found[0], found[0])
