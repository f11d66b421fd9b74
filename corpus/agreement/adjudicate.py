"""Two annotations of a document → one: what they agree on, and a worklist of what somebody must decide.

    annotations/ann-a ┐  the same record        ────────────────────────────────────┐
                      ├→ matched records                                            ├→ annotations/gold
    annotations/ann-b ┘  another reading  → adjudication/gold/<doc_id>.json → decided ┘

A decision stays with the two readings it was made on: only when one of them has changed is it asked again.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from ..checks import run as run_checks
from ..core.model import Annotation, CorpusError, Document, Problem, Record, Source
from ..core.schema import TARGETS, Field, Layer, Schema
from ..core.text import visible
from ..files import canonical, is_bulk, parse_json, replace_file
from ..files.index import ANNOTATOR
from .load import SharedDocument, shared_documents
from .matching import Matching, places_of

TOOL = "corpus adjudicate"
DECISIONS = ("a", "b", "edit")
_CONTEXT = 60
"""Code points of the article on both sides of a record."""


@dataclass(slots=True)
class Item:
    """What two annotators say differently of one thing: a record of each, or None where one has none.

    Both are written with the ids of the merged annotation. `decision` is "a" or "b", whose reading is
    taken (that of one who has none: no record), or "edit", which takes `record`; None while it is open.
    """

    layer: str
    a: Record | None
    b: Record | None
    differs: list[str]
    article: str | None
    decision: str | None = None
    record: Record | None = None

    @property
    def key(self) -> str:
        """What the decision is about."""
        return json.dumps([self.layer, self.a, self.b], sort_keys=True)

    @property
    def taken(self) -> Record | None:
        """The record that was decided on, None for no record."""
        chosen = {"a": self.a, "b": self.b, "edit": self.record}[self.decision or "edit"]
        own = self.a or self.b
        return chosen if chosen is None or own is None else {**chosen, "id": own["id"]}


@dataclass(slots=True)
class Merged:
    """A document after a run: how many records were agreed on, the items, and what became of the annotation.

    `problems` are the findings for which it was not written; `kept` says why one that was there stays as it is,
    though it would be another now. `of_one` names the layers that one of them alone looked at, which are
    not in it. `is_elsewhere` says that the document was adjudicated by other means.
    """

    doc_id: str
    agreed: int
    items: list[Item]
    written: bool = False
    kept: str = ""
    problems: list[Problem] = field(default_factory=list)
    of_one: list[str] = field(default_factory=list)
    is_elsewhere: bool = False

    @property
    def open(self) -> int:
        """The items that are not decided."""
        return sum(item.decision is None for item in self.items)


def adjudicate(
    root: Path, schema: Schema, annotators: Sequence[str], to: str, left_out: Counter[str]
) -> Iterator[Merged]:
    """Merge the annotations of two annotators into those of `to`, document by document.

    Decisions are read from `adjudication/<to>/<doc_id>.json`, which is then written anew with the items
    as they are now. The annotation is written once no item is open, atomically, in the canonical form;
    one that was not written here, or was changed since, stays as it is. A document that has one and no
    worklist is left alone. Raises CorpusError.
    """
    _check_names(root, annotators, to)
    for shared in shared_documents(root, schema, annotators, left_out):
        yield _adjudicate(root, schema, shared, list(annotators), to)


def _check_names(root: Path, annotators: Sequence[str], to: str) -> None:
    if len(set(annotators)) != 2:
        raise CorpusError(f"--from names two annotators, such as ann-a,ann-b, not {', '.join(annotators) or 'none'}")
    for name in annotators:
        if not ANNOTATOR.fullmatch(name) or not (root / "annotations" / name).is_dir():
            raise CorpusError(f"there is no annotator {name}")
    if not ANNOTATOR.fullmatch(to) or to in annotators:
        raise CorpusError(f"--to must be another annotator, in small letters, digits, _ and -; not {to}")
    for folder in ("annotations", "adjudication"):
        if (root / folder / to).is_symlink() or (root / folder).is_symlink():
            raise CorpusError(f"{folder}/{to} is a symbolic link: nothing is written outside of the corpus")
    if (root / "annotations" / to).is_dir():
        for path in sorted((root / "annotations" / to).iterdir()):
            if is_bulk(path.name):
                raise CorpusError(f"annotations/{to} has bulk files ({path.name}); decisions go to a file a document")


def _adjudicate(root: Path, schema: Schema, shared: SharedDocument, annotators: list[str], to: str) -> Merged:
    path = root / "adjudication" / to / f"{shared.doc_id}.json"
    target = root / "annotations" / to / f"{shared.doc_id}.json"
    before = _read_worklist(path, annotators)
    there = target.read_bytes() if target.exists() else None
    if there is not None and not before:
        return Merged(shared.doc_id, 0, [], is_elsewhere=True)
    first, second = (shared.by[name] for name in annotators)
    agreed, items = compare(schema, shared, first, second)
    _take_decisions(items, before)
    found = Merged(shared.doc_id, sum(map(len, agreed.values())), items)
    found.of_one = [name for name in schema.layers if len(shared.done(name)) == 1]
    hash_ = before.get("written_sha256")
    if not found.open:
        value = _annotation(shared, (first, second), agreed, items, annotators, to)
        fits = schema.is_valid("annotation", value)
        data = canonical(value, "annotation", schema) if fits else _dumps(value)
        if there is not None and there != data and sha256(there).hexdigest() != hash_:
            found.kept = "it was changed since" if hash_ else "it was not made here"
        else:
            found.problems = list(_problems(shared, schema, to, target.relative_to(root).as_posix(), data))
        if not found.kept and not found.problems:
            found.written = there != data
            if found.written:
                with replace_file(target) as out:
                    out.write(data)
            hash_ = sha256(data).hexdigest()
    if items or before or found.written:
        _write_worklist(path, shared, annotators, to, items, hash_)
    return found


def compare(
    schema: Schema, shared: SharedDocument, first: Record, second: Record
) -> tuple[dict[str, list[Record]], list[Item]]:
    """The records that two annotations agree on, by layer, and the items that they do not.

    A layer that one of them did not look at is in neither. Records are those of the first annotation;
    the ids of the second become the first's where they are matched.
    """
    matching = Matching(schema, first, second)
    layers = [name for name in schema.layers if matching.is_done(name)]
    names = _merged_names(matching, layers)
    agreed: dict[str, list[Record]] = {}
    items: list[Item] = []
    for name in layers:
        layer = schema.layers[name]
        of_b = {record["id"]: _renamed(record, layer, names) for record in matching.records(name)[1]}
        other = {one["id"]: of_b[two["id"]] for one, two in matching.pairs(name)}
        places = [
            dict(zip((record["id"] for record in value.get(name) or ()), places_of(schema, name, value), strict=True))
            for value in (first, second)
        ]
        agreed[name] = []
        for one in matching.records(name)[0]:
            two = other.get(one["id"])
            differs = [] if two is None else _differs(layer, one, two)
            if two is not None and not differs:
                agreed[name].append(one)
            else:
                items.append(Item(name, one, two, differs, _around(shared, places[0][one["id"]])))
        matched = {two["id"] for _, two in matching.pairs(name)}
        items += [
            Item(name, None, of_b[two["id"]], [], _around(shared, places[1][two["id"]]))
            for two in matching.records(name)[1]
            if two["id"] not in matched
        ]
    return agreed, items


def _merged_names(matching: Matching, layers: Sequence[str]) -> dict[str, dict[str, str]]:
    """layer → id in the second annotation → id in the merged one, which no record of the first has but its match."""
    used = {record["id"] for name in layers for record in matching.records(name)[0]}
    names: dict[str, dict[str, str]] = {}
    for name in layers:
        names[name] = {other: one for one, other in matching.names(name).items()}
        for record in matching.records(name)[1]:
            if record["id"] not in names[name]:
                free = record["id"]
                number = 1
                while free in used:
                    number += 1
                    free = f"{record['id'][:56]}-{number}"
                used.add(free)
                names[name][record["id"]] = free
    return names


def _renamed(record: Record, layer: Layer, names: dict[str, dict[str, str]]) -> Record:
    found = {**record, "id": names[layer.name][record["id"]]}
    for one in layer.of_kind("reference"):
        of = names.get(one.refers_to, {}) if one.refers_to != TARGETS else {}
        value = record.get(one.name)
        if isinstance(value, list):
            found[one.name] = [of.get(name, name) for name in value]
        elif isinstance(value, str):
            found[one.name] = of.get(value, value)
    return found


def _differs(layer: Layer, one: Record, other: Record) -> list[str]:
    return [
        field.name
        for field in layer.fields
        if field.name != "id" and _said(field, one.get(field.name)) != _said(field, other.get(field.name))
    ]


def _said(field: Field, value: Any) -> Any:
    """What a value says: spans are where they are, the order of a list says nothing."""
    if field.kind == "spans":
        return sorted((span["start"], span["end"]) for span in value or ())
    return sorted(value) if isinstance(value, list) else value


def _around(shared: SharedDocument, pieces: Sequence[tuple[int, int]]) -> str | None:
    """The article around a record, with its words in ⟦ ⟧; None where the text may not be passed on."""
    text = shared.text
    if text is None or not pieces or not shared.article.redistributable:
        return None
    start, end = pieces[0]
    left, right = max(0, start - _CONTEXT), min(len(text), end + _CONTEXT)
    shown = f"{text[left:start]}⟦{text[start:end]}⟧{text[end:right]}"
    return "…" * (left > 0) + visible(shown) + "…" * (right < len(text))


def _annotation(
    shared: SharedDocument,
    both: tuple[Record, Record],
    agreed: dict[str, list[Record]],
    items: Sequence[Item],
    annotators: Sequence[str],
    to: str,
) -> Record:
    layers: dict[str, list[Record]] = defaultdict(list)
    layers.update({name: list(records) for name, records in agreed.items()})
    for item in items:
        if item.taken is not None:
            layers[item.layer].append(item.taken)
    count = sum(map(len, agreed.values()))
    note = f"Merged from {' and '.join(annotators)}: {count} records agreed on, {len(items)} decided."
    provenance: Record = {"tool": TOOL, "note": note}
    if all(value.get("provenance", {}).get("machine") is True for value in both):
        provenance["machine"] = True
    first = both[0]
    return {
        **{name: first[name] for name in ("doc_id", "schema_version", "text_sha256")},
        "annotator": to,
        "layers_done": list(agreed),
        "provenance": provenance,
        **layers,
    }


def _problems(shared: SharedDocument, schema: Schema, to: str, path: str, data: bytes) -> Iterator[Problem]:
    """The findings for which a merged annotation could not be compiled: those of levels 1 to 4."""
    value, faults = parse_json(data)
    source = Source(path, "annotation", data, value=value, faults=faults)
    document = Document(shared.doc_id, shared.article, Annotation(to, value, source))
    for problem in run_checks(document, schema, set()):
        if problem.severity == "error" and problem.code[1] in "1234":
            yield problem


def _read_worklist(path: Path, annotators: Sequence[str]) -> Record:
    """What the worklist of a document says, {} when there is none. Raises CorpusError when it cannot be understood."""
    try:
        value, faults = parse_json(path.read_bytes())
    except FileNotFoundError:
        return {}
    if faults or not isinstance(value, dict) or not isinstance(value.get("items"), list):
        where = f":{faults[0].line}:{faults[0].column}" if faults else ""
        raise CorpusError(
            f"{path}{where}: it is not a worklist of `corpus adjudicate`; mend it, or restore it from git"
        )
    if value.get("from") != list(annotators):
        raise CorpusError(f"{path} is about {value.get('from')}, not {list(annotators)}")
    for number, item in enumerate(value["items"]):
        if not isinstance(item, dict) or item.get("decision") not in (None, *DECISIONS):
            raise CorpusError(f"{path}: items/{number}: decision must be null, {', '.join(DECISIONS)}")
        if item["decision"] == "edit" and not isinstance(item.get("record"), dict):
            raise CorpusError(f"{path}: items/{number}: the decision is edit: put the record that is right in `record`")
    return value


def _take_decisions(items: Sequence[Item], before: Record) -> None:
    """Give the items the decisions that were made on the same two readings."""
    made: dict[str, list[Record]] = defaultdict(list)
    for one in before.get("items", ()):
        if one.get("decision") is not None:
            made[json.dumps([one.get("layer"), one.get("a"), one.get("b")], sort_keys=True)].append(one)
    for item in items:
        if made[item.key]:
            decided = made[item.key].pop(0)
            item.decision, item.record = decided["decision"], decided.get("record")


def _write_worklist(
    path: Path, shared: SharedDocument, annotators: Sequence[str], to: str, items: Sequence[Item], hash_: str | None
) -> None:
    value = {
        "doc_id": shared.doc_id,
        "from": list(annotators),
        "to": to,
        "written_sha256": hash_,
        "items": [
            {
                "layer": item.layer,
                "article": item.article,
                "differs": item.differs,
                "a": item.a,
                "b": item.b,
                "decision": item.decision,
                "record": item.record,
            }
            for item in items
        ],
    }
    data = _dumps(value)
    if not path.exists() or path.read_bytes() != data:
        with replace_file(path) as out:
            out.write(data)


def _dumps(value: Record) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()
