"""An error in one record does not hide the findings in others, and adds no finding that is not one."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support.cases import FOLDERS, copy
from support.corpora import REPOSITORY, TEXT, Corpus, annotation

from corpus import checks
from corpus.checks.sound_part import Errors
from corpus.core.fingerprint import fingerprint
from corpus.core.model import Document, Problem
from corpus.core.schema import Schema
from corpus.files import Index, Reader

GOLD = "annotations/gold/alpha.json"
Value = dict[str, Any]


def two_faults(damage: Callable[[Value], object]) -> Value:
    """An annotation with a quote entered twice (Q507), and one more fault in a record beside it."""
    value = annotation("alpha")
    value["quotes"].append({**value["quotes"][0], "id": "q2"})
    value["mentions"].append({**value["mentions"][0], "id": "m3", "spans": [dict(value["mentions"][0]["spans"][0])]})
    # One character too short: where the record is sound, or read as if its fault were mended, Q520 says so.
    value["mentions"][2]["spans"][0]["end"] -= 1
    value["mentions"][2]["spans"][0]["text"] = value["mentions"][2]["spans"][0]["text"][:-1]
    damage(value)
    return value


DAMAGES: dict[str, tuple[Callable[[Value], object], set[str]]] = {
    "a wrong label": (lambda value: value["mentions"][2].update(form="Name"), {"S204"}),
    "a missing field": (lambda value: value["mentions"][2].pop("form"), {"S202"}),
    "a field too many": (lambda value: value["mentions"][2].update(sapns=[]), {"S203"}),
    "no record": (lambda value: value["mentions"].append(7), {"S201", "Q520"}),
    "an id of the wrong type": (lambda value: value["mentions"][2].update(id=7), {"S201"}),
    "no span": (lambda value: value["mentions"][2].update(spans=[7]), {"S201"}),
    "a wrong span": (lambda value: value["mentions"][2]["spans"][0].update(text="oops"), {"P307"}),
    "a dangling reference": (lambda value: value["mentions"][2].update(entity="e9"), {"R402"}),
    "an id that is there twice": (lambda value: value["mentions"][2].update(id="m1"), {"R401"}),
    "a number that is not whole": (lambda value: value["mentions"][2]["spans"][0].update(start=6.0), {"S206", "Q520"}),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_an_error_in_a_record_does_not_hide_those_of_others(corpus: Corpus, name: str) -> None:
    damage, codes = DAMAGES[name]
    corpus.write(GOLD, two_faults(damage))
    assert {one["code"] for one in corpus.findings()} == {*codes, "Q507"}


def test_spans_out_of_order_hide_nothing(corpus: Corpus) -> None:
    """A safe fix is enough: the checks are asked about what the file is once it is applied."""
    value = two_faults(lambda _: None)
    value["quotes"][0]["content"] = [
        {"start": start, "end": start + len(words), "text": words}
        for words in ("safe", "bridge")
        for start in [TEXT.index(words)]
    ]
    value["quotes"][0]["type"] = "indirect"
    value["entities"].append({**value["entities"][0], "id": "e2", "name": "Bo"})
    corpus.write(GOLD, value)
    found = corpus.findings()
    ran = corpus.run("validate")
    assert {one["code"] for one in found} == {"P311", "E503", "Q508", "Q520"}
    assert ran.err == "2 errors, 2 warnings in 2 documents\n"
    corpus.run("fmt", "--fix")
    assert {one["code"] for one in corpus.findings()} == {"E503", "Q508", "Q520"}


def test_what_rests_on_a_faulty_record_is_left_out(corpus: Corpus) -> None:
    """The entity, both mentions and the quote rest on each other. A check that asks for absence is skipped."""
    value = annotation("alpha")
    value["entities"][0]["type"] = "PERSON"
    value["quotes"].append({**value["quotes"][0], "id": "q2"})
    value["entities"].append({**annotation("alpha")["entities"][0], "id": "e2"})
    corpus.write(GOLD, value)
    assert {one["code"] for one in corpus.findings()} == {"S204"}
    assert "checks skipped in 1 document until the errors are fixed" in corpus.run("validate").err


def test_an_error_outside_of_records_leaves_nothing_to_ask(corpus: Corpus) -> None:
    value = two_faults(lambda value: value.update(text_sha256="0" * 64))
    corpus.write(GOLD, value)
    assert {one["code"] for one in corpus.findings()} == {"P302"}


def test_skipped_checks_are_counted_for_annotations_of_a_faulty_article(corpus: Corpus) -> None:
    corpus.write("raw/alpha.txt", TEXT.replace("safe", "fine"))
    ran = corpus.run("validate", "--format", "markdown")
    skipped = ran.err.partition("; ")[2].strip()
    assert skipped.endswith("checks skipped in 1 document until the errors are fixed")
    assert f"\n{skipped}.\n" in ran.out


def test_findings_point_into_the_file(corpus: Corpus) -> None:
    """The faulty record comes first, so every index after it differs from that in the sound part."""
    value = two_faults(lambda value: value["mentions"].insert(0, {**value["mentions"][2], "id": "m0", "form": "x"}))
    value["quotes"].insert(0, {**value["quotes"][0], "id": "q0", "source": ["m0"], "cue": 7})
    value["mentions"][3]["spans"][0]["end"] += 1  # as m1: twice the same spans
    value["mentions"][3]["spans"][0]["text"] = value["mentions"][1]["spans"][0]["text"]
    corpus.write(GOLD, json.dumps(value, indent=1, ensure_ascii=False))
    lines = (corpus.root / GOLD).read_text("utf-8").splitlines()
    found = {one["code"]: one for one in corpus.findings()}
    assert found.keys() == {"S204", "S201", "Q507", "E504"}
    assert (found["Q507"]["pointer"], found["Q507"]["record"]) == ("/quotes/2/content", "q2")
    assert (found["E504"]["pointer"], found["E504"]["record"]) == ("/mentions/3/spans", "m3")
    assert lines[found["E504"]["line"] - 1].strip().startswith('"spans"')
    assert lines[found["E504"]["related"][0]["line"]].strip() == '"id": "m1",'


def documents(root: Any) -> Iterator[tuple[Document, Schema]]:
    schema = Schema.read(root)
    with Index(root) as index, Reader(root, index.unpacked) as reader:
        for entries in index.shards(8):
            for document in reader.documents(entries):
                if document.annotation is not None and schema.is_valid("annotation", document.value):
                    yield document, schema


def found_in(document: Document, schema: Schema) -> set[tuple[str, str]]:
    asked = (check for check in checks.CHECKS if check.by_record and check.level == 5)
    return {key_of(problem) for check in asked for problem in check.ask(document, schema)}


def key_of(problem: Problem) -> tuple[str, str]:
    if problem.code in ("E511", "Q530"):  # one finding for an entity, at the first of its records
        return problem.code, re.split(" for |, and ", problem.message.partition("; and so")[0])[-1]
    return problem.code, fingerprint(problem).record


def without(document: Document, schema: Schema, record: tuple[str, int]) -> Document | None:
    errors = Errors(document, schema)
    errors.add(Problem("S204", "error", document.source.path, "m", "/{}/{}/x".format(*record)))
    return errors.sound_part()


def assert_nothing_is_added(document: Document, schema: Schema, choose: random.Random, times: int) -> int:
    records = [(layer, i) for layer in schema.layers for i in range(len(document.layer(layer)))]
    if not records or any(check.level == 4 and [*check.ask(document, schema)] for check in checks.CHECKS):
        return 0
    every = found_in(document, schema)
    for record in choose.sample(records, min(times, len(records))):
        part = without(document, schema, record)
        assert part is not None
        assert record not in [(layer, i) for layer, kept in part.indexes.items() for i in kept]
        assert [*checks.CHECKS[0].ask(part, schema)] == []
        assert found_in(part, schema) <= every, record
    return len(every)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_checks_by_record_say_of_a_part_what_they_say_of_the_whole(folder: Any, tmp_path: Any) -> None:
    if folder.name[:2] in ("Q5", "T5", "E5"):
        for document, schema in documents(copy(folder, tmp_path)[0]):
            assert_nothing_is_added(document, schema, random.Random(7), 5)


def test_checks_by_record_on_a_shuffled_corpus() -> None:
    """Real annotations whose labels and references were dealt out anew, so that most checks find something."""
    choose, count = random.Random(15), 0
    for number, (document, schema) in enumerate(documents(REPOSITORY)):
        if number % 10 == 0 and document.annotation is not None:
            value = json.loads(json.dumps(document.value))
            for layer in schema.layers.values():
                for field in layer.fields:
                    known = [record[field.name] for record in value.get(layer.name, ()) if field.name in record]
                    if field.kind in ("label", "reference") and field.name != "parent":
                        choose.shuffle(known)
                        holding = [record for record in value.get(layer.name, ()) if field.name in record]
                        for record, one in zip(holding, known, strict=True):
                            record[field.name] = one
            document.annotation.value = document.annotation.source.value = value
            count += assert_nothing_is_added(document, schema, choose, 4)
    assert count > 100
