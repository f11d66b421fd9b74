"""Web Annotation: what is written is RDF of the model's terms, its positions lead to the words, and no text leaks."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from rdflib import Graph, Literal, Namespace, URIRef
from rdflib.namespace import RDF, RDFS
from support.corpora import TEXT, Corpus, annotation, tiny
from support.exchange import FEW, SCHEMA, annotations, sound, written
from support.strategies import Doc, corpora

OA = Namespace("http://www.w3.org/ns/oa#")
AS = Namespace("http://www.w3.org/ns/activitystreams#")
PURPOSES = ("identifying", "classifying", "assessing", "describing", "tagging", "linking")
CONTEXT: dict[str, Any] = {
    "id": "@id",
    "type": "@type",
    **{name: str(OA[name]) for name in ("Annotation", "TextualBody", "SpecificResource")},
    **{name: str(OA[name]) for name in ("TextPositionSelector", "TextQuoteSelector", *PURPOSES)},
    **{name: str(OA[name]) for name in ("start", "end", "exact", "prefix", "suffix")},
    "Text": "http://purl.org/dc/dcmitype/Text",
    "Person": "http://xmlns.com/foaf/0.1/Person",
    "Software": str(AS["Application"]),
    "AnnotationCollection": str(AS["OrderedCollection"]),
    "AnnotationPage": str(AS["OrderedCollectionPage"]),
    "body": {"@type": "@id", "@id": str(OA["hasBody"])},
    "target": {"@type": "@id", "@id": str(OA["hasTarget"])},
    "source": {"@type": "@id", "@id": str(OA["hasSource"])},
    "selector": {"@type": "@id", "@id": str(OA["hasSelector"])},
    "creator": {"@type": "@id", "@id": "http://purl.org/dc/terms/creator"},
    "motivation": {"@type": "@vocab", "@id": str(OA["motivatedBy"])},
    "purpose": {"@type": "@vocab", "@id": str(OA["hasPurpose"])},
    "items": {"@type": "@id", "@id": str(AS["items"]), "@container": "@list"},
    "partOf": {"@type": "@id", "@id": str(AS["partOf"])},
    "first": {"@type": "@id", "@id": str(AS["first"])},
    "total": str(AS["totalItems"]),
    "startIndex": str(AS["startIndex"]),
    "label": str(RDFS.label),
    "value": str(RDF.value),
    "format": "http://purl.org/dc/elements/1.1/format",
    "language": "http://purl.org/dc/elements/1.1/language",
    "nickname": "http://xmlns.com/foaf/0.1/nick",
}
"""What the terms that we use mean in http://www.w3.org/ns/anno.jsonld, so that no test needs the network."""


def exported(corpus: Corpus, out: Path, *argv: str) -> dict[str, Any]:
    """Each collection that an export writes, by its path."""
    ran = corpus.run("export", "web-annotation", str(out), *argv)
    assert ran.code == 0, ran.err
    return {path.relative_to(out).as_posix(): json.loads(path.read_bytes()) for path in out.rglob("*.jsonld")}


