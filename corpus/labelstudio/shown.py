"""Make sure that annotators see the predictions they start from: the server stores and shows each of them.

The editor shows the predictions of one version only, that of the project, and none if the project has no version.
An annotator who does not see them could submit an empty annotation.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import islice
from typing import Any

from ..core.model import CorpusError
from .download import task_doc_id
from .server import Project, Server

BATCH = 50
"""Tasks per request."""
_SHOWN = 5


def show_predictions(server: Server, project: Project, version: str) -> None:
    """Let the editor show the predictions of this version."""
    shown: dict[str, Any] = server.get("the project", f"api/projects/{project.id}/")
    if (shown.get("model_version"), shown.get("show_collab_predictions")) != (version, True):
        body = {"model_version": version, "show_collab_predictions": True}
        what = f"the project {project.title!r} does not show the predictions of {version!r}"
        server.send(what, "PATCH", f"api/projects/{project.id}/", body)


def check_predictions(server: Server, project: Project, sent: Mapping[str, int]) -> None:
    """Raise CorpusError unless the server has the prediction of each document: `sent` has its number of results."""
    tasks = {int(one["id"]): doc_id for one in server.tasks(project) if (doc_id := task_doc_id(one)) in sent}
    seen: dict[str, set[int]] = {}
    ids = iter(tasks)
    while batch := list(islice(ids, BATCH)):
        for one in _with_predictions(server, project, batch):
            seen.setdefault(tasks[int(one["id"])], set()).update(map(_size, one.get("predictions") or ()))
    lacking = [doc_id for doc_id, size in sent.items() if size not in seen.get(doc_id, ())]
    if lacking:
        more = f" and {len(lacking) - _SHOWN} more" if len(lacking) > _SHOWN else ""
        raise CorpusError(
            f"the server does not have the whole prediction of {', '.join(lacking[:_SHOWN])}{more}, and an annotator "
            f"could submit an empty annotation; delete these tasks of {project.title!r}, and run again with `--new`"
        )


def _with_predictions(server: Server, project: Project, ids: list[int]) -> list[dict[str, Any]]:
    query = json.dumps({"ordering": ["tasks:id"], "selectedItems": {"all": False, "included": ids}})
    options: Any = {"project": project.id, "page": 1, "page_size": len(ids), "resolve_uri": "false", "query": query}
    options |= {"fields": "all", "include": "id,predictions"}
    return server.get("its predictions", "api/tasks/", lambda answer: list(answer["tasks"]), **options)


def _size(prediction: Any) -> int:
    result = prediction.get("result") if isinstance(prediction, dict) else None
    return len(result) if isinstance(result, list) else -1
