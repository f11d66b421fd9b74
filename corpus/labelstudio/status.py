"""Report what is done in a project of a Label Studio server, by annotator and document.

    list of tasks (no text, no results)  →  tasks that someone touched  →  decode as pull does  →  states, agreement

Nothing is written but the pseudonyms of new people, so that the next pull gives them the same ones. People annotate
meanwhile: tasks that no one touched are listed and not downloaded, and the others come page by page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from typing import Any

import orjson

from ..agreement.running import Figure, RunningAgreement
from ..core.model import CorpusError, Record
from ..core.schema import Schema
from ..files import Index, Reader
from ..files.index import DOC_ID, RECORD
from .adjudication import Question, read_answer, read_question
from .convert import Origin, build_annotation
from .download import task_doc_id
from .pseudonyms import Pseudonyms
from .server import Project, Server
from .submissions import Submission, group_task, task_faults
from .team import assigned_to, overlap_of
from .touched import Listed, drafts_of, list_tasks

DONE, DRAFT, SKIPPED, QUARANTINED = STATES = ("done", "draft", "skipped", "quarantined")

Progress = Callable[[int, str], object]
"""Called with the number of new items and their kind."""


@dataclass(frozen=True, slots=True)
class Work:
    """What an annotator did on a document. `lead_time` is in seconds; `codes` say why an annotation is quarantined."""

    annotator: str
    state: str
    lead_time: float = 0.0
    updated: str = ""
    codes: tuple[str, ...] = ()


@dataclass(slots=True)
class DocumentStatus:
    """A document of the project. `assigned` names its annotators, none if it is for everyone."""

    doc_id: str
    task: int
    assigned: tuple[str, ...]
    overlap: int
    work: list[Work] = field(default_factory=list)

    @property
    def left(self) -> int:
        """Return how many annotations the document still needs."""
        done = {one.annotator for one in self.work if one.state == DONE}
        return len(set(self.assigned) - done) if self.assigned else max(0, self.overlap - len(done))

    def of(self, annotator: str) -> Work | None:
        """Return the work of an annotator, None if there is none."""
        return next((one for one in self.work if one.annotator == annotator), None)

    def waits_for(self, annotator: str) -> bool:
        """Return True if the document is assigned to an annotator who has not done it."""
        work = self.of(annotator)
        return annotator in self.assigned and not (work and work.state == DONE)


@dataclass(frozen=True, slots=True)
class Status:
    """The state of a project. `agreement` has a figure for each layer and pair of annotators."""

    project: Project
    overlap: int
    documents: list[DocumentStatus]
    agreement: list[Figure]
    compared: int
    """The number of documents that two annotators have done."""

    @property
    def annotators(self) -> list[str]:
        """Return everyone who worked or to whom a document is assigned, sorted."""
        names = {work.annotator for one in self.documents for work in one.work}
        return sorted(names.union(*(one.assigned for one in self.documents)))


def status(
    server: Server,
    root: Path,
    schema: Schema,
    name: str,
    people: Pseudonyms,
    progress: Progress = lambda amount, what: None,
) -> Status:
    """Return the state of the project `name`. Raises CorpusError if the server has no such project."""
    project = server.find_project(name)
    if not project:
        raise CorpusError(f"the server has no project {name!r} that this token has access to")
    identity = people.server(server.origin)
    people.begin(identity, (path.name for path in (root / "annotations").glob("*") if path.is_dir()))
    overlap = overlap_of(server, project)
    listed: dict[int, Listed] = {}
    for one in list_tasks(server, project):
        listed[one.id] = one
        progress(1, "tasks of the server")
    touched = [one.id for one in listed.values() if one.has_annotations]
    documents = {id_: _listed(server, one, overlap, people) for id_, one in listed.items()}
    running = RunningAgreement(schema)
    with Index(root) as index, Reader(root, index.unpacked) as reader:
        origin = Origin(project.id, server.version, server=identity)
        for task in server.tasks(project, include="", ids=touched) if touched else ():
            if task["id"] not in documents:
                continue  # it was created meanwhile
            done = _judge(task, documents[task["id"]], _record(index, reader, task), schema, people, origin)
            for first, second in combinations(sorted(done), 2):
                running.add(f"{first}, {second}", done[first], done[second])
            running.documents += len(done) > 1
            progress(1, "tasks")
    with people.saved():
        pass
    shown = sorted(documents.values(), key=lambda one: (one.doc_id, one.task))
    return Status(project, overlap, shown, running.figures(), running.documents)


def _listed(server: Server, one: Listed, overlap: int, people: Pseudonyms) -> DocumentStatus:
    """Return a document with its drafts."""
    found = DocumentStatus(task_doc_id(one.task), one.id, assigned_to(one.task), overlap)
    if one.has_drafts:
        for draft in drafts_of(server, one.id):
            found.work.append(Work(people.of(draft.user) or "?", DRAFT, draft.lead_time, draft.updated))
    return found


def _record(index: Index, reader: Reader, task: Record) -> Record | None:
    doc_id = task_doc_id(task)
    entries = [one for one in index.entries(doc_id) if one.kind == RECORD] if DOC_ID.fullmatch(doc_id) else []
    documents = reader.documents(entries) if entries else []
    return documents[0].article.record if documents else None


def _judge(
    task: Record, found: DocumentStatus, record: Record | None, schema: Schema, people: Pseudonyms, origin: Origin
) -> Mapping[str, Record]:
    """Add the submissions of a task to its document; return the sound annotations by annotator."""
    sound: dict[str, Record] = {}
    question = read_question(task)
    whole = [fault.code for fault in task_faults(task, record, schema, adjudication=question is not None)]
    drafts = {one.annotator: one for one in found.work}
    for one in group_task(task, people).newest:
        answer = _answered(one, question, schema) if question else one
        made = build_annotation(answer, record or {}, schema, origin, people.hosts) if not whole else []
        codes = whole or ([] if isinstance(made, bytes) else [fault.code for fault in made])
        if isinstance(made, bytes) and not question:
            sound[one.annotator] = orjson.loads(made)
        drafts.pop(one.annotator, None)
        found.work.append(_work(one, QUARANTINED if codes else DONE, codes))
    submitted = {one.annotator for one in found.work if one.state != DRAFT}
    found.work = [one for one in found.work if one.state != DRAFT or one.annotator in drafts]
    found.work += [
        one for one in _skipped(task, people) if one.annotator not in submitted and one.annotator not in drafts
    ]
    found.work.sort(key=lambda one: one.annotator)
    return sound


def _answered(one: Submission, question: Question, schema: Schema) -> Submission:
    """Return the submission of an adjudicator, with one region for each record."""
    result = one.annotation.get("result")
    if not isinstance(result, list):
        return one
    return replace(one, annotation={**one.annotation, "result": read_answer(result, question, schema).result})


def _work(one: Submission, state: str, codes: Iterable[str]) -> Work:
    annotation = one.annotation
    return Work(
        one.annotator or "?",
        state,
        _seconds(annotation.get("lead_time")),
        str(annotation.get("updated_at") or ""),
        tuple(sorted(set(codes))),
    )


def _skipped(task: Record, people: Pseudonyms) -> Iterator[Work]:
    """Yield one skip for each annotator who skipped the task."""
    seen: set[str] = set()
    for one in task.get("annotations") or ():
        if isinstance(one, dict) and one.get("was_cancelled"):
            name = people.of(one.get("completed_by")) or "?"
            if name not in seen:
                seen.add(name)
                yield Work(name, SKIPPED, _seconds(one.get("lead_time")), str(one.get("updated_at") or ""))


def _seconds(lead_time: Any) -> float:
    return float(lead_time) if isinstance(lead_time, (int, float)) and lead_time > 0 else 0.0


def counts(status: Status, annotator: str) -> Counter[str]:
    """Return how many documents of an annotator have each state, and how many are `left` for them."""
    found = Counter(work.state for one in status.documents for work in one.work if work.annotator == annotator)
    found["left"] = sum(one.waits_for(annotator) for one in status.documents)
    return found
