"""A real Chromium, which notes each console message, each error, and each request that leaves the site."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = Path("/usr/bin/chromium")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Chromium; skip the test where there is none."""
    pytest.importorskip("playwright", reason="pip install playwright")
    if not CHROMIUM.exists():
        pytest.skip(f"there is no {CHROMIUM}: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def clean_page(browser: Browser, **settings: Any) -> Iterator[Page]:
    """Open a page, and fail at the end if it wrote to the console, raised an error, or asked another host."""
    context = browser.new_context(**settings)
    context.set_default_timeout(15_000)
    page, noted = context.new_page(), list[str]()
    page.on("console", lambda message: noted.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: noted.append(f"error: {error}"))
    page.on("request", lambda request: noted.append(request.url) if not _is_own(request.url) else None)
    page.on("requestfailed", lambda request: noted.append(f"failed: {request.url}") if not page.is_closed() else None)
    try:
        yield page
        if noted:
            pytest.fail(f"the page is not clean: {noted}")
    finally:
        context.close()


def _is_own(address: str) -> bool:
    return address.startswith(("file:///", "http://127.0.0.1:", "data:"))


def violations(page: Page) -> list[str]:
    """The faults of accessibility that axe-core finds: rule and element."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="pip install axe-playwright-python")
    found = axe.Axe().run(page, options={"preload": False}).response["violations"]
    return [f"{one['id']}: {node['html']}" for one in found for node in one["nodes"]]
