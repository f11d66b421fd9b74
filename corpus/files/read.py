"""Read the parts of a document → Documents. A part that cannot be read gets a Fault, and the run goes on."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

import jiter
import orjson

from ..core.json_positions import duplicate_keys, line_column, numbers
from ..core.model import Annotation, Article, Document, Fault, Kind, Place, Record, Source
from .bad_json import bad_json
from .index import ANNOTATION, ATTACHED, RECORD, TEXT, Entry

_BOM = b"\xef\xbb\xbf"
_KINDS: tuple[Kind, Kind, Kind] = ("record", "text", "annotation")
_MARKS = {
    b"\xff\xfe\x00\x00": "UTF-32",
    b"\x00\x00\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}
_CONFLICT = re.compile(rb"^(?:<{7} |>{7} |={7}\r?$)", re.MULTILINE)
"""The markers that git writes into a file with conflicting changes."""
_LONG_NUMBER = re.compile(rb"-?\d{19,}")
_LONG_DIGITS = re.compile(rb"[0-9][0-9]{18}")
"""Finds where there may be a long number in a quarter of the time: `re` skips to the first character of a pattern."""
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_ESCAPE = re.compile(rb"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(u[dD][89a-fA-F]..)|.)")
"""An escape in a JSON string: a surrogate pair, or half of one (the group), or any other."""
_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""A file may be replaced by a link or a pipe after it was indexed."""
_OPEN = 64
"""Bulk files that a Reader keeps open. Systems limit open files, often to 256."""
MAX_VALUES = 1_000_000
"""The most values in one file or line. Python needs hundreds of bytes for a value that takes three in JSON."""
_REPEATED = 1000
"""Repeated keys reported in one file. A file with more would fill the memory with findings."""


