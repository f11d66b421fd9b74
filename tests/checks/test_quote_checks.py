"""The checks of edges, marks and sources of quotes: what each finds, and what looks like it and is right."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from support.corpora import REPOSITORY, record

from corpus.checks import CHECKS
from corpus.core.model import Annotation, Article, Document, Problem, Source
from corpus.core.schema import Schema

SCHEMA = Schema.read(REPOSITORY)
BY_CODE = {check.code: check for check in CHECKS}
Words = str | list[str]


def spans(text: str, words: Words) -> list[dict[str, Any]]:
    """The span of the first place of each of the words."""
    pieces = [words] if isinstance(words, str) else words
    return [{"start": text.index(one), "end": text.index(one) + len(one), "text": one} for one in pieces]


def quote(text: str, content: Words, **changed: Any) -> dict[str, Any]:
    """A quote with these words as content; `cue` may be words too."""
    cue = changed.pop("cue", [])
    plain = {"source": [], "speaker": None, "type": "direct", "medium": "speech", "attribution": "implicit"}
    return {
        "id": "q1",
        "content": spans(text, content),
        "cue": spans(text, cue) if cue else [],
        **plain,
        "speaker_kind": "unknown",
        "parent": None,
        **changed,
    }


def asked(
    code: str,
    text: str,
    quotes: Iterable[dict[str, Any]] = (),
    language: str = "en",
    annotator: str = "gold",
    **layers: Any,
) -> list[Problem]:
    """What one check says of a document with these quotes."""
    layers |= {"quotes": list(quotes)}
    value = {"doc_id": "a-1", "annotator": annotator, "layers_done": [*layers], **layers}
    source = Source(f"annotations/{annotator}/a-1.json", "annotation")
    article = Article("a-1", record("a-1", text, language=language), text, ())
    return list(BY_CODE[code].ask(Document("a-1", article, Annotation(annotator, value, source)), SCHEMA))


def pointers(problems: list[Problem]) -> list[str]:
    return [problem.pointer for problem in problems]


BROKEN = "“We work [...] we sleep.” He said that we “work [...] we sleep”, and left."


@pytest.mark.parametrize(
    ("code", "text", "content", "type_", "count"),
    [
        # pieces of one quote within one pair of marks
        ("Q501", BROKEN, ["We work", "we sleep."], "direct", 0),
        ("Q501", "She said it would “outlive us all”.", "it would “outlive us all”", "direct", 1),
        ("Q501", "She said it’s the bosses’ plan, and left.", "it’s the bosses’", "direct", 1),
        ("Q501", "“Yes.” It was safe, she said.", "It was safe", "direct", 1),
        ("Q501", "“Yes\" she said.", "Yes", "direct", 0),
        ("Q501", "Yes,” she said.", "Yes,", "direct", 0),
        ("Q501", "’Yes,’ she said.", "Yes,", "direct", 0),
        # apostrophes do not hide that the words are in marks
        ("Q502", "“It’s the bosses’ plan,” she said.", "It’s the bosses’ plan,", "indirect", 1),
        ("Q502", "‘It’s the bosses’ plan,’ she said.", "It’s the bosses’ plan,", "free_indirect", 1),
        ("Q502", "“We said ‘no’ twice,” she said.", "We said ‘no’ twice,", "reported", 1),
        ("Q502", BROKEN, ["We work", "we sleep."], "indirect", 1),
        ("Q502", "“Yes,” she said, “it is.”", ["Yes,", "it is."], "indirect", 1),
        ("Q502", "Marr: It will hold.\nNo.", "It will hold.", "indirect", 1),
        ("Q502", "He said that “it” will hold.", "“it” will hold", "indirect", 0),
        ("Q502", "“She said it holds,” he said.", "it holds", "indirect", 0),
        ("Q514", "It’s the bosses’ plan, she said.", "It’s the bosses’ plan", "mixed", 1),
        ("Q514", "It’s “a plan”, she said.", "It’s “a plan”", "mixed", 0),
        ("Q524", "“It will hold,” she said.", "It will hold,", "mixed", 1),
        ("Q524", "She said, “It will hold.”", "It will hold.", "mixed", 1),
        ("Q524", "It states that “it will hold”.", "it will hold", "mixed", 0),
        ("Q524", "She called it “a joke” today.", "it “a joke” today", "mixed", 0),
        ("Q525", "She said it was “a gift”.", "it was “a gift”", "indirect", 1),
        ("Q525", "She said it’s the bosses’ gift.", "it’s the bosses’ gift", "indirect", 0),
        ("Q525", "She said it was “a gift”.", "it was “a gift”", "mixed", 0),
        ("Q522", "“The bridge will hold,” she said.", "bridge will hold,", "direct", 1),
        ("Q522", "“The bridge will hold,” she said.", "The bridge will", "direct", 1),
        ("Q522", "“[The mayor] will hold [on],” she said.", "will hold", "direct", 0),
        ("Q522", "‘It’s the workers’. They won’t pay,’ she said.", "It’s the workers’.", "direct", 1),
        ("Q522", "She said: ‘It’s fine. We won’t pay.", "It’s fine.", "direct", 1),
        ("Q522", "She said: ‘It’s fine. We won’t pay.", "It’s fine. We won’t pay.", "direct", 0),
        ("Q522", "‘It’s fine, she said.", "It’s fine,", "direct", 0),
        ("Q522", BROKEN, ["We work", "we sleep."], "direct", 0),
        ("Q522", BROKEN, ["work", "we sleep."], "direct", 1),
        ("Q523", "“It will hold,” she said.", "It will hold", "direct", 1),
        ("Q523", "“Will it hold?!” she said.", "Will it hold", "direct", 1),
        ("Q523", "“It will hold”, she said.", "It will hold", "direct", 0),
        ("Q523", "“It will hold,” she said.", "It will hold", "mixed", 0),
        ("Q534", "She said that it held.", "that it held", "indirect", 1),
        ("Q534", "She said that it held.", "it held", "indirect", 0),
        ("Q534", "“that it held,” she said.", "that it held,", "direct", 0),
    ],
)  # fmt: skip
def test_what_is_found_by_the_marks(code: str, text: str, content: Words, type_: str, count: int) -> None:
    assert len(asked(code, text, [quote(text, content, type=type_)], nonquotes=[])) == count


def test_the_mark_that_opens_each_paragraph_again_is_not_of_the_quote_inside() -> None:
    text = "“It held.\n\n“We asked for money. Nobody came,” said Una.\n\n“‘No,’ he said.”"
    outer = quote(text, text[1 : text.index(",” said")])
    inside = quote(text, "We asked for money", id="q2", parent="q1")
    assert pointers(asked("Q501", text, [outer, inside])) == ["/quotes/1/content/0"]
    last = [quote(text, "‘No,’ he said."), quote(text, "No,", id="q2", parent="q1")]
    assert asked("Q501", text, last) == []
    retold = [quote(text, "It held.", type="reported"), quote(text, "It held", id="q2", parent="q1")]
    assert asked("Q501", text, retold) == []


def test_a_quote_is_compared_with_each_of_its_content() -> None:
    text = "He wrote that she had left."
    outer, inner = quote(text, "she had left"), quote(text, "she had left", id="q2", parent="q1")
    assert asked("Q507", text, [outer, inner]) == []
    (again,) = asked("Q507", text, [outer, inner, {**inner, "id": "q3"}])
    assert (again.pointer, again.message.rpartition(": ")[2]) == ("/quotes/2/content", "the same as q2")


def test_a_retold_quote_in_marks_does_not_annotate_the_quote_around_it() -> None:
    text = "“I never said so. I said it would hold.”"
    inner = quote(text, "it would hold", type="indirect")
    assert len(asked("C604", text, [inner], nonquotes=[])) == 1
    assert asked("C604", text, [quote(text, text[1:-1]), {**inner, "id": "q2", "parent": "q1"}], nonquotes=[]) == []
    most = quote(text, "I never said so. I said it would hold", type="indirect")
    assert asked("C604", text, [most], nonquotes=[]) == []


def test_the_marks_of_a_mixed_quote_are_not_of_the_quote_that_begins_within_them() -> None:
    text = "It says the mayor “has never called anyone a liar”. He said she called it “a gift”."
    outer = quote(text, "the mayor “has never called anyone a liar”", type="mixed")
    inner = quote(text, "anyone a liar", id="q2", parent="q1")
    assert pointers(asked("Q501", text, [outer, inner])) == ["/quotes/1/content/0"]
    outer = quote(text, "she called it “a gift”", type="mixed")
    assert asked("Q501", text, [outer, quote(text, "a gift", id="q2", parent="q1")]) == []


def test_a_quote_in_a_quote_has_marks_of_its_own() -> None:
    text = "“He said ‘never’ and he left,” said Una."
    outer = quote(text, "He said ‘never’ and he left,")

    def found(code: str, words: str, type_: str) -> int:
        return len(asked(code, text, [outer, quote(text, words, id="q2", parent="q1", type=type_)]))

    assert found("Q501", "never", "direct") == 0
    assert found("Q501", "he left", "direct") == 1
    assert found("Q501", "He said ‘never’ and he left,", "direct") == 0
    assert found("Q502", "never", "indirect") == 1
    assert found("Q502", "He said ‘never’ and he left,", "indirect") == 0
    assert found("Q524", "never", "mixed") == 0


def test_words_of_the_quote_around_are_no_excuse_and_those_beside_are() -> None:
    text = "“He said, ‘Never again,’ twice,” said Una. “Go, I said, go now.”"
    outer = quote(text, "He said, ‘Never again,’ twice,")
    inner = quote(text, "again,", id="q2", parent="q1")
    assert pointers(asked("Q522", text, [outer, inner])) == ["/quotes/1/content/0"]
    inner = quote(text, "Never again", id="q2", parent="q1")
    assert pointers(asked("Q523", text, [outer, inner], nonquotes=[])) == ["/quotes/1/content/0"]
    beside = [quote(text, "Go,"), quote(text, "I said, go now.", id="q2")]
    assert asked("Q522", text, beside) == []


def test_own_marks_go_by_what_most_quotes_of_the_document_do() -> None:
    text = "“Yes,” she said. “No,” he said. “Well,” she said. The “fresh” fish. “‘Go,’ I said,” he said."
    bare, marked = quote(text, "Yes,"), quote(text, "“No,”", id="q2")
    assert pointers(asked("Q521", text, [bare, marked])) == ["/quotes/1/content/0"]
    assert pointers(asked("Q521", text, [bare, quote(text, "“Well,", id="q2")])) == ["/quotes/1/content/0"]
    assert pointers(asked("Q521", text, [bare, quote(text, "Well,” she", id="q2")])) == ["/quotes/1/content/0"]
    well = quote(text, "“Well,”", id="q3")
    assert asked("Q521", text, [bare, marked, well]) == []
    assert len(asked("Q521", text, [bare, marked, well], nonquotes=[])) == 2
    assert asked("Q521", text, [bare, quote(text, "‘Go,’ I said,", id="q2")]) == []
    fish = {"id": "n1", "spans": spans(text, "“fresh”"), "reason": "scare"}
    assert pointers(asked("Q521", text, nonquotes=[fish])) == ["/nonquotes/0/spans/0"]
    assert asked("Q521", text, nonquotes=[fish | {"spans": spans(text, "fresh")}]) == []
    [problem] = asked("Q521", text, [bare, marked])
    assert problem.fix
    assert {edit.pointer.rpartition("/")[2]: edit.value for edit in problem.fix.edits}["text"] == "No,"


@pytest.mark.parametrize(
    ("language", "text", "words", "count"),
    [
        ("en", "The mayor left.", "mayo", 1),
        ("en", "The mayor left.", "ayor", 1),
        ("en", "The mayor's car.", "mayor", 0),
        ("en", "Anti-mayor 5th.", "mayor", 0),
        ("de", "Brückenbau", "Brücken", 1),
        ("zh", "市长说桥很安全", "市长", 0),
        ("ar", "والعمدة قالت", "العمدة", 0),
    ],
)
def test_half_a_word(language: str, text: str, words: str, count: int) -> None:
    mention = {"id": "m1", "spans": spans(text, words), "form": "NOM", "entity": "e1"}
    assert len(asked("Q520", text, language=language, mentions=[mention])) == count


def test_a_span_that_does_not_match_its_words_is_one_finding() -> None:
    mention = {"id": "m1", "spans": [{"start": 0, "end": 2, "text": "#"}], "form": "NOM", "entity": "e1"}
    assert asked("Q520", "Mayor.", mentions=[mention]) == []


SOURCES = "Una Brek came.\n“It holds,” she said.\nShe wrote:\n“It broke.”\n"
MENTIONS = [
    {"id": "m1", "spans": spans(SOURCES, "Una Brek"), "form": "NAM", "entity": "e1"},
    {"id": "m2", "spans": spans(SOURCES, "she"), "form": "PRO", "entity": "e1"},
    {"id": "m3", "spans": spans(SOURCES, "She"), "form": "PRO", "entity": "e1"},
]


@pytest.mark.parametrize(
    ("code", "content", "changed", "pointer"),
    [
        ("Q526", "It holds,", {"source": ["m2"], "attribution": "explicit"}, "/quotes/0/attribution"),
        ("Q526", "It holds,", {"source": ["m2"], "attribution": "anaphoric"}, ""),
        ("Q526", "It holds,", {"source": ["m1"], "attribution": "anaphoric"}, "/quotes/0/attribution"),
        ("Q526", "It holds,", {"source": ["m1", "m2"], "attribution": "explicit"}, ""),
        ("Q527", "It holds,", {"source": ["m2"], "cue": "she said"}, "/quotes/0/cue/0"),
        ("Q527", "It holds,", {"source": ["m2"], "cue": "said"}, ""),
        ("Q529", "It holds,", {"source": ["m1"], "attribution": "explicit"}, "/quotes/0/source"),
        ("Q529", "It holds,", {"source": ["m1"], "attribution": "implicit"}, ""),
        ("Q529", "It holds,", {"source": ["m1", "m2"], "attribution": "explicit"}, ""),
        ("Q529", "It broke.", {"source": ["m3"], "attribution": "anaphoric", "cue": "wrote"}, ""),
        ("Q529", "It holds,", {"source": ["m2"], "attribution": "anaphoric", "cue": "wrote"}, "/quotes/0/cue"),
        ("Q531", "It holds,", {"speaker": "e1", "addressee": "e1"}, "/quotes/0/addressee"),
        ("Q531", "It holds,", {"speaker": "e1", "addressee": "e1", "medium": "thought"}, ""),
        ("Q531", "It holds,", {"speaker": "e1", "addressee": "e2"}, ""),
        ("Q530", "It holds,", {"speaker": "e1", "speaker_kind": "organisation"}, "/quotes/0/speaker_kind"),
        ("Q530", "It holds,", {"speaker": "e2", "speaker_kind": "named"}, "/quotes/0/speaker_kind"),
        ("Q530", "It holds,", {"speaker": "e2", "speaker_kind": "organisation"}, ""),
        ("Q530", "It holds,", {"speaker": "e2", "speaker_kind": "unknown"}, ""),
        ("Q515", "It holds,", {"speaker": "e1", "speaker_kind": "unknown"}, "/quotes/0/speaker_kind"),
        ("Q512", ["It holds,", "said"], {"continues_paragraph": True}, "/quotes/0/continues_paragraph"),
        ("Q512", ["It holds,", "It broke."], {"continues_paragraph": True}, ""),
    ],
)
def test_what_is_found_by_the_source(code: str, content: Words, changed: dict[str, Any], pointer: str) -> None:
    entities = [{"id": "e1", "type": "PER", "name": "Una Brek"}, {"id": "e2", "type": "ORG", "name": "It"}]
    one = quote(SOURCES, content, **changed)
    found = asked(code, SOURCES, [one], mentions=MENTIONS, entities=entities)
    assert pointers(found) == ([pointer] if pointer else [])


def test_a_word_that_is_cue_and_source_at_once() -> None:
    text = "Demnach hält die Brücke."
    mention = {"id": "m1", "spans": spans(text, "Demnach"), "form": "PRO", "entity": "e1"}
    one = quote(text, "hält die Brücke", source=["m1"], cue="Demnach", type="indirect")
    assert asked("Q527", text, [one], "de", mentions=[mention]) == []


@pytest.mark.parametrize(
    ("second", "changed", "count"),
    [
        (["is best.", "Ash,"], {}, 1),
        (["Ash,"], {}, 0),
        (["is best."], {}, 0),
        (["Oak,", "is best."], {}, 0),
        (["is best.", "Ash,"], {"parent": "q1"}, 0),
    ],
)
def test_a_piece_in_two_quotes(second: list[str], changed: dict[str, Any], count: int) -> None:
    text = "“Oak,” said Arne, “is best.” “Ash,” said Kari."
    assert (
        len(asked("Q528", text, [quote(text, ["Oak,", "is best."]), quote(text, second, id="q2", **changed)])) == count
    )


def test_half_of_a_text_without_annotation() -> None:
    text = "Una came.\n" + "It rained all day.\n" * 70 + "Una left.\n"
    entities = [{"id": "e1", "type": "PER", "name": "Una"}]
    first = {"id": "m1", "spans": [{"start": 0, "end": 3}], "form": "NAM", "entity": "e1"}
    last = {"id": "m2", "spans": [{"start": len(text) - 10, "end": len(text) - 7}], "form": "NAM", "entity": "e1"}

    def found(*mentions: dict[str, Any], **layers: Any) -> int:
        return len(asked("Q532", text, mentions=list(mentions), **{"entities": entities, **layers}))

    assert [found(first, last), found(first), found(last), found()] == [0, 1, 1, 0]
    assert found(first, entities=[]) == 0


def test_cues_without_a_quote_are_one_finding() -> None:
    text = "“Yes,” Una said. Ivo warned of ice. According to Bo, it said nothing."
    [problem] = asked("Q533", text, [quote(text, "Yes,", cue="said")])
    assert problem.message.endswith("'warned' at 21, 'According to' at 36, 'said' at 56")
    assert asked("Q533", text, [quote(text, "Yes,", cue="said")], annotator="ann-a") == []
    assert asked("Q533", text, [quote(text, "Yes,", cue="said")], "de") == []
    many = [quote(text, "Yes,", cue=["said", "warned", "According to", "it said"])]
    assert asked("Q533", text, many) == []


@pytest.mark.parametrize(
    ("cue", "count"),
    [("has warned", 1), ("was not told", 1), ("a letter", 1), ("warned", 0), ("has it", 0), ("has", 0)],
)
def test_an_auxiliary_in_a_cue(cue: str, count: int) -> None:
    text = f"Una {cue} that it holds."
    assert len(asked("Q535", text, [quote(text, "it holds", cue=cue, type="indirect")], nonquotes=[])) == count


@pytest.mark.parametrize(
    ("code", "text", "wrong", "right"),
    [
        ("Q523", "“It holds,” she said. “It broke,” he said.", {"content": "It holds"}, {"content": "It broke,"}),
        ("Q534", "She said that it held and that it broke.", {"content": "that it held"}, {"content": "it broke"}),
        ("Q535", "I had told A. I had won B.", {"content": "A", "cue": "had told"}, {"content": "B", "cue": "won"}),
    ],
)  # fmt: skip
def test_edges_go_by_what_most_quotes_of_the_document_do(
    code: str, text: str, wrong: dict[str, str], right: dict[str, str]
) -> None:
    """A corpus of others may include the conjunction, the auxiliary or leave out the comma throughout."""
    type_ = "direct" if code == "Q523" else "indirect"
    quotes = [
        quote(text, wrong.pop("content"), type=type_, **wrong),
        quote(text, right.pop("content"), id="q2", type=type_, **right),
    ]
    assert pointers(asked(code, text, quotes))[0].startswith("/quotes/0/")
    assert asked(code, text, quotes[:1]) == []
    assert len(asked(code, text, quotes[:1], nonquotes=[])) == 1


def test_a_word_that_begins_a_mention_is_no_conjunction() -> None:
    text = "She said that reserve was empty."
    at = text.index("that")
    words = {"start": at, "end": at + 12, "text": "that reserve"}
    mention = {"id": "m1", "spans": [words], "form": "NOM", "entity": "e1"}
    held = [quote(text, "that reserve was empty", type="indirect")]
    assert len(asked("Q534", text, held, nonquotes=[])) == 1
    assert asked("Q534", text, held, nonquotes=[], mentions=[mention]) == []


def test_a_non_quote_stands_in_marks() -> None:
    text = "The “smart” bridge, ’twas a 'free' road."

    def found(words: str) -> int:
        return len(asked("Q537", text, nonquotes=[{"id": "n1", "spans": spans(text, words), "reason": "scare"}]))

    assert [found(words) for words in ("smart", "“smart”", "free", "bridge")] == [0, 0, 0, 1]


@pytest.mark.parametrize(
    ("annotator", "text", "contents", "found"),
    [
        ("ann-a", "“It holds,” she said.", [], ["It holds,"]),
        ("gold", "“He cried ‘fire’ and ran,” she said.", ["fire"], ["He cried ‘fire’ and ran,"]),
        ("gold", "“He cried ‘fire’ and ran,” she said.", ["He cried ‘fire’ and ran,"], ["fire"]),
        ("gold", "“He cried ‘fire’ and ran,” she said.", ["He cried ‘fire’ and ran,", "fire"], []),
        ("gold", "“Fire,” she said.", ["“Fire,”"], []),
        ("gold", "“‘Fire’ was a word,” she said.", ["‘Fire’ was a word,"], ["Fire"]),
        ("gold", "“He cried ‘a “big” fire’,” she said.", ["He cried ‘a “big” fire’,", "big"], ["a “big” fire"]),
        ("gold", "“He cried ‘fire’ and ran,” she said.", [], ["He cried ‘fire’ and ran,"]),
        ("gold", '"It holds, she said.\n"And it held," she said.', ["And it held,"], ["It holds, she said."]),
        ("gold", '"It holds, she said.', ["It holds"], []),
        ("gold", "“The bridge will hold,” she said.", ["bridge will hold,"], []),
        ("gold", "The bosses’ plan and Una’s ’90s.", [], []),
    ],
)
def test_a_quotation_that_nobody_annotated(annotator: str, text: str, contents: list[str], found: list[str]) -> None:
    quotes = [quote(text, words, id=f"q{i}") for i, words in enumerate(contents)]
    problems = asked("C604", text, quotes, annotator=annotator, nonquotes=[])
    assert [one.message.partition(": ")[2] for one in problems] == [repr(words) for words in found]


def test_evidence_names_the_outer_quote_and_no_stop() -> None:
    text = "“He said ‘never’ and left,” said Una. Both camps have a case."
    quotes = [quote(text, "He said ‘never’ and left,"), quote(text, "never", id="q2", parent="q1")]

    def stance(evidence: list[str], words: str = "", scope: str = "author") -> list[dict[str, Any]]:
        place = spans(text, words) if words else []
        return [{"id": "s1", "scope": scope, "evidence_quotes": evidence, "evidence_spans": place}]

    assert pointers(asked("T520", text, quotes, stances=stance(["q2", "q1"]))) == ["/stances/0/evidence_quotes/0"]
    assert asked("T520", text, quotes, stances=stance(["q2"])) == []
    assert pointers(asked("T521", text, stances=stance([], "a case."))) == ["/stances/0/evidence_spans/0"]
    assert asked("T521", text, stances=stance([], "a case")) == []
    assert asked("T521", text, stances=stance([], "a case.", "headline")) == []
