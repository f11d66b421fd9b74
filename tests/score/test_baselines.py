"""`corpus score --baselines`: what the scripts of a corpus count, as a table in its card."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.corpora import TEXT, Corpus, tiny

CARD = "# A corpus\n\n## Baselines\n\n<!-- generated:baselines -->\nold\n<!-- end -->\n\nThe end.\n"
DOCS = [f"doc-{i}" for i in range(8)]


def script(**changed: Any) -> str:
    """A script that writes these counts: the model is right three times as often as the baseline."""
    systems = {"coin": {one: [1, 4] for one in DOCS}, "model": {one: [3, 4] for one in DOCS}}
    value = {"task": "guessing", "kind": "share", "systems": systems} | changed
    return f"import pathlib, sys\npathlib.Path(sys.argv[2]).write_text({json.dumps(json.dumps(value))})\n"


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    """A built corpus of eight more documents in test, each a story of its own, and a card with a place."""
    made = tiny(tmp_path / "corpus")
    for one in DOCS:
        made.add(one, TEXT + " ".join(f"{one}{i}" for i in range(80)) + "\n", split="test")
    made.write("DATASET_CARD.md", CARD)
    assert made.run("build").code == 0
    return made


def test_the_table_is_written_into_the_card_and_stays_the_same(corpus: Corpus) -> None:
    corpus.write("examples/guess.py", script())
    ran = corpus.run("score", "--baselines")
    assert ran.code == 0, ran.err
    assert "| guessing | accuracy | coin | 0.250 | 0.250 to 0.250 |" in ran.out
    assert (
        "| guessing | accuracy | model | 0.750 | 0.750 to 0.750 | +0.500 | +0.500 to +0.500 | 0.008 | 0.00 |" in ran.out
    )
    content = json.loads((corpus.root / "build/manifest.json").read_text())["content_sha256"]
    assert f"8 stories of content `{content[:12]}`" in ran.out
    assert "significant" not in ran.out
    card = (corpus.root / "DATASET_CARD.md").read_text()
    assert card == CARD.replace("old\n", f"\n{ran.out}\n")
    assert corpus.run("score", "--baselines").out == ran.out
    assert (corpus.root / "DATASET_CARD.md").read_text() == card


def test_too_few_stories_for_any_difference_are_named(corpus: Corpus) -> None:
    systems = {name: {one: [i, 4] for one in DOCS[:3]} for i, name in enumerate(("coin", "model"))}
    corpus.write("examples/guess.py", script(systems=systems))
    assert (
        "With 3 stories, p is 0.25 at least: no difference here is significant"
        in corpus.run("score", "--baselines").out
    )


def test_labels_give_macro_f1_and_accuracy(corpus: Corpus) -> None:
    """Of four: favor right twice, against called favor once, against right once."""
    counts = {"doc-0": [2, 2, 3, 1, 2, 1]}
    always = {"doc-0": [2, 2, 4, 0, 2, 0]}
    labels = script(kind="labels", labels=["favor", "against"], systems={"one label": always, "model": counts})
    corpus.write("examples/stance.py", labels)
    out = corpus.run("score", "--baselines").out
    assert "| guessing | macro F1 | one label | 0.333 |" in out
    assert "| guessing | macro F1 | model | 0.733 |" in out
    assert "| guessing | accuracy | model | 0.750 |" in out


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("raise SystemExit('no data')", "guess.py failed: no data"),
        ("", "guess.py failed: it wrote no counts"),
        (script(kind="odd"), "counts that cannot be read"),
        (script(systems={"coin": {"doc-0": [1, 2]}}), "a baseline and a model count the same documents"),
        (script(systems={"coin": {"doc-0": [1, 2]}, "m": {"doc-1": [1, 2]}}), "count the same documents"),
        (script(systems={"coin": {"doc-0": [1]}, "m": {"doc-0": [1]}}), "a document has 2 counts of kind share"),
        (script(systems={"coin": {"doc-0": [-1, 2]}, "m": {"doc-0": [1, 2]}}), "2 counts"),
        (script(systems={"coin": {"other": [1, 2]}, "m": {"other": [1, 2]}}), "counts other, which is not a document"),
        (script(systems=[]), "cannot be read"),
    ],
)
def test_what_is_refused(corpus: Corpus, written: str, said: str) -> None:
    corpus.write("examples/guess.py", written)
    ran = corpus.run("score", "--baselines")
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert len(ran.err.splitlines()) == 1
    assert (corpus.root / "DATASET_CARD.md").read_text() == CARD


def test_a_card_without_a_place_and_a_corpus_without_a_script_are_refused(corpus: Corpus) -> None:
    assert "has no script to run" in corpus.run("score", "--baselines").err
    corpus.write("examples/guess.py", script())
    corpus.write("DATASET_CARD.md", "# A corpus\n")
    assert "has no lines `<!-- generated:baselines -->`" in corpus.run("score", "--baselines").err
    ran = corpus.run("score", "--baselines", "--split", "test")
    assert (ran.code, "--split does not go with --baselines" in ran.err) == (2, True)
    ran = corpus.run("score", "gold", "--baselines")
    assert (ran.code, "PREDICTIONS does not go with --baselines" in ran.err) == (2, True)
    assert "name PREDICTIONS, or pass --baselines" in corpus.run("score").err
