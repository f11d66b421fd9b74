"""Invalid annotations are quarantined, each with its findings, for someone to review.

    quarantine/<doc_id>/<annotator>-<task>-<annotation>.json            the annotation, without names
    quarantine/<doc_id>/<annotator>-<task>-<annotation>.problems.json   its findings

Git ignores the folder. The next conversion removes what is no longer invalid.
"""

from __future__ import annotations

import itertools
import json
import os
import re
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from ..core.json_positions import join_pointer, position
from ..core.model import Problem, Severity, Source
from ..core.text import snippet
from ..files.index import DOC_ID
from .faults import AnnotationFault
from .pseudonyms import without_addresses
from .staging import Staging
from .submissions import Submission

_KEPT = (
    "id",
    "created_at",
    "updated_at",
    "lead_time",
    "was_cancelled",
    "ground_truth",
    "parent_prediction",
    "parent_annotation",
    "unique_id",
    "result",
)
"""The keys of an annotation that are kept. Others can hold names and e-mail addresses."""


class Quarantine:
    """The quarantine in `folder`, for the corpus at `root`. Nothing changes there until `files` is committed."""

    def __init__(self, files: Staging, folder: Path, root: Path) -> None:
        self._files, self._folder = files, folder
        self._shown = Path(os.path.relpath(folder, root)).as_posix()
        self._held: set[str] = set()
        self._before = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
        self.paths: list[str] = []
        """The quarantined files, relative to the corpus."""

    def hold(self, faults: Iterable[AnnotationFault], one: Submission) -> list[Problem]:
        """Quarantine a submission; return its Problems, each located in the file that now holds it."""
        task, annotation, doc_id, annotator = one.task, one.annotation, one.doc_id, one.annotator
        folder = doc_id if DOC_ID.fullmatch(doc_id) else "_unknown"
        name = self._free(f"{folder}/{annotator or 'nobody'}-{_safe(task.get('id'))}-{_safe(annotation.get('id'))}")
        kept = {key: annotation[key] for key in _KEPT if key in annotation}
        held = {"task": task.get("id"), "doc_id": doc_id, "annotator": annotator, "annotation": kept}
        data = (without_addresses(json.dumps(held, ensure_ascii=False, indent=1)) + "\n").encode("utf-8", "replace")
        source = Source(f"{self._shown}/{name}.json", "annotation", data)
        problems = [as_problem(fault, source, doc_id, one.text) for fault in faults]
        self._put(f"{name}.json", data)
        self._put(f"{name}.problems.json", (json.dumps([asdict(one) for one in problems], indent=1) + "\n").encode())
        self.paths.append(source.path)
        return problems

    def release(self, doc_id: str, task: object) -> None:
        """Remove what an earlier conversion quarantined of this task, and this one did not."""
        if doc_id not in self._before or not DOC_ID.fullmatch(doc_id):
            return
        for path in (self._folder / doc_id).iterdir():
            parts, name = path.name.rsplit("-", 2), f"{doc_id}/{path.name}"
            if len(parts) == 3 and parts[1] == _safe(task) and name not in self._held:
                self._files.remove(name)

    def _free(self, name: str) -> str:
        """The name, with a number when it is taken: annotations without an id would overwrite each other."""
        numbers = (f"{name}.{number}" for number in itertools.count(2))
        return next(one for one in itertools.chain([name], numbers) if f"{one}.json" not in self._held)

    def _put(self, name: str, data: bytes) -> None:
        self._held.add(name)
        self._files.put(name, data)


def as_problem(
    fault: AnnotationFault, source: Source, doc_id: str, text: str | None, severity: Severity = "error"
) -> Problem:
    """Return a fault of the annotation in `source` as a Problem."""
    pointer = "/annotation" if fault.index is None else join_pointer("annotation", "result", fault.index)
    line, column = position(source, pointer)
    shown = snippet(text, fault.start, fault.end) if text and fault.start is not None and fault.end else ""
    return Problem(
        code=fault.code,
        severity=severity,
        file=source.path,
        message=without_addresses(fault.message),
        pointer=pointer,
        line=line,
        column=column,
        doc_id=without_addresses(doc_id),
        record=without_addresses(fault.region),
        snippet=without_addresses(shown),
        suggestion=without_addresses(fault.suggestion),
    )


def _safe(part: object) -> str:
    return re.sub(r"[^A-Za-z0-9_]", "_", without_addresses(str(part)))[:40]
