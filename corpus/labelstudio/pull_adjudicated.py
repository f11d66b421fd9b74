"""Pull what an adjudicator decided in Label Studio into the worklists of `corpus adjudicate`, and write gold from them.

    tasks → newest submission of each → decode → decisions in adjudication/gold/<doc_id>.json → annotations/gold

The worklist is the one record of all decisions, wherever they were made. What was decided is never asked again: `push
--adjudicate` asks the open items only, and `corpus adjudicate` finds those of Label Studio decided.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import orjson

from ..agreement.adjudicate import Merged, check_names, merge, open_document
from ..agreement.load import SharedDocument, shared_documents
from ..agreement.worklist import write_worklist
from ..core.model import GOLD, CorpusError, Problem, Record, Source
from ..core.regular_file import refuse_links
from ..core.schema import Schema
from ..core.source_tokens import layers_to_annotate
from ..files.index import ANNOTATOR
from ..files.lock import editing
from ..files.staging import Staging
from .adjudication import Question, adjudication_config, read_answer, read_question
from .config import config_sha256
from .convert import Origin, build_annotation
from .decisions import Decided, Decisions
from .faults import AnnotationFault
from .pseudonyms import Pseudonyms
from .quarantine import Quarantine, as_problem
from .server import Project, Server
from .submissions import Submission, group_task, task_faults


@dataclass(slots=True)
class Adjudicated:
    """What a pull of decisions did: the outcome of each document, findings, and the quarantined files."""

    project: Project
    tasks: int = 0
    merged: list[Merged] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    quarantined: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    """The documents whose task no one has submitted."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """The newest submission of a task, and what the task asks."""

    one: Submission
    question: Question
    task: str
    """The task's name in a worklist."""


_Answers = dict[tuple[str, tuple[str, str]], list[_Answer]]
"""The submissions by document and pair of annotators."""


def pull_adjudicated(
    server: Server,
    root: Path,
    schema: Schema,
    name: str,
    people: Pseudonyms,
    quarantine: Path,
    progress: Callable[[int, str], object] = lambda amount, what: None,
    waiting: Callable[[str], object] = lambda message: None,
) -> Adjudicated:
    """Pull the decisions of the project `name`, and write gold for the documents that are decided. Raises CorpusError.

    Nothing of an invalid submission is taken: it is quarantined, as `pull` does.
    """
    project = server.find_project(name)
    if not project:
        raise CorpusError(f"the server has no project {name!r} that this token has access to")
    identity = people.server(server.origin)
    tasks = []
    for task in server.tasks(project, include=""):
        tasks.append(task)
        progress(1, "tasks")
    pairs = _pairs(tasks, name)
    found = Adjudicated(project, len(tasks))
    with editing(root, waiting):
        refuse_links(quarantine, root)
        # Someone may have another name by now: their conflicts are quarantined, and the others pulled.
        pairs = [pair for pair in pairs if all(_is_here(root, name) for name in pair)]
        for pair in pairs:
            check_names(root, pair, GOLD)
        people.begin(identity, (path.name for path in (root / "annotations").glob("*") if path.is_dir()))
        answers = _answers(found, tasks, people, f"{identity}/{project.id}")
        origin = Origin(
            project.id, server.version, config_sha256=config_sha256(adjudication_config(schema)), server=identity
        )
        with people.saved():  # before the worklists, which name them
            pass
        with Staging(quarantine) as held:
            aside = Quarantine(held, quarantine, root)
            for pair in pairs:
                for shared in shared_documents(root, schema, pair, Counter()):
                    of = answers.pop((shared.doc_id, pair), [])
                    found.merged += _document(root, schema, shared, pair, of, people, origin, aside, found)
            for (_, pair), left in answers.items():
                for answer in left:
                    detail = f"{' and '.join(pair)} have not both annotated it"
                    gone = [name for name in pair if not _is_here(root, name)]
                    hint = "run `corpus label-studio push --adjudicate` again with the new name" if gone else ""
                    fault = AnnotationFault("L102", detail, suggestion=hint)
                    found.problems += aside.hold([fault], answer.one)
            held.commit()
            found.quarantined = aside.paths
    return found


def _pairs(tasks: Sequence[Record], name: str) -> list[tuple[str, str]]:
    """Return the pairs of annotators whose conflicts the tasks ask. Raises CorpusError if a task asks none."""
    questions = [read_question(task) for task in tasks]
    if not questions or None in questions:
        has = "tasks that `push --adjudicate` did not make; pull it without --adjudicated" if questions else "no tasks"
        raise CorpusError(f"the project {name!r} has {has}")
    return sorted({question.annotators for question in questions if question})


