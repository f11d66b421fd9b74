"""Level 6, of one document: is it fit for a corpus? What several documents together tell is in `across`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..core.json_positions import join_pointer
from ..core.model import GOLD, Document, Problem, Record
from ..core.schema import Schema
from .derived import LEAK, derived, word_runs
from .quotations import quotations
from .rule import found

_LONG_NAME = 12
"""Words of a text that no name has."""
_NO_LICENCE = frozenset(("NONE", "NOASSERTION"))
_HIDDEN = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]")
"""Format characters that no reader sees: soft hyphen, zero width, direction marks and overrides, tags."""
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
"""Bytes without which there is none in JSON, each with its first, which is looked for in no time."""
_JOINERS = "\u200c\u200d"


def no_split(document: Document, schema: Schema) -> Iterator[Problem]:
    """C601: The article belongs to no split.

    What: the record has no `split`.
    Why: a document's split is part of its record, given once and for good, so that no later build
    moves it from training to test.
    Bad: no `split`.
    Good: `"split": "train"`
    """
    if document.source.value is not None and "split" not in document.value:
        yield found(no_split, document, suggestion=f"one of {', '.join(schema.splits)}")


def against_licence(document: Document, schema: Schema) -> Iterator[Problem]:
    """C602: The text is here against its licence.

    What: `redistribution` says that the text may not be passed on, and it lies in raw/; or it says
    that it may, and `license` that there is none.
    Why: whoever clones the repository gets a copy that nobody may give them.
    Bad: `"redistribution": "offsets_only"` and `raw/a-1.txt`
    Good: the text in raw/attached/, which git ignores: `corpus attach`
    """
    record = document.value
    if document.text is not None and not document.article.attached and not document.article.redistributable:
        hint = "take it out of raw/ and of the history; corpus attach puts a copy of your own where git ignores it"
        detail = f"redistribution is {record.get('redistribution')}"
        yield found(against_licence, document, detail, "/redistribution", suggestion=hint)
    elif document.article.redistributable and record.get("license") in _NO_LICENCE:
        yield found(against_licence, document, f"license is {record['license']}", "/license")


def leaked_text(document: Document, schema: Schema) -> Iterator[Problem]:
    """C603: A field gives away a text that may not be passed on.

    What: five words in a row of the text stand in another field, such as a note or the `name` of an entity
    that is described only; twelve in the name of one that the text names, for some names are long. This
    is asked where the text is attached. The title is bibliography and may stand in the text too.
    Why: the text is kept out, and a note that quotes it lets it in again.
    Bad: `"note": "Unclear: \\u201cthe board will meet again on Friday\\u201d"`
    Good: `"note": "Unclear: the second sentence"`
    """
    text = document.text
    if text is None or document.article.redistributable:
        return
    hidden = derived(document, schema).text_runs
    named = {mention.get("entity") for mention in document.layer("mentions") if mention.get("form") == "NAM"}
    names = {
        join_pointer("entities", i, "name")
        for i, entity in enumerate(document.layer("entities"))
        if entity.get("id") in named
    }
    for pointer, value in _strings(document.value):
        if len(value) > 2 * LEAK and pointer != "/title" and (shared := len(hidden & word_runs(value))):
            words = shared + LEAK - 1
            if words >= _LONG_NAME or pointer not in names:
                yield found(leaked_text, document, f"{words} words", pointer)


def unannotated_quotation(document: Document, schema: Schema) -> Iterator[Problem]:
    """C604: Words in quotation marks are not annotated.

    What: in `gold`, with `quotes` and `nonquotes` done, a string between quotation marks touches no
    content of a quote and no record of `nonquotes`.
    Why: nobody can tell whether it was judged to be no quote, or overlooked.
    Bad: the “smart” bridge, and no record for *smart*.
    Good: *smart* in `nonquotes`, with `reason: scare`.
    """
    text, annotation = document.text, document.annotation
    if text is None or annotation is None or annotation.annotator != GOLD:
        return
    if not {"quotes", "nonquotes"}.issubset(annotation.value.get("layers_done") or ()):
        return
    known = [span for quote in document.layer("quotes") for span in quote.get("content") or ()]
    known += [span for one in document.layer("nonquotes") for span in one.get("spans") or ()]
    covered = bytearray(len(text))
    for span in known:
        covered[span["start"] : span["end"]] = b"\1" * (span["end"] - span["start"])
    for start, end in quotations(text):
        if 1 not in covered[start:end]:
            yield found(unannotated_quotation, document, repr(text[start:end][:60]), "/quotes", span=(start, end))


def hidden_character(document: Document, schema: Schema) -> Iterator[Problem]:
    """C605: A field has a character that nobody sees.

    What: a zero-width character, a direction mark or override, a soft hyphen or a tag character in any
    string but the words of spans, which are as the article has them. Joiners that a script or an emoji
    needs may stand beside letters beyond ASCII.
    Why: two names that look the same are not, or a name is shown as another than it is.
    Bad: `"name": "Ivo\\u200b Marr"`
    Good: `"name": "Ivo Marr"`
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
    """JSON pointer and value of every string of a JSON object, but the words of spans."""
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
