"""Kinds of faults in entities and mentions: chains, forms, names and knowledge-base ids."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from support.plant import Planted, kind
from support.plant_ground import Doc, Ground, Record
from support.plant_quotes import changed

KB_DAY = "2026-11-24"
GENDERED = ("he", "him", "his", "she", "her", "hers", "himself", "herself")
HOMOGLYPHS = {"a": "а", "e": "е", "o": "о", "c": "с", "p": "р", "x": "х"}
"""Latin letters and the Cyrillic letters that look the same."""


def words(mention: Record) -> str:
    return " … ".join(span["text"] for span in mention["spans"])


def named(doc: Doc, type_: str | None = None, at_least: int = 1) -> list[Record]:
    """Return the entities of a type that at least so many mentions name."""
    of_type = [one for one in doc.layer("entities") if type_ in (None, one["type"])]
    return [one for one in of_type if len(names_of(doc, one["id"])) >= at_least]


def names_of(doc: Doc, entity: str) -> list[Record]:
    return doc.where("mentions", entity=entity, form="NAM")


def repeated(doc: Doc, at_least: int) -> list[list[Record]]:
    """Return, for each entity, its mentions of one and the same name, if there are so many."""
    groups = []
    for entity in named(doc, None, at_least):
        names = names_of(doc, entity["id"])
        for name in sorted({words(one) for one in names}):
            same = [one for one in names if words(one) == name]
            if len(same) >= at_least:
                groups.append(same)
    return groups


def free(doc: Doc, mention: Record) -> bool:
    return not any(mention["id"] in quote["source"] for quote in doc.layer("quotes"))


def into_another_chain(ground: Ground, rng: random.Random, family: bool) -> Planted | None:
    """Move a mention of a name that occurs twice to another entity of its type."""
    doc = ground.doc
    found = []
    for group in repeated(doc, 2):
        own = doc.get("entities", group[0]["entity"])
        others = [one["id"] for one in doc.where("entities", type=own["type"]) if one is not own]
        if own["type"] != "GPE" and family == (own["type"] == "PER" and " " not in words(group[0])):
            found += [(mention, other) for mention in group for other in others if free(doc, mention)]
    if not found:
        return None
    mention, entity = rng.choice(found)
    old, mention["entity"] = mention["entity"], entity
    return Planted((mention["id"], old, entity))


@kind("E510")
def name_in_another_chain(ground: Ground, rng: random.Random) -> Planted | None:
    """A mention of a name is in the chain of another entity of its type."""
    return into_another_chain(ground, rng, family=False)


@kind()
def family_name_in_another_chain(ground: Ground, rng: random.Random) -> Planted | None:
    """A mention of a family name is in the chain of another person."""
    return into_another_chain(ground, rng, family=True)


@kind("E511")
def pronoun_in_organisation(ground: Ground, rng: random.Random) -> Planted | None:
    """“He” or “she” is in the chain of an organisation."""
    doc = ground.doc
    firms = named(doc, "ORG")
    found = [one for one in doc.where("mentions", form="PRO") if words(one).lower() in GENDERED and free(doc, one)]
    if not firms:
        return None
    return changed(ground, rng, found, lambda one: one.update(entity=rng.choice(firms)["id"]))


@kind("E511")
def it_is_a_person(ground: Ground, rng: random.Random) -> Planted | None:
    """“It” or “its” is in the chain of a person who is “he” or “she” elsewhere."""
    doc = ground.doc
    gendered = {one["entity"] for one in doc.where("mentions", form="PRO") if words(one).lower() in GENDERED}
    people = [one for one in named(doc, "PER") if one["id"] in gendered]
    found = [one for one in doc.where("mentions", form="PRO") if words(one).lower() in ("it", "its") and free(doc, one)]
    if not people:
        return None
    return changed(ground, rng, found, lambda one: one.update(entity=rng.choice(people)["id"]))


@kind("E512")
def she_is_a_man(ground: Ground, rng: random.Random) -> Planted | None:
    """“He” is in a chain in which all other pronouns are “she”, or the other way."""
    doc = ground.doc
    sides = (("he", "him", "his"), ("she", "her", "hers"))
    found = []
    for mine, theirs in (sides, sides[::-1]):
        chains = {one["entity"] for one in doc.where("mentions", form="PRO") if words(one).lower() in mine}
        others = [one for one in doc.where("mentions", form="PRO") if words(one).lower() in theirs and free(doc, one)]
        found += [(one, chain) for chain in sorted(chains) for one in others if one["entity"] not in chains]
    if not found:
        return None
    mention, chain = rng.choice(found)
    mention["entity"] = chain
    return Planted((mention["id"], chain))


def merge(ground: Ground, rng: random.Random, fitting: list[Record]) -> Planted | None:
    """Make one entity of two that hold no stance."""
    doc = ground.doc
    holders = {stance["holder"] for stance in doc.layer("stances")}
    entities = [one for one in fitting if one["id"] not in holders]
    if len(entities) < 2:
        return None
    one, other = rng.sample(entities, 2)
    doc.layer("entities").remove(other)
    for record in (*doc.layer("mentions"), *doc.layer("quotes")):
        for name in ("entity", "speaker", "addressee"):
            if record.get(name) == other["id"]:
                record[name] = one["id"]
    return Planted((one["id"], *(mention["id"] for mention in doc.mentions_of(one["id"]))))


def with_full_name(doc: Doc) -> list[Record]:
    """Return the persons whose name is two words with a capital, as a mention has it."""
    full = re.compile(r"(?!Mrs? |Ms |Dr )[A-Z]\w+ [A-Z]\w+")
    named_so = [one for one in named(doc, "PER") if full.fullmatch(one["name"])]
    return [one for one in named_so if any(words(name) == one["name"] for name in names_of(doc, one["id"]))]


@kind("E519")
def merged_people(ground: Ground, rng: random.Random) -> Planted | None:
    """Two persons with full names are one entity."""
    return merge(ground, rng, with_full_name(ground.doc))


@kind()
def merged_descriptions(ground: Ground, rng: random.Random) -> Planted | None:
    """Two persons without names are one entity."""
    doc = ground.doc
    return merge(ground, rng, [one for one in doc.where("entities", type="PER") if not names_of(doc, one["id"])])


@kind()
def merged_places(ground: Ground, rng: random.Random) -> Planted | None:
    """Two named places are one entity."""
    return merge(ground, rng, named(ground.doc, "GPE")) or merge(ground, rng, named(ground.doc, "LOC"))


@kind("E510")
def split_chain(ground: Ground, rng: random.Random) -> Planted | None:
    """Half of the mentions of one name are in an entity of their own."""
    doc = ground.doc
    groups = [
        (group, moving) for group in repeated(doc, 3) if (moving := [one for one in group[1::2] if free(doc, one)])
    ]
    if not groups:
        return None
    group, moving = rng.choice(groups)
    old = doc.get("entities", group[0]["entity"])
    doc.layer("entities").append({**old, "id": "split", "kb": None, "kb_date": None})
    for mention in moving:
        mention["entity"] = "split"
    return Planted(("split", old["id"], *(one["id"] for one in group)))


@kind("E502")
def split_chain_with_id(ground: Ground, rng: random.Random) -> Planted | None:
    """Two entities have the same knowledge-base id."""
    doc = ground.doc
    one, other = rng.sample(doc.where("entities", type="PER"), 2)
    one |= {"kb": "wikidata:Q1617", "kb_date": KB_DAY}
    other |= {"kb": "wikidata:Q1617", "kb_date": KB_DAY}
    return Planted((one["id"], other["id"]))


@kind("E501")
def two_types(ground: Ground, rng: random.Random) -> Planted | None:
    """One knowledge-base id has two types."""
    doc = ground.doc
    one, other = rng.choice(named(doc, "PER")), rng.choice(named(doc, "ORG") or named(doc, "GPE"))
    one |= {"kb": "wikidata:Q1617", "kb_date": KB_DAY}
    other |= {"kb": "wikidata:Q1617", "kb_date": KB_DAY}
    return Planted((one["id"], other["id"]))


@kind("E505", "S501")
def kb_without_date(ground: Ground, rng: random.Random) -> Planted | None:
    """A knowledge-base id has no date."""
    return changed(ground, rng, named(ground.doc), lambda one: one.update(kb="wikidata:Q1617", kb_date=None))


@kind("R410")
def impossible_kb(ground: Ground, rng: random.Random) -> Planted | None:
    """A knowledge-base id has an impossible form: wikidata:1617."""
    return changed(ground, rng, named(ground.doc), lambda one: one.update(kb="wikidata:1617", kb_date=KB_DAY))


@kind("R410")
def kb_is_address(ground: Ground, rng: random.Random) -> Planted | None:
    """A knowledge-base id is the address of its page."""
    address = "https://www.wikidata.org/wiki/Q1617"
    return changed(ground, rng, named(ground.doc), lambda one: one.update(kb=address, kb_date=KB_DAY))


@kind("C630")
def kb_in_future(ground: Ground, rng: random.Random) -> Planted | None:
    """The date of a knowledge-base id is in the future."""
    return changed(ground, rng, named(ground.doc), lambda one: one.update(kb="wikidata:Q1617", kb_date="2099-01-01"))


@kind("E503")
def never_mentioned(ground: Ground, rng: random.Random) -> Planted:
    """An entity has no mention."""
    doc = ground.doc
    doc.layer("entities").append({"id": "new", "type": "PER", "name": "Ivo Marr", "kb": None, "kb_date": None})
    return Planted(("new",))


@kind("R402")
def deleted_entity(ground: Ground, rng: random.Random) -> Planted:
    """An entity is deleted, and its mentions are not."""
    doc = ground.doc
    entity = rng.choice(doc.layer("entities"))
    doc.layer("entities").remove(entity)
    holders = [
        one for layer in ("mentions", "quotes", "stances") for one in doc.layer(layer) if entity["id"] in one.values()
    ]
    return Planted(tuple(one["id"] for one in holders))


@kind("E504")
def mention_twice(ground: Ground, rng: random.Random) -> Planted:
    """A mention is entered twice."""
    doc = ground.doc
    mention = rng.choice(doc.layer("mentions"))
    doc.layer("mentions").append({**mention, "id": "again"})
    return Planted((mention["id"], "again"))


@kind("E515")
def name_of_no_mention(ground: Ground, rng: random.Random) -> Planted | None:
    """The name of an entity has a letter that no mention has."""
    proper = re.compile(r"\b[A-Z]\w{3,}")

    def misspell(entity: Record) -> None:
        word = rng.choice(list(proper.finditer(entity["name"])))
        at = rng.randrange(word.start() + 1, word.end())
        entity["name"] = entity["name"][:at] + ("k" if entity["name"][at] != "k" else "q") + entity["name"][at + 1 :]

    return changed(ground, rng, (one for one in named(ground.doc) if proper.search(one["name"])), misspell)


@kind("E516")
def homoglyph(ground: Ground, rng: random.Random) -> Planted | None:
    """The name of an entity has a Cyrillic letter among Latin ones."""

    def disguise(entity: Record) -> None:
        latin = next(letter for letter in HOMOGLYPHS if letter in entity["name"][1:])
        entity["name"] = entity["name"][:1] + entity["name"][1:].replace(latin, HOMOGLYPHS[latin], 1)

    found = [one for one in named(ground.doc) if not HOMOGLYPHS.keys().isdisjoint(one["name"][1:])]
    return changed(ground, rng, found, disguise)


@kind("E514")
def occurrences_not_annotated(ground: Ground, rng: random.Random) -> Planted | None:
    """Half of the occurrences of a name are not annotated."""
    doc = ground.doc

    def alone(mention: Record) -> bool:
        begin, stop = mention["spans"][0]["start"], mention["spans"][0]["end"]
        over = [
            one
            for other in doc.layer("mentions")
            for one in other["spans"]
            if one["start"] < stop and begin < one["end"]
        ]
        return free(doc, mention) and len(over) == 1

    groups = []
    for group in repeated(doc, 4):
        half = -(-len(re.findall(rf"\b{re.escape(words(group[0]))}\b", doc.text)) // 2)
        gone = [one for one in group if alone(one)][:half]
        if len(gone) == half < len(group):
            groups.append((group, gone))
    if not groups:
        return None
    group, gone = rng.choice(groups)
    doc.gold["mentions"] = [one for one in doc.layer("mentions") if one not in gone]
    spans = tuple((span["start"], span["end"]) for one in gone for span in one["spans"])
    return Planted((group[0]["entity"],), spans)


@kind("C650", compared=True)
def dropped_mention(ground: Ground, rng: random.Random) -> Planted | None:
    """A mention is missing that both annotators have."""
    doc = ground.doc
    found = [
        one
        for one in doc.layer("mentions")
        if free(doc, one)
        and len(doc.mentions_of(one["entity"])) > 2
        and (one["form"] != "NAM" or len(names_of(doc, one["entity"])) > 1)
        and all(
            any(other["spans"] == one["spans"] for other in value["mentions"]) for value in doc.annotations.values()
        )
    ]
    if not found:
        return None
    mention = rng.choice(found)
    doc.layer("mentions").remove(mention)
    return Planted((), tuple((span["start"], span["end"]) for span in mention["spans"]))


@kind("C609", compared=True)
def type_that_nobody_chose(ground: Ground, rng: random.Random) -> Planted | None:
    """The type of an entity is one that neither annotator chose."""
    doc = ground.doc

    def types(entity: Record) -> set[str]:
        spans = [one["spans"] for one in names_of(doc, entity["id"])]
        chosen = set()
        for value in doc.annotations.values():
            by_id = {one["id"]: one["type"] for one in value["entities"]}
            chosen |= {by_id[one["entity"]] for one in value["mentions"] if one["spans"] in spans}
        return chosen

    found = [one for one in named(doc) if len(types(one)) == 1]
    return changed(ground, rng, found, lambda one: one.update(type="EVENT" if one["type"] != "EVENT" else "WORK"))


def reform(title: str, old: str, new: str, *codes: str, fits: Callable[[str], bool]) -> None:
    """Add the kind that gives a mention another form."""

    def plant(ground: Ground, rng: random.Random) -> Planted | None:
        doc = ground.doc
        found = [one for one in doc.where("mentions", form=old) if fits(words(one)) and free(doc, one)]
        found = [one for one in found if new != "PRO" or len(doc.where("mentions", form=old, entity=one["entity"])) > 1]
        return changed(ground, rng, found, lambda one: one.update(form=new))

    plant.__doc__ = f"{title}."
    kind(*codes)(plant)


def with_pronoun(said: str) -> bool:
    return any(word in (*PRONOUNS, *OTHER_PRONOUNS) for word in re.findall(r"\w+", said.lower()))


OTHER_PRONOUNS = ("my", "your", "our", "this", "that", "these", "those", "one", "both", "other", "all", "some", "many")
PRONOUNS = (*GENDERED, "it", "its", "they", "them", "their", "who")
reform("A pronoun is marked as a name", "PRO", "NAM", "E513", fits=lambda said: said.lower() in PRONOUNS)
reform("A pronoun is marked as a description", "PRO", "NOM", "E513", fits=lambda said: said.lower() in PRONOUNS)
reform("A name is marked as a pronoun", "NAM", "PRO", "E513", fits=lambda said: not with_pronoun(said))
reform("A description is marked as a pronoun", "NOM", "PRO", "E513", fits=lambda said: not with_pronoun(said))


@kind("E506")
def merged_by_words(ground: Ground, rng: random.Random) -> Planted | None:
    """Two anonymous persons are one entity, because their descriptions are alike."""
    doc = ground.doc
    text = doc.text
    lines = "\n\nA clerk at the harbour laughed. Another clerk at the harbour wept."
    if text.endswith("\n"):
        lines = lines[1:]
    doc.replace(len(text), len(text), lines)
    doc.layer("entities").append(
        {"id": "new", "type": "PER", "name": "a clerk at the harbour", "kb": None, "kb_date": None}
    )
    for i, said in enumerate(("A clerk at the harbour", "Another clerk at the harbour")):
        at = doc.text.index(said, len(text))
        doc.layer("mentions").append(
            {"id": f"new{i}", "spans": [doc.span(at, at + len(said))], "form": "NOM", "entity": "new"}
        )
    return Planted(("new", "new0", "new1"))
