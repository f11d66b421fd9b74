"""Render scores as text, Markdown, JSON, CSV and HTML.

JSON and CSV have one record for each figure: layer, metric, value, low, high, n, split, and group where the figure is
of a part. The tables for readers put precision, recall and F1 side by side.
"""

from __future__ import annotations

import csv as csv_
import html as html_
import io
import json
import math
from collections.abc import Iterator, Sequence
from typing import Any

from ..report import tables
from .measure import Score
from .sums import Difference, Figure

_SIDE_BY_SIDE = ("precision", "recall", "F1")
_NONE = "–"
_STYLE = """\
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; }
table { border-collapse: collapse; margin: 1.5rem 0; width: 100%; }
caption { text-align: left; font-weight: 600; padding: .4rem 0; }
th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #ddd; font-weight: 400; }
thead th { font-weight: 600; }
.number, thead th:nth-child(n+2) { text-align: right; font-variant-numeric: tabular-nums; }
@media (prefers-color-scheme: dark) {
  body { background: #16181b; color: #e6e6e6; }
  th, td { border-color: #3a3d42; }
}"""


def text(score: Score, against: Sequence[Difference] = ()) -> str:
    """Return tables for a terminal."""
    lines = [_title(score)]
    for title, rows in _tables(score, against):
        lines += ["", title, "", *tables.aligned(rows, 1)]
    return "\n".join([*lines, *_notes(score, against)]) + "\n"


def markdown(score: Score, against: Sequence[Difference] = ()) -> str:
    """Return tables in Markdown."""
    lines = [_title(score)]
    for title, rows in _tables(score, against):
        lines += ["", f"### {title}", "", *tables.markdown(rows, 1)]
    return "\n".join([*lines, *_notes(score, against)]) + "\n"


def html(score: Score, against: Sequence[Difference] = ()) -> str:
    """Return a page that needs no other file."""
    title = html_.escape(_title(score))
    lines = ["<!doctype html>", '<html lang="en">', '<meta charset="utf-8">', f"<title>{title}</title>"]
    lines += ['<meta name="viewport" content="width=device-width">', f"<style>{_STYLE}</style>", f"<h1>{title}</h1>"]
    for caption, rows in _tables(score, against):
        lines += tables.html_table(rows, caption, 1)
    lines += [f"<p>{html_.escape(note)}</p>" for note in _notes(score, against) if note]
    return "\n".join(lines) + "\n"


def json_(score: Score, against: Sequence[Difference] = ()) -> str:
    """Return a list with an object for each figure, or for each difference of two systems; null for no value."""
    return json.dumps(_records(score, against), ensure_ascii=False, indent=2) + "\n"


def csv(score: Score, against: Sequence[Difference] = ()) -> str:
    """Return a row for each figure, or for each difference; an empty cell for no value."""
    records = _records(score, against)
    columns = dict.fromkeys(name for record in records for name in record)
    out = io.StringIO()
    writer = csv_.DictWriter(out, list(columns), lineterminator="\n", restval="")
    writer.writeheader()
    writer.writerows(records)
    return out.getvalue()


def _records(score: Score, against: Sequence[Difference]) -> list[dict[str, Any]]:
    return [_record(one) for one in against or score.figures]


def _record(one: Figure | Difference) -> dict[str, Any]:
    names = ("layer", "metric", "group", *_numbers(one), "split")
    values = {name: getattr(one, name) for name in names}
    if not values["group"]:
        del values["group"]
    return {name: None if isinstance(value, float) and math.isnan(value) else value for name, value in values.items()}


def _numbers(one: Figure | Difference) -> tuple[str, ...]:
    if isinstance(one, Figure):
        return "value", "low", "high", "n"
    return "first", "second", "difference", "low", "high", "p", "smallest"


def _title(score: Score) -> str:
    return (
        f"{score.system} against {score.against}, {score.split}: {score.documents:,} documents, "
        f"{score.stories:,} {'story' if score.stories == 1 else 'stories'}"
    )


def _tables(score: Score, against: Sequence[Difference]) -> Iterator[tuple[str, list[list[str]]]]:
    """Yield the title and rows of each table: of each layer, first of all documents, then of the groups."""
    if against:
        yield "Differences, second - first", _compared(against)
        return
    for layer in dict.fromkeys(one.layer for one in score.figures):
        for grouped in (False, True):
            rows = _rows([one for one in score.figures if one.layer == layer and bool(one.group) == grouped])
            if rows:
                table = [["figure", "precision", "recall", "value", "95% interval", "n"], *rows]
                if not any(row[1] or row[2] for row in rows):
                    table = [[row[0], *row[3:]] for row in table]
                yield f"{layer}, by group" if grouped else layer, table


def _rows(figures: Sequence[Figure]) -> list[list[str]]:
    """Return a row for each figure; precision and recall are in the row of their F1."""
    beside = {(one.metric, one.group): one.value for one in figures}
    rows = []
    for one in figures:
        name, _, last = one.metric.rpartition(" ")
        if last in _SIDE_BY_SIDE[:2]:
            continue
        parts = [_shown(beside.get((f"{name} {part}", one.group))) for part in _SIDE_BY_SIDE[:2]]
        interval = f"{_shown(one.low)} to {_shown(one.high)}" if not math.isnan(one.low) else _NONE
        shown = f"{one.metric}, {one.group}" if one.group else one.metric
        rows.append([shown, *(parts if last == "F1" else ("", "")), _shown(one.value), interval, f"{one.n:,}"])
    return rows


def _compared(against: Sequence[Difference]) -> list[list[str]]:
    rows = [["layer", "figure", "first", "second", "difference", "95% interval", "p", "smallest"]]
    for one in against:
        if one.metric.endswith(("precision", "recall")):
            continue
        shown = f"{one.metric}, {one.group}" if one.group else one.metric
        interval = f"{one.low:+.3f} to {one.high:+.3f}" if not math.isnan(one.low) else _NONE
        difference = _NONE if math.isnan(one.difference) else f"{one.difference:+.3f}"
        numbers = _shown(one.first), _shown(one.second), difference, interval, p_value(one.p), _shown(one.smallest)
        rows.append([one.layer, shown, *numbers])
    return rows


def _notes(score: Score, against: Sequence[Difference]) -> list[str]:
    notes = list(score.notes)
    if score.missing:
        notes.append(f"scored as empty, since nothing is predicted: {', '.join(score.missing)}")
    if score.stories < 2:
        notes.append("there is no interval over one story")
    if against:
        notes.append("p: randomisation over stories, two-sided, for each figure by itself")
        notes.append("smallest: the difference that this many stories would show in 80% of samples")
    return ["", *notes] if notes else []


def p_value(p: float) -> str:
    """Return p with three decimals; one that would be shown as zero is below a thousandth, not zero."""
    return "<0.001" if p < 0.0005 else _shown(p)


def _shown(value: float | None) -> str:
    return _NONE if value is None or math.isnan(value) else f"{value:.3f}"
