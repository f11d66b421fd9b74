"""Level 5: semantic checks on mentions: their words against their form, their edges and their entity."""

from __future__ import annotations

from collections.abc import Iterator

import regex

from ..core.json_positions import join_pointer
from ..core.languages import primary_subtag
from ..core.model import Document, Edit, Fix, Problem, Record
from ..core.pronouns import pronouns_of
from ..core.schema import Schema
from .derived import derived
from .edges import resized
from .one_cause import first_of
from .quotation_marks import MARKS
from .rule import CheckFunction, found

_THINGS = frozenset(("ORG", "GPE", "LOC", "FAC", "EVENT", "WORK"))
"""Types that no one calls *he* or *she*. A ship is a PRODUCT, and an animal OTHER."""
_APOSTROPHES = "'’ʼ"
_STOPS = ",;:.!?…،。、！？；："
_CLOSED_BY = {
    "(": ")",
    "[": "]",
    "{": "}",
    "（": "）",
    "“": "”",
    "„": "“”",
    "‘": "’",
    "«": "»",
    "»": "«",
    "‹": "›",
    "›": "‹",
}
_EDGES = frozenset(_STOPS) | MARKS | frozenset("()[]{}（）")
_ABBREVIATED = 5
"""Letters before a full stop that may be an abbreviation, such as *Corp.*"""
_SCRIPTS = {
    name: regex.compile(rf"\p{{Script={name}}}") for name in ("Latin", "Cyrillic", "Greek", "Armenian", "Cherokee")
}
"""Scripts with letters that look the same; no word has letters of two of them."""
_WORD = regex.compile(r"[\p{L}\p{M}]+")


def wrong_pronoun(document: Document, schema: Schema) -> Iterator[Problem]:
    """E511: A pronoun does not fit the type of its entity.

    What: *he* or *she* is a mention of an organisation, place, event or work, or *it* of a person who is *he* or *she*
    elsewhere. Checked in languages whose pronouns say so: English, Danish, Norwegian and Swedish. One finding for each
    entity.
    Why: the mention belongs to another chain, often that of the person beside it.
    Bad: *Halloran left the council. She …*, with *She* as a mention of the council.
    Good: *She* as a mention of Halloran.
    Do: give the mention the entity that the pronoun stands for, or correct the type of the entity.
    """
    pronouns = pronouns_of(_language(document))
    if pronouns is None or not pronouns.male:
        return
    people = pronouns.male | pronouns.female
    types = {entity["id"]: entity.get("type") for entity in document.layer("entities")}
    by_entity: dict[str, list[Problem]] = {}
    has_people: dict[str, bool] = {}
    for i, words in enumerate(derived(document, schema).mention_words):
        lower = words.lower()
        if (lower in people or lower in pronouns.thing) and _is_pronoun(document, document.layer("mentions")[i], words):
            entity = document.layer("mentions")[i].get("entity", "")
            type_ = types.get(entity)
            if entity not in has_people:
                chain = {other.lower() for _, other in derived(document, schema).words_of[entity]}
                has_people[entity] = not people.isdisjoint(chain)
            if has_people[entity] and type_ == "PER" if lower in pronouns.thing else type_ in _THINGS:
                problem = _of_mention(wrong_pronoun, document, i, f"{words!r} for {entity}, {type_}", "entity")
                by_entity.setdefault(entity, []).append(problem)
    yield from (first_of(problems, "of its mentions") for problems in by_entity.values())


