"""The site of this repository's corpus, and a real browser that opens it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.browser import launched
from support.corpora import REPOSITORY, run
from support.once import made_once

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
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of this repository's corpus, gold compared with both annotators; all tests share it."""

    def make(folder: Path) -> None:
        ran = run("--root", str(REPOSITORY), "view", "--compare", "gold,ann-a,ann-b", "--out", str(folder / "site"))
        assert (ran.code, ran.out) == (0, ""), ran.err

    return made_once(tmp_path_factory, "site", make) / "site"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A Chromium that all tests of a session share; each opens pages of its own."""
    with launched() as browser:
        yield browser
