"""Read the gold annotations to score against, one document after another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from ..core.model import Article, CorpusError, Document, Record
from ..core.schema import Schema
from ..files import Index, Reader, by_document


@dataclass(frozen=True, slots=True)
class GoldDocument:
    """An article with its gold annotation. `length` is that of the text in code points."""

    article: Article
    value: Record
    length: int

    @property
    def doc_id(self) -> str:
        """Return the id of the document."""
        return self.article.doc_id

    @property
    def split(self) -> str:
        """Return the split of the document, "" for none."""
        return str(self.article.record.get("split") or "")

    @property
    def twin_of(self) -> str:
        """Return the id of the document of which this one is a changed copy, "" for none. No figure counts a copy."""
        return str(self.article.record.get("twin_of") or "")

    @property
    def twin_kind(self) -> str:
        """Return how the copy was changed, "" for an original."""
        return str(self.article.record.get("twin_kind") or "")

    @property
    def story(self) -> str:
        """Return what is drawn as one in a resample: the story, or the document where it names none."""
        return f"story {self.article.record['story']}" if self.article.record.get("story") else self.doc_id


def gold_documents(root: Path, schema: Schema, against: str) -> Iterator[GoldDocument]:
    """Yield the documents that the annotator `against` annotated, in the order of ids.

    Raises CorpusError for an annotation that `corpus validate` rejects: figures against it would mean nothing.
    """
    with Index(root) as index, Reader(root, index.unpacked) as reader:
        for shard in index.shards(256):
            for group in by_document(shard):
                if not any(entry.annotator == against for entry in group):
                    continue
                parts = [entry for entry in group if entry.annotator in ("", against)]
                for document in reader.documents(parts):
                    found = checked(document, schema)
                    if found is not None:
                        yield found


def checked(document: Document, schema: Schema) -> GoldDocument | None:
    """Return a document with its annotation, None without one. Raises CorpusError if it cannot be scored against."""
    article, annotation = document.article, document.annotation
    if annotation is None:
        return None
    where = f"{annotation.source.path}:{annotation.source.line}"
    length = len(article.text) if article.text is not None else article.record.get("length")
    text_hash = article.record.get("text_sha256")
    if article.text is not None:
        text_hash = sha256(article.text.encode()).hexdigest()
    if annotation.source.faults or not isinstance(length, int) or not schema.is_valid("annotation", annotation.value):
        raise CorpusError(f"{where} cannot be scored against; run `corpus validate`")
    if annotation.value["text_sha256"] != text_hash:
        raise CorpusError(f"{where} belongs to another text; run `corpus validate`")
    return GoldDocument(article, annotation.value, length)
