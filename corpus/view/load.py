"""Read the one document that is to be shown, and refuse one with errors in its structure, offsets or references."""

from __future__ import annotations

from pathlib import Path

from ..core.model import GOLD, Article, CorpusError, Document, Record
from ..core.schema import Schema
from ..files import Index, Reader
from .findings import check


def shown_text(article: Article, with_attached: bool) -> str | None:
    """Return the text of an article, None if it is not to be shown: a copy of a withheld text, unless `with_attached`.

    A withheld text that lies in raw/ by mistake is not shown either.
    """
    return article.text if article.redistributable or (article.attached and with_attached) else None


def twin_fact(record: Record) -> str:
    """Return of which article this one is a twin, and the kind, in words; "" for one that is not a twin."""
    if not record.get("twin_of"):
        return ""
    return " ".join(filter(None, (str(record.get("twin_kind") or ""), "twin of", str(record["twin_of"]))))


def load_document(root: Path, schema: Schema, doc_id: str, annotator: str = "") -> Document:
    """Return a document with one annotation: that of `annotator`, or gold, or the only one; or an article without any.

    Raises CorpusError if the corpus does not have it, or if it has errors in its structure, offsets or references.
    """
    documents = read_article(root, doc_id)
    by_name = {one.annotation.annotator: one for one in documents if one.annotation is not None}
    if not by_name:
        if annotator:
            raise CorpusError(f"{doc_id} has no annotation: there is no file for it in annotations/")
        return documents[0]
    name = annotator or (GOLD if GOLD in by_name or len(by_name) > 1 else next(iter(by_name)))
    if name not in by_name:
        raise CorpusError(f"{doc_id} has no annotation of {name}: name one of {', '.join(sorted(by_name))}")
    checked = check((documents[0], by_name[name]), schema)
    if (problem := checked[1].refused) is not None:
        raise CorpusError(
            f"{problem.file}:{problem.line}:{problem.column} has an error, {problem.code}: fix it first; "
            f"see corpus validate {problem.file}"
        )
    return by_name[name]


def read_article(root: Path, doc_id: str) -> list[Document]:
    """Return an article without an annotation, then with each. Raises CorpusError if the corpus does not have it."""
    with Index(root) as index, Reader(root, index.unpacked) as reader:
        documents = reader.documents(index.entries(doc_id))
    if not documents or documents[0].annotation is not None:
        raise CorpusError(f"there is no article {doc_id} in raw/")
    return documents
