"""C631 and C632: dates at the ends of the calendar, in one form or in two."""

from __future__ import annotations

import pytest
from support.corpora import Corpus

PAIRS = [
    ("9999-12-31", "9999-12-30", True),
    ("2026-02-28T23:59:59Z", "9999-12-31", False),
    ("9999-12-31T23:59:59-23:59", "9999-12-31", False),
    ("0001-01-01", "0001-01-01T00:00:00+23:59", False),
    ("2026-02-28", "2026-02-27T23:59:59Z", False),
    ("2026-02-28", "2026-02-26T23:59:59Z", True),
]
"""Published, retrieved, and whether they are the wrong way round; two forms have a day of grace."""


@pytest.mark.parametrize(("published", "retrieved", "wrong"), PAIRS)
def test_a_date_at_the_end_of_the_calendar_is_compared(
    corpus: Corpus, published: str, retrieved: str, wrong: bool
) -> None:
    corpus.write("raw/alpha.json", {**corpus.read("raw/alpha.json"), "published": published, "retrieved": retrieved})
    assert ("C631" in {one["code"] for one in corpus.findings("raw/alpha.json")}) == wrong
