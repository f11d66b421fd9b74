"""Level 5: the type of a quote against the quotation marks of the text.

Which characters are marks, and which two belong together, says `quotation_marks`; apostrophes are none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from ..core.json_positions import join_pointer
from ..core.model import Document, Problem, Record
from ..core.schema import Schema
from .derived import Offsets, derived, offsets
from .quotation_marks import MARKS, Pair, QuotationMarks, in_dialogue
from .rule import found

LOOSE = " \t\u00a0\u202f\u3000.,;:!?…-–—[]()¿¡،؛؟。、，；：！？（）"
"""Characters that may separate words from their quotation mark."""
_NEAR = 4
"""The most characters between words and their mark."""
_LABEL = 40
"""The most characters of the label of a speaker."""
LONGEST = 2_000
"""The most characters that a content leaves out by a slip."""


def direct_without_marks(document: Document, schema: Schema) -> Iterator[Problem]:
    """Q501: A direct quote is not in quotation marks.

    What: a content span does not lie between quotation marks, and it is not a line of its own. The pieces of a
    discontinuous content may share one pair of marks; a quote in a quote has marks of its own. In a language that uses
    dialogue dashes, such as French or Russian, a dash that opens the paragraph is a mark.
    Why: direct means word for word, which the text shows with marks or by setting a block off. Marks
    that open curly and close straight, or are never closed, are enough.
    Bad: `type: direct` for *the bridge was safe* in: She said the bridge was safe.
    Good: `type: indirect`; or `type: mixed` where a part of the content is in marks.
    Do: correct `type`, or the edges of the content.
    """
    text = document.text
    if text is None:
        return
    marks, content = derived(document, schema).marks, derived(document, schema).content
    language = str(document.article.record.get("language", ""))
    index = {quote["id"]: i for i, quote in enumerate(document.layer("quotes"))}
    for i, quote in _quotes(document, "direct"):
        parent = index.get(quote.get("parent") or "")
        since = 0 if parent is None else _own_marks_since(document, text, marks, (content[i], content[parent]), parent)
        for j, (start, end) in enumerate(content[i]):
            marked = _is_in_marks(text, start, end, marks, since) or in_dialogue(text, start, language)
            if not (marked or is_block(text, start, end)):
                pointer = join_pointer("quotes", i, "content", j)
                yield found(direct_without_marks, document, "", pointer, span=(start, end))


def indirect_in_marks(document: Document, schema: Schema) -> Iterator[Problem]:
    """Q502: An indirect quote is entirely in quotation marks.

    What: the content of an indirect, free indirect or reported quote is all that stands between a pair of quotation
    marks, or in a line after the label of a speaker, as in an interview. For a quote with a parent, the pair lies
    within the parent's content. Words that are set off in lines of their own, without marks or a label, are not known
    to be direct.
    Why: words in marks are given word for word.
    Bad: `type: indirect` for the words in: “The bridge is safe,” she said.
    Good: `type: direct`.
    Do: correct `type`: words in marks are direct, or mixed if words before the marks lead up to them.
    """
    text = document.text
    if text is None:
        return
    content = derived(document, schema).content
    index = {quote["id"]: i for i, quote in enumerate(document.layer("quotes"))}
    for i, quote in _quotes(document, "indirect", "free_indirect", "reported"):
        pair = _filled_pair(text, content[i], derived(document, schema).marks)
        parent = index.get(quote.get("parent") or "")
        own = pair is not None and (parent is None or pair.opening >= content[parent][0][0])
        if own or (parent is None and _follows_label(text, content[i][0][0], content[i][-1][1])):
            yield found(indirect_in_marks, document, "", join_pointer("quotes", i, "content", 0), span=content[i][0])


def mixed_without_marks(document: Document, schema: Schema) -> Iterator[Problem]:
    """Q514: A mixed quote contains no quotation marks.

    What: the content has no mark inside it or at its edges, and no dialogue dash opens its paragraph.
    Why: mixed means indirect speech with a part in quotation marks.
    Bad: `type: mixed` for *the bridge was a disgrace*.
    Good: `type: indirect`.
    Do: make it `indirect`, or correct the edges of the content.
    """
    text = document.text
    if text is None:
        return
    marks, content = derived(document, schema).marks, derived(document, schema).content
    language = str(document.article.record.get("language", ""))
    for i, _ in _quotes(document, "mixed"):
        spans = content[i]
        if not any(marks.inside(start - 1, end + 1) or in_dialogue(text, start, language) for start, end in spans):
            pointer = join_pointer("quotes", i, "content")
            yield found(mixed_without_marks, document, "", pointer, span=spans[0])


def mixed_in_marks(document: Document, schema: Schema) -> Iterator[Problem]:
    """Q524: A mixed quote is a direct one.

    What: its content is all that stands between a pair of quotation marks, and no word leads up to the opening mark.
    Why: mixed means that a part is in marks. After a word such as *that* or *calls it*, the clause around is retold;
    at the beginning of a sentence, after a comma or a colon, the words are given as they were said.
    Bad: `type: mixed` for the words in: “The bridge is safe,” she said.
    Good: `type: direct`.
    Do: make it `direct`.
    """
    text = document.text
    if text is None:
        return
    content = derived(document, schema).content
    index = {quote["id"]: i for i, quote in enumerate(document.layer("quotes"))}
    for i, quote in _quotes(document, "mixed"):
        pair = _filled_pair(text, content[i], derived(document, schema).marks)
        parent = index.get(quote.get("parent") or "")
        if pair is None or _word_before(text, pair.opening):
            continue
        if parent is None or pair.opening >= content[parent][0][0]:
            yield found(mixed_in_marks, document, "", join_pointer("quotes", i, "content", 0), span=content[i][0])


def marks_in_indirect(document: Document, schema: Schema) -> Iterator[Problem]:
    """Q525: An indirect quote contains quotation marks without an annotation.

    What: the content of an indirect quote contains words between marks, and these are in no quote inside it and in no
    record of `nonquotes`.
    Why: if the words in marks are the speaker's own, the quote is mixed; if not, they are a non-quote.
    Bad: `type: indirect` for *the plan was “a gift to the river”*.
    Good: `type: mixed`; or a record in `nonquotes` for the words in marks.
    Do: make it `mixed`, or annotate the words in marks as a nested quote or a non-quote.
    """
    if document.text is None:
        return
    content = derived(document, schema).content
    rejected = [span for one in document.layer("nonquotes") for span in offsets(one, "spans")]
    for i, _ in _quotes(document, "indirect"):
        first, last = content[i][0], content[i][-1]
        for start, end in content[i]:
            for pair in derived(document, schema).marks.within(start, end):
                inner = [
                    span
                    for j, other in enumerate(content)
                    if j != i and not (other[0][0] <= first[0] and last[1] <= other[-1][1])
                    for span in other
                ]
                if not any(a < pair.closing and pair.opening < b for a, b in (*inner, *rejected)):
                    pointer, span = join_pointer("quotes", i, "type"), (pair.opening, pair.closing + 1)
                    yield found(marks_in_indirect, document, "", pointer, span=span)


def nonquote_without_marks(document: Document, schema: Schema) -> Iterator[Problem]:
    """Q537: A non-quote is not in quotation marks.

    What: a span of `nonquotes` lies between no quotation marks and has none at an edge.
    Why: the layer holds words in quotation marks that are not a quote.
    Bad: a non-quote for *smart* in: the smart bridge.
    Good: no record; or the words between the marks.
    Do: delete the non-quote, or correct its edges.
    """
    text = document.text
    if text is None:
        return
    marks = derived(document, schema).marks
    for i, one in enumerate(document.layer("nonquotes")):
        for j, (start, end) in enumerate(offsets(one, "spans")):
            edges = text[max(0, start - 1) : start + 1] + text[end - 1 : end + 1]
            if marks.around(start) is None and not marks.inside(start, end) and MARKS.isdisjoint(edges):
                pointer = join_pointer("nonquotes", i, "spans", j)
                yield found(nonquote_without_marks, document, "", pointer, span=(start, end))


def _quotes(document: Document, *types: str) -> Iterator[tuple[int, Record]]:
    return ((i, quote) for i, quote in enumerate(document.layer("quotes")) if quote.get("type") in types)


def _is_in_marks(text: str, start: int, end: int, marks: QuotationMarks, since: int) -> bool:
    """Return True if words lie between marks that open after `since`, or have an unpaired one at an edge."""
    around = marks.around(start)
    if around is not None:
        return around.opening >= since or marks.opening.get(start) is not None
    pair = marks.opening.get(start)
    if pair and (not pair.closed or not text[pair.closing + 1 : end].strip(LOOSE)):
        return True
    # An opening mark of the wrong kind, such as ’ before a word.
    if start and text[start - 1] in MARKS and not text[max(0, start - 2) : start - 1].isalnum():
        return start - 1 not in marks.closing
    return any(offset in marks.unopened for offset in marks.inside(end - 1, end + _NEAR))


def _own_marks_since(
    document: Document, text: str, marks: QuotationMarks, contents: tuple[list[Offsets], list[Offsets]], parent: int
) -> int:
    """Return the offset at or after which the marks of a quote in a quote open: those before are of its parent.

    A parent that goes on in further paragraphs opens its marks again in each. One that is not direct has none, and of a
    mixed one those are its own within which the quote begins later than they open.
    """
    own, around = contents
    first, start = around[0][0], own[0][0]
    if own == around:
        return 0
    type_ = document.layer("quotes")[parent].get("type")
    if type_ in ("indirect", "reported", "free_indirect"):
        return min(first, max(0, start - _NEAR))
    pair = marks.around(start)
    if type_ == "mixed" and pair and text[pair.opening + 1 : start].strip(LOOSE) and not marks.around(pair.opening):
        return start
    paragraph = text.rfind("\n", first, start) + 1
    opens_again = paragraph and text[paragraph:start].strip(LOOSE) in MARKS and marks.around(first) is not None
    return start if opens_again else first


def _follows_label(text: str, start: int, end: int) -> bool:
    """Return True if words fill a line from the label of a speaker to a stop: *Radio Ossel: When?*"""
    label = text[text.rfind("\n", 0, start) + 1 : start].strip()
    is_label = label.endswith((":", "：")) and 1 < len(label) <= _LABEL and text[start].isupper()
    return is_label and text[end - 1] in ".!?…。！？" and text[end : end + 1] in ("\n", "\r", "")


def _word_before(text: str, offset: int) -> bool:
    """Return True if a word of the same paragraph leads up to an offset."""
    return text[max(0, offset - _NEAR) : offset].rstrip(" \t\u00a0")[-1:].isalnum()


def _filled_pair(text: str, spans: list[Offsets], marks: QuotationMarks) -> Pair | None:
    """Return the pair of marks around the first of the spans if they leave out no word between marks, or None."""
    pairs = [marks.around(start) for start, _ in spans]
    if None in pairs:
        return None
    covered = coverage(text, [spans])
    for (start, end), pair in zip(spans, pairs, strict=True):
        if pair and (end > pair.closing + 1 or left_out(text, pair.opening + 1, start, covered)):
            return None
        if pair and left_out(text, end, pair.closing, covered):
            return None
    return pairs[0]


def coverage(text: str, contents: Iterable[Iterable[Offsets]]) -> bytearray:
    """Return a byte for each character of the text: 1 if it is in a span."""
    covered = bytearray(len(text))
    for start, end in chain.from_iterable(contents):
        covered[start:end] = b"\1" * (end - start)
    return covered


def left_out(text: str, start: int, end: int, covered: bytearray) -> str:
    """Return the words from `start` to `end` that are neither covered nor in square brackets, "" if there are none.

    A gap of more than 2,000 characters is none: something else than a slip made it.
    """
    rest, depth = "", 0
    for k in range(start, end if end - start <= LONGEST else start):
        char = text[k]
        depth += (char == "[") - (char == "]" and depth > 0)
        rest += " " if depth or covered[k] else char
    return " ".join(rest.split()) if any(map(str.isalnum, rest)) else ""


def is_block(text: str, start: int, end: int) -> bool:
    """Return True if the words fill a line, or the rest of it after a speaker's name and a colon."""
    line = text[text.rfind("\n", 0, start) + 1 : start].strip()
    rest = text[end : text.find("\n", end) if "\n" in text[end:] else len(text)].strip(LOOSE)
    return (not line.strip(">•*-– ") or line.endswith((":", "："))) and not rest
