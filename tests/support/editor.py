"""The real editor of Label Studio in headless Chromium, moved with mouse and keys as a person moves it."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from support.studio import Studio, User

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

CHROMIUM = Path("/usr/bin/chromium")
# What keeps the browser quiet on a machine without the internet; its sandbox works for no root.
FLAGS = [
    *["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
    *["--disable-component-update", "--disable-sync"],
    *(["--no-sandbox"] if os.geteuid() == 0 else []),
]

# Where on the screen the n-th occurrence of some words in the text begins and ends.
_EDGES = """([words, nth]) => {
  const root = document.querySelector('.lsf-htx-richtext');
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const nodes = [];
  let all = '';
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    nodes.push([node, all.length]);
    all += node.data;
  }
  let at = -1;
  for (let i = 0; i <= nth; i++) at = all.indexOf(words, at + 1);
  if (at < 0) return null;
  const point = (offset, ending) => {
    const [node, start] = nodes.filter(([n, s]) => ending ? s < offset && offset <= s + n.length
                                                          : s <= offset && offset < s + n.length)[0];
    const range = document.createRange();
    ending ? range.setStart(node, offset - start - 1) : range.setStart(node, offset - start);
    ending ? range.setEnd(node, offset - start) : range.setEnd(node, offset - start + 1);
    const box = range.getBoundingClientRect();
    return [ending ? box.right - 0.5 : box.left + 0.5, (box.top + box.bottom) / 2];
  };
  const seen = () => [point(at, false), point(at + words.length, true)];
  const bar = document.querySelector('.bar'), top = bar ? bar.getBoundingClientRect().bottom : 0;
  if (seen().some(([, y]) => y < top || y > innerHeight - 60)) {
    const [node] = nodes.filter(([n, s]) => at < s + n.length)[0];
    node.parentElement.scrollIntoView({block: 'center'});
  }
  return seen();
}"""


class Editor:
    """An open task."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @classmethod
    def open(cls, page: Page, server: Studio, project: int, task: int) -> Editor:
        """Open a task from the list of tasks."""
        page.goto(f"{server.url}/projects/{project}/data?task={task}")
        editor = cls(page)
        editor.wait()
        return editor

    def wait(self, submitted: int = 0) -> None:
        """Wait until a task is shown that is not submitted yet, with all that a prediction brings."""
        self.page.wait_for_selector(".lsf-htx-richtext")
        self.page.wait_for_function(
            """n => {
              const store = window.Htx && window.Htx.annotationStore, one = store && store.selected;
              const seen = window.corpusSeen = window.corpusSeen || new Set();
              if (!one || one.type !== 'annotation' || one.pk) return false;
              if (seen.size === n && !seen.has(window.Htx.task.id)) seen.add(window.Htx.task.id);
              return seen.size === n + 1 && !window.Htx.isLoading;
            }""",
            arg=submitted,
        )
        self.page.wait_for_timeout(1500)

    def submit(self) -> None:
        """Submit the annotation, and wait for the server's answer."""
        with self.page.expect_response(lambda answer: answer.request.method == "POST" and "/annotations" in answer.url):
            self.page.get_by_role("button", name="Submit").first.click()

    def mark(self, title: str, words: str) -> None:
        """Label words, and select the region that is made."""
        self.page.keyboard.press("Escape")
        self.label(title)
        self.select(words)
        self.page.wait_for_timeout(300)
        self.click(words)
        self.page.wait_for_timeout(300)

    def relate(self, words: str, end: str) -> None:
        """Draw a relation from the region at `words` to the one at `end`."""
        self.page.keyboard.press("Escape")
        self.click(words)
        self.page.keyboard.press("Alt+r")
        self.click(end)
        self.page.wait_for_timeout(300)

    def press_every_letter(self) -> None:
        """Press the keys of options in a config of all layers; not `u`, which unselects, and not those of labels."""
        for key in "567890qyjzb":
            self.page.keyboard.press(key)

    def pick(self, control: str, title: str) -> None:
        """Take an option of a drop-down list."""
        self._under(control).click()
        self.page.get_by_text(title, exact=True).last.click()

    def label(self, title: str) -> None:
        """Pick a label, by its title."""
        self.page.locator(".lsf-label", has_text=title).filter(has=self.page.get_by_text(title, exact=True)).click()

    def select(self, words: str, nth: int = 0) -> None:
        """Draw the mouse over words of the text, from their first to their last character."""
        edges = self.page.evaluate(_EDGES, [words, nth])
        assert edges, f"the editor does not show {words!r}"
        (x1, y1), (x2, y2) = edges
        mouse = self.page.mouse
        mouse.move(x1, y1)
        mouse.down()
        mouse.move((x1 + x2) / 2, (y1 + y2) / 2, steps=4)
        mouse.move(x2, y2, steps=4)
        mouse.up()

    def double_click(self, words: str, nth: int = 0) -> None:
        """Select a word by a double click."""
        (x1, y1), (x2, _) = self.page.evaluate(_EDGES, [words, nth])
        self.page.mouse.dblclick((x1 + x2) / 2, y1)

    def click(self, words: str, nth: int = 0) -> None:
        """Click into words of the text, to select the region there."""
        (x1, y1), _ = self.page.evaluate(_EDGES, [words, nth])
        self.page.mouse.click(x1 + 2, y1)

    def choose(self, control: str, title: str) -> None:
        """Tick an option of a control that is shown, by the control's heading and the option's title."""
        self._under(control).locator(f"input[name={json.dumps(title)}]").click()

    def type(self, control: str, words: str) -> None:
        """Type words into a text field that is shown, by its heading, and add them."""
        field = self._under(control).locator("textarea, input").first
        field.fill(words)
        field.press("Enter")

    def _under(self, heading: str) -> Locator:
        """What stands below a heading."""
        return self.page.locator(
            f"xpath=//h4[normalize-space()={json.dumps(heading)}]/following-sibling::*[1]"
        ).locator("visible=true")


@contextmanager
def browser(server: Studio, user: User) -> Iterator[Page]:
    """A page of a fresh browser in which the user has logged in; it talks to the server alone."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=str(CHROMIUM), args=FLAGS, viewport={"width": 1600, "height": 1000}
        )
        try:
            page = context.new_page()
            page.route(
                "**/*",
                lambda route: (
                    route.continue_() if route.request.url.startswith((server.url, "data:", "blob:")) else route.abort()
                ),
            )
            page.goto(f"{server.url}/user/login/")
            page.fill("input[name=email]", user.email)
            page.fill("input[name=password]", user.password)
            page.click("button[type=submit]")
            page.wait_for_url(lambda url: "/login" not in url)
            yield page
        finally:
            context.close()
