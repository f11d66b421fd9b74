"""A picture as PNG: Chromium draws the SVG, without a network. Needs the extra `browser`."""

from __future__ import annotations

import shutil

from ..core.model import CorpusError

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_SCALE = 2
"""Pixels of the picture for each one of the SVG."""


def png(svg: str) -> bytes:
    """Return the picture as PNG.

    Raises CorpusError if no Chromium can be started, and ImportError if the extra `browser` is not installed.
    """
    from playwright.sync_api import Error, sync_playwright

    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=found)
        except Error as error:
            raise CorpusError(
                f"no Chromium can be started: install it (`playwright install chromium`); {str(error).splitlines()[0]}"
            ) from None
        try:
            page = browser.new_page(device_scale_factor=_SCALE, offline=True, java_script_enabled=False)
            page.set_content(f"<!doctype html><body style=margin:0>{svg}")
            drawn: bytes = page.locator("svg").screenshot()
            return drawn
        finally:
            browser.close()