def wrong_form(document: Document, schema: Schema) -> Iterator[Problem]:
    """E513: The form of a mention does not fit its words.

    What: a pronoun is not marked PRO, or words without a pronoun are marked PRO: in English any words, in German,
    Danish, Norwegian and Swedish words that are a name elsewhere in the document or have a capital within a sentence.
    Why: names, descriptions and pronouns are counted and resolved apart.
    Bad: *she*, `form: NAM`
    Good: *she*, `form: PRO`
    Do: correct `form`, or the span of the mention.
    """
    pronouns = pronouns_of(_language(document))
    if pronouns is None:
        return
    mentions, words_of = document.layer("mentions"), derived(document, schema).mention_words
    is_english = primary_subtag(_language(document)) == "en"
    names = {words for words, one in zip(words_of, mentions, strict=True) if one.get("form") == "NAM"}
    for i, words in enumerate(words_of):
        form = mentions[i].get("form")
        if form == "PRO":
            parts = _WORD.findall(words)
            known = {part.lower() for part in parts} & (pronouns.certain | pronouns.others)
            is_name = words in names or any(part[0].isupper() for part in parts[1:])
            if parts and not known and (is_english or is_name):
                yield _of_mention(wrong_form, document, i, f"{words!r} is not a pronoun", "form")
        elif form is not None and words.lower() in pronouns.certain and _is_pronoun(document, mentions[i], words):
            fix = Fix(False, "set form to PRO", (Edit(join_pointer("mentions", i, "form"), "PRO"),))
            yield _of_mention(wrong_form, document, i, f"{words!r} is a pronoun, not {form}", "form", fix)


def mark_at_edge(document: Document, schema: Schema) -> Iterator[Problem]:
    """E517: A mention begins or ends with a punctuation mark.

    What: its first or last character is a comma, stop, quotation mark or bracket whose counterpart is not in the
    mention. The full stop of an abbreviation and of a word of its entity's name, an exclamation or question mark at the
    end and the apostrophe of a word are part of it.
    Why: a mention covers a noun phrase. Marks at its edges make two annotators disagree on every boundary.
    Bad: *Mira Halloran,*
    Good: *Mira Halloran*
    """
    for i, words in enumerate(derived(document, schema).mention_words):
        if words and (words[0] in _EDGES or words[-1] in _EDGES):
            mention = document.layer("mentions")[i]
            names = (one.get("name") for one in document.layer("entities") if one["id"] == mention.get("entity"))
            mark = _loose_mark(document, mention, words, str(next(names, "")).split())
            if mark:
                left = words.removesuffix(mark) if words.endswith(mark) else words.removeprefix(mark)
                fix = _shortened(document, i, words, left.strip())
                yield _of_mention(mark_at_edge, document, i, f"{mark!r} in {words[:60]!r}", "spans", fix)


def possessive_name(document: Document, schema: Schema) -> Iterator[Problem]:
    """E518: A mention includes a possessive 's.

    What: in an English text, a mention ends in *'s*, neither the name of its entity nor another mention in its chain
    has the word with it, and no other entity's name ends in it (*the vicar of St Jude's*).
    Why: genitive and contraction are not part of the noun phrase.
    Bad: *Marr's* in *Marr's plan*
    Good: *Marr*
    """
    if primary_subtag(_language(document)) != "en":
        return
    names = {entity["id"]: str(entity.get("name", "")) for entity in document.layer("entities")}
    ends = {word for name in names.values() for word in _straight(name).split()[-1:]}
    for i, words in enumerate(derived(document, schema).mention_words):
        if words[-2:-1] in tuple(_APOSTROPHES) and words[-1:] == "s":
            entity = document.layer("mentions")[i].get("entity", "")
            last = _straight(words).split()[-1]
            others = derived(document, schema).words_of.get(entity, ())
            known = [
                names.get(entity, ""),
                *(other for j, other in others if j != i and not other.endswith(words[-2:])),
            ]
            if last not in ends and not any(last in _straight(name).split() for name in known):
                fix = _shortened(document, i, words, words[:-2])
                yield _of_mention(possessive_name, document, i, repr(words[-60:]), "spans", fix)


def mixed_scripts(document: Document, schema: Schema) -> Iterator[Problem]:
    """E516: A word of a name mixes scripts.

    What: a word of an entity's name, or of a mention that is a name, has letters of two of the scripts Latin, Cyrillic,
    Greek, Armenian and Cherokee, which share the look of some letters.
    Why: the name looks the same as another and is found by no search for it.
    Bad: *Ivo Mаrr* with a Cyrillic *а*
    Good: *Ivo Marr*
    Do: type the word again in one script.
    """
    for i, entity in enumerate(document.layer("entities")):
        odd = mixed_word(str(entity.get("name") or ""))
        if odd:
            yield found(mixed_scripts, document, odd, join_pointer("entities", i, "name"))
    for i, words in enumerate(derived(document, schema).mention_words):
        if document.layer("mentions")[i].get("form") == "NAM" and (odd := mixed_word(words)):
            yield _of_mention(mixed_scripts, document, i, odd, "spans")


