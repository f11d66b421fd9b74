"""Annotating quotes is quick: the actions that a quote costs in the real editor, and what is pulled afterwards."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from support.corpora import REPOSITORY
from support.desk import Desk
from support.editor import CHROMIUM, Editor, browser
from support.studio import Studio, User

pytestmark = pytest.mark.label_studio

DOCUMENT = "storm-ketterick-brief"
SCREEN = {"width": 1366, "height": 768}
_SCROLLED = "() => [...document.querySelectorAll('.pane')].map(pane => pane.scrollTop)"


@dataclass
class Hands:
    """What a person does in the editor, counted."""

    editor: Editor
    drags: int = 0
    clicks: int = 0
    keys: int = 0
    done: list[str] = field(default_factory=list)

    def key(self, key: str) -> None:
        self.editor.page.keyboard.press(key)
        self.keys += 1

    def drag(self, words: str) -> None:
        self.editor.select(words)
        self.drags += 1
        self.editor.page.wait_for_timeout(200)

    def double_click(self, words: str, nth: int = 0) -> None:
        self.editor.double_click(words, nth)
        self.clicks += 1
        self.editor.page.wait_for_timeout(200)


def named_only(desk: Desk) -> dict[str, Any]:
    """Give the corpus an annotation with the entities and mentions of gold; return gold."""
    gold = json.loads((desk.root / "annotations/gold" / f"{DOCUMENT}.json").read_bytes())
    kept = {name: gold[name] for name in ("entities", "mentions")}
    base = {name: gold[name] for name in ("doc_id", "schema_version", "text_sha256")}
    value = {**base, "annotator": "names", "layers_done": list(kept), **kept}
    path = desk.root / "annotations/names" / f"{DOCUMENT}.json"
    path.parent.mkdir()
    path.write_text(json.dumps(value))
    return dict(gold)


def without_id(quote: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in quote.items() if name != "id"}


def test_a_quote_costs_two_drags_and_four_keys_and_clicks(
    server: Studio,
    annotators: tuple[User, User],
    desk: Desk,
    project: str,
    request: pytest.FixtureRequest,
) -> None:
    pytest.importorskip("playwright", reason="pip install playwright")
    if not CHROMIUM.exists():
        pytest.skip(f"there is no {CHROMIUM}: apt-get install chromium")
    desk.name(person=annotators[0])
    gold = named_only(desk)
    pushed = desk.push(project, DOCUMENT, "--annotator", "names", "--layers", "quotes")
    assert pushed.code == 0, pushed.err
    with browser(server, annotators[0]) as page:
        page.set_viewport_size(SCREEN)
        page.goto(f"{server.url}/projects/{server.project(project)['id']}/data?labeling=1")
        editor = Editor(page)
        editor.wait()
        hands = Hands(editor)
        before = page.evaluate(_SCROLLED)
        hands.key("i")
        hands.drag("repairs had begun at first light")
        hands.key("n")
        hands.double_click("said", 2)
        hands.key("s")
        hands.drag("Grid operator Skarrow")
        assert (hands.drags, hands.clicks + hands.keys) == (2, 4)
        assert page.evaluate(_SCROLLED) == before, "the person had to scroll"
        # The editor does not take an annotation without a ticked layer.
        page.get_by_role("button", name="Submit").first.click()
        page.get_by_text("Tick the layers that you have annotated.").wait_for()
        page.keyboard.press("Escape")
        page.get_by_text("Tick the layers that you have annotated.").wait_for(state="hidden")
        editor.choose("Layers you have checked *", "Quotes")
        editor.click("repairs had begun")
        page.get_by_text("Speaker (blank: derived)", exact=True).wait_for()
        if request.config.getoption("--golden"):
            page.screenshot(path=str(REPOSITORY / "docs" / "img" / "label-studio-quotes.png"))
        assert page.evaluate("() => document.querySelector('.form').scrollHeight") <= SCREEN["height"]
        editor.submit()
    pulled = desk.pull(project)
    assert pulled.code == 0, pulled.out + pulled.err
    value = json.loads((desk.root / "annotations/person" / f"{DOCUMENT}.json").read_bytes())
    (quote,) = value["quotes"]
    (wanted,) = [one for one in gold["quotes"] if one["content"] == quote["content"]]
    assert without_id(quote) == without_id(wanted)
    assert [value[name] for name in ("entities", "mentions")] == [gold[name] for name in ("entities", "mentions")]
    assert value["layers_done"] == ["entities", "mentions", "quotes"]
    fields = "speaker", "attribution", "speaker_kind", "polarity", "continues_paragraph"
    assert value["provenance"]["derived"] == {"quotes": {key: [quote["id"]] for key in fields}}
