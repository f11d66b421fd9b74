"""The facts about a document that corpus-wide checks need: a `Summary` of one or two kB.

    Documents of one doc_id → Summary → (all of them) Corpus → `corpus_wide.CORPUS_WIDE` → Problems

A summary holds JSON pointers, not lines: `Corpus.place` looks up the location of a finding on demand.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from sys import intern
from typing import NamedTuple

import numpy as np

from ..core.done import absent_fields, field_done
from ..core.model import GOLD, Annotation, Document, Record
from ..core.schema import Schema
from ..matching import statements
from ..splits.near_duplicates import NO_TEXT, Sketch, sketch
from .gold_comparison import Compared, compare
from .gold_labels import unchosen
from .repeated import Passage, passage_rows
from .tallied import TALLIED, hash64


@dataclass(frozen=True, slots=True)
class Summary:
    """One document, small enough that those of 100,000 are kept in memory; values only, so it can be pickled."""

    doc_id: str
    record: str
    """The file of its record, relative to the corpus."""
    files: tuple[str, ...] = ()
    """The files of all its parts."""
    split: str = ""
    story: str = ""
    twin_of: str = ""
    twin_kind: str = ""
    published: str = ""
    license: str = ""
    redistribution: str = ""
    sketch: Sketch = NO_TEXT
    """The sketch that identifies near-duplicates of its text."""
    gold: str = ""
    """The file of its adjudicated annotation, or ""."""
    kinds: bytes = b""
    """The labels of its names and descriptions, as an array of `TALLIED`; `names` has the words."""
    labels: bytes = b""
    """The count of each of `label_names` in the adjudicated annotation, an `array` of "I"."""
    unchosen: tuple[tuple[str, str, str], ...] = ()
    """Labels of the adjudicated annotation that no annotator chose: JSON pointer, record, and what they chose."""
    compared: tuple[Compared, ...] = ()
    """The differences between gold and its annotators, and copies among these."""
    annotators: tuple[str, ...] = ()
    """The annotators other than gold."""
    passages: bytes = b""
    """The sentences with what gold says in them, as an array of `TALLIED`; `repeated.passages` has the words."""
    imported: tuple[tuple[str, str], ...] = ()
    """The annotation files that name an annotation of a tool as their origin, each with that origin."""
    characters: tuple[bool, ...] = ()
    """Whether its text has each property of `CHARACTERS`, if it is there."""


CHARACTERS = ("characters outside of NFC", "no-break spaces")
"""Properties of a text that are not seen and make its words differ from those of other texts."""
_NO_BREAK = re.compile("[\u00a0\u2007\u202f]")


_OF_NAMES = (("mentions", "form"), ("mentions", "entity"), ("entities", "type"))
"""The fields that say which words are names, and of what."""


class Name(NamedTuple):
    """The words of a mention with their form and type, and index and id of the first such mention."""

    words: str
    form: str
    type: str
    number: int
    record: str


def summarise(documents: list[Document], schema: Schema, passages: bytes | None = None) -> Summary:
    """Return the summary of a document: of its article, which comes first, and of its annotations.

    `documents` are those of one doc_id that passed levels 1 to 5; there is at least one. `passages` are those of gold
    if they are known.
    """
    article = documents[0].article
    record = article.record
    annotations = [document.annotation for document in documents if document.annotation is not None]
    gold = next((one for one in annotations if one.annotator == GOLD), None)
    others = [one for one in annotations if one.annotator != GOLD]
    files = {intern(source.path) for document in documents for source in document.sources}

    def value(name: str) -> str:
        return intern(record.get(name) or "")

    return Summary(
        documents[0].doc_id,
        intern(article.sources[0].path),
        tuple(sorted(files)),
        split=value("split"),
        story=value("story"),
        twin_of=value("twin_of"),
        twin_kind=value("twin_kind"),
        published=value("published"),
        license=value("license"),
        redistribution=value("redistribution"),
        sketch=sketch(record["text_sha256"], article.text),
        gold=gold.source.path if gold else "",
        kinds=_kinds(gold, article.text, schema) if gold else b"",
        labels=_label_counts(gold, schema) if gold else b"",
        unchosen=tuple(unchosen(gold, others, schema)) if gold and len(others) > 1 else (),
        characters=_characters(article.text) if article.text else (),
        compared=tuple(compare(gold, others, schema, article.text)),
        annotators=tuple(intern(one.annotator) for one in others),
        passages=passages if passages is not None else passage_rows(gold, article.text, schema) if gold else b"",
        imported=tuple((intern(one.source.path), origin) for one in annotations if (origin := _origin(one))),
    )


def _characters(text: str) -> tuple[bool, ...]:
    if text.isascii():
        return (False, False)
    return (not unicodedata.is_normalized("NFC", text), _NO_BREAK.search(text) is not None)


def layer_hashes(gold: Annotation, schema: Schema) -> LayerHashes:
    """Return for each layer and the fields that were not annotated in it a hash of all that gold says."""
    return {
        (name, tuple(sorted(absent_fields(gold.value, schema.layers[name])))): hash64(repr(sorted(map(repr, said))))
        for name, said in statements(schema, gold.value).items()
    }


def _origin(annotation: Annotation) -> str:
    """Return the tool and what it calls the annotation, "" if the provenance does not say.

    Two servers count from 1, so the time of creation tells their annotations apart.
    """
    provenance = annotation.value.get("provenance") or {}
    parts = [provenance.get(part) for part in ("project", "task", "annotation")]
    if None in parts:
        return ""
    shown = "project {}, task {}, annotation {}".format(*parts)
    return f"{shown} of {provenance.get('tool')}, created {provenance.get('created', 'at an unknown time')}"


@lru_cache(maxsize=8)
def label_names(schema: Schema) -> tuple[tuple[str, str, str], ...]:
    """Return layer, field and name of every label."""
    return tuple(
        (layer.name, one.name, label.name)
        for layer in schema.layers.values()
        for one in layer.of_kind("label")
        for label in one.labels
    )


def _label_counts(gold: Annotation, schema: Schema) -> bytes:
    fields = _label_fields(schema)
    values = {
        layer: {name: Counter([record.get(name) for record in gold.layer(layer)]) for name in names}
        for layer, names, _ in fields
    }
    for layer, _, lists in fields:
        for name in lists:
            values[layer][name] = Counter([one for record in gold.layer(layer) for one in record.get(name) or ()])
    counts = [values[layer][field].get(label, 0) for layer, field, label in label_names(schema)]
    return array("I", counts).tobytes()


@lru_cache(maxsize=8)
def _label_fields(schema: Schema) -> tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]:
    """Return, for each layer, the fields with one label and those with a list of labels."""
    return tuple(
        (
            layer.name,
            tuple(one.name for one in layer.of_kind("label") if not one.many),
            tuple(one.name for one in layer.of_kind("label") if one.many),
        )
        for layer in schema.layers.values()
    )


def names(gold: Annotation, text: str | None, schema: Schema) -> list[Name]:
    """Return the mentions that are names or descriptions, each combination of words and label once.

    None where their forms, their entities or the types of these were not annotated: two documents without a type
    would seem to contradict those with one.
    """
    for layer, name in _OF_NAMES:
        if layer in schema.layers and not field_done(gold.value, schema.layers[layer], name):
            return []
    types = {entity["id"]: str(entity.get("type", "")) for entity in gold.layer("entities")}
    found: dict[tuple[str, str, str], Name] = {}
    for i, mention in enumerate(gold.layer("mentions")):
        form, spans = mention.get("form"), mention.get("spans")
        if form in ("NAM", "NOM") and spans:
            words = _words(spans[0], text) if len(spans) == 1 else " … ".join([_words(span, text) for span in spans])
            kind = words, form, types.get(mention.get("entity", ""), "")
            if words and kind not in found:
                found[kind] = Name(*kind, i, mention["id"])
    return list(found.values())


def _kinds(gold: Annotation, text: str | None, schema: Schema) -> bytes:
    return np.array([key_of(name) for name in names(gold, text, schema)], TALLIED).tobytes()


def key_of(name: Name) -> tuple[int, int]:
    """Return the entry in `TALLIED` for a name, stable across runs and machines."""
    return hash64(name.words), _kind(name.form, name.type)


@lru_cache(maxsize=1024)
def _kind(form: str, type_: str) -> int:
    return hash64(f"{form} {type_}") >> 33 << 1 | (form == "NAM")


def _words(span: Record, text: str | None) -> str:
    words = span.get("text") if text is None else text[span["start"] : span["end"]]
    return " ".join((words or "").split())


Locate = Callable[[str, str, str], tuple[int, int]]
"""doc_id, file and JSON pointer → line and column, from 1."""
Names = Callable[[str], Sequence[Name]]
"""doc_id → the names of its adjudicated annotation, read again."""


Passages = Callable[[str], Sequence[Passage]]
"""doc_id → the passages of its adjudicated annotation, read again."""


LayerHashes = Mapping[tuple[str, tuple[str, ...]], int]
"""Layer and fields that were not annotated → a hash of its statements."""
Hashes = Callable[[str], LayerHashes]
"""doc_id → the hashes of its adjudicated annotation, read again."""


def nowhere(doc_id: str, file: str, pointer: str) -> tuple[int, int]:
    """Return the beginning of the file, where no location is needed."""
    return 1, 1


def no_names(doc_id: str) -> Sequence[Name]:
    """Return no names, where none are needed."""
    return ()


def no_passages(doc_id: str) -> Sequence[Passage]:
    """Return no passages, where none are needed."""
    return ()


def no_hashes(doc_id: str) -> LayerHashes:
    """Return no hashes, where none are needed."""
    return {}


@dataclass(frozen=True, slots=True)
class Corpus:
    """The subject of the corpus-wide checks."""

    summaries: tuple[Summary, ...]
    """Those of all documents without errors, sorted by doc_id."""
    released: Mapping[str, str] = field(default_factory=dict)
    """The split of each document in the last release; empty before the first."""
    version: str = ""
    """The version of that release."""
    complete: bool = True
    """True if no document is missing; only then can a label be reported as unused."""
    about: frozenset[str] | None = None
    """The documents of a partial run, whose findings are reported with those they cause elsewhere; None for all."""
    place: Locate = nowhere
    names: Names = no_names
    released_texts: Mapping[bytes, str] = field(default_factory=dict)
    """The split of each text in the last release, by its checksum."""
    passages: Passages = no_passages
    layer_hashes: Hashes = no_hashes
    texts_before: Mapping[str, bytes] = field(default_factory=dict)
    """The checksum of the text of each document in the last release."""
    licences_before: Mapping[str, str] = field(default_factory=dict)
    """The licence of each document in the last release."""
    whole: bool = True
    """True if the summaries are those of all documents, whether or not all are reported on."""

    def asks(self, *doc_ids: str) -> bool:
        """Return True if a finding about these documents is to be reported."""
        return self.about is None or not self.about.isdisjoint(doc_ids)
