"""Options and fixtures that several test files share."""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import settings
from support.copies import build, copy_few, copy_whole
from support.corpora import CHECKED, REPOSITORY, VIEWED, Corpus, Ran, run, tiny
from support.once import made_once

# Kept even where the environment says not to: otherwise each process compiles the package and rewrites all tests anew.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# Before any test imports `datasets`, which reads it at import.
os.environ["HF_HUB_OFFLINE"] = "1"

settings.register_profile("corpus", deadline=None)
settings.load_profile("corpus")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--golden",
        action="store_true",
        help="write the expected output of the cases and the documents anew, to be reviewed as a diff",
    )


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """As many processes as there are processors; one for a single test, one Label Studio server, or golden files."""
    single = any("::" in str(named) for named in config.args)
    together = "label_studio" in str(config.getoption("markexpr")) or config.getoption("--golden")
    return 0 if single or together else os.cpu_count() or 1


def pytest_collection_finish() -> None:
    """Leave what is alive until the end, thousands of tests and large libraries, out of every garbage collection."""
    gc.collect()
    gc.freeze()


LONGEST = ("project/test_docs.py", "project/test_examples.py", "pipeline/", "project/", "release/")
"""Where the tests that take longest are. They begin first, so that no process waits at the end for one of them."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The longest tests come first. Those that take minutes run when they are asked for, or say how to ask."""
    tests = str(config.rootpath / "tests") + "/"

    def rank(item: pytest.Item) -> int:
        path = str(item.path).removeprefix(tests)
        return next((i for i, first in enumerate(LONGEST) if path.startswith(first)), len(LONGEST))

    items.sort(key=rank)
    if "slow" not in str(config.getoption("markexpr")):
        for item in items:
            if item.get_closest_marker("slow"):
                item.add_marker(pytest.mark.skip(reason="takes minutes: pytest -m slow"))


@pytest.fixture(autouse=True, scope="session")
def _cache_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What the tests validate is kept apart from what the user does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ON_THE_RECORD_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setattr(os, "fsync", lambda _: None)  # no power failure is tried here, and a disk takes its time
        yield


@pytest.fixture(scope="session")
def built_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this repository with a build, which all tests share and none changes.

    The only build of all documents in a session: a test that needs no more than some documents takes `few_built`. What
    the command printed is in the file `built-repository.said` beside it.
    """

    def make(folder: Path) -> None:
        ran = run("--root", str(copy_whole(folder)), "build")
        assert ran.code == 0, ran.err
        folder.with_suffix(".said").write_text(ran.out + ran.err, "utf-8")

    return made_once(tmp_path_factory, "built-repository", make)


@pytest.fixture(scope="session")
def checked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ran]:
    """What the commands of `CHECKED` say of this repository; each runs once in a session."""

    def make(folder: Path) -> None:
        folder.mkdir()
        for command in CHECKED:
            ran = run("--root", str(REPOSITORY), *command.split())
            (folder / f"{command}.json").write_text(json.dumps(asdict(ran)), "utf-8")

    folder = made_once(tmp_path_factory, "checked-repository", make)
    return {command: Ran(**json.loads((folder / f"{command}.json").read_text("utf-8"))) for command in CHECKED}


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of this repository's corpus by the command `VIEWED`, which all tests share and none changes.

    What the command printed is in the file `site.said` beside it.
    """

    def make(folder: Path) -> None:
        ran = run("--root", str(REPOSITORY), *VIEWED.split(), "--out", str(folder / "site"))
        assert (ran.code, ran.out) == (0, ""), ran.err
        (folder / "site.said").write_text(ran.err, "utf-8")

    return made_once(tmp_path_factory, "site", make) / "site"


@pytest.fixture(scope="session")
def few_built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of twelve of this repository's documents with a build, which all tests share and none changes."""
    return made_once(tmp_path_factory, "few-built", lambda folder: build(copy_few(folder)))


@pytest.fixture
def corpus_factory(tmp_path: Path) -> Callable[[], Corpus]:
    """Makes corpora of two articles and no fault, each in a folder of its own."""
    made: list[Corpus] = []

    def make() -> Corpus:
        made.append(tiny(tmp_path / f"corpus-{len(made)}"))
        return made[-1]

    return make


@pytest.fixture
def corpus(corpus_factory: Callable[[], Corpus]) -> Corpus:
    """A corpus of two articles and no fault."""
    return corpus_factory()
