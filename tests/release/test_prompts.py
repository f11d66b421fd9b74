"""annotations/prompts/: the instructions of each pass are in the card and in a release, and are no annotator."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.corpora import Corpus, annotation

from corpus.agreement.load import annotators_of

TOLD = "# Second pass\n\nRead every word.\n\n```json\n{}\n```\n"
CARD = "# A corpus\n\n## Passes\n\n<!-- corpus:prompts -->\n"


@pytest.fixture
def told(corpus: Corpus) -> Corpus:
    corpus.write("annotations/prompts/annotate-2.md", TOLD.encode())
    corpus.write("DATASET_CARD.md", CARD)
    value = annotation("alpha") | {"annotator": "ann-a", "provenance": {"prompt": "annotate-2.md"}}
    corpus.write("annotations/ann-a/alpha.json", value)
    return corpus


def test_the_folder_of_prompts_is_no_annotator_and_has_no_finding(told: Corpus) -> None:
    assert told.run("validate").code == 0
    assert "prompts" not in annotators_of(told.root)
    assert told.run("show", "alpha", "prompts").code == 2


@pytest.mark.parametrize("name", ["alpha.json", "notes.txt", "all.jsonl"])
def test_anything_but_markdown_there_is_a_finding(told: Corpus, name: str) -> None:
    told.write(f"annotations/prompts/{name}", b"{}")
    found = [(one["code"], one["file"]) for one in told.findings()]
    assert found == [("F117", f"annotations/prompts/{name}")]


def test_the_card_says_who_was_told_what(told: Corpus) -> None:
    assert told.run("build").code == 0
    card = (told.root / "build/README.md").read_text("utf-8")
    assert "| `annotate-2.md` | Second pass | 1 of ann-a |" in card
    assert f"````markdown\n{TOLD}````\n" in card


def test_a_prompt_that_does_not_exist_is_named(told: Corpus) -> None:
    (told.root / "annotations/prompts/annotate-2.md").unlink()
    ran = told.run("build")
    assert ran.code == 2
    assert "annotations/ann-a/alpha.json: provenance.prompt names annotations/prompts/annotate-2.md" in ran.err
    assert not (told.root / "build").exists()


def test_a_release_has_the_prompts(told: Corpus, tmp_path: Path) -> None:
    ran = told.run("release", "1.0.0", "--allow-dirty")
    assert ran.code == 0, ran.err
    assert (told.root / "releases/1.0.0/prompts/annotate-2.md").read_text("utf-8") == TOLD
    assert told.run("verify").code == 0