class Reader:
    """Reads documents from files; a context manager that keeps bulk files open.

    `unpacked` maps a compressed file to the path of its unpacked bytes (see `Index`).
    """

    def __init__(self, root: Path, unpacked: Mapping[str, str]) -> None:
        self._root, self._unpacked = root, unpacked
        self._open: dict[str, int] = {}
        self._held: dict[Entry, bytes] = {}

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        for descriptor in self._open.values():
            os.close(descriptor)
        self._open.clear()

    def digest(self, entries: Iterable[Entry]) -> bytes | None:
        """Return a hash of everything that `documents` reads of a document: the names and bytes of its parts.

        The line number in a bulk file is not part of it. Returns None if a part cannot be read or exists twice.
        """
        held = self.hold(entries)
        if held is None:
            return None
        pieces: list[bytes] = []
        for entry, data in held.items():
            named = (entry.doc_id, entry.kind, entry.annotator, entry.path, entry.line > 0, len(data))
            pieces += (repr(named).encode(), b"\n", data)
        return blake2b(b"".join(pieces), digest_size=32).digest()

    def hold(self, entries: Iterable[Entry]) -> Mapping[Entry, bytes] | None:
        """Return the bytes of the parts of a document, None if one cannot be read or exists twice.

        They are kept for the next call of `documents`, so that both see the same content even if a file changes in
        between. `forget` drops what was not read.
        """
        held: dict[Entry, bytes] = {}
        seen: set[tuple[int, str, bool]] = set()
        for entry in entries:
            part = _part(entry)
            if entry.fault or part in seen:
                return None
            seen.add(part)
            try:
                held[entry] = self._held.get(entry) or self.read(entry)
            except OSError:
                return None
        self._held |= held
        return held

    def forget(self) -> None:
        """Drop all bytes that `hold` keeps."""
        self._held.clear()

    @staticmethod
    def stamp(entries: Iterable[Entry]) -> bytes:
        """Return a hash of the names, sizes, times and inodes of the files that `documents` reads of some documents.

        Equal stamps mean equal bytes. Returns b"" where that is not certain (`Entry.status`), for lines of bulk files,
        and for parts that cannot be read. The stamp is that of the time when the files were listed: bytes that change
        before they are read have another one from then on.
        """
        pieces: list[bytes] = []
        for entry in entries:
            if not entry.status or entry.fault:
                return b""
            pieces += (entry.path.encode(), b"\n", entry.status)
        return blake2b(b"".join(pieces), digest_size=32).digest()

    def documents(self, entries: Iterable[Entry]) -> list[Document]:
        """Read the documents of some parts, in the order of the parts: an article, then each annotation of it.

        The parts may be those of one document, of a shard, or of a corpus; a part that belongs to no document is one
        by itself.
        """
        of: dict[object, list[Entry]] = {}
        for entry in entries:
            of.setdefault(entry.doc_id or entry, []).append(entry)
        return [document for parts in of.values() for document in self._of_one(parts)]

    def _of_one(self, entries: list[Entry]) -> list[Document]:
        """Read the documents of one doc_id."""
        sources: list[tuple[Entry, Source]] = []
        read: dict[tuple[int, str, bool], Source] = {}
        for entry in entries:
            part = _part(entry)
            if part in read:
                sources.append((entry, _double(entry, read[part])))
            else:
                read[part] = self._source(entry)
                sources.append((entry, read[part]))
        doc_id = sources[0][0].doc_id
        article = _article(doc_id, sources)
        found = [Document(doc_id, article)] if article.sources else []
        for entry, source in sources:
            if entry.kind == ANNOTATION:
                value = source.value if isinstance(source.value, dict) else {}
                if not any(other.kind == RECORD for other, _ in sources) and not source.faults:
                    source.faults += (Fault("orphan-annotation", f"no record raw/{doc_id}.json"),)
                found.append(Document(doc_id, article, Annotation(entry.annotator, value, source)))
        return found

    def _source(self, entry: Entry) -> Source:
        kind = _KINDS[entry.kind]
        line = max(1, entry.line)
        if entry.fault:
            name, _, detail = entry.fault.partition(": ")
            return Source(entry.path, kind, line=line, faults=(Fault(name, detail, line),))
        try:
            data = self._held.pop(entry, None) or self.read(entry)
        except OSError as error:
            return Source(entry.path, kind, line=line, faults=(Fault("unreadable", error.strerror or ""),))
        if kind == "text":
            text, faults = parse_text(data)
            return Source(entry.path, kind, data, line, text, faults)
        value, faults = parse_json(data, line)
        source = Source(entry.path, kind, data, line, value, faults)
        if isinstance(value, dict):
            if not entry.doc_id or value.get("doc_id") != entry.doc_id or value.get("annotator", "") != entry.annotator:
                source.faults += tuple(_name_faults(entry, value))
        elif not entry.doc_id and not faults:
            source.faults += (Fault("name-mismatch", "the line has no doc_id", line),)
        return source

    def read(self, entry: Entry) -> bytes:
        """Return the bytes of a part. Raises OSError."""
        if not entry.line:
            descriptor = os.open(f"{self._root}/{entry.path}", _FLAGS)
            try:
                return os.read(descriptor, entry.size)
            finally:
                os.close(descriptor)
        if entry.path not in self._open:
            if len(self._open) == _OPEN:
                os.close(self._open.pop(next(iter(self._open))))
            path = self._unpacked.get(entry.path) or self._root / entry.path
            self._open[entry.path] = os.open(path, _FLAGS)
        return os.pread(self._open[entry.path], entry.size, entry.offset)


def _article(doc_id: str, sources: list[tuple[Entry, Source]]) -> Article:
    records = [source for entry, source in sources if entry.kind == RECORD]
    in_bulk = next((entry.line > 0 for entry, _ in sources if entry.kind == RECORD), False)
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
    elif in_bulk and isinstance(record.get("text"), str):
        record = dict(record)
        written = record.pop("text")
        records[0].value = record
        text, faults = _checked_text(written, records[0].line)
        records[0].faults += faults
    if records and not texts and text is None and not records[0].faults and record.get("redistribution") == "full":
        records[0].faults += (Fault("missing-text", f"raw/{doc_id}.txt"),)
    return Article(doc_id, record, text, (*records, *texts), attached)


