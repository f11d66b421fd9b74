"""Bring a corpus that `corpus init` of version 1.0.0 began to this version, with the edits that its users made.

    begun/1.0.0/  the schema that the corpus began with   base    ┐
    schema/       that of the corpus                      ours    ├ three-way merge → the schema of the corpus now
    shipped()     that of this version                    theirs  ┘

The plan is made in memory: it has the new bytes of each file, and the conflicts, with which nothing is written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..checks import suppressible
from ..checks.suppress.baseline import BASELINE
from ..checks.suppress.exceptions import EXCEPTIONS, read_exceptions
from ..checks.suppress.suppressions import all_severities
from ..core.model import CorpusError
from ..core.regular_file import read_file, read_utf8
from ..core.schema import Schema, shipped
from ..core.settings import REPLACED, SETTINGS, read_settings
from ..files import Index, Reader, by_document
from ..files.staging import Staging
from .guidelines import GUIDELINES, own_book, with_tables, without_table, without_tables
from .init import SKELETON, UNKNOWN, Checker, filled
from .merge_json import ABSENT, Conflict, merge
from .rename_severities import rename_severities

BEGUN = Path(__file__).parent / "begun" / "1.0.0"
WORKFLOW, HOOKS, IGNORED = ".github/workflows/submission.yml", ".pre-commit-config.yaml", ".gitignore"
_SCHEMAS = ("annotation.schema.json", "article.schema.json")
_PINS = (
    re.compile(r"([\w.-]+/[\w.-]+)/\.github/workflows/submission\.yml@([\w.-]+)"),
    re.compile(r"https://github\.com/([\w.-]+/[\w.-]+)\n +rev: ([\w.-]+)"),
)
"""The repository and the commit of the checker, in the workflow and in the hooks."""
_UNEDITED = {
    "schema/README.md": "30ce5d80588993c6cbe89f05498ee08ba00757afbad3158e03b438dd0ae34b63",
    GUIDELINES: "c7650009270be70e4a26764d93133c1883c4f5c35e440e44c916412b3ee0e060",
    WORKFLOW: "5b2b797a641f2f2ba6a86b245e67ea3843808fc762bce49bc2aa8a4057d6bf62",
    HOOKS: "15b3b2368ea41c834202bdcdc0d4aa5502c5df431b300e5ef181167a19b498dc",
    ".gitattributes": "d2d9a480703490304937fe52ac71654f86eafeb2a7de0836bfc5f5b8cd599ad3",
    IGNORED: "4b8bb8c7cd1f16d48716cf864216add66bae5d368e5fc35a73b64e8cd090ecb0",
}
"""SHA-256 of each text file as 1.0.0 wrote it, without generated tables, and with placeholders for the checker."""


@dataclass(slots=True)
class Plan:
    """What an upgrade does: the new bytes of files that change, and notes on what is left to its users.

    With `conflicts`, nothing may be written: each names a file, a place in it and what to decide.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)


def plan_upgrade(root: Path, checker: Checker) -> Plan:
    """Return what brings the corpus at `root` to this version. `checker` is what its workflow runs from then on.

    With the checker UNKNOWN, the workflow and the hooks go on running the one that they name. Raises CorpusError if
    the schema of the corpus cannot be read.
    """
    old, plan = Schema.read(root), Plan()
    _merge_schemas(root, plan)
    new = None if plan.conflicts else _new_schema(root, plan)
    if new is not None:
        plan.conflicts += _invalid(root, old, new)
        _write_texts(root, new, checker, plan)
        _rename_codes(root, plan)
    return plan


def write_upgrade(root: Path, plan: Plan) -> None:
    """Write all files of a plan without conflicts, or none."""
    with Staging(root) as files:
        for name, data in plan.files.items():
            files.put(name, data)
        files.commit()


def _merge_schemas(root: Path, plan: Plan) -> None:
    for name in _SCHEMAS:
        path = f"schema/{name}"
        base, theirs = (json.loads(read_utf8(folder / name)) for folder in (BEGUN, shipped()))
        ours = json.loads(read_utf8(root / path, root))
        merged = merge(base, ours, theirs)
        plan.conflicts += [f"{path}: {one.pointer}: {_advice(one)}" for one in merged.conflicts]
        plan.notes += [f"{path}: {one} was removed here, and its changes are left out" for one in merged.kept_out]
        if merged.value != ours:
            plan.files[path] = (json.dumps(merged.value, indent=2, ensure_ascii=False) + "\n").encode()


def _advice(conflict: Conflict) -> str:
    """Return what both did to a place, and what the user does about it."""
    ours, theirs = _brief(conflict.ours), _brief(conflict.theirs)
    if conflict.theirs is ABSENT:
        was = f"1.0.0 had {_brief(conflict.base)}, yours is {ours}, and this version has removed it"
        return f"{was}: write the one of 1.0.0, which the upgrade then removes"
    if conflict.base is ABSENT:
        return f"you added it as {ours}, and this version adds it as {theirs}: give yours another name, or write theirs"
    was = f"1.0.0 had {_brief(conflict.base)}, yours is {ours}, and that of this version is {theirs}"
    return f"{was}: write the one of this version; you can change it again after the upgrade"


