"""A corpus with a release, and an empty hub to publish it to."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.corpora import REPOSITORY, Corpus, tiny
from support.hub_stand_in import Hub, running
from support.once import made_once
from support.publishing import TOKEN


def release(root: Path) -> None:
    """Make a corpus with release 1.0.0: alpha in train, beta in test."""
    corpus = tiny(root)
    corpus.add(
        "beta", "The mayor of Beta said: “Nothing of it is true.”\nÅsa Lindqvist, she said, left.\n", split="test"
    )
    shutil.copy(REPOSITORY / "CITATION.cff", corpus.root)
    ran = corpus.run("release", "1.0.0")
    assert ran.code == 0, ran.out + ran.err


@pytest.fixture
def released(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Corpus:
    """A copy of the corpus with release 1.0.0, which is released once for all tests."""
    made = made_once(tmp_path_factory, "released-to-publish", release)
    return Corpus(shutil.copytree(made, tmp_path / "corpus"))


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """An empty hub."""
    with running(tmp_path / "hub", TOKEN) as found:
        yield found
