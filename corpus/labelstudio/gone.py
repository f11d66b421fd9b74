"""Find the annotation files whose task or annotation a server no longer has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..core.model import CorpusError
from ..core.regular_file import read_file
from ..core.schema import Schema
from .ownership import CHECKSUM, SERVER, TOOL, Owned, read_owned


@dataclass(frozen=True, slots=True)
class Gone:
    """An annotation file whose task or annotation the server no longer has.

    `known` is true if an earlier pull into this copy of the corpus wrote the file, and no one edited it since: no
    other file is ever removed.
    """

    path: str
    reason: str
    known: bool


@dataclass(frozen=True, slots=True)
class OnServer:
    """What a server has of a project: all `tasks`, and the `annotations` of each task that was downloaded.

    `is_own` tells whether a server in provenance is this one. `has_task` asks for one task.
    """

    project: int
    tasks: Mapping[int, str]
    annotations: Mapping[int, set[int]]
    is_own: Callable[[str], bool]
    has_task: Callable[[int], bool]


def find_gone(into: Path, there: OnServer, known: set[str], schema: Schema) -> Iterator[Gone]:
    """Yield the files in `into` of this project of this server that are gone; `known` are those of earlier pulls."""
    asked: dict[int, bool] = {}
    for path in sorted(into.glob("[!.]*/*.json")):
        one = _imported(path, into, there, schema)
        if not one:
            continue
        task, annotation = one.provenance.get("task"), one.provenance.get("annotation")
        name = path.relative_to(into).as_posix()
        # A file that someone edited belongs to them: only they remove it.
        removable = name in known and (one.unedited or CHECKSUM not in one.provenance)
        if type(task) is not int:
            continue
        if task not in there.tasks:
            # A deletion during the listing shifts its pages and can hide a task: ask for it before calling it gone.
            if task not in asked:
                asked[task] = there.has_task(task)
            if not asked[task]:
                yield Gone(name, f"task {task} is no longer on the server", removable)
        elif task in there.annotations and annotation not in there.annotations[task]:
            yield Gone(name, f"annotation {annotation} of task {task} is no longer on the server", removable)


def _imported(path: Path, into: Path, there: OnServer, schema: Schema) -> Owned | None:
    """Read a file that comes from this project of this server, None for any other."""
    try:
        data = read_file(path, into)
    except (CorpusError, FileNotFoundError):
        return None
    if TOOL.encode() not in data:
        return None
    one = read_owned(data, schema)
    provenance = one.provenance
    own = one.imported and provenance.get("project") == there.project and there.is_own(str(provenance.get(SERVER, "")))
    return one if own else None
