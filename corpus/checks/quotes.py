"""Level 5: semantic checks on quotations.

Rules are scoped by the quote's type. In published corpora only reported speech contains its own
speaker (412 of 454 reported quotes, 0 of 3,728 others); nesting, shared sources and discontinuous
content are normal.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..core.json_positions import join_pointer
from ..core.model import Document, Edit, Fix, Problem, Record
from ..core.schema import Schema
from .derived import derived, offsets
from .rule import at, found

_COMPARED = 50
"""The most quotes of one content that a further one is compared with."""
_FIRST_PERSON = frozenset(("i", "we", "ich", "wir"))


def cue_in_content(document: Document, schema: Schema) -> Iterator[Problem]:
    """Q503: A cue overlaps the content of its quote.

    What: the cue and the content share characters, and the quote is not `reported`.
    Why: the cue is in the article's words, the content in the speaker's.
    Bad: content *said the bridge was safe*, cue *said*.
    Good: content *the bridge was safe*, cue *said*.
    Do: take the words out of the cue or out of the content.
    """
    content = derived(document, schema).content
    for i, quote in enumerate(document.layer("quotes")):
        if quote.get("type") != "reported" and quote.get("cue"):
            for j, span in enumerate(offsets(quote, "cue")):
                if _overlaps(span, content[i]):
                    yield found(cue_in_content, document, "", join_pointer("quotes", i, "cue", j), span=span)


def source_in_content(document: Document, schema: Schema) -> Iterator[Problem]:
    """Q504: A source overlaps the content of its quote.

    What: the source mention and the content share characters, and the quote is not `reported`.
    Why: only reported speech (“The mayor thanked the crews”) contains its own speaker.
    Bad: content *Halloran said the bridge was safe*, source *Halloran*.
    Good: content *the bridge was safe*, source *Halloran*.
    Do: name the mention beside the quote, or take its words out of the content.
    """
    content = derived(document, schema).content
    for i, quote in enumerate(document.layer("quotes")):
        if quote.get("type") != "reported" and quote.get("source"):
            for j, mention in enumerate(quote["source"]):
                for span in derived(document, schema).chains.spans(mention):
                    if _overlaps(span, content[i]):
                        pointer = join_pointer("quotes", i, "source", j)
                        yield found(source_in_content, document, repr(mention), pointer, span=span)
                        break


def child_outside_parent(document: Document, schema: Schema) -> Iterator[Problem]:
    """Q505: A quote lies outside its parent quote.

    What: `parent` names a quote whose content does not contain this quote's content.
    Why: a nested quote is part of what the outer speaker says.
    Bad: `parent: q1`, and the content lies two paragraphs after that of `q1`.
    Good: `parent: null`.
    Do: correct `parent`, or the edges of one of the two.
    """
    content = derived(document, schema).content
    index = {quote["id"]: i for i, quote in enumerate(document.layer("quotes"))}
    for i, quote in enumerate(document.layer("quotes")):
        if quote.get("parent") is not None:
            inner, outer = content[i], content[index[quote["parent"]]]
            if inner[0][0] < outer[0][0] or inner[-1][1] > outer[-1][1]:
                pointer = join_pointer("quotes", i, "parent")
                yield found(child_outside_parent, document, repr(quote["parent"]), pointer, span=inner[0])


def partial_overlap(document: Document, schema: Schema) -> Iterator[Problem]:
    """Q506: Two quotes overlap in part.

    What: the content of one begins within that of the other and ends after it.
    Why: quotes stand beside or within each other; 3 of 436 nested ones in a corpus of 4,182 did not,
    and all 3 were faults.
    Bad: content 10 to 40 and content 30 to 60.
    Good: content 10 to 40 and content 40 to 60, or 30 to 40.
    Do: correct the edges: one quote holds the other, or they do not touch.
    """
    for i, j, inner, outer in derived(document, schema).quote_pairs:
        if inner[1] > outer[1]:
            related = (at(document, "quotes", j, message="the other quote"),)
            other = document.layer("quotes")[j]["id"]
            pointer = join_pointer("quotes", i, "content")
            yield found(partial_overlap, document, f"with {other}", pointer, span=inner, related=related)


def same_content(document: Document, schema: Schema) -> Iterator[Problem]:
    """Q507: Two quotes have the same content.

    What: all content spans are identical.
    Why: most often one quote was entered twice. Sometimes one person passes on the words of another,
    and then one quote is the parent of the other.
    Bad: `q1` and `q2`, both 10–40, neither the parent of the other.
    Good: `q2` with `parent: q1`, or `q1` alone.
    Do: delete one of the two, or make one the parent of the other.
    """
    content = derived(document, schema).content
    quotes = document.layer("quotes")
    before: dict[tuple[tuple[int, int], ...], list[int]] = {}
    for i, quote in enumerate(quotes):
        same = before.setdefault(tuple(content[i]), [])
        for j in same:
            other = quotes[j]
            if quote.get("parent") != other["id"] and other.get("parent") != quote["id"]:
                related = (at(document, "quotes", j, message="the other quote"),)
                pointer, span = join_pointer("quotes", i, "content"), content[i][0]
                yield found(same_content, document, f"the same as {other['id']}", pointer, span=span, related=related)
                break
        if len(same) < _COMPARED:
            same.append(i)


def nested_without_parent(document: Document, schema: Schema) -> Iterator[Problem]:
    """Q508: A quote is nested in another quote and has no parent.

    What: its content lies within the content of another quote, and its `parent` is null.
    Why: counts and training on outermost quotes would treat it as an outermost quote.
    Bad: content 10–60 and content 30–40, the latter with `parent: null`.
    Good: the latter names the former as its `parent`.
    """
    quotes = document.layer("quotes")
    up = {quote["id"]: quote.get("parent") for quote in quotes}
    seen: set[tuple[int, int]] = set()
    for i, j, inner, outer in derived(document, schema).quote_pairs:
        if inner[1] <= outer[1] and inner != outer and (i, j) not in seen and up[quotes[i]["id"]] is None:
            seen.add((i, j))
            other = quotes[j]["id"]
            pointer = join_pointer("quotes", i, "parent" if "parent" in quotes[i] else "content")
            fix = Fix(False, f"parent: {other}", (Edit(join_pointer("quotes", i, "parent"), other),))
            yield found(nested_without_parent, document, f"it lies in {other}", pointer, span=inner, fix=fix)


def anaphoric_without_antecedent(document: Document, schema: Schema) -> Iterator[Problem]:
    """Q509: An anaphoric source has no antecedent.

    What: `attribution` is `anaphoric`; the chain of the source has no name, or, for a speaker who is
    not named in the article, no description either. The article's own voice (*I*, *we*
    outside a quote) needs no antecedent.
    Why: an anaphoric source gets its meaning from an antecedent; without one, the speaker is unknown.
    Bad: *he said*, and the chain of *he* has no other mention.
    Good: the chain contains *Ivo Marr*; or, for an anonymous speaker, *a senior official*.
    Do: add the antecedent to the chain, or correct the entity of the source.
    """
    for i, quote in enumerate(document.layer("quotes")):
        if quote.get("attribution") == "anaphoric" and quote.get("source"):
            known = derived(document, schema).chains
            antecedents = known.named if quote.get("speaker_kind") == "named" else known.named | known.described
            unknown = antecedents.isdisjoint(known.entity[mention] for mention in quote["source"])
            if unknown and not _is_own_voice(document, known.spans(quote["source"][0])[0], quote):
                pointer = join_pointer("quotes", i, "source")
                span = known.spans(quote["source"][0])[0]
                yield found(anaphoric_without_antecedent, document, "", pointer, span=span)


def _is_own_voice(document: Document, source: tuple[int, int], quote: Record) -> bool:
    """Return True if the source is the article's author, or may be where the text is withheld."""
    if quote.get("parent") is not None or quote.get("speaker_kind") not in ("author", "organisation"):
        return False
    start, end = source
    return document.text is None or document.text[start:end].lower() in _FIRST_PERSON


