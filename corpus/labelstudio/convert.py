"""Tasks with annotations → annotation files, one for each document and annotator; what is faulty is set aside.

    task → its text is the frozen one? → each annotator's newest annotation → layers → file
                                                                          ↘ faults → quarantine

Predictions, drafts and skipped annotations are never taken. All files take their places at the end, so
that an export which breaks off in its middle changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..core.model import Problem, Record, Source
from ..core.schema import Schema
from ..files import Entry, Index, Reader, canonical
from ..files.index import DOC_ID, RECORD
from .decode import decode
from .export import read_export
from .faults import Fault
from .pseudonyms import Pseudonyms
from .quarantine import Quarantine, problem
from .staging import Staging

__all__ = ["Origin", "Result", "convert_tasks", "read_export"]

TOOL = "label-studio"
_ALL_LAYERS = "no layers were chosen as looked at: all of the config are taken to be"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where tasks come from, as far as it is known: for the provenance of their annotations."""

    project: int | str | None = None
    server_version: str = ""
    sdk_version: str = ""
    config_sha256: str = ""

    @property
    def tool_version(self) -> str:
        """The server's version and that of the SDK that asked it."""
        sdk = f"label-studio-sdk {self.sdk_version}" if self.sdk_version else ""
        return ", ".join(part for part in (self.server_version, sdk) if part)


@dataclass(slots=True)
class Result:
    """What a conversion did. Paths are relative to the folder of annotations, those in quarantine to the corpus."""

    written: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    quarantined: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def convert_tasks(
    tasks: Iterable[Record],
    root: Path,
    schema: Schema,
    people: Pseudonyms,
    origin: Origin,
    into: Path,
    quarantine: Path,
) -> Result:
    """Write the annotations of `tasks` to `into/<annotator>/<doc_id>.json`, for the corpus at `root`.

    A file that holds what it should is not touched. Of two annotations of one document by one annotator,
    the one that was changed last is taken, and the other reported as a warning.
    """
    aside = Quarantine(quarantine, root)
    with Index(root) as index, Reader(root, index.unpacked) as reader, Staging(into) as files:
        people.reserve(path.name for path in into.iterdir() if path.is_dir())
        conversion = _Conversion(schema, people, origin, aside, files, _Records(index, reader))
        for task in tasks:
            conversion.take(task)
        files.commit()
        return Result(files.written, files.unchanged, aside.paths, conversion.problems)


class _Records:
    """The records of articles, read when they are asked for."""

    def __init__(self, index: Index, reader: Reader) -> None:
        self._reader = reader
        self._entries: dict[str, Entry] = {}
        for shard in index.shards(4096):
            for entry in shard:
                if entry.kind == RECORD and not entry.fault:
                    self._entries.setdefault(entry.doc_id, entry)

    def get(self, doc_id: str) -> Record | None:
        """The record of an article, None when the corpus has none."""
        entry = self._entries.get(doc_id)
        return self._reader.documents([entry])[0].article.record if entry else None


