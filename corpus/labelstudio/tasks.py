"""Article (and annotations) → a Label Studio task to import."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..core.model import Annotation, Article, CorpusError
from ..core.schema import Schema
from .decode import encode


def task(article: Article, schema: Schema, annotations: Sequence[Annotation] = ()) -> dict[str, Any]:
    """The task of one article, with its annotations as pre-annotations (predictions), in their order.

    `data` and `meta` name the document, the hash of its text and the version of the schema; what comes
    back is held against both. Raises CorpusError when the text is not here: a withheld one must be attached.
    """
    if article.text is None:
        raise CorpusError(
            f"the text of {article.doc_id} is not here: `corpus attach {article.doc_id}` puts it in place"
        )
    ids = {
        "doc_id": article.doc_id,
        "text_sha256": article.record["text_sha256"],
        "schema_version": schema.version,
    }
    return {
        "data": {"text": article.text, "title": article.record.get("title") or "", **ids},
        "meta": ids,
        "predictions": [
            {"model_version": one.annotator, "result": encode(one.value, article.text, schema)} for one in annotations
        ],
    }
