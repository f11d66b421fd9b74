"""Pages of `corpus view` in headless Chromium, which may read files and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from support.editor import CHROMIUM, FLAGS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


OWN = ("file:", "data:", "http://127.0.0.1:")
"""How the addresses begin that a page may ask."""


@dataclass
class Opened:
    """A page, with what went wrong in it: errors of its script, messages of its console, requests to a host."""

    page: Page
    faults: list[str] = field(default_factory=list)

    def count(self, selector: str) -> int:
        """How many elements there are."""
        return self.page.locator(selector).count()

    def visible(self, selector: str) -> int:
        """How many elements a person can see."""
        return self.page.locator(selector).locator("visible=true").count()

    def violations(self) -> list[str]:
        """What an accessibility checker finds."""
        from axe_playwright_python.sync_playwright import Axe

        # Without `preload`, the checker does not read style sheets again, which a page of a file may not.
        found = Axe().run(self.page, options={"preload": False}).response["violations"]
        return [f"{one['id']}: {[node['html'][:200] for node in one['nodes']][:3]}" for one in found]


@contextmanager
def launched() -> Iterator[Browser]:
    """A browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(browser: Browser, file: Path | str, fragment: str = "", **settings: Any) -> Iterator[Opened]:
    """A file, or an address of this computer, in a page of its own; afterwards nothing may have gone wrong in it."""
    context = browser.new_context(**{"viewport": {"width": 1400, "height": 900}, **settings})
    context.set_default_timeout(15_000)
    page = context.new_page()
    made = Opened(page)
    page.on("console", lambda message: made.faults.append(message.text))
    page.on("pageerror", lambda error: made.faults.append(str(error)))
    page.on("dialog", lambda dialog: made.faults.append(dialog.message))
    page.on("request", lambda request: request.url.startswith(OWN) or made.faults.append(request.url))
    page.goto((file if isinstance(file, str) else file.as_uri()) + fragment)
    try:
        yield made
    finally:
        context.close()
    assert not made.faults, made.faults
