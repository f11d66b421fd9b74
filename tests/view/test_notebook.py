"""`corpus.show`: an article of the corpus, or a row of a table, as a page in a notebook and as text in a terminal."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import pytest
from support.corpora import REPOSITORY, TEXT, Corpus, annotation
from support.pages import PageText

import corpus as package
from corpus.core.model import CorpusError

HELD = [path.stem for path in (REPOSITORY / "raw").glob("*.txt")]
"""The articles whose text is in the corpus."""


def test_an_article_is_a_page_in_a_frame_and_text_in_a_terminal(corpus: Corpus) -> None:
    shown = package.show("alpha", compare=("gold", "ann-a"), root=corpus.root)
    assert repr(shown) == corpus.run("show", "alpha").out.rstrip("\n")
    frame = shown._repr_html_()
    held = re.fullmatch(r'<iframe [^>]*srcdoc="([^"]*)"></iframe>', frame)
    assert held
    page = PageText(html.unescape(held[1]))
    assert [one.text for one in page.paragraphs] == TEXT.splitlines()
    assert {"e1", "m1", "m2", "q1"} <= set(page.ids)
    assert not [link for link in page.links if not link.startswith("#")]
    assert shown.save(corpus.root / "page.html").read_text("utf-8") == shown.html
    assert shown.svg().startswith("<svg ")


def test_an_annotator_is_chosen_and_what_is_missing_is_named(corpus: Corpus) -> None:
    number: Any = 7
    assert "annotated by  ann-a" in PageText(package.show("alpha", "ann-a", root=corpus.root).html).shown
    with pytest.raises(CorpusError, match="alpha has no annotation of ann-b: name one of ann-a, gold"):
        package.show("alpha", "ann-b", root=corpus.root)
    with pytest.raises(CorpusError, match=r"such as \['gold', 'ann-a'\], not a string"):
        package.show("alpha", compare="gold,ann-a", root=corpus.root)
    with pytest.raises(CorpusError, match="there is no article gamma in raw/"):
        package.show("gamma", root=corpus.root)
    with pytest.raises(CorpusError, match="a row needs a doc_id"):
        package.show({}, root=corpus.root)
    with pytest.raises(CorpusError, match="not as int"):
        package.show(number, root=corpus.root)
    value = annotation("alpha")
    value["mentions"][0]["entity"] = "e9"
    corpus.write("annotations/gold/alpha.json", value)
    with pytest.raises(CorpusError, match="R402"):
        package.show("alpha", root=corpus.root)


@pytest.mark.parametrize(("config", "annotator"), [("documents", "gold"), ("annotations", "ann-a"), ("quotes", "gold")])
def test_a_row_of_a_table_shows_its_article(few_built: Path, config: str, annotator: str) -> None:
    row = next(one for one in package.load(config, split="train", root=few_built) if one["doc_id"] in HELD)
    shown = package.show(row, root=few_built)
    same = package.show(row["doc_id"], annotator, root=few_built)
    first, second = PageText(shown.html), PageText(same.html)
    own = [[one for one in page.ids if not one.startswith("-")] for page in (first, second)]
    assert own[0] == own[1] != []
    assert [one.text for one in first.paragraphs] == [one.text for one in second.paragraphs] != []
    assert first.places("q1", "q") == second.places("q1", "q") != set()
    assert repr(shown).splitlines()[3:] == repr(same).splitlines()[3:]
