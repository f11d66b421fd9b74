"""Values that several checks derive from a document, computed once, at first use.

derived(document, schema).spans · .chains · .content · .quote_pairs · .ids · .unresolved · …
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import islice
from typing import NamedTuple

from ..core.done import absent_fields
from ..core.json_positions import join_pointer, position
from ..core.model import Annotation, Article, Document, Record, Source, Span
from ..core.schema import TARGETS, Field, Schema, Violation
from .coreference import CoreferenceChains
from .offset_shifts import Explanation, explain
from .quotation_marks import QuotationMarks
from .span_columns import SpanColumns, Where

LEAK = 5
"""Consecutive words that two texts do not share by chance."""
_MOST = 10_000
"""Violations reported in one file. A file with more would fill the memory with them."""

Offsets = tuple[int, int]
"""Start and end of a span, in code points, half-open."""


class Reference(NamedTuple):
    """A reference from a record to another: its location and the id that it names."""

    layer: str
    record: int
    field: Field
    position: int
    """The position in a list of references, 0 for a single reference."""
    id: str


class QuotePair(NamedTuple):
    """Two quotes with contents that overlap: index and span of the one that begins later, then of the other."""

    inner: int
    outer: int
    inner_span: Offsets
    outer_span: Offsets


class Violations(NamedTuple):
    """The violations of the JSON Schema in one file, in the order of the file."""

    listed: list[Violation]
    truncated: bool
    """True if the file has more violations than are listed."""


class Derived:
    """Values derived from one document.

    It holds the document's parts and not the document, which holds it: a reference cycle would keep
    every document of a shard in memory, since the garbage collector is off while a shard is compiled.
    """

    def __init__(self, article: Article, annotation: Annotation | None, schema: Schema) -> None:
        self._article = article
        self._annotation = annotation
        self._schema = schema

    @cached_property
    def valid(self) -> bool:
        """True if the document's JSON satisfies the JSON Schema."""
        return self._schema.is_valid(self._source.kind, self._source.value)

    @cached_property
    def violations(self) -> Violations:
        """The violations of the JSON Schema, at most 10,000."""
        if self.valid:
            return Violations([], False)
        found = self._schema.violations(self._source.kind, self._source.value)
        first = sorted(islice(found, _MOST), key=lambda v: position(self._source, join_pointer(*v.parts)))
        return Violations(first, next(found, None) is not None)

    @cached_property
    def absent(self) -> frozenset[str]:
        """The fields that the annotator did not annotate, each as `layer.field`."""
        if self._annotation is None:
            return frozenset()
        value, layers = self._annotation.value, self._schema.layers.values()
        return frozenset(f"{layer.name}.{name}" for layer in layers for name in absent_fields(value, layer))

    @cached_property
    def spans(self) -> SpanColumns:
        """All spans of the annotation, in columns."""
        return SpanColumns.of(self._layers(), self._schema)

    @cached_property
    def misquoted(self) -> Mapping[Where, tuple[Span, Explanation]]:
        """The spans whose `text` differs from the article's text at their offsets, each with an explanation."""
        text = self._article.text
        if text is None:
            return {}
        wrong = [
            (where, span)
            for where, span in self.spans
            if span.text is not None
            and 0 <= span.start < span.end
            and (span.end > len(text) or text[span.start : span.end] != span.text)
        ]
        right = [span for _, span in self.spans if _is_right(span, text)] if wrong else []
        why = explain(text, [span for _, span in wrong], right)
        return {where: (span, one) for (where, span), one in zip(wrong, why, strict=True)}

    @cached_property
    def ids(self) -> dict[str, frozenset[str]]:
        """The ids of the records of each layer."""
        return {layer: frozenset([record["id"] for record in self._layer(layer)]) for layer in self._schema.layers}

    @cached_property
    def unresolved(self) -> list[Reference]:
        """The references to an id that the layer they refer to does not have."""
        return list(self._find_unresolved())

    @cached_property
    def chains(self) -> CoreferenceChains:
        """The coreference chains."""
        return CoreferenceChains(self._layer("mentions"))

    @cached_property
    def mention_words(self) -> list[str]:
        """The words of each mention, in the order of the mentions; "" where they are withheld."""
        return [_words(mention["spans"], self._article.text) for mention in self._layer("mentions")]

    @cached_property
    def words_of(self) -> dict[str, list[tuple[int, str]]]:
        """The mentions of each entity: index and words."""
        found: dict[str, list[tuple[int, str]]] = {}
        for i, (mention, words) in enumerate(zip(self._layer("mentions"), self.mention_words, strict=True)):
            found.setdefault(mention.get("entity", ""), []).append((i, words))
        return found

    @cached_property
    def content(self) -> list[list[Offsets]]:
        """The content spans of each quote, in the order of the quotes."""
        return [offsets(quote, "content") for quote in self._layer("quotes")]

    @cached_property
    def quote_pairs(self) -> list[QuotePair]:
        """Pairs of quotes whose contents overlap."""
        return _pairs(self.content)

    @cached_property
    def text_runs(self) -> set[tuple[str, ...]]:
        """Every five consecutive words of the text, except those of the title."""
        return word_runs(self._article.text or "") - word_runs(str(self._article.record.get("title") or ""))

    @cached_property
    def marks(self) -> QuotationMarks:
        """The quotation marks of the text, none if the text is withheld."""
        return QuotationMarks(self._article.text or "", str(self._article.record.get("language", "")))

    @property
    def _source(self) -> Source:
        return self._article.sources[0] if self._annotation is None else self._annotation.source

    def _layer(self, name: str) -> list[Record]:
        return [] if self._annotation is None else self._annotation.layer(name)

    def _layers(self) -> dict[str, list[Record]]:
        return {name: self._layer(name) for name in self._schema.layers}

    def _find_unresolved(self) -> Iterator[Reference]:
        known = {**self.ids, TARGETS: self._schema.targets.keys()}
        for layer in self._schema.layers.values():
            records = self._layer(layer.name)
            for field in layer.of_kind("reference") if records else ():
                values = [record.get(field.name) for record in records]
                # One comparison of sets answers for a clean layer; only a faulty one is walked.
                if field.many:
                    used = {value for many in values for value in many or ()}
                else:
                    used = {value for value in values if value is not None}
                if not used <= known[field.refers_to]:
                    for i, value in enumerate(values):
                        for j, one in enumerate(value or () if field.many else (value,)):
                            if one is not None and one not in known[field.refers_to]:
                                yield Reference(layer.name, i, field, j, one)


