"""Which files of `annotations/` a conversion may replace or remove: those that an earlier one wrote, unedited since.

    annotations/ann-1/alpha.json   provenance.content_sha256 = the checksum of the rest of the file
                                   provenance.server, project, task, annotation, created = its owner, one annotation

The checksum is of the canonical form without the provenance, so neither `corpus fmt` nor a fresh clone changes it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import orjson

from ..core.model import CorpusError, Problem, Record, Severity, Source
from ..core.regular_file import read_file
from ..core.schema import Schema
from ..core.source_tokens import layers_to_carry
from ..files.git import Git
from ..files.staging import Staging
from ..files.write import canonical_parts, join_parts, layout_part
from .faults import AnnotationFault
from .pseudonyms import Pseudonyms
from .quarantine import as_problem
from .submissions import Submission, parse_time

TOOL = "label-studio"
CHECKSUM, SERVER = "content_sha256", "server"


def content_sha256(value: Record, schema: Schema) -> str:
    """Return the checksum of an annotation without its provenance, "" if it is not an annotation of the schema."""
    try:
        return parts_sha256(canonical_parts(value, "annotation", schema))
    except (AttributeError, LookupError, TypeError, ValueError):
        return ""


def parts_sha256(parts: Mapping[str, str]) -> str:
    """Return the checksum of the parts of an annotation (`canonical_parts`) without its provenance."""
    return sha256(join_parts({key: part for key, part in parts.items() if key != "provenance"})).hexdigest()


def keeps(schema: Schema, name: str) -> bool:
    """True if the schema allows this property in the provenance of an annotation: that of an older corpus may not."""
    provenance = schema.annotation["properties"].get("provenance", {})
    return name in provenance.get("properties", {}) or provenance.get("additionalProperties", True) is True


@dataclass(frozen=True, slots=True)
class Owned:
    """An annotation file as it is on disk; `checksum` is that of its content now, `provenance` {} when it has none."""

    provenance: Record
    checksum: str
    untitled: str
    """The checksum of its content without the name of the annotator."""
    carried: frozenset[str] = frozenset()
    """The layers with records that no annotator sees."""
    as_written: str = ""
    """The checksum of its content in the order that the file has: the schema may have had another order then."""

    @property
    def imported(self) -> bool:
        """True if the file comes from Label Studio."""
        return self.provenance.get("tool") == TOOL

    @property
    def unedited(self) -> bool:
        """True if the file comes from Label Studio, and holds what was written then."""
        written = self.provenance.get(CHECKSUM)
        return self.imported and bool(written) and written in (self.checksum, self.as_written)

    @property
    def owner(self) -> tuple[object, ...]:
        """Project, task, annotation and when it was created, () if one of them is not known."""
        *ids, created = (self.provenance.get(part) for part in ("project", "task", "annotation", "created"))
        when = parse_time(created)
        return () if None in ids or when is None or not self.imported else (*ids, when)


def read_owned(data: bytes, schema: Schema) -> Owned:
    """Read an annotation file. One that is not an annotation has no owner."""
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        value = None
    if not isinstance(value, dict):
        return Owned({}, "", "")
    provenance = value.get("provenance")
    untitled = content_sha256({**value, "annotator": ""}, schema)
    kept = frozenset(name for name in layers_to_carry(schema) if value.get(name))
    as_written = parts_sha256({key: layout_part(part) for key, part in value.items()})
    checksum = content_sha256(value, schema)
    return Owned(provenance if isinstance(provenance, dict) else {}, checksum, untitled, kept, as_written)


def refuse_uncommitted(root: Path, files: Iterable[Path]) -> None:
    """Raise CorpusError unless git has each of the files as it is now: only then can an overwritten one be restored."""
    git = Git(root)
    for file in files:
        folder = Git(file.parent) if file.parent.is_dir() else git
        committed = folder.ask("rev-parse", "--verify", "--quiet", f"HEAD:./{file.name}")
        if not committed or folder.ask("hash-object", "--", file.name) != committed:
            raise CorpusError(f"--overwrite {file}: git has not committed the file as it is now; commit it first")


def keep_others(
    files: Staging,
    into: Path,
    staged: Mapping[str, Submission],
    schema: Schema,
    people: Pseudonyms,
    overwrite: Iterable[Path] = (),
) -> list[Problem]:
    """Withdraw staged files that would replace what a conversion must not, and stage the removal of former files.

    `staged` are the submissions by file, `overwrite` absolute paths that may be replaced whatever they hold.
    Return a warning for each file that is left alone, an info for each that an annotation has moved from.
    """
    allowed = set(overwrite)
    problems: list[Problem] = []
    holders = _holders(into)
    for name, one in staged.items():
        here = into / name
        folders = holders.get(f"{one.doc_id}.json", ())
        formers = [former for folder in folders if (former := f"{folder}/{one.doc_id}.json") not in staged]
        is_there = one.annotator in folders
        if not formers and not is_there:
            continue
        data = files.staged(name)
        if data is None and not formers:
            continue
        new = read_owned(data if data is not None else read_file(here, into), schema)
        if data is not None and is_there and here not in allowed:
            fault = _objection(read_owned(read_file(here, into), schema), new, people)
            if fault:
                files.withdraw(name)
                problems.append(_problem(fault, name, one, "warning"))
                continue
        for former in formers:
            problems += _leave(files, into, former, name, one, new, schema, people, allowed)
    return problems


def _leave(
    files: Staging,
    into: Path,
    former: str,
    name: str,
    one: Submission,
    new: Owned,
    schema: Schema,
    people: Pseudonyms,
    allowed: set[Path],
) -> list[Problem]:
    """Remove the file that the annotation used to go to, or report it if someone edited it since."""
    path = into / former
    try:
        data = read_file(path, into)
    except (CorpusError, FileNotFoundError):  # a link or a folder is none that a conversion wrote
        return []
    if TOOL.encode() not in data:
        return []
    old = read_owned(data, schema)
    if not new.owner or old.owner != new.owner or _other_server(old, new, people):
        return []
    lost = ", ".join(sorted(old.carried - new.carried))
    if (old.unedited and not lost) or old.untitled == new.untitled or path in allowed:
        files.remove(former)
        return [_problem(AnnotationFault("L113", f"it moves to annotations/{name}"), former, one, "info")]
    why = f"has layers that the other lacks ({lost})" if lost else "was edited after it was imported"
    detail = f"it is in annotations/{name} now; this file {why} and is kept"
    hint = f"compare the two, then delete annotations/{former}"
    return [_problem(AnnotationFault("L113", detail, suggestion=hint), former, one, "warning")]


def _objection(old: Owned, new: Owned, people: Pseudonyms) -> AnnotationFault | None:
    """Return why a file must not be replaced, None if it may be."""
    hint = "compare the two; to replace the file, commit it and name it with --overwrite"
    if old.imported and (detail := _other_server(old, new, people)):
        return AnnotationFault("L115", f"{detail}; the file is kept", suggestion=hint)
    if old.imported and old.provenance.get("project") != new.provenance.get("project"):
        shown = f"{old.provenance.get('project')} in the file, {new.provenance.get('project')} in the import"
        return AnnotationFault("L112", f"project {shown}; the file is kept", suggestion=hint)
    before, after = (parse_time(one.provenance.get("updated")) for one in (old, new))
    if old.imported and before and after and after < before:
        shown = f"updated {old.provenance['updated']}, the import {new.provenance['updated']}"
        return AnnotationFault("L111", f"{shown}; the file is kept", suggestion=hint)
    if old.unedited or (old.checksum and old.checksum == new.checksum):
        return None
    if old.imported and CHECKSUM not in old.provenance:
        return AnnotationFault("L110", "it has no provenance.content_sha256; the file is kept", suggestion=hint)
    detail = "its content_sha256 does not match" if old.imported else "its provenance names another tool"
    return AnnotationFault("L110", f"{detail}; the file is kept", suggestion=hint)


def _other_server(old: Owned, new: Owned, people: Pseudonyms) -> str:
    """Return why an import comes from another server than a file, "" if it does not, as far as both say.

    Two servers count projects, tasks and annotations from 1, but they do not create two at the same moment.
    """
    before, after = (people.same(str(one.provenance.get(SERVER, ""))) for one in (old, new))
    if before and after and before != after:
        return f"{before} in the file, {after} in the import; [servers] of annotators.toml can declare them the same"
    if old.owner and new.owner and old.owner[:-1] == new.owner[:-1] and old.owner[-1] != new.owner[-1]:
        return f"the annotation in the file was created at {old.owner[-1]}, the one of the import at {new.owner[-1]}"
    if before and not after and old.owner != new.owner:
        return f"{before} in the file, and the import does not say its server: name it with --server"
    return ""


def _holders(into: Path) -> dict[str, list[str]]:
    """Return the folders of annotators that have a file of each name."""
    found: dict[str, list[str]] = {}
    if into.is_dir():
        for folder in sorted(path.name for path in into.iterdir() if path.is_dir() and not path.name.startswith(".")):
            for name in os.listdir(into / folder):
                found.setdefault(name, []).append(folder)
    return found


def _problem(fault: AnnotationFault, name: str, one: Submission, severity: Severity) -> Problem:
    return as_problem(fault, Source(f"annotations/{name}", "annotation"), one, None, severity)
