"""spaCy's DocBin: read back with spaCy, it has the text unchanged and each span where it was."""

from __future__ import annotations

import shutil
import sys
import zlib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from support.corpora import REPOSITORY, Corpus, tiny
from support.exchange import FEW, SAID, annotations, has_words, sound, written
from support.strategies import Doc as Made
from support.strategies import corpora

from corpus.core.schema import Schema
from corpus.files.write import ordered
from corpus.formats import FORMATS
from corpus.formats.documents import Options
from corpus.formats.exporting import export
from corpus.formats.spacy_docbin import IN_A_TOKEN

if TYPE_CHECKING:
    from spacy.tokens import Doc

SCHEMA = Schema.read(REPOSITORY)


def docs(out: Path) -> dict[str, Doc]:
    """The documents that were written, by their annotations' paths."""
    from spacy.tokens import DocBin
    from spacy.vocab import Vocab

    found = [doc for path in sorted(out.rglob("*.spacy")) for doc in DocBin().from_disk(path).get_docs(Vocab())]
    return {f"{doc.user_data['annotator']}/{doc.user_data['doc_id']}.json": doc for doc in found}


def as_json(value: Any) -> Any:
    """A value as JSON has it: lists, where msgpack gives tuples."""
    if isinstance(value, dict):
        return {key: as_json(one) for key, one in value.items()}
    return [as_json(one) for one in value] if isinstance(value, tuple | list) else value


@FEW
@given(made=corpora(SCHEMA, least=1, partial=True))
def test_spacy_reads_the_text_and_each_span(made: list[Made], tmp_path_factory: pytest.TempPathFactory) -> None:
    root = tmp_path_factory.mktemp("spacy")
    made = [Made(doc.doc_id, doc.text, {**doc.record, "redistribution": "full"}, doc.annotations) for doc in made]
    made = [doc for doc in made if doc.annotations and all(map(has_words, doc.annotations.values()))]
    corpus = written(root / "corpus", made)
    valid = sound(corpus)
    if not valid:
        return
    count, left = export(corpus.root, FORMATS["spacy"], root / "out", annotators=("gold", "ann-a", "eve_2"))
    read = docs(root / "out")
    assert (count, read.keys()) == (len(valid), valid)
    missing = 0
    for path, doc in read.items():
        value = annotations(corpus.root)[path]
        text = (corpus.root / f"raw/{doc.user_data['doc_id']}.txt").read_bytes().decode()
        assert doc.text == text
        starts, ends = {token.idx for token in doc}, {token.idx + len(token) for token in doc}
        canonical = ordered(value, "annotation", SCHEMA)
        for layer in SCHEMA.layers.values():
            assert as_json(doc.user_data["annotation"].get(layer.name)) == canonical.get(layer.name)
            fields = layer.of_kind("spans")
            for field in fields:
                name = layer.name if len(fields) == 1 else f"{layer.name}.{field.name}"
                of_field = [(one, span) for one in value.get(layer.name, ()) for span in one.get(field.name, ())]
                spans = [(span["start"], span["end"], one["id"]) for one, span in of_field]
                whole = [one for one in spans if one[0] in starts and one[1] in ends]
                missing += len(spans) - len(whole)
                assert sorted(places(doc.spans.get(name, ()))) == sorted(whole)
    assert left["spans that begin or end within a token", IN_A_TOKEN] == missing
    shutil.rmtree(root)


def places(spans: Any) -> list[tuple[int, int, str]]:
    return [(span.start_char, span.end_char, span.id_) for span in spans]


