"""Kinds of faults in quotes: type, attribution, cue, source, speaker, nesting, and quotes that are missing."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable
from itertools import pairwise

from support.plant import Planted, kind
from support.plant_ground import Doc, Ground, Record

MARKS = re.compile(r"[“”\"]")


def content(quote: Record) -> tuple[tuple[int, int], ...]:
    return tuple((span["start"], span["end"]) for span in quote["content"])


def start(record: Record) -> int:
    spans = record.get("spans") or record["content"]
    return int(spans[0]["start"])


def end(record: Record) -> int:
    spans = record.get("spans") or record["content"]
    return int(spans[-1]["end"])


def changed(
    ground: Ground, rng: random.Random, records: Iterable[Record], change: Callable[[Record], object]
) -> Planted | None:
    """Change one of the records, None if there are none."""
    found = list(records)
    if not found:
        return None
    record = rng.choice(found)
    record_id = record["id"]
    change(record)
    return Planted((record_id, str(record.get("id"))))


def relabel(
    field: str, old: str, new: str, *codes: str, fits: Callable[[Doc, Record], bool] = lambda doc, quote: True
) -> None:
    """Add the kind that gives a quote another label."""

    def plant(ground: Ground, rng: random.Random) -> Planted | None:
        found = [one for one in ground.doc.where("quotes", **{field: old}) if fits(ground.doc, one)]
        return changed(ground, rng, found, lambda quote: quote.update({field: new}))

    plant.__doc__ = f"The {field.replace('_', ' ')} of a quote is `{new}` in place of `{old}`."
    kind(*codes, compared=fits is twice_annotated)(plant)


def twice_annotated(doc: Doc, quote: Record) -> bool:
    """Return True if both annotators have one quote of this content, with the labels of gold."""
    labels = ("type", "medium", "attribution", "polarity", "speaker_kind")

    def same(value: Record) -> list[bool]:
        here = [one for one in value["quotes"] if content(one) == content(quote)]
        return [all(one[name] == quote[name] for name in labels) for one in here]

    return all(same(value) == [True] for value in doc.annotations.values())


def marked(doc: Doc, quote: Record) -> bool:
    """Return True if marks are around all of a content in one piece."""
    ((begin, stop), *more) = content(quote)
    return not more and doc.text[begin - 1] in '“"' and doc.text[stop] in '”"'


def shown(doc: Doc, quote: Record) -> bool:
    """Return True if marks, or the label of a speaker, show that a quote is direct."""
    begin = content(quote)[0][0]
    label = doc.text[doc.text.rfind("\n", 0, begin) + 1 : begin].rstrip()
    return MARKS.search(doc.text, begin - 1, end(quote) + 1) is not None or label.endswith(":")


def led_up_to(doc: Doc, quote: Record) -> bool:
    """Return True if a word before the marks of a content leads up to it, as in *calls it “a gift”*."""
    return doc.text[: start(quote) - 1].rstrip(" \u00a0")[-1:].isalnum()


def marks_inside(doc: Doc, quote: Record) -> bool:
    """Return True if marks are inside a content and nothing else annotates these."""
    ((begin, stop), *_) = content(quote)
    others = [span for one in doc.layer("quotes") for span in content(one)] + [
        (span["start"], span["end"]) for one in doc.layer("nonquotes") for span in one["spans"]
    ]
    free = not any(begin <= s and e <= stop and (s, e) != (begin, stop) for s, e in others)
    return free and len(MARKS.findall(doc.text[begin:stop])) >= 2


relabel("type", "direct", "indirect", "Q502", fits=shown)
relabel("type", "direct", "free_indirect", "Q502", fits=marked)
relabel("type", "mixed", "direct", "Q501", "Q521", fits=lambda doc, quote: not marked(doc, quote))
relabel("type", "direct", "mixed", "Q524", fits=lambda doc, quote: marked(doc, quote) and not led_up_to(doc, quote))
relabel("type", "mixed", "indirect", "Q525", fits=marks_inside)
relabel("type", "indirect", "direct", "Q501")
relabel(
    "type", "indirect", "mixed", "Q514", fits=lambda doc, quote: not MARKS.search(doc.text[start(quote) : end(quote)])
)
relabel("type", "reported", "direct", "Q501", "Q522")
relabel("type", "free_indirect", "direct", "Q501")
relabel("type", "indirect", "reported", "C609", fits=twice_annotated)
relabel("medium", "speech", "writing", "C609", fits=twice_annotated)
relabel("medium", "unspecified", "thought", "C609", fits=twice_annotated)
relabel("polarity", "asserted", "negated", "C609", fits=twice_annotated)
relabel("polarity", "asserted", "hypothetical", "C609", fits=twice_annotated)
relabel("attribution", "explicit", "anaphoric", "Q526", fits=lambda doc, quote: forms(doc, quote) == {"NAM"})
relabel("attribution", "anaphoric", "explicit", "Q526", fits=lambda doc, quote: forms(doc, quote) == {"PRO"})
relabel("attribution", "explicit", "implicit", "S501")
relabel("attribution", "explicit", "none", "Q510", "S501", fits=lambda doc, quote: quote["speaker"] is not None)
relabel("attribution", "implicit", "explicit", "Q513", "S501")
relabel("speaker_kind", "named", "organisation", "Q530")
relabel("speaker_kind", "named", "anonymous", "Q515")
relabel("speaker_kind", "organisation", "named", "Q530")
relabel("speaker_kind", "organisation", "document", "Q530")
relabel("speaker_kind", "document", "organisation", "Q530")
relabel("speaker_kind", "named", "unknown", "Q515")


def forms(doc: Doc, quote: Record) -> set[str]:
    return {doc.get("mentions", one)["form"] for one in quote["source"]}


def sourced(doc: Doc) -> list[Record]:
    """Return the quotes that have a source, a cue and a speaker."""
    return [one for one in doc.layer("quotes") if one["source"] and one["cue"] and one["speaker"]]


def explicit(doc: Doc) -> list[Record]:
    return [one for one in sourced(doc) if one["attribution"] == "explicit"]


def another_person(doc: Doc, entity: str | None) -> str | None:
    people = [one["id"] for one in doc.where("entities", type="PER") if one["id"] != entity]
    return people[0] if people else None


@kind("Q511")
def swapped_speaker(ground: Ground, rng: random.Random) -> Planted | None:
    """The speaker is another person than the source."""
    doc = ground.doc
    return changed(ground, rng, sourced(doc), lambda one: one.update(speaker=another_person(doc, one["speaker"])))


@kind("C655", compared=True)
def swapped_implicit_speaker(ground: Ground, rng: random.Random) -> Planted | None:
    """The speaker of a quote without a source is another person, and both annotators have the right one."""
    doc = ground.doc

    def named(value: Record, entity: str | None) -> str | None:
        return next((one["name"] for one in value["entities"] if one["id"] == entity), None)

    def agreed(quote: Record) -> bool:
        name = named(doc.gold, quote["speaker"])
        return name is not None and all(
            any(content(one) == content(quote) and named(value, one["speaker"]) == name for one in value["quotes"])
            for value in doc.annotations.values()
        )

    found = [one for one in doc.where("quotes", attribution="implicit") if agreed(one)]
    return changed(ground, rng, found, lambda one: one.update(speaker=another_person(doc, one["speaker"])))


@kind("S501")
def no_speaker(ground: Ground, rng: random.Random) -> Planted | None:
    """An explicit source has no speaker."""
    return changed(ground, rng, explicit(ground.doc), lambda one: one.update(speaker=None, speaker_kind="unknown"))


@kind("S501")
def kind_without_speaker(ground: Ground, rng: random.Random) -> Planted | None:
    """A quote of a named person has no speaker."""
    found = [one for one in ground.doc.where("quotes", speaker_kind="named", attribution="implicit") if one["speaker"]]
    return changed(ground, rng, found, lambda one: one.update(speaker=None))


@kind("Q531")
def addressee_is_speaker(ground: Ground, rng: random.Random) -> Planted | None:
    """The addressee is the speaker."""
    return changed(ground, rng, sourced(ground.doc), lambda one: one.update(addressee=one["speaker"]))


@kind("Q513", "S501")
def no_source(ground: Ground, rng: random.Random) -> Planted | None:
    """An explicit quote has no source."""
    return changed(ground, rng, explicit(ground.doc), lambda one: one.update(source=[]))


@kind("C655", compared=True)
def no_cue(ground: Ground, rng: random.Random) -> Planted | None:
    """A quote lacks the cue that both annotators have."""
    doc = ground.doc

    def has(quote: Record) -> bool:
        return all(
            any(content(one) == content(quote) and one["cue"] == quote["cue"] for one in value["quotes"])
            for value in doc.annotations.values()
        )

    return changed(ground, rng, filter(has, sourced(doc)), lambda one: one.update(cue=[]))


def paragraph(doc: Doc, at: int) -> int:
    return len(re.findall(r"\n+", doc.text[:at]))


@kind("Q529")
def source_elsewhere(ground: Ground, rng: random.Random) -> Planted | None:
    """The source is a mention of the speaker in another paragraph."""
    doc = ground.doc

    def others(quote: Record) -> list[str]:
        here = set(range(paragraph(doc, start(quote)) - 1, paragraph(doc, end(quote)) + 2))
        form = "PRO" if quote["attribution"] == "anaphoric" else "NAM"
        fitting = doc.where("mentions", entity=quote["speaker"], form=form)
        return [one["id"] for one in fitting if paragraph(doc, start(one)) not in here]

    found = [one for one in sourced(doc) if others(one)]
    return changed(ground, rng, found, lambda one: one.update(source=others(one)[:1]))


@kind("Q511")
def source_of_another(ground: Ground, rng: random.Random) -> Planted | None:
    """The source is a mention of another person."""
    doc = ground.doc

    def other(quote: Record) -> list[str]:
        away = [one for one in doc.where("mentions", form="NAM") if one["entity"] != quote["speaker"]]
        return [next(one["id"] for one in away if not inside(one, quote))]

    return changed(ground, rng, explicit(doc), lambda one: one.update(source=other(one)))


def inside(mention: Record, quote: Record) -> bool:
    return any(s < end(mention) and start(mention) < e for s, e in content(quote))


@kind("Q529")
def cue_elsewhere(ground: Ground, rng: random.Random) -> Planted | None:
    """The cue is the cue of a quote in another paragraph."""
    doc = ground.doc

    def other(quote: Record) -> list[Record]:
        here = {paragraph(doc, start(quote)), paragraph(doc, end(quote))}
        return [
            one
            for one in sourced(doc)
            if not here & {paragraph(doc, one["cue"][0]["start"]), paragraph(doc, start(one))}
        ]

    found = [one for one in sourced(doc) if other(one)]
    return changed(ground, rng, found, lambda one: one.update(cue=other(one)[0]["cue"]))


@kind("Q527")
def cue_in_source(ground: Ground, rng: random.Random) -> Planted | None:
    """The cue overlaps the source."""
    doc = ground.doc

    def over(quote: Record) -> None:
        mention = doc.get("mentions", quote["source"][0])
        quote["cue"] = [doc.span(start(mention), end(mention))]

    found = [one for one in sourced(doc) if one["type"] == "direct"]
    return changed(ground, rng, found, over)


@kind("Q503")
def cue_in_content(ground: Ground, rng: random.Random) -> Planted | None:
    """The cue is a word of the content."""
    doc = ground.doc

    def word(quote: Record) -> None:
        found = re.compile(r"\w+").search(doc.text, start(quote))
        assert found is not None
        quote["cue"] = [doc.span(*found.span())]

    return changed(ground, rng, [one for one in sourced(doc) if one["type"] != "reported"], word)


@kind("Q504")
def source_in_content(ground: Ground, rng: random.Random) -> Planted | None:
    """The source is a mention inside the content."""
    doc = ground.doc

    def held(quote: Record) -> list[Record]:
        return [one for one in doc.layer("mentions") if inside(one, quote)]

    found = [one for one in explicit(doc) if one["type"] != "reported" and held(one)]
    return changed(ground, rng, found, lambda one: one.update(source=[held(one)[0]["id"]]))


@kind("Q505")
def child_outside(ground: Ground, rng: random.Random) -> Planted | None:
    """The parent of a quote is a quote elsewhere."""
    doc = ground.doc
    outer = [one for one in doc.layer("quotes") if not any(two["parent"] == one["id"] for two in doc.layer("quotes"))]
    found = [one for one in outer if one["parent"] is None and one is not outer[0]]
    return changed(ground, rng, found, lambda one: one.update(parent=outer[0]["id"]))


@kind("Q508", "Q507")
def no_parent(ground: Ground, rng: random.Random) -> Planted | None:
    """A quote inside another has no parent."""
    # One that has all words of its parent would be Q507.
    content = {one["id"]: one["content"] for one in ground.doc.layer("quotes")}
    inner = (q for q in ground.doc.layer("quotes") if q["parent"] and q["content"] != content[q["parent"]])
    return changed(ground, rng, inner, lambda one: one.update(parent=None))


@kind("R404")
def parent_of_itself(ground: Ground, rng: random.Random) -> Planted | None:
    """A quote is its own parent."""
    return changed(ground, rng, ground.doc.layer("quotes"), lambda one: one.update(parent=one["id"]))


@kind("Q506")
def partial_overlap(ground: Ground, rng: random.Random) -> Planted | None:
    """A quote runs into the quote after it."""
    doc = ground.doc
    outer = sorted((one for one in doc.layer("quotes") if len(one["content"]) == 1 and not one["parent"]), key=start)
    pairs = [(a, b) for a, b in pairwise(outer) if end(a) < start(b) and end(b) - start(b) > 20]
    pairs = [(a, b) for a, b in pairs if "\n" not in doc.text[start(a) : end(b)]]
    if not pairs:
        return None
    one, other = rng.choice(pairs)
    one["content"] = [doc.span(start(one), start(other) + 10)]
    return Planted((one["id"], other["id"]))


@kind("Q528")
def shared_piece(ground: Ground, rng: random.Random) -> Planted | None:
    """A piece of a quote belongs to another quote too."""
    doc = ground.doc
    found = [one for one in doc.layer("quotes") if len(one["content"]) > 1 and not one["parent"]]
    others = [one for one in doc.where("quotes", type="direct", parent=None) if one not in found]
    if not found or not others:
        return None
    one, other = rng.choice(found), rng.choice(others)
    other["content"] = sorted((*other["content"], one["content"][-1]), key=lambda span: span["start"])
    return Planted((one["id"], other["id"]))


@kind("Q507")
def entered_twice(ground: Ground, rng: random.Random) -> Planted | None:
    """A quote is entered twice."""
    quotes = ground.doc.layer("quotes")
    quote = rng.choice(quotes)
    quotes.append({**quote, "id": "again"})
    return Planted((quote["id"], "again"))


@kind("Q512")
def wrong_paragraph_flag(ground: Ground, rng: random.Random) -> Planted | None:
    """A quote is said to run over paragraphs and does not."""
    found = ground.doc.where("quotes", continues_paragraph=False)
    return changed(ground, rng, found, lambda one: one.update(continues_paragraph=True))


@kind("Q509")
def no_antecedent(ground: Ground, rng: random.Random) -> Planted | None:
    """The pronoun that is a source refers to nothing else in the article."""
    doc = ground.doc
    found = [one for one in doc.where("quotes", attribution="anaphoric") if forms(doc, one) == {"PRO"}]
    found = [one for one in found if one["speaker_kind"] == "named"]
    if not found:
        return None
    quote = rng.choice(found)
    mention = doc.get("mentions", quote["source"][0])
    doc.layer("entities").append({"id": "new", "type": "PER", "name": "she", "kb": None, "kb_date": None})
    mention["entity"] = quote["speaker"] = "new"
    return Planted((quote["id"], mention["id"], "new"))
