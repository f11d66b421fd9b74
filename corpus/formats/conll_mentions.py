"""The tags and brackets of CoNLL rows → mentions, and the tagging scheme of a file.

tags        B-PER I-PER O               IOB2, IOB1, BIOES
names       (PERSON*  *)  *  (GPE)      CoNLL-2012
chains      (12  12)  (3)  -            CoNLL-2012; (e12-person-1  e12)  (e3-place-1) in `Entity=` of CorefUD
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import NamedTuple

from .conll_rows import Rows
from .mapping.conll_columns import SCHEMES, Layout

TAG = re.compile(r"([BIESLU])-(.+)")
_NAME = re.compile(r"(?:\([^()*|\s]+)*\*?\)*")
_NAME_CHUNK = re.compile(r"\(([^()*|]+)|\)")
_CHUNK = re.compile(r"\(([^()|]+)(\)?)|([^()|]+)\)")
_PIECE = re.compile(r"(.+)\[([1-9][0-9]{0,5})/([1-9][0-9]{0,5})\]")
_NOTHING = frozenset(("", "_", "-", "*", "O"))


class Mention(NamedTuple):
    """Tokens from `first` to `last`, exclusive, what they are called, and the line of the first."""

    first: int
    last: int
    label: str
    line: int


Report = Callable[[int, str], None]
"""Takes the line of a fault and what is wrong. There may be millions, so none is kept here."""


@dataclass(slots=True)
class TagSurvey:
    """What the tags of a file look like, counted over all of its documents."""

    tags: Counter[str] = field(default_factory=Counter)
    """The cells that are tags, by prefix."""
    types: Counter[str] = field(default_factory=Counter)
    brackets: int = 0
    others: Counter[str] = field(default_factory=Counter)
    line: int = 0
    """The line of the first cell that is neither O nor begins with B-."""
    opening_i: int = 0
    chains: bool = False
    """True if entities are in brackets."""
    lone_b: int = 0
    """Tags with B- that do not follow a mention of the same type, which IOB1 does not have."""

    def add(self, doc: Rows) -> None:
        """Count the tags of a document."""
        self.chains = self.chains or "eid" in doc.entity_fields
        before = ""
        for i, row in enumerate(doc.rows):
            before = "" if i in doc.begins else before
            if row.entity not in _NOTHING and ("(" in row.entity or ")" in row.entity):
                self.chains = True
                self._add_types(row.entity, doc.entity_fields)
            if row.tag in ("O", "_", ""):
                before = ""
                continue
            found = TAG.fullmatch(row.tag)
            kind = found[2] if found else ""
            if found is None:
                if "*" in row.tag or "(" in row.tag:
                    self.brackets += 1
                    for name in _NAME_CHUNK.findall(row.tag):
                        self._count(self.types, name)
                else:
                    self._count(self.others, row.tag)
            else:
                self.tags[found[1]] += 1
                self._count(self.types, kind)
                self.opening_i += found[1] == "I" and kind != before
                self.lone_b += found[1] == "B" and kind != before
            if not self.line and (found is None or found[1] != "B"):
                self.line = row.line
            before = kind

    def _count(self, counter: Counter[str], name: str) -> None:
        """Count a name; names beyond the first thousands are counted together, since a file could have millions."""
        name = name[:60]
        if name:
            counter[name if name in counter or len(counter) < _MOST else "…"] += 1

    def _add_types(self, cell: str, fields: Sequence[str]) -> None:
        if "etype" in fields:
            for chunk in _CHUNK.finditer(cell):
                kind = type_of(_values(chunk[1], fields)) if chunk[1] else ""
                self._count(self.types, kind)

    @property
    def bracketed(self) -> bool:
        """True if names are in brackets, as in CoNLL-2012."""
        return self.brackets > sum(self.tags.values()) + sum(self.others.values())

    @property
    def scheme(self) -> str:
        """The tagging scheme that the tags look like."""
        if any(self.tags[prefix] for prefix in "ESLU"):
            return "BIOES"
        return "IOB1" if self.opening_i and not self.lone_b else "IOB2"

    def problem(self, layout: Layout) -> tuple[str, str]:
        """Return what makes the tags of the file unreadable, "" if nothing, and the line of the map that solves it."""
        others, known = sum(self.others.values()), sum(self.tags.values())
        if others > known + self.brackets:
            shown = ", ".join(repr(tag) for tag, _ in self.others.most_common(3))
            return f"the column of tags has {shown}, which are not tags", "columns = { tag = … }"
        if not self.bracketed and self.scheme != "IOB2" and (layout.scheme or "IOB2") == "IOB2":
            but = ", and the map says IOB2" if layout.scheme else ""
            return f"the tags look like {self.scheme}{but}", f'scheme = "{self.scheme}"'
        missing = [kind for kind, _ in self.types.most_common(_SHOWN) if kind not in layout.types]
        if missing and not layout.types_given:
            rules = [f'{_key(kind)} = "{layout.types.get(kind, "…")}"' for kind, _ in self.types.most_common(_SHOWN)]
            return f"the schema has no type {', '.join(missing)}", f"types = {{ {', '.join(rules)} }}"
        return "", ""


_MOST = 5_000
_SHOWN = 20
"""Types that a Problem shows."""


def _key(name: str) -> str:
    return name if re.fullmatch("[A-Za-z0-9_-]+", name) else '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def tagged(doc: Rows, scheme: str, report: Report) -> Iterator[Mention]:
    """Yield the mentions of the tags; report each invalid tag."""
    begins, ends = SCHEMES[scheme]
    first, kind = -1, ""
    for i, row in enumerate(doc.rows):
        said = TAG.fullmatch(row.tag)
        # A mention ends with its sentence, unless the same entity goes on in the next one.
        goes_over = i not in doc.begins or (row.entity not in _NOTHING and row.entity == doc.rows[i - 1].entity)
        goes_on = said is not None and first >= 0 and said[2] == kind and said[1] in f"I{ends}" and goes_over
        if first >= 0 and not (goes_on and said and said[1] not in "BSU"):
            yield Mention(first, i, kind, doc.rows[first].line)
            first = -1
        if row.tag in ("O", "_", ""):
            continue
        if said is None or said[1] not in f"BI{begins}{ends}":
            report(row.line, f"{row.tag[:60]!r} is not a tag of {scheme}")
        elif first < 0 and said[1] in begins:
            first, kind = i, said[2]
        elif first < 0:
            report(row.line, f"{row.tag[:60]!r} continues a mention, and none is open")
        if first >= 0 and said is not None and said[1] in ends:
            yield Mention(first, i + 1, kind, doc.rows[first].line)
            first = -1
    if first >= 0:
        yield Mention(first, len(doc.rows), kind, doc.rows[first].line)


def named(doc: Rows, report: Report) -> Iterator[Mention]:
    """Yield the names in brackets of CoNLL-2012; an inner one closes before the outer one."""
    opened: list[tuple[int, str]] = []
    for i, row in enumerate(doc.rows):
        if row.tag in _NOTHING:
            continue
        if not _NAME.fullmatch(row.tag):
            report(row.line, f"{row.tag[:60]!r} is not a name in brackets")
            continue
        for chunk in _NAME_CHUNK.finditer(row.tag):
            if chunk[1]:
                opened.append((i, chunk[1]))
            elif opened:
                first, kind = opened.pop()
                yield Mention(first, i + 1, kind, doc.rows[first].line)
            else:
                report(row.line, f"{row.tag[:60]!r} closes a name, and none is open")
    for i, kind in opened:
        report(doc.rows[i].line, f"the name ({kind[:60]} is not closed")


class Chained(NamedTuple):
    """A mention in brackets: its pieces as (first, last), its entity, its other values, and the line of its first.

    `order` grows with the brackets that open.
    """

    pieces: list[tuple[int, int]]
    entity: str
    values: dict[str, str]
    line: int
    order: int


def chained(doc: Rows, report: Report) -> list[Chained]:
    """Return the mentions of the chains. The last one that was opened for an entity is closed first."""
    opened: dict[str, list[tuple[int, int, dict[str, str]]]] = {}
    brackets = count()
    pieces: dict[str, list[Chained]] = {}
    found: list[Chained] = []

    def close(i: int, name: str) -> None:
        first, order, values = opened[name].pop()
        entity = values.pop("eid")
        part = _PIECE.fullmatch(entity)
        if part is None:
            found.append(Chained([(first, i + 1)], entity, values, doc.rows[first].line, order))
            return
        entity, number, total = part[1], int(part[2]), int(part[3])
        if number == 1:
            pieces.setdefault(entity, []).append(Chained([], entity, values, doc.rows[first].line, order))
        whole = next((one for one in reversed(pieces.get(entity, ())) if len(one.pieces) == number - 1), None)
        if whole is None:
            report(doc.rows[first].line, f"{name[:60]!r} has no piece before it")
            return
        whole.pieces.append((first, i + 1))
        if number == total:
            pieces[entity].remove(whole)
            found.append(whole)

    for i, row in enumerate(doc.rows):
        if row.entity in _NOTHING:
            continue
        if _CHUNK.sub("", row.entity).strip("|_-"):
            report(row.line, f"{row.entity[:60]!r} is not a list of mentions in brackets")
            continue
        for chunk in _CHUNK.finditer(row.entity):
            label = chunk[1] or chunk[3]
            values = _values(label, doc.entity_fields) if chunk[1] else {"eid": label}
            name = values["eid"]
            if chunk[1]:
                opened.setdefault(name, []).append((i, next(brackets), values))
            if (chunk[2] or not chunk[1]) and opened.get(name):
                close(i, name)
            elif not chunk[1]:
                report(row.line, f"{name[:60]!r} closes a mention, and none is open")
    for name, mentions in opened.items():
        for i, *_ in mentions:
            report(doc.rows[i].line, f"the mention ({name[:60]} is not closed")
    for name, begun in pieces.items():
        for one in begun:
            report(one.line, f"the mention of {name[:60]} lacks a piece")
    return sorted(found, key=lambda one: one.order)


def type_of(values: Mapping[str, str]) -> str:
    """Return the type of an entity, "" without one: our own, or the one of CorefUD's list."""
    return values["type"] if "type" in values else values.get("etype", "")


def _values(label: str, fields: Sequence[str]) -> dict[str, str]:
    """Return the values of an opening bracket by the names that `# global.Entity` gives them."""
    if "eid" not in fields:
        return {"eid": label}
    *first, last = fields
    parts = label.split("-", len(first))
    values = {name: unescaped(part) for name, part in zip([*first, last], parts, strict=False)}
    return {"eid": label, **values}


def unescaped(value: str) -> str:
    """Return a value of CorefUD with its escaped characters."""
    return re.sub("%(20|25|28|29|2B|2C|2D|3A|3D|7C)", lambda found: chr(int(found[1], 16)), value)
