"""Kinds of faults at the edges of spans: a character, a word or a mark too many or too few."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from support.plant import Planted, kind
from support.plant_ground import Doc, Ground, Record

Move = Callable[[str, int, int], tuple[int, int]]
OPENING, CLOSING = '“"‘', '”"’'


def moved(ground: Ground, record: Record, part: str, index: int, start: int, end: int) -> Planted | None:
    """Give a span of a record other edges, None if nothing would be left."""
    if not 0 <= start < end <= len(ground.doc.text):
        return None
    old = record[part][index]
    record[part][index] = ground.doc.span(start, end)
    return Planted((record["id"],), ((old["start"], old["end"]),))


def spans(
    doc: Doc, layer: str, part: str, fits: Callable[[Record, int, int], bool]
) -> list[tuple[Record, int, int, int]]:
    """Return the spans of a layer that fit, each with its record, its index, its start and its end."""
    return [
        (record, i, span["start"], span["end"])
        for record in doc.layer(layer)
        for i, span in enumerate(record[part])
        if fits(record, span["start"], span["end"])
    ]


def direct(doc: Doc, record: Record, start: int, end: int) -> bool:
    """Return True for a content of at least four words between marks."""
    text = doc.text
    between = text[start - 1 : start] in tuple(OPENING) and text[end : end + 1] in tuple(CLOSING)
    return record["type"] == "direct" and between and len(words(text, start, end)) > 3


def direct_in_sentences(doc: Doc, record: Record, start: int, end: int) -> bool:
    """Return True for a direct content after a mark whose last sentence is in no other quote."""
    last = without_last_sentence(doc.text, start, end)[1]
    others = (span for one in doc.layer("quotes") for span in one["content"] if one is not record)
    free = not any(last < span["end"] and span["start"] < end for span in others)
    return record["type"] == "direct" and doc.text[start - 1] in OPENING and start < last < end and free


def direct_with_word(doc: Doc, record: Record, start: int, end: int) -> bool:
    return direct(doc, record, start, end) and doc.text[start : start + 2].isalpha()


def direct_with_stop(doc: Doc, record: Record, start: int, end: int) -> bool:
    return direct(doc, record, start, end) and doc.text[end - 1] in ".,"


def retold(doc: Doc, record: Record, start: int, end: int) -> bool:
    """Return True for a retold content of at least four words."""
    return record["type"] == "indirect" and len(words(doc.text, start, end)) > 3 and long_word(doc, record, start, end)


def long_word(doc: Doc, record: Record, start: int, end: int) -> bool:
    """Return True for a span that begins and ends with a word of at least three letters."""
    found = words(doc.text, start, end)
    whole = bool(found) and (found[0][0], found[-1][1]) == (start, end)
    return whole and all(stop - begin > 2 for begin, stop in (found[0], found[-1]))


def two_words(doc: Doc, record: Record, start: int, end: int) -> bool:
    return record["form"] == "NAM" and len(words(doc.text, start, end)) > 1


def followed_by(mark: str) -> Callable[[Doc, Record, int, int], bool]:
    return lambda doc, record, start, end: doc.text[end : end + 1] == mark


def after_mark(doc: Doc, record: Record, start: int, end: int) -> bool:
    return start > 0 and doc.text[start - 1] in '“"'


def genitive(doc: Doc, record: Record, start: int, end: int) -> bool:
    return doc.text[end : end + 3] in ("'s ", "’s ")


def before_clause(doc: Doc, record: Record, start: int, end: int) -> bool:
    return CLAUSE.match(doc.text, end) is not None


def words(text: str, start: int, end: int) -> list[tuple[int, int]]:
    return [(one.start() + start, one.end() + start) for one in re.finditer(r"\w+", text[start:end])]


def without_first(text: str, start: int, end: int) -> tuple[int, int]:
    found = words(text, start, end)
    return (found[1][0], end) if len(found) > 1 else (end, end)


def without_last(text: str, start: int, end: int) -> tuple[int, int]:
    found = words(text, start, end)
    return (start, found[-2][1]) if len(found) > 1 else (start, start)


def without_last_sentence(text: str, start: int, end: int) -> tuple[int, int]:
    stops = [one.end() for one in re.finditer(r"[.!?](?= )", text[start:end])]
    return start, start + stops[-1] if stops else start


def edge(
    title: str, codes: tuple[str, ...], where: str, fits: Callable[[Doc, Record, int, int], bool], move: Move
) -> None:
    """Add the kind that moves the edges of one span that fits; `where` is layer and field."""
    layer, _, part = where.partition(".")

    def plant(ground: Ground, rng: random.Random) -> Planted | None:
        doc = ground.doc
        found = spans(doc, layer, part, lambda record, start, end: fits(doc, record, start, end))
        if not found:
            return None
        record, i, start, end = rng.choice(found)
        return moved(ground, record, part, i, *move(doc.text, start, end))

    plant.__doc__ = f"{title}."
    kind(*codes)(plant)


def late(text: str, start: int, end: int) -> tuple[int, int]:
    return start + 1, end


def early(text: str, start: int, end: int) -> tuple[int, int]:
    return start, end - 1


def later(text: str, start: int, end: int) -> tuple[int, int]:
    return start, end + 1


def sooner(text: str, start: int, end: int) -> tuple[int, int]:
    return start - 1, end


def with_word(text: str, start: int, end: int) -> tuple[int, int]:
    return text.rindex(" ", 0, start - 1) + 1, end


def with_clause(text: str, start: int, end: int) -> tuple[int, int]:
    found = CLAUSE.match(text, end)
    return start, found.end() if found else end


CLAUSE = re.compile(r",? (who|which) \w+ \w+")
AUXILIARY = re.compile(r"\b(has|have|had|was|were|would|will) $")
CONTENT, CUE, MENTION, NONQUOTE, EVIDENCE = (
    "quotes.content",
    "quotes.cue",
    "mentions.spans",
    "nonquotes.spans",
    "stances.evidence_spans",
)
edge("A direct quote begins a character late", ("Q520", "Q522"), CONTENT, direct_with_word, late)
edge("A direct quote lacks its first word", ("Q522",), CONTENT, direct, without_first)
edge("A direct quote lacks its last word", ("Q522", "Q501"), CONTENT, direct, without_last)
edge("A direct quote lacks its last sentence", ("Q522",), CONTENT, direct_in_sentences, without_last_sentence)
edge("A direct quote holds its opening mark", ("Q521",), CONTENT, direct, sooner)
edge("A direct quote holds its closing mark", ("Q521",), CONTENT, direct, later)
edge("A direct quote lacks the comma or full stop inside its marks", ("Q523",), CONTENT, direct_with_stop, early)
edge("An indirect quote begins inside a word", ("Q520",), CONTENT, retold, late)
edge("An indirect quote ends inside a word", ("Q520",), CONTENT, retold, early)
edge(
    "An indirect quote holds the “that” before it",
    ("Q534",),
    CONTENT,
    lambda doc, quote, start, end: retold(doc, quote, start, end) and doc.text[:start].endswith(" that "),
    with_word,
)
edge("A cue begins inside a word", ("Q520",), CUE, long_word, late)
edge("A cue ends inside a word", ("Q520",), CUE, long_word, early)
edge(
    "A cue holds its auxiliary",
    ("Q535",),
    CUE,
    lambda doc, _, start, end: bool(AUXILIARY.search(doc.text[:start])),
    with_word,
)
edge("A mention begins inside a word", ("Q520",), MENTION, long_word, late)
edge("A mention ends inside a word", ("Q520",), MENTION, long_word, early)
edge("A mention ends with a blank", ("P310",), MENTION, followed_by(" "), later)
edge("A mention holds the comma after it", ("E517",), MENTION, followed_by(","), later)
edge("A mention holds the full stop after it", ("E517",), MENTION, followed_by("."), later)
edge("A mention holds a quotation mark beside it", ("E517",), MENTION, after_mark, sooner)
edge("A mention holds the 's after it", ("E518",), MENTION, genitive, lambda text, start, end: (start, end + 2))
edge("A mention holds the relative clause after it", (), MENTION, before_clause, with_clause)
edge("A mention lacks its last word", (), MENTION, two_words, without_last)
edge("A non-quote holds its opening mark", ("Q521",), NONQUOTE, after_mark, sooner)
edge("A non-quote ends inside a word", ("Q520",), NONQUOTE, long_word, early)
edge("An evidence span ends inside a word", ("Q520",), EVIDENCE, long_word, early)
edge("An evidence span holds the full stop after it", ("T521",), EVIDENCE, followed_by("."), later)


def _one(ground: Ground, rng: random.Random) -> tuple[Record, str, int]:
    layer, part = rng.choice((("mentions", "spans"), ("quotes", "content")))
    record = rng.choice(ground.doc.layer(layer))
    return record, part, rng.randrange(len(record[part]))


@kind("P305")
def empty_span(ground: Ground, rng: random.Random) -> Planted:
    """A span is empty."""
    record, part, i = _one(ground, rng)
    record[part][i] |= {"end": record[part][i]["start"], "text": ""}
    return Planted((record["id"],))


@kind("P306")
def reversed_span(ground: Ground, rng: random.Random) -> Planted:
    """Start and end of a span are swapped."""
    record, part, i = _one(ground, rng)
    span = record[part][i]
    span["start"], span["end"] = span["end"], span["start"]
    return Planted((record["id"],))


@kind("P304")
def out_of_bounds(ground: Ground, rng: random.Random) -> Planted:
    """A span ends after the text."""
    record, part, i = _one(ground, rng)
    record[part][i]["end"] = len(ground.doc.text) + rng.randrange(1, 50)
    return Planted((record["id"],))


@kind("P307", "P304")
def shifted_span(ground: Ground, rng: random.Random) -> Planted:
    """The offsets of one span are shifted, its words are not."""
    record, part, i = _one(ground, rng)
    shift = rng.choice((1, 2, 5))
    record[part][i]["start"] += shift
    record[part][i]["end"] += shift
    return Planted((record["id"],))


@kind("P308")
def span_without_words(ground: Ground, rng: random.Random) -> Planted:
    """A span does not quote its words."""
    record, part, i = _one(ground, rng)
    del record[part][i]["text"]
    return Planted((record["id"],))


@kind("P311")
def unsorted_spans(ground: Ground, rng: random.Random) -> Planted | None:
    """The spans of a field are not in the order of the text."""
    found = [quote for quote in ground.doc.layer("quotes") if len(quote["content"]) > 1]
    if not found:
        return None
    record = rng.choice(found)
    record["content"].reverse()
    return Planted((record["id"],))


@kind("P312")
def overlapping_spans(ground: Ground, rng: random.Random) -> Planted | None:
    """Two spans of a field overlap."""
    found = [quote for quote in ground.doc.layer("quotes") if len(quote["content"]) > 1]
    if not found:
        return None
    record = rng.choice(found)
    first, second = record["content"][:2]
    record["content"][0] = ground.doc.span(first["start"], second["start"] + 1)
    return Planted((record["id"],))


@kind("P313")
def inside_character(ground: Ground, rng: random.Random) -> Planted:
    """A span ends between a letter and its accent."""
    doc = ground.doc
    mention = rng.choice(doc.where("mentions", form="NAM"))
    start, end = mention["spans"][0]["start"], mention["spans"][0]["end"]
    doc.replace(end, end, "\u0301")
    for annotator in doc.annotations:
        for span in doc.spans(annotator):
            if span["end"] == end:
                span |= doc.span(span["start"], end + 1)
            if span["start"] == end:
                span |= doc.span(end + 1, span["end"])
    mention["spans"][0] = doc.span(start, end)
    return Planted((mention["id"],))


def _shifted(ground: Ground, shift: Callable[[int], int]) -> Planted:
    """Shift all offsets of gold; the words stay."""
    for span in ground.doc.spans():
        span |= {"start": shift(span["start"]), "end": shift(span["end"])}
    return Planted(files=(ground.doc.path(),))


@kind("P307", one=True)
def shift_of_all(ground: Ground, rng: random.Random) -> Planted:
    """All offsets are shifted by the same number."""
    shift = rng.choice((1, 2, 3))
    return _shifted(ground, lambda offset: offset + shift)


@kind("P307", one=True)
def shift_from_a_place(ground: Ground, rng: random.Random) -> Planted:
    """All offsets after a paragraph are shifted by the same number."""
    place, shift = ground.doc.text.index("\n", len(ground.doc.text) // 4), rng.choice((1, 2))
    return _shifted(ground, lambda offset: offset + shift * (offset > place))


@kind("P307", one=True)
def offsets_in_bytes(ground: Ground, rng: random.Random) -> Planted | None:
    """All offsets count bytes of UTF-8."""
    text = ground.doc.text
    if text[: len(text) // 2].isascii():
        return None
    return _shifted(ground, lambda offset: len(text[:offset].encode()))


@kind("P307", one=True)
def offsets_in_utf16(ground: Ground, rng: random.Random) -> Planted:
    """All offsets count UTF-16, with an emoji in the headline."""
    doc = ground.doc
    doc.replace(0, 0, "😀 ")
    return _shifted(ground, lambda offset: len(doc.text[:offset].encode("utf-16-le")) // 2)


@kind("P307", one=True, docs=2)
def another_text(ground: Ground, rng: random.Random) -> Planted:
    """The text is that of another article, with the checksum of that text everywhere."""
    doc, other = ground.docs
    ground.docs = [doc]
    last = max(span["end"] for span in doc.spans())
    doc.set_text(other.text + "\n" * max(0, last - len(other.text)))
    return Planted(files=(doc.path(),))
