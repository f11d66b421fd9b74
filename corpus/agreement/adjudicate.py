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

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from ..checks import run as run_checks
from ..core.model import Annotation, CorpusError, Document, Problem, Record, Source
from ..core.schema import TARGETS, Layer, Schema
from ..core.source_tokens import layers_to_annotate
from ..core.text import visible
from ..files import canonical, is_bulk, parse_json, replace_file
from ..files.index import ANNOTATOR
from ..matching import Matching, common_fields, comparable
from .carried import carry_over, free_id
from .derived import derived_of, merge_derived
from .load import SharedDocument, shared_documents
from .worklist import Item, dumps, read_if_any, read_worklist, take_decisions, write_worklist

TOOL = "corpus adjudicate"
_CONTEXT = 60
"""Code points of context on either side of a record."""


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


@dataclass(frozen=True, slots=True)
class Opened:
    """A document as its worklist leaves it: the records that need no decision, and the items, decided or open.

    `agreed` are the equal records by layer. `of_one` is as in `Merged`. `before` is the worklist as it was read.
    """

    shared: SharedDocument
    both: tuple[Record, Record]
    agreed: dict[str, list[Record]]
    items: list[Item]
    of_one: list[str]
    before: Record
    path: Path
    target: Path

    @property
    def is_elsewhere(self) -> bool:
        """Return True if the document has an annotation but no worklist: it was adjudicated by other means."""
        return self.target.exists() and not self.before

    @property
    def count_agreed(self) -> int:
        """Return the number of equal records."""
        return sum(map(len, self.agreed.values()))


def adjudicate(
    root: Path, schema: Schema, annotators: Sequence[str], to: str, left_out: Counter[str]
) -> Iterator[Merged]:
    """Merge the annotations of two annotators into those of `to`, document by document.

    Decisions are read from `adjudication/<to>/<doc_id>.json`; the file is then rewritten with the current items.
    The annotation is written atomically, in the canonical form, once no item is open. An annotation that was not
    written here, or was changed since, is not overwritten, and a document with an annotation but no worklist is
    skipped. `left_out` counts what cannot be compared, by reason. Raises CorpusError for invalid names or worklists.
    """
    check_names(root, annotators, to)
    for shared in shared_documents(root, schema, annotators, left_out):
        yield merge(root, schema, shared, list(annotators), to)


def check_names(root: Path, annotators: Sequence[str], to: str) -> None:
    """Raise CorpusError unless `annotators` are two of the corpus, and the annotations of `to` are single files."""
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


def open_document(root: Path, schema: Schema, shared: SharedDocument, annotators: list[str], to: str) -> Opened:
    """Compare the annotations of a document and take over the decisions of its worklist. Changes no file."""
    path = root / "adjudication" / to / f"{shared.doc_id}.json"
    target = root / "annotations" / to / f"{shared.doc_id}.json"
    before = read_worklist(path, annotators)
    first, second, found_of_one = common_fields(schema, *(shared.by[name] for name in annotators))
    agreed, items = compare(schema, shared, first, second)
    take_decisions(agreed, items, before)
    of_one = [name for name in layers_to_annotate(schema) if len(shared.done(name)) == 1] + found_of_one
    return Opened(shared, (first, second), agreed, items, of_one, before, path, target)


def merge(root: Path, schema: Schema, shared: SharedDocument, annotators: list[str], to: str) -> Merged:
    """Rewrite the worklist of a document and, if no item is open, its merged annotation."""
    opened = open_document(root, schema, shared, annotators, to)
    if opened.is_elsewhere:
        return Merged(shared.doc_id, 0, [], is_elsewhere=True)
    path, target, before, items = opened.path, opened.target, opened.before, opened.items
    found = Merged(shared.doc_id, opened.count_agreed, items, of_one=opened.of_one)
    checksum = before.get("written_sha256")
    if not found.open:
        value = _annotation(schema, opened.both, opened.agreed, items, annotators, to)
        value = carry_over(schema, [shared.by[name] for name in annotators], value)
        # an invalid decision has no canonical form, but its bytes still give the findings to report
        fits = schema.is_valid("annotation", value)
        data = canonical(value, "annotation", schema) if fits else dumps(value)
        there = read_if_any(target)
        own = (checksum, before.get("replaced_sha256"))
        if _may_write(found, there, data, own, lambda: _problems(shared, schema, to, data)):
            checksum = sha256(data).hexdigest()
        if found.written:
            # The worklist comes first: gold without one would pass for made by other means, for ever. It says both
            # checksums, since a kill before the next line leaves the file with the old one.
            replaced = sha256(there).hexdigest() if there is not None else None
            write_worklist(path, shared.doc_id, annotators, to, items, checksum, replaced)
            with replace_file(target) as out:
                out.write(data)
    if items or before or found.written:
        write_worklist(path, shared.doc_id, annotators, to, items, checksum)
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
        places = [
            dict(zip((record["id"] for record in records), of, strict=True))
            for records, of in zip(matching.records(name), matching.places(name), strict=True)
        ]
        of_b = {record["id"]: _renamed(record, schema.layers[name], ids) for record in matching.records(name)[1]}
        match_of = {one["id"]: of_b[two["id"]] for one, two in matching.pairs(name)}
        agreed[name] = []
        for one in matching.records(name)[0]:
            two = match_of.get(one["id"])
            differs = [] if two is None else differing(schema.layers[name], one, two)
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


def differing(layer: Layer, one: Record, other: Record) -> list[str]:
    """Return the fields in which two records say different things; ids are not compared."""
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
    note += "".join(_deciders(items))
    provenance: Record = {"tool": TOOL, "note": note}
    if all(value.get("provenance", {}).get("machine") is True for value in both):
        provenance["machine"] = True
    first = both[0]
    fields_done = first.get("fields_done")
    names = _merged_ids(Matching(schema, *both), list(agreed))
    derived = merge_derived(schema, derived_of(first, {}, schema), derived_of(both[1], names, schema), agreed, items)
    if derived:
        provenance["derived"] = derived
    return {
        **{name: first[name] for name in ("doc_id", "schema_version", "text_sha256")},
        **({"schema_version": schema.version} if fields_done or derived else {}),
        **({"fields_done": fields_done} if fields_done else {}),
        "annotator": to,
        "layers_done": list(agreed),
        "provenance": provenance,
        **layers,
    }


def _deciders(items: Sequence[Item]) -> Iterator[str]:
    """Yield who decided what, if anything was decided in Label Studio."""
    for who in sorted({item.by for item in items}) if any(item.by for item in items) else ():
        decided = sorted(f"{_named(item)} {item.decision}" for item in items if item.by == who)
        yield f" {f'{who} in Label Studio' if who else 'In the worklist'}: {', '.join(decided)}."


def _named(item: Item) -> str:
    record = item.a or item.b or item.record or {}
    return f"{item.layer} {record.get('id')}"


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
