"""Invalid annotations are quarantined, each with its findings, for someone to review.

    quarantine/<doc_id>/<annotator>-<task>-<annotation>.json            the annotation, without names
    quarantine/<doc_id>/<annotator>-<task>-<annotation>.problems.json   its findings

Git ignores the folder. The next conversion removes what is no longer invalid.
"""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from ..core.json_positions import join_pointer, position
from ..core.model import Problem, Record, Severity, Source
from ..core.text import snippet
from ..files.index import DOC_ID
from ..files.staging import Staging
from .faults import AnnotationFault
from .pseudonyms import without_addresses
from .submissions import Submission, number, parse_time

SEE = "see "
"""The word that introduces the page of a task."""
_NUMBERS = ("id", "lead_time", "parent_prediction", "parent_annotation")
_TIMES = ("created_at", "updated_at")
_SWITCHES = ("was_cancelled", "ground_truth")
"""The keys of an annotation that are kept, if they hold a number, a time, or true or false. Others can hold names, ids
of users and addresses."""
_OF_ITEM = (
    *("id", "from_name", "to_name", "type", "value", "origin", "parentID", "score"),
    *("from_id", "to_id", "direction", "labels"),
)
"""The keys of a result that are kept. `meta` has the region's notes, which can name people."""


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
        about = {"task": number(task.get("id")), "doc_id": doc_id, "annotator": annotator}
        held = {**about, "annotation": _kept(annotation)}
        data = (without_addresses(json.dumps(held, ensure_ascii=False, indent=1)) + "\n").encode("utf-8", "replace")
        source = Source(f"{self._shown}/{name}.json", "annotation", data)
        problems = [as_problem(fault, source, one, one.text) for fault in faults]
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


def _kept(annotation: Record) -> Record:
    """Return what quarantine keeps of an annotation."""
    kept = {
        key: annotation[key]
        for key in _NUMBERS
        if key in annotation and type(annotation[key]) in (int, float, type(None))
    }
    kept |= {key: value for key in _TIMES if parse_time(value := annotation.get(key))}
    kept |= {key: value for key in _SWITCHES if type(value := annotation.get(key)) is bool}
    result = annotation.get("result")
    if isinstance(result, list):
        kept["result"] = [
            {key: item[key] for key in _OF_ITEM if key in item} if isinstance(item, dict) else item for item in result
        ]
    return kept


def as_problem(
    fault: AnnotationFault, source: Source, one: Submission, text: str | None, severity: Severity = "error"
) -> Problem:
    """Return a fault of the annotation in `source` as a Problem, with the page of its task."""
    pointer = "/annotation" if fault.index is None else join_pointer("annotation", "result", fault.index)
    line, column = position(source, pointer)
    shown = snippet(text, fault.start, fault.end) if text and fault.start is not None and fault.end else ""
    parts = (without_addresses(fault.suggestion), one.page and f"{SEE}{one.page}")
    return Problem(
        code=fault.code,
        severity=severity,
        file=without_addresses(source.path),
        message=without_addresses(fault.message),
        pointer=pointer,
        line=line,
        column=column,
        doc_id=without_addresses(one.doc_id),
        record=without_addresses(fault.region),
        snippet=without_addresses(shown),
        suggestion="; ".join(part for part in parts if part),
    )


def _safe(part: object) -> str:
    """An id as a part of a file's name."""
    return str(number(part))
