"""Annotations to a CAS: a type for each layer whose records have words, named as the layer, with features as fields.

    webanno.custom.quotes            a record: its words are the first piece of its `content`
      type, medium, …                labels and other values
      cue, source, …                 links: their targets are annotations of the words of `cue`, and mentions
      content                        links to the other pieces of a discontinuous span
    webanno.custom.quotes_cue        words of the field `cue`
    webanno.custom.mentions          `entity` has the id of its entity; the first mention also has `entities_type`, …

INCEpTION shows and edits these layers after an import of the type system. Sentences and tokens are those of this
package, so that INCEpTION does not cut the texts in another way.
"""

from __future__ import annotations

import json
from typing import Any

from ..core.model import Document, Record
from ..core.schema import Field, Schema
from ..core.tokens import sentences, tokenize
from .carried import carry_placed_layers
from .documents import LeftOut, Outgoing
from .mapping.rules import is_attribute, is_role, place_of, placed_layers
from .mapping.values import written_as
from .uima_cas import (
    ANNOTATION,
    DOCUMENT_ANNOTATION,
    FIRST_VIEW,
    FS_ARRAY,
    SOFA,
    STRING,
    STRING_ARRAY,
    TOP,
    Cas,
    Feature,
    Structure,
    Types,
    View,
)
from .uima_common import EMPTY, Offsets

NO_FIELD = "a CAS of these types has no such field"
NO_WORDS = "a layer of a CAS annotates words, and label, holder and target have none"
LEAVES_OUT_OF_EXPORT = (
    ("article records", "a CAS stores the text and its language only"),
    ("ids", "a CAS numbers annotations itself"),
    ("provenance", NO_FIELD),
    ("fields_done", "a CAS has no such field: it is made again from the fields that the records have"),
    ("empty layers", "a CAS cannot record that a layer was annotated"),
    ("stances", NO_WORDS),
    ("entities", "no mention: a CAS stores an entity with its mentions"),
    ("references in quotes.speaker", "the target was dropped"),
)
PACKAGE = "webanno.custom."
"""The package of the layers that users add to INCEpTION."""
LINK = f"{PACKAGE}Link"
BOOLEAN = "uima.cas.Boolean"
_OF_ENTITY = ("mentions", "entity")
"""The field whose value is written as the id of an entity, which has no words of its own."""
_SEGMENTATION = "de.tudarmstadt.ukp.dkpro.core.api.segmentation.type."


def carry_placed(document: Document, schema: Schema, left: LeftOut) -> Record:
    """Return the layers of an annotation that a CAS can hold; count what it drops in `left`."""
    return carry_placed_layers(document, schema, left, dict(LEAVES_OUT_OF_EXPORT), NO_WORDS)


def type_system(schema: Schema) -> Types:
    """Return the type system of a schema."""
    types = Types()
    types.supers[LINK] = TOP
    types.features[LINK] = _features(Feature("role", STRING), Feature("target", ANNOTATION))
    for name in ("Sentence", "Token"):
        types.supers[_SEGMENTATION + name], types.features[_SEGMENTATION + name] = ANNOTATION, {}
    for layer in placed_layers(schema):
        kind = PACKAGE + layer.name
        fields = [one for one in layer.fields if one.name != "id"]
        own = [*(Feature(one.name, _range(layer.name, one)) for one in fields), Feature(EMPTY, STRING_ARRAY)]
        if layer.name == "mentions" and "entities" in schema.layers:
            of_entity = [one.name for one in schema.layers["entities"].fields if one.name != "id"]
            own += [Feature(f"entities_{name}", STRING) for name in of_entity]
        types.supers[kind], types.features[kind] = ANNOTATION, _features(*own)
        for one in layer.of_kind("spans"):
            types.supers[f"{kind}_{one.name}"], types.features[f"{kind}_{one.name}"] = ANNOTATION, {}
    return types


def _features(*features: Feature) -> dict[str, Feature]:
    return {one.name: one for one in features}


def _range(layer: str, one: Field) -> str:
    """Return the type of the values of a field."""
    if is_role(one):
        return STRING if (layer, one.name) == _OF_ENTITY else FS_ARRAY
    if one.kind == "label":
        return STRING_ARRAY if one.many else STRING
    return BOOLEAN if is_attribute(one) else STRING


def encode(one: Outgoing, schema: Schema, types: Types) -> Cas:
    """Return a CAS with the text and the annotation of a document."""
    return _Encoder(one, schema, types).cas()


