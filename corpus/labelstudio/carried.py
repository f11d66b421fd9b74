"""What Label Studio never shows, carried over from the annotation that a submission replaces.

annotations/ann-1/alpha.json   sentences, mentions     ─ push ─→   mentions
                               sentences, mentions'    ←─ pull ─   mentions'

These are layers, and the adjudicator's alternatives (`provenance.alternatives`) as far as they fit the new annotation.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..checks.alternatives import fault_of_alternative
from ..core.alternatives import alternatives, has_alternatives
from ..core.done import done_fields, layer_done
from ..core.model import CorpusError, Document, Record
from ..core.regular_file import read_file
from ..core.schema import Layer, Schema
from ..core.source_tokens import layers_to_carry
from ..files import Index, Reader, parse_json
from ..files.index import ANNOTATION
from .submissions import Submission

_names = lru_cache(maxsize=8)(layers_to_carry)


@dataclass(frozen=True, slots=True)
class Carried:
    """The layers to carry over by name, their `fields_done`, and alternatives. They may violate the schema.

    The alternatives are those of the earlier annotation: which of them fit is known when the new one is made.
    """

    layers: Mapping[str, Any] = field(default_factory=dict)
    fields: Mapping[str, list[str]] = field(default_factory=dict)
    alternatives: Sequence[Record] = ()


def carried(one: Submission, record: Record, into: Path, index: Index, reader: Reader, schema: Schema) -> Carried:
    """Return what a submission takes over: of its own file, else of its annotator's annotation in the corpus.

    An annotation of another text has nothing to carry over.
    """
    names = _names(schema)
    if not one.annotator or not (names or has_alternatives(schema.annotation)):
        return Carried()
    old = _value(one, into, index, reader, b"" if names else b'"alternatives"')
    if old.get("text_sha256") != record["text_sha256"]:
        return Carried()
    layers = {
        name: old.get(name, []) for name in schema.layers if name in names and (name in old or layer_done(old, name))
    }
    others = alternatives(old) if has_alternatives(schema.annotation) else []
    if record.get("redistribution") != "full":
        layers = {name: _unquoted(records, schema.layers[name]) for name, records in layers.items()}
        others = [one | {"spans": _bare(one["spans"])} if "spans" in one else one for one in others]
    fields = {name: list(said) for name in layers if (said := done_fields(old, name)) is not None}
    return Carried(layers, fields, others)


def add_alternatives(document: Document, schema: Schema, kept: Carried) -> None:
    """Add those alternatives to the annotation of a document that fit its records, and raise its schema version."""
    value = document.value

    def having(some: Sequence[Record]) -> Record:
        return {"schema_version": schema.version, "provenance": value["provenance"] | {"alternatives": some}}

    valid = [one for one in kept.alternatives if schema.is_valid("annotation", value | having([one]))]
    if fit := [one for one in valid if not fault_of_alternative(document, schema, one)]:
        value.update(having(fit))


def _value(one: Submission, into: Path, index: Index, reader: Reader, has: bytes) -> Record:
    """Return the annotation that is there now, {} if there is none or it is not a JSON object.

    A file without the bytes `has` may be taken for none.
    """
    path = into / one.file
    if os.path.lexists(path):
        try:
            data = read_file(path, into)
            value, faults = parse_json(data) if has in data else ({}, ())
        except (CorpusError, FileNotFoundError):  # `keep_others` reports what is not a regular file
            return {}
        return value if isinstance(value, dict) and not faults else {}
    entries = [e for e in index.entries(one.doc_id) if e.kind != ANNOTATION or e.annotator == one.annotator]
    if all(e.kind != ANNOTATION for e in entries):
        return {}
    for document in reader.documents(entries):
        if document.annotation and not document.annotation.source.faults:
            return document.annotation.value
    return {}


def _unquoted(records: Any, layer: Layer) -> Any:
    """Return records whose spans do not repeat their words."""
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        return records
    names = [one.name for one in layer.of_kind("spans")]
    return [{key: _bare(value) if key in names else value for key, value in one.items()} for one in records]


def _bare(spans: Any) -> Any:
    if not isinstance(spans, list) or not all(isinstance(span, dict) for span in spans):
        return spans
    return [{key: value for key, value in span.items() if key != "text"} for span in spans]
