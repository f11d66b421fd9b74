"""The corpus page in a real browser, opened as a file: search, filters, links, keyboard, accessibility."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from unicodedata import normalize

import pytest
from support.browser import opened
from support.copies import originals, read
from support.corpora import REPOSITORY, TEXT, Corpus, annotation, span

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
NARROW = {"width": 520, "height": 800}
ARTICLES = len(originals("raw"))
MENTIONS = sum(
    len(read(REPOSITORY / "annotations" / "gold" / f"{one}.json")["mentions"]) for one in originals("annotations/gold")
)


@pytest.fixture
def page(chromium: Browser, site: Path) -> Iterator[Page]:
    """The corpus page of this repository."""
    with opened(chromium, site / "index.html") as one:
        yield one.page


def ask(page: Page, words: str) -> str:
    """Search for words, and return what the page says it found."""
    done(page, lambda: page.fill("#q", words))
    return page.inner_text("#status")


def done(page: Page, act: object) -> None:
    """Do something, and wait until the page shows what came of it."""
    before = page.evaluate("document.body.dataset.done")
    assert callable(act)
    act()
    page.wait_for_function("before => document.body.dataset.done !== before", arg=before)


def small(corpus: Corpus) -> Path:
    """Write the site of a small corpus."""
    out = corpus.root.parent / "small-site"
    assert corpus.run("view", "--out", str(out)).code == 0
    return out


def choose(page: Page, field: str, value: str) -> None:
    """Open a filter and choose a value of it."""
    box = page.locator(f'#fields details:has(legend:text-is("{field}"))')
    box.evaluate("one => { one.open = true; }")
    done(page, lambda: box.locator(f'input[value="{value}"]').check())


def test_the_list_is_there_before_anything_is_loaded(chromium: Browser, site: Path) -> None:
    with opened(chromium, site / "index.html") as one:
        page, asked = one.page, list[str]()
        page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
        page.reload()
        assert sorted(asked) == ["corpus.css", "corpus.js", "index.html"]
        assert page.locator("#rows tr").count() == 25
        assert page.inner_text("#status") == f"{ARTICLES} articles"


def test_a_search_finds_words_of_texts_titles_and_names(page: Page) -> None:
    assert ask(page, "eleven cups and no one to wash them") == "1 article"
    assert {"eleven", "cups"} <= set(page.locator("#rows mark").all_inner_texts())
    assert ask(page, '"cups and no one"') == "1 article"
    assert ask(page, '"one no and cups"') == "0 articles"
    assert ask(page, '"ZOE PELLERIN"') != "0 articles"
    assert normalize("NFC", page.inner_text("#rows mark")) == "Zoë Pellerin"
    assert ask(page, "the stopgap goes, and the 'unity' goes") == "1 article"
    page.click("#rows a")
    assert page.url.endswith("/annotations/gold/league-race-courier.html")


def test_a_label_leads_to_its_records_and_each_record_to_its_place(page: Page) -> None:
    done(page, lambda: page.click('[data-filter="quotes.polarity"][data-value="negated"] a'))
    found = page.inner_text("#status")
    counted = page.inner_text('tr:has([data-filter="quotes.polarity"][data-value="negated"]) td.n >> nth=0')
    assert found.startswith(f"{counted} quotes in ")
    assert {"Negated"} <= set(page.locator(".records li >> nth=0 >> .chip").all_inner_texts())
    words = page.inner_text(".records li > a >> nth=0").strip("“”")
    page.click(".records li > a >> nth=0")
    fragment = page.url.partition("#")[2]
    assert page.locator(f'[id="{fragment}"]').count() == 1
    assert words.partition(" … ")[0] in page.inner_text("article")


def test_labels_of_one_layer_hold_of_one_record(page: Page) -> None:
    choose(page, "Quotes: Polarity", "hypothetical")
    one = page.inner_text("#status")
    choose(page, "Quotes: Type", "direct")
    both = page.inner_text("#status")
    assert both != one
    done(page, lambda: page.select_option("#show", "quotes"))
    items = page.locator(".records li")
    for i in range(items.count()):
        assert {"Hypothetical", "Direct"} <= set(items.nth(i).locator(".chip").all_inner_texts())
    articles = {one.partition("#")[0] for one in page.locator(".records small code").all_inner_texts()}
    assert both == f"{len(articles)} article{'s' * (len(articles) != 1)}"


def test_what_is_asked_is_in_the_address(page: Page, chromium: Browser) -> None:
    ask(page, "barrage")
    choose(page, "Articles: Split", "train")
    done(page, lambda: page.select_option("#order", "new"))
    status, rows = page.inner_text("#status"), page.inner_text("#rows")
    with opened(chromium, page.url) as one:
        other = one.page
        other.wait_for_selector("#rows mark")
        assert (other.inner_text("#status"), other.inner_text("#rows")) == (status, rows)
        assert other.is_checked('#fields input[value="train"]')
        assert other.input_value("#q") == "barrage"
    done(page, page.go_back)
    assert page.input_value("#order") == ""
    done(page, lambda: page.click("#clear"))
    assert page.inner_text("#status") == f"{ARTICLES} articles"
    assert "#" not in page.url


def test_pages_of_results(page: Page) -> None:
    done(page, lambda: page.select_option("#show", "mentions"))
    assert page.locator(".records li").count() == 25
    first = page.inner_text(".records")
    done(page, lambda: page.click("text=next →"))
    assert page.inner_text("#pager span").startswith(f"page 2 of {-(-MENTIONS // 25)}")
    assert page.inner_text(".records") != first


def test_the_keyboard_alone_is_enough(page: Page) -> None:
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type("barrage")
    page.wait_for_selector("#rows mark")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('#rows a')"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/annotations/gold/*.html")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("asked", ["", "#q=barrage", "#show=quotes&quotes.type=direct&split=train"])
def test_accessible(chromium: Browser, site: Path, scheme: str, asked: str) -> None:
    with opened(chromium, site / "index.html", asked, color_scheme=scheme) as one:
        one.page.wait_for_function("document.body.dataset.done")
        one.page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        assert one.violations() == []


def test_the_list_in_pages_is_accessible(chromium: Browser, site: Path) -> None:
    with opened(chromium, site / "list/2.html") as one:
        assert one.violations() == []


@pytest.mark.parametrize("asked", ["", "#q=barrage", "#show=mentions"])
def test_a_narrow_window_needs_no_sideways_scrolling(chromium: Browser, site: Path, asked: str) -> None:
    with opened(chromium, site / "index.html", asked, viewport=NARROW) as one:
        page = one.page
        page.wait_for_function("document.body.dataset.done")
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


def test_without_scripts_there_are_the_list_the_figures_and_the_links(chromium: Browser, site: Path) -> None:
    with opened(chromium, site / "index.html", java_script_enabled=False) as one:
        page = one.page
        assert not page.is_visible("#filters")
        assert page.is_visible("text=Search and filters need JavaScript")
        seen = page.locator("#rows td:first-child a").all_inner_texts()
        while page.locator("a[rel=next]").count():
            page.click("a[rel=next]")
            seen += page.locator("#rows td:first-child a").all_inner_texts()
        assert len(seen) == ARTICLES
        page.click("h1 a")
        assert page.is_visible("svg.chart")
        page.click(".stories a >> nth=0")
        assert "/annotations/gold/" in page.url


def test_hostile_words_stay_words(corpus: Corpus, chromium: Browser) -> None:
    hostile = "</script><img src=x onerror=\"document.title='hit'\"><b>&amp;"
    corpus.write("raw/alpha.json", corpus.read("raw/alpha.json") | {"title": hostile, "story": hostile})
    text = TEXT.replace("spoke", hostile)
    corpus.add("gamma", text, title="x\u202ey\u2028", source=hostile)
    value = annotation("gamma", text)
    value["mentions"][0]["spans"] = [span(text, hostile)]
    value["entities"][0]["name"] = hostile
    corpus.write("annotations/gold/gamma.json", value)
    out = small(corpus)
    for asked in ("", "#q=onerror", "#show=mentions&q=onerror", "#show=entities"):
        with opened(chromium, out / "index.html", asked) as one:
            page = one.page
            page.wait_for_function("document.body.dataset.done")
            assert hostile in page.inner_text("#list")
            assert page.title() == "corpus-0"
            assert page.locator("img").count() == 0


def test_right_to_left_and_emoji(corpus: Corpus, chromium: Browser) -> None:
    text = "😀 שלום עולם 😀\n“😀 مرحبا بالعالم,” she said. Åsa Lindqvist\n"
    corpus.add("gamma", text, title="שלום")
    out = small(corpus)
    with opened(chromium, out / "index.html", "#show=quotes&q=مرحبا") as one:
        page = one.page
        page.wait_for_function("document.body.dataset.done")
        assert page.inner_text(".records li > a") == "“😀 مرحبا بالعالم,”"
        assert page.inner_text(".records mark") == "مرحبا"


def test_an_index_that_is_missing_is_said(chromium: Browser, corpus: Corpus) -> None:
    out = small(corpus)
    for path in (out / "index").glob("*.rows.js"):
        path.unlink()
    context = chromium.new_context()
    page = context.new_page()
    page.goto((out / "index.html").as_uri() + "#q=bridge")
    page.wait_for_selector("text=The index cannot be loaded")
    context.close()


def test_the_picture_of_the_guide_can_be_taken(chromium: Browser, site: Path, request: pytest.FixtureRequest) -> None:
    """With --golden, it is taken again."""
    asked = "#q=barrage&show=quotes&split=train"
    with opened(chromium, site / "index.html", asked, viewport={"width": 1360, "height": 1000}) as one:
        one.page.wait_for_selector(".records li")
        data = one.page.screenshot()
    path = REPOSITORY / "docs/img/view-corpus.png"
    assert 50_000 < len(data) < 500_000
    if request.config.getoption("--golden"):
        path.write_bytes(data)
    assert path.is_file()


def test_a_field_may_have_the_name_of_a_part_of_the_address(corpus: Corpus, chromium: Browser) -> None:
    schema = corpus.read("schema/article.schema.json")
    titles = ("Front", "Back")
    values = [{"const": one.lower(), "title": one, "description": one} for one in titles]
    for name in ("page", "case"):
        schema["properties"][name] = {"title": name.title(), "description": "A field.", "oneOf": values}
    corpus.write("schema/article.schema.json", schema)
    corpus.write("raw/alpha.json", corpus.read("raw/alpha.json") | {"page": "front", "case": "back"})
    corpus.write("raw/beta.json", corpus.read("raw/beta.json") | {"page": "back", "case": "front"})
    with opened(chromium, small(corpus) / "index.html") as one:
        choose(one.page, "Articles: Page", "back")
        assert one.page.locator("#rows td:first-child a").all_inner_texts() == ["beta"]
        choose(one.page, "Articles: Page", "front")
        choose(one.page, "Articles: Case", "back")
        assert one.page.locator("#rows td:first-child a").all_inner_texts() == ["alpha"]
