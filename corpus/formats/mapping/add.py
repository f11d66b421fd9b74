"""Add the annotations of one annotator to a document of an import: map them, and report what is invalid."""

from __future__ import annotations

from ...core.model import Problem, Source
from ...core.schema import Schema
from ...core.text import visible
from ..documents import Incoming, LeftOut
from ..sources import problem
from .annotations import Annotations
from .records import map_annotations
from .rules import Map


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
) -> None:
    """Map annotations to layers of the document; a defect, with its line in `file`, sets the annotation aside.

    `prefix` begins each message: it names the document where a file has several.
    """
    path = file if isinstance(file, str) else file.path
    mapped = map_annotations(annotations, one.text, of, schema, left)
    one.set_aside(
        annotator, (problem(code, file, prefix + detail, place=(line, 1)) for code, line, detail in mapped.defects)
    )
    one.layers[annotator] = mapped.layers
    one.places |= {(annotator, record): (path, line) for record, line in mapped.lines.items()}
