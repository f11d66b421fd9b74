"""Compare what a system scores on articles with what it scores on their twins, which are changed copies."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .measure import Score, Source, score
from .sums import Difference


def score_twins(
    predictions: Source, kind: str, *, system: str | None = None, **options: Any
) -> tuple[Score, list[Difference]]:
    """Score predictions on the articles that have a twin of a kind, and compare the scores on these twins with them.

    `options` are those of `score`. Articles and twins of a story are drawn together. Raises CorpusError as `score`
    does, and if there is no prediction of a twin.
    """
    on_twins = score(predictions, twins=kind, **options)
    on_originals = score(predictions, originals_of=kind, system=system, **options)
    note = f"first: the articles that have a {kind} twin; second: these twins"
    missing = (*on_originals.missing, *on_twins.missing)
    return replace(on_originals, notes=(*on_originals.notes, note), missing=missing), on_originals.compare(on_twins)
