"""A project of a Label Studio server → annotation files.

    all of it    one snapshot, downloaded whole and hashed before anything is read from it
    --since T    the tasks changed after T, less an overlap, asked for page by page
    both         a sweep over the ids of all tasks, the one place where a deleted task shows
                 → convert, one annotation at a time → what the server no longer has is named

What arrives lies under `.label-studio/` until it was converted, so that a pull that broke off goes on.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from ..core.model import CorpusError
from ..core.schema import Schema
from ..files import replace_file
from .config import config_sha256, labelling_config
from .convert import TOOL, Origin, Result, convert_tasks
from .export import read_export
from .pseudonyms import Pseudonyms
from .push import task_doc_id
from .server import Project, Server, ServerError
from .snapshot import fetch_snapshot, forget_snapshot

STATE = ".label-studio"
"""The folder, ignored by git, of what is on its way and of what a later pull needs to know."""
OVERLAP = timedelta(minutes=1)
"""How much earlier than asked an incremental pull begins: a change may be stored after a later one."""

Progress = Callable[[int, str], object]
"""Is told that something more has come, and of what: bytes of a download, or tasks."""


@dataclass(frozen=True, slots=True)
class Gone:
    """An annotation file of this project that the server has nothing for any more, and what is gone there.

    `known` says that an earlier pull into this copy of the corpus wrote it: no other is ever removed.
    """

    path: str
    reason: str
    known: bool


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull did: `tasks` that came, what the converter made of them, and what the server no longer has."""

    project: Project
    tasks: int
    result: Result
    gone: tuple[Gone, ...]
    notes: tuple[str, ...]


def pull(
    server: Server,
    root: Path,
    schema: Schema,
    name: str,
    people: Pseudonyms,
    into: Path,
    quarantine: Path,
    since: str = "",
    prune: bool = False,
    progress: Progress = lambda amount, what: None,
) -> Pulled:
    """Bring the annotations of the project `name` to `into`, all or those changed since a time (ISO 8601, or "last").

    Either everything that came whole is converted, one annotation at a time, or nothing changes. With `prune`,
    files whose annotation is gone from the server are removed; else they are only named. Raises CorpusError.
    """
    project = server.find_project(name)
    if not project:
        raise CorpusError(f"{server.origin} has no project {name!r} that this token may see")
    folder = root / STATE / re.sub(r"[^A-Za-z0-9.-]+", "_", f"{server.origin}{project.id}")
    with _alone(folder):
        last = _state(folder)
        notes: list[str] = []
        if since:
            start = since_when(since, str(last.get("latest", ""))) - OVERLAP
            file, on_server, total = _changed(server, project, folder, start, progress)
        else:
            file, snapshot = fetch_snapshot(server, project, folder, progress)
            total, on_server = snapshot.tasks, _sweep(server, project)
        arrival = _Arrival(file, set(on_server), progress)
        found = arrival.count()
        if total not in (found, -1):
            raise CorpusError(f"the server counted {total} tasks and {found} came; nothing was taken; pull again")
        if project.config != labelling_config(schema):
            notes.append("the project's labelling config is not the one of this schema; `push` brings it up to date")
        origin = Origin(project.id, server.version, server.sdk_version, config_sha256(project.config))
        result = convert_tasks(arrival, root, schema, people, origin, into, quarantine)
        if arrival.missing:
            notes.append(f"{len(arrival.missing)} tasks were deleted while they were pulled; nothing was taken of them")
        if arrival.foreign:
            which = ", ".join(f"{annotation} of task {task}" for task, annotation in arrival.foreign[:20])
            more = f", and {len(arrival.foreign) - 20} more" if len(arrival.foreign) > 20 else ""
            notes.append(f"written last by another user than the one they stand for: annotation {which}{more}")
        gone = tuple(_gone(server, project, into, on_server, arrival.annotations, _known(last)))
        if prune:
            for one in gone:
                if one.known:
                    (into / one.path).unlink()
        _remember(folder, last, result, gone if prune else (), arrival.latest)
        if since:
            file.unlink()
        elif left := forget_snapshot(server, project, folder, snapshot):
            notes.append(left)
    return Pulled(project, found - len(arrival.missing), result, gone, tuple(notes))


def since_when(written: str, last: str) -> datetime:
    """The time that `--since` names: ISO 8601, UTC where no zone is given, or `last`. Raises CorpusError."""
    if written == "last" and not last:
        raise CorpusError("there was no pull of this project here yet: pull without --since first")
    try:
        when = datetime.fromisoformat(last if written == "last" else written)
    except ValueError:
        raise CorpusError(f"--since {written!r} is no time; write 2026-11-24T07:00:00Z, or `last`") from None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


