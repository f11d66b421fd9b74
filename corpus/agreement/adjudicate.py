"""Merge two annotations and queue the disagreements for adjudication.

    annotations/ann-a ┐                    equal records ───────────────────────────────────┐
                      ├→ matched records →                                                  ├→ annotations/gold
    annotations/ann-b ┘                    others → adjudication/gold/<doc_id>.json: decide ┘

The command is run again and again while people decide, and annotators may change their work meanwhile. So a worklist
is regenerated on every run, and a decision is kept as long as the two records that it is about are unchanged
(`Item.key`). The merged annotation belongs to a person as soon as someone edits it: the worklist holds the SHA-256 of
what was written, and a file with another checksum is never overwritten.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from ..checks import run as run_checks
from ..core.model import Annotation, CorpusError, Document, Problem, Record, Source
from ..core.regular_file import read_file
from ..core.schema import TARGETS, Layer, Schema
from ..core.source_tokens import layers_to_annotate
from ..core.text import visible
from ..files import canonical, is_bulk, parse_json, replace_file
from ..files.index import ANNOTATOR
from ..matching import Matching, common_fields, comparable
from .carried import carry_over, free_id
from .load import SharedDocument, shared_documents

TOOL = "corpus adjudicate"
DECISIONS = ("a", "b", "edit")
_CONTEXT = 60
"""Code points of context on either side of a record."""


@dataclass(slots=True)
class Item:
    """A disagreement: the record of each annotator, or None for an annotator without a matching record.

    Both records use the ids of the merged annotation. `decision` is "a" or "b" to take that annotator's side (no
    record if it is None), "edit" to take `record`, or None while the item is open. `differs` names the fields that
    differ; `article` is the context in the text.
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
        """Return what the decision is about: the layer and both records, as JSON."""
        return json.dumps([self.layer, self.a, self.b], sort_keys=True)

    @property
    def taken(self) -> Record | None:
        """Return the record that was decided on, or None for no record."""
        chosen = {"a": self.a, "b": self.b, "edit": self.record}[self.decision or "edit"]
        own = self.a or self.b
        return chosen if chosen is None or own is None else {**chosen, "id": own["id"]}


