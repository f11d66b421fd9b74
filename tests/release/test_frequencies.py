"""`corpus stats` and its table in the card: what is counted, and beside which figures."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from support.corpora import TEXT, Corpus, tiny

from corpus.release.frequencies import FREQUENCIES, SOURCES, frequencies

NEWS = "Marr said he would go. It “will hold,” she said, “for years.” A clerk — one of two… — noted it. www.x.example"


def span(words: str, nth: int = 0) -> dict[str, int]:
    start = -1
    for _ in range(nth + 1):
        start = NEWS.index(words, start + 1)
    return {"start": start, "end": start + len(words)}


def quote(content: list[str], cue: str, source: list[str], **changed: Any) -> dict[str, Any]:
    value = {"content": [span(one) for one in content], "cue": [span(cue)], "source": source, "parent": None}
    return {**value, "type": "indirect", "speaker_kind": "named", **changed}


ROW: dict[str, Any] = {
    "text": NEWS,
    "language": "en",
    "set": "plain",
    "mentions": [
        {"id": "m1", "form": "NAM", "spans": [span("Marr")]},
        {"id": "m2", "form": "PRO", "spans": [span("she")]},
        {"id": "m3", "form": "NOM", "spans": [span("A clerk")]},
    ],
    "nonquotes": [{}],
    "quotes": [
        quote(["he would go"], "said", ["m1"]),
        quote(["will hold,", "for years."], "said", ["m2"], type="direct"),
        quote(["A clerk — one of two… — noted it"], "noted", ["m3"], type="reported", speaker_kind="anonymous"),
        quote(["one of two"], "noted", [], parent="q3", type="mixed"),
    ],
}


def counted(*rows: dict[str, Any]) -> dict[str, float | None]:
    return {one.title: one.values["all"] for one in frequencies(rows)}


def test_what_is_counted() -> None:
    found = counted(ROW)
    assert found["words"] == len(NEWS.split()) == 22
    assert found["quotes per 100 words"] == pytest.approx(400 / 22)
    assert found["direct, % of quotes"] == found["mixed, %"] == 25
    assert found["indirect, reported and free indirect, %"] == 50
    assert found["words of a direct quote, mean"] == 4
    assert found["direct quotes of over 40 words, %"] == 0
    assert found["nested in a quote, %"] == found["content in pieces, %"] == found["speaker anonymous, %"] == 25
    assert found["with a source, %"] == 75
    assert found["source a pronoun, % of sources"] == pytest.approx(100 / 3)
    assert found["source before the content, %"] == pytest.approx(200 / 3)
    assert found["source within the content, %"] == pytest.approx(100 / 3)
    assert found["source after the content, %"] == 0
    assert found["distinct first words of cues"] == 2
    assert found["words in marks that are not a quote"] == 1
    assert found["dashes per 1,000 words"] == pytest.approx(2000 / 22)
    assert found["ellipses per 1,000 words"] == found["URLs per 1,000 words"] == pytest.approx(1000 / 22)


def test_long_ones() -> None:
    text = "“" + "so " * 41 + "it goes,” she said."
    quoted = {"content": [{"start": 1, "end": text.index("”")}], "type": "direct", "cue": [], "source": []}
    found = counted({"text": text, "quotes": [quoted]})
    assert found["direct quotes of over 40 words, %"] == found["sentences of over 30 words, %"] == 100
    assert found["words of a direct quote, mean"] == 43


def test_a_cue_without_words_has_no_head() -> None:
    blank = {**ROW["quotes"][0], "cue": [{"start": 4, "end": 5}]}
    assert counted(ROW | {"quotes": [blank]})["distinct first words of cues"] == 0


def test_rows_that_cannot_be_counted_and_twins_are_left_out() -> None:
    left_out = ({"text": None}, {"quotes": None}, {"twin_of": "x"})
    assert counted(ROW, *(ROW | one for one in left_out)) == counted(ROW)
    assert set(counted().values()) == {0, None}


def test_groups_are_in_the_order_of_the_schema() -> None:
    rows = [ROW | {"set": name} for name in ("real", "hard", "plain", None)]
    (articles, *_) = frequencies(rows, names=("plain", "hard", "real"))
    assert list(articles.values.items()) == [("all", 4), ("plain", 1), ("hard", 1), ("real", 1)]


def test_each_reference_names_its_source() -> None:
    for one in FREQUENCIES:
        assert bool(one.reference) == bool(one.source)
        assert not one.source or any(name in one.source for name in SOURCES)


def test_the_command(corpus: Corpus) -> None:
    text = corpus.run("stats")
    assert (text.code, text.err) == (0, "")
    assert text.out.splitlines()[1].split() == ["articles", "2"]
    values = json.loads(corpus.run("stats", "--by", "split", "--format", "json").out)
    assert values[0] == {"figure": "articles", "values": {"all": 2, "train": 2}, "real_news": "", "source": ""}
    assert "| quotes per 100 words | 8.7 | 3.2 | English news |" in corpus.run("stats", "--format", "markdown").out
    assert json.loads(corpus.run("stats", "--annotator", "ann-a", "--format", "json").out)[0]["values"] == {"all": 1}


def test_columns_that_do_not_fit_into_the_terminal_are_in_further_tables(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"The Gazette of Town {number}" for number in range(6)]
    for number, source in enumerate(names):
        corpus.add(f"one-{number}", source=source)
    whole = json.loads(corpus.run("stats", "--by", "source", "--format", "json").out)
    for width in (70, 100, 1000):
        monkeypatch.setenv("COLUMNS", str(width))
        ran = corpus.run("stats", "--by", "source")
        assert max(map(len, ran.out.splitlines()[: -len(SOURCES)])) <= width
        tables = [table.splitlines() for table in ran.out.split("\n\n") if table.startswith(" ")]
        assert (len(tables) == 1) == (width == 1000)
        assert {tuple(line[:40].rstrip() for line in table[1:]) for table in tables} == {
            tuple(one["figure"] for one in whole)
        }
        cells = [cell for table in tables for cell in re.split("  +", table[0].strip())]
        assert cells == [*whole[0]["values"], "real news", "source"]
        of_articles = [cell for table in tables for cell in table[1].split()[1:]]
        assert of_articles == [str(value) for value in whole[0]["values"].values()]


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("--by", "colour"), "there is no field colour"),
        (("--split", "tests"), "there is no split tests"),
        (("--split", "test"), "no article of test has a text"),
        (("--annotator", "ann-z"), "no article of the corpus has a text"),
    ],
)
def test_what_cannot_be_counted_is_refused(corpus: Corpus, argv: tuple[str, ...], message: str) -> None:
    ran = corpus.run("stats", *argv)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err


def test_a_withheld_article_counts_once_its_text_is_attached(tmp_path: Path) -> None:
    corpus = tiny(tmp_path / "corpus")
    corpus.add("gamma", redistribution="offsets_only")
    assert corpus.run("stats").out.splitlines()[1].split() == ["articles", "2"]
    corpus.write("raw/attached/gamma.txt", TEXT)
    assert corpus.run("stats").out.splitlines()[1].split() == ["articles", "3"]


def test_the_card_has_the_table(corpus: Corpus) -> None:
    corpus.write("DATASET_CARD.md", "---\nlicense: cc-by-4.0\n---\n\n<!-- corpus:frequencies -->\n")
    assert corpus.run("build").code == 0
    card = (corpus.root / "build" / "README.md").read_text("utf-8")
    assert "| quotes per 100 words | 8.7 | 3.2 | English news |" in card
    assert "English news: English articles with annotated quotes" in card
