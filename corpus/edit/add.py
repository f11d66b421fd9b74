"""Add a text file as an article: its text in raw/, byte for byte, and its record with checksum and length."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from ..core.model import CorpusError, Record
from ..core.regular_file import read_file
from ..core.schema import Field, Schema
from ..files import DOC_ID, Index, canonical, replace_file
from ..files.index import ATTACHED, MAX_BYTES, RECORD, TEXT
from ..files.read import parse_text

_OWN = ("text_sha256", "length")
"""The fields of a record that are computed from the file."""


def add_article(root: Path, schema: Schema, file: Path, values: Sequence[str]) -> tuple[Path, Record]:
    """Add `file` as an article with `values`, each FIELD=VALUE. Return the path of its record, and the record.

    The text is written to raw/<doc_id>.txt, or to raw/attached/, which git ignores, if `redistribution` is not
    `full`; if `file` is that very file, it stays. Defaults: `doc_id` is the file name without its extension,
    `title` is null and `redistribution` is `full`. Raises CorpusError, and writes nothing, if the id is taken,
    the text is invalid, a field is unknown, or the record does not fit the schema.
    """
    data = _text(file)
    record: Record = {"doc_id": file.stem, **_defaults(schema), **_read(values, schema)}
    doc_id = record["doc_id"]
    if not DOC_ID.fullmatch(doc_id):
        raise CorpusError(f"{doc_id!r} is not a document id (letters, digits, `.`, `_` and `-`); give another doc_id=…")
    record |= {"text_sha256": sha256(data).hexdigest(), "length": len(data.decode())}
    _fits(record, schema)
    folder = "raw" if record.get("redistribution") == "full" else ATTACHED
    text, path = root / folder / f"{doc_id}.txt", root / "raw" / f"{doc_id}.json"
    there = text.exists() and text.samefile(file)
    with Index(root) as index:
        for entry in index.entries(doc_id):
            if entry.kind == RECORD or (entry.kind == TEXT and not there):
                raise CorpusError(f"{entry.path} already has a document {doc_id}; give another doc_id=…")
    if not there:
        with replace_file(text) as out:
            out.write(data)
    try:
        with replace_file(path) as out:
            out.write(canonical(record, "record", schema))
    except BaseException:
        if not there:
            text.unlink()
        raise
    return path, record


def _text(file: Path) -> bytes:
    try:
        data = read_file(file, limit=MAX_BYTES)
    except FileNotFoundError:
        raise CorpusError(f"{file} does not exist") from None
    for fault in parse_text(data)[1]:
        why = f"{fault.name} {fault.detail}".rstrip()
        raise CorpusError(f"{file}:{fault.line}:{fault.column}: {why}; `corpus rule {fault.name}` explains it")
    return data


def _defaults(schema: Schema) -> Record:
    given: Record = {"title": None, "redistribution": "full"}
    return {field.name: given[field.name] for field in schema.article_fields if field.name in given}


def _read(values: Sequence[str], schema: Schema) -> Record:
    """Parse FIELD=VALUE arguments; a repeated field must be a list in the schema."""
    fields = {field.name: field for field in schema.article_fields if field.name not in _OWN}
    record: Record = {}
    for written in values:
        name, equals, value = written.partition("=")
        if not equals or name not in fields:
            raise CorpusError(f"{written!r} is not FIELD=VALUE; the fields are {', '.join(fields)}")
        if fields[name].many:
            record.setdefault(name, []).append(_value(fields[name], value))
        elif name in record:
            raise CorpusError(f"{name} is given twice, but takes one value")
        else:
            record[name] = _value(fields[name], value)
    return record


def _value(field: Field, written: str) -> Any:
    if field.nullable and not written:
        return None
    try:
        if field.json_type == "boolean":
            return {"true": True, "false": False}[written]
        return {"integer": int, "number": float}.get(field.json_type, str)(written)
    except (KeyError, ValueError):
        raise CorpusError(f"{field.name} must be of type {field.json_type}, not {written!r}") from None


def _fits(record: Record, schema: Schema) -> None:
    required = schema.article.get("required", [])
    if missing := [name for name in required if name not in record]:
        raise CorpusError(f"give {' '.join(f'{name}=…' for name in missing)}; the schema requires it")
    for violation in schema.violations("record", record):
        raise CorpusError(f"{'.'.join(map(str, violation.parts))}: {violation.message}")
