"""Level 5: where spans begin and end: inside a word, at a quotation mark, before the last word."""

from __future__ import annotations

from collections.abc import Iterator

from ..core.done import layer_done
from ..core.json_positions import join_pointer
from ..core.languages import CLITICS, WITHOUT_BLANKS, primary_subtag
from ..core.model import Document, Edit, Fix, Problem, Record
from ..core.schema import Schema
from ..core.source_tokens import source_layers
from .derived import Offsets, derived, offsets
from .quotation_marks import Pair, QuotationMarks
from .quote_marks import LONGEST, LOOSE, coverage, left_out
from .rule import found

_NEAR = 4
"""The most characters of punctuation before a closing mark."""
_SHOWN = 60
"""The most characters of a span in a message or a fix."""
_WORD = 100
"""The most characters of half a word; a longer one is none."""
_STOPS = ".!?…。！？"
"""Punctuation that ends a sentence."""
_INNER = ",.!?;:…。，！？；："
"""Punctuation that belongs to the words in marks."""


def inside_word(document: Document, schema: Schema) -> Iterator[Problem]:
    """Q520: A span begins or ends inside a word.

    What: the characters before and after an edge are letters or digits. Languages that are written without blanks or
    join small words to others, such as Chinese or Arabic, are exempt, and so are the tokens of a source. A span that
    does not match the words it quotes is not asked.
    Why: no annotator marks half a word; the edge slipped, or the offsets are shifted.
    Bad: *mayo* of *mayor*.
    Good: *mayor*.
    """
    text = document.text
    if text is None or not _asks_words(document):
        return
    spans, misquoted = derived(document, schema).spans, derived(document, schema).misquoted
    if not any(_cuts(text, edge) for edge in {*spans.starts, *spans.ends}):
        return
    skipped = source_layers(schema)
    for where, span in spans:
        if where[0] in skipped or where in misquoted:
            continue
        if _cuts(text, span.start) or _cuts(text, span.end):
            start, end = whole_words(document, span.start, span.end)
            pointer = join_pointer(*where)
            known = document.layer(where[0])[where[1]][where[2]][where[3]]
            detail = f"{_tail(text, span.start, span.end)!r} of {_tail(text, start, end)!r}"
            fix = resized(text, pointer, known, start, end)
            yield found(inside_word, document, detail, pointer, span=(span.start, span.end), fix=fix)


def own_marks_in_content(document: Document, schema: Schema) -> Iterator[Problem]:
    """Q521: A span includes its own quotation marks.

    What: the opening or the closing mark of the words of a direct quote or of a non-quote is in the span. Asked where
    non-quotes were annotated, or where at least as many direct quotes of the document leave their marks out: other
    corpora mark other edges.
    Why: annotators who mark the same words would appear to disagree.
    Bad: content *“It will hold,”*
    Good: content *It will hold,*
    """
    text = document.text
    if text is None:
        return
    marks = derived(document, schema).marks
    for i, one in enumerate(document.layer("nonquotes")):
        for j, span in enumerate(offsets(one, "spans")):
            start, end = _without_own_marks(text, span, marks)
            if span != (start, end):
                pointer = join_pointer("nonquotes", i, "spans", j)
                fix = resized(text, pointer, one["spans"][j], start, end)
                yield found(own_marks_in_content, document, "", pointer, span=span, fix=fix)
    bare, held = 0, []
    for i, j, span in _direct_pieces(document, schema):
        start, end = _without_own_marks(text, span, marks)
        bare += span == (start, end) and marks.around(start) is not None
        if span != (start, end):
            pointer = join_pointer("quotes", i, "content", j)
            fix = resized(text, pointer, document.layer("quotes")[i]["content"][j], start, end)
            held.append(found(own_marks_in_content, document, "", pointer, span=span, fix=fix))
    yield from against_custom(document, held, bare)