def inside(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in a value."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from inside(one)


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    """A corpus with a name in two pieces, an id of Wikidata and a stance."""
    corpus = tiny(tmp_path / "corpus")
    value = annotation("alpha")
    value["entities"][0] |= {"kb": "wikidata:Q42", "kb_date": "2026-11-24"}
    value["mentions"][0]["spans"] = [
        {"start": 6, "end": 9, "text": "Åsa"},
        {"start": 10, "end": 19, "text": "Lindqvist"},
    ]
    corpus.write("annotations/gold/alpha.json", value)
    return corpus


def test_a_collection_is_rdf_of_the_terms_of_the_model(corpus: Corpus, tmp_path: Path) -> None:
    for name, value in exported(corpus, tmp_path / "out").items():
        assert value["@context"] == "http://www.w3.org/ns/anno.jsonld"
        assert {key for one in inside(value) for key in one} <= CONTEXT.keys() | {"@context"}
        graph = Graph().parse(data=json.dumps(value | {"@context": CONTEXT}), format="json-ld")
        made = set(graph.subjects(RDF.type, OA.Annotation))
        assert len(made) == value["total"] == 4
        assert graph.value(URIRef(value["id"]), AS.totalItems) == Literal(4)
        for one in made:
            assert str(one).startswith(f"{value['id']}#")
            (motivation,) = graph.objects(one, OA.motivatedBy)
            assert motivation in {OA[purpose] for purpose in PURPOSES}
            assert list(graph.objects(one, OA.hasTarget)), name
            for body in graph.objects(one, OA.hasBody):
                (purpose,) = graph.objects(body, OA.hasPurpose)
                assert purpose in {OA[purpose] for purpose in PURPOSES}
                assert (graph.value(body, RDF.value) is None) == ((body, RDF.type, OA.SpecificResource) in graph)
        linked = {source for body in graph.objects(None, OA.hasBody) for source in graph.objects(body, OA.hasSource)}
        ids = {source for source in linked if str(source).startswith("urn:")}
        assert ids
        assert ids <= made


def test_positions_and_quotations_lead_to_the_words(corpus: Corpus, tmp_path: Path) -> None:
    value = exported(corpus, tmp_path / "out")["gold/alpha.jsonld"]
    selections = [one["selector"] for one in inside(value) if "selector" in one]
    assert len(selections) == 8
    for position, quote in selections:
        around = quote.get("prefix", "") + quote["exact"] + quote.get("suffix", "")
        assert TEXT[position["start"] : position["end"]] == quote["exact"]
        assert TEXT.count(around) == 1
    by_id = {one["id"].partition("#")[2]: one for one in value["first"]["items"]}
    pieces = [one["selector"][1]["exact"] for one in by_id["mentions/m1"]["target"]]
    assert pieces == ["Åsa", "Lindqvist"]
    assert [one["selector"][1]["exact"] for one in by_id["entities/e1"]["target"]] == [*pieces, "she"]


def test_fields_are_bodies(corpus: Corpus, tmp_path: Path) -> None:
    value = exported(corpus, tmp_path / "out")["gold/alpha.jsonld"]
    said = {
        (one["id"].partition("#")[2], body["label"]): (body["purpose"], body.get("value") or body["source"])
        for one in value["first"]["items"]
        for body in as_list(one["body"])
    }
    assert said["entities/e1", "kb"] == ("identifying", "http://www.wikidata.org/entity/Q42")
    assert said["entities/e1", "type"] == ("classifying", "PER")
    assert said["entities/e1", "name"] == ("describing", "Åsa Lindqvist")
    assert said["mentions/m2", "entity"] == ("linking", f"{value['id']}#entities/e1")
    assert said["quotes/q1", "layer"] == ("tagging", "quotes")
    assert said["quotes/q1", "type"] == ("classifying", "direct")
    assert said["quotes/q1", "source"] == ("linking", f"{value['id']}#mentions/m2")
    assert said["quotes/q1", "cue"][0] == "linking"
    assert said["quotes/q1", "continues_paragraph"] == ("tagging", "false")


def test_a_text_that_may_not_be_passed_on_is_pointed_at_and_not_quoted(tmp_path: Path) -> None:
    corpus = tiny(tmp_path / "corpus")
    record = corpus.read("raw/alpha.json") | {"redistribution": "offsets_only"}
    value = annotation("alpha")
    for one in inside(value):
        if "start" in one:
            del one["text"]
    value["entities"][0]["name"] = "the mayor"
    for name, content in {"raw/alpha.json": record, "annotations/gold/alpha.json": value}.items():
        corpus.write(name, content)
    (corpus.root / "raw/alpha.txt").unlink()
    without = exported(corpus, tmp_path / "without")
    corpus.write("raw/attached/alpha.txt", TEXT)
    with_attached = exported(corpus, tmp_path / "with")
    assert with_attached == without
    page = json.dumps(without["gold/alpha.jsonld"], ensure_ascii=False)
    assert "TextPositionSelector" in page
    assert "TextQuoteSelector" not in page
    assert "bridge" not in page
    assert "TextQuoteSelector" in json.dumps(without["gold/beta.jsonld"])
    assert corpus.run("export", "brat", str(tmp_path / "brat")).code == 0
    assert [path.name for path in (tmp_path / "brat/gold").glob("*.txt")] == ["beta.txt"]


@settings(FEW, max_examples=10)
@given(docs=corpora(SCHEMA, least=1, partial=True))
def test_each_record_is_an_annotation(docs: list[Doc], tmp_path: Path) -> None:
    docs = [Doc(doc.doc_id, doc.text, {**doc.record, "redistribution": "full"}, doc.annotations) for doc in docs]
    corpus = written(tmp_path / "corpus", docs)
    valid = sound(corpus)
    shutil.rmtree(tmp_path / "out", ignore_errors=True)
    if not valid:
        return
    made = exported(corpus, tmp_path / "out", *(f"--annotator={name}" for name in ("gold", "ann-a", "eve_2")))
    assert {path.replace(".jsonld", ".json") for path in made} == valid
    for path, value in annotations(corpus.root).items():
        if path in valid:
            ids = [one["id"].partition("#")[2] for one in made[f"{path}ld"]["first"]["items"]]
            assert len(set(ids)) == len(ids)
            assert set(ids) == {f"{layer}/{one['id']}" for layer in SCHEMA.layers for one in value.get(layer, ())}


def test_ids_tell_annotators_and_documents_apart_and_stay(corpus: Corpus, tmp_path: Path) -> None:
    both = ("--annotator", "gold", "--annotator", "ann-a")
    made = exported(corpus, tmp_path / "one", *both)
    assert len({value["id"] for value in made.values()}) == len(made) == 3
    assert exported(corpus, tmp_path / "two", *both) == made
    assert made["gold/alpha.jsonld"]["creator"] == {"type": "Person", "nickname": "gold"}


def test_a_machine_is_no_person(corpus: Corpus, tmp_path: Path) -> None:
    value = annotation("alpha") | {"provenance": {"machine": True}}
    corpus.write("annotations/gold/alpha.json", value)
    assert exported(corpus, tmp_path / "out")["gold/alpha.jsonld"]["creator"]["type"] == "Software"
