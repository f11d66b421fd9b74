"""Compare two built folders by document and annotation, and derive the smallest sufficient version bump.

    documents/*.parquet ┐ by doc_id   added, removed, moved between splits
    schema/*.json       ├──────────→  layers, fields, labels and targets
    annotations/*       ┘ by id       records added, removed, changed: the field and both values

The rows of `withheld` are compared as those of `documents` and `annotations`, wherever a release stores them.

| bump | for |
|---|---|
| major | a field or label added, changed or removed; a layer, target or document removed; a document moved |
| minor | a document, layer or target added; a gold record added, changed or removed outside of the first split |
| patch | any other difference |

A release can be larger than memory, so each table is read twice: the first pass keeps a 16-byte hash of each
row, the second pass keeps only the rows whose hashes differ. Memory grows with the ids and the differences, not
with the texts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal

import orjson

from ..core.model import CorpusError, Record
from ..core.schema import Field, Schema
from .stored_rows import annotation_rows, article_rows, splits_of
from .table_changes import RowChange, row_changes, table_changes

Bump = Literal["none", "patch", "minor", "major"]
ORDER: tuple[Bump, ...] = ("none", "patch", "minor", "major")
_TARGETS: dict[str, Bump] = {"added": "minor", "removed": "major", "reworded": "patch"}
KEPT = 10_000
"""The most changes that are kept for display; further ones are only counted."""


RowKey = tuple[str, str]
"""(doc_id, annotator); the annotator is "" in the config `documents`."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference in a document.

    `record` is "" for a field of the article, `field` is "" for a whole record. `old` or `new` is None if that
    side has no such record.
    """

    doc_id: str
    split: str
    annotator: str
    layer: str
    record: str
    field: str
    old: Any
    new: Any

    @property
    def kind(self) -> str:
        """Return "added", "removed" or "changed"."""
        if self.field or not self.record:
            return "changed"
        return "added" if self.old is None else "removed"


@dataclass(slots=True)
class Comparison:
    """The differences between the builds named `old` and `new`."""

    old: str
    new: str
    schema: list[tuple[Bump, str]] = field(default_factory=list)
    targets: dict[str, list[str]] = field(default_factory=dict)
    """The ids of targets that were `added`, `removed` or `reworded`; a kind without a target is missing."""
    tables: list[str] = field(default_factory=list)
    """Configs, splits and columns that were added, removed or have another type. They follow from the schema, the
    documents or the version of the command, so they need no bump of their own."""
    rows: list[RowChange] = field(default_factory=list)
    """Splits of configs with another number of rows. They follow from the other differences, too."""
    added: list[tuple[str, str]] = field(default_factory=list)
    """(doc_id, split) of each new document."""
    removed: list[tuple[str, str]] = field(default_factory=list)
    moved: list[tuple[str, str, str]] = field(default_factory=list)
    """(doc_id, old split, new split)."""
    twins: set[str] = field(default_factory=set)
    """The doc_ids of both builds that are twins."""
    changes: list[Change] = field(default_factory=list)
    counts: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    """(annotator or "gold", split, layer or "article", kind) → number of changes."""
    held_out: int = 0
    """Number of changed gold records outside of the first split."""

    @property
    def reasons(self) -> list[tuple[Bump, str]]:
        """Return each required bump with its reason, largest first."""
        found = list(self.schema)
        found += [(_TARGETS[kind], f"{self._targets(kind)} {kind}") for kind in _TARGETS if kind in self.targets]
        documents: tuple[tuple[Bump, list[str], str], ...] = (
            ("major", [one[0] for one in self.moved], "in another split"),
            ("major", [one[0] for one in self.removed], "removed"),
            ("minor", [one[0] for one in self.added], "new"),
        )
        found += [(bump, f"{self.counted(doc_ids)} {what}") for bump, doc_ids, what in documents if doc_ids]
        if self.held_out:
            found.append(("minor", f"{number(self.held_out, 'gold record')} of development or test data changed"))
        rest = sum(self.counts.values()) - self.held_out
        if rest:
            found.append(("patch", f"{number(rest, 'other difference')}"))
        return sorted(found, key=lambda one: -ORDER.index(one[0]))

    def counted(self, doc_ids: Collection[str]) -> str:
        """Return the number of documents and that of twins: `144 documents, 72 twins`."""
        twins = sum(doc_id in self.twins for doc_id in doc_ids)
        each = (len(doc_ids) - twins, "document"), (twins, "twin")
        return ", ".join(number(count, noun) for count, noun in each if count)

    def _targets(self, kind: str) -> str:
        """Return the id of the only target of a kind, or the number of targets."""
        ids = self.targets[kind]
        return f"target {ids[0]}" if len(ids) == 1 else number(len(ids), "target")

    @property
    def bump(self) -> Bump:
        """Return the smallest bump that covers all differences."""
        return max((bump for bump, _ in self.reasons), key=ORDER.index, default="none")


def number(count: int, noun: str) -> str:
    """Return a count with its noun: `1 document`, `2,000 documents`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def bumped(version: str, bump: Bump) -> str:
    """Return the smallest version above `version` (X.Y.Z) that makes this bump."""
    major, minor, patch = (int(part) for part in version.split("."))
    steps = {"major": (major + 1, 0, 0), "minor": (major, minor + 1, 0), "patch": (major, minor, patch + 1)}
    return ".".join(map(str, steps.get(bump, (major, minor, patch))))


