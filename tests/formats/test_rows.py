"""CSV and JSONL by a map of columns: stances, classified texts, quotes by their words, texts with spans."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.corpora import Corpus, Ran, run

TWEETS = """ID,Tweet,Target,Stance,Worker
1,We should all be free.,Atheism,FAVOR,Eve
1,We should all be free.,Atheism,NONE,bob
2,"So, no.",Atheism,AGAINST,bob
"""
RECORD = '[record]\nlanguage = "en"\nlicense = "CC-BY-4.0"\nredistribution = "full"\nsplit = "train"\n'
COLUMNS = '[columns]\ntext = "Tweet"\ndoc = "ID"\nannotator = "Worker"\n'
STANCES = """[layers.stances]
columns = { target = "Target", label = "Stance" }
set = { scope = "author" }
values.label = { FAVOR = "favor", AGAINST = "against", NONE = "neutral" }
"""
TARGET = '[targets.Atheism]\nid = "atheism"\nkind = "issue"\nstatement = "There is no god."\n'


def come_in(name: str, tmp_path: Path, file: str, of: str, *more: str) -> tuple[Ran, Corpus]:
    """Import one file with a map; return what came of the command, and the new corpus."""
    ending = "jsonl" if name == "jsonl" else "csv"
    (tmp_path / f"rows.{ending}").write_bytes(file.encode())
    (tmp_path / "map.toml").write_text(of, "utf-8")
    root = tmp_path / "new"
    source = str(tmp_path / f"rows.{ending}")
    return run("import", name, source, "--into", str(root), "--map", str(tmp_path / "map.toml"), *more), Corpus(root)


def lines(corpus: Corpus, path: str) -> list[dict[str, Any]]:
    """The lines of a bulk file."""
    file = corpus.root / path
    return [json.loads(line) for line in file.read_bytes().splitlines()] if file.exists() else []


def test_stances_of_several_annotators(tmp_path: Path) -> None:
    ran, corpus = come_in("csv", tmp_path, TWEETS, RECORD + COLUMNS + STANCES + TARGET)
    assert "dropped" not in ran.err
    assert [(one["doc_id"], one["text"]) for one in lines(corpus, "raw/imported.jsonl")] == [
        ("1", "We should all be free."),
        ("2", "So, no."),
    ]
    (eve,) = lines(corpus, "annotations/eve/imported.jsonl")
    assert eve["stances"] == [{"id": "s1", "scope": "author", "target": "atheism", "label": "favor"}]
    bob = lines(corpus, "annotations/bob/imported.jsonl")
    assert [one["stances"][0]["label"] for one in bob] == ["neutral", "against"]
    assert [one["target_id"] for one in corpus.read("schema/targets.json")["targets"]] == ["atheism"]


def test_columns_without_a_rule_are_counted(tmp_path: Path) -> None:
    of = RECORD + '[columns]\ntext = "Tweet"\n[fields]\ntopics = "Target"\n'
    ran, corpus = come_in("csv", tmp_path, TWEETS, of)
    assert ran.code == 0
    assert "dropped 3 values of column Stance: the map does not name this column" in ran.err
    records = lines(corpus, "raw/imported.jsonl")
    assert [one["topics"] for one in records] == [["Atheism"]] * 2
    assert len({one["doc_id"] for one in records}) == 2
    assert corpus.findings() == []
    assert corpus.run("build").code == 0


@pytest.mark.parametrize(
    ("of", "said"),
    [
        (STANCES.replace("NONE", "NO") + TARGET, 'help: map: layers.stances.values.label = { "NONE" = "…" }, one of'),
        (STANCES, 'help: map: [targets."Atheism"] with id, kind and statement'),
    ],
)
def test_what_one_line_of_the_map_solves_is_one_finding(of: str, said: str, tmp_path: Path) -> None:
    ran, corpus = come_in("csv", tmp_path, TWEETS, RECORD + COLUMNS + of)
    assert ran.code == 1
    assert ran.out.count(said) == 1
    held = lines(corpus, "quarantine/imported.jsonl")
    assert held
    read = lines(corpus, "annotations/bob/imported.jsonl") + lines(corpus, "annotations/eve/imported.jsonl")
    assert len(held) + len(read) == 3


@pytest.mark.parametrize(
    ("of", "code", "said"),
    [
        ('[columns]\ntext = "Twet"\n', 2, "there is no column 'Twet', which the map names; did you mean 'Tweet'?"),
        ("", 2, "[columns] must name the column of the text"),
        ('[columns]\ntext = "Tweet"\n[layers.stance]\n', 2, "layers.stance: the schema has no such layer"),
        (COLUMNS + '[layers.stances]\ncolumns = { lable = "Stance" }\n', 2, "did you mean 'label'?"),
        (COLUMNS + STANCES + TARGET.replace("issue", "isue"), 2, "map: targets: "),
        (COLUMNS + '[layers.stances]\ncolumns = { holder = "Worker" }\n', 2, "a row has no ids of records of entities"),
        (COLUMNS + "colums = 1\n", 2, "unknown"),
    ],
)
def test_maps_that_cannot_be(of: str, code: int, said: str, tmp_path: Path) -> None:
    ran, _ = come_in("csv", tmp_path, TWEETS, RECORD + of)
    assert (ran.code, said in ran.err, ran.err.count("\n")) == (code, True, 1), ran.err


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (
            "ID,Tweet\n1,a,b\n2,Yes.\n",
            "rows.csv:2:1: error IMP2 This part of the file does not follow the format: expected 2",
        ),
        (
            "ID,Tweet\n1,a\n1,b\n",
            "rows.csv:3:1: error IMP3 Offsets and text disagree: 1 was read before with a different",
        ),
        ("ID,Tweet\n1,\n2,Yes.\n", "rows.csv:2:1: error IMP2"),
        ("ID,Tweet\n1,\ufeffx\n2,Yes.\n", "byte-order-mark"),
        ("ID,ID\n1,2\n", "two columns have one name"),
        ('ID,Tweet\n1,"x\n', ""),
    ],
)
def test_rows_that_cannot_be_read(file: str, said: str, tmp_path: Path) -> None:
    ran, _ = come_in("csv", tmp_path, file, RECORD + '[columns]\ntext = "Tweet"\ndoc = "ID"\n')
    assert said in ran.out
    assert "Traceback" not in ran.err
    assert ran.code == (1 if said else 0)


@pytest.mark.parametrize(("row", "whose"), [("1,Another text.,Atheism,FAVOR,bob", ["bob"]), ("1,x", ["eve", "bob"])])
def test_a_row_that_cannot_be_read_sets_the_annotation_aside(row: str, whose: list[str], tmp_path: Path) -> None:
    ran, corpus = come_in("csv", tmp_path, f"{TWEETS}{row}\n", RECORD + COLUMNS + STANCES + TARGET)
    assert ran.code == 1
    assert [one["doc_id"] for one in lines(corpus, "annotations/bob/imported.jsonl")] == ["2"]
    held = lines(corpus, "quarantine/imported.jsonl")
    assert [(one["annotation"]["doc_id"], one["annotation"]["annotator"]) for one in held] == [
        ("1", by) for by in whose
    ]
    assert [one["line"] for of in held for one in of["problems"]] == [5] * len(whose)


QUOTES = '{"text": "Ada: I am safe. I am.", "quote": "I am safe", "type": "direct"}\n'
OF_QUOTES = '[columns]\ntext = "text"\n[layers.quotes]\ncolumns = { content = "quote", type = "type" }\n'


@pytest.mark.parametrize(
    ("file", "of", "expected"),
    [
        (QUOTES, OF_QUOTES, ["I am safe"]),
        (QUOTES.replace('I am safe"', 'I am"'), OF_QUOTES, "'I am' occurs 2 times in the text, not once"),
        (
            '{"text": "\\ud83d\\ude00 Ada: I am safe.", "b": 8, "e": 17}\n',
            '[columns]\ntext = "text"\n[layers.quotes]\ncolumns = { content = ["b", "e"] }\n',
            ["I am safe"],
        ),
        ('{"text": "x", "b": 0, "e": 9}\n', OF_QUOTES.replace('"quote"', '["b", "e"]'), "0 to 9 is not a span"),
        ('{"text": "x", "b": "a", "e": 9}\n', OF_QUOTES.replace('"quote"', '["b", "e"]'), "b and e must be integers"),
    ],
)
def test_quotes_by_words_or_offsets(file: str, of: str, expected: list[str] | str, tmp_path: Path) -> None:
    ran, corpus = come_in("jsonl", tmp_path, file, RECORD + of)
    made = lines(corpus, "annotations/gold/imported.jsonl")
    if isinstance(expected, str):
        assert expected in ran.out
        assert made == []
    else:
        assert [one["text"] for value in made for quote in value["quotes"] for one in quote["content"]] == expected


SPANS = [
    {
        "id": 1,
        "text": "Ada left Oslo.",
        "meta": {"source": "X"},
        "ents": [{"from": 0, "to": 3, "tag": "PER"}, [9, 13, "GPE"]],
    },
    {"id": 2, "text": "Nobody.", "ents": []},
]
OF_SPANS = """[columns]
text = "text"
doc = "id"
[fields]
source = "meta.source"
[spans]
key = "ents"
start = "from"
end = "to"
label = "tag"
[types]
PER = { layer = "mentions", entity = "PER" }
GPE = { layer = "mentions", entity = "GPE" }
"""


def test_a_text_with_spans(tmp_path: Path) -> None:
    ran, corpus = come_in("jsonl", tmp_path, "\n".join(map(json.dumps, SPANS)), RECORD + OF_SPANS)
    assert ran.code == 0, ran.out
    (one, _) = lines(corpus, "annotations/gold/imported.jsonl")
    assert [mention["spans"][0]["text"] for mention in one["mentions"]] == ["Ada", "Oslo"]
    assert lines(corpus, "raw/imported.jsonl")[0]["source"] == "X"


@pytest.mark.parametrize(("name", "file"), [("csv", TWEETS), ("jsonl", "\n".join(map(json.dumps, SPANS)))])
def test_a_suggested_map_reads_the_file(name: str, file: str, tmp_path: Path) -> None:
    source = tmp_path / f"x.{name}"
    source.write_text(file, "utf-8")
    ran = run("import", name, str(source), "--suggest-map")
    assert ran.code == 0
    if name == "csv":
        assert 'text = "Tweet"' in ran.out
        assert 'columns = { target = "Target", label = "Stance" }' in ran.out
        assert '# values.label."FAVOR" = "…"' in ran.out
    else:
        assert 'key = "ents"' in ran.out
    ran, _ = come_in(
        name,
        tmp_path,
        file,
        ran.out,
        *(f"--record={one}" for one in ("language=en", "license=CC0-1.0", "redistribution=full", "split=dev")),
    )
    assert ran.code in (0, 1), ran.err
