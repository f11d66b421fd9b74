"""CoNLL of every dialect: what it says comes in whole, with its tokens and sentences, and goes out again."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import conllu
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.corpora import Corpus, run, tiny
from support.exchange import FEW, SAID, SCHEMA, annotations, quarantined, sound, written
from support.strategies import Doc, document

from corpus.core.model import Annotation, Article, CorpusError, Document, Problem, Source
from corpus.files.write import ordered
from corpus.formats import FORMATS
from corpus.formats.conll_rows import escape, unescape
from corpus.formats.documents import LeftOut, Options
from corpus.formats.exporting import export
from corpus.pipeline.tables import configs

Read = tuple[list[Problem], Options]


def read(folder: Path, files: dict[str, str], toml: dict[str, Any] | None = None, **record: str) -> Read:
    """Import files with the schema that an import makes."""
    source = folder / "source"
    shutil.rmtree(folder / "into", ignore_errors=True)
    shutil.rmtree(source, ignore_errors=True)
    for name, content in files.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(content.encode())
    options = Options(record={**SAID, **record}, map=toml or {})
    return list(FORMATS["conll"].read(source, folder / "into", options)), options


def gold(folder: Path, doc_id: str) -> dict[str, Any]:
    return annotations(folder / "into")[f"gold/{doc_id}.json"]


def mentions(value: dict[str, Any]) -> list[tuple[str, ...]]:
    """The words of each mention, its form, and the number and type of its entity."""
    types = {one["id"]: one.get("type", "") for one in value["entities"]}
    return [
        ("|".join(span["text"] for span in one["spans"]), one.get("form", ""), one["entity"], types[one["entity"]])
        for one in value["mentions"]
    ]


def tokens(value: dict[str, Any]) -> list[list[str]]:
    return [[span["text"] for span in one["tokens"]] for one in value["sentences"]]


def text(folder: Path, doc_id: str) -> str:
    return (folder / f"into/raw/{doc_id}.txt").read_bytes().decode()


UD = """# newdoc id = d1
# sent_id = d1-1
# text = I don't see Ada.
1\tI\tI\tO\t_\t_\t4\tnsubj\t_\t_
2-3\tdon't\t_\tO\t_\t_\t_\t_\t_\t_
2\tdo\tdo\tO\t_\t_\t4\taux\t_\t_
3\tn't\tnot\tO\t_\t_\t4\tadvmod\t_\t_
4\tsee\tsee\tO\t_\t_\t0\troot\t_\t_
4.1\tnobody\t_\tO\t_\t_\t_\t_\t4:obj\t_
5\tAda\tAda\tB-PER\t_\t_\t4\tobj\t_\tNER=B-PER|SpaceAfter=No
6\t.\t.\tO\t_\t_\t4\tpunct\t_\t_

