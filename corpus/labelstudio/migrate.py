"""Migrate a project of a Label Studio server to a changed schema, so that the next pull accepts its old annotations.

    every task → the old and the new schema → what is to change, or why it cannot be → back up → change → config

`migrate` calls these steps in this order. All tasks are planned before the first change: if one annotation that the old
schema accepts cannot be mapped, nothing is changed. An annotation that is in order stays as it is, so a second run,
after a kill too, does only what is left. Each result is saved on this disk before it is replaced.

An annotation from before says nothing about a field that only the new schema has: its task gets `fields_done` without
that field. When the config was replaced is remembered, so that later annotations are not taken for older ones.

Drafts are renamed as well. They are unfinished, so nothing else in them is checked.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..core.model import CorpusError, Record
from ..core.regular_file import read_file
from ..core.schema import Schema
from ..files import Index, Reader, replace_file
from ..files.writer import make_folder
from .config import config_sha256, labelling_config
from .config_purpose import Purpose, blank_fields, purpose_of
from .convert import Articles, Origin, build_annotation
from .pseudonyms import Pseudonyms
from .pull import STATE
from .renames import Renames
from .server import Project, Server
from .submissions import Submission, refuse_adjudication, task_faults
from .touched import all_drafts, list_tasks

_BEFORE, _STATE = "before-migration", "migrated.json"
Progress = Callable[[int, str], object]


@dataclass(slots=True)
class Step:
    """What one task needs: new `data` and `meta`, new results of annotations, predictions and drafts; or why not.

    `attached` has by draft the changed annotation to which it holds changes that its annotator has not saved.
    `notes` say what is done, `refusals` what cannot be, `invalid` what no schema ever accepted and is left alone.
    """

    task: int
    doc_id: str
    changed: dict[str, Any] = field(default_factory=dict)
    annotations: dict[int, tuple[Any, Any]] = field(default_factory=dict)
    predictions: dict[int, tuple[Any, Any]] = field(default_factory=dict)
    drafts: dict[int, tuple[Any, Any]] = field(default_factory=dict)
    attached: dict[int, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    invalid: list[str] = field(default_factory=list)

    @property
    def is_needed(self) -> bool:
        """True if something of the task is to change."""
        return bool(self.changed or self.annotations or self.predictions or self.drafts)


@dataclass(frozen=True, slots=True)
class Migrated:
    """What a migration does to each task, and to the config: "changed" or "same". `done` is false for a dry run."""

    project: Project
    steps: tuple[Step, ...]
    tasks: int
    config: str
    done: bool

    @property
    def refused(self) -> bool:
        """True if something cannot be mapped: then nothing was changed."""
        return any(step.refusals for step in self.steps)


def migrate(
    server: Server,
    root: Path,
    old: Schema,
    new: Schema,
    name: str,
    people: Pseudonyms,
    renames: Sequence[str] = (),
    dropped: Sequence[str] = (),
    dry_run: bool = False,
    progress: Progress = lambda amount, what: None,
) -> Migrated:
    """Migrate the project `name` from the schema `old` to `new`. Raises CorpusError."""
    project = server.find_project(name)
    if not project:
        raise CorpusError(f"the server has no project {name!r} that this token has access to")
    names = Renames(old, new, renames, dropped)
    folder = root / STATE / f"{people.server(server.origin)}-{project.id}"
    make_folder(folder / _BEFORE, root)
    since = _State.read(folder, old, new)
    with Index(root) as index, Reader(root, index.unpacked) as reader:
        plan = _Planner(old, new, names, Articles(index, reader), since.until)
        steps = []
        drafted = {one.id for one in list_tasks(server, project) if one.has_drafts}
        for task in server.tasks(project, include=""):
            refuse_adjudication(task, project.title, "pull its decisions, and push what is open to a new project")
            steps.append(plan.step(task, all_drafts(server, task["id"]) if task["id"] in drafted else ()))
            progress(1, "tasks")
    config = labelling_config(new, plan.purpose(purpose_of(project.config)))
    how = "same" if config_sha256(config) == config_sha256(project.config) else "changed"
    told = tuple(one for one in steps if one.notes or one.refusals or one.invalid)
    did = Migrated(project, told, len(steps), how, False)
    if dry_run or did.refused:
        return did
    for step in steps:
        _apply(server, folder / _BEFORE, step)
    if how == "changed":
        server.check_config(project, config)
        server.set_config(project, config)
    if not since.until:
        since.save(server.last_change(project))
    return replace(did, done=True)


@dataclass(slots=True)
class _State:
    """When the annotations from before a migration ended: "" until the config was replaced."""

    path: Path
    schemas: str
    until: str = ""

    @classmethod
    def read(cls, folder: Path, old: Schema, new: Schema) -> _State:
        """Read what an earlier run between the same schemas saved."""
        both = json.dumps([old.annotation, new.annotation], sort_keys=True).encode()
        state = cls(folder / _STATE, hashlib.sha256(both).hexdigest())
        try:
            saved = json.loads(read_file(state.path, folder))
            state.until = str(saved["until"]) if saved["schemas"] == state.schemas else ""
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            pass
        return state

    def save(self, until: str) -> None:
        """Save that annotations until then are from before."""
        with replace_file(self.path) as out:
            out.write(json.dumps({"schemas": self.schemas, "until": until}).encode())


class _Planner:
    """Says what each task needs, one after another."""

    def __init__(self, old: Schema, new: Schema, names: Renames, articles: Articles, until: str) -> None:
        self._old, self._new, self._names, self._articles, self._until = old, new, names, articles, until
        self._blank: set[str] = set()

    def purpose(self, there: Purpose) -> Purpose:
        """Return what the new config is for, after all tasks."""
        known = self._new.layers
        layers = tuple(name for name in self._names.layers(there.layers) if name in known)
        return Purpose(layers).with_blank(self._blank)

    def step(self, task: Record, drafts: Sequence[Record] = ()) -> Step:
        """Return what a task needs. `drafts` are its drafts, by anyone."""
        data = _object(task.get("data"))
        step = Step(task["id"], str(data.get("doc_id", "")))
        record = self._articles.record(step.doc_id) if step.doc_id else None
        live = [one for one in task.get("annotations") or () if isinstance(one, dict) and not one.get("was_cancelled")]
        ids = self._ids(data, record, live)
        renewed = self._with(task, ids)
        if faults := list(task_faults(renewed, record, self._new)):
            # Not a matter of the schema: the article is missing, or its text is another one.
            step.invalid.append(f"left alone: {faults[0].message}")
            return step
        assert record is not None
        if renewed["data"] != task["data"] or renewed["meta"] != task.get("meta"):
            step.changed = {"data": renewed["data"], "meta": renewed["meta"]}
            step.notes.append(f"metadata: {_shown(ids, data)}")
        self._blank.update(blank_fields(ids.get("fields_done", {}), self._new))
        for one in live:
            self._annotation(step, task, renewed, one, record)
        for one in task.get("predictions") or ():
            result = self._names.result(one.get("result")) if isinstance(one, dict) else None
            if isinstance(one, dict) and result != one.get("result"):
                step.predictions[one["id"]] = one["result"], result
                step.notes.append(f"prediction {one['id']}: renamed")
        for one in drafts:
            self._draft(step, one)
        return step

    def _draft(self, step: Step, one: Record) -> None:
        before, named = one.get("result"), f"draft {one.get('id')}"
        result = self._names.result(before)
        if one.get("annotation") in step.annotations:
            step.attached[one["id"]] = one["annotation"]
        if result != before and type(one.get("id")) is int:
            step.drafts[one["id"]] = before, result
            step.notes.append(f"{named}: {_differing(before, result)}")
        if unknown := self._names.count_unknown(result):
            shown = f"{unknown} result{'s' * (unknown != 1)}"
            step.invalid.append(
                f"{named}: {shown} with a name that the schema does not have; its annotator corrects it"
            )

    def _annotation(self, step: Step, task: Record, renewed: Record, one: Record, record: Record) -> None:
        result = self._names.result(one.get("result"))
        faults = self._faults(renewed, {**one, "result": result}, record, self._new)
        named = f"annotation {one.get('id')}"
        if not faults:
            if result != one.get("result"):
                step.annotations[one["id"]] = one["result"], result
                step.notes.append(f"{named}: {_differing(one['result'], result)}")
            return
        first = f"{faults[0].code} {faults[0].message}"
        ids = {key: value for key, value in task["data"].items() if key != "fields_done"}
        ids["schema_version"] = self._old.versions[0]
        if self._faults({**task, "data": ids}, one, record, self._old):
            step.invalid.append(f"{named} left alone: it does not fit the old schema either: {first}")
        else:
            step.refusals.append(f"{named} cannot be mapped: {first}")

    @staticmethod
    def _faults(task: Record, annotation: Record, record: Record, schema: Schema) -> list[Any]:
        one = Submission(task, annotation, "ann-1", task["data"]["doc_id"], task["data"]["text"])
        made = build_annotation(one, record, schema, Origin())
        return made if isinstance(made, list) else []

    def _ids(self, data: Record, record: Record | None, live: Sequence[Record]) -> Record:
        """Return the metadata that the task should have."""
        done = self._names.fields_done(_object(data.get("fields_done")))
        if any(self._is_before(one) for one in live):
            for layer, added in self._names.added.items():
                fields = [one.name for one in self._new.layers[layer].fields if one.name != "id"]
                if added and layer not in done:
                    done[layer] = [name for name in fields if name not in added]
        version = data.get("schema_version")
        version = version if version in self._new.versions else self._new.versions[0]
        ids = {"doc_id": data.get("doc_id"), "schema_version": self._new.version if done else version}
        ids["text_sha256"] = (record or {}).get("text_sha256")
        return {**ids, **({"fields_done": done} if done else {})}

    def _is_before(self, annotation: Record) -> bool:
        return not self._until or str(annotation.get("created_at") or "") <= self._until

    @staticmethod
    def _with(task: Record, ids: Record) -> Record:
        """Return a task with this metadata, everywhere."""
        data, meta = (
            {key: value for key, value in _object(task.get(part)).items() if key != "fields_done"}
            for part in ("data", "meta")
        )
        return {**task, "data": {**data, **ids}, "meta": {**meta, **ids}}


def _apply(server: Server, folder: Path, step: Step) -> None:
    """Change a task on the server: its annotations first, so that a kill leaves none that the next run overlooks."""
    for draft in step.attached:  # the server deletes the drafts of an annotation that is changed
        server.attach_draft(draft, None)
    kinds = {"annotations": step.annotations, "predictions": step.predictions, "drafts": step.drafts}
    for kind, found in kinds.items():
        for id_, (before, after) in found.items():
            saved = json.dumps(before, ensure_ascii=True, indent=1).encode() + b"\n"
            name = f"{kind}-{step.task}-{id_}-{hashlib.sha256(saved).hexdigest()[:8]}.json"
            with replace_file(folder / name) as out:
                out.write(saved)
            server.change_result(kind, id_, after)
    for draft, annotation in step.attached.items():
        server.attach_draft(draft, annotation)
    if step.changed:
        server.change_task(step.task, **step.changed)


def _object(value: Any) -> Record:
    return value if isinstance(value, dict) else {}


def _shown(ids: Record, data: Record) -> str:
    """Return which metadata change."""
    changes = []
    for key, value in ids.items():
        if data.get(key) != value:
            shown = "; ".join(f"{layer}: {', '.join(names)}" for layer, names in _object(value).items())
            changes.append(f"{key} {shown or value}")
    return "; ".join(changes) or "made the same in data and meta"


def _differing(before: Any, after: Any) -> str:
    """Return how many results differ, and how many are gone."""
    gone = len(before) - len(after)
    kept = [one for one in before if one in after]
    changed = len(after) - len(kept)
    parts = [f"{changed} result{'s' * (changed != 1)} renamed"] if changed > 0 else []
    parts += [f"{gone} dropped"] if gone else []
    return ", ".join(parts) or "the order of its results changed"
