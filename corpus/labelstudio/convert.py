"""Convert the tasks of an export to annotation files, one per document and annotator.

    read_export → group_task → task_faults → decode → build_annotation → stage or quarantine
                → keep_others → save new people, and commit

`convert_tasks` calls these steps in this order. No file changes before the last task is read, so an export
that is cut off changes nothing.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..core.done import derived_list
from ..core.garbage import no_garbage_collection
from ..core.model import Annotation, Article, Document, Problem, Record, Source
from ..core.regular_file import refuse_links
from ..core.schema import Schema
from ..files import Entry, Index, Reader
from ..files.index import RECORD
from ..files.staging import Staging, commit_together
from ..files.write import canonical_parts, join_parts
from .carried import Carried, add_alternatives, carried
from .decode import Decoded, decode
from .export import read_export
from .faults import AnnotationFault
from .ownership import CHECKSUM, SERVER, TOOL, keep_others, keeps, parts_sha256, refuse_uncommitted
from .pseudonyms import ADDRESS, Pseudonyms
from .quarantine import Quarantine, as_problem
from .submissions import Submission, group_task, number, parse_time, task_faults
from .tasks import SENT

__all__ = ["Origin", "Result", "convert_tasks", "read_export"]

_NOTHING = Carried()
_TO_COME = "0" * 64
"""The placeholder of a checksum, until the parts that it covers are laid out."""
_NONE_TICKED = "no layer was ticked: layers_done lists the layers that hold records"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where tasks come from, as far as it is known: it goes into the provenance of their annotations."""

    project: int | None = None
    server_version: str = ""
    config_sha256: str = ""
    server: str = ""
    """The name of the server, or a hash of its address: see `pseudonyms`."""


@dataclass(slots=True)
class Result:
    """What a conversion did.

    `written` and `unchanged` are paths relative to the folder of annotations, `quarantined` to the corpus.
    """

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
    overwrite: Collection[Path] = (),
) -> Result:
    """Write the annotations of `tasks` to `into/<annotator>/<doc_id>.json`, for the corpus at `root`.

    A file that already holds the same bytes is not touched. Of two annotations of one document by one annotator,
    the newer one is written and the older one is reported as a warning. An invalid annotation is quarantined.

    A file that no conversion wrote, or that was edited since, is left alone with a warning, except those that
    `overwrite` names by absolute path. Raises CorpusError if git has not committed one of these as it is now.
    """
    refuse_uncommitted(root, overwrite)
    for folder in (into, quarantine):
        if folder.is_relative_to(root):
            refuse_links(folder, root)
    problems: list[Problem] = []
    staged: dict[str, Submission] = {}
    with (
        no_garbage_collection(),
        Index(root) as index,
        Reader(root, index.unpacked) as reader,
        Staging(into) as files,
        Staging(quarantine) as held,
    ):
        people.begin(origin.server, (path.name for path in into.glob("*") if path.is_dir()))
        aside = Quarantine(held, quarantine, root)
        articles = Articles(index, reader)
        for task in tasks:
            group = group_task(task, people)
            problems += [_outdated(one) for one in group.older]
            record = articles.record(group.doc_id) if group.newest else None
            whole_task = list(task_faults(task, record, schema)) if group.newest else []
            for one in group.newest:
                # One document may be in two tasks, so an earlier task can have staged the same file.
                rival = staged.get(one.file) if one.annotator and not whole_task else None
                if rival and one.changed < rival.changed:
                    problems.append(_outdated(one))
                    continue
                kept = carried(one, record or {}, into, index, reader, schema) if not whole_task else _NOTHING
                made = whole_task or build_annotation(one, record or {}, schema, origin, people.hosts, kept)
                if isinstance(made, list):
                    problems += aside.hold(made, one)
                    continue
                if rival:
                    problems.append(_outdated(rival))
                staged[one.file] = one.named()
                files.put(one.file, made)
                problems += _not_kept(one)
                problems += _unfit(one, kept, made)
            aside.release(group.doc_id, task.get("id"))
        problems += keep_others(files, into, staged, schema, people, overwrite)
        with people.saved():
            commit_together(files, held)
        return Result(files.written, files.unchanged, aside.paths, problems)


