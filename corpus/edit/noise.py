"""The ways in which a text is badly edited, each under which its annotation stays right by the guidelines.

`KINDS` is the visible list: a name, how many words there are to one such edit, and the function that proposes edits. A
function proposes where an edit is possible; `noisy` chooses among the proposals. It leaves out what would make an
annotation wrong, as a lost closing mark in the middle of a paragraph, after which the quote would go on to its end.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from ..checks.quotation_marks import MARKS, Pair, QuotationMarks
from ..core.model import Document, Record
from ..core.pronouns import pronouns_of
from .projection import Change

_WORD = re.compile(r"[^\W\d_]+")
_END = re.compile(r"(?:(?<=[a-zß-ÿ]{4})|(?<=[0-9]{2}))[.](?= +[A-ZÀ-Þ])")
"""The full stop of a sentence that another one follows in its paragraph, not that of an abbreviation.

Not before a quotation mark: the words in it would seem to have the source of the sentence before.
"""
_DOUBLED = frozenset(["an", "and", "as", "at", "by", "for", "from", "in", "is", "of", "on", "the", "to", "was", "with"])
_LONG_WORD = re.compile(r"(?<![^\s“‘\"(])[a-z]{6,}(?![^\s,;!?”’\")])")
"""A word of small letters outside of addresses."""
_OTHER_WORDS = (
    *("casual", "causal", "complaint", "compliant", "marital", "martial", "sacred", "scared", "signed", "singed"),
    *("silver", "sliver", "trails", "trials", "united", "untied", "carves", "craves"),
)
"""Words that are other words with two letters swapped."""
_OTHER_GENDER = {"he": "she", "she": "he", "He": "She", "She": "He"}
_STRAIGHT = {"“": '"', "”": '"', "‘": "'", "’": "'"}
_LABEL = 30
"""The most characters of the label of a speaker, with its colon."""
_READ_MORE = ("Read more", "READ MORE", "Story continues below", "Advertisement", "Share this story")
_CAPTIONS = ("{} (archive picture).", "{}, seen in an archive picture", "{} (file photo)")


class NewMention(NamedTuple):
    """A mention in the text that the first change of an edit puts in: its offsets there, and its entity."""

    start: int
    end: int
    entity: str


class Edit(NamedTuple):
    """One edit: changes that are made together, and the mention that it adds."""

    changes: tuple[Change, ...]
    mention: NewMention | None = None


@dataclass(frozen=True)
class Original:
    """An article with its gold annotation, and what the edits ask of it."""

    document: Document

    @property
    def text(self) -> str:
        """The text, "" if it is withheld."""
        return self.document.text or ""

    @cached_property
    def marks(self) -> QuotationMarks:
        """The quotation marks of the text."""
        return QuotationMarks(self.text, str(self.document.article.record.get("language", "")))

    @cached_property
    def spans(self) -> list[tuple[int, int]]:
        """All spans of mentions, quotes and other records, sorted."""
        value = self.document.value
        return sorted(
            (span["start"], span["end"])
            for records in value.values()
            if isinstance(records, list)
            for record in records
            if isinstance(record, dict)
            for spans in record.values()
            if isinstance(spans, list)
            for span in spans
            if isinstance(span, dict)
        )

    @cached_property
    def edges(self) -> frozenset[int]:
        """The offsets at which a span begins or ends."""
        return frozenset(offset for span in self.spans for offset in span)

    @cached_property
    def broad(self) -> list[tuple[int, int]]:
        """For each record, from its first span to the end of its last one: what nothing is put into."""
        found = []
        for name in ("mentions", "quotes", "nonquotes"):
            for record in self.document.layer(name):
                spans = [span for field in ("spans", "content", "cue") for span in record.get(field) or ()]
                if spans:
                    found.append((min(span["start"] for span in spans), max(span["end"] for span in spans)))
        return found

    @cached_property
    def paragraph_ends(self) -> list[int]:
        """The offsets at which the paragraphs of the text end, without the last one."""
        return [match.start() for match in re.finditer(r"(?<=\S)[^\S\n]*\n", self.text)]

    @cached_property
    def words(self) -> list[tuple[int, int, str]]:
        """The words of the text: start, end, word."""
        return [(match.start(), match.end(), match[0]) for match in _WORD.finditer(self.text)]

    def is_within(self, offset: int) -> bool:
        """Return True if an offset lies in a record, or between quotation marks."""
        return any(start < offset < end for start, end in self.broad) or any(
            pair.opening < offset <= pair.closing for pair in self.marks.pairs
        )


Propose = Callable[[Original], Iterator[Edit]]


class Kind(NamedTuple):
    """A kind of edit. A text gets at least one of it if it can, and one more for each `words` words."""

    name: str
    words: int
    propose: Propose


def read_more(original: Original) -> Iterator[Edit]:
    """Put a line of the website between two paragraphs."""
    for number, end in enumerate(original.paragraph_ends[1:]):
        if not original.is_within(end):
            line = _READ_MORE[number % len(_READ_MORE)]
            yield Edit((Change(end, end, f"{_gap(original)}{line}"),))


def caption(original: Original) -> Iterator[Edit]:
    """Run the caption of a picture into the end of a paragraph. The person it names was named before, and by this name.

    By the guidelines a caption is text as any other, so the name is a mention.
    """
    people = {one["id"]: one.get("name") for one in original.document.layer("entities") if one.get("type") == "PER"}
    named: dict[str, int] = {}
    for mention in original.document.layer("mentions"):
        start, end = mention["spans"][0]["start"], mention["spans"][0]["end"]
        name, one = people.get(mention.get("entity", "")), mention.get("entity", "")
        if mention.get("form") == "NAM" and name and name in original.text[start:end]:
            named[one] = min(end, named.get(one, end))
    for number, end in enumerate(original.paragraph_ends[1:]):
        if original.is_within(end) or original.text[end - 1] not in '.!?”"’':
            continue
        for one, since in named.items():
            if since < end:
                line = " " + _CAPTIONS[number % len(_CAPTIONS)].format(people[one])
                yield Edit((Change(end, end, line),), NewMention(1, 1 + len(people[one] or ""), one))


def wrong_pronoun(original: Original) -> Iterator[Edit]:
    """Make *he* of the *she* that stands as a source, or the other way round.

    Another pronoun of the person keeps its gender, so that the article still tells who it is.
    """
    pronouns = pronouns_of(str(original.document.article.record.get("language", "")))
    if pronouns is None:
        return
    mentions = {one["id"]: one for one in original.document.layer("mentions")}
    words = {name: _words(one, original.text) for name, one in mentions.items()}
    sources = {name for quote in original.document.layer("quotes") for name in quote.get("source") or ()}
    for name in sorted(sources & mentions.keys()):
        word = words[name]
        kept = pronouns.male if word.lower() in pronouns.male else pronouns.female
        others = [
            one
            for other, one in mentions.items()
            if other != name and one.get("entity") == mentions[name].get("entity") and words[other].lower() in kept
        ]
        if word in _OTHER_GENDER and others:
            span = mentions[name]["spans"][0]
            yield Edit((Change(span["start"], span["end"], _OTHER_GENDER[word]),))


def spliced_sources(original: Original) -> Iterator[Edit]:
    """Join a sentence that has a source to the next one by a comma."""
    mentions = {one["id"]: one for one in original.document.layer("mentions")}
    sources = {name for quote in original.document.layer("quotes") for name in quote.get("source") or ()}
    places = [mentions[name]["spans"][0]["start"] for name in sources & mentions.keys()]
    for match in _END.finditer(original.text):
        begin = max(original.text.rfind(". ", 0, match.start()), original.text.rfind("\n", 0, match.start()))
        if any(begin < place < match.start() for place in places) and _is_between(original, match.start()):
            yield Edit((Change(match.start(), match.end(), ","),))


def unclosed_mark(original: Original) -> Iterator[Edit]:
    """Lose the closing mark at the end of a paragraph, where the content of a quote ends by the guidelines as well.

    Not where the next paragraph opens with a mark: the quote would seem to go on there.
    """
    for pair in _lone_pairs(original):
        end = _paragraph(original.text, pair.closing)[1]
        if pair.closing + 1 == end and original.text[end:].lstrip()[:1] not in MARKS:
            yield Edit((Change(pair.closing, pair.closing + 1, ""),))


def unopened_mark(original: Original) -> Iterator[Edit]:
    """Lose the opening mark at the beginning of a paragraph; the closing one still ends the words."""
    for pair in _lone_pairs(original):
        if pair.opening == _paragraph(original.text, pair.opening)[0]:
            yield Edit((Change(pair.opening, pair.opening + 1, ""),))


def lost_marks(original: Original) -> Iterator[Edit]:
    """Lose both marks of a quote that fills a paragraph, or all of it after a label and a colon: a block is direct.

    A label has no verb of saying.
    """
    cues = [span["start"] for quote in original.document.layer("quotes") for span in quote.get("cue") or ()]
    for pair in _lone_pairs(original):
        start, end = _paragraph(original.text, pair.opening)
        label = original.text[start : pair.opening]
        is_label = (
            label.endswith(": ") and len(label) <= _LABEL and not any(start <= cue < pair.opening for cue in cues)
        )
        if pair.closing + 1 == end and (not label or is_label):
            closing = Change(pair.closing, pair.closing + 1, "")
            yield Edit((Change(pair.opening, pair.opening + 1, ""), closing))


def mixed_marks(original: Original) -> Iterator[Edit]:
    """Make one of a pair of curly marks straight."""
    for number, pair in enumerate(original.marks.pairs):
        at = pair.opening if number % 2 else pair.closing
        if pair.closed and (straight := _STRAIGHT.get(original.text[at])):
            yield Edit((Change(at, at + 1, straight),))


def straight_apostrophe(original: Original) -> Iterator[Edit]:
    """Make a curly apostrophe within a word straight."""
    for match in re.finditer(r"(?<=\w)’(?=\w)", original.text):
        yield Edit((Change(match.start(), match.end(), "'"),))


def lost_diacritic(original: Original) -> Iterator[Edit]:
    """Lose the diacritics of a word."""
    for start, end, word in original.words:
        letters = unicodedata.normalize("NFD", word)
        plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
        if plain != word and plain.isascii():
            yield Edit((Change(start, end, plain),))


def line_break(original: Original) -> Iterator[Edit]:
    """Break a line within a sentence, outside of records and quotation marks."""
    for match in re.finditer(r"(?<=[a-z,]) (?=[a-z])", original.text):
        if not original.is_within(match.start()) and not original.is_within(match.end()):
            yield Edit((Change(match.start(), match.end(), "\n"),))


def missing_stop(original: Original) -> Iterator[Edit]:
    """Lose the full stop between two sentences."""
    for match in _END.finditer(original.text):
        if _is_between(original, match.start()):
            yield Edit((Change(match.start(), match.end(), ""),))


def stray_stop(original: Original) -> Iterator[Edit]:
    """Put a second full stop after a sentence."""
    for match in _END.finditer(original.text):
        if not original.is_within(match.end()) and _is_between(original, match.start()):
            yield Edit((Change(match.end(), match.end(), " ."),))


def doubled_word(original: Original) -> Iterator[Edit]:
    """Double a short word at which no span begins or ends."""
    for start, end, word in original.words:
        if word in _DOUBLED and not original.edges & {start, end} and original.text[end : end + 1] == " ":
            yield Edit((Change(end, end, f" {word}"),))


def doubled_space(original: Original) -> Iterator[Edit]:
    """Double a space."""
    for match in re.finditer(r"(?<=\S) (?=\S)", original.text):
        if match.end() not in original.edges:
            yield Edit((Change(match.end(), match.end(), " "),))


def typo(original: Original) -> Iterator[Edit]:
    """Swap two letters inside a word in small letters."""
    for match in _LONG_WORD.finditer(original.text):
        word, start = match[0], match.start()
        at = 1 + start % (len(word) - 3)
        first, second = word[at], word[at + 1]
        if first != second and word not in _OTHER_WORDS:
            yield Edit((Change(start + at, start + at + 2, second + first),))


KINDS = (
    Kind("read-more line", 2_000, read_more),
    Kind("caption", 2_000, caption),
    Kind("wrong pronoun", 800, wrong_pronoun),
    Kind("spliced sources", 250, spliced_sources),
    Kind("unclosed mark", 300, unclosed_mark),
    Kind("unopened mark", 300, unopened_mark),
    Kind("lost marks", 500, lost_marks),
    Kind("mixed marks", 120, mixed_marks),
    Kind("straight apostrophe", 150, straight_apostrophe),
    Kind("lost diacritic", 150, lost_diacritic),
    Kind("line break", 150, line_break),
    Kind("missing stop", 200, missing_stop),
    Kind("stray stop", 500, stray_stop),
    Kind("doubled word", 200, doubled_word),
    Kind("doubled space", 80, doubled_space),
    Kind("typo", 90, typo),
)
"""The kinds of edits, in the order in which they are made."""


def _words(mention: Record, text: str) -> str:
    spans = mention["spans"]
    return text[spans[0]["start"] : spans[0]["end"]] if len(spans) == 1 else ""


def _gap(original: Original) -> str:
    return "\n\n" if "\n\n" in original.text else "\n"


def _paragraph(text: str, offset: int) -> tuple[int, int]:
    """Return the paragraph around an offset, without white space at its edges."""
    start, end = text.rfind("\n", 0, offset) + 1, text.find("\n", offset)
    line = text[start : end if end >= 0 else len(text)]
    return start + len(line) - len(line.lstrip()), start + len(line.rstrip())


def _lone_pairs(original: Original) -> Iterator[Pair]:
    """Yield the closed pairs around the words of a direct quote, with no other pair of marks around or inside.

    A quote of several paragraphs, in which marks are opened again, is left as it is.
    """
    pairs = original.marks.pairs
    contents = [
        span
        for quote in original.document.layer("quotes")
        if quote.get("type") == "direct" and not quote.get("parent") and not quote.get("continues_paragraph")
        for span in quote.get("content") or ()
    ]
    for i, pair in enumerate(pairs):
        alone = original.marks.outer[i] < 0 and i not in original.marks.outer
        if pair.closed and alone and any((s["start"], s["end"]) == (pair.opening + 1, pair.closing) for s in contents):
            yield pair


def _is_between(original: Original, stop: int) -> bool:
    """Return True if the stop at an offset is beside no quotation mark, and no span ends with it."""
    return stop + 1 not in original.edges and not original.marks.inside(stop - 1, stop + 2)
