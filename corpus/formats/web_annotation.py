"""W3C Web Annotation: an AnnotationCollection in JSON-LD for each annotation, with no text beside its quotations.

    {"@context": "http://www.w3.org/ns/anno.jsonld", "id": "urn:uuid:…", "type": "AnnotationCollection", "total": 9,
     "first": {"id": "urn:uuid:…#page", "type": "AnnotationPage", "startIndex": 0, "items": [
       {"id": "urn:uuid:…#mentions/m1", "type": "Annotation", "motivation": "identifying",
        "body": [{"type": "TextualBody", "purpose": "tagging", "label": "layer", "value": "mentions"},
                 {"type": "TextualBody", "purpose": "classifying", "label": "form", "value": "NAM"},
                 {"type": "SpecificResource", "purpose": "linking", "label": "entity",
                  "source": "urn:uuid:…#entities/e1"}],
        "target": {"type": "SpecificResource", "source": {"id": "ni:///sha-256;…", "type": "Text", …},
                   "selector": [{"type": "TextPositionSelector", "start": 0, "end": 19},
                                {"type": "TextQuoteSelector", "exact": "Mayor Åsa …", "suffix": " spoke."}]}}, …]}}

A record is an annotation, and each of its fields a body, whose `label` is the name of the field: a label is
classifying, what leads to another record or to other words is linking, a number or yes and no is tagging, and a
text is describing. Its target is its words, or those of its mentions, or else the whole text. The text is named
by its SHA-256 (RFC 6920), a collection by a UUID made of that, the doc_id and the annotator.

Positions are code points: "The selection of the text MUST be in terms of unicode code points", W3C Recommendation
Web Annotation Data Model of 2017-02-23, section 4.2.4 on the Text Quote Selector, which 4.2.5 on the Text Position
Selector refers to. Both selectors belong to the target itself, since two selectors of one target select the same
(4.2), while one that refines another (4.2.9) is searched within it, where no prefix exists. A discontinuous span has
a target for each piece, in order; by the model, the bodies are about each target (3.1).
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from ..core.model import Document, Record
from ..core.schema import TARGETS, Field, Layer, Schema
from .documents import Direction, LeftOut, Outgoing, in_order
from .mapping.rules import place_of
from .writing import json_bytes, write_file

CONTEXT = "http://www.w3.org/ns/anno.jsonld"
LAYERS = ("entities", "mentions", "quotes", "nonquotes", "stances")
LEAVES_OUT = (
    ("article records", "only the checksum and the language of the text are written"),
    ("provenance", "only the annotator is written, and whether it is a machine"),
    ("fields_done", "an annotation has no body for an empty field, and none for one that was not annotated"),
    ("empty layers", "an annotation needs a target"),
)
WRITES = Direction(
    "all layers",
    "see below",
    "rdflib, with the terms of the W3C's context",
)
_MOTIVATION = {"entities": "identifying", "mentions": "identifying", "stances": "assessing"}
"""The motivation of each layer, of those that the model defines; other layers are classifying."""
_WIKIDATA = re.compile("wikidata:([LPQ][1-9][0-9]*)")
_AROUND = 32
"""Code points of context before and after a quotation."""


def carry(document: Document, schema: Schema, left: LeftOut) -> Record:
    """Return all layers of an annotation, and whether a machine made it."""
    provenance = document.value.get("provenance")
    machine = isinstance(provenance, dict) and provenance.get("machine") is True
    return {**in_order(document.value, schema), "machine": machine}


def write(documents: Iterable[Outgoing], schema: Schema, out: Path) -> None:
    """Write `<annotator>/<doc_id>.jsonld` for each document."""
    for one in documents:
        write_file(out / one.annotator / f"{one.doc_id}.jsonld", json_bytes(_Writer(one, schema).collection()))


class _Writer:
    """Makes the Web Annotations of a document."""

    def __init__(self, one: Outgoing, schema: Schema) -> None:
        self._one, self._schema = one, schema
        digest = base64.urlsafe_b64encode(bytes.fromhex(one.record["text_sha256"])).decode().rstrip("=")
        text = f"ni:///sha-256;{digest}"
        self._id = uuid5(NAMESPACE_URL, f"{text} {one.doc_id} {one.annotator}").urn
        self._text: Record = {"id": text, "type": "Text", "format": "text/plain"}
        if one.record.get("language"):
            self._text["language"] = one.record["language"]
        self._creator = {
            "type": "Software" if one.annotation["machine"] else "Person",
            "nickname": one.annotator,
        }
        self._mentions: dict[str, list[Record]] = {}
        """The spans of the mentions of each entity."""
        for mention in one.annotation.get("mentions", ()):
            self._mentions.setdefault(mention.get("entity") or "", []).extend(mention.get("spans", ()))

    def collection(self) -> Record:
        """Return the collection, with its one page embedded."""
        items = [
            self._annotation(layer, record)
            for layer in self._schema.layers.values()
            for record in self._one.annotation.get(layer.name, ())
        ]
        return {
            "@context": CONTEXT,
            "id": self._id,
            "type": "AnnotationCollection",
            "label": f"{self._one.doc_id}, annotated by {self._one.annotator}",
            "creator": self._creator,
            "total": len(items),
            "first": {
                "id": f"{self._id}#page",
                "type": "AnnotationPage",
                "partOf": self._id,
                "startIndex": 0,
                "items": items,
            },
        }

    def _annotation(self, layer: Layer, record: Record) -> Record:
        place = place_of(layer)
        spans = record[place] if place else self._mentions.get(record["id"], []) if layer.name == "entities" else []
        targets = [self._words(span) for span in spans]
        body = [_said("tagging", "layer", layer.name)]
        for one in layer.fields:
            value = record.get(one.name)
            if one.name not in ("id", place) and value is not None:
                said = value if one.many or one.kind == "spans" else [value]
                body += [self._body(one, each) for each in said]
        return {
            "id": f"{self._id}#{layer.name}/{record['id']}",
            "type": "Annotation",
            "motivation": _MOTIVATION.get(layer.name, "classifying"),
            "creator": self._creator,
            "body": body,
            "target": self._text if not targets else targets[0] if len(targets) == 1 else targets,
        }

    def _body(self, one: Field, value: Any) -> Record:
        """Return the body for a value of a field."""
        if one.kind == "spans":
            return {**self._words(value), "purpose": "linking", "label": one.name}
        if one.kind == "reference" and one.refers_to != TARGETS:
            return _linked("linking", one.name, f"{self._id}#{one.refers_to}/{value}")
        if one.kind == "label":
            return _said("classifying", one.name, value)
        if one.name == "kb" and (found := _WIKIDATA.fullmatch(str(value))):
            return _linked("identifying", one.name, f"http://www.wikidata.org/entity/{found[1]}")
        if one.name == "kb":
            return _said("identifying", one.name, str(value))
        if isinstance(value, str):
            return _said("classifying" if one.kind == "reference" else "describing", one.name, value)
        return _said("tagging", one.name, json.dumps(value))

    def _words(self, span: Record) -> Record:
        """Return the target for a span: its position and, if the text may be redistributed, its words."""
        start, end, text = span["start"], span["end"], self._one.text
        selectors: list[Record] = [{"type": "TextPositionSelector", "start": start, "end": end}]
        if text:
            quoted = {"exact": text[start:end], "prefix": text[max(0, start - _AROUND) : start]}
            quoted["suffix"] = text[end : end + _AROUND]
            selectors.append({"type": "TextQuoteSelector", **{key: value for key, value in quoted.items() if value}})
        return {"type": "SpecificResource", "source": self._text, "selector": selectors}


def _said(purpose: str, name: str, value: str) -> Record:
    return {"type": "TextualBody", "purpose": purpose, "label": name, "value": value}


def _linked(purpose: str, name: str, source: str) -> Record:
    return {"type": "SpecificResource", "purpose": purpose, "label": name, "source": source}
