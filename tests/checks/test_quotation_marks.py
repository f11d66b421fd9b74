"""Quotations are found by the marks of their language, with exact offsets, in four scripts and beside emoji."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.corpora import REPOSITORY, record

from corpus.checks.publishable import unannotated_quotation
from corpus.checks.quotations import _marks, in_dialogue, quotations
from corpus.checks.quotes import direct_without_marks, indirect_in_marks, mixed_without_marks
from corpus.core.model import Annotation, Article, Document, Source
from corpus.core.schema import Schema

SCHEMA = Schema.read(REPOSITORY)
EMOJI = ("😀", "👩\u200d👧", "🇩🇪", "👍🏽")
WORDS = {
    "latin": ("Åsa", "được", "l'été", "naïve", "reče", "größer"),
    "cyrillic": ("Мост", "безопасен", "ёлка", "п’ять", "сказала"),
    "arabic": ("الجسر", "آمِن", "قالت", "العمدة"),
    "han": ("桥很安全", "市长", "𠮷野", "说"),
    "hangul": ("다리는", "안전하다", "시장"),
}
MARKS = {
    "en": ("latin", "“” \"\" ‘’ ''"),
    "de": ("latin", "„“ »« ‚‘ ›‹"),
    "cs": ("latin", "„“ ‚‘"),
    "fr": ("latin", "«» “” ‹›"),
    "pl": ("latin", "„” «»"),
    "fi": ("latin", "”” »»"),
    "sv-SE": ("latin", "”” »»"),
    "ru": ("cyrillic", "«» „“"),
    "uk": ("cyrillic", "«» „” “”"),
    "ar": ("arabic", '«» “” ""'),
    "ko": ("hangul", "“” ‘’ 「」"),
    "zh-Hans-CN": ("han", '“” ‘’ 「」 『』 ﹁﹂ ﹃﹄ ＂＂ ""'),
    "JA": ("han", "「」 『』 ｢｣ 〝〟 〝〞"),
}
"""The script and the pairs of marks of each language."""
PAIRS = [(language, pair) for language, (_, pairs) in MARKS.items() for pair in pairs.split()]


def gap(language: str) -> str:
    return "" if language in ("zh-Hans-CN", "JA") else " "


@pytest.mark.parametrize(("language", "pair"), PAIRS, ids=[" ".join(one) for one in PAIRS])
@settings(max_examples=20)
@given(data=st.data())
def test_a_quotation_is_found_where_it_is(language: str, pair: str, data: st.DataObject) -> None:
    blank, words = gap(language), st.sampled_from(WORDS[MARKS[language][0]])
    if pair in ("''", "‘’", "‚‘", "‹›", "›‹"):
        words = words.filter(lambda word: "'" not in word and "’" not in word)
    text, expected = "", []
    for _ in range(data.draw(st.integers(1, 3))):
        before = data.draw(st.lists(words | st.sampled_from(EMOJI), max_size=4))
        inside = data.draw(st.lists(words, min_size=1, max_size=3)) + data.draw(
            st.lists(st.sampled_from(EMOJI), max_size=2)
        )
        text += blank.join(before) + blank + pair[0]
        expected.append((len(text), len(text) + len(blank.join(inside))))
        text += blank.join(inside) + pair[1] + data.draw(st.sampled_from(("\n", f"{blank}说{blank}", f".{blank}")))
    assert [text[start:end] for start, end in quotations(text, language)] == [text[s:e] for s, e in expected]
    assert list(quotations(text, language)) == expected


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "It's the bosses' and Ivo’s 😀 rock ’n’ roll, the ’90s and 5'4\"."),
        ("fr", "L'été qu’il a aimé aujourd’hui 😀."),
        ("uk", "П’ять комп'ютерів, 😀 об’єкт."),
        ("zh", "O’Brien和D'Angelo来了😀。"),
        ("ar", "قالت العمدة 😀 إن الجسر آمن."),
        ("en", "— A dash opens this paragraph.\n– And this one."),
        ("de", "— Ein Gedankenstrich.\n– Noch einer."),
        ("en", "The bridge”is safe”, and other”wise."),
        ("ru", "Мост — безопасен.\n–5 °C\n—\n— …"),
    ],
)
def test_nothing_is_in_quotation_marks(language: str, text: str) -> None:
    assert list(quotations(text, language)) == []


@pytest.mark.parametrize("opener", "«‘'｢")
def test_a_mark_that_nothing_closes_is_looked_up_once(opener: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line of 60,000 characters took half a minute."""
    marks = _marks(blanks=True, same=False)
    closed, searches = marks.closed[opener], []

    class Counted:
        def search(self, line: str, at: int) -> re.Match[str] | None:
            searches.append(at)
            return closed.search(line, at)

    monkeypatch.setitem(marks.closed, opener, Counted())
    assert list(quotations(f"{opener}a " * 500)) == []
    assert len(searches) == 1


