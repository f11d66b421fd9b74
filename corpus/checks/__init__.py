"""The checks of a document: `CHECKS`, one visible list, in levels.

| level | checks | module |
|---|---|---|
| 1 | files: encoding, JSON syntax, names | `files` |
| 2 | schema: types, fields, labels | `structure` |
| 3 | offsets, checksums, quoted words | `spans` |
| 4 | ids and references | `references` |
| 5 | semantics | `conditions` (of the schema), `edges`, `quotes`, `quote_marks`, `quote_sources`, `stances`, |
| | | `entities`, `chains`, `mentions` |
| 6 | publication | `publishable` and `records`, of one document; `corpus_wide`, of all documents |

`screening` finds out, of many documents at once, which checks may have a finding in each.

A new check is a function in one of these modules, a line in the list, and a folder in `tests/cases/`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date
from functools import cache, lru_cache

from ..core.model import Document, Problem, Severity
from ..core.schema import Schema
from . import (
    alternatives,
    chains,
    conditions,
    edges,
    entities,
    files,
    mentions,
    publishable,
    quote_marks,
    quote_sources,
    quotes,
    records,
    references,
    spans,
    stances,
    structure,
)
from .corpus_wide import CORPUS_WIDE
from .derived import derived
from .one_cause import systematic
from .rule import Check, CheckFunction, Suppress
from .same_cause import Reported
from .sound_part import Errors

CHECKS: tuple[Check, ...] = (
    Check(files.not_utf8, about="both"),
    Check(files.byte_order_mark, about="both"),
    Check(files.bad_json, about="both"),
    Check(files.duplicate_key, about="both"),
    Check(files.name_mismatch, about="both"),
    Check(files.orphan_annotation),
    Check(files.unportable_name, about="both"),
    Check(files.symlink, about="both"),
    Check(files.too_large, about="both"),
    Check(files.empty_file, about="both"),
    Check(files.control_character, about="article"),
    Check(files.lone_surrogate, about="both"),
    Check(files.too_deep, about="both"),
    Check(files.duplicate_document, about="both"),
    Check(files.missing_text, about="article"),
    Check(files.missing_record, about="article"),
    Check(files.unknown_file, "warning", about="both"),
    Check(files.damaged_archive, about="both"),
    Check(files.unreadable, about="both"),
    Check(files.number_too_large, about="both"),
    Check(structure.wrong_type, about="both"),
    Check(structure.missing_field, about="both"),
    Check(structure.unknown_field, about="both"),
    Check(structure.unknown_label, about="both"),
    Check(structure.bad_value, about="both"),
    Check(structure.number_not_whole, about="both"),
    Check(structure.layer_not_done),
    Check(structure.unknown_layer),
    Check(structure.done_layer_missing),
    Check(structure.field_not_done),
    Check(structure.unknown_done_field),
    Check(structure.fields_of_layer_not_done),
    Check(spans.text_changed, about="article"),
    Check(spans.other_text, by_record=True),
    Check(spans.wrong_length, about="article"),
    Check(spans.out_of_bounds, by_record=True),
    Check(spans.empty_span, by_record=True),
    Check(spans.reversed_span, by_record=True),
    Check(spans.slice_mismatch, by_record=True),
    Check(spans.no_span_text, by_record=True),
    Check(spans.withheld_text, by_record=True),
    Check(spans.edge_white_space, "warning", by_record=True),
    Check(spans.unsorted_spans, by_record=True),
    Check(spans.overlapping_spans, by_record=True),
    Check(spans.inside_grapheme, by_record=True),
    Check(references.duplicate_id, by_record=True),
    Check(references.dangling_reference),
    Check(references.wrong_layer),
    Check(references.reference_cycle, by_record=True),
    Check(references.unknown_target, by_record=True),
    Check(alternatives.unfit_alternative),
    Check(references.impossible_kb, "warning", needs=("entities.kb",), by_record=True),
    Check(conditions.broken_condition, by_record=True),
    Check(quote_marks.direct_without_marks, reads=("quotes.type",), optional=("quotes.parent",), by_record=True),
    Check(quote_marks.indirect_in_marks, reads=("quotes.type", "quotes.parent"), by_record=True),
    Check(quotes.cue_in_content, needs=("quotes.cue",), reads=("quotes.type",), by_record=True),
    Check(quotes.source_in_content, needs=("quotes.source", "mentions.spans"), reads=("quotes.type",), by_record=True),
    Check(quotes.child_outside_parent, needs=("quotes.parent",), by_record=True),
    Check(quotes.partial_overlap, reads=("quotes.content",), by_record=True),
    Check(quotes.same_content, "warning", reads=("quotes.parent",), by_record=True),
    Check(quotes.nested_without_parent, "warning", needs=("quotes.parent",), by_record=True),
    Check(
        quotes.anaphoric_without_antecedent,
        needs=("quotes.source", "mentions.entity", "mentions.form"),
        reads=("quotes.attribution", "quotes.speaker_kind"),
        optional=("quotes.parent",),
    ),
    Check(quotes.speaker_not_source, needs=("quotes.source", "quotes.speaker", "mentions.entity"), by_record=True),
    Check(quotes.paragraph_flag, "warning", reads=("quotes.continues_paragraph",), by_record=True),
    Check(quote_marks.mixed_without_marks, "warning", reads=("quotes.type",), by_record=True),
    Check(edges.inside_word, "warning", optional=("quotes.cue", "stances.evidence_spans"), by_record=True),
    Check(edges.own_marks_in_content, "warning", reads=("quotes.type",)),
    Check(
        edges.words_left_out,
        "warning",
        reads=("quotes.type",),
        optional=("quotes.cue", "quotes.parent", "quotes.source"),
    ),
    Check(edges.punctuation_left_out, "warning", reads=("quotes.type",), optional=("quotes.parent",)),
    Check(quote_marks.mixed_in_marks, "warning", reads=("quotes.type", "quotes.parent"), by_record=True),
    Check(quote_marks.marks_in_indirect, "warning", needs=("nonquotes.spans",), reads=("quotes.type",)),
    Check(
        quote_sources.attribution_form,
        "warning",
        needs=("quotes.source", "mentions.form"),
        reads=("quotes.attribution",),
        by_record=True,
    ),
    Check(
        quote_sources.cue_is_source, "warning", needs=("quotes.cue", "quotes.source", "mentions.spans"), by_record=True
    ),
    Check(quote_sources.shared_piece, "warning", reads=("quotes.parent",), by_record=True),
    Check(
        quote_sources.distant_source,
        "warning",
        needs=("quotes.source", "mentions.spans"),
        reads=("quotes.attribution", "quotes.cue"),
        by_record=True,
    ),
    Check(
        quote_sources.kind_and_type,
        "warning",
        needs=("quotes.speaker", "entities.type"),
        reads=("quotes.speaker_kind",),
        optional=("quotes.source", "mentions.entity"),
        by_record=True,
    ),
    Check(
        quotes.speaker_kind_mismatch,
        "warning",
        needs=("quotes.speaker", "mentions.entity", "mentions.form"),
        reads=("quotes.speaker_kind",),
    ),
    Check(
        quote_sources.addressee_is_speaker,
        "warning",
        needs=("quotes.speaker", "quotes.addressee"),
        reads=("quotes.medium",),
        by_record=True,
    ),
    Check(quote_sources.unannotated_half, "warning", needs=("mentions.spans", "quotes.content")),
    Check(quote_sources.unannotated_cue, "info", needs=("quotes.cue",)),
    Check(quote_sources.conjunction_in_content, "warning", reads=("quotes.type",)),
    Check(quote_sources.auxiliary_in_cue, "warning", needs=("quotes.cue",)),
    Check(quote_marks.nonquote_without_marks, "warning", needs=("nonquotes.spans",), by_record=True),
    Check(
        stances.evidence_of_another,
        needs=("stances.evidence_quotes", "stances.holder", "quotes.speaker"),
        reads=("stances.scope",),
        by_record=True,
    ),
    Check(
        stances.contradictory_stances,
        needs=("stances.holder", "stances.target"),
        reads=("stances.scope", "stances.label"),
        by_record=True,
    ),
    Check(
        stances.duplicate_stance,
        needs=("stances.holder", "stances.target"),
        reads=("stances.scope", "stances.label"),
        by_record=True,
    ),
    Check(
        stances.evidence_nowhere,
        needs=("stances.evidence_quotes", "stances.evidence_spans"),
        reads=("stances.scope",),
        by_record=True,
    ),
    Check(
        stances.nested_evidence,
        "warning",
        needs=("stances.evidence_quotes", "quotes.parent"),
        by_record=True,
    ),
    Check(
        stances.stop_in_evidence,
        "info",
        needs=("stances.evidence_spans",),
        reads=("stances.scope",),
        by_record=True,
    ),
    Check(entities.two_types, needs=("entities.kb",), reads=("entities.type",), by_record=True),
    Check(entities.split_chain, needs=("entities.kb",), optional=("entities.type",), by_record=True),
    Check(entities.never_mentioned, needs=("mentions.entity",), optional=("entities.name",)),
    Check(entities.shared_mention, "warning", needs=("mentions.entity",), by_record=True),
    Check(
        entities.merged_by_words,
        "warning",
        needs=("mentions.entity", "mentions.form"),
        reads=("entities.type",),
        optional=("quotes.speaker",),
    ),
    Check(
        chains.same_name,
        "warning",
        reads=("entities.type",),
        optional=("entities.name", "mentions.entity", "mentions.form"),
    ),
    Check(mentions.wrong_pronoun, "warning", needs=("mentions.entity",), reads=("entities.type",), by_record=True),
    Check(chains.he_and_she, "warning", needs=("mentions.entity",), reads=("entities.type",), by_record=True),
    Check(mentions.wrong_form, "warning", reads=("mentions.form",), by_record=True),
    Check(chains.missed_name, "warning", reads=("mentions.form",)),
    Check(chains.foreign_name, "warning", needs=("mentions.entity", "entities.name"), reads=("mentions.form",)),
    Check(mentions.mixed_scripts, "warning", optional=("entities.name", "mentions.form"), by_record=True),
    Check(mentions.mark_at_edge, "warning", needs=("entities.name", "mentions.entity"), by_record=True),
    Check(mentions.possessive_name, "warning", needs=("entities.name", "mentions.entity"), by_record=True),
    Check(chains.two_people, "info", needs=("mentions.entity",), reads=("mentions.form", "entities.type")),
    Check(publishable.no_split, about="article"),
    Check(publishable.against_licence, about="article"),
    Check(publishable.leaked_text, about="both", optional=("mentions.form", "mentions.entity")),
    Check(
        publishable.unannotated_quotation,
        "warning",
        needs=("quotes.content", "nonquotes.spans"),
        optional=("quotes.type", "quotes.parent"),
    ),
    Check(publishable.hidden_character, "warning", about="both"),
    Check(records.future_date, "warning", about="both", optional=("entities.kb_date",)),
    Check(records.retrieved_before_published, "warning", about="article"),
    Check(records.updated_before_created, "warning"),
    Check(records.unknown_licence, "warning", about="article"),
    Check(records.unknown_language, "warning", about="article"),
    Check(records.other_script, "warning", about="article"),
)

NEEDS: dict[int, frozenset[int]] = {
    1: frozenset(),
    2: frozenset({1}),
    3: frozenset({1, 2}),
    4: frozenset({1, 2}),
    5: frozenset({1, 2, 3, 4}),
    6: frozenset({1, 2, 3, 4}),
}
"""The levels that a document, or a record of it, must pass before a level is checked: one error is one finding."""


@cache
def severities() -> Mapping[str, Severity]:
    """Return the declared severity of each code."""
    return {rule.code: rule.severity for rule in (*CHECKS, *CORPUS_WIDE)}


@cache
def suppressible() -> frozenset[str]:
    """Return the codes that may be suppressed: not errors of levels 1, 2 and 4, which make data unusable."""
    rules = (*CHECKS, *CORPUS_WIDE)
    return frozenset(rule.code for rule in rules if rule.level not in (1, 2, 4) or rule.severity != "error")


def run(
    document: Document,
    schema: Schema,
    failed: set[int],
    chosen: Mapping[str, Severity] | None = None,
    suppress: Suppress | None = None,
    today: date | None = None,
    on_skip: Callable[[int], object] | None = None,
    asked_only: Collection[CheckFunction] | None = None,
) -> Iterator[Problem]:
    """Run the checks of levels 1 to 6 on a document, in order, and yield the findings.

    `failed` holds the levels that the article failed, and is added to: an annotation is checked after its
    article. A level is skipped if it failed already or if a level that it needs failed. But if the errors are in
    records of an annotation, checks with `by_record` still check the records without errors; and all checks run if
    safe fixes repair the faulty records. A document that could not be read fails level 1 even with a warning.
    `chosen` replaces the declared severities. `suppress` takes each finding and returns it, a changed one, or None;
    only an error that is left fails its level. `today` is the day of the run, after which a date is in the future.
    `on_skip` receives the number of checks that were skipped because of errors.
    `asked_only` are the checks that may have a finding, if `screening` says so; the others are not run. If an earlier
    level failed, they are run: of a part of the document, `screening` says nothing.
    A finding that follows from another one is left out: see `same_cause`.
    """
    about = "article" if document.annotation is None else "annotation"
    document.severities, document.today = severities() if chosen is None else chosen, today
    before, errors, reported = frozenset(failed), Errors(document, schema), Reported()

    def add(problem: Problem) -> None:
        if problem.severity == "error":
            errors.add(problem)

    for level, checks in _by_level(about, schema):
        if level == 1 and not any(s.faults for s in document.sources):
            continue
        asked, fit = document, checks
        if level in failed or NEEDS[level] & failed:
            part = None if level in before or NEEDS[level] & before else errors.sound_part()
            fit = tuple(check for check in checks if part and (check.by_record or not part.indexes))
            asked = part or document
            if on_skip:
                on_skip(len(checks) - len(fit))
        elif asked_only is not None:
            fit = tuple(check for check in fit if check.ask in asked_only)
        # Below level 5, the form of what the annotator says to have annotated is not checked yet.
        absent = derived(asked, schema).absent if level >= 5 and fit else ()
        for check in fit:
            problems = check.ask(asked, schema) if check.can_ask(absent) else ()
            for problem in systematic(problems, add) if level == 2 else problems:
                left = suppress(problem) if suppress else problem
                if left and reported.explains(left, document.value):
                    continue
                if (left and left.severity == "error") or document.source.value is None:
                    failed.add(level)
                    if level in (1, 3, 4):  # no level relies on the last two
                        errors.add(problem)
                if left is problem:  # what is suppressed may be shown, as another finding, and explains none
                    reported.add(problem)
                if left:
                    yield left


def inherited(failed: set[int]) -> set[int]:
    """Return the levels that an annotation fails from the start: those that need a valid article."""
    return {3, 5} if failed & {1, 2, 3} else set()


def skipped_levels(before: Collection[int], failed: Collection[int]) -> frozenset[int]:
    """Return the levels that were skipped for a document that failed `before` at the start and `failed` at the end."""
    return frozenset(level for level in NEEDS if level in before or not NEEDS[level].isdisjoint(failed))


@lru_cache(maxsize=8)
def _by_level(about: str, schema: Schema) -> tuple[tuple[int, tuple[Check, ...]], ...]:
    """Return the checks of each level that apply to an article, or to an annotation, under a schema."""
    fields = {f"{layer.name}.{field.name}" for layer in schema.layers.values() for field in layer.fields}
    asked = [check for check in CHECKS if check.about in (about, "both") and fields.issuperset(check.needs)]
    return tuple((level, tuple(check for check in asked if check.level == level)) for level in NEEDS)
