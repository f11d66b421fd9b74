"""Faults of many kinds, planted in real articles: whether they are found, where, by which rule, and what else is.

The rows of docs/rules.md are of `TIMES` plantings of each kind, and `--golden` writes them. The everyday run plants a
kind that was found each time `EVERYDAY` times; `-m slow` plants all `TIMES` times and compares every row.
`ON_THE_RECORD_PLANTED=60 pytest -s tests/checks/test_planted.py` plants each 60 times and prints the rows.
"""

from __future__ import annotations

import os
import re

import pytest
from support.plant import KINDS, Kind, Row, plant
from support.planted import BY_TITLE, MARKED, PAGE, merged, rows, section, written

from corpus.checks.suppress.suppressions import all_rules

TIMES, EVERYDAY = 5, 2
ASKED = int(os.environ.get("ON_THE_RECORD_PLANTED", TIMES))
MISSED = {
    "The record of an article is missing": "its annotations are reported as orphans, too",
    "The corpus holds a text that may not be redistributed": "its annotation and its fields quote it, too",
}
"""Kinds that a rule claims and does not report each time, or not with one finding: why."""

SELDOM = {
    "A copy with 30% of its words replaced is in another split": "of a hundred, one has too few of the runs",
    "All offsets count bytes of UTF-8": "a span that quotes its words by chance is not corrected",
}
"""Kinds that are not complete only if they are planted more often: why."""

NOT_PLANTED = {
    "F109": "needs a file of many megabytes",
    "F119": "needs a file that goes away while the corpus is read",
    "C611": "needs the labels of 300 records",
    "C643": "needs 130 texts of one template",
}
"""Rules that no kind claims, and why."""


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: re.sub(r"\W+", "-", kind.title).strip("-"))
def test_fault_is_found_at_its_place_by_its_rule(kind: Kind, request: pytest.FixtureRequest) -> None:
    if ASKED == TIMES and not request.config.getoption("--golden") and is_complete(kind):
        row = plant(kind, EVERYDAY)
        assert row.planted == EVERYDAY
        assert row.complete, (row.missed, row.extra)
        return
    judge(kind, plant(kind, ASKED), request)


@pytest.mark.slow
def test_each_row_of_the_page_is_what_comes_of_all_plantings() -> None:
    known = rows(section())
    found = {kind.title: str(plant(kind, TIMES)) for kind in KINDS}
    assert {title: row for title, row in found.items() if known[title] != row} == {}


def is_complete(kind: Kind) -> bool:
    """True if the page says that the rule of a kind found each of `TIMES` faults, and that nothing else was found."""
    row = rows(section()).get(kind.title, "")
    return bool(kind.codes) and row.endswith(f" | {TIMES} | {TIMES} | {TIMES} | {TIMES} | 0 |")


def judge(kind: Kind, row: Row, request: pytest.FixtureRequest) -> None:
    assert row.planted
    if ASKED != TIMES:
        print(row, dict(row.others), row.missed[:3])
    elif request.config.getoption("--golden"):
        page = PAGE.read_text("utf-8")
        PAGE.write_text(MARKED.sub(lambda _: merged(row, TIMES), page), "utf-8")
    if ASKED == TIMES:
        assert rows(section()).get(kind.title) == str(row)
        assert row.complete or not kind.codes or kind.title in MISSED, (row.missed, row.extra)
        assert not row.complete or kind.title not in MISSED, "found each time now: take it out of MISSED"
    elif kind.codes and kind.title not in MISSED | SELDOM:
        assert row.complete, (row.missed, row.extra)


def test_page_has_a_row_for_each_kind() -> None:
    assert len(BY_TITLE) == len(KINDS) >= 80
    assert section() == written(rows(section()), TIMES)
    assert rows(section()).keys() == BY_TITLE.keys()


def test_kinds_that_are_missed_are_claimed() -> None:
    assert all(BY_TITLE[title].codes for title in MISSED | SELDOM)


def test_each_rule_has_a_kind() -> None:
    claimed = {code for one in KINDS for code in one.codes}
    assert {rule.code for rule in all_rules()} == claimed | NOT_PLANTED.keys()
