r"""WebAnno TSV to annotations: a token on each line, a file for each document and annotator.

    #FORMAT=WebAnno TSV 3.3
    #T_SP=de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity|value
    #T_CH=de.tudarmstadt.ukp.dkpro.core.api.coref.type.CoreferenceLink|referenceType|referenceRelation


    #Text=Ada Kuhn spoke .
    1-1   0-3     Ada     PER[1]   *[1]   *->1-1      [1] is one annotation of several tokens, or the number of a chain
    1-2   4-8     Kuhn    PER[1]   *[1]   *->1-1
    1-3   9-14    spoke   _        _      _           no annotation
    1-4   15-16   .       *        _      _           an annotation without a value; `a|b` are two on one token

A span layer (T_SP) may have slots, each with a column of roles and a column of targets. A relation (T_RL) is on the
line of its `Dependent`, and its last column leads to its `Governor`. `tsv_rows.py` reads the rows of version 3,
`tsv_old.py` versions 1 and 2. A row that cannot be read costs its annotations, which sets the file's annotation aside,
since an annotation of several tokens may have lost some of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ..core.model import Problem, Source
from . import uima_common
from .archives import Entry, Tree
from .documents import NOTHING_SAID, Direction, LeftOut, Options
from .importing import build_corpus, schema_of
from .mapping.annotations import Chain
from .sources import not_the_words
from .survey import Survey
from .tsv_cells import aligned, split, stack, unescape, unescape_java, value_in
from .tsv_old import parse_old, version_of
from .tsv_rows import Layer, Row, Rows
from .uima_common import NO_WORDS, Found, Linked, Marked, Offsets, uima_map
from .uima_documents import documents, survey_files

LAYERS: tuple[str, ...] = ()
LEAVES_OUT = (*uima_common.LEAVES_OUT, ("header lines", "this header line is unknown"))
READS = Direction(
    "spans, features, slots, chains and relations that the map names; archives of projects",
    "what the map has no rule for, unknown header lines, spans without words",
    "a project export of INCEpTION 3.6.1, and test files of INCEpTION of versions 1 to 3.3",
)
_LINK = re.compile(r"(.*?)(?<!\\)->(\d{1,9})-(\d{1,9})", re.DOTALL)
_FROM = re.compile(r"(\d{1,9}-\d{1,9}(?:\.\d{1,9})?)(?:\[(\d{1,9})(?:_(\d{1,9}))?\])?")
_MOST = 100
"""Problems of a file that are reported; a file of another format has one on each line."""


def read(source: Path, into: Path, options: Options = NOTHING_SAID) -> Iterator[Problem]:
    """Import the file, directory or zip archive `source` into the new corpus `into`.

    Yields a Problem for each row and file that cannot be read. Raises CorpusError when there is nothing to import, or
    the map or a record field is invalid.
    """
    schema = schema_of(options)
    of = uima_map(options, schema, ".tsv")
    yield from build_corpus(into, documents(source, ".tsv", parse, of, schema, options), options, of.use)


def survey(source: Path, options: Options) -> Survey:
    """Return the names that the files have, for a map to edit."""
    return survey_files(source, ".tsv", parse, uima_map(options, schema_of(options), ".tsv"), options, ())


def parse(_: Entry, file: Source, tree: Tree, view: str, left: LeftOut) -> Iterator[Problem | Found]:
    """Yield a Problem for each row that cannot be read, and the content of the file if its text is known."""
    version = version_of(file.data)
    if version < 3:
        yield from parse_old(file, version)
        return
    rows = Rows(file, left)
    found = Found(rows.text)
    if not rows.fatal:
        _Annotations(rows, found, left).add()
    yield from [*rows.fatal, *rows.wrong][:_MOST]
    if not rows.fatal and (found.text or not rows.wrong):
        yield found


class _Annotations:
    """Adds the annotations in the rows of a file to `found`.

    Targets of slots and relations are resolved after the last row, since they may lead to a token further down.
    """

    def __init__(self, rows: Rows, found: Found, left: LeftOut) -> None:
        self._rows, self._found, self._left = rows, found, left
        self._offsets = Offsets(found.text)
        self._numbered: dict[str, Marked] = {}
        self._at: dict[str, list[Marked]] = {}
        """The annotations of each token, by its name."""
        self._links: dict[tuple[str, int, int], Marked] = {}
        self._led: list[tuple[Marked, str, str, str, str]] = []
        """The targets of slots: annotation, feature, role, cell and type."""
        self._relations: list[tuple[Layer, Row, str, str, dict[str, list[str]]]] = []

    def add(self) -> None:
        """Add the annotations of all rows, then what leads from one to another."""
        seen: set[str] = set()
        for row in self._rows.rows:
            if row.name in seen:
                self._rows.fault(row.line, f"{row.name} is the name of an earlier token", "IMP4")
            else:
                seen.add(row.name)
                self._row(row)
        self._lead()
        self._relate()
        self._chain()
        bare = [one for one in self._found.marked if one.start == one.end]
        self._found.broken.update(one.id for one in bare)
        self._left["annotations of empty spans", NO_WORDS] += len(bare)
        self._found.marked = [one for one in self._found.marked if one.start < one.end]

    def _row(self, row: Row) -> None:
        start, end = self._offsets(row.start), self._offsets(row.end)
        if start is None or end is None:
            self._rows.outside(row, self._offsets.length)
            return
        there = self._found.text[start:end]
        if start < end and there not in (row.token, unescape(row.token), unescape_java(row.token)):
            self._rows.fault(row.line, not_the_words(there, unescape(row.token)), "IMP3")
            return
        at = 0
        for layer in self._rows.layers if row.cells is not None else ():
            stacks = [stack(cell) for cell in (row.cells or [])[at : at + len(layer.columns)]]
            at += len(layer.columns)
            if not any(stacks):
                continue
            numbered = [layer.kind == "SP" and kind in ("value", "role") for kind, _, _ in layer.columns]
            found = aligned(stacks, numbered)
            if found is None:
                self._rows.fault(row.line, f"the columns of {layer.type} have different numbers of annotations")
                continue
            for values in found:
                wrong = self._one(layer, row, (start, end), values)
                if wrong:
                    self._rows.fault(row.line, wrong)

    def _one(self, layer: Layer, row: Row, place: tuple[int, int], values: list[str | None]) -> str:
        """Add one annotation of a row. Return an error message, or ""."""
        features: dict[str, list[str]] = {}
        slots: list[tuple[str, str, str]] = []
        number = link = origin = ""
        for (kind, name, _), written in zip(layer.columns, values, strict=True):
            if written is None:
                continue
            if kind == "target":
                slots.append((kind, name, written))
                continue
            if kind == "from":
                origin = written
                continue
            said = value_in(written)
            if kind == "link":
                parts = _LINK.fullmatch(written)
                if parts is None:
                    return f"{written[:60]!r} has no position in a chain, such as ->1-2"
                value, link = parts[1], f"{parts[2]}-{parts[3]}"
            elif said is None:
                return f"{written[:60]!r} is not a value: escape brackets and backslashes with a backslash"
            else:
                value = said.written
                if said.number and layer.kind == "SP":
                    if number not in ("", said.number):
                        return f"one annotation has the numbers [{number}] and [{said.number}]"
                    number = said.number
            if kind == "role":
                slots.append((kind, name, value))
            elif value != "*" and name:
                features[name] = [unescape(value)]
        if layer.kind == "RL":
            return self._relation(layer, row, origin, features)
        if layer.kind == "CH":
            return self._link(layer, row, place, link, features)
        known = self._numbered.get(number) if number else None
        if known is not None and known.type != layer.type:
            return f"[{number}] is an annotation of both {known.type} and {layer.type}"
        one = self._marked(known, layer, row, place, features)
        if number:
            self._numbered[number] = one
        return self._slots(one, layer, slots) if known is None else ""

    def _relation(self, layer: Layer, row: Row, origin: str, features: dict[str, list[str]]) -> str:
        if not _FROM.fullmatch(origin):
            return f"{origin[:60]!r} is not the token of a governor"
        self._relations.append((layer, row, origin, layer.columns[-1][2], features))
        return ""

    def _link(self, layer: Layer, row: Row, place: tuple[int, int], link: str, features: dict[str, list[str]]) -> str:
        if not link:
            return "an annotation of a chain has no position in it"
        chain, _, place_in = link.partition("-")
        key = (layer.type, int(chain), int(place_in))
        self._links[key] = self._marked(self._links.get(key), layer, row, place, features)
        return ""

    def _slots(self, one: Marked, layer: Layer, slots: list[tuple[str, str, str]]) -> str:
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
        self, one: Marked | None, layer: Layer, row: Row, place: tuple[int, int], features: dict[str, list[str]]
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

    def _lead(self) -> None:
        for one, name, role, written, kind in self._led:
            said = _FROM.fullmatch(written)
            assert said is not None
            one.leads.append((name, role, self._to(said[1], said[2], kind)))

    def _relate(self) -> None:
        for layer, row, written, kind, features in self._relations:
            said = _FROM.fullmatch(written)
            assert said is not None
            ends = [("Governor", self._to(said[1], said[2], kind)), ("Dependent", self._to(row.name, said[3], kind))]
            self._found.relations.append(Linked(layer.type, ends, row.line, features))

    def _chain(self) -> None:
        chains: dict[tuple[str, int], list[Marked]] = {}
        for (kind, chain, _), one in sorted(self._links.items(), key=lambda item: item[0]):
            chains.setdefault((kind, chain), []).append(one)
        for (kind, _), links in chains.items():
            self._found.chains.append(Chain(kind, [one.id for one in links], links[0].line))
