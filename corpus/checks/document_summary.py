"""The facts about a document that corpus-wide checks need: a `Summary` of one or two kB.

    Documents of one doc_id → Summary ─┐
    Columns of many documents ─────────┴→ Summaries → Corpus → `corpus_wide.CORPUS_WIDE` → Problems

A summary holds JSON pointers, not lines: `Corpus.place` looks up the location of a finding on demand.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..core.code_points import NO_BREAK
from ..core.done import absent_fields
from ..core.model import GOLD, Annotation, Document, Record
from ..core.schema import Schema
from ..matching import statements
from ..splits.sketches import NO_TEXT, Sketch, sketch
from .gold_comparison import Compared, compare
from .gold_labels import unchosen
from .label_counts import label_counts
from .names import kinds
from .repeated import passage_rows
from .tallied import hash64


@dataclass(frozen=True, slots=True)
class Summary:
    """One document. Those of many are kept as `Summaries`."""

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
    sketch: Sketch = NO_TEXT
    """The sketch that identifies near-duplicates of its text."""
    gold: str = ""
    """The file of its adjudicated annotation, or ""."""
    kinds: bytes = b""
    """The labels of its names and descriptions, as an array of `TALLIED`; `names.names` has the words."""
    labels: bytes = b""
    """The labels in the adjudicated annotation, as an array of `COUNTED`."""
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
    characters: str = ""
    """Whether its text has each property of `CHARACTERS`, a digit 0 or 1 for each; "" if the text is not there."""


CHARACTERS = ("characters outside of NFC", "no-break spaces")
"""Properties of a text that are not seen and make its words differ from those of other texts."""
_NO_BREAK = re.compile(f"[{NO_BREAK}]")


_VALUES = ("split", "story", "twin_of", "twin_kind", "published", "license")


def summarise(documents: list[Document], schema: Schema) -> Summary:
    """Return the summary of a document: of its article, which comes first, and of its annotations.

    `documents` are those of one doc_id that passed levels 1 to 5; there is at least one.
    """
    article, record = documents[0].article, documents[0].article.record
    annotations = [document.annotation for document in documents if document.annotation is not None]
    gold = next((one for one in annotations if one.annotator == GOLD), None)
    values: Record = {name: record.get(name) or "" for name in _VALUES}
    made = Summary(
        documents[0].doc_id,
        article.sources[0].path,
        tuple(sorted({source.path for document in documents for source in document.sources})),
        **values,
        sketch=sketch(record["text_sha256"], article.text),
        gold=gold.source.path if gold else "",
        kinds=kinds(gold, article.text, schema) if gold else b"",
        labels=label_counts(gold, schema) if gold else b"",
        characters=characters_of(article.text),
        annotators=tuple(one.annotator for one in annotations if one.annotator != GOLD),
        passages=passage_rows(gold, article.text, schema) if gold else b"",
        imported=tuple((one.source.path, said) for one in annotations if (said := origin(one.value.get("provenance")))),
    )
    return with_differences(made, documents, schema)


def with_differences(one: Summary, documents: list[Document], schema: Schema) -> Summary:
    """Return a summary with the comparison of its annotations, if there are those of two annotators."""
    annotations = [document.annotation for document in documents if document.annotation is not None]
    gold = next((one for one in annotations if one.annotator == GOLD), None)
    others = [one for one in annotations if one.annotator != GOLD]
    if len(others) < 2:
        return one
    chosen = tuple(unchosen(gold, others, schema)) if gold else ()
    return replace(one, unchosen=chosen, compared=tuple(compare(gold, others, schema, documents[0].article.text)))


def characters_of(text: str | None) -> str:
    """Return which properties of `CHARACTERS` a text has, as `Summary.characters`."""
    if not text:
        return ""
    if text.isascii():
        return "00"
    return f"{not unicodedata.is_normalized('NFC', text):d}{_NO_BREAK.search(text) is not None:d}"


LayerHashes = Mapping[tuple[str, tuple[str, ...]], int]
"""Layer and fields that were not annotated → a hash of its statements."""


def layer_hashes(gold: Annotation, schema: Schema) -> LayerHashes:
    """Return for each layer and the fields that were not annotated in it a hash of all that gold says."""
    return {
        (name, tuple(sorted(absent_fields(gold.value, schema.layers[name])))): hash64(repr(sorted(map(repr, said))))
        for name, said in statements(schema, gold.value).items()
    }


def origin(provenance: Record | None) -> str:
    """Return the tool and what it calls an annotation, "" if the provenance of the annotation does not say.

    Two servers count from 1, so the time of creation tells their annotations apart.
    """
    parts = [provenance.get(part) for part in ("project", "task", "annotation")] if provenance else [None]
    if None in parts or provenance is None:
        return ""
    shown = "project {}, task {}, annotation {}".format(*parts)
    return f"{shown} of {provenance.get('tool')}, created {provenance.get('created') or 'at an unknown time'}"
