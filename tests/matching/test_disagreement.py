"""What all annotators say of one thing, field by field: the items that soft labels are made of."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.corpora import REPOSITORY, annotation

from corpus.core.schema import Schema
from corpus.matching import Item, best_first, items, shared_code_points, union

SCHEMA = Schema.read(REPOSITORY)
PIECE = st.tuples(st.integers(0, 30), st.integers(1, 12)).map(lambda drawn: (drawn[0], drawn[0] + drawn[1]))
PLACES = st.lists(st.lists(PIECE, max_size=3).map(union), max_size=8)


def said(annotator: str, **changed: Any) -> dict[str, Any]:
    """An annotation whose quote has other values."""
    value = annotation("alpha", annotator=annotator)
    value["quotes"][0] |= changed
    return value


def by_field(*annotations: dict[str, Any], layer: str = "quotes") -> dict[str, Item]:
    """The items of a layer with one thing, by field."""
    found = [one for one in items(SCHEMA, {a["annotator"]: a for a in annotations}) if one.layer == layer]
    assert len({one.item for one in found}) == 1
    return {one.field: one for one in found}


def test_labels_of_all_annotators_stand_beside_those_of_gold() -> None:
    found = by_field(
        said("ann-c", id="q9", type="mixed"), said("gold", type="mixed"), said("ann-a", id="q7"), said("ann-b")
    )
    one = found["type"]
    assert (one.item, one.annotators) == ("q1", ("ann-a", "ann-b", "ann-c"))
    assert (one.annotations, one.hard_label) == (("direct", "direct", "mixed"), "mixed")
    assert one.soft_label == {"direct": pytest.approx(2 / 3), "mixed": pytest.approx(1 / 3)}
    assert list(one.soft_label) == ["direct", "mixed"]
    assert found["continues_paragraph"].annotations == ("false", "false", "false")
    assert "id" not in found
    assert "cue" not in found


def test_a_record_without_a_match_is_an_item_with_gaps() -> None:
    alone = said("ann-b", id="q5")
    others = [{**said(name), "quotes": []} for name in ("gold", "ann-a")]
    one = by_field(alone, *others)["type"]
    assert one.item == "ann-b/q5"
    assert (one.annotations, one.hard_label) == ((None, "direct"), None)
    assert one.soft_label == {"direct": 1.0}
    only_gold = by_field(said("gold"), {**said("ann-a"), "quotes": []})["type"]
    assert (only_gold.item, only_gold.annotations, only_gold.hard_label) == ("q1", (None,), "direct")
    assert only_gold.soft_label == {}


def test_who_did_not_annotate_a_field_or_did_not_choose_its_label_has_no_say() -> None:
    partial = said("ann-a") | {"fields_done": {"quotes": ["content", "type"]}, "schema_version": "1.1"}
    partial["quotes"] = [{name: one for name, one in partial["quotes"][0].items() if name in ("id", "content", "type")}]
    derived = said("ann-b") | {"provenance": {"derived": {"quotes": {"medium": ["q1"]}}}}
    found = by_field(said("gold"), partial, derived)
    assert found["type"].annotators == ("ann-a", "ann-b")
    assert found["polarity"].annotators == ("ann-b",)
    assert "medium" not in found
    without = {**said("ann-b"), "layers_done": ["entities"]}
    assert not [one for one in items(SCHEMA, {"ann-b": without, "gold": said("gold")}) if one.layer == "quotes"]


def test_stances_are_matched_by_what_they_are_about() -> None:
    stance = {"scope": "speaker", "holder": "e1", "target": "ossel-barrage", "intensity": 2, "explicit": True}
    both = {}
    for name, label in (("gold", "favor"), ("ann-a", "against")):
        both[name] = annotation("alpha", annotator=name)
        both[name]["layers_done"] = [*both[name]["layers_done"], "stances"]
        both[name]["stances"] = [{"id": "s1", "label": label, **stance}]
    found = {one.field: one for one in items(SCHEMA, both) if one.layer == "stances"}
    assert found.keys() == {"label", "intensity", "explicit"}
    assert (found["label"].annotations, found["label"].hard_label) == (("against",), "favor")
    assert found["intensity"].annotations == ("2",)


@given(PLACES, PLACES)
def test_equal_places_first_is_what_best_first_does(first: list[Any], second: list[Any]) -> None:
    """The assignment by rank alone, which the one in use takes a shorter way to."""
    shared = shared_code_points(first, second)
    lengths = [[sum(end - start for start, end in place) for place in side] for side in (first, second)]
    ranked = sorted(shared, key=lambda ij: (-2 * shared[ij] / (lengths[0][ij[0]] + lengths[1][ij[1]]), ij))
    taken: tuple[set[int], set[int]] = set(), set()
    expected = []
    for i, j in ranked:
        if i not in taken[0] and j not in taken[1]:
            taken[0].add(i)
            taken[1].add(j)
            expected.append((i, j))
    assert best_first(first, second) == sorted(expected)
