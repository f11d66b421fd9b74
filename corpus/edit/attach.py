"""A user's own copy of a withheld text → raw/attached/, when its hash is the recorded one."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ..checks.spans import explain_text
from ..core.model import CorpusError, Record
from ..core.schema import Schema
from ..files import Index, Reader, replace_file
from ..files.index import ATTACHED, DOC_ID, MAX_BYTES, RECORD


def attach_text(root: Path, schema: Schema, doc_id: str, file: Path) -> Path:
    """Copy `file` to where the text of `doc_id` is looked for, and return the path of the copy.

    Raises CorpusError when there is no such withheld document, or when the text is not the very one
    that was annotated: the message says which change explains the difference, when one does.
    """
    if not DOC_ID.fullmatch(doc_id):
        raise CorpusError(f"{doc_id!r} is no document id")
    record = _record(root, schema, doc_id)
    if record["redistribution"] == "full":
        raise CorpusError(f"the text of {doc_id} may be passed on: it belongs in raw/{doc_id}.txt")
    try:
        with file.open("rb") as copy:
            data = copy.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise CorpusError(f"there is no file {file}") from None
    if hashlib.sha256(data).hexdigest() != record["text_sha256"]:
        raise CorpusError(f"{file} is not the text of {doc_id}: {difference(data, record)}")
    path = root / ATTACHED / f"{doc_id}.txt"
    with replace_file(path) as out:
        out.write(data)
    return path


def _record(root: Path, schema: Schema, doc_id: str) -> Record:
    with Index(root) as index, Reader(root, index.unpacked) as reader:
        entries = [entry for entry in index.entries(doc_id) if entry.kind == RECORD]
        if not entries:
            raise CorpusError(f"there is no document {doc_id} in {root / 'raw'}")
        article = reader.documents(entries[:1])[0].article
    if not schema.is_valid("record", article.sources[0].value):
        raise CorpusError(f"the record of {doc_id} does not fit the schema; see `corpus validate {entries[0].path}`")
    return article.record


def difference(data: bytes, record: Record) -> str:
    """What change explains that `data` has another hash than `text_sha256` of `record`, or that none is known to."""
    if len(data) > MAX_BYTES:
        return f"it is larger than {MAX_BYTES:,} bytes"
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return "it is not UTF-8"
    reason = explain_text(text, str(record["text_sha256"]))
    if reason:
        return f"{reason}. Undo that, and attach it again"
    by = len(text) - int(str(record["length"]))
    if by:
        more = "more" if by > 0 else "fewer"
        return f"it has {len(text):,} code points, {abs(by):,} {more} than the annotated text: it was edited"
    return "it has as many code points as the annotated text, and not the same ones: it was edited"