def build_annotation(
    one: Submission,
    record: Record,
    schema: Schema,
    origin: Origin,
    hosts: Collection[str] = (),
    kept: Carried = _NOTHING,
) -> bytes | list[AnnotationFault]:
    """Return the bytes of the annotation file of a submission, or the faults that forbid it.

    `hosts` are those of servers, none of which may be in the file. `kept` is taken over into it.
    """
    if not one.annotator:
        return [AnnotationFault("L105")]
    if faults := list(_label_faults(one)):
        return faults
    result = one.annotation.get("result")
    quoted = record.get("redistribution") == "full"
    decoded = decode(result, one.text, schema, quoted, one.fields_done)
    if decoded.faults:
        return decoded.faults
    done, notes = _layers_done(decoded, schema)
    if not done:
        # An empty Submit must not count as "annotated all layers and found nothing".
        return [AnnotationFault("L108", suggestion="tick the layers that you annotated, and submit again")]
    if not any(decoded.layers.values()) and _missed_prediction(one):
        hint = "open the task again; if the marks of the prediction are missing, reload the page"
        return [AnnotationFault("L118", suggestion=hint)]
    fields = {layer: names for layer, names in one.fields_done.items() if layer in done} | {**kept.fields}
    version = one.task["data"].get("schema_version", schema.versions[0])
    value: Record = {
        "doc_id": one.doc_id,
        "schema_version": schema.version if fields or decoded.derived else version,
        "text_sha256": record["text_sha256"],
        "annotator": one.annotator,
        "layers_done": [*done, *kept.layers],
        **({"fields_done": fields} if fields else {}),
        "provenance": _provenance(one, origin, notes, keeps(schema, SERVER)) | _derived(decoded, done, schema),
        **{layer: decoded.layers[layer] for layer in done},
        **kept.layers,
    }
    try:
        if keeps(schema, CHECKSUM):
            value["provenance"][CHECKSUM] = _TO_COME
        if not schema.is_valid("annotation", value):
            return list(_schema_faults(value, schema, result, kept))
        if kept.alternatives:
            article = Article(one.doc_id, record, one.text, ())
            made = Document(one.doc_id, article, Annotation(one.annotator, value, Source(one.file, "annotation")))
            add_alternatives(made, schema, kept)
        if clash := _ids(kept.layers) & _ids(decoded.layers):
            return [AnnotationFault("L408", f"{min(clash)!r}, which a sentence of the source has")]
        parts = canonical_parts(value, "annotation", schema)
        if keeps(schema, CHECKSUM):
            value["provenance"][CHECKSUM] = parts_sha256(parts)
            parts |= canonical_parts({"provenance": value["provenance"]}, "annotation", schema)
        content = join_parts(parts)
    except UnicodeEncodeError:
        # JSON can escape half of a surrogate pair, and the server stores it; no UTF-8 file can hold it.
        return [AnnotationFault("L305", "a string holds a lone surrogate (half of a UTF-16 pair)")]
    own = content
    if kept.layers:  # their words are those of the source
        own = join_parts({key: part for key, part in parts.items() if key not in kept.layers})
    if _has_address(own.decode(), one.text, hosts):
        return [AnnotationFault("L306", suggestion="remove the address, and submit again")]
    return content


def _missed_prediction(one: Submission) -> bool:
    """True if the task has records to start from and the annotator started from nothing.

    The editor can open a task without its prediction: an annotator who trusts the prediction sees an empty page.
    """
    meta = one.task.get("meta")
    started = one.annotation.get("parent_prediction") or one.annotation.get("parent_annotation")
    return isinstance(meta, dict) and bool(meta.get(SENT)) and not started


def _ids(layers: Mapping[str, Iterable[Record]]) -> set[str]:
    return {record["id"] for records in layers.values() for record in records}


def _has_address(content: str, text: str, hosts: Collection[str]) -> bool:
    """True if an annotation holds the address of an account or a server: accounts are e-mail addresses in Label Studio.

    Annotations are published. An address that the article itself contains is neither.
    """
    accounts = ADDRESS.findall(content) if "@" in content else ()
    return any(one not in text for one in (*accounts, *(host for host in hosts if host in content)))


def _label_faults(one: Submission) -> Iterator[AnnotationFault]:
    """Yield which ids and times are not what a server writes: in provenance, another word could name someone."""
    for what, holder in ("task", one.task), ("annotation", one.annotation):
        if holder.get("id") is not None and number(holder["id"]) is None:
            yield AnnotationFault("L305", f"the id of the {what} is not a whole number")
    for key in ("created_at", "updated_at"):
        if one.annotation.get(key) is not None and not parse_time(one.annotation[key]):
            yield AnnotationFault("L305", f"{key} is not a time")


class Articles:
    """The records of the articles of a corpus, each read when it is asked for."""

    def __init__(self, index: Index, reader: Reader) -> None:
        self._reader = reader
        self._entries: dict[str, Entry] = {}
        for shard in index.shards(4096):
            for entry in shard:
                if entry.kind == RECORD and not entry.fault:
                    self._entries.setdefault(entry.doc_id, entry)

    def record(self, doc_id: str) -> Record | None:
        """The record of an article, None if the corpus has no such article."""
        entry = self._entries.get(doc_id)
        return self._reader.documents([entry])[0].article.record if entry else None


