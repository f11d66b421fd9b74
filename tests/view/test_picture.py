"""An article as SVG: every word once, in text elements that say their width, right to left where it is written so."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.corpora import REPOSITORY, TEXT, Corpus, annotation, span

from corpus.core.schema import Schema
from corpus.view import load_document
from corpus.view.lines import Badge, lines
from corpus.view.metrics import visual, width
from corpus.view.picture import picture

SCHEMA = Schema.read(REPOSITORY)
SVG = "{http://www.w3.org/2000/svg}"
HEBREW = "ראש העיר אמרה “הגשר בטוח,” 3 פעמים.\nMayor Åsa said שלום לכם twice.\n"


def words_of(svg: str) -> list[tuple[str, float, float]]:
    """The text elements of the article: words, left edge, width."""
    return [
        (one.text or "", float(one.attrib["x"]), float(one.attrib["textLength"]))
        for one in ElementTree.fromstring(svg).iter(f"{SVG}text")
        if "textLength" in one.attrib
    ]


@pytest.mark.parametrize("doc_id", ["league-race-courier", "tram-crash-meridian", "glow-fever-packet"])
def test_every_word_is_in_a_text_element_within_the_picture(doc_id: str) -> None:
    svg = picture(load_document(REPOSITORY, SCHEMA, doc_id), SCHEMA)
    text = (REPOSITORY / f"raw/{doc_id}.txt").read_text("utf-8")
    words = words_of(svg)
    assert "".join("".join(one for one, _, _ in words).split()) == "".join(text.split())
    room = float(ElementTree.fromstring(svg).attrib["width"])
    assert all(x > 0 and x + wide <= room for _, x, wide in words)
    assert "foreignObject" not in svg
    assert svg == picture(load_document(REPOSITORY, SCHEMA, doc_id), SCHEMA)


def test_text_from_right_to_left_begins_at_the_right(corpus: Corpus) -> None:
    value = annotation("alpha")
    value["mentions"] = [{"id": "m1", "spans": [span(HEBREW, "ראש העיר")], "form": "NAM", "entity": "e1"}]
    quote = {"content": [span(HEBREW, "הגשר בטוח,")], "cue": [span(HEBREW, "אמרה")], "source": ["m1"]}
    value["quotes"] = [value["quotes"][0] | quote]
    corpus.add("alpha", HEBREW, annotators=())
    corpus.write("annotations/gold/alpha.json", value | {"text_sha256": corpus.read("raw/alpha.json")["text_sha256"]})
    svg = picture(load_document(corpus.root, SCHEMA, "alpha"), SCHEMA)
    at = {one: (x, wide) for one, x, wide in words_of(svg)}
    assert at["ראש"][0] > at["העיר"][0] > at["אמרה"][0] > at["הגשר"][0]
    assert at["ראש"][0] + at["ראש"][1] == pytest.approx(16 + 560)
    second = [one for one in words_of(svg) if one[0].strip() in ("Mayor Åsa said", "שלום", "לכם")]
    assert at["שלום"][0] > at["לכם"][0]
    assert second


def test_hostile_words_and_control_characters_leave_it_well_formed(corpus: Corpus) -> None:
    value = annotation("alpha")
    value["entities"][0]["name"] = "</text><script>alert(1)</script>\u0001"
    corpus.write("annotations/gold/alpha.json", value)
    corpus.write("raw/alpha.json", corpus.read("raw/alpha.json") | {"title": "]]><a>&\ufffe"})
    ran = corpus.run("view", "alpha", "--svg", str(corpus.root / "a.svg"))
    assert ran.code == 0, ran.err
    tags = {one.tag for one in ElementTree.fromstring((corpus.root / "a.svg").read_text("utf-8")).iter()}
    assert tags <= {f"{SVG}{name}" for name in ("svg", "title", "style", "rect", "text", "line", "path")}


@given(
    st.text("ab é—שלום😀\t“ ", max_size=120),
    st.sets(st.integers(0, 120), max_size=8),
    st.integers(20, 200),
)
def test_lines_hold_every_character_once_and_fit(text: str, cuts: set[int], room: int) -> None:
    badges = {at: [Badge("12", "", after=bool(at % 2))] for at in cuts if at <= len(text)}
    found = lines(text, 0, len(text), cuts, {}, badges, 16, room)
    places = sorted(at for line in found for one in line for at in range(one.start, one.end))
    kept = [at for at in places if not text[at].isspace()]
    assert kept == [at for at, char in enumerate(text) if not char.isspace()]
    assert len(places) == len(set(places))
    for line in found:
        assert [one.x for one in line] == sorted(one.x for one in line)
        assert not re.search(r"\S\s+\S", "".join(one.text for one in line)) or line[-1].x + line[-1].width <= room + 60


def test_pieces_are_ordered_as_they_are_read() -> None:
    assert visual(["L", "", "R", "", "R", "", "L"], "L") == [0, 1, 4, 3, 2, 5, 6]
    assert visual(["R", "", "L", "", "L", "", "R"], "R") == [6, 5, 2, 3, 4, 1, 0]
    assert width("WW", 10) > width("ii", 10) > 0
    assert width("ab", 10, bold=True) > width("ab", 10)
    assert width("e\u0301", 10) == width("é", 10) == width("e", 10)
    assert width("😀", 10) == 10


def test_a_withheld_text_is_drawn_by_offsets(corpus: Corpus) -> None:
    document = load_document(corpus.root, SCHEMA, "alpha")
    document.article.attached = True
    document.article.record["redistribution"] = "offsets_only"
    assert "bridge" not in picture(document, SCHEMA)
    assert "bridge" in picture(document, SCHEMA, with_attached=True)
    assert "Åsa" in TEXT
