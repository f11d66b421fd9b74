"""The tokens and sentences of a source: Label Studio never shows them, and no round trip loses them."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from support.corpora import TEXT, Corpus, annotation, record
from support.exports import SCHEMA as PLAIN
from support.exports import article, exported, made
from support.source_layer import SCHEMA, add_layer, sentences, with_sentences

from corpus.core.model import Annotation, Document, Record, Source
from corpus.core.schema import Schema
from corpus.files import canonical
from corpus.formats import label_studio
from corpus.labelstudio.config import labelling_config
from corpus.labelstudio.convert import Origin, Result, convert_tasks
from corpus.labelstudio.decode import decode
from corpus.labelstudio.pseudonyms import Pseudonyms
from corpus.labelstudio.tasks import encode, task

FILE = "annotations/ann-2/alpha.json"
FIELDS = {"sentences": ["spans", "tokens"]}


@pytest.fixture
def tokens(corpus: Corpus) -> Corpus:
    """A corpus with the layer, and an annotation of ann-2 that was imported with it."""
    add_layer(corpus)
    corpus.write(FILE, canonical(imported(), "annotation", SCHEMA))
    corpus.write("annotators.toml", '[people]\n"7" = "ann-2"\n')
    return corpus


def imported(**changed: Any) -> Record:
    return with_sentences(annotation("alpha", annotator="ann-2")) | {"provenance": {"tool": "conll"}} | changed


def submitted(value: Record, **changed: Any) -> Record:
    """The export of a task that was pushed with an annotation, which its annotator submitted unchanged."""
    of_task = task(article("alpha"), SCHEMA, [Annotation("ann-2", value, Source("", "annotation"))])
    (prediction,) = of_task["predictions"]
    return exported(1, "alpha", made(11, result=prediction["result"], **changed)) | {
        "data": of_task["data"],
        "meta": of_task["meta"],
    }


def convert(corpus: Corpus, one: Record) -> Result:
    people = Pseudonyms(corpus.root / "annotators.toml", ["ann-1"])
    folders = corpus.root / "annotations", corpus.root / "quarantine"
    return convert_tasks([json.loads(json.dumps(one))], corpus.root, SCHEMA, people, Origin(), *folders)


def content(value: Record) -> Record:
    return {key: one for key, one in value.items() if key != "provenance"}


def test_the_config_and_the_regions_are_those_of_a_corpus_without_the_layer() -> None:
    assert labelling_config(SCHEMA) == labelling_config(PLAIN)
    value = annotation("alpha")
    result = encode(with_sentences(value), TEXT, SCHEMA)
    assert result == encode(value, TEXT, PLAIN)
    decoded = decode(result, TEXT, SCHEMA)
    assert (decoded.faults, decoded.done) == ([], value["layers_done"])
    assert "sentences" not in decoded.layers


def test_a_layer_of_this_name_that_annotators_label_is_shown() -> None:
    written = json.loads(json.dumps(SCHEMA.annotation))
    properties = written["properties"]["sentences"]["items"]["properties"]
    tones = [{"const": tone, "title": tone, "description": tone} for tone in ("calm", "angry")]
    properties["tone"] = {"title": "Tone", "description": "Its tone.", "oneOf": tones}
    schema = Schema(written, SCHEMA.article, SCHEMA.registry)
    assert 'alias="sentences"' in labelling_config(schema)


@pytest.mark.parametrize("fields", [{}, FIELDS, FIELDS | {"entities": []}])
def test_an_imported_annotation_comes_back_whole(tokens: Corpus, fields: dict[str, list[str]]) -> None:
    value = imported(**({"fields_done": fields, "schema_version": "1.1"} if fields else {}))
    for one in value["sentences"] if fields else ():
        one.pop("source_id", None)
    if "entities" in fields:
        value["entities"] = [{"id": one["id"]} for one in value["entities"]]
    before = canonical(content(value), "annotation", SCHEMA)
    tokens.write(FILE, canonical(value, "annotation", SCHEMA))
    result = convert(tokens, submitted(value))
    assert (result.written, result.problems) == (["ann-2/alpha.json"], [])
    assert canonical(content(tokens.read(FILE)), "annotation", SCHEMA) == before
    assert convert(tokens, submitted(value)).unchanged == ["ann-2/alpha.json"]


def test_later_work_keeps_the_layer(tokens: Corpus) -> None:
    convert(tokens, submitted(imported()))
    later = imported(quotes=[])
    result = convert(tokens, submitted(later, updated_at="2026-11-25T07:00:00Z"))
    assert (result.written, result.problems) == (["ann-2/alpha.json"], [])
    assert (tokens.read(FILE)["quotes"], tokens.read(FILE)["sentences"]) == ([], sentences())
    assert tokens.findings(FILE) == []


def test_an_annotation_in_a_bulk_file_gives_its_layer(tokens: Corpus) -> None:
    (tokens.root / FILE).unlink()
    tokens.write("annotations/ann-2/all.jsonl", json.dumps(imported()) + "\n")
    convert(tokens, submitted(imported()))
    assert tokens.read(FILE)["sentences"] == sentences()


@pytest.mark.parametrize("other", ["text", "annotator"])
def test_there_is_none_to_carry(tokens: Corpus, other: str) -> None:
    if other == "text":
        convert(tokens, submitted(imported()))
        tokens.write(FILE, tokens.read(FILE) | {"text_sha256": "0" * 64, "provenance": {"tool": "conll"}})
    else:
        (tokens.root / FILE).rename(tokens.root / "annotations/ann-a/alpha.json")
    before = tokens.files()
    result = convert(tokens, submitted(imported()))
    if other == "text":  # it is no conversion's file, and says something else
        assert ([one.code for one in result.problems], tokens.files()) == (["L110"], before)
    else:
        value = tokens.read(FILE)
        assert ("sentences" in value, "sentences" in value["layers_done"]) == (False, False)


def test_a_text_that_may_not_be_redistributed_is_not_quoted(tokens: Corpus) -> None:
    convert(tokens, submitted(imported()))
    tokens.write("raw/alpha.json", record("alpha", redistribution="offsets_only"))
    assert convert(tokens, submitted(imported())).written == ["ann-2/alpha.json"]
    assert '"text":' not in (tokens.root / FILE).read_text()


@pytest.mark.parametrize("damage", [{"sentences": "none"}, {"sentences": [{"id": 1}]}, {"sentences": [7]}])
def test_a_damaged_layer_is_a_finding_and_its_file_stays(tokens: Corpus, damage: Record) -> None:
    tokens.write(FILE, imported(**damage))
    before = tokens.files()
    result = convert(tokens, submitted(imported()))
    assert {one.code for one in result.problems} == {"L305"}
    assert tokens.files() == before


def test_an_id_that_a_sentence_has_is_refused(tokens: Corpus) -> None:
    value = imported()
    value["quotes"][0]["id"] = "s1"
    assert [one.code for one in convert(tokens, submitted(value)).problems] == ["L408"]


def test_a_file_that_an_annotation_moved_from_keeps_what_the_new_one_lacks(tokens: Corpus) -> None:
    convert(tokens, submitted(imported()))
    before = (tokens.root / FILE).read_bytes()
    tokens.write("annotators.toml", '[people]\n"7" = "ann-9"\n')
    result = convert(tokens, submitted(imported()))
    assert [(one.code, one.severity) for one in result.problems] == [("L113", "warning")]
    assert "(sentences)" in result.problems[0].message
    assert (tokens.root / FILE).read_bytes() == before


def test_an_export_without_a_server_leaves_the_layer_out_and_says_so() -> None:
    left: Counter[tuple[str, str]] = Counter()
    source = Source("", "annotation", value=imported())
    document = Document("alpha", article("alpha"), Annotation("ann-2", imported(), source))
    layers = label_studio.carry(document, SCHEMA, left)
    assert layers is not None
    assert "sentences" not in layers
    assert left["sentences and tokens of the source", "no annotator would change them"] == 2
