"""A real browser that opens the pages of a site."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from support.browser import launched

if TYPE_CHECKING:
    from playwright.sync_api import Browser

HOW = "opens pages in a real Chromium: pip install -e '.[test,test-browser]', then pytest -m browser"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests with a browser run when they are asked for, and otherwise say how to ask."""
    if "browser" not in str(config.getoption("markexpr")):
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason=HOW))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A Chromium that all tests of a session share; each opens pages of its own."""
    with launched() as browser:
        yield browser
