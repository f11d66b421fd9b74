"""Level 6: checks that compare documents. `CORPUS_WIDE` is the list.

A rule is `Each`, `Keyed` or `Tallied` (see `keyed`), so that it can run by document or by key; a `Whole` one needs all
documents at once.
They run once, after all documents were read, and yield findings without lines, which `run_corpus_wide` places.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ..core.model import Place, Problem, Severity
from ..core.schema import Schema
from . import corpus_gold, corpus_labels, corpus_names, corpus_splits, corpus_twins
from .corpus import Corpus
from .keyed import Context, Each, Found, Keyed, Tallied, Whole
from .rule import Suppress, documentation
from .same_cause import ReportedAcross

AcrossRule = Whole | Keyed | Tallied | Each

CORPUS_WIDE: tuple[AcrossRule, ...] = (
    Whole(corpus_splits.near_copies, of_texts=True),
    Keyed(corpus_splits.story_in_two_splits, rows=corpus_splits.story_rows),
    Each(corpus_splits.moved_split),
    Each(corpus_labels.unchosen_label, "info"),
    Tallied(corpus_labels.two_labels_of_words, "info", rows=corpus_labels.name_rows),
    Whole(corpus_labels.unused_label, "info"),
    Keyed(corpus_names.ids_alike, rows=corpus_names.id_rows),
    Keyed(corpus_names.files_alike, rows=corpus_names.file_rows),
    Whole(corpus_splits.bridged_splits, of_texts=True),
    Keyed(corpus_names.one_origin, rows=corpus_names.origin_rows),
    Each(corpus_gold.missing_in_gold, "warning"),
    Each(corpus_gold.only_in_gold, "info"),
    Each(corpus_gold.gold_of_one_side, "info"),
    Keyed(corpus_gold.not_adjudicated, "info", rows=corpus_gold.adjudication_rows),
    Each(corpus_gold.copied_annotation, "warning"),
    Each(corpus_gold.overruled_value, "info"),
    Each(corpus_gold.opposite_stance, "warning"),
    Keyed(corpus_gold.text_annotated_differently, "warning", rows=corpus_gold.text_rows, reads_again=True),
    Tallied(corpus_gold.sentence_annotated_differently, "info", rows=corpus_gold.passage_rows),
    Keyed(corpus_names.annotators_alike, "warning", rows=corpus_names.annotator_rows),
    Keyed(corpus_names.stories_alike, "warning", rows=corpus_names.story_name_rows),
    Whole(corpus_splits.copied_text, "warning", of_texts=True),
    Whole(corpus_splits.uncompared_copies, "info", of_texts=True),
    Whole(corpus_splits.released_document_gone, "warning"),
    Each(corpus_splits.released_text_changed, "warning"),
    Each(corpus_splits.released_licence_changed, "warning"),
    Whole(corpus_twins.unlike_twin),
    Keyed(corpus_twins.stale_twin, "warning", rows=corpus_twins.twin_rows, reads_again=True),
    Whole(corpus_twins.missing_twin, "warning"),
    Tallied(corpus_labels.unlike_characters, "info", rows=corpus_labels.character_rows, reads_again=False),
)


_OF_TEXTS = tuple(rule for rule in CORPUS_WIDE if isinstance(rule, Whole) and rule.of_texts)
TOGETHER: tuple[tuple[AcrossRule, ...], ...] = (
    _OF_TEXTS,
    *((rule,) for rule in CORPUS_WIDE if rule not in _OF_TEXTS),
)
"""The same rules: each alone, but those about texts together."""


Fetch = Callable[[], bool]
"""Finds what was looked up since the last call. Returns False if there was nothing."""


def run_corpus_wide(
    corpus: Corpus,
    schema: Schema,
    chosen: Mapping[str, Severity],
    suppress: Suppress,
    fetch: Fetch | None = None,
    asked: Mapping[str, Sequence[Any]] | None = None,
) -> Iterator[Problem]:
    """Run all corpus-wide rules and yield the findings that `suppress` leaves, with the severities in `chosen`.

    A finding that follows from another one is left out: see `same_cause`.

    With `fetch`, what is looked up in a document has an empty answer until it was fetched. `asked` are the
    `candidates` of each rule by its code, if they are known: then the corpus needs no summaries.
    """
    complete = corpus.complete and corpus.about is None
    released = corpus.released, corpus.released_texts, corpus.texts_before, corpus.licences_before
    again = corpus.names, corpus.passages, corpus.layer_hashes, corpus.twin_source
    context = Context(schema, corpus.version, *released, complete, *again)
    every: Iterator[tuple[AcrossRule, Found]]
    every = ((rule, found) for rule in CORPUS_WIDE for found in _judged(rule, corpus, context, fetch, asked))
    if fetch:
        waiting = list(every)
        for rule, found in waiting:
            placed(rule.ask, found, corpus)
        fetch()
        every = iter(waiting)
    reported = ReportedAcross()
    for rule, found in every:
        problem = placed(rule.ask, found, corpus, chosen.get(rule.code, rule.severity))
        left = suppress(problem)
        documents = frozenset((found.doc_id, *(place.doc_id for place in found.related)))
        if left and not reported.explains(left, documents):
            if left is problem:
                reported.add(problem, documents)
            yield left


def candidates(rule: AcrossRule, corpus: Corpus, context: Context) -> list[Any]:
    """Return the findings of a rule, or the groups that it asks about if it looks things up in documents."""
    if isinstance(rule, Keyed | Tallied) and rule.reads_again:
        return list(rule.groups(corpus))
    return list(rule.judge(corpus, context))


def _judged(
    rule: AcrossRule,
    corpus: Corpus,
    context: Context,
    fetch: Fetch | None,
    asked: Mapping[str, Sequence[Any]] | None,
) -> Iterator[Found]:
    """Yield the findings of a rule that are reported, in the order of the documents."""
    given = candidates(rule, corpus, context) if asked is None else asked[rule.code]
    found = _of_candidates(rule, given, context)
    while fetch and fetch():
        found = _of_candidates(rule, given, context)
    for one in sorted(found, key=_order):
        if not one.doc_id or corpus.asks(one.doc_id, *(place.doc_id for place in one.related)):
            yield one


def _of_candidates(rule: AcrossRule, given: Sequence[Any], context: Context) -> list[Found]:
    if isinstance(rule, Keyed | Tallied) and rule.reads_again:
        return list(rule.of_groups(given, context))
    return list(given)


def placed(ask: Callable[..., Iterator[Found]], found: Found, corpus: Corpus, severity: Severity = "error") -> Problem:
    """Return a finding of the rule `ask` with the lines and columns of its places."""
    doc = documentation(ask)

    def place(doc_id: str, file: str, pointer: str) -> tuple[int, int]:
        return corpus.place(doc_id, file, pointer) if doc_id else (1, 1)

    line, column = place(found.doc_id, found.file, found.pointer)
    return Problem(
        doc.code,
        severity,
        found.file,
        f"{doc.message}: {found.detail}",
        found.pointer,
        line,
        column,
        found.doc_id,
        found.record,
        suggestion=found.suggestion,
        related=tuple(Place(one.file, *place(*one[:3]), one.message) for one in found.related),
    )


def _order(found: Found) -> tuple[str, str, list[tuple[int, str]]]:
    """Sort by document, file and place, with the tenth record after the ninth."""
    return found.doc_id, found.file, [(len(part), part) for part in found.pointer.split("/")]
