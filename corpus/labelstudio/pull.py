"""Pull the annotations of a project of a Label Studio server into annotation files.

    find the project → download → count → convert → find what is gone → prune → remember → clean up

`pull` calls these steps in this order. Tasks are requested page by page, so that people can go on annotating: all, or
with `--since` those changed after a time. With `--snapshot`, one snapshot is downloaded and verified before it is read.

The download stays under `.label-studio/` until it is converted, so that an interrupted pull can resume.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ..core.model import CorpusError
from ..core.regular_file import read_file
from ..core.schema import Schema
from ..files import replace_file
from ..files.lock import editing, locked
from ..files.writer import make_folder, sweep_tree
from .adjudication import adjudication_config
from .config import config_sha256, labelling_config
from .config_purpose import purpose_of
from .convert import Origin, Result, convert_tasks
from .download import Download, Progress, clean_up, download_pages, download_snapshot
from .errors import ServerError
from .export import read_export
from .gone import Gone, OnServer, find_gone
from .pseudonyms import Pseudonyms
from .server import Project, Server

STATE = ".label-studio"
"""The folder, ignored by git, of unfinished downloads and of the state that the next pull needs."""
OVERLAP = timedelta(minutes=1)
"""How much earlier than asked an incremental pull begins: the server may store a change after a later one."""
_SHOWN = 20
"""Annotations or tasks that a note names."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull did: the number of `tasks` pulled, the result of converting them, and the files that are gone.

    `unreadable` are the tasks that the server could not send, with their documents; their files are left alone.
    """

    project: Project
    tasks: int
    result: Result
    gone: tuple[Gone, ...]
    unreadable: tuple[str, ...]
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
    snapshot: bool = False,
) -> Pulled:
    """Pull the annotations of the project `name` into `into`: all, or those changed `since` a time (or "last").

    An incomplete download changes nothing. With `prune`, files whose annotation is gone from the server are
    removed; without it they are only reported. With `snapshot`, all tasks are those of one moment. `waiting` gets a
    message while another command writes the corpus.
    Raises CorpusError.
    """
    project = _found(server, name)
    identity = people.server(server.origin)
    folder = root / STATE / f"{identity}-{project.id}"
    make_folder(folder, root)
    with _alone(folder):
        last = _state(folder)
        download = _downloaded(server, project, folder, since, last, progress, snapshot)
        arrival = _Arrival(download, progress)
        tasks = _counted(arrival, download)
        # A download may take hours: the corpus is locked only while files are written.
        with editing(root, waiting):
            origin = _origin(server, project, identity)
            result = convert_tasks(arrival, root, schema, people, origin, into, quarantine, overwrite)
            there = OnServer(
                project.id,
                download.on_server,
                arrival.annotations,
                lambda written: people.same(written) in ("", people.same(identity)),
                server.has_task,
            )
            gone = tuple(find_gone(into, there, _known(last), schema))
            if prune:
                _prune(into, gone)
            _remember(folder, into, last, result, download.latest or arrival.latest)
        left = clean_up(server, project, folder, download)
    notes = tuple(_notes(project, schema, arrival, left))
    unreadable = tuple(f"{id_} ({download.on_server.get(id_) or 'no document'})" for id_ in download.unreadable)
    return Pulled(project, tasks - len(arrival.missing), result, gone, unreadable, notes)


def _found(server: Server, name: str) -> Project:
    project = server.find_project(name)
    if not project:
        raise CorpusError(f"the server has no project {name!r} that this token has access to")
    return project


def _downloaded(
    server: Server,
    project: Project,
    folder: Path,
    since: str,
    last: dict[str, Any],
    progress: Progress,
    snapshot: bool,
) -> Download:
    if snapshot:
        return download_snapshot(server, project, folder, progress)
    if not since:
        return download_pages(server, project, folder, progress)
    start = since_when(since, str(last.get("latest", ""))) - OVERLAP
    return download_pages(server, project, folder, progress, start)


def _counted(arrival: _Arrival, download: Download) -> int:
    """Return the number of downloaded tasks. Raises CorpusError if the server counted others."""
    found = arrival.count()
    if download.total not in (found, -1):
        raise CorpusError(f"the server counted {download.total} tasks but sent {found}; nothing was pulled; pull again")
    return found


def _origin(server: Server, project: Project, identity: str) -> Origin:
    return Origin(project.id, server.version, config_sha256(project.config), identity)


def _prune(into: Path, gone: tuple[Gone, ...]) -> None:
    for one in gone:
        if one.known:
            (into / one.path).unlink()


def _notes(project: Project, schema: Schema, arrival: _Arrival, left: str) -> Iterator[str]:
    """Yield what the lead should know about a pull."""
    if project.config == adjudication_config(schema):
        yield "this is a project of adjudication: `corpus label-studio pull --adjudicated` imports its decisions"
    elif project.config != labelling_config(schema, purpose_of(project.config)):
        yield "the project's labelling config is not that of this schema; `corpus label-studio push` updates it"
    if arrival.missing:
        count = len(arrival.missing)
        yield f"{count} task{'s were' if count != 1 else ' was'} deleted during the pull and skipped"
    if arrival.foreign:
        which = ", ".join(f"{annotation} of task {task}" for task, annotation in arrival.foreign[:_SHOWN])
        more = f", and {len(arrival.foreign) - _SHOWN} more" if len(arrival.foreign) > _SHOWN else ""
        yield f"last edited by another user than their annotator: annotation {which}{more}"
    if left:
        yield left


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

    def __init__(self, download: Download, progress: Progress):
        self._file, self._on_server, self._progress = download.file, download.on_server, progress
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


def _state(folder: Path) -> dict[str, Any]:
    try:
        state = json.loads(read_file(folder / "last.json", folder))
    except (FileNotFoundError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


def _known(state: dict[str, Any]) -> set[str]:
    return {str(path) for path in state.get("files") or ()}


def _remember(folder: Path, into: Path, last: dict[str, Any], result: Result, latest: str) -> None:
    # A file that was moved or removed, perhaps by a run that was killed after that, is not known any more.
    files = {name for name in {*_known(last), *result.written, *result.unchanged} if (into / name).is_file()}
    state = {"latest": max(latest, str(last.get("latest", ""))), "files": sorted(files)}
    with replace_file(folder / "last.json") as out:
        out.write(json.dumps(state, indent=1).encode() + b"\n")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Refuse a second pull of the same project while one is running."""
    with contextlib.ExitStack() as held:
        try:
            alone = held.enter_context(locked(folder, wait=False))
        except CorpusError:
            raise ServerError("another pull of this project into this corpus is running; wait for it to end") from None
        if alone:
            sweep_tree(folder)
        yield