class _Arrival:
    """The tasks on their way into the converter, and what is learnt of each as it passes."""

    def __init__(self, file: Path, on_server: set[int], progress: Progress):
        self._file, self._on_server, self._progress = file, on_server, progress
        self.annotations: dict[int, set[int]] = {}
        """The annotations of each task that came, those that were skipped left out."""
        self.missing: set[int] = set()
        """Tasks that came and were gone from the server by the time of the sweep."""
        self.foreign: list[tuple[int, int]] = []
        """Task and annotation, where another user than the one it is by wrote the annotation last."""
        self.latest = ""

    def count(self) -> int:
        """How many tasks there are. Reads all of the file once, so that nothing is taken from half of one."""
        return sum(1 for _ in read_export(self._file))

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for one in read_export(self._file):
            id_ = one.get("id")
            if not isinstance(id_, int) or id_ not in self._on_server:
                self.missing.add(id_ if isinstance(id_, int) else -1)
                continue
            live = [a for a in one.get("annotations") or () if not a.get("was_cancelled")]
            self.annotations[id_] = {a["id"] for a in live}
            self.foreign += [(id_, a["id"]) for a in live if a.get("updated_by") not in (None, a.get("completed_by"))]
            self.latest = max(self.latest, str(one.get("updated_at") or ""))
            self._progress(1, "tasks")
            yield one


def _sweep(server: Server, project: Project) -> dict[int, str]:
    """All tasks of the project, each with the document it is about."""
    return {int(one["id"]): task_doc_id(one) for one in server.tasks(project)}


def _changed(
    server: Server, project: Project, folder: Path, start: datetime, progress: Progress
) -> tuple[Path, dict[int, str], int]:
    """The tasks changed after `start` in a file, all tasks that there are now, and how many came.

    A document that two tasks are about comes with both, so that the newest annotation of it is chosen
    among all.
    """
    came: set[int] = set()
    path = folder / "changed.json.part"
    with replace_file(path) as out:

        def write(tasks: Iterator[dict[str, Any]]) -> None:
            for one in tasks:
                # The standard library writes what orjson does not: half of a surrogate pair.
                out.write((b",\n" if came else b"[") + json.dumps(one).encode())
                came.add(int(one["id"]))
                progress(1, "changed tasks")

        write(server.tasks(project, include="", since=start))
        on_server = _sweep(server, project)
        documents = {on_server.get(id_) for id_ in came} - {"", None}
        beside = [id_ for id_, doc_id in on_server.items() if doc_id in documents and id_ not in came]
        if beside:
            write(server.tasks(project, include="", ids=beside))
        out.write(b"]" if came else b"[]")
    return path, on_server, len(came)


def _gone(
    server: Server,
    project: Project,
    into: Path,
    on_server: dict[int, str],
    came: dict[int, set[int]],
    known: set[str],
) -> Iterator[Gone]:
    """The annotation files of this project whose task or annotation the server does not have."""
    asked: dict[int, bool] = {}
    for path in sorted(into.glob("[!.]*/*.json")):
        data = path.read_bytes()
        if TOOL.encode() not in data:
            continue
        try:
            provenance = orjson.loads(data)["provenance"]
        except (ValueError, KeyError, TypeError):
            continue
        if provenance.get("tool") != TOOL or provenance.get("project") != project.id:
            continue
        task, annotation, name = provenance.get("task"), provenance.get("annotation"), path.relative_to(into).as_posix()
        if task not in on_server:
            # Deleting moves the pages of a sweep that is under way: a task counts as gone when it is asked for.
            if task not in asked:
                asked[task] = server.has_task(task)
            if not asked[task]:
                yield Gone(name, f"task {task} is no longer on the server", name in known)
        elif task in came and annotation not in came[task]:
            yield Gone(name, f"annotation {annotation} of task {task} is no longer on the server", name in known)


def _state(folder: Path) -> dict[str, Any]:
    try:
        state = json.loads((folder / "last.json").read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


def _known(state: dict[str, Any]) -> set[str]:
    return {str(path) for path in state.get("files") or ()}


def _remember(folder: Path, last: dict[str, Any], result: Result, pruned: tuple[Gone, ...], latest: str) -> None:
    files = _known(last) | {*result.written, *result.unchanged}
    files -= {one.path for one in pruned if one.known}
    state = {"latest": max(latest, str(last.get("latest", ""))), "files": sorted(files)}
    with replace_file(folder / "last.json") as out:
        out.write(json.dumps(state, indent=1).encode() + b"\n")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep a second pull of the same project out while the first one runs."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        import fcntl
    except ImportError:  # Windows has no such lock
        yield
        return
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ServerError("another pull of this project is at work on this copy of the corpus") from None
        yield
