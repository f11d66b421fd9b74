"""What the stand-in answers about a team: settings of a project, tabs, drafts and predictions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

Answer = tuple[int, Any]


class Server(Protocol):
    """A stand-in."""

    @property
    def state(self) -> dict[str, Any]: ...

    def store(self, **changed: Any) -> None: ...


def with_counts(task: dict[str, Any]) -> dict[str, Any]:
    """A task as the list has it: how many annotations it has, and whether someone has a draft."""
    skipped = sum(bool(one.get("was_cancelled")) for one in task["annotations"])
    made = {"total_annotations": len(task["annotations"]) - skipped, "cancelled_annotations": skipped}
    return {**task, **made, "draft_exists": bool(task.get("drafts"))}


def views(server: Server, query: dict[str, Any], body: Any) -> Answer:
    return 200, server.state.get("views", [])


def create_view(server: Server, query: dict[str, Any], body: Any) -> Answer:
    there = server.state.get("views", [])
    server.store(views=[*there, {"id": len(there) + 1, **body}])
    return 201, server.state["views"][-1]


def drafts(server: Server, number: int, query: dict[str, Any], body: Any) -> Answer:
    return 200, next(one.get("drafts") or [] for one in server.state["tasks"] if one["id"] == number)


def draft(server: Server, number: int, query: dict[str, Any], body: Any) -> Answer:
    tasks = server.state["tasks"]
    found = [one for task in tasks for one in task.get("drafts") or () if one["id"] == number]
    if not found:
        return 404, {"detail": "Not found."}
    found[0].update(body)
    server.store(tasks=tasks)
    return 200, found[0]


def predictions(server: Server, query: dict[str, Any], body: Any) -> Answer:
    return 200, [one for one in _all(server) if one["task"] == query["task"]]


def create_prediction(server: Server, query: dict[str, Any], body: Any) -> Answer:
    tasks = server.state["tasks"]
    one = next(one for one in tasks if one["id"] == body["task"])
    one["predictions"] = [*(one.get("predictions") or ()), {"id": _next(server), **body}]
    server.store(tasks=tasks)
    return 201, one["predictions"][-1]


def delete_prediction(server: Server, number: int, query: dict[str, Any], body: Any) -> Answer:
    tasks = server.state["tasks"]
    for one in tasks:
        one["predictions"] = [held for held in one.get("predictions") or () if held.get("id") != number]
    server.store(tasks=tasks)
    return 204, None


def _all(server: Server) -> list[dict[str, Any]]:
    return [{**held, "task": one["id"]} for one in server.state["tasks"] for held in one.get("predictions") or ()]


def _next(server: Server) -> int:
    return max([100, *(one.get("id", 0) for one in _all(server))]) + 1


TEAM_ROUTES: list[tuple[str, str, Callable[..., Answer]]] = [
    ("GET", r"/api/dm/views/", views),
    ("POST", r"/api/dm/views/", create_view),
    ("GET", r"/api/tasks/(\d+)/drafts", drafts),
    ("PATCH", r"/api/drafts/(\d+)/", draft),
    ("GET", r"/api/predictions/", predictions),
    ("POST", r"/api/predictions/", create_prediction),
    ("DELETE", r"/api/predictions/(\d+)/", delete_prediction),
]
"""Method, the end of the path, and what answers."""
