"""`core.tokens` against the plain definitions: the pattern, matched text by text, and sentences that lose nothing."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest
import regex
import sentencex
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.corpora import REPOSITORY

from corpus.core.tokens import PATTERN, sentences, sentences_in, tokenize

TEXTS = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("ab1_A.!?…\n\n  \"“”'’»\r\t\u2028\u0301\u200d。！"),
    max_size=80,
)
LANGUAGES = ("en", "de", "fr", "ar", "hi", "ja", "zh", "xx")


def matches(text: str) -> list[tuple[int, int, str]]:
    return [(match.start(), match.end(), match[0]) for match in regex.finditer(r"\w+|[^\w\s]", text)]


@settings(max_examples=300)
@given(st.lists(TEXTS, max_size=5))
@example([])
@example([""])
@example(["", "\n", "a"])
@example(["e\u0301te\u0301", "👩\u200d👩 x", "\U0001f1e9\U0001f1ea"])
def test_tokens_are_the_matches_of_the_pattern(texts: list[str]) -> None:
    found = tokenize(texts)
    begin, expected = 0, []
    for text in texts:
        expected += [(start + begin, end + begin, word) for start, end, word in matches(text)]
        begin += len(text) + 1
    assert list(zip(found.starts.tolist(), found.ends.tolist(), found.strings.to_pylist(), strict=True)) == expected
    assert found.begins.tolist()[: len(texts)] == [sum(len(text) + 1 for text in texts[:i]) for i in range(len(texts))]


def test_every_code_point_is_of_the_kind_that_the_pattern_says() -> None:
    """One text that holds every code point but the surrogates, each between two letters of its own."""
    points = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    sample = [
        char for char in points if ord(char) < 0x3000 or ord(char) % 61 == 0 or unicodedata.category(char) == "Zs"
    ]
    text = "".join(f"a{char}b" for char in sample)
    found = tokenize([text])
    assert list(zip(found.starts.tolist(), found.ends.tolist(), found.strings.to_pylist(), strict=True)) == matches(
        text
    )
    assert PATTERN == r"\w+|[^\w\s]"


@settings(max_examples=300)
@given(TEXTS, st.sampled_from(LANGUAGES))
@example("He left.\n\nShe said: “No.\n“And no.”", "en")
@example("a\n\n\nb\r\n c", "en")
def test_sentences_are_slices_in_order_that_lose_nothing(text: str, language: str) -> None:
    last, covered = 0, 0
    for start, end in sentences(text, language):
        assert last <= start < end <= len(text)
        assert not text[last:start].strip()
        sentence = text[start:end]
        assert sentence == sentence.strip()
        assert "\n" not in sentence
        last = end
        covered += 1
    assert not text[last:].strip()
    assert bool(covered) == bool(text.strip())


def added_up(texts: list[str], language: str) -> list[tuple[int, int]]:
    """The sentences of each text by itself, where they lie in the texts joined by line ends."""
    found, begin = [], 0
    for text in texts:
        found += [(begin + start, begin + end) for start, end in sentences(text, language)]
        begin += len(text) + 1
    return found


@settings(max_examples=100)
@given(st.lists(TEXTS, max_size=5), st.integers(1, 400), st.sampled_from(LANGUAGES))
def test_a_long_text_has_the_sentences_of_its_parts(texts: list[str], times: int, language: str) -> None:
    """Whatever a text's length: `sentencex` drops line breaks in longer ones."""
    texts = texts * times
    assert sentences("\n".join(texts), language) == added_up(texts, language)


def test_articles_joined_have_the_sentences_of_the_articles() -> None:
    texts = [path.read_text("utf-8") for path in sorted(REPOSITORY.glob("raw/*.txt"))]
    assert len(texts) > 50
    assert sentences("\n".join(texts), "en") == added_up(texts, "en")


@settings(max_examples=200)
@given(st.lists(st.tuples(TEXTS, st.sampled_from(LANGUAGES), st.booleans()), max_size=5))
@example([])
@example([(" ", "en", True)])
@example([("Skipped. Here.", "en", False), (" He left. \n\n“No.” \u2028", "en", True)])
@example([("He said: “No.” " * 1_200 + "\nShe did.", "en", True), ("And he.", "en", True)])
def test_sentences_of_several_texts_are_those_of_each(docs: list[tuple[str, str, bool]]) -> None:
    """Of some of the texts that are joined."""
    begins = np.cumsum([0, *(len(text) + 1 for text, _, _ in docs)])
    filled = [not char.isspace() for text, _, _ in docs for char in f"{text}\n"]
    edges = np.flatnonzero(np.diff([False, *filled, False]))
    chosen = [i for i, (_, _, is_chosen) in enumerate(docs) if is_chosen]
    texts, languages = [docs[i][0] for i in chosen], [docs[i][1] for i in chosen]
    counts, start, end = sentences_in(texts, languages, begins[chosen], (edges[::2], edges[1::2]))
    expected = [sentences(*one) for one in zip(texts, languages, strict=True)]
    assert counts.tolist() == list(map(len, expected))
    assert list(zip(start.tolist(), end.tolist(), strict=True)) == [
        (first + int(begins[i]), last + int(begins[i]))
        for i, of in zip(chosen, expected, strict=True)
        for first, last in of
    ]


