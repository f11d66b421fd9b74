"""The real editor in headless Chromium: what a person selects is what the pulled file holds, no more and no less."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.corpora import REPOSITORY
from support.desk import DOCUMENTS, Desk
from support.editor import CHROMIUM, Editor, browser
from support.hard_text import HARD, add_document, hard_annotation, layers
from support.studio import Studio, User

pytestmark = pytest.mark.label_studio

TEXT = "😀😀 Zoe Marlow smiled.\r\n“No way,” she said on Monday, “and no again.”\nTom Marlow left the 👨‍👩‍👧 house.\n"


@pytest.fixture(autouse=True)
def _browser_is_here() -> None:
    pytest.importorskip("playwright", reason="pip install playwright")
    if not CHROMIUM.exists():
        pytest.skip(f"there is no {CHROMIUM}: apt-get install chromium")


def test_a_person_annotates_in_the_editor(
    server: Studio,
    annotators: tuple[User, User],
    desk: Desk,
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> None:
    person, project = annotators[0], "Press archive"
    desk.name(person=person)
    empty = {"layers_done": [], "provenance": {"tool": "none"}}
    add_document(desk, "marlows", TEXT, empty, title="The Marlows")
    assert desk.push(project, "marlows").code == 0
    task = server.tasks(project)["marlows"]["id"]

    with browser(server, person) as page:
        editor = Editor.open(page, server, server.project(project)["id"], task)
        editor.mark("Mentions: Name", "Zoe Marlow")
        editor.type("Entity *", "e1")
        editor.mark("Mentions: Pronoun", "she")
        editor.type("Entity *", "e1")
        editor.mark("Entities (anchor)", "Zoe")
        editor.type("Id, to be referred to by *", "e1")
        editor.pick("Type *", "Person")
        editor.type("Name *", "Zoe Marlow")
        # No key may reach a control that is hidden.
        page.locator("h3", has_text="Entities").first.click()
        editor.press_every_letter()
        editor.mark("Quotes: Cue: Speech", "said")
        editor.mark("Quotes: Content (further)", "and no again.")
        editor.mark("Quotes: Direct", "No way,")
        editor.type("Speaker (blank: derived)", "e1")
        for control, title in {
            "Attribution (blank: derived)": "Anaphoric",
            "Polarity (blank: derived)": "Asserted",
            "Runs over paragraphs (blank: derived)": "no",
        }.items():
            editor.choose(control, title)
        editor.pick("Kind of speaker (blank: derived)", "Named person")
        for end in ("said", "and no again.", "she"):
            editor.relate("No way,", end)
        for layer in ("Entities", "Mentions", "Quotes"):
            editor.choose("Layers you have checked *", layer)
        editor.click("No way,")
        page.screenshot(path=str(tmp_path / "editor.png"))
        if request.config.getoption("--golden"):
            page.screenshot(path=str(REPOSITORY / "docs" / "img" / "label-studio-editor.png"))
        editor.submit()

    pulled = desk.pull(project)
    assert pulled.code == 0, pulled.out + pulled.err
    value = json.loads((desk.root / "annotations" / "person" / "marlows.json").read_bytes())

    def span(words: str) -> dict[str, object]:
        start = TEXT.index(words)
        return {"start": start, "end": start + len(words), "text": words}

    assert value["layers_done"] == ["entities", "mentions", "quotes"]
    assert value["entities"] == [{"id": "e1", "type": "PER", "name": "Zoe Marlow", "kb": None, "kb_date": None}]
    assert [(m["spans"], m["form"], m["entity"]) for m in value["mentions"]] == [
        ([span("Zoe Marlow")], "NAM", "e1"),
        ([span("she")], "PRO", "e1"),
    ]
    (quote,) = value["quotes"]
    assert quote["content"] == [span("No way,"), span("and no again.")]
    assert quote["cue"] == [span("said")]
    assert quote["source"] == [value["mentions"][1]["id"]]
    assert (quote["speaker"], quote["type"], quote["medium"]) == ("e1", "direct", "speech")
    assert (quote["attribution"], quote["speaker_kind"], quote["polarity"]) == ("anaphoric", "named", "asserted")
    assert quote["continues_paragraph"] is False
    assert "nonquotes" not in value
    assert "derived" not in value["provenance"]
    assert value["provenance"]["from_prediction"] is False
    assert value["provenance"]["lead_time"] > 0
    findings = desk.run("validate", str(desk.root / "annotations" / "person"))
    assert " error " not in findings.out, findings.out


def test_predictions_that_are_submitted_in_the_editor_come_back_as_they_went(
    server: Studio, annotators: tuple[User, User], desk: Desk, project: str
) -> None:
    desk.name(person=annotators[1])
    add_document(desk, "hard-text", HARD, hard_annotation())
    documents = [*DOCUMENTS, "hard-text"]
    assert desk.push(project, "--annotator", "gold", *documents).code == 0
    with browser(server, annotators[1]) as page:
        page.goto(f"{server.url}/projects/{server.project(project)['id']}/data?labeling=1")
        for number in range(len(documents)):
            editor = Editor(page)
            editor.wait(submitted=number)
            editor.submit()
    pulled = desk.pull(project)
    assert pulled.code == 0, pulled.out + pulled.err
    for doc_id in documents:
        went, back = (desk.root / "annotations" / who / f"{doc_id}.json" for who in ("gold", "person"))
        assert layers(back.read_bytes()) == layers(went.read_bytes()), doc_id
        assert json.loads(back.read_bytes())["provenance"]["from_prediction"] is True
