"""Kinds of faults that two documents, two annotators or a release show."""

from __future__ import annotations

import copy
import random
import re

from support.plant import Planted, kind
from support.plant_ground import LAYERS, Doc, Ground, Record
from support.plant_quotes import MARKS, content

MARKS_OF = {"direct": 1, "mixed": 1, "indirect": 0, "reported": 0, "free_indirect": 0}
"""The pairs of marks in a paragraph that holds one quote and nothing else in marks."""


def record_of(doc: Doc) -> str:
    return f"raw/{doc.doc_id}.json"


def all_files(*docs: Doc) -> tuple[str, ...]:
    return tuple(path for doc in docs for path in (record_of(doc), *map(doc.path, doc.annotations)))


def split_apart(one: Doc, other: Doc) -> None:
    one.record |= {"split": "train", "story": None}
    other.record |= {"split": "test", "story": None}


def reworded(text: str, share: float, rng: random.Random) -> str:
    """Return a text with a share of its words replaced, each by one that the text has elsewhere."""
    pieces = re.split(r"(\w+)", text)
    places = range(1, len(pieces), 2)
    others = [pieces[i] for i in places]
    for i in rng.sample(list(places), round(len(places) * share)):
        pieces[i] = rng.choice(others)
    return "".join(pieces)


def copied(ground: Ground, text: str) -> Planted:
    """Put a text into another split, as a document without annotations."""
    doc, other = ground.docs
    split_apart(doc, other)
    other.annotations = {}
    other.set_text(text)
    return Planted(files=(record_of(doc), record_of(other)))


@kind("C606", docs=2)
def copy_in_another_split(ground: Ground, rng: random.Random) -> Planted:
    """A copy of a text is in another split."""
    return copied(ground, ground.doc.text)


@kind("C606", docs=2)
def copy_with_headline(ground: Ground, rng: random.Random) -> Planted:
    """A copy under another headline is in another split."""
    return copied(ground, "Another headline for it\n" + ground.doc.text.partition("\n")[2])


@kind("C606", "C639", docs=2)
def copy_reworded_10(ground: Ground, rng: random.Random) -> Planted:
    """A copy with 10% of its words replaced is in another split."""
    return copied(ground, reworded(ground.doc.text, 0.1, rng))


@kind("C606", "C639", docs=2)
def copy_reworded_20(ground: Ground, rng: random.Random) -> Planted:
    """A copy with 20% of its words replaced is in another split."""
    return copied(ground, reworded(ground.doc.text, 0.2, rng))


@kind("C606", "C639", docs=2)
def copy_reworded_30(ground: Ground, rng: random.Random) -> Planted:
    """A copy with 30% of its words replaced is in another split."""
    return copied(ground, reworded(ground.doc.text, 0.3, rng))


