"""Level 5: semantic checks on entities and their coreference chains."""

from __future__ import annotations

from collections.abc import Iterator

from ..core.json_positions import join_pointer
from ..core.model import Document, Problem, Record
from ..core.schema import Schema
from .derived import derived
from .rule import at, found

_INDEFINITE = {
    "en": frozenset(("a", "an", "another", "one", "some", "someone", "somebody")),
    "de": frozenset(("ein", "eine", "einer", "eines", "einem", "einen", "weitere", "weiterer", "jemand")),
}
_ANOTHER = frozenset(("another", "weitere", "weiterer"))


def two_types(document: Document, schema: Schema) -> Iterator[Problem]:
    """E501: One knowledge-base id has two entity types.

    What: two entities have the same knowledge-base id and different types.
    Why: it is one thing in the world; the corpus would count it twice, once under each type.
    Bad: e1 GPE and e4 ORG, both `wikidata:Q423`.
    Good: e1 alone, with the mentions of both.
    Do: correct the type or the id.
    """
    for i, j, entity, other in _same_kb(document):
        if entity.get("type") != other.get("type"):
            detail = f"{entity['kb']} is {other.get('type')} in {other['id']} and {entity.get('type')} here"
            related = (at(document, "entities", j, message="the other entity"),)
            yield found(two_types, document, detail, join_pointer("entities", i, "type"), related=related)


def split_chain(document: Document, schema: Schema) -> Iterator[Problem]:
    """E502: Two entities have the same knowledge-base id.

    What: two entities of one type have the same knowledge-base id.
    Why: their mentions belong to one coreference chain.
    Bad: e1 and e4, both PER and `wikidata:Q7747`.
    Good: e1 alone, with the mentions of both.
    Do: merge the two entities, or correct the id of one.
    """
    for i, j, entity, other in _same_kb(document):
        if entity.get("type") == other.get("type"):
            related = (at(document, "entities", j, message="the other entity"),)
            detail = f"{entity['kb']}, the same as {other['id']}"
            yield found(split_chain, document, detail, join_pointer("entities", i, "kb"), related=related)


def never_mentioned(document: Document, schema: Schema) -> Iterator[Problem]:
    """E503: An entity is never mentioned.

    What: no mention refers to it.
    Why: every entity occurs in its article; its mentions were deleted or refer to another entity.
    Bad: e7 without a mention.
    Good: a mention of e7, or no e7.
    Do: add a mention, or delete the entity.
    """
    known = set(derived(document, schema).chains.entity.values())
    for i, entity in enumerate(document.layer("entities")):
        if entity["id"] not in known:
            detail = f"{entity['id']}, {entity['name']!r}" if "name" in entity else entity["id"]
            yield found(never_mentioned, document, detail, join_pointer("entities", i))


def shared_mention(document: Document, schema: Schema) -> Iterator[Problem]:
    """E504: Two mentions have the same spans.

    What: two mentions have identical spans, with different entities or with the same one twice.
    Why: chains with two types or two knowledge-base ids often start with this error.
    Bad: *Pyongyang* (10–19) as a mention of e1 and as a mention of e4.
    Good: one mention, of the entity that is meant here.
    Do: delete one of the mentions.
    """
    mentions = document.layer("mentions")
    firsts = {(mention["spans"][0]["start"], mention["spans"][0]["end"]) for mention in mentions}
    if len(firsts) == len(mentions):
        return
    first: dict[tuple[tuple[int, int], ...], int] = {}
    for i, mention in enumerate(mentions):
        where = tuple((span["start"], span["end"]) for span in mention["spans"])
        j = first.setdefault(where, i)
        if j != i:
            one, other = mentions[j].get("entity"), mention.get("entity")
            same = f"{one} twice, here and in {mentions[j]['id']}; delete one of the mentions"
            detail = same if one == other else f"{one} in {mentions[j]['id']}, {other} here"
            related = (at(document, "mentions", j, message="the other mention"),)
            pointer = join_pointer("mentions", i, "spans")
            yield found(shared_mention, document, detail, pointer, span=where[0], related=related)


def merged_by_words(document: Document, schema: Schema) -> Iterator[Problem]:
    """E506: Two unnamed sources with similar descriptions are merged into one entity.

    What: a chain without a name has a later mention with *another*, or two mentions with *a*. A headline
    at the beginning of the text does not count, since the text repeats it.
    Why: “a source … another source” are two people, and merging them invents a witness who
    said both.
    Bad: *a senior official* and *another official* as mentions of e5.
    Good: e5 and e6. *A senior official … the official* is one entity.
    Do: make two entities of them, unless the article says that they are one.
    """
    language = str(document.article.record.get("language", ""))[:2]
    indefinite = _INDEFINITE.get(language)
    if indefinite is None:
        return
    title = str(document.article.record.get("title") or "")
    headline = len(title) if (document.text or "").startswith(title) else 0
    mentions = document.layer("mentions")
    named = derived(document, schema).chains.named
    people = {
        entity["id"]
        for entity in document.layer("entities")
        if entity["id"] not in named and entity.get("type") in ("PER", "NORP")
    }
    if not people:
        return
    members_of: dict[str, list[int]] = {}
    for i, mention in enumerate(mentions):
        if mention.get("entity") in people and mention["spans"][0]["start"] >= headline:
            members_of.setdefault(mention["entity"], []).append(i)
    for entity, members in members_of.items():
        if len(members) > 1:
            heads = [(i, _first_word(document, mentions[i])) for i in members if mentions[i].get("form") == "NOM"]
            new = [i for i, word in heads if word in indefinite]
            if len(new) > 1 and (_is_source(document, entity) or any(word in _ANOTHER for _, word in heads)):
                first, again = mentions[new[0]], new[1]
                related = (at(document, "mentions", new[0], message="first mention"),)
                span = derived(document, schema).chains.spans(mentions[again]["id"])[0]
                pointer = join_pointer("mentions", again, "entity")
                detail = f"{first['id']} and {mentions[again]['id']} of {entity}"
                yield found(merged_by_words, document, detail, pointer, span=span, related=related)


def _first_word(document: Document, mention: Record) -> str:
    span = mention["spans"][0]
    words = span.get("text") or (document.text or "")[span["start"] : span["end"]]
    return str(words).split(maxsplit=1)[0].lower() if words.strip() else ""


def _is_source(document: Document, entity: str) -> bool:
    return any(quote.get("speaker") == entity for quote in document.layer("quotes"))


def _same_kb(document: Document) -> Iterator[tuple[int, int, Record, Record]]:
    """Yield index and record of each entity with the knowledge-base id of an earlier one, and of the earlier one."""
    first: dict[str, int] = {}
    entities = document.layer("entities")
    for i, entity in enumerate(entities):
        kb = entity.get("kb")
        if kb is not None and kb != "NIL":
            j = first.setdefault(kb, i)
            if j != i:
                yield i, j, entity, entities[j]
