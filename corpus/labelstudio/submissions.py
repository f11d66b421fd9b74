"""A task of an export → its submissions: one annotation by one annotator of one document.

Predictions, drafts and skipped annotations are not submissions: no annotator submitted them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..core.model import CorpusError, Record
from ..core.schema import Schema
from ..files.index import DOC_ID
from .faults import AnnotationFault
from .pseudonyms import Pseudonyms, without_addresses

ADJUDICATION = "adjudication"
"""The key in `meta` of a task that asks someone to adjudicate: it holds two annotations at once."""
_VERSION = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9}){0,3}")


@dataclass(frozen=True, slots=True)
class Submission:
    """One annotation of a task. `annotator` is a pseudonym, "" when the annotation names no annotator."""

    task: Record
    annotation: Record
    annotator: str
    doc_id: str
    text: str

    @property
    def fields_done(self) -> dict[str, list[str]]:
        """The fields to annotate, by layer: those of a layer that is not named are all to be annotated."""
        return self.task["data"].get("fields_done") or {}

    @property
    def file(self) -> str:
        """The file it goes to, relative to the folder of annotations."""
        return f"{self.annotator}/{self.doc_id}.json"

    @property
    def page(self) -> str:
        """The page of its task, below the address of the server, "" if its project is unknown."""
        projects = (number(one.get("project")) for one in (self.task, self.annotation))
        project, task = next((one for one in projects if one is not None), None), number(self.task.get("id"))
        return f"/projects/{project}/data?task={task}" if project is not None and task is not None else ""

    def named(self) -> Submission:
        """Return it without its content, which takes memory: what names it, and when it was changed."""
        task = {key: self.task.get(key) for key in ("id", "project")}
        annotation = {key: self.annotation.get(key) for key in ("id", "project", "updated_at", "created_at")}
        return Submission(task, annotation, self.annotator, self.doc_id, "")

    @property
    def changed(self) -> tuple[datetime, int]:
        """When it was last changed, and its id, so that of two changed at once the later one made is newer."""
        id_ = self.annotation.get("id")
        return _changed(self.annotation), id_ if isinstance(id_, int) else 0


@dataclass(frozen=True, slots=True)
class Group:
    """The submissions of one task: the newest of each annotator, and the older ones that these replace."""

    doc_id: str
    newest: tuple[Submission, ...]
    older: tuple[Submission, ...]


def group_task(task: Record, people: Pseudonyms) -> Group:
    """Group the submissions of a task by annotator. A task without data or annotations has one empty submission."""
    data, annotations = task.get("data"), task.get("annotations")
    if not isinstance(data, dict) or not isinstance(annotations, list):
        return Group("", (Submission(task, {}, "", "", ""),), ())
    doc_id, text = data.get("doc_id"), data.get("text")
    if not isinstance(doc_id, str) or not isinstance(text, str):
        doc_id, text = str(doc_id), ""
    by_annotator: dict[str, list[Submission]] = {}
    for one in annotations:
        if isinstance(one, dict) and not one.get("was_cancelled"):
            annotator = people.of(one.get("completed_by"))
            by_annotator.setdefault(annotator, []).append(Submission(task, one, annotator, doc_id, text))
    newest: list[Submission] = []
    older: list[Submission] = []
    for annotator, several in by_annotator.items():
        if len(several) > 1:
            several.sort(key=lambda one: one.changed)
        # Without a name it is unknown whether one annotation replaces another: each is quarantined.
        newest += several[-1:] if annotator else several
        older += several[:-1] if annotator else []
    return Group(doc_id, tuple(newest), tuple(older))


def task_faults(
    task: Record, record: Record | None, schema: Schema, adjudication: bool = False
) -> Iterator[AnnotationFault]:
    """Yield why no annotation of a task can be taken. `record` is that of its article, None if there is none.

    Only with `adjudication` may the task be one of adjudication.

    Offsets count in one exact text: they would point at other words if a character of the text were another.
    """
    data, meta = task.get("data"), task.get("meta")
    if not isinstance(data, dict) or not isinstance(task.get("annotations"), list):
        yield AnnotationFault("L101", "it has no data or no annotations")
        return
    ids = [data, meta] if isinstance(meta, dict) else [data]
    doc_id, text = data.get("doc_id"), data.get("text")
    if not isinstance(doc_id, str) or not DOC_ID.fullmatch(doc_id) or not isinstance(text, str):
        hint = "create the tasks with `corpus label-studio push`"
        yield AnnotationFault("L101", "its data have no valid doc_id or no text", suggestion=hint)
    elif record is None:
        yield AnnotationFault("L102", f"raw/ has no article {doc_id}")
    elif any(one.get("doc_id", doc_id) != doc_id for one in ids):
        yield AnnotationFault("L101", "its data and its meta name two different documents")
    # A lone surrogate has no UTF-8 bytes; passing it through gives a hash that no record has.
    elif hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() != record.get("text_sha256"):
        yield AnnotationFault("L103", "its checksum differs from text_sha256 in the article's record")
    elif any(one.get("text_sha256", record["text_sha256"]) != record["text_sha256"] for one in ids):
        yield AnnotationFault("L103", "the task's text_sha256 differs from that of the article's record")
    elif any(one.get("schema_version", schema.version) not in schema.versions for one in ids):
        written = {str(one["schema_version"]) for one in ids if "schema_version" in one}
        versions = ", ".join(sorted(one if _VERSION.fullmatch(one) else "another" for one in written))
        yield AnnotationFault("L104", f"the task has {versions}, the corpus has {' and '.join(schema.versions)}")
    elif not adjudication and any(ADJUDICATION in one for one in ids):
        yield AnnotationFault("L116", suggestion="import it with `corpus label-studio pull --adjudicated`")
    else:
        yield from _fields_faults(ids, schema)


def _fields_faults(ids: list[Record], schema: Schema) -> Iterator[AnnotationFault]:
    """Yield why the fields to annotate cannot be taken from a task."""
    said = [one["fields_done"] for one in ids if "fields_done" in one]
    if any(one != said[0] for one in said):
        yield AnnotationFault("L114", "its data and its meta name different fields")
    elif said and not fields_fit(said[0], schema):
        hint = 'write it as in annotations: {"quotes": ["content", "speaker"]}'
        yield AnnotationFault("L114", without_addresses(json.dumps(said[0]))[:100], suggestion=hint)


def fields_fit(fields_done: Any, schema: Schema) -> bool:
    """Return whether `fields_done` names fields of layers of the schema."""
    if not isinstance(fields_done, dict) or not schema.has_fields_done:
        return False
    for layer, names in fields_done.items():
        known = [one.name for one in schema.layers[layer].fields] if layer in schema.layers else []
        if not isinstance(names, list) or not known or not all(name in known for name in names):
            return False
    return True


def refuse_adjudication(task: Record, title: str, what: str) -> None:
    """Raise CorpusError if a task of the project `title` is one of adjudication. `what` says what to do instead."""
    if ADJUDICATION in (task.get("meta") or {}):
        raise CorpusError(f"the project {title!r} is one of adjudication; {what}")


def number(value: object) -> int | None:
    """Return an id or number of Label Studio, None for anything else: a word in its place could name someone."""
    return value if type(value) is int else None


def _changed(annotation: dict[str, Any]) -> datetime:
    known = (parse_time(annotation.get(key)) for key in ("updated_at", "created_at"))
    return next((when for when in known if when), datetime.min.replace(tzinfo=UTC))


def parse_time(written: object) -> datetime | None:
    """Return a time in UTC, None if it is not a time."""
    try:
        when = datetime.fromisoformat(written) if isinstance(written, str) else None
        # A time without a zone is taken as UTC, in which the server writes: else it could not be compared.
        return when and (when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None