def test_entities_are_those_of_the_config(tmp_path: Path) -> None:
    corpus = tiny(tmp_path / "corpus")
    assert corpus.run("build").code == 0
    assert corpus.run("export", "spacy", str(tmp_path / "out")).code == 0
    import pyarrow.parquet as pq

    rows = [
        row
        for path in sorted(corpus.root.glob("build/entities/**/*.parquet"))
        for row in pq.read_table(path).to_pylist()
    ]
    expected: Counter[tuple[str, int, str, str]] = Counter()
    for row in rows:
        for tag, start, entity in zip(row["ner_tags"], row["token_starts"], row["entity_ids"], strict=True):
            label = tag if isinstance(tag, str) else tag_names()[tag]
            if label[0] == "B":
                expected[row["doc_id"], start, label[2:], entity] += 1
    found = Counter(
        (doc.user_data["doc_id"], ent.start_char, ent.label_, ent.ent_id_)
        for doc in docs(tmp_path / "out").values()
        for ent in doc.ents
    )
    assert found == expected
    assert found


def tag_names() -> tuple[str, ...]:
    from corpus.pipeline.tables.entities import tag_names as of

    return of(SCHEMA)


def test_a_record_leads_to_the_words_of_its_mentions(tmp_path: Path) -> None:
    from spacy.tokens import Span

    corpus = tiny(tmp_path / "corpus")
    assert corpus.run("export", "spacy", str(tmp_path / "out")).code == 0
    some = 0
    for doc in docs(tmp_path / "out").values():
        value = doc.user_data["annotation"]
        spans = {one["id"]: [(s["start"], s["end"]) for s in one["spans"]] for one in value["mentions"]}
        expected = [(*place, one["id"]) for one in value["quotes"] for to in one["source"] for place in spans[to]]
        assert places(doc.spans["quotes.source"]) == expected
        assert all(isinstance(span, Span) and span.label_ for span in doc.spans["quotes.content"])
        assert {token.is_sent_start for token in doc} == {True, False}
        some += len(expected)
    assert some


def test_a_file_has_two_thousand_documents_at_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = tiny(tmp_path / "corpus")
    assert corpus.run("export", "spacy", str(tmp_path / "one")).code == 0
    monkeypatch.setattr("corpus.formats.spacy_docbin.MOST", 1)
    assert corpus.run("export", "spacy", str(tmp_path / "many")).code == 0
    assert docs(tmp_path / "one").keys() == docs(tmp_path / "many").keys()
    assert len(list((tmp_path / "many").rglob("*.spacy"))) == len(docs(tmp_path / "one"))


def test_without_spacy_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = tiny(tmp_path / "corpus")
    monkeypatch.setitem(sys.modules, "spacy.tokens", None)
    ran = corpus.run("export", "spacy", str(tmp_path / "out"))
    assert (ran.code, ran.err) == (2, "corpus: spaCy is not installed: pip install 'on-the-record[formats]'\n")
    assert not (tmp_path / "out").exists()


def written_by_others(path: Path, label: str = "PER") -> None:
    """A DocBin of another project: two sentences with entities, and what the schema has no field for."""
    from spacy.tokens import Doc, DocBin, Span
    from spacy.vocab import Vocab

    vocab = Vocab()
    words = ["马", "U.S.-based", "firms", "left", ".", "\n", "She", "🍼", "did", "not"]
    spaces = [True, True, True, False, False, False, True, False, True, False]
    starts = [i in (0, 6) for i in range(len(words))]
    doc = Doc(vocab, words=words, spaces=spaces, sent_starts=starts, tags=["X"] * len(words))
    doc.set_ents([Span(doc, 0, 1, label=label, kb_id="wikidata:Q1", span_id="x"), Span(doc, 1, 3, label="ORG")])
    doc.spans["sc"] = [Span(doc, 6, 7, label="PER")]
    doc.cats["sport"] = 1.0
    other = Doc(vocab, words=["No", "entities"])
    path.parent.mkdir(parents=True)
    DocBin(
        store_user_data=True,
        docs=[doc, other],
        attrs=["ENT_IOB", "ENT_TYPE", "ENT_KB_ID", "ENT_ID", "SENT_START", "TAG"],
    ).to_disk(path)


