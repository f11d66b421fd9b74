"""Render scores as text, Markdown, JSON, CSV and HTML.

JSON and CSV have one record for each figure: layer, metric, value, low, high, n, split, and group where the figure is
of a part. The tables for readers put precision, recall and F1 side by side. Text has the first figures of each group of
documents.
"""

from __future__ import annotations

import csv as csv_
import html as html_
import io
import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from ..report import tables
from .measure import Score
from .sums import Difference, Figure

_F = TypeVar("_F", Figure, Difference)
_SIDE_BY_SIDE = ("precision", "recall", "F1")
_NONE = "–"
_MOST = 60
"""The rows of a table of groups of documents in a terminal."""
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
    for title, rows, left_out in _tables(score, against, _MOST):
        lines += ["", title, "", *tables.aligned(rows, 1)]
        if left_out:
            lines.append(f"… and {left_out:,} more row{'s' * (left_out != 1)}; --format json has all figures")
    return "\n".join([*lines, *_notes(score, against)]) + "\n"


def markdown(score: Score, against: Sequence[Difference] = ()) -> str:
    """Return tables in Markdown."""
    lines = [_title(score)]
    for title, rows, _ in _tables(score, against):
        lines += ["", f"### {title}", "", *tables.markdown(rows, 1)]
    return "\n".join([*lines, *_notes(score, against)]) + "\n"


def html(score: Score, against: Sequence[Difference] = ()) -> str:
    """Return a page that needs no other file."""
    title = html_.escape(_title(score))
    lines = ["<!doctype html>", '<html lang="en">', '<meta charset="utf-8">', f"<title>{title}</title>"]
    lines += ['<meta name="viewport" content="width=device-width">', f"<style>{_STYLE}</style>", f"<h1>{title}</h1>"]
    for caption, rows, _ in _tables(score, against):
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
    documents = "" if score.left_out else f"{score.documents:,} documents, "  # the split says "60 of 72 documents"
    stories = f"{score.stories:,} {'story' if score.stories == 1 else 'stories'}"
    return f"{score.system} against {score.against}, {score.split}: {documents}{stories}"


def _tables(
    score: Score, against: Sequence[Difference], most: int | None = None
) -> Iterator[tuple[str, list[list[str]], int]]:
    """Yield the title and rows of each table, and how many rows it leaves out.

    Of each layer there is a table of all documents, one of gold labels, and one of groups of documents, of which at
    most `most` rows are shown.
    """
    groups = frozenset(score.groups)
    if against:
        of_all = [one for one in against if one.group not in groups]
        yield "Differences, second - first", _compared(of_all), 0
        compared, left_out = _first_rows([one for one in against if one.group in groups], most)
        if compared:
            yield "Differences, second - first, by group", _compared(compared), left_out
        return
    for layer in dict.fromkeys(one.layer for one in score.figures):
        of_layer = [one for one in score.figures if one.layer == layer]
        grouped, left_out = _first_rows([one for one in of_layer if one.group in groups], most)
        for title, figures, fewer in (
            (layer, [one for one in of_layer if not one.group], 0),
            (f"{layer}, by label", [one for one in of_layer if one.group and one.group not in groups], 0),
            (f"{layer}, by group", grouped, left_out),
        ):
            if rows := _rows(figures, of_layer):
                table = [["figure", "precision", "recall", "value", "95% interval", "n"], *rows]
                if not any(row[1] or row[2] for row in rows):
                    table = [[row[0], *row[3:]] for row in table]
                yield title, table, fewer


def _first_rows(ones: Sequence[_F], most: int | None) -> tuple[list[_F], int]:
    """Return the figures that have a row, of each group as many, and at most `most`; and how many that leaves out."""
    rows = [one for one in ones if not _is_beside(one.metric)]
    if most is None or len(rows) <= most:
        return rows, 0
    taken: Counter[tuple[str, str]] = Counter()
    each = max(1, most // len({(one.layer, one.group) for one in rows}))
    found = []
    for one in rows:
        taken[one.layer, one.group] += 1
        if taken[one.layer, one.group] <= each:
            found.append(one)
    return found[:most], len(rows) - len(found[:most])


def _is_beside(metric: str) -> bool:
    """Return True for a figure that is shown in the row of its F1."""
    return metric.endswith(_SIDE_BY_SIDE[:2])


def _name(one: Figure | Difference) -> str:
    return f"{one.metric}, {one.group}" if one.group else one.metric


def _rows(figures: Sequence[Figure], of_layer: Sequence[Figure]) -> list[list[str]]:
    """Return a row for each figure; precision and recall, which `of_layer` has, are in the row of their F1."""
    beside = {(one.metric, one.group): one.value for one in of_layer}
    rows = []
    for one in figures:
        name, _, last = one.metric.rpartition(" ")
        if _is_beside(one.metric):
            continue
        parts = [_shown(beside.get((f"{name} {part}", one.group))) for part in _SIDE_BY_SIDE[:2]]
        interval = f"{_shown(one.low)} to {_shown(one.high)}" if not math.isnan(one.low) else _NONE
        rows.append([_name(one), *(parts if last == "F1" else ("", "")), _shown(one.value), interval, f"{one.n:,}"])
    return rows


def _compared(against: Sequence[Difference]) -> list[list[str]]:
    rows = [["layer", "figure", "first", "second", "difference", "95% interval", "p", "smallest"]]
    for one in against:
        if _is_beside(one.metric):
            continue
        interval = f"{one.low:+.3f} to {one.high:+.3f}" if not math.isnan(one.low) else _NONE
        difference = _NONE if math.isnan(one.difference) else f"{one.difference:+.3f}"
        numbers = _shown(one.first), _shown(one.second), difference, interval, p_value(one.p), _shown(one.smallest)
        rows.append([one.layer, _name(one), *numbers])
    return rows


def _notes(score: Score, against: Sequence[Difference]) -> list[str]:
    notes = list(score.notes)
    if score.missing:
        notes.append(f"scored as empty, since nothing is predicted: {', '.join(score.missing)}")
    if score.left_out:
        notes.append(
            f"left out, since nothing is predicted, so the split is scored in part: {', '.join(score.left_out)}"
        )
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
