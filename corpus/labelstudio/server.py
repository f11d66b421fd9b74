"""The requests that push and pull send to a Label Studio server, and what they make of its answers."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..core.model import CorpusError
from ..core.regular_file import open_file
from ..files.writer import open_partial
from .address import project_id
from .connection import ATTEMPTS, TIMEOUT, Connection, is_passing, wait
from .errors import ServerError
from .pages import read_pages

OLDEST, NEWEST = (1, 21), (1, 23)
"""The oldest and the newest release of the server that this command was tried with."""
PROJECTS = 100
"""Projects per request."""

_ONLY_IDS = {name: {"only_id": True} for name in ("annotations__completed_by", "drafts", "predictions")}
"""What a snapshot gives as ids only: users, whose e-mail addresses it would hold, drafts and predictions."""


@dataclass(frozen=True, slots=True)
class Project:
    """A project of the server: its labelling config, and its numbers of tasks and annotations."""

    id: int
    title: str
    config: str
    tasks: int
    annotations: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An export that the server stores as a file: the `md5` of its bytes, and its number of tasks (-1: unknown)."""

    id: int
    title: str
    status: str
    md5: str
    tasks: int


class Server(Connection):
    """A server that answered, and its version."""

    def __init__(self, origin: str, token: str, timeout: float = TIMEOUT, ca_file: Path | None = None):
        """Ask for the version. Raises CorpusError."""
        super().__init__(origin, token, timeout, ca_file)
        self.version = self.get("its version", "api/version/", lambda answer: str(answer.get("release")))
        if not re.fullmatch(r"\d[\w.+-]{0,40}", self.version):
            raise ServerError("this is not a Label Studio server: it reports no version")

    @property
    def outside_of_range(self) -> str:
        """A warning, if this release of Label Studio is older or newer than those that were tried; else ""."""
        numbers = tuple(int(part) for part in re.findall(r"\d+", self.version)[:2])
        if OLDEST <= numbers <= NEWEST:
            return ""
        tried = " to ".join(dict.fromkeys(".".join(map(str, one)) for one in (OLDEST, NEWEST)))
        return f"the server is Label Studio {self.version}; this command was tried with {tried} only"

    def find_project(self, title: str) -> Project | None:
        """Return the project of this title or page, None if none exists. Raises CorpusError if there are two."""
        if number := project_id(title):
            return self._project(number)
        ids: list[int] = []
        more, page = True, 1
        while more:
            found, more = self.get("its projects", "api/projects/", _listed, title=title, page=page, page_size=PROJECTS)
            ids += [id_ for id_, name in found if name == title]
            page += 1
        if len(ids) > 1:
            numbers = ", ".join(map(str, sorted(ids)))
            raise CorpusError(f"the server has {len(ids)} projects named {title!r} ({numbers}); rename one of them")
        return self._project(ids[0]) if ids else None

    def create_project(self, title: str, config: str) -> Project:
        """Create a project with this labelling config."""
        body = {"title": title, "label_config": config}
        what = f"the project {title!r} was not created"
        return self._project(
            self.send(what, "POST", "api/projects/", body, lambda made: int(made["id"]), detailed=True)
        )

    def _project(self, id_: int) -> Project:
        return self.get("the project", f"api/projects/{id_}/", _project)

    def check_config(self, project: Project, config: str) -> None:
        """Raise CorpusError if the server rejects the config, or if existing annotations do not fit it.

        The server keeps count of the labels in use, and forgets to uncount those of a draft that was changed: a config
        without a label that no one uses any more is refused. It counts again before such a refusal is believed.
        """
        what = f"the project {project.title!r} rejects the labelling config of this schema"
        path = f"api/projects/{project.id}/"
        try:
            self.send(what, "POST", f"{path}validate/", {"label_config": config}, detailed=True)
        except ServerError as error:
            if error.status != 400:
                raise
            self.send("the labels in use were not counted", "POST", f"{path}summary/reset/", {}, long=True)
            self.send(what, "POST", f"{path}validate/", {"label_config": config}, detailed=True)

    def set_config(self, project: Project, config: str) -> None:
        """Replace the labelling config of the project."""
        what = f"the labelling config of {project.title!r} was not changed"
        self.send(what, "PATCH", f"api/projects/{project.id}/", {"label_config": config}, detailed=True)

    def tasks(
        self,
        project: Project,
        include: str = "id,meta",
        since: datetime | None = None,
        ids: Sequence[int] = (),
        unreadable: Callable[[dict[str, Any]], object] | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Yield the tasks in order of id: all, those changed after `since`, or those in `ids`.

        `include` names the fields of each; "" means all, text and annotations too. `unreadable` is called with what
        the server does send of a task that it fails to send; without it, one such task raises ServerError.
        """
        for page in self.task_pages(project, include, since, ids, unreadable):
            yield from page

    def task_pages(
        self,
        project: Project,
        include: str = "id,meta",
        since: datetime | None = None,
        ids: Sequence[int] = (),
        unreadable: Callable[[dict[str, Any]], object] | None = None,
        after: int = 0,
    ) -> Iterator[list[dict[str, Any]]]:
        """Yield the tasks as `tasks` does, page by page, only those whose id is greater than `after`."""

        def page(last: int, size: int, include: str = include) -> list[dict[str, Any]]:
            query = _task_query(last, since, ids)
            fields: Any = {"fields": "task_only", "include": include} if include else {"fields": "all"}
            # A page that fails is halved at once; only a single task is asked for again.
            final = 500 if unreadable and size > 1 else None
            options: Any = {"project": project.id, "page": 1, "page_size": size, "resolve_uri": "false", "query": query}
            return self.get("its tasks", "api/tasks/", lambda answer: _later(answer, last), final, **options, **fields)

        def leave_out(last: int) -> int | None:
            try:
                found = page(last, 1, "id,meta")
            except ServerError as error:
                if error.status != 500:
                    raise
                found = page(last, 1, "id")
            if found and unreadable:
                unreadable(found[0])
            return found[0]["id"] if found else None

        return read_pages(page, leave_out if unreadable else None, after)

    def last_change(self, project: Project) -> str:
        """Return when a task of the project was changed last, in the server's words, "" if it has none."""
        query = {"ordering": ["-tasks:updated_at"]}
        options: Any = {"project": project.id, "page": 1, "page_size": 1, "query": query}
        options |= {"fields": "task_only", "include": "id,updated_at"}
        found: list[Any] = self.get("its tasks", "api/tasks/", lambda answer: list(answer["tasks"]), **options)
        return str(found[0].get("updated_at") or "") if found else ""

    def has_task(self, id_: int) -> bool:
        """True if the server has this task."""
        try:
            self.get("a task", f"api/tasks/{id_}/")
        except ServerError as error:
            if error.status != 404:
                raise
            return False
        return True

    def import_tasks(self, project: Project, tasks: Sequence[Mapping[str, Any]]) -> int:
        """Create tasks, all or none; return how many."""
        path = f"api/projects/{project.id}/import"
        return self.send(
            "the tasks were not imported", "POST", path, list(tasks), lambda made: int(made["task_count"]), long=True
        )

    def change_task(self, id_: int, **changed: Any) -> None:
        """Replace these parts of a task, such as its `meta`."""
        self.send(f"task {id_} was not changed", "PATCH", f"api/tasks/{id_}/", changed)

    def change_result(self, kind: str, id_: int, result: Any) -> None:
        """Replace the `result` of one of the "annotations", "predictions" or "drafts"."""
        self.send(f"number {id_} of the {kind} was not changed", "PATCH", f"api/{kind}/{id_}/", {"result": result})

    def attach_draft(self, id_: int, annotation: int | None) -> None:
        """Make a draft one of changes to a submitted annotation, or with None one of a new annotation."""
        self.send(f"draft {id_} was not changed", "PATCH", f"api/drafts/{id_}/", {"annotation": annotation})

    def create_snapshot(self, project: Project, title: str) -> Snapshot:
        """Request a snapshot of all tasks. Never retried: each request makes the server build another one."""
        body = {"title": title, "serialization_options": _ONLY_IDS}
        path = f"api/projects/{project.id}/exports/"
        return self.send("no snapshot was made", "POST", path, body, _snapshot, long=True)

    def find_snapshot(self, project: Project, title: str) -> Snapshot | None:
        """Return the snapshot of this title, None if the server has none."""
        path = f"api/projects/{project.id}/exports/"
        made = self.get("its snapshots", path, lambda answer: [_snapshot(one) for one in answer])
        return next((one for one in made if one.title == title), None)

    def download(self, project: Project, snapshot: Snapshot, file: Path) -> Iterator[int]:
        """Download the snapshot to `file`, resuming an earlier attempt; yield the number of bytes of each chunk.

        Raises ServerError if the checksum differs from the server's.
        """
        for attempt in range(ATTEMPTS):
            try:
                yield from self._part(project, snapshot, file)
                break
            except ServerError as error:
                if error.status == 416:
                    break  # no bytes are left: the file is complete
                if attempt + 1 == ATTEMPTS or not is_passing(error):
                    raise
                wait(attempt)
        with open_file(file) as done:
            found = hashlib.file_digest(done, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
        if found != snapshot.md5:
            file.unlink()
            raise ServerError(
                f"the snapshot arrived with the MD5 {found}, the server says {snapshot.md5}: the download was cut "
                "off or changed, and nothing was pulled; pull again"
            )

    def _part(self, project: Project, snapshot: Snapshot, file: Path) -> Iterator[int]:
        have = file.stat().st_size if file.exists() else 0
        # Not compressed, so that the length that the server names is that of the bytes that are written.
        wanted = {"accept-encoding": "identity"} | ({"range": f"bytes={have}-"} if have else {})
        path = f"api/projects/{project.id}/exports/{snapshot.id}/download"
        what = "the download of the snapshot was interrupted"
        with self.stream(what, path, wanted, exportType="JSON") as answer:
            goes_on = have > 0 and answer.headers.get("content-range", "").startswith(f"bytes {have}-")
            expected = int(answer.headers.get("content-length") or 0)
            if goes_on:
                yield have
            with open_partial(file, goes_on) as out:
                for chunk in answer.iter_raw(2**16):
                    out.write(chunk)
                    expected -= len(chunk)
                    yield len(chunk)
        if expected > 0:
            raise ServerError(what, lost=True)

    def delete_snapshot(self, project: Project, snapshot: Snapshot) -> None:
        """Delete the snapshot from the server's disk."""
        what = f"the snapshot {snapshot.id} was not deleted from the server"
        self.send(what, "DELETE", f"api/projects/{project.id}/exports/{snapshot.id}")


def _task_query(after: int, since: datetime | None, ids: Sequence[int]) -> dict[str, Any]:
    """Return the query of the data manager for tasks in order of id."""
    items: list[dict[str, Any]] = [
        {"filter": "filter:tasks:id", "operator": "greater", "type": "Number", "value": after}
    ]
    if since:
        when = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        items.append({"filter": "filter:tasks:updated_at", "operator": "greater", "type": "Datetime", "value": when})
    query: dict[str, Any] = {"ordering": ["tasks:id"], "filters": {"conjunction": "and", "items": items}}
    if ids:
        query["selectedItems"] = {"all": False, "included": list(ids)}
    return query


def _later(answer: Any, last: int) -> list[dict[str, Any]]:
    """Return the tasks of an answer. Raises ValueError if they are not those that were asked for."""
    found = [dict(task) for task in answer["tasks"]]
    ids = [last, *(task["id"] for task in found)]
    if not all(type(id_) is int for id_ in ids) or sorted(set(ids)) != ids:
        raise ValueError("not the tasks after this one")
    return found


def _listed(answer: Any) -> tuple[list[tuple[int, str]], bool]:
    """Return the id and title of each project of a page, and whether there are more pages."""
    return [(int(one["id"]), str(one["title"])) for one in answer["results"]], bool(answer.get("next"))


def _project(found: Any) -> Project:
    # The server strips the last newline, with which the config's checksum is computed.
    config = str(found.get("label_config") or "").strip() + "\n"
    numbers = int(found.get("task_number") or 0), int(found.get("total_annotations_number") or 0)
    return Project(int(found["id"]), str(found["title"]), config, *numbers)


def _snapshot(made: Any) -> Snapshot:
    counters = made.get("counters")
    tasks = int(counters.get("task_number", -1)) if isinstance(counters, dict) else -1
    return Snapshot(int(made["id"]), str(made["title"]), str(made["status"]), str(made.get("md5") or ""), tasks)