def test_files_of_other_projects_are_read(tmp_path: Path) -> None:
    written_by_others(tmp_path / "in/kim/dev.spacy")
    options = Options(record=SAID, kb_date="2026-01-01")
    assert list(FORMATS["spacy"].read(tmp_path / "in", tmp_path / "into", options)) == []
    value = annotations(tmp_path / "into")["kim/dev-1.json"]
    text = (tmp_path / "into/raw/dev-1.txt").read_text("utf-8")
    assert text == "马 U.S.-based firms left.\nShe 🍼did not"
    assert [[span["text"] for span in one["tokens"]] for one in value["sentences"]] == [
        ["马", "U.S.-based", "firms", "left", ".", "\n"],
        ["She", "🍼", "did", "not"],
    ]
    assert [(one["spans"][0]["text"], one["form"], one["entity"]) for one in value["mentions"]] == [
        ("马", "NAM", "e1"),
        ("U.S.-based firms", "NAM", "e2"),
    ]
    kb = {"kb": "wikidata:Q1", "kb_date": "2026-01-01"}
    assert value["entities"] == [
        {"id": "e1", "type": "PER", "name": "马", **kb},
        {"id": "e2", "type": "ORG", "name": "U.S.-based firms"},
    ]
    left = {what: count for (what, _), count in options.left_out.items()}
    assert left["tokens with tags"] == 10
    assert left["spans of doc.spans['sc']"] == left["values of doc.cats['sport']"] == 1
    assert annotations(tmp_path / "into")["kim/dev-2.json"]["layers_done"] == ["sentences"]
    assert Corpus(tmp_path / "into").findings() == []
    assert Corpus(tmp_path / "into").run("build").code == 0


def test_a_label_without_a_rule_sets_the_annotation_aside(tmp_path: Path) -> None:
    written_by_others(tmp_path / "in/dev.spacy", "PERSON")
    problems = list(FORMATS["spacy"].read(tmp_path / "in", tmp_path / "into", Options(record=SAID)))
    assert [one.suggestion for one in problems] == ['add to the map: types = { PERSON = "…" }']
    assert annotations(tmp_path / "into").keys() == {"gold/dev-2.json"}
    shutil.rmtree(tmp_path / "into")
    options = Options(record=SAID, map={"types": {"PERSON": "PER"}})
    assert list(FORMATS["spacy"].read(tmp_path / "in", tmp_path / "into", options)) == []
    assert [one["type"] for one in annotations(tmp_path / "into")["gold/dev-1.json"]["entities"]] == ["PER"]
    assert options.left_out["mentions of type ORG", "the map has no such rule"] == 1


def test_what_an_export_wrote_comes_back_whole(tmp_path: Path) -> None:
    corpus = tiny(tmp_path / "corpus")
    value = corpus.read("annotations/gold/alpha.json") | {"provenance": {"tool": "x", "lead_time": 3.5}}
    corpus.write("annotations/gold/alpha.json", value)
    assert corpus.run("export", "spacy", str(tmp_path / "out")).code == 0
    assert list(FORMATS["spacy"].read(tmp_path / "out", tmp_path / "into", Options())) == []
    assert annotations(tmp_path / "into")["gold/alpha.json"] == value
    assert Corpus(tmp_path / "into").read("raw/alpha.json") == corpus.read("raw/alpha.json")


@pytest.mark.parametrize("data", [b"", b"no zlib", zlib.compress(b"no msgpack"), zlib.compress(b"\x80")])
def test_a_file_that_is_no_docbin_is_a_finding(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.spacy").write_bytes(data)
    (problem,) = FORMATS["spacy"].read(tmp_path / "in", tmp_path / "into", Options(record=SAID))
    assert (problem.code, "it is not a DocBin of spaCy" in problem.message) == ("IMP1", True)


def test_a_file_that_unpacks_to_too_much_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corpus.formats.spacy_reader.MOST_BYTES", 2**20)
    (tmp_path / "a.spacy").write_bytes(zlib.compress(b"\0" * 2**21))
    (problem,) = FORMATS["spacy"].read(tmp_path / "a.spacy", tmp_path / "into", Options(record=SAID))
    assert "too-large, more than 1 MiB unpacked" in problem.message