def words_left_out(document: Document, schema: Schema) -> Iterator[Problem]:
    """Q522: The content of a direct quote leaves out words between its marks.

    What: between the quotation mark and the content there are words that are in no content of any quote. Words in
    square brackets are the article's. The rest of a word that the content cuts is that of Q520. A mark that is not
    closed ends with its paragraph, if the content ends with a sentence and neither its cue nor its source follows.
    Why: everything between the marks was said; the first or the last word was missed.
    Bad: content *bridge will hold,* in: “The bridge will hold,” said Marr.
    Good: content *The bridge will hold,*
    """
    text = document.text
    if text is None:
        return
    knows_sources = not {"quotes.cue", "quotes.source"} & derived(document, schema).absent
    for i, j, (start, end) in _direct_pieces(document, schema):
        pair = derived(document, schema).marks.around(start)
        if pair is None or "\n" in text[start:end]:
            continue
        pieces = derived(document, schema).content[i]
        # Words left out between two pieces in one pair of marks are reported at the later piece.
        since = max(pair.opening + 1, pieces[j - 1][1] if j else 0)
        is_last = j + 1 == len(pieces) or pieces[j + 1][0] > pair.closing
        is_whole = pair.closed or (knows_sources and _goes_on(document, i, end, pair))
        until = pair.closing if is_whole and is_last else end
        if not any(map(str.isalnum, text[max(since, start - LONGEST) : start] + text[end : min(until, end + LONGEST)])):
            continue
        covered = coverage(text, [_beside(document, schema, i, pair)])
        first, last = whole_words(document, start, end)
        before, after = left_out(text, since, first, covered), left_out(text, last, until, covered)
        if before or after:
            pointer = join_pointer("quotes", i, "content", j)
            known = document.layer("quotes")[i]["content"][j]
            whole = since if before and since == pair.opening + 1 else start, until if after else end
            free = whole != (start, end) and 1 not in covered[whole[0] : start] + covered[end : whole[1]]
            fix = resized(text, pointer, known, *whole) if free else None
            detail = " and ".join(repr(words[:60]) for words in (before, after) if words)
            yield found(words_left_out, document, detail, pointer, span=(start, end), fix=fix)


def _goes_on(document: Document, i: int, end: int, pair: Pair) -> bool:
    """Return True if the words after a mark that is not closed are those of the quote up to the end of the paragraph.

    Narration would begin in the sentence, or have the source or the cue of the quote.
    """
    quote, text = document.layer("quotes")[i], document.text or ""
    sources = [one for one in document.layer("mentions") if one["id"] in quote.get("source", ())]
    beside = [*offsets(quote, "cue"), *(span for one in sources for span in offsets(one, "spans"))]
    return text[end - 1] in _STOPS and not any(end <= start < pair.closing for start, _ in beside)


def punctuation_left_out(document: Document, schema: Schema) -> Iterator[Problem]:
    """Q523: The content of a direct quote leaves out the punctuation inside its marks.

    What: nothing but a comma, a stop or the like stands between the content and its closing mark, and it is in no other
    content. Asked where non-quotes were annotated, or where at least as many direct quotes of the document keep it:
    other corpora mark other edges.
    Why: direct content keeps the punctuation inside its marks, so that two annotators mark the same span.
    Bad: content *It will hold* in: “It will hold,” said Marr.
    Good: content *It will hold,*
    """
    text = document.text
    if text is None:
        return
    kept, lost = 0, []
    for i, j, (start, end) in _direct_pieces(document, schema):
        pair = derived(document, schema).marks.around(start)
        if not pair or not pair.closed or not end <= pair.closing <= end + _NEAR:
            continue
        kept += end == pair.closing and text[end - 1] in _INNER
        is_lost = end < pair.closing and not text[end : pair.closing].strip(_INNER)
        if is_lost and not any(a <= end < b for a, b in _beside(document, schema, i, pair)):
            pointer, detail = join_pointer("quotes", i, "content", j), repr(text[end : pair.closing])
            fix = resized(text, pointer, document.layer("quotes")[i]["content"][j], start, pair.closing)
            lost.append(found(punctuation_left_out, document, detail, pointer, span=(start, end), fix=fix))
    yield from against_custom(document, lost, kept)


