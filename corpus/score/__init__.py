"""predictions + gold → figures with intervals: what a system's annotations are worth.

    predictions → an annotation a document → counts → sums by story → figures, intervals, comparisons → a report

`matching` pairs the records, as for agreement. A layer or field is scored if both sides annotated it; no layer is known
by name except where a metric means something for it (`count.JOINT`, `stances`).
"""

from .measure import Score, score
from .soft_score import soft_score
from .sums import Difference, Figure

__all__ = ["Difference", "Figure", "Score", "score", "soft_score"]
