"""Submission files: predictions with a first line that names the system, and the release and split they are of.

    {"submission": {"system": "…", "version": "1.0.0", "content_sha256": "…", "split": "test", "lines": 12}}
    {"doc_id": …}                                    then the annotations or rows, sorted by doc_id

A submission is scored only against the release of that content hash, on that split, and if no line is lost: it may be
wrong, but not by accident of another version, half an upload, or a shuffled order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from ..core.model import CorpusError, Record
from ..files import open_output

KEY = "submission"
"""The key of the first line."""


@dataclass(frozen=True, slots=True)
class Submission:
    """The first line of a submission file; `lines` counts those that follow."""

    system: str
    version: str
    content_sha256: str
    split: str
    lines: int


def parse_submission(value: Record, lines: int, where: str) -> Submission:
    """Return what a first line says. Raises CorpusError if it is malformed, or if another number of lines follows."""
    said = value[KEY]
    kinds = {"system": str, "version": str, "content_sha256": str, "split": str, "lines": int}
    if not isinstance(said, dict) or {name: type(one) for name, one in said.items()} != kinds:
        raise CorpusError(f"{where}: a submission names {', '.join(kinds)}; `corpus score --submission` writes one")
    found = Submission(**said)
    if found.lines != lines:
        raise CorpusError(f"{where} has {lines:,} predictions, but its first line promises {found.lines:,}")
    return found


def write_submission(path: Path, head: Submission, by_document: Mapping[str, Sequence[Record]]) -> None:
    """Write a submission file; an existing one is replaced in one step."""
    with open_output(path) as file:
        file.write(orjson.dumps({KEY: asdict(head)}) + b"\n")
        for doc_id in sorted(by_document):
            for value in by_document[doc_id]:
                file.write(orjson.dumps(value) + b"\n")