DIALOGUES = {
    "fr": "Je viens, dit-elle, et « tu » restes 😀.",
    "es-MX": "Vengo —dijo Ana—. ¿Vienes?",
    "pl": "Idę – powiedziała.",
    "pt": "O rio é largo.",
    "ru": "Мост безопасен, — сказала Анна.",
}


@pytest.mark.parametrize("language", DIALOGUES)
@pytest.mark.parametrize("dash", ["— ", "– ", "—", "―\u00a0", "  — "])
def test_a_dialogue_dash_opens_a_quotation(language: str, dash: str) -> None:
    words = DIALOGUES[language]
    text = f"😀 {words[:2]}\n{dash}{words} \n\nÅsa."
    start = text.index(f"{dash}{words}") + len(dash)
    assert list(quotations(text, language)) == [(start, start + len(words))]
    assert in_dialogue(text, start, language)
    assert in_dialogue(text, start + 5, language)
    assert not in_dialogue(text, 3, language)
    assert not in_dialogue(text, text.index("Åsa"), language)
    assert not in_dialogue(text, start, "en")


def one_quote(text: str, words: str, kind: str, language: str) -> Document:
    """A document with one quote of these words."""
    start = text.index(words)
    span = {"start": start, "end": start + len(words), "text": words}
    quote: dict[str, Any] = {"id": "q1", "type": kind, "content": [span], "cue": [], "source": [], "parent": None}
    value = {"doc_id": "a-1", "annotator": "gold", "layers_done": ["quotes"], "quotes": [quote]}
    said = {**record("a-1", text), "language": language}
    source = Source("annotations/gold/a-1.json", "annotation")
    return Document("a-1", Article("a-1", said, text, ()), Annotation("gold", value, source))


@pytest.mark.parametrize(
    ("language", "kind", "text", "words", "fires"),
    [
        ("ru", "direct", "— Мост безопасен, — сказала Анна. — Мы знаем.", "Мост безопасен", False),
        ("ru", "direct", "— Мост безопасен, — сказала Анна. — Мы знаем.", "Мы знаем", False),
        ("en", "direct", "— The bridge is safe, she said, and left.", "The bridge is safe", True),
        ("de", "direct", "— Die Brücke hält, sagte sie und ging.", "Die Brücke hält", True),
        ("fr", "direct", "Elle — Anne — dit que le pont tient bien.", "le pont tient", True),
        ("fr", "mixed", "— Le pont tient, dit-elle.", "Le pont tient", False),
        ("fr", "mixed", "Le pont tient, dit-elle.", "Le pont tient", True),
        ("fr", "indirect", "— Le pont tient, dit-elle.", "Le pont tient", False),
        ("zh", "direct", "市长说：「桥很安全。」她走了。", "桥很安全", False),
        ("zh", "direct", "市长说桥很安全，她走了。", "桥很安全", True),
        ("zh", "indirect", "市长说：「桥很安全。」她走了。", "桥很安全", True),
        ("ja", "mixed", "市長は『安全』と言った。", "『安全』", False),
        ("ar", "direct", "قالت العمدة «الجسر آمن؟» ثم ذهبت.", "الجسر آمن", False),
    ],
)
def test_the_type_of_a_quote_goes_by_the_marks_of_its_language(
    language: str, kind: str, text: str, words: str, fires: bool
) -> None:
    check = {"direct": direct_without_marks, "indirect": indirect_in_marks, "mixed": mixed_without_marks}[kind]
    assert bool(list(check(one_quote(text, words, kind, language), SCHEMA))) == fires


@pytest.mark.parametrize(
    ("language", "text", "found"),
    [
        ("ru", "Анна ушла.\n— Мост безопасен, — сказала она.", ["Мост безопасен, — сказала она."]),
        ("en", "Анна ушла.\n— Мост безопасен, — сказала она.", []),
        ("zh", "安娜走了。他说“桥很安全”。", ["桥很安全"]),
        ("fr", "Anna part.\n— Anna part, dit-il.\n— Non.", ["Anna part, dit-il.", "Non."]),
    ],
)
def test_a_quotation_without_annotation_is_one_of_its_language(language: str, text: str, found: list[str]) -> None:
    problems = list(unannotated_quotation(one_quote(text, text[:2], "indirect", language), SCHEMA))
    assert [one.message.endswith(repr(words)) for one, words in zip(problems, found, strict=True)] == [True] * len(
        found
    )
