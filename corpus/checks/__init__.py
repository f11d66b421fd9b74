"""What is asked of a document: `CHECKS`, one visible list, in levels.

| level | asks | module |
|---|---|---|
| 1 | can it be read? | `files` |
| 2 | does it fit the schema? | `structure` |
| 3 | does it point where it says? | `spans` |
| 4 | does it hang together? | `references` |
| 5 | is it possible? | `quotes`, `stances`, `entities` |
| 6 | is it a corpus? | `publishable`, of one document; `corpus_wide`, of all together |

A new check is a function in one of these modules, a line in the list, and a folder in `tests/cases/`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import cache, lru_cache

from ..core.model import Document, Problem, Severity
from ..core.schema import Schema
from . import (
    entities,
    files,
    publishable,
    quotes,
    references,
    spans,
    stances,
    structure,
)
from .corpus_wide import CORPUS_WIDE
from .rule import Check, Suppress

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
    Check(spans.text_changed, about="article"),
    Check(spans.other_text),
    Check(spans.wrong_length, about="article"),
    Check(spans.out_of_bounds),
    Check(spans.empty_span),
    Check(spans.reversed_span),
    Check(spans.slice_mismatch),
    Check(spans.no_span_text),
    Check(spans.withheld_text),
    Check(spans.edge_white_space, "warning"),
    Check(spans.unsorted_spans),
    Check(spans.overlapping_spans),
    Check(spans.inside_grapheme),
    Check(references.duplicate_id),
    Check(references.dangling_reference),
    Check(references.wrong_layer),
    Check(references.reference_cycle),
    Check(references.unknown_target),
    Check(quotes.direct_without_marks),
    Check(quotes.indirect_in_marks),
    Check(quotes.cue_in_content, needs=("quotes.cue",)),
    Check(quotes.source_in_content, needs=("quotes.source", "mentions.spans")),
    Check(quotes.child_outside_parent, needs=("quotes.parent",)),
    Check(quotes.partial_overlap),
    Check(quotes.same_content, "warning"),
    Check(quotes.nested_without_parent, "warning", needs=("quotes.parent",)),
    Check(quotes.anaphoric_without_antecedent, needs=("quotes.source", "mentions.entity", "mentions.form")),
    Check(quotes.speaker_without_attribution, needs=("quotes.attribution", "quotes.speaker")),
    Check(quotes.speaker_not_source, needs=("quotes.source", "quotes.speaker", "mentions.entity")),
    Check(quotes.paragraph_flag, "warning"),
    Check(quotes.attribution_without_source, needs=("quotes.source",)),
    Check(quotes.mixed_without_marks, "warning"),
    Check(quotes.speaker_kind_mismatch, "warning", needs=("quotes.speaker", "mentions.entity", "mentions.form")),
    Check(stances.evidence_of_another, needs=("stances.evidence_quotes", "stances.holder", "quotes.speaker")),
    Check(stances.holder_of_article),
    Check(stances.contradictory_stances, needs=("stances.holder", "stances.target")),
    Check(stances.duplicate_stance, needs=("stances.holder", "stances.target")),
    Check(stances.evidence_nowhere, needs=("stances.evidence_quotes", "stances.evidence_spans")),
    Check(stances.speaker_without_holder, needs=("stances.holder",)),
    Check(entities.two_types, needs=("entities.kb",)),
    Check(entities.split_chain, needs=("entities.kb",)),
    Check(entities.never_mentioned, needs=("mentions.entity",)),
    Check(entities.shared_mention, "warning", needs=("mentions.entity",)),
    Check(entities.kb_without_date, needs=("entities.kb_date",)),
    Check(entities.merged_by_words, "warning", needs=("mentions.entity", "mentions.form")),
    Check(publishable.no_split, about="article"),
    Check(publishable.against_licence, about="article"),
    Check(publishable.leaked_text, about="both"),
    Check(publishable.unannotated_quotation, "warning", needs=("quotes.content", "nonquotes.spans")),
    Check(publishable.hidden_character, "warning", about="both"),
)

NEEDS: dict[int, frozenset[int]] = {
    1: frozenset(),
    2: frozenset({1}),
    3: frozenset({1, 2}),
    4: frozenset({1, 2}),
    5: frozenset({1, 2, 3, 4}),
    6: frozenset({1, 2, 3, 4}),
}
"""The levels that must have been passed before a level is asked, so that one fault is one finding."""


@cache
def severities() -> Mapping[str, Severity]:
    """The severity that each code is declared with."""
    return {rule.code: rule.severity for rule in (*CHECKS, *CORPUS_WIDE)}


@cache
def suppressible() -> frozenset[str]:
    """The codes whose findings may be let pass: not what cannot be read or does not hang together."""
    rules = (*CHECKS, *CORPUS_WIDE)
    return frozenset(rule.code for rule in rules if rule.level not in (1, 2, 4) or rule.severity != "error")


def run(
    document: Document,
    schema: Schema,
    failed: set[int],
    chosen: Mapping[str, Severity] | None = None,
    suppress: Suppress | None = None,
) -> Iterator[Problem]:
    """Ask a document the questions of levels 1 to 6, in their order.

    `failed` holds the levels that what the document rests on did not pass, and is added to: an
    annotation is asked after its article. A level that failed, or whose needs did, is not asked; what
    was not read at all fails level 1 also with a warning. `chosen` gives codes another severity than
    they were declared with. `suppress` is told each finding and gives what is left of it; one of which
    no error is left fails no level.
    """
    about = "article" if document.annotation is None else "annotation"
    document.severities = severities() if chosen is None else chosen
    for level, checks in _by_level(about, schema):
        unfit = level in failed or NEEDS[level] & failed
        if unfit or (level == 1 and not any(s.faults for s in document.sources)):
            continue
        for check in checks:
            for problem in check.ask(document, schema):
                left = suppress(problem) if suppress else problem
                if (left and left.severity == "error") or document.source.value is None:
                    failed.add(level)
                if left:
                    yield left


def inherited(failed: set[int]) -> set[int]:
    """The levels an annotation starts with as failed: those whose questions need a sound article."""
    return {3, 5} if failed & {1, 2, 3} else set()


def skipped_levels(before: Collection[int], failed: Collection[int]) -> frozenset[int]:
    """The levels that were not asked of a document which had failed `before` from the start and `failed` in the end."""
    return frozenset(level for level in NEEDS if level in before or not NEEDS[level].isdisjoint(failed))


@lru_cache(maxsize=8)
def _by_level(about: str, schema: Schema) -> tuple[tuple[int, tuple[Check, ...]], ...]:
    """The checks of each level that are asked about an article, or about an annotation, under a schema."""
    fields = {f"{layer.name}.{field.name}" for layer in schema.layers.values() for field in layer.fields}
    asked = [check for check in CHECKS if check.about in (about, "both") and fields.issuperset(check.needs)]
    return tuple((level, tuple(check for check in asked if check.level == level)) for level in NEEDS)
