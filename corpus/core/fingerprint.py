"""Identify a finding from one run to the next, by its subject and not by its location.

    annotations/gold/alpha.json:41:9  P310 at /mentions/7/spans/0   →   alpha · gold · P310 · m8 · /mentions/*/spans/*

Lines and indexes change when something is added above; ids do not. Findings that differ in an index
only share a fingerprint, so a baseline counts them.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import NamedTuple

from .model import Problem


class Fingerprint(NamedTuple):
    """The identity of a finding. Fingerprints sort by document.

    `annotator` is "" for the article itself, `file` is "" unless the finding belongs to no document,
    `record` is the id of the record, and `field` is the JSON pointer with `*` for indexes.
    """

    doc_id: str
    annotator: str
    code: str
    record: str
    field: str
    file: str

    @property
    def digest(self) -> str:
        """A hash, 32 hexadecimal digits, for formats that need one string, such as SARIF's partialFingerprints."""
        return sha256(json.dumps(self).encode()).hexdigest()[:32]


def fingerprint(problem: Problem, within: bool = False) -> Fingerprint:
    """Return the fingerprint of a finding. With `within`, indexes within a record are kept: the spans of a field."""
    parts = problem.pointer.split("/")
    named = 3 if problem.record else 0
    keep = [within and i >= named for i in range(len(parts))]
    field = "/".join("*" if part.isdigit() and not kept else part for part, kept in zip(parts, keep, strict=True))
    file = "" if problem.doc_id else problem.file
    names = (problem.doc_id, annotator_of(problem.file), problem.code, problem.record, field, file)
    # A name of a file may hold lone surrogates, which could not be written to the baseline.
    if all(name.isascii() for name in names):
        return Fingerprint(*names)
    return Fingerprint(*(name.encode("utf-8", "replace").decode() for name in names))


def annotator_of(file: str) -> str:
    """Return the annotator that a file belongs to, "" if it belongs to none."""
    parts = file.split("/")
    return parts[1] if len(parts) > 2 and parts[0] == "annotations" else ""
