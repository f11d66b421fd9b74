"""Each kind of bad editing by itself: where it proposes an edit, and where it must not."""

from __future__ import annotations

from typing import Any

import pytest

from corpus.core.model import Annotation, Article, Document, Source
from corpus.edit.noise import KINDS, Edit, Original
from corpus.edit.projection import Projection


def original(text: str, **layers: Any) -> Original:
    """An English article with an annotation; spans are written as the words and the number of their occurrence."""
    value = {name: [_located(text, one) for one in records] for name, records in layers.items()}
    source = Source("annotations/gold/a.json", "annotation", value=value)
    return Original(Document("a", Article("a", {"language": "en"}, text, ()), Annotation("gold", value, source)))


def _located(text: str, record: dict[str, Any]) -> dict[str, Any]:
    found = dict(record)
    for name in ("spans", "content", "cue"):
        if name in record:
            starts = [text.index(words) for words in record[name]]
            found[name] = [
                {"start": at, "end": at + len(words)} for at, words in zip(starts, record[name], strict=True)
            ]
    return found


def edited(text: str, edits: list[Edit]) -> list[str]:
    """The text that each edit makes by itself."""
    return [Projection(text, edit.changes).text for edit in edits]


def proposed(kind: str, text: str, **layers: Any) -> list[str]:
    """The texts that the edits of a kind make, each by itself."""
    propose = next(one.propose for one in KINDS if one.name == kind)
    return edited(text, list(propose(original(text, **layers))))


MARR = {"id": "e1", "type": "PER", "name": "Ivo Marr"}
DIRECT = {"id": "q1", "content": ["It will hold,"], "type": "direct", "source": ["m1"]}