def against_custom(document: Document, problems: list[Problem], right: int) -> list[Problem]:
    """Return the findings on edges, none in a corpus that marks all edges so.

    `right` is how many spans of the document have the edge that is wanted. Who annotated non-quotes follows the
    guidelines of this project.
    """
    return problems if layer_done(document.value, "nonquotes") or len(problems) <= right else []


def _direct_pieces(document: Document, schema: Schema) -> Iterator[tuple[int, int, Offsets]]:
    """Yield the index of each direct quote, and index and offsets of each of its content spans."""
    content = derived(document, schema).content
    for i, quote in enumerate(document.layer("quotes")):
        if quote.get("type") == "direct":
            yield from ((i, j, span) for j, span in enumerate(content[i]))


def _beside(document: Document, schema: Schema, i: int, pair: Pair) -> list[Offsets]:
    """Return the contents in a pair of marks that quote i leaves to others: not those around it or inside of it.

    Words that only an indirect quote around it has are left out too: the marks are not of that one.
    """
    quotes, content = document.layer("quotes"), derived(document, schema).content
    others = {quotes[i]["id"]} | {
        one["id"]
        for one in quotes
        if one["id"] == quotes[i].get("parent") and one.get("type") in ("indirect", "reported", "free_indirect")
    }
    return [
        (start, end)
        for j, spans in enumerate(content)
        if j == i or (quotes[j].get("parent") != quotes[i]["id"] and quotes[j]["id"] not in others)
        for start, end in spans
        if pair.opening < start and end <= pair.closing
    ]


def _without_own_marks(text: str, span: Offsets, marks: QuotationMarks) -> Offsets:
    """Return the offsets of a content without the marks around it; `span` itself if it includes none of them."""
    start, end = span
    if "\n" in text[start:end]:
        return span
    first, pair = marks.opening.get(start), marks.around(start)
    if first and not _is_marked_outside(text, start, marks):
        if not first.closed or first.closing >= end:
            start += 1
        elif not text[first.closing + 1 : end].strip(LOOSE):
            start, end = start + 1, first.closing
    elif pair and pair.closed and pair.closing < end:
        end = pair.closing
    elif end - 1 in marks.unopened:
        end -= 1
    return (start, end) if start < end else span


def _is_marked_outside(text: str, start: int, marks: QuotationMarks) -> bool:
    """Return True if another opening mark stands directly before an opening one, which is part of the words then."""
    outer = marks.around(start)
    return outer is not None and not text[outer.opening + 1 : start].strip(LOOSE)


def whole_words(document: Document, start: int, end: int) -> Offsets:
    """Return a span with the rest of the words that it cuts, where no span may cut a word."""
    text = document.text
    if text is not None and _asks_words(document):
        least, most = start - _WORD, end + _WORD
        while start > least and _cuts(text, start):
            start -= 1
        while end < most and _cuts(text, end):
            end += 1
    return start, end


def _asks_words(document: Document) -> bool:
    language = primary_subtag(str(document.article.record.get("language", "")))
    return language not in WITHOUT_BLANKS and language not in CLITICS


def _cuts(text: str, edge: int) -> bool:
    """Return True if the characters before and after an offset are of one word."""
    return edge > 0 and text[edge - 1 : edge + 1].isalnum() and edge < len(text)


def resized(text: str, pointer: str, known: Record, start: int, end: int) -> Fix:
    """Return the fix that moves the edges of a span."""
    values = (("start", start), ("end", end), ("text", text[start:end]))
    edits = tuple(Edit(f"{pointer}/{key}", value) for key, value in values if known.get(key) not in (value, None))
    return Fix(False, f"{start}–{end}: {_tail(text, start, end)!r}", edits)


def _tail(text: str, start: int, end: int) -> str:
    """Return the words between two offsets, with the first ones left out if they are long."""
    return text[start:end] if end - start <= _SHOWN else f"…{text[end - _SHOWN : end]}"
