"""A message says what to do: the encoding, the merge conflict, the record and the field."""

from __future__ import annotations

from typing import Any

import pytest
from support.corpora import TEXT, Corpus, annotation

from corpus.checks.edges import resized

GOLD = "annotations/gold/alpha.json"


def only(corpus: Corpus, file: str) -> dict[str, Any]:
    (found,) = [one for one in corpus.findings() if one["file"] == file]
    return found


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16LE"),
        ("utf-16-be", "UTF-16BE"),
        ("utf-32", "UTF-32"),
        ("cp1252", "byte 0xc5"),
    ],
)
@pytest.mark.parametrize("file", ["raw/alpha.txt", GOLD])
def test_the_encoding_is_named(corpus: Corpus, file: str, encoding: str, said: str) -> None:
    text = (corpus.root / file).read_text("utf-8").replace("😀", "!").replace("\\u00c5", "Å")
    if said.startswith("UTF-16") and len(said) > 6:
        text = text.replace("“", '"').replace("”", '"') if file.endswith(".txt") else text
    text = text if not said.startswith("byte") else text.replace("“", '"').replace("”", '"')
    corpus.write(file, text.encode(encoding, "ignore"))
    found = only(corpus, file)
    assert found["code"] == "F101"
    assert said in found["message"]
    if said.startswith("UTF"):
        assert found["suggestion"] == f"convert it: iconv -f {said} -t UTF-8 FILE > NEW"
    else:
        assert "iconv -f WINDOWS-1252" in found["suggestion"]


def test_a_merge_conflict_is_named_where_it_begins(corpus: Corpus) -> None:
    lines = ["{", '"doc_id": "alpha",', "<<<<<<< HEAD", '"a": 1,', "=======", '"a": 2,', ">>>>>>> branch", '"b": 3}']
    corpus.write(GOLD, "\n".join(lines))
    found = only(corpus, GOLD)
    assert found["code"] == "F103"
    assert "unresolved merge conflict at '<<<<<<< HEAD'" in found["message"]
    assert (found["line"], found["column"]) == (3, 1)
    assert "<<<<<<<, ======= and >>>>>>>" in found["suggestion"]


def test_a_merge_conflict_in_a_text_explains_its_checksum(corpus: Corpus) -> None:
    corpus.write("raw/alpha.txt", f"<<<<<<< HEAD\n{TEXT}=======\nOther.\n>>>>>>> branch\n")
    assert "unresolved merge" in only(corpus, "raw/alpha.json")["message"]


@pytest.mark.parametrize(
    ("text", "said", "advice"),
    [
        ('{"a": 1,}', "trailing comma", "remove the comma"),
        ('{"a": 1 "b": 2}', "unexpected character '\"', expected ','", "put a comma"),
        ("{'a': 1}", 'unexpected character "\'"', "straight double quotation marks"),
        ("{“a”: 1}", "unexpected character '“'", "straight double quotation marks"),
        ('{"a": True}', "unexpected character 'T'", "the literal true"),
        ('{"a": "x\ny"}', "control character", "as \\n"),
        ('{"a": ', "unexpected end", "cut off"),
        ("{}\n{}", "after document", "one value a line"),
    ],
)
def test_a_mistake_in_json_says_what_to_do(corpus: Corpus, text: str, said: str, advice: str) -> None:
    corpus.write(GOLD, text)
    found = only(corpus, GOLD)
    assert found["code"] == "F103"
    assert said in found["message"]
    assert advice in found["suggestion"]


def test_a_name_in_place_of_an_id_is_told_the_id(corpus: Corpus) -> None:
    value = annotation("alpha")
    value["quotes"][0]["speaker"] = value["entities"][0]["name"]
    corpus.write(GOLD, value)
    assert only(corpus, GOLD)["suggestion"] == "a reference is an id: 'e1', not 'Åsa Lindqvist'"
    value["quotes"][0]["speaker"] = "m2"
    corpus.write(GOLD, value)
    assert only(corpus, GOLD)["suggestion"] == "did you mean 'e1', the entity of m2?"


def test_a_dangling_reference_names_record_and_field(corpus: Corpus) -> None:
    value = annotation("alpha")
    value["quotes"][0]["source"] = ["m9"]
    corpus.write(GOLD, value)
    (found,) = [one for one in corpus.findings() if one["code"] == "R402"]
    assert "source of q1 is 'm9', and no record of mentions has this id" in found["message"]


def test_the_labels_that_are_allowed_are_listed(corpus: Corpus) -> None:
    value = annotation("alpha")
    value["mentions"][0]["form"] = "Name"
    corpus.write(GOLD, value)
    assert "is not one of NAM, NOM, PRO" in only(corpus, GOLD)["message"]


def test_a_fix_of_a_long_span_says_that_its_first_words_are_left_out() -> None:
    text = "Neither claim can be settled from a summary, and nobody outside the ministry knows."
    fix = resized(text, "/stances/0/evidence_spans/0", {"start": 0, "end": len(text)}, 0, len(text) - 1)
    shown = fix.description.partition(": ")[2].strip("'")
    assert shown.startswith("…")
    assert text[:-1].endswith(shown.removeprefix("…"))
