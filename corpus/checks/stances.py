"""Level 5: semantic checks on stances."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..core.json_positions import join_pointer
from ..core.model import Document, Problem, Record
from ..core.schema import Schema
from .derived import offsets
from .edges import resized
from .rule import at, found


def evidence_of_another(document: Document, schema: Schema) -> Iterator[Problem]:
    """T501: A speaker's stance has a quote of another speaker as evidence.

    What: `scope` is `speaker`, and a quote in `evidence_quotes` has a speaker other than `holder`.
    Why: one person's words are not evidence of another person's stance.
    Bad: holder e1, evidence q3, and the speaker of q3 is e2.
    Good: holder e2; or a quote of e1.
    Do: correct the holder, the evidence, or the speaker of the quote.
    """
    speakers = {quote["id"]: quote.get("speaker") for quote in document.layer("quotes")}
    for i, stance in enumerate(document.layer("stances")):
        if stance.get("scope") == "speaker" and stance.get("holder") is not None:
            for j, quote in enumerate(stance.get("evidence_quotes") or ()):
                if speakers[quote] != stance["holder"]:
                    detail = f"speaker of {quote} is {speakers[quote] or 'unknown'}, holder is {stance['holder']}"
                    pointer = join_pointer("stances", i, "evidence_quotes", j)
                    yield found(evidence_of_another, document, detail, pointer)


def contradictory_stances(document: Document, schema: Schema) -> Iterator[Problem]:
    """T503: One holder has two different stances towards one target.

    What: two stances have the same scope, holder and target, and different labels.
    Why: a holder who presents both sides has the label `discuss`; one whose side is not recognisable has `unclear`.
    Bad: e1 in favour of the bridge, and e1 against the bridge.
    Good: one of the two, or `discuss`.
    Do: keep the right one, or write `discuss` if the holder presents both sides.
    """
    for i, j in _doubles(document):
        first, again = document.layer("stances")[j], document.layer("stances")[i]
        if first.get("label") != again.get("label"):
            detail = f"{first.get('label')} in {first['id']}, {again.get('label')} here"
            related = (at(document, "stances", j, message="the other stance"),)
            pointer = join_pointer("stances", i, "label")
            yield found(contradictory_stances, document, detail, pointer, related=related)


def duplicate_stance(document: Document, schema: Schema) -> Iterator[Problem]:
    """T504: A stance is entered twice.

    What: two stances have the same scope, holder, target and label.
    Why: it would be counted twice.
    Bad: two records that say that e1 is in favour of the bridge.
    Good: one record with the evidence of both.
    Do: delete one and keep the evidence of both.
    """
    for i, j in _doubles(document):
        first, again = document.layer("stances")[j], document.layer("stances")[i]
        if first.get("label") == again.get("label"):
            related = (at(document, "stances", j, message="the other stance"),)
            pointer = join_pointer("stances", i)
            yield found(duplicate_stance, document, f"the same as {first['id']}", pointer, related=related)


def evidence_nowhere(document: Document, schema: Schema) -> Iterator[Problem]:
    """T505: A stance has no evidence.

    What: `evidence_quotes` and `evidence_spans` are both empty. A headline is its own evidence.
    Why: a stance without evidence cannot be verified.
    Bad: `evidence_quotes: []`, `evidence_spans: []`.
    Good: `evidence_quotes: ["q3"]`
    Do: name the quote or the words that show the stance, or delete the stance.
    """
    for i, stance in enumerate(document.layer("stances")):
        shown = stance.get("evidence_quotes") or stance.get("evidence_spans")
        if not shown and stance.get("scope") != "headline":
            yield found(evidence_nowhere, document, "", join_pointer("stances", i))


def nested_evidence(document: Document, schema: Schema) -> Iterator[Problem]:
    """T520: The evidence of a stance names a quote and the quote inside of it.

    What: `evidence_quotes` has a quote and one of its parents.
    Why: the words of the inner quote are in the outer one; evidence names the outer one alone.
    Bad: `evidence_quotes: ["q1", "q2"]`, and the parent of q2 is q1.
    Good: `evidence_quotes: ["q1"]`
    Do: name the outer quote alone.
    """
    parents = {quote["id"]: quote.get("parent") for quote in document.layer("quotes")}
    for i, stance in enumerate(document.layer("stances")):
        evidence = stance.get("evidence_quotes") or ()
        for j, quote in enumerate(evidence if len(evidence) > 1 else ()):
            outer = parents.get(quote)
            while outer is not None and outer not in evidence:
                outer = parents.get(outer)
            if outer is not None:
                pointer = join_pointer("stances", i, "evidence_quotes", j)
                yield found(nested_evidence, document, f"{quote} is in {outer}", pointer)


def stop_in_evidence(document: Document, schema: Schema) -> Iterator[Problem]:
    """T521: An evidence span ends with a stop.

    What: the last character of an evidence span is a full stop, a comma or a semicolon. A headline is evidence as a
    whole.
    Why: evidence spans are the least words that show the stance, so that two annotators mark the same span.
    Bad: *Both camps have a case.*
    Good: *Both camps have a case*
    """
    text = document.text
    for i, stance in enumerate(document.layer("stances")):
        if text is None or stance.get("scope") == "headline":
            continue
        for j, (start, end) in enumerate(offsets(stance, "evidence_spans")):
            if text[end - 1] in ".,;" and text[end - 3 : end] != "..." and end - start > 1:
                pointer = join_pointer("stances", i, "evidence_spans", j)
                fix = resized(text, pointer, stance["evidence_spans"][j], start, end - 1)
                yield found(stop_in_evidence, document, "", pointer, span=(start, end), fix=fix)


def _doubles(document: Document) -> Iterator[tuple[int, int]]:
    """Yield the index of each repeated stance (same scope, holder and target) and of the first one."""
    first: dict[Any, int] = {}
    for i, stance in enumerate(document.layer("stances")):
        j = first.setdefault(_subject(stance), i)
        if j != i:
            yield i, j


def _subject(stance: Record) -> tuple[Any, Any, Any]:
    return stance.get("scope"), stance.get("holder"), stance.get("target")
