"""A corpus with a release, and an empty hub to publish it to."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.corpora import REPOSITORY, Corpus
from support.hub_stand_in import Hub, running
from support.publishing import TOKEN


@pytest.fixture
def released(corpus: Corpus) -> Corpus:
    """A corpus with release 1.0.0: alpha in train, beta in test."""
    corpus.add(
        "beta", "The mayor of Beta said: “Nothing of it is true.”\nÅsa Lindqvist, she said, left.\n", split="test"
    )
    shutil.copy(REPOSITORY / "CITATION.cff", corpus.root)
    ran = corpus.run("release", "1.0.0")
    assert ran.code == 0, ran.out + ran.err
    return corpus


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """An empty hub."""
    with running(tmp_path / "hub", TOKEN) as found:
        yield found
