"""Annotations to spaCy's DocBin: a `.spacy` file for each split, as `spacy train` reads it.

    doc.text                     the article's text, unchanged
    doc.ents                     the outermost named mentions, as in the config `entities`: label_ is the type of the
                                 entity, ent_id_ its id, kb_id_ its kb
    doc.spans["mentions"]        a span for each span of a record: id_ is the record's id, label_ its first label
                                 (of a mention: the type of its entity)
    doc.spans["quotes.cue"]      the same, where a layer has several fields of spans
    doc.spans["quotes.source"]   the spans of the mentions that a record refers to; id_ is the record's id
    doc.user_data                doc_id, annotator, record (of the article) and annotation, whole

Tokens and sentences are those of the source if the annotation has them, else those of this package. As in spaCy, one
blank after a token belongs to it, and other white space is a token. A span that begins or ends within a token is in no
span group; `user_data` keeps it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.model import Annotation, Article, CorpusError, Document, Record, Source
from ..core.schema import Layer, Schema
from ..pipeline.tables.entities import knows_names, tags_of
from .documents import Direction, LeftOut, Outgoing, in_order, pairs_of
from .source_sentences import Words
from .spacy_reader import read as read
from .writing import write_file

if TYPE_CHECKING:
    from spacy.tokens import Doc, Span
    from spacy.vocab import Vocab

LAYERS = ("entities", "mentions", "quotes", "nonquotes", "stances")
IN_A_TOKEN = "a spaCy span covers whole tokens; doc.user_data has all spans"
NESTED = "spaCy entities cannot overlap; doc.spans has all names"
LEAVES_OUT = (("spans that begin or end within a token", IN_A_TOKEN), ("names in doc.ents", NESTED))
READS = Direction(
    "what an export wrote, whole; of other files entities, tokens and sentences",
    "tags, lemmas, dependencies, other span groups, categories and user data",
    "spaCy, which writes the files in our tests",
)
WRITES = Direction(
    "all layers, in doc.ents, doc.spans and doc.user_data",
    "see below",
    "spaCy, which reads the files in our tests",
)
MOST = 2000
"""Documents in a file: writing and reading a DocBin hold all of it in memory."""


def carry(document: Document, schema: Schema, left: LeftOut) -> Record:
    """Return the whole annotation, for user_data; count in `left` what doc.spans and doc.ents drop."""
    assert document.text is not None
    assert document.annotation is not None
    layers = in_order(document.value, schema)
    words = _Words(document.text, document.article, document.annotation, schema)
    for layer in (schema.layers[name] for name in layers):
        for field in layer.of_kind("spans"):
            for record in layers[layer.name]:
                for pair in pairs_of(record.get(field.name) or []):
                    left["spans that begin or end within a token", IN_A_TOKEN] += words.tokens_of(*pair) is None
    if words.is_tagged:
        named = [one for one in layers["mentions"] if one.get("form") == "NAM" and one.get("entity")]
        left["names in doc.ents", NESTED] += sum(len(one["spans"]) for one in named) - len(words.found)
    beside = "layers_done", "fields_done", "provenance"
    kept: Record = {key: document.value[key] for key in beside if key in document.value}
    return {**kept, **layers}


def write(documents: Iterable[Outgoing], schema: Schema, out: Path) -> None:
    """Write `<annotator>/<split>.spacy`, `all.spacy` without a split; from 2,000 documents on `<split>-2.spacy`, ….

    Raises CorpusError when spaCy is not installed.
    """
    try:
        from spacy.tokens import DocBin
        from spacy.vocab import Vocab
    except ImportError:
        raise CorpusError("spaCy is not installed: pip install 'on-the-record[formats]'") from None
    open_bins: dict[tuple[str, str], DocBin] = {}
    numbers: dict[tuple[str, str], int] = {}

    def close(key: tuple[str, str]) -> None:
        numbers[key] = numbers.get(key, 0) + 1
        name = f"{key[1]}{f'-{numbers[key]}' if numbers[key] > 1 else ''}.spacy"
        write_file(out / key[0] / name, open_bins.pop(key).to_bytes())

    for one in documents:
        key = (one.annotator, one.record.get("split") or "all")
        if key not in open_bins:
            open_bins[key] = DocBin(store_user_data=True)
        open_bins[key].add(_doc(one, schema, Vocab()))
        if len(open_bins[key]) == MOST:
            close(key)
    for key in sorted(open_bins):
        close(key)


class _Words:
    """Splits a text into the tokens of spaCy, white space included, and finds the named mentions (`found`).

    A named mention is (first token, end token, type, id of its entity); the end is exclusive.
    """

    def __init__(self, text: str, article: Article, annotation: Annotation, schema: Schema) -> None:
        found = Words(text, annotation, schema, str(article.record["language"]))
        self.words: list[str] = []
        self.blanks: list[bool] = []
        self._first: dict[int, int] = {}
        self._after: dict[int, int] = {}
        numbers: list[int] = []
        at = 0
        for start, end in found.pairs:
            self._between(text[at:start], at)
            numbers.append(len(self.words))
            self._add(text[start:end], start)
            at = end
        self._between(text[at:], at)
        self.is_tagged = {"entities", "mentions"} <= schema.layers.keys() and knows_names(annotation, schema)
        self.found: list[tuple[int, int, str, str]] = []
        if self.is_tagged:
            said, entities = tags_of(annotation, found.columns(), schema)
            for i, tag in enumerate(said):
                if tag[0] == "B":
                    last = next((j for j in range(i + 1, len(said)) if said[j][0] != "I"), len(said))
                    self.found.append((numbers[i], numbers[last - 1] + 1, tag[2:], entities[i]))
        begins = {numbers[i] for i in found.begins[1:]}
        self.begins = [i == 0 or i in begins for i in range(len(self.words))]

    def tokens_of(self, start: int, end: int) -> tuple[int, int] | None:
        """Return the first token of a span and the end, exclusive; None if it begins or ends within a token."""
        first, after = self._first.get(start), self._after.get(end)
        return None if first is None or after is None else (first, after)

    def _add(self, word: str, start: int) -> None:
        self._first[start] = len(self.words)
        self.words.append(word)
        self.blanks.append(False)
        self._after[start + len(word)] = len(self.words)

    def _between(self, white: str, start: int) -> None:
        if white and white[0] == " " and self.words:
            self.blanks[-1] = True
            white, start = white[1:], start + 1
        if white:
            self._add(white, start)


def _doc(one: Outgoing, schema: Schema, vocab: Vocab) -> Doc:
    """Return the spaCy document."""
    from spacy.tokens import Doc, Span

    article = Article(one.doc_id, one.record, one.text, ())
    words = _Words(one.text, article, Annotation(one.annotator, one.annotation, Source("", "annotation")), schema)
    doc = Doc(vocab, words=words.words, spaces=words.blanks, sent_starts=words.begins)
    kbs = {entity["id"]: entity.get("kb") or "" for entity in one.annotation.get("entities", ())}
    ents = [
        Span(doc, first, after, label=kind, kb_id=kbs[entity], span_id=entity)
        for first, after, kind, entity in words.found
    ]
    doc.set_ents(ents, default="outside" if words.is_tagged else "missing")
    for name, found in _groups(one.annotation, schema):
        spans: list[Span] = []
        for pair, label, record in found:
            place = words.tokens_of(*pair)
            if place is not None:
                spans.append(Span(doc, *place, label=label, span_id=record))
        doc.spans[name] = spans
    doc.user_data.update(
        {"doc_id": one.doc_id, "annotator": one.annotator, "record": one.record, "annotation": one.annotation}
    )
    return doc


def _groups(annotation: Record, schema: Schema) -> Iterator[tuple[str, list[tuple[tuple[int, int], str, str]]]]:
    """Yield the name of each span group, and ((start, end), label, id of the record) of each span."""
    types = {one["id"]: one.get("type") or "" for one in annotation.get("entities", ())}
    for layer in (schema.layers[name] for name in schema.layers if name in annotation):
        fields = layer.of_kind("spans")
        records = [(one, _label(one, layer, types)) for one in annotation[layer.name]]
        for field in fields:
            found = [(pair, label, one["id"]) for one, label in records for pair in pairs_of(one.get(field.name) or [])]
            yield layer.name if len(fields) == 1 else f"{layer.name}.{field.name}", found
        for field in layer.of_kind("reference"):
            others = schema.layers[field.refers_to].of_kind("spans") if field.refers_to in schema.layers else ()
            if len(others) != 1:
                continue
            places = {one["id"]: pairs_of(one[others[0].name]) for one in annotation.get(field.refers_to, ())}
            led = [(to, label, one["id"]) for one, label in records for to in _many(one.get(field.name))]
            yield f"{layer.name}.{field.name}", [(pair, *rest) for to, *rest in led for pair in places[to]]


def _many(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value] if value else []


def _label(record: Record, layer: Layer, types: dict[str, str]) -> str:
    """Return the entity type of a mention, or the first label of another record, "" without one."""
    if layer.name == "mentions":
        return types.get(record.get("entity") or "", "")
    return next((record[one.name] for one in layer.of_kind("label") if not one.many and record.get(one.name)), "")
