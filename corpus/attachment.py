"""A user's own copy of a withheld text → raw/attached/, when its hash is the recorded one."""

from __future__ import annotations

import hashlib
from pathlib import Path

from .checks.spans import explain_text
from .files import parse_json, replace_file
from .files.index import ATTACHED, DOC_ID
from .model import CorpusError
from .schema import Schema


def attach_text(root: Path, schema: Schema, doc_id: str, file: Path) -> Path:
    """Copy `file` to where the text of `doc_id` is looked for; the path, relative to the working folder.

    Raises CorpusError when there is no such withheld document, or when the text is not the very one
    that was annotated: the message says which change explains the difference, when one does.
    """
    if not DOC_ID.fullmatch(doc_id):
        raise CorpusError(f"{doc_id!r} is no document id")
    record, _ = parse_json(_read(root / "raw" / f"{doc_id}.json", f"there is no document {doc_id}"))
    if not schema.is_valid("record", record):
        raise CorpusError(f"raw/{doc_id}.json does not fit the schema; see `corpus validate raw/{doc_id}.json`")
    if record["redistribution"] == "full":
        raise CorpusError(f"the text of {doc_id} may be passed on: it belongs in raw/{doc_id}.txt")
    data = _read(file, f"there is no file {file}")
    if hashlib.sha256(data).hexdigest() != record["text_sha256"]:
        raise CorpusError(f"{file} is not the text of {doc_id}: {_difference(data, record)}")
    path = root / ATTACHED / f"{doc_id}.txt"
    with replace_file(path) as out:
        out.write(data)
    return path


def _read(path: Path, otherwise: str) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise CorpusError(f"{otherwise} ({path})") from None


def _difference(data: bytes, record: dict[str, object]) -> str:
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
        return f"it has {len(text):,} code points, {abs(by):,} {more} than the annotated text: the words were edited"
    return "it has as many code points as the annotated text, and not the same ones: the words were edited"
