"""Who annotates what, and what is done: a stand-in for the server."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from support.corpora import Corpus, Ran, annotation
from support.exports import SCHEMA, TEXT, exported, made
from support.stand_in_server import TITLE, StandIn, stand_in
from support.studio import TICKED

from corpus.core.model import CorpusError
from corpus.labelstudio.tasks import encode
from corpus.labelstudio.team import Team, deal


@pytest.fixture
def there(tmp_path: Path) -> Iterator[StandIn]:
    with stand_in(tmp_path / "server") as one:
        one.holds()
        yield one


def push(corpus: Corpus, *more: str) -> Ran:
    return corpus.run("label-studio", "push", "--project", TITLE, *more)


def status(corpus: Corpus) -> dict[str, Any]:
    ran = corpus.run("label-studio", "status", "--project", TITLE, "--format", "json")
    assert ran.code == 0, ran.err
    found: dict[str, Any] = json.loads(ran.out)
    return found


def people(corpus: Corpus, **names: str) -> None:
    lines = "".join(f'"{user[1:]}" = "{name}"\n' for user, name in names.items())
    corpus.write("annotators.toml", f"[people]\n{lines}")


class TestDeal:
    @pytest.mark.parametrize(("people", "overlap"), [(2, 1), (3, 2), (5, 2), (4, 3), (1, 1)])
    def test_everyone_gets_as_many_and_so_does_every_pair(self, people: int, overlap: int) -> None:
        names = tuple(f"ann-{n}" for n in range(people))
        documents = [f"doc-{n}" for n in range(60)]
        dealt = deal(documents, Team(overlap, names))
        assert {len(set(who)) for who in dealt.values()} == {overlap}
        load = Counter(name for who in dealt.values() for name in who)
        pairs = Counter(pair for who in dealt.values() for pair in combinations(who, 2))
        assert max(load.values()) - min(load.values()) <= 1
        if overlap > 1:
            assert len(pairs) == people * (people - 1) // 2
            assert max(pairs.values()) - min(pairs.values()) <= 2

    def test_a_later_round_evens_out_an_earlier_one(self) -> None:
        dealt = deal(["x", "y"], Team(1, ("ann-a", "ann-b")), [("ann-a",), ("ann-a",)])
        assert set(dealt.values()) == {("ann-b",)}

    @pytest.mark.parametrize(
        ("team", "message"),
        [
            (Team(3, ("ann-a", "ann-b")), "--annotators 3 needs as many names"),
            (Team(2, ("ann-a", "ann-a")), "names someone twice"),
            (Team(1, ("mira@example.org",)), "is not a valid annotator name"),
        ],
    )
    def test_a_team_that_cannot_be_is_refused(self, team: Team, message: str) -> None:
        with pytest.raises(CorpusError, match=message):
            team.checked()


class TestPush:
    def test_each_document_is_offered_to_as_many_as_asked(self, corpus: Corpus, there: StandIn) -> None:
        assert push(corpus, "--annotators", "2").code == 0
        assert there.state["settings"] == {"maximum_annotations": 2}
        assert not any("assigned" in one["data"] for one in there.state["tasks"])

    def test_an_assigned_document_names_its_annotators_and_each_has_a_tab(self, corpus: Corpus, there: StandIn) -> None:
        for _ in range(2):
            assert push(corpus, "--new", "--assign", "ann-a,ann-b", "--annotators", "1").code == 0
        assigned = {one["data"]["doc_id"]: one["data"]["assigned"] for one in there.state["tasks"]}
        assert assigned == {"alpha": "ann-a", "beta": "ann-b"}
        assert there.task("alpha")["meta"]["assigned"] == ["ann-a"]
        assert [one["data"]["title"] for one in there.state["views"]] == ["ann-a", "ann-b"]
        (item,) = there.state["views"][0]["data"]["filters"]["items"]
        assert (item["filter"], item["value"]) == ("filter:tasks:data.assigned", "(^| )ann-a( |$)")

    def test_a_later_round_does_not_take_a_document_from_its_second_annotator(
        self, corpus: Corpus, there: StandIn
    ) -> None:
        """The number of annotators is one for the whole project."""
        assert push(corpus, "alpha", "--assign", "ann-a,ann-b").code == 0
        before = there.state
        for more in (("--annotators", "1"), ("--assign", "ann-c"), ("--assign", "ann-a,ann-b", "--annotators", "1")):
            ran = push(corpus, "--new", *more)
            assert (ran.code, "are assigned to 2 annotators" in ran.err) == (2, True), ran.err
        assert there.state == before
        assert push(corpus, "--new", "--assign", "ann-b,ann-c").code == 0

    def test_without_a_number_everyone_named_annotates_each_document(self, corpus: Corpus, there: StandIn) -> None:
        assert push(corpus, "--assign", "ann-a,ann-b").code == 0
        assert {one["data"]["assigned"] for one in there.state["tasks"]} == {"ann-a ann-b"}
        assert there.state["settings"] == {"maximum_annotations": 2}

    def test_a_name_without_an_account_is_a_warning(self, corpus: Corpus, there: StandIn) -> None:
        people(corpus, u7="ann-a")
        ran = push(corpus, "--assign", "ann-a,ann-b", "--annotators", "2")
        assert (ran.code, "annotators.toml has no account for ann-b: add" in ran.err) == (0, True)

    @pytest.mark.parametrize(
        ("argv", "message"),
        [
            (("--annotators", "0"), "is not a whole number from 1"),
            (("--adjudicate", "ann-a,gold", "--new"), "--adjudicate cannot be combined with --new"),
            (("--predictions", ".", "--annotators", "2"), "--predictions cannot be combined with --annotators"),
            (("--adjudicate", "ann-a,gold", "--layers", "quotes"), "--adjudicate cannot be combined with --layers"),
            (("--model-version", "m1"), "--model-version needs --predictions"),
        ],
    )
    def test_options_that_clash_are_refused(
        self, corpus: Corpus, there: StandIn, argv: tuple[str, ...], message: str
    ) -> None:
        ran = push(corpus, *argv)
        assert (ran.code, message in ran.err) == (2, True), ran.err
        assert there.state["tasks"] == []


class TestStatus:
    def test_every_state_of_an_annotator_is_shown(self, corpus: Corpus, there: StandIn) -> None:
        people(corpus, u7="ann-a", u8="ann-b", u9="ann-c")
        push(corpus, "--annotators", "2", "--assign", "ann-a,ann-b")
        draft = {"id": 1, "user": "mira@example.org", "created_username": "Mira mira@example.org, 9", "lead_time": 30}
        there.submit("alpha", made(11, 7, lead_time=60), drafts=[{**draft, "annotation": None}])
        there.submit("alpha", made(12, 8, result=[7], lead_time=120))
        there.submit("beta", made(13, 8, was_cancelled=True))
        before = corpus.files()
        found = status(corpus)
        assert found["totals"] == {
            "documents": 2,
            "done": 1,
            "draft": 1,
            "skipped": 1,
            "quarantined": 1,
            "left": 3,
            "documents_left": 2,
        }
        alpha, beta = found["documents"]
        assert (alpha["assigned"], alpha["left"], beta["left"]) == (["ann-a", "ann-b"], 1, 2)
        states = {one["annotator"]: one["state"] for one in alpha["work"]}
        assert states == {"ann-a": "done", "ann-b": "quarantined", "ann-c": "draft"}
        assert alpha["work"][1]["codes"] == ["L201"]
        by = {one["annotator"]: one for one in found["annotators"]}
        assert (by["ann-a"]["left"], by["ann-b"]["left"], by["ann-a"]["lead_time"]) == (1, 2, 60)
        text = corpus.run("label-studio", "status", "--project", TITLE).out
        assert "3 annotations left, of 2 documents" in text
        assert "quarantined L201" in text
        assert "example.org" not in text + json.dumps(found) + (corpus.root / "annotators.toml").read_text()
        assert corpus.files() == before

    def test_an_annotator_who_was_renamed_is_reported(self, corpus: Corpus, there: StandIn) -> None:
        people(corpus, u7="ann-a", u8="ann-b")
        push(corpus, "--annotators", "2", "--assign", "ann-a,ann-b")
        people(corpus, u7="ann-a", u8="ann-x")
        there.submit("alpha", made(12, 8))
        ran = corpus.run("label-studio", "status", "--project", TITLE)
        assert (ran.code, "annotators.toml has no account for ann-b: " in ran.err) == (0, True), ran.err
        assert "ann-x" in ran.out

    def test_the_agreement_is_that_of_what_two_people_have_done(self, corpus: Corpus, there: StandIn) -> None:
        people(corpus, u7="ann-a", u8="ann-b")
        push(corpus, "--annotators", "2")
        assert status(corpus)["agreement"] == {"documents": 0, "figures": []}
        other = annotation("alpha")
        other["quotes"][0]["type"] = "mixed"
        there.submit("alpha", made(11, 7))
        there.submit("alpha", made(12, 8, result=encode(other, TEXT, SCHEMA)))
        there.submit("beta", made(13, 8))
        found = status(corpus)["agreement"]
        assert found["documents"] == 1
        figures = {(one["layer"], one["measure"]): one["value"] for one in found["figures"]}
        assert (figures["quotes", "record_f1"], figures["quotes", "record_f1_labelled"]) == (1.0, 0.0)
        corpus.run("label-studio", "pull", "--project", TITLE)
        measured = json.loads(corpus.run("agreement", "--annotators", "ann-a,ann-b", "--format", "json").out)["figures"]
        same = {(one["layer"], one["measure"]): one["value"] for one in measured if one["doc_id"] == ""}
        assert figures == {key: same[key] for key in figures}

    def test_only_tasks_that_someone_touched_are_downloaded(
        self, corpus: Corpus, there: StandIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        people(corpus, u7="ann-a")
        push(corpus)
        there.submit("beta", made(13, 7, result=TICKED))
        asked: list[tuple[int, ...]] = []
        from corpus.labelstudio.server import Server

        real = Server.tasks

        def tasks(self: Server, *argv: Any, **options: Any) -> Any:
            asked.append(tuple(options.get("ids", ())))
            return real(self, *argv, **options)

        monkeypatch.setattr(Server, "tasks", tasks)
        assert status(corpus)["totals"]["done"] == 1
        assert asked == [(there.task("beta")["id"],)]

    def test_a_new_person_keeps_the_name_that_the_status_gave(self, corpus: Corpus, there: StandIn) -> None:
        push(corpus)
        there.submit("alpha", made(11, 7))
        assert [one["annotator"] for one in status(corpus)["annotators"]] == ["ann-1"]
        assert '"7" = "ann-1"' in (corpus.root / "annotators.toml").read_text()
        corpus.run("label-studio", "pull", "--project", TITLE)
        assert (corpus.root / "annotations/ann-1/alpha.json").exists()

    def test_a_task_that_push_did_not_make_is_quarantined(self, corpus: Corpus, there: StandIn) -> None:
        people(corpus, u7="ann-a")
        one = exported(1, "alpha", made(11, 7))
        del one["data"]["doc_id"], one["meta"], one["drafts"]
        there.holds(one)
        (document,) = status(corpus)["documents"]
        assert (document["doc_id"], document["work"][0]["codes"]) == ("", ["L101"])