def _is_here(root: Path, name: str) -> bool:
    """True unless an annotator of a valid name has no annotations in the corpus."""
    return not ANNOTATOR.fullmatch(name) or (root / "annotations" / name).is_dir()


def _answers(found: Adjudicated, tasks: Sequence[Record], people: Pseudonyms, place: str) -> _Answers:
    """Return the newest submission of each task by document and pair of annotators, the oldest first."""
    answers: _Answers = defaultdict(list)
    for task in tasks:
        question, group = read_question(task), group_task(task, people)
        submitted = sorted(group.newest, key=lambda one: one.changed)
        if not question or not submitted:
            found.waiting.append(group.doc_id)
            continue
        *others, newest = submitted
        for one in (*group.older, *others):
            detail = (
                f"the decisions of {one.annotator or 'nobody'} are dropped for the newer ones of {newest.annotator}"
            )
            found.problems.append(_warning(AnnotationFault("L107", detail), one))
        answers[group.doc_id, question.annotators].append(_Answer(newest, question, f"{place}/{task.get('id')}"))
    for several in answers.values():
        several.sort(key=lambda answer: answer.one.changed)
    return answers


def _document(
    root: Path,
    schema: Schema,
    shared: SharedDocument,
    annotators: tuple[str, str],
    answers: Sequence[_Answer],
    people: Pseudonyms,
    origin: Origin,
    aside: Quarantine,
    found: Adjudicated,
) -> list[Merged]:
    """Take over the decisions on a document, and return the outcome, none if no valid one arrived."""
    sound = []
    for answer in answers:
        made = _value(answer, shared, schema, people, origin)
        if isinstance(made, list):
            found.problems += aside.hold(made, answer.one)
        else:
            sound.append((answer, *made))
            aside.release(shared.doc_id, answer.one.task.get("id"))
    if not sound:
        return []
    opened = open_document(root, schema, shared, list(annotators), GOLD)
    if opened.is_elsewhere:
        return [Merged(shared.doc_id, 0, [], is_elsewhere=True, kept="it was not made here")]
    decisions = Decisions(opened, schema, {answer.task for answer, _, _ in sound})
    for answer, sides, value in sound:
        outcome = decisions.take(answer.question, sides, value, answer.one.annotator, answer.task)
        found.problems += [_warning(fault, answer.one) for fault in _outcome(outcome)]
    before = opened.before
    checksums = before.get("written_sha256"), before.get("replaced_sha256")
    write_worklist(opened.path, shared.doc_id, annotators, GOLD, list(decisions.ordered()), *checksums)
    return [merge(root, schema, shared, list(annotators), GOLD)]


def _value(
    answer: _Answer, shared: SharedDocument, schema: Schema, people: Pseudonyms, origin: Origin
) -> tuple[dict[str, str], Record] | list[AnnotationFault]:
    """Return which sides of each conflict are left, and the annotation; or its faults."""
    one, record = answer.one, shared.article.record
    if faults := list(task_faults(one.task, record, schema, adjudication=True)):
        return faults
    result = one.annotation.get("result")
    if not isinstance(result, list):
        return [AnnotationFault("L106")]
    answered = read_answer(result, answer.question, schema)
    made = build_annotation(
        replace(one, annotation={**one.annotation, "result": answered.result}), record, schema, origin, people.hosts
    )
    if isinstance(made, list):
        return made
    value: Record = orjson.loads(made)
    both = {name for name in layers_to_annotate(schema) if len(shared.done(name)) == len(answer.question.annotators)}
    if missing := sorted(both - set(value["layers_done"])):
        hint = "tick the layers, and update the annotation"
        return [AnnotationFault("L117", f"not ticked, and without a record: {', '.join(missing)}", suggestion=hint)]
    return dict(answered.sides), value


def _outcome(outcome: Decided) -> list[AnnotationFault]:
    faults = []
    if outcome.contradicted:
        detail = f"{outcome.contradicted} were decided otherwise in the worklist, which is kept"
        faults.append(AnnotationFault("L117", detail))
    if outcome.changed:
        hint = "run `corpus label-studio push --adjudicate` again: it asks what is open"
        detail = f"{outcome.changed} of its records were changed by an annotator or a later decision"
        faults.append(AnnotationFault("L117", detail, suggestion=hint))
    if outcome.dropped:
        detail = f"records of {', '.join(sorted(outcome.dropped))} are dropped: one annotator only annotated that"
        faults.append(AnnotationFault("L117", detail))
    return faults


def _warning(fault: AnnotationFault, one: Submission) -> Problem:
    source = Source(f"adjudication/{GOLD}/{one.doc_id}.json", "annotation")
    return as_problem(fault, source, one, None, "warning")
