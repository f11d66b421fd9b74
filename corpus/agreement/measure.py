"""Measure inter-annotator agreement for each pair, with confidence intervals, and for each document.

All figures are functions of sums of counts, so a corpus is read once: counts are kept sparse, a few numbers for each
document and kind, and resamples of the bootstrap are weighted sums of them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from math import isqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.model import GOLD, CorpusError
from ..core.schema import Schema
from ..core.source_tokens import layers_to_annotate
from ..matching import matchings
from .bootstrap import Resamples
from .counts import BY_UNIT, MEASURES, CellCounts, CountKey, Text, count, count_together
from .decisions import Decided, Decisions, count_decisions, decision_table
from .load import SharedDocument, choose_annotators, shared_documents
from .sums import Sums
from .units import tokens_of

if TYPE_CHECKING:
    import pandas as pd

ALL = "all"
"""The annotators of a figure that pools several pairs."""
DIGITS = 6
"""Decimals of a figure: further ones may differ between machines, which add in another order."""


@dataclass(frozen=True, slots=True)
class Result:
    """The agreement of annotators.

    `figures` has columns layer, field ("" for records as a whole), measure, annotators ("a, b", or
    "all" for several pairs together), doc_id ("" for all documents), value, low and high (the 95%
    interval; NaN for a document), documents. `confusions`: layer, field, annotators, first, second,
    count. `left_out` counts what could not be compared, by reason. `adjudication` counts the decisions of
    `adjudicator`, see `decisions.decision_table`.
    """

    annotators: Sequence[str]
    documents: int
    figures: pd.DataFrame
    confusions: pd.DataFrame
    left_out: dict[str, int]
    adjudicator: str
    adjudication: pd.DataFrame

    @property
    def overall(self) -> pd.DataFrame:
        """Return the figures over all documents and annotators: a row for each layer, field and measure."""
        return self._together[self._together["doc_id"] == ""]

    @property
    def worst(self) -> pd.DataFrame:
        """Return the F1 of labelled records, documents × layers, worst first; `mean` is over the layers."""
        figures = self._together
        chosen = figures[(figures["doc_id"] != "") & (figures["measure"] == "record_f1_labelled")]
        table = chosen.pivot_table(index="doc_id", columns="layer", values="value", sort=False)
        table.insert(0, "mean", table.mean(axis=1))
        return table.sort_values(["mean", "doc_id"], kind="stable")

    @property
    def _together(self) -> pd.DataFrame:
        several = len(self.annotators) > 2
        return self.figures[self.figures["annotators"] == ALL] if several else self.figures


Tally = dict[tuple[CountKey, str], Sums]


def agreement(
    root: str | Path,
    annotators: Sequence[str] = (),
    layers: Sequence[str] = (),
    *,
    split: str = "",
    adjudicator: str = GOLD,
) -> Result:
    """Measure the agreement of the annotators of the corpus at `root`, on `layers` or on all layers.

    Without `annotators`, all but gold and the adjudicator are compared. A pair is compared on the documents in which
    both annotated a layer and a field (`layers_done`, `fields_done`), of one `split` or of all. Intervals are 95%
    percentiles of 1,000 resamples of documents. The decisions of `adjudicator` are counted unless it is "" or compared
    itself.
    Raises CorpusError for an unknown layer, annotator or split, or if there are fewer than two annotators.
    """
    root = Path(root).absolute()
    schema = Schema.read(root)
    compared = _layers(schema, layers)
    if split and split not in schema.splits:
        raise CorpusError(f"the schema has no split {split}; it has {', '.join(schema.splits)}")
    chosen = choose_annotators(root, annotators, adjudicator)
    left_out: Counter[str] = Counter()
    counted = _Counted(chosen)
    judge = "" if adjudicator in chosen else adjudicator
    for shared in shared_documents(root, schema, chosen, left_out, split=split, adjudicator=judge):
        if shared.article.record.get("twin_of"):
            left_out["twins, which no figure counts"] += 1
            continue
        counted.add(schema, compared, shared, judge)
    resamples = Resamples()
    return Result(
        chosen,
        len(counted.doc_ids),
        _figures(counted.tally, schema, counted.doc_ids, resamples),
        _confusions(counted.tally),
        dict(sorted(left_out.items())),
        judge,
        decision_table(counted.decisions, schema, resamples),
    )


def _layers(schema: Schema, named: Sequence[str]) -> list[str]:
    """Return the layers to compare: those in `named`, or all that annotators fill in."""
    comparable = layers_to_annotate(schema)
    for layer in named:
        if layer in schema.layers and layer not in comparable:
            raise CorpusError(f"the layer {layer} holds the tokens of a source, which no annotator chose")
        if layer not in schema.layers:
            raise CorpusError(f"the schema has no layer {layer}; it has {', '.join(comparable)}")
    return list(named or comparable)


class _Counted:
    """The counts of all documents: of pairs of annotators, of all together, and of the adjudicator's decisions."""

    def __init__(self, annotators: Sequence[str]):
        self._several = len(annotators) > 2
        self.tally: Tally = defaultdict(Sums)
        self.decisions: Decisions = defaultdict(Sums)
        self.doc_ids: list[str] = []

    def add(self, schema: Schema, layers: Sequence[str], shared: SharedDocument, judge: str) -> None:
        """Count a document."""
        number = len(self.doc_ids)
        self.doc_ids.append(shared.doc_id)
        text = Text(shared.length, None if shared.text is None else tokens_of(shared.text))
        decided = {judge: shared.decided} if shared.decided is not None else {}
        matched = matchings(schema, {**shared.by, **decided})
        found = [
            (key, f"{first}, {second}", counts)
            for first, second in combinations(shared.by, 2)
            for key, counts in count(schema, layers, text, shared.by[first], shared.by[second], matched[first, second])
        ]
        for key, who, counts in found:
            self.tally[key, who].add(number, counts)
        if self._several:
            self._add_together(number, found, count_together(schema, layers, shared.by, matched))
        for first, second in combinations(shared.by, 2) if decided else ():
            three = {first: shared.by[first], second: shared.by[second], **decided}
            for layer, cells in count_decisions(schema, layers, three, matched):
                self.decisions[Decided(layer, f"{first}, {second}")].add(number, cells)

    def _add_together(
        self,
        number: int,
        of_pairs: Sequence[tuple[CountKey, str, CellCounts]],
        together: Iterator[tuple[CountKey, CellCounts]],
    ) -> None:
        """Add the counts of all annotators: of values by unit, of everything else as the mean of their pairs."""
        pairs = Counter(key for key, _, _ in of_pairs)
        for key, _, counts in of_pairs:
            if key.kind not in BY_UNIT:
                self.tally[key, ALL].add(number, counts, 1 / _others(pairs[key]))
        for key, counts in together:
            self.tally[key, ALL].add(number, counts)


