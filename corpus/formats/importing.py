"""Write imported documents as a new corpus: schema, settings, texts, records and annotations, in canonical form."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import jsonschema_rs

from ..core.conditions import CONDITIONS, conditions_of
from ..core.json_positions import split_pointer
from ..core.labelling import keep_rules
from ..core.model import CorpusError, Problem, Record
from ..core.regular_file import read_file
from ..core.schema import IF_DONE, TARGETS, Schema, shipped
from .documents import Incoming, Options
from .fitting import NOT_READ, dated, fields_done, fitted, with_words, without_controls, without_words
from .known import Causes
from .mapping.use import MapUse
from .sources import problem
from .writing import CorpusWriter, json_bytes, write_file

GITIGNORE = (
    "/build/\n# texts that may not be passed on\n/raw/attached/\n# annotations that could only be read in part\n"
    "/quarantine/\n# who has which pseudonym\n/annotators.toml\n# left incomplete by a killed command\n.corpus-tmp-*\n"
)
_HALF = "a string holds half of a surrogate pair, which no file can hold"
_OWN_FIELDS = {
    "imported_from": ("Imported from", "The name that the document had in the files it was imported from."),
    "replaced_characters": (
        "Replaced characters",
        "Control characters that the import replaced in the text: the offset and the code point of each.",
    ),
}
"""Fields that an import adds to the schema of articles if a record needs them: title and description of each."""


def build_corpus(
    into: Path,
    documents: Iterable[Incoming | Problem],
    options: Options,
    use: MapUse | None = None,
    targets: Iterable[Record] = (),
    schema: Schema | None = None,
    *,
    bulk: bool = False,
) -> Iterator[Problem]:
    """Write the documents to the new corpus `into`; yield the Problems among them, and of values that do not fit.

    An annotation with a Problem is quarantined: its document has no annotation by that annotator. A field that no
    record of an annotation has is not in its `fields_done`. A field that only some of its records lack becomes optional
    in the schema of the new corpus. `use` has the names of the map; those that the files lack are Problems too.
    `targets` are added to the registry of targets. `schema` is that of the new corpus if the reader adds layers to the
    one of the options. Problems of several annotations that one suggestion solves are one Problem. Raises CorpusError
    when an article record lacks a required field that no option gives, or when there is no document.
    """
    importer = _Importer(into, options, schema or schema_of(options), list(targets), bulk or options.bulk)
    systematic = Causes()
    failed = False
    for one in documents:
        for wrong in [one] if isinstance(one, Problem) else importer.add(one):
            failed = True
            if wrong.suggestion:
                systematic.add(f"{wrong.code} {wrong.suggestion}", wrong)
            else:
                yield wrong
    yield from systematic
    if not importer.written and not failed:
        raise CorpusError("found no document to import")
    if use is not None:
        yield from use.problems(options.map_path, options.notes)
    importer.finish()


class _Importer:
    """Writes documents to a new corpus, and then the schema that fits them."""

    def __init__(self, into: Path, options: Options, schema: Schema, targets: list[Record], bulk: bool) -> None:
        self._into, self._options = into, options
        self._folder = options.schema or shipped()
        self._schema = _with_targets(schema, targets, self._folder / "targets.schema.json")
        self._given = _record_of(options, self._schema)
        self._kb_date = _kb_date(options)
        self._writer = CorpusWriter(into, self._schema, bulk)
        self._lacking: Counter[tuple[str, str]] = Counter()
        self._targets: set[str] = set()
        self._added: set[str] = set()
        """Fields of articles that the schema lacks and a record has."""
        self.written = False

    def add(self, one: Incoming) -> Iterator[Problem]:
        """Write a document; yield its Problems."""
        one.text, replaced = without_controls(one.text) if self._options.replace_controls else (one.text, [])
        record = _complete(one, self._given, self._options, self._schema)
        wrong = next(self._schema.violations("record", record), None)
        if wrong is not None:
            yield problem("IMP2", one.path, f"{'.'.join(map(str, wrong.parts))}: {wrong.message[:200]}")
            for faults in one.faulty.values():
                yield from faults
            return
        own = {"imported_from": self._options.doc_ids.original(one.doc_id), "replaced_characters": replaced}
        record |= {name: value for name, value in own.items() if value}
        self._added |= record.keys() & _OWN_FIELDS.keys()
        if replaced:
            self._options.notes["control characters of texts were replaced by U+FFFD or a blank"] += len(replaced)
        if not self.written:
            write_frame(self._into, self._schema.annotation, self._folder)
            self.written = True
        try:
            self._writer.article(record, one.text)
        except UnicodeEncodeError:
            yield problem("IMP2", one.path, f"{one.doc_id}: {_HALF}")
            return
        for annotator in dict.fromkeys([*one.layers, *one.faulty]):
            yield from self._annotation(one, annotator, record, bool(replaced))

    def _annotation(self, one: Incoming, annotator: str, record: Record, replaced: bool) -> Iterator[Problem]:
        """Write an annotation, or quarantine it; yield its Problems."""
        schema, options = self._schema, self._options
        layers = one.layers.get(annotator, {})
        done = [name for name in schema.layers if name in layers or name in options.layers]
        annotation: Record = {
            "doc_id": one.doc_id,
            "schema_version": schema.versions[0],
            "text_sha256": record["text_sha256"],
            "annotator": annotator,
            "layers_done": done,
            **{name: layers.get(name, []) for name in done},
        }
        dated(annotation, schema, self._kb_date, options.left_out)
        if replaced:
            with_words(annotation, one.text, schema)
        one.set_aside(annotator, fitted(annotation, one, schema))
        faults = one.faulty.get(annotator)
        notes = list(one.notes.get(annotator, ()))
        if original := options.annotators.original(annotator):
            notes.append(f"the source names the annotator {original!r}")
        if faults:
            notes.append(NOT_READ.format(faults.count))
        provenance = dict(one.provenance.get(annotator, {}))
        if notes:
            provenance["note"] = "; ".join(filter(None, [provenance.get("note"), *notes]))
        if provenance:
            annotation["provenance"] = provenance
        if record["redistribution"] != "full":
            without_words(annotation, schema)
        done_fields = fields_done(annotation, schema, Counter() if faults else self._lacking)
        if done_fields := one.fields_done.get(annotator, done_fields):
            annotation["fields_done"] = done_fields
            annotation["schema_version"] = schema.version_of(annotation)
        if faults:
            yield from faults
            try:
                self._writer.quarantine(annotation, faults)
            except UnicodeEncodeError:
                yield problem("IMP2", one.path, f"{one.doc_id} by {annotator} is not in quarantine: {_HALF}")
                return
            options.notes["annotations that could only be read in part are in quarantine/"] += 1
            return
        try:
            self._writer.annotation(annotation)
        except UnicodeEncodeError:
            yield problem("IMP2", one.path, f"{one.doc_id} by {annotator}: {_HALF}")
            return
        self._collect_targets(annotation)

    def _collect_targets(self, annotation: Record) -> None:
        """Collect the targets that the records name."""
        for name in annotation["layers_done"]:
            for ref in (ref for ref in self._schema.layers[name].of_kind("reference") if ref.refers_to == TARGETS):
                self._targets.update(str(value.get(ref.name)) for value in annotation[name])

    def finish(self) -> None:
        """Write what is held, and the schema that fits the documents."""
        self._writer.close()
        if self.written:
            own = self._options.schema is None
            _finish(self._into, self._schema, self._lacking, self._targets if own else set(self._schema.targets))
            _add_fields(self._into, self._schema, self._added)


def schema_of(options: Options) -> Schema:
    """Return the schema for the new corpus. Raises CorpusError if the directory that the user named has none."""
    if options.schema is not None:
        return Schema.read(options.schema.parent)
    names = ("annotation.schema.json", "article.schema.json", "targets.json")
    return Schema(*(json.loads(read_file(shipped() / name)) for name in names))


def _with_targets(schema: Schema, targets: list[Record], rules: Path) -> Schema:
    """Return the schema with more targets. Raises CorpusError if the registry cannot hold one of them."""
    known = [one for one in schema.registry["targets"] if one["target_id"] not in {new["target_id"] for new in targets}]
    more = {one["target_id"]: one for one in targets}
    registry = {**schema.registry, "targets": [*known, *more.values()]}
    for wrong in jsonschema_rs.Draft202012Validator(json.loads(read_file(rules))).iter_errors(registry):
        raise CorpusError(f"map: targets: {wrong.message[:200]}")
    return Schema(schema.annotation, schema.article, registry) if targets else schema


def write_frame(into: Path, annotation_schema: Record, folder: Path, settings: str = "", card: str = "") -> None:
    """Write the schema, settings and card of a new corpus. `folder` has the other schema files."""
    card = card or f"---\npretty_name: {json.dumps(into.name)}\n---\n# {into.name}\n\nImported by `corpus import`.\n"
    files = {
        "schema/annotation.schema.json": json_bytes(annotation_schema),
        "schema/article.schema.json": read_file(folder / "article.schema.json"),
        "schema/targets.schema.json": read_file(folder / "targets.schema.json"),
        "schema/targets.json": _registry([]),
        "pyproject.toml": f'[tool.corpus]\nversion = "1.0.0"\n{settings}'.encode(),
        "DATASET_CARD.md": card.encode(),
        ".gitignore": GITIGNORE.encode(),
    }
    for name, data in files.items():
        write_file(into / name, data)


def edit_schema(schema: Record, removed: Iterable[str], written: Iterable[tuple[str, Any]], name: str) -> None:
    """Remove values from a schema and write others, each at a JSON pointer; `-` appends to a list, as in RFC 6902.

    Conditions and rules for blank fields that name a removed field go with it.
    """
    for pointer in removed:
        at, key = _parent_of(schema, pointer, name)
        at.pop(key, None)
    for pointer, value in written:
        at, key = _parent_of(schema, pointer, name)
        if key == "-":
            at.append(value)
        else:
            at[key] = value
    for layer in schema["properties"].values():
        items = layer.get("items", {})
        if CONDITIONS in items:
            items[CONDITIONS] = conditions_of(items[CONDITIONS], items["properties"])
        keep_rules(items.get("properties", {}))


def _record_of(options: Options, schema: Schema) -> Record:
    """Return the fields that every article record gets, from the map and the command line. Raises CorpusError."""
    table = options.map.get("record", {})
    if not isinstance(table, Mapping):
        raise CorpusError("map: [record] must be a table")
    of_each = options.map.get("records", {})
    if not isinstance(of_each, dict) or not all(isinstance(one, dict) for one in of_each.values()):
        raise CorpusError("map: [records] must hold a table for each document: [records.DOC_ID]")
    given = {**table, **options.record}
    fields = {one.name for one in schema.article_fields}
    for name in given:
        if name not in fields or name in ("doc_id", "text_sha256", "length"):
            raise CorpusError(f"article records have no field {name} to set; they have {', '.join(sorted(fields))}")
    for wrong in schema.violations("record", given):
        if wrong.keyword != "required":
            raise CorpusError(f"article record: {'.'.join(map(str, wrong.parts))}: {wrong.message[:200]}")
    for layer in options.layers:
        if layer not in schema.layers:
            raise CorpusError(f"unknown layer {layer}; the schema has {', '.join(schema.layers)}")
    return given


def _kb_date(options: Options) -> str:
    """Return the date of knowledge-base ids that the option or the map gives, "" if there is none."""
    given = options.kb_date or options.map.get("kb_date", "")
    try:
        return date.fromisoformat(str(given)).isoformat() if given else ""
    except ValueError:
        raise CorpusError(f"kb_date: {given!r} is not a date, such as 2026-05-01") from None


def _complete(one: Incoming, given: Record, options: Options, schema: Schema) -> Record:
    of_one = options.map.get("records", {}).get(one.doc_id, {})
    record = {
        "title": None,
        **given,
        **one.record,
        **of_one,
        "doc_id": one.doc_id,
        "text_sha256": sha256(one.text.encode()).hexdigest(),
        "length": len(one.text),
    }
    needed = [field.name for field in schema.article_fields if field.required and field.name not in record]
    if needed:
        asked = " ".join(f"--record {name}=…" for name in needed)
        raise CorpusError(f"{one.doc_id} has no {', '.join(needed)}: add {asked}, or set it in [record] of the map")
    return record


def _finish(into: Path, schema: Schema, lacking: Counter[tuple[str, str]], targets: set[str]) -> None:
    """Write the schema that fits the documents: optional where one lacks a field, with the targets that they name."""
    made = json.loads(json.dumps(schema.annotation))
    for layer, name in sorted(key for key, number in lacking.items() if number):
        items = made["properties"][layer]["items"]
        for keyword in ("required", IF_DONE):
            if name in items.get(keyword, ()):
                items[keyword] = [one for one in items[keyword] if one != name]
    if made != schema.annotation:
        write_file(into / "schema/annotation.schema.json", json_bytes(made))
    if targets:
        kept = [target for target in schema.registry["targets"] if target["target_id"] in targets]
        write_file(into / "schema/targets.json", _registry(kept))


def _add_fields(into: Path, schema: Schema, names: set[str]) -> None:
    """Write a schema of articles that has the fields of `_OWN_FIELDS` with these names."""
    if not names - schema.article["properties"].keys():
        return
    made = json.loads(json.dumps(schema.article))
    for name in sorted(names):
        title, description = _OWN_FIELDS[name]
        kind: Record = {"type": "string"} if name == "imported_from" else {"type": "array", "items": {"type": "string"}}
        made["properties"].setdefault(name, {"title": title, "description": description, **kind})
    write_file(into / "schema/article.schema.json", json_bytes(made))


def _registry(targets: list[Record]) -> bytes:
    return json_bytes({"$schema": "targets.schema.json", "version": "1.0", "targets": targets})


def _parent_of(schema: Any, pointer: str, name: str) -> tuple[Any, str]:
    """Return the container of the value at `pointer`, and the key of the value in it."""
    *parts, key = split_pointer(pointer)
    for part in parts:
        if part not in schema:
            raise CorpusError(f"the schema has no {pointer}, which {name} changes")
        schema = schema[part]
    return schema, key
