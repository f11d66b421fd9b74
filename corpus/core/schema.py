"""The schema, read once: layers, fields and labels, derived from `schema/*.json`.

    schema/annotation.schema.json   top-level arrays of records → layers → fields → labels
    schema/article.schema.json      the fields of an article's record
    schema/targets.json             what stances are about

A field is of one of four kinds, told by how the schema writes it (see `schema/README.md`). Every
other part of the program asks this module which fields there are, and names none itself unless
the field means something to it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any, get_args

import jsonschema_rs

from .conditions import CONDITIONS, fitting, read_conditions
from .done import done_fields
from .labelling import check_labelling, read_labelling
from .layers import Condition
from .layers import Field as Field
from .layers import FieldKind as FieldKind
from .layers import Label as Label
from .layers import Layer as Layer
from .model import CorpusError, Kind, Record
from .regular_file import read_file
from .schema_files import FILES, check_registry, schema_bytes, schema_json, validator
from .schema_names import NAME, check_label, check_names, check_prose

TARGETS = "targets"
"""What a reference to the target registry refers to; the other references name a layer."""
_SCALARS = ("string", "integer", "number", "boolean")
_ID = ("id", "scalar", "string", True)
IF_DONE = "requiredIfDone"
"""The keyword of a record's schema that names the fields which each record has if `fields_done` names them."""
WITHOUT_RECORD = "withoutRecord"
"""The keyword of a label field that gives the label of things without a record."""
_CONFIGS = ("annotations", "disagreement", "documents", "twins", "withheld")  # of a build, not named for a layer
_COLUMNS = ("annotator", "fields_done", "layers_done", "provenance", "text")
"""The columns of the article tables that do not come from fields of the record."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A place where a value does not fit its schema.

    `keyword` is the JSON Schema keyword it fails ("required", "type", …), `parts` lead to the
    value, `limit` is what the keyword asks for, `value` the value found.
    """

    keyword: str
    parts: tuple[str | int, ...]
    message: str
    limit: Any
    value: Any


class Schema:
    """The schema of a corpus. Make one with `Schema.read(root)`."""

    def __init__(self, annotation: dict[str, Any], article: dict[str, Any], targets: dict[str, Any]):
        self.annotation = annotation
        self.article = article
        self.registry = targets
        self.targets = {target["target_id"]: target for target in targets["targets"]}
        self.layers = {layer.name: layer for layer in _layers(annotation, self.targets)}
        self.conditions = _conditions(annotation, self.layers.values(), self.targets)
        """The conditions of each layer that has any."""
        self.article_fields = _fields("article", article, article)
        self.versions = _versions(annotation)
        self.has_fields_done = "fields_done" in annotation["properties"]
        """True if annotations may say which fields were annotated."""
        self._if_done = {
            layer: needed
            for layer, of_layer in self.layers.items()
            if (needed := tuple(one.name for one in of_layer.fields if one.required and not one.always))
        }
        _check_layers(self)

    @classmethod
    def read(cls, root: Path) -> Schema:
        """The schema in `root/schema/`. Raises CorpusError when it is missing or is not valid.

        Files with the same bytes give the same schema, which nothing changes: a program may do many runs.
        """
        folder = root / "schema"
        files = tuple(schema_bytes(folder / name) for name in FILES)
        if files in _KNOWN:
            return _KNOWN[files]
        written = (schema_json(folder / name, data) for name, data in zip(FILES, files, strict=True))
        annotation, article, registry, of_registry = written
        check_registry(registry, of_registry, folder / "targets.json")
        try:
            schema = cls(annotation, article, registry)
            _ = schema._validators
        except (KeyError, TypeError, AttributeError, RecursionError, ValueError) as error:
            raise CorpusError(
                f"{folder} is not a schema of a corpus ({type(error).__name__}: {error}); "
                "schema/README.md shows how one is written"
            ) from None
        if len(_KNOWN) == _KEPT:
            del _KNOWN[next(iter(_KNOWN))]
        _KNOWN[files] = schema
        return schema

    @property
    def version(self) -> str:
        """The newest version that an annotation may follow."""
        return self.versions[-1]

    def version_of(self, value: Record) -> str:
        """Return the version to write into an annotation: the oldest one that has all of its keys."""
        keys = {*value, *(value.get("provenance") or {})}
        newer = {"fields_done", "derived", "guidelines", "prompt", "alternatives"} & keys
        return self.versions[-1 if newer else 0]

    def resolve(self, written: Any) -> dict[str, Any]:
        """Return a part of the schema of annotations with its `$ref` followed."""
        return resolve(self.annotation, written)

    @cached_property
    def splits(self) -> tuple[str, ...]:
        """The names of the splits, in their order."""
        return tuple(label.name for one in self.article_fields if one.name == "split" for label in one.labels)

    def labels(self, layer: str, field: str) -> tuple[Label, ...]:
        """The labels of a field, `()` when there is no such field."""
        fields = self.layers[layer].fields if layer in self.layers else ()
        return next((f.labels for f in fields if f.name == field), ())

    def is_valid(self, kind: Kind, value: Any) -> bool:
        """Whether an article's record or an annotation fits its schema."""
        return self._validators[kind].is_valid(value) and (
            kind != "annotation" or next(self._missing(value), None) is None
        )

    def violations(self, kind: Kind, value: Any) -> Iterator[Violation]:
        """Every place where an article's record or an annotation does not fit its schema."""
        for error in self._validators[kind].iter_errors(value):
            details = dict(error.kind.as_dict())
            found = details.pop("value", error.instance)
            limit = next((v for k, v in details.items() if k not in ("name", "context")), None)
            yield Violation(error.kind.name, tuple(error.instance_path), error.message, limit, found)
        if kind == "annotation":
            yield from self._missing(value)

    def _missing(self, value: Any) -> Iterator[Violation]:
        """Yield the fields that records lack although `fields_done` names them, or names no field of the layer."""
        for layer, names in self._if_done.items() if isinstance(value, dict) else ():
            records = value.get(layer)
            if not isinstance(records, list) or not records:
                continue
            done = done_fields(value, layer)
            needed = names if done is None else tuple(name for name in names if name in done)
            wanted = frozenset(needed)
            for i, record in enumerate(records):
                if isinstance(record, dict) and not wanted <= record.keys():
                    for name in needed:
                        if name not in record:
                            message = f"{json.dumps(name)} is a required property"
                            yield Violation("required", (layer, i), message, name, record)

    @cached_property
    def _validators(self) -> Mapping[str, jsonschema_rs.Draft202012Validator]:
        return {
            "annotation": validator(self.annotation),
            "record": validator(self.article),
        }


