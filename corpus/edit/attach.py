"""Attach a user's own copies of withheld texts: copy them to raw/attached/ if their checksums fit the records."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..checks.spans import explain_text
from ..core.model import CorpusError, Record
from ..core.regular_file import read_file
from ..core.schema import Schema
from ..files import Index, Reader, replace_file
from ..files.index import ATTACHED, DOC_ID, MAX_BYTES, RECORD


@dataclass(slots=True)
class Built:
    """The outcome of attaching built texts: the doc_ids, and one message for each text that differs."""

    attached: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def attach_built(root: Path, schema: Schema, texts: Mapping[str, bytes]) -> Built:
    """Write the texts of withheld documents to raw/attached/<doc_id>.txt; `texts` may have others, by their ids.

    If the checksum of one differs from that of its record, nothing is written. Raises CorpusError if no text is that of
    a withheld document, or if a record does not fit the schema.
    """
    made = Built()
    with Index(root) as index, Reader(root, index.unpacked) as reader:
        for doc_id, data in texts.items():
            record = _record(schema, index, reader, doc_id) if DOC_ID.fullmatch(doc_id) else None
            if record is None or record["redistribution"] == "full":
                continue
            made.attached.append(doc_id)
            if hashlib.sha256(data).hexdigest() != record["text_sha256"]:
                made.wrong.append(f"{doc_id}: {difference(data, record)}")
    if not made.attached:
        raise CorpusError("the files have no text of a withheld document; ids are compared with `# newdoc id = …`")
    for doc_id in () if made.wrong else made.attached:
        with replace_file(root / ATTACHED / f"{doc_id}.txt") as out:
            out.write(texts[doc_id])
    return made


def attach_text(root: Path, schema: Schema, doc_id: str, file: Path) -> Path:
    """Copy `file` to raw/attached/<doc_id>.txt and return the path of the copy.

    Raises CorpusError if there is no such withheld document, or if the text is not the annotated one; the
    message names a change that explains the difference, if one is known.
    """
    if not DOC_ID.fullmatch(doc_id):
        raise CorpusError(f"{doc_id!r} is not a document id (letters, digits, `.`, `_` and `-`)")
    with Index(root) as index, Reader(root, index.unpacked) as reader:
        record = _record(schema, index, reader, doc_id)
    if record is None:
        raise CorpusError(f"{root / 'raw'} has no document {doc_id}")
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


def _record(schema: Schema, index: Index, reader: Reader, doc_id: str) -> Record | None:
    """Return the record of a document, None if the corpus does not have it."""
    entries = [entry for entry in index.entries(doc_id) if entry.kind == RECORD]
    if not entries:
        return None
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
