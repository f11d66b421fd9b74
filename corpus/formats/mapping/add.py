"""Add the annotations of one annotator to a document of an import: map them, and report what is invalid."""

from __future__ import annotations

from collections.abc import Callable

from ...core.model import Problem, Source
from ...core.schema import Schema
from ...core.text import visible
from ..documents import Incoming, LeftOut
from ..sources import problem
from .annotations import Annotations, Defect
from .records import map_annotations
from .rules import Map

_SHOWN = 5
"""Mentions of another type than their entity that a note shows."""


def duplicate(one: Incoming, annotator: str, file: Source) -> Problem | None:
    """Return a Problem if the document has an annotation by this annotator already, else None."""
    if annotator not in one.layers:
        return None
    return problem("IMP4", file, f"{one.doc_id} has another annotation by {visible(annotator)}")


def add_annotations(
    one: Incoming,
    annotator: str,
    annotations: Annotations,
    file: Source | str,
    of: Map,
    schema: Schema,
    left: LeftOut,
    prefix: str = "",
    where: Callable[[int], tuple[Source | str, int]] | None = None,
) -> None:
    """Map annotations to layers of the document; a defect, with its line in `file`, sets the annotation aside.

    `prefix` begins each message: it names the document where a file has several. `where` returns the file of a line and
    its number there, if the annotations are in several files whose lines are counted together.
    """
    at = where or (lambda line: (file, line))
    mapped = map_annotations(annotations, one.text, of, schema, left)
    one.set_aside(annotator, (_problem(defect, *at(defect.line), prefix) for defect in mapped.defects))
    one.layers[annotator] = mapped.layers
    for record, line in mapped.lines.items():
        source, number = at(line)
        one.places[annotator, record] = (source if isinstance(source, str) else source.path), number
    if mapped.conflicts:
        shown = ", ".join(mapped.conflicts[:_SHOWN]) + (", …" if len(mapped.conflicts) > _SHOWN else "")
        one.note(annotator, f"{len(mapped.conflicts)} mentions have another type than their entity: {shown}")


def _problem(defect: Defect, file: Source | str, line: int, prefix: str) -> Problem:
    return problem(defect.code, file, prefix + defect.detail, place=(line, 1))
