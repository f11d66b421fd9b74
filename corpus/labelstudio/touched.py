"""List the tasks of a project without their texts and results, and the drafts of a task."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .pages import read_pages
from .server import Project, Server

_ID = re.compile(r", ?([0-9]+)$")
"""The id of a user, in a name such as "Mira mira@example.org, 7"."""
_INCLUDE = "id,meta,total_annotations,cancelled_annotations,draft_exists"


@dataclass(frozen=True, slots=True)
class Listed:
    """A task: what it is about, and whether someone submitted or skipped it, or has a draft of it."""

    id: int
    task: dict[str, Any]
    has_annotations: bool
    has_drafts: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft that was not submitted: its user, its time in seconds, and when it was saved last.

    The user is an id, or an e-mail address if the server does not give the id; neither may be shown.
    """

    user: Any
    lead_time: float
    updated: str


def list_tasks(server: Server, project: Project) -> Iterator[Listed]:
    """Yield all tasks in order of id."""

    def ask(last: int, size: int) -> list[dict[str, Any]]:
        item = {"filter": "filter:tasks:id", "operator": "greater", "type": "Number", "value": last}
        query = {"ordering": ["tasks:id"], "filters": {"conjunction": "and", "items": [item]}}
        options: Any = {"project": project.id, "page": 1, "page_size": size, "resolve_uri": "false"}
        return server.get(
            "its tasks",
            "api/tasks/",
            lambda answer: list(answer["tasks"]),
            fields="all",
            include=_INCLUDE,
            query=json.dumps(query),
            **options,
        )

    for page in read_pages(ask):
        yield from map(_listed, page)


def _listed(task: dict[str, Any]) -> Listed:
    made = (task.get("total_annotations") or 0) + (task.get("cancelled_annotations") or 0)
    return Listed(int(task["id"]), task, made > 0, bool(task.get("draft_exists")))


def drafts_of(server: Server, task: int) -> list[Draft]:
    """Return the drafts of a task by anyone, without those of a submitted annotation."""
    return [_draft(one) for one in all_drafts(server, task) if one.get("annotation") is None]


def all_drafts(server: Server, task: int) -> list[dict[str, Any]]:
    """Return the drafts of a task as the server has them: of new annotations, and of changes to submitted ones."""
    return server.get("its drafts", f"api/tasks/{task}/drafts", lambda answer: [dict(one) for one in answer])


def _draft(draft: dict[str, Any]) -> Draft:
    seconds = draft.get("lead_time")
    found = _ID.search(str(draft.get("created_username") or ""))
    user = int(found[1]) if found else draft.get("user")
    return Draft(user, float(seconds) if seconds and seconds > 0 else 0.0, str(draft.get("updated_at") or ""))
