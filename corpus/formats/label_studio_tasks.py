"""The tasks of Label Studio exports, of any generation, and the annotations that count among theirs.

    [{"id": 9, "data": {"text": "…"}, "annotations": [{"completed_by": 1, "result": […]}], "predictions": […]}]
    [{"id": 9, "data": {"text": "…"}, "completions": [{"created_at": 1609789589, "result": […]}]}]      before 1.0

A list is read one task at a time. JSON-MIN, CSV and TSV leave out ids, relations and cancellations, so they are
refused by name.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

from ..core.model import GOLD, CorpusError, Problem, Record
from ..core.regular_file import open_file
from ..labelstudio.export import read_export
from ..labelstudio.submissions import parse_time
from .documents import LeftOut, Options
from .known import Known
from .people import People
from .sources import files_below, json_source, not_read, problem

CHOOSE_JSON = "choose JSON in the export dialogue of Label Studio"
_MIN_KEYS = {"annotator", "annotation_id", "lead_time"}
"""Keys that JSON-MIN adds to the data of a task."""
_NOT_KNOWN = "the reader of Label Studio does not know this key"
_TASK_KEYS = Known(
    "values of task key",
    [
        "id",
        "data",
        "meta",
        "annotations",
        "completions",
        "predictions",
        "drafts",
        "created_at",
        "updated_at",
        "inner_id",
        "project",
        "file_upload",
        "updated_by",
        "is_labeled",
        "overlap",
        "total_annotations",
        "cancelled_annotations",
        "total_predictions",
        "comment_count",
        "unresolved_comment_count",
        "comment_authors",
        "last_comment_updated_at",
        "agreement",
        "precomputed_agreement",
        "allow_skip",
        "annotators",
        "reviewed",
        "reviewers",
        "unique_lock_id",
        "state",
        "avg_lead_time",
    ],
    _NOT_KNOWN,
)
_ANNOTATION_KEYS = Known(
    "values of annotation key",
    [
        "id",
        "completed_by",
        "created_username",
        "result",
        "was_cancelled",
        "skipped",
        "ground_truth",
        "honeypot",
        "created_at",
        "updated_at",
        "lead_time",
        "prediction",
        "parent_prediction",
        "parent_annotation",
        "draft_created_at",
        "unique_id",
        "result_count",
        "task",
        "project",
        "updated_by",
        "last_action",
        "last_created_by",
        "import_id",
        "created_ago",
        "model_version",
        "score",
        "cluster",
        "neighbors",
        "mislabeling",
        "bulk_created",
        "state",
        "model",
        "model_run",
    ],
    _NOT_KNOWN,
)
"""Keys that are known, here and in tasks: those that are read, and the server's own records of the work."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a map says about the annotations of tasks: `cancelled` and `predictions` are read only if it says so.

    `ground_truth` makes an annotation that is marked so the one of `gold`.
    """

    people: People
    cancelled: bool = False
    predictions: bool = False
    ground_truth: bool = True

    @classmethod
    def of(cls, options: Options, into: Path) -> Wanted:
        """Return what a map file says. Raises CorpusError if a value is invalid."""
        said = {}
        for key in ("cancelled", "predictions", "ground_truth"):
            if key in options.map:
                if not isinstance(options.map[key], bool):
                    raise CorpusError(f"map: {key} must be true or false")
                said[key] = options.map[key]
        return cls(People(options, into), **said)


@dataclass(frozen=True, slots=True)
class Submitted:
    """An annotation of a task: the name of its annotator, its result, and what messages call it."""

    annotator: str
    result: Any
    called: str


def read_tasks(source: Path, left: LeftOut) -> Iterator[tuple[str, int, Record | Problem]]:
    """Yield (file, number, task) for each task of the .json and .json.gz files at `source`, or a Problem instead.

    Raises CorpusError for a file that is not a complete JSON export, and names the exports that hold too little.
    """
    for path in files_below(source, (".json", ".json.gz", ".csv", ".tsv"), left, (".xml",)):
        shown = os.fsencode(path).decode("utf-8", "replace")
        if path.is_symlink() or not path.is_file():
            yield shown, 1, problem("IMP1", shown, "symlink" if path.is_symlink() else "unreadable")
            continue
        if path.suffix in (".csv", ".tsv"):
            raise CorpusError(f"{path} is a {path.suffix[1:].upper()} export, which has no relations: {CHOOSE_JSON}")
        with open_file(path) as file:
            first = file.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
        found: Iterable[Any]
        if first == b"{":
            one = json_source(path)
            yield from ((shown, 1, wrong) for wrong in not_read(one))
            found = [] if one.faults else [one.value]
        else:
            found = read_export(path)
        for number, task in enumerate(found, 1):
            yield shown, number, _checked(task, path)


def _checked(task: Any, path: Path) -> Record:
    """Return a task. Raises CorpusError for what is not one, with the export to choose instead."""
    if isinstance(task, dict) and isinstance(task.get("data"), dict):
        return task
    if isinstance(task, dict) and _MIN_KEYS & task.keys():
        raise CorpusError(f"{path} is a JSON-MIN export, which has no relations and no ids of regions: {CHOOSE_JSON}")
    raise CorpusError(f"{path} is not an export of Label Studio: it has an entry without `data`; {CHOOSE_JSON}")


def submitted(task: Record, wanted: Wanted, left: LeftOut) -> Iterator[Submitted | str]:
    """Yield the annotations of a task that count, the newest of each annotator, or what is wrong with one.

    Counts the others in `left`: cancelled ones, predictions, drafts and older ones.
    """
    newest: dict[str, tuple[tuple[datetime, int], Submitted]] = {}
    unnamed: list[Submitted] = []
    found = task.get("annotations", task.get("completions")) or []
    if not isinstance(found, list):
        yield "annotations is not a list"
        return
    for number, one in enumerate(found):
        if not isinstance(one, dict):
            yield f"annotations/{number} is not an object"
            continue
        _ANNOTATION_KEYS.drop_others(one, left)
        if (one.get("was_cancelled") or one.get("skipped")) and not wanted.cancelled:
            left["cancelled annotations", "cancelled = true in the map reads them"] += 1
            continue
        by = _annotator(one, wanted)
        made = Submitted(by or GOLD, one.get("result"), f"annotation {one.get('id', number)}")
        if not by:
            unnamed.append(made)
            continue
        changed = _changed(one), number
        if by in newest:
            left["older annotations", "the annotator has a newer one of the task"] += 1
        if by not in newest or newest[by][0] <= changed:
            newest[by] = changed, made
    yield from chain(unnamed, (made for _, made in newest.values()))
    yield from _predicted(task, wanted, left)


def _predicted(task: Record, wanted: Wanted, left: LeftOut) -> Iterator[Submitted | str]:
    """Yield the predictions of a task, if the map reads them, and count what else the task holds."""
    predictions = task.get("predictions") or []
    if not isinstance(predictions, list):
        yield "predictions is not a list"
        return
    if not wanted.predictions:
        left["predictions", "predictions = true in the map reads them"] += len(predictions)
        predictions = []
    for number, one in enumerate(predictions):
        if not isinstance(one, dict):
            yield f"predictions/{number} is not an object"
            continue
        version = one.get("model_version") or "model"
        called = f"prediction {one.get('id', number)}"
        yield Submitted(wanted.people.named(str(version)), one.get("result"), called)
    drafts = task.get("drafts")
    left["drafts", "they were not submitted"] += len(drafts) if isinstance(drafts, list) else 0
    _TASK_KEYS.drop_others(task, left)


def _annotator(one: Record, wanted: Wanted) -> str:
    """Return the name of the annotator of an annotation, "" if it names none."""
    if wanted.ground_truth and (one.get("ground_truth") is True or one.get("honeypot") is True):
        return GOLD
    person = one.get("completed_by")
    if person is None and isinstance(named := one.get("created_username"), str):
        # "kim@example.org, 7": the address and the id, in exports before 1.0.
        address, _, id_ = (part.strip() for part in named.rpartition(","))
        person = {"id": id_, "email": address} if address else id_
    return wanted.people.of(person)


def _changed(one: Record) -> datetime:
    for key in ("updated_at", "created_at"):
        written = one.get(key)
        if isinstance(written, (int, float)) and 0 <= written < 2**40:
            try:
                return datetime.fromtimestamp(written, UTC)
            except (ValueError, OverflowError, OSError):
                continue
        if (when := parse_time(written)) is not None:
            return when
    return datetime.min.replace(tzinfo=UTC)
