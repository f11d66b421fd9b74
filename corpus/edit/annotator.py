"""Write an annotation in words instead of offsets.

a = Annotator(text, "vote", "ann-a")
lee = a.entity("PER", "Kim Lee")
a.mention("Kim Lee", lee, "NAM")
a.quote("We work", cue="said", source="Kim Lee", speaker=lee, type="direct", …)
a.write(root)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from ..core.model import CorpusError, Record
from ..core.schema import Field, Layer, Schema, shipped
from ..files import canonical, replace_file
from ..files.write import ordered
from .occurrences import Piece, Words, next_occurrence, only_occurrence, paragraphs_of, pieces_of

FAR = 2_000
"""How many code points ahead of the last record of a layer the next one is looked for."""


class Annotator:
    """Makes one annotator's annotation of one text.

    Records of a layer are added in the order of the text: words are looked for from the last record of their layer on,
    where no record is yet, so that the second `a.mention("she", …)` is the second "she". `(words, n)` names the n-th
    occurrence in the text. A cue or a source is looked for in the paragraph of its quote; there it must be the only
    one, or be named by its number. Words that are missing, ambiguous or far away raise CorpusError, with the offsets.

    `layers` are the layers that are annotated, with their fields: `{"quotes": ("content", "type")}` is "these two
    fields of quotes were asked, and nothing else"; `{"quotes": None}` is all fields. By default, all layers are.
    `schema` is that of the corpus; by default, the one of this package.
    """

    def __init__(
        self,
        text: str,
        doc_id: str,
        annotator: str,
        *,
        schema: Schema | None = None,
        layers: Mapping[str, Sequence[str] | None] | None = None,
        provenance: Mapping[str, Any] | None = None,
    ) -> None:
        """Begin an annotation. Raises CorpusError if `layers` names a layer or field that the schema does not have."""
        self._schema = schema or Schema.read(shipped().parent)
        self._text = text
        self._head = {
            "doc_id": doc_id,
            "text_sha256": sha256(text.encode()).hexdigest(),
            "annotator": annotator,
            **({"provenance": dict(provenance)} if provenance else {}),
        }
        self._asked = self._check(dict.fromkeys(self._schema.layers) if layers is None else layers)
        self._records: dict[str, list[Record]] = {name: [] for name in self._asked}
        self._at = dict.fromkeys(self._asked, 0)
        self._taken: dict[str, set[Piece]] = {name: set() for name in self._asked}

    def entity(self, type: str, name: str, **fields: Any) -> str:
        """Add an entity and return its id."""
        return self.add("entities", type=type, name=name, **fields)

    def mention(self, words: Words | Sequence[Words], entity: str | None = None, form: str | None = None) -> str:
        """Add the next mention of an entity and return its id."""
        given = {"entity": entity, "form": form}
        return self.add("mentions", spans=words, **{name: value for name, value in given.items() if value is not None})

    def quote(self, content: Words | Sequence[Words], **fields: Any) -> str:
        """Add the next quote and return its id. `source` is the words of mentions that were added, or their ids."""
        return self.add("quotes", content=content, **fields)

    def nonquote(self, words: Words | Sequence[Words], reason: str, **fields: Any) -> str:
        """Add the next words in quotation marks that are not a quote, and return their id."""
        return self.add("nonquotes", spans=words, reason=reason, **fields)

    def stance(self, scope: str, target: str, label: str, **fields: Any) -> str:
        """Add a stance and return its id."""
        return self.add("stances", scope=scope, target=target, label=label, **fields)

    def add(self, layer: str, **fields: Any) -> str:
        """Add a record to any layer of the schema and return its id.

        Spans are given as words, references as ids or, if the record that is referred to has a span, as its words. A
        field that is not given is null, empty or false where the schema allows it. Raises CorpusError for a field that
        was not to be annotated, a label that the schema does not have, and a field that must be given.
        """
        of = self._layer(layer)
        asked = self._asked[layer]
        for name in fields:
            if name not in {one.name for one in asked}:
                raise CorpusError(f"{layer} has no field {name} to annotate; the fields are {_names(asked)}")
        record: Record = {"id": self._next_id(layer)}
        place: list[Piece] = []
        for one in sorted(asked, key=lambda field: not (field.kind == "spans" and field.least)):
            if one.name == "id":
                continue
            value = fields.get(one.name)
            record[one.name] = self._default(of, one) if value is None else self._value(of, one, value, place)
            if one.kind == "spans" and one.least:
                place += [(span["start"], span["end"]) for span in record[one.name]]
        if place:
            self._at[layer] = place[0][0]
            self._taken[layer].update(place)
        self._records[layer].append({name: value for name, value in record.items() if value is not _ABSENT})
        return str(record["id"])

    def annotation(self) -> Record:
        """Return the annotation in canonical order. Raises CorpusError if it does not fit the schema."""
        value: Record = {**self._head, **self._records, "layers_done": list(self._asked)}
        partial = {
            layer: [one.name for one in asked if one.name != "id"]
            for layer, asked in self._asked.items()
            if len(asked) < len(self._schema.layers[layer].fields)
        }
        if partial:
            value["fields_done"] = partial
        value["schema_version"] = self._schema.version_of(value)
        value = ordered(value, "annotation", self._schema)
        for violation in self._schema.violations("annotation", value):
            raise CorpusError(f"{'/'.join(map(str, violation.parts)) or 'the annotation'}: {violation.message}")
        return value

    def write(self, root: str | Path) -> Path:
        """Write annotations/<annotator>/<doc_id>.json of the corpus at `root`, replacing it, and return its path."""
        value = self.annotation()
        path: Path = Path(root) / "annotations" / value["annotator"] / f"{value['doc_id']}.json"
        with replace_file(path) as out:
            out.write(canonical(value, "annotation", self._schema))
        return path

    def _check(self, layers: Mapping[str, Sequence[str] | None]) -> dict[str, list[Field]]:
        asked: dict[str, list[Field]] = {}
        for name in sorted(
            layers, key=list(self._schema.layers).index if layers.keys() <= self._schema.layers.keys() else str
        ):
            if name not in self._schema.layers:
                raise CorpusError(f"the schema has no layer {name}; it has {', '.join(self._schema.layers)}")
            fields, chosen = list(self._schema.layers[name].fields), layers[name]
            if chosen is not None:
                if unknown := set(chosen) - {one.name for one in fields}:
                    raise CorpusError(f"{name} has no field {', '.join(sorted(unknown))}; it has {_names(fields)}")
                fields = [one for one in fields if one.always or one.name in chosen]
            asked[name] = fields
        return asked

    def _layer(self, name: str) -> Layer:
        if name not in self._asked:
            raise CorpusError(
                f"the layer {name} is not annotated here; annotated are {', '.join(self._asked) or 'none'}"
            )
        return self._schema.layers[name]

    def _next_id(self, layer: str) -> str:
        short = {name[0] for name in self._schema.layers if name != layer}
        prefix = layer[0] if layer[0] not in short else layer
        return f"{prefix}{len(self._records[layer]) + 1}"

    def _default(self, layer: Layer, one: Field) -> Any:
        if one.many or one.kind == "spans":
            if not one.least:
                return []
        elif one.nullable:
            return None
        elif one.json_type == "boolean":
            return False
        elif not one.required:
            return _ABSENT
        raise CorpusError(f"{layer.name}: {one.name} must be given{_allowed(one)}")

    def _value(self, layer: Layer, one: Field, value: Any, place: Sequence[Piece]) -> Any:
        if one.kind == "spans":
            return [self._span(*piece) for piece in self._find(layer, one, value, place)]
        if one.kind == "label":
            allowed = [label.name for label in one.labels]
            for name in value if one.many else [value]:
                if name not in allowed:
                    raise CorpusError(f"{layer.name}: {one.name} is one of {', '.join(allowed)}, not {name!r}")
        if one.kind == "reference":
            given = [value] if isinstance(value, str) or not one.many else list(value)
            ids = [self._referred(layer, one, name, place) for name in given]
            return ids if one.many else ids[0]
        return value

    def _find(self, layer: Layer, one: Field, value: Any, place: Sequence[Piece]) -> list[Piece]:
        found: list[Piece] = []
        for words, number in pieces_of(value):
            if one.least or not place:
                start = found[-1][1] if found else self._at[layer.name]
                found.append(next_occurrence(self._text, words, number, start, FAR, self._taken[layer.name]))
            else:
                within = paragraphs_of(self._text, place)
                found.append(only_occurrence(self._text, words, number, within, place, found))
        return sorted(found)

    def _referred(self, layer: Layer, one: Field, value: Any, place: Sequence[Piece]) -> str:
        """Return the id of the record that is meant: by its id, or by its words in the paragraph of `place`."""
        if one.refers_to == "targets":
            if value not in self._schema.targets:
                raise CorpusError(f"{layer.name}: {one.name}: there is no target {value!r} in schema/targets.json")
            return str(value)
        known = self._records.get(one.refers_to, [])
        if value in {record["id"] for record in known}:
            return str(value)
        placed = [field for field in self._schema.layers[one.refers_to].of_kind("spans") if field.least]
        if not placed or not place:
            raise CorpusError(f"{layer.name}: {one.name}: {one.refers_to} has no record {value!r}; add it first")
        ((words, number),) = pieces_of(value)
        at = only_occurrence(self._text, words, number, paragraphs_of(self._text, place), place)
        for record in known:
            if [(span["start"], span["end"]) for field in placed for span in record[field.name]] == [at]:
                return str(record["id"])
        raise CorpusError(
            f"{layer.name}: {one.name}: {words!r} at {at[0]:,} is not in {one.refers_to}; add it there first"
        )

    def _span(self, start: int, end: int) -> Record:
        return {"start": start, "end": end, "text": self._text[start:end]}


_ABSENT = object()


def _allowed(one: Field) -> str:
    return f", one of {', '.join(label.name for label in one.labels)}" if one.labels else ""


def _names(fields: Sequence[Field]) -> str:
    return ", ".join(one.name for one in fields if one.name != "id")