def derived(document: Document, schema: Schema) -> Derived:
    """Return the derived values of a document, made at the first call and kept with the document."""
    kept = document.derived
    if not isinstance(kept, Derived):
        kept = document.derived = Derived(document.article, document.annotation, schema)
    return kept


def offsets(record: Record, field: str) -> list[Offsets]:
    """Return the spans of a field, as (start, end)."""
    return [(span["start"], span["end"]) for span in record.get(field) or ()]


def _is_right(span: Span, text: str) -> bool:
    return 0 <= span.start < span.end <= len(text) and text[span.start : span.end] == span.text


def _words(spans: list[Record], text: str | None) -> str:
    """Return the words of spans, as the annotation quotes them: the offsets of a suppressed finding may be wrong."""
    if len(spans) == 1:
        return _of_span(spans[0], text)
    return " … ".join([_of_span(span, text) for span in spans]) if _of_span(spans[0], text) else ""


def _of_span(span: Record, text: str | None) -> str:
    return span.get("text") or (text[span["start"] : span["end"]] if text else "")


def word_runs(text: str) -> set[tuple[str, ...]]:
    """Return every run of five consecutive words, ignoring case."""
    words = re.findall(r"\w+", text.casefold())
    return {tuple(words[i : i + LEAK]) for i in range(len(words) - LEAK + 1)}


def _pairs(content: list[list[Offsets]]) -> list[QuotePair]:
    """Return the pairs of quotes whose contents overlap.

    A stack holds the spans that are still open, in the order of the text, and for each the span
    around it. Spans with equal offsets have the same span around them, whichever comes first.
    """
    spans = sorted(
        ((span, i) for i, own in enumerate(content) for span in own),
        key=lambda item: (item[0][0], -item[0][1], item[1]),
    )
    pairs = []
    open_: list[tuple[Offsets, int]] = []
    around: list[tuple[Offsets, int] | None] = []
    for span, i in spans:
        while open_ and open_[-1][0][1] <= span[0]:
            open_.pop()
            around.pop()
        outer = open_[-1] if open_ else None
        if outer is not None and outer[0] == span:
            outer = around[-1]
        if outer is not None and outer[1] != i:
            pairs.append(QuotePair(i, outer[1], span, outer[0]))
        open_.append((span, i))
        around.append(outer)
    return pairs
