"""The documents that annotators can be compared on, one after another: who says what about which text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from ..core.model import GOLD, Article, CorpusError, Document, Record
from ..core.schema import Schema
from ..files import Index, Reader, by_document
from ..files.index import ANNOTATOR


@dataclass(frozen=True, slots=True)
class SharedDocument:
    """An article with the annotations to be compared, by annotator, in the order of their names.

    `length` is the text's, in code points.
    """

    article: Article
    length: int
    by: Mapping[str, Record]

    @property
    def doc_id(self) -> str:
        """The document."""
        return self.article.doc_id

    @property
    def text(self) -> str | None:
        """The text, None where it is not here."""
        return self.article.text

    def done(self, layer: str) -> list[str]:
        """The annotators that looked at a layer."""
        return [name for name, value in self.by.items() if layer in value["layers_done"]]


def annotators_of(root: Path) -> list[str]:
    """The names of all annotators of a corpus, sorted, gold too."""
    folder = root / "annotations"
    paths = folder.iterdir() if folder.is_dir() else ()
    return sorted(path.name for path in paths if ANNOTATOR.fullmatch(path.name) and path.is_dir())


def choose_annotators(root: Path, named: Sequence[str]) -> list[str]:
    """The annotators to compare, sorted: those that are named, or all but gold.

    Raises CorpusError for a name that is not there, and when there are fewer than two.
    """
    there = annotators_of(root)
    for name in named:
        if name not in there:
            raise CorpusError(f"there is no annotator {name}; there are {', '.join(there) or 'none'}")
    chosen = sorted(set(named)) if named else [name for name in there if name != GOLD]
    if len(chosen) < 2:
        raise CorpusError(f"agreement is between two annotators or more, not {', '.join(chosen) or 'none'}")
    return chosen


def shared_documents(
    root: Path, schema: Schema, annotators: Sequence[str], left_out: Counter[str]
) -> Iterator[SharedDocument]:
    """Each document that two or more of the annotators annotated, in the order of the ids.

    An annotation that does not fit the schema, is of another text or has a span outside of it is left out;
    `left_out` counts those, and the documents whose text is not here, by reason.
    """
    with Index(root) as index, Reader(root, index.unpacked) as reader:
        for shard in index.shards(256):
            for group in by_document(shard):
                if len({entry.annotator for entry in group} & set(annotators)) < 2:
                    continue
                found = reader.documents(group)
                article = found[0].article
                length = len(article.text) if article.text is not None else article.record.get("length")
                if not isinstance(length, int) or not article.sources or article.sources[0].faults:
                    left_out["documents without a record that can be read"] += 1
                    continue
                usable = _usable(found, schema, annotators, length, left_out)
                if len(usable) < 2:
                    continue
                if article.text is None:
                    left_out["documents without their text, in figures on tokens"] += 1
                yield SharedDocument(article, length, dict(sorted(usable.items())))


def _usable(
    found: list[Document], schema: Schema, annotators: Sequence[str], length: int, left_out: Counter[str]
) -> dict[str, Record]:
    usable: dict[str, Record] = {}
    article = found[0].article
    text_sha256 = article.record.get("text_sha256")
    if article.text is not None:
        text_sha256 = sha256(article.text.encode()).hexdigest()
    for document in found[1:]:
        annotation = document.annotation
        if annotation is None or annotation.annotator not in annotators:
            continue
        value = annotation.value
        if annotation.source.faults or not schema.is_valid("annotation", value):
            left_out["annotations that `corpus validate` rejects"] += 1
        elif value["text_sha256"] != text_sha256:
            left_out["annotations of another text"] += 1
        elif not all(_within(value.get(layer), schema, layer, length) for layer in schema.layers):
            left_out["annotations with a span outside of the text"] += 1
        else:
            usable[annotation.annotator] = value
    return usable


def _within(records: Any, schema: Schema, layer: str, length: int) -> bool:
    fields = [field.name for field in schema.layers[layer].of_kind("spans")]
    spans = (span for record in records or () for name in fields for span in record.get(name, ()))
    return all(0 <= span["start"] < span["end"] <= length for span in spans)