@kind("C606", "C639", docs=2)
def excerpt_half(ground: Ground, rng: random.Random) -> Planted:
    """The first half of a text is in another split."""
    text = ground.doc.text
    return copied(ground, text[: text.index("\n", len(text) // 2)])


@kind("C606", "C639", docs=2)
def excerpt_third(ground: Ground, rng: random.Random) -> Planted:
    """A third of a text is in another split, after a headline of its own."""
    text = ground.doc.text
    return copied(
        ground, "In brief\n\n" + text[text.index("\n", len(text) // 3) : text.index("\n", 2 * len(text) // 3)]
    )


@kind("C607", docs=2)
def story_in_two_splits(ground: Ground, rng: random.Random) -> Planted:
    """Two articles of a story are in different splits."""
    doc, other = ground.docs
    split_apart(doc, other)
    doc.record["story"] = other.record["story"] = "bridge"
    return Planted(files=(record_of(doc), record_of(other)))


@kind("C644", docs=2)
def twin_elsewhere(ground: Ground, rng: random.Random) -> Planted:
    """A twin is in another story than its original."""
    doc, other = ground.docs
    doc.record |= {"split": "test", "story": "bridge", "twin_of": other.doc_id, "twin_kind": "noisy"}
    other.record |= {"split": "test", "story": "ferry"}
    return Planted(files=(record_of(doc), record_of(other)))


@kind("C644", docs=1)
def twin_of_nothing(ground: Ground, rng: random.Random) -> Planted:
    """A twin names an original that the corpus does not have."""
    ground.doc.record |= {"twin_of": "no-such-article", "twin_kind": "paraphrase"}
    return Planted(files=(record_of(ground.doc),))


def noisy_twin(doc: Doc, original: Doc) -> None:
    same = {"split": "test", "story": original.doc_id}
    original.record |= same
    doc.record |= {**same, "twin_of": original.doc_id, "twin_kind": "noisy"}


@kind("C645", docs=2)
def stale_noisy_twin(ground: Ground, rng: random.Random) -> Planted:
    """Gold of an article was corrected after its noisy twin was made."""
    doc, other = ground.docs
    noisy_twin(doc, other)
    doc.gold["provenance"] = {"tool": "corpus twin", "original_sha256": f"{rng.getrandbits(256):064x}"}
    return Planted(files=(doc.path("gold"),))


@kind("C646", docs=5)
def article_without_twin(ground: Ground, rng: random.Random) -> Planted:
    """An article has no noisy twin, and two others of its split have one."""
    doc, *others = ground.docs
    for twin, original in (others[:2], others[2:]):
        noisy_twin(twin, original)
    doc.record |= {"split": "test", "story": None}
    return Planted(files=(record_of(doc),))


@kind("C637", docs=3)
def misspelt_story(ground: Ground, rng: random.Random) -> Planted:
    """The story of an article has a letter more than that of two others."""
    doc, *others = ground.docs
    for one in ground.docs:
        one.record |= {"story": "harbour-vote", "split": "train"}
    doc.record |= {"story": "harbour-votes", "split": "test"}
    return Planted(files=tuple(map(record_of, (doc, *others))))


@kind("C612", docs=2)
def ids_alike(ground: Ground, rng: random.Random) -> Planted:
    """The ids of two documents differ only in case."""
    doc, other = ground.docs
    other.doc_id = doc.doc_id.capitalize()
    other.record["doc_id"] = other.doc_id
    for value in other.annotations.values():
        value["doc_id"] = other.doc_id
    return Planted(files=all_files(doc, other))


@kind("C617", docs=2)
def one_origin(ground: Ground, rng: random.Random) -> Planted:
    """Two annotations name the same annotation of a tool as their origin."""
    doc, other = ground.docs
    for one in (doc, other):
        origin = {"tool": "label-studio", "project": 1, "task": 7, "annotation": 9, "created": "2026-11-24T12:00:00Z"}
        one.gold["provenance"] = origin
    return Planted(files=all_files(doc, other))


def renamed(doc: Doc, old: str, new: str) -> None:
    doc.annotations[new] = {**doc.annotations.pop(old), "annotator": new}


@kind("C636", docs=3, compared=True)
def annotator_misspelt(ground: Ground, rng: random.Random) -> Planted:
    """The name of an annotator has another letter than in two other documents."""
    for one in ground.docs:
        renamed(one, "ann-a", "halloran")
    renamed(ground.doc, "halloran", rng.choice(("haloran", "hallorann", "hallorna", "hallofan")))
    return Planted(files=all_files(*ground.docs))


@kind("C654", compared=True)
def annotator_copied(ground: Ground, rng: random.Random) -> Planted:
    """An annotation is the copy of another annotator's under another name."""
    doc = ground.doc
    doc.annotations["ann-b"] = {**copy.deepcopy(doc.annotations["ann-a"]), "annotator": "ann-b"}
    return Planted(files=tuple(map(doc.path, doc.annotations)))


@kind("C652", compared=True)
def gold_copied(ground: Ground, rng: random.Random) -> Planted | None:
    """Gold is the copy of one annotation, though another differs from it in eight records or more."""
    doc = ground.doc
    taken = rng.choice(("ann-a", "ann-b"))
    one, other = doc.annotations[taken], doc.annotations["ann-b" if taken == "ann-a" else "ann-a"]
    if len(_statements(one) - _statements(other)) < 8:
        return None
    doc.annotations["gold"] = {**copy.deepcopy(doc.annotations[taken]), "annotator": "gold"}
    return Planted(files=tuple(map(doc.path, doc.annotations)))


def _statements(value: Record) -> set[str]:
    """Return what the records of an annotation say without the ids of others: their spans and labels."""
    ids = ("id", "entity", "source", "speaker", "addressee", "parent", "holder", "evidence_quotes", "kb", "kb_date")
    return {
        f"{layer} {sorted((name, str(part)) for name, part in record.items() if name not in ids)}"
        for layer in LAYERS
        for record in value[layer]
    }


@kind("C653", docs=2, compared=True)
def gold_missing(ground: Ground, rng: random.Random) -> Planted:
    """Gold is missing where two annotations exist."""
    doc = ground.doc
    del doc.annotations["gold"]
    return Planted(files=(record_of(doc), *map(doc.path, doc.annotations)))


def sentence_twice(ground: Ground, rng: random.Random) -> tuple[Record, Record] | None:
    """Append a sentence with a quote of a document to another, with its annotation; return both quotes."""
    doc, other = ground.docs
    fitting = []
    for quote in doc.layer("quotes"):
        ((start, end), *more) = content(quote)
        begin = doc.text.rfind("\n", 0, start) + 1
        stop = doc.text.find("\n", end)
        inner = [one for one in doc.layer("quotes") if begin <= content(one)[0][0] and content(one)[-1][1] <= stop]
        marks = len(MARKS.findall(doc.text[begin:stop])) == 2 * MARKS_OF[quote["type"]]
        if not more and marks and len(inner) == 1 and 60 < stop - begin < 400 and quote["cue"] and quote["speaker"]:
            fitting.append((quote, begin, stop))
    if not fitting:
        return None
    quote, begin, stop = rng.choice(fitting)
    at = len(other.text) + 2 - begin
    other.replace(len(other.text), len(other.text), f"\n\n{doc.text[begin:stop]}\n")
    ids: dict[str, str] = {}
    for mention in doc.layer("mentions"):
        if begin <= mention["spans"][0]["start"] < stop or mention["id"] in quote["source"]:
            entity = doc.get("entities", mention["entity"])
            if other.where("entities", name=entity["name"]):
                return None
            ids[mention["id"]] = f"copy-{mention['id']}"
            if entity["id"] not in ids:
                ids[entity["id"]] = f"copy-{entity['id']}"
                named = {**entity, "id": ids[entity["id"]], "name": mention["spans"][0]["text"]}
                other.layer("entities").append(named)
            spans = [other.span(one["start"] + at, one["end"] + at) for one in mention["spans"]]
            other.layer("mentions").append(
                {**mention, "id": ids[mention["id"]], "entity": ids[entity["id"]], "spans": spans}
            )
    if quote["speaker"] not in ids or any(one not in ids for one in quote["source"]):
        return None
    for nonquote in doc.layer("nonquotes"):
        if begin <= nonquote["spans"][0]["start"] < stop:
            spans = [other.span(one["start"] + at, one["end"] + at) for one in nonquote["spans"]]
            other.layer("nonquotes").append({**nonquote, "id": f"copy-{nonquote['id']}", "spans": spans})
    again = {**quote, "id": "copy", "parent": None, "addressee": ids.get(quote["addressee"])}
    again |= {"speaker": ids[quote["speaker"]], "source": [ids[one] for one in quote["source"]]}
    for part in ("content", "cue"):
        again[part] = [other.span(one["start"] + at, one["end"] + at) for one in quote[part]]
    other.layer("quotes").append(again)
    return quote, again


@kind("C657", docs=2)
def sentence_with_two_labels(ground: Ground, rng: random.Random) -> Planted | None:
    """The quote in a sentence that two documents share has another medium in one of them."""
    found = sentence_twice(ground, rng)
    if found is None:
        return None
    found[1]["medium"] = "thought" if found[1]["medium"] != "thought" else "writing"
    return Planted(files=all_files(*ground.docs))


@kind("C657", docs=2)
def sentence_without_quote(ground: Ground, rng: random.Random) -> Planted | None:
    """The quote in a sentence that two documents share is missing in one of them."""
    found = sentence_twice(ground, rng)
    if found is None or found[0]["type"] in ("direct", "mixed"):
        return None
    ground.docs[1].layer("quotes").remove(found[1])
    return Planted(files=all_files(*ground.docs))


@kind("C614", docs=3)
def bridge(ground: Ground, rng: random.Random) -> Planted:
    """A document without a split shares its story with documents in two splits."""
    doc, *others = ground.docs
    split_apart(*others)
    for one in ground.docs:
        one.record["story"] = "bridge"
    del doc.record["split"]
    return Planted(files=tuple(map(record_of, ground.docs)))


@kind("C610", docs=2)
def name_of_two_types(ground: Ground, rng: random.Random) -> Planted | None:
    """A name is a town in one document and a firm in another."""
    doc, other = ground.docs
    for one, type_ in ((doc, "GPE"), (other, "ORG")):
        at = len(one.text)
        one.replace(at, at, "\n\nQuillhaven had no comment.\n")
        start = one.text.index("Quillhaven", at)
        one.layer("entities").append({"id": "quill", "type": type_, "name": "Quillhaven", "kb": None, "kb_date": None})
        mention = {"id": "quill1", "spans": [one.span(start, start + 10)], "form": "NAM", "entity": "quill"}
        one.layer("mentions").append(mention)
    return Planted(files=all_files(*ground.docs))


@kind("C658", docs=2)
def text_with_two_labels(ground: Ground, rng: random.Random) -> Planted:
    """Two documents have the same text, and a quote of it has another medium in one of them."""
    doc, other = ground.docs
    same = copy.deepcopy(doc)
    same.doc_id = same.record["doc_id"] = same.gold["doc_id"] = other.doc_id
    ground.docs[1] = same
    quote = rng.choice(same.layer("quotes"))
    quote["medium"] = "thought" if quote["medium"] != "thought" else "writing"
    return Planted(files=all_files(doc, same))
