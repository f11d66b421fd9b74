"""A stand-in for label-studio-sdk and its server: a folder is the server, which ON_THE_RECORD_STAND_IN names.

    project.json    id, title, config, tasks: each as an export has it; unreadable: ids of tasks with a lone surrogate;
                    down: what it answers to each request for tasks when it is down
    requested       a line for each snapshot that was requested
    snapshots/      a file for each snapshot, named for its title; `stuck` in a name: it is never finished

A snapshot that it cannot write is "failed" in the answer to the request, and "in_progress" for ever after, as it is in
Label Studio 1.23.2. Each change of the server is one step, so that a kill meets it before or after.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace as Simple
from typing import Any

from .core.api_error import ApiError


class Task(dict[str, Any]):
    """A task of a page."""

    def model_dump(self, **_: Any) -> dict[str, Any]:
        return dict(self)


class LabelStudio:
    """The client: what of it the command uses."""

    def __init__(self, base_url: str, **_: Any) -> None:
        self._folder = Path(os.environ["ON_THE_RECORD_STAND_IN"])
        self.versions = Simple(get=lambda: Simple(release="1.23.2"))
        self.projects = Simple(
            list=lambda title, **_: [self._project()] if self._state["title"] == title else [],
            get=lambda id: self._project(),
            validate_label_config=lambda id, label_config: None,
            update=lambda id, label_config: self._store(config=label_config),
            import_tasks=self._import,
            exports=Simple(
                create=self._create,
                list=lambda id: [self._snapshot(path) for path in self._snapshots()],
                delete=lambda id, number: self._path(number).unlink(),
                with_raw_response=Simple(download=self._download),
            ),
        )
        self.tasks = Simple(list=self._tasks, get=self._task)

    @property
    def _state(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads((self._folder / "project.json").read_bytes())
        return state

    def _project(self) -> Simple:
        state = self._state
        tasks = state["tasks"]
        made = sum(len(one["annotations"]) for one in tasks)
        about = {"task_number": len(tasks), "total_annotations_number": made}
        return Simple(id=state["id"], title=state["title"], label_config=state["config"], **about)

    def _store(self, **changed: Any) -> None:
        new = self._folder / "project.new"
        new.write_text(json.dumps(self._state | changed))
        new.replace(self._folder / "project.json")

    def _import(self, project: int, request: list[dict[str, Any]], **_: Any) -> Simple:
        tasks = self._state["tasks"]
        number = max([0, *(one["id"] for one in tasks)])
        more = [{"id": number + n, "annotations": [], "project": project, **one} for n, one in enumerate(request, 1)]
        self._store(tasks=[*tasks, *more])
        return Simple(task_count=len(more))

    def _tasks(self, page: int, page_size: int, query: str, fields: str, include: str = "", **_: Any) -> Simple:
        asked = json.loads(query)
        state = self._state
        if state["down"]:
            raise ApiError(status_code=503, body={"detail": state["down"]})
        tasks = sorted(state["tasks"], key=lambda one: one["id"])
        for one in asked.get("filters", {}).get("items", ()):
            tasks = [task for task in tasks if task["updated_at"] > one["value"]]
        if "selectedItems" in asked:
            tasks = [task for task in tasks if task["id"] in asked["selectedItems"]["included"]]
        tasks = tasks[(page - 1) * page_size : page * page_size]
        if not tasks and page > 1:
            raise ApiError(status_code=404, body={"detail": "Invalid page."})
        if fields == "all" and any(task["id"] in state["unreadable"] for task in tasks):
            raise ApiError(status_code=500, body={"detail": f"at {self._folder}: surrogates not allowed"})
        names = include.split(",") if include else ()
        return Simple(items=[Task({key: one[key] for key in names or one if key in one}) for one in tasks])

    def _task(self, number: str) -> Task:
        found = [one for one in self._state["tasks"] if one["id"] == int(number)]
        if not found:
            raise ApiError(status_code=404, body={"detail": "Not found."})
        return Task(found[0])

    def _data(self) -> bytes:
        return json.dumps(self._state["tasks"]).encode()

    def _snapshots(self) -> list[Path]:
        return sorted((self._folder / "snapshots").iterdir())

    def _path(self, number: int) -> Path:
        found = [path for path in self._snapshots() if _number(path) == number]
        if not found:
            raise ApiError(status_code=404, body={"detail": "Not found."})
        return found[0]

    def _create(self, project: int, title: str, **_: Any) -> Simple:
        path = self._folder / "snapshots" / title
        path.touch()
        with (self._folder / "requested").open("a") as file:
            file.write(f"{title}\n")
        made = self._snapshot(path)
        made.status = "failed" if self._state["unreadable"] else made.status
        return made

    def _snapshot(self, path: Path) -> Simple:
        state = self._state
        stuck = bool(state["unreadable"]) or "stuck" in path.name
        return Simple(
            id=_number(path),
            title=path.name,
            status="in_progress" if stuck else "completed",
            md5=hashlib.md5(self._data(), usedforsecurity=False).hexdigest(),
            counters={"task_number": len(state["tasks"])},
            created_at=None,
        )

    @contextmanager
    def _download(self, project: int, number: int, **options: Any) -> Iterator[Simple]:
        data = self._data()
        start = options["request_options"].get("additional_headers", {}).get("Range", "bytes=0-")
        at = int(start.removeprefix("bytes=").removesuffix("-"))
        if at and at >= len(data):
            raise ApiError(status_code=416)
        headers = {"content-length": str(len(data) - at)} | ({"content-range": f"bytes {at}-"} if at else {})
        yield Simple(headers=headers, data=iter([data[at : at + 1000], data[at + 1000 :]]))


def _number(path: Path) -> int:
    return int(hashlib.sha256(path.name.encode()).hexdigest()[:6], 16)
