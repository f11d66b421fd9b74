"""Attach a user's own copy of a withheld text: copy it to raw/attached/ if its checksum fits the record."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ..checks.spans import explain_text
from ..core.model import CorpusError, Record
from ..core.regular_file import read_file
from ..core.schema import Schema
from ..files import Index, Reader, replace_file
from ..files.index import ATTACHED, DOC_ID, MAX_BYTES, RECORD


def attach_text(root: Path, schema: Schema, doc_id: str, file: Path) -> Path:
    """Copy `file` to raw/attached/<doc_id>.txt and return the path of the copy.

    Raises CorpusError if there is no such withheld document, or if the text is not the annotated one; the
    message names a change that explains the difference, if one is known.
    """
    if not DOC_ID.fullmatch(doc_id):
        raise CorpusError(f"{doc_id!r} is not a document id (letters, digits, `.`, `_` and `-`)")
    record = _record(root, schema, doc_id)
    if record["redistribution"] == "full":
        raise CorpusError(
            f"the text of {doc_id} is not withheld (redistribution: full): it belongs in raw/{doc_id}.txt"
        )
    try:
        data = read_file(file, limit=MAX_BYTES)
    except FileNotFoundError:
        raise CorpusError(f"{file} does not exist") from None
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
            raise CorpusError(f"{root / 'raw'} has no document {doc_id}")
        article = reader.documents(entries[:1])[0].article
    if not schema.is_valid("record", article.sources[0].value):
        raise CorpusError(f"the record of {doc_id} does not fit the schema; run `corpus validate {entries[0].path}`")
    return article.record


def difference(data: bytes, record: Record) -> str:
    """Return why the SHA-256 of `data` differs from `text_sha256` of `record`: a known change, or an edit."""
    if len(data) > MAX_BYTES:
        return f"it is larger than {MAX_BYTES:,} bytes"
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return "it is not UTF-8"
    reason = explain_text(text, str(record["text_sha256"]))
    if reason:
        return f"{reason}. Undo this and attach the text again"
    by = len(text) - int(str(record["length"]))
    if by:
        more = "more" if by > 0 else "fewer"
        return f"it has {len(text):,} code points, {abs(by):,} {more} than the annotated text: it was edited"
    return "it has as many code points as the annotated text, but different ones: it was edited"
