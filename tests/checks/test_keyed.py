"""Corpus-wide rules by key: a key is judged by its own rows, however documents and keys are divided."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.cases import FOLDERS, copy

from corpus.checks import CHECKS
from corpus.checks.corpus import Corpus
from corpus.checks.corpus_wide import CORPUS_WIDE, _order
from corpus.checks.document_summary import Summary, layer_hashes, summarise
from corpus.checks.keyed import Context, Each, Keyed, Row, Rows, Tallied
from corpus.checks.summaries import Summaries
from corpus.core.model import Annotation
from corpus.core.schema import Schema
from corpus.core.twin_source import twin_source
from corpus.files import Index, Reader, by_document
from corpus.files.releases import read_last_release

KEYED = [rule for rule in CORPUS_WIDE if isinstance(rule, Keyed)]
EACH = [rule for rule in CORPUS_WIDE if isinstance(rule, Each)]
DIVIDED = {rule.code for rule in (*KEYED, *EACH)}


def read(root: Path) -> Iterator[Summary]:
    """The summaries of a corpus whose documents have no errors of structure."""
    schema = Schema.read(root)
    with Index(root) as index, Reader(root, index.unpacked) as reader:
        for entries in index.shards(256):
            for group in by_document(entries):
                yield summarise(reader.documents(group), schema)


@pytest.fixture(scope="module", params=[f for f in FOLDERS if f.name[:4] in DIVIDED], ids=str)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Corpus, Context]:
    root, _, _ = copy(request.param, tmp_path_factory.mktemp("keyed"))
    schema, last = Schema.read(root), read_last_release(root)
    of_release = last.version, last.by_id, last.by_text, last.texts, last.licences
    return (
        request.param.name[:4],
        Corpus(Summaries.of(read(root))),
        Context(
            schema,
            *of_release,
            layer_hashes=lambda doc_id: layer_hashes(gold_of(root, doc_id), schema),
            twin_source=lambda doc_id: twin_source(gold_of(root, doc_id).value),
        ),
    )


def gold_of(root: Path, doc_id: str) -> Annotation:
    """The adjudicated annotation of a document."""
    with Index(root) as index, Reader(root, index.unpacked) as reader:
        annotations = [document.annotation for document in reader.documents(index.entries(doc_id))]
    return next(one for one in annotations if one is not None and one.annotator == "gold")


def grouped(rule: Keyed, corpus: Corpus) -> dict[object, list[Row]]:
    """The rows of every key with two values, the last key first, of one document after another."""
    found: dict[object, list[Row]] = {}
    for i in range(len(corpus.summaries)):
        rows = rule.rows(corpus.summaries.select(np.array([i])))
        for row in rows.of(np.arange(len(rows.document))):
            # Equal texts have equal numbers within one table only.
            key = corpus.summaries[i].sketch.keys[0] if rule.code == "C658" else row.key
            found.setdefault(key, []).append(row)
    return {key: rows for key, rows in reversed(found.items()) if len({row.value for row in rows}) > 1}


def test_a_key_is_judged_by_its_own_rows(case: tuple[str, Corpus, Context]) -> None:
    code, corpus, context = case
    for rule in KEYED:
        apart = [found for key, rows in grouped(rule, corpus).items() for found in rule.ask(key, rows, context)]
        found = sorted(rule.judge(corpus, context), key=_order)
        assert found == sorted(apart, key=_order)
        assert bool(found) == (rule.code == code)


def test_a_document_is_judged_on_its_own(case: tuple[str, Corpus, Context]) -> None:
    code, corpus, context = case
    for rule in EACH:
        apart = [corpus.summaries.select(np.array([i])) for i in reversed(range(len(corpus.summaries)))]
        found = sorted(rule.judge(corpus, context), key=_order)
        assert found == sorted((one for some in apart for one in rule.ask(some, context)), key=_order)
        assert bool(found) == (rule.code == code)


def test_a_partial_run_judges_the_keys_of_its_documents(case: tuple[str, Corpus, Context]) -> None:
    code, corpus, context = case
    rule = next((rule for rule in KEYED if rule.code == code), None)
    for i, one in enumerate(corpus.summaries) if rule else ():
        own = rule.rows(corpus.summaries)
        keys = {row.key for row in own.of(np.flatnonzero(own.document == i))}
        wanted = [
            found
            for rows in (of_key(own, key) for key in keys)
            if len({row.value for row in rows}) > 1
            for found in rule.ask(rows[0].key, rows, context)
        ]
        found = rule.judge(replace(corpus, about=frozenset([one.doc_id])), context)
        assert sorted(found, key=_order) == sorted(wanted, key=_order)


def of_key(rows: Rows, key: object) -> list[Row]:
    return [row for row in rows.of(np.arange(len(rows.document))) if row.key == key]


def test_every_rule_says_how_it_is_divided() -> None:
    assert {rule.code for rule in CORPUS_WIDE if not isinstance(rule, Keyed | Tallied | Each)} == {
        "C606",
        "C611",
        "C614",
        "C639",
        "C640",
        "C643",
        "C644",
        "C646",
    }


def test_each_code_is_that_of_one_rule() -> None:
    codes = [rule.code for rule in (*CHECKS, *CORPUS_WIDE)]
    assert sorted(set(codes)) == sorted(codes)
