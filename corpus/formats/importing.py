"""Write imported documents as a new corpus: schema, settings, texts, records and annotations, in canonical form."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from ..core.json_positions import split_pointer
from ..core.model import CorpusError, Problem, Record
from ..core.regular_file import read_file
from ..core.schema import TARGETS, Schema, shipped
from ..files import canonical
from .documents import Incoming, Options
from .sources import problem
from .writing import json_bytes, write_file

GITIGNORE = (
    "/build/\n# texts that may not be passed on\n/raw/attached/\n# left incomplete by a killed command\n.corpus-tmp-*\n"
)


def build_corpus(into: Path, documents: Iterable[Incoming | Problem], options: Options) -> Iterator[Problem]:
    """Write the documents to the new corpus `into`; yield the Problems among them, and of values that do not fit.

    A field that some record lacks becomes optional in the schema of the new corpus. Raises CorpusError when an
    article record lacks a required field that no option gives, or when there is no document.
    """
    folder, schema = options.schema or shipped(), schema_of(options)
    given = _record_of(options, schema)
    lacking: Counter[tuple[str, str]] = Counter()
    targets: set[str] = set()
    written = failed = 0
    for one in documents:
        if isinstance(one, Problem):
            failed += 1
            yield one
            continue
        record = _complete(one, given, options, schema)
        wrong = next(schema.violations("record", record), None)
        if wrong is not None:
            yield problem("IMP2", one.path, f"{'.'.join(map(str, wrong.parts))}: {wrong.message[:200]}")
            failed += 1
            continue
        if not written:
            write_frame(into, schema.annotation, folder)
        yield from _write_document(into, one, record, options, schema, lacking, targets)
        written += 1
    if not written and not failed:
        raise CorpusError("found no document to import")
    if written:
        _finish(into, schema, lacking, targets if options.schema is None else set(schema.targets))


def schema_of(options: Options) -> Schema:
    """Return the schema for the new corpus. Raises CorpusError if the directory that the user named has none."""
    if options.schema is not None:
        return Schema.read(options.schema.parent)
    names = ("annotation.schema.json", "article.schema.json", "targets.json")
    return Schema(*(json.loads(read_file(shipped() / name)) for name in names))


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
    """Remove values from a schema and write others, each at a JSON pointer; `-` appends to a list, as in RFC 6902."""
    for pointer in removed:
        at, key = _parent_of(schema, pointer, name)
        at.pop(key, None)
    for pointer, value in written:
        at, key = _parent_of(schema, pointer, name)
        if key == "-":
            at.append(value)
        else:
            at[key] = value


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


def _write_document(
    into: Path,
    one: Incoming,
    record: Record,
    options: Options,
    schema: Schema,
    lacking: Counter[tuple[str, str]],
    targets: set[str],
) -> Iterator[Problem]:
    full = record["redistribution"] == "full"
    write_file(into / f"raw/{'' if full else 'attached/'}{one.doc_id}.txt", one.text.encode())
    write_file(into / f"raw/{one.doc_id}.json", canonical(record, "record", schema))
    for annotator, layers in one.layers.items():
        done = [name for name in schema.layers if name in layers or name in options.layers]
        annotation: Record = {
            "doc_id": one.doc_id,
            "schema_version": schema.version,
            "text_sha256": record["text_sha256"],
            "annotator": annotator,
            "layers_done": done,
            **{name: layers.get(name, []) for name in done},
        }
        yield from _fitted(annotation, one, schema, lacking)
        for name in done:
            for ref in (ref for ref in schema.layers[name].of_kind("reference") if ref.refers_to == TARGETS):
                targets.update(str(value.get(ref.name)) for value in annotation[name])
            if not full:
                _without_words(annotation[name], [field.name for field in schema.layers[name].of_kind("spans")])
        write_file(into / f"annotations/{annotator}/{one.doc_id}.json", canonical(annotation, "annotation", schema))


def _fitted(annotation: Record, one: Incoming, schema: Schema, lacking: Counter[tuple[str, str]]) -> Iterator[Problem]:
    """Remove values that the schema does not allow, yield a Problem for each, and count the fields that are missing."""
    wrong: dict[tuple[str, int, str], str] = {}
    for found in schema.violations("annotation", annotation):
        if len(found.parts) >= 3:
            wrong.setdefault((str(found.parts[0]), int(found.parts[1]), str(found.parts[2])), found.message)
    for (layer, i, name), message in wrong.items():
        record = annotation[layer][i]
        path, line = one.places.get((annotation["annotator"], record["id"]), (one.path, 1))
        yield problem("IMP2", path, f"{layer}.{name}: {message[:200]}", place=(line, 1))
        del record[name]
    for layer in annotation["layers_done"]:
        for field in schema.layers[layer].fields:
            if field.required:
                lacking[layer, field.name] += sum(field.name not in record for record in annotation[layer])


def _without_words(records: list[Record], fields: list[str]) -> None:
    for record in records:
        for name in fields:
            record[name] = [{"start": span["start"], "end": span["end"]} for span in record.get(name, ())]


def _finish(into: Path, schema: Schema, lacking: Counter[tuple[str, str]], targets: set[str]) -> None:
    """Write the schema that fits the documents: optional where one lacks a field, with the targets that they name."""
    made = json.loads(json.dumps(schema.annotation))
    for layer, name in sorted(key for key, number in lacking.items() if number):
        items = made["properties"][layer]["items"]
        items["required"] = [one for one in items["required"] if one != name]
    if made != schema.annotation:
        write_file(into / "schema/annotation.schema.json", json_bytes(made))
    if targets:
        kept = [target for target in schema.registry["targets"] if target["target_id"] in targets]
        write_file(into / "schema/targets.json", _registry(kept))


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
