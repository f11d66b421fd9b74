"""Download the tasks of a project to a file on this disk, and list the ids of all its tasks.

    all tasks               page by page, with pauses; or with `--snapshot` one verified snapshot, for which a server on
                            SQLite answers no one else; pages again if the server cannot finish it
    changed since a time    page by page

Only the list of all tasks shows which ones were deleted. Pages are kept in `tasks.json.part`, so that an interrupted
download goes on after its last task. What changed after the first page is part of the next `--since last`.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from ..core.regular_file import open_file, read_file
from ..files import replace_file
from ..files.writer import open_partial
from .server import Project, Server, Snapshot
from .snapshot import STALE, fetch_snapshot, forget_snapshot

TASKS, STATE = "tasks.json.part", "sweep.json"
"""The tasks that have come, one a line, and when the download began."""
_SELECTED = 100
"""Tasks that a request names: they are in its address, whose length is limited."""

Progress = Callable[[int, str], object]
"""Called with the number of new items and their kind: bytes of a download, or tasks."""


@dataclass(frozen=True, slots=True)
class Download:
    """The tasks of a project in `file`, of which the server counted `total` (-1: unknown).

    `on_server` has the document of every task of the project, by task id, "" if it names none. `unreadable` are the
    tasks that the server has and cannot send. `snapshot` is the one that the server still keeps. `latest` is the time
    of the last change before the download began, "" if all of it is of one moment.
    """

    file: Path
    total: int
    on_server: dict[int, str]
    unreadable: tuple[int, ...] = ()
    snapshot: Snapshot | None = None
    latest: str = ""


def download_snapshot(server: Server, project: Project, folder: Path, progress: Progress) -> Download:
    """Download all tasks as one snapshot, page by page if the server cannot finish it. Raises ServerError."""
    file, snapshot = fetch_snapshot(server, project, folder, progress)
    if isinstance(snapshot, Snapshot) and file:
        return Download(file, snapshot.tasks, _listed(server, project, {}), (), snapshot)
    return download_pages(server, project, folder, progress)


def download_pages(
    server: Server, project: Project, folder: Path, progress: Progress, start: datetime | None = None
) -> Download:
    """Download the tasks changed after `start`, or all, page by page. Raises ServerError.

    If a document has two tasks, both are included, so that its newest annotation is chosen among all.
    """
    sweep = _Sweep.resumed(folder, start) or _Sweep.begun(folder, start, server.last_change(project))
    path = folder / TASKS
    with open_partial(path, bool(sweep.came)) as out:

        def write(pages: Iterable[list[dict[str, Any]]]) -> None:
            for page in pages:
                for one in page:
                    # Not orjson, which refuses a lone surrogate: the converter quarantines the annotation that has it.
                    out.write((b"," if sweep.came else b"[") + json.dumps(one).encode() + b"\n")
                    sweep.came[one["id"]] = task_doc_id(one)
                out.flush()
                progress(len(page), "tasks of the server")

        def ask(ids: Sequence[int] = ()) -> Iterator[list[dict[str, Any]]]:
            after = 0 if ids else max(sweep.came, default=0)
            since = None if ids else start
            return server.task_pages(project, "", since, ids, sweep.leave_out, after)

        write(ask())
        on_server = {**sweep.unreadable, **sweep.came}
        if start:
            on_server = _listed(server, project, sweep.unreadable)
            beside = _beside(on_server, sweep.came)
            for number in range(0, len(beside), _SELECTED):
                write(ask(beside[number : number + _SELECTED]))
        out.write(b"]" if sweep.came else b"[]")
    unreadable = tuple(sorted(sweep.unreadable.keys() - sweep.came))
    return Download(path, len(sweep.came), on_server, unreadable, None, sweep.latest)


@dataclass(slots=True)
class _Sweep:
    """A download page by page: when it began, and the documents of the tasks that have come, by task id."""

    folder: Path
    since: str
    latest: str
    unreadable: dict[int, str] = field(default_factory=dict)
    came: dict[int, str] = field(default_factory=dict)

    @classmethod
    def begun(cls, folder: Path, start: datetime | None, latest: str) -> _Sweep:
        """Begin a download."""
        (folder / TASKS).unlink(missing_ok=True)
        sweep = cls(folder, _written(start), latest)
        sweep._save()
        return sweep

    @classmethod
    def resumed(cls, folder: Path, start: datetime | None) -> _Sweep | None:
        """Go on with a download of the same tasks that was interrupted less than an hour ago, None if there is none.

        The file is cut after its last complete line.
        """
        with contextlib.suppress(FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
            state = json.loads(read_file(folder / STATE, folder))
            unreadable = {int(id_): str(doc_id) for id_, doc_id in state["unreadable"].items()}
            sweep = cls(folder, str(state["since"]), str(state["latest"]), unreadable)
            path = folder / TASKS
            age = time.time() - path.stat().st_mtime
            if sweep.since == _written(start) and age < STALE.total_seconds():
                with open_file(path) as file:
                    end = sweep._read(file)
                with path.open("r+b") as file:
                    file.truncate(end)
                return sweep
        return None

    def _read(self, lines: Iterable[bytes]) -> int:
        """Take in the tasks of complete lines; return where the last of them ends."""
        end = 0
        for line in lines:
            if line[:1] != (b"," if self.came else b"[") or not line.endswith(b"\n"):
                break
            one = json.loads(line[1:])
            self.came[int(one["id"])] = task_doc_id(one)
            end += len(line)
        return end

    def leave_out(self, task: dict[str, Any]) -> None:
        """Note a task that the server cannot send."""
        self.unreadable[task["id"]] = task_doc_id(task)
        self._save()

    def _save(self) -> None:
        state = {"since": self.since, "latest": self.latest, "unreadable": self.unreadable}
        with replace_file(self.folder / STATE) as out:
            out.write(json.dumps(state).encode())


def _written(start: datetime | None) -> str:
    return start.isoformat() if start else ""


def clean_up(server: Server, project: Project, folder: Path, download: Download) -> str:
    """Delete the file, and the snapshot on the server; return "" or why the server still has it."""
    for name in (TASKS, STATE):
        (folder / name).unlink(missing_ok=True)
    return forget_snapshot(server, project, folder, download.snapshot) if download.snapshot else ""


def task_doc_id(one: dict[str, Any]) -> str:
    """Return the document of a task, "" if it names none."""
    for part in (one.get("meta"), one.get("data")):
        if isinstance(part, dict) and isinstance(part.get("doc_id"), str):
            return str(part["doc_id"])
    return ""


def _beside(on_server: dict[int, str], came: dict[int, str]) -> Sequence[int]:
    """Return the tasks that did not come, of documents of which another task did."""
    documents = {on_server.get(id_) for id_ in came} - {"", None}
    return [id_ for id_, doc_id in on_server.items() if doc_id in documents and id_ not in came]


def _listed(server: Server, project: Project, unreadable: dict[int, str]) -> dict[int, str]:
    """Return the document of every task of the project, by task id; add to `unreadable` those without an answer."""

    def leave_out(task: dict[str, Any]) -> None:
        unreadable[task["id"]] = task_doc_id(task)

    found = {one["id"]: task_doc_id(one) for one in server.tasks(project, unreadable=leave_out)}
    return {**unreadable, **found}
