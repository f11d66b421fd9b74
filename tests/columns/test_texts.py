"""What is looked up in the joined texts of a shard is what a search through each text finds."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.checks.document_summary import characters_of
from corpus.columns import texts as module
from corpus.columns.texts import UNUSUAL, Texts, hash_of, hashes

TEXTS = st.lists(st.text("ab’é \u00a0\u0301\t\r\n.。Ⅷ1ᄀ\u1161", max_size=12), max_size=5)


@given(TEXTS)
def test_runs_marks_and_letters_are_those_of_a_search(given: list[str]) -> None:
    texts = Texts(given)
    joined = texts.joined
    edges = [i for i in range(len(joined) + 1) if joined[i - 1 : i].isspace() != joined[i : i + 1].isspace()]
    inside = {i for i, char in enumerate(joined) if not char.isspace()}
    found = list(zip(*(one.tolist() for one in texts.filled), strict=True))
    assert {i for start, end in found for i in range(start, end)} == inside
    assert all(start in edges or start == 0 for start, _ in found)
    assert all(end in edges for _, end in found)
    assert texts.places("’.。\n\t").tolist() == [i for i, char in enumerate(joined) if char in "’.。\n\t"]
    assert texts.foreign.tolist() == [i for i, char in enumerate(joined) if not char.isascii()]
    offsets = np.arange(len(joined) + 1)
    letters = [sum(map(str.isalnum, joined[:i])) for i in offsets.tolist()]
    assert texts.letters_before(offsets).tolist() == letters
    begins = [i for i in range(len(joined)) if joined[i].isalnum() and not joined[i - 1 : i].isalnum()]
    assert texts.word_at(offsets).tolist() == [sum(begin < i for begin in begins) for i in offsets.tolist()]


@pytest.mark.parametrize("char", ["a", "7", "é", " "])
def test_letters_and_blanks_are_not_looked_for_among_marks(char: str) -> None:
    with pytest.raises(ValueError, match="looked for in another way"):
        Texts(["a b 7"]).places(f".{char}")


@given(TEXTS, st.integers(1, 9))
def test_hashes_do_not_depend_on_the_texts_before_or_on_how_many_are_summed_at_once(
    given: list[str], at_once: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_AT_ONCE", at_once)
        texts = Texts(given)
        begins, ends = texts.begins[:-1], texts.begins[:-1] + texts.lengths
        together = texts.hashes(begins, ends).tolist()
    alone = [hashes(Texts([text]).codes, np.zeros(1, np.int64), np.array([len(text)])) for text in given]
    assert together == [int(one[0]) for one in alone]
    words = [texts.joined[start:end] for start, end in zip(texts.words.starts, texts.words.ends, strict=True)]
    assert texts.words.hashes.tolist() == [hash_of(word) for word in words]


@given(TEXTS)
def test_a_text_without_unusual_characters_has_no_property_of_a_summary(given: list[str]) -> None:
    for text in given:
        if not (Texts([text]).classes & UNUSUAL).any() and text:
            assert characters_of(text) == "00"


def test_each_character_that_is_not_unusual_stays_as_it_is_after_any_other() -> None:
    joining = [chr(i) for i in range(0x110000) if not 0xD800 <= i < 0xE000]
    usual = [char for char in joining if not module._is_unusual(char)]
    assert unicodedata.is_normalized("NFC", "".join(usual))
    for before in ("e", "가", "ᄀ", "ক", "ன", "𑂙"):
        assert unicodedata.is_normalized("NFC", before + before.join(usual))
