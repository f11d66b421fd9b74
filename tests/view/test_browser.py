"""The pages of `corpus view` in a real Chromium: what is seen, keys, links, contrast, speed, and no network."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.browser import opened
from support.corpora import REPOSITORY, TEXT, Corpus, annotation, span

import corpus as package

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser
pytest.importorskip("playwright", reason="pip install -e '.[test-browser]'")

LEAGUE = "annotations/gold/league-race-courier.html"
FIRST_PAINT, TOGGLE = 500, 100
"""Milliseconds, on a page with 300 quotes."""
COPIED = """() => [...document.querySelectorAll('.t[data-o]')].map(one => {
  getSelection().selectAllChildren(one);
  return [Number(one.dataset.o), one.textContent, getSelection().toString()];
})"""
PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0].startTime"
TOGGLED = """box => {
  const before = performance.now();
  document.getElementById(box).click();
  document.body.offsetHeight;
  return performance.now() - before;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", [LEAGUE, "annotations/gold/000_1a148ceac667d117.html", "findings.html", "rules.html"])
def test_an_accessibility_checker_finds_nothing(chromium: Browser, site: Path, name: str, scheme: Any) -> None:
    with opened(chromium, site / name, color_scheme=scheme) as page:
        assert page.violations() == []
        if name == LEAGUE:
            page.page.check("#-p0")
            page.page.click(".ref[data-n='14']")
            assert page.violations() == []


def test_the_text_is_that_of_the_article_and_copied_as_it_is(chromium: Browser, site: Path) -> None:
    for doc_id in ("league-race-courier", "tram-crash-meridian", "glow-fever-packet"):
        text = (REPOSITORY / f"raw/{doc_id}.txt").read_bytes().decode()
        with opened(chromium, site / f"annotations/gold/{doc_id}.html") as page:
            found = page.page.evaluate(COPIED)
            assert [line for _, line, _ in found] == [line for line in text.split("\n") if line]
            for offset, line, copied in found:
                assert text[offset : offset + len(line)] == line
                assert copied == line


def test_every_page_opens_without_an_error_and_without_a_host(chromium: Browser, site: Path) -> None:
    for path in [site / "index.html", *sorted(site.glob("annotations/gold/*.html"))[::9]]:
        with opened(chromium, path) as page:
            assert page.page.title()


def test_a_record_opens_at_its_address(chromium: Browser, site: Path) -> None:
    with opened(chromium, site / LEAGUE, "#q13") as page:
        card = page.page.locator("[id='q13']")
        assert card.evaluate("one => one.classList.contains('on')")
        box = card.bounding_box()
        assert box is not None
        assert 0 < box["y"] < 900
        assert page.visible(".t .hot") >= 1
    with opened(chromium, site / LEAGUE, "#m33") as page:
        box = page.page.locator("#m33").bounding_box()
        assert box is not None
        assert 0 < box["y"] < 900


def test_a_quote_is_pinned_with_its_pieces_cue_and_source_and_escape_undoes_it(chromium: Browser, site: Path) -> None:
    with opened(chromium, site / LEAGUE) as page:
        page.page.locator(".ref[data-n='2']").focus()
        page.page.keyboard.press("Enter")
        hot = page.page.locator(".t .hot").all_inner_texts()
        assert [words.split()[0] for words in hot] == ["I", "said", "It’s"]
        assert page.page.locator(".t .tie").all_inner_texts() == ["she"]
        assert page.page.url.endswith("#q2")
        page.page.keyboard.press("Escape")
        assert page.count(".hot, .tie, .pin, .on") == 0
        assert "#" not in page.page.url


def test_a_chain_is_pinned_with_every_mention_and_walked_by_keys(chromium: Browser, site: Path) -> None:
    value = json.loads((REPOSITORY / "annotations/gold/league-race-courier.json").read_bytes())
    mentions = [one["id"] for one in value["mentions"] if one["entity"] == "e15"]
    with opened(chromium, site / LEAGUE) as page:
        page.page.locator("#e15").focus()
        assert page.count(".t .near") == len(mentions)
        page.page.keyboard.press("Enter")
        assert page.count(".t .hot") == len(mentions)
        assert page.page.locator("#e15").get_attribute("aria-current") == "true"
        walked = []
        for _ in mentions:
            page.page.keyboard.press("n")
            walked.append(page.page.evaluate("document.activeElement.id"))
        assert sorted(walked) == sorted(mentions)


def test_keys_walk_over_differences_and_quotes_and_find_words(chromium: Browser, site: Path) -> None:
    with opened(chromium, site / LEAGUE) as page:
        page.page.keyboard.press("n")
        page.page.keyboard.press("n")
        assert page.page.evaluate("document.activeElement.id") == "-d1.2"
        page.page.keyboard.press("p")
        assert page.page.evaluate("document.activeElement.id") == "-d1.1"
        page.page.check("#-p0")
        page.page.evaluate("document.activeElement.blur()")
        page.page.keyboard.press("n")
        assert page.page.evaluate("document.activeElement.dataset.n") == "1"
        page.page.keyboard.press("/")
        page.page.keyboard.type("hard hat")
        assert page.page.evaluate("CSS.highlights.get('find').size") == 1


def test_layers_and_comparisons_are_switched_without_a_script(chromium: Browser, site: Path) -> None:
    with opened(chromium, site / LEAGUE, java_script_enabled=False, viewport={"width": 1400, "height": 6000}) as page:
        assert page.visible("li.d") == page.visible("nav .d li") > 0
        height = page.page.locator(".t").nth(3).bounding_box()
        page.page.check("#-p2")
        differences = page.visible("li.d")
        assert differences > 0
        assert differences == page.visible("nav .d li")
        page.page.check("#-p0")
        assert page.visible("li.d") == 0
        assert page.page.locator(".t").nth(3).bounding_box()["height"] == height["height"]
        gold = json.loads((REPOSITORY / LEAGUE).with_suffix(".json").read_bytes())
        assert page.visible("li.L2") == len(gold["quotes"])
        page.page.uncheck("#-l2")
        assert page.visible("li.L2") == 0
        assert page.visible(".ref") == 0
        page.page.click("#e15")
        assert page.page.url.endswith("#m33")


def test_each_layer_can_be_told_without_colour(chromium: Browser, site: Path) -> None:
    style = "([selector, name]) => getComputedStyle(document.querySelector(selector))[name]"
    with opened(chromium, site / LEAGUE) as page:
        lines = [
            page.page.evaluate(style, [one, "borderBottomStyle"]) for one in (".t .m:not(.f1,.f2)", ".t .f1", ".t .f2")
        ]
        assert lines == ["solid", "dashed", "dotted"]
        assert page.page.evaluate(style, [".t .q", "borderLeftStyle"]) == "solid"
        assert page.page.evaluate(style, [".t .x", "fontWeight"]) == "700"
        assert "wavy" in page.page.evaluate(style, [".t .p", "textDecoration"])
        assert page.page.evaluate(style, [".t .d0", "borderTopStyle"]) == "solid"
        assert page.page.evaluate(style, [".t .d1", "borderTopStyle"]) == "double"


def test_a_narrow_page_and_a_printed_one_are_whole(chromium: Browser, site: Path) -> None:
    for name in (LEAGUE, "findings.html", "rules.html"):
        with opened(chromium, site / name, viewport={"width": 520, "height": 900}) as page:
            assert page.page.evaluate("document.documentElement.scrollWidth") <= 520
    with opened(chromium, site / LEAGUE) as page:
        page.page.emulate_media(media="print")
        assert page.visible(".bar, nav") == 0
        assert page.visible(".t[data-o]") == 12
        assert len(page.page.pdf()) > 20_000


def test_right_to_left_text_and_emoji_are_laid_out_as_written(chromium: Browser, corpus: Corpus) -> None:
    text = "ראש העיר 👩‍🚒 אמרה: “הגשר בטוח,” היא אמרה.\nMayor Åsa 👨‍👩‍👧‍👦 said שלום.\n"
    value = annotation("alpha")
    value["mentions"] = [{"id": "m1", "spans": [span(text, "ראש העיר 👩‍🚒")], "form": "NAM", "entity": "e1"}]
    value["quotes"] = [
        value["quotes"][0] | {"content": [span(text, "הגשר בטוח,")], "cue": [span(text, "אמרה.")], "source": ["m1"]}
    ]
    corpus.add("alpha", text, language="he", annotators=())
    corpus.write("annotations/gold/alpha.json", value | {"text_sha256": corpus.read("raw/alpha.json")["text_sha256"]})
    assert corpus.run("view", "--out", str(corpus.root / "out")).code == 0
    with opened(chromium, corpus.root / "out/annotations/gold/alpha.html") as page:
        assert [line for _, line, _ in page.page.evaluate(COPIED)] == text.splitlines()
        first, second = (page.page.locator(".t").nth(i) for i in (0, 1))
        assert first.get_attribute("lang") == "he"
        mention, quote = (page.page.locator(one).bounding_box() for one in ("#m1", ".t .q"))
        assert mention is not None
        assert quote is not None
        assert mention["x"] > quote["x"]
        assert page.count("#m1") == 1
        assert second.evaluate("one => getComputedStyle(one).unicodeBidi") == "plaintext"


def test_hostile_words_run_no_script(chromium: Browser, corpus: Corpus) -> None:
    words = "</script><img src=x onerror=alert(1)><script>alert(2)</script>"
    corpus.add("alpha", TEXT.replace("spoke", words), title=words, source=words)
    assert corpus.run("view", "--out", str(corpus.root / "out")).code == 0
    for name in ("annotations/gold/alpha.html", "index.html", "findings.html"):
        with opened(chromium, corpus.root / "out" / name) as page:
            assert page.count("img") == 0
            own = "[...document.scripts].filter(one => !one.src && one.type !== 'application/json').length"
            assert "alert" not in page.page.evaluate("[...document.querySelectorAll('[onerror]')].map(String).join()")
            assert page.page.evaluate(own) <= (name == "index.html")


def test_a_long_article_is_painted_and_switched_quickly(chromium: Browser, corpus: Corpus) -> None:
    text, value = grown(20)
    assert len(value["quotes"]) >= 300
    corpus.add("alpha", text, annotators=())
    corpus.write("annotations/gold/alpha.json", value | {"text_sha256": corpus.read("raw/alpha.json")["text_sha256"]})
    ran = corpus.run("view", "alpha", "--out", str(corpus.root / "out"))
    assert ran.code == 0, ran.err
    paints, toggles = [], []
    for _ in range(3):
        with opened(chromium, corpus.root / "out/annotations/gold/alpha.html") as page:
            page.page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length")
            paints.append(page.page.evaluate(PAINT))
            toggles += [page.page.evaluate(TOGGLED, box) for box in ("-l2", "-l2", "-l1")]
    print(f"first paint {min(paints):.0f} ms, toggle {min(toggles):.0f} ms")
    assert min(paints) <= FIRST_PAINT
    assert min(toggles) <= TOGGLE


def grown(times: int) -> tuple[str, dict[str, Any]]:
    """An article of this corpus many times over, with its annotation."""
    text = (REPOSITORY / "raw/league-race-courier.txt").read_text("utf-8").rstrip("\n") + "\n\n"
    value = json.loads((REPOSITORY / "annotations/gold/league-race-courier.json").read_bytes())
    moved: dict[str, list[Any]] = {}
    for number in range(times):
        for layer in ("entities", "mentions", "quotes", "nonquotes", "stances"):
            moved.setdefault(layer, []).extend(_moved(one, number, number * len(text)) for one in value[layer])
    return text * times, value | moved | {"doc_id": "alpha"}


def _moved(value: Any, number: int, by: int) -> Any:
    if isinstance(value, dict):
        return {k: of + by if k in ("start", "end") else _moved(of, number, by) for k, of in value.items()}
    if isinstance(value, list):
        return [_moved(one, number, by) for one in value]
    is_id = isinstance(value, str) and value[:1] in "emqns" and value[1:2].isdigit()
    return f"{value}x{number}" if is_id else value


def test_a_notebook_shows_the_page_in_a_frame(chromium: Browser, tmp_path: Path) -> None:
    shown = package.show("league-race-courier", compare=("gold", "ann-a"), root=REPOSITORY)
    notebook = tmp_path / "notebook.html"
    notebook.write_text(f"<!doctype html><title>n</title><p style='color:red'>{shown._repr_html_()}", "utf-8")
    with opened(chromium, notebook) as page:
        frame = page.page.frame_locator("iframe")
        counted = re.search(r"gold with ann-a: (\d+)", shown.html)
        assert counted
        assert frame.locator("li.d").count() == int(counted[1]) > 5
        frame.locator(".ref[data-n='2']").click()
        assert frame.locator(".hot").count() == 3


def test_a_picture_is_drawn_as_png(chromium: Browser, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    from support.corpora import run

    picture = tmp_path / "picture.svg"
    assert run("--root", str(REPOSITORY), "view", "league-race-courier", "--svg", str(picture)).code == 0
    with opened(chromium, picture) as page:
        # Each piece of text is as wide as its own metrics say, whatever the face.
        off = page.page.evaluate(
            "[...document.querySelectorAll('text[textLength]')].map(one => "
            "Math.abs(one.getComputedTextLength() - one.getAttribute('textLength')))"
        )
        assert max(off) < 1
        boxes = page.page.evaluate(
            "[...document.querySelectorAll('text')].map(one => one.getBBox().x + one.getBBox().width)"
        )
        assert max(boxes) <= page.page.evaluate("document.documentElement.viewBox.baseVal.width")


def test_the_pictures_of_the_guide_can_be_taken(chromium: Browser, site: Path, request: pytest.FixtureRequest) -> None:
    """With --golden, they are taken again."""
    folder = REPOSITORY / "docs" / "img"
    viewport = {"width": 1360, "height": 1040}
    with opened(chromium, site / LEAGUE, viewport=viewport) as page:
        compared = page.page.screenshot()
    with opened(
        chromium, site / "annotations/gold/tram-crash-meridian.html", viewport=viewport, color_scheme="dark"
    ) as page:
        page.page.check("#-p0")
        page.page.click("nav .ch li:nth-child(1) a")
        page.page.evaluate("scrollTo(0, 560)")
        page.page.mouse.move(700, 5)
        pinned = page.page.screenshot()
    for name, data in (("view-compare.png", compared), ("view-chain.png", pinned)):
        assert 50_000 < len(data) < 500_000
        if request.config.getoption("--golden"):
            (folder / name).write_bytes(data)
        assert (folder / name).is_file()
