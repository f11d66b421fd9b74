"""A real Label Studio server for the tests of this folder, started once, and the command run against it."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support import proxy, studio
from support.corpora import REPOSITORY, Corpus
from support.desk import DOCUMENTS, WITHHELD, Desk
from support.exports import SCHEMA, Convert
from support.studio import Studio, User
from support.studio_team import correct

from corpus.files import canonical
from corpus.labelstudio.convert import Origin, Result, convert_tasks
from corpus.labelstudio.pseudonyms import Pseudonyms

HOW = "starts a real Label Studio server: pip install -e '.[test,browser]', then pytest -m label_studio"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """These tests run when they are asked for, and otherwise say how to ask."""
    if "label_studio" not in str(config.getoption("markexpr")):
        for item in items:
            if item.get_closest_marker("label_studio"):
                item.add_marker(pytest.mark.skip(reason=HOW))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """The server of this session, with its lead's account."""
    running = studio.start(tmp_path_factory.mktemp("label-studio"), User("lead@example.org"))
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def annotators(server: Studio) -> tuple[User, User]:
    """Two annotators, who signed up through the lead's invitation."""
    return server.invite("first@example.org"), server.invite("second@example.org")


@pytest.fixture(scope="session")
def team(server: Studio, annotators: tuple[User, User]) -> dict[str, User]:
    """Three annotators, by pseudonym."""
    return dict(zip(("ann-a", "ann-b", "ann-c"), (*annotators, server.invite("third@example.org")), strict=True))


@pytest.fixture
def project() -> str:
    """A name that no other test gives to its project."""
    return f"project {uuid.uuid4().hex[:8]}"


@pytest.fixture
def desk(server: Studio, tmp_path: Path) -> Iterator[Desk]:
    """A copy of this repository's corpus; after the test no token may stand in an output or a file of it."""
    root = tmp_path / "desk"
    root.mkdir()
    shutil.copytree(REPOSITORY / "schema", root / "schema")
    for folder in ("raw", "annotations"):
        for file in (REPOSITORY / folder).rglob("*"):
            if file.is_file() and file.parent.name != "attached" and file.stem in (*DOCUMENTS, *WITHHELD):
                (root / file.relative_to(REPOSITORY)).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, root / file.relative_to(REPOSITORY))
    for file in (root / "annotations").glob("*/*.json"):
        value = json.loads(file.read_bytes())
        correct(value)
        file.write_bytes(canonical(value, "annotation", SCHEMA))
    shutil.copy(REPOSITORY / "pyproject.toml", root)
    shutil.copy(REPOSITORY / ".gitignore", root)
    made = Desk(root, server.url, server.lead.token)
    yield made
    assert not made.leaks(server.lead.token, server.lead.password)


@pytest.fixture
def network(server: Studio) -> Iterator[proxy.Proxy]:
    """A proxy to the server, with faults to be put in."""
    with proxy.proxy(server.url) as running:
        yield running


@pytest.fixture
def worked(
    server: Studio, annotators: tuple[User, User], desk: Desk, project: str, network: proxy.Proxy
) -> tuple[Desk, str, proxy.Proxy]:
    """A desk behind a proxy, and a project on which an annotator has submitted everything; not pulled yet."""
    desk.name(first=annotators[0], second=annotators[1])
    assert desk.push(project, "--annotator", "gold").code == 0
    server.submit_predictions(project, annotators[0])
    desk.url = network.url
    return desk, project, network


@pytest.fixture
def convert(corpus: Corpus) -> Convert:
    """Convert tasks into the corpus of two articles."""

    def run(*tasks: dict[str, Any], origin: Origin | None = None) -> Result:
        people = Pseudonyms(corpus.root / "annotators.toml", ["ann-1"])
        folders = corpus.root / "annotations", corpus.root / "quarantine"
        return convert_tasks(json.loads(json.dumps(tasks)), corpus.root, SCHEMA, people, origin or Origin(), *folders)

    return run
