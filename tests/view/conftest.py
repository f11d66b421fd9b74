"""A real Chromium for the tests of this folder that need one."""

from __future__ import annotations

import pytest

HOW = "opens pages in a real Chromium: pip install -e '.[test,browser]', then pytest -m browser"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """These tests run when they are asked for, and otherwise say how to ask."""
    if "browser" not in str(config.getoption("markexpr")):
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason=HOW))
