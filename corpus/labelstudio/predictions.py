"""Push the predictions of a model, annotations in this project's format, to the tasks of a project.

DIR/<doc_id>.json → checked like annotations → task that exists: its prediction of this version added or replaced
                                             → no task: a new one with the prediction
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.model import Annotation, CorpusError, Record, Source
from ..core.regular_file import read_file
from ..core.schema import Schema
from ..files import Index, Reader, parse_json
from .config import labelling_config
from .config_purpose import purpose_of
from .download import task_doc_id
from .push import check_annotation, choose, configured, imported, read_pushed, ready_to_push
from .server import Project, Server
from .shown import show_predictions
from .submissions import refuse_adjudication
from .tasks import task

_LONGEST = 100


@dataclass(slots=True)
class Predicted:
    """What a push of predictions did. `added`, `replaced` and `unchanged` count predictions of existing tasks."""

    project: Project
    config: str
    version: str
    tasks: int = 0
    """Number of new tasks."""
    added: int = 0
    replaced: int = 0
    unchanged: int = 0
    twins: int = 0
    """Number of twins that got no task, because they were not named."""


def push_predictions(
    server: Server,
    root: Path,
    schema: Schema,
    name: str,
    folder: Path,
    version: str = "",
    doc_ids: Sequence[str] = (),
    progress: Callable[[int], object] = lambda done: None,
) -> Predicted:
    """Give the tasks of the project `name` the predictions in `folder`, all or those of `doc_ids`.

    A twin that is not named gets no new task. `version` names the predictions; without it, the annotator of the files
    does. The same prediction is not sent twice. Raises CorpusError, before the first request that changes the server,
    if a prediction does not fit its article.
    """
    found = _read_all(folder, doc_ids)
    version = version or _annotator(found, folder)
    if not version.strip() or not version.isprintable() or len(version) > _LONGEST:
        raise CorpusError(
            f"--model-version {version[:_LONGEST]!r} is not a name of 1 to {_LONGEST} printable characters"
        )
    project = server.find_project(name)
    of = purpose_of(project.config if project else "")
    tasks: dict[str, Record] = {}
    twins: set[str] = set()
    with Index(root) as index, Reader(root, index.unpacked) as reader:
        ready, *_ = ready_to_push(index, reader, schema, choose(index, list(found)), "", named=True)
        for doc_id in ready:
            article, _ = read_pushed(index, reader, doc_id, "")
            if article.record.get("twin_of") and doc_id not in doc_ids:
                twins.add(doc_id)
            check_annotation(article, found[doc_id], schema)
            made = found[doc_id]
            tasks[doc_id] = task(article, schema, [Annotation(version, made.value, made.source)], of)
    there: dict[str, list[Record]] = {}
    for one in server.tasks(project) if project else ():
        refuse_adjudication(one, name, "name another for predictions")
        there.setdefault(task_doc_id(one), []).append(one)
    _check_fields(tasks, there)
    project, how = configured(server, project, name, labelling_config(schema, of))
    did = Predicted(project, how, version)
    for doc_id, made_task in tasks.items():
        for one in there.get(doc_id, ()):
            _give(server, did, int(one["id"]), made_task["predictions"][0]["result"])
            progress(1)
    new = [one for doc_id, one in tasks.items() if doc_id not in there and doc_id not in twins]
    did.twins = len(twins - there.keys())
    did.tasks, _ = imported(server, project, iter(new), progress)
    show_predictions(server, project, version)
    return did


def _read_all(folder: Path, doc_ids: Sequence[str]) -> dict[str, Annotation]:
    """Return the predictions by document. Raises CorpusError for a file that is not an annotation of its document."""
    if not folder.is_dir():
        raise CorpusError(f"{folder} is not a directory")
    names = sorted(path.name for path in folder.glob("*.json"))
    chosen = [f"{doc_id}.json" for doc_id in doc_ids] or names
    missing = sorted(set(chosen) - set(names))
    if missing or not chosen:
        raise CorpusError(f"{folder} has no {missing[0] if missing else 'file <doc_id>.json'}")
    found: dict[str, Annotation] = {}
    for name in chosen:
        data = read_file(folder / name, folder)
        value, faults = parse_json(data)
        doc_id = name.removesuffix(".json")
        if faults or not isinstance(value, dict) or value.get("doc_id") != doc_id:
            where = f":{faults[0].line}" if faults else ""
            raise CorpusError(f"{folder / name}{where}: not an annotation of {doc_id}; nothing was pushed")
        source = Source(str(folder / name), "annotation", data, value=value)
        found[doc_id] = Annotation(str(value.get("annotator", "")), value, source)
    return found


def _annotator(found: dict[str, Annotation], folder: Path) -> str:
    names = sorted({one.annotator for one in found.values()})
    if len(names) > 1:
        raise CorpusError(f"{folder} has predictions of {', '.join(names)}; name them with --model-version")
    return names[0]


def _check_fields(tasks: dict[str, Record], there: dict[str, list[Record]]) -> None:
    """Raise CorpusError if a task asks for other fields than its prediction has: it would be quarantined later."""
    for doc_id, made in tasks.items():
        wanted = made["meta"].get("fields_done")
        for one in there.get(doc_id, ()):
            if wanted and (one.get("meta") or {}).get("fields_done") != wanted:
                raise CorpusError(f"the prediction of {doc_id} has other fields_done than task {one['id']}")


def _give(server: Server, did: Predicted, task_id: int, result: Any) -> None:
    """Give a task its prediction of this version, unless it has the same one."""
    there = server.get("its predictions", "api/predictions/", _listed, task=task_id)
    old = [id_ for id_, version, _ in there if version == did.version]
    same = [id_ for id_, version, held in there if version == did.version and held == result]
    if not same:
        body = {"task": task_id, "result": result, "model_version": did.version}
        server.send(f"the prediction of task {task_id} was not added", "POST", "api/predictions/", body)
    # The new one comes first: after a failure the task has two, and the next run deletes the older.
    for id_ in old:
        if id_ not in same[:1]:
            what = f"an older prediction of task {task_id} was not deleted"
            server.send(what, "DELETE", f"api/predictions/{id_}/")
    if same:
        did.unchanged += 1
    else:
        did.added, did.replaced = did.added + (not old), did.replaced + bool(old)


def _listed(answer: list[dict[str, Any]]) -> list[tuple[int, str, Any]]:
    return [(int(one["id"]), str(one.get("model_version") or ""), one.get("result")) for one in answer]
