"""A map to edit for CoNLL files: the column of tags, their scheme and their types."""

from __future__ import annotations

import json
from collections import Counter
from itertools import islice
from pathlib import Path

from ..core.schema import Schema
from .conll_lines import Lines
from .conll_mentions import TAG, TagSurvey
from .conll_reader import ENDS, NO_RULE
from .conll_rows import RowReader, Rows
from .documents import Options
from .importing import schema_of
from .mapping.conll_columns import CONLLU, Column, Layout
from .mapping.rules import table
from .sources import files_below
from .survey import Survey

_ROWS = 20_000
"""Rows of a file from which the column of tags is guessed."""
_TYPES = 100
"""Types that are written."""


def survey(source: Path, options: Options) -> Survey:
    """Return the columns, the scheme and the types of the files at `source`, as lines of a map."""
    schema = schema_of(options)
    root = source if source.is_dir() else source.parent
    found, tags = Survey(), TagSurvey()
    columns: dict[str, Column] = {}
    dialects: set[str] = set()
    for path in files_below(source, ENDS, options.left_out):
        if path.is_symlink() or not path.is_file():
            continue
        dialect, column = _tag_column(path, schema)
        found.head += [f"# file: {json.dumps(path.relative_to(root).as_posix()[:200])}"] * (len(dialects) < 1)
        dialects.add(dialect)
        if column is not None:
            columns.setdefault("tag", (column, ""))
        for rows in RowReader(path, Layout(columns, {}), None):
            if isinstance(rows, Rows):
                tags.add(rows)
    found.head += [f"# read as {dialect}" for dialect in sorted(dialects - {"other"})]
    if columns:
        (index, _) = columns["tag"]
        name = json.dumps(CONLLU[int(index)]) if dialects == {"CoNLL-U"} else index
        found.head.append(f"columns = {{ tag = {name} }}   # also token, misc, entity and id")
    if not tags.bracketed and tags.scheme != "IOB2":
        found.head.append(f'scheme = "{tags.scheme}"')
    found.head += [*_types(tags.types, schema), ""]
    return found


def _tag_column(path: Path, schema: Schema) -> tuple[str, int | None]:
    """Return the dialect of a file, and the index of the column that holds tags and nothing else.

    Of several, it is the last one with an entity type of the schema, since chunks have tags too. The index is None if
    the reader finds the column by itself, or there is none.
    """
    lines = Lines(path)
    rows = islice((line.cells for line in lines if line.kind == "row"), _ROWS)
    wrong: set[int] = set()
    tagged: dict[int, bool] = {}
    labels = {label.name for label in schema.labels("entities", "type")}
    width = 0
    for cells in rows:
        width = len(cells)
        for i, cell in enumerate(cells):
            if said := TAG.fullmatch(cell):
                tagged[i] = tagged.get(i, False) or said[2] in labels
            elif cell not in ("O", "_"):
                wrong.add(i)
    found = max(tagged.keys() - wrong, key=lambda i: (tagged[i], i), default=None)
    is_usual = lines.dialect == "CoNLL-2012" or (lines.dialect == "other" and found == width - 1)
    return lines.dialect, None if is_usual else found


def _types(types: Counter[str], schema: Schema) -> list[str]:
    """Return the types that the schema has as a table, and the others as comments."""
    labels = [label.name for label in schema.labels("entities", "type")]
    if not types:
        return []
    names = [kind for kind, _ in types.most_common(_TYPES)]
    known = ", ".join(f"{table(kind)[1:-1]} = {json.dumps(kind)}" for kind in names if kind in labels)
    known = f" {known} " if known else ""
    lines = [f"types = {{{known}}}   # {', '.join(labels)}"]
    others = [kind for kind in names if kind not in labels]
    return [*lines, *(f'# add {table(kind)[1:-1]} = "…"   # {_times(types[kind])}; else {NO_RULE}' for kind in others)]


def _times(count: int) -> str:
    return f"{count:,} time{'s' * (count != 1)}"
