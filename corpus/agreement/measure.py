"""Measure inter-annotator agreement for each pair, with confidence intervals, and for each document.

All figures are functions of sums of counts, so a corpus is read once: counts are kept sparse, a few numbers for each
document and kind, and resamples of the bootstrap are weighted sums of them.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import isqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.model import CorpusError
from ..core.schema import Schema
from ..core.source_tokens import layers_to_annotate
from .coefficients import Cell, Floats
from .counts import MEASURES, CellCounts, CountKey, Measure, Text, count
from .load import choose_annotators, shared_documents
from .units import tokens_of

if TYPE_CHECKING:
    import pandas as pd

ALL = "all"
"""The annotators of a figure that pools several pairs."""
RESAMPLES = 1000
SEED = 20160101
DIGITS = 6
"""Decimals of a figure: further ones may differ between machines, which add in another order."""
_BATCH = 2_000_000
"""The most numbers in a batch of resamples (16 MB of float64)."""


@dataclass(frozen=True, slots=True)
class Result:
    """The agreement of annotators.

    `figures` has columns layer, field ("" for records as a whole), measure, annotators ("a, b", or
    "all" for several pairs together), doc_id ("" for all documents), value, low and high (the 95%
    interval; NaN for a document), documents. `confusions`: layer, field, annotators, first, second,
    count. `left_out` counts what could not be compared, by reason.
    """

    annotators: Sequence[str]
    documents: int
    figures: pd.DataFrame
    confusions: pd.DataFrame
    left_out: dict[str, int]

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


@dataclass(slots=True)
class _Sums:
    """The counts of one kind for one pair, as a sparse matrix of documents × cells."""

    documents: list[int] = field(default_factory=list)
    rows: array[int] = field(default_factory=lambda: array("q"))
    columns: array[int] = field(default_factory=lambda: array("q"))
    values: array[float] = field(default_factory=lambda: array("d"))
    cells: dict[Cell, int] = field(default_factory=dict)

    def add(self, document: int, counts: CellCounts, weight: float) -> None:
        if not self.documents or self.documents[-1] != document:
            self.documents.append(document)
        for cell, value in counts.items():
            if value:
                self.rows.append(len(self.documents) - 1)
                self.columns.append(self.cells.setdefault(cell, len(self.cells)))
                self.values.append(value * weight)

    def dense(self) -> Floats:
        """Return the counts as documents × cells."""
        found = np.zeros((len(self.documents), len(self.cells)))
        np.add.at(found, (np.array(self.rows), np.array(self.columns)), np.array(self.values))
        return found


Tally = dict[tuple[CountKey, str], _Sums]


def agreement(root: str | Path, annotators: Sequence[str] = (), layers: Sequence[str] = ()) -> Result:
    """Measure the agreement of the annotators of the corpus at `root`, on `layers` or on all layers.

    Without `annotators`, all but gold are compared. A pair is compared on the documents in which both annotated a
    layer and a field (`layers_done`, `fields_done`). Intervals are 95% percentiles of 1,000 resamples of documents.
    Raises CorpusError for an unknown layer or annotator, or if there are fewer than two annotators.
    """
    root = Path(root).absolute()
    schema = Schema.read(root)
    comparable = layers_to_annotate(schema)
    for layer in layers:
        if layer in schema.layers and layer not in comparable:
            raise CorpusError(f"the layer {layer} holds the tokens of a source, which no annotator chose")
        if layer not in schema.layers:
            raise CorpusError(f"the schema has no layer {layer}; it has {', '.join(comparable)}")
    chosen = choose_annotators(root, annotators)
    left_out: Counter[str] = Counter()
    tally: Tally = {}
    doc_ids: list[str] = []
    for shared in shared_documents(root, schema, chosen, left_out):
        text = Text(shared.length, None if shared.text is None else tokens_of(shared.text))
        doc_ids.append(shared.doc_id)
        found = [
            (key, f"{first}, {second}", counts)
            for first, second in combinations(shared.by, 2)
            for key, counts in count(schema, list(layers or comparable), text, shared.by[first], shared.by[second])
        ]
        pairs = Counter(key for key, _, _ in found)
        for key, who, counts in found:
            tally.setdefault((key, who), _Sums()).add(len(doc_ids) - 1, counts, 1)
            if len(chosen) > 2:
                tally.setdefault((key, ALL), _Sums()).add(len(doc_ids) - 1, counts, 1 / _others(pairs[key]))
    return Result(
        chosen,
        len(doc_ids),
        _figures(tally, schema, doc_ids),
        _confusions(tally),
        dict(sorted(left_out.items())),
    )


def _others(pairs: int) -> int:
    """Return the number of annotators less one that make this number of pairs: n(n - 1)/2 pairs of n annotators."""
    return (isqrt(1 + 8 * pairs) - 1) // 2


def _figures(tally: Tally, schema: Schema, doc_ids: Sequence[str]) -> pd.DataFrame:
    import pandas as pd

    columns = ("layer", "field", "measure", "annotators", "doc_id", "value", "low", "high", "documents")
    rows = [row for key, who in _in_order(tally, schema) for row in _rows(key, who, tally[key, who], doc_ids)]
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


def _rows(key: CountKey, who: str, sums: _Sums, doc_ids: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    if not sums.cells:
        return
    table, cells = sums.dense(), list(sums.cells)
    for measure in MEASURES:
        if measure.kind != key.kind or (who == ALL and not measure.pooled):
            continue
        what = (key.layer, key.field, measure.name, who)
        low, high = interval(measure, cells, table)
        value = float(measure.of(cells, table.sum(axis=0, keepdims=True))[0])
        yield *what, "", round(value, DIGITS), low, high, len(sums.documents)
        for document, one in zip(sums.documents, measure.of(cells, table).tolist(), strict=True):
            yield *what, doc_ids[document], round(one, DIGITS), float("nan"), float("nan"), 1


def interval(measure: Measure, cells: Sequence[Cell], table: Floats) -> tuple[float, float]:
    """Return the 95% percentile interval of a measure over resamples of documents, the rows of `table`.

    The percentile bootstrap of Efron and Tibshirani (1993), "An Introduction to the Bootstrap", ch. 13.
    NaN for fewer than two documents, or if the measure is defined in fewer than half of the resamples.
    """
    documents = len(table)
    if documents < 2:
        return float("nan"), float("nan")
    random = np.random.default_rng(SEED)
    batch = max(1, min(RESAMPLES, _BATCH // documents))
    values: list[float] = []
    while len(values) < RESAMPLES:
        size = min(batch, RESAMPLES - len(values))
        drawn = random.multinomial(documents, np.full(documents, 1 / documents), size)
        values += measure.of(cells, drawn @ table).tolist()
    defined = [value for value in values if not np.isnan(value)]
    if len(defined) < RESAMPLES / 2:
        return float("nan"), float("nan")
    low, high = np.percentile(defined, (2.5, 97.5)).tolist()
    return round(low, DIGITS), round(high, DIGITS)


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
