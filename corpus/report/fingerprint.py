"""What a finding is about, as a short hash that stays the same when lines move."""

from __future__ import annotations

from hashlib import sha256

from ..model import Problem
from ..places import split_pointer


def fingerprint(problem: Problem, within: bool = False) -> str:
    """A hash, 32 hexadecimal digits, of code, document, annotator, record id and field.

    No line, no column and no index of a record goes into it, so it outlives reformatting, other
    records that come or go, and a document that moves into a bulk file. A file of no document counts
    by its path. With `within` it also tells the places within a record apart: the spans of a field.
    """
    parts = split_pointer(problem.pointer)
    folders = problem.file.split("/")
    annotator = folders[1] if folders[0] == "annotations" and len(folders) > 2 else ""
    inner = parts[2:] if problem.record else parts[1:]
    field = [part for part in (parts[:1] + inner) if within or not part.isdigit()]
    named = [problem.code, problem.doc_id or problem.file, annotator, problem.record, *field]
    written = "".join(f"{len(part)}:{part}" for part in named)
    return sha256(written.encode("utf-8", "surrogatepass")).hexdigest()[:32]
