"""Render the figures of agreement as text, Markdown, JSON and CSV, and as a table for the dataset card."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.model import GOLD
from ..report import tables
from .decisions import COUNTS
from .load import annotators_of
from .measure import ALL, Result, agreement

if TYPE_CHECKING:
    import pandas as pd

TITLES = {
    "record_f1": "records, F1",
    "record_f1_labelled": "records with equal labels, F1",
    "token_alpha": "tokens, α",
    "unitizing_alpha": "unitizing, α",
    "span_f1_exact": "exact spans, F1",
    "span_f1_partial": "partial spans, F1",
    "alpha": "α",
    "kappa": "κ",
    "ordinal_alpha": "ordinal α",
    "accuracy": "accuracy",
    "lea_f1": "coreference, LEA F1",
}
_NOT_IN_CARD = ("record_f1_labelled", "kappa")
"""Figures that are nearly redundant beside the others: the card omits them."""
_COMMONEST, _WORST, _CARD_CONFUSIONS = 20, 20, 5
_NONE = "–"
Table = tuple[str, Sequence[str], list[list[str]]]
"""(title, column headings, rows)."""


def text(result: Result) -> str:
    """Return tables for a terminal: figures, confusions, worst documents, decisions of the adjudicator, exclusions."""
    return "\n".join(_parts(result, _aligned)) + "\n"


def markdown(result: Result) -> str:
    """Return the same tables in Markdown."""
    return "\n".join(_parts(result, _markdown_table)) + "\n"


def json_(result: Result) -> str:
    """Return a JSON object: annotators, documents, figures, confusions, adjudicator, adjudication, left_out.

    NaN is null.
    """
    value = {
        "annotators": list(result.annotators),
        "documents": result.documents,
        "figures": _objects(result.figures),
        "confusions": _objects(result.confusions),
        "adjudicator": result.adjudicator if len(result.adjudication) else None,
        "adjudication": _objects(result.adjudication),
        "left_out": result.left_out,
    }
    return json.dumps(value, indent=1, allow_nan=False) + "\n"


def csv(result: Result) -> str:
    """Return the figures as CSV; NaN is empty."""
    return str(result.figures.to_csv(index=False, lineterminator="\n"))


def card_table(root: str | Path) -> str:
    """Return Markdown for the dataset card: figures with 95% intervals, the five most frequent confusions, and what
    gold decided, with an estimate of what both annotators missed.

    All annotators but gold are compared; with fewer than two, return one sentence that says so.
    """
    there = annotators_of(Path(root))
    names = [name for name in there if name != GOLD]
    result = agreement(root, adjudicator=GOLD if GOLD in there else "") if len(names) > 1 else None
    if result is None or not result.documents:
        return "No document was annotated by two annotators.\n"
    rows = [row for row in _rows(result.overall) if row["measure"] not in _NOT_IN_CARD]
    head = (
        f"Agreement of {_list(result.annotators)} on {_number(result.documents, 'document')}, "
        "with 95% intervals from 1,000 resamples of documents:"
    )
    figures = _markdown_table(("", ("layer", "field", "figure", "value", "95%"), [_cells(row) for row in rows]))
    parts = [head, "", *figures]
    if len(result.confusions):
        title, columns, found = _confusions(result, _CARD_CONFUSIONS)
        parts += ["", f"{title}:", "", *_markdown_table(("", columns, found))]
    title, columns, found = _decisions(result)
    if found:
        parts += [
            "",
            f"{title}, with what both missed by capture–recapture:",
            "",
            *_markdown_table(("", columns, found)),
        ]
    return "\n".join(parts) + "\n"


def _parts(result: Result, table: Callable[[Table], list[str]]) -> Iterator[str]:
    names = _list(result.annotators)
    yield f"Agreement of {names} on {_number(result.documents, 'document')}"
    if result.documents:
        for one in (_figures(result), _confusions(result, _COMMONEST), _worst(result), _decisions(result)):
            if one[2]:
                yield ""
                yield from table(one)
    if result.left_out:
        yield ""
        yield "Not compared:"
        yield ""
        yield from (f"- {count:,} {what}" for what, count in result.left_out.items())


def _figures(result: Result) -> Table:
    several = len(result.annotators) > 2
    whole = result.figures[result.figures["doc_id"] == ""]
    columns = ("layer", "field", "figure", *(["annotators"] if several else []), "value", "95%", "documents")
    rows = []
    for row in _rows(whole):
        layer, field, figure, value, between = _cells(row)
        who = ["all" if row["annotators"] == ALL else str(row["annotators"])] if several else []
        rows.append([layer, field, figure, *who, value, between, f"{row['documents']:,}"])
    return "Figures", columns, rows


def _confusions(result: Result, most: int) -> Table:
    rows = _rows(result.confusions.head(most))
    columns = ("layer", "field", "annotators", "the first says", "the second says", "times")
    cells = [
        [row["layer"], row["field"], row["annotators"], row["first"], row["second"], f"{row['count']:,}"]
        for row in rows
    ]
    return "The commonest confusions of labels", columns, cells


def _worst(result: Result) -> Table:
    worst = result.worst.head(_WORST)
    layers = [str(name) for name in worst.columns]
    rows = [
        [str(doc_id), *(_figure(value) for value in row)] for doc_id, row in zip(worst.index, worst.values, strict=True)
    ]
    return "Documents, the worst first: records with equal labels, F1", ("document", *layers), rows


def _decisions(result: Result) -> Table:
    several = len(result.annotators) > 2
    columns = (
        *("layer", *(["annotators"] if several else []), "both have", "one has", "added", "removed", "rejected"),
        *("overruled", "both missed (estimate)", "95%", "documents"),
    )
    rows = [
        [
            *(row["layer"], *([row["annotators"]] if several else [])),
            *(f"{row[name]:,}" for name in COUNTS),
            *(_estimate(row["missed"]), _between(row, _estimate), f"{row['documents']:,}"),
        ]
        for row in _rows(result.adjudication)
    ]
    return f"What {result.adjudicator} decided on the records of the annotators", columns, rows


def _estimate(value: float) -> str:
    return _NONE if math.isnan(value) else f"{value:,.1f}"


def _between(row: dict[str, Any], shown: Callable[[float], str]) -> str:
    return _NONE if math.isnan(row["low"]) else f"{shown(row['low'])} to {shown(row['high'])}"


def _cells(row: dict[str, Any]) -> list[str]:
    return [row["layer"], row["field"], TITLES[row["measure"]], _figure(row["value"]), _between(row, _figure)]


def _figure(value: float) -> str:
    return _NONE if math.isnan(value) else f"{value:.3f}"


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return list(table.to_dict("records"))


def _objects(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{key: None if value != value else value for key, value in row.items()} for row in _rows(table)]


def _aligned(table: Table) -> list[str]:
    title, columns, rows = table
    return [title, "", *tables.aligned([columns, *rows])]


def _markdown_table(table: Table) -> list[str]:
    title, columns, rows = table
    lines = tables.markdown([columns, *rows])
    return [f"## {title}", "", *lines] if title else lines


def _list(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' * (count != 1)}"
