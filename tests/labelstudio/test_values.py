"""Values that the editor stores and a file must not keep: blanks, control characters, notes, scores."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.corpora import TEXT, Corpus, annotation, record, span
from support.exports import OLD, SCHEMA, Convert, article, exported, made
from support.studio import TICKED

from corpus.core.model import Annotation, Source
from corpus.files import canonical
from corpus.labelstudio.tasks import encode, task


def typed(one: dict[str, Any], control: str, words: str) -> None:
    """Type words into a control of every region that has it."""
    for item in one["annotations"][0]["result"]:
        if item.get("from_name") == control:
            item["value"]["text"] = [words]


@pytest.mark.parametrize("words", ["Mira\tHalloran", "Mira\x00", "\x7fMira", "Mira\u2028Halloran", "Mira\nHalloran"])
def test_a_control_character_in_a_name_is_a_finding(corpus: Corpus, convert: Convert, words: str) -> None:
    one = exported(1, "alpha", made(11))
    typed(one, "entities.name", words)
    result = convert(one)
    assert ({problem.code for problem in result.problems}, result.written) == ({"L307"}, [])
    assert "entities 'e1', name" in result.problems[0].message


@pytest.mark.parametrize("words", ["Zoë", "م\u200cی", "a\u00a0b", "👨\u200d👩\u200d👧"])
def test_other_characters_may_be_in_a_name(corpus: Corpus, convert: Convert, words: str) -> None:
    one = exported(1, "alpha", made(11))
    typed(one, "entities.name", words)
    assert convert(one).problems == []
    assert corpus.read("annotations/ann-2/alpha.json")["entities"][0]["name"] == words


@pytest.mark.parametrize("blank", [" ", "\n", "\u00a0\t "])
@pytest.mark.parametrize(
    ("control", "code"), [("entities.name", "L304"), ("quotes.speaker", "L304"), ("entities.kb", "L307")]
)
def test_a_field_that_was_typed_as_blanks_is_a_finding(
    corpus: Corpus, convert: Convert, control: str, code: str, blank: str
) -> None:
    one = exported(1, "alpha", made(11))
    result = one["annotations"][0]["result"]
    layer = control.partition(".")[0]
    region = next(item for item in result if item.get("value", {}).get("labels", [""])[0].partition(":")[0] == layer)
    value = {**region["value"], "text": [blank]}
    del value["labels"]
    others = [item for item in result if item.get("from_name") != control or item["id"] != region["id"]]
    more = {"value": value, "id": region["id"], "from_name": control, "to_name": "text", "type": "textarea"}
    one["annotations"][0]["result"] = [*others, more]
    assert {problem.code for problem in convert(one).problems} == {code}


def test_a_field_that_nobody_touched_stays_null_in_the_config_of_before(corpus: Corpus, convert: Convert) -> None:
    one = exported(1, "alpha", made(11, result=encode(annotation("alpha"), TEXT, OLD)))
    result = one["annotations"][0]["result"]
    one["annotations"][0]["result"] = [item for item in result if item.get("from_name") != "quotes.speaker"]
    assert convert(one).problems == []
    assert {quote["speaker"] for quote in corpus.read("annotations/ann-2/alpha.json")["quotes"]} == {None}


def test_notes_and_scores_of_regions_are_reported_and_their_words_stay_out(corpus: Corpus, convert: Convert) -> None:
    one = exported(1, "alpha", made(11))
    first, second, *_ = one["annotations"][0]["result"]
    first["meta"] = {"text": ["ask Ivo about this"]}
    second |= {"meta": {"text": ["Ivo again"]}, "score": 0.25}
    result = convert(one)
    (problem,) = result.problems
    assert (problem.code, problem.severity, problem.file) == ("L109", "info", "annotations/ann-2/alpha.json")
    assert "2 region notes, 1 region score of annotation 11 of task 1" in problem.message
    assert "Ivo" not in problem.message + (corpus.root / "annotations/ann-2/alpha.json").read_text()
    assert convert(exported(2, "alpha", made(12, 9))).problems == []


def test_a_note_does_not_change_the_exit_code(corpus: Corpus) -> None:
    one = exported(1, "alpha", made(11))
    one["annotations"][0]["result"][0]["meta"] = {"text": ["why here?"]}
    ran = corpus.run("label-studio", "convert", str(corpus.write("export.json", json.dumps([one]))))
    assert (ran.code, "info L109 " in ran.out) == (0, True)


def test_ground_truth_and_the_annotation_that_was_copied_are_in_the_provenance(
    corpus: Corpus, convert: Convert
) -> None:
    convert(exported(1, "alpha", made(11, ground_truth=True, parent_annotation=7)))
    note = corpus.read("annotations/ann-2/alpha.json")["provenance"]["note"]
    assert note == "marked as ground truth; begun as a copy of annotation 7"


def test_an_empty_annotation_that_missed_its_prediction_is_quarantined(corpus: Corpus, convert: Convert) -> None:
    """The editor may open a task without the prediction that it brings."""
    value = annotation("alpha")
    brought = task(article("alpha"), SCHEMA, [Annotation("gold", value, Source("", "annotation"))])
    one = exported(1, "alpha", made(11, result=TICKED)) | {"data": brought["data"], "meta": brought["meta"]}
    assert {problem.code for problem in convert(one).problems} == {"L118"}
    one["annotations"] = [made(11, result=TICKED, parent_prediction=9)]
    assert convert(one).problems == []
    assert corpus.read("annotations/ann-2/alpha.json")["quotes"] == []


def test_alternatives_of_the_file_are_kept_as_far_as_their_records_are_there(corpus: Corpus, convert: Convert) -> None:
    file = "annotations/ann-2/alpha.json"
    assert convert(exported(1, "alpha", made(11))).problems == []
    value = corpus.read(file)
    quote = value["quotes"][0]["id"]
    kept = [
        {"layer": "quotes", "record": quote, "field": "medium", "value": "writing", "note": "Mira says so."},
        {"layer": "mentions", "spans": [span(TEXT, "bridge")]},
    ]
    gone = [
        {"layer": "quotes", "record": "q77", "field": "type", "value": "mixed"},
        {"layer": "quotes", "record": quote, "field": "polarity", "value": value["quotes"][0]["polarity"]},
        {"layer": "quotes", "record": quote, "field": "type", "value": {"of": ["no", "form"]}},
        {"layer": "quotes", "record": None},
    ]
    value["schema_version"] = "1.1"
    value["provenance"]["alternatives"] = [kept[0], *gone, kept[1]]
    corpus.write(file, value)
    result = convert(exported(1, "alpha", made(11)))
    (problem,) = result.problems
    assert (problem.code, problem.severity, problem.file) == ("L119", "info", file)
    named = f"quotes q77 type, quotes {quote} polarity, quotes {quote} type, quotes of annotation 11 of task 1"
    assert named in problem.message
    assert "Mira" not in problem.message
    after = corpus.read(file)
    assert after["provenance"]["alternatives"] == kept
    assert after["schema_version"] == "1.1"
    assert {name: after[name] for name in SCHEMA.layers if name in after} == {
        name: value[name] for name in SCHEMA.layers if name in value
    }
    assert [one for one in corpus.findings(file) if one["code"] in ("R406", "S205")] == []
    again = convert(exported(1, "alpha", made(11)))
    assert (again.problems, again.written) == ([], [])


def test_alternatives_of_a_withheld_text_quote_nothing(corpus: Corpus, convert: Convert) -> None:
    file = "annotations/ann-2/alpha.json"
    one = exported(1, "alpha", made(11))
    one["data"]["schema_version"] = "1.1"
    convert(one)
    value = corpus.read(file)
    value["provenance"]["alternatives"] = [{"layer": "mentions", "spans": [span(TEXT, "bridge")]}]
    corpus.write(file, canonical(value, "annotation", SCHEMA))
    corpus.write("raw/alpha.json", record("alpha", redistribution="offsets_only"))
    (corpus.root / "raw/alpha.txt").unlink()
    assert convert(one).problems == []
    ((other,),) = (one["spans"] for one in corpus.read(file)["provenance"]["alternatives"])
    assert other.keys() == {"start", "end"}
