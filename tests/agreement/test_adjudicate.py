"""`corpus adjudicate`: what is merged, what is asked, and that nothing is decided twice or lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.copies import change, copy_repository, findings, read, strings_in, withhold, write
from support.corpora import REPOSITORY, Corpus, Ran, run, span
from support.source_layer import add_layer, sentences, with_sentences

A, B = "annotations/ann-a/alpha.json", "annotations/ann-b/alpha.json"
GOLD, WORKLIST = "annotations/gold/alpha.json", "adjudication/gold/alpha.json"


@pytest.fixture
def pair(corpus: Corpus) -> Corpus:
    """Two annotators that say the same of one document, with ids of their own, and no gold of it."""
    value = corpus.read(A) | {"annotator": "ann-b"}
    value["entities"][0]["id"] = value["mentions"][0]["entity"] = value["mentions"][1]["entity"] = "x1"
    value["quotes"][0].update(id="m1", speaker="x1", source=["q7"])
    value["mentions"][0]["id"], value["mentions"][1]["id"] = "q1", "q7"
    corpus.write(B, value)
    (corpus.root / GOLD).unlink()
    return corpus


def adjudicate(corpus: Corpus) -> Ran:
    return corpus.run("adjudicate", "--from", "ann-a,ann-b", "--to", "gold")


def decide(corpus: Corpus, decision: str, record: dict[str, Any] | None = None, which: int = 0) -> None:
    change(corpus.root / WORKLIST, lambda value: value["items"][which].update(decision=decision, record=record))


def items(corpus: Corpus) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = corpus.read(WORKLIST)["items"]
    return found


def test_what_both_say_becomes_gold_whatever_their_ids(pair: Corpus, capsys: pytest.CaptureFixture[str]) -> None:
    ran = adjudicate(pair)
    assert (ran.code, ran.out) == (0, f"{GOLD}: 4 agreed on, 0 decided\n")
    gold, one = pair.read(GOLD), pair.read(A)
    layers = ("entities", "mentions", "quotes")
    assert {name: gold[name] for name in layers} == {name: one[name] for name in layers}
    assert gold["layers_done"] == list(layers)
    assert gold["annotator"] == "gold"
    assert findings(pair.root, capsys) == []
    assert pair.run("fmt", "--check", str(pair.root / GOLD)).code == 0


def test_a_field_that_one_of_them_annotated_is_not_merged(pair: Corpus, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody knows what the other would have said, so it is neither taken nor a difference."""

    def less(value: dict[str, Any]) -> None:
        del value["quotes"][0]["cue"], value["quotes"][0]["medium"], value["mentions"][0]["form"]
        del value["mentions"][1]["form"]
        fields = [name for name in value["quotes"][0] if name != "id"]
        value.update(schema_version="1.1", fields_done={"quotes": fields, "mentions": ["spans", "entity"]})

    change(pair.root / B, less)
    ran = adjudicate(pair)
    assert (ran.code, items(pair) if (pair.root / WORKLIST).exists() else []) == (0, [])
    assert "excluded, annotated by one annotator only: mentions.form, quotes.cue, quotes.medium" in ran.out
    gold = pair.read(GOLD)
    assert gold["schema_version"] == "1.1"
    assert gold["fields_done"]["mentions"] == ["spans", "entity"]
    assert "cue" not in gold["fields_done"]["quotes"]
    assert {"cue", "medium"}.isdisjoint(gold["quotes"][0])
    assert gold["quotes"][0]["type"] == "direct"
    assert findings(pair.root, capsys) == []
    assert pair.run("fmt", "--check", str(pair.root / GOLD)).code == 0


def test_a_difference_is_asked_with_both_readings_and_the_words(pair: Corpus) -> None:
    change(pair.root / B, lambda value: value["quotes"][0].update(type="mixed"))
    ran = adjudicate(pair)
    assert (ran.code, ran.out) == (1, f"{WORKLIST}: 1 of 1 item open\n")
    assert not (pair.root / GOLD).exists()
    (item,) = items(pair)
    assert (item["layer"], item["differs"], item["decision"]) == ("quotes", ["type"], None)
    assert item["b"] == item["a"] | {"type": "mixed"}
    assert "⟦The bridge is safe,⟧" in item["article"]


