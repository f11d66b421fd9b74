"""Quotations are found by the marks of their language, with exact offsets, in four scripts and beside emoji."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.corpora import REPOSITORY, record

from corpus.checks.publishable import unannotated_quotation
from corpus.checks.quotation_marks import QuotationMarks, dialogues, in_dialogue
from corpus.checks.quote_marks import direct_without_marks, indirect_in_marks, mixed_without_marks
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


def quotations(text: str, language: str = "") -> list[tuple[int, int]]:
    """The words between outermost marks, and the paragraphs that a dash opens."""
    found = list(dialogues(text, language))
    for pair in QuotationMarks(text, language).pairs:
        start, end = pair.opening + 1, pair.closing
        if any(map(str.isalnum, text[start:end])) and not any(a <= start and end <= b for a, b in found):
            found.append((start, end))
    return sorted(found)


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


def marked(text: str, language: str = "en") -> list[str]:
    """What each pair of marks encloses with its marks, in text order."""
    return [text[pair.opening : pair.closing + pair.closed] for pair in QuotationMarks(text, language).pairs]


@pytest.mark.parametrize(
    ("language", "text", "pairs"),
    [
        ("en", "“It’s the bosses’ plan,” said Ivo.", ["“It’s the bosses’ plan,”"]),
        ("en", "‘I’m goin’ home. I won’t stay.’", ["‘I’m goin’ home. I won’t stay.’"]),
        ("en", "‘Rock ’n’ roll won’t die,’ he said.", ["‘Rock ’n’ roll won’t die,’"]),
        ("en", "‘It’s the workers’. They’ll strike.’", ["‘It’s the workers’. They’ll strike.’"]),
        ("en", "‘We back the workers’ Union.’", ["‘We back the workers’ Union.’"]),
        ("en", "It was a ‘flop’ and the boys’ fault.", ["‘flop’"]),
        ("en", "It was a ‘flop’ and ‘a shame.’", ["‘flop’", "‘a shame.’"]),
        ("en", "‘It’s the bosses’ plan,’ said Ivo. ‘No.’", ["‘It’s the bosses’ plan,’", "‘No.’"]),
        ("en", "‘We said “no” twice,’ said Una.", ["‘We said “no” twice,’", "“no”"]),
        ("en", "'It holds,' said Marr's wife. 'It's James' boat.'", ["'It holds,'", "'It's James' boat.'"]),
        ("en", '"Yes," he said. "It\'s 5 feet."', ['"Yes,"', '"It\'s 5 feet."']),
        ("en", "5'4\" tall, the ’90s, rock ’n’ roll, ’tis", []),
        ("en", '“Yes" and „no”', ['“Yes"', "„no”"]),
        ("en", "‘We came.\n‘We left,’ he said.", ["‘We came.", "‘We left,’"]),
        ("en", '"We came.\n"We left," he said.', ['"We came.', '"We left,"']),
        ("en", "« a « b", ["« a ", "« b"]),
        ("de", "„Das ist ‚gut‘ so“, sagte er.", ["„Das ist ‚gut‘ so“", "‚gut‘"]),
        ("de", "»Ja«, sagte sie. »Nein.«", ["»Ja«", "»Nein.«"]),
        ("fr", "« Je viens, “tu” restes », dit-il.", ["« Je viens, “tu” restes »", "“tu”"]),
        ("sv", "”Ja”, sa hon. ”Nej”", ["”Ja”", "”Nej”"]),
        ("zh", "「桥很『安全』。」她说“好”，O’Brien走了", ["「桥很『安全』。」", "『安全』", "“好”"]),
    ],
)
def test_marks_are_paired_and_apostrophes_are_none(language: str, text: str, pairs: list[str]) -> None:
    assert marked(text, language) == pairs


def test_the_innermost_pair_around_words() -> None:
    text = "“We said ‘no’ twice,” said Una, “and ‘never’.”"
    marks = QuotationMarks(text, "en")

    def around(words: str) -> str:
        pair = marks.around(text.index(words))
        return text[pair.opening : pair.closing + 1] if pair else ""

    assert [around(words) for words in ("no", "twice", "Una", "and", "never", "’.”")] == [
        "‘no’", "“We said ‘no’ twice,”", "", "“and ‘never’.”", "‘never’", "“and ‘never’.”",
    ]  # fmt: skip
    assert [text[pair.opening + 1 : pair.closing] for pair in marks.within(0, 22)] == ["We said ‘no’ twice,", "no"]
    assert marks.inside(0, 10) == [0, 9]


@pytest.mark.parametrize(("text", "count"), [("«a ", 20_000), ("‘a ", 1), ('«" ', 20_000), ("“a ‘b’ ", 40_000)])
def test_marks_that_nothing_closes_are_looked_up_once(text: str, count: int) -> None:
    """The pairs that are not closed do not overlap, so that what is asked of each is linear in the text."""
    pairs = [pair for pair in QuotationMarks(text * 20_000).pairs if not pair.closed]
    assert len(pairs) <= count
    assert all(first.closing <= second.opening for first, second in pairwise(pairs))


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
