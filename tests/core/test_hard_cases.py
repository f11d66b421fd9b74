"""The table of hard cases: each case is told from text and annotation, and counted where it occurs."""

from __future__ import annotations

from typing import Any

import pytest

from corpus.core.hard_cases import HARD_CASES, occurrences


def quote(text: str, *contents: str, **fields: Any) -> dict[str, Any]:
    spans = [{"start": text.index(c), "end": text.index(c) + len(c), "text": c} for c in contents]
    made = {"id": "q1", "content": spans, "source": [], "type": "direct", "parent": None, "addressee": None}
    return made | {"continues_paragraph": False, "polarity": "asserted", "speaker_kind": "named"} | fields


def counted(text: str | None, **layers: list[dict[str, Any]]) -> dict[str, int]:
    return {one.case.name: one.times for one in occurrences([{"text": text, **layers}])}


@pytest.mark.parametrize(
    ("case", "text", "times"),
    [
        ("curly marks throughout", "“A,” she said.", 1),
        ("curly marks throughout", '“A,” she said, "B".', 0),
        ("straight marks throughout", "\"A 'b' c\"", 1),
        ("mixed marks", '“A” and "B"', 1),
        ("mixed marks", "«A» and “B”", 1),
        ("mixed marks", "“A” and ‘B’", 0),
        ("single marks", "It’s the dogs’ ‘free’ day, isn't it?", 1),
        ("decomposed letters", "Zoe\u0308 met Zo\u00eb", 1),
        ("no-break space", "12\u00a0km and 3\u202fm", 2),
        ("emoji", "no thanks \U0001f3f4\u200d\u2620\ufe0f 12 # ©", 3),
        ("caption run into the text", "The pier. Photo: OPS\nA photo: none", 1),
        ("number", "On 3.4.2026 it cost 1,200 crowns, 98½ each", 3),
    ],
)
def test_a_case_of_the_text(case: str, text: str, times: int) -> None:
    assert counted(text)[case] == times


BROKEN = "“One.\n\n“Two,” he said."
BLOCK = "She wrote:\n\nDear all, no.\n\nThat was that."
TURN = "Marr: It will hold.\n"
OPEN = "They said: “We will not.\n\nThen they left. “Yes,” he said."


@pytest.mark.parametrize(
    ("case", "text", "contents", "times"),
    [
        ("mark opened again", BROKEN, ["One.", "Two,"], 1),
        ("discontinuous quote", BROKEN, ["One.", "Two,"], 1),
        ("mark never closed", BROKEN, ["One.", "Two,"], 0),
        ("mark never closed", OPEN, ["We will not."], 1),
        ("mark never closed", OPEN, ["Yes,"], 0),
        ("block quote", BLOCK, ["Dear all, no."], 1),
        ("block quote", TURN, ["It will hold."], 0),
        ("interview turn", TURN, ["It will hold."], 1),
    ],
)
def test_a_case_of_a_quote(case: str, text: str, contents: list[str], times: int) -> None:
    assert counted(text, quotes=[quote(text, *contents)])[case] == times


def test_depth_counts_the_third_quote_only() -> None:
    quotes = [
        quote("a b c", "a b c"),
        quote("a b c", "b c", id="q2", parent="q1"),
        quote("a b c", "c", id="q3", parent="q2"),
    ]
    counts = counted("a b c", quotes=quotes)
    assert (counts["quote in a quote"], counts["three deep"]) == (2, 1)


def test_a_withheld_text_and_a_missing_layer_count_as_nothing() -> None:
    assert set(counted(None).values()) == {0}
    quotes = [{**quote("“A”", "A"), "content": [{"start": 1, "end": 2, "text": None}] * 2}]
    assert counted(None, quotes=quotes)["discontinuous quote"] == 0


def test_names_are_given_once() -> None:
    assert len({case.name for case in HARD_CASES}) == len(HARD_CASES)
