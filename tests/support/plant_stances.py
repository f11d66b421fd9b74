"""Kinds of faults in stances."""

from __future__ import annotations

import random

from support.plant import Planted, kind
from support.plant_ground import Doc, Ground, Record
from support.plant_quotes import changed


def of_speakers(doc: Doc) -> list[Record]:
    return [one for one in doc.where("stances", scope="speaker") if one["evidence_quotes"]]


TARGETS = {"build-ossel-barrage", "keep-night-ferry", "classroom-phone-ban"}


def other_targets(doc: Doc) -> list[str]:
    return sorted(TARGETS - {one["target"] for one in doc.layer("stances")})


@kind("C656", compared=True)
def flipped(ground: Ground, rng: random.Random) -> Planted | None:
    """In favour becomes against, and both annotators have it in favour."""
    doc = ground.doc

    def agreed(stance: Record) -> bool:
        name = {
            value["doc_id"] + a: {e["id"]: e["name"] for e in value["entities"]} for a, value in doc.annotations.items()
        }
        mine = name[doc.doc_id + "gold"].get(stance["holder"])
        return all(
            any(
                (one["scope"], one["target"], one["label"]) == (stance["scope"], stance["target"], stance["label"])
                and name[doc.doc_id + annotator].get(one["holder"]) == mine
                for one in value["stances"]
            )
            for annotator, value in doc.annotations.items()
        )

    other = {"favor": "against", "against": "favor"}
    found = [one for one in doc.layer("stances") if one["label"] in other and agreed(one)]
    return changed(ground, rng, found, lambda one: one.update(label=other[one["label"]]))


@kind("S501")
def strongly_neutral(ground: Ground, rng: random.Random) -> Planted | None:
    """A neutral stance has intensity 3."""
    return changed(ground, rng, ground.doc.where("stances", label="neutral"), lambda one: one.update(intensity=3))


@kind("T501")
def held_by_another(ground: Ground, rng: random.Random) -> Planted | None:
    """The holder of a stance is another person than its evidence quotes."""
    doc = ground.doc

    def other(stance: Record) -> str:
        holders = {one["holder"] for one in doc.layer("stances")}
        return next(one["id"] for one in doc.where("entities", type="PER") if one["id"] not in holders)

    return changed(ground, rng, of_speakers(doc), lambda one: one.update(holder=other(one)))


@kind("T501")
def evidence_of_another(ground: Ground, rng: random.Random) -> Planted | None:
    """The evidence of a stance is a quote of another speaker."""
    doc = ground.doc

    def other(stance: Record) -> list[str]:
        return [next(q["id"] for q in doc.layer("quotes") if q["speaker"] not in (None, stance["holder"]))]

    return changed(ground, rng, of_speakers(doc), lambda one: one.update(evidence_quotes=other(one)))


@kind("T502", "S501")
def article_with_holder(ground: Ground, rng: random.Random) -> Planted | None:
    """The stance of the article or of the headline has a holder."""
    doc = ground.doc
    found = [one for one in doc.layer("stances") if one["scope"] in ("article", "headline")]
    return changed(ground, rng, found, lambda one: one.update(holder=rng.choice(doc.layer("entities"))["id"]))


@kind("T503")
def contradicted(ground: Ground, rng: random.Random) -> Planted | None:
    """One holder has two stances towards one target."""
    doc = ground.doc
    if not doc.layer("stances"):
        return None
    stance = rng.choice(doc.layer("stances"))
    label = "against" if stance["label"] != "against" else "favor"
    doc.layer("stances").append({**stance, "id": "again", "label": label})
    return Planted((stance["id"], "again"))


@kind("T504")
def entered_twice(ground: Ground, rng: random.Random) -> Planted | None:
    """A stance is entered twice."""
    doc = ground.doc
    if not doc.layer("stances"):
        return None
    stance = rng.choice(doc.layer("stances"))
    doc.layer("stances").append({**stance, "id": "again"})
    return Planted((stance["id"], "again"))


@kind("T505", "S501")
def without_evidence(ground: Ground, rng: random.Random) -> Planted | None:
    """A stance has no evidence."""
    found = ground.doc.where("stances", scope="speaker")
    return changed(ground, rng, found, lambda one: one.update(evidence_quotes=[], evidence_spans=[]))


@kind("T506", "S501")
def without_holder(ground: Ground, rng: random.Random) -> Planted | None:
    """A speaker's stance has no holder."""
    found = ground.doc.where("stances", scope="speaker")
    return changed(ground, rng, found, lambda one: one.update(holder=None))


@kind("R405")
def unknown_target(ground: Ground, rng: random.Random) -> Planted | None:
    """The target of a stance is misspelt."""
    return changed(ground, rng, ground.doc.layer("stances"), lambda one: one.update(target=one["target"] + "s"))


@kind("S205")
def too_strong(ground: Ground, rng: random.Random) -> Planted | None:
    """The intensity of a stance is 4."""
    return changed(ground, rng, ground.doc.layer("stances"), lambda one: one.update(intensity=4))


@kind("T520")
def inner_evidence(ground: Ground, rng: random.Random) -> Planted | None:
    """The evidence of a stance names a quote and the quote inside of it."""
    doc = ground.doc
    inner = {one["parent"]: one["id"] for one in doc.layer("quotes") if one["parent"]}
    speaker = {one["id"]: one["speaker"] for one in doc.layer("quotes")}
    found = [
        one
        for one in of_speakers(doc)
        if (quote := one["evidence_quotes"][0]) in inner
        and speaker[inner[quote]] == one["holder"]
        and inner[quote] not in one["evidence_quotes"]
    ]
    return changed(ground, rng, found, lambda one: one["evidence_quotes"].append(inner[one["evidence_quotes"][0]]))


@kind("S501")
def evidence_without_quote(ground: Ground, rng: random.Random) -> Planted | None:
    """The evidence of a speaker's stance is a span and no quote."""
    doc = ground.doc

    def as_spans(stance: Record) -> None:
        quote = doc.get("quotes", stance["evidence_quotes"][0])
        stance |= {"evidence_quotes": [], "evidence_spans": quote["content"][:1]}

    return changed(ground, rng, of_speakers(doc), as_spans)


@kind()
def evidence_elsewhere(ground: Ground, rng: random.Random) -> Planted | None:
    """The evidence of a stance is another quote of its holder."""
    doc = ground.doc

    def other(stance: Record) -> list[str]:
        mine = doc.where("quotes", speaker=stance["holder"], parent=None)
        return [one["id"] for one in mine if one["id"] not in stance["evidence_quotes"]]

    found = [one for one in of_speakers(doc) if other(one)]
    return changed(ground, rng, found, lambda one: one.update(evidence_quotes=other(one)[:1]))


@kind()
def wrong_target(ground: Ground, rng: random.Random) -> Planted | None:
    """A stance is towards the target of another story."""
    doc = ground.doc
    return changed(ground, rng, doc.layer("stances"), lambda one: one.update(target=other_targets(doc)[0]))
