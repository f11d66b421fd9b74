"""Download a snapshot of a project to a file whose checksum is verified.

    request once → wait until it is ready → download, resuming → verify the MD5 → delete it on the server

A snapshot is expensive for the server (28 s and 98 MB for 10,000 tasks), so it is requested once, under a
title that is saved first: if the answer is lost, this run or the next finds the snapshot by its title.

A server that was killed leaves the snapshot unfinished. The next run waits for the rest of the time that it would have
waited, and then requests another one.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ..core.regular_file import read_file
from ..files import replace_file
from ..files.writer import make_folder
from .connection import PATIENCE
from .errors import ServerError
from .server import Project, Server, Snapshot

STALE = timedelta(hours=1)
"""The greatest age at which the snapshot of an interrupted pull is still used."""
FOUND_WITHIN = 4
"""How many times to look for a snapshot after its answer was lost."""

Progress = Callable[[int, str], object]
"""Called with the number of new bytes, and the name of the step."""


def fetch_snapshot(
    server: Server, project: Project, folder: Path, progress: Progress
) -> tuple[Path, Snapshot] | tuple[None, str]:
    """Download a snapshot of the project to a file in `folder`; return the file and the snapshot.

    Both the file and the snapshot on the server stay until `forget_snapshot`, so that an interrupted pull can
    resume. Return None and the status of the snapshot if the server does not finish it: a community server that fails
    to serialise an annotation leaves it "in_progress" for ever. Raises ServerError.
    """
    make_folder(folder)
    snapshot, asked = _resumed(server, project, folder)
    if snapshot and not _is_finished(snapshot := _awaited(server, project, snapshot, asked, progress)):
        forget_snapshot(server, project, folder, snapshot)
        snapshot = None
    if not snapshot:
        snapshot = _created(server, project, folder, progress)
        snapshot = _awaited(server, project, snapshot, datetime.now(UTC), progress)
    if not _is_finished(snapshot):
        forget_snapshot(server, project, folder, snapshot)
        return None, snapshot.status
    file = folder / "snapshot.json.part"
    for size in server.download(project, snapshot, file):
        progress(size, "download")
    return file, snapshot


def _is_finished(snapshot: Snapshot) -> bool:
    return snapshot.status == "completed"


def _awaited(server: Server, project: Project, snapshot: Snapshot, asked: datetime, progress: Progress) -> Snapshot:
    """Wait for a snapshot that was requested at `asked`; return its last state."""
    patience = server.timeout * PATIENCE
    # A clock that was set back must not make the wait longer.
    left = min(patience, patience - (datetime.now(UTC) - asked).total_seconds())
    end = time.monotonic() + left
    while snapshot.status not in ("completed", "failed") and time.monotonic() < end:
        progress(0, "snapshot")
        time.sleep(1)
        snapshot = _again(server, project, snapshot)
    return snapshot


def forget_snapshot(server: Server, project: Project, folder: Path, snapshot: Snapshot) -> str:
    """Delete the snapshot on the server and here; return "" or why the server still has it."""
    failed = ""
    try:
        server.delete_snapshot(project, snapshot)
    except ServerError as error:
        failed = "" if error.status == 404 else str(error)
    for name in ("snapshot.json.part", "snapshot-asked.json"):
        (folder / name).unlink(missing_ok=True)
    return failed


def _created(server: Server, project: Project, folder: Path, progress: Progress) -> Snapshot:
    title = f"corpus pull {secrets.token_hex(8)}"
    asked = {"title": title, "at": datetime.now(UTC).isoformat()}
    with replace_file(folder / "snapshot-asked.json") as out:
        out.write(json.dumps(asked).encode())
    (folder / "snapshot.json.part").unlink(missing_ok=True)
    progress(0, "snapshot")
    try:
        return server.create_snapshot(project, title)
    except ServerError as error:
        if not error.lost:
            (folder / "snapshot-asked.json").unlink()
            raise
        lost = error
    for attempt in range(FOUND_WITHIN):
        found = server.find_snapshot(project, title)
        if found:
            return found
        time.sleep(2**attempt * 0.5)
    raise ServerError(
        f"{lost}; the server may still be making the snapshot: the next pull looks for it before it requests another"
    )


def _resumed(server: Server, project: Project, folder: Path) -> tuple[Snapshot | None, datetime]:
    """Return the snapshot of an interrupted pull, if the server has it and it is recent, and when it was requested."""
    with contextlib.suppress(FileNotFoundError, ValueError, KeyError, TypeError):
        asked = json.loads(read_file(folder / "snapshot-asked.json", folder))
        at = datetime.fromisoformat(asked["at"])
        age = datetime.now(UTC) - at
        snapshot = server.find_snapshot(project, asked["title"])
        if snapshot and age < STALE:
            return snapshot, at
        if snapshot:
            forget_snapshot(server, project, folder, snapshot)
    return None, datetime.now(UTC)


def _again(server: Server, project: Project, snapshot: Snapshot) -> Snapshot:
    found = server.find_snapshot(project, snapshot.title)
    if not found:
        raise ServerError(f"the server no longer has the snapshot {snapshot.id}; pull again")
    return found