def _part(entry: Entry) -> tuple[int, str, bool]:
    """Identify the part of a document that an entry is. A text and an attached text are two parts."""
    return entry.kind, entry.annotator, entry.kind == TEXT and entry.path.startswith(ATTACHED)


def _double(entry: Entry, first: Source) -> Source:
    """Return the source of a part that the document already has. It is not read."""
    line = max(1, entry.line)
    place = Place(first.path, first.line, 1, "here first")
    fault = Fault("duplicate-document", entry.doc_id, line, related=(place,))
    return Source(entry.path, _KINDS[entry.kind], line=line, faults=(fault,))


def _name_faults(entry: Entry, value: Record) -> Iterable[Fault]:
    line = max(1, entry.line)
    doc_id = value.get("doc_id")
    if not entry.doc_id and isinstance(doc_id, str):
        yield Fault("unportable-name", f"doc_id is {_clipped(doc_id)}", line)
    elif not entry.doc_id:
        yield Fault("name-mismatch", "the line has no doc_id", line)
    elif isinstance(doc_id, str) and doc_id != entry.doc_id:
        yield Fault("name-mismatch", f"doc_id is {_clipped(doc_id)}, the file is named for {entry.doc_id!r}", line)
    annotator = value.get("annotator")
    if entry.kind == ANNOTATION and isinstance(annotator, str) and annotator != entry.annotator:
        yield Fault("name-mismatch", f"annotator is {_clipped(annotator)}, the folder is {entry.annotator!r}", line)


def _clipped(name: str) -> str:
    return repr(name if len(name) <= 130 else name[:130] + "…")


def parse_json(data: bytes, first_line: int = 1) -> tuple[Any, tuple[Fault, ...]]:
    """Parse JSON bytes → the value, None if there is none, and the faults of its syntax.

    Canonical JSON is parsed once: writing the value again gives the same bytes, so no key was repeated
    and no number exceeded 64 bits. Other bytes are parsed again, by a slower parser that finds these.
    """
    faults: tuple[Fault, ...] = ()
    body = data.rstrip(b"\n")
    if body.startswith(_BOM):
        faults, body = (Fault("byte-order-mark", line=first_line),), body[3:]
    if not body.strip():
        return None, (*faults, Fault("empty-file", line=first_line))
    if len(body) > MAX_VALUES and body.count(b",") + body.count(b"[") + body.count(b"{") > MAX_VALUES:
        return None, (*faults, Fault("too-large", f"more than {MAX_VALUES:,} values", first_line))
    try:
        value = orjson.loads(body)
        if not _is_canonical(value, body):
            value = None  # frees its memory before the second parse
            value = jiter.from_json(body, catch_duplicate_keys=True, allow_inf_nan=False)
            faults += _too_large(body, first_line)
        return value, faults
    except ValueError as error:
        return None, (*faults, *_explain(body, first_line, error))


def _too_large(body: bytes, first_line: int) -> tuple[Fault, ...]:
    """Return a fault for the first number of valid JSON that exceeds 64 bits."""
    if _LONG_DIGITS.search(body):
        for at, token in numbers(body):
            if _LONG_NUMBER.fullmatch(token) and not -(2**63) <= int(token[:4000]) < 2**63:
                shown = token[:40].decode()
                return (Fault("number-too-large", shown, *line_column(body, at, first_line)),)
    return ()


def _is_canonical(value: Any, body: bytes) -> bool:
    try:
        return orjson.dumps(value) == body
    except orjson.JSONEncodeError:  # nested too deeply for orjson to write
        return False


