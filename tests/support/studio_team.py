"""A team on a real server: each annotator takes what the stream offers, and an adjudicator decides."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from corpus.labelstudio.tasks import encode
from support.corpora import REPOSITORY
from support.desk import Desk
from support.exports import SCHEMA
from support.studio import Studio, User

Result = list[dict[str, Any]]
MORE = ["barrage-hearing-live", "bell-loan-brief"]
"""Documents beside those of a desk: twelve together."""


def clear(desk: Desk, more: list[str] | None = None) -> Path:
    """Take all annotations off the desk, and add documents; return the folder that has the annotations now."""
    for doc_id in more or ():
        for folder in ("raw", *(f"annotations/{name}" for name in ("ann-a", "ann-b", "gold"))):
            for file in (REPOSITORY / folder).glob(f"{doc_id}.*"):
                shutil.copy(file, desk.root / folder)
    kept = desk.root.parent / "kept"
    shutil.move(desk.root / "annotations", kept)
    (desk.root / "annotations").mkdir()
    return kept


ANAPHORIC = {"attribution": "anaphoric"}
CORRECTED: dict[tuple[str, str, str], dict[str, Any]] = {
    ("ann-a", "vellish-signs-opinion", "q1"): ANAPHORIC,
    ("ann-b", "vellish-signs-opinion", "q1"): ANAPHORIC,
    ("ann-a", "night-ferry-strike-live", "q14"): ANAPHORIC,
    ("ann-b", "night-ferry-strike-live", "q14"): ANAPHORIC,
    ("ann-a", "night-ferry-strike-live", "q4"): {"cue": [{"start": 744, "end": 751, "text": "post by"}]},
    ("ann-b", "merger-hospital-packet", "q8"): {"source": [], "attribution": "implicit"},
}
"""Annotator, document, quote → the fields that the baseline of this repository excuses, as they should be."""


def correct(value: dict[str, Any]) -> None:
    """Correct what is in the baseline of this repository, so that a team's `corpus validate` has no warning."""
    for quote in value.get("quotes") or ():
        quote.update(CORRECTED.get((value["annotator"], value["doc_id"], quote["id"]), {}))
    for stance in value.get("stances") or ():
        if stance["label"] == "neutral":
            stance["intensity"] = 1


def stream(server: Studio, project: str, tab: str, user: User) -> Any:
    """The next task that the stream of a tab offers, None when there is no more."""
    number = server.project(project)["id"]
    views = server.api("GET", "/api/dm/views/", user, params={"project": number})
    (shown,) = [view["data"] for view in views if view["data"]["title"] == tab]
    with server.http(user) as client:
        answer = client.post(
            "/api/dm/actions/",
            params={"id": "next_task", "project": number},
            # What the editor sends for "Label Tasks As Displayed".
            json={key: shown[key] for key in ("filters", "ordering")},
        )
    if answer.status_code == 404:
        return None
    answer.raise_for_status()
    return answer.json()


def work(server: Studio, project: str, team: Mapping[str, User], kept: Path) -> list[tuple[str, str]]:
    """Let each annotator do all that their tab offers, in turns; return who did what. The stream must be blind.

    The first annotator of a document takes the annotation by ann-a of this repository, the second that by ann-b.
    """
    done: list[tuple[str, str]] = []
    busy = dict(team)
    while busy:
        for name, user in list(busy.items()):
            task = stream(server, project, name, user)
            if task is None:
                del busy[name]
                continue
            assert (task["annotations"], task["predictions"], task["drafts"]) == ([], [], []), "not blind"
            doc_id, assigned = task["data"]["doc_id"], task["data"]["assigned"].split()
            assert name in assigned
            whose = ("ann-a", "ann-b")[assigned.index(name)]
            value = json.loads((kept / whose / f"{doc_id}.json").read_bytes())
            correct(value)
            server.annotate(task["id"], encode(value, task["data"]["text"], SCHEMA), user)
            done.append((name, doc_id))
    return done


def decide(server: Studio, project: str, user: User, side: str = "a") -> int:
    """Let the adjudicator keep one side of each conflict of two records; return how many conflicts there were."""
    conflicts = 0
    for task in server.tasks(project).values():
        asked = task["meta"]["adjudication"]["asked"]
        (prediction,) = task["predictions"]
        lost = {(b if side == "a" else a) for _, a, b, _ in asked if a and b}
        server.annotate(task["id"], without(prediction["result"], lost), user, parent_prediction=prediction["id"])
        conflicts += len(asked)
    return conflicts


def without(result: Result, gone: set[str]) -> Result:
    """The result after these regions were deleted, as the editor deletes them: it leaves their further pieces."""
    return [item for item in result if not {item.get("id"), item.get("from_id"), item.get("to_id")} & gone]


def others(server: Studio, task: int, user: User) -> int:
    """How many annotations of others a task shows a user outside of the stream."""
    found = server.api("GET", f"/api/tasks/{task}/", user)["annotations"]
    return sum(one["completed_by"]["id"] != user.id for one in found)
