"""Pull the annotations of a project of a Label Studio server into annotation files.

    find the project → download → count → convert → find what is gone → prune → remember

A full pull downloads one snapshot, and verifies it before reading it. `--since` requests the tasks changed after
a time, page by page. Both then list the ids of all tasks, because only there a deleted task shows.

The download stays under `.label-studio/` until it is converted, so that an interrupted pull can resume.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from ..core.model import CorpusError
from ..core.schema import Schema
from ..files import replace_file
from ..files.lock import editing
from .config import config_sha256, labelling_config
from .convert import Origin, Result, convert_tasks
from .export import read_export
from .ownership import CHECKSUM, TOOL, read_owned
from .pseudonyms import Pseudonyms
from .push import task_doc_id
from .server import Project, Server, ServerError
from .snapshot import fetch_snapshot, forget_snapshot

STATE = ".label-studio"
"""The folder, ignored by git, of unfinished downloads and of the state that the next pull needs."""
OVERLAP = timedelta(minutes=1)
"""How much earlier than asked an incremental pull begins: the server may store a change after a later one."""

Progress = Callable[[int, str], object]
"""Called with the number of new items and their kind: bytes of a download, or tasks."""


@dataclass(frozen=True, slots=True)
class Gone:
    """An annotation file whose task or annotation the server no longer has.

    `known` is true if an earlier pull into this copy of the corpus wrote the file, and no one edited it since: no
    other file is ever removed.
    """

    path: str
    reason: str
    known: bool


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull did: the number of `tasks` pulled, the result of converting them, and the files that are gone."""

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
    overwrite: Collection[Path] = (),
    waiting: Callable[[str], object] = lambda message: None,
) -> Pulled:
    """Pull the annotations of the project `name` into `into`: all, or those changed `since` a time (or "last").

    An incomplete download changes nothing. With `prune`, files whose annotation is gone from the server are
    removed; without it they are only reported. `waiting` gets a message while another command writes the corpus.
    Raises CorpusError.
    """
    project = server.find_project(name)
    if not project:
        raise CorpusError(f"{server.origin} has no project {name!r} that this token has access to")
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
            raise CorpusError(f"the server counted {total} tasks but sent {found}; nothing was pulled; pull again")
        if project.config != labelling_config(schema):
            notes.append(
                "the project's labelling config is not that of this schema; `corpus label-studio push` updates it"
            )
        origin = Origin(project.id, server.version, server.sdk_version, config_sha256(project.config))
        # A download may take hours: the corpus is locked only while files are written.
        with editing(root, waiting):
            result = convert_tasks(arrival, root, schema, people, origin, into, quarantine, overwrite)
            if arrival.missing:
                notes.append(f"{len(arrival.missing)} tasks were deleted during the pull and are skipped")
            if arrival.foreign:
                which = ", ".join(f"{annotation} of task {task}" for task, annotation in arrival.foreign[:20])
                more = f", and {len(arrival.foreign) - 20} more" if len(arrival.foreign) > 20 else ""
                notes.append(f"last edited by another user than their annotator: annotation {which}{more}")
            gone = tuple(_gone(server, project, into, on_server, arrival.annotations, _known(last), schema))
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
    """Parse the time of `--since`: ISO 8601, UTC if it has no zone, or `last`. Raises CorpusError."""
    if written == "last" and not last:
        raise CorpusError("this project was not pulled here before: pull without --since first")
    try:
        when = datetime.fromisoformat(last if written == "last" else written)
    except ValueError:
        raise CorpusError(f"--since {written!r} is not a time; write 2026-11-24T07:00:00Z, or `last`") from None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


class _Arrival:
    """The downloaded tasks, and what the later steps need to know about them, collected while they are converted."""

    def __init__(self, file: Path, on_server: set[int], progress: Progress):
        self._file, self._on_server, self._progress = file, on_server, progress
        self.annotations: dict[int, set[int]] = {}
        """The annotations of each task, except skipped ones."""
        self.missing: set[int] = set()
        """Tasks that were downloaded but are missing from the list of ids: deleted in between."""
        self.foreign: list[tuple[int, int]] = []
        """Task and annotation, for annotations last edited by another user than their annotator."""
        self.latest = ""

    def count(self) -> int:
        """Count the tasks. This reads the whole file, so that nothing is converted from half a file."""
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
    """Return the document of every task of the project, by task id."""
    return {int(one["id"]): task_doc_id(one) for one in server.tasks(project)}


def _changed(
    server: Server, project: Project, folder: Path, start: datetime, progress: Progress
) -> tuple[Path, dict[int, str], int]:
    """Return a file of the tasks changed after `start`, the documents of all tasks, and the number in the file.

    If a document has two tasks, both are included, so that its newest annotation is chosen among all.
    """
    came: set[int] = set()
    path = folder / "changed.json.part"
    with replace_file(path) as out:

        def write(tasks: Iterator[dict[str, Any]]) -> None:
            for one in tasks:
                # Not orjson, which refuses a lone surrogate: the converter quarantines the one annotation that has it.
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
    schema: Schema,
) -> Iterator[Gone]:
    """Yield the annotation files of this project whose task or annotation the server no longer has."""
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
        # A file that someone edited belongs to them: only they remove it.
        edited = CHECKSUM in provenance and not read_owned(data, schema).unedited
        task, annotation, name = provenance.get("task"), provenance.get("annotation"), path.relative_to(into).as_posix()
        removable = name in known and not edited
        if task not in on_server:
            # A deletion during the listing shifts its pages and can hide a task: ask for it before calling it gone.
            if task not in asked:
                asked[task] = server.has_task(task)
            if not asked[task]:
                yield Gone(name, f"task {task} is no longer on the server", removable)
        elif task in came and annotation not in came[task]:
            yield Gone(
                name, f"annotation {annotation} of task {task} is no longer on the server", name in known and not edited
            )


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
    """Refuse a second pull of the same project while one is running."""
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
            raise ServerError("another pull of this project into this corpus is running; wait for it to end") from None
        yield