@pytest.mark.parametrize(("decision", "expected"), [("a", "direct"), ("b", "mixed"), ("edit", "indirect")])
def test_a_decision_is_taken_back(pair: Corpus, decision: str, expected: str) -> None:
    change(pair.root / B, lambda value: value["quotes"][0].update(type="mixed"))
    adjudicate(pair)
    decide(pair, decision, items(pair)[0]["a"] | {"type": "indirect", "id": "another"} if decision == "edit" else None)
    assert adjudicate(pair).code == 0
    (quote,) = pair.read(GOLD)["quotes"]
    assert (quote["id"], quote["type"]) == ("q1", expected)


def test_neither_may_be_right(pair: Corpus) -> None:
    change(pair.root / B, lambda value: value["quotes"][0].update(type="mixed"))
    adjudicate(pair)
    decide(pair, "neither")
    assert adjudicate(pair).code == 0
    assert pair.read(GOLD)["quotes"] == []
    assert adjudicate(pair).out == ""


def test_what_both_say_may_be_changed_removed_and_added_to(pair: Corpus) -> None:
    """The adjudicator decides against both: such an item has two equal sides, and stays while they do."""
    change(pair.root / B, lambda value: value["quotes"][0].update(type="mixed"))
    adjudicate(pair)
    quote = items(pair)[0]["a"]
    one, other = pair.read(A)["mentions"]
    added = {**other, "id": "m9", "spans": [span((pair.root / "raw/alpha.txt").read_text("utf-8"), "Mayor")]}

    def own(layer: str, side: Any, decision: str, record: Any) -> dict[str, Any]:
        about = {"layer": layer, "article": None, "differs": [], "a": side, "b": side}
        return {**about, "decision": decision, "record": record, "by": "lead"}

    def more(value: dict[str, Any]) -> None:
        value["items"][0].update(decision="edit", record={**quote, "source": []})
        value["items"] += [
            own("mentions", one, "neither", None),
            own("mentions", other, "edit", {**other, "form": "NOM"}),
            own("mentions", None, "edit", added),
        ]

    change(pair.root / WORKLIST, more)
    ran = adjudicate(pair)
    assert (ran.code, ran.out) == (0, f"{GOLD}: 1 agreed on, 4 decided\n")
    gold = pair.read(GOLD)
    assert {record["id"]: record["form"] for record in gold["mentions"]} == {other["id"]: "NOM", "m9": other["form"]}
    note = gold["provenance"]["note"]
    assert f"In the worklist: quotes {quote['id']} edit." in note
    assert f"lead in Label Studio: mentions {one['id']} neither, mentions {other['id']} edit, mentions m9 edit." in note
    assert adjudicate(pair).out == ""
    change(pair.root / A, lambda value: value["mentions"][1].update(form="NAM"))
    change(pair.root / B, lambda value: value["mentions"][1].update(form="NAM"))
    assert adjudicate(pair).code == 0
    assert [item["decision"] for item in items(pair)] == ["edit", "neither", "edit"], (
        "the annotators changed the record"
    )


def test_a_record_that_one_has_is_kept_or_not(pair: Corpus) -> None:
    text = (pair.root / "raw/alpha.txt").read_text("utf-8")
    more = {"id": "m2", "spans": [span(text, "Mayor")], "form": "NOM", "entity": "x1"}
    change(pair.root / B, lambda value: value["mentions"].append(more))
    adjudicate(pair)
    (item,) = items(pair)
    assert item["a"] is None
    assert item["b"]["id"] not in {"m1", "m2"}
    assert item["b"]["entity"] == "e1"
    decide(pair, "b")
    assert adjudicate(pair).code == 0
    assert item["b"] in pair.read(GOLD)["mentions"]
    decide(pair, "a")
    assert adjudicate(pair).code == 0
    assert len(pair.read(GOLD)["mentions"]) == 2