class _Conversion:
    """One run over tasks."""

    def __init__(
        self,
        schema: Schema,
        people: Pseudonyms,
        origin: Origin,
        aside: Quarantine,
        files: Staging,
        records: _Records,
    ) -> None:
        self._schema, self._people, self._origin = schema, people, origin
        self._aside, self._files, self._records = aside, files, records
        self._taken: dict[str, tuple[datetime, int]] = {}
        """When the annotation of each file was changed last, and its id: a document may be in two tasks."""
        self.problems: list[Problem] = []

    def take(self, task: Record) -> None:
        """Convert the annotations of one task."""
        data = task.get("data")
        if not isinstance(data, dict) or not isinstance(task.get("annotations"), list):
            self._hold([Fault("L101", "it has no data or no annotations")], task, {}, "", "")
            return
        live = [one for one in task["annotations"] if isinstance(one, dict) and not one.get("was_cancelled")]
        doc_id, text = data.get("doc_id"), data.get("text")
        if not isinstance(doc_id, str) or not isinstance(text, str):
            doc_id, text = str(doc_id), ""
        if live:
            record = self._records.get(doc_id)
            faults = list(_task_faults(task, record, self._schema))
            for annotator, annotation in self._newest(live, task, doc_id):
                if faults or not annotator:
                    found = faults or [Fault("L105")]
                else:
                    found = self._convert(task, annotation, annotator, doc_id, text, record or {})
                if found:
                    self._hold(found, task, annotation, doc_id, annotator, text)
        self._aside.release(doc_id, task.get("id"))

    def _newest(self, live: list[Record], task: Record, doc_id: str) -> Iterator[tuple[str, Record]]:
        """The last annotation of each annotator."""
        if len(live) == 1:
            yield self._people.of(live[0].get("completed_by")), live[0]
            return
        by_annotator: dict[str, list[Record]] = {}
        for one in live:
            by_annotator.setdefault(self._people.of(one.get("completed_by")), []).append(one)
        for annotator, several in by_annotator.items():
            several.sort(key=_stamp)
            if annotator:
                for older in several[:-1]:
                    self._older(annotator, task, older, doc_id)
            yield from ((annotator, one) for one in (several[-1:] if annotator else several))

    def _older(self, annotator: str, task: Record, annotation: Record, doc_id: str) -> None:
        detail = f"annotation {annotation.get('id')} of task {task.get('id')} by {annotator} is left out"
        source = Source(f"annotations/{annotator}/{doc_id}.json", "annotation")
        self.problems.append(problem(Fault("L107", detail), source, doc_id, None, "warning"))

    def _hold(
        self, faults: list[Fault], task: Record, annotation: Record, doc_id: str, by: str, text: str = ""
    ) -> None:
        self.problems.extend(self._aside.hold(faults, task, annotation, doc_id, by, text))

    def _convert(
        self, task: Record, annotation: Record, annotator: str, doc_id: str, text: str, record: Record
    ) -> list[Fault]:
        """Put one annotation among the files, or say why not."""
        name, stamp = f"{annotator}/{doc_id}.json", _stamp(annotation)
        if name in self._taken and stamp < self._taken[name]:
            self._older(annotator, task, annotation, doc_id)
            return []
        schema, result = self._schema, annotation.get("result")
        decoded = decode(result, text, schema, quoted=record.get("redistribution") == "full")
        if decoded.faults:
            return decoded.faults
        done, notes = _looked_at(decoded.done, decoded.layers, schema)
        if decoded.note:
            notes.append(decoded.note)
        value: Record = {
            "doc_id": doc_id,
            "schema_version": schema.version,
            "text_sha256": record["text_sha256"],
            "annotator": annotator,
            "layers_done": done,
            "provenance": self._provenance(task, annotation, notes),
            **{layer: decoded.layers[layer] for layer in done},
        }
        if not schema.is_valid("annotation", value):
            return list(_misfits(value, schema, result))
        try:
            content = canonical(value, "annotation", schema)
        except UnicodeEncodeError:
            return [Fault("L305", "a string holds half of a surrogate pair")]
        if name in self._taken:
            self._older(annotator, task, {"id": self._taken[name][1]}, doc_id)
        self._taken[name] = stamp
        self._files.put(name, content)
        return []

    def _provenance(self, task: Record, annotation: Record, notes: list[str]) -> Record:
        origin = self._origin
        lead_time = annotation.get("lead_time")
        project = origin.project
        for known in annotation, task:
            project = known.get("project") if project is None else project
        found = {
            "tool": TOOL,
            "tool_version": origin.tool_version or None,
            "config_sha256": origin.config_sha256 or None,
            "project": project,
            "task": task.get("id"),
            "annotation": annotation.get("id"),
            "created": annotation.get("created_at"),
            "updated": annotation.get("updated_at"),
            "lead_time": lead_time if isinstance(lead_time, (int, float)) and lead_time >= 0 else None,
            "from_prediction": annotation.get("parent_prediction") is not None,
            "note": "; ".join(notes) or None,
        }
        return {key: value for key, value in found.items() if value is not None}


def _task_faults(task: Record, record: Record | None, schema: Schema) -> Iterator[Fault]:
    """Why nothing of a task can be taken."""
    data, meta = task["data"], task.get("meta")
    ids = [data, meta] if isinstance(meta, dict) else [data]
    doc_id, text = data.get("doc_id"), data.get("text")
    if not isinstance(doc_id, str) or not DOC_ID.fullmatch(doc_id) or not isinstance(text, str):
        yield Fault(
            "L101", "its data have no doc_id or no text", suggestion="`corpus label-studio push` makes the tasks"
        )
    elif record is None:
        yield Fault("L102", doc_id)
    elif any(one.get("doc_id", doc_id) != doc_id for one in ids):
        yield Fault("L101", "its data and its meta name two documents")
    elif hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() != record.get("text_sha256"):
        yield Fault("L103", "the text of the task has another hash than the record of the article")
    elif any(one.get("text_sha256", record["text_sha256"]) != record["text_sha256"] for one in ids):
        yield Fault("L103", "the hash that was pushed is not the one of the record of the article")
    elif any(one.get("schema_version", schema.version) != schema.version for one in ids):
        versions = ", ".join(sorted({str(one["schema_version"]) for one in ids if "schema_version" in one}))
        yield Fault("L104", f"{versions}, and the corpus has {schema.version}")


def _looked_at(
    chosen: list[str] | None, layers: dict[str, list[Record]], schema: Schema
) -> tuple[list[str], list[str]]:
    """The layers that were looked at, and notes on how that is known."""
    if chosen is None:
        return list(schema.layers), [_ALL_LAYERS]
    more = [name for name, records in layers.items() if records and name not in chosen]
    notes = [f"{', '.join(more)}: not chosen as looked at, but there are records"] if more else []
    return [name for name in schema.layers if name in chosen or name in more], notes


def _misfits(value: Record, schema: Schema, result: Any) -> Iterator[Fault]:
    """Where the annotation does not fit the schema, at the region of the record."""
    for violation in schema.violations("annotation", value):
        parts, id_ = violation.parts, ""
        if len(parts) > 1 and isinstance(parts[1], int):
            id_ = str(value[str(parts[0])][parts[1]]["id"])
        index = next((i for i, item in enumerate(result) if id_ and item.get("id") == id_), None)
        yield Fault("L305", f"{'/'.join(map(str, parts))}: {violation.message[:200]}", index, id_)


def _stamp(annotation: Record) -> tuple[datetime, int]:
    """When an annotation was changed last; of two at once the later made comes last."""
    for key in ("updated_at", "created_at"):
        try:
            when = datetime.fromisoformat(annotation[key])
            break
        except (KeyError, TypeError, ValueError):
            when = datetime.min
    id_ = annotation.get("id")
    return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC), id_ if isinstance(id_, int) else 0
