"""What the stand-in for a Label Studio server answers: a folder is the server.

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
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2

from support.stand_in_team import TEAM_ROUTES, with_counts

FOLDER_VARIABLE = "ON_THE_RECORD_STAND_IN"
Answer = tuple[int, Any]
"""A status, and the JSON of an answer."""


def install(patch: Callable[[Any, str, Any], object] = setattr) -> None:
    """Let every client of this process ask the stand-in, whatever the address."""
    real = httpx2.Client

    class Client(real):
        def __init__(self, **options: Any) -> None:
            super().__init__(**{**options, "transport": httpx2.MockTransport(answer)})

    patch(httpx2, "Client", Client)


def answer(request: httpx2.Request) -> httpx2.Response:
    """Answer a request."""
    folder = Folder(Path(os.environ[FOLDER_VARIABLE]))
    path = request.url.path
    query = {name: _value(value) for name, value in request.url.params.items()}
    body = json.loads(request.content) if request.content else None
    if path.endswith("/download"):
        return folder.download(int(path.split("/")[-2]), request.headers)
    for method, pattern, route in ROUTES:
        if request.method == method and (found := re.search(pattern + "$", path)):
            status, value = route(folder, *map(int, found.groups()), query=query, body=body)
            return httpx2.Response(status, json=value)
    return httpx2.Response(404, json={"detail": f"the stand-in has no {request.method} {path}"})


def _value(written: str) -> Any:
    return json.loads(written) if written.startswith("{") or written.isdecimal() else written


class Folder:
    """The server in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def state(self) -> dict[str, Any]:
        """What project.json holds."""
        state: dict[str, Any] = json.loads((self.folder / "project.json").read_bytes())
        return state

    def store(self, **changed: Any) -> None:
        """Change project.json in one step."""
        new = self.folder / "project.new"
        new.write_text(json.dumps(self.state | changed))
        new.replace(self.folder / "project.json")

    @property
    def project(self) -> dict[str, Any]:
        """The project as the server describes it."""
        state = self.state
        made = sum(len(one["annotations"]) for one in state["tasks"])
        about = {"task_number": len(state["tasks"]), "total_annotations_number": made}
        own = {"id": state["id"], "title": state["title"], "label_config": state["config"]}
        return {**own, **about, **state.get("settings", {})}

    def snapshots(self) -> list[Path]:
        return sorted((self.folder / "snapshots").iterdir())

    def snapshot(self, path: Path) -> dict[str, Any]:
        state = self.state
        stuck = bool(state["unreadable"]) or "stuck" in path.name
        return {
            "id": _number(path),
            "title": path.name,
            "status": "in_progress" if stuck else "completed",
            "md5": hashlib.md5(self.data(), usedforsecurity=False).hexdigest(),
            "counters": {"task_number": len(state["tasks"])},
        }

    def find(self, number: int) -> Path | None:
        return next((path for path in self.snapshots() if _number(path) == number), None)

    def data(self) -> bytes:
        return json.dumps(self.state["tasks"]).encode()

    def download(self, number: int, headers: httpx2.Headers) -> httpx2.Response:
        data = self.data()
        at = int(headers.get("range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))
        if not self.find(number):
            return httpx2.Response(404, json={"detail": "Not found."})
        if at and at >= len(data):
            return httpx2.Response(416)
        about = {"content-length": str(len(data) - at)} | ({"content-range": f"bytes {at}-"} if at else {})
        parts = iter([data[at : at + 1000], data[at + 1000 :]])
        return httpx2.Response(200, headers=about, content=parts)


def projects(server: Folder, query: dict[str, Any], body: Any) -> Answer:
    return 200, {"results": [server.project] if query["title"] in server.state["title"] else [], "next": None}


def create_project(server: Folder, query: dict[str, Any], body: Any) -> Answer:
    server.store(title=body["title"], config=body["label_config"])
    return 201, server.project


def project(server: Folder, number: int, query: dict[str, Any], body: Any) -> Answer:
    if number != server.state["id"]:
        return 404, {"detail": "Not found."}
    if body:
        config = body.pop("label_config", server.state["config"])
        server.store(config=config, settings=server.state.get("settings", {}) | body)
    return 200, server.project


def import_tasks(server: Folder, number: int, query: dict[str, Any], body: Any) -> Answer:
    state = server.state
    tasks = state["tasks"]
    last = max([0, *(one["id"] for one in tasks)])
    made = {"annotations": [], "project": number, "updated_at": "2026-11-24T07:00:00Z"}
    more = [{"id": last + n, **made, **one} for n, one in enumerate(body, 1)]
    for one in more:
        # Label Studio does so when its database is busy: the tasks are there, their predictions are not.
        held_back = state.get("loses_predictions")
        given = [] if held_back else one["predictions"]
        one["predictions"] = [{"id": 100 * one["id"] + n, **held} for n, held in enumerate(given)]
    server.store(tasks=[*tasks, *more])
    return 201, {"task_count": len(more)}


def tasks(server: Folder, query: dict[str, Any], body: Any) -> Answer:
    state = server.state
    if state["down"]:
        return 503, {"detail": state["down"]}
    asked = query["query"]
    order = asked["ordering"][0]
    key = order.rpartition(":")[2]
    found = sorted(state["tasks"], key=lambda one: one.get(key) or "", reverse=order.startswith("-"))
    for one in asked.get("filters", {}).get("items", ()):
        field = one["filter"].rpartition(":")[2]
        found = [task for task in found if task[field] > one["value"]]
    if "selectedItems" in asked:
        found = [task for task in found if task["id"] in asked["selectedItems"]["included"]]
    page, size = query["page"], query["page_size"]
    found = found[(page - 1) * size : page * size]
    if not found and page > 1:
        return 404, {"detail": "Invalid page."}
    if query["fields"] == "all" and any(task["id"] in state["unreadable"] for task in found):
        return 500, {"detail": f"at {server.folder}: surrogates not allowed"}
    names = query["include"].split(",") if query.get("include") else ()
    found = [with_counts(one) for one in found] if names else found
    return 200, {"tasks": [{key: one[key] for key in names or one if key in one} for one in found]}


def task(server: Folder, number: int, query: dict[str, Any], body: Any) -> Answer:
    tasks = server.state["tasks"]
    found = [one for one in tasks if one["id"] == number]
    if not found:
        return 404, {"detail": "Not found."}
    if body:
        found[0].update(body)
        server.store(tasks=tasks)
    return 200, found[0]


def annotation(server: Folder, number: int, query: dict[str, Any], body: Any) -> Answer:
    tasks = server.state["tasks"]
    found = [one for task in tasks for one in task["annotations"] if one["id"] == number]
    if not found:
        return 404, {"detail": "Not found."}
    found[0].update(body)
    for task in tasks:  # a change of an annotation drops what its annotator has not saved
        task["drafts"] = [one for one in task.get("drafts") or () if one.get("annotation") != number]
    server.store(tasks=tasks)
    return 200, found[0]


def list_snapshots(server: Folder, number: int, query: dict[str, Any], body: Any) -> Answer:
    return 200, [server.snapshot(path) for path in server.snapshots()]


def create_snapshot(server: Folder, number: int, query: dict[str, Any], body: Any) -> Answer:
    path = server.folder / "snapshots" / body["title"]
    path.touch()
    with (server.folder / "requested").open("a") as file:
        file.write(f"{body['title']}\n")
    made = server.snapshot(path)
    return 201, made | ({"status": "failed"} if server.state["unreadable"] else {})


def delete_snapshot(server: Folder, number: int, snapshot: int, query: dict[str, Any], body: Any) -> Answer:
    path = server.find(snapshot)
    if not path:
        return 404, {"detail": "Not found."}
    path.unlink()
    return 204, None


def validate(server: Folder, number: int, query: dict[str, Any], body: Any) -> Answer:
    """Refuse a config if labels are counted that no one uses, as after a draft was changed."""
    if server.state.get("miscounted"):
        return 400, {"validation_errors": {"label_config": ["These labels still exist in annotations or drafts"]}}
    return 204, None


def recount(server: Folder, number: int, query: dict[str, Any], body: Any) -> Answer:
    server.store(miscounted=server.state.get("miscounted") == "truly")
    return 200, None


ROUTES: list[tuple[str, str, Callable[..., Answer]]] = [
    ("GET", r"/api/version/", lambda server, query, body: (200, {"release": server.state.get("version", "1.23.2")})),
    ("GET", r"/api/projects/", projects),
    ("POST", r"/api/projects/", create_project),
    ("GET", r"/api/projects/(\d+)/", project),
    ("PATCH", r"/api/projects/(\d+)/", project),
    ("POST", r"/api/projects/(\d+)/validate/", validate),
    ("POST", r"/api/projects/(\d+)/summary/reset/", recount),
    ("POST", r"/api/projects/(\d+)/import", import_tasks),
    ("GET", r"/api/projects/(\d+)/exports/", list_snapshots),
    ("POST", r"/api/projects/(\d+)/exports/", create_snapshot),
    ("DELETE", r"/api/projects/(\d+)/exports/(\d+)", delete_snapshot),
    ("GET", r"/api/tasks/", tasks),
    ("GET", r"/api/tasks/(\d+)/", task),
    ("PATCH", r"/api/tasks/(\d+)/", task),
    ("PATCH", r"/api/annotations/(\d+)/", annotation),
    *TEAM_ROUTES,
]
"""Method, the end of the path, and what answers."""


def _number(path: Path) -> int:
    return int(hashlib.sha256(path.name.encode()).hexdigest()[:6], 16)
