"""Kinds of faults in the records of articles and in their texts."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable

from support.plant import Planted, kind
from support.plant_ground import Doc, Ground


def of_article(title: str, *codes: str, change: Callable[[Doc], object], one: bool = True) -> None:
    """Add the kind that changes the record or the text of an article; `change` returns False if it cannot."""

    def plant(ground: Ground, rng: random.Random) -> Planted | None:
        doc = ground.doc
        if change(doc) is False:
            return None
        return Planted(files=(f"raw/{doc.doc_id}.json", f"raw/{doc.doc_id}.txt"))

    plant.__doc__ = f"{title}."
    kind(*codes, one=one)(plant)


def cyrillic(doc: Doc) -> None:
    at = doc.text.index("e", len(doc.text) // 2)
    doc.replace(at, at + 1, "е")


def withheld(doc: Doc) -> None:
    doc.record |= {"redistribution": "offsets_only"}


for name, value, title, code in (
    ("language", "english", "The language is a word", "S205"),
    ("language", "EN", "The language is in capitals", "S205"),
    ("url", "www.example.org/a", "The address has no scheme", "S205"),
    ("published", "27.11.2026", "The date of publication is not ISO 8601", "S205"),
    ("published", "2026-02-30", "The date of publication does not exist", "S205"),
    ("license", "CC BY 4.0", "The licence has blanks", "S205"),
    ("redistribution", "yes", "The redistribution is not a label", "S204"),
    ("split", "training", "The split is not a label", "S204"),
    ("length", "7", "The length is a string", "S201"),
    ("license", "CC-BY-4", "The licence is not in the list of SPDX", "C633"),
    ("license", "cc-by-4.0", "The licence is in small letters", "C633"),
    ("license", "LicenseRef-", "The licence is a reference to nothing", "C633"),
    ("language", "xx", "The language does not exist", "C634"),
    ("language", "en-UK", "The region of the language does not exist", "C634"),
    ("language", "ru", "The language is written in another script than the text", "C635"),
    ("published", "2099-01-01", "The article was published in the future", "C630"),
    ("retrieved", "2099-01-01", "The article was retrieved in the future", "C630"),
    ("retrieved", "1999-01-01", "The article was retrieved before it was published", "C631"),
    ("title", "Bridge\u200b opens", "The title has an invisible character", "C605"),
):
    of_article(
        title, *([code] if code else ()), change=lambda doc, name=name, value=value: doc.record.update({name: value})
    )  # type: ignore[misc]

of_article("The record has no licence", "S202", change=lambda doc: doc.record.pop("license"))
of_article("A field of the record is misspelt", "S203", change=lambda doc: doc.record.update(licence="CC-BY-4.0"))
of_article(
    "The length of the text is wrong", "P303", change=lambda doc: doc.record.update(length=doc.record["length"] + 1)
)
of_article("The article has no split", "C601", change=lambda doc: doc.record.pop("split"))
of_article("The corpus holds a text that may not be redistributed", "C602", change=withheld)
of_article("A word of the text has a Cyrillic letter among Latin ones", change=cyrillic)


@kind("P309", "C603")
def quotes_withheld_words(ground: Ground, rng: random.Random) -> Planted:
    """The annotation of a text that may not be redistributed quotes its words."""
    doc = ground.doc
    doc.record |= {"redistribution": "offsets_only"}
    ground.files[f"raw/{doc.doc_id}.txt"] = None
    return Planted(files=(doc.path(),))


@kind("C638", docs=3)
def decomposed(ground: Ground, rng: random.Random) -> Planted | None:
    """A letter of the text and its accent are two characters (not NFC)."""
    doc = ground.doc
    found = re.search(r"[À-ž]", doc.text)
    if found is None or not all(unicodedata.is_normalized("NFC", one.text) for one in ground.docs):
        return None
    doc.replace(*found.span(), unicodedata.normalize("NFD", found[0]))
    return Planted(files=(f"raw/{doc.doc_id}.json",))


@kind("C638", docs=3)
def no_break(ground: Ground, rng: random.Random) -> Planted | None:
    """The text has a no-break space."""
    doc = ground.doc
    if any("\u00a0" in one.text for one in ground.docs):
        return None
    at = doc.text.index(" ", len(doc.text) // 2)
    doc.replace(at, at + 1, "\u00a0")
    return Planted(files=(f"raw/{doc.doc_id}.json",))
