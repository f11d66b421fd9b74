"""One mistake is one finding, with the number of spans and a fix for all of them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from support.copies import without_alternatives
from support.corpora import REPOSITORY, TEXT, Corpus, annotation, record

from corpus.checks.relocate import WINDOW, occurrences

DOC = "barrage-hearing-delay"
GOLD = "annotations/gold/alpha.json"
PATH = f"annotations/gold/{DOC}.json"


def every_span(value: Any) -> list[dict[str, Any]]:
    """The spans of an annotation, in the order of the file."""
    if isinstance(value, dict):
        return [value] if "start" in value else [span for one in value.values() for span in every_span(one)]
    return [span for one in value for span in every_span(one)] if isinstance(value, list) else []


@pytest.fixture
def article(tmp_path: Path) -> Corpus:
    """A corpus of one real article with some hundred spans."""
    shutil.copytree(REPOSITORY / "schema", tmp_path / "schema")
    for path in (f"raw/{DOC}.txt", f"raw/{DOC}.json", PATH):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / path, tmp_path / path)
    without_alternatives(tmp_path, DOC)
    return Corpus(tmp_path)


def retold(corpus: Corpus, change: Any) -> int:
    """Change the text, with its checksums; return the number of spans that quote other words then."""
    raw, annotated = corpus.read(f"raw/{DOC}.json"), corpus.read(PATH)
    text = change((corpus.root / f"raw/{DOC}.txt").read_text("utf-8"))
    same = record(DOC, text)
    raw |= {"text_sha256": same["text_sha256"], "length": len(text)}
    annotated["text_sha256"] = same["text_sha256"]
    corpus.write(f"raw/{DOC}.txt", text)
    corpus.write(f"raw/{DOC}.json", raw)
    corpus.write(PATH, annotated)
    return sum(text[span["start"] : span["end"]] != span["text"] for span in every_span(annotated))


def offsets(corpus: Corpus, count: Any) -> None:
    """Write other offsets: `count` takes the text before an offset."""
    text, value = (corpus.root / f"raw/{DOC}.txt").read_text("utf-8"), corpus.read(PATH)
    for span in every_span(value):
        span["start"], span["end"] = count(text[: span["start"]]), count(text[: span["end"]])
    corpus.write(PATH, value)


def test_a_headline_that_was_added_is_one_finding(article: Corpus) -> None:
    wrong = retold(article, lambda text: f"Late news: {text}")
    assert wrong > 50
    (found,) = [one for one in article.findings() if one["severity"] == "error"]
    total = len(every_span(article.read(PATH)))
    assert f"{wrong} of {total} spans, each +11 code points away from its words" in found["message"]
    assert (found["code"], found["record"], found["fix"]["safe"]) == ("P307", "", False)
    assert found["snippet"]
    assert len(found["related"]) == 4
    assert article.run("fmt", "--fix", "--unsafe").code == 0
    assert article.findings() == []


def test_other_units_are_one_finding_that_hides_nothing(article: Corpus) -> None:
    retold(article, lambda text: text.replace(".", "😀", 1))
    value = article.read(PATH)
    article.write(PATH, value | {"entities": [*value["entities"], {**value["entities"][0], "id": "e99", "kb": None}]})
    before = {one["code"] for one in article.findings() if one["severity"] != "info"}
    offsets(article, lambda text: len(text.encode("utf-16-le")) // 2)
    found = [one for one in article.findings() if one["severity"] != "info"]
    assert {one["code"] for one in found} == before | {"P307"}
    (units,) = [one for one in found if one["code"] == "P307" and one["record"] == ""]
    assert "spans: the offsets count UTF-16 units" in units["message"]
    left = [one for one in found if one["code"] != "P307" or one["record"]]
    article.run("fmt", "--fix")
    after = [one for one in article.findings() if one["severity"] != "info"]
    assert [(one["code"], one["pointer"]) for one in after] == [(one["code"], one["pointer"]) for one in left]


def test_spans_beyond_the_end_are_of_the_same_cause(article: Corpus) -> None:
    retold(article, lambda text: text[40:])
    found = [one["code"] for one in article.findings() if one["severity"] == "error"]
    assert found.count("P304") == 0
    assert found.count("P307") <= 6


def test_the_annotation_of_another_article_is_one_finding(article: Corpus) -> None:
    other = (REPOSITORY / "raw" / "bell-loan-brief.txt").read_text("utf-8")
    wrong = retold(article, lambda _: other * 3)
    found = [one for one in article.findings() if one["severity"] == "error"]
    assert wrong > 100
    assert len(found) == 1
    assert any("quote words that are not there: was another text annotated?" in one["message"] for one in found)


def test_spans_without_words_are_one_finding(article: Corpus) -> None:
    value = article.read(PATH)
    for span in every_span(value):
        del span["text"]
    article.write(PATH, value)
    (found,) = [one for one in article.findings() if one["severity"] == "error"]
    assert found["code"] == "P308"
    article.run("fmt", "--fix", "--unsafe")
    assert article.findings() == []


def test_a_few_slips_stay_findings_of_their_own(article: Corpus) -> None:
    value = article.read(PATH)
    for number in (0, 20, 40):
        every_span(value)[number]["text"] = "Zyx"
    article.write(PATH, value)
    found = [one for one in article.findings() if one["code"] == "P307"]
    assert len(found) == 3
    assert all(one["record"] for one in found)


def test_words_that_occur_twice_are_moved_to_the_nearest(corpus: Corpus) -> None:
    text = TEXT + "\nShe smiled. She left. “No,” she said.\n"
    corpus.add("alpha", text)
    value = annotation("alpha", text)
    span = value["mentions"][1]["spans"][0]
    span["start"], span["end"] = text.rindex("she") - 2, text.rindex("she") + 1
    corpus.write(GOLD, value)
    (found,) = [one for one in corpus.findings() if (one["code"], one["file"]) == ("P307", GOLD)]
    first, last = text.index("she"), text.rindex("she")
    assert f"the quoted words occur at {first}–{first + 3} and {last}–{last + 3}, not at" in found["message"]
    assert not found["fix"]["safe"]
    assert [edit["value"] for edit in found["fix"]["edits"]] == [last, last + 3]


def test_words_that_occur_twice_move_with_their_neighbours(corpus: Corpus) -> None:
    """The nearest “she” is another one: the spans around it were all moved by 7."""
    text = "Åsa Lindqvist" + "x" * 16 + " she Anna she Berta she Clara she\n“No,” she said.\n"
    corpus.add("alpha", text)
    value = annotation("alpha", text, entities=[], mentions=[], quotes=[], layers_done=["mentions", "entities"])
    del value["quotes"]
    words = ("Anna", "she", "Berta", "Clara")
    at = [text.index(word, text.index("Anna")) for word in words]
    value["entities"] = [{"id": "e1", "type": "PER", "name": "A", "kb": None, "kb_date": None}]
    value["mentions"] = [
        {"id": f"m{i}", "form": "NAM", "entity": "e1", "spans": [{"start": s - 7, "end": s - 7 + len(w), "text": w}]}
        for i, (s, w) in enumerate(zip(at, words, strict=True))
    ]
    corpus.write(GOLD, value)
    (found,) = [one for one in corpus.findings() if (one["code"], one["file"]) == ("P307", GOLD)]
    assert "4 of 4 spans, each +7 code points away" in found["message"]
    starts = [edit["value"] for edit in found["fix"]["edits"] if edit["pointer"].endswith("/start")]
    assert starts == at


def test_long_strings_are_shown_where_they_differ(corpus: Corpus) -> None:
    text = TEXT + "\n“" + "It is long and dull. " * 20 + "The end,” she said.\n"
    corpus.add("alpha", text)
    value = annotation("alpha", text)
    long = text[text.rindex("“") + 1 : text.rindex(",”")]
    start = text.rindex("“") + 1
    value["quotes"][0]["content"] = [
        {"start": start, "end": start + len(long), "text": long.replace("The end", "An end")}
    ]
    corpus.write(GOLD, json.dumps(value))
    (found,) = [one for one in corpus.findings() if (one["code"], one["file"]) == ("P307", GOLD)]
    assert "dull. The end', the span quotes '…" in found["message"]
    assert "dull. An end', which differs from" in found["message"]
    assert f"differs from {start + long.index('The end')} on" in found["message"]


def test_the_search_stays_in_a_window() -> None:
    text = "far " + "x" * (2 * WINDOW) + " near near " + "x" * (2 * WINDOW) + " far"
    here = text.index("near")
    assert occurrences(text, "far", here).starts == ()
    assert not occurrences(text, "far", here).everywhere
    assert occurrences(text, "near", here + 1).starts == (here, here + 5)
    assert occurrences("ab" * 50, "ab", 50).more
    assert occurrences("", "", 0).everywhere


def test_a_mistyped_span_is_not_moved_onto_the_words_of_another(corpus: Corpus) -> None:
    """Counted in UTF-8 bytes, 6–9 is the first “Ola”, which the other mention has: its offsets are code points."""
    text = "É É Ola, Ola came.\nÅsa Lindqvist said. “No,” she said.\n"
    corpus.add("alpha", text)
    value = annotation("alpha", text, entities=[], mentions=[], quotes=[], layers_done=["mentions", "entities"])
    del value["quotes"]
    value["entities"] = [{"id": "e1", "type": "PER", "name": "Ola", "kb": None, "kb_date": None}]
    value["mentions"] = [
        {"id": f"m{start}", "form": "NAM", "entity": "e1", "spans": [{"start": start, "end": start + 3, "text": "Ola"}]}
        for start in (4, 6)
    ]
    corpus.write(GOLD, value)
    corpus.run("fmt", "--fix")
    assert [one["spans"][0]["start"] for one in corpus.read(GOLD)["mentions"]] == [4, 6]
    (found,) = [one for one in corpus.findings() if (one["code"], one["file"]) == ("P307", GOLD)]
    assert "the quoted words occur at 4–7 and 9–12, not at 6–9" in found["message"]
    assert not found["fix"]["safe"]
