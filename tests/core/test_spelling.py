"""Names that a slip turns into one another, and names that differ on purpose."""

from __future__ import annotations

import pytest

from corpus.core.spelling import alike, forms


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("marlow", "marlwo"),
        ("marlow", "marlov"),
        ("marlow", "marlw"),
        ("marlow", "marloww"),
        ("ferry-strike", "ferry_strike"),
        ("ferry-strike", "Ferry-Strike"),
        ("ferry-strike-2", "fery-strike-2"),
    ],
)
def test_a_slip(one: str, other: str) -> None:
    assert alike(one, other)
    assert alike(other, one)
    assert forms(one) & forms(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("marlow", "marlow"),
        ("ann-a", "ann-b"),
        ("mira", "moro"),
        ("tom", "tim"),
        ("strike-1", "strike-2"),
        ("strike-2026", "strike-2025"),
        ("ferry-strike", "ferry-sale"),
        ("bridge", "bridge-vote"),
        ("abcde", "bcdef"),
    ],
)
def test_no_slip(one: str, other: str) -> None:
    assert not alike(one, other)
    assert not alike(other, one)