def _explain(body: bytes, first_line: int, error: ValueError) -> Iterable[Fault]:
    message = str(error)
    if encoding := _other_encoding(body):
        yield Fault("not-utf8", f"it is {encoding}", first_line, suggestion=_convert(encoding))
        return
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as wrong:
        yield Fault("not-utf8", f"byte {body[wrong.start]:#04x}", *line_column(body, wrong.start, first_line))
        return
    if marker := _CONFLICT.search(body):
        yield _conflict(body, marker.start(), first_line)
        return
    if "recursion limit" in message or "depth limit" in message:
        yield Fault("too-deep", line=first_line)
    elif "surrogate" in message:
        at = next((escape.start() for escape in _ESCAPE.finditer(body) if escape[1]), 0)
        yield Fault("lone-surrogate", "", *line_column(body, at, first_line))
    elif "uplicate key" in message:
        for number, (key, first, again) in enumerate(duplicate_keys(body)):
            place = Place("", *line_column(body, first, first_line), "here first")
            more = "; there are more" if number + 1 == _REPEATED else ""
            yield Fault("duplicate-key", _clipped(key) + more, *line_column(body, again, first_line), related=(place,))
            if more:
                return
    elif isinstance(error, orjson.JSONDecodeError):
        yield bad_json(error, first_line)
    else:
        yield Fault("bad-json", message, line=first_line)


def _other_encoding(data: bytes) -> str:
    """Return the name of UTF-16 or UTF-32 if the bytes are in one of these, "" otherwise.

    A byte order mark tells; without one, every second byte of the first ones is NUL, which no text in UTF-8 has.
    """
    for mark, name in _MARKS.items():
        if data.startswith(mark):
            return name
    head = data[:64]
    if len(head) >= 4 and not len(data) % 2:
        for odd, name in ((0, "UTF-16BE"), (1, "UTF-16LE")):
            if not any(head[odd::2]) and all(head[1 - odd :: 2]):
                return name
    return ""


def _convert(encoding: str) -> str:
    return f"convert it: iconv -f {encoding} -t UTF-8 FILE > NEW"


def _conflict(data: bytes, at: int, first_line: int) -> Fault:
    """Return the fault of a file with the markers of an unresolved merge."""
    shown = data[at : at + 40].partition(b"\n")[0].decode("utf-8", "replace").rstrip()
    hint = "choose one side, and remove the lines with <<<<<<<, ======= and >>>>>>>"
    place = line_column(data, at, first_line)
    return Fault("bad-json", f"unresolved merge conflict at {shown!r}", *place, suggestion=hint)


def parse_text(data: bytes) -> tuple[str | None, tuple[Fault, ...]]:
    """Decode an article → its text, with its line ends unchanged, and the faults of the bytes."""
    if not data:
        return None, (Fault("empty-file"),)
    if encoding := _other_encoding(data):
        return None, (Fault("not-utf8", f"it is {encoding}", suggestion=_convert(encoding)),)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as wrong:
        return None, (Fault("not-utf8", f"byte {data[wrong.start]:#04x}", *line_column(data, wrong.start)),)
    return _checked_text(text)


def _checked_text(text: str, line: int = 0) -> tuple[str | None, tuple[Fault, ...]]:
    """Return the text, None if it is blank, and its faults; `line` is its line in a bulk file, else 0."""
    if not text or text.isspace():
        return None, (Fault("empty-file", "only white space" if text else "the text", line or 1),)
    where = "the text" if line else ""
    faults = (Fault("byte-order-mark", where, line or 1),) if text.startswith("\ufeff") else ()
    control = _CONTROL.search(text)
    if not control:
        return text, faults
    name, at = f"U+{ord(control[0]):04X}", control.start()
    if line:
        return text, (*faults, Fault("control-character", f"{name}, code point {at} of the text", line))
    place = line_column(text.encode(), len(text[:at].encode()))
    return text, (*faults, Fault("control-character", name, *place))