def _outdated(one: Submission) -> Problem:
    """The warning that a newer annotation of the same document by the same annotator is written instead."""
    detail = f"{_named(one)} by {one.annotator} is dropped"
    source = Source(f"annotations/{one.file}", "annotation")
    return as_problem(AnnotationFault("L107", detail), source, one, None, "warning")


def _named(one: Submission) -> str:
    return f"annotation {number(one.annotation.get('id'))} of task {number(one.task.get('id'))}"


def _not_kept(one: Submission) -> Iterator[Problem]:
    """Yield what an annotation holds that its file does not keep, without the words: notes are personal."""
    found = [item for item in one.annotation["result"] if "meta" in item or "score" in item]
    counts = Counter(kind for item in found for kind in _beside(item))
    if counts:
        shown = ", ".join(f"{count} region {kind}{'s' * (count != 1)}" for kind, count in sorted(counts.items()))
        detail = f"{shown} of {_named(one)}"
        source = Source(f"annotations/{one.file}", "annotation")
        hint = "read the notes in Label Studio" if counts["note"] else ""
        yield as_problem(AnnotationFault("L109", detail, suggestion=hint), source, one, None, "info")


def _unfit(one: Submission, kept: Carried, made: bytes) -> Iterator[Problem]:
    """Yield the alternatives of the file that do not fit its new records, without their words and notes."""
    left = json.loads(made)["provenance"].get("alternatives", []) if kept.alternatives else []
    gone = [other for other in kept.alternatives if other not in left]
    if gone:
        names = (" ".join(filter(None, map(other.get, ("layer", "record", "field")))) for other in gone)
        detail = f"{', '.join(names)} of {_named(one)}"
        hint = "add it again with its new record, if it still holds"
        source = Source(f"annotations/{one.file}", "annotation")
        yield as_problem(AnnotationFault("L119", detail, suggestion=hint), source, one, None, "info")


def _beside(item: Record) -> Iterator[str]:
    meta = item.get("meta")
    if isinstance(meta, dict) and meta.get("text"):
        yield "note"
    if item.get("score") is not None:
        yield "score"


def _layers_done(decoded: Decoded, schema: Schema) -> tuple[list[str], list[str]]:
    """The layers that were annotated, and notes on how that is known."""
    ticked, layers = decoded.done, decoded.layers
    holding = [name for name, records in layers.items() if records]
    more = [name for name in holding if name not in (ticked or ())]
    notes = [f"layers that hold records but were not ticked: {', '.join(more)}"] if ticked and more else []
    if not ticked:
        notes = [_NONE_TICKED]
    if decoded.note:
        notes.append(decoded.note)
    return [name for name in schema.layers if name in more or name in (ticked or ())], notes


def _provenance(one: Submission, origin: Origin, notes: list[str], with_server: bool) -> Record:
    annotation, task = one.annotation, one.task
    lead_time = annotation.get("lead_time")
    project = origin.project
    for known in annotation, task:
        project = number(known.get("project")) if project is None else project
    if annotation.get("ground_truth") is True:
        notes = [*notes, "marked as ground truth"]
    if type(parent := annotation.get("parent_annotation")) is int:
        notes = [*notes, f"begun as a copy of annotation {parent}"]
    found = {
        "tool": TOOL,
        "tool_version": origin.server_version or None,
        "config_sha256": origin.config_sha256 or None,
        SERVER: (origin.server or None) if with_server else None,
        "project": project,
        "task": task.get("id"),
        "annotation": annotation.get("id"),
        "created": annotation.get("created_at"),
        "updated": annotation.get("updated_at"),
        # A clock that is set back while someone annotates makes the editor send a negative time.
        "lead_time": lead_time if isinstance(lead_time, (int, float)) and lead_time >= 0 else None,
        "from_prediction": annotation.get("parent_prediction") is not None,
        "note": "; ".join(notes) or None,
    }
    return {key: value for key, value in found.items() if value is not None}


def _derived(decoded: Decoded, done: Collection[str], schema: Schema) -> Record:
    """Return the part of provenance that lists the derived values, nothing if there are none."""
    found = derived_list(schema, {layer: fields for layer, fields in decoded.derived.items() if layer in done})
    return {"derived": found} if found else {}


def _schema_faults(value: Record, schema: Schema, result: Any, kept: Carried) -> Iterator[AnnotationFault]:
    """Yield where the annotation violates the schema, each at the region of the record."""
    for violation in schema.violations("annotation", value):
        parts, id_ = violation.parts, ""
        if len(parts) > 1 and isinstance(parts[1], int) and parts[0] not in kept.layers:
            id_ = str(value[str(parts[0])][parts[1]]["id"])
        index = next((i for i, item in enumerate(result) if id_ and item.get("id") == id_), None)
        yield AnnotationFault("L305", f"{'/'.join(map(str, parts))}: {violation.message[:200]}", index, id_)