def _others(pairs: int) -> int:
    """Return the number of annotators less one that make this number of pairs: n(n - 1)/2 pairs of n annotators."""
    return (isqrt(1 + 8 * pairs) - 1) // 2


def _figures(tally: Tally, schema: Schema, doc_ids: Sequence[str], resamples: Resamples) -> pd.DataFrame:
    import pandas as pd

    columns = ("layer", "field", "measure", "annotators", "doc_id", "value", "low", "high", "documents")
    rows = [
        row for key, who in _in_order(tally, schema) for row in _rows(key, who, tally[key, who], doc_ids, resamples)
    ]
    return pd.DataFrame(rows, columns=list(columns))


def _in_order(tally: Tally, schema: Schema) -> list[tuple[CountKey, str]]:
    """Return the keys in the order of the schema."""
    layers = list(schema.layers)
    fields = {name: ["", *(one.name for one in layer.fields)] for name, layer in schema.layers.items()}
    kinds = [measure.kind for measure in MEASURES]

    def order(entry: tuple[CountKey, str]) -> tuple[Any, ...]:
        key, who = entry
        return layers.index(key.layer), fields[key.layer].index(key.field), kinds.index(key.kind), who != ALL, who

    return sorted(tally, key=order)


def _rows(
    key: CountKey, who: str, sums: Sums, doc_ids: Sequence[str], resamples: Resamples
) -> Iterator[tuple[Any, ...]]:
    table, cells = sums.dense(), list(sums.cells)
    for measure in MEASURES:
        if measure.kind != key.kind or (who == ALL and not measure.pooled):
            continue
        what = (key.layer, key.field, measure.name, who)
        if not cells:
            yield *what, "", float("nan"), float("nan"), float("nan"), len(sums.documents)
            continue
        low, high = resamples.interval(partial(measure.of, cells), table, DIGITS)
        value = float(measure.of(cells, table.sum(axis=0, keepdims=True))[0])
        yield *what, "", round(value, DIGITS), low, high, len(sums.documents)
        for document, one in zip(sums.documents, measure.of(cells, table).tolist(), strict=True):
            yield *what, doc_ids[document], round(one, DIGITS), float("nan"), float("nan"), 1


def _confusions(tally: Tally) -> pd.DataFrame:
    """Return the pairs of differing labels of matched records, most frequent first."""
    import pandas as pd

    rows: list[tuple[Any, ...]] = []
    for (key, who), sums in tally.items():
        if key.kind in ("labels", "degrees") and who != ALL:
            totals = sums.dense().sum(axis=0).tolist()
            for (first, second), number in zip(sums.cells, totals, strict=True):
                if first != second:
                    rows.append((key.layer, key.field, who, first, second, int(number)))
    rows.sort(key=lambda row: (-row[-1], row))
    return pd.DataFrame(rows, columns=["layer", "field", "annotators", "first", "second", "count"])
