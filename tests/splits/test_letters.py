"""Letters, runs and sketches of many texts at once are those of each text alone, by their definition."""

from __future__ import annotations

import unicodedata
from hashlib import sha256

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from corpus.core.arrays import begins_of
from corpus.splits import sketches as module
from corpus.splits.letters import RUN, Slices, code_points, letters, runs
from corpus.splits.sketches import Sketches, sketch, sketches

SOME = ["Straße", "ﬁn", "e\u0301", "é", "Å", "Ω", "½", "x²", "İ", "각", "가", "\u11a8", "ᾳ", "日本", "か\u3099"]
MORE = [
    "…",
    "“",
    "—",
    "\u00a0",
    " ",
    "\n",
    "ß",
    "ΐ",
    "ｱﾞ",
    "\u09c7\u09be",
    "\u0345",
    "\ud800",
    "😀",
    "𝔄",
    "ǆ",
    "ﷺ",
    "\u1161",
]
TEXTS = st.lists(
    st.lists(st.sampled_from([*SOME, *MORE]) | st.text(max_size=30), max_size=6).map("".join), min_size=1, max_size=6
)


def joined(texts: list[str]) -> Slices:
    return Slices(code_points("".join(texts)), begins_of([len(text) for text in texts]))


def folded(text: str) -> list[int]:
    """The definition of the letters of a text."""
    return [ord(char) for char in unicodedata.normalize("NFKC", text).casefold() if char.isalnum()]


@given(TEXTS)
@example(["가\u11a8", "\u1100\u1161\u11a8", "\u09c7", "\u09be"])
@example(["", "ß" * 20, ""])
def test_letters_are_those_of_each_text(texts: list[str]) -> None:
    assert [one.tolist() for one in letters(joined(texts)).each()] == [folded(text) for text in texts]


@pytest.mark.parametrize("block", range(0, 0x20000, 0x1000))
def test_each_character_is_folded_as_the_standard_says(block: int) -> None:
    """Alone and after a letter that it may join."""
    texts = [before + chr(code) for code in range(block, block + 0x1000) for before in ("", "e", "가")]
    for text, found in zip(texts, letters(joined(texts)).each(), strict=True):
        assert found.tolist() == folded(text), ascii(text)


@given(TEXTS)
def test_runs_are_those_of_each_text(texts: list[str]) -> None:
    each = letters(joined(texts))
    together = runs(each)
    for text, one, found in zip(texts, each.each(), together.each(), strict=True):
        assert len(found) == max(len(one) - RUN + 1, 1 if len(one) else 0)
        assert found.tolist() == runs(letters(joined([text]))).values.tolist()


@given(TEXTS.map(lambda texts: [text.replace("\ud800", "") for text in texts]), st.sampled_from([1, 40, 2**16]))
def test_sketches_of_many_texts_are_those_of_each(texts: list[str], at_once: int) -> None:
    """Whatever stands between the texts, and however many are hashed at once."""
    checksums = [sha256(text.encode()).hexdigest() for text in texts]
    begins = begins_of([len(text) + 1 for text in texts])[:-1]
    codes = code_points("x".join([*texts, ""]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_AT_ONCE", at_once)
        found = sketches(checksums, codes, begins, begins + np.array([len(text) for text in texts]))
    each = Sketches.of([sketch(*one) for one in zip(checksums, texts, strict=True)])
    assert all(getattr(found, name).equals(getattr(each, name)) for name in ("text", "letters", "minima", "sample"))
