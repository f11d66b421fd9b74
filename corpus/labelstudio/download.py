"""Download the tasks of a project to a file on this disk, and list the ids of all its tasks.

    all tasks               one verified snapshot; page by page if the server cannot finish a snapshot
    changed since a time    page by page

Only the list of all tasks shows which ones were deleted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ..files import replace_file
from .server import Project, Server, Snapshot
from .snapshot import fetch_snapshot, forget_snapshot

Progress = Callable[[int, str], object]
"""Called with the number of new items and their kind: bytes of a download, or tasks."""


@dataclass(frozen=True, slots=True)
class Download:
    """The tasks of a project in `file`, of which the server counted `total` (-1: unknown).

    `on_server` has the document of every task of the project, by task id, "" if it names none. `unreadable` are the
    tasks that the server has and cannot send. `snapshot` is the one that the server still keeps.
    """

    file: Path
    total: int
    on_server: dict[int, str]
    unreadable: tuple[int, ...] = ()
    snapshot: Snapshot | None = None


def download_all(server: Server, project: Project, folder: Path, progress: Progress) -> Download:
    """Download all tasks. Raises ServerError."""
    file, snapshot = fetch_snapshot(server, project, folder, progress)
    if isinstance(snapshot, Snapshot) and file:
        unreadable: set[int] = set()
        on_server = _sweep(server, project, unreadable)
        return Download(file, snapshot.tasks, on_server, (), snapshot)
    return download_pages(server, project, folder, progress)


def download_pages(
    server: Server, project: Project, folder: Path, progress: Progress, start: datetime | None = None
) -> Download:
    """Download the tasks changed after `start`, or all, page by page. Raises ServerError.

    If a document has two tasks, both are included, so that its newest annotation is chosen among all.
    """
    came: set[int] = set()
    unreadable: set[int] = set()
    path = folder / "tasks.json.part"
    with replace_file(path) as out:

        def write(tasks: Iterator[dict[str, Any]]) -> None:
            for one in tasks:
                # Not orjson, which refuses a lone surrogate: the converter quarantines the one annotation that has it.
                out.write((b",\n" if came else b"[") + json.dumps(one).encode())
                came.add(int(one["id"]))
                progress(1, "tasks of the server")

        write(server.tasks(project, include="", since=start, unreadable=unreadable.add))
        on_server = _sweep(server, project, unreadable)
        if beside := _beside(on_server, came):
            write(server.tasks(project, include="", ids=beside, unreadable=unreadable.add))
        out.write(b"]" if came else b"[]")
    return Download(path, len(came), on_server, tuple(sorted(unreadable - came)))


def clean_up(server: Server, project: Project, folder: Path, download: Download) -> str:
    """Delete the file, and the snapshot on the server; return "" or why the server still has it."""
    if download.snapshot:
        return forget_snapshot(server, project, folder, download.snapshot)
    download.file.unlink()
    return ""


def task_doc_id(one: dict[str, Any]) -> str:
    """Return the document of a task, "" if it names none."""
    for part in (one.get("meta"), one.get("data")):
        if isinstance(part, dict) and isinstance(part.get("doc_id"), str):
            return str(part["doc_id"])
    return ""


def _beside(on_server: dict[int, str], came: set[int]) -> Sequence[int]:
    """Return the tasks that did not come, of documents of which another task did."""
    documents = {on_server.get(id_) for id_ in came} - {"", None}
    return [id_ for id_, doc_id in on_server.items() if doc_id in documents and id_ not in came]


def _sweep(server: Server, project: Project, unreadable: set[int]) -> dict[int, str]:
    """Return the document of every task of the project, by task id; add to `unreadable` those without an answer."""
    found = {int(one["id"]): task_doc_id(one) for one in server.tasks(project, unreadable=unreadable.add)}
    return {**dict.fromkeys(unreadable - found.keys(), ""), **found}
