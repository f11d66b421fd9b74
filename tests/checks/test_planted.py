"""Faults of many kinds, planted in real articles: whether they are found, where, by which rule, and what else is.

Each kind is planted `TIMES` times. `ON_THE_RECORD_PLANTED=60 pytest -s tests/checks/test_planted.py` plants each 60
times and prints the rows. `--golden` writes the rows of docs/rules.md, which are those of `TIMES`.
"""

from __future__ import annotations

import os
import re

import pytest
from support.plant import KINDS, Kind, plant
from support.planted import BY_TITLE, MARKED, PAGE, merged, rows, section, written

TIMES = 5
ASKED = int(os.environ.get("ON_THE_RECORD_PLANTED", TIMES))
OFFSETS = "each wrong span is a finding of its own"
APOSTROPHE = "an apostrophe counts as a quotation mark"
MISSED = {
    "The record of an article is missing": "its annotations are reported as orphans, too",
    "The corpus holds a text that may not be redistributed": "each span that quotes it is a finding of its own",
    "All offsets are shifted by the same number": OFFSETS,
    "All offsets after a paragraph are shifted by the same number": OFFSETS,
    "All offsets count bytes of UTF-8": OFFSETS,
    "All offsets count UTF-16, with an emoji in the headline": OFFSETS,
    "The type of a quote is `indirect` in place of `direct`": "a quote in marks that ends in a comma, or is in pieces",
    "The type of a quote is `direct` in place of `mixed`": APOSTROPHE,
    "The type of a quote is `direct` in place of `indirect`": APOSTROPHE,
    "The type of a quote is `direct` in place of `free_indirect`": APOSTROPHE,
    "The type of a quote is `direct` in place of `reported`": APOSTROPHE,
    "The type of a quote is `mixed` in place of `indirect`": APOSTROPHE,
    "A quote is said to run over paragraphs and does not": "a quote in pieces may",
}
"""Kinds that a rule claims and does not report each time, or not with one finding: why."""


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: re.sub(r"\W+", "-", kind.title).strip("-"))
def test_fault_is_found_at_its_place_by_its_rule(kind: Kind, request: pytest.FixtureRequest) -> None:
    row = plant(kind, ASKED)
    assert row.planted
    if ASKED != TIMES:
        print(row, dict(row.others), row.missed[:3])
    elif request.config.getoption("--golden"):
        page = PAGE.read_text("utf-8")
        PAGE.write_text(MARKED.sub(lambda _: merged(row, TIMES), page), "utf-8")
    if ASKED == TIMES:
        assert rows(section()).get(kind.title) == str(row)
    if kind.codes and kind.title not in MISSED:
        assert row.complete, (row.missed, row.extra)


def test_page_has_a_row_for_each_kind() -> None:
    assert len(BY_TITLE) == len(KINDS) >= 80
    assert section() == written(rows(section()), TIMES)
    assert rows(section()).keys() == BY_TITLE.keys()


def test_kinds_that_are_missed_are_claimed() -> None:
    assert all(BY_TITLE[title].codes for title in MISSED)
