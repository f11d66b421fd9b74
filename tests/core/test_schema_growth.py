"""A label, a field or a layer that nobody planned is one edit in schema/, and no Python.

It is validated, compiled, loadable with its label names, laid out by `corpus fmt` and documented in the card.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import pytest
from support.copies import build, change, copy_repository, findings, parquet_rows, read, write
from support.corpora import REPOSITORY

from corpus.cli.main import main

DOCUMENT = "barrage-hearing-delay"
OTHER = "barrage-cost-analysis"
Capture = pytest.CaptureFixture[str]
TEXT = (REPOSITORY / "raw" / f"{DOCUMENT}.txt").read_bytes().decode()
SPANS = {"$ref": "#/$defs/spans"}


def span(start: int, end: int) -> dict[str, Any]:
    """A span of the document, with its words."""
    return {"start": start, "end": end, "text": TEXT[start:end]}


def labels(*names: str) -> dict[str, Any]:
    """A label field."""
    of = [{"const": name, "title": name.title(), "description": f"What is {name} for sure."} for name in names]
    return {"title": "A label", "description": "Which of them it is.", "oneOf": of}


def field(**written: Any) -> dict[str, Any]:
    """Any other field."""
    return {"title": "A field", "description": "What it holds, said nowhere else.", **written}


FIELDS: dict[str, tuple[dict[str, Any], Any]] = {
    "certainty": (field(type="integer", minimum=0, maximum=9), 7),
    "share": (field(type=["number", "null"]), 0.25),
    "checked": (field(type="boolean"), True),
    "remark": (field(type=["string", "null"], maxLength=20), None),
    "aliases": (field(type="array", items={"type": "string"}), ["b", "a"]),
    "register": (labels("formal", "no", "1"), "no"),
    "devices": ({**field(type="array"), "items": labels("irony", "metaphor")}, ["metaphor", "irony"]),
    "answers": (field(type=["string", "null"], refersTo="quotes"), "q6"),
    "heard_by": (field(type="array", items={"type": "string", "refersTo": "entities"}), ["e16", "e1"]),
    "about": (field(type="string", refersTo="targets"), "build-ossel-barrage"),
    "hedge": (field(**SPANS), [span(0, 7)]),
}
"""A field of each kind, alone and as a list, and a value of it: for quote q5 of the document."""

CLAIMS = {
    "title": "Claims",
    "description": "What the article says is so, in its own voice or another's.",
    "type": "array",
    "items": {
        "type": "object",
        "additionalProperties": False,
        "required": ["id", "spans", "check"],
        "properties": {
            "id": {"$ref": "#/$defs/id"},
            "spans": {"title": "Claim", "description": "Its words, and no more.", **SPANS, "minItems": 1},
            "check": labels("true", "false", "open"),
            "quotes": field(type="array", items={"type": "string", "refersTo": "quotes"}, uniqueItems=True),
            "main": field(type=["string", "null"], refersTo="claims"),
        },
    },
}
CLAIM = {
    "id": "c1",
    "spans": [span(299, 341)],
    "check": "open",
    "quotes": ["q1", "q2"],
    "main": None,
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A corpus of two articles with gold, and nothing else."""
    return copy_repository(tmp_path / "corpus", (DOCUMENT, OTHER), ("gold",))


