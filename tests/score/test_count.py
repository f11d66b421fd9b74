"""What is counted in one document: places, fields of matched records, joint records, and labels of asked pairs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import pytest
from support.corpora import REPOSITORY

from corpus.core.model import CorpusError
from corpus.core.schema import Schema
from corpus.score.count import count

Spans = Sequence[tuple[int, int]]


@cache
def schema() -> Schema:
    return Schema.read(REPOSITORY)


def annotation(*layers: str, fields: dict[str, list[str]] | None = None, **records: Any) -> dict[str, Any]:
    done = {"fields_done": fields} if fields else {}
    return {"doc_id": "d", "layers_done": list(layers or records), **done, **records}


def spans(*pairs: tuple[int, int]) -> list[dict[str, int]]:
    return [{"start": start, "end": end} for start, end in pairs]


def names(*typed: tuple[str, int, int]) -> dict[str, Any]:
    """Entities of one mention each: (type, start, end)."""
    return annotation(
        entities=[{"id": f"e{i}", "type": kind} for i, (kind, _, _) in enumerate(typed)],
        mentions=[
            {"id": f"m{i}", "spans": spans((start, end)), "form": "NAM", "entity": f"e{i}"}
            for i, (_, start, end) in enumerate(typed)
        ],
    )


def quote(name: str, content: Spans, **fields: Any) -> dict[str, Any]:
    return {"id": name, "content": spans(*content), **fields}


def figures(gold: dict[str, Any], predicted: dict[str, Any], *layers: str, **options: Any) -> dict[str, float]:
    """Layer and name of each figure → its value."""
    found = {}
    for key, counts in count(schema(), gold, predicted, layers or list(schema().layers), **options):
        sums = np.array([counts], np.float64)
        for name, value in key.kind.figures_of(sums[0]).items():
            found[f"{key.layer} {key.what} {name}" + f" [{key.group}]" * bool(key.group)] = float(value(sums)[0])
    return found


def prf(found: dict[str, float], what: str) -> list[float]:
    return [found[f"{what} {name}"] for name in ("precision", "recall", "F1")]


@pytest.mark.parametrize(
    ("gold", "predicted", "exact", "partial"),
    [
        ([("PER", 0, 2)], [("PER", 0, 1)], [0, 0, 0], [0.5, 0.5, 0.5]),
        ([("PER", 0, 2)], [("ORG", 0, 2)], [0, 0, 0], [1, 1, 1]),
        (
            [("PER", 1, 2), ("PER", 3, 10)],
            [("PER", 1, 2), ("PER", 3, 5), ("PER", 6, 10)],
            [1 / 3, 1 / 2, 0.4],
            [0.5, 0.75, 0.6],
        ),
        ([("ORG", 0, 10), ("LOC", 4, 6)], [("LOC", 4, 6)], [1, 0.5, 2 / 3], [1, 0.5, 2 / 3]),
        ([("LOC", 4, 6), ("ORG", 0, 10)], [("LOC", 4, 6), ("ORG", 0, 9)], [0.5, 0.5, 0.5], [0.75, 0.75, 0.75]),
        ([("PER", 0, 5)], [("PER", 5, 8)], [0, 0, 0], [0, 0, 0]),
    ],
    ids=["shorter", "type", "split", "nested", "nested-inexact", "touching"],
)
def test_mentions(gold: Any, predicted: Any, exact: list[float], partial: list[float]) -> None:
    """The vectors of SemEval-2013 task 9.1; spans that only touch do not overlap."""
    found = figures(names(*gold), names(*predicted))
    assert prf(found, "mentions exact, type") == pytest.approx(exact)
    assert prf(found, "mentions partial") == pytest.approx(partial)


def test_a_record_predicted_twice_is_found_once() -> None:
    gold = annotation(quotes=[quote("q1", [(2, 12)]), quote("q2", [(20, 30)])])
    predicted = annotation(quotes=[quote(f"p{i}", [(2, 12)]) for i in range(3)])
    found = figures(gold, predicted)
    assert prf(found, "quotes exact") == pytest.approx([1 / 3, 1 / 2, 0.4])
    assert prf(found, "quotes overlap") == pytest.approx([1 / 3, 1 / 2, 0.4])


def test_a_perfect_answer_with_nested_and_discontinuous_quotes_scores_1() -> None:
    gold = annotation(
        quotes=[
            quote("q1", [(2, 22)], cue=spans((24, 28)), type="direct", parent=None),
            quote("q2", [(8, 20)], cue=spans((4, 7)), type="indirect", parent="q1"),
            quote("q3", [(30, 36), (44, 50)], cue=spans((38, 42)), type="mixed", parent=None),
        ]
    )
    assert {name: one for name, one in figures(gold, gold).items() if one != 1 and not np.isnan(one)} == {}


def test_one_merged_quote_for_two_pieces() -> None:
    gold = annotation(quotes=[quote("q", [(2, 12), (20, 30)])])
    found = figures(gold, annotation(quotes=[quote("p", [(2, 30)])]))
    assert prf(found, "quotes exact") == [0, 0, 0]
    assert prf(found, "quotes overlap") == pytest.approx([20 / 28, 1, 40 / 48])


def test_the_speaker_counts_as_entity_and_the_joint_figure_needs_all_parts() -> None:
    """The predicted speaker has another id and another mention more, and is the same entity."""
    people = [{"id": "e1", "type": "PER"}, {"id": "e2", "type": "PER"}]
    mentions = [
        {"id": "m1", "spans": spans((0, 5)), "entity": "e1"},
        {"id": "m2", "spans": spans((40, 45)), "entity": "e2"},
    ]
    said = {"cue": spans((6, 10)), "source": ["m1"], "speaker": "e1"}
    also = {"cue": spans((46, 50)), "source": ["m2"], "speaker": "e2"}
    gold = annotation(
        entities=people, mentions=mentions, quotes=[quote("q1", [(11, 30)], **said), quote("q2", [(51, 60)], **also)]
    )
    other = annotation(
        entities=[{"id": "x", "type": "PER"}, {"id": "y", "type": "PER"}],
        mentions=[
            {"id": "a", "spans": spans((0, 5)), "entity": "x"},
            {"id": "b", "spans": spans((40, 45)), "entity": "y"},
            {"id": "c", "spans": spans((70, 72)), "entity": "x"},
        ],
        quotes=[
            quote("p1", [(11, 30)], cue=spans((6, 10)), source=["a"], speaker="x"),
            quote("p2", [(51, 60)], cue=spans((46, 50)), source=["b"], speaker="x"),
        ],
    )
    found = figures(gold, other)
    assert prf(found, "quotes speaker") == [0.5, 0.5, 0.5]
    assert prf(found, "quotes source") == [1, 1, 1]
    assert prf(found, "quotes joint (content, cue, source, speaker)") == [0.5, 0.5, 0.5]


def test_no_speaker_where_gold_has_none_is_right_and_one_is_wrong() -> None:
    gold = annotation(
        entities=[{"id": "e", "type": "PER"}],
        mentions=[{"id": "m", "spans": spans((0, 4)), "entity": "e"}],
        quotes=[quote("q1", [(5, 9)], speaker=None), quote("q2", [(10, 20)], speaker=None)],
    )
    predicted = {**gold, "quotes": [quote("q1", [(5, 9)], speaker=None), quote("q2", [(10, 20)], speaker="e")]}
    found = figures(gold, predicted)
    assert found["quotes speaker of matched accuracy"] == 0.5
    assert found["quotes speaker precision"] == 0


def test_what_was_not_predicted_is_not_scored() -> None:
    gold = annotation(quotes=[quote("q", [(2, 12)], cue=spans((14, 18)), type="direct", medium="speech")])
    fields = {"quotes": ["content", "type"]}
    found = figures(gold, annotation(quotes=[quote("p", [(2, 12)], type="direct")], fields=fields))
    assert found["quotes type F1"] == 1
    assert not [name for name in found if "cue" in name or "medium" in name or "joint" in name]
    assert not [name for name in found if not name.startswith("quotes")]


def test_linking_counts_mentions_and_leaves_out_what_has_no_id() -> None:
    gold, predicted = (names(("PER", 0, 2), ("ORG", 4, 6), ("LOC", 8, 9)) for _ in range(2))
    for value, ids in (
        (gold, ["wikidata:Q1", "wikidata:Q2", "NIL"]),
        (predicted, ["wikidata:Q1", None, "wikidata:Q3"]),
    ):
        for entity, kb in zip(value["entities"], ids, strict=True):
            entity["kb"] = kb
    assert prf(figures(gold, predicted), "entities linking of mentions, exact") == [0.5, 0.5, 0.5]


def stances(labels: str) -> dict[str, Any]:
    named = {"F": "favor", "A": "against", "N": "neutral", "D": "discuss"}
    targets = list(schema().targets)
    return annotation(
        stances=[
            {"id": f"s{i}", "scope": "article", "holder": None, "target": targets[i], "label": named[label]}
            for i, label in enumerate(labels)
            if label != "-"
        ]
    )


def test_stances_of_the_semeval_vector() -> None:
    found = figures(stances("FFFAAAANNN"), stances("FFAAAANNFN"), "stances")
    assert found["stances label over asked pairs, mean F1 of favor and against"] == pytest.approx(0.708333, abs=1e-6)
    assert found["stances label over asked pairs, macro F1"] == pytest.approx(0.694444, abs=1e-6)
    assert found["stances label over asked pairs, accuracy"] == pytest.approx(0.7)


def test_a_stance_that_nobody_asked_for_costs_precision() -> None:
    found = figures(stances("FA--"), stances("FAF-"), "stances")
    assert found["stances label over asked pairs, F1 of favor"] == pytest.approx(2 / 3)
    assert found["stances label over asked pairs, F1 of against"] == 1
    assert found["stances label over asked pairs, macro F1"] == pytest.approx(5 / 6)
    assert "stances label over asked pairs, F1 of none" not in found


def test_a_label_that_gold_lacks_is_not_in_the_mean() -> None:
    """scikit-learn's mean over the labels that happen to be there would be 1 for the first pair too."""
    found = figures(stances("FF"), stances("FA"), "stances")
    assert found["stances label over asked pairs, macro F1"] == pytest.approx(2 / 3)


def test_a_mention_in_two_entities_is_refused_or_dropped() -> None:
    gold = names(("PER", 0, 2), ("PER", 4, 6))
    twice = names(("PER", 0, 2), ("PER", 4, 6), ("ORG", 0, 2))
    with pytest.raises(CorpusError, match=r"d, the predictions: 1 mentions are in two entities, the first is \[0, 2\)"):
        figures(gold, twice)
    found = figures(gold, twice, drop_repeated=True)
    assert found["entities B³ (exact match, with singletons) F1"] == 1
    assert found["mentions exact precision"] == pytest.approx(2 / 3)
