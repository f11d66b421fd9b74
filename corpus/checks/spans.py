"""Level 3: checks on offsets, checksums and the words that spans quote."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from operator import eq, gt

import regex

from ..core.json_positions import join_pointer
from ..core.model import Document, Edit, Fix, Problem, Span
from ..core.schema import Schema
from ..core.source_tokens import source_layers
from .derived import derived
from .misquoted import difference, mended, misplaced
from .offset_shifts import CLUSTER
from .one_cause import one_for_many, together
from .rule import at, documentation, found
from .span_columns import Where


def text_changed(document: Document, schema: Schema) -> Iterator[Problem]:
    """P301: The text checksum does not match the record.

    What: the SHA-256 of the text's bytes is not `text_sha256` of its record.
    Why: a text that changed, by a letter or by its line ends, moves every offset after the change.
    Bad: a text that an editor saved with other line ends.
    Good: exactly the bytes that were hashed. Texts are immutable once they are annotated.
    """
    text, record = document.text, document.article.record
    if text is None:
        return
    wanted = record["text_sha256"]
    if hashlib.sha256(text.encode()).hexdigest() != wanted:
        actual = hashlib.sha256(text.encode()).hexdigest()
        change = explain_text(text, wanted)
        change = f"record says {wanted[:12]}…, text has {actual[:12]}…" + (f"; {change}" if change else "")
        hint = "restore the original text; if the text has to change, annotate the new text again"
        yield found(text_changed, document, change, "/text_sha256", suggestion=hint)


def other_text(document: Document, schema: Schema) -> Iterator[Problem]:
    """P302: The annotation was made on a different text.

    What: `text_sha256` of the annotation differs from that of the article's record.
    Why: its offsets refer to a text that the corpus does not hold.
    Bad: an annotation of an earlier version of the article.
    Good: the annotation repeated on, or transferred to, the current text.
    """
    if document.value["text_sha256"] != document.article.record.get("text_sha256"):
        own, recorded = document.value["text_sha256"], document.article.record.get("text_sha256")
        detail = f"annotation says {own[:12]}…, record says {str(recorded)[:12]}…"
        hint = "annotate the current text again, or restore the text that was annotated"
        yield found(other_text, document, detail, "/text_sha256", suggestion=hint)


def wrong_length(document: Document, schema: Schema) -> Iterator[Problem]:
    """P303: The record gives a wrong text length.

    What: `length` differs from the number of code points in the text.
    Why: where the text is withheld, offsets can be checked against the length only.
    Bad: the length in bytes or in UTF-16 units.
    Good: `len(text)` in Python.
    """
    text, record = document.text, document.article.record
    if text is None or record["length"] == len(text):
        return
    if hashlib.sha256(text.encode()).hexdigest() == record["text_sha256"]:
        fix = Fix(True, f"write {len(text)}", (Edit("/length", len(text)),))
        detail = f"record says {record['length']}, text has {len(text)} code points"
        yield found(wrong_length, document, detail, "/length", fix=fix)


def out_of_bounds(document: Document, schema: Schema) -> Iterator[Problem]:
    """P304: A span lies outside the text.

    What: it begins before the text or ends after it.
    Why: it covers no words.
    Bad: `{"start": 2310, "end": 2325}` in a text of 2,300 code points.
    Good: offsets from 0 to the length of the text.
    Do: correct the offsets; `text` must be the words between them.
    """
    spans, length = derived(document, schema).spans, _length(document)
    if length is None:
        return
    if not spans.starts or (min(spans.starts) >= 0 and max(max(spans.ends), max(spans.starts)) <= length):
        return
    elsewhere = {where for group in misplaced(document, schema) for where in group.places}

    def each() -> Iterator[Problem]:
        for where, span in spans:
            if (min(span.start, span.end) < 0 or max(span.start, span.end) > length) and where not in elsewhere:
                reason, fix = mended(document, schema, where)
                detail = f"{span.start}–{span.end}, but the text ends at {length}"
                detail += f"; {reason}" if reason else ""
                yield found(out_of_bounds, document, detail, join_pointer(*where), fix=fix)

    yield from one_for_many(each(), documentation(out_of_bounds).message, len(spans.starts))


def empty_span(document: Document, schema: Schema) -> Iterator[Problem]:
    """P305: A span is empty.

    What: it ends where it starts.
    Why: it covers no words.
    Bad: `{"start": 12, "end": 12}`
    Good: no span, or a span that covers words.
    Do: mark the words, or delete the span.
    """
    spans = derived(document, schema).spans
    if any(map(eq, spans.starts, spans.ends)):
        for where, span in spans:
            if span.start == span.end:
                yield found(empty_span, document, f"at {span.start}", join_pointer(*where), span=_of(span))


def reversed_span(document: Document, schema: Schema) -> Iterator[Problem]:
    """P306: A span ends before it starts.

    What: `end` is smaller than `start`.
    Why: the two may be swapped, or one of them is wrong.
    Bad: `{"start": 30, "end": 12}`
    Good: `{"start": 12, "end": 30}`
    """
    spans, text = derived(document, schema).spans, document.text
    if any(map(gt, spans.starts, spans.ends)):
        for where, span in spans:
            if span.start > span.end:
                pointer = join_pointer(*where)
                edits = (Edit(f"{pointer}/start", span.end), Edit(f"{pointer}/end", span.start))
                safe = text is not None and text[max(0, span.end) : span.start] == span.text
                fix = Fix(safe, f"swap start and end: {span.end}–{span.start}", edits)
                yield found(reversed_span, document, f"{span.start}–{span.end}", pointer, span=_of(span), fix=fix)


def slice_mismatch(document: Document, schema: Schema) -> Iterator[Problem]:
    """P307: A span's offsets do not match the words it quotes.

    What: the article's text from `start` to `end` differs from the span's `text`.
    Why: one of the two is wrong. Most often the offsets were counted in other units (UTF-16 units, bytes), or on a text
    with other line endings, normal form or white space. The finding names such an explanation if no span that is
    right contradicts it. Spans that miss their words for one reason, or by one distance, are one finding with one fix.
    Bad: `{"start": 12, "end": 17, "text": "Ottil"}` where the text has `ttili`.
    Good: `text[start:end] == span["text"]`
    Do: correct the offsets or the words.
    """
    spans, text = derived(document, schema).spans, document.text
    if text is None or [text[s:e] for s, e in zip(spans.starts, spans.ends, strict=True)] == spans.texts:
        return
    misquoted, groups = derived(document, schema).misquoted, misplaced(document, schema)
    for group in groups:
        members = [_misquoted(document, schema, where) for where in group.places]
        yield together(
            members if group.fixable else [replace(one, fix=None) for one in members],
            documentation(slice_mismatch).message,
            f"{len(members):,} of {len(spans.starts):,} spans{group.why}",
        )
    grouped = {where for group in groups for where in group.places}
    for where, (span, _) in misquoted.items():
        if span.end <= len(text) and where not in grouped:
            yield _misquoted(document, schema, where)


def _misquoted(document: Document, schema: Schema, where: Where) -> Problem:
    span, text = derived(document, schema).misquoted[where][0], document.text or ""
    reason, fix = mended(document, schema, where)
    here, words, first = difference(text[span.start : span.end], span.text or "")
    detail = f"text at {span.start}–{span.end} is {here!r}, the span quotes {words!r}"
    detail += f", which differs from {span.start + first} on" if first else ""
    pointer = join_pointer(*where)
    return found(slice_mismatch, document, f"{detail}; {reason}", pointer, span=_of(span), fix=fix)


def no_span_text(document: Document, schema: Schema) -> Iterator[Problem]:
    """P308: A span does not quote its words.

    What: `text` is missing although the article's text may be redistributed.
    Why: a span that quotes its words makes a shifted offset visible.
    Bad: `{"start": 12, "end": 17}`
    Good: `{"start": 12, "end": 17, "text": "Ottil"}`
    """
    spans, text = derived(document, schema).spans, document.text
    if None not in spans.texts or not document.article.redistributable or text is None:
        return

    def each() -> Iterator[Problem]:
        for where, span in spans:
            if span.text is None and 0 <= span.start < span.end <= len(text):
                pointer = join_pointer(*where)
                edit = Edit(f"{pointer}/text", text[span.start : span.end])
                fix = Fix(False, f"write {edit.value!r} if these are the intended words", (edit,))
                yield found(no_span_text, document, "", pointer, span=_of(span), fix=fix)

    yield from one_for_many(each(), documentation(no_span_text).message, len(spans.starts))


def withheld_text(document: Document, schema: Schema) -> Iterator[Problem]:
    """P309: A span quotes a text that may not be redistributed.

    What: the article's `redistribution` is not `full`, and a span quotes its words.
    Why: enough quoted spans publish the whole text.
    Bad: `{"start": 12, "end": 17, "text": "Ottil"}` for an article with `"redistribution": "offsets_only"`.
    Good: `{"start": 12, "end": 17}`
    """
    spans = derived(document, schema).spans
    if document.article.redistributable or not any(spans.texts):
        return

    def each() -> Iterator[Problem]:
        for layer, i, name, group in spans.groups:
            for j, span in enumerate(group):
                if "text" in span:
                    pointer = join_pointer(layer, i, name, j)
                    rest = {k: v for k, v in span.items() if k != "text"}
                    fix = Fix(True, "remove the quoted words", (Edit(pointer, rest),))
                    yield found(withheld_text, document, "", pointer, fix=fix)

    yield from one_for_many(each(), documentation(withheld_text).message, len(spans.starts))


def edge_white_space(document: Document, schema: Schema) -> Iterator[Problem]:
    """P310: A span begins or ends with white space.

    What: the span has a blank, a tab or a line ending at an edge.
    Why: two annotators who mark the same words would appear to disagree. The tokens of a source are as it has them.
    Bad: `{"text": "the mayor "}`
    Good: `{"text": "the mayor"}`
    """
    spans, text = derived(document, schema).spans, document.text
    if text is None or not any(t is None or t != t.strip() for t in spans.texts):
        return
    yield from one_for_many(
        _with_white_space(document, schema, text), documentation(edge_white_space).message, len(spans.starts)
    )


def _with_white_space(document: Document, schema: Schema, text: str) -> Iterator[Problem]:
    skipped = source_layers(schema)
    for where, span in derived(document, schema).spans:
        if where[0] in skipped:
            continue
        words = text[max(0, span.start) : span.end] if span.text is None else span.text
        bare = words.strip()
        if bare and bare != words and text[max(0, span.start) : span.end] == words:
            start = span.start + len(words) - len(words.lstrip())
            pointer = join_pointer(*where)
            values = (("start", start), ("end", start + len(bare)), ("text", bare))
            known = {"start": span.start, "end": span.end, "text": span.text}
            edits = tuple(Edit(f"{pointer}/{k}", v) for k, v in values if known[k] not in (v, None))
            end = start + len(bare)
            # White space at one edge and half a word at the other is a shifted span: trimming it would hide the shift.
            shifted = _cuts_word(text, start) or _cuts_word(text, end)
            fix = Fix(not shifted, f"{start}–{end}: {bare!r}" + ", which cuts a word" * shifted, edits)
            yield found(edge_white_space, document, repr(words[-60:]), pointer, span=_of(span), fix=fix)


def _cuts_word(text: str, offset: int) -> bool:
    """Return True if the characters before and after an offset belong to one word."""
    return 0 < offset < len(text) and text[offset - 1].isalnum() and text[offset].isalnum()


def unsorted_spans(document: Document, schema: Schema) -> Iterator[Problem]:
    """P311: The spans of a field are not in text order.

    What: a span with a higher offset is listed before one with a lower offset.
    Why: the joined words would be in the wrong order, and two files with the same content would differ.
    Bad: `[{"start": 40, "end": 52}, {"start": 12, "end": 30}]`
    Good: `[{"start": 12, "end": 30}, {"start": 40, "end": 52}]`
    """
    for layer, i, name, spans in derived(document, schema).spans.groups:
        if len(spans) > 1:
            ordered = sorted(spans, key=lambda span: (span["start"], span["end"]))
            if ordered != spans:
                pointer = join_pointer(layer, i, name)
                fix = Fix(True, "sort the spans by offset", (Edit(pointer, ordered),))
                yield found(unsorted_spans, document, "", pointer, fix=fix)


def overlapping_spans(document: Document, schema: Schema) -> Iterator[Problem]:
    """P312: Two spans of a field overlap.

    What: two spans in one list share characters of the text.
    Why: the spans of a field are the parts of one discontinuous annotation; a word can be in one of them only.
    Bad: `[{"start": 12, "end": 30}, {"start": 25, "end": 52}]`
    Good: `[{"start": 12, "end": 52}]`
    Do: join the two spans, or move the edge of one.
    """
    for layer, i, name, spans in derived(document, schema).spans.groups:
        if len(spans) > 1:
            order = sorted(range(len(spans)), key=lambda j: (spans[j]["start"], spans[j]["end"]))
            for before, after in pairwise(order):
                if spans[after]["start"] < spans[before]["end"]:
                    pointer = join_pointer(layer, i, name, after)
                    span = (spans[after]["start"], spans[after]["end"])
                    related = (at(document, layer, i, name, before, message="the other span"),)
                    yield found(
                        overlapping_spans,
                        document,
                        f"with the span at index {before}",
                        pointer,
                        span=span,
                        related=related,
                    )


def inside_grapheme(document: Document, schema: Schema) -> Iterator[Problem]:
    """P313: A span splits a character.

    What: an edge falls between a letter and its accent, within an emoji of several code points, or
    between carriage return and line feed (a grapheme cluster, Unicode Standard Annex 29).
    Why: no annotator marks half a character; the offsets were counted in other units. The tokens of a source may be
    pieces of an emoji. A span that does not match the words it quotes (P307) is not asked.
    Bad: the span ends between `e` and U+0301.
    Good: the span ends after U+0301.
    """
    spans, text = derived(document, schema).spans, document.text
    if text is None or (text.isascii() and "\r" not in text):
        return
    if "\r" not in text and not any(map(_may_join, set(_NOT_ASCII.findall(text)))):
        return
    edges = {text[max(0, edge - 1) : edge + 1] for edge in (*spans.starts, *spans.ends)}
    if not any(map(_may_join, edges)):
        return
    joined = _joined_edges(text)
    if not joined.isdisjoint(spans.starts + spans.ends):
        skipped, misquoted = source_layers(schema), derived(document, schema).misquoted
        for where, span in spans:
            if (
                where[0] not in skipped
                and where not in misquoted
                and 0 <= span.start < span.end <= len(text)
                and (span.start in joined or span.end in joined)
            ):
                start, end = span.start, span.end
                while start in joined:
                    start -= 1
                while end in joined:
                    end += 1
                pointer, known = join_pointer(*where), {"start": span.start, "end": span.end, "text": span.text}
                values = (("start", start), ("end", end), ("text", text[start:end]))
                edits = tuple(Edit(f"{pointer}/{k}", v) for k, v in values if known[k] not in (v, None))
                fix = Fix(False, f"{start}–{end}: {text[start:end]!r}", edits)
                yield found(inside_grapheme, document, "", pointer, span=_of(span), fix=fix)


_NOT_ASCII = re.compile("[^\x00-\x7f]")
"""The carriage return is the only ASCII character that joins another to a grapheme cluster."""
_JOINING = regex.compile(r"[^\p{Grapheme_Cluster_Break=Other}\p{Grapheme_Cluster_Break=Control}\n]")


@lru_cache(maxsize=65536)
def _may_join(chars: str) -> bool:
    """Return True if adjacent characters may form one grapheme cluster."""
    return _JOINING.search(chars) is not None


def _joined_edges(text: str) -> set[int]:
    """Return the offsets that fall inside a grapheme cluster."""
    inside: set[int] = set()
    for match in CLUSTER.finditer(text):
        inside.update(range(match.start() + 1, match.end()))
    return inside


def explain_text(text: str, wanted: str) -> str:
    """Return the change of the text that explains the checksum `wanted` (hexadecimal SHA-256), or ""."""
    import unicodedata

    if "<<<<<<< " in text and ">>>>>>> " in text:
        return "the text has the <<<<<<< and >>>>>>> of an unresolved merge: choose one side and remove them"
    ways: dict[str, Callable[[str], str]] = {
        "the text has CRLF line endings, the checksum was made with LF": lambda t: t.replace("\r\n", "\n"),
        "the text has LF line endings, the checksum was made with CRLF": lambda t: t.replace("\r\n", "\n").replace(
            "\n", "\r\n"
        ),
        "the text lacks its final line ending": lambda t: t + "\n",
        "the text has a final line ending, the checksum was made without it": lambda t: t.removesuffix("\n"),
        "the text begins with a byte order mark": lambda t: t.removeprefix("\ufeff"),
        "the text is not in normal form NFC, the checksum was made in NFC": lambda t: unicodedata.normalize("NFC", t),
        "the text is not in normal form NFD, the checksum was made in NFD": lambda t: unicodedata.normalize("NFD", t),
        "the text has no-break spaces, the checksum was made with plain spaces": lambda t: t.replace("\xa0", " "),
    }
    for reason, way in ways.items():
        if way(text) != text and hashlib.sha256(way(text).encode()).hexdigest() == wanted:
            return reason
    return ""


def _length(document: Document) -> int | None:
    length = document.article.record.get("length") if document.text is None else len(document.text)
    return length if isinstance(length, int) else None


def _of(span: Span) -> tuple[int, int]:
    return span.start, span.end