def speaker_not_source(document: Document, schema: Schema) -> Iterator[Problem]:
    """Q511: The speaker is not the entity that the source refers to.

    What: `speaker` differs from the entities of the `source` mentions.
    Why: the source is a mention of the speaker; one of the two is wrong, or the mention's entity is.
    Bad: source *she* → e2, `speaker: e1`.
    Good: source *she* → e1, `speaker: e1`, even if the article uses the wrong pronoun.
    Do: correct the speaker, the source, or the entity of the source.
    """
    for i, quote in enumerate(document.layer("quotes")):
        entities = not_the_speaker(document, schema, quote)
        if entities:
            detail = f"speaker is {quote['speaker']}, the source refers to {', '.join(map(str, entities))}"
            span = derived(document, schema).chains.spans(quote["source"][0])[0]
            yield found(speaker_not_source, document, detail, join_pointer("quotes", i, "speaker"), span=span)


def not_the_speaker(document: Document, schema: Schema, quote: Record) -> list[str | None]:
    """Return the entities of the source of a quote, [] if the speaker is one of them or either is unknown."""
    speaker, source = quote.get("speaker"), quote.get("source")
    if speaker is None or not source:
        return []
    entities = [derived(document, schema).chains.entity.get(mention) for mention in source]
    return entities if speaker not in entities and any(entities) else []


def paragraph_flag(document: Document, schema: Schema) -> Iterator[Problem]:
    """Q512: The paragraph flag does not match the content.

    What: `continues_paragraph` is true and the content stays in one paragraph, or it is false and the content does not.
    Why: this flag counts reopened quotation marks.
    Bad: content over two paragraphs with `continues_paragraph: false`.
    Good: `continues_paragraph: true`.
    """
    content = derived(document, schema).content
    text = document.text
    if text is None:
        return
    for i, quote in enumerate(document.layer("quotes")):
        flag = quote.get("continues_paragraph")
        if flag is not None:
            spans = content[i]
            over = "\n" in text[spans[0][0] : spans[-1][1]]
            if over != flag:
                pointer = join_pointer("quotes", i, "continues_paragraph")
                fix = Fix(False, f"write {str(over).lower()}", (Edit(pointer, over),))
                yield found(paragraph_flag, document, "", pointer, span=spans[0], fix=fix)


def speaker_kind_mismatch(document: Document, schema: Schema) -> Iterator[Problem]:
    """Q515: The speaker kind does not match the speaker.

    What: a `named` speaker whom the article never names, or an `anonymous` or `unknown` speaker whom it names.
    Why: this field counts how often newspapers rely on anonymous sources.
    Bad: `speaker_kind: anonymous` for an entity with the mention *Ivo Marr*.
    Good: `speaker_kind: named`.
    Do: correct `speaker_kind`, or the speaker.
    """
    content = derived(document, schema).content
    for i, quote in enumerate(document.layer("quotes")):
        kind, speaker = quote.get("speaker_kind"), quote.get("speaker")
        if speaker is None or kind not in ("named", "anonymous", "unknown"):
            continue
        if (speaker in derived(document, schema).chains.named) != (kind == "named"):
            detail = f"{kind}, but the article {'never names' if kind == 'named' else 'names'} {speaker}"
            pointer, span = join_pointer("quotes", i, "speaker_kind"), content[i][0]
            yield found(speaker_kind_mismatch, document, detail, pointer, span=span)


def _overlaps(span: tuple[int, int], others: list[tuple[int, int]]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in others)