def mixed_word(name: str) -> str:
    """Return the first word with letters of two scripts and the scripts of each letter that is not Latin, or ""."""
    if name.isascii():
        return ""
    for word in _WORD.findall(name):
        scripts = [script for script, letter in _SCRIPTS.items() if letter.search(word)]
        if len(scripts) > 1:
            rare = min(scripts, key=lambda script: len(_SCRIPTS[script].findall(word)))
            letters = ", ".join(f"U+{ord(letter):04X}" for letter in _SCRIPTS[rare].findall(word)[:3])
            return f"{word[:40]!r} has {' and '.join(scripts)} letters ({rare}: {letters})"
    return ""


def _loose_mark(document: Document, mention: Record, words: str, name: list[str]) -> str:
    """Return the mark at an edge of a mention that is not part of it, "" if there is none; `name` is its entity's."""
    first, last, end = words[0], words[-1], words.split()[-1]
    abbreviated = last == "." and end[:-1] not in name and _abbreviates(document, mention, words)
    if last in _STOPS and last not in "!?…" and end not in name and not abbreviated:
        return last
    if first in _STOPS and first not in ".…" and len(words) > 1:
        return first
    if first in _EDGES and first not in _STOPS and first not in _APOSTROPHES:
        closing = _CLOSED_BY.get(first, first)
        if not any(one in closing for one in words[1:]):
            return first
    if last in _EDGES and last not in _STOPS and last not in _APOSTROPHES:
        opening = {opener for opener, closing in _CLOSED_BY.items() if last in closing} | {last}
        if opening.isdisjoint(words[:-1]):
            return last
    return ""


def _abbreviates(document: Document, mention: Record, words: str) -> bool:
    """Return True if the full stop at the end of a mention may be that of an abbreviation."""
    word = words[:-1].split()[-1:] or [""]
    if "." in word[0]:
        return True
    text, end = document.text or "", mention["spans"][-1]["end"]
    after = text[end : end + 2]
    inside = bool(after) and (after[0] in ",;:)" or (len(after) > 1 and after[1].islower()))
    return inside or (len(word[0]) < _ABBREVIATED and word[0][:1].isupper() and "\n" not in after and bool(after))


def _is_pronoun(document: Document, mention: Record, words: str) -> bool:
    """Return False for a name that is written as a pronoun is: US, WHO, or *It* within a sentence."""
    if words.islower() or words == "I":
        return True
    if len(words) > 1 and words.isupper():
        return False
    text, start = document.text or "", mention["spans"][0]["start"]
    before = text[max(0, start - 3) : start].rstrip(" ")
    return not before or before[-1] in ".!?…:\n([" or before[-1] in MARKS


def _shortened(document: Document, i: int, words: str, left: str) -> Fix | None:
    """Return the fix that takes characters from an edge of a mention, None if it has several spans or none are left."""
    (span, *more), text = document.layer("mentions")[i]["spans"], document.text
    if more or not left or text is None or text[span["start"] : span["end"]] != words:
        return None
    start = span["start"] + words.index(left)
    return resized(text, join_pointer("mentions", i, "spans", 0), span, start, start + len(left))


def _straight(words: str) -> str:
    return words.replace("’", "'").replace("ʼ", "'")


def _language(document: Document) -> str:
    return str(document.article.record.get("language", ""))


def _of_mention(
    ask: CheckFunction, document: Document, i: int, detail: str, field: str, fix: Fix | None = None
) -> Problem:
    spans = document.layer("mentions")[i]["spans"]
    span = spans[0]["start"], spans[0]["end"]
    return found(ask, document, detail, join_pointer("mentions", i, field), span=span, fix=fix)