@dataclass(slots=True)
class Merged:
    """The outcome for one document: the number of equal records, the items, and whether the annotation was written.

    `problems` are the findings that prevent writing. `kept` is the reason why an existing, different annotation was
    not overwritten. `of_one` names the layers and fields that only one annotator annotated; they are not merged.
    `is_elsewhere` is true if the document has an annotation but no worklist, so it was adjudicated by other means.
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
        """Return the number of undecided items."""
        return sum(item.decision is None for item in self.items)


def adjudicate(
    root: Path, schema: Schema, annotators: Sequence[str], to: str, left_out: Counter[str]
) -> Iterator[Merged]:
    """Merge the annotations of two annotators into those of `to`, document by document.

    Decisions are read from `adjudication/<to>/<doc_id>.json`; the file is then rewritten with the current items.
    The annotation is written atomically, in the canonical form, once no item is open. An annotation that was not
    written here, or was changed since, is not overwritten, and a document with an annotation but no worklist is
    skipped. `left_out` counts what cannot be compared, by reason. Raises CorpusError for invalid names or worklists.
    """
    _check_names(root, annotators, to)
    for shared in shared_documents(root, schema, annotators, left_out):
        yield _adjudicate(root, schema, shared, list(annotators), to)


def _check_names(root: Path, annotators: Sequence[str], to: str) -> None:
    if len(set(annotators)) != 2:
        raise CorpusError(f"--from must name two annotators (ann-a,ann-b), not {', '.join(annotators) or 'none'}")
    for name in annotators:
        if not ANNOTATOR.fullmatch(name) or not (root / "annotations" / name).is_dir():
            raise CorpusError(f"{root / 'annotations'} has no annotator {name}")
    if not ANNOTATOR.fullmatch(to) or to in annotators:
        raise CorpusError(f"--to must name another annotator (lower-case letters, digits, _ and -), not {to}")
    for folder in ("annotations", "adjudication"):
        if (root / folder / to).is_symlink() or (root / folder).is_symlink():
            raise CorpusError(f"{folder}/{to} is a symbolic link; replace it by a directory within the corpus")
    if (root / "annotations" / to).is_dir():
        for path in sorted((root / "annotations" / to).iterdir()):
            if is_bulk(path.name):
                raise CorpusError(f"annotations/{to} has a bulk file, {path.name}; adjudication needs single files")


def _adjudicate(root: Path, schema: Schema, shared: SharedDocument, annotators: list[str], to: str) -> Merged:
    path = root / "adjudication" / to / f"{shared.doc_id}.json"
    target = root / "annotations" / to / f"{shared.doc_id}.json"
    before = _read_worklist(path, annotators)
    if target.exists() and not before:
        return Merged(shared.doc_id, 0, [], is_elsewhere=True)
    first, second, found_of_one = common_fields(schema, *(shared.by[name] for name in annotators))
    agreed, items = compare(schema, shared, first, second)
    _take_decisions(items, before)
    found = Merged(shared.doc_id, sum(map(len, agreed.values())), items)
    found.of_one = [name for name in layers_to_annotate(schema) if len(shared.done(name)) == 1] + found_of_one
    checksum = before.get("written_sha256")
    if not found.open:
        value = _annotation(schema, (first, second), agreed, items, annotators, to)
        value = carry_over(schema, [shared.by[name] for name in annotators], value)
        # an invalid decision has no canonical form, but its bytes still give the findings to report
        fits = schema.is_valid("annotation", value)
        data = canonical(value, "annotation", schema) if fits else _dumps(value)
        there = _read_if_any(target)
        own = (checksum, before.get("replaced_sha256"))
        if _may_write(found, there, data, own, lambda: _problems(shared, schema, to, data)):
            checksum = sha256(data).hexdigest()
        if found.written:
            # The worklist comes first: gold without one would pass for made by other means, for ever. It says both
            # checksums, since a kill before the next line leaves the file with the old one.
            replaced = sha256(there).hexdigest() if there is not None else None
            _write_worklist(path, shared, annotators, to, items, checksum, replaced)
            with replace_file(target) as out:
                out.write(data)
    if items or before or found.written:
        _write_worklist(path, shared, annotators, to, items, checksum)
    return found


def _may_write(
    found: Merged,
    there: bytes | None,
    data: bytes,
    own: Sequence[str | None],
    problems: Callable[[], Iterator[Problem]],
) -> bool:
    """Return whether `data` may stand as the merged annotation: no errors, and no work of others is lost.

    `there` is the present file; `own` has the checksums that it has if it was written here. Sets `found.kept`,
    `found.problems` and `found.written`.
    """
    if there is not None and there != data and sha256(there).hexdigest() not in own:
        found.kept = "it was changed since" if any(own) else "it was not made here"
        return False
    found.problems = list(problems())
    found.written = not found.problems and there != data
    return not found.problems


def compare(
    schema: Schema, shared: SharedDocument, first: Record, second: Record
) -> tuple[dict[str, list[Record]], list[Item]]:
    """Compare two annotations. Return the equal records by layer, and an item for each other record or pair.

    Layers that only one of them annotated, or that hold the tokens of a source, are skipped. Equal records are taken
    from the first annotation; matched records of the second get the ids of the first, and its other records free ids.
    """
    matching = Matching(schema, first, second)
    layers = [name for name in layers_to_annotate(schema) if matching.is_done(name)]
    ids = _merged_ids(matching, layers)
    agreed: dict[str, list[Record]] = {}
    items: list[Item] = []
    for name in layers:
        context = [
            {record["id"]: _around(shared, pieces) for record, pieces in zip(records, places, strict=True)}
            for records, places in zip(matching.records(name), matching.places(name), strict=True)
        ]
        of_b = {record["id"]: _renamed(record, schema.layers[name], ids) for record in matching.records(name)[1]}
        match_of = {one["id"]: of_b[two["id"]] for one, two in matching.pairs(name)}
        agreed[name] = []
        for one in matching.records(name)[0]:
            two = match_of.get(one["id"])
            differs = [] if two is None else _differs(schema.layers[name], one, two)
            if two is not None and not differs:
                agreed[name].append(one)
            else:
                items.append(Item(name, one, two, differs, context[0][one["id"]]))
        matched = {two["id"] for _, two in matching.pairs(name)}
        items += [
            Item(name, None, of_b[two["id"]], [], context[1][two["id"]])
            for two in matching.records(name)[1]
            if two["id"] not in matched
        ]
    return agreed, items


def _merged_ids(matching: Matching, layers: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return layer → id in the second annotation → id in the merged one: that of its match, or a free id."""
    used = {record["id"] for name in layers for record in matching.records(name)[0]}
    ids: dict[str, dict[str, str]] = {}
    for name in layers:
        ids[name] = {other: one for one, other in matching.names(name).items()}
        for record in matching.records(name)[1]:
            if record["id"] not in ids[name]:
                ids[name][record["id"]] = free_id(record["id"], used)
    return ids


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
        if field.name != "id" and comparable(field, one.get(field.name)) != comparable(field, other.get(field.name))
    ]