def _brief(value: Any) -> str:
    """Return a value as JSON, cut to 60 characters."""
    text = json.dumps(value, ensure_ascii=False) if value is not ABSENT else "nothing"
    return text if len(text) <= 60 else f"{text[:59]}…"


def _new_schema(root: Path, plan: Plan) -> Schema | None:
    """Return the merged schema, None with a conflict if it cannot be followed."""
    with TemporaryDirectory(prefix="corpus-") as made:
        folder = Path(made)
        (folder / "schema").mkdir()
        for name in (*_SCHEMAS, "targets.json", "targets.schema.json"):
            path = f"schema/{name}"
            (folder / path).write_bytes(plan.files.get(path) or read_file(root / path, root))
        try:
            return Schema.read(folder)
        except CorpusError as error:
            plan.conflicts.append(f"the merged schema cannot be followed: {str(error).replace(made, '')}")
            return None


def _invalid(root: Path, old: Schema, new: Schema) -> Iterator[str]:
    """Yield the records and annotations that follow the old schema and not the new one."""
    with Index(root) as index, Reader(root, index.unpacked) as reader:
        for shard in index.shards(256):
            for document in (one for group in by_document(shard) for one in reader.documents(group)):
                source = document.source
                if old.is_valid(source.kind, source.value) and not new.is_valid(source.kind, source.value):
                    why = next(new.violations(source.kind, source.value)).message
                    yield f"{source.path}:{source.line}: does not follow the merged schema: {why}"


def _write_texts(root: Path, schema: Schema, checker: Checker, plan: Plan) -> None:
    for name, digest in _UNEDITED.items():
        try:
            ours = read_utf8(root / name, root)
        except FileNotFoundError:
            continue
        pins = [found for pin in _PINS if (found := pin.search(ours))]
        named = Checker(pins[0][1], pins[0][2]) if pins else UNKNOWN
        wanted = named if checker == UNKNOWN else checker
        if ours == _shipped(name, schema, wanted):
            continue
        if pins and wanted == named:
            plan.notes.append(f"{name}: still names {named.repository}@{named.commit}; name a newer one with --checker")
        is_own = ours != _shipped(name, schema, named) and sha256(_plain(ours, named).encode()).hexdigest() != digest
        theirs = _edited(name, ours, schema, named, wanted) if is_own else _shipped(name, schema, wanted)
        if is_own and name in (GUIDELINES, "schema/README.md"):
            kept = "so only its tables are updated" if theirs != ours else "so it stays as it is"
            plan.notes.append(f"{name}: has your edits, {kept}; compare it with the one that `corpus init` writes")
        if name == GUIDELINES and (lacking := without_table(theirs, schema)):
            plan.notes.append(f"{name}: has no table {', '.join(lacking)}; see schema/README.md")
        if theirs != ours:
            plan.files[name] = theirs.encode()


def _plain(text: str, named: Checker) -> str:
    """Return a text as it is in a skeleton, so that only a user's edit tells it from another."""
    return without_tables(text).replace(named.repository, "{{ checker }}").replace(named.commit, "{{ commit }}")


def _shipped(name: str, schema: Schema, checker: Checker) -> str:
    if name == GUIDELINES:
        return with_tables(own_book(read_utf8(shipped() / "GUIDELINES.md")), schema)
    if name == "schema/README.md":
        return read_utf8(shipped() / "README.md")
    return filled(read_utf8(SKELETON / name), {"checker": checker.repository, "commit": checker.commit})


def _edited(name: str, ours: str, schema: Schema, named: Checker, wanted: Checker) -> str:
    """Return a text that its users edited, with what this version must change in it."""
    if name == GUIDELINES:
        return with_tables(ours, schema)
    if name == IGNORED:
        there = ours.splitlines()
        lacking = [one for one in read_utf8(SKELETON / IGNORED).splitlines() if one not in there and one[:1] != "#"]
        return ours + "".join(f"{one}\n" for one in lacking)
    if name in (WORKFLOW, HOOKS):
        return ours.replace(named.repository, wanted.repository).replace(named.commit, wanted.commit)
    return ours


def _rename_codes(root: Path, plan: Plan) -> None:
    """Write the codes of today into exceptions, baseline and settings, and name codes that a user must decide on."""
    codes, coverable = all_severities(), suppressible()
    checks: tuple[tuple[str, Callable[[str], object]], ...] = (
        (EXCEPTIONS, lambda text: read_exceptions(root, codes, coverable, text)),
        (BASELINE, lambda text: None),
    )
    for name, read in checks:
        try:
            ours = read_utf8(root / name, root)
        except FileNotFoundError:
            continue
        theirs = re.sub(r'\bcode = "(\w+)"', lambda match: f'code = "{REPLACED.get(match[1], match[1])}"', ours)
        if name == BASELINE:
            theirs = "".join(dict.fromkeys(theirs.splitlines(keepends=True)))
        try:
            read(theirs)
        except CorpusError as error:
            plan.conflicts.append(str(error))
        if theirs != ours:
            plan.files[name] = theirs.encode()
    try:
        ours = read_utf8(root / SETTINGS, root)
        theirs, notes = rename_severities(ours)
        read_settings(root, codes, theirs)
    except FileNotFoundError:
        return
    except CorpusError as error:
        plan.conflicts.append(str(error))
        return
    plan.notes += notes
    if theirs != ours:
        plan.files[SETTINGS] = theirs.encode()
