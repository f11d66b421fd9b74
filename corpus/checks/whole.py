"""Level 6: is it a corpus?"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Document, Problem
from ..schema import Schema
from .check import found


def no_split(document: Document, schema: Schema) -> Iterator[Problem]:
    """C601: The article belongs to no split.

    What: the record has no `split`.
    Why: a document's split is part of its record, given once and for good, so that no later build
    moves it from training to test.
    Bad: no `split`.
    Good: `"split": "train"`
    """
    if document.source.value is not None and "split" not in document.value:
        yield found(no_split, document, suggestion=f"one of {', '.join(schema.splits)}")