def compare(old: Path, new: Path, names: tuple[str, str] | None = None) -> Comparison:
    """What differs between two built folders. Raises CorpusError when one is none, or cannot be read."""
    for folder in (old, new):
        if not splits_of(folder, "documents") or not (folder / "schema").is_dir():
            raise CorpusError(f"{folder} holds no build that can be compared: it has no documents/ or no schema/")
    result = Comparison(*(names or (str(old), str(new))))
    schemas = Schema.read(old), Schema.read(new)
    result.schema = sorted(set(_schema_changes(*schemas)), key=lambda one: (-ORDER.index(one[0]), one[1]))
    result.targets = _target_changes(*schemas)
    result.tables, result.rows = list(table_changes(old, new)), list(row_changes(old, new))
    first = next(iter(schemas[1].splits), "")
    before = _keys(old, "documents", schemas[0], result.twins)
    after = _keys(new, "documents", schemas[1], result.twins)
    result.added = [(key[0], after[key][0]) for key in sorted(after.keys() - before.keys())]
    result.removed = [(key[0], before[key][0]) for key in sorted(before.keys() - after.keys())]
    both = sorted(before.keys() & after.keys())
    result.moved = [(k[0], before[k][0], after[k][0]) for k in both if before[k][0] != after[k][0]]
    gone = {doc_id for doc_id, _ in (*result.added, *result.removed)}
    for config in ("documents", "annotations"):
        if config == "annotations":
            before = _keys(old, config, schemas[0], result.twins)
            after = _keys(new, config, schemas[1], result.twins)
        differ = {
            key
            for key in before.keys() | after.keys()
            if key[0] not in gone and before.get(key, ("", b""))[1] != after.get(key, ("", b""))[1]
        }
        olds, news = _rows(old, config, schemas[0], differ), _rows(new, config, schemas[1], differ)
        for key in sorted(differ):
            split = (after.get(key) or before[key])[0]
            for change in _row_changes(key, split, olds.get(key, {}), news.get(key, {}), schemas[1]):
                _note(result, change, first)
    return result


def _note(result: Comparison, change: Change, first: str) -> None:
    who = change.annotator or "gold"
    result.counts[who, change.split, change.layer or "article", change.kind] += 1
    result.held_out += not change.annotator and bool(change.layer) and change.split != first
    if len(result.changes) < KEPT:
        result.changes.append(change)


def _row_changes(key: RowKey, split: str, old: Record, new: Record, schema: Schema) -> Iterator[Change]:
    doc_id, annotator = key
    for name in dict.fromkeys((*old, *new)):
        was, now = old.get(name), new.get(name)
        if was == now or name in ("split", "text"):
            continue
        if name in schema.layers and isinstance(was or [], list) and isinstance(now or [], list):
            yield from _layer_changes(doc_id, split, annotator, name, was, now)
        elif isinstance(was, dict) and isinstance(now, dict):
            for inner in dict.fromkeys((*was, *now)):
                if was.get(inner) != now.get(inner):
                    yield Change(doc_id, split, annotator, "", "", f"{name}.{inner}", was.get(inner), now.get(inner))
        else:
            yield Change(doc_id, split, annotator, "", "", name, was, now)


