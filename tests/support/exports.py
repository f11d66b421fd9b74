"""Tasks and annotations as an export of Label Studio 1.23 has them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from corpus.core.model import Article, Source
from corpus.core.schema import Schema
from corpus.labelstudio.convert import Result
from corpus.labelstudio.tasks import encode, task
from support.corpora import REPOSITORY, TEXT, annotation, record

SCHEMA = Schema.read(REPOSITORY)
KEYWORDS = "carriedBy", "ownLabel", "ifBlank"


def without_labelling(schema: Schema) -> Schema:
    """The schema without the keywords that say how annotators fill a field in: its config is that of 1.0."""
    written = copy.deepcopy(schema.annotation)
    for layer in schema.layers:
        for one in written["properties"][layer]["items"]["properties"].values():
            for keyword in KEYWORDS:
                one.pop(keyword, None)
    return Schema(written, schema.article, schema.registry)


OLD = without_labelling(SCHEMA)
"""The schema with which annotators worked before labels carried values and blank fields were derived."""
WHEN = "2026-11-24T07:00:00.000000Z"

Convert = Callable[..., Result]
"""Converts tasks into a corpus of two articles."""


def article(doc_id: str, **changed: Any) -> Article:
    return Article(doc_id, record(doc_id, **changed), TEXT, (Source(f"raw/{doc_id}.json", "record"),))


def made(number: int, by: object = 7, result: object = ..., **changed: Any) -> dict[str, Any]:
    """An annotation as an export of a server of version 1.23 has it."""
    if result is ...:
        result = [{**item, "origin": "manual"} for item in encode(annotation("alpha"), TEXT, SCHEMA)]
    return {
        "id": number,
        "completed_by": by,
        "result": result,
        "was_cancelled": False,
        "ground_truth": False,
        "created_at": WHEN,
        "updated_at": WHEN,
        "draft_created_at": None,
        "lead_time": 12.75,
        "prediction": {},
        "result_count": 3,
        "unique_id": "5b8b4d5e-3b0c-4b7a-9d0c-0c5f7f3c3c11",
        "task": 1,
        "project": 3,
        "parent_prediction": None,
        "parent_annotation": None,
        "updated_by": 7,
        "created_username": " mira@example.org, 7",
        **changed,
    }


def exported(number: int, doc_id: str, *annotations: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """A task as an export has it."""
    return {
        "id": number,
        **task(article(doc_id), SCHEMA),
        "annotations": list(annotations),
        "drafts": [{"id": 5, "result": [{"nonsense": True}], "created_ago": "0\u00a0minutes"}],
        "predictions": [{"id": 9, "result": [{"nonsense": True}]}],
        "created_at": WHEN,
        "updated_at": WHEN,
        "project": 3,
        **changed,
    }


def strings(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all values in a JSON value that are not lists or objects."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    return [path] if items is None else [one for key, inner in items for one in strings(inner, (*path, key))]


def planted(value: Any, path: tuple[Any, ...], seed: str) -> Any:
    """A copy of a JSON value with another string at a path."""
    copied = copy.deepcopy(value)
    inner = copied
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = seed
    return copied
