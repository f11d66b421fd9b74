"""Who annotates which document: how many annotators each document needs, and whom it is assigned to.

The community edition has no assignment. What it has is a number of annotations that each task needs, and tabs with a
filter, whose stream offers the tasks of the tab only. So an assigned task names its annotators, and each of them gets
a tab:

    task 7   data.assigned  "ann-a ann-c"        tab ann-a   the tasks whose data.assigned holds ann-a

Names are pseudonyms, as in annotators.toml.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..core.model import CorpusError
from ..files.index import ANNOTATOR
from .server import Project, Server

ASSIGNED = "assigned"
"""The key in `data` (a string, which a tab can filter by) and in `meta` (a list) of a task."""
_HIDDEN = [f"tasks:{name}" for name in ("annotations_results", "annotations_ids", "annotators", "drafts")]
"""The columns of a tab that would show the work of others."""


@dataclass(frozen=True, slots=True)
class Team:
    """`overlap` annotators for each document (0: as the project has it), out of `names` if any are given."""

    overlap: int = 0
    names: tuple[str, ...] = ()

    def checked(self) -> Team:
        """Return the team with its overlap set: all names if no number is given. Raises CorpusError if they clash."""
        for name in self.names:
            if not ANNOTATOR.fullmatch(name):
                raise CorpusError(f"--assign: {name!r} is not a valid annotator name (such as ann-1)")
        if len(set(self.names)) < len(self.names):
            raise CorpusError("--assign names someone twice")
        if self.names and self.overlap > len(self.names):
            raise CorpusError(
                f"--annotators {self.overlap} needs as many names in --assign, which has {len(self.names)}"
            )
        return Team(self.overlap or len(self.names), self.names)

    def refuse_fewer(self, before: Iterable[Sequence[str]]) -> None:
        """Raise CorpusError if the documents of a project are assigned to more people than would be offered them.

        The number of annotators is one for the whole project: a lower one would hide these documents from the second.
        """
        most = max(map(len, before), default=0)
        if self.overlap and self.overlap < most:
            raise CorpusError(
                f"the project has documents that are assigned to {most} annotators, and would offer them to "
                f"{self.overlap} only: name {most} in --assign, or another project"
            )


def assigned_to(task: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the annotators that a task names, none if it is for everyone."""
    for part in (task.get("meta"), task.get("data")):
        named = part.get(ASSIGNED) if isinstance(part, dict) else None
        names = named.split() if isinstance(named, str) else named
        if isinstance(names, list) and all(isinstance(name, str) and ANNOTATOR.fullmatch(name) for name in names):
            return tuple(names)
    return ()


def deal(doc_ids: Iterable[str], team: Team, before: Iterable[Sequence[str]] = ()) -> dict[str, tuple[str, ...]]:
    """Return whom each document is assigned to: everyone gets as many, and every pair of annotators shares as many.

    `before` are the assignments of the documents that a project has. The same documents give the same assignment.
    """
    load: Counter[str] = Counter()
    shared: Counter[frozenset[str]] = Counter()
    for names in before:
        _count(names, load, shared)
    dealt: dict[str, tuple[str, ...]] = {}
    for doc_id in doc_ids:
        chosen: list[str] = []
        for _ in range(team.overlap if team.names else 0):
            free = [name for name in team.names if name not in chosen]
            chosen.append(min(free, key=lambda name: (load[name], sum(shared[frozenset((name, c))] for c in chosen))))
        dealt[doc_id] = tuple(sorted(chosen, key=team.names.index))
        _count(chosen, load, shared)
    return dealt


def _count(names: Sequence[str], load: Counter[str], shared: Counter[frozenset[str]]) -> None:
    load.update(names)
    shared.update(frozenset((one, other)) for i, one in enumerate(names) for other in names[:i])


def assign(task: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Return a task that names its annotators."""
    if not names:
        return task
    data, meta = {**task["data"], ASSIGNED: " ".join(names)}, {**task["meta"], ASSIGNED: list(names)}
    return {**task, "data": data, "meta": meta}


def set_overlap(server: Server, project: Project, overlap: int) -> bool:
    """Let each task of the project have this many annotators; return False if it does already."""
    if overlap == overlap_of(server, project):
        return False
    what = f"the number of annotators of {project.title!r} was not changed"
    server.send(what, "PATCH", f"api/projects/{project.id}/", {"maximum_annotations": overlap})
    return True


def overlap_of(server: Server, project: Project) -> int:
    """Return how many annotators each task of the project needs."""
    return server.get(
        "the project", f"api/projects/{project.id}/", lambda found: int(found.get("maximum_annotations") or 1)
    )


def set_tabs(server: Server, project: Project, names: Sequence[str]) -> None:
    """Give each annotator a tab with the tasks that are assigned to them; tabs that exist stay as they are."""
    there = server.get("its tabs", "api/dm/views/", _titles, project=project.id)
    for name in names:
        if name not in there:
            body = {"project": project.id, "data": _tab(name)}
            server.send(f"the tab {name} was not created", "POST", "api/dm/views/", body)


def _titles(views: list[dict[str, Any]]) -> set[str]:
    return {str(view["data"].get("title")) for view in views}


def _tab(name: str) -> dict[str, Any]:
    value = f"(^| ){name}( |$)"
    item = {"filter": f"filter:tasks:data.{ASSIGNED}", "operator": "regex", "type": "String", "value": value}
    return {
        "title": name,
        "type": "list",
        "filters": {"conjunction": "and", "items": [item]},
        "ordering": ["tasks:id"],
        "hiddenColumns": {"explore": _HIDDEN, "labeling": _HIDDEN},
    }


def assignments(tasks: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, ...]]:
    """Yield whom each task is assigned to, for those that name someone."""
    yield from (names for task in tasks if (names := assigned_to(task)))
