"""The parts of a document → Documents. What cannot be read becomes a fault, and the run goes on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import jiter
import orjson

from ..model import Annotation, Article, Document, Fault, Kind, Place, Record, Source
from ..places import duplicate_keys, line_column
from .index import ANNOTATION, ATTACHED, RECORD, TEXT, Entry

_BOM = b"\xef\xbb\xbf"
_KINDS: tuple[Kind, Kind, Kind] = ("record", "text", "annotation")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def documents(entries: Iterable[Entry], root: Path, unpacked: Mapping[str, str]) -> list[Document]:
    """The documents of one doc_id: the article on its own first, then one for each annotation."""
    entries = list(entries)
    doc_id = entries[0].doc_id
    sources = _without_doubles([(entry, _source(entry, root, unpacked)) for entry in entries])
    article = _article(doc_id, sources)
    found = [Document(doc_id, article)] if article.sources else []
    for entry, source in sources:
        if entry.kind == ANNOTATION:
            value = source.value if isinstance(source.value, dict) else {}
            if not any(other.kind == RECORD for other, _ in sources) and not source.faults:
                source.faults += (Fault("orphan-annotation", f"no record raw/{doc_id}.json"),)
            found.append(Document(doc_id, article, Annotation(entry.annotator, value, source)))
    return found


def _article(doc_id: str, sources: list[tuple[Entry, Source]]) -> Article:
    records = [source for entry, source in sources if entry.kind == RECORD]
    texts = sorted(
        (source for entry, source in sources if entry.kind == TEXT), key=lambda s: s.path.startswith(ATTACHED)
    )
    record: Record = records[0].value if records and isinstance(records[0].value, dict) else {}
    text: str | None = None
    attached = False
    if texts:
        text, attached = texts[0].value, texts[0].path.startswith(ATTACHED)
        if not records:
            texts[0].faults += (Fault("missing-record", f"raw/{doc_id}.json"),)
    elif isinstance(record.get("text"), str) and records[0].line:
        record = dict(record)
        text = record.pop("text")
        records[0].value = record
    if records and not texts and text is None and not records[0].faults and record.get("redistribution") == "full":
        records[0].faults += (Fault("missing-text", f"raw/{doc_id}.txt"),)
    return Article(doc_id, record, text, (*records, *texts), attached)


def _without_doubles(sources: list[tuple[Entry, Source]]) -> list[tuple[Entry, Source]]:
    """The parts, each second one of the same kind marked as a double and not read."""
    first: dict[tuple[int, str], Source] = {}
    for entry, source in sources:
        if not entry.doc_id:
            continue
        key = (entry.kind, entry.annotator if entry.kind != TEXT else str(entry.path.startswith(ATTACHED)))
        if key in first:
            place = Place(first[key].path, first[key].line, 1, "here first")
            source.faults += (Fault("duplicate-document", entry.doc_id, source.line, related=(place,)),)
            source.value = None
        else:
            first[key] = source
    return sources


def _source(entry: Entry, root: Path, unpacked: Mapping[str, str]) -> Source:
    kind = _KINDS[entry.kind]
    line = max(1, entry.line)
    if entry.fault:
        return Source(entry.path, kind, line=line, faults=(Fault(entry.fault, line=line),))
    try:
        with open(unpacked.get(entry.path, root / entry.path), "rb") as file:
            file.seek(entry.offset)
            data = file.read(entry.size)
    except OSError as error:
        return Source(entry.path, kind, line=line, faults=(Fault("unreadable", error.strerror or ""),))
    if kind == "text":
        text, faults = parse_text(data)
        return Source(entry.path, kind, data, line, text, faults)
    value, faults = parse_json(data, line)
    source = Source(entry.path, kind, data, line, value, faults)
    if isinstance(value, dict):
        source.faults += tuple(_name_faults(entry, value))
    elif not entry.doc_id and not faults:
        source.faults += (Fault("name-mismatch", "the line has no doc_id", line),)
    return source


def _name_faults(entry: Entry, value: Record) -> Iterable[Fault]:
    line = max(1, entry.line)
    doc_id = value.get("doc_id")
    if not entry.doc_id:
        yield Fault("name-mismatch", "the line has no doc_id", line)
    elif isinstance(doc_id, str) and doc_id != entry.doc_id:
        yield Fault("name-mismatch", f"doc_id is {doc_id!r}, the file is named for {entry.doc_id!r}", line)
    annotator = value.get("annotator")
    if entry.kind == ANNOTATION and isinstance(annotator, str) and annotator != entry.annotator:
        yield Fault("name-mismatch", f"annotator is {annotator!r}, the folder is {entry.annotator!r}", line)


def parse_json(data: bytes, first_line: int = 1) -> tuple[Any, tuple[Fault, ...]]:
    """The value of JSON bytes (None when there is none) and what is wrong with how it is written.

    A line in canonical form is read in one pass: it has no duplicate keys and no number beyond
    64 bits, for it comes out of writing as it went in. Any other bytes are read once more, by a
    reader that looks for these.
    """
    faults: tuple[Fault, ...] = ()
    body = data.rstrip(b"\n")
    if body.startswith(_BOM):
        faults, body = (Fault("byte-order-mark", line=first_line),), body[3:]
    if not body.strip():
        return None, (*faults, Fault("empty-file", line=first_line))
    try:
        value = orjson.loads(body)
        if orjson.dumps(value) == body:
            return value, faults
        return jiter.from_json(body, catch_duplicate_keys=True, allow_inf_nan=False), faults
    except ValueError as error:
        return None, (*faults, *_explain(body, first_line, error))


def _explain(body: bytes, first_line: int, error: ValueError) -> Iterable[Fault]:
    message = str(error)
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as wrong:
        yield Fault("not-utf8", f"byte {body[wrong.start]:#04x}", *line_column(body, wrong.start, first_line))
        return
    if "recursion" in message.lower():
        yield Fault("too-deep", line=first_line)
    elif "surrogate" in message or "hex escape" in message and _has_lone_surrogate(body):
        at = re.search(rb"\\u[dD][89a-fA-F]", body)
        yield Fault("lone-surrogate", "", *line_column(body, at.start() if at else 0, first_line))
    elif "uplicate key" in message:
        for key, first, again in duplicate_keys(body):
            place = Place("", *line_column(body, first, first_line), "here first")
            yield Fault("duplicate-key", repr(key), *line_column(body, again, first_line), related=(place,))
    elif isinstance(error, orjson.JSONDecodeError):
        yield Fault("bad-json", error.msg.split(": line")[0], first_line + error.lineno - 1, error.colno)
    else:
        yield Fault("bad-json", message, line=first_line)


def _has_lone_surrogate(body: bytes) -> bool:
    try:
        return any(0xD800 <= ord(char) < 0xE000 for char in json.dumps(json.loads(body), ensure_ascii=False))
    except (ValueError, RecursionError):
        return False


def parse_text(data: bytes) -> tuple[str | None, tuple[Fault, ...]]:
    """The text of an article's bytes, line ends and all, and what is wrong with the bytes."""
    if not data:
        return None, (Fault("empty-file"),)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as wrong:
        return None, (Fault("not-utf8", f"byte {data[wrong.start]:#04x}", *line_column(data, wrong.start)),)
    faults: list[Fault] = []
    if data.startswith(_BOM):
        faults.append(Fault("byte-order-mark"))
    control = _CONTROL.search(text)
    if control:
        at = len(text[: control.start()].encode())
        faults.append(Fault("control-character", f"U+{ord(control[0]):04X}", *line_column(data, at)))
    return text, tuple(faults)
