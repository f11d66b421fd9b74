"""Screens of level 5 about quotes: their contents, sources, cues and speakers."""

from __future__ import annotations

from typing import TypeVar

import numpy as np

from ...columns.documents import Columns
from ...columns.keys import Mask
from ...columns.parse import Numbers
from ...columns.records import Records
from ...columns.texts import WORD
from ...core.languages import CLITICS, WITHOUT_BLANKS
from ...core.source_tokens import source_layers
from ..quote_sources import CUES, KIND_TYPES
from .frame import Frame, frame, keyed, pairs_of, repeats

Values = TypeVar("Values", Numbers, Mask)

CUE_WORDS = {language: tuple({cue.split()[0] for cue in cues}) for language, cues in CUES.items()}
CONJUNCTIONS = ("that", "whether")
AUXILIARIES = (
    *("has", "have", "had", "is", "are", "was", "were", "did", "does", "do", "will", "would", "not", "a", "an", "the"),
)
LONG = 1_000


def cue_in_content(columns: Columns) -> Mask:
    """Screen of Q503."""
    quotes = frame(columns).quotes
    cue, content = quotes.spans("cue"), quotes.spans("content")
    i, j = pairs_of(cue.record, content.record, len(quotes))
    hit = frame(columns).overlapping(cue, content, (i, j)) & ~quotes.equals("type", "reported")[cue.record[i]]
    return columns.flag(cue.document[i[hit]])


def source_in_content(columns: Columns) -> Mask:
    """Screen of Q504."""
    quotes = frame(columns).quotes
    return columns.flag(quotes.document[_of_sources(columns, "content") & ~quotes.equals("type", "reported")])


def cue_is_source(columns: Columns) -> Mask:
    """Screen of Q527."""
    return columns.flag(frame(columns).quotes.document[_of_sources(columns, "cue")])


def _of_sources(columns: Columns, field: str) -> Mask:
    """Return which quotes have a source that overlaps a span of a field."""
    one = frame(columns)
    quotes, mentions = one.quotes, one.mentions
    links, spans, own = quotes.refers("source"), mentions.spans("spans"), quotes.spans(field)
    found = np.zeros(len(quotes), np.bool_)
    linked = links.to >= 0
    record, to = links.record[linked], links.to[linked]
    i, j = pairs_of(to, spans.record, len(mentions))
    record = record[i]
    k, other = pairs_of(record, own.record, len(quotes))
    hit = one.overlapping(spans, own, (j[k], other))
    found[record[k[hit]]] = True
    return found


def child_outside_parent(columns: Columns) -> Mask:
    """Screen of Q505."""
    quotes = frame(columns).quotes
    parent, (start, end) = quotes.referred("parent"), quotes.first("content")
    has = np.flatnonzero(parent >= 0)
    up = parent[has]
    return columns.flag(quotes.document[has[(start[has] < start[up]) | (end[has] > end[up])]])


def overlapping_quotes(columns: Columns) -> Mask:
    """Screen of Q506 and Q508: contents that overlap."""
    quotes = frame(columns).quotes
    spans = quotes.spans("content")
    start, end = keyed(quotes, spans.start, spans.record), keyed(quotes, spans.end, spans.record)
    order = np.argsort(start, kind="stable")
    reached = np.maximum.accumulate(end[order]) if len(order) else end
    return columns.flag(spans.document[order[1:][start[order][1:] < reached[:-1]]])


def shared_content(columns: Columns) -> Mask:
    """Screen of Q507 and Q528: a content span that two quotes have."""
    quotes = frame(columns).quotes
    spans = quotes.spans("content")
    return columns.flag(spans.document[repeats(keyed(quotes, spans.start, spans.record), spans.end)])


def anaphoric_without_antecedent(columns: Columns) -> Mask:
    """Screen of Q509."""
    one = frame(columns)
    quotes, links = one.quotes, one.quotes.refers("source")
    entity = one.mentions.referred("entity")
    named, described = (_mentioned(one, form) for form in ("NAM", "NOM"))
    kind = quotes.equals("speaker_kind", "named")
    of_source = _taken(entity, links.to)
    fine = _taken(named, of_source, False) | (_taken(described, of_source, False) & ~kind[links.record])
    known = np.zeros(len(quotes), np.bool_)
    known[links.record[fine]] = True
    asked = quotes.equals("attribution", "anaphoric") & (quotes.count("source") > 0)
    return columns.flag(quotes.document[asked & ~known])


