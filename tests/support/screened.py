"""Compare the screens of a corpus with the findings of its checks."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from corpus import checks
from corpus.checks.document_summary import summarise, with_differences
from corpus.checks.rule import CheckFunction
from corpus.checks.screening import ask_all, screen
from corpus.checks.summaries import row_of
from corpus.columns.documents import Columns
from corpus.core.schema import Schema
from corpus.files import Index, Reader, by_document
from corpus.pipeline.screened import parts_of

TODAY = date(2026, 11, 29)
Missed = tuple[str, str]
"""A code and the doc_id of a document that has a finding of it, and that no screen flags."""


def missed(root: Path) -> list[Missed]:
    """Return what the screens of a corpus pass over."""
    schema = Schema.read(root)
    with Index(root) as index, Reader(root, index.unpacked) as reader:
        groups = [group for entries in index.shards(1000) for group in by_document(entries)]
        known = [(i, parts) for i, group in enumerate(groups) if (parts := parts_of(group, reader)) is not None]
        columns = Columns.read([parts for _, parts in known], schema, TODAY)
        numbers = np.array([i for i, _ in known], np.int64)[columns.numbers]
        asked: list[set[CheckFunction]] = [set() for _ in range(len(columns))]
        early = ask_all((3, 4), columns, asked)
        ask_all((5, 6), columns.emptied(early), asked)
        check_of = {check.code: check.ask for check in checks.CHECKS}
        found = [(number, groups[i], _codes(reader, groups[i], schema)) for number, i in enumerate(numbers.tolist())]
        return [
            (code, group[0].doc_id)
            for number, group, codes in found
            for code in codes
            # After an error of R406, each check is asked.
            if check_of[code] not in asked[number] and (int(code[1]) < 5 or not (early[number] or "R406" in codes))
        ]


def unlike(root: Path) -> tuple[list[str], int]:
    """Return the documents whose summary from columns is not that of their objects, and how many are in columns."""
    schema = Schema.read(root)
    with Index(root) as index, Reader(root, index.unpacked) as reader:
        groups = {group[0].doc_id: group for entries in index.shards(1000) for group in by_document(entries)}
        parts = [one for group in groups.values() if (one := parts_of(group, reader)) is not None]
        found = screen(Columns.read(parts, schema, TODAY))
        wrong = []
        passing = {doc_id: screened for doc_id, screened in found.items() if screened.passes}
        for doc_id, screened in passing.items():
            documents = reader.documents(groups[doc_id])
            made = with_differences(screened.summaries[screened.number], documents, schema)
            if row_of(made) != row_of(summarise(documents, schema)):
                wrong.append(doc_id)
        return wrong, len(passing)


def _codes(reader: Reader, group: list[Any], schema: Schema) -> set[str]:
    failed: set[int] = set()
    found: set[str] = set()
    for document in reader.documents(group):
        levels = failed if document.annotation is None else checks.inherited(failed)
        found |= {problem.code for problem in checks.run(document, schema, levels, today=TODAY)}
    return found


def damage(rng: Random, values: list[Any]) -> None:
    """Change something at random in one of some JSON objects: a key, a value, its type, a copy, another one's value."""
    value = rng.choice(values)
    paths = list(_paths(value))
    path = rng.choice(paths)
    parent, key = _at(value, path[:-1]), path[-1]
    if key in ("doc_id", "text") and path[0] == key:
        return
    old = parent[key]
    kind = rng.choice(("delete", "null", "near", "near", "other", "copy", "extra", "type"))
    if kind == "delete":
        del parent[key]
    elif kind == "null":
        parent[key] = None
    elif kind == "near":
        parent[key] = _near(rng, old)
    elif kind == "other":
        parent[key] = copy.deepcopy(_at(value, rng.choice(paths)))
    elif kind == "copy" and isinstance(parent, list):
        parent.append(copy.deepcopy(old))
    elif kind == "extra" and isinstance(parent, dict):
        parent["zzz"] = 1
    elif kind == "type":
        parent[key] = rng.choice((1.5, "7", True, [], {}, 12.0))


_WORDS = (
    *("e1", "m3", "q2", "NAM", "NOM", "PRO", "indirect", "reported", "mixed", "direct", "anonymous", "named"),
    *(
        "anaphoric",
        "explicit",
        "none",
        "article",
        "speaker",
        "neutral",
        "PER",
        "GPE",
        "",
        "NIL",
        "wikidata:Q42",
        "wikidata:42",
    ),
    *("2027-12-01", "2020-01-01", "de", "en-UK", "CC-BY", "she", "\u200b", "", "NIL", "wikidata:Q42"),
)


def _near(rng: Random, old: Any) -> Any:
    if isinstance(old, bool):
        return not old
    if isinstance(old, int):
        return old + rng.choice((-30, -1, 1, 1, 1000))
    if isinstance(old, str):
        return rng.choice((old + " ", old[:-1], old + "x", " " + old, old.lower(), *_WORDS))
    return rng.choice(([], old + old[:1], old[::-1])) if isinstance(old, list) else old


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    for key, one in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*path, key)
        yield from _paths(one, (*path, key))


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value