def derive(corpus: Corpus, path: str, **layers: dict[str, list[str]]) -> None:
    """Say that values of an annotation were derived."""
    provenance = {"tool": "label-studio", "derived": layers}
    change(corpus.root / path, lambda value: value.update(provenance=provenance, schema_version="1.1"))


@pytest.mark.parametrize(
    ("of_a", "of_b", "expected"),
    [
        (["speaker", "polarity"], ["polarity", "speaker"], {"speaker": ["q1"], "polarity": ["q1"]}),
        (["speaker", "polarity"], ["speaker"], {"speaker": ["q1"]}),
        (["speaker"], [], None),
        ([], ["speaker"], None),
    ],
    ids=["both", "one field of both", "only a", "only b"],
)
def test_a_value_of_gold_is_derived_if_no_annotator_chose_it(
    pair: Corpus, of_a: list[str], of_b: list[str], expected: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    derive(pair, A, quotes={name: ["q1"] for name in of_a})
    derive(pair, B, quotes={name: ["m1"] for name in of_b}, mentions={"form": ["q1"]})
    assert adjudicate(pair).code == 0
    gold = pair.read(GOLD)
    assert gold["provenance"].get("derived") == (expected and {"quotes": expected})
    assert gold["schema_version"] == ("1.1" if expected else pair.read(A)["schema_version"])
    assert findings(pair.root, capsys) == []
    before = pair.files()
    assert (adjudicate(pair).out, pair.files()) == ("", before)
    assert pair.run("fmt", "--check", str(pair.root / GOLD)).code == 0


@pytest.mark.parametrize(
    ("decision", "expected"),
    [("a", ["polarity", "speaker_kind"]), ("edit", ["polarity"]), ("own", ["attribution", "polarity"])],
)
def test_what_an_adjudicator_decided_is_not_derived(pair: Corpus, decision: str, expected: list[str]) -> None:
    """The two differ in attribution, which one of them must have chosen or the adjudicator decides."""
    names = ("attribution", "polarity", "speaker_kind")
    derive(pair, A, quotes={name: ["q1"] for name in names})
    derive(pair, B, quotes={name: ["m1"] for name in names})
    change(pair.root / B, lambda value: value["quotes"][0].update(attribution="implicit"))
    adjudicate(pair)
    record = items(pair)[0]["a"] | {"speaker_kind": "anonymous"}
    decide(pair, "a" if decision == "a" else "edit", None if decision == "a" else record)
    if decision == "own":
        change(pair.root / WORKLIST, lambda value: value["items"][0].update(derived=["attribution", 7, "nonsense"]))
    adjudicate(pair)
    assert sorted(pair.read(GOLD)["provenance"]["derived"]["quotes"]) == expected


def test_a_derived_value_of_a_record_that_one_has(pair: Corpus) -> None:
    change(pair.root / B, lambda value: value.update(quotes=[]))
    derive(pair, A, quotes={"speaker": ["q1"]})
    adjudicate(pair)
    decide(pair, "a")
    assert adjudicate(pair).code == 0
    assert pair.read(GOLD)["provenance"]["derived"] == {"quotes": {"speaker": ["q1"]}}
    decide(pair, "b")
    assert adjudicate(pair).code == 0
    assert "derived" not in pair.read(GOLD)["provenance"]


def test_nothing_is_decided_twice_and_what_changed_is_asked_again(pair: Corpus) -> None:
    change(
        pair.root / B, lambda value: (value["quotes"][0].update(type="mixed"), value["mentions"][1].update(form="NOM"))
    )
    adjudicate(pair)
    assert [item["layer"] for item in items(pair)] == ["mentions", "quotes"]
    decide(pair, "a", which=0)
    before = (pair.root / WORKLIST).read_bytes()
    assert adjudicate(pair).out == f"{WORKLIST}: 1 of 2 items open\n"
    assert json.loads(before) == pair.read(WORKLIST)
    decide(pair, "b", which=1)
    assert adjudicate(pair).code == 0
    gold = (pair.root / GOLD).read_bytes()
    assert adjudicate(pair).out == ""
    change(pair.root / B, lambda value: value["quotes"][0].update(type="indirect"))
    assert adjudicate(pair).out == f"{WORKLIST}: 1 of 2 items open\n"
    assert [item["decision"] for item in items(pair)] == ["a", None]
    assert (pair.root / GOLD).read_bytes() == gold
    decide(pair, "b", which=1)
    assert adjudicate(pair).code == 0
    assert pair.read(GOLD)["quotes"][0]["type"] == "indirect"


def test_gold_of_other_means_is_left_alone(corpus: Corpus) -> None:
    corpus.write(B, corpus.read(A) | {"annotator": "ann-b", "quotes": []})
    before = corpus.files()
    ran = adjudicate(corpus)
    assert (ran.code, ran.out) == (0, "")
    assert "1 of 1 document done (1 by other means)" in ran.err
    assert corpus.files() == before
    assert not (corpus.root / "adjudication").exists()


def test_gold_that_somebody_changed_is_not_overwritten(pair: Corpus) -> None:
    adjudicate(pair)
    change(pair.root / GOLD, lambda value: value["mentions"].pop())
    change(pair.root / A, lambda value: value["mentions"][0].update(form="NOM"))
    change(pair.root / B, lambda value: value["mentions"][0].update(form="NOM"))
    before = (pair.root / GOLD).read_bytes()
    ran = adjudicate(pair)
    assert (ran.code, ran.out) == (1, f"{GOLD}: left unchanged: it was changed since\n")
    assert (pair.root / GOLD).read_bytes() == before


def test_decisions_that_do_not_hang_together_are_not_written(pair: Corpus) -> None:
    """The entity goes, a mention of it stays."""
    for path in (A, B):
        change(pair.root / path, lambda value: value.update(quotes=[]))
    change(pair.root / B, lambda value: value.update(entities=[], mentions=[]))
    adjudicate(pair)
    for which, item in enumerate(items(pair)):
        decide(pair, "b" if item["layer"] == "entities" else "a", which=which)
    ran = adjudicate(pair)
    assert ran.code == 1
    assert "R402" in ran.out
    assert "not written" in ran.out
    assert not (pair.root / GOLD).exists()


def test_a_layer_that_one_did_not_look_at_is_not_gold(pair: Corpus) -> None:
    change(pair.root / B, lambda value: (value["layers_done"].remove("quotes"), value.pop("quotes")))
    ran = adjudicate(pair)
    assert "annotated by one annotator only: quotes\n" in ran.out
    assert pair.read(GOLD)["layers_done"] == ["entities", "mentions"]
    assert "quotes" not in pair.read(GOLD)


def test_words_of_a_withheld_text_are_in_no_worklist(tmp_path: Path) -> None:
    root = copy_repository(tmp_path, ("storm-ketterick-brief",), ("ann-a", "ann-b"))
    withhold(root, "storm-ketterick-brief", attach=True)
    assert run("--root", str(root), "adjudicate", "--from", "ann-a,ann-b").code == 1
    worklist = read(root / "adjudication/gold/storm-ketterick-brief.json")
    assert {item["article"] for item in worklist["items"]} == {None}
    assert not any("St Orrin's Hospital in" in one for one in strings_in(worklist))


def test_all_taken_from_one_is_that_ones_annotation(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On articles of this repository, with records, references and ids of every kind."""
    both = sorted(path.stem for path in (REPOSITORY / "annotations" / "ann-a").glob("*.json"))[::4]
    root = copy_repository(tmp_path, tuple(both), ("ann-a", "ann-b"))
    argv = ("--root", str(root), "adjudicate", "--from", "ann-a,ann-b", "--to", "merged")
    assert run(*argv).code == 1
    for decision in ("a", "b"):
        for path in (root / "adjudication" / "merged").iterdir():
            value = read(path)
            write(path, value | {"items": [item | {"decision": decision} for item in value["items"]]})
        assert run(*argv).code == 0
        for path in (root / "annotations" / "merged").iterdir():
            merged, one = read(path), read(root / "annotations" / f"ann-{decision}" / path.name)
            for layer in one["layers_done"]:
                assert len(merged.get(layer) or []) == len(one.get(layer) or [])
        assert [code for code, _ in findings(root, capsys) if code[1] in "1234"] == []


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("--from", "ann-a"), "--from must name two annotators"),
        (("--from", "ann-a,ann-z"), "has no annotator ann-z"),
        (("--from", "ann-a,ann-b", "--to", "ann-b"), "--to must name another annotator"),
        (("--from", "ann-a,ann-b", "--to", "../x"), "--to must name another annotator"),
    ],
)
def test_names_that_make_no_sense_are_refused(pair: Corpus, argv: tuple[str, ...], said: str) -> None:
    ran = pair.run("adjudicate", *argv)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda path: path.write_text("{", "utf-8"), "not a worklist"),
        (lambda path: write(path, {"items": 3}), "not a worklist"),
        (lambda path: write(path, read(path) | {"from": ["ann-a", "gold"]}), "is for --from ['ann-a', 'gold']"),
        (
            lambda path: change(path, lambda v: v["items"][0].update(decision="c")),
            "items/0: decision must be null or one of a, b",
        ),
        (
            lambda path: change(path, lambda v: v["items"][0].update(decision="edit")),
            "items/0: decision is edit: put the correct record in `record`",
        ),
        (lambda path: change(path, lambda v: v["items"].append(None)), "items/1: decision must be null or one of a, b"),
    ],
)
def test_a_worklist_that_is_damaged_is_refused_and_stays(
    pair: Corpus, edit: Callable[[Path], object], said: str
) -> None:
    change(pair.root / B, lambda value: value["quotes"][0].update(type="mixed"))
    adjudicate(pair)
    edit(pair.root / WORKLIST)
    before = (pair.root / WORKLIST).read_bytes()
    ran = adjudicate(pair)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert (pair.root / WORKLIST).read_bytes() == before


def test_an_edited_record_that_is_none_is_a_finding(pair: Corpus) -> None:
    change(pair.root / B, lambda value: value["quotes"][0].update(type="mixed"))
    adjudicate(pair)
    decide(pair, "edit", {"type": "direct"})
    ran = adjudicate(pair)
    assert ran.code == 1
    assert "S2" in ran.out
    assert not (pair.root / GOLD).exists()


def test_the_repository_has_its_gold() -> None:
    """Its articles were adjudicated before: a run on it asks nothing."""
    assert not (REPOSITORY / "adjudication").exists()


def test_the_tokens_of_a_source_are_carried_and_no_difference(pair: Corpus, capsys: pytest.CaptureFixture[str]) -> None:
    """One annotator has other sentences, one has none: nobody chose them, so nobody is asked."""
    add_layer(pair)
    other = [one | {"tokens": one["tokens"][:1]} for one in sentences()]
    change(pair.root / A, lambda value: value.update(with_sentences(value)))
    change(pair.root / B, lambda value: value.update(with_sentences(value) | {"sentences": other}))
    ran = adjudicate(pair)
    assert (ran.code, ran.out) == (0, f"{GOLD}: 4 agreed on, 0 decided\n")
    assert pair.read(GOLD)["sentences"] == sentences()
    assert pair.read(GOLD)["layers_done"][-1] == "sentences"
    assert findings(pair.root, capsys) == []
    change(pair.root / A, lambda value: [value.pop("sentences"), value["layers_done"].remove("sentences")])
    assert adjudicate(pair).out.startswith(f"{GOLD}: 4 agreed on, 0 decided")
    assert pair.read(GOLD)["sentences"] == other


def test_a_sentence_whose_id_a_record_has_gets_another(pair: Corpus, capsys: pytest.CaptureFixture[str]) -> None:
    add_layer(pair)
    fields = {"sentences": ["spans", "tokens"]}
    change(pair.root / B, lambda value: value.update(with_sentences(value), fields_done=fields, schema_version="1.1"))
    change(pair.root / B, lambda value: value["sentences"][0].pop("source_id"))
    change(pair.root / A, lambda value: value["quotes"][0].update(id="s1"))
    adjudicate(pair)
    gold = pair.read(GOLD)
    assert [one["id"] for one in gold["sentences"]] == ["s1-2", "s2"]
    assert (gold["fields_done"], gold["schema_version"]) == (fields, "1.1")
    assert findings(pair.root, capsys) == []