"""


@pytest.mark.parametrize("name", ["train.conllu", "train.txt"])
def test_conllu_is_recognised_without_a_map(name: str, tmp_path: Path) -> None:
    problems, options = read(tmp_path, {name: UD})
    assert problems == []
    assert [path.name for path in (tmp_path / "into/raw").glob("*.txt")] == ["d1.txt"]
    assert text(tmp_path, "d1") == "I don't see Ada."
    value = gold(tmp_path, "d1")
    assert value["layers_done"] == ["sentences"]
    assert tokens(value) == [["I", "do", "n't", "see", "Ada", "."]]
    assert value["sentences"][0]["source_id"] == "d1-1"
    dropped = {what: count for (what, _), count in options.left_out.items()}
    assert dropped["empty nodes"] == 1
    assert dropped["values of MISC.NER"] == 1
    assert dropped["values of column UPOS"] == 8


@pytest.mark.parametrize(
    "columns", [{"tag": 3}, {"tag": "UPOS"}, {"tag": "MISC.NER"}, {"token": 1, "misc": 9, "tag": 3}]
)
def test_a_map_names_the_column_or_the_key_of_tags(columns: dict[str, Any], tmp_path: Path) -> None:
    problems, _ = read(tmp_path, {"train.conllu": UD}, {"columns": columns})
    assert problems == []
    assert mentions(gold(tmp_path, "d1")) == [("Ada", "NAM", "e1", "PER")]
    assert text(tmp_path, "d1") == "I don't see Ada."


def test_a_range_whose_words_are_not_in_the_text_is_one_token(tmp_path: Path) -> None:
    rows = ("1-2\tdu\tO", "1\tde\tO", "2\tle\tB-PER", "3\tMaire\tI-PER")
    lines = "".join(f"{row.rpartition('	')[0]}{'	_' * 7}\tNER={row.rpartition('	')[2]}\n" for row in rows)
    problems, _ = read(tmp_path, {"a.conllu": lines}, {"columns": {"tag": "MISC.NER"}}, language="fr")
    assert problems == []
    assert tokens(gold(tmp_path, "a")) == [["du", "Maire"]]
    assert mentions(gold(tmp_path, "a")) == [("du Maire", "NAM", "e1", "PER")]


def ud(*rows: tuple[str, str], comments: str = "") -> str:
    return comments + "".join(f"{i}\t{form}{'	_' * 7}\t{misc}\n" for i, (form, misc) in enumerate(rows, 1)) + "\n"


def test_sentences_paragraphs_and_documents_of_conllu(tmp_path: Path) -> None:
    said = (
        ud(("One", "_"), (".", "_"), comments="# newdoc id = a\n# newpar\n# text = One .\n")
        + ud(("Two", "SpaceAfter=No"), (".", "SpaceAfter=No"), comments="# text = Two.\n")
        + ud(("Three", "SpacesAfter=\\s\\s"), ("four", "_"), comments="# newpar id = 2\n# text = Three four\n")
        + ud(("10\u00a0000", "_"), ("b", "_"), comments="# newdoc id = b\n# text = 10\u00a0000\u2009b\n")
    )
    problems, _ = read(tmp_path, {"x.conllu": said})
    assert problems == []
    assert text(tmp_path, "a") == "One . Two.\n\nThree  four"
    assert text(tmp_path, "b") == "10\u00a0000\u2009b"
    assert tokens(gold(tmp_path, "b")) == [["10\u00a0000", "b"]]


def test_a_text_with_other_words_than_its_tokens_is_reported(tmp_path: Path) -> None:
    problems, _ = read(tmp_path, {"a.conllu": ud(("One", "_"), ("two", "_"), comments="# text = One three\n")})
    assert [(one.code, one.line) for one in problems] == [("IMP3", 1)]
    assert text(tmp_path, "a") == "One two"


COREFUD = "# global.Entity = eid-etype-head-other\n# newdoc id = a\n" + ud(
    ("Mayor", "Entity=(e1-person-1-(e2-person-1-)"),
    ("Ada", "Entity=(e1[1/2]-person-1-)"),
    ("said", "_"),
    ("she", "Entity=(e1[2/2]-person-1-)e1)"),
).replace("4\tshe", "3.1\tzero\t_\t_\t_\t_\t_\t_\t_\tEntity=(e2-person-1-)\n4\tshe")


def test_entities_of_corefud_are_read(tmp_path: Path) -> None:
    problems, options = read(tmp_path, {"a.conllu": COREFUD}, {"types": {"person": "PER"}})
    assert problems == []
    assert mentions(gold(tmp_path, "a")) == [
        ("Mayor Ada said she", "", "e1", "PER"),
        ("Mayor", "", "e2", "PER"),
        ("Ada|she", "", "e1", "PER"),
    ]
    assert options.left_out["mentions of empty nodes", "an empty node has no words in the text"] == 1
    # Without a map, a type that the schema lacks is one Problem, and no entity passes for the only one.
    problems, _ = read(tmp_path, {"a.conllu": COREFUD})
    assert [(one.code, one.suggestion) for one in problems] == [
        ("IMP2", 'add to the map: types = { person = "…" }'),
    ]
    assert annotations(tmp_path / "into") == {}


ONTONOTES = """#begin document (x_0101); part 000
x_0101 0 0 Ada NNP (TOP(S(NP* - - - - (PERSON* * (12
x_0101 0 1 Kuhn NNP *) - - - Ada_Kuhn *) * 12)
x_0101 0 2 left VBD (VP*)) leave 01 1 - * (V*) -

x_0101 0 0 She PRP * - - - - * (12)|(7
x_0101 0 1 left VBD * - - - - * 7)

#end document
#begin document (x_0101); part 001
x_0101 1 0 Bo NNP * - - - - (PERSON) * (3)
x_0101 1 1 # # * - - - - * * -

#end document
"""


def test_conll_2012_has_names_and_chains(tmp_path: Path) -> None:
    problems, options = read(tmp_path, {"dev_gold.conll": ONTONOTES}, {"types": {"PERSON": "PER"}})
    assert problems == []
    (first, second) = sorted(
        annotations(tmp_path / "into").values(), key=lambda one: len(one["mentions"]), reverse=True
    )
    assert mentions(first) == [
        ("Ada Kuhn", "NAM", "e1", "PER"),
        ("She left", "", "e2", ""),
        ("She", "", "e1", "PER"),
    ]
    assert first["entities"] == [{"id": "e1", "type": "PER", "name": "Ada Kuhn"}, {"id": "e2"}]
    assert mentions(second) == [("Bo", "NAM", "e1", "PER")]
    assert tokens(second) == [["Bo", "#"]]
    assert options.left_out["values of column speaker", "the schema has no such field"] == 1
    assert Corpus(tmp_path / "into").findings() == []


def test_a_bracket_that_is_not_closed_sets_the_annotation_aside(tmp_path: Path) -> None:
    said = ONTONOTES.replace(" (12)|(7", " (12)|(7|(9").replace(" * 7)", " * 7)|8)")
    problems, _ = read(tmp_path, {"a.conll": said}, {"types": {"PERSON": "PER"}})
    assert [one.message.rpartition(": ")[2] for one in problems] == [
        "'8' closes a mention, and none is open",
        "the mention (9 is not closed",
    ]
    assert len(annotations(tmp_path / "into")) == len(quarantined(tmp_path / "into")) == 1


IOB1 = "EU NNP I-NP I-ORG\nrejects VBZ I-VP O\n\nPeter NNP I-NP I-PER\nAda NNP I-NP B-PER\n\n"
BIOES = "North B-ORG\nAfrican I-ORG\nPrix E-ORG\nAda S-PER\n"


@pytest.mark.parametrize(
    ("said", "scheme", "names"),
    [(IOB1, "IOB1", ["EU", "Peter", "Ada"]), (BIOES, "BIOES", ["North African Prix", "Ada"])],
)
@pytest.mark.parametrize("wrong", [{}, {"scheme": "IOB2"}])
def test_a_tagging_scheme_is_one_finding_with_the_line_that_solves_it(
    said: str, scheme: str, names: list[str], wrong: dict[str, str], tmp_path: Path
) -> None:
    problems, _ = read(tmp_path, {"train.conll": said * 50}, wrong)
    assert [(one.code, one.suggestion) for one in problems] == [("IMP2", f'add to the map: scheme = "{scheme}"')]
    assert f"the tags look like {scheme}" in problems[0].message
    assert annotations(tmp_path / "into") == {}
    assert text(tmp_path, "train")
    problems, _ = read(tmp_path, {"train.conll": said}, {"scheme": scheme})
    assert problems == []
    assert [one[0] for one in mentions(gold(tmp_path, "train"))] == names


def test_a_column_that_holds_no_tags_is_one_finding(tmp_path: Path) -> None:
    problems, _ = read(tmp_path, {"a.conll": "Ada B-PER NNP\nleft O VBD\n" * 40})
    assert [one.suggestion for one in problems] == ["add to the map: columns = { tag = … }"]
    assert "'NNP'" in problems[0].message


def test_types_that_the_schema_lacks_are_one_finding(tmp_path: Path) -> None:
    said = "Ada B-PER\nsaw O\nOslo B-LOC\nUno B-MISC\n" * 30
    problems, _ = read(tmp_path, {"a.conll": said})
    assert [one.suggestion for one in problems] == [
        'add to the map: types = { PER = "PER", LOC = "LOC", MISC = "…" }',
    ]
    problems, options = read(tmp_path, {"a.conll": said}, {"types": {"PER": "PER", "LOC": "GPE"}})
    assert (problems, len(gold(tmp_path, "a")["mentions"])) == ([], 60)
    assert options.left_out["mentions of type MISC", "the map has no such rule"] == 30


@pytest.mark.parametrize(
    ("said", "toml", "language", "expected"),
    [
        ("马 B-PER\n一 I-PER\n静 I-PER\n去 O\n。 O\n\n北 B-GPE\n京 I-GPE\n", {}, "zh-Hans", "马一静去。\n北京"),
        ("東 O\n京 O\n", {}, "ja", "東京"),
        ("東 O\n京 O\n", {"blanks": True}, "ja", "東 京"),
        ("A O\nb O\n", {"blanks": False}, "en", "Ab"),
        ("10\u00a0000 O\neuro\u3000s O\n", {}, "en", "10\u00a0000 euro\u3000s"),
        ("a\u00a0b O\n\u2028 O\n", {}, "en", "a\u00a0b \u2028"),
    ],
)
def test_blanks_between_tokens(said: str, toml: dict[str, Any], language: str, expected: str, tmp_path: Path) -> None:
    problems, _ = read(tmp_path, {"train.conll": said}, toml, language=language)
    assert problems == []
    assert text(tmp_path, "train") == expected
    forms = [line.split(" ")[0] for line in said.split("\n") if line]
    assert [token for sentence in tokens(gold(tmp_path, "train")) for token in sentence] == forms
    assert Corpus(tmp_path / "into").findings() == []


def test_a_document_for_each_sentence_or_marker(tmp_path: Path) -> None:
    said = "-DOCSTART- -X- O\n\na b O\n\nc d O\n\n-DOCSTART- -X- O\n\ne f O\n"
    read(tmp_path, {"t.conll": said})
    assert [text(tmp_path, f"t-{i}") for i in (1, 2)] == ["a\nc", "e"]
    assert read(tmp_path, {"t.conll": "a O\n\nc O\n\n\n\ne O\n"}, {"documents": "sentence"})[0] == []
    assert [text(tmp_path, f"t-{i}") for i in (1, 2, 3)] == ["a", "c", "e"]
    assert len(list((tmp_path / "into/raw").glob("*.txt"))) == 3


@pytest.mark.parametrize(
    "toml",
    [
        {"columns": {"token": []}},
        {"columns": {"word": 1}},
        {"columns": {"tag": "LEMA"}},
        {"scheme": "BILUO"},
        {"scheme": ["IOB1"]},
        {"blanks": "no"},
        {"documents": "paragraph"},
        {"types": {"PER": "NOBODY"}},
        {"types": {"PER": {"layer": "mentions"}}},
        {"type": {}},
    ],
)
def test_an_invalid_map_is_refused(toml: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="map: "):
        read(tmp_path, {"a.conllu": UD}, toml)


def test_a_schema_of_the_user_gets_no_layer(tmp_path: Path) -> None:
    (tmp_path / "a.conll").write_text("Ada B-PER\n")
    options = Options(record=SAID, schema=Path(__file__).parents[2] / "schema")
    assert list(FORMATS["conll"].read(tmp_path / "a.conll", tmp_path / "into", options)) == []
    assert "sentences" not in gold(tmp_path, "a")
    reason = "the schema has no layer `sentences` with spans `tokens`"
    assert options.left_out["sentences and tokens of the source", reason] == 1


# Tokens and sentences of the source


def test_the_tokens_of_the_source_are_columns_of_the_entities(tmp_path: Path) -> None:
    said = "U.S.-based B-ORG\nfirms O\nsay O\n. O\nDon't O\n\nlook O\nat O\nAda B-PER\nKuhn I-PER\n"
    assert read(tmp_path, {"train.conll": said})[0] == []
    corpus = Corpus(tmp_path / "into")
    assert corpus.run("build").code == 0
    rows = [
        row for path in sorted(corpus.root.glob("build/entities/*.parquet")) for row in pq.read_table(path).to_pylist()
    ]
    assert len(rows) == 3
    found = [
        (number, token, tag)
        for row in rows
        for number, token, tag in zip(
            row["source_sentences"], row["source_tokens"], row["source_ner_tags"], strict=True
        )
    ]
    published = [
        (i, *line.split(" ")) for i, part in enumerate(said.split("\n\n")) for line in part.split("\n") if line
    ]
    assert found == published
    whole = text(tmp_path, "train")
    for row in rows:
        for start, token in zip(row["source_token_starts"], row["source_tokens"], strict=True):
            assert whole[start : start + len(token)] == token
    assert rows[0]["tokens"][:3] == ["U", ".", "S"]


def test_a_document_without_tokens_of_its_own_has_null_columns(tmp_path: Path) -> None:
    read(tmp_path, {"train.conll": "# doc_id = a\nAda B-PER\n# doc_id = b\nBo B-PER\n"})
    corpus = Corpus(tmp_path / "into")
    value = gold(tmp_path, "b")
    del value["sentences"]
    corpus.write("annotations/gold/b.json", {**value, "layers_done": ["entities", "mentions"]})
    assert corpus.run("build").code == 0
    rows = [
        row for path in sorted(corpus.root.glob("build/entities/*.parquet")) for row in pq.read_table(path).to_pylist()
    ]
    assert [row["source_tokens"] for row in rows] == [["Ada"], None]


def test_a_schema_without_such_a_layer_has_the_columns_of_before() -> None:
    (config,) = (one for one in configs(SCHEMA) if one.name == "entities")
    assert config.columns.names == [
        *("doc_id", "sentence", "start", "end", "tokens", "token_starts", "ner_tags", "entity_ids")
    ]


def test_tokens_of_a_source_may_be_pieces_of_a_character(tmp_path: Path) -> None:
    said = "👩 O\n\u200d O\n🍼 O\ncafe O\n\u0301 O\n"
    assert read(tmp_path, {"a.conll": said}, {"blanks": False})[0] == []
    assert Corpus(tmp_path / "into").findings() == []
    assert tokens(gold(tmp_path, "a")) == [["👩", "\u200d", "🍼", "cafe", "\u0301"]]


# Round trips

SCRIPTS = {
    "de": ("Åsa", "Zürich", "naïve", "über", "e\u0301tude", "Ærø", "said", "“", "”", "„", "»"),
    "ru": ("Анна", "Ковалёва", "сказала", "в", "Москве", "«", "»", "—", "й", "и\u0306"),
    "ar": ("قال", "أحمد", "في", "القاهرة", "السَّلام", "؟", "،", "٢٠٢٦"),
    "zh": ("马一静", "去", "北京", "。", "「", "」", "𠮷", "，", "说"),
}
EMOJI = ("😀", "👩\u200d👧", "👍🏽", "🇩🇪")
SPACES = (" ", " ", " ", "", "\n", "\n\n", "\u00a0", "  ", "\u3000", ". ")


@st.composite
def in_scripts(draw: st.DrawFn) -> list[Doc]:
    """A document in each script, with emoji and white space of several kinds."""
    docs = []
    for language, words in SCRIPTS.items():
        parts = draw(
            st.lists(st.tuples(st.sampled_from((*words, *EMOJI)), st.sampled_from(SPACES)), min_size=3, max_size=25)
        )
        whole = "".join(word + space for word, space in parts)
        made = document(Random(draw(st.integers(0, 2**32))), SCHEMA, f"d-{language}", whole)
        full = {**made.record, "redistribution": "full", "language": language}
        docs.append(Doc(made.doc_id, whole, full, made.annotations))
    return docs


@pytest.mark.parametrize("name", ["conll", "conllu", "conll-2012", "spacy"])
@settings(FEW, max_examples=8)
@given(docs=in_scripts())
def test_round_trips_in_four_scripts(name: str, docs: list[Doc], tmp_path: Path) -> None:
    corpus = written(tmp_path / "corpus", docs)
    valid = {path for path in sound(corpus) if path.startswith("gold/")}
    expected = {}
    for doc in docs:
        if f"gold/{doc.doc_id}.json" in valid:
            annotation = Annotation("gold", doc.annotations["gold"], Source("", "annotation"))
            article = Article(doc.doc_id, doc.record, doc.text, (Source("", "record"),))
            left: LeftOut = Counter()
            carried = FORMATS[name].carry(Document(doc.doc_id, article, annotation), SCHEMA, left)
            if carried is not None:
                expected[doc.doc_id] = carried
    out, into = tmp_path / "out", tmp_path / "into"
    shutil.rmtree(out, ignore_errors=True)
    shutil.rmtree(into, ignore_errors=True)
    if not expected:
        return
    export(corpus.root, FORMATS[name], out)
    options = Options(record=SAID, schema=Path(__file__).parents[2] / "schema")
    reader = "conll" if name == "conll-2012" else name
    assert [one for one in FORMATS[reader].read(out, into, options) if "P313" not in one.message] == []
    found = annotations(into)
    assert found.keys() == {f"gold/{doc_id}.json" for doc_id in expected}
    for doc_id, layers in expected.items():
        value = found[f"gold/{doc_id}.json"]
        if name == "conll-2012":
            assert in_tokens(text(tmp_path, doc_id), value) == in_tokens(
                next(doc.text for doc in docs if doc.doc_id == doc_id), layers
            )
        else:
            assert text(tmp_path, doc_id) == next(doc.text for doc in docs if doc.doc_id == doc_id)
            assert layers_of(value) == layers_of(layers)


def layers_of(value: dict[str, Any]) -> dict[str, Any]:
    """The layers in canonical order, without ids of a knowledge base: an import refuses one that has no date."""
    made = ordered(value, "annotation", SCHEMA)
    found = {key: one for key, one in made.items() if key in SCHEMA.layers}
    if "entities" in found:
        found["entities"] = [
            {key: one for key, one in entity.items() if not key.startswith("kb")} for entity in found["entities"]
        ]
    return found


def in_tokens(whole: str, value: dict[str, Any]) -> Counter[tuple[int, int, int]]:
    """The mentions as numbers of characters that are not white space, and of their chains in the order of the text."""

    def at(offset: int) -> int:
        return sum(not char.isspace() for char in whole[:offset])

    numbers: dict[str, int] = {}
    found: Counter[tuple[int, int, int]] = Counter()
    for one in sorted(value["mentions"], key=lambda m: (at(m["spans"][0]["start"]), -at(m["spans"][0]["end"]))):
        number = numbers.setdefault(one["entity"], len(numbers))
        found[at(one["spans"][0]["start"]), at(one["spans"][0]["end"]), number] += 1
    return found


@pytest.mark.parametrize("name", ["conll", "conllu", "spacy"])
def test_source_tokens_go_out_and_come_in_again(name: str, tmp_path: Path) -> None:
    said = "# global.Entity = eid-etype-head-form-type\n" + ud(
        ("U.S.-based", "Entity=(e1--1-NAM-ORG"),
        ("firms", "Entity=e1)|SpaceAfter=No"),
        ("don't", "_"),
        comments="# newdoc id = a\n# sent_id = x\n",
    )
    assert read(tmp_path, {"train.conllu": said})[0] == []
    first = gold(tmp_path, "a")
    shutil.move(tmp_path / "into", tmp_path / "first")
    export(tmp_path / "first", FORMATS[name], tmp_path / "out")
    options = Options(record=SAID)
    assert list(FORMATS[name].read(tmp_path / "out", tmp_path / "into", options)) == []
    again = gold(tmp_path, "a")
    assert tokens(again) == [["U.S.-based", "firms", "don't"]]
    assert again["mentions"] == first["mentions"]
    if name != "conll":
        assert again == first


# Other readers


def test_the_library_conllu_reads_the_same_tokens(tmp_path: Path) -> None:
    said = UD + ud(("Two", "_"), ("dots", "SpaceAfter=No"), ("..", "_"), comments="# newpar\n# sent_id = d1-2\n")
    read(tmp_path, {"train.conllu": said})
    theirs = [[one["form"] for one in sentence if isinstance(one["id"], int)] for sentence in conllu.parse(said)]
    assert tokens(gold(tmp_path, "d1")) == theirs
    assert [one["source_id"] for one in gold(tmp_path, "d1")["sentences"]] == ["d1-1", "d1-2"]


def test_tools_of_universal_dependencies_accept_an_export(tmp_path: Path) -> None:
    from udapi.core.document import Document as UdapiDocument
    from udtools import Validator

    corpus = tiny(tmp_path / "corpus")
    assert corpus.run("export", "conllu", str(tmp_path / "out")).code == 0
    (path,) = (tmp_path / "out").rglob("*.conllu")
    state = Validator(lang="ud", level=1, check_coref=True).validate_files([str(path)])
    assert state.passed(), state.error_tracker
    entities = UdapiDocument(str(path)).coref_entities
    gold_ = [value for key, value in annotations(corpus.root).items() if key.startswith("gold/")]
    assert sum(len(one.mentions) for one in entities) == sum(len(one["mentions"]) for one in gold_)
    assert len(entities) == sum(len({m["entity"] for m in one["mentions"]}) for one in gold_)
    assert {str(one.mentions[0].other["type"]) for one in entities} == {"PER"}


def test_columns_of_an_export_are_those_of_conll_2012(tmp_path: Path) -> None:
    corpus = tiny(tmp_path / "corpus")
    assert corpus.run("export", "conll-2012", str(tmp_path / "out")).code == 0
    lines = (tmp_path / "out/gold/train.conll").read_text("utf-8").splitlines()
    assert (lines[0], lines[-1]) == ("#begin document (alpha); part 000", "#end document")
    rows = [line.split() for line in lines if line and not line.startswith("#")]
    assert {len(row) for row in rows} == {12}
    assert [(row[3], row[10], row[11]) for row in rows if row[11] != "-"][:3] == [
        ("Åsa", "(PER*", "(0"),
        ("Lindqvist", "*)", "0)"),
        ("she", "*", "(0)"),
    ]


@given(st.text(st.sampled_from(" \t\n\r\u00a0\u2028\u3000|\\s")))
def test_white_space_in_misc_is_read_again(white: str) -> None:
    assert unescape(escape(white)) == white
    assert not any(char.isspace() for char in escape(white))


def test_a_file_of_any_dialect_validates(tmp_path: Path) -> None:
    """What is imported with exit 0 validates and builds."""
    for name, said in (("a.conllu", UD), ("b.conll", ONTONOTES), ("c.bio", "Ada B-PER\nleft O\n")):
        (tmp_path / name).write_text(said, "utf-8")
        record = [f"--record={key}={value}" for key, value in SAID.items()]
        (tmp_path / "map.toml").write_text('types = { PER = "PER", PERSON = "PER" }\n')
        argv = (
            "import",
            "conll",
            str(tmp_path / name),
            "--into",
            str(tmp_path / "new"),
            "--map",
            str(tmp_path / "map.toml"),
        )
        ran = run(*argv, *record)
        assert (ran.code, ran.out) == (0, ""), ran.err
        corpus = Corpus(tmp_path / "new")
        assert corpus.run("build").code == 0
        shutil.rmtree(tmp_path / "new")


@pytest.mark.parametrize(
    ("name", "said", "expected"),
    [
        ("a.conll", IOB1, ['scheme = "IOB1"', 'types = { PER = "PER", ORG = "ORG" }']),
        ("a.conll", "EU I-ORG I-NP\nx O I-NP\n\nAda I-MISC B-NP\n", ["columns = { tag = 1 }", '# add MISC = "…"']),
        ("a.conllu", UD, ["# read as CoNLL-U", 'columns = { tag = "UPOS" }', 'types = { PER = "PER" }']),
        ("a.conll", ONTONOTES, ["# read as CoNLL-2012", "types = {}", '# add PERSON = "…"']),
        ("a.conllu", COREFUD, ["types = {}", '# add person = "…"   # 4 times']),
    ],
)
def test_a_suggested_map_reads_the_files(name: str, said: str, expected: list[str], tmp_path: Path) -> None:
    (tmp_path / name).write_text(said, "utf-8")
    ran = run("import", "conll", str(tmp_path / name), "--suggest-map", "--out", str(tmp_path / "map.toml"))
    assert ran.code == 0, ran.err
    suggested = (tmp_path / "map.toml").read_text("utf-8")
    assert [line for line in expected if line not in suggested] == []
    record = [f"--record={key}={value}" for key, value in SAID.items()]
    argv = (
        "import",
        "conll",
        str(tmp_path / name),
        "--into",
        str(tmp_path / "new"),
        "--map",
        str(tmp_path / "map.toml"),
    )
    ran = run(*argv, *record)
    assert (ran.code, ran.out) == (0, ""), ran.err
