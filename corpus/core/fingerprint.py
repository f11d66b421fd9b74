"""What a finding is called from one run to the next: by what it is about, never by where that stands.

    annotations/gold/alpha.json:41:9  P310 at /mentions/7/spans/0   →   alpha · gold · P310 · m8 · /mentions/*/spans/*

Lines and indexes move when something is added above; ids do not. Findings that only an index tells
apart have one fingerprint, and who keeps fingerprints counts them.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import NamedTuple

from .model import Problem


class Fingerprint(NamedTuple):
    """What a finding is about. Sorts by document.

    `annotator` is "" for the article itself, `file` is "" unless the finding belongs to no document,
    `field` is the finding's JSON pointer with `*` for indexes; `record` says which record it is.
    """

    doc_id: str
    annotator: str
    code: str
    record: str
    field: str
    file: str

    @property
    def digest(self) -> str:
        """32 hexadecimal digits, for formats that want one string, such as SARIF's partialFingerprints."""
        return sha256(json.dumps(self).encode()).hexdigest()[:32]


def fingerprint(problem: Problem, within: bool = False) -> Fingerprint:
    """The fingerprint of a finding. With `within` it also tells places within a record apart: the spans of a field."""
    parts = problem.pointer.split("/")
    named = 3 if problem.record else 0
    keep = [within and i >= named for i in range(len(parts))]
    field = "/".join("*" if part.isdigit() and not kept else part for part, kept in zip(parts, keep, strict=True))
    file = "" if problem.doc_id else problem.file
    names = (problem.doc_id, annotator_of(problem.file), problem.code, problem.record, field, file)
    if all(name.isascii() for name in names):
        return Fingerprint(*names)
    return Fingerprint(*(name.encode("utf-8", "replace").decode() for name in names))


def annotator_of(file: str) -> str:
    """The annotator whose file it is, "" for none."""
    parts = file.split("/")
    return parts[1] if len(parts) > 2 and parts[0] == "annotations" else ""