CASES: dict[str, list[tuple[str, dict[str, Any], list[str]]]] = {
    "read-more line": [
        ("A title\n\nOne.\n\nTwo.", {}, ["A title\n\nOne.\n\nRead more\n\nTwo."]),
        ("A title\n\n“One.\n\n“Two.”", {"quotes": [{"id": "q1", "content": ["One.", "Two."]}]}, []),
    ],
    "caption": [
        (
            "A title\n\nIvo Marr left.\n\nHe won.",
            {"entities": [MARR], "mentions": [{"id": "m1", "spans": ["Ivo Marr"], "form": "NAM", "entity": "e1"}]},
            ["A title\n\nIvo Marr left. Ivo Marr (archive picture).\n\nHe won."],
        ),
        ("A title\n\nThe mayor left.\n\nHe won.", {"entities": [MARR], "mentions": []}, []),
        (
            "A title\n\nHe left.\n\nIvo Marr won.",
            {"entities": [MARR], "mentions": [{"id": "m1", "spans": ["Ivo Marr"], "form": "NAM", "entity": "e1"}]},
            [],
        ),
    ],
    "wrong pronoun": [
        (
            "Marr left. It hurt, he said of his plan.",
            {
                "mentions": [
                    {"id": "m1", "spans": ["he"], "entity": "e1"},
                    {"id": "m2", "spans": ["his"], "entity": "e1"},
                ],
                "quotes": [{"id": "q1", "content": ["It hurt"], "source": ["m1"]}],
            },
            ["Marr left. It hurt, she said of his plan."],
        ),
        (
            "Marr left. It hurt, he said.",
            {
                "mentions": [{"id": "m1", "spans": ["he"], "entity": "e1"}],
                "quotes": [{"id": "q1", "content": ["It hurt"], "source": ["m1"]}],
            },
            [],
        ),
    ],
    "spliced sources": [
        (
            "It hurt, Marr admitted. Quill left the room. All was well.",
            {
                "mentions": [{"id": "m1", "spans": ["Marr"], "entity": "e1"}],
                "quotes": [{"id": "q1", "content": ["It hurt"], "source": ["m1"]}],
            },
            ["It hurt, Marr admitted, Quill left the room. All was well."],
        ),
        (
            "It hurt, Marr admitted. “No more.”",
            {
                "mentions": [{"id": "m1", "spans": ["Marr"], "entity": "e1"}],
                "quotes": [{"id": "q1", "content": ["It hurt"], "source": ["m1"]}],
            },
            [],
        ),
    ],
    "unclosed mark": [
        (
            "He said: “It will hold.”\n\nQuill left.",
            {"quotes": [{"id": "q1", "content": ["It will hold."], "type": "direct"}]},
            ["He said: “It will hold.\n\nQuill left."],
        ),
        ("“It will hold,” he said.\n\nQuill left.", {"quotes": [DIRECT]}, []),
        (
            "He said: “It will hold.”\n\n“No,” said Quill.",
            {"quotes": [{"id": "q1", "content": ["It will hold."], "type": "direct"}]},
            [],
        ),
        (
            "The “free” town, or “Narrow Water”\n\nQuill left.",
            {"nonquotes": [{"id": "n1", "spans": ["Narrow Water"], "reason": "title"}]},
            [],
        ),
    ],
    "unopened mark": [
        ("“It will hold,” he said.", {"quotes": [DIRECT]}, ["It will hold,” he said."]),
        ("He said “It will hold,” and left.", {"quotes": [DIRECT]}, []),
        ("“It will hold,” he said.", {"quotes": [{**DIRECT, "continues_paragraph": True}]}, []),
    ],
    "lost marks": [
        (
            "Marr: “It will hold.”",
            {"quotes": [{"id": "q1", "content": ["It will hold."], "type": "direct"}]},
            ["Marr: It will hold."],
        ),
        (
            "Marr said: “It will hold.”",
            {"quotes": [{"id": "q1", "content": ["It will hold."], "cue": ["said"], "type": "direct"}]},
            [],
        ),
        ("“It will hold,” he said.", {"quotes": [DIRECT]}, []),
    ],
    "mixed marks": [("He said “no” to it.", {}, ['He said “no" to it.'])],
    "straight apostrophe": [("The ‘bosses’ won’t.", {}, ["The ‘bosses’ won't."])],
    "lost diacritic": [
        ("Sólek met Ohlen in a café.", {}, ["Solek met Ohlen in a café.", "Sólek met Ohlen in a cafe."])
    ],
    "line break": [
        (
            "A town said it would act, and left.",
            {"quotes": [{"id": "q1", "content": ["it would act"], "cue": ["said"]}]},
            [
                "A town\nsaid it would act, and left.",
                "A town said it would act,\nand left.",
                "A town said it would act, and\nleft.",
            ],
        ),
        ("It “was a sad thing” To.", {}, []),
    ],
    "missing stop": [
        ("The mayor walked. Prof. Quill stayed.", {}, ["The mayor walked Prof. Quill stayed."]),
        ("She left “there.” The end.", {}, []),
    ],
    "stray stop": [("The mayor walked. Quill stayed.", {}, ["The mayor walked. . Quill stayed."])],
    "doubled word": [
        ("It fell on Quill.", {}, ["It fell on on Quill."]),
        ("It fell on the mayor.", {"mentions": [{"id": "m1", "spans": ["the mayor"]}]}, ["It fell on on the mayor."]),
    ],
    "doubled space": [
        ("It fell down.", {"mentions": [{"id": "m1", "spans": ["fell"]}]}, ["It fell  down."]),
    ],
    "typo": [("Marring bridges. See example.org/bridge and united.", {}, [])],
}


def test_every_kind_has_cases() -> None:
    assert CASES.keys() == {kind.name for kind in KINDS}


@pytest.mark.parametrize(
    ("kind", "text", "layers", "expected"),
    [pytest.param(kind, *case, id=f"{kind}-{i}") for kind, cases in CASES.items() for i, case in enumerate(cases)],
)
def test_a_kind_proposes_these_edits(kind: str, text: str, layers: dict[str, Any], expected: list[str]) -> None:
    assert proposed(kind, text, **layers) == expected


def test_a_typing_error_swaps_two_inner_letters() -> None:
    (text,) = proposed("typo", "A bridge, no more.")
    word = text[2 : text.index(",")]
    assert word != "bridge"
    assert sorted(word) == sorted("bridge")
    assert (word[0], word[-1]) == ("b", "e")


def test_a_caption_adds_the_mention_of_the_name() -> None:
    text = "A title\n\nIvo Marr left.\n\nHe won."
    mention = {"id": "m1", "spans": ["Ivo Marr"], "form": "NAM", "entity": "e1"}
    caption = next(one.propose for one in KINDS if one.name == "caption")
    (edit,) = caption(original(text, entities=[MARR], mentions=[mention]))
    assert edit.mention is not None
    assert edit.changes[0].new[edit.mention.start : edit.mention.end] == "Ivo Marr"
    assert edit.mention.entity == "e1"
