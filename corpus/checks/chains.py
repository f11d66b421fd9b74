"""Level 5: semantic checks on coreference chains: the names in them, and the names they leave out."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from itertools import combinations, compress

from ..core.json_positions import join_pointer
from ..core.model import Document, Problem
from ..core.pronouns import pronouns_of
from ..core.schema import Schema
from ..core.words import word_places
from .derived import derived, offsets
from .edges import whole_words
from .mentions import mixed_word
from .rule import CheckFunction, at, found

_TITLES = re.compile(
    "(?:the|a|an|der|die|das|dame|dr|frau|herr|lady|lord|madame|miss|monsieur|mrs?|ms|mx|prof|professor|sir"
    "|archbishop|attorney|bishop|brother|captain|capt|cardinal|chief|coach|col|colonel|commissioner|congress(?:wo)?man"
    "|councill?or|count|countess|deputy|detective|duchess|duke|father|gen|general|gov|governor|imam|inspector|judge"
    "|justice|king|lieutenant|lt|major|marshal|mayor|minister|mother|officer|pope|premier|president|prime|prince"
    "|princess|queen|rabbi|rep|representative|rev|reverend|secretary|sen|senator|sergeant|sgt|sheikh|sheriff|sister"
    "|vice|.*(?:chair(?:wo)?man|präsident|kanzler|minister|meister|sprecher|chef|könig|richter|trainer)(?:in)?)"
)
"""Titles and roles in front of names, in English and German, in lower case."""
_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_SHORTEST = 3
"""Characters of the shortest name whose occurrences are counted."""
_LONGEST = 12
"""Words of the longest name; more are a description."""
_ARTICLES = frozenset(("the", "der", "die", "das", "den", "le", "la", "les", "el", "los", "las", "il"))


def same_name(document: Document, schema: Schema) -> Iterator[Problem]:
    """E510: Two entities of one type have the same name.

    What: two entities of one type have one `name`, or are mentioned by the same name. Case and white space are ignored.
    Two people may be mentioned by one family name, and a country by the name of its capital.
    Why: within one article, a name nearly always stands for one thing, so the chain was split in two.
    Bad: e1 and e4, both GPE and *Dunfold*.
    Good: e1 alone, with the mentions of both.
    Do: merge the two entities, or correct the entity of the mentions.
    """
    entities, mentions = document.layer("entities"), document.layer("mentions")
    names = [name_key(str(entity.get("name") or "")) for entity in entities]
    first: dict[tuple[str, object], int] = {}
    for i, entity in enumerate(entities):
        mentioned = derived(document, schema).words_of.get(entity["id"], ())
        type_ = entity.get("type")
        named = (name_key(words) for j, words in mentioned if type_ != "GPE" and mentions[j].get("form") == "NAM")
        own = dict.fromkeys([names[i], *named])
        twins = {first.setdefault((name, type_), i): name for name in reversed(own) if name}
        for j, name in sorted(twins.items()):
            family = type_ == "PER" and " " not in name and name not in (names[i], names[j])
            if j != i and not family:
                related = (at(document, "entities", j, message="the other entity"),)
                detail = f"{name!r} is also {entities[j]['id']}, {type_}"
                yield found(same_name, document, detail, join_pointer("entities", i), related=related)


def he_and_she(document: Document, schema: Schema) -> Iterator[Problem]:
    """E512: A person is referred to as he and as she.

    What: pronouns of both genders are mentions of one person. For the languages, see E511. A noisy twin is not asked:
    a wrong pronoun is one of its faults.
    Why: two people are most likely merged into one: whatever one of them says counts for the other.
    Bad: *she* and *his* as mentions of e1.
    Good: e1 and e2.
    Do: make two entities of the chain.
    """
    pronouns = pronouns_of(str(document.article.record.get("language", "")))
    if pronouns is None or not pronouns.male or document.article.record.get("twin_kind") == "noisy":
        return
    for i, entity in enumerate(document.layer("entities")):
        chain = derived(document, schema).words_of.get(entity["id"], []) if entity.get("type") == "PER" else []
        he = next((j for j, words in chain if words.lower() in pronouns.male and _is_whole(document, j)), None)
        she = next((j for j, words in chain if words.lower() in pronouns.female and _is_whole(document, j)), None)
        if he is not None and she is not None:
            yield _of_two(he_and_she, document, schema, i, (he, she))


def two_people(document: Document, schema: Schema) -> Iterator[Problem]:
    """E519: A person has the names of two people.

    What: two mentions of a person are names of several words, all with a capital. Their last words are equal and those
    before them are not, or they have no word in common. Common titles and roles do not count.
    Why: two people may be merged into one. Some people have two names, such as a stage name.
    Bad: *Mira Halloran* and *Jon Halloran* as mentions of e1.
    Good: e1 and e2.
    Do: make two entities of the chain, unless both are names of one person.
    """
    pronouns = pronouns_of(str(document.article.record.get("language", "")))
    ignored = pronouns.certain | pronouns.others if pronouns else frozenset[str]()
    mentions = document.layer("mentions")
    for i, entity in enumerate(document.layer("entities")):
        if entity.get("type") == "PER":
            chain = derived(document, schema).words_of.get(entity["id"], [])
            named = [(j, words) for j, words in chain if " " in words and mentions[j].get("form") == "NAM"]
            pair = _strangers([(j, _name_words(words, ignored)) for j, words in named]) if len(named) > 1 else None
            if pair:
                yield _of_two(two_people, document, schema, i, pair)


def missed_name(document: Document, schema: Schema) -> Iterator[Problem]:
    """E514: A name occurs without a mention at half of its places or more.

    What: the words of a mention that is a name occur elsewhere in the text, at as many or more places without any
    mention. A single word that occurs in small letters, too, is not counted.
    Why: the annotator stopped, or a file was cut; a missing mention is missing in every chain and quote.
    Bad: *Dunfold* six times in the text and twice in `mentions`.
    Good: six mentions of Dunfold.
    Do: add the missing mentions.
    """
    text = document.text
    if text is None:
        return
    mentions, words_of = document.layer("mentions"), derived(document, schema).mention_words
    named = [mention.get("form") == "NAM" and len(mention["spans"]) == 1 for mention in mentions]
    annotated = Counter(compress(words_of, named))
    covered: bytearray | None = None
    for i in compress(range(len(mentions)), named):
        name = words_of[i]
        known = annotated.pop(name, 0)
        if not known or len(name) < _SHORTEST or text.count(name) < 2 * known:
            continue
        covered = covered or _covered(document)
        places = list(word_places(name, text))
        missed = [start for start in places if 1 not in covered[start : start + len(name)]]
        if missed and 2 * len(missed) >= len(places) and not (name.isalpha() and any(word_places(name.lower(), text))):
            span = missed[0], missed[0] + len(name)
            detail = f"{name!r}, at {len(missed)} of {len(places)} places, first at {span[0]}–{span[1]}"
            yield found(missed_name, document, detail, join_pointer("mentions", i, "spans"), span=span)


def foreign_name(document: Document, schema: Schema) -> Iterator[Problem]:
    """E515: No mention has the name of its entity.

    What: an entity is mentioned by name, and a capitalised word of its `name` is in none of its mentions; or, without
    such a word, no word is. An article at the beginning does not count, and more than twelve words are a description.
    Why: `name` is the fullest name that the article gives. Any other is a misspelling, comes from elsewhere, or belongs
    to another entity.
    Bad: `"name": "Mira Haloran"` for *Mira Halloran* and *Halloran*.
    Good: `"name": "Mira Halloran"`
    Do: write the fullest name that the article gives, or correct the entity of the mentions.
    """
    mentions = document.layer("mentions")
    for i, entity in enumerate(document.layer("entities")):
        chain = derived(document, schema).words_of.get(entity["id"], [])
        if all(mentions[j].get("form") != "NAM" for j, _ in chain) or not all(words for _, words in chain):
            continue
        if any(entity.get("name") == words for _, words in chain):
            continue
        name = _normal(str(entity.get("name") or ""))
        words = [word for word in _WORD.findall(name) if word.casefold() not in _ARTICLES]
        if len(words) > _LONGEST or mixed_word(name):
            continue
        known = {word for _, one in chain for word in _WORD.findall(name_key(one))}
        capital = [word for word in words if word[0].isupper()]
        missing = [word for word in capital if word.casefold() not in known]
        if missing:  # a mention that lacks a part of a word is that of Q520
            known |= {word for j, _ in chain for word in _WORD.findall(name_key(_widened(document, j)))}
            missing = [word for word in missing if word.casefold() not in known]
        if missing or (words and not capital and known.isdisjoint(_WORD.findall(name_key(name)))):
            detail = f"{name[:80]!r}, mentioned as {', '.join(repr(one[:60]) for _, one in chain[:3])}"
            yield found(foreign_name, document, detail, join_pointer("entities", i, "name"))


def _of_two(ask: CheckFunction, document: Document, schema: Schema, entity: int, pair: tuple[int, int]) -> Problem:
    """Return the finding that two mentions of an entity are two people."""
    one, other = sorted(pair)
    words = derived(document, schema).mention_words
    detail = f"{words[one][:60]!r} and {words[other][:60]!r} for {document.layer('entities')[entity]['id']}"
    related = (at(document, "mentions", one, message="the one"), at(document, "mentions", other, message="the other"))
    return found(ask, document, detail, join_pointer("entities", entity), related=related)


def _strangers(names: list[tuple[int, list[str]]]) -> tuple[int, int] | None:
    """Return two mentions whose names are those of two people, None if there are none."""
    full = {tuple(words): i for i, words in reversed(names) if len(words) > 1}
    for one, other in combinations(full, 2):
        relatives = one[-1] == other[-1] and not _alike(one[-2], other[-2])
        if relatives or not any(_alike(a, b) for a in one for b in other):
            return full[one], full[other]
    return None


def _alike(one: str, other: str) -> bool:
    """Return True if two words are equal or one is the beginning of the other, such as an initial."""
    return one.startswith(other) or other.startswith(one)


def _name_words(words: str, ignored: frozenset[str]) -> list[str]:
    """Return the words of a full name, case-folded and without titles; none if other words belong to the mention."""
    parts = _WORD.findall(_normal(words))
    if not all(part[0].isupper() for part in parts):
        return []
    folded = [part.casefold() for part in parts]
    return [word for word in folded if word not in ignored and not _TITLES.fullmatch(word)]


def _covered(document: Document) -> bytearray:
    covered = bytearray(len(document.text or ""))
    for mention in document.layer("mentions"):
        for span in mention["spans"]:
            covered[span["start"] : span["end"]] = b"\1" * (span["end"] - span["start"])
    return covered


def _widened(document: Document, mention: int) -> str:
    """Return the words of a mention, with the rest of those that it cuts."""
    whole = (whole_words(document, *span) for span in offsets(document.layer("mentions")[mention], "spans"))
    return " ".join((document.text or "")[start:end] for start, end in whole)


def _is_whole(document: Document, mention: int) -> bool:
    """Return False for a mention that cuts a word, such as *he* of *her*: that is Q520."""
    return all(whole_words(document, *span) == span for span in offsets(document.layer("mentions")[mention], "spans"))


def name_key(name: str) -> str:
    """Return a name without case, with one blank between words: equal keys are the same name."""
    return " ".join(_normal(name).casefold().split())


def _normal(words: str) -> str:
    """Return words with composed letters and straight apostrophes."""
    return words if words.isascii() else unicodedata.normalize("NFC", words).replace("’", "'")
