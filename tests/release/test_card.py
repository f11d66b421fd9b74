"""Tables of the card that come from files of their own: re-reading, citation, decisions."""

from __future__ import annotations

import json
import shutil

import pyarrow.parquet as pq
import pytest
from support.corpora import REPOSITORY, Corpus

from corpus.core.schema import Schema
from corpus.pipeline.tables import configs

READ = 'reader = "a fresh reader"\nseed = 19\n\n[[article]]\ndoc_id = "alpha"\n'


def card(corpus: Corpus, *markers: str) -> str:
    corpus.write("DATASET_CARD.md", "# A corpus\n\n" + "".join(f"<!-- corpus:{one} -->\n\n" for one in markers))
    ran = corpus.run("build")
    assert ran.code == 0, ran.err
    return (corpus.root / "build/README.md").read_text("utf-8")


def test_rates_of_errors_have_the_interval_of_wilson(corpus: Corpus) -> None:
    """1 of 10: Wilson's interval is 1.8% to 40.4%; 0 of 20: 0% to 16.1%."""
    assert "Gold was not read again" in card(corpus, "rereading")
    counts = "quotes = {read = 10, wrong = 1}\nstances = {read = 20, wrong = 0}\n"
    corpus.write("annotations/rereading.toml", (READ + counts).encode())
    made = card(corpus, "rereading")
    assert "| quotes | 10 | 1 | 10.0% | 1.8% to 40.4% |" in made
    assert "| stances | 20 | 0 | 0.0% | 0.0% to 16.1% |" in made
    assert "1 articles" not in made
    assert "drawn with seed 19, read by a fresh reader." in made


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('reader = "r"\nseed = 1\narticle = [1]\n', "it has reader, seed and [[article]]"),
        (READ + "quotes = {read = 3, wrong = true}\n", "write LAYER = {read = 12, wrong = 1}, not quotes"),
        ("seed = 1\n", "it has reader, seed and [[article]]"),
        (READ.replace("alpha", "omega"), "article 1: 'omega' is not an article with gold"),
        (READ + READ.partition("\n\n")[2], "article 2: 'alpha' is listed twice"),
        (READ + "quips = {read = 1, wrong = 0}\n", "write LAYER = {read = 12, wrong = 1}, not quips"),
        (READ + "quotes = {read = 1}\n", "write LAYER = {read = 12, wrong = 1}, not quotes"),
        (READ + "quotes = {read = 1, wrong = 2}\n", "quotes has 2 wrong records of 1"),
    ],
)
def test_counts_that_cannot_be_are_refused(corpus: Corpus, text: str, said: str) -> None:
    corpus.write("annotations/rereading.toml", text.encode())
    corpus.write("DATASET_CARD.md", "# A corpus\n\n<!-- corpus:rereading -->\n")
    ran = corpus.run("build")
    assert (ran.code, said in ran.err) == (2, True), ran.err


def test_the_card_and_croissant_cite_the_same_entry(corpus: Corpus) -> None:
    shutil.copy(REPOSITORY / "CITATION.cff", corpus.root)
    corpus.write("DATASET_CARD.md", "# A corpus\n\n<!-- corpus:citation -->\n")
    assert corpus.run("release", "3.0.0", "--allow-dirty").code == 0
    folder = corpus.root / "releases/3.0.0"
    cited = json.loads((folder / "croissant.json").read_text("utf-8"))["citeAs"]
    assert cited.startswith("@misc{on_the_record, title = {On the Record: ")
    assert cited.endswith("note = {Version 3.0.0}}")
    assert f"```bibtex\n{cited}\n```" in (folder / "README.md").read_text("utf-8")


def test_the_table_of_what_moved_names_every_config_and_column_that_is_new() -> None:
    moved = (REPOSITORY / "docs/from-1.0-to-2.0.md").read_text("utf-8")
    now = {one.name: one.columns for one in configs(Schema.read(REPOSITORY))}
    for name, columns in now.items():
        old = sorted((REPOSITORY / "releases/1.0.0" / name).glob("*.parquet"))
        if not old:
            assert f"| config `{name}` |" in moved
            continue
        before = pq.read_schema(old[0])
        assert set(before.names) <= set(columns.names), "a removed column needs a row of its own"
        for new in set(columns.names) - set(before.names):
            assert f"`{new}`" in moved, (name, new)
        if "provenance" in before.names:
            nested = (before.field("provenance").type, columns.field("provenance").type)
            known, there = ({one.name for one in kind} for kind in nested)
            assert all(f"`{one}`" in moved for one in there - known)


def test_a_card_of_gold_says_what_gold_decided(corpus: Corpus) -> None:
    value = corpus.read("annotations/ann-a/alpha.json") | {"annotator": "ann-b"}
    corpus.write("annotations/ann-b/alpha.json", value)
    made = card(corpus, "agreement")
    assert "What gold decided on the records of the annotators, with what both missed by capture–recapture:" in made
