"""Three accounts annotate twelve documents twice, someone adjudicates, and gold comes back: a real server."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from support.corpora import annotation, record
from support.desk import DOCUMENTS, Desk
from support.editor import CHROMIUM, Editor, browser
from support.studio import Studio, User
from support.studio_team import MORE, clear, decide, others, work

from corpus.core.schema import Schema

pytestmark = pytest.mark.label_studio

NAMES = ("ann-a", "ann-b", "ann-c")
TEXT = "Mayor Åsa Lindqvist spoke 😀.\n“The bridge is safe,” she said.\n"


def status(desk: Desk, project: str) -> dict[str, Any]:
    ran = desk.run("label-studio", "status", "--project", project, "--format", "json")
    assert ran.code == 0, ran.err
    found: dict[str, Any] = json.loads(ran.out)
    return found


def everything(desk: Desk) -> dict[str, bytes]:
    """Every file that a person or a command wrote."""
    folders = ("annotations", "adjudication", "quarantine")
    return {
        path.relative_to(desk.root).as_posix(): path.read_bytes()
        for folder in folders
        for path in (desk.root / folder).rglob("*")
        if path.is_file()
    }


def test_a_day_of_a_team(server: Studio, team: dict[str, User], desk: Desk, project: str) -> None:
    kept = clear(desk, MORE)
    documents = sorted([*DOCUMENTS, *MORE])
    desk.name(lead=server.lead, **team)
    pushed = desk.push(project, "--annotators", "2", "--assign", ",".join(NAMES), *documents)
    assert pushed.code == 0, pushed.err
    assert status(desk, project)["totals"]["left"] == 24

    done = work(server, project, team, kept)
    assert Counter(doc_id for _, doc_id in done) == dict.fromkeys(documents, 2)
    assert Counter(name for name, _ in done) == dict.fromkeys(NAMES, 8)
    found = status(desk, project)
    assert found["totals"] == {
        "documents": 12,
        "done": 24,
        "draft": 0,
        "skipped": 0,
        "quarantined": 0,
        "left": 0,
        "documents_left": 0,
    }
    assert [one["annotator"] for one in found["annotators"]] == list(NAMES)
    assert {one["lead_time"] for one in found["annotators"]} == {100.0}
    assert found["agreement"]["documents"] == 12
    assert not desk.leaks(*(user.email for user in team.values()))

    pulled = desk.pull(project)
    assert (pulled.code, "24 written" in pulled.err) == (0, True), pulled.err + pulled.out
    conflicts = f"{project}: conflicts"
    pushed = desk.push(conflicts, "--adjudicate", ",".join(NAMES))
    assert pushed.code == 0, pushed.err
    count = decide(server, conflicts, server.lead)
    assert f"12 documents sent, with {count} conflicts" in pushed.err
    gold = desk.pull(conflicts, "--adjudicated")
    assert gold.code == 0, gold.out + gold.err
    assert "12 of 12 documents done, 0 items open" in gold.err
    for doc_id in documents:
        value = json.loads((desk.root / "annotations/gold" / f"{doc_id}.json").read_bytes())
        assert "lead in Label Studio: " in value["provenance"]["note"]
    assert " error " not in desk.run("validate").out

    before = everything(desk)
    for again in (
        desk.pull(conflicts, "--adjudicated"),
        desk.pull(project),
        desk.push(conflicts, "--adjudicate", "ann-a,ann-b"),
    ):
        assert again.code == 0, again.err
    for pair in ("ann-a,ann-b", "ann-a,ann-c", "ann-b,ann-c"):
        assert desk.run("adjudicate", "--from", pair).code == 0
    assert everything(desk) == before
    assert desk.push(conflicts, "--adjudicate", "ann-a,ann-b").err.endswith("0 documents sent, with 0 conflicts\n")


def test_what_the_other_annotators_say_is_in_no_stream_and_in_the_table(
    server: Studio, team: dict[str, User], desk: Desk, project: str
) -> None:
    """In the browser: the stream of a tab, back to the task before, and the table, which is not blind."""
    pytest.importorskip("playwright", reason="pip install playwright")
    if not CHROMIUM.exists():
        pytest.skip(f"there is no {CHROMIUM}: apt-get install chromium")
    kept = clear(desk)
    desk.name(**team)
    assert desk.push(project, "--annotators", "2", "--assign", "ann-a,ann-b", *DOCUMENTS[:3]).code == 0
    assert len(work(server, project, {"ann-a": team["ann-a"]}, kept)) == 3
    number = server.project(project)["id"]
    views = server.api("GET", "/api/dm/views/", params={"project": number})
    tab = next(view["id"] for view in views if view["data"]["title"] == "ann-b")
    shown = "() => window.Htx.annotationStore.annotations.map(one => one.regionStore.regions.length)"

    with browser(server, team["ann-b"]) as page:
        page.goto(f"{server.url}/projects/{number}/data?tab={tab}")
        page.get_by_role("button", name="Label All Tasks").wait_for()
        assert page.get_by_text("Annotation results").locator("visible=true").count() == 0
        page.get_by_role("button", name="Label All Tasks").locator("xpath=following-sibling::*").first.click()
        page.get_by_text("Label Tasks As Displayed").click()
        page.wait_for_function("() => window.Htx && window.Htx.annotationStore.selected && !window.Htx.isLoading")
        assert page.evaluate(shown) == [0]
        first = page.evaluate("() => window.Htx.task.id")
        page.locator('input[name="Quotes"]').locator("visible=true").first.click()
        page.get_by_role("button", name="Submit").first.click()
        page.wait_for_function("id => window.Htx.task && window.Htx.task.id !== id", arg=first)
        assert page.evaluate(shown) == [0]
        page.get_by_test_id("prev-task").click()
        page.wait_for_function("id => window.Htx.task && window.Htx.task.id === id", arg=first)
        page.wait_for_timeout(1000)
        assert page.locator(".lsf-annotation-tabs, [class*=annotations-carousel]").count() == 0
        assert page.evaluate("() => window.Htx.annotationStore.selected.regionStore.regions.length") == 0
    assert others(server, first, team["ann-b"]) == 1


@pytest.mark.parametrize("kept", ["q1", "q1-b"])
def test_a_conflict_is_decided_in_the_editor(
    server: Studio, team: dict[str, User], desk: Desk, project: str, kept: str
) -> None:
    pytest.importorskip("playwright", reason="pip install playwright")
    if not CHROMIUM.exists():
        pytest.skip(f"there is no {CHROMIUM}: apt-get install chromium")
    clear(desk)
    desk.name(lead=server.lead, **team)
    (desk.root / "raw/alpha.txt").write_text(TEXT, "utf-8")
    (desk.root / "raw/alpha.json").write_text(json.dumps(record("alpha", TEXT)))
    both = {}
    for name, type_ in (("ann-a", "direct"), ("ann-b", "mixed")):
        both[name] = value = annotation("alpha", TEXT, name)
        value["quotes"][0]["type"] = type_
        (desk.root / "annotations" / name).mkdir(exist_ok=True)
        (desk.root / "annotations" / name / "alpha.json").write_text(json.dumps(value))
    assert desk.push(project, "--adjudicate", "ann-a,ann-b").code == 0
    task = server.tasks(project)["alpha"]["id"]
    number = server.project(project)["id"]
    regions = "() => window.Htx.annotationStore.selected.regionStore.regions.map(one => one.cleanId || one.id)"
    with browser(server, server.lead) as page:
        # A new project may open without its marks: the page tells people to reload it then.
        for _ in range(4):
            Editor.open(page, server, number, task)
            if {"q1", "q1-b"} <= set(page.evaluate(regions)):
                break
        assert page.get_by_text("1. Quotes “The bridge is safe,”: Type: ann-a direct, ann-b mixed").is_visible()
        assert {"q1", "q1-b"} <= set(page.evaluate(regions))
        gone = "q1-b" if kept == "q1" else "q1"
        page.evaluate(
            """id => {
              const one = window.Htx.annotationStore.selected;
              one.selectArea(one.regionStore.regions.find(region => (region.cleanId || region.id) === id));
            }""",
            gone,
        )
        page.keyboard.press("Backspace")
        page.wait_for_timeout(500)
        left = set(page.evaluate(regions))
        assert (kept in left, gone in left) == (True, False)
        with page.expect_response(lambda answer: answer.request.method == "POST" and "/annotations" in answer.url):
            page.get_by_role("button", name="Submit").first.click()
    pulled = desk.pull(project, "--adjudicated")
    assert pulled.code == 0, pulled.out + pulled.err
    gold = json.loads((desk.root / "annotations/gold/alpha.json").read_bytes())
    value = both["ann-a" if kept == "q1" else "ann-b"]
    assert {name: gold[name] for name in value["layers_done"]} == {name: value[name] for name in value["layers_done"]}
    assert Schema.read(desk.root).is_valid("annotation", gold)
