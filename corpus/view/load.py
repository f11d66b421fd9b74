"""Read the one document that is to be shown, and refuse one with errors in its structure, offsets or references."""

from __future__ import annotations

from pathlib import Path

from ..checks import inherited, run
from ..core.model import GOLD, Article, CorpusError, Document
from ..core.schema import Schema
from ..files import Index, Reader

_STRUCTURE = 4
"""The highest level whose errors keep a document from being shown."""


def shown_text(article: Article, with_attached: bool) -> str | None:
    """Return the text of an article, None if it is not to be shown: a copy of a withheld text, unless `with_attached`.

    A withheld text that lies in raw/ by mistake is not shown either.
    """
    return article.text if article.redistributable or (article.attached and with_attached) else None


def load_document(root: Path, schema: Schema, doc_id: str, annotator: str = "") -> Document:
    """Return a document with one annotation: that of `annotator`, or gold, or the only one.

    Raises CorpusError if the corpus does not have it, or if it has errors in its structure, offsets or references.
    """
    with Index(root) as index, Reader(root, index.unpacked) as reader:
        documents = reader.documents(index.entries(doc_id))
    if not documents or documents[0].annotation is not None:
        raise CorpusError(f"there is no article {doc_id} in raw/")
    by_name = {one.annotation.annotator: one for one in documents if one.annotation is not None}
    if not by_name:
        raise CorpusError(f"{doc_id} has no annotation: there is no file for it in annotations/")
    name = annotator or (GOLD if GOLD in by_name or len(by_name) > 1 else next(iter(by_name)))
    if name not in by_name:
        raise CorpusError(f"{doc_id} has no annotation of {name}: name one of {', '.join(sorted(by_name))}")
    failed: set[int] = set()
    for document in (documents[0], by_name[name]):
        levels = failed if document.annotation is None else inherited(failed)
        for problem in run(document, schema, levels):
            if problem.severity == "error" and int(problem.code[1]) <= _STRUCTURE:
                raise CorpusError(
                    f"{problem.file}:{problem.line}:{problem.column} has an error, {problem.code}: fix it first; "
                    f"see corpus validate {problem.file}"
                )
    return by_name[name]
