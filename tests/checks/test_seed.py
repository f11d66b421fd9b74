"""The article of a third party: its offsets are here, its text is not.

The tests that need the text read it where ON_THE_RECORD_SEED says that a copy lies.
"""

from __future__ import annotations

import json
import os
import re
import unicodedata
from pathlib import Path

import pytest
from support.copies import copy_repository
from support.corpora import REPOSITORY

from corpus.cli.main import main

SEED = Path(os.environ.get("ON_THE_RECORD_SEED", "seed.txt"))
DOC_ID = "000_1a148ceac667d117"
needs_text = pytest.mark.skipif(
    not SEED.is_file(), reason="set ON_THE_RECORD_SEED to a copy of the seed article's text"
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A corpus of the seed article alone."""
    return copy_repository(tmp_path / "corpus", (DOC_ID,), ("gold",))


def corpus(root: Path, *args: str) -> int:
    return main(["--root", str(root), *args])


def test_without_its_text_it_is_sound(root: Path) -> None:
    assert corpus(root, "validate") == 0


def test_no_span_repeats_the_text() -> None:
    annotation = json.loads((REPOSITORY / f"annotations/gold/{DOC_ID}.json").read_bytes())
    spans = [
        span
        for layer in ("mentions", "quotes", "nonquotes", "stances")
        for record in annotation[layer]
        for value in record.values()
        if isinstance(value, list)
        for span in value
        if isinstance(span, dict)
    ]
    assert len(spans) > 150
    assert all(span.keys() == {"start", "end"} for span in spans)


@needs_text
def test_attached_every_span_is_sound(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert corpus(root, "attach", DOC_ID, "--text", str(SEED)) == 0
    assert corpus(root, "validate") == 0, capsys.readouterr().out


@needs_text
def test_the_hard_places_are_annotated_as_they_stand() -> None:
    text = SEED.read_bytes().decode()
    annotation = json.loads((REPOSITORY / f"annotations/gold/{DOC_ID}.json").read_bytes())
    entities = {entity["id"]: entity for entity in annotation["entities"]}
    mentions = {mention["id"]: mention for mention in annotation["mentions"]}

    def words(spans: list[dict[str, int]]) -> list[str]:
        return [text[span["start"] : span["end"]] for span in spans]

    quotes = [(words(quote["content"]), quote) for quote in annotation["quotes"]]
    broken = next(quote for pieces, quote in quotes if len(pieces) == 2 and pieces[0].startswith("We have no doubt"))
    assert entities[broken["speaker"]]["kb"] is None
    assert broken["speaker_kind"] == "anonymous"
    she = next(quote for _, quote in quotes if words(mentions[(quote["source"] or ["m001"])[0]]["spans"]) == ["she"])
    assert entities[she["speaker"]]["name"] == "Jake Sullivan"
    assert any(quote["speaker_kind"] == "document" for _, quote in quotes)
    rejected = {words(record["spans"])[0]: record["reason"] for record in annotation["nonquotes"]}
    assert rejected["love letters"] == "scare"
    assert {"provocative"} <= rejected.keys()


@needs_text
@pytest.mark.parametrize(
    ("change", "explanation"),
    [
        (lambda text: text.replace("\n", "\r\n"), "the text has CRLF line endings"),
        (lambda text: text + "\n", "the text has a final line ending"),
        (lambda text: "\ufeff" + text, "byte order mark"),
        (lambda text: text.replace("’", "'"), "it was edited"),
        (lambda text: text.replace("ammunition", "munition", 1), "2 fewer"),
    ],
)
def test_another_copy_is_explained_and_refused(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], change, explanation: str
) -> None:
    (tmp_path / "mine.txt").write_bytes(change(SEED.read_bytes().decode()).encode())
    assert corpus(root, "attach", DOC_ID, "--text", str(tmp_path / "mine.txt")) == 2
    assert explanation in capsys.readouterr().err
    assert not (root / "raw/attached").exists()


@needs_text
def test_no_run_of_its_words_is_in_the_repository() -> None:
    def runs(text: str) -> set[tuple[str, ...]]:
        found = re.findall(r"\w+", unicodedata.normalize("NFC", text).lower())
        return set(zip(*(found[i:] for i in range(5)), strict=False))

    withheld = runs(SEED.read_bytes().decode())
    files = [*(REPOSITORY / "raw").glob("*.*"), *(REPOSITORY / "annotations").glob("*/*"), *REPOSITORY.glob("*.md")]
    for path in [*files, *(REPOSITORY / "schema").glob("*"), *(REPOSITORY / "docs").rglob("*.md")]:
        assert not withheld & runs(path.read_bytes().decode()), path