_KNOWN: dict[tuple[bytes, ...], Schema] = {}
"""The schemas that were read last, by the bytes of their files."""
_KEPT = 8


def shipped() -> Path:
    """The folder of this project's own schema, from which a corpus of one's own is begun."""
    core = Path(__file__).parent
    return core / "own_schema" if (core / "own_schema").is_dir() else core.parent.parent / "schema"


def _check_layers(schema: Schema) -> None:
    """Raise CorpusError for a layer that the rest of the program could not work with."""
    taken = {*_COLUMNS, *_CONFIGS, *(one.name for one in schema.article_fields)}
    check_names("layer", schema.layers)
    check_names("field of an article", [one.name for one in schema.article_fields])
    check_names("split", schema.splits)
    if clash := {one.name for one in schema.article_fields}.intersection(_COLUMNS):
        raise CorpusError(f"the schema's field {min(clash)} of an article has the name of another column")
    for layer in schema.layers.values():
        check_names(f"field of {layer.name}", [one.name for one in layer.fields])
        if layer.name in taken:
            raise CorpusError(f"the schema's layer {layer.name} has the name of another column or config; rename it")
        if not any((one.name, one.kind, one.json_type, one.required) == _ID for one in layer.fields):
            raise CorpusError(f'the schema\'s layer {layer.name} must require "id": {{"$ref": "#/$defs/id"}}')
        for one in layer.of_kind("reference"):
            if one.refers_to not in (*schema.layers, TARGETS):
                raise CorpusError(
                    f"the schema's field {layer.name}.{one.name} refers to {one.refers_to!r}, which is not a layer"
                )
    check_labelling(schema.layers)
    _check_prose(schema)


def _check_prose(schema: Schema) -> None:
    """Raise CorpusError for a title or description with characters that no reader of a config or page should get."""
    for layer in schema.layers.values():
        check_prose(f"layer {layer.name}", layer.title + layer.description)
    of_layers = [(f"{name}.{one.name}", one) for name, layer in schema.layers.items() for one in layer.fields]
    for name, one in [*of_layers, *((one.name, one) for one in schema.article_fields)]:
        check_prose(f"field {name}", one.title + one.description)
        for label in (*one.labels, *([one.absent] if one.absent else [])):
            check_prose(f"label {label.name} of {name}", label.title + label.description)


def _versions(annotation: dict[str, Any]) -> tuple[str, ...]:
    """Return the versions of the schema that annotations may follow, the newest last."""
    written = annotation["properties"].get("schema_version", {})
    versions = written.get("enum", [written.get("const")])
    if not versions or not all(isinstance(version, str) for version in versions):
        raise CorpusError('the schema of annotations must say its own version: "schema_version": {"const": "1.0"}')
    return tuple(versions)


def _layers(schema: dict[str, Any], targets: Collection[str]) -> Iterator[Layer]:
    for name, written in schema["properties"].items():
        items = resolve(schema, written.get("items", {}))
        if written.get("type") == "array" and items.get("type") == "object":
            fields = _fields(name, items, schema)
            kinds = {kind: tuple(one for one in fields if one.kind == kind) for kind in get_args(FieldKind)}
            conditions = read_conditions(name, items.get(CONDITIONS, []), fields, targets)
            yield Layer(name, written.get("title", name), written.get("description", ""), fields, kinds, conditions)


