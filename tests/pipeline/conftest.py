"""A corpus of partitions and its build by one process, which the tests of every executor compare with."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.corpora import Ran
from support.once import made_once
from support.partitions import built, partitioned


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of three partitions, which no test changes."""
    return made_once(tmp_path_factory, "partitions", partitioned)


@pytest.fixture(scope="session")
def one(root: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Ran, Path]:
    """What one process makes of it: the report and the build, with its parts beside it."""
    return built(root, tmp_path_factory.mktemp("one") / "build")
