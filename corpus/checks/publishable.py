"""Level 6: checks on one document before publication. `corpus_wide` has those that compare documents."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from itertools import chain
from typing import Any

from ..core.json_positions import join_pointer
from ..core.model import Document, Problem, Record
from ..core.schema import Schema
from .derived import LEAK, Offsets, derived, offsets, word_runs
from .quotation_marks import Pair, QuotationMarks, dialogues
from .quote_marks import coverage, is_block
from .rule import found

_LONG_NAME = 12
"""Shared words that are too many for a name."""
NO_LICENCE = frozenset(("NONE", "NOASSERTION"))
_HIDDEN = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]")
"""Format characters that are invisible: soft hyphen, zero width, direction marks and overrides, tags."""
_HIDDEN_BYTES = tuple(
    (written[:1], re.compile(written))
    for written in (
        rb"\\u",
        b"\xc2\xad",
        b"\xd8\x9c",
        b"\xe1\xa0\x8e",
        b"\xe2(?:\x80[\x8b-\x8f\xaa-\xae]|\x81[\xa0-\xaf])",
        b"\xef\xbb\xbf",
        b"\xf3\xa0",
    )
)
"""Bytes of hidden characters in JSON, each with its first byte, since searching for one byte is fast."""
_JOINERS = "\u200c\u200d"


def no_split(document: Document, schema: Schema) -> Iterator[Problem]:
    """C601: The article has no split.

    What: the record has no `split`.
    Why: the split is part of the record and assigned once, so that no later build moves the document
    from training to test.
    Bad: no `split`.
    Good: `"split": "train"`
    """
    if document.source.value is not None and "split" not in document.value:
        yield found(no_split, document, suggestion=f"run corpus split, or set one of {', '.join(schema.splits)}")


def against_licence(document: Document, schema: Schema) -> Iterator[Problem]:
    """C602: The corpus holds a text that its licence does not permit.

    What: `redistribution` forbids redistributing the text, and the text is in raw/; or `redistribution`
    permits it, and `license` says that there is no licence.
    Why: everyone who clones the repository gets an unlicensed copy.
    Bad: `"redistribution": "offsets_only"` and `raw/a-1.txt`
    Good: the text in raw/attached/, which git ignores: `corpus attach`
    Do: delete the text from `raw/` and the git history, or correct `redistribution`.
    """
    record = document.value
    if document.text is not None and not document.article.attached and not document.article.redistributable:
        hint = "delete the text from raw/ and the git history; corpus attach keeps your own copy out of git"
        detail = f"redistribution is {record.get('redistribution')}"
        yield found(against_licence, document, detail, "/redistribution", suggestion=hint)
    elif document.article.redistributable and record.get("license") in NO_LICENCE:
        yield found(against_licence, document, f"license is {record['license']}", "/license")


def leaked_text(document: Document, schema: Schema) -> Iterator[Problem]:
    """C603: A field quotes a text that may not be redistributed.

    What: five consecutive words of the text occur in another field, such as a note or the `name` of an
    entity that the text describes only; twelve in the `name` of an entity that the text names, since some
    names are long. Checked where the text is attached. The title is bibliographic data and exempt.
    Why: the text is withheld, and a note that quotes it would publish it.
    Bad: `"note": "Unclear: \\u201cthe board will meet again on Friday\\u201d"`
    Good: `"note": "Unclear: the second sentence"`
    Do: put the thought into words of your own, or delete the field.
    """
    text = document.text
    if text is None or document.article.redistributable:
        return
    hidden = derived(document, schema).text_runs
    # If no one annotated which mentions are names, the text may name every entity.
    unknown = not derived(document, schema).absent.isdisjoint(("mentions.form", "mentions.entity"))
    named = {mention.get("entity") for mention in document.layer("mentions") if mention.get("form") == "NAM"}
    names = {
        join_pointer("entities", i, "name")
        for i, entity in enumerate(document.layer("entities"))
        if unknown or entity.get("id") in named
    }
    for pointer, value in _strings(document.value):
        if len(value) > 2 * LEAK and pointer != "/title" and (shared := len(hidden & word_runs(value))):
            words = shared + LEAK - 1
            if words >= _LONG_NAME or pointer not in names:
                yield found(leaked_text, document, f"{words} consecutive words", pointer)


def unannotated_quotation(document: Document, schema: Schema) -> Iterator[Problem]:
    """C604: Words in quotation marks have no annotation.

    What: with `quotes` and `nonquotes` done, less than half of the words between a pair of quotation marks are in a
    content of a quote or in a record of `nonquotes`. Words in other marks inside do not count, and neither does a
    retold quote without a parent that is a part of the words: an annotated quote in a quote does not annotate the one
    around it. Marks inside the content of a direct quote need a record of their own: a quote in the quote, or a
    non-quote. A mark that is not closed ends with its paragraph. In a language that uses dialogue dashes, such as
    French, Polish, Russian or Spanish, a dash that opens a paragraph is a mark.
    Why: it is unclear whether an annotator rejected it as a quote or overlooked it.
    Bad: the “smart” bridge, and no record for *smart*.
    Good: *smart* in `nonquotes`, with `reason: scare`.
    Do: annotate the words as a quote, or as a non-quote if no one says them.
    """
    text, marks = document.text, derived(document, schema).marks
    if text is None or document.annotation is None:
        return
    rejected = [offsets(one, "spans") for one in document.layer("nonquotes")]
    content = derived(document, schema).content
    quotes = zip(document.layer("quotes"), content, strict=True)
    covered = coverage(
        text, [*(spans for one, spans in quotes if not _is_in_a_quote(text, one, spans, marks)), *rejected]
    )
    missed = [(pair.opening + 1, pair.closing) for pair in marks.pairs if not _is_annotated(text, pair, marks, covered)]
    language = str(document.article.record.get("language", ""))
    missed += [(pair.opening + 1, pair.closing) for pair in _only_in_direct(document, [*content, *rejected], marks)]
    missed += [(start, end) for start, end in dialogues(text, language) if 1 not in covered[start:end]]
    last = 0
    for start, end in sorted(missed, key=lambda span: (span[0], -span[1])):
        if start >= last:
            last = end
            yield found(unannotated_quotation, document, repr(text[start:end][:60]), "/quotes", span=(start, end))


def _is_in_a_quote(text: str, quote: Record, spans: list[Offsets], marks: QuotationMarks) -> bool:
    """Return True if a retold quote without a parent is a part of the words in marks: of a quote that is missing."""
    pair = marks.around(spans[0][0])
    if quote.get("parent") is not None or quote.get("type") not in ("indirect", "reported") or pair is None:
        return False
    rest = text[pair.opening + 1 : spans[0][0]] + text[spans[-1][1] : pair.closing]
    return pair.closed and spans[-1][1] <= pair.closing and any(map(str.isalnum, rest))


def _only_in_direct(document: Document, annotated: list[list[Offsets]], marks: QuotationMarks) -> Iterator[Pair]:
    """Yield the pairs of marks inside a direct quote of whose own words neither a quote in it nor a non-quote has any.

    `annotated` are the contents of the quotes, in their order, and then the non-quotes. In a block without marks of its
    own, such as an answer of an interview, words in other marks inside are own words, too: the marks around them may be
    those of the block.
    """
    text, known = document.text or "", sorted(chain.from_iterable(annotated))
    quotes = zip(document.layer("quotes"), annotated, strict=False)
    direct = {span for quote, spans in quotes if quote.get("type") == "direct" for span in spans}
    for start, end in sorted(direct):
        pairs = list(marks.within(start, end))
        # Words that are neither in marks nor a block are not direct: Q501.
        if pairs and (marks.around(start) or is_block(text, start, end)):
            inside = known[bisect_left(known, (start, 0)) : bisect_left(known, (end, 0))]
            covered = coverage(
                text[start:end], [[(a - start, b - start) for a, b in inside if not (a == start and b >= end)]]
            )
            for pair in pairs:
                around = marks.around(pair.opening)
                own = _own_letters(text, pair, marks if around else None)
                # Without marks around, a pair that holds the whole content is that of the quote (Q521).
                is_whole = around is None and pair.opening == start and pair.closing == end - 1
                if own and not is_whole and not any(covered[k - start] for k in own):
                    yield pair


def _own_letters(text: str, pair: Pair, marks: QuotationMarks | None) -> list[int]:
    """Return the offsets of the letters in marks that no marks inside enclose, or of all if these enclose each one.

    Without `marks`, those inside do not matter.
    """
    start, end = pair.opening + 1, pair.closing
    letters = [k for k in range(start, end) if text[k].isalnum()]
    inner = marks.within(start, end) if marks else ()
    enclosed = coverage(text[start:end], [[(one.opening - start, one.closing - start) for one in inner]])
    return [k for k in letters if not enclosed[k - start]] or letters


def _is_annotated(text: str, pair: Pair, marks: QuotationMarks, covered: bytearray) -> bool:
    """Return True if half of the words in marks are covered: of those that no inner marks enclose, if there are any."""
    start, end = pair.opening + 1, pair.closing
    if pair.closed and covered.count(1, start, end) == end - start:
        return True
    own = _own_letters(text, pair, marks)
    count = sum(covered[k] for k in own)
    return 2 * count >= len(own) if pair.closed else count > 0 or not own


def hidden_character(document: Document, schema: Schema) -> Iterator[Problem]:
    """C605: A field contains an invisible character.

    What: a zero-width character, a direction mark or override, a soft hyphen or a tag character in any
    string except the words of spans, which repeat the article. Joiners that a script or an emoji needs
    are allowed next to non-ASCII letters.
    Why: two names that look the same differ, or a name is displayed as another name.
    Bad: `"name": "Ivo\\u200b Marr"`
    Good: `"name": "Ivo Marr"`
    Do: delete the character.
    """
    data = document.source.data
    if not any(first in data and written.search(data) for first, written in _HIDDEN_BYTES):
        return
    for pointer, value in _strings(document.value):
        for match in _HIDDEN.finditer(value):
            around = value[max(0, match.start() - 1) : match.start()] + value[match.end() : match.end() + 1]
            if match[0] not in _JOINERS or len(around) < 2 or any(char.isascii() for char in around):
                yield found(hidden_character, document, f"U+{ord(match[0]):04X} in {value[:60]!r}", pointer)
                break


def _strings(value: Record) -> Iterator[tuple[str, str]]:
    """Yield JSON pointer and value of every string in a JSON object, except the words of spans."""
    open_: list[tuple[tuple[str | int, ...], Any]] = [((), value)]
    while open_:
        parts, one = open_.pop()
        if isinstance(one, str):
            yield join_pointer(*parts), one
        elif isinstance(one, list):
            open_ += [((*parts, i), item) for i, item in reversed(list(enumerate(one)))]
        elif isinstance(one, dict):
            span = "start" in one and "end" in one
            inside = [((*parts, key), item) for key, item in one.items() if not (span and key == "text")]
            open_ += reversed(inside)
