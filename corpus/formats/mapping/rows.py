"""The map of rows: which column of a CSV or JSONL file is the text, and which records a row becomes.

[columns]                      text, and doc, annotator and split where the rows say so
text = "Tweet"

[fields]                       fields of the article's record
title = "Headline"

[layers.stances]               a record of this layer for each row
columns = { target = "Target", label = "Stance" }
set = { scope = "author" }
values.label = { FAVOR = "favor" }

[targets.Atheism]              the target of stances that the file calls Atheism
id = "atheism"
kind = "issue"
statement = "There is no god."

[spans]                        JSONL: the list of spans of a row, and its keys; [types.X] says what they become
key = "entities"
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...core.model import CorpusError, Record
from ...core.schema import TARGETS, Field, Schema
from .rules import COMMON, Map, default_map, read_map, unknown_keys

_KEYS = frozenset({"columns", "fields", "layers", "targets", "spans", "files", "delimiter", "types", *COMMON})
_COLUMNS = frozenset({"text", "doc", "annotator", "split"})
_SPANS = {"key": "spans", "start": "start", "end": "end", "label": "label"}


@dataclass(frozen=True, slots=True)
class LayerRule:
    """The record of a layer that a row becomes: the column or columns of each field, values, and fixed values."""

    layer: str
    columns: Mapping[str, tuple[str, ...]]
    values: Mapping[str, Mapping[str, Any]]
    fixed: Record


@dataclass(frozen=True, slots=True)
class RowMap:
    """What the columns of a file are."""

    columns: Mapping[str, str]
    fields: Mapping[str, str]
    layers: tuple[LayerRule, ...]
    targets: Mapping[str, Record]
    spans: Mapping[str, str]
    of_spans: Map
    delimiter: str = ""
    used: frozenset[str] = field(default=frozenset())
    """The columns that the map names."""


def read_row_map(written: Mapping[str, Any], schema: Schema) -> RowMap:
    """Return the map of rows that a map file holds. Raises CorpusError, which names the key, if a value is invalid."""
    if unknown := written.keys() - _KEYS:
        raise CorpusError(unknown_keys(unknown, _KEYS))
    columns, fields = _names(written, "columns", _COLUMNS), _names(written, "fields", _article_fields(schema))
    if "text" not in columns:
        raise CorpusError('map: [columns] must name the column of the text: text = "…"; --suggest-map lists them')
    layers = tuple(_layer(name, one, schema) for name, one in _table("layers", written.get("layers", {})).items())
    spans = _SPANS | _names(written, "spans", frozenset(_SPANS)) if "spans" in written else {}
    of_spans = read_map({"types": written["types"]} if "types" in written else {}, schema, default_map(schema))
    delimiter = written.get("delimiter", "")
    if not isinstance(delimiter, str) or len(delimiter) > 1:
        raise CorpusError(f"map: delimiter must be one character, not {delimiter!r}")
    used = {
        *columns.values(),
        *fields.values(),
        *(one for rule in layers for of in rule.columns.values() for one in of),
    }
    targets = _targets(written.get("targets", {}))
    return RowMap(columns, fields, layers, targets, spans, of_spans, delimiter, frozenset(used | {*spans.values()}))


def _article_fields(schema: Schema) -> frozenset[str]:
    return frozenset(one.name for one in schema.article_fields) - {"doc_id", "text_sha256", "length", "split"}


def _table(name: str, written: Any) -> dict[str, Any]:
    if not isinstance(written, dict):
        raise CorpusError(f"map: {name} must be a table, not {written!r}")
    return written


def _names(written: Mapping[str, Any], name: str, known: frozenset[str]) -> dict[str, str]:
    """Return a table of names of columns, with known keys only."""
    table = _table(name, written.get(name, {}))
    if unknown := table.keys() - known:
        raise CorpusError(f"map: {name}: {unknown_keys(unknown, known).removeprefix('map: ')}")
    wrong = next((key for key, value in table.items() if not isinstance(value, str) or not value), None)
    if wrong is not None:
        raise CorpusError(f"map: {name}.{wrong} must be the name of a column, not {table[wrong]!r}")
    return table


def _layer(name: str, written: Any, schema: Schema) -> LayerRule:
    layer = schema.layers.get(name)
    if layer is None:
        raise CorpusError(f"map: layers.{name}: the schema has no such layer; it has {', '.join(schema.layers)}")
    table = _table(f"layers.{name}", written)
    if unknown := table.keys() - {"columns", "values", "set"}:
        raise CorpusError(f"map: layers.{name}: {unknown_keys(unknown, {'columns', 'values', 'set'})}")
    fields = {one.name: one for one in layer.fields if one.name != "id"}
    parts = {part: _table(f"layers.{name}.{part}", table.get(part, {})) for part in ("columns", "values", "set")}
    for part, of in parts.items():
        if unknown := of.keys() - fields.keys():
            raise CorpusError(f"map: layers.{name}.{part}: {unknown_keys(unknown, fields).removeprefix('map: ')}")
    columns = {key: _columns(f"layers.{name}.columns.{key}", one, fields[key]) for key, one in parts["columns"].items()}
    values = {key: _table(f"layers.{name}.values.{key}", one) for key, one in parts["values"].items()}
    return LayerRule(name, columns, values, parts["set"])


def _columns(name: str, written: Any, of: Field) -> tuple[str, ...]:
    """Return the column of a field; for a field of spans two columns, of the start and the end, or one of the words."""
    columns = [written] if isinstance(written, str) else written
    most = 2 if of.kind == "spans" else 1
    if (
        not isinstance(columns, list)
        or not 1 <= len(columns) <= most
        or not all(isinstance(one, str) for one in columns)
    ):
        such = 'a column, or two: ["start", "end"]' if most == 2 else "the name of a column"
        raise CorpusError(f"map: {name} must be {such}, not {written!r}")
    if of.kind == "reference" and of.refers_to != TARGETS:
        raise CorpusError(f"map: {name}: a row has no ids of records of {of.refers_to}")
    return tuple(columns)


def _targets(written: Any) -> dict[str, Record]:
    found = {}
    for name, one in _table("targets", written).items():
        table = _table(f"targets.{name}", one)
        if not table.keys() <= {"id", "kind", "statement", "kb"} or not table.keys() >= {"id", "kind", "statement"}:
            raise CorpusError(f"map: targets.{name} must have id, kind and statement, and may have kb")
        found[name] = {"target_id": table["id"], **{key: value for key, value in table.items() if key != "id"}}
    return found