def change_schema(root: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    change(root / "schema" / "annotation.schema.json", edit)


def annotate(root: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    change(root / "annotations" / "gold" / f"{DOCUMENT}.json", edit)


def add_fields(root: Path) -> None:
    def edit(schema: dict[str, Any]) -> None:
        schema["properties"]["quotes"]["items"]["properties"] |= {
            name: written for name, (written, _) in FIELDS.items()
        }

    change_schema(root, edit)
    annotate(
        root, lambda annotation: annotation["quotes"][4].update({name: value for name, (_, value) in FIELDS.items()})
    )


def add_claims(root: Path, *claims: dict[str, Any]) -> None:
    change_schema(root, lambda schema: schema["properties"].update(claims=CLAIMS))

    def edit(annotation: dict[str, Any]) -> None:
        annotation["layers_done"].append("claims")
        annotation["claims"] = list(claims)

    annotate(root, edit)


def load(root: Path, config: str = "documents") -> datasets.Dataset:
    return datasets.load_dataset(str(root / "build"), config, split="train", cache_dir=str(root.parent / "cache"))


def card(root: Path) -> str:
    return (root / "build" / "README.md").read_text("utf-8").split("---\n", 2)[2]


def of_document(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return next(row for row in rows if row["doc_id"] == DOCUMENT)


# A label


def test_a_new_label_is_allowed_counted_and_numbered(root: Path, capsys: Capture) -> None:
    build(root)
    before = load(root, "entities").features["ner_tags"].feature.names
    annotate(root, lambda annotation: annotation["entities"][0].update(type="VESSEL"))
    assert findings(root, capsys) == [("S204", "/entities/0/type")]
    vessel = {"const": "VESSEL", "title": "Vessel", "description": 'A ship | that "sails".'}
    change_schema(
        root, lambda schema: schema["properties"]["entities"]["items"]["properties"]["type"]["oneOf"].append(vessel)
    )
    assert findings(root, capsys) == []
    build(root)
    found = load(root, "entities")
    names = found.features["ner_tags"].feature.names
    assert names == [*before, "B-VESSEL", "I-VESSEL"]
    assert names.index("B-VESSEL") in {tag for tags in found["ner_tags"] for tag in tags}
    documents = load(root)
    assert documents.features["entities"].feature["type"].names[-1] == "VESSEL"
    assert '| `VESSEL` | Vessel | A ship \\| that "sails". | 1 |' in card(root)


# A field


def with_quote(annotation: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
    """The annotation with other values in q5."""
    quotes = [quote | fields if quote["id"] == "q5" else quote for quote in annotation["quotes"]]
    return annotation | {"quotes": quotes}


def test_new_fields_of_each_kind_are_checked(root: Path, capsys: Capture) -> None:
    add_fields(root)
    assert findings(root, capsys) == []
    wrong: dict[str, tuple[Any, str, str]] = {
        "certainty": (70, "S205", ""),
        "share": ("a quarter", "S201", ""),
        "checked": (1, "S201", ""),
        "remark": ("x" * 21, "S205", ""),
        "aliases": (["a", None], "S201", "/1"),
        "register": ("Formal", "S204", ""),
        "devices": (["irony", "metaphors"], "S204", "/1"),
        "answers": ("q99", "R402", ""),
        "heard_by": (["e16", "q1"], "R403", "/1"),
        "about": ("build-osel-barrage", "R405", ""),
        "hedge": ([{"start": 0, "end": 7, "text": "barrage"}], "P307", "/0"),
    }
    assert wrong.keys() == FIELDS.keys()
    for name, (value, code, inner) in wrong.items():
        good = read(root / "annotations" / "gold" / f"{DOCUMENT}.json")
        write(root / "annotations" / "gold" / f"{DOCUMENT}.json", with_quote(good, {name: value}))
        assert findings(root, capsys) == [(code, f"/quotes/4/{name}{inner}")]
        write(root / "annotations" / "gold" / f"{DOCUMENT}.json", good)


def test_a_new_reference_may_not_lead_round_in_a_circle(root: Path, capsys: Capture) -> None:
    add_fields(root)
    annotate(root, lambda annotation: annotation["quotes"][4].update(answers="q5"))
    assert findings(root, capsys) == [("R404", "/quotes/4/answers")]


def test_new_fields_of_each_kind_are_compiled(root: Path) -> None:
    add_fields(root)
    rows = parquet_rows(build(root))
    quote = of_document(rows["documents", "train"])["quotes"][4]
    flat = next(row for row in rows["quotes", "train"] if (row["doc_id"], row["id"]) == (DOCUMENT, "q5"))
    for name, (_, value) in FIELDS.items():
        assert quote[name] == value, name
        assert flat[name] == value, name
    assert flat["hedge_text"] == "Barrage"
    assert flat["about_statement"] == "The Ossel Barrage at Halvern should be built."
    without = of_document(rows["documents", "train"])["quotes"][5]
    assert [without[name] for name in FIELDS] == [None] * len(FIELDS), "what was left out is null, also a list"


def test_new_fields_of_each_kind_are_loaded(root: Path) -> None:
    add_fields(root)
    build(root)
    nested = load(root).features["quotes"].feature
    for features in (nested, load(root, "quotes").features):
        assert features["register"] == datasets.ClassLabel(names=["formal", "no", "1"])
        assert features["devices"] == datasets.List(datasets.ClassLabel(names=["irony", "metaphor"]))
        assert features["certainty"] == datasets.Value("int64")
        assert features["share"] == datasets.Value("float64")
        assert features["checked"] == datasets.Value("bool")
        assert features["heard_by"] == datasets.List(datasets.Value("string"))
        assert features["hedge"].feature["start"] == datasets.Value("int64")
    quote = of_document(list(load(root)))["quotes"][4]
    assert (quote["register"], quote["devices"], quote["share"]) == (1, [1, 0], 0.25)


def test_new_fields_of_each_kind_are_in_the_card(root: Path) -> None:
    add_fields(root)
    build(root)
    text = card(root)
    for name, (written, _) in FIELDS.items():
        row = next(line for line in text.split("\n") if line.startswith(f"| `{name}` |"))
        assert row.endswith(f"| {written['description']} |")
    assert "| `heard_by` | list of reference → entities |" in text
    assert "| `devices` | list of label |" in text
    assert "| `hedge` | spans |" in text
    assert "| `no` | No | What is no for sure. | 1 |" in text
    assert "| `irony` | Irony | What is irony for sure. | 1 |" in text, "labels in a list are counted too"


def test_a_new_field_of_an_article_is_compiled_and_loaded(root: Path, capsys: Capture) -> None:
    path = root / "schema" / "article.schema.json"
    new = {"genre": labels("news", "opinion"), "section": field(type="array", items=labels("front", "back"))}
    change(path, lambda schema: schema["properties"].update(new))
    record = root / "raw" / f"{DOCUMENT}.json"
    change(record, lambda value: value.update(genre="opinion", section=["back"]))
    build(root)
    found = load(root)
    assert found.features["genre"].names == ["news", "opinion"]
    assert found.features["section"] == datasets.List(datasets.ClassLabel(names=["front", "back"]))
    assert (of_document(list(found))["genre"], of_document(list(found))["section"]) == (1, [1])
    change(record, lambda value: value.update(genre="News"))
    assert findings(root, capsys) == [("S204", "/genre")]


# A layer


def test_a_new_layer_is_checked(root: Path, capsys: Capture) -> None:
    add_claims(root, CLAIM)
    assert findings(root, capsys) == [("P310", "/claims/0/spans/0")], "an edge of white space is found in it too"
    words = span(299, 340)
    good = CLAIM | {"spans": [words]}
    path = root / "annotations" / "gold" / f"{DOCUMENT}.json"
    for claims, expected in (
        ([good], []),
        ([], []),
        ([good | {"check": "opne"}], [("S204", "/claims/0/check")]),
        ([good, good], [("R401", "/claims/1/id")]),
        ([good | {"id": "q1"}], [("R401", "/claims/0/id")]),
        ([good | {"quotes": ["q1", "q99"]}], [("R402", "/claims/0/quotes/1")]),
        ([good | {"quotes": ["e1"]}], [("R403", "/claims/0/quotes/0")]),
        ([good | {"main": "c1"}], [("R404", "/claims/0/main")]),
        ([good | {"spans": [words | {"text": "the 1.9 km barrier"}]}], [("P307", "/claims/0/spans/0")]),
        ([good | {"spans": [words | {"end": 9999}]}], [("P304", "/claims/0/spans/0")]),
        ([good | {"spans": []}], [("S205", "/claims/0/spans")]),
        (
            [good | {"spans": [{"start": 299.0, "end": 340, "text": words["text"]}]}],
            [("S206", "/claims/0/spans/0/start")],
        ),
        ([{"id": "c1", "spans": [words]}], [("S202", "/claims/0")]),
        ([good | {"sure": True}], [("S203", "/claims/0/sure")]),
    ):
        write(path, read(path) | {"claims": claims})
        assert findings(root, capsys) == expected
    annotate(root, lambda annotation: annotation["layers_done"].remove("claims"))
    annotate(root, lambda annotation: annotation.update(claims=[good]))
    assert findings(root, capsys) == [("S207", "/claims")]
    annotate(root, lambda annotation: annotation["layers_done"].append("claims"))
    annotate(root, lambda annotation: annotation.pop("claims"))
    assert findings(root, capsys) == [("S209", "/layers_done/5")]


def test_a_finding_in_a_new_layer_says_where(root: Path, capsys: Capture) -> None:
    add_claims(root, CLAIM | {"check": "opne"})
    path = root / "annotations" / "gold" / f"{DOCUMENT}.json"
    lines = path.read_text("utf-8").split("\n")
    line = next(i for i, line in enumerate(lines, 1) if '"check": "opne"' in line)
    column = lines[line - 1].index('"check"') + 1
    assert main(["--root", str(root), "validate"]) == 1
    out = capsys.readouterr().out
    assert f"annotations/gold/{DOCUMENT}.json:{line}:{column}: error S204" in out
    assert "did you mean 'open'?" in out


def test_a_new_layer_is_laid_out(root: Path) -> None:
    """In the schema's order of layers and fields, records in the order of the text, a span a line."""
    second = CLAIM | {"id": "c0", "spans": [{"end": 7, "start": 0, "text": "Barrage"}]}
    add_claims(root, dict(reversed(CLAIM.items())), second)
    assert main(["--root", str(root), "fmt"]) == 0
    text = (root / "annotations" / "gold" / f"{DOCUMENT}.json").read_text("utf-8")
    claims = read(root / "annotations" / "gold" / f"{DOCUMENT}.json")["claims"]
    assert [claim["id"] for claim in claims] == ["c0", "c1"]
    assert [list(claim) for claim in claims] == [list(CLAIM)] * 2
    assert '\n        {"start": 0, "end": 7, "text": "Barrage"}\n' in text
    assert main(["--root", str(root), "fmt", "--check"]) == 0


def test_a_new_layer_is_compiled_loaded_and_documented(root: Path) -> None:
    add_claims(root, CLAIM | {"spans": [span(0, 7)]})
    rows = parquet_rows(build(root))["documents", "train"]
    assert of_document(rows)["claims"] == [CLAIM | {"spans": [span(0, 7)]}]
    assert next(row for row in rows if row["doc_id"] == OTHER)["claims"] is None, "nobody looked"
    found = load(root)
    assert found.features["claims"].feature["check"] == datasets.ClassLabel(names=["true", "false", "open"])
    assert of_document(list(found))["claims"][0]["check"] == 2
    assert of_document(list(found))["layers_done"][-1] == "claims"
    (flat,) = load(root, "claims")
    assert (flat["doc_id"], flat["id"], flat["spans_text"], flat["check"]) == (DOCUMENT, "c1", "Barrage", 2)
    text = card(root)
    assert "| `spans_text` | The words of `spans`, pieces joined by ` … `. |" in text
    assert "#### `claims`\n\nWhat the article says is so, in its own voice or another's." in text
    assert "#### `claims.check`: A label" in text
    assert "| `true` | True | What is true for sure. | 0 |" in text
    assert "| `open` | Open | What is open for sure. | 1 |" in text
    assert "| `quotes` | list of reference → quotes | What it holds, said nowhere else. |" in text
    assert "\n| claims | 1 |" in text


def test_label_names_that_yaml_would_read_as_something_else_stay_names(root: Path) -> None:
    names = ["no", "null", "1", "1.0", "2024-01-01", "~", "a: b", "'", "é", "0x1", "#x"]
    change_schema(root, lambda schema: schema["properties"]["quotes"]["items"]["properties"].update(odd=labels(*names)))
    annotate(root, lambda annotation: [q.update(odd=n) for q, n in zip(annotation["quotes"], names, strict=False)])
    build(root)
    found = load(root, "quotes")
    assert found.features["odd"].names == names
    rows = [row["odd"] for row in found if row["doc_id"] == DOCUMENT]
    assert rows[: len(names)] == list(range(len(names)))
