"""Kinds of faults by omission: missing quotes and non-quotes, half a document, and a quote that is invented."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from support.plant import Planted, kind
from support.plant_ground import Ground, Record
from support.plant_quotes import changed, content, end, inside, marked, paragraph, start, twice_annotated


def dropped(ground: Ground, rng: random.Random, fits: Callable[[Record], bool]) -> Planted | None:
    """Delete a quote that nothing refers to."""
    doc = ground.doc
    named = {one["parent"] for one in doc.layer("quotes")} | {
        q for s in doc.layer("stances") for q in s["evidence_quotes"]
    }
    found = [one for one in doc.layer("quotes") if one["id"] not in named and one["parent"] is None and fits(one)]
    if not found:
        return None
    quote = rng.choice(found)
    doc.layer("quotes").remove(quote)
    return Planted((), content(quote))


@kind("C604")
def dropped_direct(ground: Ground, rng: random.Random) -> Planted | None:
    """A direct quote is missing."""
    return dropped(ground, rng, lambda one: one["type"] == "direct" and marked(ground.doc, one))


@kind("C604")
def dropped_direct_of_annotator(ground: Ground, rng: random.Random) -> Planted | None:
    """A direct quote is missing in the annotation of an annotator."""
    doc = ground.doc
    where = dropped(ground, rng, lambda one: one["type"] == "direct" and marked(doc, one))
    doc.annotations = {"ann-a": {**doc.gold, "annotator": "ann-a"}}
    return where and Planted(files=(doc.path("ann-a"),))


@kind("C604")
def dropped_around_child(ground: Ground, rng: random.Random) -> Planted | None:
    """A direct quote is missing, and the quote inside of it is not."""
    doc = ground.doc
    children = {one["parent"]: content(one) for one in doc.layer("quotes") if one["parent"]}
    outer = [one for one in doc.where("quotes", type="direct", parent=None) if marked(doc, one)]
    found = [one for one in outer if len(children.get(one["id"], ())) == 1 and content(one) != children[one["id"]]]
    evidence = {one for stance in doc.layer("stances") for one in stance["evidence_quotes"]}
    found = [one for one in found if one["id"] not in evidence]
    if not found:
        return None
    quote = rng.choice(found)
    doc.layer("quotes").remove(quote)
    for one in doc.layer("quotes"):
        one["parent"] = None if one["parent"] == quote["id"] else one["parent"]
    return Planted((), content(quote))


@kind("C604")
def dropped_inside(ground: Ground, rng: random.Random) -> Planted | None:
    """A quote between marks inside a direct quote is missing."""
    doc = ground.doc
    named = {one["parent"] for one in doc.layer("quotes")} | {
        q for s in doc.layer("stances") for q in s["evidence_quotes"]
    }
    outer = {one["id"] for one in doc.where("quotes", type="direct")}
    found = [
        one
        for one in doc.where("quotes", type="direct")
        if one["parent"] in outer
        and one["id"] not in named
        and len(content(one)) == 1
        and doc.text[start(one) - 1] in "“‘\"'"
        and doc.text[end(one)] in "”’\"'"
    ]
    if not found:
        return None
    quote = rng.choice(found)
    doc.layer("quotes").remove(quote)
    return Planted((), content(quote))


@kind("C604")
def dropped_with_open_mark(ground: Ground, rng: random.Random) -> Planted | None:
    """A direct quote is missing whose straight mark is not closed before the end of its paragraph."""
    doc = ground.doc
    text = '\n\n"The ferry will sail at nine tomorrow, whatever they say.\n\n"And it will sail on Sunday."\n'
    at = len(doc.text)
    doc.replace(at, at, text)
    second = doc.text.index("And it will", at)
    example = next(one for one in doc.where("quotes", type="direct") if one["speaker"])
    quote = {**example, "id": "closed", "content": [doc.span(second, len(doc.text) - 2)], "cue": [], "source": []}
    quote |= {"attribution": "implicit", "parent": None, "addressee": None, "continues_paragraph": False}
    doc.layer("quotes").append(quote)
    return Planted((), ((at, second),))


@kind("Q533")
def dropped_with_cue(ground: Ground, rng: random.Random) -> Planted | None:
    """A retold quote is missing, and its cue is a word of saying."""
    said = ("said", "says", "told", "according to", "warned", "asked")
    where = dropped(
        ground, rng, lambda one: one["type"] == "indirect" and bool(one["cue"]) and one["cue"][0]["text"] in said
    )
    return where and Planted((), where.spans, (ground.doc.path(),))


@kind("C650", compared=True)
def dropped_agreed(ground: Ground, rng: random.Random) -> Planted | None:
    """A retold quote is missing that both annotators have."""
    doc = ground.doc
    return dropped(ground, rng, lambda one: one["type"] in ("indirect", "reported") and twice_annotated(doc, one))


@kind("C651", compared=True)
def invented(ground: Ground, rng: random.Random) -> Planted | None:
    """Gold has a quote that neither annotator has."""
    doc = ground.doc
    taken = [span for value in doc.annotations.values() for one in value["quotes"] for span in content(one)]
    sentences = [one.span() for one in re.finditer(r"[A-Z][^.\n“”\"]{30,}(?=\.)", doc.text)]
    free = [(s, e) for s, e in sentences if not any(s < stop and begin < e for begin, stop in taken)]
    if not free:
        return None
    begin, stop = rng.choice(free)
    example = rng.choice(doc.layer("quotes"))
    quote = {**example, "id": "invented", "content": [doc.span(begin, stop)], "cue": [], "source": [], "parent": None}
    quote |= {"type": "free_indirect", "attribution": "implicit", "addressee": None, "continues_paragraph": False}
    doc.layer("quotes").append(quote)
    return Planted(("invented",))


@kind("Q532")
def half_done(ground: Ground, rng: random.Random) -> Planted | None:
    """The second half of a document has no quotes and mentions."""
    doc = ground.doc
    middle = len(doc.text) // 2
    late = [one for layer in ("quotes", "nonquotes", "mentions") for one in doc.layer(layer) if end(one) > middle]
    if len({paragraph(doc, start(one)) for one in late}) < 3:
        return None
    doc.gold["stances"] = []
    for layer in ("quotes", "nonquotes"):
        doc.gold[layer] = [one for one in doc.layer(layer) if one not in late]
    kept_quotes = {one["id"] for one in doc.layer("quotes")}
    for one in doc.layer("quotes"):
        one["parent"] = one["parent"] if one["parent"] in kept_quotes else None
    sources = {one for quote in doc.layer("quotes") for one in quote["source"]}
    doc.gold["mentions"] = [one for one in doc.layer("mentions") if one not in late or one["id"] in sources]
    kept = {one["entity"] for one in doc.layer("mentions")}
    kept |= {one[name] for one in doc.layer("quotes") for name in ("speaker", "addressee")}
    doc.gold["entities"] = [one for one in doc.layer("entities") if one["id"] in kept]
    return Planted((), ((middle, len(doc.text)),), (doc.path(),))


@kind("Q525")
def nonquote_dropped_in_quote(ground: Ground, rng: random.Random) -> Planted | None:
    """A word in marks inside an indirect quote is neither a quote nor a non-quote."""
    doc = ground.doc
    found = [n for n in doc.layer("nonquotes") if any(inside(n, q) for q in doc.where("quotes", type="indirect"))]
    if not found:
        return None
    one = rng.choice(found)
    doc.layer("nonquotes").remove(one)
    return Planted((), ((start(one), end(one)),))


@kind("C604")
def nonquote_dropped(ground: Ground, rng: random.Random) -> Planted | None:
    """A non-quote is missing."""
    doc = ground.doc
    found = [n for n in doc.layer("nonquotes") if not any(inside(n, q) for q in doc.layer("quotes"))]
    if not found:
        return None
    one = rng.choice(found)
    doc.layer("nonquotes").remove(one)
    return Planted((), ((start(one), end(one)),))


@kind("C609", compared=True)
def nonquote_reason(ground: Ground, rng: random.Random) -> Planted | None:
    """The reason of a non-quote is one that neither annotator chose."""
    doc = ground.doc

    def agreed(one: Record) -> bool:
        return all(any(o["spans"] == one["spans"] for o in v["nonquotes"]) for v in doc.annotations.values())

    def other(one: Record) -> str:
        taken = {o["reason"] for v in doc.annotations.values() for o in v["nonquotes"] if o["spans"] == one["spans"]}
        return next(label for label in ("slogan", "term", "scare", "title") if label not in taken)

    return changed(ground, rng, filter(agreed, doc.layer("nonquotes")), lambda one: one.update(reason=other(one)))


@kind("Q537")
def nonquote_without_marks(ground: Ground, rng: random.Random) -> Planted | None:
    """A word that is not in marks is a non-quote."""
    doc = ground.doc
    taken = [span for quote in doc.layer("quotes") for span in content(quote)]
    found = [one.span() for one in re.finditer(r"(?<=[a-z] )[a-z]{4,}(?= [a-z])", doc.text)]
    free = [(begin, stop) for begin, stop in found if not any(s < stop and begin < e for s, e in taken)]
    doc.layer("nonquotes").append({"id": "unmarked", "spans": [doc.span(*rng.choice(free))], "reason": "scare"})
    return Planted(("unmarked",))
