"""An annotated article as text: the article with brackets around its spans, then a line for each record."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ..core.done import layer_done
from ..core.model import Document
from ..core.schema import Schema
from ..core.text import visible
from .as_good import AsGood, as_good
from .load import shown_text, twin_fact
from .marks import Describer, Mark, edges, marks

_RESET, _BOLD, _DIM = "\x1b[0m", "\x1b[1m", "\x1b[2m"
_COLOURS = ("\x1b[34m", "\x1b[32m", "\x1b[35m", "\x1b[33m", "\x1b[36m", "\x1b[31m")
"""The colours of the layers, one after another."""


class _Style:
    """Colours text, or leaves it plain."""

    def __init__(self, schema: Schema, coloured: bool) -> None:
        self._coloured = coloured
        self._of_layer = {name: _COLOURS[i % len(_COLOURS)] for i, name in enumerate(schema.layers)}

    def __call__(self, text: str, code: str) -> str:
        return f"{code}{text}{_RESET}" if self._coloured else text

    def layer(self, text: str, layer: str) -> str:
        """Return text in the colour of a layer."""
        return self(text, self._of_layer[layer])


def as_text(
    document: Document,
    schema: Schema,
    layers: Collection[str] = (),
    *,
    coloured: bool = False,
    with_attached: bool = False,
) -> Iterator[str]:
    """Yield the lines of an annotated article; `layers` are those to show, () for all.

    Each span is in brackets, with the record's id at the end: [words|q1]. A withheld text is not
    shown, nor is an attached one without `with_attached`: the records then show offsets without words.
    """
    style = _Style(schema, coloured)
    chosen = layers or schema.layers
    text = shown_text(document.article, with_attached)
    yield from _head(document, style)
    if text is None:
        yield style("The text is withheld: offsets are shown without words.", _DIM)
    else:
        yield from _paragraphs(text, marks(document, schema, chosen), style)
    describer = Describer(document, schema, text)
    readings = as_good(document, schema, describer)
    for name in (one for one in schema.layers if one in chosen):
        yield ""
        yield from _layer(document, schema, name, describer, readings, style)


def _head(document: Document, style: _Style) -> Iterator[str]:
    record = document.article.record
    annotator = document.annotation.annotator if document.annotation else ""
    said = (str(record.get(name) or "") for name in ("source", "published", "split"))
    facts = [document.doc_id, annotator, *said, twin_fact(record)]
    yield style(visible(str(record.get("title") or document.doc_id)), _BOLD)
    yield style(visible(" · ".join(filter(None, facts))), _DIM)
    yield ""


def _paragraphs(text: str, found: list[Mark], style: _Style) -> Iterator[str]:
    start = 0
    for line in text.split("\n"):
        end = start + len(line)
        yield "".join(_marked(text, found, start, end, style))
        start = end + 1


def _marked(text: str, found: list[Mark], start: int, end: int, style: _Style) -> Iterator[str]:
    """Yield the parts of one paragraph. A span that goes on over its end is closed in the paragraph of its end."""
    at = start
    for offset, ending, beginning in edges(found, start, end):
        yield visible(text[at:offset])
        yield from (style.layer(f"|{mark.tag}]", mark.layer) for mark in ending)
        yield from (style.layer("[", mark.layer) for mark in beginning)
        at = offset
    yield visible(text[at:end])


def _layer(
    document: Document, schema: Schema, name: str, describer: Describer, readings: AsGood, style: _Style
) -> Iterator[str]:
    layer, records = schema.layers[name], document.layer(name)
    done = document.annotation is not None and layer_done(document.annotation.value, name)
    count = f"{len(records):,}" if done else "not annotated"
    yield style.layer(f"{visible(layer.title)}: {count}", name)
    for record in records:
        parts = [
            value if field.kind == "label" else f"{field.name} {value}"
            for field, value in describer.values(name, record)
        ]
        yield f"  {style.layer(str(record['id']), name)}  {visible(' · '.join(parts))}"
        yield from (style(f"    as good: {visible(one)}", _DIM) for one in readings.get((name, str(record["id"])), ()))
    yield from (style(f"  as good, another record: {visible(one)}", _DIM) for one in readings.get((name, ""), ()))
