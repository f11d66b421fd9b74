"""A snapshot of a project → a file on this disk that is known to be whole.

    ask once → wait until it is made → download, going on where it broke off → MD5 → delete it there

A snapshot costs the server much (28 s and 98 MB for 10,000 tasks), so it is asked for once, under a
title that is written down first: whatever happens to the answer, the snapshot is found again by its
title, in this run or the next.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ..files import replace_file
from .server import PATIENCE, Project, Server, ServerError, Snapshot

STALE = timedelta(hours=1)
"""A snapshot that an interrupted pull left is used when it is not older than this."""
FOUND_WITHIN = 4
"""How often a snapshot whose answer was lost is looked for before it is given up."""

Progress = Callable[[int, str], object]
"""Is told how many bytes have come, and what is waited for."""


def fetch_snapshot(server: Server, project: Project, folder: Path, progress: Progress) -> tuple[Path, Snapshot]:
    """Download a snapshot of the project to a file in `folder`, and say what it is.

    The file and the snapshot on the server stay until `forget_snapshot`, so that what was interrupted
    goes on from there. Raises ServerError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    snapshot = _resumed(server, project, folder) or _created(server, project, folder, progress)
    end = time.monotonic() + server.timeout * PATIENCE
    while snapshot.status not in ("completed", "failed") and time.monotonic() < end:
        progress(0, "the server makes a snapshot")
        time.sleep(1)
        snapshot = _again(server, project, snapshot)
    if snapshot.status != "completed":
        # A community server that could not write an annotation out leaves the snapshot "in_progress" for ever.
        forget_snapshot(server, project, folder, snapshot)
        raise ServerError(
            f"the server did not finish its snapshot (it is {snapshot.status!r}); its log says why, such as an "
            "annotation with half of a surrogate pair. Nothing was taken"
        )
    file = folder / "snapshot.json.part"
    for size in server.download(project, snapshot, file):
        progress(size, "download")
    return file, snapshot


def forget_snapshot(server: Server, project: Project, folder: Path, snapshot: Snapshot) -> str:
    """Delete the snapshot on the server and here; "" or why the server still has it."""
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
    progress(0, "the server makes a snapshot")
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
        f"{lost}; it may still be at work: the next pull looks for the snapshot before it asks for another"
    )


def _resumed(server: Server, project: Project, folder: Path) -> Snapshot | None:
    """The snapshot that an interrupted pull asked for, when the server has it and it is fresh enough."""
    path = folder / "snapshot-asked.json"
    with contextlib.suppress(FileNotFoundError, ValueError, KeyError, TypeError):
        asked = json.loads(path.read_bytes())
        snapshot = server.find_snapshot(project, asked["title"])
        if snapshot and datetime.now(UTC) - datetime.fromisoformat(asked["at"]) < STALE:
            return snapshot
        if snapshot:
            forget_snapshot(server, project, folder, snapshot)
    return None


def _again(server: Server, project: Project, snapshot: Snapshot) -> Snapshot:
    found = server.find_snapshot(project, snapshot.title)
    if not found:
        raise ServerError(f"the snapshot {snapshot.id} is gone from the server; pull again")
    return found