def speaker_not_source(columns: Columns) -> Mask:
    """Screen of Q511."""
    one = frame(columns)
    quotes, links = one.quotes, one.quotes.refers("source")
    speaker = quotes.referred("speaker")
    same = np.zeros(len(quotes), np.bool_)
    same[links.record[_taken(one.mentions.referred("entity"), links.to) == speaker[links.record]]] = True
    asked = quotes.has("speaker") & (quotes.count("source") > 0)
    return columns.flag(quotes.document[asked & ~same])


def paragraph_flag(columns: Columns) -> Mask:
    """Screen of Q512."""
    one, quotes = frame(columns), frame(columns).quotes
    start, end = one.edges(quotes, "content")
    over = one.texts.line_end(start) < end
    wrong = quotes.equals("continues_paragraph", True) & ~over | quotes.equals("continues_paragraph", False) & over
    return columns.flag(quotes.document[wrong]) & columns.texts.known


def speaker_kind_mismatch(columns: Columns) -> Mask:
    """Screen of Q515."""
    one, quotes = frame(columns), frame(columns).quotes
    is_named = _taken(_mentioned(one, "NAM"), quotes.referred("speaker"), False)
    wrong = quotes.equals("speaker_kind", "named") & ~is_named
    wrong |= quotes.equals("speaker_kind", "anonymous", "unknown") & is_named
    return columns.flag(quotes.document[wrong & quotes.has("speaker")])


def inside_word(columns: Columns) -> Mask:
    """Screen of Q520."""
    one, flags = frame(columns), np.zeros(len(columns), np.bool_)
    skipped = source_layers(columns.schema)
    for name, records in columns.layers.items():
        for field in records.layer.of_kind("spans") if records.layer and name not in skipped else ():
            for edge in one.place(records, field.name):
                cuts = columns.texts.has(edge, WORD) & columns.texts.has(edge - 1, WORD) & (edge > 0)
                flags[records.spans(field.name).document[cuts]] = True
    return flags & columns.texts.known & ~columns.in_language(*WITHOUT_BLANKS, *CLITICS)


def attribution_form(columns: Columns) -> Mask:
    """Screen of Q526."""
    one, quotes = frame(columns), frame(columns).quotes
    links = quotes.refers("source")
    pronoun, name = (_taken(one.mentions.equals("form", form), links.to, False) for form in ("PRO", "NAM"))
    other, named = np.zeros(len(quotes), np.bool_), np.zeros(len(quotes), np.bool_)
    other[links.record[~pronoun]] = True
    named[links.record[name]] = True
    wrong = quotes.equals("attribution", "explicit") & (quotes.count("source") > 0) & ~other
    wrong |= quotes.equals("attribution", "anaphoric") & named
    return columns.flag(quotes.document[wrong])


def distant_source(columns: Columns) -> Mask:
    """Screen of Q529: no source, or no cue, begins in a paragraph of the content."""
    one, quotes, texts = frame(columns), frame(columns).quotes, columns.texts
    start, end = one.edges(quotes, "content")
    begin, stop = texts.line_begin(start), texts.line_end(end)
    links, places = quotes.refers("source"), one.place(one.mentions, "spans")[0]
    linked = np.flatnonzero(links.to >= 0)
    i, j = pairs_of(links.to[linked], one.mentions.spans("spans").record, len(one.mentions))
    source = links.record[linked[i]]
    cue = quotes.spans("cue").record
    flags = np.zeros(len(columns), np.bool_)
    for record, place, asked in (
        (source, places[j], quotes.equals("attribution", "explicit", "anaphoric")),
        (cue, one.place(quotes, "cue")[0], np.ones(len(quotes), np.bool_)),
    ):
        some, beside = np.zeros(len(quotes), np.bool_), np.zeros(len(quotes), np.bool_)
        some[record] = True
        beside[record[(begin[record] <= place) & (place < stop[record])]] = True
        flags[quotes.document[asked & some & ~beside]] = True
    return flags & texts.known


