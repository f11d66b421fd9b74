"""A field that was not annotated fires no check and is null in every table: each field of each layer is removed.

A spy shows which fields each check reads, so that a new check cannot forget to declare one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pytest
from support.cases import FOLDERS, TODAY
from support.cases import copy as copy_case
from support.corpora import REPOSITORY

from corpus import checks
from corpus.checks.conditions import broken_condition
from corpus.checks.corpus import Corpus
from corpus.checks.corpus_labels import name_rows, two_labels_of_words
from corpus.checks.document_summary import summarise
from corpus.checks.keyed import Context, Tallied
from corpus.checks.names import names
from corpus.checks.rule import Check
from corpus.checks.summaries import Summaries
from corpus.core.model import GOLD, Annotation, Article, Document
from corpus.core.schema import Schema
from corpus.files import Index, Reader, by_document
from corpus.pipeline.tables import Row, build

SCHEMA = Schema.read(REPOSITORY)
FIELDS = [(layer.name, one.name) for layer in SCHEMA.layers.values() for one in layer.fields if not one.always]
WIDE = [[one for one in FIELDS if one[0] == layer] for layer in SCHEMA.layers] + [FIELDS]
"""All fields of a layer that may be absent; and all of all layers."""
ALWAYS = [(layer.name, one.name) for layer in SCHEMA.layers.values() for one in layer.fields if one.always]
Json = dict[str, Any]
Fields = list[tuple[str, str]]


def named(removed: Fields) -> str:
    return f"{removed[0][0]}.{removed[0][1]}" if len(removed) == 1 else f"{removed[0][0]} and {len(removed) - 1} more"


def read(root: Path) -> Iterator[list[Document]]:
    """The parts of each document of a corpus."""
    with Index(root) as index, Reader(root, index.unpacked) as reader:
        for shard in index.shards(256):
            for group in by_document(shard):
                yield reader.documents(group)


@cache
def gold() -> list[tuple[Article, Annotation]]:
    """The articles of this repository with their gold annotations."""
    found = []
    for article, *parts in read(REPOSITORY):
        found += [
            (article.article, one.annotation) for one in parts if one.annotation and one.annotation.annotator == GOLD
        ]
    return found


def without(annotation: Annotation, removed: list[tuple[str, str]]) -> Annotation:
    """The annotation as somebody would write it who did not annotate these fields."""
    value = {**annotation.value, "schema_version": "1.1", "fields_done": {}}
    for layer in dict(removed):
        gone = {name for of, name in removed if of == layer}
        fields = [one.name for one in SCHEMA.layers[layer].fields if one.name not in gone]
        value["fields_done"] |= {layer: fields} if layer in value["layers_done"] else {}
        value[layer] = [{k: v for k, v in record.items() if k not in gone} for record in value.get(layer, ())]
    value["provenance"] = {k: v for k, v in value.get("provenance", {}).items() if k != "alternatives"}
    return Annotation(annotation.annotator, value, annotation.source)


def found_in(article: Article, annotation: Annotation) -> set[tuple[str, str]]:
    document = Document(article.doc_id, article, annotation)
    return {(one.code, one.pointer) for one in checks.run(document, SCHEMA, set())}


@cache
def findings() -> list[set[tuple[str, str]]]:
    return [found_in(*one) for one in gold()]


def two_labels(annotations: list[Annotation]) -> set[str]:
    """The words that C610 finds with two labels."""
    articles = [replace(article, text=None) for article, _ in gold()]
    by_id = {one.doc_id: annotation for one, annotation in zip(articles, annotations, strict=True)}
    summaries = [
        summarise([Document(one.doc_id, one), Document(one.doc_id, one, by_id[one.doc_id])], SCHEMA) for one in articles
    ]
    corpus = Corpus(Summaries.of(summaries), names=lambda doc_id: names(by_id[doc_id], None, SCHEMA))
    found = Tallied(two_labels_of_words, rows=name_rows).judge(corpus, Context(SCHEMA, names=corpus.names))
    return {one.detail.split(" is ")[0] for one in found}


@pytest.mark.parametrize("removed", [*([one] for one in FIELDS), *WIDE], ids=named)
def test_a_field_that_was_not_annotated_fires_no_check(removed: Fields) -> None:
    """All articles without all fields, and of one field another fourth of the articles than of the field before it."""
    assert len(gold()) > 50
    first, step = (FIELDS.index(removed[0]) % 4, 4) if len(removed) == 1 else (0, 1)
    for (article, annotation), before in list(zip(gold(), findings(), strict=True))[first::step]:
        assert found_in(article, without(annotation, removed)) <= before


@pytest.mark.parametrize("removed", [("mentions", "form"), ("mentions", "entity"), ("entities", "type")])
def test_words_without_a_label_contradict_no_label(removed: tuple[str, str]) -> None:
    """Every second document lacks the field, and is compared with those that have it."""
    mixed = [without(one, [removed]) if i % 2 else one for i, (_, one) in enumerate(gold())]
    before = two_labels([one for _, one in gold()])
    assert before
    assert two_labels(mixed) <= before


class Spied(Json):
    """A record that notes which of its fields are asked for."""

    layer: str
    asked: set[str]

    def get(self, name: str, default: Any = None) -> Any:
        self.asked.add(f"{self.layer}.{name}")
        return super().get(name, default)

    def __getitem__(self, name: str) -> Any:
        self.asked.add(f"{self.layer}.{name}")
        return super().__getitem__(name)


def spied(annotation: Annotation, asked: set[str]) -> Annotation:
    value = dict(annotation.value)
    for layer in SCHEMA.layers:
        records = [Spied(record) for record in value.get(layer) or ()]
        for record in records:
            record.layer, record.asked = layer, asked
        value[layer] = records
    return Annotation(annotation.annotator, value, annotation.source)


@cache
def faulty() -> list[tuple[Article, Annotation]]:
    """What the gold annotations and the cases of the checks of levels 5 and 6 hold: with and without findings."""
    found = list(gold())
    with TemporaryDirectory() as folder:
        for case in FOLDERS:
            if case.name[0] in "QTE" or case.name[:4] in ("C603", "C604"):
                bad, good, _ = copy_case(case, Path(folder) / case.name)
                for root in (bad, good):
                    for article, *parts in read(root):
                        found += [(article.article, one.annotation) for one in parts if one.annotation]
    return found


@pytest.mark.parametrize("check", [one for one in checks.CHECKS if one.level > 4], ids=lambda one: one.code)
def test_a_check_declares_each_field_that_it_reads(check: Check) -> None:
    asked: set[str] = set()
    for article, annotation in faulty():
        document = Document(article.doc_id, article, spied(annotation, asked))
        document.today = TODAY
        list(check.ask(document, SCHEMA))
    always = {f"{layer.name}.{one.name}" for layer in SCHEMA.layers.values() for one in layer.fields if one.always}
    declared = {*check.needs, *check.reads, *check.optional}
    if check.ask is broken_condition:  # It reads what the schema names, and a span to show.
        named = {
            f"{layer}.{name}" for layer, rules in SCHEMA.conditions.items() for one in rules for name in one.fields
        }
        declared = named | asked & {"quotes.content", "quotes.cue", "stances.evidence_spans"}
    assert asked - always <= declared
    assert declared - always <= asked


@pytest.mark.parametrize("check", [one for one in checks.CHECKS if one.needs or one.reads], ids=lambda one: one.code)
def test_a_check_is_not_run_where_a_field_was_not_annotated(check: Check) -> None:
    fields = [*check.needs, *check.reads]
    assert all(not check.can_ask({name}) for name in fields)
    assert check.can_ask({f"{layer}.{name}" for layer, name in FIELDS} - set(fields))
    assert {tuple(name.split(".")) for name in (*fields, *check.optional)} <= {*FIELDS, *ALWAYS}


def nulls(values: pa.Array) -> bool:
    return len(values) > 0 and values.null_count == len(values)


@pytest.mark.parametrize("removed", [*([one] for one in FIELDS), *WIDE], ids=named)
def test_a_field_that_was_not_annotated_is_null_in_every_table(removed: Fields) -> None:
    some = [(article, one) for article, one in gold() if article.text is not None][:12]
    rows = [
        Row(i, replace(a, record={**a.record, "split": "train"}), a.text, {"gold": without(one, removed).value})
        for i, (a, one) in enumerate(some)
    ]
    tables = build(rows, SCHEMA)["train"]
    for layer, name in removed:
        nested = tables["documents"][layer].flatten()
        assert nulls(nested.field(name))
        if layer in ("quotes", "stances"):
            columns = [one for one in tables[layer].schema.names if one == name or one in written(layer, name)]
            assert columns
            assert all(nulls(tables[layer][one]) for one in columns)
    untagged = {("mentions", "form"), ("mentions", "entity"), ("entities", "type")}
    for column in ("ner_tags", "entity_ids"):
        assert nulls(tables["entities"][column]) == (not untagged.isdisjoint(removed))
        tables["entities"][column].validate(full=True)
    assert tables["entities"]["tokens"].null_count == 0
    if {("stances", "evidence_quotes"), ("stances", "evidence_spans")} <= {*removed} or ("stances", "scope") in removed:
        speakers = [row for row in tables["stances"].to_pylist() if row["scope"] in (None, "speaker")]
        assert speakers
        assert {row["text"] for row in speakers} == {None}


def written(layer: str, name: str) -> set[str]:
    """The columns that write out what a field refers to."""
    fields = {one.name for one in SCHEMA.layers[layer].fields}
    return {f"{name}_{end}" for end in ("text", "name", "type", "statement", "kind")} - fields
