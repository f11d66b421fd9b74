"""Push the disagreements of two annotators to a project of a Label Studio server, for someone to adjudicate there.

annotations and worklists → documents with open items → tasks of those that the project does not ask yet
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

from ..agreement.adjudicate import Opened, check_names, open_document
from ..agreement.load import shared_documents
from ..core.model import GOLD, CorpusError, Record
from ..core.schema import Schema
from .adjudication import UNION, adjudication_config, adjudication_task, item_key, read_question
from .download import task_doc_id
from .push import configured, imported
from .server import Project, Server
from .shown import show_predictions


@dataclass(slots=True)
class Asked:
    """What a push of disagreements did.

    `conflicts` counts those of the new tasks. `present` are the documents whose conflicts the project asks already,
    `elsewhere` those with gold that no worklist made, `withheld` those without a text, and `failed` has a reason for
    each that Label Studio cannot represent. `settled` counts the documents without an open conflict.
    """

    project: Project | None = None
    config: str = ""
    tasks: int = 0
    conflicts: int = 0
    settled: int = 0
    present: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    withheld: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


def push_adjudication(
    server: Server,
    root: Path,
    schema: Schema,
    name: str,
    annotators: Sequence[str],
    doc_ids: Sequence[str] = (),
    progress: Callable[[int, int], object] = lambda done, total: None,
) -> Asked:
    """Import a task for each document with open conflicts into the project `name`, which is created if needed.

    Of three annotators or more, each document may have two. `doc_ids` restricts the documents. Raises CorpusError if
    the names are invalid, or if the project has other tasks.
    """
    pairs = list(combinations(annotators, 2))
    if not pairs:
        raise CorpusError(f"--adjudicate must name two annotators or more, not {', '.join(annotators) or 'none'}")
    for pair in pairs:
        check_names(root, pair, GOLD)
    project = server.find_project(name)
    there = _asked_there(server, project) if project else {}
    found = Asked()
    tasks: dict[str, Record | None] = {}
    for pair in pairs:
        for shared in shared_documents(root, schema, pair, Counter()):
            doc_id = shared.doc_id
            if doc_ids and doc_id not in doc_ids:
                continue
            if doc_id in tasks:
                raise CorpusError(f"more than two of {', '.join(annotators)} annotated {doc_id}: name two annotators")
            opened = open_document(root, schema, shared, list(pair), GOLD)
            tasks[doc_id] = _task(found, opened, schema, pair, there.get((doc_id, pair), set()))
    if unknown := sorted(set(doc_ids) - tasks.keys()):
        raise CorpusError(f"no two of {', '.join(annotators)} annotated {', '.join(unknown)}")
    made = [tasks[doc_id] for doc_id in sorted(tasks)]
    return _imported(server, project, name, schema, found, [one for one in made if one], progress)


def _imported(
    server: Server,
    project: Project | None,
    name: str,
    schema: Schema,
    found: Asked,
    tasks: Sequence[Record],
    progress: Callable[[int, int], object],
) -> Asked:
    if not tasks:
        return found
    found.project, found.config = configured(server, project, name, adjudication_config(schema))
    found.tasks, _ = imported(server, found.project, iter(tasks), lambda done: progress(done, len(tasks)))
    show_predictions(server, found.project, UNION)
    return found


def _task(found: Asked, opened: Opened, schema: Schema, annotators: tuple[str, str], there: set[str]) -> Record | None:
    doc_id = opened.shared.doc_id
    items = [item for item in opened.items if item.decision is None]
    if opened.is_elsewhere:
        found.elsewhere.append(doc_id)
    elif not items:
        found.settled += 1
    elif {item_key(item) for item in items} <= there:
        found.present.append(doc_id)
    elif opened.shared.text is None:
        found.withheld.append(doc_id)
    else:
        try:
            made = adjudication_task(opened, schema, annotators)
        except CorpusError as error:
            found.failed[doc_id] = str(error)
        else:
            found.conflicts += len(items)
            return made
    return None


def _asked_there(server: Server, project: Project) -> dict[tuple[str, tuple[str, str]], set[str]]:
    """Return the conflicts that a project asks, by document and annotators. Raises CorpusError for any other task."""
    found: dict[tuple[str, tuple[str, str]], set[str]] = {}
    for task in server.tasks(project):
        question = read_question(task)
        if question is None:
            raise CorpusError(f"the project {project.title!r} has tasks of annotators: name another one for conflicts")
        keys = found.setdefault((task_doc_id(task), question.annotators), set())
        keys.update(one.key for one in question.asked)
    return found