def kind_and_type(columns: Columns) -> Mask:
    """Screen of Q530."""
    one, quotes = frame(columns), frame(columns).quotes
    speaker, flags = quotes.referred("speaker"), np.zeros(len(columns), np.bool_)
    for kind, types in KIND_TYPES.items():
        fits = _taken(one.entities.equals("type", *types), speaker, True)
        flags[quotes.document[quotes.equals("speaker_kind", kind) & ~fits]] = True
    return flags


def addressee_is_speaker(columns: Columns) -> Mask:
    """Screen of Q531."""
    quotes = frame(columns).quotes
    speaker = quotes.referred("speaker")
    same = (speaker >= 0) & (speaker == quotes.referred("addressee"))
    return columns.flag(quotes.document[same & ~quotes.equals("medium", "thought")])


def unannotated_half(columns: Columns) -> Mask:
    """Screen of Q532."""
    one, lengths = frame(columns), columns.texts.lengths
    annotations = len(columns.document)
    last, first = np.full(annotations, -1), np.full(annotations, np.iinfo(np.int64).max)
    some = np.zeros(annotations, np.bool_)
    some[one.mentions.annotation] = True
    for records, field in ((one.mentions, "spans"), (one.quotes, "content")):
        spans = records.spans(field)
        annotation = records.annotation[spans.record]
        np.maximum.at(last, annotation, spans.start)
        np.minimum.at(first, annotation, spans.end)
    half = lengths[columns.document] // 2
    wrong = some & ((last < half) | (first > half)) & (lengths[columns.document] >= LONG)
    return columns.flag(columns.document[wrong]) & columns.texts.known


def unannotated_cue(columns: Columns) -> Mask:
    """Screen of Q533: a word of a cue, or the first one, that is not in a span."""
    one, words = frame(columns), columns.texts.words
    flags = np.zeros(len(columns), np.bool_)
    fields = (one.quotes, "content"), (one.quotes, "cue"), (one.nonquotes, "spans")
    covered = one.covered(columns.gold, fields)
    asked = columns.flag(columns.document[columns.gold])
    for language in CUE_WORDS.keys() & set(columns.languages):
        number = one.all_words(CUE_WORDS[language])
        bare = ~covered.has(words.starts[number])
        found = columns.flag(words.document[number[bare]])
        flags |= found & asked & columns.in_language(language)
    return flags


def conjunction_in_content(columns: Columns) -> Mask:
    """Screen of Q534."""
    one, quotes = frame(columns), frame(columns).quotes
    begins = _begins_with(one, quotes, one.edges(quotes, "content")[0], CONJUNCTIONS)
    wrong = quotes.equals("type", "indirect", "mixed") & begins
    return columns.flag(quotes.document[wrong]) & columns.texts.known & columns.in_language("en")


def auxiliary_in_cue(columns: Columns) -> Mask:
    """Screen of Q535."""
    one, quotes = frame(columns), frame(columns).quotes
    begins = _begins_with(one, quotes, one.place(quotes, "cue")[0], AUXILIARIES)
    spans = quotes.spans("cue")
    return columns.flag(spans.document[begins]) & columns.texts.known & columns.in_language("en")


def _begins_with(one: Frame, records: Records, offsets: Numbers, words: tuple[str, ...]) -> Mask:
    number = one.word_at(offsets)
    found: Mask = (one.texts.word_starts.take(number) == offsets) & one.is_word(number, words)
    return found


def _mentioned(one: Frame, form: str) -> Mask:
    """Return which entities have a mention of a form."""
    found = np.zeros(len(one.entities), np.bool_)
    entity = one.mentions.referred("entity")[one.mentions.equals("form", form)]
    found[entity[entity >= 0]] = True
    return found


def _taken(values: Values, numbers: Numbers, missing: int | bool = -1) -> Values:
    """Return the values of some numbers, `missing` for a negative one."""
    if not len(values):
        return np.full(len(numbers), missing)
    return np.where(numbers >= 0, values[np.maximum(numbers, 0)], missing)
