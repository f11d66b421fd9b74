"""Rows of a table to documents: a text in each, and the records of layers that a map makes of its columns.

`csv_rows.py` and `jsonl_rows.py` read the rows. Rows with the same document id are one document; without a column of
ids, those with the same text. A row is one judgement, such as a stance of an annotator towards one target.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from ..core.model import GOLD, CorpusError, Problem, Record
from ..core.schema import Field, Schema
from .documents import Incoming, Options, renamed, spans_of
from .importing import build_corpus, schema_of
from .known import Known, did_you_mean, drop
from .mapping.add import add_annotations
from .mapping.annotations import Annotations, SpanAnnotation
from .mapping.file_names import named, read_files
from .mapping.rows import LayerRule, RowMap, read_row_map
from .offset_readings import OffsetReadings, Reading
from .sources import files_below, outside, problem, text_problem

Row = Mapping[str, Any]


class BadRow(NamedTuple):
    """A row with too few or too many cells: its Problem, and the cells that may be those of the first columns."""

    problem: Problem
    cells: Row


ReadRows = Callable[[Path, RowMap], Iterator[tuple[int, Row | BadRow | Problem]]]
"""Yields the line and the cells of each row of a file by column, or what is wrong with the row or file."""
_WHY = "the map does not name this column"


@dataclass(slots=True)
class _Group:
    """A document: the rows with its text."""

    called: str
    text: str
    path: str
    line: int
    split: str
    reading: Reading
    rows: list[tuple[int, str, Row]] = field(default_factory=list)
    """The line, annotator and used cells of each row."""
    faults: list[tuple[str, Problem]] = field(default_factory=list)
    """The annotator and the Problem of each row that could not be read."""


def read_rows(source: Path, into: Path, options: Options, ends: tuple[str, ...], rows: ReadRows) -> Iterator[Problem]:
    """Import the files at `source` into the new corpus `into`, as bulk files; yield a Problem for each unreadable row.

    Raises CorpusError if there is nothing to import or the map is invalid.
    """
    schema = schema_of(options)
    of = read_row_map(options.map, schema)
    reader = _Reader(source, ends, rows, of, schema, options)
    yield from build_corpus(into, reader.documents(), options, of.of_spans.use, list(of.targets.values()), bulk=True)


@dataclass(slots=True)
class _Reader:
    source: Path
    ends: tuple[str, ...]
    rows: ReadRows
    of: RowMap
    schema: Schema
    options: Options
    groups: dict[str, _Group] = field(default_factory=dict)
    bad: dict[str, list[Problem]] = field(default_factory=dict)
    """The Problems of rows whose id can be read and the rest not, by that id."""

    def documents(self) -> Iterator[Incoming | Problem]:
        """Read all rows, then yield their documents."""
        patterns = read_files(self.options.map, (), part="")
        paths = files_below(self.source, self.ends, self.options.left_out)
        for path, said in named(paths, self.source, patterns, self.options.left_out):
            reading = self._reading(path)
            for line, row in self.rows(path, self.of):
                if isinstance(row, BadRow):
                    self.bad.setdefault(_cell(row.cells, self.of.columns.get("doc")), []).append(row.problem)
                elif isinstance(row, Problem):
                    yield row
                elif (wrong := self._take(path, said, line, row, reading)) is not None:
                    yield wrong
        for called, problems in self.bad.items():
            group = self.groups.get(called)
            if group is None:
                yield from problems
            else:
                # It is not known whose row it was: no annotation of the document is complete for certain.
                whose = dict.fromkeys(annotator for _, annotator, _ in group.rows)
                group.faults += [(annotator, one) for annotator in whose for one in problems]
        for group in self.groups.values():
            yield self._document(group)

    def _reading(self, path: Path) -> Reading:
        """Return how the offsets of a file are read."""
        readings = OffsetReadings()
        offsets = [columns for rule in self.of.layers for columns in rule.columns.values() if len(columns) == 2]
        if offsets or self.of.spans:
            for _, row in self.rows(path, self.of):
                text = None if isinstance(row, Problem | BadRow) else row.get(self.of.columns["text"])
                if isinstance(text, str) and not isinstance(row, Problem | BadRow):
                    pairs = [_pair(row, columns) for columns in offsets]
                    pairs += [(one[1], one[2]) for one in self._spans(row) if one[0]]
                    readings.add(text, [pair for pair in pairs if pair is not None])
        return readings.decide()

    def _take(self, path: Path, said: Mapping[str, str], line: int, row: Row, reading: Reading) -> Problem | None:
        """Add a row to its document; return a Problem if it has no text, or another one than its document."""
        shown, of = os.fsencode(path).decode("utf-8", "replace"), self.of.columns
        text = row.get(of["text"])
        if of["text"] not in row:
            hint = did_you_mean(of["text"], row) or f"found {', '.join(row)}"
            raise CorpusError(f"{shown}:{line}: there is no column {of['text']!r}, which the map names; {hint}")
        if not isinstance(text, str) or not text:
            return problem("IMP2", shown, f"{of['text']} must be a text that is not empty", place=(line, 1))
        Known("values of column", self.of.used, _WHY).drop_others(row, self.options.left_out)
        called = _cell(row, of.get("doc")) or f"{path.stem}-{sha256(text.encode('utf-8', 'replace')).hexdigest()[:12]}"
        wrong = text_problem(text, shown, called, line)
        if wrong is not None:
            return wrong
        split = said.get("split") or _cell(row, of.get("split"))
        group = self.groups.setdefault(called, _Group(called, text, shown, line, split, reading))
        who = said.get("annotator") or _cell(row, of.get("annotator"))
        annotator = self.options.annotators(who) if who else GOLD
        if group.text != text:
            wrong = problem("IMP3", shown, f"{called} was read before with a different text", place=(line, 1))
        elif split != group.split:
            wrong = problem("IMP2", shown, f"{called} is in the splits {group.split} and {split}", place=(line, 1))
        if wrong is not None:
            group.faults.append((annotator, wrong))
        else:
            cells = {name: row[name] for name in self.of.used - {of["text"]} if name in row}
            group.rows.append((line, annotator, cells))
        return None

    def _document(self, group: _Group) -> Incoming:
        one = Incoming(self.options.doc_ids(group.called), group.path, group.text)
        if group.split:
            one.record["split"] = group.split
        for name, column in self.of.fields.items():
            values = dict.fromkeys(value for _, _, row in group.rows if (value := _cell(row, column)))
            if values:
                one.record[name] = self._field(name, list(values))
        by_annotator: dict[str, list[tuple[int, Row]]] = {}
        for line, annotator, row in group.rows:
            by_annotator.setdefault(annotator, []).append((line, row))
        for annotator, rows in by_annotator.items():
            self._annotate(one, annotator, rows, group)
        for annotator, wrong in group.faults:
            one.set_aside(annotator, [wrong])
        return one

    def _field(self, name: str, values: list[str]) -> Any:
        """Return the value of a field of the article from the cells of its rows."""
        of = next(one for one in self.schema.article_fields if one.name == name)
        if len(values) > 1 and not of.many:
            drop(self.options.left_out, "values of the record's", name, "the rows of one text differ", len(values) - 1)
        return values if of.many else values[0]

    def _annotate(self, one: Incoming, annotator: str, rows: list[tuple[int, Row]], group: _Group) -> None:
        reading = group.reading.of(one.text)
        faults: list[Problem] = []
        layers: dict[str, list[Record]] = {}
        if self.of.spans:
            annotations = Annotations()
            for line, row in rows:
                faults += self._add_spans(annotations, one, line, row, group)
            add_annotations(one, annotator, annotations, one.path, self.of.of_spans, self.schema, self.options.left_out)
            layers = one.layers[annotator]
        for rule in self.of.layers:
            made = layers.setdefault(rule.layer, [])
            for line, row in rows:
                record, wrong = self._record(rule, one, line, row, group)
                faults += wrong
                if record:
                    made.append(record | {"id": f"row-{len(made)}"})
        if reading.reason and any(len(of) == 2 for rule in self.of.layers for of in rule.columns.values()):
            one.note(annotator, f"{reading.reason} and were converted")
        one.set_aside(annotator, faults)
        one.layers[annotator] = renamed(layers, self.schema)

    def _record(
        self, rule: LayerRule, one: Incoming, line: int, row: Row, group: _Group
    ) -> tuple[Record, list[Problem]]:
        """Return the record that a row becomes, {} if all its columns are empty, and what is wrong with it."""
        record: Record = {}
        faults: list[Problem] = []
        for field_ in self.schema.layers[rule.layer].fields:
            columns = rule.columns.get(field_.name)
            if columns is None or not any(_cell(row, column) for column in columns):
                continue
            if field_.kind == "spans":
                found = self._words(columns, one, row, group)
                value = found if isinstance(found, list) else None
                wrong = "" if isinstance(found, list) else found
                code, hint = "IMP3", ""
            else:
                value, wrong, hint = self._value(rule, field_, row[columns[0]])
                code = "IMP2"
            if wrong:
                faults.append(problem(code, one.path, wrong, place=(line, 1), suggestion=hint))
            else:
                record[field_.name] = value
        return {**rule.fixed, **record} if record or faults else {}, faults

    def _words(self, columns: tuple[str, ...], one: Incoming, row: Row, group: _Group) -> list[Record] | str:
        """Return the span of a row, given by offsets or by words that occur once; else what is wrong."""
        if len(columns) == 2:
            pair = _pair(row, columns)
            if pair is None:
                return f"{' and '.join(columns)} must be integers"
            if group.reading.unclear:
                return f"{group.reading.unclear}, which cannot be told apart"
            there = group.reading.of(one.text).pair(*pair)
            if there is None or not 0 <= there[0] < there[1] <= len(one.text):
                return outside(*pair, len(one.text))
            return spans_of(one.text, [there])
        words = _cell(row, columns[0])
        times = one.text.count(words)
        if times != 1:
            return f"{words[:60]!r} occurs {times} times in the text, not once"
        start = one.text.index(words)
        return spans_of(one.text, [(start, start + len(words))])

    def _value(self, rule: LayerRule, of: Field, cell: Any) -> tuple[Any, str, str]:
        """Return the value of a field, what is wrong with it, and what solves that."""
        shown = str(cell)[:60]
        values = rule.values.get(of.name, {})
        if of.kind == "reference":
            target = self.of.targets.get(str(cell), {}).get("target_id") or values.get(str(cell), str(cell))
            if target in self.schema.targets or any(one["target_id"] == target for one in self.of.targets.values()):
                return target, "", ""
            return None, f"there is no target {shown!r}", f'map: [targets."{shown}"] with id, kind and statement'
        value = values.get(str(cell), cell)
        if of.kind == "label":
            labels = [label.name for label in of.labels]
            if value in labels:
                return [value] if of.many else value, "", ""
            table = f"layers.{rule.layer}.values.{of.name}"
            line = f'map: {table} = {{ "{shown}" = "…" }}, one of {", ".join(labels)}'
            return None, f"{shown!r} is not a label of {rule.layer}.{of.name}", line
        if isinstance(value, str) and of.json_type != "string":
            value = _parsed(value, of.json_type)
            if value is None:
                return None, f"{shown!r} is not {of.json_type}, the type of {rule.layer}.{of.name}", ""
        return [value] if of.many else value, "", ""

    def _add_spans(
        self, annotations: Annotations, one: Incoming, line: int, row: Row, group: _Group
    ) -> Iterator[Problem]:
        """Add the spans of a row that has a list of them; yield what is wrong with it."""
        reading = group.reading.of(one.text)
        for is_valid, start, end, label in self._spans(row):
            pair = reading.pair(start, end) if is_valid else None
            if not is_valid:
                keys = ", ".join(self.of.spans[key] for key in ("start", "end", "label"))
                yield problem("IMP2", one.path, f"a span must have {keys}", place=(line, 1))
            elif group.reading.unclear:
                detail = f"{group.reading.unclear}, which cannot be told apart"
                yield problem("IMP3", one.path, detail, place=(line, 1))
            elif pair is None or not 0 <= pair[0] < pair[1] <= len(one.text):
                yield problem("IMP3", one.path, outside(start, end, len(one.text)), place=(line, 1))
            else:
                annotations.spans[f"{line}/{len(annotations.spans)}"] = SpanAnnotation(label, [pair], line)

    def _spans(self, row: Row) -> Iterator[tuple[bool, int, int, str]]:
        """Yield (is valid, start, end, label) of each span in the list of a row."""
        written = row.get(self.of.spans["key"]) if self.of.spans else None
        for one in written if isinstance(written, list) else ():
            start, end, label = (_part(one, self.of.spans[key], i) for i, key in enumerate(("start", "end", "label")))
            if type(start) is int and type(end) is int and isinstance(label, str):
                yield True, start, end, label
            else:
                yield False, 0, 0, ""


def _part(span: Any, key: str, index: int) -> Any:
    """Return a part of a span: an object, or a list of start, end and label."""
    if isinstance(span, list):
        return span[index] if index < len(span) else None
    return span.get(key) if isinstance(span, dict) else None


def _cell(row: Row, column: str | None) -> str:
    """Return a cell as a string, "" if there is none."""
    value = row.get(column) if column else None
    return "" if value is None or isinstance(value, list | dict) else str(value)


def _pair(row: Row, columns: Iterable[str]) -> tuple[int, int] | None:
    """Return the offsets in two cells, None if they are not integers."""
    cells = [_cell(row, column).strip() for column in columns]
    if not all(cell.isdecimal() and len(cell) < 12 for cell in cells):
        return None
    return int(cells[0]), int(cells[1])


def _parsed(cell: str, json_type: str) -> Any:
    """Return a cell as a number or boolean, None if it is none."""
    if json_type == "boolean":
        return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(cell.lower())
    try:
        return int(cell) if json_type == "integer" else float(cell)
    except ValueError:
        return None
