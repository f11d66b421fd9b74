"""What the index of the corpus page keeps of an article: a row of the list, its text, and its records by layer.

    row      [doc_id, title, address, values, counts, labels, cases, state, annotators]
    records  [names, [[id, labels, offsets, places in names], …]] for each layer

A row is enough to list and filter articles. The text is needed for a search, the records of a layer to show them.
Everything is a list of plain values, because it becomes JSON.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from ..core.done import layer_done
from ..core.hard_cases import HARD_CASES
from ..core.layers import Field, Layer
from ..core.model import Document, Record
from ..core.schema import TARGETS, Schema
from .labels import Labels

SHOWN, WITHHELD, INVALID = 0, 1, 2
"""The state of an article: its text is shown; it is withheld; its record or annotation has an error."""
_ELSEWHERE = ("doc_id", "title", "url", "retrieved", "text_sha256")
"""Fields of an article that the list leaves out."""
_LONGEST = 300
"""The most code points of a name or value that the index keeps."""


@dataclass(slots=True)
class Entry:
    """An article in the index. `cases` has for each hard case that it has the ids of the records, "" for none."""

    row: list[Any]
    text: str | None
    records: dict[str, list[Any]] = field(default_factory=dict)
    cases: dict[int, list[str]] = field(default_factory=dict)


def columns(schema: Schema) -> list[str]:
    """Return the fields of an article's record that a row has, in the order of the schema."""
    return [one.name for one in schema.article_fields if one.name not in _ELSEWHERE]


def entry(
    document: Document,
    schema: Schema,
    labels: Labels,
    *,
    address: str,
    annotators: Sequence[str],
    text: str | None,
    refused: bool,
) -> Entry:
    """Return the entry of a document, without records if its page shows none because of errors (`refused`).

    `text` is None if it must not be shown; `address` is that of its page.
    """
    record = document.article.record if schema.is_valid("record", document.article.record) else {}
    valid = bool(record) and not refused and _is_sound(document, schema)
    state = SHOWN if text is not None else WITHHELD
    made = Entry([], text if record else None)
    counts: list[int | None] = [None] * len(labels.layers)
    found: Counter[int] = Counter()
    if valid and document.annotation is not None:
        offsets = utf16_offsets(text or "")
        names = _Names(document, schema)
        for i, name in enumerate(labels.layers):
            if layer_done(document.annotation.value, name):
                records = document.layer(name)
                counts[i] = len(records)
                numbers = [list(labels.of(name, one)) for one in records]
                found.update(number for of_one in numbers for number in of_one)
                made.records[name] = names.records(schema.layers[name], records, numbers, offsets)
    if valid:
        made.cases = _hard_cases(document, schema, text)
    values = [_value(record.get(name)) for name in columns(schema)]
    made.row = [
        *(document.doc_id, _clipped(record.get("title") or ""), address, values, counts),
        *(_pairs(found), _pairs({number: len(ids) for number, ids in made.cases.items()})),
        *(state if valid else INVALID, list(annotators)),
    ]
    return made


def _pairs(counts: Mapping[int, int]) -> list[int]:
    return [one for number in sorted(counts) for one in (number, counts[number])]


def _value(value: Any) -> Any:
    if isinstance(value, list):
        return [_clipped(str(one)) for one in value]
    return _clipped(value) if isinstance(value, str) else value


def _clipped(value: str) -> str:
    return value if len(value) <= _LONGEST else value[: _LONGEST - 1] + "…"


def _is_sound(document: Document, schema: Schema) -> bool:
    """True if the annotation fits the schema and the text; also without an annotation."""
    annotation, article = document.annotation, document.article
    if annotation is None:
        return True
    if annotation.source.faults or not schema.is_valid("annotation", annotation.value):
        return False
    text, length = article.text, article.record["length"]
    if text is not None:
        length = len(text)
        if annotation.value["text_sha256"] != sha256(text.encode()).hexdigest():
            return False
    return all(
        0 <= span["start"] < span["end"] <= length
        for layer in schema.layers.values()
        for one in layer.of_kind("spans")
        for record in document.layer(layer.name)
        for span in record.get(one.name) or ()
    )


def _hard_cases(document: Document, schema: Schema, text: str | None) -> dict[int, list[str]]:
    row = {**document.article.record, **{name: document.layer(name) for name in schema.layers}, "text": text}
    found = {}
    for i, case in enumerate(HARD_CASES):
        ids = [str(one["id"]) if isinstance(one, dict) and "id" in one else "" for one in case.found(row)]
        if ids:
            found[i] = ids
    return found


class _Names:
    """Puts the records of a document into lists for the index, with the names of what they refer to."""

    def __init__(self, document: Document, schema: Schema) -> None:
        self._targets = {name: str(one.get("statement") or name) for name, one in schema.targets.items()}
        self._of: dict[str, dict[str, str]] = {TARGETS: self._targets}
        for name, layer in schema.layers.items():
            fields = [one.name for one in layer.fields if _is_text(one)]
            if fields:
                records = document.layer(name)
                self._of[name] = {str(one["id"]): str(one.get(fields[0]) or "") for one in records}

    def records(
        self, layer: Layer, records: Sequence[Record], numbers: Sequence[list[int]], offsets: Sequence[int]
    ) -> list[Any]:
        """Return the names and the records of a layer."""
        named = [one for one in layer.fields if _is_text(one) or one.refers_to in self._of]
        # The first such field says what the record is about; the others have their titles before them.
        fields = [(one, f"{one.title}: " if number else "") for number, one in enumerate(named)]
        spans = [one.name for one in layer.of_kind("spans")]
        names: dict[str, int] = {}
        made = []
        for record, labels in zip(records, numbers, strict=True):
            said = []
            for one, title in fields:
                value, of = record.get(one.name), self._of.get(one.refers_to)
                each = filter(None, value if isinstance(value, list) else [value])
                words = [str(word) if of is None else of.get(str(word), "") for word in each]
                said += [title + word for word in words if word]
            places = [names.setdefault(_clipped(one), len(names)) for one in dict.fromkeys(said)]
            pieces = next((found for name in spans if (found := record.get(name))), ())
            made.append([record["id"], labels, _offsets(pieces, offsets), places])
        return [list(names), made]


def _is_text(field: Field) -> bool:
    """True for a field with text that names a record."""
    return field.kind == "scalar" and field.json_type == "string" and field.name != "id"


def _offsets(pieces: Sequence[Record], astral: Sequence[int]) -> list[int]:
    """Return start and end of each piece in UTF-16 code units, given the offsets of characters that take two."""
    edges = (edge for piece in pieces for edge in (piece["start"], piece["end"]))
    return [edge + bisect_left(astral, edge) for edge in edges] if astral else list(edges)


def utf16_offsets(text: str) -> list[int]:
    """Return the offsets of the characters of a text that take two UTF-16 code units."""
    return [] if text.isascii() else [i for i, char in enumerate(text) if char > "\uffff"]