class _Encoder:
    """Numbers the structures of a document as it adds them: the text is 1."""

    def __init__(self, one: Outgoing, schema: Schema, types: Types) -> None:
        self._one, self._schema, self._layers = one, schema, one.annotation
        self._cas = Cas(types)
        self._units = Offsets(one.text)
        self._own: dict[tuple[str, str], Structure] = {}
        """The structure of each record by layer and id, and of each entity: that of its first mention."""

    def cas(self) -> Cas:
        """Return the CAS; a record exists before another one refers to it."""
        self._add_text()
        placed = [layer for layer in placed_layers(self._schema) if self._layers.get(layer.name)]
        for layer in placed:
            for record in self._layers[layer.name]:
                start, end = _first(record[place_of(layer)])
                self._own[layer.name, record["id"]] = self._add(PACKAGE + layer.name, start, end)
        self._add_entities()
        for layer in placed:
            for record in self._layers[layer.name]:
                structure = self._own[layer.name, record["id"]]
                for field in (field for field in layer.fields if field.name != "id"):
                    value = record.get(field.name)
                    if value is not None and value != []:
                        self._fill(structure, layer.name, field, value, place_of(layer))
                    elif field.required and field.name in record and (layer.name, field.name) != _OF_ENTITY:
                        # A required field that is empty is not one that was not annotated.
                        structure.values.setdefault(EMPTY, []).append(f"{field.name} {json.dumps(value)}")
        return self._cas

    def _add_text(self) -> None:
        text = self._one.text
        self._cas.structures["1"] = Structure("1", SOFA, 1)
        self._cas.views["1"] = View(FIRST_VIEW, "1", text)
        document = self._add(DOCUMENT_ANNOTATION, 0, len(text))
        document.values["language"] = [str(self._one.record.get("language", "x-unspecified"))]
        for start, end in sentences(text, str(self._one.record.get("language", "en"))):
            self._add(f"{_SEGMENTATION}Sentence", start, end)
        tokens = tokenize([text])
        for start, end in zip(tokens.starts.tolist(), tokens.ends.tolist(), strict=True):
            self._add(f"{_SEGMENTATION}Token", start, end)

    def _add(self, kind: str, start: int, end: int) -> Structure:
        one = Structure(
            str(len(self._cas.structures) + 1), kind, 1, (self._units.unit(start), self._units.unit(end)), "1"
        )
        self._cas.structures[one.id] = one
        self._cas.views["1"].members.add(one.id)
        return one

    def _link(self, target: str) -> str:
        one = Structure(str(len(self._cas.structures) + 1), LINK, 1, targets={"target": [target]})
        self._cas.structures[one.id] = one
        return one.id

    def _add_entities(self) -> None:
        """Give the first mention of each entity what is said of the entity."""
        first: dict[str, Structure] = {}
        for mention in self._layers.get("mentions", ()):
            structure = self._own["mentions", mention["id"]]
            if mention.get("entity"):
                first.setdefault(mention["entity"], structure)
                structure.values["entity"] = [mention["entity"]]
        for entity in self._layers.get("entities", ()):
            self._own["entities", entity["id"]] = first[entity["id"]]
            for key, value in entity.items():
                if key != "id" and value is not None:
                    first[entity["id"]].values[f"entities_{key}"] = [written_as(value)]

    def _fill(self, structure: Structure, layer: str, field: Field, value: Any, place: str) -> None:
        if field.kind == "spans":
            pieces = value[1:] if field.name == place else value
            made = [self._add(f"{PACKAGE}{layer}_{field.name}", *_first([piece])) for piece in pieces]
            self._lead(structure, field.name, [one.id for one in made])
        elif is_role(field):
            if (layer, field.name) != _OF_ENTITY:
                names = value if field.many else [value]
                self._lead(structure, field.name, [self._own[field.refers_to, name].id for name in names])
        elif field.kind == "label":
            structure.values[field.name] = list(value) if field.many else [value]
        elif is_attribute(field):
            structure.values[field.name] = ["true" if value else "false"]
        else:
            structure.values[field.name] = [written_as(value)]

    def _lead(self, structure: Structure, name: str, targets: list[str]) -> None:
        if targets:
            structure.targets[name] = [self._link(target) for target in targets]


def _first(spans: list[Record]) -> tuple[int, int]:
    return spans[0]["start"], spans[0]["end"]