def _conditions(
    annotation: dict[str, Any], layers: Collection[Layer], targets: Collection[str]
) -> dict[str, tuple[Condition, ...]]:
    """Return the conditions of each layer: those that the schema states.

    If no layer has the keyword, return those of this project's own schema that replace a check.
    """
    if any(CONDITIONS in written.get("items", {}) for written in annotation["properties"].values()):
        found = {layer.name: layer.conditions for layer in layers}
    else:
        shipped = _shipped_conditions()
        found = {one.name: fitting(one.name, shipped.get(one.name, []), one.fields, targets) for one in layers}
    return {layer: conditions for layer, conditions in found.items() if conditions}


@cache
def _shipped_conditions() -> dict[str, list[Any]]:
    """Return the conditions of this project's own schema, by layer: older schemas are checked by some of them."""
    properties = json.loads(read_file(shipped() / "annotation.schema.json"))["properties"]
    return {name: written["items"].get(CONDITIONS, []) for name, written in properties.items() if "items" in written}


def _fields(owner: str, record: dict[str, Any], schema: dict[str, Any]) -> tuple[Field, ...]:
    always, if_done, properties = record.get("required", ()), record.get(IF_DONE, ()), record.get("properties")
    if not properties:
        raise CorpusError(f"the schema gives no properties to {owner}")
    if not isinstance(if_done, (list, tuple)) or not all(name in properties for name in if_done):
        raise CorpusError(f"the schema's {IF_DONE} of {owner} must list fields of {owner}")
    return tuple(
        replace(
            _field(owner, name, written, schema, name in always or name in if_done),
            always=name in always,
            labelling=read_labelling(f"{owner}.{name}", written if isinstance(written, dict) else {}),
        )
        for name, written in properties.items()
    )


def _field(owner: str, name: str, written: Any, schema: dict[str, Any], required: bool) -> Field:
    one = resolve(schema, written) if isinstance(written, dict) else {}
    title, description = one.get("title", name), one.get("description", "")
    if not NAME.fullmatch(name):
        raise CorpusError(f"the schema's field {owner}.{name} must be named by a letter, then letters, digits and _")
    if one and written.get("$ref") == "#/$defs/spans":
        return Field(name, "spans", title, description, required, many=True, least=written.get("minItems", 0))
    many, least = one.get("type") == "array", one.get("minItems", 0)
    if many:
        items = one.get("items", {})
        one = resolve(schema, items) if isinstance(items, dict) else {}
    if "oneOf" in one:
        labels = _labels(f"{owner}.{name}", one["oneOf"])
        absent = _absent(f"{owner}.{name}", one.get(WITHOUT_RECORD), labels) if not many else None
        return Field(name, "label", title, description, required, many, least, labels=labels, absent=absent)
    types = one.get("type", [])
    types = [types] if isinstance(types, str) else types
    known = [kind for kind in types if kind in _SCALARS]
    if len(known) != 1 or set(types) - {*known, "null"}:
        raise CorpusError(
            f"the schema's field {owner}.{name} is of none of the four kinds (spans, reference, label, scalar); "
            "schema/README.md shows how each is written"
        )
    nullable = "null" in types and not many
    if "refersTo" not in one:
        return Field(name, "scalar", title, description, required, many, least, json_type=known[0], nullable=nullable)
    if known != ["string"]:
        raise CorpusError(f"the schema's field {owner}.{name} is a reference, which must be of type string")
    refers_to = one["refersTo"]
    return Field(name, "reference", title, description, required, many, least, refers_to=refers_to, nullable=nullable)


def _labels(field: str, written: list[Any]) -> tuple[Label, ...]:
    names = [label.get("const") if isinstance(label, dict) else None for label in written]
    if not all(isinstance(name, str) for name in names):
        raise CorpusError(f'each label of the schema\'s field {field} must be {{"const": "a string", …}}')
    if len(set(names)) < len(names):
        raise CorpusError(f"a label of the schema's field {field} is there twice")
    for name in map(str, names):
        check_label(field, name)
    return tuple(
        Label(label["const"], label.get("title", label["const"]), label.get("description", "")) for label in written
    )


def _absent(field: str, written: Any, labels: tuple[Label, ...]) -> Label | None:
    """Return the label of things without a record, None if the schema has none."""
    if written is None:
        return None
    found = _labels(field, [written])[0]
    if found.name in (label.name for label in labels):
        raise CorpusError(f"the schema's field {field} has the label {found.name} of {WITHOUT_RECORD} in oneOf, too")
    return found


def resolve(schema: Mapping[str, Any], written: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema with a local `$ref` replaced by its target; keywords beside the `$ref` win."""
    seen: set[str] = set()
    while "$ref" in written:
        target: Any = schema
        if written["$ref"] in seen:
            raise CorpusError(f"the schema's $ref {written['$ref']} leads back to itself")
        seen.add(written["$ref"])
        try:
            for part in written["$ref"].removeprefix("#/").split("/"):
                target = target[part]
        except KeyError:
            raise CorpusError(f"the schema's $ref {written['$ref']} leads nowhere") from None
        written = {**target, **{k: v for k, v in written.items() if k != "$ref"}}
    return dict(written)
