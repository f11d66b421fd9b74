"""The layers that Label Studio never shows, carried over from the annotation that a submission replaces.

annotations/ann-1/alpha.json   sentences, mentions     ─ push ─→   mentions
                               sentences, mentions'    ←─ pull ─   mentions'
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..core.done import done_fields, layer_done
from ..core.model import CorpusError, Record
from ..core.regular_file import read_file
from ..core.schema import Layer, Schema
from ..core.source_tokens import layers_to_carry
from ..files import Index, Reader, parse_json
from ..files.index import ANNOTATION
from .submissions import Submission

_names = lru_cache(maxsize=8)(layers_to_carry)


@dataclass(frozen=True, slots=True)
class Carried:
    """The layers to carry over by name, and their `fields_done`. They may violate the schema, as files may."""

    layers: Mapping[str, Any] = field(default_factory=dict)
    fields: Mapping[str, list[str]] = field(default_factory=dict)


def carried(one: Submission, record: Record, into: Path, index: Index, reader: Reader, schema: Schema) -> Carried:
    """Return what a submission takes over: of its own file, else of its annotator's annotation in the corpus.

    An annotation of another text has nothing to carry over.
    """
    names = _names(schema)
    if not names or not one.annotator:
        return Carried()
    old = _value(one, into, index, reader)
    if old.get("text_sha256") != record["text_sha256"]:
        return Carried()
    layers = {
        name: old.get(name, []) for name in schema.layers if name in names and (name in old or layer_done(old, name))
    }
    if record.get("redistribution") != "full":
        layers = {name: _unquoted(records, schema.layers[name]) for name, records in layers.items()}
    fields = {name: list(said) for name in layers if (said := done_fields(old, name)) is not None}
    return Carried(layers, fields)


def _value(one: Submission, into: Path, index: Index, reader: Reader) -> Record:
    """Return the annotation that is there now, {} if there is none or it is not a JSON object."""
    path = into / one.file
    if os.path.lexists(path):
        try:
            value, faults = parse_json(read_file(path, into))
        except (CorpusError, FileNotFoundError):  # `keep_others` reports what is not a regular file
            return {}
        return value if isinstance(value, dict) and not faults else {}
    entries = [e for e in index.entries(one.doc_id) if e.kind != ANNOTATION or e.annotator == one.annotator]
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