@settings(max_examples=200)
@given(TEXTS)
def test_no_token_crosses_a_line(text: str) -> None:
    ends = [end for _, end in sentences(text, "en")]
    for start, end, word in matches(text):
        assert "\n" not in word
        assert not [cut for cut in ends if start < cut < end and text[cut - 1 : cut + 1].isspace()]


@pytest.mark.parametrize(
    ("text", "language"),
    [("我爱北京。“你好！”他说。", "zh"), ("The dam broke. “No,” said Mr. Halloran. ", "en"), ("قال أحمد. نعم؟ ", "ar")],
)
def test_a_long_line_is_cut_in_linear_time(text: str, language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`sentencex` takes 7 s for a line of 200,000 Chinese characters; each window is given to it once."""
    seen: list[int] = []
    segment = sentencex.segment
    monkeypatch.setattr(sentencex, "segment", lambda lang, line: seen.append(len(line)) or segment(lang, line))
    times = 120_000 // len(text)
    found = sentences(text * times, language)
    assert sum(seen) < 1.1 * len(text) * times
    assert max(seen) <= 16_384
    assert found == [
        (start + len(text) * i, end + len(text) * i) for i in range(times) for start, end in found_in(text, language)
    ]


def found_in(text: str, language: str) -> list[tuple[int, int]]:
    """The sentences of the middle one of three copies, from its beginning."""
    size = len(text)
    return [(start - size, end - size) for start, end in sentences(text * 3, language) if size <= start < 2 * size]


def test_a_long_sentence_is_not_cut() -> None:
    text = "one very long sentence, " * 3000 + "the end. And another."
    assert [text[end - 4 : end] for _, end in sentences(text, "en")] == ["end.", "her."]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_line_end_ends_a_sentence_in_any_language(language: str) -> None:
    assert sentences("One line\nand another", language) == [(0, 8), (9, 20)]


def test_sentences_end_where_they_end() -> None:
    text = "The dam broke. Nobody was hurt. “It was close,” said Mr. Halloran."
    assert [text[start:end] for start, end in sentences(text, "en")] == [
        "The dam broke.",
        "Nobody was hurt.",
        "“It was close,” said Mr. Halloran.",
    ]


SCRIPTS = {
    "fr": ("Åsa", "l'été", "e\u0301tude", "« Non »", "M. Kuhn", "?", "Fin.", "— Oui."),
    "ru": ("Анна", "г. Москва", "и\u0306", "«Да»", "сказала.", "!", "—"),
    "ar": ("قال", "السَّلام", "؟", "،", "٢٠٢٦", "نعم.", "«لا»"),
    "zh": ("马一静", "北京。", "「好！」", "说：", "𠮷野", "？", "“是。”"),
}
EMOJI = ("😀", "👩\u200d👧", "👍🏽", "🇩🇪", "❤\ufe0f")


@pytest.mark.parametrize("language", SCRIPTS)
@settings(max_examples=40)
@given(data=st.data())
def test_tokens_and_sentences_cover_a_text_in_each_script(language: str, data: st.DataObject) -> None:
    """No token leaves the text or its sentence, and both hold all of it but white space."""
    parts = data.draw(st.lists(st.sampled_from((*SCRIPTS[language], *EMOJI, " ", " ", "\n")), max_size=30))
    text = "".join(parts)
    found = tokenize([text])
    tokens = list(zip(found.starts.tolist(), found.ends.tolist(), found.strings.to_pylist(), strict=True))
    assert [text[start:end] for start, end, _ in tokens] == [word for _, _, word in tokens]
    assert "".join(word for _, _, word in tokens) == "".join(text.split())
    within = sentences(text, language)
    assert "".join("".join(text[start:end].split()) for start, end in within) == "".join(text.split())
    assert all(any(start <= at and end <= stop for start, stop in within) for at, end, _ in tokens)
