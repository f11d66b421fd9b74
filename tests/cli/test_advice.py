"""Every command that prints findings prints the text report of `corpus validate`, with the advice of each rule."""

from __future__ import annotations

import pytest
from support.corpora import Corpus


@pytest.fixture
def damaged(corpus: Corpus) -> Corpus:
    """A corpus with two errors of one rule, whose advice is the only help: words in marks as indirect quotes."""
    for doc_id in ("alpha", "beta"):
        value = corpus.read(f"annotations/gold/{doc_id}.json")
        value["quotes"][0]["type"] = "indirect"
        corpus.write(f"annotations/gold/{doc_id}.json", value)
    return corpus


@pytest.mark.parametrize("argv", [("build",), ("fmt", "--fix"), ("fmt", "--fix", "--check")])
def test_findings_read_as_those_of_validate(damaged: Corpus, argv: tuple[str, ...]) -> None:
    wanted = damaged.run("validate").out
    assert (wanted.count("Q502"), wanted.count("    help: ")) == (2, 1)
    assert damaged.run(*argv).out.startswith(wanted)
