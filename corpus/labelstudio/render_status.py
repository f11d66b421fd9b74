"""Render the status of a project as text for a terminal, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Any

from ..agreement.running import Figure
from ..report.tables import aligned
from .status import QUARANTINED, STATES, DocumentStatus, Status, counts

SHOWN = 50
"""Documents of the text at most; the JSON has all."""
_NONE = "–"


def as_json(status: Status) -> str:
    """Return a JSON object: project, totals, annotators, documents, agreement. Times are in seconds."""
    value = {
        "project": {
            "id": status.project.id,
            "title": status.project.title,
            "annotators_per_document": status.overlap,
        },
        "totals": _totals(status),
        "annotators": [_annotator(status, name) for name in status.annotators],
        "documents": [_document(one) for one in status.documents],
        "agreement": {"documents": status.compared, "figures": [_figure(one) for one in status.agreement]},
    }
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def _totals(status: Status) -> dict[str, int]:
    work = [one.state for document in status.documents for one in document.work]
    left = [one.left for one in status.documents]
    return {
        "documents": len(status.documents),
        **{state: work.count(state) for state in STATES},
        "left": sum(left),
        "documents_left": sum(map(bool, left)),
    }


def _annotator(status: Status, name: str) -> dict[str, Any]:
    of = counts(status, name)
    times = _times(status, name)
    return {
        "annotator": name,
        **{state: of[state] for state in STATES},
        "assigned": sum(name in one.assigned for one in status.documents),
        "left": of["left"],
        "lead_time": round(sum(times), 1),
        "median_lead_time": round(median(times), 1) if times else None,
    }


def _times(status: Status, name: str) -> list[float]:
    return [
        work.lead_time for one in status.documents for work in one.work if work.annotator == name and work.lead_time
    ]


def _document(one: DocumentStatus) -> dict[str, Any]:
    return {
        "doc_id": one.doc_id,
        "task": one.task,
        "assigned": list(one.assigned),
        "left": one.left,
        "work": [
            {
                "annotator": work.annotator,
                "state": work.state,
                "lead_time": work.lead_time,
                "updated": work.updated or None,
                **({"codes": list(work.codes)} if work.codes else {}),
            }
            for work in one.work
        ],
    }


def _figure(one: Figure) -> dict[str, Any]:
    return {
        "layer": one.layer,
        "measure": one.measure,
        "annotators": one.annotators,
        "value": one.value,
        "documents": one.documents,
    }


def as_text(status: Status) -> str:
    """Return tables for a terminal: annotators, documents, agreement so far."""
    totals = _totals(status)
    each = f"{status.overlap} annotator{'s' * (status.overlap != 1)} each"
    lines = [f"{_number(totals['documents'], 'document')}, {each}"]
    if totals["left"]:
        lines.append(
            f"{_number(totals['left'], 'annotation')} left, of {_number(totals['documents_left'], 'document')}"
        )
    elif totals["documents"]:
        lines.append("every document is done")
    if status.annotators:
        lines += ["", *_annotators(status), "", *_documents(status)]
    if status.agreement:
        lines += ["", *_agreement(status)]
    return "\n".join(lines) + "\n"


def _annotators(status: Status) -> Iterator[str]:
    rows = [["annotator", *STATES, "left", "hours", "minutes each"]]
    has_assigned = any(one.assigned for one in status.documents)
    for name in status.annotators:
        of, times = counts(status, name), _times(status, name)
        each = f"{median(times) / 60:.1f}" if times else _NONE
        left = f"{of['left']:,}" if has_assigned else _NONE
        rows.append([name, *(f"{of[state]:,}" for state in STATES), left, f"{sum(times) / 3600:.1f}", each])
    yield from aligned(rows)


def _documents(status: Status) -> Iterator[str]:
    shown = status.documents
    if len(shown) > SHOWN:
        shown = [one for one in shown if one.left or any(work.state == QUARANTINED for work in one.work)]
    rows = [["document", *status.annotators]]
    rows += [[one.doc_id or f"task {one.task}", *_cells(one, status.annotators)] for one in shown[:SHOWN]]
    yield from aligned(rows)
    if len(shown) > SHOWN:
        yield f"and {len(shown) - SHOWN:,} more that are not done; --format json lists all"


def _cells(one: DocumentStatus, names: Sequence[str]) -> Iterator[str]:
    for name in names:
        work = one.of(name)
        if work:
            yield f"{work.state} {' '.join(work.codes)}".rstrip()
        else:
            yield "to do" if name in one.assigned else _NONE


def _agreement(status: Status) -> Iterator[str]:
    yield f"Agreement so far, F1 on {_number(status.compared, 'document')}"
    yield ""
    by: dict[tuple[str, str], dict[str, Figure]] = {}
    for one in status.agreement:
        by.setdefault((one.layer, one.annotators), {})[one.measure] = one
    rows = [["layer", "annotators", "records", "equal labels", "documents"]]
    for (layer, annotators), found in by.items():
        values = [_value(found.get(measure)) for measure in ("record_f1", "record_f1_labelled")]
        rows.append([layer, annotators, *values, f"{max(one.documents for one in found.values()):,}"])
    yield from aligned(rows)


def _value(figure: Figure | None) -> str:
    return _NONE if figure is None or figure.value is None else f"{figure.value:.3f}"


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' * (count != 1)}"