def _around(shared: SharedDocument, pieces: Sequence[tuple[int, int]]) -> str | None:
    """Return the text around a record, its first span in ⟦ ⟧; None if the text must not be redistributed."""
    text = shared.text
    if text is None or not pieces or not shared.article.redistributable:
        return None
    start, end = pieces[0]
    left, right = max(0, start - _CONTEXT), min(len(text), end + _CONTEXT)
    shown = f"{text[left:start]}⟦{text[start:end]}⟧{text[end:right]}"
    return "…" * (left > 0) + visible(shown) + "…" * (right < len(text))


def _annotation(
    schema: Schema,
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
    fields_done = first.get("fields_done")
    return {
        **{name: first[name] for name in ("doc_id", "schema_version", "text_sha256")},
        **({"schema_version": schema.version, "fields_done": fields_done} if fields_done else {}),
        "annotator": to,
        "layers_done": list(agreed),
        "provenance": provenance,
        **layers,
    }


def _problems(shared: SharedDocument, schema: Schema, to: str, data: bytes) -> Iterator[Problem]:
    """Yield the errors of levels 1 to 4: with one of these, a merged annotation could not be compiled.

    Higher levels judge content, which adjudicators may have decided on purpose; `corpus validate` reports those.
    """
    value, faults = parse_json(data)
    path = f"annotations/{to}/{shared.doc_id}.json"
    source = Source(path, "annotation", data, value=value, faults=faults)
    document = Document(shared.doc_id, shared.article, Annotation(to, value, source))
    for problem in run_checks(document, schema, set()):
        if problem.severity == "error" and problem.code[1] in "1234":
            yield problem


def _read_worklist(path: Path, annotators: Sequence[str]) -> Record:
    """Read the worklist of a document, {} if there is none. Raises CorpusError if it is invalid."""
    try:
        value, faults = parse_json(read_file(path, path.parent))
    except FileNotFoundError:
        return {}
    if faults or not isinstance(value, dict) or not isinstance(value.get("items"), list):
        where = f":{faults[0].line}:{faults[0].column}" if faults else ""
        raise CorpusError(
            f"{path}{where}: not a worklist of `corpus adjudicate`; fix the JSON, or restore the file from git"
        )
    if value.get("from") != list(annotators):
        raise CorpusError(f"{path} is for --from {value.get('from')}, not for {list(annotators)}")
    for number, item in enumerate(value["items"]):
        if not isinstance(item, dict) or item.get("decision") not in (None, *DECISIONS):
            raise CorpusError(f"{path}: items/{number}: decision must be null or one of {', '.join(DECISIONS)}")
        if item["decision"] == "edit" and not isinstance(item.get("record"), dict):
            raise CorpusError(f"{path}: items/{number}: decision is edit: put the correct record in `record`")
    return value


def _take_decisions(items: Sequence[Item], before: Record) -> None:
    """Carry decisions over to the items with the same two records."""
    made: dict[str, list[Record]] = defaultdict(list)
    for one in before.get("items", ()):
        if one.get("decision") is not None:
            made[json.dumps([one.get("layer"), one.get("a"), one.get("b")], sort_keys=True)].append(one)
    for item in items:
        if made[item.key]:
            decided = made[item.key].pop(0)
            item.decision, item.record = decided["decision"], decided.get("record")


def _write_worklist(
    path: Path,
    shared: SharedDocument,
    annotators: Sequence[str],
    to: str,
    items: Sequence[Item],
    checksum: str | None,
    replaced: str | None = None,
) -> None:
    value = {
        "doc_id": shared.doc_id,
        "from": list(annotators),
        "to": to,
        "written_sha256": checksum,
        **({"replaced_sha256": replaced} if replaced else {}),
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
    if _read_if_any(path) != data:
        with replace_file(path) as out:
            out.write(data)


def _read_if_any(path: Path) -> bytes | None:
    """Return the bytes of a file, None if it is missing. Raises CorpusError if it is a link or not a regular file."""
    try:
        return read_file(path, path.parent)
    except FileNotFoundError:
        return None


def _dumps(value: Record) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()