def _layer_changes(
    doc_id: str, split: str, annotator: str, layer: str, old: list[Record] | None, new: list[Record] | None
) -> Iterator[Change]:
    if not old and not new:
        # one side is null (layer not annotated), the other an empty list (annotated, nothing found)
        yield Change(doc_id, split, annotator, layer, "", "", old, new)
    olds, news = ({record["id"]: record for record in records or ()} for records in (old, new))
    for one in dict.fromkeys((*olds, *news)):
        was, now = olds.get(one), news.get(one)
        if was is None or now is None:
            yield Change(doc_id, split, annotator, layer, one, "", was, now)
            continue
        for name in dict.fromkeys((*was, *now)):
            if was.get(name) != now.get(name):
                yield Change(doc_id, split, annotator, layer, one, name, was.get(name), now.get(name))


def _stored(folder: Path, config: str, schema: Schema) -> Iterator[tuple[str, Record]]:
    for split in splits_of(folder, config):
        rows = article_rows(folder, split) if config == "documents" else annotation_rows(folder, split, schema)
        for row in rows:
            yield split, row


def _key(row: Record) -> RowKey:
    return row["doc_id"], row.get("annotator", "")


def _keys(folder: Path, config: str, schema: Schema, twins: set[str]) -> dict[RowKey, tuple[str, bytes]]:
    """Return, for each row, its split and a hash of its other columns; add the ids of twins to `twins`.

    The split is not hashed: a document that only moved is reported as moved, not as changed. Nor is null: a column that
    only one release has is then no reason to keep every row.
    """
    found: dict[RowKey, tuple[str, bytes]] = {}
    for split, row in _stored(folder, config, schema):
        found[_key(row)] = split, _hash(row)
        if row.get("twin_of"):
            twins.add(row["doc_id"])
    return found


def _hash(row: Record) -> bytes:
    provenance = {name: one for name, one in (row.get("provenance") or {}).items() if one is not None}
    said = {name: one for name, one in row.items() if one is not None and name not in ("split", "provenance")}
    return blake2b(orjson.dumps([provenance, said]), digest_size=16).digest()


def _rows(folder: Path, config: str, schema: Schema, keys: set[RowKey]) -> dict[RowKey, Record]:
    return {_key(row): row for _, row in _stored(folder, config, schema) if _key(row) in keys} if keys else {}


def _schema_changes(old: Schema, new: Schema) -> Iterator[tuple[Bump, str]]:
    for name in dict.fromkeys((*old.layers, *new.layers)):
        if name not in new.layers or name not in old.layers:
            yield ("minor", f"layer {name} added") if name in new.layers else ("major", f"layer {name} removed")
            continue
        yield from _field_changes(f"{name}.", old.layers[name].fields, new.layers[name].fields)
    yield from _field_changes("", old.article_fields, new.article_fields)
    if old.has_fields_done != new.has_fields_done:
        yield ("minor", "fields_done added") if new.has_fields_done else ("major", "fields_done removed")


def _target_changes(old: Schema, new: Schema) -> dict[str, list[str]]:
    olds, news = ({one["target_id"]: one for one in schema.registry.get("targets", ())} for schema in (old, new))
    found = {
        "added": sorted(news.keys() - olds.keys()),
        "removed": sorted(olds.keys() - news.keys()),
        "reworded": sorted(one for one in olds.keys() & news.keys() if olds[one] != news[one]),
    }
    return {kind: ids for kind, ids in found.items() if ids}


def _field_changes(path: str, old: tuple[Field, ...], new: tuple[Field, ...]) -> Iterator[tuple[Bump, str]]:
    olds, news = ({one.name: one for one in fields} for fields in (old, new))
    for name in dict.fromkeys((*olds, *news)):
        if name not in news or name not in olds:
            yield "major", f"field {path}{name} {'added' if name in news else 'removed'}"
            continue
        was, now = olds[name], news[name]
        if (was.kind, was.many, was.refers_to) != (now.kind, now.many, now.refers_to):
            yield "major", f"field {path}{name} has another type"
        before, after = (_labels(one) for one in (was, now))
        for label in dict.fromkeys((*before, *after)):
            if label not in after or label not in before:
                yield "major", f"label {path}{name} {label} {'added' if label in after else 'removed'}"


def _labels(of: Field) -> list[str]:
    """Return the labels of a field, and that of its rows without a record, with a note, as another label."""
    return [*(one.name for one in of.labels), *([f"{of.absent.name} (rows without a record)"] if of.absent else [])]
