"""Adjudication in Label Studio: what is asked there, and that it and `corpus adjudicate` decide nothing twice."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.copies import change
from support.corpora import REPOSITORY, Corpus, Ran, span
from support.exports import SCHEMA, made
from support.stand_in_server import TITLE, StandIn, stand_in

from corpus.agreement.adjudicate import open_document
from corpus.agreement.load import shared_documents
from corpus.labelstudio.adjudication import adjudication_task, read_answer, read_question
from corpus.labelstudio.config_controls import PIECE
from corpus.labelstudio.decisions import Decided, Decisions
from corpus.labelstudio.decode import decode
from corpus.labelstudio.tasks import encode

A, B = "annotations/ann-a/alpha.json", "annotations/ann-b/alpha.json"
GOLD, WORKLIST = "annotations/gold/alpha.json", "adjudication/gold/alpha.json"
LATER = {"updated_at": "2026-11-25T07:00:00Z"}
Result = list[dict[str, Any]]


@pytest.fixture
def there(tmp_path: Path) -> Iterator[StandIn]:
    with stand_in(tmp_path / "server") as one:
        one.holds()
        yield one


@pytest.fixture
def pair(corpus: Corpus) -> Corpus:
    """Two annotators who differ in an entity, which has mentions and is a speaker, in a quote, and in a mention."""
    value = corpus.read(A) | {"annotator": "ann-b"}
    value["entities"][0]["name"] = "Mayor Lindqvist"
    value["quotes"][0]["type"] = "mixed"
    value["mentions"].append({"id": "m3", "spans": [span(_text(corpus), "Mayor")], "form": "NOM", "entity": "e1"})
    corpus.write(B, value)
    (corpus.root / GOLD).unlink()
    corpus.write("annotators.toml", '[people]\n"5" = "lead"\n')
    return corpus


def _text(corpus: Corpus) -> str:
    return (corpus.root / "raw/alpha.txt").read_text("utf-8")


def push(corpus: Corpus, *more: str) -> Ran:
    return corpus.run("label-studio", "push", "--project", TITLE, "--adjudicate", "ann-a,ann-b", *more)


def pull(corpus: Corpus) -> Ran:
    return corpus.run("label-studio", "pull", "--project", TITLE, "--adjudicated")


def worklist(corpus: Corpus) -> Ran:
    return corpus.run("adjudicate", "--from", "ann-a,ann-b")


def decisions(corpus: Corpus) -> dict[str, str | None]:
    """The decision on each item, by its layer."""
    return {item["layer"]: item["decision"] for item in corpus.read(WORKLIST)["items"]}


def union(there: StandIn) -> Result:
    """What the adjudicator sees."""
    (prediction,) = there.task("alpha")["predictions"]
    return list(prediction["result"])


def without(result: Result, *ids: str) -> Result:
    """The result after these regions were deleted, as the editor deletes them: it leaves their further pieces."""
    return [item for item in result if not {item.get("id"), item.get("from_id"), item.get("to_id")} & {*ids}]


def submit(there: StandIn, result: Result, **changed: Any) -> None:
    there.submit("alpha", made(31, 5, result=result, **changed))


def test_both_records_of_a_conflict_are_in_place_and_the_rest_once(pair: Corpus, there: StandIn) -> None:
    ran = push(pair)
    assert (ran.code, "1 document sent, with 3 conflicts" in ran.err) == (0, True), ran.err
    regions = [item for item in union(there) if item["type"] == "labels"]
    anchors = sorted(item["id"] for item in regions if PIECE not in item["id"])
    assert anchors == ["e1", "e1-b", "m1", "m2", "m3", "q1", "q1-b"]
    notes = {item["id"]: item["meta"]["text"] for item in regions if "meta" in item}
    assert notes == {
        "e1": ["1. ann-a"],
        "e1-b": ["1. ann-b"],
        "m3": ["2. ann-b"],
        "q1": ["3. ann-a"],
        "q1-b": ["3. ann-b"],
    }
    assert there.task("alpha")["data"]["conflicts"].splitlines() == [
        "1. Entities Åsa Lindqvist: Name: ann-a Åsa Lindqvist, ann-b Mayor Lindqvist",
        "2. Mentions “Mayor”: only ann-b",
        "3. Quotes “The bridge is safe,”: Type: ann-a direct, ann-b mixed",
    ]
    assert "$conflicts" in there.state["config"]
    assert there.state["settings"]["model_version"] == "adjudicate"


@pytest.mark.parametrize("side", ["a", "b"])
def test_every_conflict_of_this_corpus_can_be_decided_for_either_side(side: str) -> None:
    """Nothing else changes on the way through the editor: no record comes back as one that was edited."""
    documents = list(shared_documents(REPOSITORY, SCHEMA, ["ann-a", "ann-b"], Counter()))
    decided: Counter[str | None] = Counter()
    for shared in documents[::6]:
        opened = open_document(REPOSITORY, SCHEMA, shared, ["ann-a", "ann-b"], "trial")
        task = adjudication_task(opened, SCHEMA, ("ann-a", "ann-b"))
        question = read_question(task)
        assert question
        lost = {one.b if side == "a" else one.a for one in question.asked if one.is_pair}
        answer = read_answer(without(task["predictions"][0]["result"], *lost), question, SCHEMA)
        decoded = decode(answer.result, shared.text or "", SCHEMA)
        assert decoded.faults == []
        decisions = Decisions(opened, SCHEMA, ())
        outcome = decisions.take(question, answer.sides, decoded.layers, "lead", "x/1/1")
        assert outcome == Decided()
        decided.update(item.decision for item in decisions.items if item.a and item.b)
        assert not [item for item in decisions.items if item.is_own]
    assert set(decided) == {side}
    assert decided.total() > 50


def test_decisions_become_gold_and_a_second_pull_changes_no_byte(pair: Corpus, there: StandIn) -> None:
    push(pair)
    submit(there, without(union(there), "e1", "q1", "m3"))
    ran = pull(pair)
    assert (ran.code, ran.out) == (0, f"{GOLD}: 2 agreed on, 3 decided\n"), ran.err
    gold = pair.read(GOLD)
    assert gold["entities"] == pair.read(B)["entities"]
    assert gold["quotes"] == pair.read(B)["quotes"]
    assert gold["mentions"] == pair.read(A)["mentions"]
    assert gold["provenance"]["note"].endswith("lead in Label Studio: entities e1 b, mentions m3 a, quotes q1 b.")
    assert decisions(pair) == {"entities": "b", "mentions": "a", "quotes": "b"}
    before = pair.files() | {WORKLIST: (pair.root / WORKLIST).read_bytes()}
    assert (pull(pair).code, pull(pair).out) == (0, "")
    assert pair.files() | {WORKLIST: (pair.root / WORKLIST).read_bytes()} == before
    assert worklist(pair).code == 0
    assert pair.files() | {WORKLIST: (pair.root / WORKLIST).read_bytes()} == before
    assert not [line for line in pair.run("validate").out.splitlines() if " error " in line]


def test_what_is_left_doubled_stays_open_and_is_asked_nowhere_twice(pair: Corpus, there: StandIn) -> None:
    push(pair)
    submit(there, without(union(there), "q1-b"))
    ran = pull(pair)
    assert (ran.code, ran.out) == (1, f"{WORKLIST}: 1 of 3 items open\n")
    assert decisions(pair) == {"entities": None, "mentions": "b", "quotes": "a"}
    assert not (pair.root / GOLD).exists()
    again = push(pair)
    assert "skipped, the project asks their conflicts already: alpha" in again.err
    change(pair.root / WORKLIST, lambda value: value["items"][0].update(decision="a"))
    assert worklist(pair).code == 0
    assert pair.read(GOLD)["entities"] == pair.read(A)["entities"]
    assert "1 document without a conflict" in push(pair).err
    assert (pull(pair).code, decisions(pair)) == (0, {"entities": "a", "mentions": "b", "quotes": "a"})


def test_what_the_worklist_decided_is_in_place_and_not_asked(pair: Corpus, there: StandIn) -> None:
    worklist(pair)
    change(pair.root / WORKLIST, lambda value: value["items"][2].update(decision="b"))
    assert "with 2 conflicts" in push(pair).err
    seen = decode(without(union(there), "e1-b"), _text(pair), SCHEMA)
    assert seen.layers["quotes"] == pair.read(B)["quotes"]
    submit(there, without(union(there), "e1-b"))
    assert pull(pair).code == 0
    assert pair.read(GOLD)["quotes"] == pair.read(B)["quotes"]
    assert "In the worklist: quotes q1 b." in pair.read(GOLD)["provenance"]["note"]


def test_the_worklist_wins_over_an_older_question(pair: Corpus, there: StandIn) -> None:
    push(pair)
    worklist(pair)
    change(pair.root / WORKLIST, lambda value: value["items"][2].update(decision="a"))
    submit(there, without(union(there), "e1-b", "q1"))
    ran = pull(pair)
    assert (ran.code, "warning L117" in ran.out, "1 were decided otherwise in the worklist" in ran.out) == (
        1,
        True,
        True,
    )
    assert pair.read(GOLD)["quotes"] == pair.read(A)["quotes"]


def test_the_adjudicator_may_be_of_another_mind_later(pair: Corpus, there: StandIn) -> None:
    push(pair)
    submit(there, without(union(there), "e1", "q1", "m3"))
    pull(pair)
    submit(there, without(union(there), "e1-b", "q1", "q1-b", "m1"), **LATER)
    assert pull(pair).code == 0
    gold = pair.read(GOLD)
    assert (gold["entities"], gold["quotes"]) == (pair.read(A)["entities"], [])
    assert [one["id"] for one in gold["mentions"]] == ["m3", "m2"]
    note = gold["provenance"]["note"]
    assert "entities e1 a, mentions m1 neither, mentions m3 b, quotes q1 neither" in note
    submit(there, without(union(there), "e1", "q1", "m3"), updated_at="2026-11-26T07:00:00Z")
    assert pull(pair).code == 0
    assert [one["id"] for one in pair.read(GOLD)["mentions"]] == ["m1", "m2"]


def test_records_may_be_changed_and_added(pair: Corpus, there: StandIn) -> None:
    push(pair)
    value = pair.read(A)
    value["quotes"][0]["type"] = "indirect"
    value["mentions"][0]["form"] = "NOM"
    value["mentions"] += [pair.read(B)["mentions"][2]]
    value["mentions"] += [{"id": "Xy9", "spans": [span(_text(pair), "Lindqvist")], "form": "NAM", "entity": "e1"}]
    submit(there, encode(value, _text(pair), SCHEMA))
    assert pull(pair).code == 0
    gold = pair.read(GOLD)
    assert gold["quotes"][0]["type"] == "indirect"
    forms = {one["id"]: one["form"] for one in gold["mentions"]}
    assert forms == {"m1": "NOM", "m2": "PRO", "m3": "NOM", "Xy9": "NAM"}
    assert "mentions Xy9 edit, mentions m1 edit, mentions m3 b, quotes q1 edit" in gold["provenance"]["note"]
    before = pair.files()
    assert (pull(pair).out, worklist(pair).out, pair.files()) == ("", "", before)


def test_a_field_that_the_adjudicator_left_blank_is_derived_in_gold(pair: Corpus, there: StandIn) -> None:
    push(pair)
    words = _text(pair).index("Lindqvist spoke")
    value = {"start": words, "end": words + 15, "text": "Lindqvist spoke", "labels": ["quotes:indirect"]}
    drawn = {"id": "Xy9", "from_name": "label", "to_name": "text", "type": "labels", "value": value}
    medium = {**drawn, "from_name": "quotes.medium", "type": "choices"}
    medium["value"] = {"start": words, "end": words + 15, "choices": ["speech"]}
    submit(there, [*without(union(there), "e1-b", "q1-b", "m3"), drawn, medium])
    ran = pull(pair)
    assert ran.code == 0, ran.out
    gold = pair.read(GOLD)
    assert [one["id"] for one in gold["quotes"]] == ["Xy9", "q1"]
    derived = gold["provenance"]["derived"]["quotes"]
    assert derived == {key: ["Xy9"] for key in derived}
    assert {"attribution", "polarity"} <= derived.keys()
    before = pair.files()
    assert (pull(pair).out, worklist(pair).out, pair.files()) == ("", "", before)


def test_an_annotator_who_changes_a_record_is_asked_about_again(pair: Corpus, there: StandIn) -> None:
    push(pair)
    change(pair.root / B, lambda value: value["quotes"][0].update(type="indirect"))
    submit(there, without(union(there), "e1", "q1", "m3"))
    ran = pull(pair)
    assert (ran.code, "1 of its records were changed by an annotator" in ran.out) == (1, True)
    assert decisions(pair) == {"entities": "b", "mentions": "a", "quotes": None}
    assert "1 document sent, with 1 conflict" in push(pair).err


@pytest.mark.parametrize("fault", ["nonsense", "reference", "unticked"])
def test_nothing_of_an_invalid_submission_is_taken(pair: Corpus, there: StandIn, fault: str) -> None:
    push(pair)
    result = without(union(there), "e1", "q1", "m3")
    if fault == "nonsense":
        result.append({"nonsense": 1})
    elif fault == "reference":
        result = without(result, "e1-b")
    else:
        result = [item for item in without(result, "q1-b") if item["from_name"] != "layers_done"]
    submit(there, result)
    ran = pull(pair)
    assert (ran.code, "quarantined quarantine/alpha/lead-" in ran.out) == (1, True), ran.out
    assert not (pair.root / GOLD).exists()
    assert not (pair.root / WORKLIST).exists()
    submit(there, without(union(there), "e1", "q1", "m3"))
    assert pull(pair).code == 0
    assert not list((pair.root / "quarantine").rglob("*.json"))


def test_gold_of_other_means_is_neither_asked_nor_replaced(pair: Corpus, there: StandIn) -> None:
    push(pair)
    submit(there, without(union(there), "e1", "q1", "m3"))
    pair.write(GOLD, pair.read(A) | {"annotator": "gold"})
    before = pair.files()
    ran = pull(pair)
    assert (ran.code, f"{GOLD}: left unchanged: it was not made here" in ran.out) == (1, True)
    assert pair.files() == before
    there.holds()
    assert "skipped, they have gold of other means: alpha" in push(pair).err


def test_the_status_of_conflicts_is_shown(pair: Corpus, there: StandIn) -> None:
    push(pair)
    submit(there, without(union(there), "e1", "q1"))
    ran = pair.run("label-studio", "status", "--project", TITLE, "--format", "json")
    found = json.loads(ran.out)
    assert (found["totals"]["done"], found["totals"]["left"]) == (1, 0), ran.out
    assert found["agreement"] == {"documents": 0, "figures": []}


def test_the_two_kinds_of_projects_are_not_mixed_up(pair: Corpus, there: StandIn) -> None:
    push(pair)
    submit(there, without(union(there), "e1", "q1", "m3"))
    ran = pair.run("label-studio", "pull", "--project", TITLE)
    assert (ran.code, "error L116" in ran.out, "--adjudicated" in ran.out) == (1, True, True)
    assert "note: this is a project of adjudication" in ran.err
    assert not (pair.root / "annotations/lead").exists()
    ran = pair.run("label-studio", "push", "--project", TITLE, "beta")
    assert (ran.code, "is one of adjudication" in ran.err) == (2, True)
    there.holds()
    pair.run("label-studio", "push", "--project", TITLE)
    for ran in (push(pair), pull(pair)):
        assert (ran.code, "name another one" in ran.err or "without --adjudicated" in ran.err) == (2, True), ran.err


def test_an_annotator_who_was_renamed_is_asked_about_anew(pair: Corpus, there: StandIn) -> None:
    push(pair)
    submit(there, without(union(there), "e1", "q1", "m3"))
    (pair.root / "annotations/ann-b").rename(pair.root / "annotations/ann-x")
    change(pair.root / "annotations/ann-x/alpha.json", lambda value: value.update(annotator="ann-x"))
    ran = pull(pair)
    assert (ran.code, "ann-a and ann-b have not both annotated it" in ran.out) == (1, True), ran
    assert "push --adjudicate` again with the new name" in ran.out
    assert not (pair.root / WORKLIST).exists()
    again = pair.run("label-studio", "push", "--project", TITLE, "--adjudicate", "ann-a,ann-x")
    assert (again.code, "1 document sent, with 3 conflicts" in again.err) == (0, True), again.err
    assert len(there.state["tasks"]) == 2


def test_two_accounts_of_one_adjudicator_are_reported(pair: Corpus, there: StandIn) -> None:
    pair.write("annotators.toml", '[people]\n"5" = "lead"\n"6" = "lead"\n')
    push(pair)
    submit(there, without(union(there), "e1", "q1", "m3"))
    there.submit("alpha", made(32, 6, result=without(union(there), "e1-b", "q1-b"), **LATER))
    ran = pull(pair)
    assert (ran.code, "the decisions of lead are dropped for the newer ones of lead" in ran.out) == (1, True), ran.out
    assert decisions(pair) == {"entities": "a", "mentions": "b", "quotes": "a"}


def test_a_project_of_conflicts_gets_no_predictions_and_is_not_migrated(pair: Corpus, there: StandIn) -> None:
    push(pair)
    before = there.state
    (pair.root / "model").mkdir()
    shutil.copy(pair.root / A, pair.root / "model")
    shutil.copytree(pair.root / "schema", pair.root.parent / "before/schema")
    for verb, *more in (
        ("push", "--predictions", str(pair.root / "model")),
        ("migrate", "--from", str(pair.root.parent / "before")),
    ):
        ran = pair.run("label-studio", verb, "--project", TITLE, *more)
        assert (ran.code, "is one of adjudication; " in ran.err) == (2, True), ran.err
    assert there.state == before


@pytest.mark.parametrize("names", ["ann-a", "ann-a,gold", "ann-a,nobody", "ann-a,ann-a"])
def test_annotators_that_cannot_be_adjudicated_are_refused(pair: Corpus, there: StandIn, names: str) -> None:
    ran = pair.run("label-studio", "push", "--project", TITLE, "--adjudicate", names)
    assert (ran.code, there.state["tasks"]) == (2, [])


@pytest.mark.parametrize(
    "value", [None, 7, {}, {"from": ["ann-a"]}, {"from": ["../x", "ann-b"], "asked": [], "in_place": {}}, {"from": 1}]
)
def test_a_question_that_someone_changed_on_the_server_is_refused(pair: Corpus, there: StandIn, value: Any) -> None:
    push(pair)
    submit(there, without(union(there), "e1", "q1", "m3"), **LATER)
    there.submit("alpha", made(31, 5, result=[]), meta={**there.task("alpha")["meta"], "adjudication": value})
    before = pair.files()
    assert (pull(pair).code, pair.files()) == (2, before)
    assert "Traceback" not in pull(pair).err


def test_a_withheld_text_is_asked_when_it_is_attached(pair: Corpus, there: StandIn) -> None:
    change(pair.root / "raw/alpha.json", lambda value: value.update(redistribution="offsets_only"))
    (pair.root / "raw/alpha.txt").unlink()
    ran = push(pair)
    assert (ran.code, "skipped, the text is not available: alpha" in ran.err) == (0, True)
    assert json.dumps(there.state["tasks"]) == "[]"
