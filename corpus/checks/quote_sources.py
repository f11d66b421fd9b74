"""Level 5: who says a quote: its source, cue, speaker and addressee against the mentions and the text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..core.json_positions import join_pointer
from ..core.languages import primary_subtag
from ..core.model import GOLD, Document, Problem
from ..core.schema import Schema
from ..core.words import same_length_lower, word_places
from .derived import Offsets, derived, offsets
from .edges import against_custom, resized
from .one_cause import first_of
from .quote_marks import coverage
from .quotes import not_the_speaker
from .rule import at, found

KIND_TYPES = {
    "named": ("PER",),
    "author": ("PER",),
    "anonymous": ("PER", "NORP"),
    "collective": ("PER", "NORP", "ORG"),
    "organisation": ("ORG", "GPE", "NORP", "FAC"),
    "document": ("WORK", "PRODUCT", "OTHER"),
}
"""The entity types of each kind of speaker."""
_BOTH = frozenset(("danach", "demnach", "hiernach", "wonach"))
"""Words that are cue and source at once: *according to it*."""
CUES = {
    "en": frozenset(
        (
            "according to",
            "announced",
            "announces",
            "argued",
            "argues",
            "asked",
            "asks",
            "claimed",
            "claims",
            "complained",
            "complains",
            "declared",
            "declares",
            "denied",
            "denies",
            "deny",
            "insisted",
            "insists",
            "promised",
            "promises",
            "replied",
            "replies",
            "reply",
            "said",
            "says",
            "tells",
            "told",
            "warned",
            "warns",
        )
    )
}
"""Words that mostly are the cue of a quote, by language."""
CONJUNCTION = re.compile(r"\b(?:that|whether)\s+(?=\S)")
"""The words that lead from a cue to retold words."""
AUXILIARY = re.compile(
    r"\b(?:(?:has|have|had|is|are|was|were|did|does|do|will|would|not|a|an|the)\s+)+(?=\w)(?!it\b)", re.IGNORECASE
)
"""The words before a verb or noun of speech; *has it* is an idiom."""
_NEAR = 12
"""The most characters of a word and a blank before a span."""
_MOST = 10
"""The most words that one finding shows."""
_BLANK = 100
"""The most characters of white space between two paragraphs."""
_LONG = 1_000
"""Code points of a text that has names in both halves."""


def attribution_form(document: Document, schema: Schema) -> Iterator[Problem]:
    """Q526: The attribution does not match the form of the source.

    What: `attribution` is `explicit` and each source is a pronoun, or it is `anaphoric` and a source is a name.
    Why: explicit means that the words beside the quote name or describe who speaks, anaphoric that they lean on an
    earlier name.
    Bad: `attribution: explicit`, source *she*.
    Good: `attribution: anaphoric`, source *she*.
    Do: correct `attribution`, the source, or the form of its mention.
    """
    forms = {mention["id"]: mention.get("form") for mention in document.layer("mentions")}
    for i, quote in enumerate(document.layer("quotes")):
        attribution, found_forms = quote.get("attribution"), {forms.get(one) for one in quote.get("source") or ()}
        if (attribution == "explicit" and found_forms == {"PRO"}) or (
            attribution == "anaphoric" and "NAM" in found_forms
        ):
            span = derived(document, schema).chains.spans(quote["source"][0])[0]
            detail = f"{attribution}, and the source is a {'pronoun' if attribution == 'explicit' else 'name'}"
            yield found(attribution_form, document, detail, join_pointer("quotes", i, "attribution"), span=span)


def cue_is_source(document: Document, schema: Schema) -> Iterator[Problem]:
    """Q527: The cue overlaps the source.

    What: the cue and a source mention share characters. Single words that are both, such as German *demnach*, are
    exempt.
    Why: the source says who speaks, and the cue that there is speech.
    Bad: cue *said Halloran*, source *Halloran*.
    Good: cue *said*, source *Halloran*.
    Do: take the words of the source out of the cue.
    """
    for i, quote in enumerate(document.layer("quotes")):
        cues = offsets(quote, "cue")
        sources = [span for one in quote.get("source") or () for span in derived(document, schema).chains.spans(one)]
        for j, (start, end) in enumerate(cues):
            if any(a < end and start < b for a, b in sources):
                words = str(quote["cue"][j].get("text") or (document.text or "")[start:end])
                if words.lower() not in _BOTH:
                    pointer = join_pointer("quotes", i, "cue", j)
                    yield found(cue_is_source, document, repr(words[:60]), pointer, span=(start, end))


def shared_piece(document: Document, schema: Schema) -> Iterator[Problem]:
    """Q528: Two discontinuous quotes share a piece.

    What: a content span is in two quotes that consist of several spans, and neither is the parent of the other.
    Why: the same words are said once; a piece was given to two quotes.
    Bad: `q1` at 10–40 and 60–80, `q2` at 60–80 and 90–99.
    Good: `q2` at 90–99.
    Do: take the piece out of one of the two.
    """
    quotes, first = document.layer("quotes"), dict[Offsets, int]()
    content = derived(document, schema).content
    for i, spans in enumerate(content):
        for span in spans if len(spans) > 1 else ():
            j = first.setdefault(span, i)
            ids = {quotes[i]["id"], quotes[j]["id"]}
            if j != i and content[j] != spans and ids.isdisjoint((quotes[i].get("parent"), quotes[j].get("parent"))):
                related = (at(document, "quotes", j, message="the other quote"),)
                pointer = join_pointer("quotes", i, "content")
                yield found(shared_piece, document, f"with {quotes[j]['id']}", pointer, span=span, related=related)


def distant_source(document: Document, schema: Schema) -> Iterator[Problem]:
    """Q529: The source or the cue of a quote is in another paragraph.

    What: `attribution` is `explicit` or `anaphoric`, and no source is in a paragraph of the content or in the one
    before it, if that ends with a colon; or, whatever the attribution, no cue is there.
    Why: both mean that a source stands beside the words; another mention of the speaker was chosen.
    Bad: source *Halloran* in the first paragraph, for a quote in the third.
    Good: source *she*, beside the words; or `attribution: implicit` and no source.
    Do: name the source and the cue that stand beside the quote.
    """
    text = document.text
    if text is None:
        return
    content = derived(document, schema).content
    for i, quote in enumerate(document.layer("quotes")):
        start, end = _around(text, content[i][0][0], content[i][-1][1])
        beside = quote.get("attribution") in ("explicit", "anaphoric")
        mentions = quote.get("source") or () if beside else ()
        sources = [span for one in mentions for span in derived(document, schema).chains.spans(one)]
        for field, spans in (("source", sources), ("cue", offsets(quote, "cue"))):
            if spans and not any(start <= offset < end for offset, _ in spans):
                pointer = join_pointer("quotes", i, field)
                yield found(distant_source, document, field, pointer, span=spans[0])


def kind_and_type(document: Document, schema: Schema) -> Iterator[Problem]:
    """Q530: The speaker kind does not fit the type of the speaker.

    What: the entity has a type that no speaker of this kind has. A named person, an author and an anonymous person are
    PER, a document is not PER, and so on. One finding for each entity and kind.
    Why: one of the two is wrong, or the speaker is another entity.
    Bad: `speaker_kind: organisation` for an entity of type PER.
    Good: `speaker_kind: named`.
    Do: correct `speaker_kind`, the speaker, or the type of the entity.
    """
    types = {entity["id"]: entity.get("type") for entity in document.layer("entities")}
    by_cause: dict[tuple[str, str, bool], list[Problem]] = {}
    for i, quote in enumerate(document.layer("quotes")):
        kind, speaker = quote.get("speaker_kind"), quote.get("speaker")
        known = KIND_TYPES.get(kind or "")
        if known and speaker is not None and types.get(speaker) is not None and types[speaker] not in known:
            detail = f"{kind}, and {speaker} is {types[speaker]}"
            span = derived(document, schema).content[i][0]
            problem = found(kind_and_type, document, detail, join_pointer("quotes", i, "speaker_kind"), span=span)
            # A quote with another speaker than its source has another cause (Q511).
            has_own = bool(not_the_speaker(document, schema, quote))
            by_cause.setdefault((speaker, str(kind), has_own), []).append(problem)
    yield from (first_of(problems, "of its quotes") for problems in by_cause.values())


def addressee_is_speaker(document: Document, schema: Schema) -> Iterator[Problem]:
    """Q531: The addressee of a quote is its speaker.

    What: `addressee` and `speaker` are the same entity, and `medium` is not `thought`.
    Why: people think to themselves and speak to others; one of the two is wrong.
    Bad: `speaker: e1`, `addressee: e1`.
    Good: `speaker: e1`, `addressee: e2`; or `addressee: null`.
    Do: correct `addressee` or `speaker`.
    """
    for i, quote in enumerate(document.layer("quotes")):
        speaker = quote.get("speaker")
        if speaker is not None and quote.get("addressee") == speaker and quote.get("medium") != "thought":
            pointer, span = join_pointer("quotes", i, "addressee"), derived(document, schema).content[i][0]
            yield found(addressee_is_speaker, document, speaker, pointer, span=span)


def unannotated_half(document: Document, schema: Schema) -> Iterator[Problem]:
    """Q532: Half of the text has no annotation.

    What: no mention and no quote begins in the second half of a text of 1,000 code points or more, or none ends in the
    first half. Asked where entities, mentions and quotes were annotated and there are some.
    Why: the annotator stopped, or a part of the annotation was lost.
    Bad: an article of ten paragraphs, and the last mention is in the fourth.
    Good: mentions and quotes in all of the article.
    Do: annotate the rest, or restore the lost part.
    """
    text = document.text
    spans = [
        span
        for layer, field in (("mentions", "spans"), ("quotes", "content"))
        for record in document.layer(layer)
        for span in offsets(record, field)
    ]
    if text is None or len(text) < _LONG or not document.layer("entities") or not document.layer("mentions"):
        return
    half = len(text) // 2
    last, first = max(start for start, _ in spans), min(end for _, end in spans)
    if last < half:
        detail = f"nothing begins after {last:,} of {len(text):,} code points"
    elif first > half:
        detail = f"nothing ends before {first:,} of {len(text):,} code points"
    else:
        return
    yield found(unannotated_half, document, detail, "/mentions")


def unannotated_cue(document: Document, schema: Schema) -> Iterator[Problem]:
    """Q533: A word that mostly is a cue belongs to no quote.

    What: in `gold` of an English text, words such as *said* or *according to* are in no cue, content and non-quote.
    A list to review: one finding for a document.
    Why: most of them are the cue of a quote that was overlooked; a few report no words ("Who told the lamp?").
    Bad: The mayor said it would hold. (No quote.)
    Good: a quote with the cue *said*.
    Do: annotate the quote if the word introduces one; otherwise do nothing.
    """
    text, annotation = document.text, document.annotation
    words = CUES.get(primary_subtag(str(document.article.record.get("language", ""))))
    if text is None or words is None or annotation is None or annotation.annotator != GOLD:
        return
    small = same_length_lower(text)
    cues = sorted((start, start + len(word)) for word in words if word in small for start in word_places(word, small))
    spans = [[span for field in ("content", "cue") for span in offsets(one, field)] for one in document.layer("quotes")]
    covered = coverage(text, [*spans, *(offsets(one, "spans") for one in document.layer("nonquotes"))])
    missed = [(start, end) for start, end in cues if 1 not in covered[start:end]]
    if missed:
        shown = ", ".join(f"{text[start:end]!r} at {start}" for start, end in missed[:_MOST])
        more = f" and {len(missed) - _MOST} more" if len(missed) > _MOST else ""
        yield found(unannotated_cue, document, shown + more, "/quotes", span=missed[0])


def conjunction_in_content(document: Document, schema: Schema) -> Iterator[Problem]:
    """Q534: The content of a quote begins with its conjunction.

    What: in an English text, the content of an indirect or mixed quote begins with *that* or *whether* in small
    letters, and no mention begins there (*that reserve is empty*). Asked where non-quotes were annotated, or where at
    least as many quotes of the document leave it out: other corpora mark other edges.
    Why: the conjunction is the article's word, and two annotators should mark the same span.
    Bad: content *that the bridge was safe*, after *said*.
    Good: content *the bridge was safe*
    """
    text = document.text
    if text is None or primary_subtag(str(document.article.record.get("language", ""))) != "en":
        return
    content = derived(document, schema).content
    mentioned = {start for mention in document.layer("mentions") for start, _ in offsets(mention, "spans")}
    bare, held = 0, []
    for i, quote in enumerate(document.layer("quotes")):
        if quote.get("type") in ("indirect", "mixed"):
            start, end = content[i][0]
            match = CONJUNCTION.match(text, start, end)
            bare += CONJUNCTION.search(text, max(0, start - _NEAR), start + 1) is not None
            if match and start not in mentioned:
                pointer = join_pointer("quotes", i, "content", 0)
                fix = resized(text, pointer, quote["content"][0], match.end(), end)
                word = repr(match[0].strip())
                held.append(found(conjunction_in_content, document, word, pointer, span=(start, end), fix=fix))
    yield from against_custom(document, held, bare)


def auxiliary_in_cue(document: Document, schema: Schema) -> Iterator[Problem]:
    """Q535: A cue begins with an auxiliary or an article.

    What: in an English text, a cue of several words begins with *has*, *was*, *did*, *not*, *the* or the like. Asked
    where non-quotes were annotated, or where at least as many cues of the document leave such a word out.
    Why: the cue is the bare verb or noun with its particle, and two annotators should mark the same span.
    Bad: cue *has warned*
    Good: cue *warned*
    """
    text = document.text
    if text is None or primary_subtag(str(document.article.record.get("language", ""))) != "en":
        return
    bare, held = 0, []
    for i, quote in enumerate(document.layer("quotes")):
        for j, (start, end) in enumerate(offsets(quote, "cue")):
            match = AUXILIARY.match(text, start, end)
            bare += AUXILIARY.search(text, max(0, start - _NEAR), start + 1) is not None
            if match:
                pointer, span = join_pointer("quotes", i, "cue", j), (start, end)
                fix = resized(text, pointer, quote["cue"][j], match.end(), end)
                held.append(found(auxiliary_in_cue, document, repr(text[start:end][:60]), pointer, span=span, fix=fix))
    yield from against_custom(document, held, bare)


def _around(text: str, start: int, end: int) -> Offsets:
    """Return the offsets of the paragraphs of a content, with the one before them if that ends with a colon."""
    begin = text.rfind("\n", 0, start) + 1
    before = text[max(0, begin - _BLANK) : begin].rstrip()
    if before.endswith((":", "：")):
        begin = text.rfind("\n", 0, max(0, begin - _BLANK) + len(before)) + 1
    stop = text.find("\n", end)
    return begin, len(text) if stop < 0 else stop
